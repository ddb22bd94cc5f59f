"""JMESPath text -> Expression: its tree with exact places; or a diagnostic that says what to write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field, replace

from mapper.compiler.jmespath.doubt import doubts
from mapper.compiler.jmespath.parsed import Parsed, parsed
from mapper.compiler.jmespath.pipes import piped_paths
from mapper.compiler.jmespath.reads import Read
from mapper.compiler.jmespath.refusal import Refusal
from mapper.compiler.jmespath.rewrites import Locate, mended, mended_calls
from mapper.compiler.jmespath.tree import Call, Node, Variable
from mapper.compiler.report import count_read, is_worth_mending
from mapper.compiler.yaml.edits import quoted
from mapper.compiler.yaml.scalars import Style
from mapper.diagnostic import Diagnostic
from mapper.frozen import dataclass
from mapper.text import Span

# A date, which reads as a difference of numbers; a longer text than this is not shown again.
_DATE = re.compile(r"\s*\d{4}-\d{2}-\d{2}")
_DIGITS = re.compile(r"\s*\+?[0-9][0-9 ]*\s*")
_LONGEST = 60
_WORDS = re.compile(r"\s*[A-Z][\w']*(?:,? +[\w'&]+)+[.!?]?\s*")

_NEVER_FAIL = frozenset({"not_null", "to_array", "to_number", "type"})
_NEVER_FAILING_VARIABLES = frozenset({"event", "index", "whole", "meta"})


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression of JMESPath and `$name` variables, whose names, functions and numbers of arguments hold.

    text: as written, decoded. locate: from characters of `text` to the span in the file. style: how the file
    quotes it.
    """

    text: str
    parsed: Parsed = field(repr=False, compare=False)
    locate: Locate
    style: Style = "literal"

    @property
    def root(self) -> Node:
        """Its tree."""
        return self.parsed.root

    @property
    def whole(self) -> Span:
        """The span of all of it, white space around it aside."""
        written = self.text.strip()
        start = 0 if written == self.text else len(self.text) - len(self.text.lstrip())
        return self.locate(start, start + len(written))

    @property
    def variables(self) -> tuple[tuple[str, int, int], ...]:
        """Each use of a `$name`, in the order written: the name and its characters in `text`."""
        return self.parsed.variables

    @property
    def may_fail(self) -> bool:
        """Whether it can raise Invalid for some event: it calls a function or reads a `let`."""
        return any(
            (isinstance(node, Call) and node.name not in _NEVER_FAIL)
            or (isinstance(node, Variable) and node.name not in _NEVER_FAILING_VARIABLES)
            for node in self.walk()
        )

    def walk(self) -> Iterator[Node]:
        """Each node of the tree, parents before their parts."""
        return iter(self.parsed.nodes)

    def span(self, node: Node) -> Span:
        """Where a node of it stands in the file."""
        return self.locate(node.start, node.end)

    def reads(self) -> tuple[Read, ...]:
        """Each path that it reads from the current value or a variable, in the order written."""
        return self.parsed.reads

    def path(self) -> tuple[str, ...] | None:
        """Its names, if it is a plain path from the current value (`a.b`); `@` is the empty path."""
        return self.parsed.path


def parse_expression(
    text: str, locate: Locate, found: list[Diagnostic], style: Style = "literal"
) -> Expression | None:
    """The expression a text is; None, and a diagnostic, where it is none. Never raises.

    style: of the YAML scalar it stands in; a fix writes what it has to in the same one.
    """
    try:
        known = parsed(text)
    except Refusal as refusal:
        count_read(found, len(text) // 2)
        refused = _diagnostic(refusal, locate)
        if ("://" in text and "{" not in text) or _DATE.match(text) or _DIGITS.fullmatch(text):
            constant = f"{{const: {_constant(text.strip())}}}" if len(text) <= _LONGEST else "{const: ...}"
            hint = f"a text that is the same for every event is written `{constant}`"
            found.append(replace(refused, hint=hint))
        else:
            refused = mended(refused, refusal, text, locate, style) if is_worth_mending(found) else refused
            _report(_or_text(refused, text), found)
        return None
    count_read(found, len(known.nodes))
    wrong = known.wrong
    if wrong:
        reported = [_diagnostic(refusal, locate) for refusal in wrong]
        for one in mended_calls(reported, wrong, text, locate, style):
            _report(one, found)
        return None
    if known.is_doubtful:
        doubtful = [
            *doubts(known.nodes, text, locate, style),
            *piped_paths(known.nodes, text, locate, style),
        ]
        known.is_doubtful = bool(doubtful)
        found.extend(doubtful)
    return Expression(text, known, locate, style)


def _constant(text: str) -> str:
    """A text as a constant, which digits are in quotes only."""
    return f'"{text}"' if _DIGITS.fullmatch(text) else quoted(text)


def _report(one: Diagnostic, found: list[Diagnostic]) -> None:
    """Report what is wrong; that the text needs quotes is said no more where the fix writes it with them."""
    if (one.hint or "").startswith("a rule picks"):  # which needs no quotes
        around = [place for place, other in enumerate(found) if other.code == "M003" and _holds(other, one)]
        for place in reversed(around):
            del found[place]
    for edit in (edit for fix in one.fixes for edit in fix.edits):
        for place in range(len(found) - 1, -1, -1):
            if found[place].code == "M003" and found[place].span == edit.span:
                del found[place]
    found.append(one)


def _holds(outer: Diagnostic, inner: Diagnostic) -> bool:
    """Whether one diagnostic's place lies within another's."""
    around, within = outer.span, inner.span
    return around.text is within.text and around.start <= within.start and within.end <= around.end


def _or_text(found: Diagnostic, text: str) -> Diagnostic:
    """With the other reading of some words, which may be a text that is the same for every event."""
    if len(text) > _LONGEST or not _WORDS.fullmatch(text):
        return found
    constant = f"`{{const: {quoted(text.strip())}}}` is a text that is the same for every event"
    if "," in text or found.hint is None:  # words with a comma between them are no list of names
        return replace(found, hint=constant, fixes=())
    return replace(found, hint=f"{found.hint}; {constant}")


def _diagnostic(refusal: Refusal, locate: Locate) -> Diagnostic:
    return Diagnostic(refusal.code, locate(refusal.start, refusal.end), refusal.message, refusal.hint)
