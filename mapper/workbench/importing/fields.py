"""The target's fields under the names that the other tool has for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mapper.authoring import Json

# Parts of a mapping that say how it is sent, not what.
_SETTINGS = ("enable_batching", "batch_size", "batch_keys")
_INTERNAL = "__segment_internal"


@dataclass(frozen=True, slots=True)
class KnownField:
    """A field of Segment's. path: the target's. differs: for which values Segment sends something else."""

    path: str
    differs: str = ""


@dataclass(frozen=True, slots=True)
class KnownChoice:
    """A rule that the author decides once.

    steps: those of Segment. const: a constant that is not copied. unchanged: what the value without the steps
    is good for, where the steps are what an import writes.
    """

    why: str
    steps: tuple[Json, ...] = ()
    const: Json = None
    unchanged: str = ""


@dataclass(frozen=True, slots=True)
class KnownFields:
    """The fields of a target that are known: Segment's fields by their path, choices by the target's path.

    required: fields that the target requires, less what a section itself says. notes: what differs always.
    """

    known: Mapping[str, KnownField]
    choices: Mapping[str, KnownChoice]
    notes: tuple[str, ...]
    required: tuple[str, ...]
    name: str
    lists: frozenset[str] = field(default_factory=frozenset)

    def within(self, path: str) -> tuple[str, ...]:
        """The names of Segment's fields inside the one at a path."""
        start = f"{path}." if path else ""
        inner = (one.removeprefix(start) for one in self.known if one.startswith(start))
        return tuple(dict.fromkeys(one.partition(".")[0].partition("[]")[0] for one in inner))

    def of_list(self, path: str) -> KnownField:
        """The target's list of objects for one of Segment's."""
        first = next(one.path for name, one in self.known.items() if name.startswith(f"{path}[]."))
        return KnownField(first.rpartition("[]")[0])

    def is_object(self, path: str) -> bool:
        """Whether one of Segment's fields has fields of its own."""
        return path not in self.known and bool(self.within(path))


def read_fields_of(schema: Mapping[str, Any], tool: str) -> KnownFields | None:
    """The schema's facts of another tool's fields; None where it says nothing."""
    stated = schema.get("x-import", {}).get(tool)
    if not isinstance(stated, dict):
        return None
    known = {
        name: KnownField(one) if isinstance(one, str) else KnownField(one["field"], one["differs"])
        for name, one in stated["fields"].items()
    }
    choices = {
        path: KnownChoice(one["why"], tuple(one.get("steps", ())), one.get("const"), one.get("unchanged", ""))
        for path, one in stated.get("choices", {}).items()
    }
    name = schema.get("x-event-names", {}).get("field", "")
    paths = {one.path for one in known.values()}
    required = tuple(one for one in schema.get("required", ()) if one != name and one in paths)
    lists = frozenset(one.partition("[]")[0] for one in known if "[]" in one)
    return KnownFields(known, choices, tuple(stated.get("notes", ())), required, name, lists)


def is_setting(name: str) -> bool:
    """Whether a name in Segment's mapping is a setting of how it is sent, not a field."""
    return name in _SETTINGS or name.startswith(_INTERNAL)
