"""Facts of diagnostics -> their hints and fixes: each adviser knows one kind of fact.

Nothing but `advise` calls an adviser, and nothing of a mapping's meaning depends on one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from mapper.texts.diagnostic import Diagnostic, Fix
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass

# Nobody reads more guesses at a time, and some take long: what was meant is looked for in the first ones.
MOST_GUESSED = 30


@dataclass(frozen=True, slots=True)
class Hint:
    """A hint and fixes for the most likely meaning.

    text: what to say of it; None: what the diagnostic says already. silences: codes and places of which
    nothing more is said, since the fixes write these anew.
    """

    text: str | None = None
    fixes: tuple[Fix, ...] = ()
    silences: tuple[tuple[str, Span], ...] = ()


Adviser: TypeAlias = Callable[[Any, Diagnostic], Hint | None]
_A = TypeVar("_A", bound=Adviser)
_ADVISERS: dict[type, list[tuple[Adviser, bool]]] = {}


def advises(kind: type, *, guesses: bool = False) -> Callable[[_A], _A]:
    """Put a function into the registry that gives the hint for a kind of fact.

    Several act one after the other. guesses: it takes long, and is asked for the first diagnostics only.
    """

    def register(adviser: _A) -> _A:
        _ADVISERS.setdefault(kind, []).append((adviser, guesses))
        return adviser

    return register


def advised_facts() -> set[type]:
    """The kinds of facts that there are advisers for."""
    return {*_ADVISERS}


def advise(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics with hints and fixes and without facts, less those that these make needless.

    Of several diagnostics with the same code, hint and fixes, only the first is kept.
    """
    silent: set[tuple[str, Span]] = set()
    said: set[tuple[str, str | None, tuple[Fix, ...]]] = set()
    advised: list[Diagnostic] = []
    for place, one in enumerate(found):
        made = one
        for adviser, guesses in _ADVISERS.get(type(one.facts), ()):
            hint = None if guesses and place >= MOST_GUESSED else adviser(one.facts, made)
            if hint is not None:
                made = replace(made, hint=hint.text or made.hint, fixes=hint.fixes or made.fixes)
                silent.update(hint.silences)
        key = (made.code, made.hint, made.fixes)
        if not made.fixes or key not in said:
            advised.append(replace(made, facts=None))
        said.add(key)
    return [one for one in advised if (one.code, one.span) not in silent]
