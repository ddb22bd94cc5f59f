"""Any JSON as the value and the arguments of a transform: `["phone", VALUE, {"country": ARGUMENT}]`.

By its function, with the arguments of its examples, it gives JSON of its type or raises Invalid. Within a
mapping, where an event may hold the arguments, it comes to an end that may be.
"""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from mapper import Invalid, Program, compile_text
from mapper.authoring import Json
from mapper.runtime.decode import decode, encode
from mapper.transforms import TRANSFORMS, Transform
from mapper.values.types import kind_of
from tests.compiler.test_mutated_mappings import check_event
from tests.fuzz.json_changes import changed_json
from tests.fuzz.target import Target
from tests.transforms.test_transforms import tried

_CASES = Path(__file__).parents[1] / "cases" / "transforms.ndjson"
_AT = 1777629600
_VARIADIC = ("x", "y", "z")
_MAPPING = """\
name: fuzzed
version: 1
target: pinterest/conversions-v5
let:
{lets}  made: {{from: value, apply: [{step}]}}
payload:
  action_source: {{const: web}}
  event_id: fingerprint(@)
  event_time: at
  event_source_url: url
  partner_name: to_string($made)
  user_data:
    client_ip_address: {{from: ip, default: 203.0.113.9}}
    client_user_agent: {{from: agent, default: Mozilla/5.0}}
    external_id: fingerprint(@)
otherwise: {{send: page_visit}}
"""


@cache
def _program(name: str) -> Program:
    """A mapping that takes value and arguments of a transform from the event, less what must be constant."""
    parameters = [one for one in TRANSFORMS[name].parameters if not one.constant]
    variadic = bool(parameters) and parameters[0].variadic
    names = _VARIADIC if variadic else tuple(one.name for one in parameters)
    given = [f"$a_{one}" if variadic else f"{one}: $a_{one}" for one in names]
    row = ", ".join((*_constants(TRANSFORMS[name]), *given))
    step = f"{{{name}: {f'[{row}]' if variadic else f'{{{row}}}'}}}" if row else name
    lets = "".join(f"  a_{one}: arguments.{one}\n" for one in names)
    return compile_text(_MAPPING.format(lets=lets, step=step))


def _constants(entry: Transform) -> list[str]:
    """The arguments of the first example that must be constant."""
    constant = {one.name for one in entry.parameters if one.constant}
    stated = entry.examples[0].arguments
    return [f"{name}: {json.dumps(value)}" for name, value in stated if name in constant]


def _check(given: bytes) -> None:
    try:
        read = decode(given)
    except Invalid:
        return
    match read:
        case [str() as name, value, dict() as arguments] if name in TRANSFORMS:
            _check_function(TRANSFORMS[name], value)
            check_event(_program(TRANSFORMS[name].name), {"at": _AT, "value": value, "arguments": arguments})


def _check_function(entry: Transform, value: Json) -> None:
    if kind_of(value) not in entry.takes.kinds:
        return
    before = copy.deepcopy(value)
    for example in entry.examples:
        result, reason = tried(entry, value, dict(example.arguments))
        assert reason is None or reason
        assert reason or kind_of(result) in entry.gives.kinds or kind_of(result) == "integer"
        encode(result)
    assert repr(value) == repr(before)


def _seeds() -> list[bytes]:
    cases = [json.loads(line) for line in _CASES.read_text("utf-8").splitlines()]
    rows = [(case["transform"], case["value"], _named(case.get("arguments", {}))) for case in cases]
    for entry in TRANSFORMS.values():
        rows += [(entry.name, one.value, _named(dict(one.arguments))) for one in entry.examples]
    texts = (json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass") for row in rows)
    return list(dict.fromkeys(texts))


def _named(arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments by name, the first ones of a variadic parameter too."""
    found = dict(arguments)
    for name, value in arguments.items():
        if name in ("parts", "values") and isinstance(value, list):
            found |= dict(zip(_VARIADIC, value, strict=False))
    return found


def _changed(given: bytes, dice: Random) -> bytes:
    if dice.random() < 0.8:
        return changed_json(given, dice)
    _, comma, rest = given.partition(b",")
    return b'["' + dice.choice(sorted(TRANSFORMS)).encode() + b'",' + rest if comma else given


TARGET = Target("transforms", _check, _seeds, _changed, longest=4 * 1024, words=tuple(TRANSFORMS))
