"""Tables of `intake.yaml` -> Entry values. Nothing is reported here: what cannot be made is None."""

from __future__ import annotations

from typing import Any

from mapper.intake.entry import (
    AnswerForm,
    AnswerValue,
    BodyShape,
    BrowserAccess,
    DeliveryKey,
    Entry,
    EntryLimits,
    HandshakeRule,
    HeaderPairs,
    JwtCheck,
    SignatureCheck,
    SignedPart,
    TokenCheck,
)
from mapper.intake.entry_nodes import KeyTable

_ONE_EVENT, _SEVERAL_EVENTS, _MOST_EVENTS = 2**20, 16 * 2**20, 10_000
_MAX_AGE = 300
_AUTHORIZATION, _BEARER = "authorization", "Bearer"
_ANY = "*"


def entry_of(path: str, table: KeyTable) -> Entry:
    """The entry of a path, whose table has no mistake."""
    body: BodyShape = table.value("body") or "object"
    unwrap = table.value("unwrap") or ()
    has_several = body != "object" or any(step.is_each for step in unwrap)
    browser = _browser(table)
    reply = table.value("reply")
    return Entry(
        path,
        table.value("mapping"),
        _limits(table.value("limits"), _SEVERAL_EVENTS if has_several else _ONE_EVENT),
        table.value("account") or "",
        table.value("sender") or "",
        _signature(table.value("sign")),
        _token(table.value("token")),
        _jwt(table.value("jwt")),
        browser,
        body,
        unwrap,
        table.value("decode") is not None,
        table.value("gzip") is True,
        _delivery(table.value("delivery_id")),
        _answer(reply, 204 if browser else 202),
        tuple(_handshake(one) for one in table.value("handshakes") or ()),
        table.value("keep_headers") or (),
        table.value("keep_query") or (),
        table.span.place,
    )


def signed_parts(table: KeyTable) -> tuple[SignedPart, ...]:
    """The parts that a signature is over."""
    parts: tuple[str, ...] = table.value("over") or ("", "body", "")
    named = [
        SignedPart("text", part) if at % 2 == 0 else _named(part, table) for at, part in enumerate(parts)
    ]
    return tuple(one for one in named if one.kind != "text" or one.name)


def _named(name: str, table: KeyTable) -> SignedPart:
    """A part by its name in a template: with pairs, a name without `-` is one of them."""
    if name == "body":
        return SignedPart("body")
    if name == "first":
        return SignedPart("first")
    if "pairs" in table and "-" not in name:
        return SignedPart("pair", name)
    return SignedPart("header", name.lower())


def moment_of(table: KeyTable) -> SignedPart | None:
    """The part that is the time of signing."""
    name = table.value("time")
    return None if name is None else _named(name, table)


def _signature(table: KeyTable | None) -> SignatureCheck | None:
    if table is None:
        return None
    pairs = table.value("pairs")
    return SignatureCheck(
        table.value("header"),
        table.value("algorithm"),
        table.value("form"),
        table.value("secret"),
        signed_parts(table),
        table.value("secret_form") or "text",
        table.value("prefix") or "",
        None if pairs is None else _pairs(pairs),
        moment_of(table),
        table.value("max_age") or _MAX_AGE,
    )


def _pairs(table: KeyTable) -> HeaderPairs:
    return HeaderPairs(table.value("digest"), table.value("separator") or ",", table.value("equals") or "=")


def _token(table: KeyTable | None) -> TokenCheck | None:
    if table is None:
        return None
    if "query" in table:
        return TokenCheck("query", table.value("query"), table.value("value"))
    header = table.value("header") or _AUTHORIZATION
    scheme = table.value("scheme") or (_BEARER if header == _AUTHORIZATION else "")
    return TokenCheck("header", header, table.value("value"), scheme)


def _jwt(table: KeyTable | None) -> JwtCheck | None:
    if table is None:
        return None
    values = (table.value(name) for name in ("issuer", "audience", "keys", "claims"))
    return JwtCheck(*values)


def _browser(table: KeyTable) -> BrowserAccess | None:
    if "cors" not in table:
        return None
    cookies, proxies = table.value("cookies") or (), table.value("proxies")
    return BrowserAccess(table.value("cors"), table.value("rate"), cookies, proxies)


def _limits(table: KeyTable | None, body: int) -> EntryLimits:
    if table is None:
        return EntryLimits(body, _MOST_EVENTS)
    return EntryLimits(table.value("body") or body, table.value("events") or _MOST_EVENTS)


def _delivery(table: KeyTable | None) -> DeliveryKey | None:
    if table is None:
        return None
    if "header" in table:
        return DeliveryKey("header", header=table.value("header"))
    return DeliveryKey(
        "body" if "body" in table else "event", path=table.value("body") or table.value("event")
    )


def _answer(table: KeyTable | None, status: int) -> AnswerForm:
    if table is None:
        return AnswerForm(status)
    parts = [
        tuple((name, _answer_value(value)) for name, value in table.value(key) or ())
        for key in ("headers", "json", "failure")
    ]
    return AnswerForm(table.value("status") or status, *parts)


def _answer_value(value: Any) -> AnswerValue:
    if isinstance(value, AnswerValue):
        return value
    table: KeyTable = value
    if "header" in table:
        return AnswerValue("header", table.value("header"))
    if "body" in table:
        return AnswerValue("body", path=table.value("body"))
    if "now" in table:
        return AnswerValue("now_ms" if table.value("now") == "ms" else "now_s")
    return AnswerValue("reason")


def _handshake(table: KeyTable) -> HandshakeRule:
    headers = table.value("headers") or ()
    return HandshakeRule(
        _answer(table.value("reply"), 200),
        table.value("method") or "POST",
        tuple((name, None if value == _ANY else value) for name, value in headers),
        table.value("without") or (),
        table.value("form") or (),
        table.value("unsigned") is True,
    )
