"""Idioms of other languages, as rows: the names and arguments of a call, and what it means here."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mapper.values.frozen import dataclass

# Written in place of a time zone that the author did not name.
ZONE = "ZONE"
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_ANY = 99
_NO_DIGIT = r"'(?:\[\^(?:0-9|\\\\?d)\]|\\\\?D)\+?'"
_PARAMETER = r"'(?:\[[?&|^]+\]|\(\?:[?&|^\\]+\)|[?&\\])*(?P<parameter>[A-Za-z_][\w-]*)=\(.*"


@dataclass(frozen=True, slots=True)
class Idiom:
    """Calls of other languages that are an expression of one form here.

    names: in lower case and without `_`. least, most: how many arguments it has. where: the form of some
    arguments, by place. template: the expression, with `{0}` for an argument, `{all}` for all, `{rest}` for
    all but the first, `{texts}` for all with constants as texts, `{name}` for the name, and the named groups
    of `where`; `{index}` is the group `count`, less one. example: a call, and what it means.
    """

    names: str
    least: int
    most: int
    template: str
    example: tuple[str, str]
    where: tuple[tuple[int, str], ...] = ()

    def written(self, name: str, arguments: Sequence[str]) -> str | None:
        """The expression for some arguments; None where it is not for these."""
        if not self.least <= len(arguments) <= self.most:
            return None
        named: dict[str, str] = {}
        for place, form in self.where:
            match = re.fullmatch(form, arguments[place], re.DOTALL)
            if match is None:
                return None
            named.update(match.groupdict())
        if "count" in named:
            named["index"] = str(int(named["count"]) - 1)
        texts = [f"text({one})" if one.startswith("`") else one for one in arguments]
        joined = {
            name: ", ".join(some)
            for name, some in (("all", arguments), ("rest", arguments[1:]), ("texts", texts))
        }
        return self.template.format(*arguments, **joined, **named, name=name, zone=ZONE)


# The first row that takes the arguments is the one; a name that has rows is asked of nowhere else.
IDIOMS = (
    Idiom(
        "concatws stringjoin", 2, _ANY, "join({0}, [{rest}])", ("concat_ws('-', a, b)", "join('-', [a, b])")
    ),
    Idiom(
        "implode joinstr strjoin",
        2,
        2,
        "join({0}, {1})",
        ("implode(', ', tags)", "join(', ', tags)"),
        ((0, "'.*"),),
    ),
    Idiom("implode joinstr strjoin", 2, 2, "join({1}, {0})", ("implode(tags, ', ')", "join(', ', tags)")),
    Idiom(
        "explode splitstr stringsplit",
        2,
        2,
        "split({1}, {0})",
        ("explode(',', a)", "split(a, ',')"),
        ((0, "'.*"),),
    ),
    Idiom("explode splitstr stringsplit", 2, 2, "split({0}, {1})", ("string_split(a, ',')", "split(a, ',')")),
    Idiom(
        "isnull isempty empty isblank missing isundefined",
        1,
        1,
        "!present({0})",
        ("is_null(a)", "!present(a)"),
    ),
    Idiom(
        "exists defined isdefined isset notempty isnotnull", 1, 1, "present({0})", ("isset(a)", "present(a)")
    ),
    Idiom(
        "unixtimestamp unixtime toepoch toepochseconds",
        1,
        1,
        "timestamp({0})",
        ("unixtime(a)", "timestamp(a)"),
    ),
    Idiom(
        "regexpreplace regexreplace",
        3,
        _ANY,
        "digits({0})",
        ("regexp_replace(phone, '[^0-9]', '')", "digits(phone)"),
        ((1, _NO_DIGIT), (2, "''")),
    ),
    Idiom("format concatenate strcat", 0, _ANY, "concat({texts})", ("strcat(a, 1)", "concat(a, text(`1`))")),
    Idiom("greatest max", 2, _ANY, "max([{all}])", ("greatest(a, b)", "max([a, b])")),
    Idiom("least min", 2, _ANY, "min([{all}])", ("least(a, b)", "min([a, b])")),
    Idiom("avg sum total", 2, _ANY, "{name}([{all}])", ("avg(a, b)", "avg([a, b])")),
    Idiom(
        "sumby sumof",
        2,
        2,
        "total({0}[].{field})",
        ("sum_by(items, 'price')", "total(items[].price)"),
        ((1, f"[&'\"]*(?P<field>{_NAME})[&'\"]*"),),
    ),
    Idiom(
        "splitpart",
        3,
        3,
        "split({0}, {1})[{index}]",
        ("split_part(a, '-', 1)", "split(a, '-')[0]"),
        ((2, "`(?P<count>[1-9][0-9]*)`"),),
    ),
    Idiom(
        "totimestamp strptime todatetime parsedate strtotime",
        2,
        2,
        "timestamp({0}, 'UTC', {1})",
        ("strptime(at, '%Y-%m-%d %z')", "timestamp(at, 'UTC', '%Y-%m-%d %z')"),
        ((1, ".*%z.*"),),
    ),
    Idiom(
        "totimestamp strptime todatetime parsedate strtotime",
        2,
        2,
        "timestamp({0}, {zone}, {1})",
        ("strptime(at, '%Y-%m-%d')", "timestamp(at, ZONE, '%Y-%m-%d')"),
        ((1, ".*%.*"),),
    ),
    Idiom(
        "totimestamp strptime todatetime parsedate strtotime",
        0,
        _ANY,
        "timestamp({all})",
        ("to_timestamp(at)", "timestamp(at)"),
    ),
    Idiom(
        "regexextract regexpextract regexpsubstr regexmatch match regex",
        2,
        _ANY,
        "query_parameter({0}, '{parameter}')",
        ("regexp_extract(url, 'epik=([^&]+)')", "query_parameter(url, 'epik')"),
        ((1, _PARAMETER),),
    ),
)
# Types of SQL, as they are in `cast(x as text)` and `x::text`.
CASTS = (
    Idiom("text varchar char character string nvarchar uuid", 1, 1, "text({0})", ("a::varchar", "text(a)")),
    Idiom(
        "int integer bigint smallint int4 int8 int64 signed", 1, 1, "integer({0})", ("a::int", "integer(a)")
    ),
    Idiom(
        "numeric decimal float float8 float64 double real number",
        1,
        1,
        "to_number({0})",
        ("a::numeric", "to_number(a)"),
    ),
    Idiom("bool boolean", 1, 1, "boolean({0})", ("a::bool", "boolean(a)")),
    Idiom("timestamp timestamptz datetime", 1, 1, "timestamp({0})", ("a::timestamptz", "timestamp(a)")),
    Idiom("json jsonb", 1, 1, "parse_json({0})", ("a::jsonb", "parse_json(a)")),
)


def _by_name(idioms: Sequence[Idiom]) -> dict[str, list[Idiom]]:
    rows: dict[str, list[Idiom]] = {}
    for one in idioms:
        for name in one.names.split():
            rows.setdefault(name, []).append(one)
    return rows


_ROWS, _TYPES = _by_name(IDIOMS), _by_name(CASTS)


def has_idiom(word: str) -> bool:
    """Whether calls of a name have rows. word: the name in lower case and without `_`."""
    return word in _ROWS


def idiom(word: str, arguments: Sequence[str]) -> str | None:
    """The expression that a call means; None where none of its rows is for these arguments."""
    made = (one.written(word, arguments) for one in _ROWS.get(word, ()))
    return next((one for one in made if one is not None), None)


def cast(sql_type: str, value: str) -> str | None:
    """The call that makes a value of a type of SQL."""
    rows = _TYPES.get(sql_type.lower())
    return None if rows is None else rows[0].written("", [value])
