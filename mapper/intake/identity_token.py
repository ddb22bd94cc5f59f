"""Identity tokens (JWT) of a provider, and the public keys that check them. The only module with PyJWT."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from mapper.intake.entry import JwtCheck
from mapper.intake.request import HttpRequest, RequestRefusal
from mapper.values.safe_text import SafeText

# Clocks of providers differ by so many seconds.
_LEEWAY = 60
# Keys are read anew after so many seconds, and for a key that is not known no more often than this.
_LASTING, _PAUSE = 3600, 60
_MOST_KEYS = 100
_REFUSED = RequestRefusal(401, "bad_token", SafeText("the identity token is not valid for this entry"))
_MISSING = RequestRefusal(401, "no_token", SafeText("no identity token"))
_UNKNOWN = RequestRefusal(401, "unknown_key", SafeText("the identity token is signed by an unknown key"))


def check_identity_token(
    check: JwtCheck, request: HttpRequest, now: float, keys: Mapping[str, Any]
) -> RequestRefusal | None:
    """None where the token is the provider's own, for this audience and account, and not expired."""
    import jwt

    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return _MISSING
    try:
        key = keys.get(str(jwt.get_unverified_header(token.strip()).get("kid", "")))
        if key is None:
            return _UNKNOWN
        claims: dict[str, Any] = jwt.decode(
            token.strip(),
            key,
            algorithms=list(check.algorithms),
            audience=check.audience,
            # Times are compared with the caller's clock, below.
            options={
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "require": ["exp", "iss"],
            },
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return _REFUSED
    return None if _is_for_us(check, claims, now) else _REFUSED


def _is_for_us(check: JwtCheck, claims: Mapping[str, Any], now: float) -> bool:
    if claims["iss"] not in check.issuers or not _is_in_time(claims, now):
        return False
    # `1` is not `true`, as it is to Python.
    return all(
        name in claims and (type(claims[name]), claims[name]) == (type(due), due)
        for name, due in check.claims
    )


def _is_in_time(claims: Mapping[str, Any], now: float) -> bool:
    ends, begins = claims["exp"], claims.get("nbf", claims.get("iat", 0))
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in (ends, begins)):
        return False
    return bool(begins - _LEEWAY <= now <= ends + _LEEWAY)


def read_keys(content: bytes) -> dict[str, Any]:
    """The public keys of a JWKS by their ids. Raises ValueError where it is none.

    A key that cannot be used, or is a shared secret, is left out.
    """
    import jwt

    try:
        document = json.loads(content)
    except RecursionError:
        raise ValueError("not a set of keys") from None
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("not a set of keys")
    keys: dict[str, Any] = {}
    for one in listed[:_MOST_KEYS]:
        if not isinstance(one, dict) or one.get("kty") not in ("RSA", "EC") or not one.get("kid"):
            continue
        try:
            keys[str(one["kid"])] = jwt.PyJWK(one)
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
    return keys


@dataclass(slots=True)
class KeyCache:
    """The public keys of providers, read when they are first needed and again when they are old.

    fetch: gives what a URL holds; raises OSError. What was read last is used while nothing newer can be had.
    """

    fetch: Callable[[str], bytes]
    _held: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)
    _asked: dict[str, float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def held(self, url: str) -> dict[str, Any]:
        """The keys as they were last read, without waiting; none before that."""
        return self._held.get(url, (0.0, {}))[1]

    def is_due(self, url: str, now: float, *, unknown: bool = False) -> bool:
        """Whether to read the keys. unknown: a token is signed by one that is not held."""
        if self._was_just_asked(url, now):
            return False
        return unknown or not 0 <= now - self._held.get(url, (-_LASTING, {}))[0] < _LASTING

    def _was_just_asked(self, url: str, now: float) -> bool:
        """Whether the last try was a moment ago; a clock that was set back makes it no later than now."""
        return url in self._asked and 0 <= now - self._asked[url] < _PAUSE

    def refresh(self, url: str, now: float) -> dict[str, Any]:
        """Read the keys, which waits for the network, and give those that are held then.

        Of several that come at once one reads them, and the others wait for what it has read.
        """
        with self._lock:
            if self._was_just_asked(url, now):
                return self.held(url)
            self._asked[url] = now
            with suppress(OSError, ValueError):
                self._held[url] = (now, read_keys(self.fetch(url)))
            return self.held(url)
