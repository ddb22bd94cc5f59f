"""The keys of `intake.yaml`: what each means, how its value is read, and what others call it.

The reader, the schema for editors, the page in docs/ and the tests are made of these tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mapper.intake import scalar_forms
from mapper.intake.scalar_forms import ScalarForm


@dataclass(frozen=True, slots=True)
class OneWord:
    """One of a few words, each with what others call it, in small letters and without marks."""

    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OneOrMore:
    """A scalar, or a list of such."""

    form: ScalarForm


@dataclass(frozen=True, slots=True)
class TableOf:
    """A table whose keys are those of an owner."""

    owner: str


@dataclass(frozen=True, slots=True)
class TablesOf:
    """A list of such tables, or one."""

    owner: str


@dataclass(frozen=True, slots=True)
class AnyNames:
    """A table with any names, of values of a form, or tables of an owner. lower: names of headers."""

    form: ScalarForm
    owner: str = ""
    lower: bool = False


@dataclass(frozen=True, slots=True)
class SenderName:
    """The name of a sender that this package knows."""


ValueShape: TypeAlias = ScalarForm | OneWord | OneOrMore | TableOf | TablesOf | AnyNames | SenderName


@dataclass(frozen=True, slots=True)
class IntakeKey:
    """A key: what it means (Markdown), how its value is read, an example, and what others call it.

    needed: a table without it means nothing.
    """

    meaning: str
    shape: ValueShape
    example: str
    also: str = ""
    needed: bool = False


INTAKE: dict[str, IntakeKey] = {
    "version": IntakeKey(
        "The version of the language: `1`.", scalar_forms.VERSION, "1", "schemaversion", needed=True
    ),
    "entries": IntakeKey(
        "The paths that senders post to, each with its entry.",
        TableOf("entries"),
        "{/shop: {mapping: shop.yaml, token: {value: $SHOP_TOKEN}}}",
        "routes paths endpoints entry hooks webhooks",
        needed=True,
    ),
}
ENTRY: dict[str, IntakeKey] = {
    "sender": IntakeKey(
        "Who sends, by a name that this package knows (`docs/senders/`): all other keys have the "
        "value that fits "
        "it, and each that is written here overrides that.",
        SenderName(),
        "NAME",
        "from provider source service vendor type preset",
    ),
    "mapping": IntakeKey(
        "The mapping file of the events, relative to this file.",
        scalar_forms.TEXT,
        "shop.yaml",
        "map file program transform target",
        needed=True,
    ),
    "account": IntakeKey(
        "The account whose credentials the events are sent with: its name in the file of "
        "`--accounts`. Without "
        "it, the only one there is.",
        scalar_forms.TEXT,
        "default",
        "adaccount accountid accountname",
    ),
    "sign": IntakeKey(
        "How the sender signs a request (HMAC).",
        TableOf("sign"),
        "{header: x-signature, algorithm: sha256, form: hex, secret: $SHOP_SECRET}",
        "signature signing hmac verify signed",
    ),
    "token": IntakeKey(
        "A secret that the request holds as it is: a bearer token, or another header.",
        TableOf("token"),
        "{header: x-token, value: $SHOP_TOKEN}",
        "auth bearer apikey key password authorization accesskey",
    ),
    "jwt": IntakeKey(
        "A token that an identity provider signs for the sender. Needs the extra `serve`.",
        TableOf("jwt"),
        "{issuer: https://id.example, audience: shop, keys: https://id.example/keys, claims: {sub: sender}}",
        "oidc oauth idtoken openid identitytoken",
    ),
    "cors": IntakeKey(
        "The origins whose pages may post here: one, or a list. Only such an entry knows the "
        "visitor's address, "
        "browser and cookies (`$meta.client_ip`, `$meta.user_agent`, `$meta.cookies`).",
        OneOrMore(scalar_forms.ORIGIN),
        "https://shop.example",
        "origin origins allowedorigins browser browsers",
    ),
    "rate": IntakeKey(
        "With `cors`, required: how many requests one client may make in a time.",
        scalar_forms.RATE,
        "20/s",
        "ratelimit maxrate throttle",
    ),
    "cookies": IntakeKey(
        "With `cors`: the cookies that `$meta.cookies` holds.",
        OneOrMore(scalar_forms.COOKIE),
        "_click",
        "cookie",
    ),
    "proxies": IntakeKey(
        "With `cors`: how many proxies of your own are before this server. The client's address is that many "
        "places from the end of `X-Forwarded-For`; with `0`, the address of the connection. Default: what "
        "`serve --proxies` says.",
        scalar_forms.PROXIES,
        "1",
        "hops trustedproxies proxy trustproxy",
    ),
    "body": IntakeKey(
        "The form of a body: `object`, one event (the default); `array`, a list of events; `either`; or "
        "`lines`, an "
        "event a line.",
        OneWord(
            (
                ("object", "single one event json dict"),
                ("array", "list batch many events multiple"),
                ("either", "both any auto objectorarray arrayorobject"),
                ("lines", "ndjson jsonl jsonlines line newline"),
            )
        ),
        "array",
        "shape payload content format",
    ),
    "unwrap": IntakeKey(
        "Where the events are in a body: `data`, `records[].data`, `[].data`. One that is not there, "
        "or cannot be "
        "decoded, is a dead letter and leaves the others as they are.",
        scalar_forms.PATH,
        "records[].data",
        "events path extract records envelope unpack eventspath",
    ),
    "decode": IntakeKey(
        "With `unwrap`: each event is a string in this encoding. It may hold several, one after another.",
        OneWord((("base64", "b64 base64json"),)),
        "base64",
        "encoding encoded",
    ),
    "gzip": IntakeKey(
        "`true`: the sender may compress the body. A signature is that of the compressed bytes.",
        scalar_forms.BOOLEAN,
        "true",
        "compression compressed contentencoding",
    ),
    "delivery_id": IntakeKey(
        "The part that is the same each time the sender tries one delivery again. A delivery stored in "
        "the last 24 hours is answered as stored, and not stored again.",
        TableOf("delivery_id"),
        "{header: x-webhook-id}",
        "id dedup deduplication idempotency idempotencykey messageid",
    ),
    "limits": IntakeKey(
        "The largest body, and the most events in one.",
        TableOf("limits"),
        "{body: 1 MiB, events: 1000}",
        "limit max",
    ),
    "keep_headers": IntakeKey(
        "Headers that `$meta.headers` holds.",
        OneOrMore(scalar_forms.HEADER),
        "x-shop-topic",
        "headers header metaheaders",
    ),
    "keep_query": IntakeKey(
        "Query parameters that `$meta.query` holds.",
        OneOrMore(scalar_forms.TEXT),
        "shop",
        "query params parameters",
    ),
    "reply": IntakeKey(
        "How the sender is answered once its events are stored. By default with status 202, and 204 "
        "for pages.",
        TableOf("reply"),
        "{status: 200}",
        "answer response respond status",
    ),
    "handshakes": IntakeKey(
        "Requests that bring no event, and how they are answered: pings, and questions whether to send.",
        TablesOf("handshakes"),
        "{headers: {x-event: ping}, reply: {status: 200}}",
        "ping pings handshake challenge validation",
    ),
}
SIGN: dict[str, IntakeKey] = {
    "header": IntakeKey(
        "The header with the signature.",
        scalar_forms.HEADER,
        "x-signature",
        "name headername signatureheader",
        needed=True,
    ),
    "algorithm": IntakeKey(
        "The digest of the HMAC: `sha1`, `sha256`, `sha384` or `sha512`.",
        OneWord(
            (
                ("sha256", "hmacsha256 sha2 sha2256 hs256"),
                ("sha1", "hmacsha1 hs1 sha"),
                ("sha384", "hmacsha384 hs384"),
                ("sha512", "hmacsha512 hs512"),
            )
        ),
        "sha256",
        "alg algo hash digest hmac method",
        needed=True,
    ),
    "form": IntakeKey(
        "How the digest is written: `hex` or `base64`.",
        OneWord((("hex", "hexadecimal hexdigest base16"), ("base64", "b64"))),
        "hex",
        "encoding format encode",
        needed=True,
    ),
    "secret": IntakeKey(
        "The environment variable with the secret, e.g. `$SHOP_SECRET`; a list while secrets are "
        "rotated: any of "
        "them may sign.",
        OneOrMore(scalar_forms.SECRET),
        "$SHOP_SECRET",
        "secrets key keys value password signingsecret sharedsecret token",
        needed=True,
    ),
    "secret_form": IntakeKey(
        "How the secret is written: `text` (the default: its own bytes sign), `base64` or `hex`.",
        OneWord((("text", "plain raw utf8 string"), ("base64", "b64"), ("hex", "hexadecimal"))),
        "base64",
        "secretencoding keyform keyencoding",
    ),
    "over": IntakeKey(
        "The text that is signed: `body` (the default), all its bytes; `first`, those of its first element, "
        "which needs a "
        '`token` too; or a text with `{body}` and names of headers in it: `"{x-time}.{body}"`. With '
        "`pairs`, a name "
        "without `-` is one of those.",
        scalar_forms.TEMPLATE,
        '"{x-time}.{body}"',
        "of covers content message signs payload template",
    ),
    "prefix": IntakeKey(
        "The text before the digest.", scalar_forms.TEXT, "sha256=", "scheme starts startswith"
    ),
    "pairs": IntakeKey(
        "Where the header holds several values by name: `t=1780000000,v1=2c9c...`.",
        TableOf("pairs"),
        "{digest: v1}",
        "fields parts values",
    ),
    "time": IntakeKey(
        "The header, or name of `pairs`, with the time of signing, which `over` must cover: seconds or "
        "milliseconds of Unix time, or an ISO 8601 time.",
        scalar_forms.HEADER,
        "x-time",
        "timestamp date timeheader timestampheader",
    ),
    "max_age": IntakeKey(
        "With `time`: how long ago, or ahead, that may be. By default `5 min`.",
        scalar_forms.DURATION,
        "5 min",
        "tolerance age ttl leeway",
    ),
}
PAIRS: dict[str, IntakeKey] = {
    "digest": IntakeKey(
        "The name of the digests.", scalar_forms.TEXT, "v1", "name signature key", needed=True
    ),
    "separator": IntakeKey(
        "The text between pairs; by default `,`.", scalar_forms.TEXT, '";"', "between delimiter split"
    ),
    "equals": IntakeKey(
        "The text between a name and its value; by default `=`.", scalar_forms.TEXT, '":"', "assign sign"
    ),
}
TOKEN: dict[str, IntakeKey] = {
    "header": IntakeKey(
        "The header that holds the token; by default `authorization`.",
        scalar_forms.HEADER,
        "x-token",
        "name headername",
    ),
    "query": IntakeKey(
        "The query parameter that holds it, for senders that set no headers. Query parameters are "
        "often logged.",
        scalar_forms.TEXT,
        "token",
        "param parameter queryparameter queryparam",
    ),
    "scheme": IntakeKey(
        "The word before the token; by default `Bearer` in `authorization`, and none elsewhere.",
        scalar_forms.TEXT,
        "Bearer",
        "prefix type bearer",
    ),
    "value": IntakeKey(
        "The environment variable with the token, e.g. `$SHOP_TOKEN`; a list while tokens are rotated.",
        OneOrMore(scalar_forms.SECRET),
        "$SHOP_TOKEN",
        "values secret token key password equals",
        needed=True,
    ),
}
JWT: dict[str, IntakeKey] = {
    "issuer": IntakeKey(
        "Who signs tokens, as its claim `iss` says; one, or a list.",
        OneOrMore(scalar_forms.TEXT),
        "https://id.example",
        "iss issuers provider",
        needed=True,
    ),
    "audience": IntakeKey(
        "Whom tokens are for: their claim `aud`.",
        scalar_forms.TEXT,
        "https://shop.example",
        "aud",
        needed=True,
    ),
    "keys": IntakeKey(
        "The https URL of the public keys (JWKS).",
        scalar_forms.KEYS_URL,
        "https://id.example/keys",
        "jwks jwksuri jwksurl certs",
        needed=True,
    ),
    "claims": IntakeKey(
        "Claims that a token must have, e.g. the account that sends: anybody can have tokens signed for "
        "themselves by a public provider.",
        AnyNames(scalar_forms.CLAIM),
        "{email: sender@shop.example}",
        "claim require required email subject",
        needed=True,
    ),
}
LIMITS: dict[str, IntakeKey] = {
    "body": IntakeKey(
        "The largest body, once decompressed. By default `1 MiB`, and `16 MiB` where a body may hold "
        "several events.",
        scalar_forms.SIZE,
        "1 MiB",
        "size bytes maxbody bodysize",
    ),
    "events": IntakeKey(
        "The most events in one request; by default 10,000.",
        scalar_forms.EVENTS,
        "1000",
        "count maxevents records",
    ),
}
DELIVERY: dict[str, IntakeKey] = {
    "header": IntakeKey("The header that holds it.", scalar_forms.HEADER, "x-webhook-id", "name"),
    "body": IntakeKey(
        "The path in the body of the id of the whole request.",
        scalar_forms.PATH,
        "message.messageId",
        "envelope request",
    ),
    "event": IntakeKey("The path in each event of its own id.", scalar_forms.PATH, "id", "path record each"),
}
REPLY: dict[str, IntakeKey] = {
    "status": IntakeKey(
        "The status once the events are stored.", scalar_forms.STATUS, "200", "code statuscode"
    ),
    "headers": IntakeKey(
        "More headers.",
        AnyNames(scalar_forms.CONSTANT, "answer value", lower=True),
        "{x-answer: ok}",
        "header",
    ),
    "json": IntakeKey(
        "Attributes of a JSON body: constants, or what the request holds.",
        AnyNames(scalar_forms.CONSTANT, "answer value"),
        "{requestId: {body: requestId}}",
        "body content data",
    ),
    "failure": IntakeKey(
        "More attributes where the request is refused.",
        AnyNames(scalar_forms.CONSTANT, "answer value"),
        "{error: {refusal: reason}}",
        "error errors onerror",
    ),
}
ANSWER_VALUE: dict[str, IntakeKey] = {
    "header": IntakeKey("The value of a header of the request.", scalar_forms.HEADER, "x-request-id", "name"),
    "body": IntakeKey("The value at a path of its body.", scalar_forms.PATH, "requestId", "path json from"),
    "now": IntakeKey(
        "The time: `ms` or `s` of Unix time.",
        OneWord((("ms", "milliseconds millis"), ("s", "seconds unix sec"))),
        "ms",
        "time timestamp",
    ),
    "refusal": IntakeKey(
        "The `reason` of a refusal.",
        OneWord((("reason", "message why error text"),)),
        "reason",
        "error",
    ),
}
HANDSHAKE: dict[str, IntakeKey] = {
    "method": IntakeKey(
        "The method of such a request: `POST` (the default), `OPTIONS` or `GET`.",
        OneWord((("POST", "post"), ("OPTIONS", "options"), ("GET", "get"))),
        "OPTIONS",
        "verb",
    ),
    "headers": IntakeKey(
        'Headers that it has, each with its value; `"*"` for any.',
        AnyNames(scalar_forms.TEXT, lower=True),
        "{x-event: ping}",
        "header with when",
    ),
    "without": IntakeKey(
        "Headers that it does not have.", OneOrMore(scalar_forms.HEADER), "x-signature", "not missing"
    ),
    "form": IntakeKey(
        "The parameters of its body, a form.",
        OneOrMore(scalar_forms.TEXT),
        "webhook_id",
        "body params parameters",
    ),
    "unsigned": IntakeKey(
        "`true`: it is answered without the signature or token that the entry asks for. It stores nothing.",
        scalar_forms.BOOLEAN,
        "true",
        "open public unauthenticated",
    ),
    "reply": IntakeKey(
        "How it is answered.", TableOf("reply"), "{status: 200}", "answer response", needed=True
    ),
}

# By what messages call them, in the order of the page.
OWNERS: dict[str, dict[str, IntakeKey]] = {
    "intake": INTAKE,
    "entry": ENTRY,
    "sign": SIGN,
    "pairs": PAIRS,
    "token": TOKEN,
    "jwt": JWT,
    "delivery_id": DELIVERY,
    "limits": LIMITS,
    "reply": REPLY,
    "answer value": ANSWER_VALUE,
    "handshakes": HANDSHAKE,
}
# A table has exactly one of these keys.
ONE_OF: dict[str, tuple[str, ...]] = {
    "delivery_id": ("header", "body", "event"),
    "answer value": ("header", "body", "now", "refusal"),
}
# It has at most one of these; one that is written takes the place of a sender's other.
AT_MOST_ONE: dict[str, tuple[str, ...]] = {"token": ("header", "query"), **ONE_OF}


def called(owner: str) -> str:
    """The name of an owner of keys in messages."""
    articles = {"intake": "an intake", "entry": "an entry", "answer value": "a value of an answer"}
    return articles.get(owner) or ("a handshake" if owner == "handshakes" else f"`{owner}`")
