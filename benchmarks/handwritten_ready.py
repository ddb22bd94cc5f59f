"""The ready mapping `warehouse-orders`, written by hand: a row of a table of orders to Pinterest's checkout.

With the normal forms of the other mapping that is written by hand. Its payloads, skips and rejections equal
the program's, event for event: the benchmark and a test hold it.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any
from unicodedata import normalize

from handwritten import Unsent, is_granted, is_invalid, is_refusal, left_out, put, put_digests
from handwritten_person import (
    city_digest,
    country_digest,
    country_form,
    email_digest,
    id_digest,
    name_digest,
    phone_digest,
    postcode_digest,
    postcode_or_false,
    state_digest,
)
from handwritten_plain import (
    EDGE,
    currency_form,
    decimal_form,
    exact_product,
    exact_sum,
    integer_form,
    ip_form,
    is_there,
    known,
    text_of,
    time_form,
    trimmed,
    trimmed_id,
    url_form,
)
from orjson import dumps, loads

_RETURN = Unsent("skip", "return")
_Parts = list[str] | None


def payload_of(row: dict[str, Any]) -> dict[str, Any] | Unsent:
    """The payload of an order, or why there is none."""
    if is_return(row.get("total")):
        return _RETURN
    answer = row.get("consent")
    if not is_there(answer):
        return Unsent("consent", "consent missing")
    if not is_granted(answer):
        return Unsent("consent", "consent denied" if is_refusal(answer) else "consent unreadable")
    store, order = cleaned(row.get("store_id")), cleaned(row.get("order_id"))
    payload: dict[str, Any] = {"event_name": "checkout", "action_source": "offline" if store else "web"}
    key = known(f"store-{store}-{order}" if store else order) if order else None
    missing = []
    if key is not None:
        payload["event_id"] = key
    else:
        missing.append("event_id")
    time_of = partial(time_form, zone=cleaned(row.get("time_zone")))
    if not put(payload, "event_time", row.get("ordered_at"), time_of, "event_time"):
        missing.append("event_time")
    put(payload, "event_source_url", row.get("page_url"), url_form, "event_source_url")
    user = _user_data(row)
    if "em" in user or ("client_ip_address" in user and "client_user_agent" in user):
        payload["user_data"] = user
    else:
        missing.append("user_data")
    if custom := _custom_data(row, order):
        payload["custom_data"] = custom
    return Unsent("rejected", ", ".join(missing)) if missing else payload


def is_return(total: Any) -> bool:
    """Whether a total is below zero, however that is written."""
    if total is None:
        return False
    try:
        text = trimmed(total)
    except ValueError:
        return False
    return text is not None and (text[0] in "-(" or text[-1] == "-")


def cleaned(value: Any) -> str | None:
    """An id less what is around it; None of a placeholder, and of what is no text."""
    if value is None:
        return None
    try:
        text = trimmed_id(value)
    except ValueError:
        return None
    return text if text is None or text.isascii() else normalize("NFC", text)


def _user_data(row: dict[str, Any]) -> dict[str, Any]:
    user: dict[str, Any] = {}
    put_digests(user, "em", row.get("email"), email_digest)
    phone, country = row.get("phone"), row.get("country")
    if phone is not None:
        dialled = country_of(country) if type(country) is str else None
        put_digests(user, "ph", phone, partial(phone_digest, country=dialled))
    put_digests(user, "fn", row.get("first_name"), name_digest)
    put_digests(user, "ln", row.get("last_name"), name_digest)
    put_digests(user, "ct", row.get("city"), city_digest)
    put_digests(user, "st", row.get("state"), state_digest)
    put_digests(user, "zp", postcode_or_false(row.get("zip")), postcode_digest)
    put_digests(user, "country", country, country_digest)
    put_digests(user, "external_id", row.get("customer_id"), id_digest)
    put(user, "client_ip_address", row.get("client_ip"), ip_form, "user_data.client_ip_address")
    put(user, "client_user_agent", row.get("client_user_agent"), trimmed_id, "user_data.client_user_agent")
    put(user, "click_id", row.get("click_id"), trimmed_id, "user_data.click_id")
    return user


@lru_cache(maxsize=4096)
def country_of(country: str) -> str | None:
    """The code of a country in two large letters; None where it is no country."""
    try:
        text = trimmed_id(country)
        return (text and country_form(text).upper()) or None
    except ValueError:
        return None


def _custom_data(row: dict[str, Any], order: str | None) -> dict[str, Any]:
    custom: dict[str, Any] = {}
    currency = row.get("currency")
    priced = put(custom, "currency", currency, currency_form, "custom_data.currency") or not is_invalid(
        currency, currency_form
    )
    (skus, no_skus), (quantities, no_quantities), (prices, no_prices) = (
        parts(row.get(name)) for name in ("skus", "quantities", "prices")
    )
    amounts = None if prices is None or quantities is None else (prices, quantities)
    if priced and not put(custom, "value", row.get("total"), decimal_form, "custom_data.value"):
        put(custom, "value", amounts, worth, "custom_data.value")
    if order is not None:
        custom["order_id"] = order
    put(custom, "num_items", quantities, count, "custom_data.num_items")
    if skus is not None and (ids := [one for one in map(trimmed_id, skus) if one is not None]):
        custom["content_ids"] = ids
    if no_skus or no_quantities or no_prices:
        left_out["custom_data.contents"] += 1
    else:
        _put_contents(custom, skus, quantities, prices, priced)
    return custom


def parts(value: Any) -> tuple[_Parts, bool]:
    """The texts between `|`, and whether there is something else than a text."""
    if value is None:
        return None, False
    try:
        return [one.strip(EDGE) for one in text_of(value).split("|")], False
    except ValueError:
        return None, True


def worth(lists: tuple[list[str], list[str]]) -> str | None:
    """The sum of the products of prices and quantities, of those that are numbers."""
    prices, quantities = lists
    if len(prices) != len(quantities):
        raise ValueError("lists of different lengths")
    amounts, failed = [], None
    for both in zip(prices, quantities, strict=True):
        try:
            amounts.append(exact_product(*both))
        except ValueError as error:
            failed = error
    made = [amount for amount in amounts if amount is not None]
    if failed is not None and not made:
        raise failed
    return decimal_form(exact_sum(made)) if made else None


def count(quantities: list[str]) -> int | None:
    """The sum of quantities, less those that are blank."""
    if all(one.isascii() and one.isdigit() for one in quantities):
        return integer_form(sum(map(int, quantities)))
    return integer_form(exact_sum(quantities))


def _put_contents(
    custom: dict[str, Any], skus: _Parts, quantities: _Parts, prices: _Parts, priced: bool
) -> None:
    lengths = {len(one) for one in (skus, quantities, prices) if one is not None}
    if len(lengths) != 1:
        left_out["custom_data.contents"] += len(lengths) > 1
        return
    nothing = [""] * lengths.pop()
    contents = []
    for sku, quantity, price in zip(skus or nothing, quantities or nothing, prices or nothing, strict=True):
        made: dict[str, Any] = {}
        put(made, "id", sku, trimmed_id, "custom_data.contents[].id")
        put(made, "quantity", quantity, integer_form, "custom_data.contents[].quantity")
        if priced:
            put(made, "item_price", price, decimal_form, "custom_data.contents[].item_price")
        if made:
            contents.append(made)
    if contents:
        custom["contents"] = contents


def bytes_to_bytes(line: bytes) -> bytes | None:
    """The JSON of an order's payload, if it has one, of the JSON of the order."""
    payload = payload_of(loads(line))
    return dumps(payload) if type(payload) is dict else None
