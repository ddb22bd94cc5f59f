"""What a mapping must not do although its types allow it: personal values in clear, wrong digests, ids that
are no ids."""

from __future__ import annotations

from mapper.compiler.inference.origins import LETS_NOTHING_THROUGH, likely_read, personal_read
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call, Current, Field, Node, Then, Variable
from mapper.compiler.plan.planned import Entry, Fixed
from mapper.compiler.plan.scope import Draft, Site
from mapper.compiler.plan.steps import Step
from mapper.compiler.schema.target import Target, TargetField
from mapper.compiler.syntax.values import FirstOf, Rule, Value
from mapper.compiler.yaml.edits import fixes_of, without_step
from mapper.diagnostic import Diagnostic, Fix
from mapper.text import Span
from mapper.transforms import TRANSFORMS

# The steps of a form that keep any text.
_OF_ANY_TEXT = frozenset({"clean", "lowercase", "text", "trim", "uppercase", "without_placeholder"})


def check_personal(expression: Expression, site: Site, draft: Draft) -> None:
    """Report a personal attribute of the event that goes into a field as it is."""
    target = site.target
    if target is None or target.personal or target.is_object:
        return
    if any(step.transform in LETS_NOTHING_THROUGH for step in site.tail):
        return
    code, found = "M401", personal_read(expression, site.scope.paths, draft.labels)
    if found is None and _is_text(target):
        code, found = "M439", likely_read(expression, site.scope.paths, draft.labels)
    if found is None:
        return
    if site.personal_allowed:
        draft.allowed += 1
        return
    path, read = found
    message = f"`{target.path}` is sent as it is, but `{'.'.join(path)}` is personal"
    hint = "send something else, or write `personal: allowed` in the rule if it must be so"
    if code == "M439":
        message = f"`{target.path}` is sent unhashed, and by its name `{'.'.join(path)}` is personal"
        hint = "send something else, or write `personal: allowed` in the rule if it is not"
    span = expression.locate(read.start, read.end)
    draft.found.append(Diagnostic(code, span, message, hint, path=target.path))


def _is_text(target: TargetField) -> bool:
    """Whether any text can go into a field: no number, word or code is made of it."""
    leaf = target.item or target
    steps = {step.transform for step in leaf.form}
    return (not leaf.type.known or "string" in leaf.type.kinds) and steps <= _OF_ANY_TEXT


def check_digests(
    source: Expression | None, steps: tuple[Step, ...], target: TargetField, draft: Draft
) -> None:
    """Report digests of what must stay plain, and of what is not yet in the form its field asks for."""
    if not steps and source is not None and isinstance(source.root, Field):
        return  # a plain path, as most expressions are
    chain = [] if source is None else _called(source, draft)
    chain += [(step.transform.name, step.span) for step in steps]
    digests = [(place, span) for place, (name, span) in enumerate(chain) if name == "sha256" and span]
    if not digests:
        return
    (place, span), leaf = digests[0], target.item or target
    before = [name for name, _ in chain[:place]]
    if leaf.plain or target.plain:
        message = f"`{target.path}` is sent as it is: a digest of it matches nobody"
        draft.found.append(
            Diagnostic("M402", span, message, "take `sha256` away", path=target.path, fixes=_unhashed(span))
        )
    elif len(digests) > 1:
        message = "a digest is never hashed again, so the second `sha256` does nothing"
        fixes = _unhashed(digests[1][1])
        hint = "take it away"
        draft.found.append(Diagnostic("M403", digests[1][1], message, hint, path=target.path, fixes=fixes))
    elif leaf.form and not _is_prepared(before, leaf, target):
        needed = ", ".join(f"`{step.transform}`" for step in target.hash_after or leaf.form[-2:-1])
        message = f"`{target.path}` asks for {needed} before the digest"
        hint = "take `sha256` away: the field is cleaned and hashed by itself"
        draft.found.append(Diagnostic("M404", span, message, hint, path=target.path, fixes=_unhashed(span)))


def _unhashed(span: Span | None) -> tuple[Fix, ...]:
    return () if span is None else fixes_of(without_step(span))


CalledStep = tuple[str, Span | None]


def _called(expression: Expression, draft: Draft) -> list[CalledStep]:
    """The transforms an expression calls one around the other, innermost first, behind those of its let."""
    calls: list[CalledStep] = []
    node, before = expression.root, list[Node]()
    while True:
        if isinstance(node, Then):
            before.append(node.left)
            node = node.right
        elif isinstance(node, Call) and node.name in TRANSFORMS and node.arguments:
            calls.insert(0, (TRANSFORMS[node.name].name, expression.span(node)))
            node = node.arguments[0]
        elif isinstance(node, Current) and before:
            node = before.pop()
        else:
            break
    if isinstance(node, Variable):
        return [*draft.let_steps.get(node.name, ()), *calls]
    return calls


def note_let(name: str, value: Value, draft: Draft) -> None:
    """Remember the transforms that a let's value has been through."""
    steps: list[CalledStep] = []
    if isinstance(value, Expression):
        steps = _called(value, draft)
    elif isinstance(value, Rule):
        if isinstance(value.source, FirstOf) and isinstance(value.source.alternatives[0], Expression):
            steps = _called(value.source.alternatives[0], draft)
        known = [step for step in value.steps if step.transform in TRANSFORMS]
        steps = [*steps, *((TRANSFORMS[step.transform].name, step.span) for step in known)]
    draft.let_steps[name] = tuple(steps)


def _is_prepared(before: list[str], leaf: TargetField, target: TargetField) -> bool:
    """Whether the steps before a hand-made digest suffice, or are those of the form itself."""
    rule = [step.transform for step in leaf.form[:-1]][-1:]
    enough = [step.transform for step in target.hash_after]
    return bool(rule and rule[0] in before) or all(name in before for name in enough)


def check_identity(entry: Entry, target: Target, draft: Draft) -> None:
    """Report a constant in the entry of the key of deduplication or of the time: each needs its own value."""
    span = entry.value.span
    source = entry.value.source
    if isinstance(source, Fixed) or (isinstance(source, Expression) and not source.reads()):
        message = f"`{entry.name}` is the same for every event, so they all count as one"
    elif entry.default is not None:
        message = f"`{entry.name}` is the same for every event that has none, so those all count as one"
    else:
        return
    if entry.name == target.time:
        message = f"`{entry.name}` is a moment of the event, and no constant is"
    hint = "`fingerprint(@)` is a stable id of an event that has none" if entry.name == target.key else None
    draft.found.append(Diagnostic("M420", span, message, hint, path=entry.name))
