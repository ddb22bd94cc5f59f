"""The cost of `mapper overlap` of a million events of the tag and more of the server: `make bench-overlap`.

The events are made up, of 15 days: of 100 events of the tag the server lost 4, has 10 with another id, and it
has 26 that the tag lost. Seconds of the processor and the most memory, for a tenth of the events and for all.
It needs 1.5 GB of the disk for the events and 0.5 GB for what is kept of them, and some minutes.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import figures
from machine import set_environment, whole_machine
from runs import MAPPER, Ran, run

_EVENTS, _SHARE = 1_000_000, 10
_BEGIN, _DAYS = 1_790_000_000, 15
_PERSONS_OF, _PAGES = 4, 3_000


def main() -> None:
    """Print what the command costs, and note the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--events", type=int, default=_EVENTS, help="of the tag; the server has as many or more"
    )
    parser.add_argument("--folder", type=Path, help="of the events, on a disk with room for them")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="overlap-", dir=given.folder) as made:
        folder = Path(made)
        set_environment(folder / "bytecode")
        print(whole_machine())
        few, all_of_them = (_compared(folder, events) for events in (given.events // _SHARE, given.events))
    figures.note("overlap", all_of_them.own)
    figures.note("overlap, MiB", all_of_them.most_mib)
    print(f"memory: {all_of_them.most_mib / few.most_mib:.2f} times that of a tenth of the events")


def _compared(folder: Path, events: int) -> Ran:
    tag, server = folder / "tag.ndjson", folder / "server.ndjson"
    others = _write(tag, server, events)
    ran = run([*MAPPER, "overlap", str(tag), str(server)])
    told = f"{ran.seconds:8.1f} s {ran.own:8.1f} s of the processor {ran.most_mib:6.0f} MiB"
    print(f"{events:>12,} x {others:>12,} {told}", flush=True)
    return ran


def _write(tag: Path, server: Path, events: int) -> int:
    """Write the events of both sides, those of the tag so many; the number of the server's."""
    count = 0
    with tag.open("w", encoding="ascii") as tags, server.open("w", encoding="ascii") as servers:
        for own, others in _events(events):
            tags.write(f"{json.dumps(own)}\n")
            servers.writelines(f"{json.dumps(one)}\n" for one in others)
            count += len(others)
    return count


def _events(count: int) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each event of the tag, with what the server has at that time."""
    chance = random.Random(7)
    for number in range(count):
        own = _event(chance, number, count // _PERSONS_OF + 1)
        other = {**own, "event_time": own["event_time"] + chance.randrange(-20, 20)}
        ip = f"10.{number % 250}.{number // 250 % 250}.1"
        other["user_data"] = {**own["user_data"], "client_ip_address": ip}
        kind = chance.choices(["both", "other_id", "only_tag"], [86, 10, 4])[0]
        others = (
            []
            if kind == "only_tag"
            else [other | ({"event_id": f"s-{number}"} if kind == "other_id" else {})]
        )
        if chance.random() < 0.26:
            others.append(_event(chance, count + number, count))
        yield own, others


def _event(chance: random.Random, number: int, persons: int) -> dict[str, Any]:
    person = chance.randrange(persons)
    user: dict[str, Any] = {"client_user_agent": f"Mozilla/5.0 ({person % 400})"}
    user |= {"em": [sha256(b"%d" % person).hexdigest()]} if person % 2 else {}
    user |= {"click_id": f"dj0-{person}"} if person % 5 < 3 else {}
    made = {
        "event_name": chance.choices(["page_visit", "add_to_cart", "checkout"], [80, 14, 6])[0],
        "event_id": f"e-{number}",
        "event_time": _BEGIN + chance.randrange(_DAYS * 86_400),
        "event_source_url": f"https://shop.example/product/{chance.randrange(_PAGES)}?utm_source=pinterest",
        "action_source": "web",
        "user_data": user,
    }
    if made["event_name"] == "checkout":
        contents = [{"id": f"sku-{person % 500}", "quantity": 1, "item_price": "12.50"}]
        value = f"{chance.randrange(100, 9_999) / 100:.2f}"
        made["custom_data"] = {
            "value": value,
            "currency": "EUR",
            "order_id": f"o-{number}",
            "contents": contents,
        }
    return made


if __name__ == "__main__":
    main()
