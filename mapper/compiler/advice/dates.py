"""The format or zone of a date as an author wrote it -> the way that it is written here."""

from __future__ import annotations

import re

from mapper.compiler.advice.advisers import Hint
from mapper.compiler.syntax.written_steps import WrittenStep
from mapper.compiler.yaml.edits import fixes_of, key_before, quoted, replace_value
from mapper.compiler.yaml.nodes import MapNode, ScalarNode
from mapper.texts.diagnostic import Fix
from mapper.transforms import Transform
from mapper.values.regular_expression import pattern
from mapper.values.types import Invalid

# Letters of Java and of moment.js; a text in single quotes is literal.
_PART = pattern(r"'([^']*)'|\[([^\]]*)\]|([A-Za-z])\3*")
_LETTERS = {
    **dict.fromkeys(("yyyy", "YYYY", "uuuu", "y"), "%Y"),
    **dict.fromkeys(("yy", "YY"), "%y"),
    **dict.fromkeys(("MM", "M"), "%m"),
    **dict.fromkeys(("dd", "d", "DD", "D"), "%d"),
    **dict.fromkeys(("HH", "H"), "%H"),
    **dict.fromkeys(("hh", "h"), "%I"),
    **dict.fromkeys(("mm", "m"), "%M"),
    **dict.fromkeys(("ss", "s"), "%S"),
    **dict.fromkeys(("a", "A"), "%p"),
    **dict.fromkeys(("Z", "ZZ", "X", "XX", "XXX", "xxx", "z"), "%z"),
    **dict.fromkeys(("EEE", "E", "ddd"), "%a"),
    **dict.fromkeys(("EEEE", "dddd"), "%A"),
    **{"MMM": "%b", "MMMM": "%B", "T": "T"},
}
# Names of forms that need no format: what `timestamp` reads by itself.
_READ_ALONE = frozenset(
    {
        *("iso", "iso8601", "iso86012004", "rfc3339", "rfc2822", "rfc822", "rfc1123", "atom", "auto"),
        *("unix", "epoch", "timestamp", "unixtimestamp", "seconds", "second", "s", "sec", "us", "micros"),
        *("microseconds", "ns", "nanos", "nanoseconds", "ms", "millis", "milliseconds", "millisecond"),
        *("epochms", "epochmillis", "epochseconds", "unixms"),
    }
)
_MILLISECONDS = frozenset({"ms", "millis", "milliseconds", "millisecond", "epochms", "epochmillis"})
_CITIES = {
    **dict.fromkeys(("CET", "CEST", "MEZ", "MESZ"), "Europe/Berlin"),
    **dict.fromkeys(("BST", "WET", "WEST"), "Europe/London"),
    **dict.fromkeys(("EST", "EDT", "ET"), "America/New_York"),
    **dict.fromkeys(("CST", "CDT", "CT"), "America/Chicago"),
    **dict.fromkeys(("MST", "MDT", "MT"), "America/Denver"),
    **dict.fromkeys(("PST", "PDT", "PT"), "America/Los_Angeles"),
    **{"IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "AEST": "Australia/Sydney", "AEDT": "Australia/Sydney"},
}


def date_advice(node: ScalarNode, parameter: str, transform: Transform, written: WrittenStep) -> Hint | None:
    """The hint for an invalid `format` or `zone`; None where the right one cannot be told."""
    text = node.text.strip()
    if parameter == "zone":
        unit = re.sub(r"[^a-z0-9]", "", text.lower())
        if unit in _READ_ALONE and transform.name == "timestamp":
            return _read_alone(node, unit, written)
        return _zone(node, text)
    if parameter != "format":
        return None
    if re.sub(r"[^a-z0-9]", "", text.lower()) in _READ_ALONE and transform.name == "timestamp":
        return Hint("remove `format`: ISO 8601 times, RFC 2822 dates and numbers are read without one")
    format = translated(text)
    if format == text or not _is_format(format, transform):
        return None
    return Hint(f"write `{format}`", fixes_of(replace_value(node.span, quoted(format), safe=False)))


def _read_alone(node: ScalarNode, unit: str, written: WrittenStep) -> Hint:
    """A unit or a standard as an argument: neither has to be said, and a field for a time needs no step."""
    what = "milliseconds need" if unit in _MILLISECONDS else f"`{node.text}` needs"
    fixes: tuple[Fix, ...] = ()
    if written.arguments is node and isinstance(written.apply, MapNode):
        fixes = fixes_of(replace_value(written.apply.span, written.transform, safe=False))
    step = f"`{written.transform}`"
    return Hint(f"{what} no step: remove it; outside a time field, write {step} alone", fixes)


def translated(pattern: str) -> str:
    """A pattern of Java or moment.js, `dd.MM.yyyy`, as a format: `%d.%m.%Y`."""
    letters = _LETTERS
    if "M" not in pattern and not re.search("[Hh]", pattern):  # `mm/dd/yyyy` of a table calculation
        letters = {**_LETTERS, "mm": "%m", "m": "%m"}
    if not re.search("[aA]", pattern):  # without a half of the day, `hh` is one of 24 hours
        letters = {**letters, "hh": "%H", "h": "%H"}
    return _PART.sub(lambda part: _written(part, letters), pattern)


def _written(part: re.Match[str], letters: dict[str, str]) -> str:
    if part[3] is None:
        return part[1] or part[2] or ""
    if set(part[0]) == {"S"}:
        return "%f"
    return letters.get(part[0], part[0])


def _is_format(format: str, transform: Transform) -> bool:
    stated = {"format": format, "zone": "UTC"}
    known = {one.name for one in transform.parameters}
    try:
        if transform.check is not None:
            transform.check(**{name: value for name, value in stated.items() if name in known})
    except Invalid:
        return False
    return True


def _zone(node: ScalarNode, text: str) -> Hint | None:
    if "%" in text or re.search(r"[yY]{2}", text):
        format = quoted(text if "%" in text else translated(text))
        if "%z" not in format:
            return Hint(f"write `{{format: {format}, zone: ZONE}}`, with a zone such as `Europe/Berlin`")
        stated = f"{{format: {format}}}"
        alone = key_before("timestamp", node.span) is not None
        return Hint(
            f"write `{stated}`", fixes_of(replace_value(node.span, stated, safe=False)) if alone else ()
        )
    abbreviation = re.fullmatch(r"([A-Z]{2,5})(?: ?[+-]?[0-9:]{1,5})?", text)
    if abbreviation is None:
        return None
    city = _CITIES.get(abbreviation[1], "Europe/Berlin")
    return Hint(
        f"an abbreviation is not a time zone: write a city, e.g. `{city}`, or an offset, e.g. `+02:00`"
    )
