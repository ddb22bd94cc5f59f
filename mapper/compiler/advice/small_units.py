"""An amount in cents that is divided by a hundred -> `minor_units`, which knows each currency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mapper.compiler.advice.other_languages.foreign_reading import Meant
from mapper.compiler.advice.whole_file import nodes_around, value_of
from mapper.compiler.inference.amount_units import SMALL_UNITS
from mapper.compiler.jmespath.refusal import Refused
from mapper.compiler.yaml.nodes import MapNode, ScalarNode
from mapper.texts.named_text import Span
from mapper.values.regular_expression import pattern

_DIVIDED = pattern(r"divide\((\$?[A-Za-z_][\w.]*), `([0-9]+)`\)")
_PATH = pattern(r"\$?[A-Za-z_][\w.]*")
_CURRENCY = "currency"
NAMED = "CURRENCY"


def in_whole_units(meant: Meant, fact: Refused) -> Meant:
    """The meaning, by the currency where a value is said to be in small parts of one."""
    divided = _DIVIDED.fullmatch(meant.text)
    words = [] if divided is None else divided[1].lower().replace("_", ".").split(".")
    parts = SMALL_UNITS.get(words[-1]) if words else None
    if divided is None or parts != 100 or divided[2] != "100":
        return meant
    currency = currency_beside(fact.locate(0, len(fact.text)))
    text = f"minor_units({divided[1]}, {currency or NAMED})"
    if currency:
        note = "`minor_units` knows the parts of each currency"
        return replace(meant, text=text, certain=False, note=note)
    note = f"`minor_units` knows the parts of each currency, `{NAMED}` is its path or its code in quotes"
    return replace(meant, text=text, certain=False, is_named=False, note=note)


def currency_beside(span: Span) -> str | None:
    """The path of the currency in the innermost object around an expression that has one.

    That of an object around an `item` is read of the event.
    """
    for node, is_outside in _mappings_around(span):
        for key, value in node.entries:
            if key.text == _CURRENCY and isinstance(value, ScalarNode) and _PATH.fullmatch(value.text):
                return f"$event.{value.text}" if is_outside and value.text[0] != "$" else value.text
    return None


def _mappings_around(span: Span) -> Iterator[tuple[MapNode, bool]]:
    """The mappings around a place, innermost first, each with whether an `item` is between the two."""
    is_outside, key_within = False, ""
    for key, node in reversed(nodes_around(span)):
        if isinstance(node, MapNode):
            is_outside = is_outside or (key_within == "item" and value_of(node, "each") is not None)
            yield node, is_outside
        key_within = key
