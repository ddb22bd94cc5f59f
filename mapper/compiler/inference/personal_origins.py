"""Expressions -> the personal attributes of the event that flow into their value.

An attribute is personal where the source schema says so (`x-personal`), or, without a word of it there,
where its last name is one that sources give to such attributes. A comparison, a length, a question or a
digest lets nothing personal through.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import islice
from typing import Any, NamedTuple

from mapper.compiler.inference.pattern_names import names_in_file
from mapper.compiler.inference.personal_names import are_persons, is_likely_personal
from mapper.compiler.jmespath.call_facts import keeps
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.lineage import PathRead, transformed
from mapper.compiler.jmespath.origin import ALL_KEPT, WHOLE_EVENT, Origin, Path
from mapper.compiler.memo import once
from mapper.compiler.schema.json_schema import referred
from mapper.compiler.schema.text_shapes import PERSONAL_SHAPES
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
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.transforms.key_patterns import is_open, leads_to, names_like, plain_texts
from mapper.transforms.meaning import ONLY_A_PERSON, Meaning
from mapper.transforms.registry import TRANSFORMS
from mapper.values.frozen import dataclass

# Of the origins that one value can have.
_MOST_ORIGINS = 64
# Of a schema, each wherever a reference leads to it.
_MOST_PARTS = 20_000

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
_UNDER_CONDITIONS = ALL_KEPT - {"unit"}
_META = "$meta"
_ADDRESS = ("client_ip",)
# What a host knows of the person who visits a site; of its headers these.
_OF_VISITORS = frozenset({"client_ip", "cookies", "user_agent"})
_VISITORS_HEADERS = frozenset(
    {"authorization", "cookie", "forwarded", "user-agent", "x-forwarded-for", "x-real-ip"}
)


@dataclass(slots=True)
class Labels:
    """The personal attributes that are known: by the schema's paths, and of lets by where they come from.

    not_personal: paths that the schema knows and does not mark. event: where in the source event what
    `$event` can be comes from: its parts with `split`.
    """

    marked: frozenset[Path] = frozenset()
    not_personal: frozenset[Path] = frozenset()
    lets: dict[str, tuple[Origin, ...]] = field(default_factory=dict)
    event: tuple[Origin, ...] = WHOLE_EVENT


def read_labels(schema: Mapping[str, Any]) -> Labels:
    """The labels of a source schema. Raises SchemaError for a `$ref` that leads nowhere."""
    return Labels(*_marks(schema))


def labels_of_samples(schema: Mapping[str, Any]) -> Labels:
    """The labels of a schema made of samples: what looks like a person's, whatever it is called.

    Of what does not look so, the name still tells.
    """
    marked = (path for path, part in _fields(schema, schema) if part.get("x-personal") in PERSONAL_SHAPES)
    return Labels(frozenset(marked))


# The keywords that lead to other parts of a schema.
_INNER = frozenset({"properties", "items", "anyOf", "oneOf", "allOf"})


class _Part(NamedTuple):
    """A part of a schema that is still to be read. opened: the references that led to it."""

    schema: Mapping[str, Any] | bool
    path: Path
    opened: tuple[str, ...]


@once
def _marks(schema: Mapping[str, Any]) -> tuple[frozenset[Path], frozenset[Path]]:
    """The paths that a source schema marks, and those it knows and does not mark."""
    marked: set[Path] = set()
    known: set[Path] = set()
    for path, part in _fields(schema, schema):
        known.add(path)
        if part.get("x-personal"):
            marked.add(path)
    return frozenset(marked), frozenset(known - marked)


def _fields(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The parts of a schema that say something of a field, each with its path, those of fewer names first.

    A type within itself is read once within itself.

    Types that refer to each other have more fields than can be read: the deepest are left out.
    """
    waiting: deque[_Part] = deque([_Part(schema, (), ())])
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part, path, opened = waiting.popleft()
        if isinstance(part, bool):
            part = {}
        while (reference := part.get("$ref")) is not None and reference not in opened[:-1]:
            rest = {key: value for key, value in part.items() if key != "$ref"}
            part = {**referred(reference, root), **rest}
            opened = (*opened, reference)
        if "$ref" in part:
            continue
        if path:
            yield path, part
        if part.keys().isdisjoint(_INNER):
            continue
        inside = [part["items"]] if isinstance(part.get("items"), dict) else []
        branches = (*inside, *part.get("anyOf", ()), *part.get("oneOf", ()), *part.get("allOf", ()))
        waiting += [_Part(one, path, opened) for one in branches]
        waiting += [_Part(one, (*path, name), opened) for name, one in part.get("properties", {}).items()]


def personal_read(
    expression: Expression,
    at: tuple[Origin, ...],
    labels: Labels,
    steps: Sequence[WrittenStep] = (),
    is_sent: Callable[[Path], bool] = lambda keys: True,
) -> tuple[Path, PathRead] | None:
    """The first personal attribute that flows into an expression's value, and where it is read.

    at: where the current value comes from. steps: what is done with the value. is_sent: whether what is at
    some names in an object that the expression makes matters.
    """
    for origin, read in sources_of(expression, at, labels, steps):
        if not is_sent(origin.keys):
            continue
        if is_personal(origin.path, labels) or (origin.spread and _holds_personal(origin.path, labels)):
            return origin.path, read
    return None


def likely_read(
    expression: Expression, at: tuple[Origin, ...], labels: Labels, steps: Sequence[WrittenStep] = ()
) -> tuple[Path, PathRead] | None:
    """As `personal_read`, for attributes of which only the name says so."""
    for origin, read in sources_of(expression, at, labels, steps):
        if is_likely(origin.path, labels) or (origin.spread and _is_of_persons(origin.path, labels)):
            return origin.path, read
    return None


def hashed_read(
    expression: Expression,
    at: tuple[Origin, ...],
    labels: Labels,
    steps: Sequence[WrittenStep],
    hashed: Iterable[Path],
) -> tuple[Path, PathRead] | None:
    """As `personal_read`, for attributes that are hashed elsewhere and not personal by their names."""
    meant = [one for one in hashed if one not in labels.not_personal and not is_personal(one, labels)]
    for origin, read in sources_of(expression, at, labels, steps):
        path = next((one for one in meant if _can_have(origin, one)), None)
        if path is not None:
            return path, read
    return None


def _can_have(origin: Origin, path: Path) -> bool:
    """Whether what comes from somewhere can be what is at a path, or be made of it."""
    above = path[: len(origin.path)] if origin.spread else path
    return leads_to(origin.path, above)


def sent_origins(
    expression: Expression, at: tuple[Origin, ...], labels: Labels, steps: Sequence[WrittenStep]
) -> list[Origin]:
    """The origins of an expression's value after some steps, all of it."""
    return [origin for origin, _ in sources_of(expression, at, labels, steps)]


def is_wide(origin: Origin) -> bool:
    """Whether what comes from somewhere can be made of several attributes."""
    return origin.spread or any(map(is_open, origin.path))


def sources_of(
    expression: Expression, at: tuple[Origin, ...], labels: Labels, steps: Sequence[WrittenStep]
) -> Iterator[tuple[Origin, PathRead]]:
    """The origins of an expression's value after some steps, each with the path that is read."""
    for flow in expression.parsed.lineage.living:
        origins = resolved(flow.root, flow.origin, at, labels)
        for origin in _through_steps(origins, steps, at, labels):
            yield origin, flow.read()


def shows_personal(expression: Expression, at: tuple[Origin, ...], labels: Labels) -> bool:
    """Whether a value that is personal, for certain or by its name, may flow into an expression's."""
    if any(read(expression, at, labels) is not None for read in (personal_read, likely_read)):
        return True
    return any(map(_is_of_visitor, all_paths(expression, at, labels)))


def let_shows_personal(name: str, labels: Labels) -> bool:
    """As `shows_personal`, for the value of a let."""
    return any(one.spread or may_be_persons(one.path, labels) for one in labels.lets.get(name, ()))


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


def _key_of(arguments: YamlNode | None) -> str | None:
    node = arguments
    if isinstance(node, MapNode | ListNode):
        inner = node.items if isinstance(node, ListNode) else [value for _, value in node.entries]
        node = inner[0] if inner else None
    if not isinstance(node, ScalarNode) or node.text.startswith("$"):
        return None
    return node.text


def _holds_personal(path: Path, labels: Labels) -> bool:
    """Whether an object of the event holds personal attributes, by the schema or by its name."""
    if any(leads_to(path, marked[: len(path)]) for marked in labels.marked):
        return True
    if path[:1] == (_META,):
        return leads_to(path, (_META, *_ADDRESS)[: len(path)])
    held = _less_any(path)
    words = {"" if is_open(part) else part.replace("_", "").lower() for part in held[-2:]}
    return held not in labels.not_personal and bool(words & _HOLDERS)


def _is_of_persons(path: Path, labels: Labels) -> bool:
    held = _less_any(path)
    return bool(held) and held not in labels.not_personal and are_persons(_written(held[-1]))


def _less_any(path: Path) -> Path:
    """The path of the object of which anything is read."""
    return path[:-1] if path and not any(plain_texts(path[-1])) else path


def all_paths(expression: Expression, at: tuple[Origin, ...], labels: Labels) -> Iterator[Path]:
    """The paths in the event that an expression's value can stem from, all of them, and some twice."""
    for origin, _ in sources_of(expression, at, labels, ()):
        yield origin.path


def value_paths(value: Value, at: tuple[Origin, ...], labels: Labels) -> tuple[Path, ...]:
    """The paths in the event that a value can stem from; none where a step makes a digest of it."""
    return tuple(dict.fromkeys(one.path for one in origins_of(value, at, labels)))


def origins_of(value: Value, at: tuple[Origin, ...], labels: Labels) -> tuple[Origin, ...]:
    """The origins of a value; none if a step makes a digest of it."""
    match value:
        case Expression():
            return _some(origin for origin, _ in sources_of(value, at, labels, ()))
        case Rule():
            found = _through_steps(origins_of(value.source, at, labels), value.steps, at, labels, giving=True)
            return found if value.when is None else _where_it_holds(found)
        case Each():
            return origins_of(value.item, origins_of(value.items, at, labels), labels)
        case Case():
            return _where_it_holds(
                _some(one for arm in value.arms for one in origins_of(arm.then, at, labels))
            )
        case Constant() | Fields() | Elements() | FirstOf() | Zip():
            inside = [part for part in parts(value) if part.role != "when"]
            return _some(
                one._replace(keys=(part.name, *one.keys)) if part.role == "field" else one
                for part in inside
                for one in origins_of(part.value, at, labels)
            )


def _where_it_holds(origins: tuple[Origin, ...]) -> tuple[Origin, ...]:
    """The origins of a value under a condition, which may be what makes its unit the right one."""
    return tuple([one.keeping(_UNDER_CONDITIONS) for one in origins])


def given_to_steps(steps: Sequence[WrittenStep]) -> Iterator[tuple[Expression, Sequence[WrittenStep]]]:
    """The variables that steps put into a value, each with the steps after that.

    Of those that a function of the mapping is given, it is known with its value what it makes of them.
    """
    for place, step in enumerate(steps):
        yield from ((one, steps[place + 1 :]) for one in _given_to(step))


def _given_to(step: WrittenStep) -> Sequence[Expression]:
    if step.function is not None or "person" not in keeps(step.transform):
        return ()
    parameters = TRANSFORMS[step.transform].parameters if step.transform in TRANSFORMS else ()
    return step.expressions if any(one.role != "steers" for one in parameters) else ()


def _kept_of_given(step: WrittenStep) -> Collection[Meaning]:
    """The meanings that are left of variables that a step puts into its value, or treats like it."""
    is_put = any(one.role == "put" for one in TRANSFORMS[step.transform].parameters)
    return ONLY_A_PERSON if is_put else keeps(step.transform)


def lets_through(steps: Sequence[WrittenStep]) -> bool:
    """Whether something of a person may be left of a value after steps: no digest is made of it."""
    return all(step.function is not None or "person" in keeps(step.transform) for step in steps)


def _through_steps(
    origins: Iterable[Origin],
    steps: Sequence[WrittenStep],
    at: tuple[Origin, ...],
    labels: Labels,
    *,
    giving: bool = False,
) -> tuple[Origin, ...]:
    """The origins of a value after steps. giving: also of the variables that they put into it."""
    made = tuple(origins)
    for step in steps:
        if step.function is not None:
            made = _through_own(made, step, at, labels)
            continue
        made = transformed(step.transform, made, _key_of(step.arguments), names_in_file(step))
        if giving:
            given = [one for put in _given_to(step) for one in origins_of(put, at, labels)]
            made = (*made, *(one.keeping(_kept_of_given(step)) for one in given))
    return _some(made)


def _through_own(
    origins: tuple[Origin, ...], step: WrittenStep, at: tuple[Origin, ...], labels: Labels
) -> tuple[Origin, ...]:
    """As `_through_steps`, for a function of the mapping, which has further arguments."""
    given = [one for put in step.expressions for one in origins_of(put, at, labels)]
    flows = () if step.function is None else step.function.flows
    ways = [(origins if number == 0 else given, way) for number, way in flows]
    return tuple([inner for taken, way in ways for one in taken for inner in one.then(way)])


def sends(value: Value, condition: Expression) -> bool:
    """Whether a condition is a path whose value is sent where it holds: it asks whether there is one."""
    return condition.path() in value_paths(value, WHOLE_EVENT, Labels())


def _some(origins: Iterable[Origin]) -> tuple[Origin, ...]:
    """Each once, and not more than can be followed: lets of lets would double them again and again."""
    made = tuple(origins)
    return made if len(made) < 2 else tuple(islice(dict.fromkeys(made), _MOST_ORIGINS))


def paths_of(read: PathRead, at: tuple[Origin, ...], labels: Labels) -> tuple[Path, ...]:
    """The paths in the event that are read."""
    origins = resolved(read.root, Origin(read.path), at, labels)
    return tuple([one.path for one in origins])


def resolved(root: str, origin: Origin, at: tuple[Origin, ...], labels: Labels) -> tuple[Origin, ...]:
    """The origins in the event of a value that comes from a root, as an expression names it."""
    if root == "$whole":
        return (origin,)
    if root == _META:
        return (origin._replace(path=(_META, *origin.path)),)
    if root == "@":
        bases = at
    elif root == "$event":
        bases = labels.event
    else:
        bases = labels.lets.get(root[1:], ())
    if bases == WHOLE_EVENT:  # as most: no tuple is made
        return (origin,)
    return tuple([inner for base in bases for inner in base.then(origin)])


def is_personal(path: Path, labels: Labels) -> bool:
    """Whether an attribute of the event carries a person's value."""
    marked = labels.marked
    for length in range(1, len(path) + 1) if marked else ():
        if path[:length] in marked:
            return True
    if not path or path in labels.not_personal:
        return False
    if path[0] == _META and leads_to(path, (_META, *_ADDRESS)):
        return True
    if not any(map(is_open, path)):
        return is_certain(path[-1])
    above = [path[:length] for length in range(len(path) + 1)]
    in_marked = any(leads_to(above[len(one)], one) for one in marked if len(one) <= len(path))
    return in_marked or _can_be_personal(path[-1])


def is_certain(name: str) -> bool:
    """Whether an attribute of this name carries a person's value, wherever it is."""
    return _squeezed(name) in PERSONAL_NAMES


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
    """The written words of a name on a path."""
    return "_".join(filter(None, plain_texts(name)))


def is_likely(path: Path, labels: Labels) -> bool:
    """Whether an attribute carries a person's value by its name alone."""
    if not path or path in labels.not_personal:
        return False
    return is_likely_personal(_written(path[-1]), _written(path[-2]) if len(path) > 1 else "")
