"""Golden payloads: all that the mappings of this project make of real-shaped events, by name."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from mapper import Outcome, Program, compile_mapping
from mapper.feeds import SourceEvent, read_events
from tests.support.mapping_tests import outcomes_of, own_tests

ROOT = Path(__file__).parents[2]
MAPPINGS = sorted((ROOT / "mappings").glob("*.yaml"))
EVENTS = sorted((ROOT / "tests/cases/events").glob("*.json"))
CORRECT = sorted((ROOT / "tests/cases/correct").glob("*.yaml"))
SHOP = ROOT / "playground/events/shop.ndjson"
ORDER = ROOT / "playground/events/order.json"


def _is_sent(path: Path) -> bool:
    """Whether the target of a mapping says how its payloads are delivered."""
    (target,) = re.findall(r"^target: (\S+)$", path.read_text("utf-8"), re.MULTILINE)
    return '"x-delivery"' in (ROOT / f"schemas/{target}.json").read_text("utf-8")


# The payloads of the others are only compared with theirs.
SENT = [path for path in MAPPINGS if _is_sent(path)]

Payload = dict[str, Any]

# Which mapping takes the events of a file, by the beginning of its name.
MAPPING_OF = {
    "square": "square-orders",
    "metarouter": "metarouter",
    "braze": "braze",
    "adobe_xdm": "adobe-xdm",
    "magento": "magento-orders",
    "pixel_shopify": "shopify-pixel",
    "segment": "segment-ecommerce",
    "rudderstack": "rudderstack",
    "ga4_sgtm": "ga4-server",
    "ga4_measurement_protocol": "ga4-measurement-protocol",
    "ga4_bigquery": "ga4-bigquery",
    "shopify": "shopify-orders",
    "woocommerce": "woocommerce-orders",
    "warehouse": "warehouse-orders",
    "stripe": "stripe-checkout",
    "pinterest_tag": "pinterest-tag",
    "snowplow": "snowplow",
}
# The beginning of the names of a mapping's files of events.
EVENTS_OF = {mapping: start for start, mapping in MAPPING_OF.items()}

# A call of the tag as the browser makes it: the server adds when it was made, and by whom.
ADDED_BY_THE_SERVER = {
    "pinterest_tag_pintrk_checkout": {"time": 1710316583, "ip": "203.0.113.24", "user_agent": "Mozilla/5.0"}
}

# What the host knows of a sample event: those of a container hold no time.
KNOWN_BY_THE_HOST = {"received_at": "2024-03-13T07:56:24Z", "line": 1}


@cache
def program_of(path: Path) -> Program:
    """The program of a mapping file, compiled once a process: of the schemas beside it, if there are any."""
    schemas = path.parent / "schemas"
    return compile_mapping(path, schemas=schemas if schemas.is_dir() else None)


def ready(name: str) -> Program:
    """The program of a ready mapping."""
    return program_of(ROOT / f"mappings/{name}.yaml")


def outcome_of(file: Path) -> Outcome:
    """What a sample event of a source ends as."""
    mapping = next(name for start, name in MAPPING_OF.items() if file.stem.startswith(start))
    event = json.loads(file.read_bytes()) | ADDED_BY_THE_SERVER.get(file.stem, {})
    return only(ready(mapping).apply(event, KNOWN_BY_THE_HOST))


def shop_outcomes() -> list[tuple[int, Outcome]]:
    """What the events of the sample shop end as, each with its line."""
    with SHOP.open("rb") as file:
        fed = list(read_events(file, name=SHOP.name))
    program = ready("segment-ecommerce")
    return [(one.line, only(program.apply(one.event))) for one in fed if isinstance(one, SourceEvent)]


def only(outcomes: list[Outcome]) -> Outcome:
    """The one outcome of an event."""
    (outcome,) = outcomes
    return outcome


@cache
def golden_payloads() -> dict[str, Payload]:
    """Every golden payload, by where it comes from."""
    found = {name: one.payload for name, one in golden_outcomes() if one.payload is not None}
    return copy.deepcopy(found)


def golden_outcomes() -> Iterator[tuple[str, Outcome]]:
    """What every golden event ends as, by where it comes from."""
    for file in EVENTS:
        yield f"events/{file.stem}", outcome_of(file)
    for line, outcome in shop_outcomes():
        yield f"shop:{line}", outcome
    yield "order", only(ready("segment-ecommerce").apply(json.loads(ORDER.read_bytes())))
    for row in own_tests([*SENT, *CORRECT]):
        path, case = row.values
        for at, outcome in enumerate(outcomes_of(program_of(path), case)):
            yield f"{path.parent.name}/{path.stem}: {case.name} [{at}]", outcome


@cache
def _overlay() -> tuple[str, ...]:
    """Paths of the fields that the official file lacks."""
    rows = json.loads((ROOT / "tests/cases/target/differences.json").read_bytes())
    return tuple(path for row in rows if row["keyword"] == "field" for path in row["paths"])


def less_overlay(payload: Payload) -> Payload:
    """A payload without the fields that are newer than the official file."""
    left = copy.deepcopy(payload)
    for path in _overlay():
        *way, name = path.split(".")
        for holder in _holders([left], way):
            holder.pop(name, None)
    return left


def _holders(values: list[Any], way: list[str]) -> list[dict[str, Any]]:
    """The objects at a path below some values; `name[]` are the elements of a list."""
    for step in way:
        found = [one[step.removesuffix("[]")] for one in values if step.removesuffix("[]") in one]
        values = [inner for one in found for inner in one] if step.endswith("[]") else found
        values = [one for one in values if isinstance(one, dict)]
    return values
