"""Names for editors, the page and the command line, besides the front door. They may change in any version.

Imports nothing it is not asked for. The types of all names are in `authoring.pyi`.
"""

from __future__ import annotations

from importlib import import_module

_ROOMS = {
    "mapper.analysis": (
        "Analysis",
        "analyse",
        "analyse_file",
    ),
    "mapper.evaluation": ("evaluator",),
    "mapper.file_questions": ("trace_decisions", "trace_event"),
    "mapper.compiler.editor.completing": ("Completion",),
    "mapper.compiler.editor.symbols": ("Symbol",),
    "mapper.compiler.editor.call_help": ("CallHelp",),
    "mapper.compiler.editor.written_names": ("WrittenName",),
    "mapper.compiler.editor.word_meanings": ("WordMeaning",),
    "mapper.compiler.emit.marks": ("Point",),
    "mapper.compiler.explain.definitions": ("VariableUse", "name_mistake"),
    "mapper.compiler.explain.effective": ("EffectiveLine", "EffectiveMapping"),
    "mapper.compiler.explain.flows": ("Flow",),
    "mapper.compiler.explain.hover": ("Hover",),
    "mapper.compiler.explain.mapping_lineage": (
        "AttributeRead",
        "MappingLineage",
        "RuleFacts",
        "RuleLineage",
        "WrittenPart",
        "attribute_keys",
    ),
    "mapper.compiler.explain.outline": (
        "Outline",
        "OutlineRule",
        "PayloadPath",
    ),
    "mapper.compiler.explain.recorder": ("Recorder",),
    "mapper.compiler.explain.table": (
        "Decision",
        "Item",
        "Reading",
        "Row",
        "Table",
        "TracedStep",
    ),
    "mapper.compiler.explain.trace": ("Trace",),
    "mapper.compiler.plan.person_fields": ("PersonFields", "person_fields"),
    "mapper.compiler.syntax.same_content": ("same_content",),
    "mapper.compiler.syntax.mapping_test_nodes": (
        "Expectation",
        "ExpectedEnd",
        "MappingTest",
    ),
    "mapper.reviewing": ("review_text",),
    "mapper.compiler.syntax.inheritance_order": ("reached",),
    "mapper.compiler.yaml.formatting": ("CannotFormat", "formatted"),
    "mapper.compiling": (
        "check_schema",
        "compile_read",
        "described_destination",
        "mapping_schema",
        "normalizer",
        "read_target",
        "record_mapping",
        "source_schema",
        "written_source",
    ),
    "mapper.delivery.destination": ("Destination",),
    "mapper.project.mapping_files": ("MappingFiles", "mapping_files"),
    "mapper.project.folders": (
        "own_mappings",
        "scope_of",
        "shadows",
    ),
    "mapper.guarded_program": ("guarded",),
    "mapper.runtime.payload_paths": ("and_around", "nearest"),
    "mapper.project.sample_files": ("SampleEvent",),
    "mapper.texts.review": ("Coverage", "Review"),
    "mapper.texts.named_text": (
        "Text",
        "Utf16Positions",
    ),
    "mapper.values.types": ("Json",),
    "mapper.word_questions": ("explain_word",),
    "mapper.workbench.mapping_catalog": (
        "Catalog",
        "CatalogQuery",
        "CataloguedMapping",
        "CataloguedRule",
        "make_catalog",
    ),
    "mapper.workbench.catalog_difference": (
        "CatalogChange",
        "CatalogDifference",
        "compare_catalogs",
    ),
    "mapper.workbench.comparison": (
        "ComparisonOptions",
        "DifferenceExample",
        "EventDifference",
        "OutcomeDifference",
        "PathDifference",
    ),
    "mapper.workbench.coverage": (
        "RuleCoverage",
        "coverage_of",
    ),
    "mapper.workbench.draft": (
        "DraftedMapping",
        "Guess",
        "draft",
    ),
    "mapper.workbench.expectation": ("Difference",),
    "mapper.workbench.folder_comparison": (
        "Cause",
        "CauseEffect",
        "ComparedMapping",
        "FolderComparison",
        "compare_folders",
    ),
    "mapper.workbench.outline_difference": (
        "FactDifference",
        "PlanDifference",
    ),
    "mapper.workbench.overlap.sides": ("overlap",),
    "mapper.workbench.overlap.verdict": ("Overlap",),
    "mapper.workbench.provenance": ("MadeBy",),
    "mapper.workbench.ready_mappings": (
        "ReadyMapping",
        "ready_mappings",
    ),
    "mapper.workbench.segment": (
        "ImportedMapping",
        "import_segment",
    ),
    "mapper.workbench.statistics": ("Statistics", "statistics"),
    "mapper.workbench.testing": (
        "FileReport",
        "TestResult",
    ),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [*_ROOM_OF]


def __getattr__(name: str) -> object:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'mapper.authoring' has no attribute {name!r}")
    return getattr(import_module(_ROOM_OF[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_ROOM_OF])
