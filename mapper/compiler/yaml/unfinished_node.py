"""YAML text x offset -> UnfinishedNode: which key or value is being written there.

Read is only the entry of the file that the offset is in, so that an editor can ask at each key that is typed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace
from typing import TypeAlias

from mapper.values.frozen import dataclass
from mapper.values.regular_expression import pattern
from mapper.values.types import JsonPath

_QUOTED = r'"(?:[^"\\]|\\.)*"|' + r"'(?:[^']|'')*'"
_INDENT = pattern(r"[ \t]*")
_DASH = pattern(r"-(?=\s|$)[ \t]*")
_PLAIN_KEY = r"(?:[^\s\-\[\]{},#'\"&*!|>%@`?:]|[-?:][^\s#])(?:[^\r\n#:]|(?<!\s)#|:(?!\s|$))*"
_KEY = pattern(rf"({_QUOTED}|{_PLAIN_KEY}):(?=\s|$)[ \t]*")
_BLOCK_SCALAR = pattern(r"[|>][-+0-9]*[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r)")
_LINE = pattern(r"[^\r\n]*(?:\r\n|\n|\r)?")
_SCALAR = pattern(_QUOTED)
_IN_PLAIN = r"(?:[^\s,\[\]{}:]|:(?![\s,\[\]{}]|$))"
_COMMENT = pattern(r"(?:^|\s)#[^\r\n]*$")
# Within brackets: a plain scalar ends before a mark, a comment, and the colon of a key.
_FLOW = pattern(
    rf"(?P<space>\s+)|(?P<comment>#[^\r\n]*)|(?P<quoted>{_QUOTED})|(?P<mark>[\[\]{{}},])"
    r"|(?P<colon>:(?=[\s,\[\]{}]|$))|(?P<open>['\"][^\0]*)"
    rf"|(?P<plain>{_IN_PLAIN}(?:{_IN_PLAIN}|\s+(?![\s#,\[\]{{}}:]|$))*)"
)


@dataclass(frozen=True, slots=True)
class UnfinishedNode:
    """The node being written at an offset of a YAML text.

    path: the keys, and 0 for an element of a list, that lead to it; to a key, those around it.
    is_key, is_value: which of them it may be; neither where nothing can be written, as in a comment.
    text: what is written of it before the offset, as it is in the file; start: where that begins.
    beside: for each step of `path`, and then for a key, the scalars written before it beside it, by key.
    in_flow: it is within brackets. quote: what it is quoted by.
    """

    path: JsonPath
    is_key: bool = False
    is_value: bool = False
    text: str = ""
    start: int = 0
    beside: tuple[dict[str, str], ...] = ()
    in_flow: bool = False
    quote: str = ""


# The column of a dash or key, the key, and where what follows it begins.
_Begin: TypeAlias = tuple[int, str | None, int]


@dataclass(slots=True)
class _Level:
    """A key, or the dash of an element (key: None), that what follows may be within.

    beside: as in UnfinishedNode.
    """

    column: int
    key: str | None
    beside: dict[str, str]


@dataclass(slots=True)
class _Bracket:
    """A list or mapping in brackets that is open. key: the one whose value comes; written: one to come."""

    mark: str
    key: str | None = None
    written: str = ""
    beside: dict[str, str] = field(default_factory=dict)


def unfinished_node(content: str, offset: int) -> UnfinishedNode:
    """The node being written at an offset. Never raises."""
    before = content[:offset]
    levels: list[_Level] = []
    at = _entry_start(before)
    while at < len(before):
        steps = list(_steps(before, at))
        begin = steps[-1][2] if steps else at + _indent(before, at)
        if begin >= len(before):
            return _begun(before, at, steps, levels)
        if before[begin] == "#" and _line_end(before, at) == len(before) and before[-1] not in "\r\n":
            return UnfinishedNode(())
        _enter(levels, steps)
        if before[begin] in "#\r\n":
            at = _line_end(before, at)
            continue
        beside = {} if steps else _leave(levels, begin - at)
        is_key = not steps or steps[-1][1] is None
        found = _written(before, begin, levels, beside if is_key else None)
        if isinstance(found, UnfinishedNode):
            return found
        if found == len(before) and before[-1] not in "\r\n":  # after what is closed
            return UnfinishedNode(())
        at = found
    return _begun(before, at, [], levels)


def _begun(before: str, at: int, steps: list[_Begin], levels: list[_Level]) -> UnfinishedNode:
    """The node where nothing is written yet after what a line begins with."""
    _enter(levels, steps)
    if steps and steps[-1][1] is not None:
        return UnfinishedNode(_path(levels), is_value=True, start=len(before), beside=_beside(levels))
    beside = {} if steps else _leave(levels, len(before) - at)
    around = (*_beside(levels), beside)
    is_value = bool(levels) and not beside
    return UnfinishedNode(_path(levels), is_key=True, is_value=is_value, start=len(before), beside=around)


def _path(levels: list[_Level]) -> JsonPath:
    return tuple([0 if one.key is None else one.key for one in levels])


def _beside(levels: list[_Level]) -> tuple[dict[str, str], ...]:
    return tuple([one.beside for one in levels])


def _written(
    before: str, begin: int, levels: list[_Level], beside: dict[str, str] | None
) -> UnfinishedNode | int:
    """The end of the scalar, list or mapping that begins somewhere; without an end, the node written in it.

    beside: where it may be a key too, the scalars beside that; else None.
    """
    mark = before[begin]
    if mark in "{[":
        return _in_brackets(before, begin, levels)
    if mark in "'\"":
        whole = _SCALAR.match(before, begin)
        if whole is not None:
            return _note(before, begin, whole.end(), levels, beside)
        cursor = _of_scalar(before, begin + 1, levels, beside)
        return replace(cursor, quote=mark)
    column = levels[-1].column if levels else -1
    header = _BLOCK_SCALAR.match(before, begin)
    start = begin if header is None else header.end()
    end = _scalar_end(before, start if header is not None else _line_end(before, start), column)
    if end <= len(before):
        return _note(before, begin, end, levels, beside)
    return _of_scalar(before, start, levels, beside)


def _scalar_end(before: str, at: int, column: int) -> int:
    """The start of the first line that is not further right than a column; after the end without one."""
    while at < len(before):
        indent = _indent(before, at)
        rest = before[at + indent : at + indent + 1]
        if indent <= column and rest not in ("\r", "\n"):
            return at
        at = _line_end(before, at)
    return at if column >= 0 and before[-1:] in ("\r", "\n") else at + 1


def _of_scalar(
    before: str, start: int, levels: list[_Level], beside: dict[str, str] | None
) -> UnfinishedNode:
    text = before[start:]
    around = _beside(levels)
    if beside is None:
        return UnfinishedNode(_path(levels), is_value=True, text=text, start=start, beside=around)
    return UnfinishedNode(_path(levels), True, True, text, start, (*around, beside))


def _note(before: str, begin: int, end: int, levels: list[_Level], beside: dict[str, str] | None) -> int:
    """Keep a scalar beside those that follow; where the line after it begins."""
    if beside is None and levels and levels[-1].key is not None:
        text = _COMMENT.sub("", before[begin:end].strip())
        levels[-1].beside[levels[-1].key] = _unquoted(text)
    return end if before[end - 1 : end] in ("\r", "\n") else _line_end(before, end)


def _in_brackets(before: str, begin: int, levels: list[_Level]) -> UnfinishedNode | int:
    """The end of a list or mapping in brackets; without an end, the node that is written in it."""
    open_ones: list[_Bracket] = []
    kind, last = "", begin
    for found in _FLOW.finditer(before, begin):
        kind, text = found.lastgroup or "", found.group()
        if kind in ("space", "comment"):
            continue
        top, last = open_ones[-1] if open_ones else None, found.start()
        if text in ("{", "["):
            open_ones.append(_Bracket(text))
        elif text in ("}", "]"):
            open_ones.pop()
            if not open_ones:
                return _line_end(before, found.end())
        elif top is None or kind == "open":
            continue
        elif text == ",":
            top.key = None
        elif kind == "colon":
            top.key = top.key if top.key is not None else top.written
            top.beside.setdefault(top.key, "")
        elif top.key is None:
            top.written = _unquoted(text)
        else:
            top.beside[top.key] = _unquoted(text)
    return _within(before, kind, last, levels, open_ones)


def _within(
    before: str, kind: str, last: int, levels: list[_Level], open_ones: list[_Bracket]
) -> UnfinishedNode:
    """The node within brackets that are not closed. kind, last: the last part, and where it begins."""
    inner = open_ones[-1]
    keys = [0 if one.mark == "[" else one.key for one in open_ones]
    path = (*_path(levels), *(key for key in keys if key is not None))
    beside = (*_beside(levels), *(one.beside for one in open_ones))
    is_key = inner.mark == "{" and inner.key is None
    is_open = before[last] in "'\""
    if kind == "comment" or before[last] in "}]" or (is_open and _SCALAR.match(before, last)):
        return UnfinishedNode(path, in_flow=True)
    start = len(before) if before[last] in "{[,:" else last + is_open
    text, quote = before[start:], before[last] if is_open else ""
    return UnfinishedNode(path, is_key, not is_key, text, start, beside, True, quote)


def _entry_start(before: str) -> int:
    """The start of the last line that has a key without indentation."""
    at = len(before)
    while at > 0:
        at = max(before.rfind("\n", 0, at), before.rfind("\r", 0, at))
        if at + 1 < len(before) and before[at + 1] not in " \t\r\n#-]}":
            return at + 1
    return 0


def _indent(content: str, start: int) -> int:
    found = _INDENT.match(content, start)
    return 0 if found is None else found.end() - start


def _line_end(content: str, start: int) -> int:
    """The start of the next line; the end of the last one."""
    found = _LINE.match(content, start)
    return len(content) if found is None else found.end()


def _steps(content: str, start: int) -> Iterator[_Begin]:
    """The dashes and the key that a line begins with: the column, the key, and where what follows begins."""
    at = start + _indent(content, start)
    while dash := _DASH.match(content, at):
        yield at - start, None, dash.end()
        at = dash.end()
    key = _KEY.match(content, at)
    if key is not None:
        yield at - start, _unquoted(key[1]), key.end()


def _unquoted(written: str) -> str:
    return written[1:-1] if written[:1] in ("'", '"') else written.rstrip()


def _enter(levels: list[_Level], steps: list[_Begin]) -> None:
    """Put the dashes and the key of a line in place of those that they end."""
    for column, key, _ in steps:
        beside = _leave(levels, column, keeps_key=key is None)
        if key is not None:
            beside.setdefault(key, "")
        levels.append(_Level(column, key, beside))


def _leave(levels: list[_Level], column: int, *, keeps_key: bool = False) -> dict[str, str]:
    """End what cannot hold something in a column; the scalars beside it, where it is in the same mapping."""
    beside: dict[str, str] = {}
    while levels and levels[-1].column >= column:
        last = levels[-1]
        if last.column == column and last.key is not None:
            if keeps_key:
                break
            beside = last.beside
        levels.pop()
    return beside
