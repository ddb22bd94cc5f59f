"""Comments `# mapper: allow CODE reason` -> Allowance: diagnostics that their author has seen and lets stand.

One stands behind what it speaks of, or alone on the line above. Errors cannot be let stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mapper.codes import CODES
from mapper.compiler.yaml import ListNode, MapNode, Node, ScalarNode
from mapper.diagnostic import Diagnostic, closest, has_errors
from mapper.text import Span, Text

_COMMENT = re.compile(
    r"(?:^|(?<=[ \t]))#[ \t]*mapper:[ \t]*allow\b[ \t]*([^\s#]*)[ \t]*([^\r\n]*)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """A diagnostic that may stand: its code, the line it speaks of (from 1), why, and the comment's place."""

    code: str
    line: int
    reason: str
    span: Span


def read_allowances(text: Text, root: Node) -> tuple[Allowance, ...]:
    """The allowances of a mapping's comments; what only reads like one inside a scalar is none."""
    if "mapper:" not in text.content:
        return ()
    scalars = [(one.span.start, one.span.end) for one in _scalars(root)]
    return tuple(
        Allowance(found[1], _line_of(found, text), found[2].strip(), text.span(found.start(), found.end()))
        for found in _COMMENT.finditer(text.content)
        if not any(start <= found.start() < end for start, end in scalars)
    )


def _scalars(node: Node) -> Iterator[ScalarNode]:
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


def _line_of(comment: re.Match[str], text: Text) -> int:
    """The line a comment speaks of: its own, or the next one that is no comment where it stands alone."""
    line = text.position(comment.start())[0]
    if text.line(line).lstrip().startswith("#"):
        while line < len(text.starts) and text.line(line).lstrip()[:1] in ("#", ""):
            line += 1
    return line


def let_stand(allowances: Sequence[Allowance], found: list[Diagnostic]) -> list[Diagnostic]:
    """What was found less what is allowed, with what is wrong with the allowances themselves."""
    if not allowances:
        return found
    free = not has_errors(found)
    said = {_key(one) for one in found if one.severity != "error"}
    allowed = {(one.code, one.span.text.name, one.line) for one in allowances}
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
    if code not in CODES:
        near = closest(code.upper(), CODES)
        hint = f"did you mean `{near}`?" if near else "write the code, as `# mapper: allow M413 used by ...`"
        return [Diagnostic("M060", allowance.span, f"`{code}` is no code of a diagnostic", hint)]
    if CODES[code].severity == "error":
        return [Diagnostic("M060", allowance.span, f"{code} is an error, and errors cannot be allowed")]
    if not allowance.reason:
        hint = f"say why, as `# mapper: allow {code} it is read by reports`"
        return [Diagnostic("M061", allowance.span, f"this does not say why {code} is allowed here", hint)]
    if unused:
        hint = "take the comment away, or put it behind the line that it speaks of"
        return [Diagnostic("M062", allowance.span, f"there is no {code} on line {allowance.line}", hint)]
    return []
