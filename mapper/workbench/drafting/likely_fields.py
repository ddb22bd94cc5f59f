"""Names of attributes -> the fields they are likely for, as a target's schema and known sources say.

All words are data: `x-attributes` and `x-also` of a field, `x-not-attributes`, and `x-draft` of the target.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

from mapper.authoring import Table
from mapper.values.payload_time import PayloadTime
from mapper.workbench.drafting.event_words import EventWords, read_event_words

_Key = Callable[[str], str]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+|[0-9]+")
_PLAIN_PATH = re.compile(r"[$@]?[A-Za-z_][\w.-]*")
# A lower score is none: such a name may mean anything.
FEWEST = 0.7
_BOTH_NAMES, _ONE_NAME, _LEARNED, _ENDING, _TWO_ENDINGS = 1.0, 0.95, 0.93, 0.8, 0.9
# These are too low by themselves; what is beside the attribute may speak for it.
_GENERIC, _GENERIC_ENDING = 0.65, 0.6
_PER_RANK = 0.003
# Fewer letters before the head of a compound word are no word.
_SHORTEST_PART = 3


@dataclass(frozen=True, slots=True)
class Fillable:
    """A field of the target that a draft can fill. names: of attributes, with their places in the list."""

    path: str
    names: Mapping[str, int]
    refused: frozenset[str]
    personal: bool
    required: bool
    shape: str
    in_list: bool


@dataclass(frozen=True, slots=True)
class Spelling:
    """The spelling of names.

    short: abbreviations. heads: last parts of compound words, longest first. whole: words that are never
    taken apart.
    """

    short: Mapping[str, str]
    heads: tuple[str, ...]
    whole: frozenset[str]

    def words(self, name: str) -> tuple[str, ...]:
        """The words of a name: small, without accents, written out, and compound words in their parts."""
        return tuple(self.short.get(part, part) for word in words_of(name) for part in self._parts(word))

    def _parts(self, word: str) -> tuple[str, ...]:
        if word in self.whole:
            return (word,)
        heads = (one for one in self.heads if word.endswith(one) and len(word) - len(one) >= _SHORTEST_PART)
        head = next(heads, "")
        return (word[: -len(head)], head) if head else (word,)


@dataclass(frozen=True, slots=True)
class SkipWords:
    """Words of attributes that mark events that are not to be sent.

    because: the reason. stems: of the words. negated: such an attribute marks by a no, as `livemode`. undone:
    also names of events say it.
    """

    because: str
    stems: frozenset[str]
    negated: bool
    undone: bool


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words by which names are understood.

    words: by what they are for. learned: names of known sources, two joined, and their
    fields. event_names: what sources call the events of the target. roles: the paths of certain fields.
    company: the fields beside one of which a name that may mean anything means a field.
    """

    fields: tuple[Fillable, ...]
    words: Mapping[str, frozenset[str]]
    spelling: Spelling
    learned: Mapping[str, str]
    event_names: Mapping[str, str]
    event_words: EventWords
    skips: tuple[SkipWords, ...]
    roles: Mapping[str, str]
    company: Mapping[str, Sequence[str]]

    def role(self, name: str) -> Fillable | None:
        """The field of a role, as `currency`."""
        return self.field(self.roles.get(name, ""))

    def field(self, path: str) -> Fillable | None:
        """The field of a path."""
        return next((one for one in self.fields if one.path == path), None)

    def split(self, name: str) -> tuple[str, ...]:
        """The words of a name: small, without accents, written out, and compound words in their parts."""
        return self.spelling.words(name)

    def without_unit(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """The words of a name less those for a hundredth: `totalCents` is a total."""
        if self.words["minor"].isdisjoint(words[1:]):
            return words
        return tuple(word for word in words if word not in self.words["minor"] and word != "in")

    def score(self, names: Sequence[str], field: Fillable) -> float:
        """The likelihood of an attribute for a field by its names, outermost first: from 0 to 1."""
        parts = [self.split(name) for name in names]
        last, above = self.without_unit(parts[-1]), parts[-2] if len(parts) > 1 else ()
        around = {word for part in parts[:-1] for word in part}
        if not field.refused.isdisjoint({*around, *last}):
            return 0.0
        score, left = self._named(last, above, field)
        if field.personal and not self.words["others"].isdisjoint({*around, *left} - {*last} | {*left}):
            return 0.0
        if field.personal and not self.words["persons"].isdisjoint(around):
            score += 0.02 if score else 0.0
        if not self.words["seconds"].isdisjoint({*around, *last}):
            score -= 0.03 if score else 0.0
        return score

    def _named(
        self, last: tuple[str, ...], above: tuple[str, ...], field: Fillable
    ) -> tuple[float, tuple[str, ...]]:
        """The score of a name in an object of another one, and the words of it that are beside the point."""
        both, one = "".join((*above, *last)), "".join(last)
        if above and both in field.names:
            return _BOTH_NAMES - _PER_RANK * field.names[both], ()
        if one in field.names:
            generic = one in self.words["generic"] and not field.in_list
            return (_GENERIC if generic else _ONE_NAME) - _PER_RANK * field.names[one], ()
        if above and self.learned.get(both) == field.path:
            return _LEARNED, ()
        for start in range(1, len(last)):
            ending = "".join(last[start:])
            if ending in field.names:
                score = _GENERIC_ENDING if ending in self.words["generic"] else _ENDING
                return score - _PER_RANK * field.names[ending], last[:start]
        for start in range(1, len(above)):
            ending = "".join((*above[start:], *last))
            if ending in field.names and ending != one:
                return _TWO_ENDINGS - _PER_RANK * field.names[ending], above[:start]
        return 0.0, last

    def meant_event(self, name: str) -> str | None:
        """The target's own name for an event that a source calls so."""
        for written in (name, name.replace("2", "_to_")):
            words = self.split(written)
            found = self.event_names.get("".join(words)) or self.event_names.get("".join(words_of(written)))
            if found is not None:
                return found
        return self.event_words.meaning(self.split(name))

    def is_about(self, names: Iterable[str], words: str) -> bool:
        """Whether one of some names has one of the words of a kind, as `consent`."""
        return any(not self.words[words].isdisjoint(_with_pairs(self.split(name))) for name in names)


def _with_pairs(words: Sequence[str]) -> Iterator[str]:
    """Words, and each two that follow one another as one: `opt_in` is an `optin`."""
    yield from words
    yield from map("".join, pairwise(words))


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in any style of writing: small, without accents."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(word.lower() for word in _WORD.findall(plain))


def time_field(target: Mapping[str, Any]) -> str:
    """The field of a target that is the time of an event, "" if its schema names none."""
    return PayloadTime.stated(target.get("x-time")).field


def read_vocabulary(target: Mapping[str, Any], known: Iterable[tuple[Table, ...]]) -> Vocabulary:
    """The vocabulary of a target's schema, and of the tables of mappings for known sources."""
    stated: dict[str, Any] = target.get("x-draft", {})
    mappings = tuple(known)
    lists: defaultdict[str, frozenset[str]] = defaultdict(frozenset)  # a target need not have all of them
    lists |= {name: frozenset(words) for name, words in stated.items() if isinstance(words, list)}
    lists |= {f"{name}_of_pairs": frozenset(words) for name, words in stated.get("envelopes", {}).items()}
    heads = sorted(stated.get("heads", ()), key=lambda one: (-len(one), one))
    whole = frozenset[str]().union(*lists.values())
    spelling = Spelling(stated.get("abbreviations", {}), tuple(heads), whole)

    def key(name: str) -> str:
        return "".join(spelling.words(name))

    shapes = stated.get("shapes", {})
    fields = tuple(
        Fillable(
            path,
            _ranked(key(name) for name in (*schema.get("x-attributes", ()), *schema.get("x-also", ()))),
            frozenset(schema.get("x-not-attributes", ())),
            bool(schema.get("x-personal")),
            required,
            shapes.get(path, ""),
            "[]" in path,
        )
        for path, schema, required in _leaves(target, "")
        if schema.get("x-attributes")
    )
    events = _events(target, (table for tables in mappings for table in tables), key)
    roles, company = stated.get("roles", {}), stated.get("company", {})
    undone = (one["words"] for one in stated.get("skips", {}).values() if one.get("undone"))
    spoken = read_event_words(stated.get("event_words", {}), chain.from_iterable(undone))
    skips = tuple(_skip_words(stated.get("skips", {}), spoken))
    return Vocabulary(fields, lists, spelling, _learned(mappings, key), events, spoken, skips, roles, company)


def _skip_words(stated: Mapping[str, Any], spoken: EventWords) -> Iterator[SkipWords]:
    for one in stated.values():
        stems = frozenset(map(spoken.stem, one["words"]))
        yield SkipWords(one["because"], stems, bool(one.get("negated")), bool(one.get("undone")))


def _ranked(keys: Iterable[str]) -> dict[str, int]:
    return {key: place for place, key in enumerate(dict.fromkeys(keys))}


def _leaves(schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    for name, part in schema.get("properties", {}).items():
        at = f"{path}.{name}" if path else name
        yield at, part, name in schema.get("required", ()) and not path
        yield from _leaves(part, at)
        if "properties" in part.get("items", {}):
            yield from _leaves(part["items"], f"{at}[]")


def _learned(mappings: Iterable[tuple[Table, ...]], key: _Key) -> dict[str, str]:
    """Two names joined, as known sources have them, and the one field that all of them are for."""
    found: dict[str, set[str]] = {}
    for tables in mappings:
        # What each section of a mapping reads, no step changes and no condition asks for.
        pairs = [set(_plain_reads(table)) for table in tables]
        for path, source in set[tuple[str, str]]().union(*pairs[:1]).intersection(*pairs):
            found.setdefault(key("_".join(source.split(".")[-2:])), set()).add(path)
    return {two: next(iter(paths)) for two, paths in found.items() if len(paths) == 1}


def _plain_reads(table: Table) -> Iterator[tuple[str, str]]:
    """The fields of a table that are attributes as they are, each with the attribute."""
    changed: int | None = None
    for row in table.rows:
        if changed is not None and row.depth > changed:
            continue
        changed = None
        if row.source == "case" or any(not step.inserted for step in row.steps):
            changed = row.depth
        elif _PLAIN_PATH.fullmatch(row.source) and "." in row.source and "[]" not in row.path:
            yield row.path, row.source


def _events(target: Mapping[str, Any], tables: Iterable[Table], key: _Key) -> dict[str, str]:
    """The names that sources have for the events of a target, and its own names for them."""
    standard = target.get("x-event-names", {}).get("standard", {})
    found: dict[str, str] = {}
    for table in tables:
        if table.takes.startswith("is "):
            for name in table.takes.removeprefix("is ").split(", "):
                found.setdefault(key(name), table.title)
    for own, stated in standard.items():
        found |= {key(name): own for name in (own, *stated.get("also", ()))}
    return {name: own for name, own in found.items() if own in standard}
