"""An expression that is a bare word -> a diagnostic where that word is a constant of its field."""

from __future__ import annotations

import re

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call, Current, Field, Node, Or
from mapper.compiler.plan.constants import settle
from mapper.compiler.plan.scope import Draft, Site
from mapper.compiler.schema.names import plain
from mapper.compiler.schema.target import TargetField
from mapper.compiler.yaml.edits import quoted, replace, with_quotes
from mapper.diagnostic import Diagnostic, Edit, Fix
from mapper.text import Span
from mapper.types import Invalid

# Forms that only few words have: a bare word that is one of them was most likely meant as a constant.
_CLOSED_FORMS = frozenset({"boolean", "country", "currency", "gender", "language", "state"})
# Of these, those whose words are also names that an event's attributes have: `us`, `ca`, `f`.
_OPEN_FORMS = _CLOSED_FORMS - {"boolean"}
# A text that begins with a language is one only with nothing or a region behind it: not `no_lang`.
_LOCALE = re.compile(r"[A-Za-z]{2}(?:_[A-Z]{2})?")
# Of these the checker has spoken where it read the expression.
_LITERALS = frozenset({"true", "false", "null"})


def is_constant_word(expression: Expression, site: Site, draft: Draft) -> bool:
    """Report a bare word that is a legal constant of the target, alone or behind `||`.

    Whether nothing can be planned of it; a word that may be an attribute's name is a warning only.
    """
    node, target = expression.root, site.target
    while (last := _last_choice(node)) is not None:
        node = last
    if target is None or not isinstance(node, Field) or not isinstance(node.base, Current):
        return False
    word, leaf = node.name, target.item or target
    if word in dict(site.scope.at.fields or ()):
        return False
    if word in _LITERALS or node.base.start < node.base.end:
        return False
    if not _is_legal(word, leaf):
        return _is_other_word(node, leaf, expression, target.path, draft)
    span = expression.span(node)
    is_open = any(step.transform in _OPEN_FORMS for step in leaf.form)
    certain = not (is_open and word.islower())
    if node is expression.root:
        hint, fix = _alone(word, expression.whole, leaf, certain)
    else:
        hint, fix = _behind_or(word, expression, span, certain)
    if is_open:
        hint += f"; where the attribute is meant: `{_as_attribute(word, target)}`"
    fixes = () if fix is None else (fix,)
    code, verb = ("M308", "is itself") if certain else ("M313", "may be meant as")
    message = f"`{word}` reads the attribute `{word}` of the event, but {verb} a value of `{target.path}`"
    draft.found.append(Diagnostic(code, span, message, hint, path=target.path, fixes=fixes))
    return certain


def _is_other_word(node: Field, leaf: TargetField, expression: Expression, path: str, draft: Draft) -> bool:
    """Report a word that is another spelling of a constant, or what other tools write for one."""
    word = plain(node.name)
    meant = [ours for ours in leaf.words if plain(ours) == word]
    meant += [ours for other, ours in leaf.also_words if other == word]
    meant = list(dict.fromkeys(meant))
    if not meant:
        return False
    # A word in small letters that differs only in its letters may be the name of an attribute.
    certain = meant[0] not in leaf.words or not node.name.islower()
    constants = [f"{{const: {quoted(one)}}}" for one in meant]
    whole = replace(expression.whole, constants[0], safe=False) if node is expression.root else None
    fixes = (whole,) if whole is not None and len(meant) == 1 else ()
    values = " or ".join(f"`{one}`" for one in meant)
    code, verb = ("M308", "is another word for") if certain else ("M313", "may be meant as")
    message = f"`{node.name}` reads the attribute `{node.name}` of the event, but {verb} {values} of `{path}`"
    hint = "write " + " or ".join(f"`{one}`" for one in constants)
    draft.found.append(Diagnostic(code, expression.span(node), message, hint, path=path, fixes=fixes))
    return certain


def _last_choice(node: Node) -> Node | None:
    """What stands behind all others of a choice: `a || b`, `not_null(a, b)`."""
    if isinstance(node, Or):
        return node.right
    if isinstance(node, Call) and node.name == "not_null" and len(node.arguments) > 1:
        return node.arguments[-1]
    return None


def _as_attribute(word: str, target: TargetField) -> str:
    """How an attribute of that name is read without doubt: from the event, or from the element of a list."""
    return f'"@.{word}"' if "[]" in target.path else f"$event.{word}"


def _alone(word: str, whole: Span, leaf: TargetField, certain: bool) -> tuple[str, Fix | None]:
    if leaf.type.kinds - {"null"} == {"boolean"}:
        written = str(settle(word, (), leaf)).lower()
    else:
        written = f"{{const: {quoted(word)}}}"
    return f"write `{written}`", replace(whole, written, safe=certain)


def _behind_or(word: str, expression: Expression, span: Span, certain: bool) -> tuple[str, Fix | None]:
    """The word as a text within the expression: `currency || 'EUR'`."""
    content = span.text.content
    is_word = content[span.start : span.end] == word
    around = with_quotes(expression.whole)
    quote = "" if around is None else content[around.start : around.start + 1]
    written = f"''{word}''" if quote == "'" and around != expression.whole else f"'{word}'"
    fix = Fix(f"Write `'{word}'`", (Edit(span, written),), safe=certain) if is_word else None
    return (
        f"a text in an expression stands in quotes: `'{word}'`; or write `default: {word}` in the rule",
        fix,
    )


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
