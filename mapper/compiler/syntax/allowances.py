"""Comments `# mapper: allow CODE reason` -> Allowance: diagnostics that their author has seen and accepts.

A comment is at the end of the line it is about, or alone on a line above. Errors cannot be allowed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice

from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode, every
from mapper.texts.diagnostic import closest
from mapper.texts.named_text import Span, Text
from mapper.values.frozen import dataclass

# Further ones have no effect. Nobody reads so many reasons.
_MOST_ALLOWANCES = 200
ALLOW = "allow"
# What other linters have, with a code that is one here.
_BARE = r"(?:noqa|nolint|ignore|disable|suppress)[:= \t]+M[0-9]{3}"
# What each of these has: it is found sooner than any of the words.
_CODE = re.compile("M[0-9]{3}")
_COMMENT = re.compile(
    rf"#(?:(?<=^#)|(?<=[ \t]#))[ \t]*(?:mapper:[ \t]*|(?={_BARE}))"
    r"([\w-]*)[:=]?[ \t]*([^\s#]*)[ \t]*([^\r\n]*)",
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
    """A diagnostic that is allowed: its code, the line it is about (from 1), why, and the comment's place.

    word: what is written for `allow`, if it is another word.
    """

    code: str
    line: int
    reason: str
    span: Span
    word: str = ALLOW


def read_allowances(text: Text, root: YamlNode) -> tuple[Allowance, ...]:
    """The allowances of a mapping's comments; what only reads like one inside a scalar is none."""
    content = text.content
    if "mapper:" not in content and not (_CODE.search(content) and re.search(_BARE, content)):
        return ()
    comments = [*islice(_COMMENT.finditer(content), _MOST_ALLOWANCES)]
    if not comments:
        return ()
    scalars = sorted((one.span.start, one.span.end) for one in _scalars(root) if "#" in one.text)
    outside = [found for found in comments if not _is_within(scalars, found.start())]
    lines_meant = _lines_meant(text) if outside else []
    return tuple(
        Allowance(
            found[2], lines_meant[line], found[3].strip(), text.span(found.start(), found.end()), found[1]
        )
        for found in outside
        if _is_meant(found[1])
        for line in (text.position(found.start())[0],)
    )


def _is_meant(word: str) -> bool:
    """Whether a comment's first word is `allow`, or was meant as it."""
    plain = word.lower()
    near = closest(plain, (ALLOW,)) or (plain.startswith(f"{ALLOW}-") and plain)
    return word == ALLOW or plain in _ELSEWHERE or bool(near)


def _is_within(spans: list[tuple[int, int]], at: int) -> bool:
    """Whether one of the spans, which are in order, holds a character."""
    before = bisect_right(spans, at, key=lambda span: span[0])
    return before > 0 and at < spans[before - 1][1]


def _scalars(root: YamlNode) -> Iterator[ScalarNode]:
    for node in every(root):
        match node:
            case ScalarNode():
                yield node
            case MapNode():
                yield from [key for key, _ in node.entries]
            case ListNode():
                pass


def _lines_meant(text: Text) -> list[int]:
    """For each line, by its number, the one that a comment there is about.

    That is its own line, or the next one that is no comment where the comment is alone.
    """
    last = len(text.starts)
    lines = [*range(last + 1)]
    for line in range(last - 1, 0, -1):
        if text.line(line).lstrip()[:1] in ("#", ""):
            lines[line] = lines[line + 1]
    return lines
