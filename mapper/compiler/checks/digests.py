"""Values with their steps -> digests of what must stay plain, or of what is not yet in its field's form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias, cast

from mapper.compiler.checks.check_registry import CheckCase, check, fact
from mapper.compiler.inference.constant_arguments import constant_arguments
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call, Current, Node, Then, Variable
from mapper.compiler.plan.planned_steps import Step, VariableArgument, form_steps
from mapper.compiler.plan.scope import PlannedChain
from mapper.compiler.schema.target import FormStep, TargetField
from mapper.compiler.syntax.value_nodes import (
    Case,
    Constant,
    Each,
    Elements,
    Fields,
    FirstOf,
    Rule,
    Value,
    Zip,
)
from mapper.compiler.syntax.written_steps import WrittenStep
from mapper.compiler.yaml.yaml_facts import Remove
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.transforms import TRANSFORMS
from mapper.values.types import Json

# A transform that a value goes through: its name, where it is written, and the format that it gives with its
# arguments; None where these are not known here.
_CalledStep: TypeAlias = tuple[str, Span | None, str | None]


@check("M402", "M403", "M404")
def digests(case: CheckCase) -> Iterator[Diagnostic]:
    """Digests that match nobody."""
    for chain in case.record.chains:
        yield from _check_digest(chain, case)


def _check_digest(chain: PlannedChain, case: CheckCase) -> Iterator[Diagnostic]:
    target, leaf = chain.target, chain.target.item or chain.target
    called = [] if chain.source is None else called_steps(chain.source, case)
    called += [(step.transform.name, step.span, _format(step)) for step in chain.steps]
    digests = [(place, span) for place, (name, span, _) in enumerate(called) if name == "sha256" and span]
    if not digests:
        return
    place, span = digests[0]
    before = [(name, format) for name, _, format in called[:place]]
    is_plain = leaf.plain or target.plain
    if is_plain and not target.hash_after:
        message = f"`{target.path}` must be sent unhashed: a digest of it cannot match"
        hint = "remove `sha256`"
        yield Diagnostic("M402", span, message, hint, path=target.path, facts=Remove("step", span))
    elif len(digests) > 1:
        second = digests[1][1]
        message = "the second `sha256` has no effect: a digest is never hashed again"
        yield Diagnostic("M403", second, message, "remove it", path=target.path, facts=Remove("step", second))
    elif leaf.form and not _is_prepared(before, () if is_plain else leaf.form, target):
        steps = form_steps(target.hash_after or leaf.form[-2:-1])
        needed = ", ".join(
            f"`{step.describe() if _is_other(step) else step.transform.name}`" for step in steps
        )
        message = f"`{target.path}` needs {needed} before the digest"
        if is_plain:
            yield Diagnostic("M404", span, message, f"write {needed} before `sha256`", path=target.path)
            return
        hint = "remove `sha256`: the field is normalized and hashed automatically"
        yield Diagnostic("M404", span, message, hint, path=target.path, facts=Remove("step", span))


def _is_prepared(
    before: list[tuple[str, str | None]], form: tuple[FormStep, ...], target: TargetField
) -> bool:
    """Whether the steps before a hand-made digest suffice, or are those of the form itself, if it hashes."""

    def is_done(due: Step) -> bool:
        formats = [format for name, format in before if name == due.transform.name]
        return bool(formats) and (not _is_other(due) or None in formats or due.gives.format in formats)

    rule = form_steps(form[:-1][-1:])
    enough = form_steps(target.hash_after) or tuple(filter(_is_other, rule))
    return any(map(is_done, rule)) or all(map(is_done, enough))


def _is_other(step: Step) -> bool:
    """Whether a step gives another format than it does without its arguments."""
    return step.gives.format != step.transform.gives.format


def _format(step: Step) -> str:
    """The format that a step gives, by those of its arguments that are constants."""
    constants = {one.name: value for one, value in step.arguments if not isinstance(value, VariableArgument)}
    return step.transform.gives_for(cast("dict[str, Json]", constants)).format


def called_steps(expression: Expression, case: CheckCase) -> list[_CalledStep]:
    """The transforms an expression calls one around the other, innermost first, after those of its `let`."""
    calls: list[_CalledStep] = []
    node, before = expression.root, list[Node]()
    while True:
        if isinstance(node, Then):
            before.append(node.left)
            node = node.right
        elif isinstance(node, Call) and node.name in TRANSFORMS and node.arguments:
            called = TRANSFORMS[node.name]
            given = called.gives_for(constant_arguments(called, node)).format
            calls.insert(0, (called.name, expression.span(node), given))
            node = node.arguments[0]
        elif isinstance(node, Current) and before:
            node = before.pop()
        else:
            break
    return [*_of_let(node.name, case), *calls] if isinstance(node, Variable) else calls


@fact
def _lets(case: CheckCase) -> dict[str, Value | list[_CalledStep]]:
    """The lets' values; in place of one whose steps were asked for, these."""
    return {**case.mapping.values_of_lets}


def _of_let(name: str, case: CheckCase) -> list[_CalledStep]:
    """The transforms that a let's value has been through."""
    lets = _lets(case)
    value = lets.get(name, [])
    if not isinstance(value, list):
        lets[name] = []  # while it is looked at: lets may need each other
        value = lets[name] = _steps_of(value, case)
    return value


def _steps_of(value: Value, case: CheckCase) -> list[_CalledStep]:
    match value:
        case Expression():
            return called_steps(value, case)
        case FirstOf():
            first = value.alternatives[0]
            return called_steps(first, case) if isinstance(first, Expression) else []
        case Rule():
            known = [step for step in value.steps if step.transform in TRANSFORMS]
            return [*_steps_of(value.source, case), *map(_written, known)]
        case Constant() | Fields() | Elements() | Case() | Each() | Zip():
            return []


def _written(step: WrittenStep) -> _CalledStep:
    transform = TRANSFORMS[step.transform]
    return transform.name, step.span, transform.gives.format if step.arguments is None else None
