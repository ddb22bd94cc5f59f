"""Answers the cases of this pack with pinterest-capi-mapper: questions on stdin, answers on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import mapper

_TARGET = "pinterest/conversions-v5"
_MAPPINGS = Path(__file__).parents[1] / "mappings"
# What a value needs beside it, for a payload to be made.
_EVENT = {"id": "1", "at": 1777629600, "mail": "ada@example.com", "ip": "203.0.113.7", "agent": "a"}
_PAYLOAD = {"action_source": {"const": "offline"}, "event_id": "id", "event_time": "at"}
_ITEMS = "custom_data.contents[]."
# What a source's context adds to a field's own normal form.
_STEPS = {"country": "phone", "format": "birth_date", "zone": "timestamp"}


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """The answer to one question, as the README has it."""
    field, given, context = question["field"], question["input"], question["context"]
    if field == "payload":
        errors = _validator()(given)
        return {"reject": ": ".join(errors[0])} if errors else {"accept": True}
    if field == "event":
        return _of_outcomes(_ready(context["source"]).apply(given, meta=context.get("meta")))
    steps = tuple((_STEPS[name], name, value) for name, value in context.items())
    (outcome,) = _program(field, steps).apply({**_EVENT, "value": given, "items": [{"value": given}]})
    return _of_field(field, outcome)


@cache
def _validator() -> Callable[[Any], list[tuple[str, str]]]:
    return mapper.validator(_TARGET)


@cache
def _ready(name: str) -> mapper.Program:
    return mapper.compile_mapping(_MAPPINGS / f"{name}.yaml")


@cache
def _program(field: str, steps: tuple[tuple[str, str, Any], ...]) -> mapper.Program:
    """The program of a mapping with one rule for the field, beside those that every payload needs."""
    applied = [{transform: {argument: value}} for transform, argument, value in steps]
    rule: Any = {"from": "value", "apply": applied} if applied else "value"
    person = (
        {"client_ip_address": "ip", "client_user_agent": "agent"}
        if field == "user_data.em"
        else {"em": "mail"}
    )
    payload: dict[str, Any] = {**_PAYLOAD, "user_data": person}
    if field.startswith(_ITEMS):
        item = {"id": {"const": "A"}, field.removeprefix(_ITEMS): rule}
        payload["custom_data"] = {"contents": {"each": "items", "item": item}}
    else:
        *above, name = field.split(".")
        at = payload
        for one in above:
            at = at.setdefault(one, {})
        at[name] = rule
    written = {"version": 1, "target": _TARGET, "payload": payload, "otherwise": {"send": "lead"}}
    return mapper.compile_text(json.dumps(written, ensure_ascii=True), "case.yaml")


def _of_field(field: str, outcome: mapper.Outcome) -> dict[str, Any]:
    """The outcome of a field of one payload: sent, refused, or left out without a word."""
    made: Any = outcome.payload
    for name in field.replace("[]", ".0").split("."):
        if made is not None:
            made = made[int(name)] if isinstance(made, list) else made.get(name)
    if made is not None:
        is_hashed = field.startswith("user_data.") and isinstance(made, list)
        return {"digest" if is_hashed else "value": made}
    said = [*outcome.notes, *(outcome.rejection.reasons if outcome.rejection is not None else ())]
    refused = [str(one.message) for one in said if one.kind == "invalid" and one.path == field]
    return {"reject": refused[0]} if refused else {"absent": True}


def _of_outcomes(outcomes: list[mapper.Outcome]) -> dict[str, Any]:
    """The outcome of a source event: the payload, or that none is sent."""
    payloads = [one.payload for one in outcomes if one.payload is not None]
    if payloads:
        return {"value": payloads[0]}
    refused = [one.rejection for one in outcomes if one.rejection is not None]
    return {"reject": str(refused[0].reasons[0].message)} if refused else {"absent": True}


def main() -> None:
    """One answer for each line."""
    for line in sys.stdin:
        question = json.loads(line)
        print(json.dumps({"id": question["id"], **answer(question)}), flush=True)


if __name__ == "__main__":
    main()
