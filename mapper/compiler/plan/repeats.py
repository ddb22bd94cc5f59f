"""How often a `let` may repeat what it is given, counted across the lets that it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.growth import WHOLE, Uses, copies_of, most, scaled, total, uses_of
from mapper.compiler.syntax.values import Case, Constant, Each, Elements, Fields, FirstOf, Rule, Value, Zip
from mapper.compiler.yaml.reader import ListNode, MapNode, Node, ScalarNode


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
        case Constant():
            return Counter()
        case Expression():
            return uses_of(value.root)
        case Fields():
            return total(_uses(one) for _, _, one in value.entries)
        case Elements():
            return total(map(_uses, value.items))
        case Rule():
            arguments = (_uses_of_argument(step.arguments) for step in value.steps)
            return total((_uses_of_source(value.source), *arguments))


def _uses_of_source(source: Constant | FirstOf | Case | Each | Zip) -> Uses:
    match source:
        case Constant():
            return Counter()
        case FirstOf():
            return most(map(_uses, source.alternatives))
        case Case():
            return most(_uses(arm.then) for arm in source.arms)
        case Zip():
            return _uses(source.lists)
        case Each():
            item = _uses(source.item)
            of_lets: Uses = Counter({part: count for part, count in item.items() if part.startswith("$")})
            return total((scaled(_uses(source.items), max(copies_of(item - of_lets), 1)), of_lets))


def _uses_of_argument(node: Node | None) -> Uses:
    match node:
        case ScalarNode(value=str(), text=text) if text.startswith("$"):
            return Counter({text: 1})
        case ListNode(items=items):
            return total(map(_uses_of_argument, items))
        case MapNode(entries=entries):
            return total(_uses_of_argument(one) for _, one in entries)
        case _:
            return Counter()
