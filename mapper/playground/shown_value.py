"""A value -> what the page shows of it: short, of one kind, with nothing of a person's unless revealed."""

from __future__ import annotations

import re
from typing import Any

from mapper.masking import MASK, mask_sent
from mapper.runtime.decode import encode_decoded
from mapper.values.types import Invalid, Json

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHORTENED = re.compile(r"[0-9a-f]{8}…")
_MOST_CHARACTERS = 2_000
_MOST_OF_LISTS = 200


def shown(value: Json, *, reveal: bool) -> dict[str, Any] | None:
    """A value that was masked unless `reveal`; None where there is none."""
    if value is None:
        return None
    if isinstance(value, bool):
        return {"text": "true" if value else "false", "kind": "boolean"}
    if isinstance(value, int | float):
        return {"text": one_line(value), "kind": "number"}
    if isinstance(value, str):
        return _text(value, reveal)
    kind = "list" if isinstance(value, list) else "object"
    return {"text": _cut(one_line(value), _MOST_OF_LISTS), "kind": kind}


def shown_leaf(value: Json, *, reveal: bool) -> dict[str, Any]:
    """As `shown`, where null is a value too."""
    return shown(value, reveal=reveal) or {"text": "null", "kind": "null"}


def _text(value: str, reveal: bool) -> dict[str, Any]:
    if value == MASK:
        return {"text": MASK, "kind": "masked"}
    if _DIGEST.fullmatch(value):
        short = {"text": mask_sent(value), "kind": "digest"}
        return {**short, "full": value} if reveal else short
    if _SHORTENED.fullmatch(value):
        return {"text": value, "kind": "digest"}
    return {"text": _cut(value, _MOST_CHARACTERS), "kind": "text"}


def one_line(value: Json) -> str:
    """A value as JSON on one line."""
    try:
        return encode_decoded(value).decode()
    except Invalid:  # what JSON does not have; no event holds it
        return "…"


def indented(value: Json, indent: str = "") -> str:
    """JSON with its parts on lines of their own, numbers as they are sent."""
    inner = f"{indent}  "
    if isinstance(value, dict) and value:
        lines = (f"{inner}{one_line(name)}: {indented(one, inner)}" for name, one in value.items())
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and value:
        lines = (f"{inner}{indented(one, inner)}" for one in value)
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    return one_line(value)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
