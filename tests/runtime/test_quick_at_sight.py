"""What quick forms know at sight, gone through one by one: each gives what its steps give."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from string import ascii_lowercase
from typing import Any

import pytest

from mapper.compiler.emit.fast.fast_forms import PLAIN, PLAIN_DECODED, PLAIN_STEPS
from mapper.runtime.importable import NAMES
from mapper.runtime.known_forms import NOTING, QUICK_LISTS, QuickForm
from mapper.runtime.known_forms.letters import small_letters
from mapper.runtime.known_forms.person import birth_date_digests, email_digests, id_digests, name_digests
from mapper.runtime.known_forms.phone import phone_digests
from mapper.runtime.known_forms.place import city_digests, country_digests, postcode_digests, state_digests
from mapper.runtime.known_forms.single import quick_ip_address, quick_timestamp
from mapper.transforms import TRANSFORMS
from mapper.transforms.countries import COUNTRY_CODES
from mapper.transforms.digest import DIGESTS_OF_NOTHING, WORDS_OF_NOTHING
from tests.oracles.quick_forms import FORMS, ODD, hold
from tests.support.depth import some

_ALL = [chr(number) for number in range(sys.maxunicode + 1)]
# All of the first scripts, and samples of what is written, composed or seen otherwise than others.
_VARIED = [
    *some(_ALL[:0x3100], 1_500, {*_ALL[:0x180]}),
    *"\ud7a4\ud800\udfff\uf900\ufb01\ufb1d\ufe0f\uff21\uff41\U0001d400\U0001f600\U000e0001",
]


@lru_cache(maxsize=1)
def _known_letters() -> list[str]:
    """The characters that are taken for letters which need nothing but to be made small."""
    return [one for one in _ALL if small_letters(f"é{one}") is not None and one not in " '.-"]


def _hold_all(form: QuickForm, values: Iterable[Any]) -> None:
    for value in values:
        hold(form, value)


def test_letters_that_are_known_are_letters_of_one_character() -> None:
    letters = _known_letters()
    assert len(letters) > 30_000
    assert {"a", "É", "ł", "Ω", "Ж", "ệ", "か", "王", "김"} <= set(letters)
    for letter in letters:
        small = letter.lower()
        assert small.isalpha()
        assert len(small) == 1
        assert unicodedata.normalize("NFC", letter).lower() == small
        assert unicodedata.normalize("NFC", small) == small


def test_none_of_them_is_composed_with_the_one_before() -> None:
    composed = (unicodedata.decomposition(one).split() for one in _ALL)
    seconds = {chr(int(parts[1], 16)) for parts in composed if len(parts) == 2 and parts[0][0] != "<"}
    # Syllables of Hangul are composed by a rule, and stand in no table.
    jamo = {chr(number) for number in (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))}
    assert "\u0301" in seconds
    assert (seconds | jamo).isdisjoint(_known_letters())


@pytest.mark.parametrize("form", [name_digests, city_digests], ids=["name", "city"])
def test_names_and_cities_in_letters_that_are_known_are_as_their_steps_make_them(form: QuickForm) -> None:
    letters = _known_letters()
    _hold_all(form, (f"{one}o {one}" for one in letters if one.lower() != one or ord(one) < 0x3000))
    _hold_all(form, (f"É{one}" for one in letters[::7]))


@pytest.mark.parametrize("shape", ["{}", "x{}", "{}o", "É{}é", "{0}1", "1{0} {0}", "un{}nown", "ł{}"])
@pytest.mark.parametrize("form", [name_digests, city_digests, id_digests], ids=["name", "city", "id"])
def test_any_character_in_a_name_is_as_its_steps_make_it(form: QuickForm, shape: str) -> None:
    _hold_all(form, map(shape.format, _VARIED))


@pytest.mark.parametrize(
    "shape", ["{}@a.co", "a{}b@c.de", "ab@{}.co", "ab@c{}d.co", "ab@c.c{}", "ab@c.d.e{}", "{}ab@c.de"]
)
def test_any_character_in_an_address_is_as_its_steps_make_it(shape: str) -> None:
    _hold_all(email_digests, map(shape.format, _VARIED))


def test_addresses_of_any_length_and_shape_are_as_their_steps_make_them() -> None:
    domains = (
        "gmail.com",
        "a.co",
        "a.b.c.d.e.f",
        "a",
        "a.",
        ".a",
        "a..b",
        "a.co.",
        "",
        "gmail.com.",
        "a@b.co",
    )
    for local, domain in product(("a", "", ".", "a.b", "a@", "@", "A'b", "{a", "a b", " a"), domains):
        _hold_all(email_digests, (f"{local}@{domain}", f"{local}{domain}", f" {local}@{domain}\n"))
    for domain in ("gmail.com", "a.co"):
        for length in (1, 63, 64, 65, 310, 311, 312, 315, 316, 400):
            _hold_all(email_digests, (f"{'x' * length}@{domain}", f"x@{'y' * length}.{domain}"))


@pytest.mark.parametrize("name", sorted(FORMS))
def test_no_word_for_nothing_is_hashed(name: str) -> None:
    form = FORMS[name][1]
    for word in sorted(WORDS_OF_NOTHING):
        for written in (word, word.swapcase(), f" {word}", " ".join(word), f"{word}-", f"+{word}"):
            hold(form, written)
            if form in QUICK_LISTS.values():
                more: tuple[list[str], ...] = ([],) if form in (phone_digests, postcode_digests) else ()
                made = _made(form, written, *more)
                assert made is None or DIGESTS_OF_NOTHING.isdisjoint(made)


def _made(form: QuickForm, value: str, *more: list[str]) -> Any:
    try:
        return form(value, *more)
    except ValueError:
        return None


def test_phone_numbers_of_every_beginning_and_length_are_as_their_steps_make_them() -> None:
    for beginning in some([*map(str, range(10_000))], 1_500):
        for length in range(6, 17):
            hold(phone_digests, f"+{beginning:0<4}{'2345678923456789'[: length - 4]}")


@pytest.mark.parametrize(
    "number",
    [
        *("+1 (415) 555-2671", "+1.415.555.2671", "+14155552670.0", "+1415555267.0 ", "+1415555267.0"),
        *("+44 (0)20 7946 0018", "+39 (0)6 1234 5678", "+-14155552671", "-+14155552671", "(+1) 4155552671"),
        *("++14155552671", "+1/4155552671", "+1 415 555 2671 ", " +14155552671", "+1 415 555 2671\t"),
        *(f"+1{' ' * count}4155552671" for count in (15, 18, 19, 20, 69, 80, 90)),
        *("+", "+ ", "+1", "+x", "+\u0661", "+\ud800", "+1415555267\u0661"),
    ],
)
def test_a_phone_number_is_as_its_steps_make_it_whatever_signs_stand_in_it(number: str) -> None:
    hold(phone_digests, number)


def test_every_day_is_as_its_steps_make_it() -> None:
    behind = ("", "T00:00:00.000Z", "T00:00:00Z", "T00:00:00", " ", "T", "x")
    days = [f"-{month:02}-{day:02}" for month in range(14) for day in range(33)]
    for year, day in product(("1999", "2000", "1900"), days):
        hold(birth_date_digests, year + day)
    for number, rest in product(range(1845, 2105), behind):
        hold(birth_date_digests, f"{number}-02-28{rest}")
    _hold_all(birth_date_digests, ["990-01-01", "1990-1-1", "1990/02/28", "1990-02-28\u0661", "19900228"])


def test_every_code_of_a_state_or_country_is_as_its_steps_make_it() -> None:
    codes = [first + second for first in ascii_lowercase for second in ascii_lowercase]
    for code in (*codes, *COUNTRY_CODES):
        for spelt in (code.lower(), code.upper(), code.title(), code.swapcase(), f"{code} "):
            hold(state_digests, spelt)
            hold(country_digests, spelt)


def test_postcodes_of_zeros_digits_and_letters_are_as_their_steps_make_them() -> None:
    parts = ("0", "00", "7", "12", "a", "D", "-", " ", ".0", "\u0661")
    for count in range(1, 5):
        _hold_all(postcode_digests, map("".join, product(parts, repeat=count)))
    _hold_all(postcode_digests, ("0" * count for count in range(1, 15)))


def test_every_second_of_a_minute_that_is_known_is_as_its_steps_make_it() -> None:
    clocks = [f"{hour:02}:{minute:02}" for hour in range(26) for minute in (0, 7, 59, 60)]
    for clock in clocks:
        for second in ("00", "07", "59", "60", "61", "7", " 7"):
            for behind in ("Z", ".000Z", ".999Z", ".9Z", ".1234567Z", "z", "", ".999", ".9\u0661\u0661Z"):
                hold(quick_timestamp, f"2026-05-01T{clock}:{second}{behind}")


def test_every_first_octet_is_as_its_steps_make_it() -> None:
    for octet in (*map(str, range(258)), "01", "", " 8", "-1", "\u0661"):
        for address in (
            f"{octet}.168.0.1",
            f"8.{octet}.8.8",
            f"8.8.{octet}.8",
            f"8.8.8.{octet}",
            f"{octet}.",
        ):
            hold(quick_ip_address, address)


@pytest.mark.parametrize("part", ["0", "00", "1", "01", "fff", "ffff", "10000", "A", "g", "", ":", " ", "::"])
def test_addresses_of_eight_parts_are_as_their_steps_make_them(part: str) -> None:
    for first, place in product(("2a02", "2001", "3fff", "1fff", "4000", "fc00", "fe80", "2A02"), range(8)):
        parts = [first, *"838", "c0a8", "de1", "ffff", "a"]
        zeros = [*parts[:place], "0", *parts[place + 1 :]]
        for written in ([*parts[:place], part, *parts[place + 1 :]], [*parts[:place], part, *parts[place:]]):
            hold(quick_ip_address, ":".join(written))
        for other in range(8):
            hold(quick_ip_address, ":".join([*zeros[:other], part, *zeros[other + 1 :]]))


@pytest.mark.parametrize("name", PLAIN_STEPS)
def test_a_step_in_place_of_a_call_is_what_the_transform_does(name: str) -> None:
    plain, taken = PLAIN_STEPS[name], 0
    for one in (*ODD, *_VARIED, *map("{} x{}".format, _VARIED, _VARIED), " \t\x7fa\x00B\x1f ", ""):
        if eval(plain.test.format("one"), dict(NAMES), {"one": one}):
            taken += 1
            assert eval(plain.value.format("one"), dict(NAMES), {"one": one}) == TRANSFORMS[name].function(
                one
            )
    assert taken > 0x80


@pytest.mark.parametrize("decoded", some([False, True], 1))
@pytest.mark.parametrize("form", list(PLAIN), ids=lambda form: form.__name__)
def test_what_is_done_in_place_of_a_call_is_what_the_form_does(form: QuickForm, decoded: bool) -> None:
    plain = (PLAIN_DECODED if decoded else PLAIN)[form]
    taken = 0
    edges = map("{} x{}".format, _VARIED, _VARIED)
    page = "https://shop.example/mugs?color=blue"
    for one in (*ODD, *_VARIED, *edges, page, "male", "CA", "us", "eur", " \t\x7fa\x00b\x1f "):
        hold(form, one)
        if decoded and "\\ud" in ascii(one):
            continue  # half a character, which no JSON has
        if eval(plain.test.format("one"), dict(NAMES), {"one": one}):
            taken += 1
            value = eval(plain.value.format("one"), dict(NAMES), {"one": one})
            more: tuple[list[str], ...] = ([],) if form in NOTING else ()
            assert (value or None if plain.may_empty else value) == form(one, *more), one
            assert more in ((), ([],)), one
    assert taken
