"""The list of what a tired author does: each mistake is seen by its code, the right rule beside it is not.

So is no mapping of the corpus: a code of the list on a mapping that is right would be a false alarm.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mapper
from tests.support.case_files import cases

_ROOT = Path(__file__).parents[2]
_LIST: list[dict[str, Any]] = cases("author_mistakes.yaml")
_CODES = {one["code"] for one in _LIST}
_RIGHT = sorted((*_ROOT.glob("mappings/**/*.yaml"), *_ROOT.glob("tests/cases/correct/**/*.yaml")))
_MAPPING: dict[str, Any] = {
    "version": 1,
    "target": "pinterest/conversions-v5",
    "payload": {
        "action_source": {"const": "web"},
        "event_id": "id",
        "event_time": "time",
        "event_source_url": "url",
        "user_data": {"em": "email", "client_ip_address": "ip", "client_user_agent": "agent"},
        "custom_data": {"currency": {"const": "EUR"}},
    },
    "otherwise": {"send": "page_visit"},
}


def _over(base: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """A mapping with another one's keys put over its own; null takes one away."""
    made = copy.deepcopy(base)
    for key, value in part.items():
        is_object = isinstance(value, dict) and isinstance(made.get(key), dict)
        if value is None:
            made.pop(key, None)
        elif is_object and key in ("payload", "user_data", "custom_data"):
            made[key] = _over(made[key], value)
        else:
            made[key] = value
    return made


def _codes(part: dict[str, Any]) -> set[str]:
    return {one.code for one in mapper.check_text(json.dumps(_over(_MAPPING, part)), "case.yaml")}


def test_every_mistake_of_the_list_is_caught() -> None:
    missed = [one["mistake"] for one in _LIST if one["code"] not in _codes(one["wrong"])]
    assert missed == [], f"caught {len(_LIST) - len(missed)}/{len(_LIST)}"


def test_the_same_rules_written_right_raise_no_alarm() -> None:
    alarms = {one["mistake"]: found for one in _LIST if (found := _codes(one["right"]) & _CODES)}
    errors = [one["mistake"] for one in _LIST if _is_wrong(one["right"])]
    assert (alarms, errors) == ({}, [])


def _is_wrong(part: dict[str, Any]) -> bool:
    found = mapper.check_text(json.dumps(_over(_MAPPING, part)), "case.yaml")
    return any(one.severity == "error" for one in found)


def _alarms() -> Iterator[tuple[str, str, str]]:
    for path in _RIGHT:
        for one in mapper.check_text(path.read_text("utf-8"), path.name, beside=path):
            if one.code in _CODES:
                yield path.name, one.code, one.message


def test_no_right_mapping_raises_an_alarm() -> None:
    alarms = [*_alarms()]
    assert alarms == [], f"{len(alarms)} false alarms in {len(_RIGHT)} mappings"
