"""A target schema's `x-delivery` -> Destination, or all the mistakes in it, each with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast, get_args

from mapper.delivery.answer_description import read_answers
from mapper.delivery.destination import (
    CompiledExpression,
    CountedTwice,
    Destination,
    Envelope,
    RequestForm,
    RequestLimits,
    Retry,
    Setting,
    Situation,
    StandIn,
    Window,
)
from mapper.delivery.part import Mistake, Mistakes, Part, read
from mapper.delivery.quotation import KnownWords
from mapper.delivery.request_description import Form, read_form, read_settings, used
from mapper.delivery.sandbox_agreement import disagreements
from mapper.delivery.settings_template import EVENTS, frame, names, texts
from mapper.texts.diagnostic import closest
from mapper.values.payload_time import UNITS, PayloadTime
from mapper.values.types import Json

KEYWORD = "x-delivery"
_NEEDED = ("service", "request", "settings", "limits", "window", "answers", "retry", "sandbox")
_ALSO = ("test", "counted_twice", "error")
_LONGEST_SETTING = 4096
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})
_SECRET_WORDS = frozenset({"token", "secret", "password", "apikey"})
_SITUATIONS = tuple(one for one in get_args(Situation) if one != "partly")
_NAME_IN_BRACES = re.compile(r"\{([a-z_]+)\}")
_FILLED = frozenset({"received", "processed", "events", "failures", "problem", "reason", "index"})
_TIMES = frozenset({"now", "time"})


def describe(schema: Mapping[str, Any], compile: Callable[[str], CompiledExpression]) -> Destination:
    """The destination of a target schema; `compile` makes a function of a JMESPath text, or raises
    NoExpression.

    Raises LookupError where the schema does not say how its payloads are delivered, and Mistakes.
    """
    if KEYWORD not in schema:
        raise LookupError("the schema has no `x-delivery`, so its payloads cannot be delivered")
    root = Part(schema[KEYWORD], (KEYWORD,), compile)
    found = _read(root, schema)
    if found is not None and not root.found:
        answers = root.below("sandbox").below("answers")
        for situation, why in disagreements(found):
            answers.below(situation).wrong(f"the sandbox's answer `{situation}` {why}")
    if found is None or root.found:
        raise Mistakes(tuple(root.found))
    return found


def _read(root: Part, schema: Mapping[str, Any]) -> Destination | None:
    key, time = _key(root, schema), _time(root, schema)
    parts = root.keys(_NEEDED, _ALSO)
    if not parts.keys() >= set(_NEEDED):
        return None
    settings = read_settings(parts["settings"])
    request = read_form(parts["request"])
    test, test_rate = _test(parts["test"], request) if "test" in parts else (None, None)
    _check_secrets(parts["settings"], settings, (request, test))
    for setting in settings:
        if setting not in used(request, test):
            parts["settings"].below(setting).wrong(f"the setting `{setting}` is used nowhere")
    _check_names(parts["request"], settings)
    if "test" in parts:
        _check_names(parts["test"], settings)
    limits = _limits(parts["limits"])
    return Destination(
        service=parts["service"].text(filled=True),
        key=key,
        time=time,
        request=_form(request),
        test_request=None if test is None else _form(test),
        test_requests_per_second=test_rate or limits.requests_per_second,
        envelope=_envelope(request),
        settings=settings,
        limits=limits,
        window=_window(parts["window"], schema),
        counted_twice=read(parts, "counted_twice", lambda part: _counted_twice(part, schema), CountedTwice()),
        retry=_retry(parts["retry"]),
        answers=read_answers(parts["answers"], parts.get("error"), settings),
        stand_in=_stand_in(parts["sandbox"]),
        words=KnownWords.of_schema(_words(dict(schema))),
    )


def _words(schema: Json) -> Iterator[str]:
    """The constants and names that a schema has for fields of nobody's."""
    if isinstance(schema, list):
        for one in schema:
            yield from _words(one)
    if not isinstance(schema, dict) or "x-personal" in schema:
        return
    for key, value in schema.items():
        if key in ("enum", "const", "x-words"):
            yield from _texts(value)
        elif key == "x-event-names" and isinstance(value, dict):
            yield from _texts(value.get("standard"))
        elif key == "properties" and isinstance(value, dict):
            yield from value
            yield from _words([*value.values()])
        elif not key.startswith("x-"):
            yield from _words(value)


def _texts(value: Json) -> Iterator[str]:
    for one in value if isinstance(value, list | dict) else [value]:
        if isinstance(one, str):
            yield one


def _key(root: Part, schema: Mapping[str, Any]) -> str:
    """The field of a payload that `x-key` names."""
    name = _keyword(root, schema, "x-key")
    return "" if name is None else _known_field(name, name.text(), schema)


def _time(root: Part, schema: Mapping[str, Any]) -> PayloadTime:
    """The field of a payload that `x-time` names, alone or in `{field, unit}`."""
    part = _keyword(root, schema, "x-time")
    if part is None:
        return PayloadTime()
    parts = part.keys(("field",), ("unit",)) if isinstance(part.value, dict) else {"field": part}
    read(parts, "unit", lambda one: one.choice(UNITS), "s")
    made = PayloadTime.stated(part.value)
    if "field" in parts and parts["field"].text(filled=True):
        _known_field(parts["field"], made.field, schema)
        _check_time_type(parts["field"], made, schema)
    return made


def _check_time_type(part: Part, time: PayloadTime, schema: Mapping[str, Any]) -> None:
    """See that a field whose type is said can hold a time of the unit."""
    stated = schema.get("properties")
    said = stated.get(time.field) if isinstance(stated, dict) else None
    kinds = said.get("type") if isinstance(said, dict) else None
    if isinstance(kinds, str) and kinds not in time.kinds:
        hint = "say how it is written: `{field: NAME, unit: iso}`" if kinds == "string" else ""
        part.wrong(f"`{time.field}` is of type {kinds}, so it is never {time.described}", hint)


def _keyword(root: Part, schema: Mapping[str, Any], keyword: str) -> Part | None:
    if keyword not in schema:
        root.wrong(f"the schema has no `{keyword}`: it does not say which field of a payload that is")
        return None
    return Part(schema[keyword], (keyword,), root.compile, root.found)


def _known_field(part: Part, name: str, schema: Mapping[str, Any]) -> str:
    known = schema.get("properties")
    if isinstance(known, dict) and name not in known:
        near = None if "." in name else closest(name, known)  # a path is no slip of the pen
        hint = f"did you mean `{near}`?" if near else "name a field at the root of the payload"
        part.wrong(f"`{name}` is no field of a payload", hint)
    return name


def _test(part: Part, request: Form) -> tuple[Form | None, float | None]:
    """The request that tests: the usual one, with what is said of it put in."""
    parts = part.keys((), ("url", "headers", "query", "body", "requests_per_second"))
    if not parts.keys() & {"url", "headers", "query", "body"}:
        part.wrong(
            "a request that tests must differ from others", "give it a `url`, `query`, `headers` or `body`"
        )
        return None, None
    return read_form(part, request), read(parts, "requests_per_second", Part.number, None)


def _check_secrets(part: Part, settings: Mapping[str, Setting], forms: Iterable[Form | None]) -> None:
    """See that what lets a request in is said to be a secret: else it is shown, and names an account."""
    texts_in = [
        text
        for one in forms
        if one is not None
        for name, text in one.headers
        if name.lower() in _SECRET_HEADERS
    ]
    inside = {name for text in texts_in for name in names(text)}
    for name, setting in settings.items():
        own = part.below(name)
        # Then `secret` may be what is misspelt.
        is_wrong = any(one.at[: len(own.at)] == own.at for one in part.found)
        lets_in = name in inside or not _SECRET_WORDS.isdisjoint(name.split("_"))
        if lets_in and not setting.secret and not is_wrong:
            hint = "write `secret: true` in it; else it is shown in summaries"
            own.wrong(f"the setting `{name}` lets a request in, and is not secret", hint)


def _check_names(part: Part, settings: Mapping[str, object]) -> None:
    """See that each setting in braces is declared."""
    for at, text in texts(part.value):
        for name in names(text) if text != EVENTS else ():
            if name not in settings and "$comment" not in at:
                near = closest(name, settings)
                hint = f"did you mean `{near}`?" if near else "declare it under `settings`"
                place = Part(text, (*part.at, *at), part.compile, part.found)
                place.wrong(f"there is no setting `{name}`", hint)


def _form(form: Form) -> RequestForm:
    named = used(form, None)
    needed = tuple(name for name, is_needed in named.items() if is_needed)
    return RequestForm(
        form.method, form.base, form.url, form.headers, form.query, form.body, needed, tuple(named)
    )


def _envelope(form: Form) -> Envelope:
    """The bytes around the events; settings that go into them stay in braces."""
    if sum(text == EVENTS for _, text in texts(form.body)) != 1:
        return Envelope(b"", b"")
    inside = {name for _, text in texts(form.body) if text != EVENTS for name in names(text)}
    head, tail = frame(form.body, {name: "{" + name + "}" for name in inside})
    return Envelope(head, tail, _LONGEST_SETTING * len(inside))


def _limits(part: Part) -> RequestLimits:
    parts = part.keys(("events", "bytes", "requests_per_second"))
    return RequestLimits(
        events=read(parts, "events", Part.whole, 1),
        bytes=read(parts, "bytes", Part.whole, 1),
        requests_per_second=read(parts, "requests_per_second", Part.number, 1.0),
    )


def _window(part: Part, schema: Mapping[str, Any]) -> Window:
    parts = part.keys(("past", "future"), ("by",))
    past, future = read(parts, "past", Part.seconds, 1), read(parts, "future", Part.seconds, 1)
    by, values = _by_field(parts["by"], schema) if "by" in parts else ("", {})
    return Window(past, future, by, {name: one.seconds() for name, one in values.items()})


def _counted_twice(part: Part, schema: Mapping[str, Any]) -> CountedTwice:
    parts = part.named()
    if len(parts) != 1:
        part.wrong(f"`{part.name}` must name one field")
        return CountedTwice()
    [(name, listed)] = parts.items()
    _known_field(listed, name, schema)
    values = {one.text(): one for one in listed.items()}
    _check_values(values, name, schema)
    return CountedTwice(name, frozenset(values))


def _by_field(part: Part, schema: Mapping[str, Any]) -> tuple[str, dict[str, Part]]:
    """The one field that is named, and what is said of its values."""
    parts = part.named()
    if len(parts) != 1:
        part.wrong(f"`{part.name}` must name one field")
        return "", {}
    [(name, one)] = parts.items()
    _known_field(one, name, schema)
    values = one.named()
    _check_values(values, name, schema)
    return name, values


def _check_values(values: Mapping[str, Part], field: str, schema: Mapping[str, Any]) -> None:
    """See that a field can have some values."""
    properties = schema.get("properties")
    said = properties.get(field) if isinstance(properties, dict) else None
    known = said.get("enum") or said.get("x-words") if isinstance(said, dict) else None
    words = [one for one in known if isinstance(one, str)] if isinstance(known, list) else []
    for value, part in values.items():
        if words and value not in words:
            near = closest(value, words)
            part.wrong(f"`{field}` is never `{value}`", f"did you mean `{near}`?" if near else "")


def _retry(part: Part) -> Retry:
    parts = part.keys(("base", "cap", "longest_wait"))
    return Retry(*(read(parts, key, Part.seconds, 1) for key in ("base", "cap", "longest_wait")))


def _stand_in(part: Part) -> StandIn:
    parts = part.keys(("body_bytes", "answers", "too_old", "too_new"), ("accepted", "refused"))
    answers: dict[Situation, tuple[int, Any]] = {}
    if "answers" in parts:
        for name, one in parts["answers"].keys(_SITUATIONS, ("partly",)).items():
            said = one.keys(("status", "body"))
            status = read(said, "status", lambda found: found.whole(100), 500)
            answers[cast("Situation", name)] = status, read(said, "body", lambda found: found.value, None)
    for key, known in (
        *(("answers", _FILLED), ("accepted", _FILLED), ("refused", _FILLED)),
        *(("too_old", _TIMES), ("too_new", _TIMES)),
    ):
        if key in parts:
            _check_filled(parts[key], known)
    return StandIn(
        body_bytes=read(parts, "body_bytes", Part.whole, 1),
        answers=answers,
        accepted=read(parts, "accepted", lambda found: found.value, None),
        refused=read(parts, "refused", lambda found: found.value, None),
        too_old=read(parts, "too_old", Part.text, ""),
        too_new=read(parts, "too_new", Part.text, ""),
    )


def _check_filled(part: Part, known: frozenset[str]) -> None:
    for at, name in _braces(part.value):
        if name not in known:
            place = Part(name, (*part.at, *at), part.compile, part.found)
            place.wrong(f"nothing is filled in for `{{{name}}}`", f"write one of {', '.join(sorted(known))}")


def _braces(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for at, text in texts(value):
        yield from ((at, name) for name in _NAME_IN_BRACES.findall(text))


__all__ = ["KEYWORD", "Mistake", "Mistakes", "describe"]
