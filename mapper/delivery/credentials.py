"""Environment -> Credentials, and with an address -> Endpoint. Secrets are seen only in the request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import quote, unquote_plus, urlencode

from mapper.delivery import settings_template
from mapper.delivery.destination import Destination, RequestForm, Setting
from mapper.delivery.setup_failure import SetupFailure
from mapper.delivery.url import flaw

_ANY_VALUE = re.compile(r"[\x20-\x7e]{1,4096}")
"""A header may hold this: a line break in a token would end up in the HTTP library's own message."""


class Secret:
    """A text that shows itself only when asked to."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. Keep it out of messages, names and arguments that are logged."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be printed or saved")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The proof to a service of who sends, and for which account: the values of its settings, by name."""

    values: Mapping[str, Secret]


@dataclass(frozen=True, slots=True)
class Wrapping:
    """The bytes around the events for an account, in place of what its batches have around them.

    skipped_head, skipped_tail: how many bytes that has. head, tail: what comes instead; it may hold secrets.
    """

    skipped_head: int
    skipped_tail: int
    head: Secret
    tail: Secret

    def wrap(self, body: bytes) -> bytes:
        """The body of a batch for the account."""
        events = body[self.skipped_head : len(body) - self.skipped_tail]
        return b"".join((self.head.reveal().encode(), events, self.tail.reveal().encode()))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address that requests go to.

    url: as it may be shown, with settings that are secrets in braces. target: as it is asked for. headers:
    their values are secrets. wrapping: None where bodies go as batches have them. secrets: what no answer may
    echo. recipient: the settings that are no secrets, and the base of the address: who gets the events.
    """

    method: str
    url: str
    target: Secret
    headers: tuple[tuple[str, Secret], ...]
    secrets: tuple[Secret, ...]
    wrapping: Wrapping | None = None
    recipient: str = ""


def read_credentials(
    destination: Destination,
    environment: Mapping[str, str],
    *,
    test: bool = False,
    place: str = "the environment",
) -> Credentials | SetupFailure:
    """The settings of a destination by their environment variables, spaces around them left out.

    place: what to call the environment in the message about a variable that is missing.
    """
    form = destination.form(test=test)
    if form is None:
        return _no_test(destination)
    rules = [rule for rule in destination.settings.values() if rule.name in form.known]
    values = _values(rules, form, environment, place)
    if isinstance(values, SetupFailure):
        return values
    return Credentials({name: Secret(value) for name, value in values.items()})


def _values(
    rules: Sequence[Setting],
    form: RequestForm,
    environment: Mapping[str, str],
    place: str = "the environment",
) -> dict[str, str] | SetupFailure:
    """The settings of some rules that are there, by name."""
    try:
        given = {rule.name: environment.get(rule.environment, "").strip() for rule in rules}
    except OSError as error:  # one is in a file
        return SetupFailure(f"{error.filename} cannot be read: {error.strerror}")
    missing = [rule for rule in rules if rule.name in form.needed and not given[rule.name]]
    if missing:
        names = " and ".join(f"{rule.environment} ({rule.title})" for rule in missing)
        hints = [(rule.environment, rule.hint) for rule in missing if rule.hint]
        hint = "; ".join(f"{name}: {text}" if len(missing) > 1 else text for name, text in hints)
        return SetupFailure(f"{names} must be set in {place}", hint)
    for rule in rules:
        wrong = _wrong(rule, given[rule.name]) if given[rule.name] else ""
        if wrong:
            return SetupFailure(f"{rule.environment} {wrong}", rule.hint)
    return {name: value for name, value in given.items() if value}


def _wrong(rule: Setting, value: str) -> str:
    """The fault in the value of a setting, which is not shown; "" if there is none."""
    if not _ANY_VALUE.fullmatch(value) or (rule.secret and not re.fullmatch(rule.pattern, value)):
        return f"holds characters that no {rule.title} has"
    return "" if re.fullmatch(rule.pattern, value) else f"is no {rule.title}"


def _no_test(destination: Destination) -> SetupFailure:
    return SetupFailure(f"{destination.service} has no test mode", "leave --test out")


def address(
    destination: Destination, credentials: Credentials, *, base_url: str | None = None, test: bool = False
) -> Endpoint | SetupFailure:
    """The endpoint of an account's requests, as `url_of_requests` says, with all settings in their places."""
    url = url_of_requests(destination, base_url=base_url, test=test)
    if isinstance(url, SetupFailure):
        return url
    form = destination.form(test=test)
    assert form is not None
    values = {name: value.reveal() for name, value in credentials.values.items()}
    hidden = {name for name in values if destination.settings[name].secret}
    headers = [(name, settings_template.fill(text, values)) for name, text in form.headers]
    return Endpoint(
        method=form.method,
        url=_filled(url, form, {**values, **{name: "{" + name + "}" for name in hidden}}, "{}"),
        target=Secret(_filled(url, form, values)),
        headers=tuple((name, Secret(text)) for name, text in headers if text is not None),
        secrets=tuple(credentials.values[name] for name in hidden),
        wrapping=_wrapping(destination, form, values),
        recipient=_recipient(
            _base(form, base_url), {name: values[name] for name in sorted(values.keys() - hidden)}
        ),
    )


def recipient_of(
    destination: Destination, environment: Mapping[str, str], *, base_url: str | None = None
) -> str | SetupFailure:
    """The recipient of an account's events, as `Endpoint.recipient` says it; it needs no secret."""
    url = url_of_requests(destination, base_url=base_url)
    if isinstance(url, SetupFailure):
        return url
    form = destination.request
    public = [rule for rule in destination.settings.values() if rule.name in form.known and not rule.secret]
    values = _values(public, form, environment)
    if isinstance(values, SetupFailure):
        return values
    return _recipient(_base(form, base_url), dict(sorted(values.items())))


def url_of_requests(
    destination: Destination, *, base_url: str | None = None, test: bool = False
) -> str | SetupFailure:
    """The URL of requests, with settings in braces. `base_url` replaces the service's own.

    Plain http goes only to loopback.
    """
    form = destination.form(test=test)
    if form is None:
        return _no_test(destination)
    base = _base(form, base_url)
    wrong = flaw(base)
    if wrong:
        return SetupFailure(f"the address {wrong}", f"write it as {destination.base_url}")
    url = base + form.url[len(form.base) :]
    constant = [(name, text) for name, text in form.query if not settings_template.names(text)]
    return url + (f"?{urlencode(constant)}" if constant else "")


def _base(form: RequestForm, base_url: str | None) -> str:
    return (form.base if base_url is None else base_url).rstrip("/")


def _recipient(base: str, shown: Mapping[str, str]) -> str:
    """The recipient of the events, told by the base of the address and the settings that are no secrets."""
    settings = ", ".join(f"{name}={value}" for name, value in shown.items())
    return f"{settings} at {base}" if settings else base


def _filled(url: str, form: RequestForm, values: Mapping[str, str], safe: str = "") -> str:
    """An address with its settings, and with those parts of its query that have some."""
    path, _, query = url.partition("?")
    quoted = {name: quote(value, safe=safe) for name, value in values.items()}
    named = [(name, settings_template.fill(quote(text, safe="{}?"), quoted)) for name, text in form.query]
    more = [f"{quote(name)}={text}" for name, text in named if text is not None and name not in _names(query)]
    whole = "&".join(part for part in (query, *more) if part)
    filled = settings_template.fill(path, quoted) or path
    return f"{filled}?{whole}" if whole else filled


def _names(query: str) -> set[str]:
    return {unquote_plus(part.partition("=")[0]) for part in query.split("&")}


def _wrapping(destination: Destination, form: RequestForm, values: Mapping[str, str]) -> Wrapping | None:
    head, tail = settings_template.frame(form.body, values)
    usual = destination.envelope
    if (head, tail) == (usual.head, usual.tail):
        return None
    return Wrapping(len(usual.head), len(usual.tail), Secret(head.decode()), Secret(tail.decode()))
