"""A mistaken attribute is told as well after each step that keeps what it is: none silences a check."""

from __future__ import annotations

import pytest

from mapper import check_text
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms.meaning import Meaning
from mapper.transforms.registry import TRANSFORMS

_MAPPING = """\
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: time
  event_source_url: url
  user_data: {em: EM, client_ip_address: ip, client_user_agent: agent}
  custom_data: {value: VALUE, currency: currency}
otherwise: {send: page_visit}
"""
_ARGUMENTS = {
    "keep": "'0-9.'",
    "remove": "'x'",
    "replace": "{old: x, new: y}",
    "split": "','",
    "null_if": "'x'",
    "add": "1",
    "subtract": "1",
    "round_money": "currency",
}
_STEPS = sorted({one.name for one in TRANSFORMS.values()})
_CALLS = {
    **{
        name: TRANSFORMS[name].keeps
        for name in _STEPS
        if not any(one.required for one in TRANSFORMS[name].parameters)
    },
    **{name: one.keeps for name, one in FUNCTIONS.items() if len(one.takes) == 1},
}
# The value cannot be given to the step, or cannot be sent: that is told instead.
_WRONG = {"M201", "M202", "M205", "M206", "M301", "M302"}
_HARMS: dict[str, tuple[Meaning, str, str]] = {
    "M430": ("unit", "VALUE", "price_cents"),
    "M453": ("kind", "EM", "phone"),
    "M454": ("kind", "EM", "md5_email"),
}


def _codes(place: str, read: str, step: str) -> set[str]:
    written = _MAPPING.replace(place, f"{{from: {read}, apply: {step}}}" if step else read)
    for name, plain in (("EM", "email"), ("VALUE", "total")):
        written = written.replace(name, plain)
    return {one.code for one in check_text(written)}


@pytest.mark.parametrize("code", sorted(_HARMS))
def test_the_mistake_is_told_without_a_step(code: str) -> None:
    _, place, read = _HARMS[code]
    assert code in _codes(place, read, "")


@pytest.mark.parametrize("code", sorted(_HARMS))
def test_a_step_silences_it_just_where_it_keeps_nothing_of_what_the_check_asks(code: str) -> None:
    meaning, place, read = _HARMS[code]
    told = 0
    for name in _STEPS:
        if any(one.required for one in TRANSFORMS[name].parameters) and name not in _ARGUMENTS:
            continue
        step = f"{{{name}: {_ARGUMENTS[name]}}}" if name in _ARGUMENTS else name
        codes = _codes(place, read, step)
        if codes & _WRONG:
            continue
        told += code in codes
        assert (code in codes) == (meaning in TRANSFORMS[name].keeps), name
    assert told >= 10


@pytest.mark.parametrize("code", sorted(_HARMS))
def test_so_does_a_call(code: str) -> None:
    meaning, place, read = _HARMS[code]
    told = 0
    for name, keeps in _CALLS.items():
        codes = _codes(place, f"{name}({read})", "")
        if not codes & _WRONG:
            told += code in codes
            assert (code in codes) == (meaning in keeps), name
    assert told >= 10
