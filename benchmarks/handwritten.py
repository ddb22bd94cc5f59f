"""The mapping of mapping.yaml, written by hand: the bar that the compiled program is measured against.

    build/bench-venv/bin/python benchmarks/handwritten.py IN OUT

As an expert would write it for speed and still maintain it: orjson, hashlib, a function for each normal
form with its fast path first (in the two modules beside this one), no classes on the way, digests of words
that many people share kept. Tables of countries, calling codes and currencies are the project's, and so is
the code for shapes of phones, places and addresses that are too rare to be written out. Its payloads, skips
and rejections equal the program's, event for event: the benchmark and a test hold it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from handwritten_person import (
    birth_date_digest,
    city_digest,
    country_digest,
    email_digest,
    gender_digest,
    id_digest,
    name_digest,
    phone_digest,
    postcode_digest,
    postcode_or_false,
    state_digest,
)
from handwritten_plain import (
    ASCII_EDGE,
    EDGE,
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
from orjson import OPT_APPEND_NEWLINE, dumps, loads


class Unsent(NamedTuple):
    """Why an event is not sent: `skip`, `consent`, `unmapped` or `rejected`, and the reason or the fields."""

    kind: str
    reason: str


# How often a value was left out since it is invalid, by its field.
left_out: Counter[str] = Counter()

_INTERNAL = Unsent("skip", "internal traffic")
_NO_EVENT = Unsent("skip", "Pinterest has no event for it")
_DENIED = Unsent("consent", "consent denied")
_UNREADABLE = Unsent("consent", "consent unreadable")
_NO_EVENTS = frozenset({"Cart Viewed", "Product Removed"})
_NONE: dict[str, Any] = {}


def payload_of(event: dict[str, Any]) -> dict[str, Any] | Unsent:
    """The payload of a Segment call, or why there is none."""
    context = event.get("context")
    if type(context) is not dict:
        context = _NONE
    if context.get("ip") == "127.0.0.1":
        return _INTERNAL
    name = event.get("event")
    section = _SECTIONS.get(name) if type(name) is str else None
    if section is None:
        if event.get("type") == "page":
            section = _PAGE
        elif type(name) is str and name in _NO_EVENTS:
            return _NO_EVENT
        else:
            return Unsent("unmapped", name if type(name) is str and len(name) <= 100 else "")
    consent = context.get("consent")
    preferences = consent.get("categoryPreferences") if type(consent) is dict else None
    if type(preferences) is dict and not is_granted(answer := preferences.get("advertising")):
        return _DENIED if is_refusal(answer) else _UNREADABLE
    return _payload(event, context, *section)


def _payload(
    event: dict[str, Any], context: dict[str, Any], sent_as: str, special: Callable[..., Any] | None
) -> dict[str, Any] | Unsent:
    payload: dict[str, Any] = {"event_name": sent_as, "action_source": "web"}
    missing = []
    if not put(payload, "event_id", event.get("messageId"), id_form, "event_id"):
        missing.append("event_id")
    if not put(payload, "event_time", event.get("timestamp"), time_form, "event_time"):
        missing.append("event_time")
    page = context.get("page")
    url = page.get("url") if type(page) is dict else None
    put(payload, "event_source_url", url, url_form, "event_source_url")
    put(payload, "language", context.get("locale"), language_form, "language")
    user = _user_data(event, context, url)
    if "em" in user or ("client_ip_address" in user and "client_user_agent" in user):
        payload["user_data"] = user
    else:
        missing.append("user_data")
    properties = event.get("properties")
    custom = _custom_data(properties if type(properties) is dict else _NONE, special)
    if custom is None:
        missing.append("custom_data.order_id")
    elif custom:
        payload["custom_data"] = custom
    return Unsent("rejected", ", ".join(missing)) if missing else payload


def put(made: dict[str, Any], name: str, value: Any, form: Callable[[Any], Any], path: str) -> bool:
    """Put a field in its form into an object, if there is one; an invalid one is counted."""
    if value is None:
        return False
    try:
        formed = form(value)
    except ValueError:
        if value != [] and value != {}:
            left_out[path] += 1
        return False
    if formed is None:
        return False
    made[name] = formed
    return True


def _put_text(made: dict[str, Any], name: str, value: Any, path: str) -> bool:
    """Put a trimmed text into an object, if there is one."""
    if type(value) is not str:
        return put(made, name, value, trimmed, path)
    text = value.strip(ASCII_EDGE if value.isascii() else EDGE)
    if not text:
        return False
    made[name] = text
    return True


def is_granted(answer: Any) -> bool:
    """Whether an answer is a yes, or there is none."""
    if answer is True or answer is None or answer == [] or answer == {}:
        return True
    if type(answer) is str:
        word = answer.strip().lower()
        return not word or word in _YES
    return type(answer) in (int, float) and answer == 1


def is_refusal(answer: Any) -> bool:
    """Whether an answer that is not a yes is a no; else it is unreadable."""
    if type(answer) is str:
        return answer.strip().lower().replace("-", "_") in _NO
    return type(answer) in (bool, int, float) and answer == 0


# fmt: off
_YES = frozenset({
    "t", "true", "yes", "y", "1", "on", "granted", "grant", "given", "allow", "allowed", "accept", "accepted",
    "agree", "agreed", "consented", "opted_in", "opted-in", "opt_in", "opt-in", "optin", "subscribed", "in",
})
_NO = frozenset({
    "false", "f", "no", "n", "0", "off", "denied", "deny", "refused", "refuse", "disallow", "disallowed",
    "reject", "rejected", "declined", "withdrawn", "revoked", "opted_out", "opt_out", "optout",
    "unsubscribed", "out",
})
# fmt: on


def _user_data(event: dict[str, Any], context: dict[str, Any], url: Any) -> dict[str, Any]:
    user: dict[str, Any] = {}
    properties = event.get("properties")
    traits = context.get("traits")
    if type(traits) is not dict:
        traits = _NONE
    email = properties.get("email") if type(properties) is dict else None
    if email is None or not put_digests(user, "em", email, email_digest):
        put_digests(user, "em", traits.get("email"), email_digest)
    if traits:
        put_digests(user, "ph", traits.get("phone"), phone_digest)
        put_digests(user, "fn", traits.get("firstName"), name_digest)
        put_digests(user, "ln", traits.get("lastName"), name_digest)
        put_digests(user, "ge", traits.get("gender"), gender_digest)
        put_digests(user, "db", traits.get("birthday"), birth_date_digest)
        address = traits.get("address")
        if type(address) is dict:
            put_digests(user, "ct", address.get("city"), city_digest)
            put_digests(user, "st", address.get("state"), state_digest)
            put_digests(user, "zp", postcode_or_false(address.get("postalCode")), postcode_digest)
            put_digests(user, "country", address.get("country"), country_digest)
    if not put_digests(user, "external_id", event.get("userId"), id_digest):
        put_digests(user, "external_id", event.get("anonymousId"), id_digest)
    put(user, "client_ip_address", context.get("ip"), ip_form, "user_data.client_ip_address")
    put(user, "client_user_agent", context.get("userAgent"), trimmed_id, "user_data.client_user_agent")
    put(user, "click_id", url, epik_in, "user_data.click_id")
    return user


def put_digests(user: dict[str, Any], name: str, value: Any, digest: Callable[[str], str | None]) -> bool:
    """Put a list of digests into an object, if there are any; invalid values are counted."""
    if value is None:
        return False
    if type(value) is str:
        try:
            made = digest(value)
        except ValueError:
            left_out[f"user_data.{name}"] += 1
            return False
        if made is None:
            return False
        user[name] = [made]
        return True
    digests = []
    for one in value if type(value) is list else [value]:
        if one is None or one == [] or one == {}:
            continue
        try:
            digests.append(digest(text_of(one)))
        except ValueError:
            left_out[f"user_data.{name}"] += 1
    kept = list(dict.fromkeys(filter(None, digests)))
    if kept:
        user[name] = kept
    return bool(kept)


def _custom_data(properties: dict[str, Any], special: Callable[..., Any] | None) -> dict[str, Any] | None:
    """The custom data that is sent of the properties; None if an order has no id."""
    custom: dict[str, Any] = {}
    currency = properties.get("currency")
    priced = True
    if not put(custom, "currency", currency, currency_form, "custom_data.currency"):
        priced = not is_invalid(currency, currency_form)  # no amount is sent with a wrong currency
    items = properties.get("products")
    if items is None or items == [] or items == {} or (type(items) is str and not items.strip()):
        items = [properties] if is_there(properties.get("product_id")) else None
    if type(items) is list:
        _put_items(custom, items, priced)
        put(custom, "num_items", items or None, sum_of_quantities, "custom_data.num_items")
    elif type(items) is dict:  # an object is one item; its quantity is no list's
        _put_items(custom, [items], priced)
    elif items is not None:
        left_out["custom_data.content_ids"] += 1
        left_out["custom_data.contents"] += 1
    if special is not None and not special(custom, properties, priced):
        return None
    return custom


def is_invalid(value: Any, form: Callable[[Any], Any]) -> bool:
    """Whether a value is there and has no such form."""
    if value is None or value == [] or value == {}:
        return False
    try:
        form(value)
    except ValueError:
        return True
    return False


def _put_items(custom: dict[str, Any], items: list[Any], priced: bool) -> None:
    ids, contents = [], []
    for item in items:
        if type(item) is not dict:
            continue
        made: dict[str, Any] = {}
        if put(made, "id", item.get("product_id"), trimmed_id, "custom_data.contents[].id") or put(
            made, "id", item.get("sku"), trimmed_id, "custom_data.contents[].id"
        ):
            ids.append(made["id"])
        _put_text(made, "item_name", item.get("name"), "custom_data.contents[].item_name")
        _put_text(made, "item_brand", item.get("brand"), "custom_data.contents[].item_brand")
        _put_text(made, "item_category", item.get("category"), "custom_data.contents[].item_category")
        if priced:
            put(made, "item_price", item.get("price"), decimal_form, "custom_data.contents[].item_price")
        quantity = item.get("quantity")
        if put(made, "quantity", quantity, integer_form, "custom_data.contents[].quantity"):
            contents.append(made)
        elif made:
            if not is_invalid(quantity, integer_form):
                made["quantity"] = 1
            contents.append(made)
    if ids:
        custom["content_ids"] = ids
    if contents:
        custom["contents"] = contents


def _checkout(custom: dict[str, Any], properties: dict[str, Any], priced: bool) -> bool:
    if priced and not put(custom, "value", properties.get("revenue"), decimal_form, "custom_data.value"):
        put(custom, "value", properties.get("total"), decimal_form, "custom_data.value")
    return put(custom, "order_id", properties.get("order_id"), trimmed_id, "custom_data.order_id")


def _add_to_cart(custom: dict[str, Any], properties: dict[str, Any], priced: bool) -> bool:
    price, quantity = properties.get("price"), properties.get("quantity")
    if priced and price is not None and quantity is not None:
        put(custom, "value", (price, quantity), amount_of, "custom_data.value")
    return True


def _product_viewed(custom: dict[str, Any], properties: dict[str, Any], priced: bool) -> bool:
    if priced:
        put(custom, "value", properties.get("price"), decimal_form, "custom_data.value")
    _put_text(custom, "content_name", properties.get("name"), "custom_data.content_name")
    return True


def _search(custom: dict[str, Any], properties: dict[str, Any], priced: bool) -> bool:
    _put_text(custom, "search_string", properties.get("query"), "custom_data.search_string")
    return True


_SECTIONS: dict[str, tuple[str, Callable[..., Any] | None]] = {
    "Order Completed": ("checkout", _checkout),
    "Product Added": ("add_to_cart", _add_to_cart),
    "Product Viewed": ("page_visit", _product_viewed),
    "Products Searched": ("search", _search),
    "Signed Up": ("signup", None),
}
_PAGE: tuple[str, None] = ("page_visit", None)


def bytes_to_bytes(line: bytes) -> bytes | None:
    """The JSON of a Segment call's payload, if it has one, of the JSON of the call."""
    payload = payload_of(loads(line))
    return dumps(payload) if type(payload) is dict else None


def main() -> None:
    """Map a file of NDJSON."""
    unsent: Counter[Unsent] = Counter()
    sent = 0
    with open(sys.argv[1], "rb", 1 << 20) as source, open(sys.argv[2], "wb", 1 << 20) as out:
        for line in source:
            payload = payload_of(loads(line))
            if type(payload) is dict:
                sent += 1
                out.write(dumps(payload, option=OPT_APPEND_NEWLINE))
            else:
                unsent[payload] += 1
    print(
        f"{sent} sent, {sum(unsent.values())} not, {sum(left_out.values())} values left out", file=sys.stderr
    )


if __name__ == "__main__":
    main()
