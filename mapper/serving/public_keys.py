"""The public keys of a provider of identity tokens, read from where it publishes them."""

from __future__ import annotations

from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

_KEYS_SECONDS, _KEYS_BYTES = 10.0, 2**20


class _NoRedirect(HTTPRedirectHandler):
    """Keys are read where the operator says, and from no other place that somebody on the way names."""

    def redirect_request(self, *_: Any) -> None:
        return None


def fetch_keys(url: str) -> bytes:
    """The keys that a provider of identity tokens publishes. Raises OSError."""
    if urlsplit(url).scheme != "https":
        raise URLError("not https")
    try:
        with build_opener(_NoRedirect).open(url, timeout=_KEYS_SECONDS) as answer:
            content: bytes = answer.read(_KEYS_BYTES)
    except HTTPException as error:  # an answer that is none, or is cut off
        raise URLError(type(error).__name__) from None
    return content
