"""Segment's paths and constants -> expressions."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from mapper.authoring import Json
from mapper.workbench.drafting.seen_attributes import quoted
from mapper.workbench.yaml_text import in_quotes

# Where Segment cuts paths into names; quotes are removed from the names.
_CUT = re.compile(r"""\[(?=["'\d])|\.|(?<=["'\d])\]+""", re.ASCII)
_IN_TEMPLATE = {"{": "{{", "}": "}}", "[": "{[}", "]": "{]}"}
_NUMBER = re.compile("0|[1-9][0-9]{0,5}")


def path_names(text: str) -> tuple[str, ...]:
    """The names in one of Segment's paths, outermost first; none for the whole event."""
    written = text.replace("$.", "", 1)
    if written in ("", "."):
        return ()
    return tuple(name for part in _CUT.split(written) if (name := re.sub("['\"]", "", part)))


def path_expression(names: Sequence[str]) -> str:
    """The expression of an attribute; a number is a place in a list."""
    if not names:
        return "@"
    first, *rest = names
    inner = (f"[{one}]" if _NUMBER.fullmatch(one) else f".{quoted(one)}" for one in rest)
    return "".join((quoted(first), *inner))


def template_call(parts: Sequence[str | None], values: Sequence[str]) -> str:
    """Texts and expressions one after another, with nothing for what is absent. parts: None for a value."""
    written = "".join("[{}]" if one is None else template_text(one) for one in parts)
    return f"template({', '.join([literal(written), *values])})"


def template_text(text: str) -> str:
    """A text as templates have it."""
    return "".join(_IN_TEMPLATE.get(one, one) for one in text)


def literal(value: Json) -> str:
    """A constant as expressions have it."""
    if isinstance(value, str) and value.isprintable() and "'" not in value and "\\" not in value:
        return f"'{value}'"
    written = in_quotes(value) if isinstance(value, str) else json.dumps(value)
    return f"`{written.replace('`', chr(92) + 'u0060')}`"
