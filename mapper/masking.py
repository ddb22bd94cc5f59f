"""A finished payload as a person may see it: what may be somebody's is masked."""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from typing import Any
from urllib.parse import unquote_plus

from mapper.compiler.explain.masked_text import masked_text
from mapper.compiler.memo import once
from mapper.compiler.schema.sample_schema import ADDRESS
from mapper.compiler.schema.target import read_target
from mapper.compiler.schema.text_shapes import PERSONAL_SHAPES, shape_of
from mapper.guard import Guard
from mapper.values.types import Json

__all__ = ["MASK", "looks_personal", "mask", "mask_sent", "masked_text", "payload_mask"]

MASK = "***"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_DIGITS_SHOWN = 8
_HIDDEN_SHAPES = PERSONAL_SHAPES | {"ip"}
# What names an attribute; any other key may be a value itself: an address, a number.
_ATTRIBUTE = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]{0,39}")


def mask(value: Json) -> Json:
    """A value of the same shape that tells nothing; what is absent, or blank, stays so."""
    if isinstance(value, dict):
        return {_key(name, is_known=False): mask(one) for name, one in value.items()}
    if isinstance(value, list):
        return [mask(one) for one in value]
    blank = value is None or (isinstance(value, str) and not value.strip())
    return value if blank else MASK


def mask_sent(value: Json, words: Set[str] = frozenset()) -> Json:
    """The mask of what a payload gets, where digests are told apart by their beginning.

    words: the constants of the mapping that made it, which are nobody's.
    """
    if isinstance(value, list):
        return [mask_sent(one, words) for one in value]
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return f"{value[:_DIGITS_SHOWN]}…"
    return value if isinstance(value, str) and value in words else mask(value)


def looks_personal(value: Json) -> bool:
    """Whether a text is an address or a number of a person, or has one in it, also as a URL has them.

    An IP address is one too, wherever it is the whole text.
    """
    if not isinstance(value, str):
        return False
    texts = {value, unquote_plus(value)}
    return any(shape_of(text) in _HIDDEN_SHAPES or ADDRESS.search(text) is not None for text in texts)


@once
def payload_mask(schema: dict[str, Any], words: Set[str] = frozenset()) -> Callable[[Json], Json]:
    """The mask of a target's payloads.

    It hides what the target marks as personal, what it does not know, and what the guard would stop.
    words: as of `mask_sent`.
    """
    fields = read_target("", schema).root.walk()
    plain = frozenset(field.path for field in fields if not field.personal)
    guard = Guard(schema)

    def masked(value: Json, path: str, hidden: frozenset[str]) -> Json:
        if path in hidden or path not in plain:
            return mask_sent(value, frozenset() if path in hidden else words)
        if isinstance(value, dict):
            inside = [(name, f"{path}.{name}" if path else name, one) for name, one in value.items()]
            return {_key(name, is_known=at in plain): masked(one, at, hidden) for name, at, one in inside}
        if isinstance(value, list):
            return [masked(one, f"{path}[]", hidden) for one in value]
        return value

    return lambda payload: masked(payload, "", frozenset(found.path for found in guard.check(payload)))


def _key(name: str, *, is_known: bool) -> str:
    return name if is_known or _ATTRIBUTE.fullmatch(name) else MASK
