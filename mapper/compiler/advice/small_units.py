"""An amount in cents that is divided by a hundred -> `minor_units`, which knows each currency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mapper.compiler.advice.other_languages.reading import Meant
from mapper.compiler.checks.units import SMALL_UNITS
from mapper.compiler.jmespath.refusal import Refused
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.pattern import pattern

_DIVIDED = pattern(r"divide\((\$?[A-Za-z_][\w.]*), `([0-9]+)`\)")
_PATH = pattern(r"\$?[A-Za-z_][\w.]*")
_CURRENCY = "currency"
_NAMED = "CURRENCY"


def in_whole_units(meant: Meant, fact: Refused) -> Meant:
    """What was meant, by the currency where a value is said to be in small parts of one."""
    divided = _DIVIDED.fullmatch(meant.text)
    words = [] if divided is None else divided[1].lower().replace("_", ".").split(".")
    parts = SMALL_UNITS.get(words[-1]) if words else None
    if divided is None or parts != 100 or divided[2] != "100":
        return meant
    currency = _currency_beside(fact)
    text = f"minor_units({divided[1]}, {currency or _NAMED})"
    if currency:
        note = "`minor_units` knows the parts of each currency"
        return replace(meant, text=text, certain=False, note=note)
    note = f"`minor_units` knows the parts of each currency, `{_NAMED}` is its path or its code in quotes"
    return replace(meant, text=text, certain=False, is_named=False, note=note)


def _currency_beside(fact: Refused) -> str | None:
    """The path of the currency in the object whose field has the expression."""
    span = fact.locate(0, len(fact.text))
    root = read_yaml(span.text, [])
    for node in () if root is None else _around(root, span.start, span.end):
        for key, value in node.entries:
            if key.text == _CURRENCY and isinstance(value, ScalarNode) and _PATH.fullmatch(value.text):
                return value.text
    return None


def _around(node: YamlNode, start: int, end: int) -> Iterator[MapNode]:
    """The innermost mapping around a place that is an object, and no rule of one field."""
    inner: tuple[YamlNode, ...] = ()
    if isinstance(node, MapNode):
        inner = tuple(value for _, value in node.entries)
    elif isinstance(node, ListNode):
        inner = node.items
    found = next((one for one in inner if one.span.start <= start and end <= one.span.end), None)
    deeper = [] if found is None else list(_around(found, start, end))
    if deeper or not isinstance(node, MapNode):
        yield from deeper
    elif all(key.text not in ("from", "const", "case", "each", "zip", "when") for key, _ in node.entries):
        yield node
