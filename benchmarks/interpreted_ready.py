"""The ready mapping `warehouse-orders` as most would build it, as `interpreted.py` is the other mapping."""

from __future__ import annotations

from functools import partial
from typing import Any

import jmespath
from handwritten import Unsent, dumps, is_granted, is_refusal, loads
from handwritten_person import (
    city_form,
    country_form,
    customer_id,
    email_form,
    name_form,
    phone_form_in,
    state_form,
)
from handwritten_plain import (
    currency_form,
    decimal_form,
    integer_form,
    ip_form,
    is_there,
    known,
    time_form,
    trimmed_id,
    url_form,
)
from handwritten_ready import cleaned, count, country_of, is_return, parts, worth
from interpreted import digests_of, fits_target, postcodes, put, rule_of

_RULES = [
    rule_of("event_id", ["order && store && join('-', ['store', store, order])", "order"], known),
    rule_of("event_source_url", "page_url", url_form),
    rule_of("user_data.em", "email", digests_of(email_form)),
    rule_of("user_data.fn", "first_name", digests_of(name_form)),
    rule_of("user_data.ln", "last_name", digests_of(name_form)),
    rule_of("user_data.ct", "city", digests_of(city_form)),
    rule_of("user_data.st", "state", digests_of(state_form)),
    rule_of("user_data.zp", "zip", postcodes),
    rule_of("user_data.country", "country", digests_of(country_form)),
    rule_of("user_data.external_id", "customer_id", digests_of(customer_id)),
    rule_of("user_data.client_ip_address", "client_ip", ip_form),
    rule_of("user_data.client_user_agent", "client_user_agent", trimmed_id),
    rule_of("user_data.click_id", "click_id", trimmed_id),
    rule_of("custom_data.order_id", "order", trimmed_id),
    rule_of("custom_data.num_items", "quantities", count),
]
_CURRENCY = rule_of("custom_data.currency", "currency", currency_form)
_TOTAL = rule_of("custom_data.value", "total", decimal_form)
_WORTH = rule_of("custom_data.value", "prices && quantities && [prices, quantities]", worth)
_SKU = rule_of("id", "id", trimmed_id)
_QUANTITY = rule_of("quantity", "quantity", integer_form)
_PRICE = rule_of("item_price", "price", decimal_form)
_TIME, _PHONE = jmespath.compile("ordered_at"), jmespath.compile("phone")
_CONSENT = jmespath.compile("consent")


def payload_of(row: dict[str, Any]) -> dict[str, Any] | Unsent:
    """The payload of an order, or why there is none."""
    if is_return(row.get("total")):
        return Unsent("skip", "return")
    answer = _CONSENT.search(row)
    if not is_there(answer):
        return Unsent("consent", "consent missing")
    if not is_granted(answer):
        return Unsent("consent", "consent denied" if is_refusal(answer) else "consent unreadable")
    lists = {name: parts(row.get(name)) for name in ("skus", "quantities", "prices")}
    read = {name: values for name, (values, _) in lists.items()}
    read |= {"store": cleaned(row.get("store_id")), "order": cleaned(row.get("order_id"))}
    row = {**row, **read}
    payload: dict[str, Any] = {
        "event_name": "checkout",
        "action_source": "offline" if read["store"] else "web",
    }
    time_of = partial(time_form, zone=cleaned(row.get("time_zone")))
    country = row.get("country")
    phone_of = partial(phone_form_in, country=country_of(country) if type(country) is str else None)
    for rule in _RULES:
        put(payload, row, rule)
    put(payload, row, (("event_time",), [_TIME], time_of))
    put(payload, row, (("user_data", "ph"), [_PHONE], digests_of(phone_of)))
    _put_amounts(payload, row, any(is_invalid for _, is_invalid in lists.values()))
    user = payload.get("user_data", {})
    missing = [name for name in ("event_id", "event_time") if name not in payload]
    if "em" not in user and not ("client_ip_address" in user and "client_user_agent" in user):
        missing.append("user_data")
    return Unsent("rejected", ", ".join(missing)) if missing or not fits_target(payload) else payload


def _put_amounts(payload: dict[str, Any], row: dict[str, Any], is_invalid: bool) -> None:
    is_priced = put(payload, row, _CURRENCY)
    if is_priced and not (put(payload, row, _TOTAL) and "value" in payload.get("custom_data", {})):
        put(payload, row, _WORTH)
    ids = [one for one in map(trimmed_id, row["skus"] or ()) if one is not None]
    if ids:
        payload.setdefault("custom_data", {})["content_ids"] = ids
    columns = {"id": row["skus"], "quantity": row["quantities"], "price": row["prices"]}
    given = {name: values for name, values in columns.items() if values is not None}
    if is_invalid or len({len(values) for values in given.values()}) != 1:
        return
    contents = []
    for values in zip(*given.values(), strict=True):
        item, made = dict(zip(given, values, strict=True)), dict[str, Any]()
        for rule in (_SKU, _QUANTITY, _PRICE) if is_priced else (_SKU, _QUANTITY):
            put(made, item, rule)
        if made:
            contents.append(made)
    if contents:
        payload.setdefault("custom_data", {})["contents"] = contents


def bytes_to_bytes(line: bytes) -> bytes | None:
    """The JSON of an order's payload, if it has one, of the JSON of the order."""
    payload = payload_of(loads(line))
    return dumps(payload) if type(payload) is dict else None
