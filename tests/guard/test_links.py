"""Addresses of shops, payments, newsletters, logins: tokens and persons in them never leave, the rest does.

`tests/cases/guard/links_stop.ndjson` holds an address a line, with the texts in it that must not leave;
`links_pass.ndjson` those that leave as they are. `of` says where such an address is seen.
"""

from __future__ import annotations

import json
from pathlib import Path
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper import read_schema
from mapper.compiler.inference.personal_names import _TABLE
from mapper.guard import Guard
from mapper.guard.personal_parameters import Words
from mapper.guard.personal_shapes import is_token
from tests.guard.test_guard import holding
from tests.support.depth import by_seed, examples

pytestmark = pytest.mark.quick

_ROOT = Path(__file__).parents[2]
_CASES = _ROOT / "tests/cases/guard"
_SCHEMA = read_schema("pinterest/conversions-v5")
_GUARD = Guard(_SCHEMA)
_FIELDS = ["event_source_url", "custom_data.content_name"]


def read_links(name: str) -> list[dict[str, Any]]:
    """The rows of a file of the corpus."""
    return [json.loads(line) for line in (_CASES / name).read_text(encoding="utf-8").splitlines()]


STOPS, PASSES = read_links("links_stop.ndjson"), read_links("links_pass.ndjson")
_ABSOLUTE = [row for row in STOPS if "://" in row["text"].partition("?")[0] and " " not in row["text"]]


def _released(path: str, text: str) -> str:
    """What leaves of a text at a path, or ""."""
    payload: Any = _GUARD.release(holding(path, text)).payload
    for name in path.split("."):
        payload = (payload or {}).get(name)
    return payload or ""


def test_each_row_says_which_part_of_it_must_not_leave() -> None:
    assert (len(STOPS) >= 300, len(PASSES) >= 300) == (True, True)
    for row in STOPS:
        assert row["secret"], row
        assert all(secret and secret in row["text"] for secret in row["secret"]), row
    texts = [row["text"] for row in (*STOPS, *PASSES)]
    assert len(set(texts)) == len(texts)


def test_the_page_says_how_many_there_are() -> None:
    page = " ".join((_ROOT / "docs/guard.md").read_text(encoding="utf-8").split())
    assert (
        f"no secret of its {len(STOPS)} URLs is sent, and all {len(PASSES)} others are sent unchanged" in page
    )


def test_no_address_leaves_with_what_must_not() -> None:
    left = {
        row["text"]: [secret for secret in row["secret"] if secret in out]
        for row in STOPS
        if (out := _released("event_source_url", row["text"]))
    }
    assert {text: secrets for text, secrets in left.items() if secrets} == {}


def test_nor_in_free_text_that_is_an_address() -> None:
    left = {
        row["text"]: out
        for row in _ABSOLUTE
        for out in [_released("custom_data.content_name", row["text"])]
        if any(secret in out for secret in row["secret"])
    }
    assert left == {}


_TOKEN = "5f9d0c1e2b3a4d5e6f708192a3b4c5d6"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/order-received/1234/?key=wc_order_5f9d", "/order-received/1234/"),
        ("/order-received/1234/?key=wc_order_5f9d&utm_source=pin", "/order-received/1234/?utm_source=pin"),
        (f"/orders/{_TOKEN}/authenticate?key={_TOKEN}&epik=dj0yJnU9", "/orders/?epik=dj0yJnU9"),
        (f"/checkouts/cn/{_TOKEN}/thank-you#top", "/checkouts/cn/#top"),
        (f"/unsubscribe?u={_TOKEN}&lang=de", "/unsubscribe?lang=de"),
        (f"/de/reset-password/{_TOKEN}", "/de/reset-password/"),
        (f"/login?next=/orders/{_TOKEN}&step=2", "/login?step=2"),
        (f"/#/orders/{_TOKEN}", "/"),
        ("/cb?code=8f3kd9&state=xyz123&lang=de", "/cb?lang=de"),
        ("/cb?code=8f3kd9&lang=de", "/cb?code=8f3kd9&lang=de"),
        ("/call/tel:+4915112345678?a=b", "/call/tel:?a=b"),
        (f"/products/{_TOKEN}?epik=dj0yJnU9", f"/products/{_TOKEN}?epik=dj0yJnU9"),
        (f"/orders/{_TOKEN.translate({50: '%32'})}?a=b", "/orders/?a=b"),
    ],
)
def test_what_is_left_of_an_address(before: str, after: str) -> None:
    assert _released("event_source_url", f"https://shop.example{before}") == f"https://shop.example{after}"


def test_an_address_whose_path_cannot_be_cut_is_not_sent() -> None:
    assert _released("event_source_url", f"https://shop.example/orders%2F{_TOKEN}?a=b") == ""


def test_most_of_an_address_is_still_sent() -> None:
    left = [row["text"] for row in STOPS if _released("event_source_url", row["text"])]
    assert len(left) >= 0.95 * len(STOPS)


def test_the_parameters_of_ads_leave_with_the_page_of_an_order() -> None:
    for row in STOPS:
        query = row["text"].partition("?")[2]
        if "utm_" in query or "epik=" in query:
            kept = [one for one in query.split("#")[0].split("&") if one.startswith(("utm_", "epik="))]
            out = _released("event_source_url", row["text"])
            assert [one for one in kept if one not in out] == [], row["text"]


@pytest.mark.parametrize("path", _FIELDS)
def test_an_address_that_identifies_a_page_leaves_as_it_is(path: str) -> None:
    alarms = {
        row["text"]: found
        for row in PASSES
        if (found := _GUARD.check(holding(path, row["text"])))
        and (path != _FIELDS[1] or "=" not in row["text"])
    }
    assert alarms == {}


def test_what_is_left_of_an_address_is_clean() -> None:
    for row in STOPS:
        out = _released("event_source_url", row["text"])
        assert not out or _GUARD.check({"event_source_url": out}) == (), row["text"]


def test_the_glance_sees_no_less_than_the_closer_look() -> None:
    seen = [row["text"] for row in STOPS if _GUARD.is_clean({"event_source_url": row["text"]})]
    assert seen == []


# A house number, a company and what is no single value say nothing of a person.
_OF_NO_PERSON = {"contactdetails", "contactinfo", "huisnummer", "nummer", "numerdomu", "whereabouts"}


@pytest.mark.parametrize("language", list(_TABLE))
def test_the_guard_knows_the_names_that_the_compiler_warns_of(language: str) -> None:
    words = Words(_SCHEMA["x-guard"])
    keys = ("names", "alone", "of_a_person", "persons")
    row = {key: _TABLE[language].get(key, "").replace("_", "").split() for key in keys}
    named = [*row["names"], *row["alone"]]
    named += [f"{person}_{name}" for name in row["of_a_person"] for person in row["persons"]]
    unknown = {name for name in named if not words.shape_of(name)}
    assert {name for name in unknown if name.rpartition("_")[2] not in _OF_NO_PERSON} == set()
    assert [one for one in row["persons"] if not words.is_personal(one, "Grace Hopper")] == []


_ALPHABETS = {
    "base 62": ascii_letters + digits,
    "base 64": ascii_letters + digits + "-_",
    "base 36": ascii_lowercase + digits,
    "capitals": ascii_uppercase + digits,
    "hexadecimal": "0123456789abcdef",
    "letters": ascii_letters,
}


@pytest.mark.parametrize("alphabet", _ALPHABETS)
def test_nearly_every_random_text_is_seen_to_be_one(alphabet: str) -> None:
    numbers = by_seed(alphabet)
    tokens = ["".join(numbers.choices(_ALPHABETS[alphabet], k=16 + number % 17)) for number in range(400)]
    missed = [token for token in tokens if not is_token(token, 10)]
    assert len(missed) <= 0.03 * len(tokens), missed[:5]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "brass-desk-lamp",
            "Schreibtischlampe2026",
            "winter2024sale20off",
            "iphone15promax256gb",
            "LMP-4128-BRS-EU2",
        ),
        *(
            "order1234567890",
            "blackfriday2026deal",
            "US-2026-10412",
            "lamp-40x60cm-e27-60w-2700k",
            "nikeairmax90",
        ),
        *("100000412", "Winter-Sale-Lamps-2026", "summer_2026_lookbook_de", "4006381333931", "BLACKFRIDAY30"),
    ],
)
def test_what_a_person_wrote_is_none(text: str) -> None:
    assert not is_token(text, 8)


_PARTS = sorted(
    {part for row in (*STOPS, *PASSES) for part in row["text"].replace("?", "/").split("/") if part}
)
_SIGNS = st.sampled_from(["/", "/", "?", "&", "#", ";", "=", ":", "-", ".", "+", "://", " ", "%2F"])


@given(st.lists(st.tuples(_SIGNS, st.sampled_from(_PARTS)), max_size=7))
@settings(max_examples=examples(1500))
def test_nor_for_addresses_made_of_others(parts: list[tuple[str, str]]) -> None:
    link = "https://shop.example" + "".join(sign + part for sign, part in parts)
    payload: Any = {"event_source_url": link}
    if _GUARD.is_clean(payload):
        assert _closely(payload) == []
    released = _GUARD.release(payload).payload
    assert not released or _closely(released) == []


def _closely(payload: Any) -> list[Any]:
    from mapper.guard.payload_places import PayloadFindings

    found = PayloadFindings()
    _GUARD._root.look(payload, found)
    return list(found.reasons)
