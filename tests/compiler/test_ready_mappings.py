"""The ready mappings against what sources really send: whatever stands beside a value never costs it."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from mapper import Outcome, compile_mapping
from mapper.compiler.inference.personal_origins import value_paths
from mapper.compiler.jmespath.origin import WHOLE_EVENT
from mapper.compiler.jmespath.origin import Path as Attribute
from mapper.compiler.syntax.value_nodes import Fields
from mapper.feeds import SourceEvent, read_events
from mapper.transforms.digest import is_digest
from tests.oracles.golden import (
    EVENTS,
    KNOWN_BY_THE_HOST,
    MAPPING_OF,
    MAPPINGS,
    ROOT,
    SENT,
    only,
    outcome_of,
    ready,
)
from tests.support.depth import by_seed, some
from tests.support.events import leaves
from tests.support.people import (
    Event,
    Mapped,
    events_of,
    given_events,
    made,
    mapped,
    parts_of,
    put,
    without_people,
)

_FILES = [*MAPPINGS, *sorted((ROOT / "mappings/base").glob("*.yaml"))]
_BERLIN = hashlib.sha256(b"4930901820").hexdigest()
_IDENTIFIED = {"client_ip_address": "203.0.113.7", "client_user_agent": "Mozilla/5.0"}
# What stands in objects that have nothing of use in them.
_DECOYS: tuple[Any, ...] = ({"decoy": "x"}, [{"decoy": "x"}], [], {}, "decoy")


# Each is tried with each attribute of a person: some thousand runs of a mapping.
_MOST_EVENTS = 25
_One = tuple[Event, dict[str, Any] | None, Attribute | None, list[Any]]


def _events(of: Mapped) -> list[tuple[Event, dict[str, Any] | None]]:
    """Sample events of a mapping's source, and those of its tests, which end as a payload."""
    prefixes = tuple(start for start, name in MAPPING_OF.items() if name == of.program.name)
    samples = [(event, KNOWN_BY_THE_HOST) for event in events_of(EVENTS[0].parent, prefixes)]
    given = [*samples, *given_events(of)]
    return [one for one in given if any(outcome.payload for outcome in of.program.apply(*one))]


def _payloads(outcomes: list[Outcome]) -> list[Any]:
    """What outcomes send; an id that is the digest of an event is another one for another event."""
    payloads = [outcome.payload for outcome in outcomes]
    return [
        one and {k: v for k, v in one.items() if not (k == "event_id" and is_digest(v))} for one in payloads
    ]


def _paths(of: Mapped) -> set[Attribute]:
    """Every attribute that a field of a payload reads."""
    labels, sections = of.plan.labels, of.plan.mapping.sections
    return {
        path
        for payload in (of.plan.mapping.payload, *(section.payload for section in sections))
        for value in _values(payload)
        for path in value_paths(value, labels.event, labels)
    }


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, Fields):
        for _, _, inner in value.entries:
            yield from _values(inner)
    else:
        yield value


def _holder(event: Event, path: Attribute) -> dict[str, Any] | None:
    """The object that an attribute would be in, or a copy where a text has it as a part; None where there
    is none, or several.
    """
    holder: Any = event
    for name in path[:-1]:
        holder = holder.get(name) if isinstance(holder, dict) else None
        holder = parts_of(holder) if isinstance(holder, str) else holder
    return holder if isinstance(holder, dict) else None


def _looked_into(paths: set[Attribute]) -> list[Attribute]:
    """The places of the objects that hold attributes, the outer ones first."""
    return sorted({path[:length] for path in paths for length in range(1, len(path))}, key=len)


def _with_decoys(event: Event, places: list[Attribute], decoy: Any) -> Event:
    """A copy of an event with something in each place that it leaves empty and a mapping looks into."""
    other = copy.deepcopy(event)
    for place in places:
        holder = _holder(other, place)
        if holder is not None and holder.get(place[-1]) is None:
            put(other, place, copy.deepcopy(decoy))
    return other


@pytest.mark.parametrize(
    ("path", "decoy"), some([*product(MAPPINGS, _DECOYS)], 8), ids=lambda one: getattr(one, "stem", None)
)
def test_an_object_with_nothing_of_use_hides_no_field(path: Path, decoy: Any) -> None:
    of = mapped(path)
    places, reached = _looked_into(_paths(of)), set()
    for event, meta, attribute, payloads in _one_by_one(path):
        assert _payloads(of.program.apply(_with_decoys(event, places, decoy), meta)) == payloads, attribute
        if attribute is not None:
            sent = [(payload or {}).get("user_data", {}) for payload in payloads]
            reached |= {attribute for user in sent if of.fields[attribute] in user}
    assert _names(of, {*of.fields}) == _names(of, reached)


@lru_cache(maxsize=1)
def _one_by_one(path: Path) -> list[_One]:
    """Events as they come, and with each attribute of a person alone, which is named; and what they send."""
    of, chance = mapped(path), by_seed(path.stem)
    made_of: list[_One] = []
    # Where a source knows no browsers, an address has to say who it was.
    addresses = [one for one, kind in of.fields.items() if kind == "em"] if _knows_no_browsers(of) else []
    for event, meta in _events(of)[:_MOST_EVENTS]:
        made_of.append((event, meta, None, _payloads(of.program.apply(event, meta))))
        bare = without_people(event, of)
        for attribute, kind in of.fields.items():
            if kind in _IDENTIFIED:
                put(bare, attribute, _IDENTIFIED[kind])
        for attribute, kind in of.fields.items():
            one = copy.deepcopy(bare)
            if addresses and kind != "em":
                put(one, addresses[0], "jane@example.com")
            put(one, attribute, made(kind, chance))
            made_of.append((one, meta, attribute, _payloads(of.program.apply(one, meta))))
    return made_of


def _knows_no_browsers(of: Mapped) -> bool:
    return not {*_IDENTIFIED} & {*of.fields.values()}


def _names(of: Mapped, attributes: set[Attribute]) -> set[Attribute]:
    """Attributes as they are told apart: where parts are merged it is not known which of them holds one."""
    # An id of a kind is looked for by its kind.
    told = {one for one in attributes if one[-2:-1] not in (("externalIds",), ("externalId",))}
    return {one if of.plan.labels.event == WHOLE_EVENT else one[-1:] for one in told}


def _nobody(event: Event, of: Mapped) -> Event:
    """A copy of an event less its people and countries, with an e-mail address alone."""
    bare = without_people(event, of)
    for way, _ in [*leaves(bare)]:
        holder = _holder(bare, tuple(map(str, way)))
        if holder is not None and "country" in str(way[-1]):
            del holder[way[-1]]
    for attribute, kind in of.fields.items():
        if kind == "em":
            put(bare, attribute, "jane@example.com")
    return bare


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_a_national_number_gets_the_country_that_the_same_event_holds(path: Path) -> None:
    of = mapped(path)
    event, meta = _events(of)[0]
    bare, met = _nobody(event, of), set()
    for phone in (attribute for attribute, kind in of.fields.items() if kind == "ph"):
        for country in (attribute for attribute, kind in of.fields.items() if kind == "country"):
            for written, place in (("030 901820", "DE"), ("030 901820", "Germany"), ("+49 30 901820", "n/a")):
                one = copy.deepcopy(bare)
                put(one, phone, written)
                put(one, country, place)
                for outcome in of.program.apply(one, meta):
                    user = (outcome.payload or {})["user_data"]
                    if "ph" in user and ("country" in user or place == "n/a"):
                        assert user["ph"] == [_BERLIN], (phone, country, place)
                        met |= {phone, country}
    read = {attribute for attribute, kind in of.fields.items() if kind in ("ph", "country")}
    assert _names(of, read) == _names(of, met) or "ph" not in of.fields.values()


def _untold(value: Any, names: set[str]) -> Any:
    """A value less all that is named so, wherever it stands."""
    if isinstance(value, dict):
        return {name: _untold(inner, names) for name, inner in value.items() if name not in names}
    return [_untold(inner, names) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", SENT, ids=lambda path: path.stem)
def test_an_event_id_is_the_source_s_or_varies_with_the_event(path: Path) -> None:
    of = mapped(path)
    labels, sections = of.plan.labels, of.plan.mapping.sections
    told_by = {
        way[-1]
        for payload in (of.plan.mapping.payload, *(section.payload for section in sections))
        for name, _, value in payload.entries
        if name in ("event_id", "event_time")
        for way in value_paths(value, labels.event, labels)
        if way
    }
    for event, meta in _events(of):
        written = tuple(str(value) for _, value in leaves(event) if value not in (None, ""))
        for outcome in of.program.apply(event, meta):
            if outcome.payload and not is_digest(outcome.payload["event_id"]):
                sent = outcome.payload["event_id"]
                assert sent.endswith(written) or any(one.endswith(sent) for one in written)
        # Two events that nobody can tell apart come in on lines of their own, or neither is sent.
        alike = _untold(event, told_by)
        ids = [
            outcome.payload["event_id"]
            for line in (1, 2)
            for outcome in of.program.apply(alike, KNOWN_BY_THE_HOST | {"line": line})
            if outcome.payload
        ]
        assert len({*ids}) == len(ids)
        assert [outcome.payload for outcome in of.program.apply(alike) if outcome.payload] == []


def test_two_views_of_a_page_in_one_session_are_two() -> None:
    program = ready("ga4-server")
    event = json.loads((EVENTS[0].parent / "ga4_sgtm_page_view.json").read_bytes())
    assert only(program.apply(event)).payload is None
    first, second = (
        only(program.apply(event, {"received_at": at})).payload or {}
        for at in ("2024-03-13T09:00:00.250Z", "2024-03-13T09:00:00.750Z")
    )
    assert first["event_id"] != second["event_id"]
    assert first["event_time"] == second["event_time"] == 1710320400
    third, again, fourth = (
        only(program.apply(event | {"timestamp": at}, {"received_at": f"2024-03-1{day}T09:00:00Z"})).payload
        for at, day in ((1710316583846, 3), (1710316583846, 4), (1710316583847, 3))
    )
    assert third == again
    assert third is not None
    assert fourth is not None
    assert third["event_id"] != fourth["event_id"]
    assert third["event_time"] == 1710316583


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_row_of_a_csv_file_is_sent_like_the_event_with_its_cells(delimiter: str) -> None:
    sample = EVENTS[0].parent / "warehouse_order_row.json"
    row = json.loads(sample.read_bytes()) | {"state": ""}  # an empty cell is a missing attribute
    lines = (delimiter.join(f'"{cell}"' for cell in cells) for cells in (row, row.values()))
    (read,) = read_events(io.BytesIO("\r\n".join(lines).encode()), name="orders.csv")
    assert isinstance(read, SourceEvent)
    assert only(ready("warehouse-orders").apply(read.event)) == outcome_of(sample)


# What each name is sent as: Google's, those of Pinterest's own template for server containers, the API's.
_NAMES = {
    "checkout": "purchase buy pay payment checkout",
    "page_visit": "page_view pageview pagevisit page_visit gtm.dom view_item",
    "add_to_cart": "add_to_cart addtocart",
    "add_to_wishlist": "add_to_wishlist addtowishlist",
    "initiate_checkout": "begin_checkout add_shipping_info initiate_checkout",
    "add_payment_info": "add_payment_info",
    "view_category": "view_item_list viewcategory view_category",
    "view_content": "select_item select_promotion view_promotion viewcontent view_content",
    "search": "search",
    "signup": "sign_up signup completeregistration",
    "lead": "generate_lead lead",
    "watch_video": "watchvideo watch_video",
    "app_install": "app_install appinstall",
    "app_open": "app_open",
    "contact": "contact",
    "customize_product": "customize_product customizeproduct",
    "find_location": "find_location",
    "schedule": "schedule",
    "start_trial": "start_trial",
    "submit_application": "submit_application",
    "subscribe": "subscribe",
    "custom": "custom",
}


@pytest.mark.parametrize(("sent", "names"), _NAMES.items())
def test_a_container_s_names_are_known_in_any_case_and_with_blanks(sent: str, names: str) -> None:
    known = {"event_id": "e-1", "event_time": 1710316583, "user_data": {"email_address": "jane@example.com"}}
    for name in names.split():
        words = name.replace("_", " ")
        for written in (name, name.upper(), f" {name} ", words, words.title()):
            payload = only(ready("ga4-server").apply({**known, "event_name": written})).payload
            assert payload is not None, written
            assert payload["event_name"] == sent


@pytest.mark.parametrize("counted", ["orders/create", "orders/paid"])
@pytest.mark.parametrize("source", ["web", "pos"])
def test_an_order_that_comes_by_two_webhooks_is_sent_once(counted: str, source: str, tmp_path: Path) -> None:
    text = (ROOT / "mappings/shopify-orders.yaml").read_text("utf-8")
    written = tmp_path / "shopify-orders.yaml"
    written.write_text(text.replace("{const: orders/create}", f"{{const: {counted}}}"), "utf-8")
    program = compile_mapping(written)
    order = {"id": 7, "processed_at": "2024-03-13T03:56:23Z", "email": "j@example.com", "source_name": source}
    sent = [
        topic
        for topic in ("orders/create", "orders/paid", "orders/updated")
        for outcome in program.apply(order, {"headers": {"x-shopify-topic": topic}})
        if outcome.payload
    ]
    assert sent == [counted]


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_no_mapping_sends_an_address_that_is_an_example(path: Path) -> None:
    rules = path.read_text("utf-8").partition("\nbases:")[0].partition("\ntests:")[0]
    assert re.findall(r"^[^#\n]*\bexample\.\w+", rules, re.MULTILINE) == []
