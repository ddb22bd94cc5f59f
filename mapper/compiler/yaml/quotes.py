"""The quotes that an author's text needs and does not have: what YAML takes away from expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mapper.compiler.yaml.braces import needs_braces
from mapper.compiler.yaml.nodes import MapNode
from mapper.compiler.yaml.parser_input import ParserInput
from mapper.compiler.yaml.repair import YamlRepair
from mapper.texts.diagnostic import Diagnostic, Edit, Fix
from mapper.texts.named_text import line_start
from mapper.values.regular_expression import pattern

_BRACKETS = {")": "(", "]": "[", "}": "{"}
_LEADING = frozenset("@`%*&!,")
_SHOWN = 60
# No author writes a longer line; a hostile one costs no more time than this.
_LONGEST_LINE = 2_000
# Brackets that are JMESPath and cannot be meant as a YAML list.
_FILTER_OR_SLICE = pattern(r"\[(?:\?|\*\]|-?\d*:-?\d*(?::-?\d*)?\])")
_BLOCK_HEADER = pattern(r"[|>][-+0-9]*[ \t]*(?:#.*)?$")
# A path of an intake begins with a slash.
_KEY = r"""(?:[\w$/][\w $./-]*|"[^"\r\n]*"|'[^'\r\n]*')[ \t]*:(?=[ \t\r\n]|$)"""
# The name of a function with its parameters.
_SIGNATURE = r"\w+[ \t]*\([\w \t,\[\]]*\)[ \t]*:(?=[ \t\r\n]|$)"
_HEAD = pattern(rf"[ \t]*(?:-[ \t]+)*(?:{_KEY}|{_SIGNATURE})?[ \t]*")
_FLOW_KEY = pattern(_KEY + r"[ \t]*")
_FLOW_SIGNATURE = pattern(_SIGNATURE + r"[ \t]*")
_COMMENT = pattern(r"[ \t]+#")
# What no comment begins with, and what is after a comma of a pattern: a part.
_PART = r"\{[A-Za-z_]?\w*(?::[^{}\s][^{}\r\n]*)?\}"
_WHOLE_PART = pattern(_PART)
_OF_A_PATTERN = pattern(
    rf"#(?:\*(?!\*)|{_PART}|[ \t]+\{{\w*:[^{{}}\s][^{{}}\r\n]*\}}[ \t]*(?:[\r\n}}\]]|\Z))"
)
_MORE_OF_A_PATTERN = pattern(rf"[^,{{}}\[\]:\r\n]*{_PART}[^,{{}}\[\]:\r\n]*(?:[,}}\]\r\n]|\Z)")
_NEGATION = pattern(
    r"!+\s*(?:[(@$`'\"*\[{]|[\w.]+[(.\[])|!\s*[\w.]+\s*(?:$|[,}\]\r\n]|&&|\|\||\||[=!]=|[<>])", re.MULTILINE
)


def needs_quotes_on_line(source: ParserInput, at: int, flow: bool) -> YamlRepair | None:
    """The first value on the line of `at` that needs quotes; `flow`: the line begins in a flow collection."""
    content = source.content
    start = line_start(content, at)
    if _line_end(content, start) is None:
        return None
    for value, end, in_flow in _values(content, start, flow):
        reason = _reason(content[value:end], in_flow)
        key_end = _end_of_key(content, value, end, in_flow) if reason else None
        if reason and key_end is not None:
            return _quoted(source, value, key_end, reason)
        if reason:
            braced = None if in_flow else needs_braces(source, value, end)
            return braced or _quoted(source, value, end, reason)
    return None


def negation(source: ParserInput, start: int, flow: bool) -> YamlRepair | None:
    """An expression that begins with `!`; None where a tag is meant."""
    end = _extent(source.content, start, flow)
    if end is None or not _NEGATION.match(source.content, start, end):
        return None
    return _quoted(source, start, end, _begins_with("!"))


def begins_filter_or_slice(content: str, start: int) -> bool:
    """Whether brackets cannot be meant as a YAML list."""
    return bool(_FILTER_OR_SLICE.match(content, start))


def filter_or_slice(source: ParserInput, start: int, flow: bool) -> YamlRepair | None:
    """An expression in brackets that YAML reads as a list."""
    end = _extent(source.content, start, flow)
    return None if end is None else _quoted(source, start, end, _begins_with("["))


def key_of_pattern(source: ParserInput, start: int, end: int, flow_start: int | None) -> YamlRepair | None:
    """A part of a pattern in braces that YAML took for a key; None of any other key.

    flow_start: where the outermost open flow collection begins, if one is open.
    """
    content = source.content
    if _WHOLE_PART.fullmatch(content, start, end) and content[end : end + _SHOWN].lstrip(" \t")[:1] == ":":
        return _quoted(source, start, end, _begins_with("{"))
    if flow_start is None:
        return None
    repair = needs_quotes_on_line(source, start, flow_start < line_start(content, start))
    span = None if repair is None else repair.diagnostic.span
    return repair if span is not None and span.start < source.offset(start) < span.end else None


def part_in_braces(node: MapNode) -> Diagnostic | None:
    """The diagnostic of a pattern's part in braces that YAML reads as a mapping; None for any other."""
    if node.entries and _WHOLE_PART.fullmatch(node.source.content, node.start, node.end):
        return _quoted(node.source, node.start, node.end, _begins_with("{")).diagnostic
    return None


def has_pattern_in_comment(content: str) -> bool:
    """Whether any comment of a text may begin as the rest of a pattern does."""
    return _OF_A_PATTERN.search(content) is not None


def is_pattern_in_comment(content: str, end: int) -> bool:
    """Whether the comment after a plain scalar begins as the rest of a pattern does."""
    comment = _COMMENT.match(content, end) if content[end : end + 1] in (" ", "\t") else None
    return comment is not None and bool(_OF_A_PATTERN.match(content, comment.end() - 1))


def pattern_in_comment(source: ParserInput, start: int, end: int, flow: bool) -> YamlRepair | None:
    """The pattern whose `#` began a comment; None where its end is not seen."""
    content = source.content
    if start == end:  # nothing is before the comment
        start = content.find("#", end)
    whole = _extent(content, start, flow)
    if whole is None or whole <= end:
        return None
    key_end = _end_of_key(content, start, whole, flow)
    return _quoted(source, start, whole if key_end is None else key_end, _REASONS[" #"])


def ended_early(content: str, start: int, end: int, flow: bool) -> str | None:
    """The reason that YAML ended a plain scalar inside quotes or brackets of an expression, else None."""
    ended_by = content[end : end + 1]
    if _COMMENT.match(content, end):
        reason = _REASONS[" #"]
    elif ended_by == ":":
        reason = _REASONS[": "]
    elif flow and ended_by and ended_by in ",[]{}":
        reason = _ends_at(ended_by)
    else:
        return None
    return reason if _is_open(content[start:end]) else None


def whole_expression(source: ParserInput, start: int, end: int, flow: bool, reason: str) -> YamlRepair | None:
    """The expression whose beginning YAML read as a plain scalar; None where it ends with the scalar."""
    whole = _extent(source.content, start, flow)
    if whole is None or whole <= end:
        return None
    key_end = _end_of_key(source.content, start, whole, flow)
    return _quoted(source, start, whole if key_end is None else key_end, reason)


_REASONS = {
    " #": "in YAML ` #` starts a comment, so the string must be quoted",
    ": ": "in YAML `: ` ends a key, so the string must be quoted",
}


def _begins_with(character: str) -> str:
    mark = f"`{character}`" if character != "`" else "a backtick"
    return f"a string that begins with {mark} must be quoted"


def _ends_at(character: str) -> str:
    return f"inside `{{ }}` or `[ ]` an unquoted string ends at `{character}`, so it must be quoted"


def _quoted(source: ParserInput, start: int, end: int, message: str) -> YamlRepair:
    """The repair that puts quotes around, and tells the author so."""
    text = source.content[start:end]
    quote, escaped = '"', ""
    if '"' in text or "\\" in text:
        quote, escaped = "'", "'"
    insertions = [
        (start + at, start + at, quote) for at, character in enumerate(text) if character == escaped
    ]
    repaired = source.replaced([(start, start, quote), *insertions, (end, end, quote)])
    replacement = quote + (text.replace("'", "''") if escaped else text) + quote
    span = source.span(start, end)
    shown = replacement if len(replacement) <= _SHOWN else f"{quote}...{quote}"
    fix = Fix("Quote the expression", (Edit(span, replacement),), safe=True)
    return YamlRepair(
        Diagnostic("M003", span, message, f"quote the expression: {shown}", fixes=(fix,)), repaired
    )


def _reason(text: str, flow: bool) -> str | None:
    """The reason that YAML does not read this text as one value; None where it does."""
    first = text[:1]
    if not first:
        return None
    if first in _LEADING or (first in "|>" and not _BLOCK_HEADER.match(text)):
        return _begins_with(first)
    if first in "'\"":
        closing = _yaml_closing(text)
        return _begins_with(first) if closing is not None and text[closing + 1 :].strip() else None
    if first in "[{":
        return _begins_with(first)
    ends = {text.find(mark): reason for mark, reason in _REASONS.items()}
    if flow:
        ends |= {text.find(character): _ends_at(character) for character in ",[]{}"}
    ends.pop(-1, None)
    return ends[min(ends)] if ends else None


def _values(content: str, start: int, flow: bool) -> Iterator[tuple[int, int, bool]]:
    """The texts that are values on a line, where they begin and end, and whether a flow collection has them.

    Flow collections are gone into, unless more follows after their closing bracket: then the whole is an
    expression.
    """
    at = start
    if not flow:
        head = _HEAD.match(content, start)
        at = head.end() if head else start
        if content[at : at + 1] not in ("[", "{") or not _is_collection(content, at, flow=False):
            end = _extent(content, at, flow=False)
            if end is not None:
                yield at, end, False
            return
    yield from _flow_values(content, at)


def _end_of_key(content: str, at: int, end: int, flow: bool) -> int | None:
    """The end of a key that needs quotes, as a row of patterns: `*/cart: x`; None of any other value."""
    before = content[line_start(content, at) : at].rstrip(" \t")
    if before[-1:] not in ("{", ",", "") if flow else before:
        return None
    depth = 0
    for position, character in _structure(content, at):
        if position >= end:
            break
        depth += (character in "([{") - (character in ")]}")
        if not depth and character == ":" and content[position + 1 : position + 2] in (*" \t\r\n", ""):
            return position if position > at else None
    return None


def _flow_values(content: str, at: int) -> Iterator[tuple[int, int, bool]]:
    of_key = False
    while at < len(content) and content[at] not in "\r\n":
        key = _FLOW_KEY.match(content, at) or (None if of_key else _FLOW_SIGNATURE.match(content, at))
        if key:
            at = key.end()
        elif content[at] in " \t,}]" or (content[at] in "[{" and _is_collection(content, at, flow=True)):
            at += 1
        else:
            end = _extent(content, at, flow=True, of_key=of_key)
            if end is None or end == at:
                return
            yield at, end, True
            at = end
        of_key = key is not None


def _is_collection(content: str, at: int, flow: bool) -> bool:
    """Whether a bracket opens a YAML collection: only a comma, bracket or comment follows its end."""
    if _FILTER_OR_SLICE.match(content, at):
        return False
    closing = _closing_bracket(content, at)
    if closing is None:
        return True
    rest = content[closing + 1 : _line_end(content, closing)]
    return not rest.strip() or bool(_COMMENT.match(rest)) or (flow and rest.lstrip()[0] in ",]}")


def _closing_bracket(content: str, at: int) -> int | None:
    open_brackets: list[str] = []
    for position, character in _structure(content, at):
        if character in "([{":
            open_brackets.append(character)
        elif character in ")]}":
            if open_brackets.pop() != _BRACKETS[character]:
                return None
            if not open_brackets:
                return position
    return None


def _extent(content: str, start: int, flow: bool, *, of_key: bool = False) -> int | None:
    """The end of the expression that begins at `start`, on its line; None where a bracket stays open.

    of_key: it is the value of a key, so that after a comma only another key may follow.
    """
    open_brackets: list[str] = []
    end = _line_end(content, start)
    if end is None:
        return None
    for position, character in _structure(content, start):
        if character in "([{":
            open_brackets.append(character)
        elif not open_brackets and (character == "#" or (flow and character in ",]}")):
            if character == "," and of_key and _MORE_OF_A_PATTERN.match(content, position + 1):
                continue
            end = position
            break
        elif character in ")]}" and (not open_brackets or open_brackets.pop() != _BRACKETS[character]):
            return None
    if open_brackets:
        return None
    return start + len(content[start:end].rstrip())


def _is_open(text: str) -> bool:
    """Whether a quote or a bracket is opened and not closed."""
    depth = 0
    for position, character in _structure(text, 0):
        is_apostrophe = character == "'" and text[max(position - 1, 0)].isalnum()
        if character in "'\"`" and not is_apostrophe and _quote_end(text, position) is None:
            return True
        depth += (character in "([{") - (character in ")]}")
    return depth > 0


def _structure(content: str, start: int) -> Iterator[tuple[int, str]]:
    """The characters of a line that are not in quotes; of closed quotes nothing, of others the quote.

    A `'` after a letter is an apostrophe; a `#` counts only after a space, and not in a pattern.
    """
    at = start
    while at < len(content) and content[at] not in "\r\n":
        character = content[at]
        if character in "'\"`" and not (character == "'" and at > start and content[at - 1].isalnum()):
            closing = _quote_end(content, at)
            if closing is not None:
                at = closing + 1
                continue
            yield at, character
        elif character != "#" or (
            at > start and content[at - 1] in " \t" and not _OF_A_PATTERN.match(content, at)
        ):
            yield at, character
        at += 1


_QUOTED = {quote: pattern(rf"{quote}(?:[^{quote}\\\r\n]|\\[^\r\n])*{quote}") for quote in "'\"`"}


def _quote_end(content: str, at: int) -> int | None:
    """The offset where a quote of an expression is closed, on its line."""
    match = _QUOTED[content[at]].match(content, at, at + _LONGEST_LINE)
    return match.end() - 1 if match else None


def _yaml_closing(text: str) -> int | None:
    """The offset where a quote at the beginning ends in YAML, which doubles single quotes to escape them."""
    if text[0] == '"':
        return _quote_end(text, 0)
    match = re.match(r"'(?:[^']|'')*'", text)
    return match.end() - 1 if match else None


def _line_end(content: str, at: int) -> int | None:
    """The end of a line; None where that is too far away to be looked for."""
    match = _LINE_END.search(content, at, at + _LONGEST_LINE)
    if match:
        return match.start()
    return len(content) if len(content) <= at + _LONGEST_LINE else None


_LINE_END = pattern(r"[\r\n]")
