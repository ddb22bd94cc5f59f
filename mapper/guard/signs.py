"""A text -> what must not leave in it: addresses, cards, and parameters of persons. Each in linear time."""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Iterator

from mapper.guard.personal_pages import Context
from mapper.guard.personal_parameters import Words, letters_of
from mapper.guard.spelling import plain

MAIL = "contains an e-mail address"
PARAMETER = "contains a query parameter named like a personal value"
KEYED = "holds a key named like a personal value"
TOKEN = "contains a token that opens a customer's page"
PHONE = "links to a phone number"
CARD = "holds the number of a payment card"
ENCODED = "is encoded more often than can be read"

# After `@` a domain whose last part begins with two letters, which `logo@2.1` has not, or an IP address in
# brackets; `@3.7.1.min.js` is a version, `@2x-1f.png` and `@640w.jpg` are pictures.
_MAILBOX = re.compile(
    r"@(?<=[\w.+'\"%!$*^{|}~`)-]@)"
    r"(?![0-9]{1,5}\.[0-9]{1,5}\."
    r"|(?:[0-9](?:\.[0-9])?x|[0-9]{2,4}[wh])[\w-]{0,63}\.(?:[\w-]{1,63}\.){0,3}(?:png|jpe?g|webp|gif|svg|avif)\b)"
    r"(?:(?:[\w-]{1,63}\.){1,127}[^\W\d_]{2}|\[(?:IPv6:)?[0-9A-Fa-f:.]{3,45}\])"
)
# With a space after `@` or before a point it is an address only if all of the domain is written alike; before
# `@` alone, a name that somebody bears at a site: `follow @shop.example`.
_POINT = r"(?:\.|\s{1,4}\.\s{0,4})"
_SPACED = re.compile(
    r"[\w.+'-][\s+]{0,8}@(?:[\s+]{1,8}|(?=[a-zA-Z0-9-]{1,63}\s))"
    rf"(?:(?:[a-z0-9-]{{1,63}}{_POINT}){{1,8}}[a-z]{{2,24}}|(?:[A-Z0-9-]{{1,63}}{_POINT}){{1,8}}[A-Z]{{2,24}})(?!\w)"
)
# A name, and before what its value begins with.
_PAIR = re.compile(r"(?:\A|[?&;#\s])([^=?&;#\s]+)=(?=([^&;#\s]{0,64}))")
# In a web address, whose spaces were encoded, a value goes on after them.
_PARAMETER = re.compile(r"(?:\A|[?&;#\s])([^=?&;#\s]+)=(?=([^&;#]{0,64}))")
# Of a list the first value; of an object none, since its own keys say what they are.
_KEY = re.compile(
    r"[{,\"']\s{0,32}[\"']?([\w.-]{1,64})[\"']?\s{0,32}:\s{0,32}(?:\[\s{0,32}){0,2}[\"']?(?=([^\"',}\]]{0,64}))"
)
CARD_NUMBER = re.compile(
    r"(?<![\w-])(?:[0-9]{15,16}"
    r"|[0-9]{4}([ +-])[0-9]{4}\1[0-9]{4}\1[0-9]{4}|[0-9]{4}([ +-])[0-9]{6}\2[0-9]{5})(?![\w-])"
)
_ISSUER = re.compile(
    r"3[47][0-9]{13}|(?:4[0-9]{3}|5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720|220[0-4]"
    r"|6011|64[4-9][0-9]|65[0-9]{2}|62[0-9]{2}|352[89]|35[3-8][0-9])[0-9]{12}"
)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_RUN = re.compile(r"[A-Za-z0-9+/_-]{8,}")
# What base64 makes of `@` and of `%40`, wherever they fall in three octets.
_CODED = re.compile(
    r"[A-P](?<=Q[A-P])|[A-D](?<=[EUk0][A-D])|A(?<=[BFJNRVZdhlptx159]A)|JTQw|U0M[A-P]|lND[A-D]"
)
# What base64 makes of an object of JSON.
_CODED_OBJECT = re.compile(r"eyJ[A-Za-z0-9+/_-]{8,}")
_LINK = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,20}://\S+")
# `@` among octets that are read, as hex.
HEX_MAIL = re.compile(r"40(?<=[2-7][0-9A-Fa-f]40)(?:[2-7][0-9A-Fa-f]){4}")
_HEX_RUN = re.compile(r"[0-9A-Fa-f]{12,}")
_OTHER_ALPHABET = str.maketrans("-_", "+/")
_READABLE = re.compile(rb"[ -~]{6,}")
# What is read in letters that were never meant as base64 is seldom so long.
_LONG_ENOUGH = 12


def signs(text: str, kind: str, words: Words, context: Context | None = None) -> Iterator[str]:
    """The signs that a text must not leave. kind: `id`, in which a number is no card's, `url` or `free`.

    context: of a parameter of a web address, what is known of the address; it learns of the parameter.
    """
    read = plain(text)
    if read is None:
        yield ENCODED
        return
    at = "@" in read and (_MAILBOX.search(read) or _SPACED.search(read))
    if at or is_coded_mail(read) or _is_hex_mail(read):
        yield MAIL
    if "=" in read and _has_personal(read, kind, words, context):
        yield PARAMETER
    if any(words.is_personal(*key.groups()) for text in _objects(read) for key in _KEY.finditer(text)):
        yield KEYED
    if kind != "id":
        yield from _link_signs(read, kind, words, context)
        if any(_is_card(found[0]) for found in CARD_NUMBER.finditer(read)):
            yield CARD


def context_of(link: str) -> Context:
    """The facts that are known of each parameter of a web address from the others."""
    return Context(names=_names(plain(link) or ""))


def _names(read: str) -> frozenset[str]:
    return frozenset(letters_of(pair[1]) for pair in _PARAMETER.finditer(read))


def _has_personal(read: str, kind: str, words: Words, context: Context | None) -> bool:
    """Whether a text has a parameter with a personal name and value."""
    beside = _names(read) if context is None else context.names
    pairs = (_PARAMETER if kind == "url" or "://" in read else _PAIR).finditer(read)
    return any(words.is_personal(pair[1], pair[2], beside) for pair in pairs)


def _link_signs(read: str, kind: str, words: Words, context: Context | None) -> Iterator[str]:
    """The signs that the web addresses of a text must not leave."""
    links = [read] if kind == "url" else _LINK.findall(read) if "://" in read else []
    if any(words.pages.has_token(link, context or Context()) for link in links):
        yield TOKEN
    if any(words.pages.has_phone(link) for link in links):
        yield PHONE


def _is_card(written: str) -> bool:
    """Whether digits are the number of a card: of a known issuer, with the right check digit."""
    digits = written.replace(" ", "").replace("-", "").replace("+", "")
    if not _ISSUER.fullmatch(digits):
        return False
    values = [int(digit) for digit in reversed(digits)]
    return (sum(values[::2]) + sum(_DOUBLED[value] for value in values[1::2])) % 10 == 0


def is_coded_mail(text: str) -> bool:
    """Whether a run of letters and digits is base64 of an address, wherever in it that begins."""
    for run in _RUN.finditer(text):
        if _CODED.search(run[0]) and any(_hold_mail(_octets(run[0][start:])) for start in range(4)):
            return True
    return False


def _is_hex_mail(text: str) -> bool:
    """Whether a run of hex digits is an address, wherever in it that begins."""
    for run in _HEX_RUN.finditer(text) if "40" in text else ():
        if HEX_MAIL.search(run[0]):
            several = (run[0][start:] for start in (0, 1))
            if any(_hold_mail(bytes.fromhex(one[: len(one) // 2 * 2])) for one in several):
                return True
    return False


def _objects(text: str) -> Iterator[str]:
    """A text that may have keys of JSON, and the objects that are base64 in it."""
    if '"' in text or "{" in text:
        yield text
    for run in _CODED_OBJECT.finditer(text) if "eyJ" in text else ():
        yield _octets(run[0]).decode(errors="ignore")


def _octets(letters: str) -> bytes:
    """Letters that are base64, of either alphabet."""
    letters = letters.translate(_OTHER_ALPHABET)
    rest = len(letters) % 4
    return a2b_base64(letters[:-1] if rest == 1 else letters + "=" * (-len(letters) % 4))


def _hold_mail(octets: bytes) -> bool:
    octets = octets.replace(b"%40", b"@")
    if b"@" not in octets:
        return False
    for found in _READABLE.finditer(octets):
        read = found[0]
        whole = len(read) >= len(octets) - 2
        if b"@" in read and (whole or len(read) >= _LONG_ENOUGH) and _MAILBOX.search(read.decode()):
            return True
    return False
