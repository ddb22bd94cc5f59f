"""Plan x samples -> a warning of samples that a split leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.checks.check_registry import ERROR, CheckCase, Relation, check, overlapping
from mapper.compiler.checks.sample_shares import RARE, share_of
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import Field, Flatten, Node, Projection
from mapper.texts.diagnostic import Diagnostic

_BEFORE = tuple(Relation(code, overlapping) for code in (ERROR, "M604"))


@check("M611", needs=("samples",), yields_to=_BEFORE)
def samples_without_the_list_of_a_split(case: CheckCase) -> Iterator[Diagnostic]:
    """A split of a list that some samples do not have, with nothing in its place."""
    evidence, split = case.evidence, case.mapping.split
    if evidence is None or evidence.is_cut or split is None or split.whole.text is not case.mapping.text:
        return
    one = next((one for one in case.record.typed if one.expression is split), None)
    found = None if one is None else _list(split.root, one)
    if one is None or found is None:
        return
    node, present = found
    lacking = evidence.events - present
    if lacking * RARE < evidence.events or not evidence.is_enough:
        return
    said = f"gives no events for {share_of(lacking, evidence.events)}, which lack {coded(one.text(node))}"
    hint = f"to send such events as they are, write {coded(f'{split.text.strip()} || [@]')}"
    yield Diagnostic("M611", split.whole, f"`split` {said}", hint)


def _list(node: Node, one: TypedExpression) -> tuple[Node, int] | None:
    """The path of the list that an expression opens, and how many samples have it."""
    while isinstance(node, Projection | Flatten):
        node = node.base
    seen = one.type(node).seen if isinstance(node, Field) else None
    return None if seen is None else (node, seen.present)
