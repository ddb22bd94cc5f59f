"""A repository of the mappings of eight teams, made anew each time, and the edits that change it.

Each mapping extends the base of its team, which extends one of two bases of the company, which extend a
common one: three levels. Schemas, tables, functions, samples and fixtures are named as in a repository of
many teams.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

TEAMS = ("books", "garden", "kids", "kitchen", "music", "outdoor", "sports", "toys")
MAPPINGS = 20

_COMMON = """\
# Rules of all mappings of the company.
version: 1
partial: true
consent:
  granted: consent.ads
  when_missing: denied
  when_denied: skip
skip:
  - {when: boolean(test), because: a test order}
  - {when: boolean(opted_out), because: opted out}
functions:
  plain_sku(value): {from: $value, apply: [trim, uppercase]}
let:
  amount: total
payload:
  event_id: id
  event_time: at
  opt_out: boolean(limited)
  user_data:
    em: customer.email
    external_id: customer.id
  custom_data:
    currency: currency
match: type
"""
_WEB = """\
version: 1
partial: true
extends: common.yaml
payload:
  action_source: {const: web}
  user_data: {client_ip_address: ip, client_user_agent: agent}
"""
_APP = """\
version: 1
partial: true
extends: common.yaml
payload:
  action_source: {const: app_android}
  user_data: {hashed_maids: device.id}
"""
_TEAM = """\
# Rules of the team.
version: 1
partial: true
extends: ../base/%(base)s.yaml
tables:
  categories: {file: categories.csv, key: sku, value: category}
payload:
  custom_data:
    content_category: {from: sku, apply: [plain_sku, {lookup: $categories}]}
"""
_MAPPING = """\
# Events of shop %(number)d.
name: %(name)s
version: 1
target: pinterest/conversions-v5
source: %(source)s
extends: team.yaml
events:
  - is: order
    send: checkout
    payload:
      custom_data:
        value: $amount
        order_id: number
        content_ids: {from: sku, apply: plain_sku}
  - is: view
    send: page_visit
%(fixtures)sbases:
  order: %(order)s
tests:
  - {name: an order, given: {base: order}, expect: {event_name: checkout, custom_data: {value: "20"}}}
  - {name: another order, given: {base: order, id: o-2, total: 7.5, sku: b-2}, expect: {event_name: checkout}}
  - {name: a view, given: {base: order, type: view}, expect: {event_name: page_visit}}
  - {name: a person who limits, given: {base: order, limited: true}, expect: {opt_out: true}}
  - {name: a test order, given: {base: order, test: true}, expect: {skip: a test order}}
  - {name: opted out, given: {base: order, opted_out: true}, expect: {skip: opted out}}
  - {name: no consent, given: {base: order, consent: {ads: false}}, expect: {skip: consent}}
  - {name: no answer, given: {base: order, consent: null}, expect: {skip: consent}}
"""
_TEXT = {"type": ["string", "null"]}
_FLAG = {"type": ["boolean", "null"]}
_PERSONAL = {**_TEXT, "x-personal": True}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("type", "id", "at", "sent_at", "sku", "number", "currency", "ip"), _TEXT),
        **dict.fromkeys(("agent", "note"), _TEXT),
        **dict.fromkeys(("test", "opted_out", "limited"), _FLAG),
        "total": {"type": ["number", "null"]},
        "gift_text": _PERSONAL,
        "device": {"type": ["object", "null"], "properties": {"id": _PERSONAL}},
        "consent": {"type": ["object", "null"], "properties": {"ads": _FLAG}},
        "customer": {
            "type": "object",
            "properties": {"id": _TEXT, "email": _PERSONAL, "phone": _PERSONAL},
        },
    },
}


def order(**others: Any) -> dict[str, Any]:
    """An event of the shops."""
    return {
        "type": "order",
        "id": "o-1",
        "at": "2026-05-01T10:00:00Z",
        "sent_at": "2026-05-02T10:00:00Z",
        "total": 20,
        "currency": "EUR",
        "sku": "a-1",
        "number": "n-1",
        "ip": "203.0.113.7",
        "agent": "x/1",
        "device": {"id": "a0b1c2d3-0000-4000-8000-000000000001"},
        "consent": {"ads": True},
        "customer": {"id": "c-1", "email": "ada@example.com", "phone": "+4930901820"},
        **others,
    }


def make_repository(root: Path, mappings: int = MAPPINGS) -> None:
    """Write the repository into a folder."""
    schema = json.dumps(_SCHEMA)
    files = {
        "pyproject.toml": "",
        "docker-compose.yml": 'version: "3"\nservices: {}\n',
        "schemas/shop/order.json": schema,
        "schemas/shop/app-order.json": schema,
        "mappings/base/common.yaml": _COMMON,
        "mappings/base/web.yaml": _WEB,
        "mappings/base/app.yaml": _APP,
    }
    for number, team in enumerate(TEAMS):
        files[f"mappings/{team}/team.yaml"] = _TEAM % {"base": "app" if number % 4 == 3 else "web"}
        files[f"mappings/{team}/categories.csv"] = f"sku,category\nA-1,{team}\nB-2,other\n"
        files[f"mappings/{team}/events/gift.json"] = json.dumps(order(id="f-1", note="a gift"))
        expected = {"event_name": "checkout", "event_id": "f-1"}
        files[f"mappings/{team}/events/gift.expect.json"] = json.dumps(expected)
        files[f"mappings/{team}/samples.ndjson"] = f"{json.dumps(order())}\n"
    for number in range(mappings):
        team, place = TEAMS[number % len(TEAMS)], number // len(TEAMS) + 1
        files[f"mappings/{team}/shop-{place}.yaml"] = _mapping(number, f"{team}-{place}", place)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def _mapping(number: int, name: str, place: int) -> str:
    source = "shop/app-order" if number % 4 == 3 else "shop/order"
    return _MAPPING % {
        "number": number + 1,
        "name": name,
        "source": "{samples: samples.ndjson}" if place == 2 else source,
        "fixtures": "fixtures: events/*.json\n" if place == 1 else "",
        "order": json.dumps(order()),
    }


def edit(root: Path, edits: list[dict[str, Any]]) -> None:
    """Change a repository: `replace`, `write`, `append`, `move` or `delete` a file."""
    for one in edits:
        path = root / one["file"]
        if "replace" in one:
            was, now = one["replace"]
            text = path.read_text(encoding="utf-8")
            assert was in text, (one["file"], was)
            path.write_text(text.replace(was, now), encoding="utf-8")
        if "append" in one:
            path.write_text(path.read_text(encoding="utf-8") + one["append"], encoding="utf-8")
        if "write" in one:
            path.write_text(one["write"], encoding="utf-8")
        if "copy" in one:
            shutil.copy(path, root / one["copy"])
        if "move" in one:
            path.rename(root / one["move"])
        if one.get("delete"):
            path.unlink()
