"""The bytes of a schema file -> the schema; and all that is wrong with one, each at its place in the file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mapper.compiler.schema.authority import claims
from mapper.compiler.schema.json_schema import SchemaError
from mapper.project.folders import is_own_file, shown
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span, Text, digest_of
from mapper.values.frozen import dataclass
from mapper.values.types import JsonPath, kind_of

# The package's own files are not checked: what checks one is imported where a file of a project is read.
if TYPE_CHECKING:
    from mapper.compiler.schema.schema_look import SchemaMistake
    from mapper.compiler.schema.schema_words import SchemaRole

# A longer file is refused by what reads YAML; so much of it is enough to see that.
LARGEST_SCHEMA = 2**22
# So many keys are named of a schema that claims what it may not.
_MOST_CLAIMS = 20
_BYTE_ORDER_MARK = "\ufeff"
_UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ReadSchema:
    """A schema as it was read. digest: of its bytes. is_own: tests hold that it is right.

    has_twice: an object in it has a key twice. kept: all that is wrong with it in a role, and that for which
    it cannot be read at all.
    """

    schema: dict[str, Any]
    digest: bytes = b""
    is_own: bool = False
    has_twice: bool = False
    kept: dict[str, tuple[SchemaMistake, ...]] = field(default_factory=dict, compare=False)

    def sound(self, text: Text | Path) -> dict[str, Any]:
        """The schema. Raises SchemaError where words of it have a shape in which they cannot be read."""
        if self.is_own:
            return self.schema
        if _UNREADABLE not in self.kept:
            from mapper.compiler.schema.word_mistakes import word_mistakes

            self._keep_unreadable(word_mistakes(self.schema, "source"))
        if self.kept[_UNREADABLE]:
            raise _error(_placed(_text_of(text), self.kept[_UNREADABLE]))
        return self.schema

    def mistakes(self, text: Text | Path, role: SchemaRole) -> tuple[Diagnostic, ...]:
        """All that is wrong with the schema in a role, in the order of the file."""
        if role not in self.kept:
            self.kept[role] = self._found(role)
        if not self.kept[role] and not self.has_twice:
            return ()
        text = _text_of(text)
        return (*(_twice(text) if self.has_twice else ()), *_placed(text, self.kept[role]))

    def _found(self, role: SchemaRole) -> tuple[SchemaMistake, ...]:
        from mapper.compiler.plan.form_types import form_mistakes
        from mapper.compiler.schema.schema_mistakes import sense_mistakes
        from mapper.compiler.schema.word_mistakes import sound_schema, word_mistakes

        words = word_mistakes(self.schema, role)
        self._keep_unreadable(words)
        sound = sound_schema(self.schema, words)
        return (*words, *sense_mistakes(sound, role), *(form_mistakes(sound) if role == "target" else ()))

    def _keep_unreadable(self, words: tuple[SchemaMistake, ...]) -> None:
        self.kept.setdefault(_UNREADABLE, tuple(one for one in words if one.code == "M326"))


@lru_cache(maxsize=64)
def read_schema_file(path: Path, modified: int) -> ReadSchema:
    """A schema file. Raises SchemaError where it is not one of an object in JSON.

    `modified` keeps a changed one from being taken for the old one.
    """
    if not path.is_file():
        raise SchemaError(f"{path.name} is not a regular file")
    if path.stat().st_size > LARGEST_SCHEMA:
        raise SchemaError(f"{path.name} is larger than {LARGEST_SCHEMA // 2**20} MiB")
    content = path.read_bytes()
    is_own = is_own_file(path)
    schema = _parsed(content, path)
    return ReadSchema(schema, digest_of(content), is_own, not is_own and _has_key_twice(content))


@lru_cache(maxsize=64)
def given_schema(name: str, content: str) -> ReadSchema:
    """A schema that is given as a text. Raises SchemaError where it is not one of an object in JSON."""
    return parsed_schema(Text(f"{name}.json", content))


def parsed_schema(text: Text) -> ReadSchema:
    """A schema of a text that may not be saved. Raises SchemaError where it is not an object in JSON."""
    content = text.content.removeprefix(_BYTE_ORDER_MARK)
    return ReadSchema(_parsed(content, text), has_twice=_has_key_twice(content))


def _has_key_twice(content: str | bytes) -> bool:
    from mapper.compiler.schema.json_text import has_key_twice

    return has_key_twice(content)


def schema_place(text: Text | Path, at: JsonPath) -> Span:
    """The characters of the last of some keys in a schema file, or of an element of a list."""
    from mapper.compiler.schema.json_text import JsonText

    return JsonText(_text_of(text)).key(at)


def claimed(
    own: dict[str, Any], theirs: dict[str, Any], text: Text | Path, whose: str
) -> tuple[Diagnostic, ...]:
    """The diagnostics of what a schema file says that only another one may say, at its place."""
    said = list(islice(claims(own, theirs), _MOST_CLAIMS))
    if not said:
        return ()
    from mapper.compiler.schema.json_text import JsonText

    places = JsonText(_text_of(text))
    hint = "remove it from this file, or write it as it is there"
    return tuple(Diagnostic("M320", places.key(one.at), f"{one.message} {whose}", hint) for one in said)


def _parsed(content: str | bytes, text: Text | Path) -> dict[str, Any]:
    """An object in JSON. Raises SchemaError with the place of what is wrong."""
    try:
        schema = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError):
        from mapper.compiler.schema.json_text import why_not_json

        named = _text_of(text)
        why = why_not_json(named.content)
        if why is None:
            raise _error((Diagnostic("M324", named.span(0, 0), "not UTF-8", "save it as UTF-8"),)) from None
        span = named.span(why.at, min(why.at + 1, len(named.content)))
        message = f"not JSON: {why.message}"
        raise _error((Diagnostic("M324", span, message, why.hint or None),)) from None
    if not isinstance(schema, dict):
        place = schema_place(text, ())
        raise _error((Diagnostic("M326", place, f"a schema must be an object, not {kind_of(schema)}"),))
    return schema


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _error(found: tuple[Diagnostic, ...]) -> SchemaError:
    return SchemaError(f"{found[0].span.place}: {found[0].message}", found)


def _text_of(text: Text | Path) -> Text:
    """The text of a file, in whichever encoding JSON may have."""
    if isinstance(text, Text):
        return text
    content = text.read_bytes()
    return Text(shown(text), content.decode(json.detect_encoding(content), "replace"))


def _twice(text: Text) -> Iterator[Diagnostic]:
    from mapper.compiler.schema.json_text import JsonText

    for at, span in JsonText(text).twice:
        yield Diagnostic("M324", span, f"the key `{at[-1]}` is there twice", "remove one of them")


def _placed(text: Text, mistakes: Iterable[SchemaMistake]) -> tuple[Diagnostic, ...]:
    """Mistakes as diagnostics of a text."""
    from mapper.compiler.schema.json_text import JsonText
    from mapper.compiler.schema.schema_facts import MeantJson

    places, found = JsonText(text), []
    for one in mistakes:
        is_key = one.part == "key"
        span = places.key(one.at) if is_key else places.value(one.at)
        replaced = span if is_key or one.instead is None else places.whole(one.at)
        fact = None if one.instead is None or replaced is None else MeantJson(replaced, one.instead)
        found.append(Diagnostic(one.code, span, one.message, one.hint or None, facts=fact))
    return tuple(found)
