"""YAML nodes -> the keys, texts and lists that are due; a diagnostic where something else stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mapper.compiler.syntax.foreign_keys import Entry, advise, argument_of
from mapper.compiler.yaml.edits import rename, replace, shown
from mapper.compiler.yaml.reader import ListNode, MapNode, Node, ScalarNode
from mapper.diagnostic import Diagnostic, Fix, closest
from mapper.text import Span
from mapper.transforms import TRANSFORMS
from mapper.types import Json

# What YAML 1.1 and other tools take for a boolean.
_BOOLEANS = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}

Entries = dict[str, tuple[ScalarNode, Node]]


def entries_of(node: Node, what: str, keys: Iterable[str], found: list[Diagnostic]) -> Entries:
    """The entries of a mapping by key; unknown keys are reported and left out.

    `what` names the thing in messages: "a section", "`consent`".
    """
    if not isinstance(node, MapNode):
        wrong_shape(node, f"{what} is a mapping", found)
        return {}
    known = tuple(keys)
    entries: Entries = {}
    for key, value in node.entries:
        if key.text in known:
            entries[key.text] = (key, value)
        else:
            unknown_key(key, what, known, found, node)
    return entries


def unknown_key(
    key: ScalarNode, what: str, known: Iterable[str], found: list[Diagnostic], among: MapNode
) -> None:
    """Report a key that `what` does not have; `among` are the entries it stands with."""
    names = tuple(known)
    value = next((value.span for other, value in among.entries if other is key), None)
    beside = tuple(other.text for other, _ in among.entries if other is not key)
    entry = Entry(key.text, key.span, value, beside)
    steps = next((node for other, node in among.entries if other.text == "apply"), None)
    as_step = argument_of(entry, steps) if steps is not None and what == "a rule" else None
    hint, fixes = as_step or advise(entry, what, names)
    found.append(Diagnostic("M020", key.span, f"`{key.text}` is not a key of {what}", hint, fixes=fixes))


def missing(
    node: Node,
    known: Iterable[str],
    message: str,
    found: list[Diagnostic],
    hint: str | None = None,
    span: Span | None = None,
    fixes: tuple[Fix, ...] = (),
) -> None:
    """Report a key that is not there, unless a diagnostic of a key beside it says why already.

    That is so where a key is misspelt (it is none of `known`), or its value could not be read.
    """
    if isinstance(node, MapNode):
        if node.unread or any(key.text not in known for key, _ in node.entries):
            return
        found.append(Diagnostic("M021", span or node.span, message, hint, fixes=fixes))


def wrong_shape(
    node: Node,
    due: str,
    found: list[Diagnostic],
    hint: str | None = None,
    fixes: tuple[Fix | None, ...] = (),
) -> None:
    """Report that something else stands where `due` says what should."""
    mends = tuple(fix for fix in fixes if fix is not None)
    if isinstance(node, ScalarNode) and node.value is None and node.style == "plain":
        found.append(Diagnostic("M023", node.span, f"nothing stands here, but {due}", hint, fixes=mends))
    else:
        found.append(Diagnostic("M022", node.span, f"{due}, not {describe(node)}", hint, fixes=mends))


def describe(node: Node) -> str:
    """What a node is, in an author's words: `a list`, `a number`."""
    if isinstance(node, MapNode):
        return "a mapping"
    if isinstance(node, ListNode):
        return "a list"
    if isinstance(node.value, str):
        return "a text" if node.text.strip() else "an empty text"
    if isinstance(node.value, bool):
        return "a boolean"
    return "nothing" if node.value is None else "a number"


def is_text(node: Node) -> bool:
    """Whether a node is text that is not empty."""
    return isinstance(node, ScalarNode) and isinstance(node.value, str) and bool(node.text.strip())


def text_of(node: Node, what: str, found: list[Diagnostic], hint: str | None = None) -> str:
    """The text of a scalar; "" (and a diagnostic) where it is not text."""
    if isinstance(node, ScalarNode) and is_text(node):
        return node.text
    wrong_shape(node, f"{what} is a text", found, hint)
    return ""


def choice_of(
    node: Node,
    what: str,
    choices: tuple[str, ...],
    found: list[Diagnostic],
    meant: Mapping[str, str] | None = None,
) -> str:
    """One of the words of `choices`; the first of them (and a diagnostic) where something else stands.

    meant: what other words mean, in small letters.
    """
    if isinstance(node, ScalarNode) and node.text in choices:
        return node.text
    words = " or ".join(f"`{choice}`" for choice in choices)
    text = node.text if isinstance(node, ScalarNode) else ""
    near = (meant or {}).get(text.lower()) or closest(text, choices)
    hint, fixes = (f"did you mean `{near}`?", (rename(node.span, near),)) if near else (None, ())
    wrong_shape(node, f"{what} is {words}", found, hint, fixes)
    return choices[0]


def boolean_of(node: Node, what: str, found: list[Diagnostic]) -> bool:
    """A `true` or `false`; False (and a diagnostic) where something else stands."""
    if isinstance(node, ScalarNode) and isinstance(node.value, bool):
        return node.value
    word = _BOOLEANS.get(node.text.lower()) if isinstance(node, ScalarNode) else None
    hint, fixes = (f"write `{word}`", (replace(node.span, word, safe=True),)) if word else (None, ())
    wrong_shape(node, f"{what} is `true` or `false`", found, hint, fixes)
    return False


def listed(node: Node) -> tuple[Node, ...]:
    """The elements of a list, or the node itself where one thing stands for a list of one."""
    return node.items if isinstance(node, ListNode) else (node,)


def json_of(node: Node) -> Json:
    """The JSON value that a node writes out."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, ListNode):
        return [json_of(item) for item in node.items]
    return {key.text: json_of(value) for key, value in node.entries}


def no_step(node: Node, apply: Node, found: list[Diagnostic]) -> None:
    """Report what stands among the steps of `apply` and is none."""
    due = "a step is a name, or a name with its arguments: `{substring: {start: 0}}`"
    if isinstance(node, ListNode) and isinstance(apply, ListNode):
        wrong_shape(node, due, found, "write the steps in one list")
        return
    steps = _several(node) if isinstance(node, MapNode) else None
    if not steps:
        wrong_shape(node, due, found)
        return
    wrong_shape(
        node,
        "several steps stand in a list",
        found,
        f"write them as a list: `[{steps}]`",
        (replace(node.span, steps if isinstance(apply, ListNode) else f"[{steps}]", safe=True),)
        if node.span.text.content[node.start : node.start + 1] == "{"
        else (),
    )


def _several(node: MapNode) -> str | None:
    """Several steps that stand in one mapping, as they stand in a list."""
    steps = []
    for key, value in node.entries:
        written = shown(value.span)
        if key.text not in TRANSFORMS or (written is None and value.span.start < value.span.end):
            return None
        steps.append(key.text if written is None else f"{{{key.text}: {written}}}")
    return ", ".join(steps)
