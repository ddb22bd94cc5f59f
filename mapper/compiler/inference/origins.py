"""Expressions -> the personal attributes of the event that flow into their value.

An attribute is personal where the source schema says so (`x-personal`), or, without a word of it there,
where its last name is one that sources give to such attributes. A comparison, a length, a question or a
digest lets nothing personal through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from mapper.compiler.inference.pattern_names import names_in_call, names_in_file
from mapper.compiler.inference.personal_names import are_persons, is_likely_personal
from mapper.compiler.jmespath.expression import Expression, Parsed
from mapper.compiler.jmespath.key_patterns import ANY, is_open, leads_to, names_like, plain_texts
from mapper.compiler.jmespath.reads import PathRead
from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Comparison,
    Field,
    Filter,
    Index,
    Literal,
    Node,
    Not,
    ObjectValues,
    OwnCall,
)
from mapper.compiler.memo import once
from mapper.compiler.schema.json_schema import referred
from mapper.compiler.schema.text_shapes import PERSONAL_SHAPES
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
    children,
    parts,
)
from mapper.compiler.syntax.written_steps import WrittenStep
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode

Path = tuple[str, ...]
# The names that lead to a value in an object that a mapping makes, and its path in the event.
MadePath = tuple[Path, Path]
# Of those that one value can stem from.
_MOST_PATHS = 64
_WHOLE_EVENT: tuple[Path, ...] = ((),)

# Less hyphens and underscores, in lower case; a bare `name` is mostly that of a product or a page.
PERSONAL_NAMES = frozenset(
    {
        "birthdate",
        "birthday",
        "dateofbirth",
        "dob",
        "email",
        "emailaddress",
        "familyname",
        "firstname",
        "fname",
        "givenname",
        "lastname",
        "lname",
        "mail",
        "mobile",
        "mobilephone",
        "phone",
        "phonenumber",
        "street",
        "streetaddress",
        "surname",
        "tel",
        "telephone",
    }
)
# Objects that sources name so hold a person's attributes.
_HOLDERS = frozenset(
    {
        "address",
        "billing",
        "billingaddress",
        "contact",
        "customer",
        "person",
        "profile",
        "shipping",
        "shippingaddress",
        "traits",
        "user",
        "userdata",
    }
)
_META = "$meta"
# What a host knows of the person who visits a site; of its headers these.
_OF_VISITORS = frozenset({"client_ip", "cookies", "user_agent"})
_VISITORS_HEADERS = frozenset(
    {"authorization", "cookie", "forwarded", "user-agent", "x-forwarded-for", "x-real-ip"}
)
# Transforms that make an object of a text or of another object, whose attributes have names of their own.
_DECODING = frozenset({"flatten", "lookup", "parse_json", "url"})
_SPREADING = frozenset({"flatten", "items_of", "join", "to_string", "values"})
# Those that read attributes whose names are their argument.
_READING = frozenset({"get", "pick"})
# Those whose arguments only say what to do with the value, and are not put into it.
_STEERED = frozenset(
    {
        "birth_date",
        "decimal",
        "format_time",
        "minor_units",
        "null_if",
        "phone",
        "round",
        "split",
        "substring",
        "timestamp",
        "truncate",
    }
)
LETS_NOTHING_THROUGH = frozenset(
    {
        "boolean",
        "bucket",
        "contains",
        "count",
        "ends_with",
        "fingerprint",
        "hash",
        "in_network",
        "length",
        "matches",
        "present",
        "sha256",
        "starts_with",
        "type",
    }
)


@dataclass(slots=True)
class Labels:
    """What is known of personal attributes: by the schema's paths, and of lets by the paths they read.

    not_personal: paths that the schema knows and does not mark. event: the paths in the source event that
    `$event` can be: its parts with `split`. looked_up: the lets that have what a table has for a value: what
    is read of a row may tell whose value that was. spread: those made of all that an object holds. made: of
    the lets that make objects, each path with the names that lead to it there.
    """

    marked: frozenset[Path] = frozenset()
    not_personal: frozenset[Path] = frozenset()
    lets: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    looked_up: set[str] = field(default_factory=set)
    spread: set[str] = field(default_factory=set)
    made: dict[str, tuple[MadePath, ...]] = field(default_factory=dict)
    event: tuple[Path, ...] = ((),)


def read_labels(schema: Mapping[str, Any]) -> Labels:
    """The labels of a source schema. Raises SchemaError for a `$ref` that leads nowhere."""
    return Labels(*_marks(schema))


def labels_of_samples(schema: Mapping[str, Any]) -> Labels:
    """The labels of a schema made of samples: what looks like a person's, whatever it is called.

    Of what does not look so, the name still tells.
    """
    marked = (path for path, part in _fields(schema, schema, ()) if part.get("x-personal") in PERSONAL_SHAPES)
    return Labels(frozenset(marked))


@once
def _marks(schema: Mapping[str, Any]) -> tuple[frozenset[Path], frozenset[Path]]:
    """The paths that a source schema marks, and those it knows and does not mark."""
    marked: set[Path] = set()
    others: set[Path] = set()
    for path, part in _fields(schema, schema, ()):
        (marked if part.get("x-personal") else others).add(path)
    return frozenset(marked), frozenset(others)


def _fields(
    schema: Mapping[str, Any] | bool, root: Mapping[str, Any], path: Path, opened: tuple[str, ...] = ()
) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """opened: the references that led here; a type within itself is read once within itself."""
    if isinstance(schema, bool):
        schema = {}
    while (reference := schema.get("$ref")) is not None:
        if reference in opened[:-1]:
            return
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**referred(reference, root), **rest}
        opened = (*opened, reference)
    if path:
        yield path, schema
    inside = [schema["items"]] if isinstance(schema.get("items"), dict) else []
    for part in (*inside, *schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from (found for found in _fields(part, root, path, opened) if found[0] != path)
    for name, part in schema.get("properties", {}).items():
        yield from _fields(part, root, (*path, name), opened)


def personal_read(
    expression: Expression, at: tuple[Path, ...], labels: Labels, steps: Sequence[WrittenStep] = ()
) -> tuple[Path, PathRead] | None:
    """The first personal attribute that flows into an expression's value, and where it is read.

    at: the paths in the event that the current value can be. steps: what is done with the value.
    """
    spread, flowing = _passed(expression.parsed)
    spread = spread or _spread_by(steps, labels) or any(one.root[1:] in labels.spread for one in flowing)
    for read in flowing:
        for path in through_steps(paths_of(read, at, labels), steps, labels):
            if is_personal(path, labels) or (spread and _holds_personal(path, labels)):
                return path, read
    return None


def likely_read(
    expression: Expression, at: tuple[Path, ...], labels: Labels, steps: Sequence[WrittenStep] = ()
) -> tuple[Path, PathRead] | None:
    """As `personal_read`, for attributes of which only the name says so."""
    spread, flowing = _passed(expression.parsed)
    spread = spread or _spread_by(steps, labels) or any(one.root[1:] in labels.spread for one in flowing)
    for read in flowing:
        for path in through_steps(paths_of(read, at, labels), steps, labels):
            if is_likely(path, labels) or (spread and _is_of_persons(path, labels)):
                return path, read
    return None


def shows_personal(expression: Expression, at: tuple[Path, ...], labels: Labels) -> bool:
    """Whether a value that is personal, for certain or by its name, may flow into an expression's."""
    if any(read(expression, at, labels) is not None for read in (personal_read, likely_read)):
        return True
    return any(map(_is_of_visitor, all_paths(expression, at, labels)))


def let_shows_personal(name: str, labels: Labels) -> bool:
    """As `shows_personal`, for the value of a let."""
    return name in labels.spread or any(may_be_persons(path, labels) for path in labels.lets.get(name, ()))


def may_be_persons(path: Path, labels: Labels) -> bool:
    """Whether what is at a path, for certain or by its name, is a person's."""
    return is_personal(path, labels) or is_likely(path, labels) or _is_of_visitor(path)


def _is_of_visitor(path: Path) -> bool:
    """Whether a path of `$meta` leads to what tells of a person, or to an object that holds such."""
    if path[:1] != (_META,):
        return False
    if path[1:2] == ("headers",):
        return len(path) == 2 or path[2] in _VISITORS_HEADERS
    return len(path) == 1 or path[1] in _OF_VISITORS


@once
def _passed(parsed: Parsed) -> tuple[bool, tuple[PathRead, ...]]:
    """Whether an expression spreads what objects hold, and the reads that flow into its value."""
    return any(map(_spreads, parsed.nodes)), _flowing(parsed)


def flowing_reads(expression: Expression) -> tuple[PathRead, ...]:
    """The reads of an expression that flow into its value."""
    return _passed(expression.parsed)[1]


def spreads(value: Value, labels: Labels) -> bool:
    """Whether a value is made of whatever an object holds."""
    match value:
        case Expression():
            spread, flowing = _passed(value.parsed)
            return spread or any(one.root[1:] in labels.spread for one in flowing)
        case Rule():
            own = _spread_by(value.steps, labels)
        case Each() | Constant() | Fields() | Elements() | FirstOf() | Case() | Zip():
            own = False
    return own or any(spreads(one, labels) for one in children(value))


def _spread_by(steps: Sequence[WrittenStep], labels: Labels) -> bool:
    """Whether a step makes texts or lists of whatever an object holds, or reads an attribute of any name."""
    return any(
        step.transform in _SPREADING
        or (step.function is not None and step.function.spreads)
        or (step.transform in _READING and not any(plain_texts(_key_of(step.arguments))))
        or any(name in labels.spread for name in step.variables)
        for step in steps
    )


def _key_of(arguments: YamlNode | None) -> str:
    node = arguments
    if isinstance(node, MapNode | ListNode):
        inner = node.items if isinstance(node, ListNode) else [value for _, value in node.entries]
        node = inner[0] if inner else None
    if not isinstance(node, ScalarNode) or node.text.startswith("$"):
        return ANY
    return node.text


def _spreads(node: Node) -> bool:
    """Whether a part of an expression makes texts or lists of whatever an object holds."""
    if isinstance(node, Call):
        key = node.arguments[-1]
        is_any = not isinstance(key, Literal) or not any(plain_texts(str(key.value)))
        return node.name in _SPREADING or (node.name in _READING and is_any)
    if isinstance(node, OwnCall):
        return node.function is not None and node.function.spreads
    return isinstance(node, ObjectValues)


def _holds_personal(path: Path, labels: Labels) -> bool:
    """Whether an object of the event holds personal attributes, by the schema or by its name."""
    if any(leads_to(path, marked[: len(path)]) for marked in labels.marked):
        return True
    words = {"" if is_open(part) else part.replace("_", "").lower() for part in path[-2:]}
    return path not in labels.not_personal and bool(words & _HOLDERS)


def _is_of_persons(path: Path, labels: Labels) -> bool:
    return bool(path) and path not in labels.not_personal and are_persons(_written(path[-1]))


def all_paths(expression: Expression, at: tuple[Path, ...], labels: Labels) -> Iterator[Path]:
    """The paths in the event that an expression's value can stem from, all of them, and some twice."""
    for read in _passed(expression.parsed)[1]:
        yield from paths_of(read, at, labels)


def flowing_paths(expression: Expression, at: tuple[Path, ...], labels: Labels) -> tuple[Path, ...]:
    """The paths in the event that an expression's value can stem from."""
    return _some(all_paths(expression, at, labels))


def value_paths(value: Value, at: tuple[Path, ...], labels: Labels) -> tuple[Path, ...]:
    """The paths in the event that a value can stem from; none where a step makes a digest of it."""
    match value:
        case Expression():
            return flowing_paths(value, at, labels)
        case Rule():
            own = value_paths(value.source, at, labels)
            given = [(flowing_paths(one, at, labels), after) for one, after in given_to_steps(value.steps)]
            flows = [(own, value.steps), *given]
            return _some(path for paths, steps in flows for path in _let_through(paths, steps, labels))
        case Each():
            return value_paths(value.item, value_paths(value.items, at, labels), labels)
        case Constant() | Fields() | Elements() | FirstOf() | Case() | Zip():
            inside = [part.value for part in parts(value) if part.role != "when"]
            return _some(path for one in inside for path in value_paths(one, at, labels))


def given_to_steps(steps: Sequence[WrittenStep]) -> Iterator[tuple[Expression, Sequence[WrittenStep]]]:
    """The variables that steps put into a value, each with the steps after that.

    Of those that a function of the mapping is given, it is known with its value what it makes of them.
    """
    for place, step in enumerate(steps):
        if step.function is None and step.transform not in LETS_NOTHING_THROUGH | _STEERED:
            yield from ((one, steps[place + 1 :]) for one in step.expressions)


def made_paths(value: Value, at: tuple[Path, ...], labels: Labels) -> tuple[MadePath, ...]:
    """As `value_paths`, each path with the names that lead to it in the objects that the value makes."""
    match value:
        case Expression():
            made = [one for read in flowing_reads(value) for one in _made_of(read, at, labels)]
        case Rule() if value.steps:
            made = [((), path) for path in value_paths(value, at, labels)]
        case Each():
            made = [*made_paths(value.item, value_paths(value.items, at, labels), labels)]
        case Rule() | Constant() | Fields() | Elements() | FirstOf() | Case() | Zip():
            made = [
                ((part.name, *names) if part.role == "field" else names, path)
                for part in parts(value)
                if part.role != "when"
                for names, path in made_paths(part.value, at, labels)
            ]
    return tuple(islice(dict.fromkeys(made), _MOST_PATHS))


def _made_of(read: PathRead, at: tuple[Path, ...], labels: Labels) -> list[MadePath]:
    """The paths of a read, each with the names that lead to it in the object that is made."""
    of_let = () if read.path else labels.made.get(read.root[1:], ())
    if of_let:
        return [((*read.keys, *names), path) for names, path in of_let]
    return [(read.keys, path) for path in paths_of(read, at, labels)]


def _in_made(names: Path, made: Iterable[MadePath]) -> tuple[Path, ...]:
    """The paths of what is at some names in an object that is made."""
    return tuple(
        [
            (*path, *names[len(keys) :])
            for keys, path in made
            if all(is_open(name) or name == key for name, key in zip(names, keys, strict=False))
        ]
    )


def lets_through(steps: Sequence[WrittenStep]) -> bool:
    """Whether something of a person may be left of a value after steps: no digest is made of it."""
    return all(step.transform not in LETS_NOTHING_THROUGH for step in steps)


def _let_through(paths: Iterable[Path], steps: Sequence[WrittenStep], labels: Labels) -> tuple[Path, ...]:
    return through_steps(paths, steps, labels) if lets_through(steps) else ()


def through_steps(paths: Iterable[Path], steps: Sequence[WrittenStep], labels: Labels) -> tuple[Path, ...]:
    """Paths, and those of the parts with names that steps take of the texts, or objects, there."""
    if any(step.function is not None for step in steps):
        for step in steps:
            paths = _through_own(paths, step, labels)
        return _some(paths)
    names = [name for step in steps for name in names_in_file(step)]
    keys = tuple(_key_of(step.arguments) for step in steps if step.transform in _READING)
    if keys:
        paths = [(*path, *keys) for path in paths]
    if not names:
        return tuple(paths)
    given = tuple(paths)
    return _some((*given, *((*path, name) for path in given for name in names)))


def _through_own(paths: Iterable[Path], step: WrittenStep, labels: Labels) -> tuple[Path, ...]:
    """As `through_steps`, for a step that may be a function of the mapping, which has further arguments."""
    if step.function is None:
        return () if step.transform in LETS_NOTHING_THROUGH else through_steps(paths, (step,), labels)
    given = [path for name in step.variables for path in labels.lets.get(name, ())]
    flows = step.function.flows
    of_value = [(*path, *names) for path in paths for number, names in flows if number == 0]
    return (*of_value, *[(*path, *names) for path in given for number, names in flows if number > 0])


def sends(value: Value, condition: Expression) -> bool:
    """Whether a condition is a path whose value is sent where it holds: it asks whether there is one."""
    return condition.path() in value_paths(value, ((),), Labels())


def _some(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Each path once, and not more than can be followed: lets of lets would double them again and again."""
    return tuple(islice(dict.fromkeys(paths), _MOST_PATHS))


def paths_of(read: PathRead, at: tuple[Path, ...], labels: Labels) -> tuple[Path, ...]:
    """The paths in the event that are read."""
    if read.root == "$whole":
        return (read.path,)
    if read.root == _META:
        return ((_META, *read.path),)
    if read.root == "@":
        bases = at
    elif read.root == "$event":
        bases = labels.event
    else:
        bases = labels.lets.get(read.root[1:], ())
        if read.path and read.root[1:] in labels.looked_up:
            return (*bases, *[(*base, *read.path) for base in bases])
        if read.path and read.root[1:] in labels.made:
            return _in_made(read.path, labels.made[read.root[1:]])
    if bases == _WHOLE_EVENT:  # as most: no tuple is made
        return (read.path,)
    return tuple([(*base, *read.path) for base in bases])


def is_personal(path: Path, labels: Labels) -> bool:
    """Whether an attribute of the event carries a person's value."""
    if path in labels.marked:
        return True
    if not path or path in labels.not_personal:
        return False
    if path == (_META, "client_ip"):
        return True
    if not any(map(is_open, path)):
        return _squeezed(path[-1]) in PERSONAL_NAMES
    return any(leads_to(path, marked) for marked in labels.marked) or _can_be_personal(path[-1])


def _can_be_personal(name: str) -> bool:
    """Whether a name on a path can be one of those of personal attributes; one of any text says nothing."""
    texts = plain_texts(name)
    if not any(texts):
        return False
    # How a name is written is left open, and so is what a part of the pattern takes.
    opened = "*".join(map(_squeezed, texts))
    return bool(names_like(re.sub(r"\*+", "*", opened), PERSONAL_NAMES))


def _squeezed(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _written(name: str) -> str:
    """What is written of a name on a path."""
    return "_".join(filter(None, plain_texts(name)))


def is_likely(path: Path, labels: Labels) -> bool:
    """Whether an attribute carries a person's value by its name alone."""
    if not path or path in labels.not_personal:
        return False
    return is_likely_personal(_written(path[-1]), _written(path[-2]) if len(path) > 1 else "")


def _flowing(parsed: Parsed) -> tuple[PathRead, ...]:
    """What an expression reads, except in places that nothing personal gets through.

    A part of a text that has a name is read as an attribute of that name, too.
    """
    closed = [(node.start, node.end) for node in _closed(parsed)]
    flowing = [one for one in parsed.reads if not any(_is_in(one, *span) for span in closed)]
    calls = [node for node in parsed.nodes if isinstance(node, Call)]
    for call, names in ((one, names_in_call(one)) for one in calls):
        value = call.arguments[0] if names else call
        read = [one for one in flowing if names and _is_in(one, value.start, value.end)]
        flowing += [replace(one, path=(*one.path, name)) for one in read for name in names]
    for own in reversed([node for node in parsed.nodes if isinstance(node, OwnCall)]):
        flowing = _through(own, flowing)
    flowing += [one for one in _decoded(parsed) if not any(_is_in(one, *span) for span in closed)]
    return tuple(flowing)


def _through(call: OwnCall, reads: list[PathRead]) -> list[PathRead]:
    """Reads of which those that a function of the mapping is given are what it lets through of them."""
    if call.function is None:
        return reads
    flowing = []
    for read in reads:
        place = next((at for at, one in enumerate(call.arguments) if _is_in(read, one.start, one.end)), None)
        if place is None:
            flowing.append(read)
            continue
        ways = [names for number, names in call.function.flows if number == place]
        flowing += [replace(read, path=(*read.path, *names)) for names in ways]
    return list(dict.fromkeys(flowing))


def _is_in(read: PathRead, start: int, end: int) -> bool:
    return start <= read.start and read.end <= end


def _decoded(parsed: Parsed) -> Iterator[PathRead]:
    """Attributes of what is decoded of a text, as if they were below it in the event."""
    for node in parsed.nodes:
        names: Path = ()
        base: Node = node
        while isinstance(base, Field | Index):
            names = (base.name, *names) if isinstance(base, Field) else names
            base = base.base
        if names and isinstance(base, Call) and base.name in _DECODING:
            for read in parsed.reads:
                if base.start <= read.start and read.end <= base.end:
                    yield replace(read, path=(*read.path, *names), start=node.start, end=node.end)


def _closed(parsed: Parsed) -> Iterator[Node]:
    for node in parsed.nodes:
        if isinstance(node, Comparison | Not) or (
            isinstance(node, Call) and node.name in LETS_NOTHING_THROUGH
        ):
            yield node
        elif isinstance(node, Call) and node.name in _STEERED:
            yield from node.arguments[1:]
        elif isinstance(node, Filter):
            yield node.condition
        elif isinstance(node, And):
            yield node.left
