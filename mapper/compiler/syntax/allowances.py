"""Comments `# mapper: allow CODE reason` -> Allowance: diagnostics that their author has seen and lets stand.

One stands behind what it speaks of, or alone on the line above. Errors cannot be let stand.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice

from mapper.codes import CODES
from mapper.compiler.syntax.facts import AllowedCode
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.diagnostic import Diagnostic, closest, has_errors
from mapper.frozen import dataclass
from mapper.text import Span, Text

# Those behind them have no effect. Nobody reads so many reasons.
MOST_ALLOWANCES = 200
_ALLOW = "allow"
# What other linters have, with a code that is one here.
_BARE = r"(?:noqa|nolint|ignore|disable|suppress)[:= \t]+M[0-9]{3}"
_COMMENT = re.compile(
    rf"(?:^|(?<=[ \t]))#[ \t]*(?:mapper:[ \t]*|(?={_BARE}))([\w-]*)[:=]?[ \t]*([^\s#]*)[ \t]*([^\r\n]*)",
    re.MULTILINE,
)
# What other tools have there.
_ELSEWHERE = frozenset(
    {
        *("ignore", "disable", "noqa", "skip", "suppress", "silence", "off", "disable-line", "ignore-line"),
        *("disable-next-line", "ignore-next-line", "nolint", "permit", "accept", "except", "allowed"),
    }
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """A diagnostic that may stand: its code, the line it speaks of (from 1), why, and the comment's place.

    word: what stands for `allow`, if it is another.
    """

    code: str
    line: int
    reason: str
    span: Span
    word: str = _ALLOW


def read_allowances(text: Text, root: YamlNode) -> tuple[Allowance, ...]:
    """The allowances of a mapping's comments; what only reads like one inside a scalar is none."""
    if "mapper:" not in text.content and not re.search(_BARE, text.content):
        return ()
    scalars = [(one.span.start, one.span.end) for one in _scalars(root)]
    comments = islice(_COMMENT.finditer(text.content), MOST_ALLOWANCES)
    outside = [found for found in comments if not _stands_within(scalars, found.start())]
    spoken_of = _spoken_of(text) if outside else []
    return tuple(
        Allowance(
            found[2], spoken_of[line], found[3].strip(), text.span(found.start(), found.end()), found[1]
        )
        for found in outside
        if _is_meant(found[1])
        for line in (text.position(found.start())[0],)
    )


def _is_meant(word: str) -> bool:
    """Whether a comment's first word is `allow`, or was meant as it."""
    plain = word.lower()
    near = closest(plain, (_ALLOW,)) or (plain.startswith(f"{_ALLOW}-") and plain)
    return word == _ALLOW or plain in _ELSEWHERE or bool(near)


def _stands_within(spans: list[tuple[int, int]], at: int) -> bool:
    """Whether one of the spans, which are in order, holds a character."""
    before = bisect_right(spans, at, key=lambda span: span[0])
    return before > 0 and at < spans[before - 1][1]


def _scalars(node: YamlNode) -> Iterator[ScalarNode]:
    match node:
        case ScalarNode():
            yield node
        case ListNode(items=items):
            for item in items:
                yield from _scalars(item)
        case MapNode(entries=entries):
            for key, value in entries:
                yield key
                yield from _scalars(value)


def _spoken_of(text: Text) -> list[int]:
    """For each line, by its number, the one that a comment there speaks of.

    That is its own, or the next one that is no comment where it stands alone.
    """
    last = len(text.starts)
    lines = [*range(last + 1)]
    for line in range(last - 1, 0, -1):
        if text.line(line).lstrip()[:1] in ("#", ""):
            lines[line] = lines[line + 1]
    return lines


def let_stand(allowances: Sequence[Allowance], found: list[Diagnostic]) -> list[Diagnostic]:
    """What was found less what is allowed, with what is wrong with the allowances themselves."""
    if not allowances:
        return found
    free = not has_errors(found)
    said = {_key(one) for one in found if one.severity != "error"}
    allowed = {(one.code, one.span.text.name, one.line) for one in allowances if one.word == _ALLOW}
    kept = [one for one in found if one.severity == "error" or _key(one) not in allowed]
    for one in allowances:
        unused = free and (one.code, one.span.text.name, one.line) not in said
        kept += _fault(one, unused)
    return kept


def _key(found: Diagnostic) -> tuple[str, str, int]:
    """Its code and line: what an allowance speaks of."""
    return found.code, found.span.text.name, found.span.line


def _fault(allowance: Allowance, unused: bool) -> list[Diagnostic]:
    """What is wrong with an allowance."""
    code = allowance.code
    if allowance.word != _ALLOW:
        written = f"# mapper: {_ALLOW} {code or 'CODE'} {allowance.reason or 'REASON'}"
        message = f"use the word `{_ALLOW}`, not `{allowance.word}`"
        return [Diagnostic("M060", allowance.span, message, f"did you mean `{written}`?")]
    if re.fullmatch(r"M\d{3}(?:,\S*)+", code) or re.match(r"(?:,|and\b|M\d{3}\b)", allowance.reason):
        hint = (
            f"write one comment per code, each on its own line above: `# mapper: {_ALLOW} {code[:4]} reason`"
        )
        return [Diagnostic("M060", allowance.span, "a comment can allow only one code", hint)]
    if code not in CODES:
        message = f"`{code}` is not a diagnostic code"
        return [Diagnostic("M060", allowance.span, message, facts=AllowedCode(code))]
    if CODES[code].severity == "error":
        return [
            Diagnostic("M060", allowance.span, f"{code} is an error; only warnings and advice can be allowed")
        ]
    if not allowance.reason:
        hint = f"add the reason: `# mapper: allow {code} it is read by reports`"
        return [Diagnostic("M061", allowance.span, f"the comment gives no reason to allow {code}", hint)]
    if unused:
        hint = "remove the comment, or move it to the end of the line it is about"
        return [Diagnostic("M062", allowance.span, f"{code} is not reported on line {allowance.line}", hint)]
    return []
