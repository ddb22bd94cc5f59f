"""What a tired author writes is told with what to write, and what is written then is right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper.texts.diagnostic import Diagnostic, has_errors
from mapper.texts.fixing import edited
from tests.support.case_files import cases
from tests.support.command import call

_SLIPS: list[dict[str, Any]] = cases("slips.yaml")
_CALLS = [one for one in _SLIPS if "call" in one]
_WRITTEN = [one for one in _SLIPS if "call" not in one]
_MAPPING = """\
name: small
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  user_data: {em: email, client_ip_address: ip, client_user_agent: agent}
match: type
events:
  - is: order
    send: checkout
    payload:
      custom_data:
        value: total
        currency: {const: EUR}
        order_id: nr
"""


def _text_of(slip: dict[str, Any]) -> str:
    text = _MAPPING
    if "new" in slip:
        assert slip["old"] in text
        text = text.replace(slip["old"], slip["new"], 1)
    field = f"        {slip['field']}\n" if "field" in slip else ""
    return f"{text}{field}{slip.get('top', '')}"


def _found(text: str, folder: Path) -> list[Diagnostic]:
    found = mapper.check_text(text, "small.yaml", beside=folder / "small.yaml")
    return [one for one in found if one.severity != "advice"]


def _followed(text: str, slip: dict[str, Any], told: Diagnostic) -> str:
    """The mapping after its author did as it was said."""
    if "then" not in slip:
        assert told.fixes, f"nobody can follow {told.message} | {told.hint}"
        return edited(text, told.fixes[0].edits)
    wrong = slip.get("new") or ("old" in slip and slip["old"]) or slip["field"]
    assert wrong in text
    return text.replace(wrong, slip["then"], 1)


@pytest.mark.parametrize("slip", _WRITTEN, ids=lambda slip: slip["slip"])
def test_a_slip_is_told_with_what_to_write(slip: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "cat.csv").write_text("sku,category\nA1,Shoes\n")
    text = _text_of(slip)
    found = _found(text, tmp_path)
    told = next(one for one in found if one.code == slip["code"])
    said = [f"{one.message} {one.hint} {' '.join(fix.title for fix in one.fixes)}" for one in found]
    for one in slip["says"]:
        assert one in " ".join(said)
    for one in slip.get("never", ()):
        assert one not in " ".join(said)
    left = _found(_followed(text, slip, told), tmp_path)
    assert not has_errors(left), left
    assert slip["code"] not in [one.code for one in left]


@pytest.mark.parametrize("slip", _CALLS, ids=lambda slip: slip["slip"])
def test_a_slip_of_a_call_is_told_with_what_to_write(
    slip: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(_MAPPING)
    Path("events.ndjson").write_text('{"type": "order", "id": "x"}\n')
    ran = call(*slip["call"])
    assert ran.exit_code in (1, 2)
    for one in slip["says"]:
        assert one in ran.output


def test_the_slips_are_sixty_and_each_has_a_verdict() -> None:
    assert len({one["slip"] for one in _SLIPS}) == len(_SLIPS) >= 60
    assert {one["verdict"] for one in _SLIPS} == {"hint", "said"}
