"""A place that a YAML parser could not read -> YamlRepair: the mistake and how to read on."""

from __future__ import annotations

import re

from mapper.compiler.yaml.nodes import ScalarNode, YamlNode
from mapper.compiler.yaml.parser_input import ParserInput
from mapper.compiler.yaml.quotes import needs_quotes_on_line
from mapper.compiler.yaml.repair import YamlRepair
from mapper.compiler.yaml.yaml_facts import KeyTwice, Remove, UnreadableNumber
from mapper.texts.diagnostic import Diagnostic, Edit, Fix
from mapper.texts.named_text import Span, line_start
from mapper.values.frozen import dataclass
from mapper.values.regular_expression import pattern

_TOP_LEVEL = pattern(r"""^["']?(\w[^\s:#"']*)["']?[ \t]*:(?=\s|$)""", re.MULTILINE)
_LINE_BREAK = pattern(r"[\r\n]")
_LINE_START = pattern(r"[ \t]*")
_TABS = pattern(r"\t*")
_KEY_ALONE = pattern(r" *[\w.-]+:[ \t]*(?:#[^\r\n]*)?$", re.MULTILINE)
_WORDS = pattern(r"[^\r\n#]*")
_COLON = pattern(r":(?=\s|$)")
_ESCAPE = pattern(r"\\(?:u[dD][89a-fA-F][0-9a-fA-F]{2}|.)")
_HALF_CHARACTER = pattern(r"(?<!\\)(?:\\\\)*(\\u[dD][89a-fA-F])")
_TAG = pattern(r"![^\s,\[\]{}]*")
_DIRECTIVE = pattern(r"%[^\r\n]*")
# A key and its value, with what other formats write between them.
_ENTRY = pattern(r"([A-Za-z_]\w*)[ \t]*(?:=>|->|:=|:|=)[ \t]*([\w$][^`]*)")
_KEY_BEFORE = pattern(r"\s([\w.-]+)\s*\Z")
_KEY_AFTER_KEY = pattern(r":[ \t]+[\w.-]+\s*\Z")
_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Trouble:
    """The error of a YAML parser.

    problem: in the parser's words. at: its place. context: where the construct began.
    flow: where the outermost open flow collection began. last: the last scalar that was read.
    """

    problem: str
    at: int
    context: int | None = None
    flow: int | None = None
    last: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class _Mistake:
    """Characters of the source, what is wrong with them, and what to do."""

    start: int
    end: int
    message: str
    hint: str | None = None


def explain(source: ParserInput, trouble: Trouble) -> YamlRepair:
    """The mistake that caused a syntax error."""
    unclosed = _unclosed_quote(source.content, trouble)
    if unclosed is not None:
        return _around(source, unclosed.start, trouble.flow) or _cut(source, unclosed)
    if source.content.startswith("%"):
        return _directive(source)
    if "tag handle" in trouble.problem:
        return _tag(source, trouble.at)
    for at in (trouble.at, trouble.context):
        flow = at is not None and _begins_in_flow(source.content, at, trouble.flow)
        repair = None if at is None else needs_quotes_on_line(source, at, flow)
        if repair:
            return repair
    if any(word in trouble.problem for word in ("escape", "hexdec", "hexadec")):
        return _escape(source, trouble)
    return _dedented(source, trouble) or _cut(source, _mistake(source.content, trouble))


def _around(source: ParserInput, at: int, flow: int | None) -> YamlRepair | None:
    """An expression that needs quotes and has a quote within it, which YAML took for one of its own."""
    repair = needs_quotes_on_line(source, at, _begins_in_flow(source.content, at, flow))
    span = None if repair is None else repair.diagnostic.span
    return repair if span is not None and span.start < source.offset(at) < span.end else None


def _begins_in_flow(content: str, at: int, flow: int | None) -> bool:
    """Whether the line of `at` begins inside a flow collection."""
    start = line_start(content, at)
    above = content[:start].rstrip()
    return (flow is not None and flow < start) or above.endswith(("{", "[", ","))


def is_separating_tab(content: str, at: int) -> bool:
    """Whether a tab is between two values, or at the end of a line, and not in the indentation."""
    if content[at : at + 1] != "\t":
        return False
    before = content[line_start(content, at) : at].strip()
    after = content[at : _end_of(_WORDS, content, at)].strip()
    return bool(before) and (before[-1] in ":-,[]{}\"'" or not after)


def _unclosed_quote(content: str, trouble: Trouble) -> _Mistake | None:
    """A quote that goes on to the end of the file, or to the next quote, some lines below."""
    start, end = trouble.last
    if "end of stream" in trouble.problem or "document indicator" in trouble.problem:
        start = trouble.at if trouble.context is None else trouble.context
    elif not _runs_on(content[start:end]) or _LINE_BREAK.search(content, end, trouble.at):
        return None
    quote = content[start : start + 1]
    if quote not in ("'", '"'):
        return None
    return _Mistake(start, start + 1, "this quote is not closed", f"add a `{quote}` at the end of the string")


def _runs_on(scalar: str) -> bool:
    """Whether a scalar goes on over lines that look like keys."""
    return bool(_LINE_BREAK.search(scalar) and _COLON.search(scalar))


def _directive(source: ParserInput) -> YamlRepair:
    end = _end_of(_DIRECTIVE, source.content, 0)
    message = "a line that begins with `%` is a YAML directive"
    diagnostic = Diagnostic("M001", source.span(0, end), message, "remove it; a mapping needs none")
    return YamlRepair(diagnostic, source.blanked(0, end))


def _tag(source: ParserInput, at: int) -> YamlRepair:
    end = _end_of(_TAG, source.content, at)
    message = "tags are not part of the mapping language"
    hint = "remove it, or quote the text if it is an expression"
    return YamlRepair(Diagnostic("M006", source.span(at, end), message, hint), source.blanked(at, end))


def half_character(source: ParserInput, start: int, end: int) -> YamlRepair | None:
    """Half a character by its escape, in double quotes: of the two YAML parsers only one refuses it."""
    half = _HALF_CHARACTER.search(source.content, start, end)
    return explain(source, Trouble("escape", half.start(1))) if half else None


def _escape(source: ParserInput, trouble: Trouble) -> YamlRepair:
    """A backslash in double quotes that begins no escape of YAML: read on as if it were doubled."""
    start = max(source.content.rfind("\\", 0, trouble.at + 1), 0)
    end = _end_of(_ESCAPE, source.content, start)
    span = source.span(start, end)
    written = source.content[start:end]
    repaired = source.replaced([(start, start, "\\")])
    if end - start > 2:
        message = f"`{written}` is an unpaired surrogate, half of a character"
        return YamlRepair(Diagnostic("M001", span, message, "write the character itself"), repaired)
    hint = f"write `\\{written}` for a backslash, or use single quotes"
    fix = Fix("Double the backslash", (Edit(span, f"\\{written}"),), safe=False)
    message = f"`{written}` is not an escape in double quotes"
    return YamlRepair(Diagnostic("M001", span, message, hint, fixes=(fix,)), repaired)


def _cut(source: ParserInput, mistake: _Mistake) -> YamlRepair:
    """Leave out the top-level key with a mistake, and read on after it."""
    span = source.span(mistake.start, mistake.end)
    diagnostic = Diagnostic("M001", span, mistake.message, mistake.hint)
    keys = list(_TOP_LEVEL.finditer(source.content))
    before = [key for key in keys if key.start() <= mistake.start]
    start = before[-1].start() if before else 0
    end = next((key.start() for key in keys if key.start() > mistake.start), len(source.content))
    if not source.content[start:end].strip():
        start, end = 0, len(source.content)
    return YamlRepair(diagnostic, source.blanked(start, end), (before[-1][1],) if before else ())


def _mistake(content: str, trouble: Trouble) -> _Mistake:
    at, problem = trouble.at, trouble.problem
    here = content[at : at + 1]
    if here == "\t":
        return _Mistake(at, _end_of(_TABS, content, at), "YAML does not allow a tab here", "write spaces")
    if "sequence entries" in problem:
        hint = "start the list on the next line, two spaces deeper than its key"
        return _Mistake(at, at + 1, "a list cannot start here", hint)
    if "mapping values" in problem:
        return _value_too_many(content, at)
    if "find expected ':'" in problem:
        return _no_colon(content, at if trouble.context is None else trouble.context)
    if trouble.flow is not None and at >= len(content.rstrip()):
        return _open_bracket(content, at, trouble.flow)
    if "',' or" in problem and trouble.context is not None:
        return _open_bracket(content, at, trouble.context)
    if here in ("]", "}"):
        missing = "node content" in problem
        message = f"a value is missing before this `{here}`" if missing else f"unmatched `{here}`"
        return _Mistake(at, at + 1, message)
    return _out_of_line(content, at, trouble.context)


def _dedented(source: ParserInput, trouble: Trouble) -> YamlRepair | None:
    """A line too far to the left, between lines of one indentation: read on as if it had theirs."""
    content = source.content
    line = line_start(content, trouble.at)
    depth = _end_of(_LINE_START, content, line) - line
    if trouble.at - line != depth or content[trouble.at : trouble.at + 1] in ("-", "", "\n", "\r", "\t"):
        return None
    above = _above(content, line, depth)
    before = None if above is None else _above(content, above, depth + 1)
    if above is None or before is None or not _KEY_ALONE.match(content, above):
        return None
    if _end_of(_LINE_START, content, before) - before != depth:
        return None
    start, end = _words(content, above)
    key = _shown(content[start:end].rstrip(":"))
    lacking = " " * (depth - (start - above))
    span = source.span(start, end)
    message = f"`{key}` is indented by {start - above} spaces, the lines around it by {depth}"
    fix = Fix(f"Indent `{key}`", (Edit(source.span(start, start), lacking),), safe=False)
    diagnostic = Diagnostic("M001", span, message, f"indent it by {depth} spaces, like them", fixes=(fix,))
    return YamlRepair(diagnostic, source.replaced([(start, start, lacking)]))


def _above(content: str, line: int, depth: int) -> int | None:
    """The start of the nearest line above that is indented by less than `depth`, and is no comment."""
    at = line
    while at > 0:
        at = line_start(content, at - len("\r\n" if content.endswith("\r\n", 0, at) else "\n"))
        start, end = _words(content, at)
        if start < end and start - at < depth:
            return at
    return None


def _value_too_many(content: str, at: int) -> _Mistake:
    """A colon where no value can begin: below a key that has a value, or below a line without a colon."""
    start = line_start(content, at)
    key_start, key_end = _words(content, start)
    above = content[:start].rstrip()
    above_start, above_end = _words(content, line_start(above, len(above)))
    line = content[above_start:above_end]
    if not _COLON.search(line) and not line.startswith("-"):
        return _no_colon(content, above_start)
    hint = "give both keys the same indentation, or remove the value above"
    key = _shown(content[key_start:at])
    message = f"`{key}` is indented under `{_shown(line)}`, which already has a value"
    return _Mistake(key_start, min(at, key_end), message, hint)


def _no_colon(content: str, at: int) -> _Mistake:
    start, end = _words(content, line_start(content, at))
    line = content[start:end]
    lacks = "space after its colon" if ":" in line else "colon"
    message = f"`{_shown(line)}` has no {lacks}, so it is not a key"
    entry = _ENTRY.fullmatch(line.rstrip())
    meant = "key: value" if entry is None else f"{entry[1]}: {entry[2]}"
    return _Mistake(start, end, message, f"write `{meant}`, with a space after the colon")


_TEMPLATE = pattern(r"\{?\{(?:#|/|%-?|else)\s*\w*")


def _open_bracket(content: str, at: int, bracket: int) -> _Mistake:
    """A flow collection that is not closed, or lacks a comma."""
    opening = content[bracket : bracket + 1]
    closing = "]" if opening == "[" else "}"
    if _TEMPLATE.match(content, bracket) or _TEMPLATE.match(content, max(0, bracket - 1)):
        start, end = _words(content, line_start(content, bracket))
        hint = "to repeat, write `{each: LIST, item: VALUE}`; to choose a value, `{case: [...]}`"
        return _Mistake(start, end, "template tags have no meaning here", hint)
    if line_start(content, at) == line_start(content, bracket) and at < len(content.rstrip()):
        key = _KEY_BEFORE.search(content[bracket:at]) if content[at] == ":" else None
        comma = None if key is None else f"write a comma before the key `{key[1]}`"
        if key is not None and _KEY_AFTER_KEY.search(content[bracket:at]):
            comma = f"a key after a key needs braces: `{{{key[1]}: ...}}`"
        return _Mistake(at, at + 1, f"a comma or `{closing}` is missing before this", comma)
    return _Mistake(bracket, bracket + 1, f"this `{opening}` is not closed", f"add a `{closing}` at its end")


def _out_of_line(content: str, at: int, collection: int | None) -> _Mistake:
    """A line whose indentation or dash fits nothing above it, or more after a value."""
    start, end = _words(content, line_start(content, at))
    if at != start or at == end:
        return _Mistake(
            at, min(at + 1, len(content)), "unexpected content after the value", "quote the whole string"
        )
    if content.startswith(("- ", "-\n", "-\r"), start):
        hint = "indent it under its key, or remove the dash"
        return _Mistake(start, start + 1, "list item among keys", hint)
    if collection is not None and content.startswith("-", collection):
        return _Mistake(start, end, "key among list items", "indent it under its item")
    message = f"this line is indented by {start - line_start(content, at)}, which matches no key above"
    return _Mistake(start, end, message, "indent it like the lines around it")


def _words(content: str, line: int) -> tuple[int, int]:
    """The start and end of the text of a line, without indentation and comment."""
    start = _end_of(_LINE_START, content, line)
    return start, start + len(content[start : _end_of(_WORDS, content, start)].rstrip())


def _end_of(pattern: re.Pattern[str], content: str, at: int) -> int:
    match = pattern.match(content, at)
    return match.end() if match else at


def _shown(words: str) -> str:
    words = words.strip()
    return words if len(words) <= _SHOWN else words[:_SHOWN] + "..."


NO_TAGS = "tags are not part of the mapping language"
NO_MERGING = (
    "merge keys are not part of the mapping language",
    "write the keys out; shared fields go in the common `payload`, values under `let`",
)
_VERSION = pattern(r"^%YAML[^\r\n#]*[^\s#]", re.MULTILINE)


def duplicate_key(key: ScalarNode, first: tuple[ScalarNode, YamlNode], value: YamlNode | None) -> Diagnostic:
    """The diagnostic for a key twice."""
    message = f"duplicate key `{key.text}`"
    related = ((first[0].span, "first here"),)
    return Diagnostic("M002", key.span, message, related=related, facts=KeyTwice(key, (first[1], value)))


def unreadable(code: str, reason: str, span: Span) -> Diagnostic:
    """The diagnostic for what looks like a number and is none here: most often it is a text."""
    return Diagnostic(code, span, reason, facts=UnreadableNumber(span))


def of_a_version(source: ParserInput, start: int) -> list[Diagnostic]:
    """The warning for a `%YAML 1.1`, which would change what words mean if it were followed."""
    line = _VERSION.search(source.content, start)
    if line is None:
        return []
    span = source.span(line.start(), line.end())
    message = (
        f"a mapping is read as YAML 1.2, whatever `{line.group()}` says: `yes`, `on` and `no` are strings"
    )
    return [Diagnostic("M041", span, message, "remove it", facts=Remove("text", span))]
