"""Generated code: what a colleague could have written, the same every time, with one import."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import CodeType

import pytest
from syrupy.assertion import SnapshotAssertion

from mapper import compile_mapping, compile_text
from mapper.compiler.emit.function_code import compile_functions
from mapper.runtime.program import compile_module
from tests.oracles.golden import program_of
from tests.support.depth import DEPTH, Depth, some

_ROOT = Path(__file__).parents[2]
_SHOP = Path(__file__).parents[1] / "cases" / "shop.yaml"
_MAPPINGS = sorted((_ROOT / "mappings").glob("*.yaml"))
_CORRECT = sorted((_ROOT / "tests/cases/correct").glob("*.yaml"))
_AMOUNTS = _ROOT / "tests/cases/correct/amounts-in-small-units.yaml"


def test_the_code_of_a_mapping_reads_as_written_by_hand(snapshot: SnapshotAssertion) -> None:
    assert compile_mapping(_SHOP).code.text == snapshot


@pytest.mark.parametrize("path", some([_SHOP, *_MAPPINGS], 4), ids=lambda path: path.stem)
def test_generated_code_imports_the_runtime_and_nothing_else(path: Path) -> None:
    tree = ast.parse(program_of(path).code.text)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [node.module for node in imports if isinstance(node, ast.ImportFrom)] == ["mapper.runtime"]
    assert len(imports) == 1


@pytest.mark.parametrize("path", [_SHOP, *_MAPPINGS], ids=lambda path: path.stem)
def test_every_line_of_a_rule_knows_its_place_in_the_mapping(path: Path) -> None:
    code = program_of(path).code
    assert len(code.spans) == len(code.text.splitlines())
    stated = [span for span in code.spans if span is not None]
    assert len(stated) > len(code.spans) // 3
    assert str(path) in {name for name, _, _ in stated}
    sizes = {name: len(Path(name).read_text(encoding="utf-8")) for name, _, _ in stated}
    assert all(0 <= start <= end <= sizes[name] for name, start, end in stated)


# What belongs to no one rule: the object that fields are put into, and how a section ends.
_OF_NO_RULE = re.compile(
    r"(made|payload) = \{\}|said = False|return (made|payload) (or|if said else) None"
    r"|if '\w+' (not )?in payload .*:|frame\.unmet\(.*"
    r"|return frame\.(end|skip|skip_without_consent)\(.*|counted\(.*"
    r"|(if not|granted =) consented\(event, frame\):?|if (not granted|frame\.answer == 'limited'):"
    r"|(strip|put)\(payload, .*"
)
_NO_RULE_S = ("apply", "matched", "consented", "part", "parts")


@pytest.mark.parametrize("path", some([_SHOP, *_MAPPINGS, *_CORRECT], 25), ids=lambda path: path.stem)
def test_within_the_function_of_a_value_every_line_knows_its_place(path: Path) -> None:
    code = program_of(path).code
    within = False
    for line, span in zip(code.text.splitlines(), code.spans, strict=True):
        head = re.match(r"def (\w+)\((?:event|item), frame", line)
        if line.startswith("def "):
            within = head is not None and head[1] not in _NO_RULE_S
        elif within and line.strip() and span is None:
            assert _OF_NO_RULE.fullmatch(line.strip()), line


# Each mapping is made with two of the seeds, since the same writes all of them.
@pytest.mark.parametrize(("half", "seed"), some([(0, "0"), (1, "1"), (1, "9"), (0, "4711")], 1))
def test_the_same_mapping_gives_the_same_bytes_whatever_the_hash_seed(half: int, seed: str) -> None:
    script = "import sys; from tests.compiler.test_code import texts_of; print(texts_of(*sys.argv[1:]))"
    # The amounts' fast form has a table and a function whose names differ in their case alone.
    paths = [str(path) for path in (_SHOP, *_of_half(half), _AMOUNTS)]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    ran = subprocess.run(
        [sys.executable, "-c", script, *paths],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=_ROOT,
    )
    assert ran.stdout == texts_of(*paths) + "\n"


def _of_half(half: int) -> list[Path]:
    """Every second mapping; at less than full depth there are few enough for all of them."""
    chosen = some(_MAPPINGS, 3)
    return chosen if DEPTH is not Depth.FULL else chosen[half::2]


@cache
def texts_of(*paths: str) -> str:
    """All that is generated of some mappings."""
    programs = [compile_mapping(path) for path in paths]
    return " ".join(text for one in programs for text in (one.code.text, one.fast_text, one.typed_text))


_NASTY = [
    "'); raise SystemExit('",
    "a\nb",
    "# comment",
    "{x}",
    "%s",
    "\\",
    '"""',
    "a\u2028b",
    "\U0001d41e\U0001d42f\U0001d41a\U0001d425",
    "__import__('os')",
]


@pytest.mark.parametrize("text", _NASTY)
def test_no_text_of_an_author_leaves_its_literal(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\u2028", "\\u2028")
    mapping = f"""
name: "{quoted}"
version: 1
target: pinterest/conversions-v5
skip:
  - {{when: "a == `1`", because: "{quoted}"}}
payload:
  action_source: {{const: web}}
  event_id: id
  event_time: time
  app_name: {{const: "{quoted}"}}
  user_data: {{em: email, "{quoted}": {{from: note, personal: allowed}}}}
match: type
events:
  - {{is: "{quoted}", send: checkout}}
"""
    program = compile_text(mapping)
    event = {"id": "1", "time": 1777629600, "email": "a@b.co", "type": text}
    (outcome,) = program.apply(event)
    assert outcome.payload is not None
    assert outcome.payload["app_name"] == text
    assert program.code.text.isascii()


def test_a_long_table_stands_once_at_the_head() -> None:
    table = ", ".join(f"key_{number}: 'https://x.example/{number}'" for number in range(40))
    code = compile_text(
        _SHOP.read_text(encoding="utf-8").replace(
            "event_source_url: url",
            f"event_source_url: {{from: url, apply: {{lookup: {{table: {{{table}}}}}}}}}",
        )
    ).code.text
    assert code.count("key_39") == 1


@pytest.mark.parametrize(
    "name",
    ["event", "frame", "$event", "value", "made", "payload", "said", "apply", "matched", "parts", "items"],
)
def test_an_event_may_be_named_as_anything_in_the_code_is(name: str) -> None:
    sections = f"[{{is: a, send: '{name}'}}, {{is: b, send: '{name}'}}]"
    mapping = _SHOP.read_text(encoding="utf-8")
    start = mapping.index("events:")
    program = compile_text(f"{mapping[:start]}events: {sections}\n")
    for kind in "ab":
        (outcome,) = program.apply({"type": kind, "event": kind})
        assert not any(
            "internal" in reason.message
            for reason in (outcome.rejection.reasons if outcome.rejection else ())
        )


@pytest.mark.parametrize("path", some([_SHOP, *_MAPPINGS], 4), ids=lambda path: path.stem)
def test_functions_that_are_compiled_alone_are_those_of_the_whole_module(path: Path) -> None:
    text = program_of(path).code.text
    alone = [code for part in compile_functions(text, "<shop>") for code in _functions(part)]
    whole = [code for part in compile_module(text, "<shop>") for code in _functions(part)]
    assert [_told(code) for code in alone] == [_told(code) for code in whole]
    assert len(alone) == text.count("\ndef ") > 3


def _functions(module: CodeType) -> list[CodeType]:
    return [one for one in module.co_consts if isinstance(one, CodeType)]


def _told(code: CodeType) -> object:
    return code, code.co_filename, code.co_firstlineno, list(code.co_lines())
