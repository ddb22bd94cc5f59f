"""How often a `let` may repeat what it is given, counted across the lets that it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.growth import WHOLE, Uses, copies_of, most, scaled, total, uses_of
from mapper.compiler.syntax.values import (
    Case,
    Constant,
    Each,
    Elements,
    Fields,
    FirstOf,
    Rule,
    Value,
    Zip,
    parts,
)


def copies(value: Value, of_lets: Mapping[str, int]) -> int:
    """The copies of the event, or of a part of it, that a value can come to; 0 of a constant.

    of_lets: those of the lets it reads.
    """
    uses = _uses(value)
    of_event: Uses = Counter()
    by_let: dict[str, Uses] = {}
    for part, count in uses.items():
        name, _, field = part.partition(".")
        if name.startswith("$"):
            by_let.setdefault(name[1:], Counter())[field or WHOLE] += count
        else:
            of_event[part] = count
    return copies_of(of_event) + sum(copies_of(part) * of_lets.get(name, 1) for name, part in by_let.items())


def _uses(value: Value) -> Uses:
    match value:
        case Expression():
            return uses_of(value.root)
        case Rule():
            arguments = [f"${name}" for step in value.steps for name in step.variables]
            return total((_uses(value.source), Counter(arguments)))
        case FirstOf() | Case():
            return most(_uses(part.value) for part in parts(value) if part.role != "when")
        case Each():
            item = _uses(value.item)
            of_lets: Uses = Counter({part: count for part, count in item.items() if part.startswith("$")})
            return total((scaled(_uses(value.items), max(copies_of(item - of_lets), 1)), of_lets))
        case Constant() | Fields() | Elements() | Zip():
            return total(_uses(part.value) for part in parts(value))
