"""The words of an event's name -> the event of the target that they say, by verbs and their objects.

Verbs are compared by their stems, so `purchased`, `purchase` and `purchases` are one. All words are data:
`x-draft.event_words` of the target.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SHORTEST_STEM = 4
# After a verb that comes first, as in `view_item`, a longer name is about something else.
_MOST_AFTER_FIRST = 3

_Stems = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventMeaning:
    """An event of the target.

    verbs: stems, one or more words each. objects: one of which must be beside the verb, if there are any;
    apart: none of which may be.
    """

    means: str
    verbs: frozenset[_Stems]
    objects: frozenset[str]
    apart: frozenset[str]


@dataclass(frozen=True, slots=True)
class EventWords:
    """The meanings, in their order.

    blocked: words with which a name says none of them. undone: stems of words for what is taken back, as
    `refunded`. plain: the verbs as they are listed.
    """

    meanings: tuple[EventMeaning, ...]
    blocked: frozenset[str]
    undone: frozenset[str]
    plain: frozenset[str]
    endings: tuple[str, ...]

    def stem(self, word: str) -> str:
        """A word less an ending of its language."""
        for ending in self.endings:
            if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
                return word[: -len(ending)]
        return word

    def says_undone(self, words: Iterable[str]) -> bool:
        """Whether a name or a state says that something is taken back."""
        return not self.undone.isdisjoint(map(self.stem, words))

    def meaning(self, words: Sequence[str]) -> str | None:
        """The event that the words of a name say; None if they say none."""
        stems = tuple(map(self.stem, words))
        if not stems or not self.blocked.isdisjoint(stems) or not self.undone.isdisjoint(stems):
            return None
        for start, end in self._verbs(words, stems):
            around = {*stems[:start], *stems[end:]}
            found = self._meant(stems[start:end], around)
            if found is not None:
                return found
        return None

    def _verbs(self, words: Sequence[str], stems: _Stems) -> Iterator[tuple[int, int]]:
        """The place of a name's verb: at its end, or at its beginning where the last word may be a noun.

        If it is at neither, the first verb in the name.
        """
        verbs = {verb for one in self.meanings for verb in one.verbs}
        sizes = range(1, max(map(len, verbs), default=0) + 1)
        places = [
            (at, at + size) for at in range(len(stems)) for size in sizes if stems[at : at + size] in verbs
        ]
        last = [one for one in places if one[1] == len(stems)]
        first = [one for one in places if one[0] == 0 and len(stems) - one[1] <= _MOST_AFTER_FIRST]
        is_inflected = bool(last) and words[last[0][0]] not in self.plain
        return iter((last if is_inflected else first or last or places)[:1])

    def _meant(self, verb: _Stems, around: set[str]) -> str | None:
        for one in self.meanings:
            has_object = not one.objects or not one.objects.isdisjoint(around)
            if verb in one.verbs and has_object and one.apart.isdisjoint(around):
                return one.means
        return None


def read_event_words(stated: Mapping[str, Any], undone: Iterable[str]) -> EventWords:
    """The words that a target states."""
    endings = tuple(sorted(stated.get("endings", ()), key=lambda one: (-len(one), one)))
    bare = EventWords((), frozenset(), frozenset(), frozenset(), endings)

    def stems(words: Iterable[str]) -> frozenset[str]:
        return frozenset(map(bare.stem, words))

    groups: Mapping[str, Sequence[str]] = stated.get("verbs", {})
    meanings = tuple(
        EventMeaning(
            one["means"],
            frozenset(
                tuple(map(bare.stem, verb.split())) for group in one["verbs"] for verb in groups[group]
            ),
            stems(one.get("objects", ())),
            stems(one.get("apart", ())),
        )
        for one in stated.get("meanings", ())
    )
    listed = frozenset(verb for group in groups.values() for verb in group)
    return EventWords(meanings, stems(stated.get("blocked", ())), stems(undone), listed, endings)
