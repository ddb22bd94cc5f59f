"""A public value shows itself in a debugger or a log as one short line, without a value of an event."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper import authoring
from mapper.delivery.batch import parcel_of
from tests.cli.test_send import CREDENTIALS, now, sandbox
from tests.support.command import MAPPING, SEGMENT, WARNED, event

_LONG = MAPPING.replace("name: small", f"name: {'a long name ' * 20}")
_SECRET = "ada1@example.com"


def _delivery() -> mapper.Delivery:
    with sandbox() as (url, _):
        return mapper.deliver(
            mapper.compile_text(MAPPING), [event(1, at=now())], url=url, settings=CREDENTIALS
        )


def _receipt() -> mapper.Receipt:
    service = mapper.destination("pinterest/conversions-v5")
    payload = {"event_id": _SECRET, "event_time": 1}
    return mapper.Receipt(parcel_of(payload, "orders" * 30, 7, service), "refused", "rejected")


_MADE: dict[str, Callable[[Path], Any]] = {
    "Program": lambda path: mapper.compile_text(_LONG),
    "Code": lambda path: mapper.compile_mapping(SEGMENT).code,
    "Destination": lambda path: mapper.destination("pinterest/conversions-v5"),
    "Statistics": lambda path: authoring.statistics(path, [event(1)]),
    "MappingComparison": lambda path: mapper.compare(path, path, [event(1)]),
    "FolderComparison": lambda path: authoring.compare_folders(path.parent, path.parent),
    "TestReport": lambda path: mapper.run_tests(SEGMENT),
    "Delivery": lambda path: _delivery(),
    "Receipt": lambda path: _receipt(),
    "Span": lambda path: mapper.check_text(WARNED)[0].span,
    "Diagnostic": lambda path: mapper.check_text(WARNED)[0],
    "Skip": lambda path: mapper.compile_text(MAPPING).apply({"type": _SECRET})[0].skip,
    "Note": lambda path: mapper.compile_text(MAPPING).apply(event(1, total=_SECRET))[0].notes[0],
}
# Exceptions say what they were raised with; an outcome is the payload that was asked for, a rejection notes.
_OTHERS = {"CompileError", "SetupError", "Invalid", "Outcome", "Rejection"}


def test_all_public_classes_are_seen() -> None:
    classes = {name for name in mapper.__all__ if inspect.isclass(getattr(mapper, name))}
    assert classes - _OTHERS <= {*_MADE}


@pytest.mark.parametrize("name", _MADE)
def test_a_value_shows_itself_in_one_short_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(MAPPING)
    made = _MADE[name](path)
    assert type(made).__name__ == name
    shown = repr(made)
    assert len(shown) <= 120 or name in ("Note", "Skip"), shown
    assert len(shown.splitlines()) == 1
    assert _SECRET not in shown
