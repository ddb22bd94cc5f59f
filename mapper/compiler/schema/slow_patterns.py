"""A regular expression -> why to match it might take more time than in proportion to a text's length.

Python tries one way after the other. Where the next character tells which way is the right one, each one is
looked at a bounded number of times; a pattern in which it does not is refused, unless the ways are few.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

from mapper.compiler.memo import once
from mapper.compiler.schema.regex import (
    NONE,
    Branches,
    Characters,
    End,
    NotPlain,
    RegexPart,
    Repeated,
    Sequence,
    Single,
    parse,
)

# So many ways through a whole pattern, and so many characters at each place of a text where it may begin.
_MOST_WAYS = 64
_MOST_STEPS = 128
_MOST_SHOWN = 60


class _Slow(ValueError):
    """A pattern that may be slow: says why."""


@lru_cache(maxsize=256)
def slowness(pattern: str) -> str | None:
    """The reason that a pattern may be slow, or cannot be told not to be; None where it is linear."""
    try:
        part = parse(pattern)
        ways = _ways(part, NONE, looped=False)
        if ways > _MOST_WAYS:
            raise _Slow(f"a text may be divided among its parts in {ways:,} ways")
        if not _is_anchored(part):
            steps = _steps(part)
            if steps is None or steps * ways > _MOST_STEPS:
                raise _Slow("without `^` it is tried at each character of a text, and goes on from there far")
    except (NotPlain, _Slow) as error:
        return str(error)
    return None


_HOLDING = frozenset((dict, list))
_STEPS = ("x-normal-form", "x-hash-after")


def patterns_in(schema: object) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each pattern of a schema, in every place, since a `$ref` may lead there; and the keys to it.

    Those of steps are left out: they are no regular expressions, and no `$ref` leads into a list.
    """
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), schema)]
    while waiting:
        at, part = waiting.pop()
        if isinstance(part, dict):
            if isinstance(part.get("pattern"), str):
                yield (*at, "pattern"), part["pattern"]
            named = part.get("patternProperties")
            if isinstance(named, dict):
                yield from (((*at, "patternProperties", name), name) for name in named)
            waiting += [
                ((*at, key), one)
                for key, one in part.items()
                if type(one) in _HOLDING and not (key in _STEPS and type(one) is list)
            ]
        elif isinstance(part, list) and not _HOLDING.isdisjoint(map(type, part)):
            waiting += [((*at, number), one) for number, one in enumerate(part) if type(one) in _HOLDING]


@once
def slow_patterns(schema: object) -> tuple[tuple[tuple[str | int, ...], str], ...]:
    """As `slow_patterns_in`, of a schema that lives long."""
    return slow_patterns_in(schema)


def slow_patterns_in(schema: object) -> tuple[tuple[tuple[str | int, ...], str], ...]:
    """The patterns of a schema that are refused: the keys to each, and a sentence that says which and why."""
    found = [(at, pattern, slowness(pattern)) for at, pattern in patterns_in(schema)]
    said = [(at, f"the pattern `{_short(pattern)}` may be slow: {why}") for at, pattern, why in found if why]
    return tuple(said)


def _short(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _ways(part: RegexPart, after: Characters, *, looped: bool) -> int:
    """In how many ways a text may be divided among parts; in what is repeated it must be one.

    after: the characters that what follows may begin with.
    """
    match part:
        case Sequence():
            ways = 1
            for one in reversed(part.parts):
                ways *= _ways(one, after, looped=looped)
                after = _first(one) | after if _may_be_empty(one) else _first(one)
            return ways
        case Branches():
            each = [_ways(one, after, looped=looped) for one in part.parts]
            if all(_are_told_apart(*pair, after) for pair in combinations(part.parts, 2)):
                return max(each)
            if looped:
                raise _Slow(f"branches of `{_short(part.text)}`, which is repeated, may begin alike")
            return sum(each)
        case Repeated():
            return _ways_of_repeated(part, after, looped=looped)
        case _:
            return 1


def _ways_of_repeated(part: Repeated, after: Characters, *, looped: bool) -> int:
    most = part.most
    again = most is None or most > 1
    first = _first(part.part)
    if again and _may_be_empty(part.part):
        raise _Slow(f"`{_short(part.text)}` repeats what may be empty")
    within = _ways(part.part, first | after if again else after, looped=looped or again)
    if part.fewest == most or not (first.meets(after) or _may_be_empty(part.part)):
        return within
    if most is None or looped:
        raise _Slow(f"what `{_short(part.text)}` takes may as well belong to what follows it")
    return within * (most - part.fewest + 1)


def _first(part: RegexPart) -> Characters:
    """The characters that a part may begin with."""
    match part:
        case Single():
            return part.characters
        case End():
            return NONE
        case Repeated():
            return NONE if part.most == 0 else _first(part.part)
        case Branches():
            found = NONE
            for one in part.parts:
                found |= _first(one)
            return found
        case Sequence():
            found = NONE
            for one in part.parts:
                found |= _first(one)
                if not _may_be_empty(one):
                    break
            return found


def _may_be_empty(part: RegexPart) -> bool:
    match part:
        case Single():
            return False
        case End():
            return True
        case Repeated():
            return part.fewest == 0 or _may_be_empty(part.part)
        case Branches():
            return any(map(_may_be_empty, part.parts))
        case Sequence():
            return all(map(_may_be_empty, part.parts))


def _are_told_apart(one: RegexPart, other: RegexPart, after: Characters) -> bool:
    """Whether of two branches at most one goes on after its first few characters."""
    if any(not a.meets(b) for a, b in zip(_begins(one), _begins(other), strict=False)):
        return True
    first, second = (_first(part) | after if _may_be_empty(part) else _first(part) for part in (one, other))
    return not first.meets(second)


def _begins(part: RegexPart) -> list[Characters]:
    """The characters at the first places of a part, as far as each place has characters of its own."""
    match part:
        case Single():
            return [part.characters]
        case Sequence():
            found: list[Characters] = []
            for one in part.parts:
                found += _begins(one)
                if not isinstance(one, Single):
                    break
            return found
        case Repeated() if part.fewest and isinstance(part.part, Single):
            return [part.part.characters] * min(part.fewest, _MOST_STEPS)
        case _:
            return []


def _is_anchored(part: RegexPart) -> bool:
    """Whether it can begin only where the text does."""
    match part:
        case End():
            return part.at == "^"
        case Sequence():
            return bool(part.parts) and _is_anchored(part.parts[0])
        case Branches():
            return all(map(_is_anchored, part.parts))
        case _:
            return False


def _steps(part: RegexPart, *, last: bool = True) -> int | None:
    """The number of characters looked at from one place on, until it matches or does not; None: any number.

    last: nothing follows the part, so that what it repeats without end cannot fail any more.
    """
    match part:
        case Single():
            return 1
        case End():
            return 0
        case Repeated():
            most = part.most
            if most is None and last and isinstance(part.part, Single):
                most = part.fewest
            each = _steps(part.part, last=False)
            return None if most is None or each is None else most * each
        case Branches():
            each_of = [_steps(one, last=last) for one in part.parts]
            return None if None in each_of else sum(one or 0 for one in each_of)
        case Sequence():
            final = len(part.parts) - 1
            all_of = [_steps(one, last=last and number == final) for number, one in enumerate(part.parts)]
            return None if None in all_of else sum(one or 0 for one in all_of)
