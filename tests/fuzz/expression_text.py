"""Any text as an expression: alone over some JSON values, and within a mapping."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from zlib import crc32

from mapper import CompileError, Invalid, check_text, compile_expression
from mapper.authoring import Json
from mapper.compiler.jmespath.expression import parsed
from mapper.compiler.jmespath.tree import Call
from mapper.compiler.yaml.edits import quoted
from mapper.runtime.decode import encode
from mapper.runtime.functions import FUNCTIONS
from tests.compiler.test_mutated_mappings import check_text_of
from tests.fuzz.target import Target, bytes_of, text_of
from tests.generators.fuzz_expressions import Tally, judge
from tests.generators.hostile import expressions
from tests.generators.mutants import corpus
from tests.oracles.mended_jmespath import tree_of

# A mapping is only checked; of one in so many the program is made, and handed events.
_WHOLE = 8
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
    mapping = _MAPPING.format(quoted(text))
    if crc32(given) % _WHOLE == 0:
        check_text_of(mapping)
    else:
        check_text(mapping)


def _check_alone(text: str) -> None:
    """What it reads is JSON, or invalid, as both oracles have it; and it changes nothing."""
    try:
        read = compile_expression(text)
    except CompileError:
        return
    known = parsed(text)
    of_jmespath = all(node.name in FUNCTIONS for node in known.nodes if isinstance(node, Call))
    tally = Tally()
    for value in _VALUES:
        before = copy.deepcopy(value)
        ours = _answer(read, value)
        encode(ours[1])
        assert value == before
        if of_jmespath:
            judge(text, value, ours, (known.root, tree_of(text)), tally)
    assert not tally.wrong, "an oracle has another answer"


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
