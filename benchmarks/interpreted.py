"""The mapping of mapping.yaml as most would build it: jmespath.py, a function for each field, jsonschema.

Expressions are compiled once; each value is searched in the event, brought into its form by the functions of
the hand-written rival, and the payload is validated against the target's schema before it counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import jmespath
from handwritten import Unsent, is_refusal
from handwritten_person import (
    birth_date_form,
    city_form,
    country_form,
    customer_id,
    digest_of,
    email_form,
    gender_form,
    name_form,
    phone_form,
    postcode_form,
    postcode_or_false,
    state_form,
)
from handwritten_plain import (
    amount_of,
    currency_form,
    decimal_form,
    epik_in,
    id_form,
    integer_form,
    ip_form,
    is_there,
    language_form,
    sum_of_quantities,
    text_of,
    time_form,
    trimmed,
    trimmed_id,
    url_form,
)
from jsonschema import Draft202012Validator

_SCHEMA = Path(__file__).resolve().parents[1] / "schemas/pinterest/conversions-v5.json"
fits_target = Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8"))).is_valid

Form = Callable[[Any], Any]
Rule = tuple[tuple[str, ...], list[Any], Form]


def digests_of(form: Callable[[str], str | None]) -> Form:
    """A function that gives the digests of a text, or of each text of a list, in their form."""

    def digests(value: Any) -> list[str] | None:
        made, failed = [], None
        for one in value if type(value) is list else [value]:
            if not is_there(one):
                continue
            try:
                made.append(digest_of(text_of(one), form))
            except ValueError as error:
                failed = error
        kept = list(dict.fromkeys(filter(None, made)))
        if failed is not None and not kept:
            raise failed
        return kept or None

    return digests


def postcodes(value: Any) -> list[str] | None:
    """The digests of postal codes."""
    return digests_of(postcode_form)(postcode_or_false(value))


def rule_of(path: str, expressions: str | list[str], form: Form) -> Rule:
    """A rule: the path of a field, what is searched for in turn, and the form of what is found."""
    alternatives = [expressions] if isinstance(expressions, str) else expressions
    return tuple(path.split(".")), [jmespath.compile(one) for one in alternatives], form


_PERSON = "context.traits"
_COMMON = [
    rule_of("event_id", "messageId", id_form),
    rule_of("event_time", "timestamp", time_form),
    rule_of("event_source_url", "context.page.url", url_form),
    rule_of("language", "context.locale", language_form),
    rule_of("user_data.em", ["properties.email", f"{_PERSON}.email"], digests_of(email_form)),
    rule_of("user_data.ph", f"{_PERSON}.phone", digests_of(phone_form)),
    rule_of("user_data.fn", f"{_PERSON}.firstName", digests_of(name_form)),
    rule_of("user_data.ln", f"{_PERSON}.lastName", digests_of(name_form)),
    rule_of("user_data.ge", f"{_PERSON}.gender", digests_of(gender_form)),
    rule_of("user_data.db", f"{_PERSON}.birthday", digests_of(birth_date_form)),
    rule_of("user_data.ct", f"{_PERSON}.address.city", digests_of(city_form)),
    rule_of("user_data.st", f"{_PERSON}.address.state", digests_of(state_form)),
    rule_of("user_data.zp", f"{_PERSON}.address.postalCode", postcodes),
    rule_of("user_data.country", f"{_PERSON}.address.country", digests_of(country_form)),
    rule_of("user_data.external_id", ["userId", "anonymousId"], digests_of(customer_id)),
    rule_of("user_data.client_ip_address", "context.ip", ip_form),
    rule_of("user_data.client_user_agent", "context.userAgent", trimmed_id),
    rule_of("user_data.click_id", "context.page.url", epik_in),
]
_ITEM = [
    rule_of("id", ["product_id", "sku"], trimmed_id),
    rule_of("item_name", "name", trimmed),
    rule_of("item_brand", "brand", trimmed),
    rule_of("item_category", "category", trimmed),
    rule_of("item_price", "price", decimal_form),
]
_QUANTITY = rule_of("quantity", "quantity", integer_form)
_CURRENCY = rule_of("custom_data.currency", "properties.currency", currency_form)
_AMOUNTS = ("value", "item_price")
_SECTIONS: dict[str, tuple[str, list[Any]]] = {
    "Order Completed": (
        "checkout",
        [
            rule_of("custom_data.value", ["properties.revenue", "properties.total"], decimal_form),
            rule_of("custom_data.order_id", "properties.order_id", trimmed_id),
        ],
    ),
    "Product Added": (
        "add_to_cart",
        [rule_of("custom_data.value", "properties.[price, quantity]", amount_of)],
    ),
    "Product Viewed": (
        "page_visit",
        [
            rule_of("custom_data.value", "properties.price", decimal_form),
            rule_of("custom_data.content_name", "properties.name", trimmed),
        ],
    ),
    "Products Searched": (
        "search",
        [rule_of("custom_data.search_string", "properties.query", trimmed)],
    ),
    "Signed Up": ("signup", []),
}
_INTERNAL = jmespath.compile("context.ip == '127.0.0.1'")
_NAME = jmespath.compile("event")
_IS_PAGE = jmespath.compile("type == 'page'")
_CONSENT = jmespath.compile("context.consent.categoryPreferences.advertising")
_PRODUCTS = jmespath.compile("properties.products")
_ONE_PRODUCT = jmespath.compile("properties.product_id")
_PROPERTIES = jmespath.compile("properties")


def payload_of(event: dict[str, Any]) -> dict[str, Any] | Unsent:
    """The payload of a Segment call, or why there is none."""
    if _INTERNAL.search(event):
        return Unsent("skip", "internal traffic")
    name = _NAME.search(event)
    section = _SECTIONS.get(name) if isinstance(name, str) else None
    if section is None and _IS_PAGE.search(event):
        section = ("page_visit", [])
    if section is None:
        if name in ("Cart Viewed", "Product Removed"):
            return Unsent("skip", "Pinterest has no event for it")
        return Unsent("unmapped", name if isinstance(name, str) and len(name) <= 100 else "")
    answer = _CONSENT.search(event)
    if not _is_granted(answer):
        return Unsent("consent", f"consent {'denied' if is_refusal(answer) else 'unreadable'}")
    sent_as, rules = section
    payload: dict[str, Any] = {"event_name": sent_as, "action_source": "web"}
    for rule in _COMMON:
        put(payload, event, rule)
    is_priced = put(payload, event, _CURRENCY)
    _put_items(payload, event, is_priced)
    for rule in rules:
        if is_priced or rule[0][-1] not in _AMOUNTS:
            put(payload, event, rule)
    return _checked(payload)


def _checked(payload: dict[str, Any]) -> dict[str, Any] | Unsent:
    user = payload.get("user_data", {})
    missing = [name for name in ("event_id", "event_time") if name not in payload]
    if "em" not in user and not ("client_ip_address" in user and "client_user_agent" in user):
        missing.append("user_data")
    if payload["event_name"] == "checkout" and "order_id" not in payload.get("custom_data", {}):
        missing.append("custom_data.order_id")
    if missing or not fits_target(payload):
        return Unsent("rejected", ", ".join(missing))
    return payload


def put(payload: dict[str, Any], event: Any, rule: Rule) -> bool:
    """Put a rule's value into its place, if there is one; False if it is there and invalid."""
    path, expressions, form = rule
    is_valid = True
    for expression in expressions:
        value = expression.search(event)
        if not is_there(value):
            continue
        try:
            formed = form(value)
        except ValueError:
            is_valid = False
            continue
        if formed is not None:
            holder = payload
            for name in path[:-1]:
                holder = holder.setdefault(name, {})
            holder[path[-1]] = formed
            return True
    return is_valid


def _put_items(payload: dict[str, Any], event: dict[str, Any], is_priced: bool) -> None:
    items = _PRODUCTS.search(event)
    if not is_there(items):
        items = [_PROPERTIES.search(event)] if is_there(_ONE_PRODUCT.search(event)) else None
    if not isinstance(items, (list, dict)):
        return
    contents = []
    for item in items if isinstance(items, list) else [items]:
        made: dict[str, Any] = {}
        for rule in _ITEM:
            if is_priced or rule[0][-1] not in _AMOUNTS:
                put(made, item, rule)
        is_counted = put(made, item, _QUANTITY)
        if made:
            contents.append({**made, "quantity": made.get("quantity", 1)} if is_counted else made)
    custom = payload.setdefault("custom_data", {})
    ids = [made["id"] for made in contents if "id" in made]
    if ids:
        custom["content_ids"] = ids
    if contents:
        custom["contents"] = contents
    if isinstance(items, list):
        with suppress(ValueError):
            custom["num_items"] = sum_of_quantities(items)
    if not custom:
        del payload["custom_data"]


def _is_granted(answer: Any) -> bool:
    if isinstance(answer, str):
        return not answer.strip() or answer.strip().lower() in ("granted", "opted_in", "yes", "true", "1")
    if isinstance(answer, bool):
        return answer
    return not is_there(answer) or answer == 1
