"""Functions of other languages -> the call that says the same here, with the author's own arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mapper.compiler.syntax.other_names import meant_function
from mapper.values.regular_expression import pattern

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


def lacking(name: str, arguments: int) -> tuple[str, str] | None:
    """The reason that there is no function of a name, and what to do instead, where that is known."""
    word = name.replace("_", "").lower()
    if arguments and word in ("date", "datetime", "epoch", "time"):
        return _TIMES
    if arguments and _SHAPES.get(word) is _at_once:
        return None
    return _LACKING.get(word)


def call_abroad(name: str, arguments: Sequence[str]) -> str | None:
    """The expression that a call in another language means; None where nothing here does the same."""
    shape = _SHAPES.get(name.replace("_", "").lower())
    if shape is not None:
        return shape(arguments)
    lower = name.lower()
    if arguments == ["*"] or lacking(name, len(arguments)) is not None:  # of rows, as `count(*)` in SQL
        return None
    known = lower if lower != name and lower in _SAME else meant_function(name)
    return None if known is None else f"{known}({', '.join(arguments)})"


def _joined(arguments: Sequence[str]) -> str | None:
    return f"join({arguments[0]}, [{', '.join(arguments[1:])}])" if len(arguments) > 1 else None


def _glued(arguments: Sequence[str]) -> str | None:
    """`implode(glue, list)`, in any order: the glue is the one in quotes."""
    if len(arguments) != 2:
        return None
    glue, parts = arguments if arguments[0][:1] == "'" else reversed(arguments)
    return f"join({glue}, {parts})"


def _exploded(arguments: Sequence[str]) -> str | None:
    if len(arguments) != 2:
        return None
    separator, text = arguments if arguments[0][:1] == "'" else reversed(arguments)
    return f"split({text}, {separator})"


def _present(arguments: Sequence[str]) -> str | None:
    return f"present({arguments[0]})" if len(arguments) == 1 else None


def _absent(arguments: Sequence[str]) -> str | None:
    return f"!present({arguments[0]})" if len(arguments) == 1 else None


def _chosen(arguments: Sequence[str]) -> str | None:
    """`if(condition, a, b)` is no expression here; `choice` makes a rule of it."""
    return choice(arguments[0], arguments[1], arguments[2]) if len(arguments) == 3 else None


def _concatenated(arguments: Sequence[str]) -> str | None:
    parts = [f"text({part})" if part.startswith("`") else part for part in arguments]
    return f"concat({', '.join(parts)})"


def _listed(arguments: Sequence[str]) -> str | None:
    """A least or greatest of several arguments, which is one list of them here."""
    return None if len(arguments) < 2 else f"[{', '.join(arguments)}]"


def _of_list(name: str) -> Callable[[Sequence[str]], str | None]:
    def shape(arguments: Sequence[str]) -> str | None:
        made = _listed(arguments)
        return f"{name}({made})" if made else None

    return shape


def _summed(arguments: Sequence[str]) -> str | None:
    """`sum_by(items, 'price')`: the sum of a field of each element."""
    if len(arguments) != 2:
        return None
    field = arguments[1].strip("&'\"")
    return f"total({arguments[0]}[].{field})" if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", field) else None


# Written in place of a time zone that the author did not name.
ZONE = "ZONE"
ZONE_NOTE = "`ZONE` is the time zone of the source, e.g. `'Europe/Paris'`"


def _moment(arguments: Sequence[str]) -> str | None:
    """`strptime(text, format)`: a format, which is the third here, after the zone."""
    if len(arguments) != 2 or "%" not in arguments[1]:
        return f"timestamp({', '.join(arguments)})"
    zone = "'UTC'" if "%z" in arguments[1] else ZONE
    return f"timestamp({arguments[0]}, {zone}, {arguments[1]})"


def _at_once(arguments: Sequence[str]) -> str | None:
    return f"timestamp({arguments[0]})" if len(arguments) == 1 else None


def _replaced(arguments: Sequence[str]) -> str | None:
    """A pattern that leaves the digits of a text: `regexp_replace(phone, '[^0-9]', '')`."""
    only = len(arguments) > 2 and arguments[2] == "''" and _NO_DIGIT.fullmatch(arguments[1])
    return f"digits({arguments[0]})" if only else None


_NO_DIGIT = pattern(r"'(?:\[\^(?:0-9|\\\\?d)\]|\\\\?D)\+?'")
# Functions that SQL has, too, and writes in capitals.
_SAME = frozenset(
    {
        *("abs", "avg", "boolean", "ceil", "concat", "contains", "count", "floor", "length", "lookup"),
        *("max", "min", "replace", "round", "split", "sum", "trim", "truncate", "sha256"),
    }
)


def _parted(arguments: Sequence[str]) -> str | None:
    """`split_part(text, separator, 1)`, which counts from one."""
    number = re.fullmatch(r"`([1-9][0-9]*)`", arguments[2]) if len(arguments) == 3 else None
    return None if number is None else f"split({arguments[0]}, {arguments[1]})[{int(number[1]) - 1}]"


def _of_query(arguments: Sequence[str]) -> str | None:
    """A pattern that takes a parameter out of a URL: `regexp_extract(url, 'epik=([^&]+)')`."""
    name = _PARAMETER.match(arguments[1]) if len(arguments) > 1 else None
    return None if name is None else f"query_parameter({arguments[0]}, '{name[1]}')"


_PARAMETER = pattern(r"'(?:\[[?&|^]+\]|\(\?:[?&|^\\]+\)|[?&\\])*([A-Za-z_][\w-]*)=\(")

# Types of SQL, as they are in `cast(x as text)` and `x::text`, and what makes a value of each.
_MAKES: dict[str, str] = {
    **dict.fromkeys(("text", "varchar", "char", "character", "string", "nvarchar", "uuid"), "text"),
    **dict.fromkeys(("int", "integer", "bigint", "smallint", "int4", "int8", "int64", "signed"), "integer"),
    **dict.fromkeys(("numeric", "decimal", "float", "float8", "float64", "double", "real"), "to_number"),
    **dict.fromkeys(("number",), "to_number"),
    **dict.fromkeys(("bool", "boolean"), "boolean"),
    **dict.fromkeys(("timestamp", "timestamptz", "datetime"), "timestamp"),
    **dict.fromkeys(("json", "jsonb"), "parse_json"),
}


def makes(sql_type: str) -> str | None:
    """The function that makes a value of a type of SQL."""
    return _MAKES.get(sql_type.lower())


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


_SHAPES: dict[str, Callable[[Sequence[str]], str | None]] = {
    **dict.fromkeys(("concatws", "stringjoin"), _joined),
    **dict.fromkeys(("implode", "joinstr", "strjoin"), _glued),
    **dict.fromkeys(("explode", "splitstr", "stringsplit"), _exploded),
    **dict.fromkeys(("isnull", "isempty", "empty", "isblank", "missing", "isundefined"), _absent),
    **dict.fromkeys(("exists", "defined", "isdefined", "isset", "notempty", "isnotnull"), _present),
    **dict.fromkeys(("unixtimestamp", "unixtime", "toepoch", "toepochseconds"), _at_once),
    **dict.fromkeys(("regexpreplace", "regexreplace"), _replaced),
    **dict.fromkeys(("if", "iff", "iif", "ifelse", "ternary", "cond"), _chosen),
    **dict.fromkeys(("format", "concatenate", "strcat"), _concatenated),
    **dict.fromkeys(("greatest", "max"), _of_list("max")),
    **dict.fromkeys(("least", "min"), _of_list("min")),
    **{name: _of_list(name) for name in ("avg", "sum", "total")},
    **dict.fromkeys(("sumby", "sumof"), _summed),
    **dict.fromkeys(("splitpart",), _parted),
    **dict.fromkeys(("totimestamp", "strptime", "todatetime", "parsedate", "strtotime"), _moment),
    **dict.fromkeys(
        ("regexextract", "regexpextract", "regexpsubstr", "regexmatch", "match", "regex"), _of_query
    ),
}
