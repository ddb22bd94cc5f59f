"""Answers to a sender: its own form of success and refusal, handshakes, and what browsers ask first."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qs

from mapper.intake.entry import AnswerForm, AnswerValue, Entry, HandshakeRule
from mapper.intake.request import HttpAnswer, HttpRequest, RequestRefusal
from mapper.intake.slices import scalar_at
from mapper.runtime.decode import decode, encode

POSTING = ("POST", "PUT", "PATCH")
_JSON_TYPE = ("content-type", "application/json")
_FORM_TYPE = "application/x-www-form-urlencoded"
# So long a browser remembers what it may send; its own most.
_PREFLIGHT_SECONDS = "7200"
# Longer ones are nobody's; a header of an answer has to be one line of plain characters.
_LONGEST_ECHO = 1024


def reply_of(
    entry: Entry, request: HttpRequest, now: float, refusal: RequestRefusal | None = None
) -> HttpAnswer:
    """The answer to a request once its events are stored, or it is refused. now: Unix time in seconds."""
    answer = _answer(entry.answer, request, now, refusal)
    allowed = _for_browsers(entry, request)
    return HttpAnswer(answer.status, (*answer.headers, *allowed), answer.body) if allowed else answer


def preflight_of(entry: Entry, request: HttpRequest) -> HttpAnswer | None:
    """The answer to a browser that asks whether it may post; None for a request that is no such question."""
    if request.method != "OPTIONS" or "access-control-request-method" not in request.headers:
        return None
    allowed = _for_browsers(entry, request)
    if not allowed:
        return HttpAnswer(403)
    asked = (
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "content-type"),
        ("access-control-max-age", _PREFLIGHT_SECONDS),
    )
    return HttpAnswer(204, (*allowed, *asked))


def handshakes_by_head(entry: Entry, request: HttpRequest) -> tuple[HandshakeRule, ...]:
    """The rules of an entry that may apply to a request, by its method and headers alone."""
    return tuple([rule for rule in entry.handshakes if _applies(rule, request)])


def handshake_of(entry: Entry, request: HttpRequest) -> HandshakeRule | None:
    """The rule of an entry for a request that brings no event; None for one that may bring some."""
    for rule in handshakes_by_head(entry, request):
        if not rule.form or _has_form(rule.form, request):
            return rule
    return None


def handshake_answer(rule: HandshakeRule, request: HttpRequest, now: float) -> HttpAnswer:
    """The answer to a handshake."""
    return _answer(rule.answer, request, now, None)


def _applies(rule: HandshakeRule, request: HttpRequest) -> bool:
    headers = request.headers
    if rule.method != request.method or any(name in headers for name in rule.without):
        return False
    for name, value in rule.headers:
        if name not in headers or (value is not None and headers[name].strip().lower() != value.lower()):
            return False
    return not rule.form or _type_of(request) == _FORM_TYPE


def _type_of(request: HttpRequest) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _has_form(names: Iterable[str], request: HttpRequest) -> bool:
    """Whether the body of a form has these parameters, and no others."""
    if len(request.body) > _LONGEST_ECHO:
        return False
    return set(parse_qs(request.body.decode("latin-1"), keep_blank_values=True)) == set(names)


def _answer(form: AnswerForm, request: HttpRequest, now: float, refusal: RequestRefusal | None) -> HttpAnswer:
    if refusal is None:
        status, attributes = form.status, form.json
        headers = [(name, str(_value(value, request, now, None))) for name, value in form.headers]
    else:
        status, attributes, headers = refusal.status, (*form.json, *form.failure), []
    if not attributes:
        return HttpAnswer(status, tuple(headers))
    body = encode({name: _value(value, request, now, refusal) for name, value in attributes})
    return HttpAnswer(status, (*headers, _JSON_TYPE), body)


def _value(value: AnswerValue, request: HttpRequest, now: float, refusal: RequestRefusal | None) -> str | int:
    """A value of an answer; "" for what the request does not hold."""
    match value.kind:
        case "text":
            return value.text
        case "now_ms":
            return int(now * 1000)
        case "now_s":
            return int(now)
        case "reason":
            return "" if refusal is None else _reason(refusal)
        case "header":
            return _echo(request.headers.get(value.text, ""))
        case "body":
            found = scalar_at(request.body, value.path)
            held = "" if found is None or len(found) > _LONGEST_ECHO else _decoded(found)
            return held if isinstance(held, int) else _echo(held)


def _reason(refusal: RequestRefusal) -> str:
    """The reason that a request is refused, as it may be answered: nothing that helps to guess a secret."""
    return "not authorized" if refusal.status in (401, 403) else str(refusal.reason)


def _decoded(text: bytes) -> str | int:
    held = decode(text)
    return held if isinstance(held, str | int) and not isinstance(held, bool) else ""


def _echo(text: str) -> str:
    """A text of the request as an answer may hold it."""
    return text if len(text) <= _LONGEST_ECHO and text.isascii() and text.isprintable() else ""


def _for_browsers(entry: Entry, request: HttpRequest) -> tuple[tuple[str, str], ...]:
    """The headers that let a page read the answer: only one whose origin the entry lists."""
    origin = request.headers.get("origin")
    if entry.browser is None or origin not in entry.browser.origins:
        return ()
    return (
        ("access-control-allow-origin", origin),
        ("access-control-allow-credentials", "true"),
        ("vary", "origin"),
    )
