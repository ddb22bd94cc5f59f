"""Random exports of destinations in Segment, and events for them: on attributes that are often absent."""

from __future__ import annotations

from random import Random
from typing import Any

_TEXTS = ("properties.title", "properties.brand", "context.page.title", "properties.products[0].name")
_IDS = ("properties.order_id", "properties.sku", "userId", "messageId", "properties.products.0.product_id")
_AMOUNTS = ("properties.price", "properties.value", "properties.total")
_EMAILS = ("properties.email", "traits.email", "context.traits.email")
_NAMES = ("Order Completed", "Product Added", "Signed Up")
_SUBSCRIBED = (
    'type = "track" and event = "{}"',
    'type = "track" AND (event = "{}" or event = "Product Added")',
    'type = "page" or event = "{}"',
    'type = "track" and contains(event, "Order")',
    'type = "track" and match(event, "Product *") and event != "{}"',
    'type = "track" and !match(event, "*Added")',
    'type = "track" and properties.price > 10',
    'type = "track" and properties.title != null and properties.new = true',
    "userId = null",
    'type != "page" and properties.quantity = 2',
    'type = "track" and properties.quantity != 2',
    'type = "track" and !contains(properties.title, "o") and traits.email != null',
)


def random_export(chance: Random) -> dict[str, Any]:
    """An export of some subscriptions."""
    subscriptions = []
    for number in range(chance.randrange(1, 5)):
        subscribe = chance.choice(_SUBSCRIBED).format(chance.choice(_NAMES))
        one = {"name": f"Subscription {number}", "subscribe": subscribe, "enabled": chance.random() < 0.9}
        subscriptions.append({**one, "mapping": _mapping(chance)})
    subscriptions[0]["enabled"] = True
    return {"name": "Own", "subscriptions": subscriptions}


def _mapping(chance: Random) -> dict[str, Any]:
    return {
        "event_name": chance.choice(("checkout", "add_to_cart", "custom")),
        "action_source": chance.choice(("web", "web", {"@literal": "offline"})),
        "event_time": _path("timestamp"),
        "event_id": chance.choice((_path("messageId"), {"@template": "{{messageId}}-x"})),
        "app_name": "shop",
        "opt_out": chance.choice((False, _path("properties.opted_out"))),
        "user_data": _user_data(chance),
        "custom_data": _custom_data(chance),
        "device_brand": _text(chance, 2),
        "app_version": _text(chance, 2),
        "device_type": _text(chance, 1),
    }


def _user_data(chance: Random) -> dict[str, Any]:
    if chance.random() < 0.2:
        objects = [_path("context.traits"), _path("traits")]
        return {"@merge": {"objects": objects, "direction": chance.choice(("left", "right"))}}
    made = {
        "email": _first(chance, _EMAILS),
        "external_id": _path("userId"),
        "client_ip_address": _path("context.ip"),
        "client_user_agent": _path("context.userAgent"),
        "click_id": _id(chance),
    }
    if chance.random() < 0.2:
        return {"@excludeWhenNull": made}
    if chance.random() < 0.2:
        return {
            "@if": {"exists": _path("properties"), "then": made, "else": {"email": _path("traits.email")}}
        }
    return made


def _custom_data(chance: Random) -> dict[str, Any]:
    return {
        "value": _first(chance, _AMOUNTS),
        "currency": chance.choice(
            ("EUR", {"@case": {"operator": "upper", "value": _path("properties.currency")}})
        ),
        "order_id": _id(chance),
        "search_string": _text(chance, 3),
        "num_items": _path("properties.quantity"),
        "contents": _contents(chance),
        "content_ids": chance.choice(
            ({"@arrayPath": ["$.properties.products", _path("product_id")]}, [_path("properties.sku")], None)
        ),
    }


def _contents(chance: Random) -> Any:
    shape = {
        "id": chance.choice(
            (_path("product_id"), _first(chance, ("sku", "product_id")), {"@template": "p-{{sku}}"})
        ),
        "item_price": _path("price"),
        "quantity": chance.choice((_path("quantity"), 1)),
    }
    listed = {"@arrayPath": ["$.properties.products", shape]}
    one = [{"id": _path("properties.sku"), "item_price": _path("properties.price")}]
    return chance.choice(
        (
            listed,
            listed,
            one,
            {"@path": "$.properties.contents"},
            {"@arrayPath": ["$.properties.contents"]},
            {"@if": {"exists": _path("properties.products"), "then": listed, "else": one}},
        )
    )


def _path(path: str) -> dict[str, str]:
    return {"@path": f"$.{path}"}


def _first(chance: Random, paths: tuple[str, ...]) -> dict[str, Any]:
    one, other = chance.sample(paths, 2)
    tested = chance.choice(("exists", "exists", "blank"))
    return {"@if": {tested: _path(one), "then": _path(one), "else": _path(other)}}


def _id(chance: Random) -> Any:
    one = _path(chance.choice(_IDS))
    return chance.choice(
        (
            one,
            {"@template": "order-{{properties.order_id}}"},
            {"@replace": {"value": one, "pattern": "-", "replacement": "_"}},
        )
    )


def _text(chance: Random, depth: int) -> Any:
    one = _path(chance.choice(_TEXTS))
    if depth == 0:
        return one
    inner = _text(chance, depth - 1)
    return chance.choice(
        (
            one,
            "a constant",
            {"@literal": inner},
            {"@template": "{{properties.brand}} - {{ properties.title }}"},
            {"@template": "{{properties.brand}}"},
            {"@case": {"operator": chance.choice(("lower", "upper")), "value": inner}},
            {
                "@replace": {
                    "pattern": "o",
                    "replacement": "0",
                    "value": inner,
                    "pattern2": " ",
                    "replacement2": "-",
                }
            },
            {"@replace": {"pattern": "O", "replacement": "", "value": inner, "ignorecase": True}},
            {"@replace": {"pattern": "o", "replacement": "00", "value": inner, "global": False}},
            {"@if": {"exists": _path("properties.title"), "then": inner, "else": one}},
            {"@if": {"blank": _path("properties.brand"), "then": inner, "else": one}},
            {"@if": {"blank": inner, "then": "yes", "else": 0}},
            {"@if": {"exists": _path("properties.brand"), "then": inner}},
            {"@json": {"mode": "encode", "value": _path("properties.products")}},
            {
                "@transform": {
                    "apply": {"a": inner, "b": {"c": one}},
                    "mapping": _path(chance.choice(("a", "b.c"))),
                }
            },
            {"@liquid": "{{ properties.title | upcase }}"},
            {"@liquid": "{{ properties.brand | default: 'none' | append: '!' }} x"},
            {"@liquid": "{{ properties.title | split: ' ' | last }}"},
            {"@liquid": "{{ properties.price | times: 2 | plus: 1 }}"},
            {"@excludeWhenNull": inner},
        )
    )


def random_event(chance: Random) -> dict[str, Any]:
    """An event that such subscriptions may take."""
    title = ("Pot of clay", "Mug", "", " ", "Zoo", None)
    products = [_product(chance) for _ in range(chance.randrange(3))]
    properties = {
        "title": chance.choice(title),
        "brand": chance.choice(("Kiln & Co", "Oo", None, "")),
        "price": chance.choice((12.5, 20, 0, "9.90", None)),
        "value": chance.choice((7, 0.5)),
        "total": chance.choice((3, None)),
        "quantity": chance.choice((1, 2, 2)),
        "email": chance.choice(("jane@example.com", " Joe@Example.ORG", None, "")),
        "order_id": chance.choice(("A-17-b", 18, None)),
        "sku": chance.choice(("MUG-7", "POT-24", None)),
        "currency": chance.choice(("eur", "USD", None)),
        "opted_out": chance.choice((True, False)),
        "new": chance.choice((True, False, "true")),
        "products": products[0] if products and chance.random() < 0.2 else products,
        "contents": [{"id": "c-1", "item_price": 2, "quantity": 1, "other": "x"}],
    }
    kept = {name: value for name, value in properties.items() if chance.random() < 0.8}
    event: dict[str, Any] = {
        "type": chance.choice(("track", "track", "track", "page", "identify")),
        "event": chance.choice((*_NAMES, "Product Removed", "Order Updated")),
        "messageId": f"m-{chance.randrange(100)}",
        "timestamp": "2026-05-01T10:00:00.250Z",
        "userId": chance.choice(("user-1", "user-2", None)),
        "properties": kept,
        "traits": {"email": chance.choice(("ida@example.com", None))},
        "context": {"ip": "203.0.113.7", "userAgent": "Mozilla/5.0", "page": {"title": chance.choice(title)}},
    }
    if event["type"] == "page":
        del event["event"]
    if chance.random() < 0.5:
        event["context"]["traits"] = {"email": chance.choice(("ann@example.com", None)), "city": "Bonn"}
    return event


def _product(chance: Random) -> dict[str, Any]:
    made: dict[str, Any] = {
        "product_id": "p-1",
        "sku": "S",
        "name": "Mug",
        "price": chance.choice((3, 4.5, "2.5")),
        "quantity": 2,
    }
    return {name: value for name, value in made.items() if chance.random() < 0.8}
