"""`across`: its work, what editors are told of it, and personal attributes that flow through it."""

from __future__ import annotations

from typing import Any

import pytest

import mapper
from mapper import authoring, compile_text
from tests.support.effort import calls

_MAPPING = """
version: 1
target: pinterest/conversions-v5
let:
  user: {across: [context.traits, "traits", 'customer']}
payload:
  event_id: id
  event_time: at
  action_source: {const: web}
  user_data: {em: $user.email}
  custom_data: {content_name: $user.plan}
otherwise: {send: custom}
"""


def _reads(text: str, **event: Any) -> dict[str, tuple[str, ...]]:
    trace = authoring.analyse(text).trace({"id": "1", "at": 1777629600, **event})
    (flows,) = trace.flows
    return {flow.path: flow.reads for flow in flows}


def test_a_value_is_followed_to_the_object_that_has_it() -> None:
    read = _reads(
        _MAPPING, context={"traits": {"plan": "x", "email": " "}}, traits={"email": "a@b.co", "plan": "y"}
    )
    assert read["user_data.em"] == ("traits.email",)
    assert read["custom_data.content_name"] == ("context.traits.plan",)


def test_where_an_object_is_no_path_all_that_is_read_is_named() -> None:
    text = _MAPPING.replace("\"traits\", 'customer'", '"merge(traits, b)"')
    read = _reads(text, traits={"plan": "x"}, b={"email": "a@b.co"})
    assert set(read["user_data.em"]) == {"traits", "b"}


@pytest.mark.parametrize("entry", ["traits.email.", "lowercas(traits)", "$nobody"])
@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_a_mistake_is_at_its_place_within_its_entry(entry: str, quote: str) -> None:
    text = _MAPPING.replace('"traits"', f"{quote}{entry}{quote}")
    errors = [one for one in mapper.check_text(text) if one.severity == "error"]
    assert errors
    written = text.index(entry)
    for one in errors:
        assert written <= one.span.start <= one.span.end <= written + len(entry) + 1


def test_a_variable_within_an_entry_is_found_by_its_place() -> None:
    text = _MAPPING.replace('"traits"', '"$other.traits"').replace("let:\n", "let:\n  other: properties\n")
    definition = authoring.analyse(text).definition(text.index("$other") + 2)
    assert definition is not None
    assert text[definition.start : definition.end] == "other"


@pytest.mark.parametrize("source", ["$user.email", "'across(b, traits).email'", "$user"])
def test_a_personal_attribute_is_personal_after_it(source: str) -> None:
    taken = source if source != "$user" else "'to_string($user)'"
    text = _MAPPING.replace("content_name: $user.plan", f"content_name: {taken}")
    found = [one.code for one in mapper.check_text(text) if one.severity != "advice"]
    assert found == ["M401"]


def test_the_work_grows_as_the_objects_do() -> None:
    program = compile_text(_MAPPING)

    def work(size: int) -> int:
        objects = [{f"{name}{at}": at for at in range(size)} for name in "abc"]
        event = {"id": "1", "at": 1777629600, "context": {"traits": objects[0]}}
        count, _ = calls(lambda: program.apply({**event, "traits": objects[1], "customer": objects[2]}))
        return count

    small, large = work(1_000), work(4_000)
    assert large < 4.5 * small


def test_objects_that_are_read_again_for_each_element_are_paid_for() -> None:
    text = _MAPPING.replace(
        "{content_name: $user.plan}", "{content_ids: 'items[].across(@, $event.traits).sku'}"
    )
    event: dict[str, Any] = {
        "id": "1",
        "at": 1777629600,
        "user": {"email": "a@b.co"},
        "items": [{"sku": "s"}] * 20_000,
    }
    program = compile_text(text)
    kept = program.apply({**event, "items": event["items"][:3], "traits": {"email": "a@b.co"}})
    assert kept[0].payload is not None
    many = {"email": "a@b.co", **{f"x{at}": at for at in range(5_000)}}
    refused = program.apply({**event, "traits": many})
    assert refused[0].payload is None or "content_ids" not in refused[0].payload.get("custom_data", {})
