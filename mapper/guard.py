"""payload -> what must never leave. Written by hand; knows nothing of the compiler or of transforms.

It reads the target's schema by itself: `x-personal` without `x-plain` marks what leaves as a digest only, the
form `ip_address` an address; `x-guard` says what no digest may be of, and how personal parameters are named.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, NamedTuple, Protocol, TypeAlias
from urllib.parse import unquote

from mapper.types import Json

_NO_FIELD = "has a key that is no field of the target"
_NO_DIGEST = "is no SHA-256 digest of 64 lower-case hex characters"
_OF_NOTHING = "is the digest of a placeholder"
_NO_ADDRESS = "is no IP address"
_MAIL = "holds an e-mail address"
_PARAMETER = "holds a query parameter named like a personal value"
_NO_OBJECT = "is no object"

# Each bounded, and none can end in two ways: the time is linear in the text's length.
_DIGEST = re.compile(r"[0-9a-f]{64}").fullmatch
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!\Z)|\Z)){4}").fullmatch
# Behind `@` a domain whose last part begins with two letters, which `logo@2.1` has not.
_MAILBOX = re.compile(r"@(?<=[\w.+'\"%!$*^{|}~`-]@)(?:[\w-]{1,63}\.){1,127}[^\W\d_]{2}").search
# A name, and a value behind it that is more than yes or no.
_PAIR = re.compile(
    r"(?:\A|[?&;#])([^=?&;#\s]{1,64})=(?!(?:0|1|true|false|yes|no)?(?:[&;#\s]|\Z))", re.IGNORECASE
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
# What is not seen within an address, and its signs as other scripts write them.
_UNSEEN = (0xAD, *range(0x300, 0x370), *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF)
_READ_AS = {
    **dict.fromkeys(_UNSEEN),
    **dict.fromkeys((0xFF20, 0xFE6B), "@"),
    **dict.fromkeys((0x3002, 0xFF0E, 0xFF61), "."),
}
# A link in a link in a link: what is encoded more often than that, no page reads.
_DECODED_AT_MOST = 3


class Finding(NamedTuple):
    """What must not leave: its path in the payload, `[]` for elements of a list, and why; never the value."""

    path: str
    reason: str


_Found = list[Finding]
# A kind, a path, and what is below it. Only dicts, tuples, texts and booleans, which can be kept on a disk.
_Node: TypeAlias = tuple[Any, ...]
# The root; names of personal parameters; digests of placeholders.
Tables: TypeAlias = tuple[_Node, tuple[str, ...], tuple[str, ...]]


class _Place(Protocol):
    """A place in the payload."""

    path: str

    def look(self, value: Json, found: _Found) -> None:
        """Add what is wrong with its value."""


class Guard:
    """What stands between a payload and the way out, by the target's schema: see `read_tables`."""

    __slots__ = ("_root",)

    def __init__(
        self, schema: Mapping[str, Any], allowed: Iterable[str] = (), profile: str | None = None
    ) -> None:
        self._read(read_tables(schema, allowed, profile))

    @classmethod
    def of(cls, tables: Tables) -> Guard:
        """The guard of tables that were read before."""
        guard = cls.__new__(cls)
        guard._read(tables)
        return guard

    def _read(self, tables: Tables) -> None:
        root, names, of_nothing = tables
        self._root = _place(root, frozenset(names), frozenset(of_nothing))

    def check(self, payload: Json) -> tuple[Finding, ...]:
        """What must not leave of a payload, each once. Never raises, for any JSON value."""
        found: _Found = []
        self._root.look(payload, found)
        return tuple(dict.fromkeys(found)) if found else ()


def read_tables(schema: Mapping[str, Any], allowed: Iterable[str] = (), profile: str | None = None) -> Tables:
    """What the guard needs of a target's JSON Schema, as plain values that can be kept.

    allowed: paths whose rules let personal values through in plaintext; what leaves as a digest only is never
    among them. profile: the one whose fields may be sent too.
    """
    more = {} if profile is None else schema.get("x-profiles", {}).get(profile, {}).get("schema", {})
    facts = schema.get("x-guard", {})
    of_nothing = (
        sha256(spelling.encode()).hexdigest()
        for word in facts.get("no_digest_of", ())
        for spelling in (word, word.lower(), word.upper(), word.capitalize())
    )
    root = _Reader(schema, frozenset(allowed)).node(_with(schema, more), "")
    return root, tuple(facts.get("personal_names", ())), tuple(dict.fromkeys(of_nothing))


class _Object:
    """An object. strict: it takes no other keys than its fields."""

    __slots__ = ("fields", "other", "path", "strict")

    def __init__(self, path: str, fields: dict[str, _Place], strict: bool, other: _Text) -> None:
        self.path, self.fields, self.strict, self.other = path, fields, strict, other

    def look(self, value: Json, found: _Found) -> None:
        if type(value) is not dict:
            if value is not None:
                found.append(Finding(self.path, _NO_OBJECT))
            return
        place_of = self.fields.get
        for key, held in value.items():
            place = place_of(key)
            if place is not None:
                place.look(held, found)
            elif self.strict:
                found.append(Finding(self.path, _NO_FIELD))
            else:
                self.other.look({key: held}, found)


class _List:
    """A list; a value alone is looked at as an element is."""

    __slots__ = ("item", "path")

    def __init__(self, path: str, item: _Place) -> None:
        self.path, self.item = path, item

    def look(self, value: Json, found: _Found) -> None:
        if type(value) is not list:
            self.item.look(value, found)
            return
        for element in value:
            self.item.look(element, found)


class _Digest:
    """What leaves as a digest only."""

    __slots__ = ("of_nothing", "path")

    def __init__(self, path: str, of_nothing: Collection[str]) -> None:
        self.path, self.of_nothing = path, of_nothing

    def look(self, value: Json, found: _Found) -> None:
        if type(value) is str and _DIGEST(value):
            if value in self.of_nothing:
                found.append(Finding(self.path, _OF_NOTHING))
        elif value is not None:
            found.append(Finding(self.path, _NO_DIGEST))


class _Address:
    """An IP address, which is sent as it is; a private one too."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def look(self, value: Json, found: _Found) -> None:
        if value is not None and not (type(value) is str and (_IPV4(value) or _is_address(value))):
            found.append(Finding(self.path, _NO_ADDRESS))


class _Text:
    """Anything else: its texts hold no e-mail address and no personal query parameter, nor do its keys."""

    __slots__ = ("names", "path")

    def __init__(self, path: str, names: Collection[str]) -> None:
        self.path, self.names = path, names

    def look(self, value: Json, found: _Found) -> None:
        if type(value) is str:
            if "@" in value or "=" in value or "%" in value or not value.isascii():
                self.read(value, found)
        elif type(value) is dict or type(value) is list:
            self._look_inside(value, found)

    def _look_inside(self, value: Json, found: _Found) -> None:
        """Level by level, not one inside the other: a value may be nested deeper than calls can be."""
        waiting: list[Json] = [value]
        while waiting:
            one = waiting.pop()
            if type(one) is str:
                self.read(one, found)
            elif type(one) is list:
                waiting += one
            elif type(one) is dict:
                waiting += one
                waiting += one.values()

    def read(self, text: str, found: _Found) -> None:
        """Add what a text holds, also where it is percent-encoded."""
        text = _decoded(text)
        if "@" in text and _MAILBOX(text):
            found.append(Finding(self.path, _MAIL))
        if "=" in text and any(self._is_personal(pair[1]) for pair in _PAIR.finditer(text)):
            found.append(Finding(self.path, _PARAMETER))

    def _is_personal(self, name: str) -> bool:
        """Whether a parameter's name ends in words that are those of a personal value: `user[e-mail]`."""
        ending = ""
        for word in reversed(_WORD.findall(name)):
            ending = word.lower() + ending
            if ending in self.names:
                return True
        return False


class _Allowed:
    """What a rule lets through as it is."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def look(self, value: Json, found: _Found) -> None:
        pass


def _is_address(value: str) -> bool:
    """Whether a text is an IP address; behind a zone's `%` anything may stand."""
    try:
        ip_address(value)
    except ValueError:
        return False
    return "%" not in value


def _decoded(text: str) -> str:
    """A text less its percent-encoding and what is not seen, every `@` and full stop written as one."""
    for _ in range(_DECODED_AT_MOST):
        if "%" not in text:
            break
        text = unquote(text)
    return text if text.isascii() else text.translate(_READ_AS)


class _Reader:
    """A schema -> nodes, read once: (kind, path, and of an object its fields and whether it takes others)."""

    def __init__(self, schema: Mapping[str, Any], allowed: frozenset[str]) -> None:
        self.schema, self.allowed = schema, allowed

    def node(
        self, part: Any, path: str, hashed: bool = False, free: bool = False, opened: tuple[str, ...] = ()
    ) -> _Node:
        """hashed: what stands around it leaves as a digest only; free: a rule allows it as it is."""
        while isinstance(part, dict) and "$ref" in part and part["$ref"] not in opened:
            opened = (*opened, part["$ref"])
            beside = {key: held for key, held in part.items() if key != "$ref"}
            part = _with(beside, self._referred(part["$ref"]))
        part = part if isinstance(part, dict) and "$ref" not in part else {}
        hashed = (hashed or bool(part.get("x-personal"))) and not part.get("x-plain")
        free = free or path in self.allowed
        if "items" in part:
            return "list", path, self.node(part["items"], f"{path}[]", hashed, free, opened)
        if "properties" in part:
            return self._object(part, path, hashed, free, opened)
        if hashed:
            return "digest", path
        if free:
            return "allowed", path
        return "address" if "ip_address" in part.get("x-normal-form", ()) else "text", path

    def _object(
        self, part: dict[str, Any], path: str, hashed: bool, free: bool, opened: tuple[str, ...]
    ) -> _Node:
        """Where digests are, any other key may hold a person's value: it needs an allowance of its own."""
        below = f"{path}." if path else ""
        fields: dict[str, _Node] = {
            key: self.node(one, below + key, hashed, free, opened) for key, one in part["properties"].items()
        }
        closed = part.get("additionalProperties") is False or part.get("unevaluatedProperties") is False
        if not closed:
            own = {name.removeprefix(below): name for name in self.allowed if name.startswith(below)}
            fields = {key: ("allowed", name) for key, name in own.items()} | fields
        return "object", path, fields, closed or any(map(_leaves_as_digest, fields.values()))

    def _referred(self, reference: str) -> dict[str, Any]:
        """What a `$ref` within the schema leads to; nothing is known of any other."""
        found: Any = self.schema
        for name in reference.removeprefix("#").split("/")[1:]:
            name = name.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}


def _with(part: Any, more: Any) -> dict[str, Any]:
    """A part of a schema with what another one says too."""
    part, more = (one if isinstance(one, Mapping) else {} for one in (part, more))
    known = part.get("properties", {})
    fields = {name: _with(known.get(name, {}), one) for name, one in more.get("properties", {}).items()}
    return {**more, **part, "properties": {**known, **fields}} if fields else {**more, **part}


def _leaves_as_digest(node: _Node) -> bool:
    kind: str = (node[2] if node[0] == "list" else node)[0]
    return kind == "digest"


def _place(node: _Node, names: Collection[str], of_nothing: Collection[str]) -> _Place:
    """What looks at a node's values."""
    kind, path, *more = node
    if kind == "list":
        return _List(path, _place(more[0], names, of_nothing))
    if kind == "object":
        fields, strict = more
        places = {key: _place(one, names, of_nothing) for key, one in fields.items()}
        return _Object(path, places, strict, _Text(path, names))
    if kind == "digest":
        return _Digest(path, of_nothing)
    return (
        _Allowed(path) if kind == "allowed" else _Address(path) if kind == "address" else _Text(path, names)
    )
