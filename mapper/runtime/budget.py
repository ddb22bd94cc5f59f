"""Budget: what one source event may cost, its parts together: what is read again, and what is made of it.

All of it is counted in elements, characters and bytes, never in time, and alike in all forms of a program: a
fast form counts in the same way, and leaves an event to the careful one where any of it is overspent.
"""

from __future__ import annotations

from typing import Any, NoReturn

from mapper.runtime.decode import LONGEST_EVENT, size_of
from mapper.transforms.weight import (
    FREE_CHARACTERS,
    FREE_ELEMENTS,
    MOST_CHARACTERS,
    MOST_ELEMENTS,
    overspent,
    weigh,
)
from mapper.values.safe_text import SafeText
from mapper.values.types import Json

# All payloads of a source event have no more bytes together than so many times its own, and these.
GROWTH = 64
FREE_BYTES = 1024 * 1024
# More than any event has that comes as JSON; one that a host made may hold itself.
_MOST_OF_EVENT = 16 * LONGEST_EVENT
TOO_LARGE = SafeText("its payloads have more than {} times its bytes and 1 MiB together", GROWTH)


class Overrun(Exception):
    """The payloads of a source event are too large together."""


class Budget:
    """The budget that is left. Shared by all frames of one source event.

    elements, characters: how many of both may still be read again for each element of a list.
    sent: the bytes of its payloads so far, each as JSON on one line. made: those of long names and constants
    that `each` has written for the elements of lists.
    """

    __slots__ = ("_most", "characters", "elements", "event", "made", "sent")

    def __init__(self, event: dict[str, Any]) -> None:
        self.event = event
        self.elements = MOST_ELEMENTS
        self.characters = MOST_CHARACTERS
        self.sent = self.made = 0
        self._most = FREE_BYTES

    def is_over(self, size: int) -> bool:
        """Whether so many bytes of all payloads are too many. The event is measured as far as that takes."""
        if size > self._most:
            # Twice as far, so that many payloads that grow together measure it a few times only.
            self._allow_for(2 * -(-(size - FREE_BYTES) // GROWTH))
        return size > self._most

    def _allow_for(self, event_size: int) -> int:
        """The most bytes of all payloads, by so many bytes of the event."""
        measured = min(event_size, _MOST_OF_EVENT)
        self._most = FREE_BYTES + GROWTH * min(size_of(self.event, measured), _MOST_OF_EVENT)
        return self._most

    def spend(self, values: Json) -> None:
        """Pay for the elements of a list or object that is gone through again, or a text's characters.

        Raises Invalid at too many.
        """
        if type(values) is str:
            due = len(values) - FREE_CHARACTERS
            if due > 0:
                self.characters -= due
                if self.characters < 0:
                    self._overspend()
        elif type(values) is list or type(values) is dict:
            due = len(values) - FREE_ELEMENTS
            if due > 0:
                self.elements -= due
                if self.elements < 0:
                    self._overspend()

    def spend_lists(self, values: Json) -> None:
        """Pay for the elements of a list, and those of the lists in it; raises Invalid at too many."""
        if type(values) is list and self._is_free(values):
            return
        self.spend(values)
        if type(values) is list:
            self.elements -= sum(len(one) for one in values if type(one) is list)
            if self.elements < 0:
                self._overspend()

    def spend_all(self, value: Json) -> None:
        """Pay for all within a value that is read again; raises Invalid where that is too much."""
        if type(value) is str:
            if len(value) > FREE_CHARACTERS:
                self.spend(value)
            return
        if (type(value) is not list and type(value) is not dict) or self._is_free(value):
            return
        left = self.elements + FREE_ELEMENTS
        elements, self.characters = weigh(value, left, self.characters, FREE_CHARACTERS)
        self.elements = min(self.elements, elements)
        if self.elements < 0 or self.characters < 0:
            self._overspend()

    def _is_free(self, value: list[Json] | dict[str, Json]) -> bool:
        """Whether a value is seen at once to cost nothing: a list of few short texts, numbers and nulls."""
        if self.elements < 0 or self.characters < 0 or len(value) > FREE_ELEMENTS:
            return False
        if type(value) is dict:
            return not value
        for one in value:
            if type(one) is str:
                if len(one) > FREE_CHARACTERS:
                    return False
            elif type(one) is list or type(one) is dict:
                return False
        return True

    def make(self, count: int, size: int) -> None:
        """Count what is written for each of so many elements. Raises Overrun before any of it is."""
        self.made += count * size
        if self.is_over(self.made):
            raise Overrun

    def send(self, payload: dict[str, Any]) -> None:
        """Count a payload. Raises Overrun where all of them are too large together."""
        elements, characters = weigh(payload, FREE_BYTES, FREE_BYTES)
        if elements < 0 or characters < 0:
            self.sent += size_of(payload, self._allow_for(_MOST_OF_EVENT) - self.sent)
        else:
            self.sent += size_of(payload)
        if self.is_over(self.sent):
            raise Overrun

    def _overspend(self) -> NoReturn:
        raise overspent("characters" if self.characters < 0 else "elements")
