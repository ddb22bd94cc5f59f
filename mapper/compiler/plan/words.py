"""An expression that is a bare word -> the constant of its field that is meant by it."""

from __future__ import annotations

import re

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call, Current, Field, Node, Or
from mapper.compiler.plan.constants import settle
from mapper.compiler.plan.facts import ConstantWord
from mapper.compiler.plan.scope import Site
from mapper.compiler.schema.names import plain
from mapper.compiler.schema.target import TargetField
from mapper.types import Invalid

# Forms that only few words have: a bare word that is one of them was most likely meant as a constant.
_CLOSED_FORMS = frozenset({"boolean", "country", "currency", "gender", "language", "state"})
# Of these, those whose words are also names that an event's attributes have: `us`, `ca`, `f`.
_OPEN_FORMS = _CLOSED_FORMS - {"boolean"}
# A text that begins with a language is one only with nothing or a region behind it: not `no_lang`.
_LOCALE = re.compile(r"[A-Za-z]{2}(?:_[A-Z]{2})?")
# Of these the checker has spoken where it read the expression.
_LITERALS = frozenset({"true", "false", "null"})


def constant_word(expression: Expression, site: Site) -> ConstantWord | None:
    """The bare word of an expression, alone or behind `||`, that is a constant of its field.

    Nothing is planned of one that is certainly meant so; another one may be the name of an attribute.
    """
    node, target = expression.root, site.target
    while (last := _last_choice(node)) is not None:
        node = last
    if target is None or not isinstance(node, Field) or not isinstance(node.base, Current):
        return None
    word, leaf = node.name, target.item or target
    if word in dict(site.scope.at.fields or ()):
        return None
    if word in _LITERALS or node.base.start < node.base.end:
        return None
    if not _is_legal(word, leaf):
        return _other_word(node, target, expression)
    is_open = any(step.transform in _OPEN_FORMS for step in leaf.form)
    return ConstantWord(expression, node, target, (), not (is_open and word.islower()), is_open)


def _other_word(node: Field, target: TargetField, expression: Expression) -> ConstantWord | None:
    """A word that is another spelling of a constant, or what other tools write for one."""
    word, leaf = plain(node.name), target.item or target
    meant = [ours for ours in leaf.words if plain(ours) == word]
    meant += [ours for other, ours in leaf.also_words if other == word]
    meant = list(dict.fromkeys(meant))
    if not meant:
        return None
    # A word in small letters that differs only in its letters may be the name of an attribute.
    certain = meant[0] not in leaf.words or not node.name.islower()
    return ConstantWord(expression, node, target, tuple(meant), certain)


def _last_choice(node: Node) -> Node | None:
    """What stands behind all others of a choice: `a || b`, `not_null(a, b)`."""
    if isinstance(node, Or):
        return node.right
    if isinstance(node, Call) and node.name == "not_null" and len(node.arguments) > 1:
        return node.arguments[-1]
    return None


def _is_legal(word: str, leaf: TargetField) -> bool:
    closed = leaf.limits.enum is not None or any(step.transform in _CLOSED_FORMS for step in leaf.form)
    if not closed:
        return word in leaf.words
    if any(step.transform == "language" for step in leaf.form) and not _LOCALE.fullmatch(word):
        return False
    try:
        return settle(word, (), leaf) is not None
    except Invalid:
        return False
