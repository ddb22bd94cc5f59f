"""A target's JSON Schema -> what the guard needs of it, as plain values that can be kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, TypeAlias

# A kind, a path, and what is below it: of a list its element; of an object its fields, whether it takes no
# others, those it must have, groups of which it must have one, and what fields make no sense without; of a
# text its kind; of a text that is plain `by` a field beside it that field, the constants with which it is,
# and the node that it is then. Only dicts, tuples, texts and booleans.
GuardNode: TypeAlias = tuple[Any, ...]
# The root; what `x-guard` says; digests of placeholders; paths, each with those that must be valid for it.
Tables: TypeAlias = tuple[GuardNode, dict[str, Any], tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]
_NUMBERS = frozenset({"integer", "number", "boolean", "null"})


def read_tables(schema: Mapping[str, Any], allowed: Iterable[str] = (), profile: str | None = None) -> Tables:
    """The guard's tables of a target's JSON Schema.

    allowed: paths whose rules let personal values through in plaintext; what leaves as a digest only is never
    among them. profile: the one whose fields may be sent too, and whose rules count.
    """
    more = {} if profile is None else schema.get("x-profiles", {}).get(profile, {}).get("schema", {})
    facts = schema.get("x-guard", {})
    of_nothing = (
        sha256(spelling.encode()).hexdigest()
        for word in facts.get("no_digest_of", ())
        for spelling in (word, word.lower(), word.upper(), word.capitalize())
    )
    reader = _Reader(schema, frozenset(allowed))
    root = reader.node(_with(schema, more), "")
    return root, dict(facts), tuple(dict.fromkeys(of_nothing)), tuple(reader.needs_valid.items())


class _Reader:
    """A reader of one schema."""

    def __init__(self, schema: Mapping[str, Any], allowed: frozenset[str]) -> None:
        facts = schema.get("x-guard", {})
        self.schema, self.allowed = schema, allowed
        self.ids, self.urls = frozenset(facts.get("ids", ())), frozenset(facts.get("urls", ()))
        self.needs_valid: dict[str, tuple[str, ...]] = {}

    def node(
        self, part: Any, path: str, hashed: bool = False, free: bool = False, opened: tuple[str, ...] = ()
    ) -> GuardNode:
        """hashed: what is around it leaves as a digest only; free: a rule allows it as it is."""
        while isinstance(part, dict) and "$ref" in part and part["$ref"] not in opened:
            opened = (*opened, part["$ref"])
            beside = {key: held for key, held in part.items() if key != "$ref"}
            part = _with(beside, self._referred(part["$ref"]))
        part = part if isinstance(part, dict) and "$ref" not in part else {}
        hashed = (hashed or bool(part.get("x-personal"))) and not part.get("x-plain")
        free = free or path in self.allowed
        if needed := part.get("x-needs-valid"):
            self.needs_valid[path] = tuple(needed)
        if "items" in part:
            return "list", path, self.node(part["items"], f"{path}[]", hashed, free, opened)
        if "properties" in part:
            return self._object(part, path, hashed, free, opened)
        if hashed:
            return "digest", path
        if isinstance(plain := part.get("x-plain"), dict):
            beside, constants = (*plain.items(), ("", ()))[0]
            return "by", path, beside, tuple(constants), self._leaf(part, path)
        if free:
            return "allowed", path
        return self._leaf(part, path)

    def _leaf(self, part: dict[str, Any], path: str) -> GuardNode:
        if "ip_address" in part.get("x-normal-form", ()):
            return "address", path
        kinds = part.get("type")
        if kinds and _NUMBERS.issuperset([kinds] if isinstance(kinds, str) else kinds):
            return "number", path
        kind = "id" if path in self.ids else "url" if path in self.urls else "free"
        return "text", path, kind

    def _object(
        self, part: dict[str, Any], path: str, hashed: bool, free: bool, opened: tuple[str, ...]
    ) -> GuardNode:
        """The node of an object. Where it holds digests, any other key needs an allowance of its own."""
        below = f"{path}." if path else ""
        properties = part["properties"]
        fields: dict[str, GuardNode] = {
            key: self.node(one, below + key, hashed, free, opened) for key, one in properties.items()
        }
        closed = part.get("additionalProperties") is False or part.get("unevaluatedProperties") is False
        if not closed:
            own = {name.removeprefix(below): name for name in self.allowed if name.startswith(below)}
            fields = {key: ("allowed", name) for key, name in own.items()} | fields
        strict = closed or any(map(_leaves_as_digest, fields.values()))
        groups = tuple(_groups(part))
        needs = {
            key: tuple(one["x-needs"])
            for key, one in properties.items()
            if isinstance(one, dict) and one.get("x-needs")
        }
        return "object", path, fields, strict, tuple(_required(part)), groups, needs

    def _referred(self, reference: str) -> dict[str, Any]:
        """The schema that a `$ref` within the schema leads to; nothing is known of any other."""
        found: Any = self.schema
        for name in reference.removeprefix("#").split("/")[1:]:
            name = name.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}


def _required(part: Mapping[str, Any]) -> Iterator[str]:
    """The fields an object must have."""
    yield from part.get("required", ())
    for more in part.get("allOf", ()):
        if isinstance(more, dict):
            yield from _required(more)


def _groups(part: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], ...]]:
    """Groups of fields: of each tuple of them an object must have one in full."""
    branches = part.get("anyOf", ())
    groups = tuple(tuple(one.get("required", ())) if isinstance(one, dict) else () for one in branches)
    if groups and all(groups):
        yield groups
    for more in part.get("allOf", ()):
        if isinstance(more, dict):
            yield from _groups(more)


def _with(part: Any, more: Any) -> dict[str, Any]:
    """A part of a schema with what another one says too."""
    part, more = (one if isinstance(one, Mapping) else {} for one in (part, more))
    known = part.get("properties", {})
    fields = {name: _with(known.get(name, {}), one) for name, one in more.get("properties", {}).items()}
    both = {**more, **part, "properties": {**known, **fields}} if fields else {**more, **part}
    if "required" in part and "required" in more:
        both["required"] = [*part["required"], *more["required"]]
    return both


def _leaves_as_digest(node: GuardNode) -> bool:
    kind: str = (node[2] if node[0] == "list" else node)[0]
    return kind in ("digest", "by")
