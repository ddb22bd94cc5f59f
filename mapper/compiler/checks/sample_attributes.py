"""Plan x samples -> warnings of attributes that are read and that no sample has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mapper.compiler.checks.check_registry import ERROR, CheckCase, Relation, check, overlapping
from mapper.compiler.inference.expression_faults import written_base
from mapper.compiler.inference.type_facts import UnknownAttribute, in_place
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import Call, Current, Field, Literal
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.syntax.alternatives import alternatives_of, chooses
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.transforms.key_patterns import names_like, plain_texts
from mapper.values.types import Type

# Any other name may be a value itself, and is not shown.
_ATTRIBUTE = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]{0,39}")
_OTHERS = tuple(Relation(code, overlapping) for code in (ERROR, "M120", "M126", "M133", "M134"))


@check("M604", needs=("samples",), yields_to=_OTHERS)
def attributes_of_no_sample(case: CheckCase) -> Iterator[Diagnostic]:
    """Attributes that are read, that no sample has, and that nothing replaces.

    What a file that is extended reads is for other sources too.
    """
    evidence = case.evidence
    if evidence is None or evidence.is_cut:
        return
    typed = {id(one.expression): one for one in case.record.typed}
    for alternatives in alternatives_of(case.mapping):
        each = [typed.get(id(one)) for one in alternatives.expressions]
        lacking = [None if one is None else _lacking(one) for one in each]
        for one, nodes in zip(each, lacking, strict=True):
            if one is None or not all(lacking) or one.expression.whole.text is not case.mapping.text:
                continue
            for node in nodes or ():
                yield from _of_no_sample(node, one, case)


@check("M604", needs=("samples",), yields_to=_OTHERS)
def patterns_of_no_sample(case: CheckCase) -> Iterator[Diagnostic]:
    """Patterns of `pick` that describe no attribute of any sample."""
    evidence = case.evidence
    if evidence is None or evidence.is_cut or not evidence.is_enough:
        return
    for one in case.record.typed:
        if one.expression.whole.text is not case.mapping.text:
            continue
        for node in one.nodes:
            if (
                not isinstance(node, Call)
                or node.name != "pick"
                or id(node.arguments[0]) not in one.typed.parts
            ):
                continue
            base, key = one.type(node.arguments[0]), node.arguments[1]
            names = _sampled(base)
            if base.known and names and isinstance(key, Literal) and not names_like(str(key.value), names):
                message = f"none of {evidence.said} has an attribute that {coded(str(key.value))} describes"
                near = closest("".join(plain_texts(str(key.value))), names)
                hint = None if near is None or not _ATTRIBUTE.fullmatch(near) else f"the nearest is `{near}`"
                yield Diagnostic("M604", one.expression.span(key), message, hint)


def _lacking(one: TypedExpression) -> list[Field]:
    """The attributes that an expression reads and no sample has; none where another part may give it."""
    reads = [node for node in one.nodes if isinstance(node, Field) and id(node.base) in one.typed.parts]
    below = {id(node.base) for node in reads}
    lacking = [node for node in reads if _is_lacking(node, one)]
    whole = [node for node in reads if id(node) not in below]
    if chooses(one.expression) and not all(_is_in_lack(node, one) for node in whole):
        return []
    return lacking


def _is_lacking(node: Field, one: TypedExpression) -> bool:
    base = one.type(node.base)
    names = _sampled(base)
    return base.known and "object" in base.kinds and bool(names) and node.name not in names


def _sampled(base: Type) -> list[str]:
    """The attributes that samples have of an object; none where only a condition says that one is there."""
    fields = base.fields or ()
    return [name for name, _ in fields] if any(known.seen is not None for _, known in fields) else []


def _is_in_lack(node: Field, one: TypedExpression) -> bool:
    """Whether a path comes to nothing in each sample, at its last attribute or before it."""
    at: object = node
    while isinstance(at, Field):
        if id(at.base) in one.typed.parts and _is_lacking(at, one):
            return True
        at = at.base
    return False


def _of_no_sample(node: Field, one: TypedExpression, case: CheckCase) -> Iterator[Diagnostic]:
    evidence = case.evidence
    assert evidence is not None
    names = [name for name, _ in one.type(node.base).fields or ()]
    elsewhere = _of_element(node, one, case.plan.scope.at)
    # Of few samples, only a name that they have in other letters, or that the element or the event has.
    is_clear = elsewhere is not None or letters_of(node.name) in map(letters_of, names)
    if not (evidence.is_enough or is_clear):
        return
    written = written_base(node.base, one.expression)
    message = f"none of {evidence.said} has `{node.name}`" + (f" in {coded(written)}" if written else "")
    span = one.expression.locate(node.name_start, node.end)
    if elsewhere is None:
        shown = tuple(name for name in names if _ATTRIBUTE.fullmatch(name))
        fact = UnknownAttribute(one.expression, node, shown) if shown else None
        yield Diagnostic("M604", span, message, facts=fact)
    else:
        path, instead, why = elsewhere
        facts = in_place(path, instead, one.expression)
        yield Diagnostic("M604", span, message, f"write {coded(instead)}: {why}", facts=facts)


def _of_element(node: Field, one: TypedExpression, event: Type) -> tuple[Field, str, str] | None:
    """For an element that lacks the first name of a path: the path, what is meant by it, and why."""
    element = one.typed.at
    if element is event or not isinstance(node.base, Current):
        return None
    path = node
    for above in one.nodes:  # parents come first: the longest path that begins here
        if isinstance(above, Field) and above.start == node.start and above.end > path.end:
            path = above
    written = one.expression.text[path.start : path.end]
    if path is not node and any(name == path.name for name, _ in element.fields or ()):
        name = one.expression.text[path.name_start : path.end]
        return path, name, "an expression in `item` already reads the element"
    if any(name == node.name for name, _ in event.fields or ()):
        return path, f"$event.{written}", "the event has it, and not the element"
    return None
