"""A request to a destination -> what the service would say of it, in the service's own words. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any

from mapper.delivery import settings_template
from mapper.delivery.answer_template import fill, filled_values
from mapper.delivery.credentials import Secret
from mapper.delivery.destination import Destination, RequestForm, Situation
from mapper.values.types import Json

Validate = Callable[[Json], Sequence[tuple[str, str]]]

_ON_PURPOSE = "the sandbox is set to fail this request"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. inside: the settings in its path. kind: its content type. body: None if it is too large."""

    inside: Mapping[str, str]
    headers: Mapping[str, str]
    query: Mapping[str, str]
    kind: str
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of a request. accepted, refused: payloads. test: nothing of it is kept."""

    situation: Situation
    values: Mapping[str, Json] = field(default_factory=dict)
    accepted: tuple[dict[str, Any], ...] = ()
    refused: int = 0
    test: bool = False


class _Wrong(Exception):
    """A body that is not of the shape that is due."""


@dataclass(frozen=True, slots=True)
class Stand:
    """The answers in place of a service.

    validate: lists what a payload breaks of its schema, as (path, message). known: the values of settings
    that alone are let in; for others each that could be one is.
    """

    destination: Destination
    validate: Validate
    known: Mapping[str, Secret]

    def judge(self, asked: Asked, now: int) -> Verdict:
        """ErasureJudge a request at a Unix time."""
        form = self.destination.request
        given = {**asked.inside}
        for said, texts in ((asked.headers, form.headers), (asked.query, form.query)):
            for name, text in texts:
                found = settings_template.read_back(text, said.get(name, ""))
                if found is None and any(settings_template.names(text).values()):
                    return Verdict(self._refusing(settings_template.names(text)))
                given.update(found or {})
        return self._enter(given) or self._open(asked, now)

    def refuse(self, asked: Asked, situation: Situation) -> Verdict:
        """The verdict on a request that fails on purpose."""
        try:
            payloads, _ = self._read(asked, self.destination.request)
        except _Wrong:
            payloads = []
        entries: list[Json] = [self._entry(index, _ON_PURPOSE) for index in range(len(payloads))]
        return Verdict(situation, filled_values(len(payloads), 0, entries, entries, _ON_PURPOSE))

    def body(self, verdict: Verdict) -> tuple[int, Json]:
        """Status and body of the answer."""
        status, form = self.destination.stand_in.answers[verdict.situation]
        return status, fill(form, verdict.values)

    def situation_of(self, status: int) -> Situation:
        """The situation in which a status is answered; `broken` for one that is not described."""
        answers = self.destination.stand_in.answers
        return next((name for name, (one, _) in answers.items() if one == status), "broken")

    def _refusing(self, named: Mapping[str, bool]) -> Situation:
        secret = any(self.destination.settings[name].secret for name in named)
        return "unauthorized" if secret else "unknown"

    def _enter(self, given: Mapping[str, str]) -> Verdict | None:
        """The answer to who may not come in; None for who may."""
        rules = [rule for name, rule in self.destination.settings.items() if name in given]
        for rule in sorted(rules, key=lambda one: not one.secret):
            fits = bool(re.fullmatch(rule.pattern, given[rule.name]))
            known = self.known.get(rule.name)
            is_it = known is None or compare_digest(given[rule.name].encode(), known.reveal().encode())
            if rule.secret and not (is_it and (fits or known is not None)):
                return Verdict("unauthorized")
            if not rule.secret and not (fits and is_it):
                return Verdict("forbidden" if fits else "unknown")
        return None

    def _open(self, asked: Asked, now: int) -> Verdict:
        if asked.body is None:
            return Verdict("too_large")
        test = self._as_test(asked)
        if test is not None:
            return self._take(test, now, test=True)
        try:
            payloads, given = self._read(asked, self.destination.request)
        except _Wrong as error:
            return Verdict("refused", {"problem": str(error)})
        return self._enter(given) or self._take(payloads, now, test=False)

    def _as_test(self, asked: Asked) -> list[dict[str, Any]] | None:
        """The payloads of a request that tests; None where it does not, or is wrong."""
        form = self.destination.test_request
        if form is None:
            return None
        constant = [(name, text) for name, text in form.query if not settings_template.names(text)]
        if any(asked.query.get(name) != text for name, text in constant):
            return None
        usual = self.destination.request
        if (form.query, form.headers, form.url) == (usual.query, usual.headers, usual.url) and (
            form.body == usual.body
        ):
            return None
        try:
            return self._read(asked, form)[0]
        except _Wrong:
            return None

    def _read(self, asked: Asked, form: RequestForm) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """The payloads of a body, and the settings in it. Raises _Wrong."""
        most = self.destination.limits.events
        if asked.kind.partition(";")[0].strip().lower() != "application/json":
            raise _Wrong("the content type must be application/json")
        try:
            said = json.loads(asked.body or b"", parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise _Wrong("the body is not JSON") from None
        given: dict[str, str] = {}
        at, payloads = _match(form.body, said, given)
        if not 1 <= len(payloads) <= most:
            raise _Wrong(f"'{at}' must hold 1 to {most} events")
        for index, payload in enumerate(payloads):
            for path, message in self.validate(payload):
                raise _Wrong(f"{message} ({at}[{index}]{'.' if path else ''}{path})")
        return payloads, given

    def _take(self, payloads: list[dict[str, Any]], now: int, *, test: bool) -> Verdict:
        """The verdict on valid payloads: each is accepted, or refused by its time alone."""
        reasons = [self._untimely(payload, now) for payload in payloads]
        refused = sum(map(bool, reasons))
        entries = [self._entry(index, reason) for index, reason in enumerate(reasons)]
        failures = [entry for entry, reason in zip(entries, reasons, strict=True) if reason]
        values = filled_values(
            len(payloads), len(payloads) - refused, entries, failures, next(filter(None, reasons), "")
        )
        if refused and "partly" not in self.destination.stand_in.answers:
            return Verdict("refused", values, refused=len(payloads), test=test)
        kept = tuple(payload for payload, reason in zip(payloads, reasons, strict=True) if not reason)
        return Verdict("partly" if refused else "accepted", values, kept, refused, test)

    def _entry(self, index: int, reason: str) -> Json:
        form = self.destination.stand_in.refused if reason else self.destination.stand_in.accepted
        return fill(form, {"index": index, "reason": reason})

    def _untimely(self, payload: Mapping[str, Any], now: int) -> str:
        """The reason that the time of an event is refused, "" if it is not."""
        window, stand_in = self.destination.window, self.destination.stand_in
        time = self.destination.time
        moment, written = time.seconds(payload), payload.get(time.field)
        if moment is None:
            return ""
        if moment < now - window.past_of(payload):
            return stand_in.too_old.format(now=now, time=written)
        if moment > now + window.future_seconds:
            return stand_in.too_new.format(now=now, time=written)
        return ""


def _match(form: Json, said: Any, given: dict[str, str]) -> tuple[str, list[dict[str, Any]]]:
    """The place of the events in a body, and the events; its settings go to `given`. Raises _Wrong."""
    if form == settings_template.EVENTS:
        if not isinstance(said, list):
            raise _Wrong("the body must be a list")
        return "", said
    if not isinstance(form, dict):
        raise _Wrong("the body has another shape")
    listed = next((key for key, one in form.items() if one == settings_template.EVENTS), None)
    if not isinstance(said, dict) or (listed is not None and not isinstance(said.get(listed), list)):
        raise _Wrong(f"the body must be an object with the list '{listed or 'of events'}'")
    unexpected = ", ".join(repr(name) for name in said if name not in form)
    if unexpected:
        raise _Wrong(f"Additional properties are not allowed ({unexpected} was unexpected)")
    found: tuple[str, list[dict[str, Any]]] = "", []
    for key, one in form.items():
        if key == listed:
            found = key, said[key]
        elif any(text == settings_template.EVENTS for _, text in settings_template.texts(one)):
            inner, payloads = _match(one, said.get(key), given)
            found = f"{key}.{inner}" if inner else key, payloads
        else:
            _compare(key, one, said, given)
    return found


def _compare(key: str, form: Json, said: Mapping[str, Json], given: dict[str, str]) -> None:
    """See that a part of a body is what it should be. Raises _Wrong."""
    if isinstance(form, str) and settings_template.names(form):
        value = said.get(key)
        back = settings_template.read_back(form, value) if isinstance(value, str) else None
        if back is None and (key in said or any(settings_template.names(form).values())):
            raise _Wrong(f"'{key}' is missing, or of another kind")
        given.update(back or {})
    elif key not in said or said[key] != form:
        raise _Wrong(f"'{key}' must be {json.dumps(form)}")


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")
