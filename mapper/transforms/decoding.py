"""Decoding: percent-encoded text, base64, and the parts of a URL."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from collections.abc import Callable
from urllib.parse import unquote, unquote_to_bytes

from mapper.transforms.meaning import ONLY_A_PERSON, Grown
from mapper.transforms.registry import Also, Parameter, transform
from mapper.transforms.text import TEXTUAL, text
from mapper.transforms.web import QUERY, parameters_of, text_only
from mapper.values.types import Invalid, Json, Type, array_of, of

_TEXT_OR_NONE = of("string", "null")
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


def _as_text(octets: bytes) -> str | None:
    try:
        return octets.decode() or None
    except UnicodeDecodeError:
        raise Invalid("what it decodes to is not UTF-8 text") from None


@transform(
    TEXTUAL,
    _TEXT_OR_NONE,
    keeps=("unit", "person"),
    grows=Grown(6),
    parameters=[
        Parameter(
            "plus",
            of("boolean"),
            required=False,
            role="steers",
            default=False,
            also="plusasspace spaces form",
        )
    ],
    examples=[
        ("caf%C3%A9%20au%20lait", "caf\u00e9 au lait"),
        ("red+shoes%21", {"plus": True}, "red shoes!"),
        ("red+shoes%21", "red+shoes!"),
        ("100%", Invalid("a `%` without two hexadecimal digits after it")),
        ("%FF", Invalid("what it decodes to is not UTF-8 text")),
    ],
    also=Also("urldecode urldecoded decodeuri decodeuricomponent unquote unescape decodeurl percentdecoded"),
)
def percent_decode(value: Json, plus: bool = False) -> str | None:
    """Decode percent-encoded text, as it is in URLs; with `plus`, a `+` is a space, as it is in queries.

    A `%` without two hexadecimal digits after it, and what is not UTF-8, is invalid.
    """
    written = text(value)
    if plus:
        written = written.replace("+", " ")
    if "%" not in written:
        return written or None
    if _BAD_ESCAPE.search(written):
        raise Invalid("a `%` without two hexadecimal digits after it")
    return _as_text(unquote_to_bytes(written))


# As base64 is written in URLs, and as it is written elsewhere.
_ALPHABETS = str.maketrans("-_", "+/")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]+={0,2})?")


@transform(
    TEXTUAL,
    _TEXT_OR_NONE,
    keeps=ONLY_A_PERSON,
    grows=Grown(6),
    examples=[
        ("YWRhQGV4YW1wbGUuY29t", "ada@example.com"),
        ("eyJpZCI6N30=", '{"id":7}'),
        ("w7w_", "\u00fc?"),
        ("YWRh%", Invalid("not base64")),
        ("/w==", Invalid("what it decodes to is not UTF-8 text")),
    ],
    also=Also("frombase64 decodebase64 base64decoded debase64 unbase64 atob b64decode"),
)
def base64_decode(value: Json) -> str | None:
    """Decode base64 of text in UTF-8, in either alphabet, with or without `=` at its end.

    White space is ignored. For JSON in base64, add `parse_json`.
    """
    written = "".join(text(value).split()).translate(_ALPHABETS)
    if not _BASE64.fullmatch(written):
        raise Invalid("not base64")
    bare = written.rstrip("=")
    try:
        return _as_text(a2b_base64(bare + "=" * (-len(bare) % 4)))
    except Error:
        raise Invalid("not base64") from None


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_NOT_IN_HOST = re.compile(r"[\s<>\"{}|\\^`\[\]%\x00-\x20\x7f]")
_LAST_PORT = 65_535
_OF_PAGES = frozenset({"http", "https"})


class _Parts:
    """A URL, divided; each part is made where it is asked for."""

    __slots__ = ("_fragment", "_host", "_path", "_port", "_query", "_scheme")

    def __init__(self, url: str) -> None:
        """Raises Invalid for what is no URL."""
        rest, _, self._fragment = url.partition("#")
        rest, _, self._query = rest.partition("?")
        scheme = _SCHEME.match(rest)
        self._scheme = "" if scheme is None else scheme[1].lower()
        rest = rest if scheme is None else rest[scheme.end() :]
        authority, self._path = "", rest
        if rest.startswith("//"):
            authority, slash, path = rest[2:].partition("/")
            self._path = slash + path
        self._host, self._port = _host_and_port(authority.rpartition("@")[2])
        if not self._host and self._scheme in _OF_PAGES:
            raise Invalid("a URL without a host")

    def scheme(self) -> Json:
        return self._scheme or None

    def host(self) -> Json:
        return self._host or None

    def port(self) -> Json:
        return self._port

    def path(self) -> Json:
        return self._path or None

    def segments(self) -> Json:
        return [unquote(one) for one in self._path.split("/") if one]

    def query(self) -> Json:
        return parameters_of(self._query)

    def fragment(self) -> Json:
        return self._fragment or None


def _host_and_port(written: str) -> tuple[str, int | None]:
    """The host of a URL, in lower case, and the port after it."""
    if written[:1] == "[":
        inner, closed, rest = written[1:].partition("]")
        host, port = f"[{inner}]", rest[1:]
        is_wrong = not closed or rest[:1] not in ("", ":") or _NOT_IN_HOST.search(inner) is not None
    else:
        host, _, port = written.partition(":")
        is_wrong = _NOT_IN_HOST.search(host) is not None or (":" in written and not host)
    if is_wrong or (port and not (port.isascii() and port.isdecimal() and len(port) <= len("65535"))):
        raise Invalid("not a URL")
    number = int(port) if port else None
    if number is not None and number > _LAST_PORT:
        raise Invalid("not a URL")
    return host.lower(), number


_PARTS: dict[str, Callable[[_Parts], Json]] = {
    "fragment": _Parts.fragment,
    "host": _Parts.host,
    "path": _Parts.path,
    "port": _Parts.port,
    "query": _Parts.query,
    "scheme": _Parts.scheme,
    "segments": _Parts.segments,
}
_URL = Type(
    frozenset({"object", "null"}),
    fields=(
        ("fragment", _TEXT_OR_NONE),
        ("host", _TEXT_OR_NONE),
        ("path", _TEXT_OR_NONE),
        ("port", of("integer", "null")),
        ("query", QUERY),
        ("scheme", _TEXT_OR_NONE),
        ("segments", array_of(of("string"))),
    ),
    closed=True,
)


def url_part(value: Json, name: str) -> Json:
    """One of the parts that `url` gives."""
    written = text_only(value, "a URL")
    return _PARTS[name](_Parts(written)) if written else None


@transform(
    of("string"),
    _URL,
    keeps=ONLY_A_PERSON,
    grows=Grown(float("inf"), copies=2),
    makes="decoded",
    examples=[
        (
            "https://Shop.example:8443/product/SKU%207?utm_id=a+b&epik=dj0#top",
            {
                "fragment": "top",
                "host": "shop.example",
                "path": "/product/SKU%207",
                "port": 8443,
                "query": {"utm_id": "a b", "epik": "dj0"},
                "scheme": "https",
                "segments": ["product", "SKU 7"],
            },
        ),
        ("/cart?step=2", {"path": "/cart", "query": {"step": "2"}, "segments": ["cart"]}),
        ("https://", Invalid("a URL without a host")),
        ("https://shop example/", Invalid("not a URL")),
    ],
    part=url_part,
    also=Also("parseurl urlparse urlparts spliturl"),
)
def url(value: Json) -> dict[str, Json] | None:
    """The parts of a URL: `scheme`, `host`, `port`, `path`, `segments`, `query` and `fragment`.

    `host` is in lower case, and never a user name or password. `path` and `fragment` are as they are written,
    `segments` (the parts of the path) and `query` decoded. In `query`, a parameter has its first value that
    is not empty. A path alone has no `host`. Parts that the URL lacks are absent. In an expression, write
    `url(page).host`: only the parts that are read are made.
    """
    written = text_only(value, "a URL")
    if not written:
        return None
    parts = _Parts(written)
    made = {name: part(parts) for name, part in _PARTS.items()}
    return {name: part for name, part in made.items() if part is not None}
