"""The mapping of constructs.yaml by hand: ten patterns, two functions and a table, and events for them.

As an expert would write it: a compiled regular expression for each pattern but those that need none, plain
functions, a dictionary. Its payloads equal the program's, event for event: a test holds it. It is for the
events that make_events gives: unlike the program, it refuses none, and takes amounts as numbers only.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from handwritten import _put_text, put
from handwritten_plain import (
    decimal_form,
    id_form,
    integer_form,
    ip_form,
    text_of,
    time_form,
    trimmed,
    trimmed_id,
    url_form,
)

_COLOURS = ("red", "blue", "green")
_PATHS = ("/lp/summer", "/de/signup/gold", "/checkout/thanks", "/de/product/7", "/de/cart", "/")
_SEED = 20260501

_OFFER = re.compile(r"shopify_([A-Z]{2})_(\d+)_(\d+)", re.ASCII).fullmatch
_SCREEN = re.compile(r"(\d+)x(\d+)", re.ASCII).fullmatch
_ORDER = re.compile(r"gid://shopify/Order/(\d+)", re.ASCII).fullmatch
_VARIANT = re.compile(r"gid://shopify/ProductVariant/(\d+)", re.ASCII).fullmatch
_SKU = re.compile(r"SKU-(\d+)-([^/?#]+)", re.ASCII).fullmatch
_SIGNUP = re.compile(r".*/signup/[^\W\d_]+", re.DOTALL).fullmatch
_PRODUCT = re.compile(r".*/product/[^/?#]+", re.DOTALL).fullmatch
_SPACE = re.compile(r"\s+")
_CENT = Decimal("0.01")

with open(Path(__file__).parent / "constructs.csv", encoding="utf-8", newline="") as _file:
    _CATEGORIES: dict[str, str] = {row["sku"]: row["category"] for row in csv.DictReader(_file)}


def make_events(count: int) -> Iterator[dict[str, Any]]:
    """Events of a shop, the same ones each time."""
    dice = random.Random(_SEED)
    for number in range(count):
        path = dice.choice(_PATHS)
        yield {
            "id": f"e-{number}",
            "time": 1777629600 + number,
            "page": {"url": f"https://shop.example{path}", "path": path},
            "ip": f"203.0.113.{number % 200}",
            "agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "order": f"gid://shopify/Order/{450_000_000 + number}" if dice.random() < 0.8 else "none",
            "offer": f"shopify_{dice.choice(('DE', 'FR', 'US'))}_{dice.randrange(10**7)}_{number}",
            "screen": f"{dice.choice((390, 1280, 1920))}x{dice.choice((844, 1080))}",
            "net": dice.randrange(100, 20_000) / 100,
            "rate": dice.choice((1.19, 1.07)),
            "items": [_item(dice) for _ in range(dice.randint(1, 4))],
        }


def _item(dice: random.Random) -> dict[str, Any]:
    number = dice.randrange(250)
    return {
        "sku": f"SKU-{number}-{_COLOURS[number % 3]}",
        "variant": f"gid://shopify/ProductVariant/{dice.randrange(10**9)}",
        "quantity": dice.randint(1, 3),
    }


def payload_of(event: dict[str, Any]) -> dict[str, Any]:
    """The payload of an event."""
    page = event.get("page")
    url, path = (page.get("url"), page.get("path")) if type(page) is dict else (None, None)
    payload: dict[str, Any] = {"event_name": _name_of(path), "action_source": "web"}
    put(payload, "event_id", event.get("id"), id_form, "event_id")
    put(payload, "event_time", event.get("time"), time_form, "event_time")
    put(payload, "event_source_url", url, url_form, "event_source_url")
    user: dict[str, Any] = {}
    put(user, "client_ip_address", event.get("ip"), ip_form, "user_data.client_ip_address")
    put(user, "client_user_agent", event.get("agent"), trimmed_id, "user_data.client_user_agent")
    payload["user_data"] = user
    payload["custom_data"] = _custom_data(event, path)
    return payload


def _name_of(path: Any) -> str:
    if type(path) is str:
        if path.startswith("/lp/"):
            return "lead"
        if _SIGNUP(path) is not None:
            return "signup"
    return "page_visit"


def _custom_data(event: dict[str, Any], path: Any) -> dict[str, Any]:
    custom: dict[str, Any] = {"currency": "EUR"}
    put(custom, "value", gross(event.get("net"), event.get("rate")), decimal_form, "custom_data.value")
    found = _matched(_ORDER, event.get("order"))
    if found is not None:
        put(custom, "order_id", found[1], trimmed_id, "custom_data.order_id")
    found = _matched(_OFFER, event.get("offer"))
    if found is not None:
        _put_text(custom, "content_brand", found[1], "custom_data.content_brand")
        _put_text(custom, "content_name", found[3], "custom_data.content_name")
    if path is not None:
        _put_text(custom, "content_category", _kind_of(path), "custom_data.content_category")
    found = _matched(_SCREEN, event.get("screen"))
    if found is not None:
        put(custom, "num_items", found[1], integer_form, "custom_data.num_items")
    items = event.get("items")
    if type(items) is list:
        _put_items(custom, items)
    return custom


def _matched(match: Any, value: Any) -> re.Match[str] | None:
    found: re.Match[str] | None = None
    if value is not None:
        found = match(value if type(value) is str else text_of(value))
    return found


def _kind_of(path: Any) -> str:
    text = path if type(path) is str else text_of(path)
    if text.startswith("/checkout/"):
        return "checkout"
    if _PRODUCT(text) is not None:
        return "product"
    return "cart" if text.endswith("/cart") else "page"


def _put_items(custom: dict[str, Any], items: list[Any]) -> None:
    ids, contents = [], []
    for item in items:
        if type(item) is not dict:
            continue
        made: dict[str, Any] = {}
        sku = item.get("sku")
        if sku is not None:
            cleaned = clean_sku(sku)
            cleaned = None if cleaned is None else trimmed_id(cleaned)
            if cleaned is not None:
                ids.append(cleaned)
            text = sku if type(sku) is str else text_of(sku)
            found = _SKU(text)
            written = text if found is None else f"{found[2]}/{found[1]}"
            put(made, "id", written, trimmed_id, "custom_data.contents[].id")
            category = _CATEGORIES.get(text)
            if category is not None:
                made["item_category"] = category
        found = _matched(_VARIANT, item.get("variant"))
        if found is not None:
            _put_text(made, "item_name", found[1], "custom_data.contents[].item_name")
        put(made, "quantity", item.get("quantity"), integer_form, "custom_data.contents[].quantity")
        if made:
            contents.append(made)
    if ids:
        custom["content_ids"] = ids
    if contents:
        custom["contents"] = contents


def clean_sku(value: Any) -> str | None:
    """A key of a product, as the shop's feed has it."""
    text = trimmed(value)
    return None if text is None else _SPACE.sub("", text.upper())


def gross(net: Any, rate: Any) -> Any:
    """An amount with its tax, to the cent."""
    if net is None or rate is None:
        return None
    exact = Decimal(repr(net)) * Decimal(repr(rate))
    return float(exact.quantize(_CENT, ROUND_HALF_UP))
