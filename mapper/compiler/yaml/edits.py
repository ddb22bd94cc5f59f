"""Spans of what an author wrote -> Fix: the edits that repair it; comments and layout stay as they are.

Spans are those of diagnostics: of a scalar without its quotes, of a mapping or list with its braces. What
surrounds them is looked up in the text, since a value does not know its neighbours.
"""

from __future__ import annotations

import re

from mapper.compiler.yaml.nodes import MapNode
from mapper.texts.diagnostic import Edit, Fix
from mapper.texts.named_text import Span, line_start
from mapper.values.regular_expression import pattern

_BEHIND = pattern(r"(?:[ \t\r\n]|(?<=[ \t\r\n])#[^\r\n]*)*")
_LINE_END = pattern(r"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_BLOCK_SCALAR = pattern(r"[:\-,\[{?][ \t]+[|>][-+0-9]*[ \t]*(?:#[^\r\n]*)?[\r\n]\s*\Z")
_PARENT = pattern(r"[ \t]*[\w$./-]+:[ \t]*(?:#[^\r\n]*)?")
_HEAD = pattern(r" *(?:- +)*")
_CONTENT = pattern(r"^([ \t]*)[^\s#]", re.MULTILINE)
_NEEDS_QUOTES = pattern(r"""^[\s"'`@%&*!|>#\[{?,:-]|[,\[\]{}]|:(?:\s|$)|\s#|\s$|^$""")
_CALL = pattern(r"(\w+)\((.*)\)", re.DOTALL)
# So far before a value its key is looked for.
_NEAR = 200


def rename(span: Span, name: str) -> Fix:
    """Another name in place of one that was most likely a slip; quotes around it stay."""
    return Fix(f"Write `{name}`", (Edit(_unquoted(span), name),), safe=False)


def replace_value(span: Span, written: str, *, safe: bool) -> Fix | None:
    """Other YAML in place of a whole value, its quotes included; None for a text on lines of its own."""
    whole = with_quotes(span)
    if whole is None:
        return None
    return Fix(f"Write `{written}`", (Edit(whole, written),), safe)


def insert(at: Span, text: str, title: str, *, safe: bool) -> Fix:
    """Text put in before a span."""
    return Fix(title, (Edit(Span(at.text, at.start, at.start), text),), safe)


def new_entry(mapping: MapNode, entry: str) -> Fix | None:
    """An entry inserted at the beginning of a mapping, after its `name` if it has one."""
    if not mapping.entries:
        return None
    key, value = mapping.entries[0]
    first = with_quotes(key.span) or key.span
    if mapping.source.text.content[mapping.span.start : mapping.span.start + 1] == "{":
        return insert(first, f"{entry}, ", f"Add `{entry}`", safe=True)
    blanks = " " * (first.start - line_start(first.text.content, first.start))
    if key.text != "name":
        return insert(first, f"{entry}{line_break(first)}{blanks}", f"Add `{entry}`", safe=True)
    match = _LINE_END.match(key.span.text.content, value.span.end)
    end = match.end() if match else value.span.end
    ends = key.span.text.content[end - 1 : end] in ("\n", "\r")
    line = f"{blanks}{entry}{line_break(first)}" if ends else f"{line_break(first)}{blanks}{entry}"
    return insert(Span(key.span.text, end, end), line, f"Add `{entry}`", safe=True)


def without_entry(key: Span, value: Span) -> Fix | None:
    """An entry of a mapping taken away, with the comment after it; None where that breaks the layout.

    The only entry of a mapping goes together with the key of the mapping.
    """
    whole = with_quotes(value) or value
    edits = _less((with_quotes(key) or key).to(whole))
    if edits is None:
        return None
    name = _unquoted(key)
    return Fix(f"Remove `{name.text.content[name.start : name.end]}`", edits, safe=False)


def without_named(name: str, value: Span) -> Fix | None:
    """The entry of a value taken away, where only its key's name is known."""
    key = key_before(name, value)
    return None if key is None else without_entry(key, value)


def without_items(first: Span, last: Span, title: str) -> Fix | None:
    """Items of a list taken away, from one to another, dashes or commas with them."""
    begin, end = with_quotes(first), with_quotes(last)
    if begin is None or end is None:
        return None
    content = begin.text.content
    start = line_start(content, begin.start)
    if content[start : begin.start].strip(" \t") == "-" and not in_flow(end):
        whole = Span(begin.text, begin.start - 1, end.end)
        return Fix(title, (Edit(_lines(whole), ""),), safe=False)
    edits = _less(begin.to(end))
    return None if edits is None else Fix(title, edits, safe=False)


def without_step(step: Span) -> Fix | None:
    """A step without arguments taken away: from a list, with its `apply`, or as a call around a value."""
    written = step.text.content[step.start : step.end]
    call = _CALL.fullmatch(written)
    if call is not None:
        return Fix(f"Remove `{call[1]}`", (Edit(step, call[2].strip()),), safe=False)
    key = key_before("apply", step)
    return without_items(step, step, f"Remove `{written}`") if key is None else without_entry(key, step)


def fixes_of(fix: Fix | None) -> tuple[Fix, ...]:
    """A fix, if there is one."""
    return () if fix is None else (fix,)


def key_before(name: str, value: Span) -> Span | None:
    """The span of the key of a value, with its quotes, if it has this name."""
    whole = with_quotes(value)
    if whole is None:
        return None
    before = max(0, whole.start - _NEAR)
    content = whole.text.content[before : whole.start]
    match = re.search(rf"""(?<![\w$-])(?P<key>(["']?){re.escape(name)}\2)[ \t]*:\s*\Z""", content)
    if match is None:
        return None
    return Span(whole.text, before + match.start("key"), before + match.end("key"))


def with_quotes(span: Span) -> Span | None:
    """A scalar with the quotes around it; None for a block scalar, whose text has lines of its own."""
    content, start, end = span.text.content, span.start, span.end
    left = content[max(0, start - _NEAR) : start]
    if _BLOCK_SCALAR.search(left):
        return None
    left, right = left.rstrip(" \t"), content[end : end + _NEAR]
    quote = left[-1:]
    if quote in ("'", '"') and right.lstrip(" \t").startswith(quote):
        blanks = len(right) - len(right.lstrip(" \t"))
        return Span(span.text, max(0, start - _NEAR) + len(left) - 1, end + blanks + 1)
    return span


def in_flow(span: Span) -> bool:
    """Whether a whole value is between braces or brackets: what follows it ends or goes on with them."""
    return bool(_next(span)) and _next(span) in ",}]"


def quoted(text: str) -> str:
    """A text as a YAML scalar for any place, with quotes only where it needs them."""
    if not _NEEDS_QUOTES.search(text):
        return text
    return in_single_quotes(text) if '"' in text or "\\" in text else f'"{text}"'


def in_single_quotes(text: str) -> str:
    """A text as a YAML scalar in single quotes, in which nothing else is escaped."""
    return "'" + text.replace("'", "''") + "'"


def shown(span: Span, most: int = 60) -> str | None:
    """The text that an author wrote, for a hint; None where it is too long or goes over lines."""
    written = span.text.content[span.start : span.end].strip()
    return written if written and len(written) <= most and not re.search(r"[\r\n]", written) else None


def line_break(span: Span) -> str:
    """The line break of the text."""
    return "\r\n" if "\r\n" in span.text.content else "\n"


def indentation(span: Span) -> str | None:
    """The blanks before a span; None if anything else precedes it on its line."""
    content = span.text.content
    blanks = content[line_start(content, span.start) : span.start]
    return blanks if not blanks.strip(" ") else None


def _next(span: Span) -> str:
    content = span.text.content
    match = _BEHIND.match(content, span.end)
    at = match.end() if match else span.end
    return content[at : at + 1]


def _unquoted(span: Span) -> Span:
    written = span.text.content[span.start : span.end]
    if len(written) > 1 and written[0] in "'\"" and written[0] == written[-1]:
        return Span(span.text, span.start + 1, span.end - 1)
    return span


def _less(whole: Span) -> tuple[Edit, ...] | None:
    """The edits that take an entry or item away."""
    if in_flow(whole):
        return (Edit(_with_comma(whole), ""),)
    if indentation(whole) is None:
        return None
    lines = _lines(whole)
    if not _is_alone(lines):
        return (Edit(lines, ""),)
    parent = _parent(lines)
    return None if parent is None else (Edit(parent, ""), Edit(lines, ""))


def _with_comma(whole: Span) -> Span:
    """An item between braces or brackets with one comma: the one after it, else the one before."""
    content = whole.text.content
    if _next(whole) == ",":
        at = content.index(",", whole.end) + 1
        blank = pattern(r"[ \t]*").match(content, at)
        end = blank.end() if blank else at
        if indentation(whole) is not None and content[end : end + 1] in ("\r", "\n", "#", ""):
            return _lines(whole)
        return Span(whole.text, whole.start, end)
    before = content[: whole.start].rstrip()
    if before.endswith(","):
        return Span(whole.text, len(before) - 1, whole.end)
    return whole


def _lines(whole: Span) -> Span:
    """The lines that a span is on, with their comments and line breaks."""
    content = whole.text.content
    match = _LINE_END.match(content, whole.end)
    return Span(whole.text, line_start(content, whole.start), match.end() if match else whole.end)


def _is_alone(lines: Span) -> bool:
    """Whether lines are the whole of the block they belong to, at their indentation."""
    content = lines.text.content
    own = _depth(content, lines.start)
    after = _CONTENT.search(content, lines.end)
    above = _line_above(lines)
    return (above is None or _depth(content, above.start) < own) and (
        after is None or len(after.group(1)) < own
    )


def _depth(content: str, at: int) -> int:
    """The indentation of the text of a line, with the dashes before it."""
    match = _HEAD.match(content, at)
    return match.end() - at if match else 0


def _line_above(lines: Span) -> Span | None:
    """The nearest line above that is neither blank nor a comment."""
    content, at = lines.text.content, lines.start
    while at > 0:
        start = line_start(content, at - len("\r\n" if content.endswith("\r\n", 0, at) else "\n"))
        line = content[start:at].strip()
        if line and not line.startswith("#"):
            return Span(lines.text, start, at)
        at = start
    return None


def _parent(lines: Span) -> Span | None:
    """The line of the key of a block; None if that line has more than the key."""
    above = _line_above(lines)
    if above is None:
        return None
    line = above.text.content[above.start : above.end].rstrip("\r\n")
    return above if _PARENT.fullmatch(line) else None
