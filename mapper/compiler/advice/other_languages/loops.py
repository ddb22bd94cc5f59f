"""Loops of other languages -> what goes through a list here: `each items`, `[x.sku for x in items]`."""

from __future__ import annotations

import re

from mapper.values.regular_expression import pattern

_PATH = r"\$?[A-Za-z_][\w.$]*(?:\[[^\[\]]*\])?"
_LOOP = pattern(
    rf"\s*(?:for\s*each|for|each)\s+(?:\w+\s+(?:in|of)\s+)?(?P<list>{_PATH})\s*:?\s*"
    rf"|\s*(?:for\s*each|for|each)\s+(?P<php>{_PATH})\s+as\s+\w+\s*:?\s*",
    re.IGNORECASE,
)
_NAMED = pattern(rf"\s*(?P<list>{_PATH})\s+as\s+\$?(?P<name>[A-Za-z_]\w*)\s*", re.IGNORECASE)
_ARROW = r"\(\s*\(?\s*(?P<name>\w+)\s*\)?\s*=>\s*"
_MAPPED = pattern(rf"(?P<before>.)\.map{_ARROW}(?P=name)(?P<rest>(?:\.\w+)+)\s*\)")
_FILTERED = pattern(rf"\.filter{_ARROW}(?P<condition>[^()]+)\)")
_FOUND = pattern(rf"\.find{_ARROW}(?P<condition>[^()]+)\)$")
_SUMMED = pattern(
    rf"\s*(?P<list>{_PATH})\.reduce\(\s*\(\s*(?P<sum>\w+)\s*,\s*(?P<name>\w+)\s*\)\s*=>\s*"
    r"(?P=sum)\s*\+\s*(?P=name)(?P<rest>(?:\.\w+)+)\s*(?:,\s*0\s*)?\)\s*"
)
_COMPREHENSION = pattern(
    rf"\s*(?P<open>\[?)\s*(?P<name>\w+)(?P<rest>(?:\.\w+)*)\s+for\s+(?P=name)\s+in\s+(?P<list>{_PATH})\s*\]?\s*"
)


def looped(text: str) -> str | None:
    """The hint with what to write instead of a loop; None for a text that is no loop."""
    loop = _LOOP.fullmatch(text)
    if loop is None:
        written = comprehended(text)
        if written is None or text.lstrip().startswith("["):
            return None
        return f"write `{written}`, without the brackets"
    items = loop["list"] or loop["php"]
    return (
        f"to make a value from each element, write `{{each: {items}, item: VALUE}}`; to make an event from "
        f"each, `split: {items}` at the top of the file"
    )


def named(text: str) -> tuple[str, str] | None:
    """The list of `items as p`, and the name that its element is given there."""
    match = _NAMED.fullmatch(text)
    return None if match is None else (match["list"], match["name"])


def arrowed(text: str) -> str | None:
    """`items.map(i => i.sku)` of JavaScript, with `filter`, `find` and a sum by `reduce`, as projections."""
    if "=>" not in text:
        return None
    filtered = _FILTERED.sub(lambda part: f"[?{_less(part['name'], part['condition'])}]", text)
    found = _FOUND.sub(lambda part: f"[?{_less(part['name'], part['condition'])}] | [0]", filtered)
    mapped = _MAPPED.sub(_of_each, found)
    summed = _SUMMED.fullmatch(mapped)
    written = mapped if summed is None else f"total({summed['list']}[]{summed['rest']})"
    return None if "=>" in written else written


def _of_each(part: re.Match[str]) -> str:
    return f"]{part['rest']}" if part["before"] == "]" else f"{part['before']}[]{part['rest']}"


def _less(name: str, condition: str) -> str:
    """A condition of an element without the name that it is given there."""
    return re.sub(rf"\b{re.escape(name)}\.", "", condition).replace("===", "==").replace('"', "'")


def comprehended(text: str) -> str | None:
    """The projection that a list comprehension of Python means: `[x.sku for x in items]`."""
    match = _COMPREHENSION.fullmatch(text)
    return None if match is None else f"{match['list'].removesuffix('[]')}[]{match['rest']}"
