"""What an event raised on its way holds nothing: no event waits in memory for Python to look for circles."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from typing import Any

import pytest

import mapper
from tests.support.command import ROOT, SEGMENT

_STRANGE: tuple[Any, ...] = ({}, [{}], 10**40, True, "", ["x", {}], "n/a", -1.5, [[]])


def _events() -> Iterator[dict[str, Any]]:
    """An order with every value of it, one after another, replaced by strange ones."""
    text = (ROOT / "tests/cases/events/segment_order_completed.json").read_text()
    for strange in _STRANGE:
        yield from _replaced(json.loads(text), strange)


def _replaced(value: Any, strange: Any) -> Iterator[Any]:
    if isinstance(value, (dict, list)):
        for key, part in list(value.items() if isinstance(value, dict) else enumerate(value)):
            for other in (strange, *_replaced(part, strange)):
                value[key] = other
                yield json.loads(json.dumps(value))
            value[key] = part


@pytest.mark.parametrize("mapping", [SEGMENT, ROOT / "benchmarks/mapping.yaml"], ids=["ready", "benchmark"])
def test_no_event_leaves_a_circle_behind(mapping: str) -> None:
    program = mapper.compile_mapping(mapping).prepare()
    texts = [json.dumps(one).encode() for one in _events()]
    while gc.collect():  # the classes of another program go after what held them
        pass
    gc.disable()
    try:
        notes = sum(len(outcome.notes) for text in texts for outcome in program.apply_json(text))
        assert gc.collect() < len(texts) / 10
    finally:
        gc.enable()
    assert notes > len(texts) / 4
