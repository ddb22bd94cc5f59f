"""Environment -> Credentials, and with an address -> Endpoint. The token is seen only in its header."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlencode, urlsplit

from mapper.delivery.destination import Destination
from mapper.delivery.exit_status import ExitStatus

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")
"""What a header may hold: a line break in a token would end up in the HTTP library's own message."""


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

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not written anywhere")


@dataclass(frozen=True, slots=True)
class SetupFailure:
    """Nothing can be delivered until a person mends something; no event is lost by it."""

    message: str
    hint: str = ""
    exit_status: ExitStatus = ExitStatus.WRONG_SETUP


@dataclass(frozen=True, slots=True)
class Credentials:
    """What proves to a service who sends, and for which account."""

    token: Secret
    account: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go. `headers` hold the token: their values are secrets."""

    method: str
    url: str
    headers: tuple[tuple[str, Secret], ...]
    token: Secret


def read_credentials(destination: Destination, environment: Mapping[str, str]) -> Credentials | SetupFailure:
    """The credentials of a destination from environment variables, spaces around them left out."""
    token_rule, account_rule = destination.token, destination.account
    token = environment.get(token_rule.environment, "").strip()
    account = environment.get(account_rule.environment, "").strip()
    missing = [rule for rule, text in ((token_rule, token), (account_rule, account)) if not text]
    if missing:
        names = " and ".join(f"{rule.environment} ({rule.title})" for rule in missing)
        return SetupFailure(f"{names} must be set in the environment", "; ".join(r.hint for r in missing))
    if not _TOKEN.fullmatch(token):
        wrong = f"{token_rule.environment} holds characters that no {token_rule.title} has"
        return SetupFailure(wrong, token_rule.hint)
    if not re.fullmatch(account_rule.pattern, account):
        return SetupFailure(f"{account_rule.environment} is no {account_rule.title}", account_rule.hint)
    return Credentials(Secret(token), account)


def address(
    destination: Destination, credentials: Credentials, *, base_url: str | None = None, test: bool = False
) -> Endpoint | SetupFailure:
    """Where an account's requests go, as `url_of_requests` says, with the token in a header."""
    url = url_of_requests(destination, base_url=base_url, test=test)
    if isinstance(url, SetupFailure):
        return url
    rule, token = destination.token, credentials.token
    return Endpoint(
        method=destination.method,
        url=url.replace("{account}", credentials.account),
        headers=((rule.header, Secret(f"{rule.scheme} {token.reveal()}")),),
        token=token,
    )


def url_of_requests(
    destination: Destination, *, base_url: str | None = None, test: bool = False
) -> str | SetupFailure:
    """Where requests go, with `{account}` in it. `base_url` replaces the service's own.

    Plain http goes only to loopback.
    """
    base = (destination.base_url if base_url is None else base_url).rstrip("/")
    wrong = _flaw(base)
    if wrong:
        return SetupFailure(f"the address {wrong}", f"write it as {destination.base_url}")
    return base + destination.path + (f"?{urlencode(destination.test_query)}" if test else "")


def _flaw(url: str) -> str:
    """What is wrong with the base of an address, "" if nothing is."""
    if not url:
        return "is empty"
    if not re.fullmatch(r"[\x21-\x7e]+", url) or "\\" in url:
        return "holds characters that stand in no address"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "cannot be read"
    if parts.username is not None or parts.password is not None:
        return "holds a user name"
    if parts.query or parts.fragment or "?" in url or "#" in url:
        return "ends in a query or a fragment"
    if not parts.hostname:
        return "names no host"
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return ""
    return "must begin with https://; plain http:// is for this machine only"
