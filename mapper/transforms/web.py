"""The web: addresses, queries, cookies and JSON in text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv6Address, ip_network
from itertools import chain
from urllib.parse import unquote_plus, urljoin

from mapper.transforms.crawlers import crawler_name
from mapper.transforms.meaning import ALL_OF_A_TEXT, ANY_SIZE, NOTHING, ONLY_A_PERSON, SAME_SIZE, SHORT, Grown
from mapper.transforms.registry import Also, Parameter, transform
from mapper.transforms.text import ASCII_EDGE, strip_edges
from mapper.values.safe_text import SafeText
from mapper.values.types import UNKNOWN, Invalid, Json, Type, kind_name, of

_TEXT = of("string")
_TEXT_OR_NONE = of("string", "null")
QUERY = Type(frozenset({"object", "null"}), fields=(), others=_TEXT_OR_NONE)
_NAME = (Parameter("name", _TEXT, required=True, role="steers", also="param parameter key"),)

# What a JSON text may have; an event itself may be no larger.
_LONGEST_JSON = 1024 * 1024
_DEEPEST_JSON = 64

# What proxies write in place of an address (RFC 7239, Squid).
_HIDDEN = frozenset({"unknown", "-"})
# What can follow `https://` only if there is no host.
NO_HOST = frozenset("/?#:." + ASCII_EDGE)
_PRIVATE = "private IP address; it does not identify the customer"
OCTETS = {str(number): number for number in range(256)}
_LAST_V4 = 2**32 - 1


def _masked(*networks: str) -> tuple[tuple[int, int], ...]:
    return tuple((int(one.network_address), int(one.netmask)) for one in map(ip_network, networks))


# RFC 6890: this host, private, shared, loopback and link-local addresses. `::` and `::1` have the numbers of
# addresses in 0.0.0.0/8.
_PRIVATE_V4 = _masked(
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.168.0.0/16"),
)
PRIVATE_FIRST_OCTETS = frozenset(network >> 24 for network, _ in _PRIVATE_V4)
_PRIVATE_V6 = _masked("fc00::/7", "fe80::/10")


def text_only(value: Json, what: str) -> str:
    if type(value) is not str:
        raise Invalid(SafeText("{} must be text, not {}", SafeText.known(what), kind_name(value)))
    return strip_edges(value)


@transform(
    _TEXT,
    _TEXT_OR_NONE,
    keeps=ONLY_A_PERSON,
    grows=Grown(6),
    parameters=_NAME,
    examples=[
        ("https://shop.example/?a=1&epik=dj0yJnU9#top", {"name": "epik"}, "dj0yJnU9"),
        ("?q=red+shoes%21", {"name": "q"}, "red shoes!"),
        ("https://shop.example/", {"name": "epik"}, None),
    ],
    also=Also("urlparam urlparameter queryparam querystring getparam param"),
)
def query_parameter(value: Json, name: str) -> str | None:
    """The value of a parameter in the query of a URL, or in a bare query (`?a=b` or `a=b`), decoded.

    The first that is not empty; nothing if there is none.
    """
    url = text_only(value, "a URL")
    if name not in url and "%" not in url and "+" not in url:
        return None
    for pair in _query(url).split("&"):
        key, _, held = pair.partition("=")
        if held and (key == name or (("%" in key or "+" in key) and unquote_plus(key) == name)):
            decoded = strip_edges(unquote_plus(held))
            if decoded:
                return decoded
    return None


@transform(
    _TEXT,
    QUERY,
    keeps=ONLY_A_PERSON,
    grows=Grown(6, plus=2),
    makes="decoded",
    examples=[
        ("https://shop.example/?a=1&b=red+shoes%21#top", {"a": "1", "b": "red shoes!"}),
        ("?a=&a=1&a=2", {"a": "1"}),
        ("ed%5Bvalue%5D=24&np=", {"ed[value]": "24"}),
        ("https://shop.example/", None),
    ],
    also=Also("urlparams urlparameters queryparams parsequery parseqs parsequerystring searchparams"),
)
def query_parameters(value: Json) -> dict[str, Json] | None:
    """The parameters in the query of a URL, or in a bare query, as an object, decoded.

    Each is the one that `query_parameter` gives; nothing if there are none. To read several parameters of
    one URL, put the object into a `let`.
    """
    return parameters_of(_query(text_only(value, "a URL")))


def parameters_of(query: str) -> dict[str, Json] | None:
    """The parameters of a query; None if there are none."""
    found: dict[str, Json] = {}
    for pair in query.split("&"):
        key, _, held = pair.partition("=")
        if key and held:
            name = unquote_plus(key) if "%" in key or "+" in key else key
            if name not in found and (decoded := strip_edges(unquote_plus(held))):
                found[name] = decoded
    return found or None


def _query(url: str) -> str:
    """The query of a URL; of a text that is neither a URL nor has a `?`, all up to `#`."""
    before, asked, query = url.partition("#")[0].partition("?")
    return query if asked else "" if "://" in before else before


@transform(
    _TEXT,
    _TEXT_OR_NONE,
    keeps=ALL_OF_A_TEXT,
    grows=ANY_SIZE,
    examples=[
        ("https://shop.example/cart?email=a%40b.com#x", "https://shop.example/cart"),
        ("/cart", "/cart"),
        ("?a=b", None),
    ],
)
def without_query(value: Json) -> str | None:
    """A URL without its query and fragment, which often hold personal data and tokens."""
    return text_only(value, "a URL").partition("#")[0].partition("?")[0] or None


@transform(
    _TEXT,
    _TEXT_OR_NONE,
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    parameters=_NAME,
    examples=[
        ("_epik=dj0yJnU9; theme=dark", {"name": "_epik"}, "dj0yJnU9"),
        ('a="1"; b=2', {"name": "a"}, "1"),
        ("theme=dark", {"name": "_epik"}, None),
    ],
)
def cookie(value: Json, name: str) -> str | None:
    """The value of a cookie in a `Cookie` header, as written there, without surrounding quotes.

    The first that is not empty; nothing if there is none.
    """
    for pair in text_only(value, "a Cookie header").split(";"):
        key, _, held = pair.partition("=")
        if key.strip() == name:
            held = held.strip()
            if len(held) >= 2 and held[0] == held[-1] == '"':
                held = held[1:-1]
            if held:
                return held
    return None


def _check_base(base: str) -> None:
    if not base.lower().startswith(("https://", "http://")):
        raise Invalid("`base` must be a URL that begins with https:// or http://")


@transform(
    _TEXT,
    _TEXT_OR_NONE,
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    parameters=[
        Parameter("base", _TEXT, required=True, role="put", grows=True, also="baseurl root origin host")
    ],
    examples=[
        ("/cart?a=1", {"base": "https://shop.example"}, "https://shop.example/cart?a=1"),
        ("https://other.example/", {"base": "https://shop.example"}, "https://other.example/"),
        ("//cdn.example/a.png", {"base": "https://shop.example"}, "https://cdn.example/a.png"),
    ],
    check=_check_base,
)
def resolve_url(value: Json, base: str) -> str | None:
    """Resolve a path to a full URL, as a browser on the page `base` would; a full URL is kept."""
    url = text_only(value, "a URL")
    if not url:
        return None
    _check_base(base)
    try:
        return urljoin(base, url)
    except ValueError:
        raise Invalid("not a URL") from None


@transform(
    _TEXT,
    _TEXT_OR_NONE,
    keeps=ONLY_A_PERSON,
    grows=Grown(6),
    examples=[
        ("https://shop.example/cart?a=1", "https://shop.example/cart?a=1"),
        ("HTTP://shop.example", "HTTP://shop.example"),
        ("shop.example/cart", Invalid("not a URL of a page: it begins with https:// or http://")),
        ("javascript:void(0)", Invalid("not a URL of a page: it begins with https:// or http://")),
    ],
)
def page_url(value: Json) -> str | None:
    """The URL of a page, unchanged: `https://` or `http://` and a host. Anything else is invalid.

    `resolve_url` makes one from a path, and `prefix` from a host.
    """
    url = text_only(value, "a URL")
    if not url:
        return None
    scheme, found, rest = url.partition("://")
    if not found or scheme.lower() not in ("https", "http"):
        raise Invalid("not a URL of a page: it begins with https:// or http://")
    if not rest or rest[0] in NO_HOST or rest[0].isspace():
        raise Invalid("a URL without a host")
    return url


@transform(
    _TEXT,
    of("string", "null", format="ip_address"),
    keeps=ONLY_A_PERSON,
    grows=SAME_SIZE,
    examples=[
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 10.0.0.1", "203.0.113.7"),
        ("unknown, 10.0.0.1, 203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[2001:DB8::1]:443", "2001:db8::1"),
        ("203.0.113.7:8080", "203.0.113.7"),
        ("localhost", Invalid("not an IP address")),
    ],
    noting=True,
)
def ip_address(value: Json, *, note_texts: list[str] | None = None) -> str | None:
    """An IPv4 or IPv6 address, without port, brackets and zone; from a list the first public one.

    A list is read like `X-Forwarded-For`: the client's address first, then the proxies'. Hidden addresses
    (`unknown`, `_name`) are skipped. An IPv4-mapped IPv6 address (`::ffff:203.0.113.7`) becomes IPv4.
    Without a public address, the first private one is kept with a note.
    """
    private = None
    hidden = False
    for entry in text_only(value, "an IP address").split(","):
        written = strip_edges(entry)
        if not written:
            continue
        if written.lower() in _HIDDEN or written[0] == "_":
            hidden = True
            continue
        host, number = _read(_host(written))
        if not _is_private(number):
            return host
        private = private or host
    if private is None and hidden:
        raise Invalid("not an IP address")
    if private is not None and note_texts is not None:
        note_texts.append(_PRIVATE)
    return private


def _check_networks(networks: Json) -> None:
    _networks(tuple(networks) if isinstance(networks, list) else (networks,))


@lru_cache(maxsize=64)
def _networks(written: tuple[Json, ...]) -> tuple[tuple[bool, int, int], ...]:
    """The networks, each as whether it is one of IPv4, its number and its mask."""
    if not written:
        raise Invalid("`networks` needs at least one network, as `10.0.0.0/8`")
    made = []
    for one in written:
        try:
            network = ip_network(one if isinstance(one, str) else "")
        except ValueError:
            raise Invalid(
                "a network is written as `10.0.0.0/8` or `2001:db8::/32`, all else of it 0"
            ) from None
        made.append((network.version == 4, int(network.network_address), int(network.netmask)))
    return tuple(made)


@transform(
    _TEXT,
    of("boolean", "null"),
    keeps=NOTHING,
    grows=SHORT,
    parameters=[
        Parameter(
            "networks",
            of("string", "array"),
            required=True,
            role="steers",
            constant=True,
            also="network cidr cidrs range ranges subnet subnets",
        )
    ],
    examples=[
        ("10.1.2.3", {"networks": "10.0.0.0/8"}, True),
        ("203.0.113.7", {"networks": ["10.0.0.0/8", "192.168.0.0/16"]}, False),
        ("2001:db8::7", {"networks": ["2001:db8::/32"]}, True),
        ("localhost", {"networks": "10.0.0.0/8"}, Invalid("not an IP address")),
    ],
    check=_check_networks,
    also=Also("cidr ipincidr incidr insubnet cidrmatch ipcidrcontains inrange"),
)
def in_network(value: Json, networks: str | list[str]) -> bool | None:
    """Whether an IP address is in one of some networks, such as those of your own offices.

    The address is read as `ip_address` reads it: from a list, the first public one.
    """
    host = ip_address(value)
    if host is None:
        return None
    _, number = _read(host)
    is_v4 = ":" not in host
    known = _networks(tuple(networks) if isinstance(networks, list) else (networks,))
    return any(is_v4 == v4 and number & mask == network for v4, network, mask in known)


@transform(
    _TEXT,
    of("boolean", "null"),
    keeps=NOTHING,
    grows=SHORT,
    examples=[
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", True),
        ("curl/8.5.0", True),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", False),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 Instagram 337.0", False),
        ("", None),
    ],
    also=Also("bot isbot iscrawler spider robot isrobot botdetection useragentbot"),
)
def crawler(value: Json) -> bool | None:
    """Whether a user agent names a program that reads pages without a person.

    These are crawlers, previews of links, monitors, browsers without a window and libraries for HTTP. A
    name that is not in the list counts if it says bot, crawler or spider, as `NewsBot/1.0` does, or gives
    the address of its page after `+`. Browsers, those in apps too, and programs that hide what they are
    give false.
    """
    agent = text_only(value, "a user agent")
    return crawler_name(agent) is not None if agent else None


def _read(host: str) -> tuple[str, int]:
    """An address in its shortest form, and its number."""
    number = _number_of_v4(host)
    return _read_v6(host) if number is None else (host, number)


def _host(written: str) -> str:
    """An address less its port, brackets and zone."""
    if ":" not in written:
        return written
    if written.count(":") == 1:
        return written.partition(":")[0]
    host = written[1:].partition("]")[0] if written[0] == "[" else written
    return host.partition("%")[0]


def _number_of_v4(host: str) -> int | None:
    octets = [OCTETS.get(octet) for octet in host.split(".")]
    if len(octets) != 4 or None in octets:
        return None
    number = 0
    for octet in octets:
        number = number << 8 | (octet or 0)
    return number


def _read_v6(host: str) -> tuple[str, int]:
    """An IPv6 address in its shortest form, or the IPv4 address in it, and its number."""
    try:
        address = IPv6Address(host)
    except ValueError:
        raise Invalid("not an IP address") from None
    bare = address.ipv4_mapped or address
    return str(bare), int(bare)


def _is_private(number: int) -> bool:
    """Whether an address, given as its number, is one that no server on the internet has."""
    if number > _LAST_V4:
        return any(number & mask == network for network, mask in _PRIVATE_V6)
    if number >> 24 not in PRIVATE_FIRST_OCTETS:
        return False
    return any(number & mask == network for network, mask in _PRIVATE_V4)


@transform(
    _TEXT,
    of("string", "null", format="language"),
    keeps=ONLY_A_PERSON,
    grows=Grown(3),
    closed=True,
    examples=[
        ("en-US", "en"),
        ("DE", "de"),
        ("pt_BR", "pt"),
        ("english", Invalid("not a two-letter language code")),
    ],
)
def language(value: Json) -> str | None:
    """The two-letter language code at the start of a locale, in lower case."""
    locale = text_only(value, "a language")
    if not locale:
        return None
    code = locale[:2]
    if len(code) != 2 or not (code.isascii() and code.isalpha()) or locale[2:3] not in ("", "-", "_"):
        raise Invalid("not a two-letter language code")
    return code.lower()


@transform(
    of("string", "array", "object"),
    UNKNOWN,
    keeps=("unit", "person"),
    grows=ANY_SIZE,
    makes="decoded",
    examples=[
        ('{"id": 7}', {"id": 7}),
        ('[1, "a"]', [1, "a"]),
        ("{id: 7}", Invalid("not JSON")),
        ("NaN", Invalid("not JSON")),
    ],
    whole=True,
    also=Also(calls="fromjson jsonparse jsondecode jsonextract"),
)
def parse_json(value: Json) -> Json:
    """Parse JSON text; a value that is already an object or list is kept.

    NaN, infinities, text of more than 1 MiB and nesting of more than 64 levels are invalid.
    """
    if type(value) in (list, dict):
        return value
    written = text_only(value, "JSON text")
    if not written:
        return None
    if len(written) > _LONGEST_JSON:
        raise Invalid("a JSON text may have at most 1 MiB")
    try:
        parsed: Json = json.loads(written, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Invalid("not JSON") from None
    _check_parsed(parsed)
    return parsed


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _check_parsed(value: Json) -> None:
    """Raise Invalid for what Python's parser lets pass: depth, infinities, halves of surrogate pairs."""
    level: list[Json] = [value]
    for _ in range(_DEEPEST_JSON + 1):
        for one in level:
            if (type(one) is float and one - one != 0) or (type(one) is str and not _is_unicode(one)):
                raise Invalid("not JSON")
        nested = [one for one in level if type(one) in (list, dict)]
        if not nested:
            return
        level = [inner for one in nested for inner in _held(one)]
    raise Invalid(SafeText("JSON nested more than {} levels deep", _DEEPEST_JSON))


def _held(value: Json) -> Iterable[Json]:
    """The values in a list or an object, and keys."""
    if isinstance(value, dict):
        return chain(value.keys(), value.values())
    return value if isinstance(value, list) else ()


def _is_unicode(value: str) -> bool:
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
