"""How cost grows: with the rules of a mapping, and with the size of an event."""

from __future__ import annotations

import copy
import gc
import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import workload
from program import bytes_to_bytes

from mapper import Program, compile_mapping

_RULES = (10, 30, 100, 300, 1000)
PRODUCTS = (1, 10, 100, 249, 250, 251, 1_000, 10_000)
# Bytes of an event; one of more than a MiB is refused.
_SIZES = (2_000, 10_000, 50_000, 200_000, 1_000_000)
_LEAST_SECONDS = 0.02


def measure_rules(rounds: int) -> dict[int, dict[str, float]]:
    """Seconds to compile a mapping of so many rules, and to apply it to an event, by the number of rules."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "schemas").mkdir()
        _write_target(folder / "schemas/wide.json", max(_RULES))
        event = {"id": "1", "values": {f"v{number}": f" value {number} " for number in range(10)}}
        measured = {}
        for rules in _RULES:
            mapping = folder / f"rules-{rules}.yaml"
            mapping.write_text(_mapping(rules), encoding="utf-8")
            compiling = _median(partial(compile_mapping, mapping, schemas=folder / "schemas"), 3)
            program = compile_mapping(mapping, schemas=folder / "schemas", guard=False).prepare()
            payload = program.apply(event)[0].payload
            assert payload is not None
            assert len(payload) == rules
            measured[rules] = {"compile": compiling, "apply": _median(partial(program.apply, event), rounds)}
    return measured


def _write_target(path: Path, fields: int) -> None:
    field = {"type": "string", "x-normal-form": ["text", "trim"]}
    properties = dict.fromkeys(("event_name", *(f"f{number}" for number in range(fields - 1))), field)
    schema: dict[str, Any] = {"type": "object", "additionalProperties": False, "required": ["event_name"]}
    schema |= {"properties": properties, "x-event-names": {"field": "event_name", "standard": {}}}
    path.write_text(json.dumps(schema), encoding="utf-8")


def _mapping(rules: int) -> str:
    lines = "".join(f"  f{number}: values.v{number % 10}\n" for number in range(rules - 1))
    return f"name: wide\nversion: 1\ntarget: wide\npayload:\n{lines}otherwise: {{send: wide}}\n"


def measure_products(programs: dict[str, Program], rounds: int) -> dict[int, dict[str, float]]:
    """The bytes of a cart of so many products, and the seconds of each program to apply it, by the number."""
    return {
        products: {
            "bytes": len(_written(event := cart(products))),
            **{name: _median(partial(one.apply, event), rounds) for name, one in programs.items()},
        }
        for products in PRODUCTS
    }


def measure_unread(program: Program, rounds: int) -> dict[int, float]:
    """Seconds from bytes to bytes by the bytes of an event, where what no rule reads grows."""
    lines = map(_with_unread(_order()), _SIZES)
    return {len(line): _median(partial(bytes_to_bytes, program, line), rounds) for line in lines}


def _order() -> dict[str, Any]:
    return next(event for event in workload.make_events(100) if event.get("event") == "Order Completed")


def cart(products: int) -> dict[str, Any]:
    """An order of so many products."""
    order = _order()
    product = order["properties"]["products"][0]
    return _with(order, "products", [{**product, "product_id": f"P-{number}"} for number in range(products)])


def _with_unread(order: dict[str, Any]) -> Callable[[int], bytes]:
    filler = {"key": "value", "list": [1, 2.5, True, None], "text": "x" * 40}
    bare, each = len(_written(order)), len(_written(filler)) + 1
    return lambda size: _written(_with(order, "unread", [filler] * max((size - bare) // each, 0)))


def _with(order: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    made = copy.deepcopy(order)
    made["properties"][name] = value
    return made


def _written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _median(function: Callable[[], Any], rounds: int) -> float:
    """Median seconds of a call; each round calls as often as a clock can tell well."""
    started = process_time()
    function()
    times = max(int(_LEAST_SECONDS / max(process_time() - started, 1e-7)), 1)
    taken = []
    for _ in range(rounds):
        gc.collect()
        started = process_time()
        for _ in range(times):
            function()
        taken.append((process_time() - started) / times)
    return median(taken)
