"""Attributes whose names are one letter from a name that their field is known to be read from.

Where no source schema names all attributes, nothing says which there are: a misspelt one is absent in every
event.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from mapper.compiler.checks.check_registry import ANY, CheckCase, Relation, check, overlapping
from mapper.compiler.checks.mistaken_attributes import PlainRead, plain_reads
from mapper.compiler.inference.personal_origins import PERSONAL_NAMES
from mapper.compiler.jmespath.origin import Path
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.memo import once
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.schema.target import Target
from mapper.compiler.syntax.syntax_facts import MeantName
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.values.types import Json, Type

# Of shorter names, too many are one letter from another.
_FEWEST_LETTERS = 5
# What languages write for one another in words that they share.
_ALIKE = ({"c", "k"}, {"s", "z"}, {"el", "le"})


@check("M458", yields_to=(Relation(ANY, overlapping),))
def misspelt_attributes(case: CheckCase) -> Iterator[Diagnostic]:
    """Names with two letters swapped, or one wrong, missing or too many."""
    if case.evidence is not None:
        return
    known = _known_names(case.target) | _names_in(case.plan.scope.at)
    for one in plain_reads(case):
        name = one.path[-1] if one.path else ""
        if _plain(name) in known or _is_in_tests(one.path, case):
            continue
        meant = next((made for other in one.field.attributes if (made := corrected(name, other))), None)
        if meant is not None:
            yield _misspelt(one, meant)


def _misspelt(one: PlainRead, meant: str) -> Diagnostic:
    last = Span(one.span.text, one.span.end - len(one.path[-1]), one.span.end)
    is_plain = last.text.content[last.start : last.end] == one.path[-1]
    message = f"`{one.field.path}` is read from {coded(one.written)}, which looks like a misspelt `{meant}`"
    fact = MeantName(last, meant) if is_plain else None
    return Diagnostic("M458", one.span, message, f"write `{meant}`", path=one.field.path, facts=fact)


def corrected(name: str, known: str) -> str | None:
    """A name without the one mistake that makes it another than a known name; None where it is not that.

    A letter at either end is no mistake, nor at the end of a word in it: it makes a plural, a word of another
    language, or a prefix. Nor is what languages spell differently: `produkt`, `titel`, `organisation`.
    """
    written, meant = _plain(name), letters_of(known)
    if len(written) < sum(map(str.isalnum, name)):
        return None
    if min(len(written), len(meant)) < _FEWEST_LETTERS or abs(len(written) - len(meant)) > 1:
        return None
    start = next(
        (at for at, (a, b) in enumerate(zip(written, meant, strict=False)) if a != b),
        min(len(written), len(meant)),
    )
    end = 0
    while end < min(len(written), len(meant)) - start and written[-1 - end] == meant[-1 - end]:
        end += 1
    wrong, right = written[start : len(written) - end], meant[start : len(meant) - end]
    is_swap = len(wrong) == len(right) == 2 and wrong == right[::-1]
    is_letter = max(len(wrong), len(right)) == 1 and start > 0 and end > 0
    if not (is_swap or is_letter) or not (wrong + right).isalpha():
        return None
    if {wrong, right} in _ALIKE or (not right and _ends_word(name, start)):
        return None
    return _with_letters(name, start, len(wrong), right)


def _ends_word(name: str, at: int) -> bool:
    """Whether the letter of this number is the last one of a word, as in `users_id` and `usersId`."""
    place = _places(name)[at]
    after = name[place + 1 : place + 2]
    return not after.isalnum() or (name[place].islower() and after.isupper())


def _with_letters(name: str, start: int, length: int, right: str) -> str:
    """A name with others in place of some of its letters; what is between its words does not count."""
    places = _places(name)
    first = places[start]
    last = places[start + length - 1] + 1 if length else first
    old = name[first:last]
    made = (
        "".join(b.upper() if a.isupper() else b for a, b in zip(old, right, strict=False)) if old else right
    )
    return name[:first] + made + name[last:]


def _places(name: str) -> list[int]:
    """The places of the letters and digits of a name."""
    return [at for at, letter in enumerate(name) if letter.isalnum()]


def _plain(name: str) -> str:
    """The letters of a name without their accents, for names in languages that have them."""
    if name.isascii():
        return letters_of(name)
    return letters_of("".join(one for one in unicodedata.normalize("NFD", name) if one.isascii()))


@once
def _known_names(target: Target) -> frozenset[str]:
    fields = [*target.root.walk()]
    names = [name for one in fields for name in (one.path.rpartition(".")[2], *one.attributes)]
    return frozenset(map(letters_of, names)) | PERSONAL_NAMES


@once
def _names_in(events: Type) -> frozenset[str]:
    """The names that a source schema has, wherever they are."""
    names: set[str] = set()
    seen: set[int] = set()
    waiting: list[Type | None] = [events]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        names.update(letters_of(name) for name, _ in one.fields or ())
        waiting += [one.items, one.others, *(part for _, part in one.fields or ())]
    return frozenset(names)


def _is_in_tests(path: Path, case: CheckCase) -> bool:
    """Whether an event under `tests` has a value at a path."""
    return any(_has(test.given, path) for test in case.mapping.tests)


def _has(value: Json, path: Path) -> bool:
    if isinstance(value, list):
        return any(_has(one, path) for one in value)
    if not path:
        return value is not None
    return isinstance(value, dict) and _has(value.get(path[0]), path[1:])
