"""An expression that is a bare word -> a diagnostic where that word is a constant of its field."""

from __future__ import annotations

from mapper.compiler.document.fixes import quoted, replace, with_quotes
from mapper.compiler.expression import Expression
from mapper.compiler.expressions.tree import Current, Field, Or
from mapper.compiler.planning.constant import settle
from mapper.compiler.planning.draft import Draft
from mapper.compiler.target import TargetField
from mapper.diagnostic import Diagnostic, Edit, Fix
from mapper.text import Span
from mapper.types import Invalid

# Forms that only few words have: a bare word that is one of them was meant as a constant.
_CLOSED_FORMS = frozenset({"boolean", "country", "currency", "gender", "language", "state"})
# Of these the checker has spoken where it read the expression.
_LITERALS = frozenset({"true", "false", "null"})


def is_constant_word(expression: Expression, target: TargetField, draft: Draft) -> bool:
    """Report a bare word that is a legal constant of the target, alone or behind `||`."""
    node = expression.root
    while isinstance(node, Or):
        node = node.right
    if not isinstance(node, Field) or not isinstance(node.base, Current) or node.name in _LITERALS:
        return False
    word, leaf = node.name, target.item or target
    if not _is_legal(word, leaf):
        return False
    message = f"`{word}` reads the attribute `{word}` of the event, but is itself a value of `{target.path}`"
    span = expression.span(node)
    if node is expression.root:
        hint, fix = _alone(word, expression.whole, leaf)
    else:
        hint, fix = _behind_or(word, expression, span)
    fixes = () if fix is None else (fix,)
    draft.found.append(Diagnostic("M308", span, message, hint, path=target.path, fixes=fixes))
    return True


def _alone(word: str, whole: Span, leaf: TargetField) -> tuple[str, Fix | None]:
    if leaf.type.kinds - {"null"} == {"boolean"}:
        written = str(settle(word, (), leaf)).lower()
    else:
        written = f"{{const: {quoted(word)}}}"
    return f"write `{written}`", replace(whole, written, safe=True)


def _behind_or(word: str, expression: Expression, span: Span) -> tuple[str, Fix | None]:
    """The word as a text within the expression: `currency || 'EUR'`."""
    content = span.text.content
    is_word = content[span.start : span.end] == word
    around = with_quotes(expression.whole)
    quote = "" if around is None else content[around.start : around.start + 1]
    written = f"''{word}''" if quote == "'" and around != expression.whole else f"'{word}'"
    fix = Fix(f"Write `'{word}'`", (Edit(span, written),), safe=True) if is_word else None
    return (
        f"a text in an expression stands in quotes: `'{word}'`; or write `default: {word}` in the rule",
        fix,
    )


def _is_legal(word: str, leaf: TargetField) -> bool:
    closed = leaf.limits.enum is not None or any(step.transform in _CLOSED_FORMS for step in leaf.form)
    if not closed:
        return word in leaf.words
    try:
        return settle(word, (), leaf) is not None
    except Invalid:
        return False
