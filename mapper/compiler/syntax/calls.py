"""A step written as a call, `divide(100)` -> the step as YAML has it, `{divide: 100}`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from mapper.compiler.yaml.edits import quoted
from mapper.pattern import pattern
from mapper.transforms import Parameter, Transform
from mapper.types import Json

_CALL = pattern(r"\s*([A-Za-z_]\w*)\s*\((.*)\)\s*", re.DOTALL)
_ARGUMENT = pattern(
    r"""\s*(?:'(?P<text>(?:[^'\\]|\\.)*)'|`(?P<literal>[^`]*)`|"(?P<name>[^"]*)"|(?P<bare>[^\s,'"`()]+))\s*(?:,|\Z)"""
)
_NUMBER = pattern(r"-?[0-9]+(?:\.[0-9]+)?")


def read_call(text: str) -> tuple[str, list[tuple[Json, bool]]] | None:
    """The name and the arguments of a call, each with whether it is a constant; None where it is no call."""
    call = _CALL.fullmatch(text)
    if call is None:
        return None
    arguments: list[tuple[Json, bool]] = []
    at, inner = 0, call[2]
    while inner[at:].strip():
        match = _ARGUMENT.match(inner, at)
        if match is None:
            return None
        arguments.append(_argument(match))
        at = match.end()
    return call[1], arguments


def _argument(match: re.Match[str]) -> tuple[Json, bool]:
    if match["text"] is not None:
        return match["text"].replace("\\'", "'"), True
    if match["literal"] is not None:
        try:
            return json.loads(match["literal"]), True
        except ValueError:
            return match["literal"], False
    if match["name"] is not None:
        return match["name"], False
    bare = match["bare"]
    return (json.loads(bare), True) if _NUMBER.fullmatch(bare) else (bare, bare.startswith("$"))


def written_step(transform: Transform, stated: Iterable[tuple[Parameter, Json]]) -> str:
    """How YAML writes a step with arguments by name; a transform with one parameter needs no name."""
    named = list(stated)
    if not named:
        return transform.name
    if len(transform.parameters) == 1 and not isinstance(named[0][1], dict):
        return f"{{{transform.name}: {written(named[0][1])}}}"
    inner = ", ".join(f"{parameter.name}: {written(value)}" for parameter, value in named)
    return f"{{{transform.name}: {{{inner}}}}}"


def written(value: Json) -> str:
    if isinstance(value, str):
        ambiguous = value.lower() in ("true", "false", "null", "~") or re.fullmatch(r"[-+.]?[0-9].*", value)
        return json.dumps(value, ensure_ascii=False) if ambiguous else quoted(value)
    return json.dumps(value, ensure_ascii=False)
