"""What most values are in the fast form, told where it stands, without a call."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

from mapper.compiler.emit.fast.point import Point
from mapper.runtime.known_forms import (
    NOTING,
    QuickForm,
    country_digests,
    gender_digests,
    quick_boolean,
    quick_count,
    quick_currency,
    quick_id,
    quick_integer,
    quick_language,
    quick_text,
    quick_trimmed,
    quick_trimmed_id,
    quick_url,
    state_digests,
)


@dataclass(frozen=True, slots=True)
class Plain:
    """What the most usual values of a form are, and become; Python over a local, `{0}`.

    names: those of the runtime in both. may_empty: an empty text comes of it where there is no value.
    """

    test: str
    value: str
    names: tuple[str, ...] = ()
    may_empty: bool = False

    def use(self, atom: str, point: Point) -> tuple[str, str]:
        """The test and the value of a local."""
        for name in self.names:
            point.use(name)
        return self.test.format(atom), self.value.format(atom)


# No placeholder, by its first character, and without white space or an unfilled template.
_IS_ID = "type({0}) is str and {0} and {0}.isascii() and {0}[0] not in ODD_STARTS and '{{{{' not in {0}"

# `https://` and a host.
_IS_URL = (
    "type({0}) is str and {0}.isascii() and {0}.startswith('https://') and len({0}) > 8"
    " and {0}[8] not in NO_HOST"
)

PLAIN: dict[QuickForm, Plain] = {
    quick_url: Plain(_IS_URL, "{0}.strip(ASCII_EDGE)", ("ASCII_EDGE", "NO_HOST")),
    quick_id: Plain(_IS_ID, "{0}", ("ODD_STARTS",)),
    quick_trimmed_id: Plain(_IS_ID, "{0}.strip(ASCII_EDGE)", ("ODD_STARTS", "ASCII_EDGE")),
    quick_trimmed: Plain(
        "type({0}) is str and {0}.isascii()", "{0}.strip(ASCII_EDGE)", ("ASCII_EDGE",), True
    ),
    quick_text: Plain("type({0}) is str and {0}.isascii() and not {0}.isspace()", "{0}", may_empty=True),
    quick_count: Plain("type({0}) is int and {0} >= 0", "{0}"),
    quick_integer: Plain("type({0}) is int", "{0}"),
    quick_boolean: Plain("type({0}) is bool", "{0}"),
    quick_currency: Plain("type({0}) is str and {0} in MINOR_UNITS", "{0}", ("MINOR_UNITS",)),
    quick_language: Plain("type({0}) is str and {0} in LANGUAGES", "LANGUAGES[{0}]", ("LANGUAGES",)),
    gender_digests: Plain("type({0}) is str and {0} in GENDERS", "[GENDERS[{0}]]", ("GENDERS",)),
    state_digests: Plain("type({0}) is str and {0} in STATES", "[STATES[{0}]]", ("STATES",)),
    country_digests: Plain("type({0}) is str and {0} in COUNTRIES", "[COUNTRIES[{0}]]", ("COUNTRIES",)),
}
# The same of texts out of JSON, in which there is no half character.
PLAIN_DECODED: dict[QuickForm, Plain] = PLAIN | {
    quick_trimmed: Plain(
        "type({0}) is str", "{0}.strip(ASCII_EDGE if {0}.isascii() else EDGE)", ("ASCII_EDGE", "EDGE"), True
    ),
    quick_text: Plain("type({0}) is str and not {0}.isspace()", "{0}", may_empty=True),
}


def plain_of(quick: QuickForm, point: Point) -> Plain | None:
    """What the most usual values of a form are here, if that is told at all."""
    return (PLAIN if point.shared.reading is None else PLAIN_DECODED).get(quick)


def quick_call(quick: QuickForm, atom: str, point: Point) -> str:
    """The call of a quick form."""
    more = f", {point.noting()}" if quick in NOTING else ""
    return f"{point.use(quick.__name__)}({atom}{more})"


def write_quick(quick: QuickForm, atom: str, out: str, point: Point) -> None:
    """Leave what a quick form makes of a local, which may be None, in another."""
    otherwise = f"None if {atom} is None else {quick_call(quick, atom, point)}"
    plain = plain_of(quick, point)
    if plain is None:
        point.write(f"{out} = {otherwise}")
        return
    test, value = plain.use(atom, point)
    with point.block(f"if {test}:"):
        point.write(f"{out} = {f'{value} or None' if plain.may_empty else value}")
    with point.block("else:"):
        point.write(f"{out} = {otherwise}")


@dataclass(frozen=True, slots=True)
class Putting:
    """How statements go on with a value in the local `out`.

    check: writes the checks of it, where it is not None; put: writes where a value goes; absent: writes what
    is done where there is none, if anything is.
    """

    out: str
    check: Callable[[Point], None]
    put: Callable[[str, Point], None]
    absent: Callable[[Point], None] | None = None

    def write(self, test: str, point: Point) -> None:
        """Go on with a value that is there if a test holds."""
        with point.block(f"if {test}:") as inside:
            self.check(inside)
            self.put(self.out, inside)
        if self.absent is not None:
            with point.block("else:") as inside:
                self.absent(inside)


def write_quick_put(quick: QuickForm, atom: str, putting: Putting, point: Point) -> None:
    """Go on with what a quick form makes of a local, which may be None."""
    plain, out = plain_of(quick, point), putting.out
    if plain is not None:
        _write_plain_put(plain, atom, putting, point)
    if putting.absent is None:
        with point.block(f"{'if' if plain is None else 'elif'} {atom} is not None:") as inside:
            inside.write(f"{out} = {quick_call(quick, atom, inside)}")
            putting.write(f"{out} is not None", inside)
        return
    with nullcontext(point) if plain is None else point.block("else:") as inside:
        inside.write(f"{out} = None if {atom} is None else {quick_call(quick, atom, inside)}")
        putting.write(f"{out} is not None", inside)


def _write_plain_put(plain: Plain, atom: str, putting: Putting, point: Point) -> None:
    test, value = plain.use(atom, point)
    with point.block(f"if {test}:") as inside:
        if plain.may_empty:
            inside.write(f"{putting.out} = {value}")
            putting.write(putting.out, inside)
            return
        start = len(inside.function.lines)
        putting.check(inside)
        if len(inside.function.lines) > start:
            inside.function.insert(start, f"{putting.out} = {value}")
            value = putting.out
        putting.put(value, inside)
