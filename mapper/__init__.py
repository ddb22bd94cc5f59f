"""Front door: mappings checked and compiled, programs applied. Imports nothing it is not asked for."""

from __future__ import annotations

from importlib import import_module

# Checkers of types take it for true. Not from `typing`: that takes ten milliseconds to load, and is not
# needed before the command line is ready to be interrupted.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mapper.analysis import (
        Analysis,
        Review,
        analyse,
        analyse_file,
        coverage,
        explain_mapping,
        review_text,
        trace_decisions,
        trace_event,
    )
    from mapper.codes import CODES
    from mapper.compiler.editor.completion import Completion
    from mapper.compiler.editor.symbols import Symbol
    from mapper.compiler.emit.marks import Point
    from mapper.compiler.explain.coverage import Coverage
    from mapper.compiler.explain.definitions import VariableUse
    from mapper.compiler.explain.flows import Flow
    from mapper.compiler.explain.hover import Hover
    from mapper.compiler.explain.outline import Outline, OutlineRule, PayloadPath
    from mapper.compiler.explain.recorder import Recorder
    from mapper.compiler.explain.table import Decision, Item, Reading, Row, Table, TracedStep
    from mapper.compiler.explain.trace import Trace
    from mapper.compiler.syntax.mapping_tests import Expectation, ExpectedEnd, MappingTest
    from mapper.compiling import (
        CompileError,
        check_mapping,
        check_text,
        compile_expression,
        compile_mapping,
        compile_read,
        compile_text,
        described_destination,
        destination,
        mapping_schema,
        normalizer,
        read_schema,
        read_target,
        record_mapping,
        schema_names,
        source_schema,
        validator,
        written_source,
    )
    from mapper.delivery.destination import Destination
    from mapper.diagnostic import Diagnostic
    from mapper.folders import MappingFiles, mapping_files, own_mappings, scope_of, shadows
    from mapper.guarded_program import guarded
    from mapper.runtime.outcome import Note, Outcome, Rejection, Skip
    from mapper.runtime.program import Program
    from mapper.sample_files import SampleEvent
    from mapper.text import Span, Text, Utf16Positions
    from mapper.types import Invalid, Json
    from mapper.version import __version__ as __version__
    from mapper.workbench.comparison import (
        ComparisonOptions,
        DifferenceExample,
        EventDifference,
        MappingComparison,
        OutcomeDifference,
        PathDifference,
        compare,
    )
    from mapper.workbench.coverage import RuleCoverage, coverage_of
    from mapper.workbench.draft import DraftedMapping, Guess, draft
    from mapper.workbench.expectation import Difference
    from mapper.workbench.outline_difference import FactDifference, PlanDifference
    from mapper.workbench.provenance import MadeBy
    from mapper.workbench.ready_mappings import ReadyMapping, ready_mappings
    from mapper.workbench.segment import ImportedMapping, import_segment
    from mapper.workbench.statistics import Statistics, statistics
    from mapper.workbench.testing import FileReport, TestReport, TestResult, run_tests


_ROOMS = {
    "mapper.analysis": (
        "Analysis",
        "Review",
        "analyse",
        "analyse_file",
        "coverage",
        "explain_mapping",
        "review_text",
        "trace_decisions",
        "trace_event",
    ),
    "mapper.compiling": (
        "CompileError",
        "check_mapping",
        "check_text",
        "compile_expression",
        "compile_mapping",
        "compile_read",
        "compile_text",
        "described_destination",
        "destination",
        "mapping_schema",
        "normalizer",
        "read_schema",
        "read_target",
        "record_mapping",
        "schema_names",
        "source_schema",
        "validator",
        "written_source",
    ),
    "mapper.compiler.editor.completion": ("Completion",),
    "mapper.compiler.editor.symbols": ("Symbol",),
    "mapper.compiler.explain.definitions": ("VariableUse",),
    "mapper.sample_files": ("SampleEvent",),
    "mapper.compiler.explain.coverage": ("Coverage",),
    "mapper.compiler.emit.marks": ("Point",),
    "mapper.compiler.explain.recorder": ("Recorder",),
    "mapper.compiler.syntax.mapping_tests": ("Expectation", "ExpectedEnd", "MappingTest"),
    "mapper.compiler.explain.flows": ("Flow",),
    "mapper.compiler.explain.hover": ("Hover",),
    "mapper.compiler.explain.trace": ("Trace",),
    "mapper.compiler.explain.outline": ("Outline", "OutlineRule", "PayloadPath"),
    "mapper.compiler.explain.table": ("Decision", "Item", "Reading", "Row", "Table", "TracedStep"),
    "mapper.codes": ("CODES",),
    "mapper.diagnostic": ("Diagnostic",),
    "mapper.runtime.outcome": ("Note", "Outcome", "Rejection", "Skip"),
    "mapper.runtime.program": ("Program",),
    "mapper.folders": ("MappingFiles", "mapping_files", "own_mappings", "scope_of", "shadows"),
    "mapper.workbench.expectation": ("Difference",),
    "mapper.workbench.provenance": ("MadeBy",),
    "mapper.workbench.testing": ("FileReport", "TestReport", "TestResult", "run_tests"),
    "mapper.guarded_program": ("guarded",),
    "mapper.delivery.destination": ("Destination",),
    "mapper.text": ("Span", "Text", "Utf16Positions"),
    "mapper.types": ("Invalid", "Json"),
    "mapper.workbench.coverage": ("RuleCoverage", "coverage_of"),
    "mapper.workbench.draft": ("DraftedMapping", "Guess", "draft"),
    "mapper.workbench.segment": ("ImportedMapping", "import_segment"),
    "mapper.workbench.ready_mappings": ("ReadyMapping", "ready_mappings"),
    "mapper.workbench.statistics": ("Statistics", "statistics"),
    "mapper.workbench.comparison": (
        "MappingComparison",
        "ComparisonOptions",
        "DifferenceExample",
        "EventDifference",
        "OutcomeDifference",
        "PathDifference",
        "compare",
    ),
    "mapper.workbench.outline_difference": ("FactDifference", "PlanDifference"),
    "mapper.version": ("__version__",),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "CODES",
    "Analysis",
    "ComparisonOptions",
    "CompileError",
    "Completion",
    "Coverage",
    "Decision",
    "Destination",
    "Diagnostic",
    "Difference",
    "DifferenceExample",
    "DraftedMapping",
    "EventDifference",
    "Expectation",
    "ExpectedEnd",
    "FactDifference",
    "FileReport",
    "Flow",
    "Guess",
    "Hover",
    "ImportedMapping",
    "Invalid",
    "Item",
    "Json",
    "MadeBy",
    "MappingComparison",
    "MappingFiles",
    "MappingTest",
    "Note",
    "Outcome",
    "OutcomeDifference",
    "Outline",
    "OutlineRule",
    "PathDifference",
    "PayloadPath",
    "PlanDifference",
    "Point",
    "Program",
    "Reading",
    "ReadyMapping",
    "Recorder",
    "Rejection",
    "Review",
    "Row",
    "RuleCoverage",
    "SampleEvent",
    "Skip",
    "Span",
    "Statistics",
    "Symbol",
    "Table",
    "TestReport",
    "TestResult",
    "Text",
    "Trace",
    "TracedStep",
    "Utf16Positions",
    "VariableUse",
    "analyse",
    "analyse_file",
    "check_mapping",
    "check_text",
    "compare",
    "compile_expression",
    "compile_mapping",
    "compile_read",
    "compile_text",
    "coverage",
    "coverage_of",
    "described_destination",
    "destination",
    "draft",
    "explain_mapping",
    "guarded",
    "import_segment",
    "mapping_files",
    "mapping_schema",
    "normalizer",
    "own_mappings",
    "read_schema",
    "read_target",
    "ready_mappings",
    "record_mapping",
    "review_text",
    "run_tests",
    "schema_names",
    "scope_of",
    "shadows",
    "source_schema",
    "statistics",
    "trace_decisions",
    "trace_event",
    "validator",
    "written_source",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'mapper' has no attribute {name!r}")
    return getattr(import_module(_ROOM_OF[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_ROOM_OF])
