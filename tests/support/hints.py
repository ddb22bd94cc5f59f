"""What a diagnostic tells an author to write, put into the mapping as the author would: for test_hints.py."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from mapper.compiler.findings import Findings
from mapper.compiler.syntax import language_keys
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.diagnostic import Diagnostic, Fix
from mapper.texts.named_text import Span, Text
from mapper.transforms import TRANSFORMS

Check = Callable[[str], tuple[Diagnostic, ...]]

# A text in backticks, in two where it holds some.
_QUOTED = re.compile(r"``\s(.+?)\s``|`([^`\n]+)`")
# What stands before a text that is to be written as it is.
_BEFORE = re.compile(
    r"(?:\b(?:write|written|add|put)(?: (?:a|an|the) list of sections:| the keys)?|\bbut|in the expression:"
    r"|two values(?: by)?:?|one rule:|one list:|is a step:|go under `apply`:|is meant:?|meant:"
    r"|a decimal point:|in quotes:|the fields:|decides by the condition alone:|without braces:"
    r"|behind the zone of the clock:|place of `\w+`)\s$"
)
_OR = re.compile(r"^(?:[^\w;]|\bor\b|\band\b|\bwrite\b)*$")
# A step or a part that goes with what is there.
_BESIDE = (" as the last step", " for the first one")
# Words that a person is to fill in, and what stands for a part that is not shown.
_PLACEHOLDER = re.compile(r"\b(?:[A-Z]{4,}|[a-z])\b|\.\.\.|^(?:key|name): value$|\$name\b")
_KEYS = {*language_keys.RULE, *language_keys.ARM, *language_keys.SECTION, *language_keys.MAPPING}


@dataclass(frozen=True)
class Proposal:
    """A rule or an expression that a hint says, and the texts that a reader may make by it."""

    written: str
    texts: tuple[str, ...]


def proposals(found: Diagnostic, content: str) -> list[Proposal]:
    """What the hint of a diagnostic says should be written; nothing where a person must fill in a part."""
    hint = found.hint or ""
    said: list[Proposal] = []
    before, taken = "", False
    at = 0
    for match in _QUOTED.finditer(hint):
        written = match[1] or match[2]
        before = hint[at : match.start()]
        taken = bool(_BEFORE.search(hint[: match.start()])) or (taken and bool(_OR.match(before)))
        taken = taken and not hint.startswith(_BESIDE, match.end())
        at = match.end()
        if taken and not _is_to_be_filled_in(written, content):
            said.append(Proposal(written, tuple(dict.fromkeys(_texts(written, found, content)))))
    return said


def _is_to_be_filled_in(written: str, content: str) -> bool:
    """Whether a text is a pattern, or only names a key, and is not to be written as it is."""
    parts = _PLACEHOLDER.findall(written)
    words = {*_WORD.findall(content)}
    shown = [part for part in parts if part not in words]
    return bool(shown) or written in _KEYS or written.endswith(":") or not _WORD.search(written)


def _texts(written: str, found: Diagnostic, content: str) -> Iterator[str]:
    span = found.span

    def put(start: int, end: int, text: str) -> str:
        return content[:start] + text + content[end:]

    above = list(_above(span, content))
    in_text = above[0] if above and isinstance(above[0], ScalarNode) else None
    key = re.match(r"(- )?['\"]?([\w.$-]+)['\"]?: (.+)", written, re.DOTALL)
    if key is not None:
        yield from _entries(key[2], written.removeprefix("- "), above, content)
        for node in above[:2]:
            own = content[node.span.start : node.span.end]
            if isinstance(node, ScalarNode) and node.style == "plain" and re.search(r"[`:#{}\[\],]", own):
                own = json.dumps(own, ensure_ascii=False)
            yield put(node.span.start, node.span.end, f"{{from: {own}, {written}}}")
            yield put(node.span.start, node.span.end, f"{{{written}}}")
    if written.startswith("- "):
        written = written[2:]
        for node in above:
            yield put(node.span.start, node.span.end, f"[{written}]")
    if in_text is not None and in_text.style == "plain":
        yield put(span.start, span.end, written)
    for node in above[:4]:
        yield put(node.span.start, node.span.end, written)
        if not isinstance(node, ScalarNode) or node.style != "plain" or re.search(r"[`:#{}\[\],]", written):
            yield put(node.span.start, node.span.end, json.dumps(written, ensure_ascii=False))
    yield put(span.start, span.end, written)
    for related, _ in found.related:
        if related.text.content == content:
            yield put(related.start, related.end, written)
    if in_text is not None and in_text.style == "double":
        yield put(span.start, span.end, json.dumps(written, ensure_ascii=False)[1:-1])


def _entries(key: str, written: str, above: list[YamlNode], content: str) -> Iterator[str]:
    """An entry in place of the one with its key, or of the one around a place; or one beside these."""
    mappings = [(node, above[place - 1] if place else None) for place, node in enumerate(above)]
    replaced, beside = list[str](), list[str]()
    for node, inner in mappings:
        if not isinstance(node, MapNode) or not node.entries:
            continue
        for name, value in node.entries:
            start, end = name.span.start, max(value.span.end, name.span.end)
            start -= content[start - 1 : start] in ("'", '"')
            text = content[:start] + written + content[end:]
            if name.text == key:
                yield text
            elif inner is None or value is inner:
                replaced.append(text)
        start = node.entries[0][0].span.start
        column = start - content.rfind("\n", 0, start) - 1
        flow = content[node.span.start : node.span.start + 1] == "{"
        beside.append(content[:start] + written + (", " if flow else f"\n{' ' * column}") + content[start:])
    yield from (*replaced, *beside)


def _above(span: Span, content: str) -> Iterator[YamlNode]:
    """The nodes around a span, innermost first; a key is in its mapping."""

    def around(node: YamlNode) -> list[YamlNode]:
        inner: tuple[YamlNode, ...] = ()
        if isinstance(node, MapNode):
            inner = tuple(value for _, value in node.entries)
        elif isinstance(node, ListNode):
            inner = node.items
        found = next(
            (one for one in inner if one.span.start <= span.start and span.end <= one.span.end), None
        )
        return [*([] if found is None else around(found)), node]

    root = read_yaml(Text("m.yaml", content), Findings())
    yield from [] if root is None else around(root)


def faults(found: Diagnostic, content: str, changed: str, check: Check, written: Sequence[str]) -> list[str]:
    """What is wrong with a text in which a diagnostic was to be fixed, but for what it loses.

    written: the texts that were put in.
    """
    after = check(changed)
    before, now = Counter(map(_said, check(content))), Counter(map(_said, after))
    wrong = [] if now[_said(found)] < before[_said(found)] else ["it is found again"]
    errors = (one for one in after if one.severity == "error" and not is_left_to_decide(one, written))
    for _, code, message in Counter(map(_said, errors)) - before:
        if _could_be_found(code, found):
            wrong.append(f"brings {code} {message}")
    return wrong


def are_apart(fix: Fix) -> bool:
    """Whether no two edits of a fix meet, and they are in their order."""
    ends = [(edit.span.start, edit.span.end) for edit in fix.edits]
    return ends == sorted(ends) and all(end <= start for (_, end), (start, _) in pairwise(ends))


def brought_by(found: Diagnostic, before: Sequence[Diagnostic], after: Sequence[Diagnostic], fix: Fix) -> str:
    """What is wrong with what a fix brings; "" where its diagnostic is gone and no error is new."""
    one, other = (Counter((each.code, each.message) for each in told) for told in (before, after))
    if other[found.code, found.message] >= one[found.code, found.message]:
        return "it is found again"
    left = [each for each in after if is_left_to_decide(each, [edit.replacement for edit in fix.edits])]
    if left and fix.safe:
        return "it is certain and leaves something to decide"
    errors = [each for each in after if each.severity == "error" and each not in left]
    # Of what could not be read nothing was checked before.
    unread = ("M2", "M3") if found.code.startswith("M1") or found.code == "M306" else ()
    new = Counter((each.code, each.message) for each in errors if each.code[:2] not in unread) - one
    return f"brings {', '.join(code for code, _ in new)}" if new else ""


def _said(found: Diagnostic) -> tuple[str, str, str]:
    return found.severity, found.code, found.message


def is_left_to_decide(error: Diagnostic, written: Sequence[str]) -> bool:
    """Whether an error is of a `{todo: ...}` that a fix writes for the author to fill in."""
    span = error.span
    todo = span.text.content[span.start : span.end]
    return error.code == "M153" and any(todo in one for one in written)


def _could_be_found(code: str, before: Diagnostic) -> bool:
    """Whether an error could be found before: of what could not be read nothing is checked, nor read on."""
    unread = before.code[:2] in ("M0", "M1") or before.code == "M306"
    return not (unread and code[:2] in ("M2", "M3", "M4")) and not code == before.code == "M001"


_WORD = re.compile(r"\w+")
_COMMENT = re.compile(r"(?m)(?:^|[ \t])#.*$")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))")
# Words that hold a rule or an expression together, here or in other tools: another form does without them.
_JOINTS = {
    *(
        *language_keys.RULE,
        *language_keys.ARM,
        *language_keys.MAPPING,
        *language_keys.SKIP,
        *language_keys.SECTION,
    ),
    *(one.name for transform in TRANSFORMS.values() for one in transform.parameters),
    *("table", "if", "elif", "endif", "for", "in", "endfor", "as", "and", "or", "not"),
}
_AWAY = re.compile(r"(?:[Rr]emove|[Ll]eave) (?:the )?`([^`]+)`")
_LIKE = 0.7


def losses(found: Diagnostic, content: str, changed: str, fix: Fix | None = None) -> list[str]:
    """The words of a mapping that are gone, less those that the diagnostic says are wrong or go."""
    before, now = (Counter(_WORD.findall(_plain(one))) for one in (content, changed))
    span = content[found.span.start : found.span.end]
    spoken = [one for pair in _QUOTED.findall(found.message) for one in pair if _WORD.fullmatch(one)]
    spoken += _AWAY.findall(f"{found.hint} {fix.title if fix else ''}")
    spoken += [span] if len(_WORD.findall(span)) == 1 else []
    # How many cents a unit has, `minor_units` knows.
    spoken += ["100"] if changed.count("minor_units(") > content.count("minor_units(") else []
    # The list that `each` has is not written again within its `item`.
    is_of_element = "an expression in `item` already reads the element" in (found.hint or "")
    spoken += [span.rpartition(".")[0]] if is_of_element else []
    # Nothing that an expectation which never holds says has to stay.
    spoken += [span] if found.code in ("M501", "M504") else []
    for edit in fix.edits if fix else ():
        old = content[edit.span.start : edit.span.end]
        if (fix and fix.title.startswith("Remove") and not edit.replacement) or _is_like(
            old, edit.replacement
        ):
            spoken.append(old)
    lost = {*(before - now)} - _JOINTS - {word for one in spoken for word in _WORD.findall(_plain(one))}
    in_item = any(isinstance(one, MapNode) and _is_loop(one) for one in list(_above(found.span, content))[1:])
    more = changed.count("[0]") > content.count("[0]")
    one_of_all = more and ("accepts array" in found.message or in_item)
    return sorted(lost) + (["all elements but the first"] if one_of_all else [])


def _is_loop(node: MapNode) -> bool:
    return any(key.text == "each" for key, _ in node.entries)


def _is_like(old: str, new: str) -> bool:
    """Whether one word is another one spelt right."""
    return " " not in old and SequenceMatcher(None, old, new.strip("'\"")).ratio() >= _LIKE


def _plain(text: str) -> str:
    """A mapping without comments, and with characters in place of escapes."""
    return _ESCAPE.sub(lambda one: chr(int(one[1] or one[2], 16)), _COMMENT.sub("", text))
