"""The schema of a Pinterest event takes and refuses what it must; its words are checked elsewhere."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import mapper.transforms  # noqa: F401  (fills the registry)
from tests.support.pack import cases

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests/cases/target"
Schema = dict[str, Any]

SCHEMA_FILE = ROOT / "schemas/pinterest/conversions-v5.json"
SOURCE_FILE = ROOT / "schemas/segment/track.json"
SCHEMA: Schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
CHECKOUT: Schema = json.loads((CASES / "checkout.json").read_text(encoding="utf-8"))
ACCEPTED = [one for one in cases("payloads") if one["expect"] == "accept"]
REFUSED = [one for one in cases("payloads") if one["expect"] == "reject"]

HASHED = ["em", "ph", "hashed_maids", "external_id", "fn", "ln", "ge", "db", "ct", "st", "zp", "country"]
PLAIN = ["client_ip_address", "client_user_agent", "click_id", "partner_id"]


def places(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Each place below an object with its path, `[]` for the elements of a list."""
    for name, part in schema.get("properties", {}).items():
        below = f"{path}.{name}" if path else name
        yield below, part
        yield from places(part, below)
        if "items" in part:
            yield f"{below}[]", part["items"]
            yield from places(part["items"], f"{below}[]")


PLACES = dict(places(SCHEMA))
SOURCE_PLACES = dict(places(json.loads(SOURCE_FILE.read_text(encoding="utf-8"))))
FIELDS = {path: part for path, part in PLACES.items() if not path.endswith("[]")}


def mistakes(schema: Schema, payload: Schema) -> list[tuple[str, str]]:
    """What a payload breaks, as (path, keyword)."""
    errors = Draft202012Validator(schema).iter_errors(payload)
    return sorted((error.json_path.removeprefix("$").removeprefix("."), error.validator) for error in errors)


def with_profile(name: str) -> Schema:
    return {"allOf": [SCHEMA, SCHEMA["x-profiles"][name]["schema"]]}


@pytest.mark.parametrize("path", [SCHEMA_FILE, SOURCE_FILE], ids=lambda path: path.parent.name)
def test_a_schema_file_is_draft_2020_12(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", [SCHEMA_FILE, SOURCE_FILE], ids=lambda path: path.parent.name)
def test_a_schema_file_is_written_in_one_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("path", FIELDS)
def test_an_editor_can_show_a_field(path: str) -> None:
    assert FIELDS[path]["title"]
    assert FIELDS[path]["description"].endswith((".", ")"))


def test_the_words_of_drafts_are_each_said_once_and_name_fields_that_there_are() -> None:
    for path, part in PLACES.items():
        names = part.get("x-attributes", ())
        assert len({*names}) == len(names), path
        assert {*part.get("x-not-attributes", ())}.isdisjoint(names), path
    draft = SCHEMA["x-draft"]
    named = [*draft["roles"].values(), *draft["shapes"], *draft["of_apps"]]
    named += [path for key, others in draft["company"].items() for path in (key, *others)]
    assert [path for path in named if path not in PLACES] == []


def test_every_value_has_a_normal_form() -> None:
    missing = [path for path, part in PLACES.items() if _is_scalar(part) and not part.get("x-normal-form")]
    assert missing == []


def _is_scalar(part: Schema) -> bool:
    return part["type"] not in ("object", "array")


def _steps(form: list[Any]) -> list[tuple[str, Any]]:
    return [(step, None) if isinstance(step, str) else next(iter(step.items())) for step in form]


@pytest.mark.parametrize("name", HASHED)
def test_a_hashed_field_is_cleaned_hashed_and_put_in_a_list(name: str) -> None:
    field = PLACES[f"user_data.{name}"]
    *before, last = [step for step, _ in _steps(field["items"]["x-normal-form"])]
    assert last == "sha256"
    # `postcode` does both itself: a number that was cleaned could no longer be noted as one.
    assert before[:2] == ["clean", "digest"] or before == ["postcode"]
    assert field["x-normal-form"] == ["unique"]
    assert field["x-personal"] is True
    assert field["x-hash-after"]
    assert (field["minItems"], field["items"]["pattern"]) == (1, "^[a-f0-9]{64}$")


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_field_is_personal_and_not_hashed(name: str) -> None:
    field = PLACES[f"user_data.{name}"]
    assert field["x-plain"] is True
    assert field["x-personal"] is True
    assert "sha256" not in dict(_steps(field["x-normal-form"]))


def test_only_the_fields_of_user_data_and_the_user_agent_are_personal() -> None:
    personal = {path for path, part in PLACES.items() if part.get("x-personal")}
    assert personal == {f"user_data.{name}" for name in HASHED + PLAIN} | {"app_info.user_agent"}


def test_every_object_but_user_data_is_closed() -> None:
    objects = {"": SCHEMA} | {path: part for path, part in PLACES.items() if part["type"] == "object"}
    assert {path for path, part in objects.items() if part["additionalProperties"]} == {"user_data"}


def test_no_field_takes_null() -> None:
    assert all(isinstance(part["type"], str) and part["type"] != "null" for part in PLACES.values())


def _sources() -> Iterator[Schema]:
    yield SCHEMA["x-source"]
    yield from (part["x-source"] for part in PLACES.values() if "x-source" in part)
    yield from (
        name["x-source"] for name in SCHEMA["x-event-names"]["standard"].values() if "x-source" in name
    )
    yield from (profile["source"] for profile in SCHEMA["x-profiles"].values())


def test_a_source_says_document_version_date_and_evidence() -> None:
    for source in _sources():
        assert set(source) == {"document", "version", "date", "evidence"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", source["date"])


def test_the_overlay_is_marked_and_has_its_source() -> None:
    overlay = {path for path, part in PLACES.items() if part.get("x-overlay")}
    assert overlay == {"advertiser_tracking_enabled", "custom_data.contents[].item_brand_id"}
    assert all("x-source" in PLACES[path] for path in overlay)


def _advice() -> Iterator[Schema]:
    yield from SCHEMA["x-advice"]
    for name in SCHEMA["x-event-names"]["standard"].values():
        yield from name["advice"]


def _paths(signals: list[Any]) -> list[str]:
    """The paths of signals: each is one, or a list of those of which one suffices."""
    return [path for one in signals for path in ([one] if isinstance(one, str) else one)]


def test_advice_says_why_and_where_that_stands() -> None:
    for advice in _advice():
        assert set(advice) <= {"when", "fields", "why", "source"}
        assert all(advice[key] for key in ("fields", "why", "source"))
        assert not advice["why"].endswith(".")


def test_the_scored_signals_are_the_eleven_of_the_quality_score() -> None:
    assert len(SCHEMA["x-scored"]) == 11


def test_the_key_and_the_time_are_required() -> None:
    assert {SCHEMA["x-key"], SCHEMA["x-time"]} <= set(SCHEMA["required"])


def test_there_are_22_standard_names_in_order() -> None:
    names = SCHEMA["x-event-names"]["standard"]
    assert len(names) == 22
    assert list(names) == sorted(names)
    assert all(
        set(name) <= {"title", "use", "also", "advice", "x-tag", "x-overlay", "x-source"}
        for name in names.values()
    )
    assert all(name["title"] and name["use"] for name in names.values())


def test_a_name_of_other_tools_is_that_of_one_event() -> None:
    names = SCHEMA["x-event-names"]["standard"]
    also = [other for one in names.values() for other in one.get("also", ())]
    assert len(set(also)) == len(also)
    assert not set(also) & set(names)


def test_advice_names_each_field_once_for_an_event() -> None:
    for stated in SCHEMA["x-event-names"]["standard"].values():
        named = [path for advice in stated["advice"] for path in _paths(advice["fields"])]
        named += [path for advice in SCHEMA["x-advice"] for path in _paths(advice["fields"])]
        once = [path for path in named if path != "user_data.hashed_maids"]
        assert len(set(once)) == len(once)


def test_the_values_of_an_enum_are_in_lower_case_as_its_normal_form_makes_them() -> None:
    for path, part in PLACES.items():
        if "enum" in part:
            assert part["x-normal-form"] == ["text", "trim", "lowercase"], path
            assert part["enum"] == [value.strip().lower() for value in part["enum"]], path


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case["id"])
def test_it_accepts(case: Schema) -> None:
    assert mistakes(SCHEMA, case["input"]) == []


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["id"])
def test_it_refuses(case: Schema) -> None:
    assert mistakes(SCHEMA, case["input"]) == [(case["rule"]["at"], case["rule"]["breaks"])]


IDENTITY = {
    "em": {"em": CHECKOUT["user_data"]["em"]},
    "hashed_maids": {"hashed_maids": CHECKOUT["user_data"]["em"]},
    "ip": {"client_ip_address": "203.0.113.24"},
    "ua": {"client_user_agent": "Mozilla/5.0"},
}


@pytest.mark.parametrize("em", [True, False])
@pytest.mark.parametrize("hashed_maids", [True, False])
@pytest.mark.parametrize("pair", ["both", "neither", "ip", "ua"])
@pytest.mark.parametrize("click_id", [True, False])
def test_an_event_names_somebody(em: bool, hashed_maids: bool, pair: str, click_id: bool) -> None:
    chosen = {"both": ["ip", "ua"], "neither": [], "ip": ["ip"], "ua": ["ua"]}[pair]
    chosen += ["em"] * em + ["hashed_maids"] * hashed_maids
    user_data = dict(itertools.chain.from_iterable(IDENTITY[name].items() for name in chosen))
    user_data |= {"click_id": "dj0y"} if click_id else {}
    payload = CHECKOUT | {"user_data": user_data}

    identified = em or hashed_maids or pair == "both"
    expected = [] if identified else [("user_data", "anyOf")]
    assert mistakes(SCHEMA, payload) == expected
    asked = [] if click_id else [("user_data", "required")]
    assert mistakes(with_profile("click-id"), payload) == expected + asked


@pytest.mark.parametrize(
    "name", ["ph", "external_id", "fn", "country", "click_id", "partner_id", "loyalty_tier"]
)
def test_no_other_field_names_somebody(name: str) -> None:
    value = CHECKOUT["user_data"]["em"] if name in HASHED else "dj0y"
    assert mistakes(SCHEMA, CHECKOUT | {"user_data": {name: value}}) == [("user_data", "anyOf")]


def test_a_profile_is_a_schema_with_words_for_people() -> None:
    for profile in SCHEMA["x-profiles"].values():
        assert set(profile) == {"title", "description", "source", "schema"}
        Draft202012Validator.check_schema(profile["schema"])


def test_the_source_schema_is_open_and_requires_nothing() -> None:
    for path, part in SOURCE_PLACES.items():
        assert part.get("additionalProperties", True) is not False, path
        assert "required" not in part, path


def test_the_source_schema_marks_what_is_personal() -> None:
    kinds = {"email", "phone", "name", "address", "dob", "gender", "id", "maid", "ip", "ua"}
    marked = {part["x-personal"] for part in SOURCE_PLACES.values() if "x-personal" in part}
    source = json.loads(SOURCE_FILE.read_text(encoding="utf-8"))
    for shared in source["$defs"].values():
        marked |= {part["x-personal"] for _, part in places(shared) if "x-personal" in part}
    assert marked == kinds


@pytest.mark.parametrize(
    "event", sorted((ROOT / "tests/cases/events").glob("segment_*.json")), ids=lambda e: e.stem
)
def test_the_source_schema_describes_real_events(event: Path) -> None:
    source = json.loads(SOURCE_FILE.read_text(encoding="utf-8"))
    assert mistakes(source, json.loads(event.read_text(encoding="utf-8"))) == []


def test_the_table_of_the_tag_names_the_fields_and_events_that_the_schema_pairs() -> None:
    page = (ROOT / "docs/moving-off-the-tag.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")]
    for path, part in PLACES.items():
        if "x-tag" in part:
            name = part["x-tag"].rpartition(".")[2]
            assert any(name in row[0] and f"`{path}" in row[1] for row in rows), path
    for event_name, part in SCHEMA["x-event-names"]["standard"].items():
        if "x-tag" in part:
            assert any(f"`{part['x-tag']}`" in row[0] and f"`{event_name}`" in row[1] for row in rows)


def test_the_pages_about_the_service_name_only_fields_that_exist() -> None:
    for name in ("pinterest.md", "moving-off-the-tag.md"):
        page = (ROOT / "docs" / name).read_text(encoding="utf-8")
        named = re.findall(r"`((?:user_data|custom_data|app_info|device_info)\.[\w.\[\]]+)`", page)
        assert [path for path in named if path not in PLACES] == []
