"""Drafts of a source with names of its own: a travel agency's events. What is asked, and what tests hold."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

import mapper
from mapper import authoring
from tests.support.case_files import of_yaml

_KINDS = ("trip.compared", "trip.shared", "booking.held", "booking.issued")
_DAYS = {"departOn": "2026-07-{:02}", "returnOn": "2026-08-{:02}"}


def _event(number: int) -> dict[str, Any]:
    """An event; those of bookings have a traveller."""
    day, kind = 1 + number % 28, _KINDS[number % 4]
    event = {
        "msgId": f"m-{number}",
        "msgType": kind,
        "choices": {"marketing": ("yes", "yes", "no")[number % 3], "statistics": "yes"},
        "happenedLocal": f"2026-04-{day:02} 10:{number:02}:00",
        "trip": {"destCity": "Lisbon", "destCountry": "PT", **{k: v.format(day) for k, v in _DAYS.items()}},
        "visitor": {"remoteAddr": f"203.0.113.{number}", "browserString": "Mozilla/5.0", "pinClick": None},
    }
    if kind.startswith("booking"):
        event["leadTraveller"] = {
            "travellerRef": f"T{10000 + number}",
            "name": {"given": "Ana", "family": "Silva"},
            "contact": {"mailbox": f"ana{number}@example.com", "mobile": f"+3519120000{number:02}"},
            "home": {"town": "Porto", "countryIso": "PT"},
        }
        event["booking"] = {"bookingRef": f"VJ{number}", "money": "EUR", "totalCents": 1000 * number}
    return event


_EVENTS = [_event(number) for number in range(40)]


@cache
def _draft() -> authoring.DraftedMapping:
    return authoring.draft(_EVENTS, name="agency")


def _reads(path: str) -> tuple[str, ...]:
    """What the draft reads for a field."""
    return next(one.reads for one in _draft().guesses if one.path == path)


def test_the_place_of_a_trip_is_not_where_its_traveller_lives() -> None:
    assert _reads("user_data.ct") == ("leadTraveller.home.town",)
    assert _reads("user_data.country") == ("leadTraveller.home.countryIso",)


def test_a_traveller_is_recognised_also_by_a_number_in_international_form() -> None:
    of = "leadTraveller"
    assert _reads("user_data.ph") == (f"{of}.contact.mobile",)
    assert _reads("user_data.fn") == (f"{of}.name.given",)
    assert _reads("user_data.ln") == (f"{of}.name.family",)
    assert _reads("user_data.external_id") == (f"{of}.travellerRef",)
    assert _reads("custom_data.order_id") == ("booking.bookingRef",)


def test_a_time_of_day_is_the_time_of_an_event_where_all_others_are_days() -> None:
    assert _reads("event_time") == ("happenedLocal",)
    assert "happenedLocal has no UTC offset" in _draft().mapping


def test_each_name_that_is_to_be_decided_has_a_test_with_what_is_read_of_its_fullest_event() -> None:
    assert _draft().match == "msgType"
    written = of_yaml(_draft().mapping)
    tests = {one["name"].removeprefix("a sample of "): one for one in written["tests"]}
    assert tests.keys() == {*_KINDS}
    assert [name for name, one in tests.items() if one["given"]["msgType"] != name] == []
    assert "event_name" not in tests["booking.held"]["expect"]
    assert tests["booking.held"]["given"]["happenedLocal"].startswith("2026-04-")
    assert "mailbox" in tests["booking.held"]["given"]["leadTraveller"]["contact"]


def test_an_amount_whose_name_says_cents_is_divided_beside_a_currency_of_any_name() -> None:
    value = next(one for one in _draft().guesses if one.path == "custom_data.value")
    assert (value.value, value.evidence) == (
        "{from: booking.totalCents, apply: {minor_units: $currency}}",
        "cents by its name",
    )


_ANSWERS = [
    {"purpose": purpose, "granted": purpose == "marketing"}
    for purpose in ("marketing", "ads_sharing", "maps")
]
_SIGNUP: dict[str, Any] = {
    "event": {"type": "signup.completed", "uuid": "6f1c", "occurred": 1763629200123},
    "privacy": {"consents": _ANSWERS},
    "request": {"ip": "203.0.113.7", "ua": "Mozilla/5.0"},
}


def test_answers_in_a_list_about_consent_are_asked_for_with_the_likely_ones() -> None:
    made = authoring.draft([_SIGNUP], name="signup")
    granted = of_yaml(made.mapping)["consent"]["granted"]["todo"]
    likely = "privacy.consents[?purpose == 'ads_sharing'].granted | [0]"
    assert (
        granted
        == f"which granted of privacy.consents counts? For example {likely}, or purpose == 'marketing'"
    )
    decided = made.trial.replace(
        "payload:", f'consent: {{granted: "{likely}", when_missing: denied, when_denied: skip}}\npayload:', 1
    )
    assert mapper.compile_text(decided).apply(_SIGNUP)[0].skip is not None


def test_an_event_of_one_sample_and_its_time_are_found_in_an_object() -> None:
    made = authoring.draft([_SIGNUP], name="signup")
    assert made.match == "event.type"
    assert made.names == (("signup.completed", "signup"),)
    assert {one.path: one.reads for one in made.guesses}["event_time"] == ("event.occurred",)


def test_a_currency_in_small_letters_stays_in_a_test() -> None:
    order = {
        "kind": "purchase",
        "ref": "A-17",
        "when": "2026-11-20T10:00:00Z",
        "total_cents": 3998,
        "cur": "eur",
        "mail": "ana@example.com",
    }
    (test,) = of_yaml(authoring.draft([order], name="shop").mapping)["tests"]
    assert test["given"]["cur"] == "eur"
    assert test["expect"]["custom_data"] == {"currency": "EUR", "value": "39.98"}


def test_what_may_be_consent_is_named_and_a_draft_with_it_asks_for_it() -> None:
    line = "consent: {granted: choices.marketing, when_missing: denied, when_denied: skip}"
    assert f"\n# {line}\n" in _draft().mapping
    tests = of_yaml(_draft().mapping)["tests"]
    assert {one["given"]["choices"]["marketing"] for one in tests} <= {"yes", "no"}
    asks = _draft().trial + line
    assert [one.code for one in mapper.check_text(asks) if one.severity == "error"] == []


_EMAILS = {"guest": {"marketing_opt_in": True}, "cookies": {"necessary": True, "ads": False}}
_TWO = {"consent": {"ads": True, "marketing": False, "analytics": True}}
_WHOLE = {"consent": True, "cookies": {"ads": False}}
_ONE = {"consent": {"ads": True, "analytics": True}, "page": {"email_ads": True}}


@pytest.mark.parametrize(
    ("answers", "granted"),
    [
        (_EMAILS, {"guest.marketing_opt_in", "cookies.ads"}),
        (_TWO, {"consent.ads", "consent.marketing"}),
        (_WHOLE, {"consent", "cookies.ads"}),
        (_ONE, "consent.ads"),
    ],
)
def test_of_several_answers_about_ads_the_author_chooses(answers: dict[str, Any], granted: Any) -> None:
    events = [{**_visit(number), **answers} for number in range(8)]
    found = of_yaml(authoring.draft(events, name="visits").mapping)["consent"]["granted"]
    if isinstance(granted, str):
        assert found == granted
        return
    assert all(name in found["todo"] for name in granted)
    assert "{all: [" in found["todo"]


@pytest.mark.parametrize(
    "name",
    [
        "manage_url",
        "urlManagement",
        "admin_url",
        "invoice.url",
        "receipt_url",
        "reset_url",
        "editUrl",
        "download_url",
    ],
)
def test_a_link_to_what_is_one_persons_is_no_page_of_a_visit(name: str) -> None:
    first, _, last = name.partition(".")
    link = "https://shop.example/bookings/b-{}"
    events = [
        {
            **_visit(one),
            first: {last: link.format(one)} if last else link.format(one),
            "screen": {"page": "https://shop.example/"},
        }
        for one in range(8)
    ]
    assert "event_source_url: screen.page" in authoring.draft(events, name="visits").mapping
    for event in events:
        del event["screen"]
    assert "event_source_url:" not in authoring.draft(events, name="visits").mapping


@pytest.mark.parametrize(
    ("amounts", "is_asked"),
    [((57500, 37300, 121200), True), ((57500, 37300.5, 121200), False), ((575, 373, 1212), False)],
)
def test_whole_amounts_of_thousands_are_asked_about(amounts: tuple[float, ...], is_asked: bool) -> None:
    events = [{**_visit(one), "total": amounts[one % 3], "currency": "EUR"} for one in range(9)]
    (line,) = [
        line for line in authoring.draft(events, name="visits").mapping.split("\n") if "value: total" in line
    ]
    assert line.endswith("; whole numbers only: cents?") == is_asked


def test_cents_of_no_known_currency_are_divided_too() -> None:
    events = [{"id": f"o-{number}", "orderTotalCents": 1000 + number} for number in range(9)]
    assert "value: {from: orderTotalCents, apply: {divide: {by: 100}}}" in authoring.draft(events).mapping


def _visit(number: int) -> dict[str, Any]:
    return {
        "key": f"k-{number // 2}",
        "number": f"n-{number}" if number else None,
        "step": ("open", "close")[number % 2],
        "left": f"2026-04-01T10:{number:02}:00Z",
        "entered": f"2026-04-01T09:{number:02}:00Z",
        "mail": f"ana{number}@example.com",
    }


@pytest.mark.parametrize(
    ("asked", "attributes"),
    [
        ("no id differs in each event: what identifies it? Likely: number (19 of 20)", {"number"}),
        ("when did the event happen? Likely: left, entered", {"entered", "left"}),
        ("which event are these? Likely: step", {"step"}),
    ],
)
def test_a_question_names_the_likely_attributes_and_the_test_has_them(
    asked: str, attributes: set[str]
) -> None:
    made = authoring.draft([_visit(number) for number in range(20)], name="visits")
    assert asked in made.mapping
    (test,) = of_yaml(made.mapping)["tests"]
    assert attributes <= test["given"].keys()


@pytest.mark.parametrize(
    ("names", "events", "key"),
    [
        (("uid",), 40, "uid  # all different; the tag must send the same id"),
        (("guid",), 40, "guid  # all different; the tag must send the same id"),
        (("requestId",), 40, "requestId  # all different; the tag must send the same id"),
        (("uid",), 20, '{todo: "what identifies an event? Likely: uid (all different), number (19 of 20)"}'),
        (
            ("requestId", "traceId"),
            40,
            '{todo: "what identifies an event? Likely: requestId (all different), traceId (all different)',
        ),
        # These are a person's by name: one person may have several events.
        (("user_id",), 40, '{todo: "no id differs in each event: what identifies it? Likely: number'),
        (
            ("session_id",),
            40,
            '{todo: "no id differs in each event: what identifies it? Likely: number',
        ),
    ],
)
def test_an_id_that_differs_in_each_event_is_taken_or_offered_first(
    names: tuple[str, ...], events: int, key: str
) -> None:
    given = [{**_visit(number), **dict.fromkeys(names, f"e-{number}")} for number in range(events)]
    assert f"\n  event_id: {key}" in authoring.draft(given, name="visits").mapping


def test_a_draft_without_any_id_names_none() -> None:
    given = [{"kind": "visit", "mail": f"ana{number}@example.com"} for number in range(40)]
    asked = '{todo: "no id differs in each event: what identifies it?"}'
    assert f"\n  event_id: {asked}" in authoring.draft(given, name="visits").mapping


@pytest.mark.parametrize("names", [("date_created", "date_created_gmt"), ("createdAt", "createdAtUTC")])
def test_a_time_without_an_offset_is_read_from_the_one_in_utc_beside_it(names: tuple[str, str]) -> None:
    local, utc = names
    events = [
        {"id": f"o-{number}", local: f"2026-05-01T10:00:{number:02}", utc: f"2026-05-01T08:00:{number:02}"}
        for number in range(20)
    ]
    made = authoring.draft([{**one, "email": "ana@example.com"} for one in events], name="orders")
    assert f"event_time: {{from: {utc}, apply: {{timestamp: {{zone: UTC}}}}}}" in made.mapping
    only = authoring.draft([{key: one[key] for key in one if key != local} for one in events], name="orders")
    assert f"from: {utc}, apply: {{timestamp: {{zone: UTC}}}}" in only.mapping


def test_a_time_in_utc_of_fewer_events_does_not_stand_for_all() -> None:
    events = [{"id": f"o-{number}", "date_created": f"2026-05-01T10:00:{number:02}"} for number in range(20)]
    events[3]["date_created_gmt"] = "2026-05-01T08:00:03"
    assert "date_created has no UTC offset" in authoring.draft(events, name="orders").mapping


def test_how_many_more_attributes_no_rule_reads_is_said() -> None:
    events = [{"id": f"o-{number}", **{f"own{one}": number for one in range(50)}} for number in range(5)]
    assert " and 10 more\n" in authoring.draft(events, name="own").mapping


_COOKIE = "isGpcEnabled=0&consentId=5f3c1a9e-0b27&groups=C0001%3A1%2CC0004%3A1"


@pytest.mark.parametrize(
    ("texts", "is_read"),
    [
        (["C0001:1,C0004:0", "C0001:1,C0004:1"], True),
        ([",C0001,C0004,", ",C0001,"], True),
        (["C0001%3A1%2CC0004%3A1"], True),
        ([_COOKIE], True),
        (["C0001:1,C0002:1"], False),
        (["MUG-C0004"], False),
        (["C0004", "C1234"], False),
    ],
)
def test_the_groups_of_onetrust_are_read_by_their_transform(texts: list[str], is_read: bool) -> None:
    given = [{**_visit(one), "consent": {"groups": texts[one % len(texts)]}} for one in range(12)]
    made = authoring.draft(given, name="visits")
    assert ("granted: {from: consent.groups, apply: {onetrust: C0004}}  # " in made.mapping) == is_read
    assert "5f3c1a9e" not in made.mapping + str(made.source)
    assert [one.code for one in mapper.check_text(made.trial) if one.severity == "error"] == []
    has_tests = is_read and texts != [_COOKIE]
    assert ("\ntests:\n" in made.mapping) == has_tests
    assert ("\n# No tests yet: what is sent depends on consent." in made.mapping) != has_tests


_SEGMENT: dict[str, Any] = {"anonymousId": "a", "context": {"library": {"name": "analytics.js"}}}


@pytest.mark.parametrize(
    ("marks", "steps"),
    [
        (
            {"anonymousId": "a", "context": {"library": {"name": "x"}}},
            [{"remove": "space"}, "lowercase"],
        ),
        ({**_SEGMENT, "channel": "web"}, None),
        ({"distinct_id": "d", "properties": {"$lib": "web"}}, "lowercase"),
        ({"x-ga-measurement_id": "G-1"}, ["trim", "lowercase"]),
        ({}, None),
    ],
)
def test_a_customers_id_is_written_as_the_sources_own_tool_sent_it(marks: dict[str, Any], steps: Any) -> None:
    events = [{**marks, "messageId": f"m-{number}", "user_id": f"U {number % 9}"} for number in range(20)]
    made = authoring.draft([one | {"email": f"ada{number}@example.com"} for number, one in enumerate(events)])
    rule = of_yaml(made.mapping)["payload"]["user_data"]["external_id"]
    assert (rule.get("apply") if isinstance(rule, dict) else None) == steps


@pytest.mark.parametrize(
    "name", ["gross", "grossCents", "gross_total", "totalGross", "grossAmountInCents", "bruttobetrag"]
)
def test_an_amount_named_gross_is_the_value_also_of_a_few_events(name: str) -> None:
    events = [
        {"id": f"e-{number}", "at": f"2026-04-1{number}T10:00:00Z", "mail": f"a{number}@example.com"}
        | {"order": {"ref": f"F-{number}", "totals": {name: 2350 + number, "currency": "EUR"}}}
        for number in range(4)
    ]
    drafted = authoring.draft(events, name="food")
    reads = {one.path: one.reads for one in drafted.guesses}
    assert reads.get("custom_data.value") == (f"order.totals.{name}",)
