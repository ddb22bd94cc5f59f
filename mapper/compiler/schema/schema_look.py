"""Looking: one look at a schema in a role, and the mistakes that are found in it, each by its keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Literal

from mapper.compiler.schema.json_schema import Schema
from mapper.compiler.schema.schema_fields import placed_fields
from mapper.compiler.schema.schema_words import SchemaRole
from mapper.texts.diagnostic import closest
from mapper.values.frozen import dataclass
from mapper.values.types import Json, JsonPath

_MOST_SHOWN = 8


@dataclass(frozen=True, slots=True)
class SchemaMistake:
    """A mistake in a schema. at: the keys that lead to it.

    part: whether the last of these is wrong, or its value. instead: the text, in JSON, that is meant in its
    place.
    """

    at: JsonPath
    code: str
    message: str
    hint: str = ""
    instead: str | None = None
    part: Literal["key", "value"] = "value"


@dataclass(slots=True)
class Looking:
    """A look at one schema. found: in the order of the walk. unread: by keyword, each of its places."""

    schema: Schema
    role: SchemaRole
    found: list[SchemaMistake] = field(default_factory=list)
    unread: dict[str, list[SchemaMistake]] = field(default_factory=dict)
    _fields: dict[str, Schema] = field(default_factory=dict)

    @property
    def is_target(self) -> bool:
        """Whether payloads are made by it, rather than events read."""
        return self.role == "target"

    @property
    def fields(self) -> Mapping[str, Schema]:
        """The fields of the payload by their paths. They are not kept: an editor has many versions."""
        if not self._fields:
            self._fields.update((one.path, one.part) for one in placed_fields(self.schema))
        return self._fields

    def say(self, at: JsonPath, code: str, message: str, hint: str = "", instead: Json = None) -> None:
        """Add a value that is wrong. instead: the value that is meant."""
        text = None if instead is None else json.dumps(instead, ensure_ascii=False)
        self.found.append(SchemaMistake(at, code, message, hint, text))

    def say_key(
        self, at: JsonPath, code: str, message: str, hint: str = "", instead: str | None = None
    ) -> None:
        """Add a key that is wrong. instead: the key that is meant."""
        text = None if instead is None else json.dumps(instead)
        self.found.append(SchemaMistake(at, code, message, hint, text, "key"))

    def say_near(
        self, at: JsonPath, word: str, message: str, known: Iterable[str], code: str = "M327"
    ) -> None:
        """Add a word that leads to nothing, with the known one that is near, or those that there are.

        The word is the value at these keys, or the last of them.
        """
        known = list(known)
        near = closest(word, known)
        shown = ", ".join(f"`{one}`" for one in known[:_MOST_SHOWN])
        more = ", ..." if len(known) > _MOST_SHOWN else ""
        hint = f"did you mean `{near}`?" if near else f"there are {shown}{more}" if known else ""
        say = self.say_key if at[-1] == word else self.say
        say(at, code, message, hint, near)

    def say_unread(self, keyword: str, said: SchemaMistake) -> None:
        """Add a keyword that is not read; in a source once for all its places."""
        if self.is_target:
            self.found.append(said)
        else:
            self.unread.setdefault(keyword, []).append(said)
