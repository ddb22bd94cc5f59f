"""Origin: where a value comes from, and what has been made of the value that is there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from mapper.compiler.jmespath.unit_turns import UnitTurn
from mapper.transforms.key_patterns import ANY, is_open, plain_texts
from mapper.transforms.meaning import ALL, ALL_OF_A_TEXT, Meaning

Path = tuple[str, ...]
# An attribute whose name joins more names than these is not told from the others.
_MOST_JOINED = 5
ALL_KEPT = frozenset(ALL)
_BY_NAME: frozenset[Meaning] = frozenset(ALL_OF_A_TEXT) - {"person"}


class Origin(NamedTuple):
    """The place that a value, or something in it, comes from.

    path: the names that lead to it from a root on; the elements of a list have the list's own path, and a
    name may be a pattern: `*` is each value of an object. keys: the names that lead to it in an object that
    a mapping makes of it, outermost first. spread: it is made of all that there is at the path. decoded: it
    is made of a text, in which it is not known what its attributes are made of. is_part: it is an attribute
    of such, and may be made of all of it. joined: what is between the names of an object
    that leads to each value in it by one name; "" for another value. kept: what is left of what is there.
    turns: how its unit is changed on the way, innermost first.
    """

    path: Path = ()
    keys: Path = ()
    spread: bool = False
    decoded: bool = False
    is_part: bool = False
    joined: str = ""
    kept: frozenset[Meaning] = ALL_KEPT
    turns: tuple[UnitTurn, ...] = ()

    def keeping(self, meanings: Collection[Meaning]) -> Origin:
        """The same, of which no more than this is left."""
        kept = self.kept.intersection(meanings)
        return self if kept == self.kept else self._replace(kept=kept)

    def below(self, name: str) -> tuple[Origin, ...]:
        """The origins at a name, or at those that a pattern describes."""
        if self.is_part:
            return (self,)
        if self.decoded:
            known = self._replace(decoded=False)
            return (*known.below(name), known._replace(is_part=True))
        if self.joined:
            return _below_joined(self, name)
        if not self.keys:
            is_wide = not name or (is_open(name) and not any(plain_texts(name)))
            # Its own name says what it is, whatever has been made of the object around it.
            return (Origin((*self.path, name), spread=is_wide, kept=self.kept | _BY_NAME),)
        if is_open(name) or name == self.keys[0]:
            return (Origin(self.path, self.keys[1:], self.spread, kept=self.kept, turns=self.turns),)
        return ()

    def at(self, names: Path) -> tuple[Origin, ...]:
        """The origins at some names, one below the other."""
        found: tuple[Origin, ...] = (self,)
        for name in names:
            found = tuple([inner for one in found for inner in one.below(name)])
        return found

    def then(self, further: Origin) -> tuple[Origin, ...]:
        """The origins of what comes from here, as a value whose root this is comes from `further`."""
        return tuple(
            [
                Origin(
                    one.path,
                    (*further.keys, *one.keys),
                    one.spread or further.spread,
                    one.decoded or further.decoded,
                    one.is_part or further.is_part,
                    one.joined or further.joined,
                    kept=one.kept & further.kept,
                    turns=(*one.turns, *further.turns),
                )
                for one in self.at(further.path)
            ]
        )


# The paths of what starts from the event.
WHOLE_EVENT: tuple[Origin, ...] = (Origin(),)


def _below_joined(one: Origin, name: str) -> tuple[Origin, ...]:
    plain, words = one._replace(joined=""), name.split(one.joined)
    if is_open(name) or len(words) > _MOST_JOINED:
        return (plain._replace(spread=True),)
    plain = plain._replace(spread=False)
    ways = [plain.at(names) for names in _taken_apart(words, one.joined)]
    return tuple(dict.fromkeys([inner for way in ways for inner in way]))


def _taken_apart(words: list[str], joined: str) -> Iterator[Path]:
    """The names that a joined one can be made of."""
    for place in range(1, len(words) + 1):
        first = joined.join(words[:place])
        if place == len(words):
            yield (first,)
        else:
            yield from ((first, *rest) for rest in _taken_apart(words[place:], joined))


def every_value(one: Origin) -> tuple[Origin, ...]:
    """The origins of all values that an object holds."""
    return one.below(ANY)
