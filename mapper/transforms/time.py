"""Times: a moment as sources write it -> Unix time in whole seconds."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from mapper.transforms.date_format import (
    DateParts,
    check_format,
    check_written_format,
    offset_seconds,
    read_parts,
    write_parts,
)
from mapper.transforms.meaning import ANY_SIZE, ONLY_A_PERSON, SHORT
from mapper.transforms.numeral import NUMERIC, number_of
from mapper.transforms.registry import FORMAT, Also, Parameter, transform
from mapper.transforms.text import strip_edges, text
from mapper.transforms.zones import ZONES
from mapper.values.types import Invalid, Json, of

# ISO 8601's calendar dates, extended or compact, and what databases write for them: a space for the `T`,
# a space before the offset, `UTC` for `Z`.
_ISO = re.compile(
    r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})"
    r"(?:[Tt ]([0-9]{2})(?:(:?)([0-9]{2})(?:\6([0-9]{2})(?:[.,][0-9]+)?)?)?"
    r" ?(Z|z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)

# The date of a mail or of a web server; its day of the week says nothing more.
_RFC_2822 = re.compile(
    r"(?:[A-Za-z]{3}, ?)?([0-9]{1,2} [A-Za-z]{3} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}"
    r" (?:[+-][0-9]{4}|GMT|UTC|Z))"
)

# Up to these sizes a number is a time in seconds, milliseconds, microseconds; above, in nanoseconds.
SECONDS_BELOW = 10**11
_MILLISECONDS_BELOW = 10**14
_MICROSECONDS_BELOW = 10**17

# `20260501100000` is a date without separators; as milliseconds it would be the year 2612.
_COMPACT_DATES = 1900_0101_000000, 2099_1231_235959

SHOWN_TWICE = "a time that the zone's clocks show twice, as they are set back: the first is taken"
LEFT_OUT = "a time that the zone's clocks leave out, as they are set forward: read as before the change"

_DAY = 86_400
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1)
_EPOCH_UTC = _EPOCH.replace(tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_EARLIEST = (date.min.toordinal() - _EPOCH_DAY) * _DAY
_LATEST = (date.max.toordinal() - _EPOCH_DAY + 1) * _DAY - 1


def _check_timestamp(zone: str | None = None, format: str | None = None) -> None:
    if zone is not None:
        _zone(zone)
    if format is not None:
        check_format(format)
        if zone is None and "%z" not in format:
            raise Invalid("a `format` without an offset (`%z`) needs a `zone`")


@transform(
    NUMERIC,
    of("integer", "null", format="timestamp"),
    keeps=ONLY_A_PERSON,
    grows=SHORT,
    parameters=[
        Parameter(
            "zone",
            of("string"),
            required=False,
            role="steers",
            nullable=True,
            words=ZONES,
            also="tz timezone tzid tzname offset",
        ),
        Parameter("format", of("string"), required=False, role="steers", also=FORMAT),
    ],
    examples=[
        ("2026-05-01T10:00:00Z", 1777629600),
        ("2026-05-01 12:00:00.999+02:00", 1777629600),
        ("20260501T100000Z", 1777629600),
        (1777629600, 1777629600),
        (1777629600123, 1777629600),
        ("2026-05-01T12:00:00", {"zone": "Europe/Paris"}, 1777629600),
        ("Fri, 01 May 2026 12:00:00 +0200", 1777629600),
        ("01/05/2026 12:00", {"format": "%d/%m/%Y %H:%M", "zone": "Europe/Paris"}, 1777629600),
        ("2026-05-01T10:00:00", Invalid("the time has no UTC offset; set `zone`, e.g. `Europe/Berlin`")),
        ("2026-02-30T10:00:00Z", Invalid("no such date")),
    ],
    check=_check_timestamp,
    noting=True,
    also=Also(
        "date datetime todate toepoch epoch unix unixtime totimestamp parsedate iso8601 unixtimestamp",
        calls="strptime todatetime strtotime",
    ),
)
def timestamp(
    value: Json, zone: str | None = None, format: str | None = None, *, note_texts: list[str] | None = None
) -> int | None:
    """Unix time in whole seconds of an ISO 8601 time, an RFC 2822 date or a number.

    A number, or numeric text, is in seconds below 1e11, milliseconds below 1e14, microseconds below 1e17,
    else nanoseconds; fractions are floored; 14 digits that are a date (`20260501100000`) are invalid. A time
    without an offset is read in `zone` (`Europe/Paris`, `+02:00`) and invalid without one; where a zone's
    clock shows a time twice, the first is used, and one that it skips is read as before the change:
    both get a note.
    24:00 is the next day's start, a leap second the second after it. `format` reads other texts: %Y %y %m
    %b %B %d %H %I %p %M %S %f %z %a %A %%, names of months and days in English.
    """
    if format is not None:
        written = strip_edges(text(value))
        return _moment(read_parts(written, format), zone, note_texts) if written else None
    if type(value) is str:
        written = strip_edges(value)
        quick = _utc(written)
        if quick is not None:
            return quick
        match = _ISO.fullmatch(written)
        if match is not None and not written.isdigit():
            return _moment(_iso_parts(match), zone, note_texts)
        match = _RFC_2822.fullmatch(written)
        if match is not None:
            return _moment(read_parts(match[1], "%d %b %Y %H:%M:%S %z"), zone, note_texts)
        value = written
    return _magnitude(value)


def _check_format_time(format: str = "%Y", zone: str = "UTC") -> None:
    check_written_format(format)
    _zone(zone)


@transform(
    NUMERIC,
    of("string", "null"),
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    parameters=[
        Parameter("format", of("string"), required=True, role="steers", constant=True, also=FORMAT),
        Parameter(
            "zone",
            of("string"),
            required=True,
            role="steers",
            words=ZONES,
            also="tz timezone tzid tzname offset",
        ),
    ],
    examples=[
        ("2026-05-01T23:30:00Z", {"format": "%d.%m.%Y", "zone": "Europe/Berlin"}, "02.05.2026"),
        (1777629600, {"format": "%Y-%m-%dT%H:%M:%S%z", "zone": "UTC"}, "2026-05-01T10:00:00+0000"),
        (1777629600123, {"format": "%a, %b %d, %I %p", "zone": "America/New_York"}, "Fri, May 01, 06 AM"),
        (
            "2026-05-01T10:00:00",
            {"format": "%Y", "zone": "UTC"},
            Invalid("the time has no UTC offset; set `zone`, e.g. `Europe/Berlin`"),
        ),
    ],
    check=_check_format_time,
    also=Also("formatdate dateformat tsformat formattimestamp", calls="strftime datetostring todatestring"),
)
def format_time(value: Json, format: str, zone: str) -> str | None:
    """A time as text, on the clocks of a zone: what `timestamp` reads, in a format with its codes.

    %Y %y %m %b %B %d %H %I %p %M %S %z %a %A %%, names of months and days in English. The zone is that of the
    text, `UTC` too; a time without an offset of its own needs `timestamp` with its zone first.
    """
    seconds = timestamp(value)
    if seconds is None:
        return None
    try:
        moment = (_EPOCH_UTC + timedelta(seconds=seconds)).astimezone(_zone(zone))
    except OverflowError:
        raise Invalid("the time is outside the years 1 to 9999") from None
    return write_parts(moment, format)


def _utc(written: str) -> int | None:
    """Unix time of the way most sources write it, `2026-05-01T10:00:00.123Z`; None for any other."""
    if not 20 <= len(written) <= 30 or written[-1] != "Z" or written[19] not in "Z." or written[-2] == ".":
        return None
    if (written[4], written[7], written[10], written[13], written[16]) != ("-", "-", "T", ":", ":"):
        return None
    try:
        return (datetime.fromisoformat(written) - _EPOCH_UTC) // _SECOND
    except ValueError:
        return None


def _iso_parts(match: re.Match[str]) -> DateParts:
    year, _, month, day, hour, _, minute, second, offset = match.groups()
    return DateParts(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        None if offset is None else offset_seconds(offset),
    )


def _moment(parts: DateParts, zone: str | None, note_texts: list[str] | None) -> int:
    """Unix time of a date as written; its own offset goes before the zone."""
    try:
        days = date(parts.year, parts.month, parts.day).toordinal() - _EPOCH_DAY
    except ValueError:
        raise Invalid("no such date") from None
    hour, minute, second = parts.hour, parts.minute, parts.second
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        raise Invalid("no such time")
    local = days * _DAY + hour * 3600 + minute * 60 + second
    if parts.offset is not None:
        return _within_years(local - parts.offset)
    if zone is None:
        raise Invalid("the time has no UTC offset; set `zone`, e.g. `Europe/Berlin`")
    return _within_years(local - _zone_offset(local, _zone(zone), note_texts))


def _zone_offset(local: int, zone: tzinfo, note_texts: list[str] | None) -> int:
    """Seconds east of UTC in a zone when its clocks show a time, given as seconds from 1970 on them."""
    shown = (_EPOCH + timedelta(seconds=local)).replace(tzinfo=zone)
    try:
        offset, second = zone.utcoffset(shown), zone.utcoffset(shown.replace(fold=1))
    except OverflowError:
        raise Invalid("the time is outside the years 1 to 9999") from None
    if offset is None or second is None:
        return 0
    if offset != second and note_texts is not None:
        note_texts.append(SHOWN_TWICE if offset > second else LEFT_OUT)
    return int(offset.total_seconds())


# In every edition of the time zone database.
_ALWAYS_KNOWN = "Europe/Paris"


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    """A zone by its name; read once, when a mapping that names it is compiled or loaded."""
    if name.upper() in ("UTC", "GMT", "Z"):
        return UTC
    if re.fullmatch(r"[+-][0-9]{2}(?::?[0-9]{2})?", name):
        return timezone(timedelta(seconds=offset_seconds(name)))
    from zoneinfo import ZoneInfo  # here, since few mappings name a zone and it is slow to import

    # A machine's own zone, and zones with leap seconds in them: neither is what its name says everywhere.
    if name in ("localtime", "posixrules", "Factory") or name.startswith(("posix/", "right/")):
        raise Invalid("unknown time zone; write e.g. `Europe/Paris` or `+02:00`")
    unknown = "unknown time zone; write e.g. `Europe/Paris` or `+02:00`"
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        try:
            ZoneInfo(_ALWAYS_KNOWN)
        except (KeyError, ValueError, OSError):
            unknown = "there is no time zone database on this machine: install the package `tzdata`"
        else:
            if name in ZONES:
                unknown = "this machine's time zone database is too old for it: update the package `tzdata`"
        raise Invalid(unknown) from None


def _magnitude(value: Json) -> int | None:
    """Unix time in seconds of a number whose size says its unit."""
    try:
        number = number_of(value)
    except Invalid:
        if type(value) is str:
            raise Invalid("not an ISO 8601 time or a number; set `format`") from None
        raise
    if number is None:
        return None
    whole = math.floor(number)
    size = abs(whole)
    if _COMPACT_DATES[0] <= whole <= _COMPACT_DATES[1]:
        raise Invalid("14 digits are a date, not a Unix time; set `format`")
    if size < SECONDS_BELOW:
        return _within_years(whole)
    if size < _MILLISECONDS_BELOW:
        return _within_years(whole // 10**3)
    return _within_years(whole // (10**6 if size < _MICROSECONDS_BELOW else 10**9))


def _within_years(seconds: int) -> int:
    if not _EARLIEST <= seconds <= _LATEST:
        raise Invalid("the time is outside the years 1 to 9999")
    return seconds
