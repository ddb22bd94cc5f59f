"""Mapping -> how large it is once it is worked out, what its lets repeat, and whether that is too large.

The limit holds for what a file asks for, not for its bytes: a short text can ask for thousands of rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as ReadOnly

from mapper.compiler.findings import Findings
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.repeated_input import WHOLE, Uses, copies_of, most, scaled, total_uses, uses_of
from mapper.compiler.jmespath.tree import OwnCall, OwnFunction
from mapper.compiler.syntax.let_nodes import MOST_LETS
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.value_nodes import (
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
from mapper.compiler.syntax.written_steps import WrittenStep
from mapper.texts.diagnostic import Diagnostic

# About three lines of generated Python each. The largest of our own mappings has less than a third of it.
MOST_PARTS = 6_000
_ALTERNATIVE, _ARM, _SKIP = 10, 5, 3
# Generated code is shared between the sections, and a table of names is one line.
_SECTIONS_TO_A_PART, _NAMES_TO_A_PART = 2, 20


def check_size(mapping: Mapping, found: Findings) -> bool:
    """Whether a mapping is small enough to be worked out; a diagnostic says why not.

    Its size is that of all its sections, each with the common fields.
    """
    lets = len(mapping.all_lets)
    if lets > MOST_LETS:
        message = f"the mapping and the files it extends have {lets} variables; the limit is {MOST_LETS}"
        found.say(Diagnostic("M009", mapping.span, message, "remove the unused ones"))
        return False
    size = size_of(mapping)
    if size > MOST_PARTS:
        message = (
            f"the mapping is too large: its sections have {size:,} parts in total; the limit "
            f"is {MOST_PARTS:,}"
        )
        hint = "split it into one mapping per kind of event, with the shared parts in a file that they extend"
        found.say(Diagnostic("M009", mapping.span, message, hint))
    return size <= MOST_PARTS


def size_of(mapping: Mapping) -> int:
    """The number of a mapping's parts: fields, alternatives, steps, names and operators of expressions."""
    common = _fields(mapping.payload) // _SECTIONS_TO_A_PART
    size = sum(map(_own_size, mapping.all_values)) + _SKIP * len(mapping.skips)
    for section in mapping.all_sections:
        size += 1 + (len(section.constants or ()) + len(section.patterns)) // _NAMES_TO_A_PART
        size += 0 if section.send is None else common
    return size


def _fields(value: Value) -> int:
    """The fields of an object, and of those in it."""
    return sum(_fields(one) for _, _, one in value.entries) if isinstance(value, Fields) else 1


def _own_size(value: Value) -> int:
    """The size that a value adds to all that is within it; a rule's default is no part."""
    match value:
        case Expression():
            return len(value.parsed.nodes) + calls_of(value)
        case Rule():
            return 2 + len(value.steps) + calls_of(value) - (value.default is not None)
        case FirstOf(alternatives=alternatives):
            return _ALTERNATIVE * len(alternatives) if len(alternatives) > 1 else 0
        case Elements():
            return _ALTERNATIVE * len(value.items)
        case Case():
            return _ARM * len(value.arms)
        case Constant() | Fields():
            return 1
        case Each() | Zip():
            return 2


def copies(value: Value, of_lets: ReadOnly[str, int]) -> int:
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
            uses = _uses(value.source)
            for step in value.steps:
                uses = _after(step, uses)
            return uses
        case FirstOf() | Case():
            return most(_uses(part.value) for part in parts(value) if part.role != "when")
        case Each():
            lets = {let.name: let.value for let in value.lets if let.value is not None}
            item = _with_lets(_uses(value.item), lets, {})
            of_lets: Uses = Counter({part: count for part, count in item.items() if part.startswith("$")})
            return total_uses((scaled(_uses(value.items), max(copies_of(item - of_lets), 1)), of_lets))
        case Constant() | Fields() | Elements() | Zip():
            return total_uses(_uses(part.value) for part in parts(value))


def _after(step: WrittenStep, uses: Uses) -> Uses:
    """The uses of a step's value, from those of the value before it; arguments are used too."""
    given = Counter([f"${name}" for name in step.variables])
    if step.function is None:
        return total_uses((uses, given))
    first, *others = step.function.copies or (1,)
    return total_uses((scaled(uses, first), scaled(given, max(others, default=1))))


def own_functions(value: Value) -> list[OwnFunction]:
    """The functions of the mapping that a value calls, less those that are called within it."""
    match value:
        case Expression():
            called = [node.function for node in value.nodes_of(OwnCall)]
        case Rule():
            called = [step.function for step in value.steps]
        case Constant() | Fields() | Elements() | FirstOf() | Case() | Each() | Zip():
            called = []
    return [one for one in called if one is not None]


def calls_of(value: Value) -> int:
    """The most runs of the mapping's functions where a value calls them, less those within it."""
    return sum(one.calls for one in own_functions(value))


def copies_of_variable(value: Value, name: str) -> int:
    """The copies of a variable that a value can come to."""
    uses = _uses(value)
    parts = {part: count for part, count in uses.items() if part[1:].partition(".")[0] == name}
    return copies_of(Counter({part.partition(".")[2] or WHOLE: count for part, count in parts.items()}))


def _with_lets(uses: Uses, lets: ReadOnly[str, Value], known: dict[str, Uses]) -> Uses:
    """Uses in which those of an element's lets are what these use. known: what some of them use."""
    found: Uses = Counter()
    for part, count in uses.items():
        name = part[1:].partition(".")[0]
        if not part.startswith("$") or name not in lets:
            found[part] += count
            continue
        if name not in known:
            known[name] = Counter()  # while it is looked at: lets may need each other
            known[name] = _with_lets(_uses(lets[name]), lets, known)
        found.update(scaled(known[name], count))
    return found
