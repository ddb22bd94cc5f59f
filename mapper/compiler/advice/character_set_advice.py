"""A text that is not a set of characters -> the set that its author most likely meant."""

from __future__ import annotations

import re

from mapper.compiler.advice.advisers import Hint
from mapper.compiler.advice.other_languages.regex_sets import CLASSES, without_escapes
from mapper.compiler.plan.plan_facts import WrongArgument
from mapper.compiler.plan.planned_steps import written
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.yaml.edits import fixes_of, in_single_quotes, key_before, replace_value, with_quotes
from mapper.compiler.yaml.nodes import ListNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Edit, Fix, closest
from mapper.texts.named_text import Span
from mapper.transforms import TRANSFORMS
from mapper.transforms.character_sets import KINDS, LONGEST, read_set
from mapper.values.regular_expression import pattern
from mapper.values.types import Invalid

# A regular expression between slashes, in brackets, or with how often it may occur.
_AROUND = pattern(r"/(.*)/[a-z]*|\((?:\?:)?(.*)\)|(.*?)(?:[+*]|\{[0-9,]+\})\??", re.DOTALL)
# What other tools call a kind.
_ALSO = {
    **dict.fromkeys(("digit", "number", "numbers", "numeric", "decimal", "num", "integer"), "digits"),
    **dict.fromkeys(("letter", "alpha", "alphabet", "alphabetic"), "letters"),
    **dict.fromkeys(("words", "identifier", "alnum", "alphanumeric"), "word"),
    **dict.fromkeys(("slugs", "kebab"), "slug"),
    **dict.fromkeys(("hexadecimal", "xdigit", "hexdigit", "hexdigits"), "hex"),
    **dict.fromkeys(("spaces", "whitespace", "blank", "blanks"), "space"),
}
# What other tools call the sides of a text.
SIDES = {
    **dict.fromkeys(("left", "leading", "l", "begin", "beginning", "front", "prefix"), "start"),
    **dict.fromkeys(("right", "trailing", "r", "ending", "back", "suffix"), "end"),
}


def set_advice(fact: WrongArgument, node: ScalarNode) -> Hint | None:
    """The hint for a set of characters, or for the text or side that it was most likely meant as."""
    meant, step = meant_set(node.text), fact.written
    arguments, parameters = step.arguments, TRANSFORMS[step.transform].parameters
    if fact.parameter.name == "old":
        return None if meant is None else _as_characters(node, meant, arguments)
    sides = next((one.words for one in parameters if one.name == "side"), ())
    side = node.text if node.text in sides else SIDES.get(node.text.lower())
    if sides and side is not None:
        stated = f"{{side: {side}}}"
        return Hint(f"write `{{{step.transform}: {stated}}}`", _in_place(node, stated, arguments))
    if meant is None:
        return None
    stated = _in_yaml(meant)
    fixes = _in_place(node, stated, arguments)
    if step.transform == "remove" and meant not in KINDS and node.text.isalpha():
        hint = f"write `{stated}` for these characters, or `{{replace: {written(node.text)}}}` for the text"
        return Hint(hint, fixes)
    return Hint(f"write `{stated}`", fixes)


def _in_place(node: ScalarNode, stated: str, arguments: YamlNode | None) -> tuple[Fix, ...]:
    """The fix that writes an argument. `keep: [A-Z]` is a list for YAML, and the argument is in it."""
    whole = arguments.span if isinstance(arguments, ListNode) else node.span
    return fixes_of(replace_value(whole, stated, safe=False))


def _as_characters(node: ScalarNode, meant: str, arguments: YamlNode | None) -> Hint:
    """The set that was written as the text `old`."""
    stated, key = f"characters: {_in_yaml(meant)}", key_before("old", node.span)
    if key is not None:
        whole = with_quotes(node.span) or node.span
        edit = Edit(Span(whole.text, key.start, whole.end), stated)
        return Hint(f"write `{stated}`", (Fix(f"Write `{stated}`", (edit,), safe=False),))
    return Hint(f"write `{{{stated}}}`", _in_place(node, f"{{{stated}}}", arguments))


def _in_yaml(meant: str) -> str:
    return meant if meant.isalpha() else in_single_quotes(meant)


def meant_set(text: str) -> str | None:
    """The set that a text most likely means; None where it means none."""
    if len(text) > LONGEST:
        return None
    around = _AROUND.fullmatch(text)
    while around is not None:
        text = next(one for one in around.groups() if one is not None)
        around = _AROUND.fullmatch(text)
    bare = text[1:-1] if text[:1] == "[" and text[-1:] == "]" else text
    word = letters_of(bare)
    for meant in (text, _escaped_class(bare), _ALSO.get(word), _rewritten(text)):
        if meant is not None and _is_set(meant):
            return meant
    near = closest(text, KINDS)
    return near or (f"[{text}]" if text and _is_set(f"[{text}]") else None)


def _escaped_class(text: str) -> str | None:
    """The name of the set that a class of regular expressions alone means: `\\d`, `[:space:]`."""
    if text == "[:space:]":
        return "space"
    return CLASSES.get(text[1:]) if text[:1] == "\\" else None


def _rewritten(text: str) -> str | None:
    """A set of a regular expression without its escapes."""
    if text[:1] != "[":
        return None
    negated = text[1:2] == "^"
    inner = without_escapes(text[1 + negated : len(text) - text.endswith("]")])
    return None if inner is None else f"[{'^' * negated}{inner}]"


def _is_set(text: str) -> bool:
    try:
        read_set(text)
    except Invalid:
        return False
    return True
