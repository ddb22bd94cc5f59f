"""The check of the beginning of an address, made without asking the network. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_this_machine(url: str) -> bool:
    """Whether an address is one of this machine."""
    try:
        return urlsplit(url).hostname in _LOOPBACK
    except ValueError:
        return False


def flaw(url: str) -> str:
    """The fault of the base of an address, "" if there is none. Plain http goes only to loopback."""
    if not url:
        return "is empty"
    if not re.fullmatch(r"[\x21-\x7e]+", url) or "\\" in url:
        return "contains characters that are not allowed in a URL"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "cannot be read"
    if parts.username is not None or parts.password is not None:
        return "contains a user name"
    if parts.query or parts.fragment or "?" in url or "#" in url:
        return "has a query or a fragment"
    if not parts.hostname:
        return "has no host"
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return ""
    return "must begin with https://; plain http:// is allowed only for this machine"
