"""Consent signals that cannot be read deny, and say why; the work of hostile ones grows with their length."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

import mapper
from mapper.transforms import TRANSFORMS
from mapper.transforms.bits import Bits, Cut
from mapper.values.types import Invalid, Json
from tests.support.effort import calls

_CORE = "CQraFkAQraFkAAfABBENCyFgALAAAAAAAAqI"
_HOSTILE: dict[str, tuple[str, dict[str, Json], Callable[[int], str]]] = {
    "vendors without end": ("tcf", {"vendor": 10}, lambda size: _CORE + "_" * size),
    "no vendors, and restrictions": ("tcf", {"vendor": 10}, lambda size: _CORE + "A" * size),
    "segments": ("tcf", {"vendor": 10}, lambda size: ".".join(["C"] * size)),
    "sections that the header names": ("gpp", {}, lambda size: "DBAB" + "_" * size),
    "sections": ("gpp", {}, lambda size: "DBABL" + "~C" * (size // 2)),
    "groups": ("onetrust", {"group": "C9"}, lambda size: "C0001:1," * (size // 8)),
    "a text that is encoded": ("onetrust", {"group": "C9"}, lambda size: "%25" * (size // 3)),
    "parts of a cookie": ("onetrust", {"group": "C9"}, lambda size: "a=b&" * (size // 4)),
    "categories": ("cookiebot", {}, lambda size: "{" + "marketing:" * (size // 10)),
    "white space": ("cookiebot", {}, lambda size: "{" + "{ " * (size // 2)),
    "digits": ("google_consent", {}, lambda size: "1" * size),
    "values of a header": ("gpc", {}, lambda size: "1," * (size // 2)),
}


def _work(name: str, size: int) -> int:
    transform, arguments, made = _HOSTILE[name]
    function, text = TRANSFORMS[transform].function, made(size)

    def tried() -> None:
        with suppress(Invalid):
            function(text, **arguments)

    return calls(tried)[0]


@pytest.mark.parametrize("name", _HOSTILE)
def test_the_work_of_a_hostile_signal_grows_with_its_length(name: str) -> None:
    _work(name, 10)
    assert _work(name, 20_000) <= 4.5 * _work(name, 5_000) + 100


def _fibonacci(number: int) -> str:
    """The bits of a number, from 1, in Fibonacci code."""
    weights = [1, 2]
    while weights[-1] <= number:
        weights.append(weights[-2] + weights[-1])
    bits = ""
    for weight in reversed(weights):
        bits = ("1" if weight <= number else "0") + bits
        number -= weight if weight <= number else 0
    return f"{bits.rstrip('0')}1"


def test_a_short_string_cannot_name_millions_of_sections() -> None:
    ranges = f"1{_fibonacci(1)}{_fibonacci(3000)}" * 2
    bits = f"{2:012b}{ranges}"
    bits += "0" * (-len(bits) % 6)
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    text = "".join(digits[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))
    assert Bits(text).number(12) == 2
    with pytest.raises(Cut):
        Bits(text).fibonacci_ids()


@pytest.mark.parametrize("transform", sorted({one for one, _, _ in _HOSTILE.values()}))
def test_a_signal_longer_than_any_cookie_is_not_read(transform: str) -> None:
    arguments = dict(next(iter(TRANSFORMS[transform].examples)).arguments)
    with pytest.raises(Invalid):
        TRANSFORMS[transform].function("-" * 70_000, **arguments)


# Signals that cannot be read, with what a mapping gives their transforms: the examples of each, and with
# vendors that are none.
_UNREADABLE: list[tuple[str, Json, dict[str, Json]]] = [
    *(
        (name, one.value, dict(one.arguments))
        for name in sorted({name for name, _, _ in _HOSTILE.values()} | {"us_privacy"})
        for one in TRANSFORMS[name].examples
        if one.invalid is not None
    ),
    ("gpp", "DBABL~CVQqAAAAAACA", {"vendor": "$vendor"}),
    ("tcf", _CORE, {"vendor": "$vendor"}),
    ("gpp", "DBABMA~", {"vendor": 10}),
    ("gpp", 7, {}),
]


@pytest.mark.parametrize(("name", "value", "arguments"), _UNREADABLE)
@pytest.mark.parametrize("vendor", ["none", "0", "65536"])
@pytest.mark.parametrize("is_warm", [False, True], ids=["careful", "fast"])
def test_an_event_whose_signal_cannot_be_read_is_skipped_for_one_reason(
    name: str, value: Json, arguments: dict[str, Json], vendor: str, is_warm: bool
) -> None:
    rule = {"from": "signal", "apply": {name: arguments} if arguments else name}
    limited = {} if name in ("google_consent", "tcf", "cookiebot") else {"when_limited": "skip"}
    mapping: dict[str, Any] = {
        "version": 1,
        "target": "pinterest/conversions-v5",
        "consent": {"granted": rule, "when_missing": "granted", "when_denied": "skip", **limited},
        "payload": {"action_source": {"const": "offline"}, "event_id": "id", "event_time": "time"},
        "otherwise": {"send": "lead"},
    }
    mapping["payload"]["user_data"] = {"em": "email"}
    if "$vendor" in arguments.values():
        mapping["let"] = {"vendor": "vendor"}
    program = mapper.compile_text(json.dumps(mapping))
    program = program.prepare() if is_warm else program
    event = {"id": "e-1", "time": 1_777_629_600, "email": "jane@example.com"}
    [outcome] = program.apply({**event, "signal": value, "vendor": vendor})
    assert outcome.skip is not None
    assert (outcome.skip.kind, outcome.skip.reason) == ("consent", "consent unreadable")
    assert [(note.kind, note.path) for note in outcome.notes] == [("invalid", "consent")]
