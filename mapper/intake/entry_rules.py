"""The rules of tables: what the keys of an entry need of each other, and of the paths beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from mapper.compiler.yaml.nodes import ScalarNode
from mapper.intake.entries import moment_of, signed_parts
from mapper.intake.entry_nodes import KeyTable
from mapper.intake.senders import known_headers
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span

RESERVED_PATHS = ("/healthz", "/readyz", "/metrics")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)+|/")
_DOTS = re.compile(r"/\.{1,2}(?:/|$)")
_AUTHORIZATION = "authorization"
# What a request is known by, or a visitor: `$meta` would take it to wherever payloads and logs go.
_SECRET_HEADERS = frozenset({_AUTHORIZATION, "cookie", "proxy-authorization"})
_OF_BROWSERS = ("rate", "cookies", "proxies")
_NEARLY = 0.9
_CHECKS = ("sign", "token", "jwt", "cors")


def path_mistakes(key: ScalarNode, others: Mapping[str, Span]) -> Iterator[Diagnostic]:
    """The mistakes of the path of an entry. others: the paths before it, without a slash at the end."""
    path = key.text
    if not path.startswith("/"):
        hint = f"write `/{path}`" if _PATH.fullmatch(f"/{path}") else "write e.g. `/shop`"
        yield Diagnostic("M707", key.span, f"the path `{path}` does not begin with a slash", hint)
    elif path.rstrip("/") in RESERVED_PATHS:
        hint = "choose another path"
        yield Diagnostic("M707", key.span, f"the path `{path}` is the server's own", hint)
    elif path != "/" and path.endswith("/"):
        hint = f"write `{path.rstrip('/') or '/shop'}`"
        yield Diagnostic("M707", key.span, f"the path `{path}` ends with a slash", hint)
    elif not _PATH.fullmatch(path) or _DOTS.search(path):
        hint = "write letters, digits and `-._~` between slashes, e.g. `/shop/orders`"
        yield Diagnostic("M707", key.span, f"`{path}` is not a path that a sender can post to", hint)
    elif path.lower() in others:
        hint = "rename one of them; paths that differ in case alone are mistaken for each other"
        related = ((others[path.lower()], "the other one"),)
        yield Diagnostic("M707", key.span, f"duplicate path `{path}`", hint, related=related)


def entry_mistakes(key: ScalarNode, table: KeyTable) -> Iterator[Diagnostic]:
    """The diagnostics of keys that an entry lacks, or that contradict each other."""
    yield from _authentication(key, table)
    yield from _browsers(table)
    yield from _body(table)
    yield from _kept(table)
    yield from _headers(table)
    sign = table.value("sign")
    if isinstance(sign, KeyTable):
        yield from _signature(sign, table)
    token = table.value("token")
    if isinstance(token, KeyTable):
        yield from _token(token, table)


def _authentication(key: ScalarNode, table: KeyTable) -> Iterator[Diagnostic]:
    if any(name in table for name in _CHECKS) or table.is_doubtful or table.is_unread("sender"):
        return
    hint = "add `sender`, `sign`, `token` or `jwt`; or, for pages, `cors` with `rate`"
    yield Diagnostic("M708", key.span, f"anyone may post to `{key.text}`: the entry checks nothing", hint)


def _against(table: KeyTable, name: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic("M709", table.key_place(name), message, hint)


def _browsers(table: KeyTable) -> Iterator[Diagnostic]:
    if "cors" in table:
        if "rate" not in table and not table.is_doubtful:
            message, hint = (
                "`cors` needs `rate`: pages hold no secret, so anyone can post as they do",
                "add `rate: 20/s`",
            )
            yield Diagnostic("M702", table.key_place("cors"), message, hint)
        return
    if table.is_doubtful:
        return
    for name in _OF_BROWSERS:
        if table.writes(name):
            message = f"`{name}` means nothing without `cors`: the sender is not a visitor's browser"
            yield _against(table, name, message, f"remove it, or add `cors: {'https://shop.example'}`")


def _body(table: KeyTable) -> Iterator[Diagnostic]:
    if "decode" in table and "unwrap" not in table and not table.is_doubtful:
        hint = "add `unwrap: data`, the path of the encoded text"
        yield _against(table, "decode", "`decode` means nothing without `unwrap`", hint)
    if "unwrap" in table and "body" in table:
        message = "`body` means nothing beside `unwrap`, which says where the events are"
        yield _against(table, "body", message, "remove one of the two")


def _kept(table: KeyTable) -> Iterator[Diagnostic]:
    sign, token = table.value("sign"), table.value("token")
    secret = {*_SECRET_HEADERS}
    if isinstance(token, KeyTable) and token.value("header"):
        secret.add(token.value("header"))
    if isinstance(sign, KeyTable) and sign.value("header"):
        secret.add(sign.value("header"))
    for name in table.value("keep_headers") or ():
        if name in secret:
            message = f"`{name}` holds a secret, which must not reach events"
            hint = "use `cookies` for single cookies" if name == "cookie" else "remove it"
            yield Diagnostic("M709", table.place("keep_headers"), message, hint)


def _headers(table: KeyTable) -> Iterator[Diagnostic]:
    """Headers that are nearly those of a known sender, where the entry names none."""
    tables = (table.value(name) for name in ("sign", "token", "delivery_id"))
    for one in tables:
        header = one.value("header") if isinstance(one, KeyTable) and "sender" not in table else None
        near = None if header is None or header in known_headers() else _nearly(header)
        if near is not None:
            message = f"`{header}` is nearly `{near}`, the header of a known sender"
            yield Diagnostic("M712", one.place("header"), message, f"did you mean `{near}`?")


def _nearly(header: str) -> str | None:
    found = get_close_matches(header, known_headers(), n=1, cutoff=_NEARLY)
    return found[0] if found else None


def _signature(sign: KeyTable, table: KeyTable) -> Iterator[Diagnostic]:
    parts = () if sign.is_unread("over") else signed_parts(sign)
    if any(part.kind == "first" for part in parts):
        if not ("token" in table or "jwt" in table or table.is_doubtful):
            message = "`first` leaves all other events unsigned: with one signed request, anyone can add more"
            yield Diagnostic("M709", sign.place("over"), message, "add a `token` that the sender holds too")
        if "unwrap" in table or table.value("body") in ("object", "lines"):
            message = "`first` is the first element of an array, and the body is none"
            yield Diagnostic("M709", sign.place("over"), message, "write `over: body`, or `body: either`")
    if "max_age" in sign and "time" not in sign and not sign.is_doubtful:
        message = "`max_age` needs `time`: without it the time of the signature is unknown"
        yield _against(sign, "max_age", message, "add `time`, the header with the time of signing")
    moment = moment_of(sign)
    if moment is not None and parts and moment not in parts:
        message = f"`{moment.name}` is not signed, so anybody can change it"
        hint = f'write it where the sender signs it: `over: "{{{moment.name}}}.{{body}}"`'
        yield Diagnostic("M709", sign.place("time"), message, hint)


def _token(token: KeyTable, table: KeyTable) -> Iterator[Diagnostic]:
    if "query" in token and "scheme" in token:
        yield _against(token, "scheme", "`scheme` means nothing beside `query`", "remove it")
    is_bearer = "query" not in token and (token.value("header") or _AUTHORIZATION) == _AUTHORIZATION
    if "jwt" in table and is_bearer and not token.is_unread("header"):
        message = "`token` and `jwt` both ask for the header `authorization`"
        yield _against(
            table, "token", message, "remove one of the two, or name another `header` of the token"
        )
