"""A regular expression -> the patterns that match the same texts, where there are some."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mapper.compiler.advice.other_languages.regex_sets import CLASSES, without_escapes
from mapper.transforms.pattern_rules import read_pattern
from mapper.transforms.patterns import PatternFault
from mapper.values.frozen import dataclass
from mapper.values.regular_expression import pattern

_DELIMITED = pattern(r"/(.*)/([a-z]*)", re.DOTALL)
_SLASH = pattern(r"(?<!\\)/")
_OPTIONS = pattern(r"\(\?([a-z]+)\)")
_GROUP = pattern(r"\((?:\?:|\?P?<([A-Za-z_]\w*)>)?")
_SET = pattern(r"\[(\^?)((?:\\.|[^\]\\])+)\]", re.DOTALL)
# A character that may be left out; neither in a set nor escaped.
_OPTIONAL = pattern(r"\[(?:\\.|[^\]\\])*\]|\\.|(?P<letter>[A-Za-z/])\?", re.DOTALL)
_ONLY_PART = pattern(r"\{:(\w+)[ }]")
_COUNT = pattern(r"(?:\{([0-9]{1,2})(?:(,)([0-9]{0,2}))?\}|([+*?]))([?+]?)")
_KINDS = {
    "0-9": "digits",
    "A-Za-z0-9_": "word",
    "A-Za-z0-9_-": "slug",
    "0-9a-fA-F": "hex",
    "0-9a-f": "[0-9a-f]",
}
_ESCAPED = frozenset(".^$*+?()[]{}|\\/-_:#&=@%,;!'\"~ ")
_PLAIN = {"{": "{{", "}": "}}", "*": "{*}"}
_NAMES = {"digits": "n", "[0-9a-f]": "hash", "hex": "hash"}
_ANY = "text"
_MOST_ALTERNATIVES = 8


class _NotHere(Exception):
    """No pattern matches the same texts as the regular expression."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Patterns in place of a regular expression. any_case: letters are the same in both cases."""

    patterns: tuple[str, ...]
    any_case: bool


def rewritten(text: str, *, extracting: bool = False) -> Rewritten | None:
    """The patterns that match the texts in which a regular expression finds something, if there are any.

    extracting: what it finds is asked for, so a part without a group gets a name, too.
    """
    options = ""
    delimited = _DELIMITED.fullmatch(text)
    if delimited is not None and _is_within_slashes(delimited):
        text, options = delimited[1], delimited[2]
    stated = _OPTIONS.match(text)
    if stated is not None:
        text, options = text[stated.end() :], options + stated[1]
    try:
        made = tuple(_pattern(one) for one in _alternatives(text))
        if extracting and not any(read_pattern(one).names for one in made):
            made = tuple(map(_with_name, made))
        for one in made:
            read_pattern(one, "i" in options)
    except (_NotHere, PatternFault):
        return None
    return Rewritten(made, "i" in options)


def _is_within_slashes(delimited: re.Match[str]) -> bool:
    """Whether the slashes around a text are delimiters of the expression, and not of parts of a path."""
    inner, options = delimited.groups()
    if not re.search(r"[\\^$\[(|]|\.[*+]", inner):
        return False
    # Between delimiters a slash would be escaped.
    return bool(options) or not _SLASH.search(inner)


def _with_name(made: str) -> str:
    """A pattern whose only part has a name."""
    if made.count("{:") != 1:
        raise _NotHere
    kind = _ONLY_PART.search(made)
    return made.replace("{:", f"{{{_NAMES.get(kind[1], 'part') if kind else 'part'}:")


def _alternatives(text: str) -> list[str]:
    """The alternatives of a regular expression, those of its first group as whole ones.

    A character that may be left out makes two.
    """
    whole = _split(text)
    optional = [one for one in _OPTIONAL.finditer(text) if one["letter"]]
    if 2 ** len(optional) > _MOST_ALTERNATIVES:
        raise _NotHere
    if optional and len(whole) == 1:
        letter, (start, end) = optional[0]["letter"], optional[0].span()
        made = [one for kept in (letter, "") for one in _alternatives(text[:start] + kept + text[end:])]
        if len(made) > _MOST_ALTERNATIVES:
            raise _NotHere
        return made
    if len(whole) > 1:
        return whole
    group = re.search(r"\((?:\?:)?([^()]*\|[^()]*)\)(?![+*?{])", text)
    if group is None:
        return [text]
    inner = [text[: group.start()] + one + text[group.end() :] for one in group[1].split("|")]
    if len(inner) > _MOST_ALTERNATIVES or "(" in text[: group.start()] + text[group.end() :]:
        raise _NotHere
    return inner


def _split(text: str) -> list[str]:
    """A text at each `|` that is in no group and no set."""
    parts, depth, at, in_set = [""], 0, 0, False
    while at < len(text):
        here = text[at : at + 2] if text[at] == "\\" else text[at]
        at += len(here)
        depth += 0 if in_set else (here == "(") - (here == ")")
        in_set = here != "]" if in_set else here == "["
        if here == "|" and not depth and not in_set:
            parts.append("")
        else:
            parts[-1] += here
    if len(parts) > _MOST_ALTERNATIVES:
        raise _NotHere
    return parts


def _pattern(text: str) -> str:
    starts = text.startswith("^")
    ends = text.endswith("$") and not text.endswith("\\$")
    inner = text[starts : len(text) - ends]
    names: list[str] = []
    made = "".join(_pieces(inner, names))
    before = "" if starts or made.startswith("*") else "*"
    after = "" if ends or made.endswith("*") else "*"
    return before + made + after


def _pieces(text: str, names: list[str]) -> Iterator[str]:
    at = 0
    while at < len(text):
        group = _GROUP.match(text, at)
        if group is None:
            piece, at = _piece(text, at, None, names)
            yield piece
            continue
        inner = group.end()
        piece, at = _piece(text, inner, "" if group[0] == "(?:" else group[1] or "?", names)
        if text[at : at + 1] != ")" or _COUNT.match(text, at + 1):
            raise _NotHere
        yield piece
        at += 1


def _piece(text: str, at: int, name: str | None, names: list[str]) -> tuple[str, int]:
    """The pattern of a part that begins at a place, and where it ends.

    name: of the group that it is in, "?" of one without a name, None of no group.
    """
    kind, end = _characters(text, at)
    count = _COUNT.match(text, end)
    if count is not None:
        end = count.end()
    if kind is None:
        if count is not None or name:
            raise _NotHere
        return _plain(text, at, end)
    least, most = _counted(count)
    if kind == _ANY:
        if most is not None:
            raise _NotHere
        if not least:
            return ("*", end) if not name else (f"{{{_named(kind, name, names)}:text}}", end)
        return f"{{{_named(kind, name, names)}:text}}", end
    if not least or (most is None and least > 1):
        raise _NotHere
    length = "" if most is None else f" {least}" if most == least else f" {least}-{most}"
    return f"{{{_named(kind, name, names)}:{kind}{length}}}", end


def _plain(text: str, at: int, end: int) -> tuple[str, int]:
    character = text[end - 1]
    return _PLAIN.get(character, character), end


def _counted(count: re.Match[str] | None) -> tuple[int, int | None]:
    """The fewest and the most characters."""
    if count is None:
        return 1, 1
    if count[4]:
        return {"+": (1, None), "*": (0, None), "?": (0, 1)}[count[4]]
    least = int(count[1])
    if not count[2]:
        return least, least
    return least, int(count[3]) if count[3] else None


def _named(kind: str, name: str | None, names: list[str]) -> str:
    """A name that no other part has; none of a part that is not kept."""
    if not name:
        return ""
    stem = _NAMES.get(kind, "part") if name == "?" else name
    made = stem if stem not in names else f"{stem}{names.count(stem) + 1}"
    names += [stem] if made == stem else [stem, made]
    return made


def _characters(text: str, at: int) -> tuple[str | None, int]:
    """The kind of what is at a place, None of a plain character, and where it ends."""
    here = text[at : at + 1]
    if here == "[":
        found = _SET.match(text, at)
        if found is None:
            raise _NotHere
        return _set(found[1], found[2]), found.end()
    if here == "\\":
        escaped = text[at + 1 : at + 2]
        if escaped in CLASSES:
            return CLASSES[escaped], at + 2
        if escaped not in _ESCAPED or not escaped:
            raise _NotHere
        return None, at + 2
    if here == ".":
        return _ANY, at + 1
    if not here or here in "^$*+?()|{":
        raise _NotHere
    return None, at + 1


def _set(negated: str, inner: str) -> str:
    """The set of the text between brackets."""
    written = without_escapes(inner)
    if written is None:
        raise _NotHere
    return _KINDS.get(written, f"[{written}]") if not negated else f"[^{written}]"
