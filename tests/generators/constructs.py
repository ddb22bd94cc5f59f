"""Mappings of a few lines, for tests of what the language can say: the rest is the same in all of them."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from mapper import Outcome, authoring
from mapper.texts.diagnostic import Diagnostic

_HEAD = "version: 1\ntarget: pinterest/conversions-v5\n"
_PAYLOAD = """\
payload:
  action_source: {const: offline}
  event_id: id
  event_time: at
  user_data: {em: email}
"""
_EVENT = {"id": "1", "at": 1777629600, "email": "a@b.co"}


def text_of(case: dict[str, Any]) -> str:
    """The mapping of a case. top: keys of the mapping; fields: those under `custom_data`."""
    top = case.get("top", "")
    fields = textwrap.indent(case.get("fields", "order_id: order\n"), "    ")
    ends = "" if "otherwise:" in top else "otherwise: {send: lead}\n"
    return f"{_HEAD}{top}{_PAYLOAD}  custom_data:\n{fields}{ends}"


def found_in(text: str, case: dict[str, Any]) -> list[Diagnostic]:
    """What is said of a mapping, less advice but that of the case's code.

    files: the texts of its tables, and of what it extends.
    """
    analysis = authoring.analyse(text, "shop.yaml", texts=case.get("files", {}))
    return [one for one in analysis.diagnostics if one.severity != "advice" or one.code == case.get("code")]


def outcome_of(text: str, case: dict[str, Any], event: dict[str, Any]) -> Outcome:
    """What becomes of an event, which all forms of the code agree on."""
    program = authoring.analyse(text, "shop.yaml", texts=case.get("files", {})).program
    given = {**_EVENT, **event}
    (outcome,) = program.apply(given)
    ready = authoring.analyse(text, "shop.yaml", texts=case.get("files", {})).program.prepare()
    assert ready.apply(given) == [outcome]
    assert ready.apply_json(json.dumps(given).encode()) == [outcome]
    return outcome


def custom_data(text: str, case: dict[str, Any], event: dict[str, Any]) -> Any:
    """The part of the payload that cases are about; None where nothing is sent."""
    outcome = outcome_of(text, case, event)
    return None if outcome.payload is None else outcome.payload.get("custom_data", {})
