"""Functions of other languages -> the call that says the same here, with the author's own arguments."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mapper.compiler.advice.other_languages.idioms import has_idiom, idiom
from mapper.compiler.syntax.other_names import meant_function

# Written where a zone is needed; what it is.
ZONE_NOTE = "`ZONE` is the time zone of the source, e.g. `'Europe/Paris'`"
_ALWAYS_SAME = "a mapping has no {}, so that an event always gives the same payload"
_CAME = "`$meta.received_at` is the time it was received"
_TIMES = (
    "times are converted to the form of the field",
    "pass the time as is, or give `timestamp` its format; `format_time` writes one as text",
)
_LACKING: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        (
            *("clock", "currentdate", "currenttime", "currenttimestamp", "date", "datetime", "epoch"),
            *("getdate", "now", "sysdate", "systime", "time", "today", "unixtimestamp", "utcnow"),
        ),
        (
            _ALWAYS_SAME.format("clock"),
            f"read the time from the event; {_CAME}, and `fingerprint(@)` is a stable id for it",
        ),
    ),
    **dict.fromkeys(
        (
            *("generateuuid", "genrandomuuid", "guid", "nanoid", "newid", "nonce", "rand", "randint"),
            *("random", "randomuuid", "ulid", "uuid", "uuid1", "uuid4", "uuidgen", "uuidv4", "uuidv7"),
        ),
        (
            _ALWAYS_SAME.format("randomness"),
            f"`fingerprint(@)` is a stable id of an event; {_CAME}",
        ),
    ),
    **dict.fromkeys(
        (
            *("match", "matches", "regex", "regexmatch", "regexpmatch", "regexreplace", "regexpreplace"),
            *("regexpextract", "regexsearch", "resub", "rlike", "search", "test"),
        ),
        (
            "texts are described by patterns, not by regular expressions",
            "`matches(x, '/product/*')` says whether a text has a form, `extract(x, '/product/{sku}')` gives "
            "a part of it, and the step `rewrite` writes it in another one",
        ),
    ),
    **dict.fromkeys(
        ("md5", "sha1", "sha512", "hmac", "base64", "base64encode", "btoa", "crc32"),
        ("the only digest is `sha256`", "hashed fields are hashed automatically"),
    ),
    **dict.fromkeys(
        ("dateformat", "formatdate", "strftime", "tochar", "fromunixtime", "toisostring", "isoformat"),
        _TIMES,
    ),
    **dict.fromkeys(
        ("filter", "select", "where", "find"), ("lists are filtered in brackets", "write `items[?condition]`")
    ),
    **dict.fromkeys(
        ("foreach", "each"),
        ("a rule iterates over a list", "write `{each: LIST, item: VALUE}`, or `map(&x, list)`"),
    ),
    **dict.fromkeys(
        ("arrayagg", "collectlist", "groupconcat", "listagg", "stringagg"),
        (
            "aggregation is not supported",
            "`items[].sku` reads them from a list, and `join(', ', items[].sku)` makes one string of them",
        ),
    ),
    **dict.fromkeys(
        ("farmfingerprint", "generatesurrogatekey", "surrogatekey"),
        ("an id made from several values is a fingerprint", "write `fingerprint({a: a, b: b})`"),
    ),
}


# Names of functions that choose by a condition: no expression here does, but a rule.
_CHOICES = frozenset({"if", "iff", "iif", "ifelse", "ternary", "cond"})


def lacking(name: str, arguments: int) -> tuple[str, str] | None:
    """The reason that there is no function of a name, and what to do instead, where that is known."""
    word = name.replace("_", "").lower()
    if arguments and word in ("date", "datetime", "epoch", "time"):
        return _TIMES
    if arguments and idiom(word, ["_"]) is not None:
        return None
    return _LACKING.get(word)


def foreign_call(name: str, arguments: Sequence[str]) -> str | None:
    """The expression that a call in another language means; None where nothing here does the same."""
    word = name.replace("_", "").lower()
    if word in _CHOICES:
        return choice(arguments[0], arguments[1], arguments[2]) if len(arguments) == 3 else None
    if has_idiom(word):
        return idiom(word, arguments)
    lower = name.lower()
    if arguments == ["*"] or lacking(name, len(arguments)) is not None:  # of rows, as `count(*)` in SQL
        return None
    known = lower if lower != name and lower in _SAME else meant_function(name)
    return None if known is None else f"{known}({', '.join(arguments)})"


# Functions that SQL has, too, and writes in capitals.
_SAME = frozenset(
    {
        *("abs", "avg", "boolean", "ceil", "concat", "contains", "count", "floor", "length", "lookup"),
        *("max", "min", "replace", "round", "split", "sum", "trim", "truncate", "sha256"),
    }
)


CHOICE = "case: "


def choice(condition: str, then: str, otherwise: str) -> str:
    """The rule that takes one of two values by a condition, as it is written in YAML."""
    arm = f"when: {_yaml(condition)}, then: {_yaml(then)}"
    rest = (
        otherwise.removeprefix(CHOICE)[1:-1]
        if otherwise.startswith(CHOICE)
        else f"{{else: {_yaml(otherwise)}}}"
    )
    return f"{CHOICE}[{{{arm}}}, {rest}]"


def choices(arms: Sequence[tuple[str, str]], otherwise: str | None) -> str:
    """The rule of several conditions and their values, as `case when` of SQL has them."""
    written = [f"{{when: {_yaml(when)}, then: {_yaml(then)}}}" for when, then in arms]
    if otherwise is not None:
        written.append(f"{{else: {_yaml(otherwise)}}}")
    return f"{CHOICE}[{', '.join(written)}]"


def _yaml(expression: str) -> str:
    """A value in a flow mapping: constants as `{const: ...}`, expressions in quotes where they need them."""
    if re.fullmatch(r"'[^'\\]*'", expression):
        return f"{{const: {_scalar(expression[1:-1])}}}"
    if re.fullmatch(r"`(?:-?[0-9.]+|true|false|null)`", expression):
        return f"{{const: {expression[1:-1]}}}"
    return _scalar(expression)


def _scalar(text: str) -> str:
    if re.fullmatch(r"[A-Za-z_$][\w.$()]*(?: [\w.$()=&|'`<>-]+)*", text):
        return text
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"
