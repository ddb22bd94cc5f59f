"""The time of a payload, in each unit: a window holds at its edges, and what is no time is refused."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper import compile_mapping
from mapper.delivery.batch import Clocks, gate, parcel_of
from mapper.delivery.stand_in import Asked, Stand
from mapper.values.payload_time import UNITS, PayloadTime, TimeUnit
from mapper.workbench.draft import draft
from mapper.workbench.drafting.likely_fields import time_field
from tests.delivery.deliveries import DESTINATION, NOW, payload
from tests.delivery.test_description import mistakes_of
from tests.support.destinations import FOLDER, TALLY

pytestmark = pytest.mark.quick

_WEEK, _AHEAD = DESTINATION.window.past_seconds, DESTINATION.window.future_seconds
_SCHEMA: dict[str, Any] = json.loads((FOLDER / "tally/events-v1.json").read_text("utf-8"))


def _written(seconds: float, unit: TimeUnit) -> Any:
    """A moment as a unit has it."""
    if unit == "iso":
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    return round(seconds * {"s": 1, "ms": 1_000, "us": 1_000_000}[unit])


def _gated(written: Any, unit: TimeUnit) -> str:
    """The kind or status of a payload with such a time, "" where it is sent."""
    there = replace(DESTINATION, time=PayloadTime("event_time", unit))
    parcel = parcel_of(payload(event_time=written), "f", 1, there)
    assert parcel == parcel_of(
        payload(event_time=written), "f", 1, pickle.loads(pickle.dumps(there.parcel_facts))
    )
    receipt = gate(parcel, there, Clocks(NOW, NOW))
    return "" if receipt is None else receipt.kind or receipt.status


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    ("seconds", "end"),
    [
        (NOW, ""),
        (NOW - _WEEK, ""),
        (NOW - _WEEK - 1, "too_old"),
        (NOW - 25 * 365 * 86_400, "too_old"),
        (NOW + _AHEAD, ""),
        (NOW + _AHEAD + 1, "retry"),
        (NOW + 86_400, "retry"),
        (NOW + 86_401, "bad_time"),
    ],
)
def test_a_window_holds_at_its_edges_in_each_unit(seconds: int, end: str, unit: TimeUnit) -> None:
    assert _gated(_written(seconds, unit), unit) == end


@pytest.mark.parametrize("unit", ["ms", "us", "iso"])
def test_a_part_of_a_second_before_the_window_is_too_old(unit: TimeUnit) -> None:
    assert _gated(_written(NOW - _WEEK - 0.001, unit), unit) == "too_old"
    assert _gated(_written(NOW - _WEEK + 0.001, unit), unit) == ""


@pytest.mark.parametrize(
    "written",
    [
        *(True, False, "", "soon", "1790000000", "2026-09-21T14:13:20", "2026-09-21", [NOW], {"t": NOW}),
        *(0, -5, 10**18, 10**30, -(10**30), 1e300),
    ],
)
@pytest.mark.parametrize("unit", UNITS)
def test_what_is_no_time_of_the_unit_is_refused_and_never_skips_the_window(
    written: Any, unit: TimeUnit
) -> None:
    assert _gated(written, unit) == "bad_time"


@pytest.mark.parametrize("unit", UNITS)
def test_a_time_in_another_unit_is_never_sent(unit: TimeUnit) -> None:
    for other in UNITS:
        assert (_gated(_written(NOW, other), unit) == "") == (unit == other)


@pytest.mark.parametrize("unit", UNITS)
def test_the_reason_says_what_is_expected_and_not_what_came(unit: TimeUnit) -> None:
    there = replace(DESTINATION, time=PayloadTime("event_time", unit))
    receipt = gate(parcel_of(payload(event_time="soon"), "f", 1, there), there, Clocks(NOW, NOW))
    assert receipt is not None
    assert receipt.reason == f"`event_time` is not {there.time.described}"


@pytest.mark.parametrize("written", [NOW * 1.0, NOW + 0.75])
def test_a_number_with_a_fraction_is_rounded_down(written: float) -> None:
    assert PayloadTime("t", "s").seconds({"t": written}) == NOW


@pytest.mark.parametrize("unit", UNITS)
def test_a_payload_without_a_time_has_none(unit: TimeUnit) -> None:
    assert PayloadTime("t", unit).seconds({}) is None
    assert PayloadTime("t", unit).seconds({"t": None}) is None


@pytest.mark.parametrize("zone", ["Z", "+00:00", "+02:00", "-0330", "+05:45"])
def test_a_text_with_an_offset_is_that_moment(zone: str) -> None:
    read = datetime.fromisoformat(f"2026-09-21T14:13:20.999{zone}").timestamp()
    assert PayloadTime("t", "iso").seconds({"t": f"2026-09-21T14:13:20.999{zone}"}) == int(read)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    ("seconds", "situation"), [(0, "accepted"), (-8 * 86_400, "partly"), (3_600, "partly")]
)
def test_the_sandbox_has_the_same_window(seconds: int, situation: str, unit: TimeUnit) -> None:
    stand_in = replace(
        TALLY.destination.stand_in,
        answers={**TALLY.destination.stand_in.answers, "partly": (200, {})},
    )
    there = replace(TALLY.destination, time=PayloadTime("event_time", unit), stand_in=stand_in)
    event = {**TALLY.payload, "event_time": _written(NOW + seconds, unit)}
    body = {"partner_agent": "mapper", "data": [event]}
    asked = Asked(
        {"dataset": "77"},
        {},
        {"access_token": TALLY.values["token"]},
        "application/json",
        json.dumps(body).encode(),
    )
    assert Stand(there, lambda one: (), TALLY.known).judge(asked, NOW).situation == situation


def _stated(time: Any, kind: str = "integer") -> dict[str, Any]:
    """A schema of which the time is said so, and is of such a type."""
    fields = {**_SCHEMA["properties"], "event_time": {"type": kind}}
    return {**_SCHEMA, "properties": fields, "x-time": time}


@pytest.mark.parametrize(
    ("time", "kind", "field", "unit"),
    [
        ("event_time", "integer", "event_time", "s"),
        ({"field": "event_time"}, "integer", "event_time", "s"),
        ({"field": "event_time", "unit": "ms"}, "number", "event_time", "ms"),
        ({"field": "event_time", "unit": "us"}, "integer", "event_time", "us"),
        ({"field": "event_time", "unit": "iso"}, "string", "event_time", "iso"),
    ],
)
def test_a_schema_says_the_field_and_the_unit(time: Any, kind: str, field: str, unit: TimeUnit) -> None:
    schema = _stated(time, kind)
    assert mistakes_of(schema) == ()
    assert mapper.compiling.describe(schema).time == PayloadTime(field, unit)
    assert time_field(schema) == field


@pytest.mark.parametrize(
    ("time", "kind", "at", "message", "hint"),
    [
        ("event_tim", "integer", ("x-time",), "`event_tim` is no field", "did you mean `event_time`?"),
        (
            {"field": "event_tim", "unit": "ms"},
            "integer",
            ("x-time", "field"),
            "`event_tim` is no field",
            "did you mean `event_time`?",
        ),
        ({"unit": "ms"}, "integer", ("x-time",), "`x-time` lacks `field`", ""),
        (
            {"field": "event_time", "unit": "sec"},
            "integer",
            ("x-time", "unit"),
            "`sec` is no value",
            "write one of iso, ms, s, us",
        ),
        (
            {"field": "event_time", "units": "ms"},
            "integer",
            ("x-time", "units"),
            "no key `units`",
            "did you mean `unit`?",
        ),
        ({"field": "event_time", "unit": 1}, "integer", ("x-time", "unit"), "must be text", ""),
        (["event_time"], "integer", ("x-time",), "`x-time` must be text", ""),
        ("event_time", "string", ("x-time",), "`event_time` is of type string", "unit: iso"),
        (
            {"field": "event_time", "unit": "iso"},
            "integer",
            ("x-time", "field"),
            "`event_time` is of type integer",
            "",
        ),
    ],
)
def test_what_is_wrong_with_a_time_is_told_at_its_place(
    time: Any, kind: str, at: tuple[str, ...], message: str, hint: str
) -> None:
    [found] = mistakes_of(_stated(time, kind))
    assert found.at == at
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    ("unit", "kind", "form", "time"),
    [
        ("s", "integer", ["timestamp"], 1_777_629_600),
        ("ms", "integer", ["timestamp", {"multiply": 1000}], 1_777_629_600_000),
        ("us", "integer", ["timestamp", {"multiply": 1_000_000}], 1_777_629_600_000_000),
        (
            "iso",
            "string",
            [{"format_time": {"format": "%Y-%m-%dT%H:%M:%S%z", "zone": "UTC"}}],
            "2026-05-01T10:00:00+0000",
        ),
    ],
)
def test_a_mapping_to_a_target_with_another_unit_gives_times_that_delivery_reads(
    unit: TimeUnit, kind: str, form: list[Any], time: Any, tmp_path: Path
) -> None:
    (tmp_path / "schemas/own").mkdir(parents=True)
    fields = {"id": {"type": "string"}, "at": {"type": kind, "x-normal-form": form}}
    schema = {
        **{"type": "object", "required": ["id", "at"], "additionalProperties": False},
        **{"properties": fields, "x-key": "id", "x-time": {"field": "at", "unit": unit}},
    }
    (tmp_path / "schemas/own/events.json").write_text(json.dumps(schema), "utf-8")
    file = tmp_path / "shop.yaml"
    file.write_text(
        "version: 1\ntarget: own/events\npayload: {id: text(id), at: time}\notherwise: {send: x}\n", "utf-8"
    )
    program = compile_mapping(file)
    made = program.apply({"id": "1", "time": "2026-05-01T12:00:00+02:00"})[0].payload
    assert made is not None
    assert made["at"] == time
    assert program.code.time == PayloadTime("at", unit)
    assert program.code.time.seconds(made) == 1_777_629_600


@pytest.mark.parametrize(
    "events", [[{"id": f"o-{n}", "created_at": f"2026-05-01T10:0{n}:00Z"} for n in range(9)]]
)
def test_a_draft_is_the_same_however_the_time_is_stated(events: list[dict[str, Any]], tmp_path: Path) -> None:
    """`mapper init` reads the field of `x-time` from an object too."""
    made = []
    for name, time in (("one", "event_time"), ("two", {"field": "event_time", "unit": "s"})):
        folder = tmp_path / name
        (folder / "schemas/own").mkdir(parents=True)
        schema = json.loads(Path("schemas/pinterest/conversions-v5.json").read_text("utf-8"))
        (folder / "schemas/own/events.json").write_text(json.dumps({**schema, "x-time": time}), "utf-8")
        made.append(draft(events, target="own/events", beside=folder / "shop.yaml"))
    assert made[0].mapping == made[1].mapping
    assert "event_time: created_at" in made[0].mapping
