"""Streams of nested events, made from the templates in `tests/cases/drafts/nested`.

A template is an event with placeholders. A text that is one placeholder alone gives a value of any type.
`name?kind,kind` is an attribute of some kinds of events only. `name*orders` and `name*bought` are lists with
an element for each order of the event and each product of an order; `name+orders` is the first order alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

Event = dict[str, Any]
Values = dict[str, Any]

FOLDER = Path(__file__).parents[1] / "cases/drafts/nested"
NESTED: dict[str, dict[str, Any]] = {
    file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.yaml"))
}
_GIVEN = ("Amara", "Bjorn", "Chiara", "Dario", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Luis")
_FAMILY = ("Okafor", "Lindqvist", "Rossi", "Marin", "Yildiz", "Haddad", "Vogel", "Blanc", "Costa", "Petrov")
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4",
)
_PEOPLE = 25
_UNDONE = 0.15
_START = datetime(2026, 5, 1, 8, tzinfo=UTC)
_MEMBER = re.compile(r"^(.*?)(?:\?(.*?))?((?:[*+]\w+)?)$")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@cache
def stream(name: str) -> tuple[Event, ...]:
    """The events of a stream, the same each time."""
    made = NESTED[name]["stream"]
    chance = Random(name)
    people = [_person(chance, made["phone"]) for _ in range(_PEOPLE)]
    kinds = [kind for kind, count in made["kinds"].items() for _ in range(count)]
    chance.shuffle(kinds)
    events = []
    for place, kind in enumerate(kinds):
        at = _START + timedelta(minutes=37 * place, milliseconds=chance.randrange(60_000))
        orders = [*_orders(chance, place, made)] if kind in made["with_orders"] else []
        values = chance.choice(people) | _times(at) | next(_bought(chance, made["goods"]))
        values |= {"id": f"{(place * 7_919 + 104_729) % 1_000_003:07d}", "kind": kind, "place": place}
        values |= {"test": place % 23 == 5, "staff": place % 17 == 3, "yes": place % 4 != 0}
        events.append(_filled(made["event"], values | {"orders": orders}))
    return tuple(events)


def _person(chance: Random, phone: str) -> Values:
    """Somebody. phone: its form as it is written in the country itself, each # another digit."""
    given, family, number = chance.choice(_GIVEN), chance.choice(_FAMILY), chance.randrange(1_000, 9_999)
    mail = f"{given}.{family}{number % 97}@example.{chance.choice(('com', 'org', 'net'))}".lower()
    return {
        "number": number,
        "given": given,
        "family": family,
        "mail": mail,
        "phone": re.sub("#", lambda _: str(chance.randrange(10)), phone),
        "ip": f"{chance.choice(('198.51.100', '203.0.113'))}.{chance.randrange(1, 255)}",
        "agent": chance.choice(_AGENTS),
    }


def _times(at: datetime) -> Values:
    local = at + timedelta(hours=2)
    return {
        "utc": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "offset": local.strftime("%Y-%m-%dT%H:%M:%S+02:00"),
        "ms": int(at.timestamp() * 1000),
    }


def _orders(chance: Random, place: int, made: Mapping[str, Any]) -> Iterator[Values]:
    done, undone = made.get("states", ("", ""))
    for number in range(chance.choice(made.get("orders_of_one", (1, 1, 2, 3)))):
        bought = [*_bought(chance, made["goods"])]
        total = round(sum(one["price"] * one["count"] for one in bought), 2)
        is_undone = chance.random() < _UNDONE
        yield {
            "order": 30_000 + 7 * place + number,
            "total": total,
            "total_text": f"{total:.2f}",
            "total_cents": round(100 * total),
            "undone": is_undone,
            "state": undone if is_undone else done,
            "bought": bought,
        }


def _bought(chance: Random, goods: Sequence[Sequence[Any]]) -> Iterator[Values]:
    for code, title, price in chance.sample(goods, chance.choice((1, 1, 2, 3))):
        price_as = {"price": price, "price_text": f"{price:.2f}", "price_cents": round(100 * price)}
        yield {"code": code, "title": title, **price_as, "count": chance.choice((1, 1, 2, 4))}


def _filled(template: Any, values: Values) -> Any:
    """A template with its values."""
    if isinstance(template, dict):
        return dict(_members(template, values))
    if not isinstance(template, str):
        return template
    whole = _PLACEHOLDER.fullmatch(template)
    if whole:
        return values[whole[1]]
    return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), template)


def _members(template: Mapping[str, Any], values: Values) -> Iterator[tuple[str, Any]]:
    for written, part in template.items():
        name, kinds, of = _MEMBER.findall(written)[0]
        if kinds and values["kind"] not in kinds.split(","):
            continue
        made = [_filled(part, values | one) for one in values[of[1:]]] if of else [_filled(part, values)]
        if made:
            yield name, made if of.startswith("*") else made[0]
