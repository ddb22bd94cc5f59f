"""Any text as an expression: alone over some JSON values, and within a mapping."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

from mapper import CompileError, Invalid, Json, compile_expression
from mapper.compiler.document.fixes import quoted
from mapper.runtime.decode import encode
from mapper.runtime.functions import FUNCTIONS
from tests.fuzz.target import Target, bytes_of, text_of
from tests.hostile import expressions
from tests.mended_jmespath import mended_answer, tree_of
from tests.mutants import corpus
from tests.test_jmespath_compliance import same
from tests.test_mutated_mappings import check_text_of

# What jmespath.py says of the transforms that an expression may call.
_OF_OUR_OWN = "UnknownFunctionError"
_CASES = Path(__file__).parents[1] / "cases" / "expressions"
_SCALAR = re.compile(r"(?<=: )[^\s#{\[|>&*'\"][^\n#{}]*")
_PARTS = re.compile(r"[\w$]+|\W")
_MAPPING = """\
name: fuzzed
version: 1
target: pinterest/conversions-v5
let: {{user: a, taken: {0}}}
payload:
  action_source: {{const: web}}
  event_id: fingerprint(@)
  event_time: timestamp
  event_source_url: {0}
  partner_name: {{from: {0}, when: {0}}}
  user_data:
    client_ip_address: {{from: ip, default: 203.0.113.9}}
    client_user_agent: {{from: agent, default: Mozilla/5.0}}
    external_id: fingerprint(@)
  custom_data: {{content_ids: {0}, contents: {{each: {0}, item: {{id: {0}}}}}}}
otherwise: {{send: page_visit}}
"""
_VALUES: tuple[Json, ...] = (
    {},
    {"a": {"b": [1, "x", None, {"c": True}]}, "b": [{"a": 1}, {"a": "1"}, [[]]], "c": "1.5", "a-b": 2**70},
    {"a": [3, 1, 2], "b": "ÄÖ b", "c": [{"b": 1}, {"b": 2}, {}], "": {"": 0}},
    [[1, [2]], {"a": -1e300}, "", None, False],
    "text",
)


def _check(given: bytes) -> None:
    text = text_of(given)
    _check_alone(text)
    check_text_of(_MAPPING.format(quoted(text)))


def _check_alone(text: str) -> None:
    """What it reads is JSON, or invalid, as the mended jmespath.py has it; and it changes nothing."""
    try:
        read = compile_expression(text)
    except CompileError:
        return
    for value in _VALUES:
        before = copy.deepcopy(value)
        ours = _answer(read, value)
        encode(ours[1])
        assert value == before
        theirs = mended_answer(tree_of(text), value, set())
        if theirs[1] != _OF_OUR_OWN:
            assert ours[0] == theirs[0], f"{ours[0]}, not {theirs[0]}"
            assert same(ours[1], theirs[1])


def _answer(read: Callable[[Json], Json], value: Json) -> tuple[str, Json]:
    try:
        return "result", read(value)
    except Invalid as invalid:
        return "error", invalid.kind


def _seeds() -> list[bytes]:
    lines = (line for file in sorted(_CASES.glob("*.txt")) for line in file.read_text("utf-8").splitlines())
    of_mappings = {match.group() for text in corpus() for match in _SCALAR.finditer(text)}
    long = (one for one in expressions() if len(one) <= 400)
    some = sorted({*of_mappings, *(line.strip() for line in lines), *long} - {""})
    return [bytes_of(one) for one in some]


@cache
def _parts() -> tuple[str, ...]:
    found = {part for seed in _seeds() for part in _PARTS.findall(text_of(seed))}
    return (*sorted(found), *(f"{name}(" for name in FUNCTIONS))


def _changed(given: bytes, dice: Random) -> bytes:
    parts = _PARTS.findall(text_of(given))
    first = dice.randrange(len(parts) + 1)
    last = first + dice.choice((0, 0, 1, 1, 2))
    other = dice.choice((_parts(), parts or _parts()))
    parts[first:last] = [dice.choice(other) for _ in range(dice.choice((0, 1, 1, 3)))]
    return bytes_of("".join(parts))


TARGET = Target("expression_text", _check, _seeds, _changed, longest=4100, words=tuple(FUNCTIONS))
