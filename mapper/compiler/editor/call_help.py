"""The call being written in an expression -> CallHelp: its signature, and the argument that comes next."""

from __future__ import annotations

from collections.abc import Iterable

from mapper.compiler.editor.completing import expression_at
from mapper.compiler.jmespath.signatures import own_signature, signature
from mapper.compiler.jmespath.tree import OwnFunction
from mapper.compiler.jmespath.unfinished import open_call
from mapper.compiler.plan.planner import Plan
from mapper.compiler.schema.json_schema import Schema
from mapper.compiler.yaml.unfinished_node import unfinished_node
from mapper.runtime.functions import FUNCTIONS
from mapper.texts.named_text import Text
from mapper.transforms import TRANSFORMS
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class CallHelp:
    """A call that is being written. signature: `substring(value, start, [length])`; meaning: as Markdown.

    parameters: the characters of the signature that are each of them; at: the number of the one that is
    being written.
    """

    signature: str
    meaning: str
    parameters: tuple[tuple[int, int], ...]
    at: int


def call_at(text: Text, offset: int, language: Schema, plan: Plan | None) -> CallHelp | None:
    """The help for the call that is being written at an offset of an unfinished text."""
    cursor = unfinished_node(text.content, offset)
    inner = expression_at(cursor, language) if cursor.is_value else None
    if inner is None:
        return None
    return call_help(inner.text, () if plan is None else [one.facts for one in plan.mapping.functions])


def call_help(written: str, own: Iterable[OwnFunction]) -> CallHelp | None:
    """The help for the call that is open at the end of an expression's beginning; None where none is.

    own: the functions of the mapping.
    """
    found = open_call(written)
    if found is None:
        return None
    name, at = found
    by_name = {one.name: one for one in own}
    if name in by_name:
        return _help(own_signature(by_name[name]), "A function of the mapping.", at)
    entry = FUNCTIONS.get(name) or TRANSFORMS.get(name)
    return None if entry is None else _help(signature(name), entry.summary, at)


def _help(told: str, meaning: str, at: int) -> CallHelp:
    start, parameters = told.index("(") + 1, []
    for word in told[start:-1].split(", "):
        parameters.append((start, start + len(word)))
        start += len(word) + 2
    return CallHelp(told, meaning, tuple(parameters), min(at, len(parameters) - 1))
