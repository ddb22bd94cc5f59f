"""Date formats: a pattern such as `%d/%m/%Y %H:%M` and a text -> the parts of a date.

A vocabulary of its own, so that neither a locale nor a Python version changes what a format means.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_FULL_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"

DIRECTIVES = {
    "%Y": r"(?P<year>[0-9]{4})",
    "%y": r"(?P<short_year>[0-9]{2})",
    "%m": r"(?P<month>[0-9]{1,2})",
    "%b": rf"(?P<month_name>{'|'.join(_MONTHS)})",
    "%B": rf"(?P<month_name>{_FULL_MONTHS})",
    "%d": r"(?P<day>[0-9]{1,2})",
    "%H": r"(?P<hour>[0-9]{1,2})",
    "%I": r"(?P<hour>[0-9]{1,2})",
    "%M": r"(?P<minute>[0-9]{1,2})",
    "%S": r"(?P<second>[0-9]{1,2})",
    "%f": r"[0-9]{1,12}",
    "%p": r"(?P<half>am|pm)",
    "%z": r"(?P<offset>z|utc|gmt|[+-][0-9]{2}:?[0-9]{2})",
    "%a": r"(?:mon|tue|wed|thu|fri|sat|sun)",
    "%A": rf"(?:{_FULL_DAYS})",
    "%%": "%",
}

_NUMBERS = frozenset(directive for directive, pattern in DIRECTIVES.items() if "[0-9]" in pattern) - {"%z"}

# Years of two digits from here on are of the twentieth century, as POSIX has it.
_FIRST_SHORT_YEAR = 69
# A longer text is no date.
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class DateParts:
    """A date and time as written, unchecked. offset: seconds east of UTC."""

    year: int
    month: int
    day: int
    hour: int = 0
    minute: int = 0
    second: int = 0
    offset: int | None = None


def check_format(format: str) -> None:
    """Raise Invalid for a format that names no full date or a directive that does not exist."""
    _compiled(format)


def read_parts(text: str, format: str) -> DateParts:
    """The parts of a date. Raises Invalid where the text is not written in the format."""
    match = _compiled(format).fullmatch(text.lower()) if len(text) <= _LONGEST else None
    if match is None:
        raise Invalid("does not match the stated date format")
    found = match.groupdict()
    return DateParts(
        _year(found),
        int(found.get("month") or 0) or _MONTHS.index(str(found.get("month_name") or "jan")[:3]) + 1,
        int(found["day"]),
        _hour(found),
        int(found.get("minute") or 0),
        int(found.get("second") or 0),
        None if found.get("offset") is None else offset_seconds(found["offset"]),
    )


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# No source of a time in whole seconds has its fractions.
_WRITTEN = frozenset(DIRECTIVES) - {"%f"}


def check_written_format(format: str) -> None:
    """Raise Invalid for a format that no date can be written in."""
    found = re.findall(r"%.?", format)
    if any(one not in _WRITTEN for one in found):
        raise Invalid("a format to write dates in has only %Y %y %m %b %B %d %H %I %M %S %p %z %a %A %%")
    if not {*found} - {"%%"}:
        raise Invalid("a date format needs a part of a date, as `%Y-%m-%d`")


def write_parts(moment: datetime, format: str) -> str:
    """A date in a format that was checked. Names of months and days are English."""
    return re.sub(r"%.", lambda found: _written(found[0], moment), format)


def _written(directive: str, moment: datetime) -> str:
    match directive[1]:
        case "Y":
            return f"{moment.year:04}"
        case "y":
            return f"{moment.year % 100:02}"
        case "m":
            return f"{moment.month:02}"
        case "b":
            return _FULL_MONTHS.split("|")[moment.month - 1][:3].capitalize()
        case "B":
            return _FULL_MONTHS.split("|")[moment.month - 1].capitalize()
        case "a":
            return _DAYS[moment.weekday()][:3]
        case "A":
            return _DAYS[moment.weekday()]
        case "p":
            return "AM" if moment.hour < 12 else "PM"
        case "z":
            offset = round((moment.utcoffset() or timedelta()).total_seconds() / 60)
            return f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}{abs(offset) % 60:02}"
        case "%":
            return "%"
        case other:
            numbers = {"d": moment.day, "H": moment.hour, "M": moment.minute, "S": moment.second}
            return f"{numbers[other] if other in numbers else (moment.hour - 1) % 12 + 1:02}"


def offset_seconds(offset: str) -> int:
    """Seconds east of UTC of `Z`, `+02:00`, `-0530` or `+02`."""
    if offset[0] not in "+-":
        return 0
    hours, minutes = int(offset[1:3]), int(offset[-2:]) if len(offset) > 3 else 0
    if hours > 23 or minutes > 59:
        raise Invalid("no such UTC offset")
    return (hours * 60 + minutes) * (-60 if offset[0] == "-" else 60)


def _year(found: dict[str, str]) -> int:
    if found.get("year") is not None:
        return int(found["year"])
    short = int(found["short_year"])
    return short + (1900 if short >= _FIRST_SHORT_YEAR else 2000)


def _hour(found: dict[str, str]) -> int:
    hour = int(found.get("hour") or 0)
    if found.get("half") is None:
        return hour
    if not 1 <= hour <= 12:
        raise Invalid("no such time")
    return hour % 12 + (12 if found["half"] == "pm" else 0)


@lru_cache(maxsize=64)
def _compiled(format: str) -> re.Pattern[str]:
    parts = [part for part in re.split(r"(%.?|\s+)", format) if part]
    unknown = next((part for part in parts if part[:1] == "%" and part not in DIRECTIVES), None)
    if unknown is not None:
        raise Invalid(SafeText("a date format has only {}", SafeText.known(" ".join(DIRECTIVES))))
    if "%I" in parts and "%p" not in parts:
        raise Invalid("`%I` is an hour of 12 and needs `%p`; an hour of 24 is `%H`")
    written = "".join(map(_part, parts, ("", *parts), (*parts[1:], "")))
    try:
        pattern = re.compile(written)
    except re.error:
        raise Invalid("a date format may name each part only once") from None
    names = pattern.groupindex
    if (
        not {"year", "short_year"} & names.keys()
        or not {"month", "month_name"} & names.keys()
        or "day" not in names
    ):
        raise Invalid("a date format needs a year, a month and a day: `%Y-%m-%d`")
    return pattern


def _part(part: str, before: str, after: str) -> str:
    """The pattern of one part; where numbers touch, each has all its digits, or nothing parts them."""
    if part.isspace():
        return r"\s+"
    pattern = DIRECTIVES.get(part) or re.escape(part.lower())
    return pattern.replace("{1,2}", "{2}") if _NUMBERS & {before, after} else pattern
