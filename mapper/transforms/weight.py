"""The weight of a value: how much there is to go through, counted no further than it matters."""

from __future__ import annotations

from typing import Literal

from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json

# What an event may read again for each element of its lists, beside what grows with the event as it is. An
# event within its size that is mapped in half a second needs a tenth of either.
MOST_ELEMENTS = 100_000
MOST_CHARACTERS = 2**20
# No more than a short constant: what is read again costs nothing up to these.
FREE_ELEMENTS = 4
FREE_CHARACTERS = 64
# The kind of an Invalid that may be raised once for each element, and is said once for each rule.
OVERSPENT = "overspent"
# A list of more elements is no constant that an author writes out.
LONGEST_CONSTANT = 1_000


def weigh(value: Json, elements: int, characters: int, free: int = 0) -> tuple[int, int]:
    """The elements and characters left of those given, less all within a value; one below 0 where too few.

    Texts and keys count their characters but the first `free` ones. Ends soon after the limit, however
    large the value is.
    """
    if type(value) is str:
        return elements, characters - max(len(value) - free, 0)
    waiting = [value] if type(value) is list or type(value) is dict else []
    while waiting and elements >= 0 and characters >= 0:
        one = waiting.pop()
        elements -= len(one)
        if elements < 0:
            break
        if type(one) is dict:
            characters -= sum([len(key) - free for key in one if len(key) > free])
        for held in one.values() if type(one) is dict else one:
            if type(held) is str:
                if len(held) > free:
                    characters -= len(held) - free
            elif type(held) is list or type(held) is dict:
                waiting.append(held)
    return elements, characters


def overspent(what: Literal["elements", "characters"]) -> Invalid:
    """The error for a value that cannot be made because it reads too much again."""
    if what == "characters":
        reason = SafeText(
            "repeats more than {:,} characters because it is read again for each element of a list",
            MOST_CHARACTERS,
        )
    else:
        reason = SafeText(
            "reads more than {:,} elements because it is read again for each element of a list", MOST_ELEMENTS
        )
    return Invalid(reason, OVERSPENT)


def check_repeated(value: Json, times: int) -> None:
    """Raise Invalid where an argument is too large to be read so many times."""
    if type(value) is str and (len(value) - FREE_CHARACTERS) * times > MOST_CHARACTERS:
        raise overspent("characters")
    if type(value) is list and len(value) > LONGEST_CONSTANT and len(value) * times > MOST_ELEMENTS:
        raise overspent("elements")


def check_weight(value: Json) -> None:
    """Raise Invalid for a list or object that would be a longer text than any field takes."""
    if type(value) is not list and type(value) is not dict:
        return
    elements, characters = weigh(value, MOST_CHARACTERS, MOST_CHARACTERS)
    if MOST_CHARACTERS - characters + MOST_CHARACTERS - elements > MOST_CHARACTERS:
        raise Invalid(SafeText("the result has more than {} characters", MOST_CHARACTERS))
