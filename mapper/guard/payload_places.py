"""A payload, place by place -> what must not leave, and what may of the rest: the closer look."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Protocol, TypeAlias

from mapper.guard.guarded_fields import GuardNode
from mapper.guard.links import is_link, less_parameters
from mapper.guard.personal_parameters import Words
from mapper.guard.signs import context_of, signs
from mapper.values.types import Json

NO_FIELD = "has a key that is not a field of the target"
NO_DIGEST = "is not a SHA-256 digest of 64 lower-case hex characters"
OF_NOTHING = "is the digest of a placeholder"
NO_ADDRESS = "is not an IP address"
NO_OBJECT = "is not an object"

DIGEST = re.compile(r"[0-9a-f]{64}").fullmatch
_OCTETS = frozenset(map(str, range(256)))


class _Gone:
    """The type of the value in place of what may not leave."""


GONE: Any = _Gone()


@dataclass(slots=True)
class PayloadFindings:
    """The findings in one payload: why and at which path, and whether it is the value's parameters alone.

    gone: the paths of what was taken out. without: what goes since another one has gone, which it needs.
    """

    reasons: dict[tuple[str, str, bool], None] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    without: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, reason: str, cleaned: bool = False) -> None:
        """Add a finding; each is told once."""
        self.reasons[path, reason, cleaned] = None


class GuardPlace(Protocol):
    """A place in the payload."""

    @property
    def path(self) -> str:
        """The path of the place in the payload."""

    def look(self, value: Json, found: PayloadFindings) -> Any:
        """The part of its value that may leave, or GONE; findings are added. The value is not changed."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The knowledge that all places need: names of parameters, and digests of placeholders."""

    words: Words
    of_nothing: Collection[str]


def place_of(node: GuardNode, known: Knowledge) -> GuardPlace:
    """The place that looks at a node's values."""
    kind, path, *more = node
    match kind:
        case "list":
            return _List(path, place_of(more[0], known))
        case "object":
            return _object(path, more, known)
        case "digest":
            return _Digest(path, known.of_nothing)
        case "by":
            beside, constants, plain = more
            return _ByConstant(
                path, beside, constants, place_of(plain, known), _Digest(path, known.of_nothing)
            )
        case "allowed":
            return _Allowed(path)
        case "address":
            return _Address(path)
        case _:
            return _Text(path, more[0] if more else "free", known.words)


def _object(path: str, node: Iterable[Any], known: Knowledge) -> _Object:
    fields, strict, required, groups, needs = node
    places = {key: place_of(one, known) for key, one in fields.items()}
    rules = _Rules(frozenset(required), groups, needs)
    return _Object(path, places, strict, _Text(path, "free", known.words), rules)


_Groups: TypeAlias = tuple[tuple[tuple[str, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class _Rules:
    """The fields an object must have; the groups of which it must have one; what fields need beside them."""

    required: Collection[str]
    groups: _Groups
    needs: dict[str, tuple[str, ...]]

    def hold(self, kept: dict[str, Any], before: dict[str, Any]) -> bool:
        """Whether an object that has lost something still is one that the target takes."""
        if any(name in before and name not in kept for name in self.required):
            return False
        return all(_has_one(kept, groups) or not _has_one(before, groups) for groups in self.groups)

    def lone(self, kept: dict[str, Any], before: dict[str, Any]) -> tuple[str, str] | None:
        """A field, and one beside it that it makes no sense without, which is lost."""
        for name, needed in self.needs.items():
            for one in needed:
                if name in kept and one in before and one not in kept:
                    return name, one
        return None


def _has_one(held: dict[str, Any], groups: Iterable[Iterable[str]]) -> bool:
    return any(all(name in held for name in group) for group in groups)


@dataclass(frozen=True, slots=True)
class _Object:
    """An object. strict: it takes no other keys than its fields; other: looks at what they hold."""

    path: str
    fields: dict[str, GuardPlace]
    strict: bool
    other: _Text
    rules: _Rules

    def look(self, value: Json, found: PayloadFindings) -> Any:
        if type(value) is not dict:
            if value is None:
                return None
            found.add(self.path, NO_OBJECT)
            return GONE
        kept = {}
        for key in value:
            left = self._left(key, value, found)
            if left is not GONE:
                kept[key] = left
        if len(kept) == len(value):
            return kept
        while lone := self.rules.lone(kept, value):
            del kept[lone[0]]
            found.add(self.fields[lone[0]].path, _needs(lone[1]))
            found.gone.add(self.fields[lone[0]].path)
        return kept if kept and self.rules.hold(kept, value) else GONE

    def _left(self, key: str, value: dict[str, Json], found: PayloadFindings) -> Any:
        """The part of a field that may leave, or GONE."""
        place, held = self.fields.get(key), value[key]
        if isinstance(place, _ByConstant):
            place = place.beside_of(value)
        if place is None:
            if self.strict:
                found.add(self.path, NO_FIELD)
                return GONE
            return held if self.other.look({key: held}, found) is not GONE else GONE
        if needed := found.without.get(place.path):
            found.add(place.path, _needs(needed))
            left = GONE
        else:
            left = place.look(held, found)
        if left is GONE:
            found.gone.add(place.path)
        return left


def _needs(name: str) -> str:
    return f"needs `{name}`, which does not leave"


@dataclass(frozen=True, slots=True)
class _List:
    """A list, of which one element that must not leave takes all; a value alone is as an element is."""

    path: str
    item: GuardPlace

    def look(self, value: Json, found: PayloadFindings) -> Any:
        if type(value) is not list:
            return self.item.look(value, found)
        kept = [self.item.look(element, found) for element in value]
        return GONE if any(one is GONE for one in kept) else kept


@dataclass(frozen=True, slots=True)
class _Digest:
    """A place whose values leave as a digest only."""

    path: str
    of_nothing: Collection[str]

    def look(self, value: Json, found: PayloadFindings) -> Any:
        if type(value) is str and DIGEST(value):
            if value not in self.of_nothing:
                return value
            found.add(self.path, OF_NOTHING)
            return GONE
        if value is None:
            return None
        found.add(self.path, NO_DIGEST)
        return GONE


@dataclass(frozen=True, slots=True)
class _ByConstant:
    """A place whose values leave in plaintext where a field beside it has one of some constants.

    Elsewhere they leave as a digest only.
    """

    path: str
    beside: str
    constants: Collection[str]
    plain: GuardPlace
    digest: _Digest

    def beside_of(self, around: dict[str, Json]) -> GuardPlace:
        """The place as what is around it says."""
        constant = around.get(self.beside)
        return self.plain if type(constant) is str and constant in self.constants else self.digest

    def look(self, value: Json, found: PayloadFindings) -> Any:
        return self.digest.look(value, found)


@dataclass(frozen=True, slots=True)
class _Address:
    """An IP address, which is sent as it is; a private one too."""

    path: str

    def look(self, value: Json, found: PayloadFindings) -> Any:
        if value is None or (type(value) is str and is_address(value)):
            return value
        found.add(self.path, NO_ADDRESS)
        return GONE


@dataclass(frozen=True, slots=True)
class _Text:
    """Anything else: neither its texts nor its keys hold what `signs` tells."""

    path: str
    kind: str
    words: Words

    def look(self, value: Json, found: PayloadFindings) -> Any:
        if type(value) is str:
            return self._read(value, found)
        if type(value) is not dict and type(value) is not list:
            return value
        reasons = [reason for text in _texts(value) for reason in signs(text, self.kind, self.words)]
        for reason in reasons:
            found.add(self.path, reason)
        return GONE if reasons else value

    def _read(self, text: str, found: PayloadFindings) -> Any:
        reasons = list(signs(text, self.kind, self.words))
        if not reasons:
            return text
        cleaned = self._cleaned(text)
        for reason in reasons:
            found.add(self.path, reason, cleaned is not None)
        return GONE if cleaned is None else cleaned

    def _cleaned(self, text: str) -> str | None:
        """A web address less the parameters that must not leave, if the rest may."""
        if self.kind != "url" and not is_link(text):
            return None
        context = context_of(text)
        link = self.words.pages.less_path(text, context)
        cleaned = less_parameters(link, lambda part: any(signs(part, "url", self.words, context)))
        return None if not cleaned or any(signs(cleaned, self.kind, self.words)) else cleaned


def _texts(value: Json) -> Iterable[str]:
    """Level by level, not one inside the other: a value may be nested deeper than calls can be."""
    waiting: list[Json] = [value]
    while waiting:
        one = waiting.pop()
        if type(one) is str:
            yield one
        elif type(one) is list:
            waiting += one
        elif type(one) is dict:
            waiting += one
            waiting += one.values()


@dataclass(frozen=True, slots=True)
class _Allowed:
    """A place whose values a rule lets through as they are."""

    path: str

    def look(self, value: Json, found: PayloadFindings) -> Any:
        return value


def is_address(value: str) -> bool:
    """Whether a text is an IP address; after a zone's `%` anything may follow."""
    parts = value.split(".")
    if len(parts) == 4:
        return _OCTETS.issuperset(parts)
    try:
        ip_address(value)
    except ValueError:
        return False
    return "%" not in value
