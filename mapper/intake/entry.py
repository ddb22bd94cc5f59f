"""Intake: what `intake.yaml` says, as frozen values. An entry is one path that a sender posts to."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Algorithm = Literal["sha1", "sha256", "sha384", "sha512"]
DigestForm = Literal["hex", "base64"]
SecretForm = Literal["text", "base64", "hex"]
BodyShape = Literal["object", "array", "either", "lines"]


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """A secret that an environment variable holds: never one that the file holds.

    value: what the variable held, empty until `with_secrets`, and then never shown.
    """

    variable: str
    value: bytes = field(default=b"", repr=False)

    def decoded(self, form: SecretForm) -> bytes | None:
        """Its bytes; None where the value is not in the form that it is said to be written in."""
        try:
            if form == "base64":
                return base64.b64decode(self.value, validate=True)
            return bytes.fromhex(self.value.decode("ascii")) if form == "hex" else self.value
        except (binascii.Error, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class SignedPart:
    """A part of what is signed: a text of the file, or what has a name in the request.

    kind: `text`, `body` (all of it), `first` (the bytes of its first element), `pair` (of the signature
    header) or `header`.
    """

    kind: Literal["text", "body", "first", "pair", "header"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class HeaderPairs:
    """The form of a signature header with several values by name: `t=1780000000,v1=2c9c...`."""

    digest: str
    separator: str = ","
    equals: str = "="


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """An HMAC over parts of the request, one of whose secrets must give it.

    header: in lower case. prefix: the text before the digest. pairs: where the header holds several values.
    moment: which of the parts is the time of signing; None where none is, so that age cannot be checked.
    max_age: in seconds. keys: the bytes of the secrets that can be read, none of them empty.
    """

    header: str
    algorithm: Algorithm
    form: DigestForm
    secrets: tuple[SharedSecret, ...]
    over: tuple[SignedPart, ...] = (SignedPart("body"),)
    secret_form: SecretForm = "text"
    prefix: str = ""
    pairs: HeaderPairs | None = None
    moment: SignedPart | None = None
    max_age: int = 300
    keys: tuple[bytes, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = [key for one in self.secrets if (key := one.decoded(self.secret_form))]
        object.__setattr__(self, "keys", tuple(found))

    @property
    def is_over_raw(self) -> bool:
        """Whether it is over the body as it came, so that nothing has to be decompressed to check it."""
        return all(part.kind != "first" for part in self.over)


@dataclass(frozen=True, slots=True)
class TokenCheck:
    """A secret that the request holds as it is. name: of the header, in lower case, or the query parameter.

    scheme: the word before it, as in `Bearer TOKEN`; "" for none.
    """

    where: Literal["header", "query"]
    name: str
    values: tuple[SharedSecret, ...]
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class JwtCheck:
    """A signed token of an identity provider, in the header `authorization`.

    keys: the URL of its public keys (JWKS). claims: that it must have, each with its value.
    """

    issuers: tuple[str, ...]
    audience: str
    keys: str
    claims: tuple[tuple[str, str | int], ...]
    algorithms: tuple[str, ...] = ("RS256",)


@dataclass(frozen=True, slots=True)
class RequestRate:
    """At most so many requests of one client in so many seconds."""

    requests: int
    seconds: int


@dataclass(frozen=True, slots=True)
class BrowserAccess:
    """Pages of these origins may post. cookies: those that `$meta.cookies` holds.

    proxies: how many proxies of our own are before this server; the client's address is so many places from
    the end of `x-forwarded-for`. None: as many as the server is told.
    """

    origins: tuple[str, ...]
    rate: RequestRate
    cookies: tuple[str, ...] = ()
    proxies: int | None = None


@dataclass(frozen=True, slots=True)
class BodyStep:
    """A step into JSON: an attribute, an element (`place`), or all elements of a list (`is_each`)."""

    name: str = ""
    place: int | None = None
    is_each: bool = False


BodyPath: TypeAlias = tuple[BodyStep, ...]


@dataclass(frozen=True, slots=True)
class DeliveryKey:
    """The place of a delivery's name, equal in all tries of it: a header, or a path in the body or event."""

    where: Literal["header", "body", "event"]
    header: str = ""
    path: BodyPath = ()


@dataclass(frozen=True, slots=True)
class AnswerValue:
    """A value of an answer: a text of the file, or what the request holds.

    kind: `text`; `header`, by name; `body`, by path; `now_ms` or `now_s`, the time; `reason`, of a refusal.
    """

    kind: Literal["text", "header", "body", "now_ms", "now_s", "reason"]
    text: str = ""
    path: BodyPath = ()


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """The form of an answer to a sender. json: attributes of the body; failure: more where it is refused."""

    status: int = 202
    headers: tuple[tuple[str, AnswerValue], ...] = ()
    json: tuple[tuple[str, AnswerValue], ...] = ()
    failure: tuple[tuple[str, AnswerValue], ...] = ()


@dataclass(frozen=True, slots=True)
class HandshakeRule:
    """A request that brings no event, and how it is answered: a ping, or a question whether to send.

    headers: that it has, each with its value, or None for any. without: headers it must not have.
    form: parameters of a form-encoded body. is_open: it is answered without a signature or token.
    """

    answer: AnswerForm
    method: str = "POST"
    headers: tuple[tuple[str, str | None], ...] = ()
    without: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class EntryLimits:
    """body: bytes of a body once it is decompressed. events: in one request."""

    body: int
    events: int


@dataclass(frozen=True, slots=True)
class Entry:
    """The requests to one path: how they are checked, and what becomes of them.

    mapping: its file as `intake.yaml` writes it, relative to that. account: its name in the operator's file
    of accounts, "" for the only one. unwrap: where the events are in a body; () for the body itself.
    is_base64: each is encoded so. accepts_gzip: the body may be compressed; a signature is of it as it came.
    keep_headers, keep_query: those that `$meta` holds. place: `file:line:column` of the entry.
    """

    path: str
    mapping: str
    limits: EntryLimits
    account: str = ""
    sender: str = ""
    sign: SignatureCheck | None = None
    token: TokenCheck | None = None
    jwt: JwtCheck | None = None
    browser: BrowserAccess | None = None
    body: BodyShape = "object"
    unwrap: BodyPath = ()
    is_base64: bool = False
    accepts_gzip: bool = False
    delivery: DeliveryKey | None = None
    answer: AnswerForm = AnswerForm()
    handshakes: tuple[HandshakeRule, ...] = ()
    keep_headers: tuple[str, ...] = ()
    keep_query: tuple[str, ...] = ()
    place: str = ""

    @property
    def secrets(self) -> tuple[SharedSecret, ...]:
        """All secrets that requests are checked with."""
        signing = () if self.sign is None else self.sign.secrets
        return (*signing, *(() if self.token is None else self.token.values))


@dataclass(frozen=True, slots=True)
class Intake:
    """The entries of a file, in its order, each path once."""

    name: str
    entries: tuple[Entry, ...]
