"""Text: transforms of any text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace as replaced
from functools import lru_cache

from mapper.transforms.character_sets import KINDS, read_set
from mapper.transforms.meaning import ALL_OF_A_TEXT, ANY_SIZE, ONLY_A_PERSON, SAME_SIZE, Grown
from mapper.transforms.numeral import FLOATS_EXACT_BELOW, digits_of, number_of, plain
from mapper.transforms.registry import SEPARATOR, Also, Parameter, transform
from mapper.transforms.template_text import LONGEST_TEMPLATE, Layout, TemplateFault, layout_of
from mapper.values.safe_text import SafeText
from mapper.values.types import ANY, Invalid, Json, Type, array_of, kind_name, of

# What the text transforms take: text, and numbers, whose digits they take.
TEXTUAL: Type = of("string", "integer", "number")
_TEXT = of("string")
_TEXT_OR_NONE = of("string", "null")

# White space, control characters (NUL among them) and everything that is not seen: soft hyphen, zero-width,
# word joiner, bidirectional marks, byte order mark.
ASCII_EDGE = "".join(map(chr, (*range(0x21), 0x7F)))
_WHITE_SPACE = "\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
UNSEEN = "\u00ad\u061c\u180e\u2060\ufeff" + "".join(
    map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
)
EDGE = ASCII_EDGE + _WHITE_SPACE + UNSEEN

_WORD_BREAKS = re.compile(r"(?<=[^\W\d_])(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])|[\W_]+")

LONGEST = 2**20

# What only a regular expression has: a class alone.
_CLASS = (
    r"\\[dDsSwW][+*]?|\[[^\]]+\][+*]|\[\^[^\]]+\]"
    r"|\[[^\]]*(?:a-z|A-Z|0-9|a-f|A-F|\\[dDsSwW])[^\]]*\]"
)


@transform(
    TEXTUAL,
    _TEXT,
    keeps=ALL_OF_A_TEXT,
    grows=SAME_SIZE,
    only_removes=True,
    examples=[
        ("SKU-7", "SKU-7"),
        (1234567890123456789, "1234567890123456789"),
        (72.5, "72.5"),
        (True, Invalid("expected text, got a boolean")),
    ],
    also=Also("string tostring str", calls="tostr varchar"),
)
def text(value: Json) -> str:
    """Text as is; a number becomes its digits.

    A float of 2^53 or more is invalid: its digits are no longer those that were written. So is text with an
    unpaired surrogate, which UTF-8 cannot hold.
    """
    if type(value) is str:
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise Invalid("invalid Unicode: an unpaired surrogate") from None
        return value
    if type(value) is int:
        return digits_of(value)
    if type(value) is float:
        if abs(value) >= FLOATS_EXACT_BELOW:
            raise Invalid("the number is too large to keep all its digits; send it as a string")
        return plain(number_of(value) or 0)
    raise Invalid(SafeText("expected text, got {}", with_article(kind_name(value))))


def with_article(noun: SafeText) -> SafeText:
    """A noun with its article: `a boolean`, `an object`."""
    return SafeText("an {}" if noun[0] in "aeiou" else "a {}", noun)


def strip_edges(value: str) -> str:
    """Text less white space and unseen characters at its ends."""
    return value.strip(ASCII_EDGE if value.isascii() else EDGE)


SET = Parameter(
    "characters",
    _TEXT,
    required=True,
    role="steers",
    words=KINDS,
    constant=True,
    also="set chars class charset kind allowed",
)
_SIDES = ("start", "end", "both")


def _check_set(characters: str) -> None:
    read_set(characters)


def _check_trim(characters: str | None = None, side: str = "both") -> None:
    if characters is not None:
        read_set(characters)
    if side not in _SIDES:
        raise Invalid("`side` is `start`, `end` or `both`")


@transform(
    TEXTUAL,
    _TEXT_OR_NONE,
    keeps=ALL_OF_A_TEXT,
    grows=SAME_SIZE,
    only_removes=True,
    settles=True,
    parameters=[
        replaced(SET, required=False),
        Parameter(
            "side",
            _TEXT,
            required=False,
            role="steers",
            default="both",
            words=_SIDES,
            constant=True,
            also="where at",
        ),
    ],
    examples=[
        ("  Ada \n", "Ada"),
        ("\u00a0\u200bAda\ufeff", "Ada"),
        ("   ", None),
        ("000120", {"characters": "0", "side": "start"}, "120"),
        ("/shop/cart/", {"characters": "[/]"}, "shop/cart"),
    ],
    check=_check_trim,
    also=Also("strip totrim whitespace", calls="trimspace btrim"),
)
def trim(value: Json, characters: str | None = None, side: str = "both") -> str | None:
    """Remove white space and invisible characters from both ends, or from one `side` (`start`, `end`).

    All Unicode white space, control characters, zero-width and bidirectional marks, the byte order mark.
    With `characters`, those of a set instead: a word or brackets, as in `keep`. Blank text gives null.
    """
    written = value if type(value) is str else text(value)
    if characters is not None:
        return _cut(written, characters, side) or None
    edge = ASCII_EDGE if written.isascii() else EDGE
    if side == "both":
        return written.strip(edge) or None
    return (written.lstrip(edge) if side == "start" else written.rstrip(edge)) or None


def _cut(written: str, characters: str, side: str) -> str:
    """A text less the characters of a set at its ends. From its end on it is read backwards, once."""
    run = runs_of(characters)
    first = run.match(written) if side != "end" else None
    if first is not None:
        written = written[first.end() :]
    last = run.match(written[::-1]) if side != "start" else None
    return written if last is None else written[: len(written) - last.end()]


@lru_cache(maxsize=256)
def runs_of(characters: str, *, outside: bool = False) -> re.Pattern[str]:
    """Finds as many characters of a set as there are beside each other, or of those that are not in it."""
    named = read_set(characters)
    return re.compile(f"{named.other if outside else named.one}++")


def deleting(characters: str) -> dict[int, str | None]:
    """A table for `str.translate` that takes characters away.

    It has all of ASCII: a character that a table lacks costs an exception.
    """
    return {number: chr(number) for number in range(0x80)} | dict.fromkeys(map(ord, characters))


@transform(
    TEXTUAL,
    _TEXT,
    keeps=ALL_OF_A_TEXT,
    grows=Grown(3),
    settles=True,
    examples=[("Jane@Example.COM", "jane@example.com"), ("STRASSE", "strasse")],
    also=Also("lower tolower tolowercase lowercased downcase lcase", calls="asciidowncase"),
)
def lowercase(value: Json) -> str:
    """Convert to lower case."""
    return text(value).lower()


@transform(
    TEXTUAL,
    _TEXT,
    keeps=ALL_OF_A_TEXT,
    grows=Grown(3),
    settles=True,
    examples=[("usd", "USD"), ("ldp", "LDP")],
    also=Also("upper toupper touppercase upcase ucase", calls="asciiupcase"),
)
def uppercase(value: Json) -> str:
    """Convert to upper case."""
    return text(value).upper()


@transform(
    TEXTUAL,
    _TEXT_OR_NONE,
    keeps=("unit", "kind", "person"),
    grows=SAME_SIZE,
    settles=True,
    examples=[("+1 (415) 555-2671", "14155552671"), ("\u0661\u0664", "14"), ("none", None)],
    also=Also("onlydigits digitsonly"),
)
def digits(value: Json) -> str | None:
    """Keep the digits only, those of other scripts as 0 to 9."""
    return ascii_digits("".join(filter(str.isdecimal, text(value)))) or None


def ascii_digits(value: str) -> str:
    """Text with the decimal digits of every script written as 0 to 9."""
    if value.isascii():
        return value
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in value)


@transform(
    TEXTUAL,
    _TEXT_OR_NONE,
    keeps=("unit", "person"),
    grows=ANY_SIZE,
    settles=True,
    examples=[("Order Completed", "order_completed"), ("AddToCart", "add_to_cart"), ("?", None)],
)
def snake_case(value: Json) -> str | None:
    """Write words in lower case, joined by `_`.

    White space, punctuation and a capital after a small letter start a new word.
    """
    return _WORD_BREAKS.sub("_", text(value)).strip("_").lower() or None


@transform(
    TEXTUAL,
    _TEXT_OR_NONE,
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    only_removes=True,
    parameters=[
        Parameter("start", of("integer"), required=True, role="steers", also="from begin offset"),
        Parameter("end", of("integer"), required=False, role="steers", also="to stop until"),
    ],
    examples=[
        ("order-1234", {"start": 6}, "1234"),
        ("2026-05-01", {"start": 0, "end": 4}, "2026"),
        ("order-1234", {"start": -4}, "1234"),
    ],
    also=Also("slice substr", calls="mid"),
)
def substring(value: Json, start: int, end: int | None = None) -> str | None:
    """The characters from `start` to before `end`.

    Positions start at 0; negative ones count from the end.
    """
    return text(value)[start:end] or None


@lru_cache(maxsize=256)
def _prepare_keep(characters: str) -> Callable[[Json], str | None]:
    return _without(characters, outside=True)


@lru_cache(maxsize=256)
def _prepare_remove(characters: str) -> Callable[[Json], str | None]:
    return _without(characters)


def _without(characters: str, *, outside: bool = False) -> Callable[[Json], str | None]:
    """A function that takes the characters of a set out of a text, or those that are not in it."""
    named = read_set(characters)
    # Most texts have none: one alone is found in a third of the time that it takes to look for runs.
    find = re.compile(named.other if outside else named.one).search
    split = runs_of(characters, outside=outside).split

    def take_out(value: Json) -> str | None:
        written = text(value)
        return (written if find(written) is None else "".join(split(written))) or None

    return take_out


@transform(
    TEXTUAL,
    _TEXT_OR_NONE,
    keeps=("unit", "kind", "person"),
    grows=SAME_SIZE,
    only_removes=True,
    parameters=[SET],
    examples=[
        ("SKU 12-7/b", {"characters": "[A-Za-z0-9]"}, "SKU127b"),
        ("+1 (415) 555", {"characters": "digits"}, "1415555"),
        ("---", {"characters": "[^-]"}, None),
    ],
    check=_check_set,
    prepare=_prepare_keep,
    also=Also("retain onlychars onlycharacters allow allowed", calls="selectchars"),
)
def keep(value: Json, characters: str) -> str | None:
    """Keep the characters that are in a set only.

    A set is written in brackets: `[A-Za-z0-9]`, or `[^,]` for all but those in it. Or it is a word: `digits`
    (0 to 9), `letters` of every script, `word` (letters, digits and `_`), `slug` (`word` and `-`), `hex`,
    `space` (white space).
    """
    return _prepare_keep(characters)(value)


@transform(
    TEXTUAL,
    _TEXT_OR_NONE,
    keeps=("unit", "kind", "person"),
    grows=SAME_SIZE,
    only_removes=True,
    parameters=[SET],
    examples=[
        ("12 345", {"characters": "space"}, "12345"),
        ("(0)89/12-3", {"characters": "[()/-]"}, "089123"),
    ],
    check=_check_set,
    prepare=_prepare_remove,
    also=Also("delete stripchars stripcharacters exclude", calls="removechars"),
)
def remove(value: Json, characters: str) -> str | None:
    """Remove the characters that are in a set: a word or brackets, as in `keep`."""
    return _prepare_remove(characters)(value)


def _check_replace(
    old: str | None = None,
    new: str = "",
    characters: str | None = None,
    first: bool = False,
    any_case: bool = False,
) -> None:
    if characters is None:
        if old is None:
            raise Invalid("it needs the text `old`, or a set of `characters`")
        if not old:
            raise Invalid("`old` must not be empty")
        if re.fullmatch(_CLASS, old):
            raise Invalid("`old` is a text as it is; a set of characters is given as `characters`")
        return
    if old:
        raise Invalid("it takes the text `old` or a set of `characters`, not both")
    if any_case:
        raise Invalid("`any_case` is for the text `old`; a set holds small and capital letters: `[A-Za-z]`")
    read_set(characters)


@transform(
    TEXTUAL,
    _TEXT_OR_NONE,
    keeps=("unit", "kind", "person"),
    grows=ANY_SIZE,
    parameters=[
        Parameter("old", _TEXT, required=False, role="steers", also="from search find what"),
        Parameter(
            "new", _TEXT, required=False, role="put", default="", grows=True, also="to with by replacement"
        ),
        replaced(SET, required=False),
        Parameter(
            "first",
            of("boolean"),
            required=False,
            role="steers",
            default=False,
            also="firstonly once onlyfirst",
        ),
        Parameter(
            "any_case",
            of("boolean"),
            required=False,
            role="steers",
            default=False,
            also="ignorecase caseinsensitive insensitive nocase icase",
        ),
    ],
    examples=[
        ("gid://shop/Order/7", {"old": "gid://shop/Order/"}, "7"),
        ("a_b", {"old": "_", "new": "-"}, "a-b"),
        ("Red / Large", {"characters": "[^A-Za-z0-9]", "new": "_"}, "Red_Large"),
        ("a-b-c", {"old": "-", "new": ":", "first": True}, "a:b-c"),
        ("SKU-7 sku-8", {"old": "sku-", "any_case": True}, "7 8"),
    ],
    check=_check_replace,
    also=Also(calls="replaceall gsub"),
)
def replace(
    value: Json,
    old: str | None = None,
    new: str = "",
    characters: str | None = None,
    first: bool = False,
    any_case: bool = False,
) -> str | None:
    """Replace each occurrence of one string with another; with `first`, only the first one.

    With `any_case`, small and capital letters are the same. With `characters` in place of `old`, all
    characters of a set that are beside each other become one `new`: a word or brackets, as in `keep`. In an
    expression, `old` is then `''`.
    """
    written = text(value)
    if characters is not None:
        return _joined(runs_of(characters).split(written, int(first)), new) or None
    if not old:
        raise Invalid("`old` must not be empty")
    if any_case:
        return _joined(_parted(written, old, first), new) or None
    if len(new) > len(old):
        check_length(len(written) + (1 if first else written.count(old)) * (len(new) - len(old)))
    return written.replace(old, new, 1 if first else -1) or None


def _joined(parts: list[str], new: str) -> str:
    check_length(sum(map(len, parts)) + (len(parts) - 1) * len(new))
    return new.join(parts)


def _parted(written: str, old: str, first: bool) -> list[str]:
    """The texts between the occurrences of a text in another one, whatever the case of both."""
    where, what = folded(written), folded(old)
    parts, start, at = [], 0, where.find(what)
    while at >= 0:
        parts.append(written[start:at])
        start = at + len(old)
        at = -1 if first else where.find(what, start)
    parts.append(written[start:])
    return parts


def folded(written: str) -> str:
    """A text in one case, letter by letter, so that each stays at its place."""
    return written.lower() if written.isascii() else "".join(map(_in_one_case, written))


@lru_cache(maxsize=4096)
def _in_one_case(letter: str) -> str:
    return next((one for one in (letter.casefold(), letter.lower()) if len(one) == 1), letter)


def _check_split(separator: str = ",") -> None:
    if not separator:
        raise Invalid("`separator` must not be empty")


@transform(
    TEXTUAL,
    array_of(_TEXT),
    keeps=("unit", "person"),
    grows=ANY_SIZE,
    parameters=[Parameter("separator", _TEXT, required=False, role="steers", default=",", also=SEPARATOR)],
    examples=[("red, green", ["red", "green"]), ("a|b", {"separator": "|"}, ["a", "b"])],
    check=_check_split,
)
def split(value: Json, separator: str = ",") -> list[str]:
    """Cut text into a list at each separator; the parts are trimmed.

    Empty parts keep their position, so indexes stay stable; lists of the target leave them out.
    """
    _check_split(separator)
    return [strip_edges(part) for part in text(value).split(separator)]


@transform(
    TEXTUAL,
    _TEXT,
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    parameters=[Parameter("text", TEXTUAL, required=True, role="put", grows=True)],
    examples=[(1234, {"text": "order-"}, "order-1234"), ("7", {"text": "shop:"}, "shop:7")],
)
def prefix(value: Json, text: str | int | float) -> str:
    """Put a text before the value."""
    return concatenated((text, value))


def concatenated(parts: tuple[Json, ...]) -> str:
    """The texts of values one after the other."""
    written = [part if type(part) is str else text(part) for part in parts]
    check_length(sum(map(len, written)))
    return "".join(written)


def check_length(characters: int) -> None:
    """Raise Invalid for a text of more characters than any field takes: a chain of steps could double it."""
    if characters > LONGEST:
        raise Invalid(SafeText("the result has more than {} characters", LONGEST))


@transform(
    TEXTUAL,
    _TEXT_OR_NONE,
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    parameters=[
        Parameter("parts", TEXTUAL, required=False, role="put", variadic=True, nullable=True, grows=True)
    ],
    examples=[
        ("order", {"parts": ["-", 7]}, "order-7"),
        ("order", {"parts": ["-", None]}, None),
    ],
)
def concat(value: Json, *parts: Json) -> str | None:
    """Join values; null if one of them is null."""
    if None in parts:
        return None
    return concatenated((value, *parts)) or None


_NO_TEMPLATE = "write a template as the source of a rule: `{template: '{brand} {name}'}`"


def _check_template(values: list[Json]) -> None:
    """A constant in braces needs no braces: a text there is most likely the template itself."""
    raise Invalid(SafeText(_NO_TEMPLATE))


@transform(
    _TEXT,
    _TEXT_OR_NONE,
    keeps=ONLY_A_PERSON,
    grows=SAME_SIZE,
    parameters=[
        Parameter(
            "values", ANY, required=True, role="put", variadic=True, nullable=True, grows=True, uses=TEXTUAL
        )
    ],
    examples=[
        ("{} - {}[ ({})]", {"values": ["Nike", "Air 1", "red"]}, "Nike - Air 1 (red)"),
        ("{} - {}[ ({})]", {"values": ["Nike", 72, " "]}, "Nike - 72"),
        ("{} - {}[ ({})]", {"values": [None, "Air 1", "red"]}, None),
        ("{}", {"values": [True]}, Invalid("value 1 of the template: expected text, got a boolean")),
    ],
    check=_check_template,
)
def template(value: Json, *values: Json) -> str | None:
    """A text with values in its braces; null if one of them is absent.

    A part in brackets is left out if a value in it is absent. As a rule, `template: '{brand} - {name}'` has
    the paths themselves in the braces.
    """
    written = text(value)
    if len(written) > LONGEST_TEMPLATE:
        raise Invalid(SafeText("the template has more than {} characters", LONGEST_TEMPLATE))
    try:
        layout, count = layout_of(written)
    except TemplateFault:
        raise Invalid("the text is not a template") from None
    if count != len(values):
        raise Invalid(SafeText("the template has {} pairs of braces for {} values", count, len(values)))
    made: list[str] = []
    if not _fill(layout, [_in_braces(one, place) for place, one in enumerate(values, 1)], made):
        return None
    check_length(sum(map(len, made)))
    return strip_edges("".join(made)) or None


def _in_braces(value: Json, place: int) -> str | None:
    """The text of a value, None of an absent one."""
    if value is None or value == [] or value == {}:
        return None
    try:
        written = text(value)
    except Invalid as invalid:
        raise Invalid(SafeText("value {} of the template: {}", place, invalid.reason)) from None
    return written if strip_edges(written) else None


def _fill(layout: Layout, texts: list[str | None], made: list[str]) -> bool:
    """Add the texts of a layout to `made`, unless a value outside of its brackets is absent."""
    for part in layout:
        if isinstance(part, str):
            made.append(part)
        elif isinstance(part, int):
            written = texts[part]
            if written is None:
                return False
            made.append(written)
        else:
            inner: list[str] = []
            if _fill(part, texts, inner):
                made += inner
    return True
