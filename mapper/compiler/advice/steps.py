"""A step or an argument that is wrong -> how it is written under `apply`, or as a call in the expression."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from mapper.compiler.advice.dates import date_advice
from mapper.compiler.advice.paths import near_word
from mapper.compiler.advice.registry import Hint, advises
from mapper.compiler.advice.rewrite import rewrite
from mapper.compiler.jmespath.literals import text_constant
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.plan.facts import UnknownArgument, UnknownStep, WrongArgument
from mapper.compiler.plan.steps import match_arguments
from mapper.compiler.syntax.calls import read_call, written, written_step
from mapper.compiler.syntax.other_names import meant_transform
from mapper.compiler.syntax.shapes import json_of, listed
from mapper.compiler.syntax.values import WrittenStep
from mapper.compiler.yaml.edits import fixes_of, key_before, rename, replace, shown, without_entry
from mapper.compiler.yaml.nodes import MapNode, ScalarNode, YamlNode
from mapper.diagnostic import Diagnostic, Fix, closest
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms import TRANSFORMS, Parameter, Transform
from mapper.types import Invalid, Json

_ATTRIBUTE = re.compile(r"[a-z_]\w*(?:\.[A-Za-z_]\w*)*")


@advises(UnknownStep)
def _unknown_step(fact: UnknownStep, _: Diagnostic) -> Hint | None:
    step = fact.written
    name = step.transform
    call = read_call(name)
    if call is not None:
        return _called(step, *call)
    if name == "map" and isinstance(step.arguments, MapNode):
        table = shown(step.arguments.span) or "{...}"
        has_key = any(key.text == "table" for key, _ in step.arguments.entries)
        lookup = f"{{lookup: {table if has_key else f'{{table: {table}}}'}}}"
        return Hint(f"to use a table, write `{lookup}`", (rename(step.span, "lookup"),))
    if name in FUNCTIONS:
        return Hint(f"call it in the expression: `{name}(...)`")
    near = meant_transform(name) or closest(name, TRANSFORMS)
    if near is None:
        return Hint("run `mapper explain M201` for the list of transforms")
    return Hint(f"did you mean `{near}`?", (rename(step.span, near),))


def _called(step: WrittenStep, name: str, arguments: list[tuple[Json, bool]]) -> Hint | None:
    """A step that is written as a call of a function is."""
    if name in FUNCTIONS:
        return Hint(f"call it in the expression: `{name}(...)`")
    known = meant_transform(name) or closest(name, TRANSFORMS)
    if known is None:
        return None
    transform = TRANSFORMS[known]
    values = [value for value, _ in arguments]
    # A value too many is most likely the one that a function of the same name takes first.
    spare = len(values) > len(transform.parameters) and not any(one.variadic for one in transform.parameters)
    stated = _as_step(transform, values[1:] if spare else values)
    if stated is None:
        return Hint(f"write `{transform.name}`, and name its arguments")
    certain = name in TRANSFORMS and not spare and all(constant for _, constant in arguments)
    fix = None if step.arguments is not None else replace(step.span, stated, safe=certain)
    return Hint(f"write `{stated}`", fixes_of(fix))


def _as_step(transform: Transform, arguments: Iterable[Json]) -> str | None:
    """How YAML writes a step with arguments by position; None where there are too many."""
    values, parameters = list(arguments), transform.parameters
    if not values:
        return transform.name
    if parameters and parameters[0].variadic:
        return f"{{{transform.name}: [{', '.join(map(written, values))}]}}"
    if len(values) > len(parameters):
        return None
    return written_step(transform, list(zip(parameters, values, strict=False)))


@advises(UnknownArgument)
def _unknown_argument(fact: UnknownArgument, _: Diagnostic) -> Hint:
    transform, key, entries = fact.transform, fact.key, fact.written.entries
    names, value = [one.name for one in transform.parameters], entries[0][1]
    near = closest(key.text, names)
    if near:
        is_free = all(other.text != near for other, _ in entries)
        return Hint(f"did you mean `{near}`?", (rename(key.span, near),) if is_free else ())
    if len(names) == 2 and len(entries) == 1 and isinstance(value, ScalarNode):
        pair = written_step(transform, [*zip(transform.parameters, (key.text, value.text), strict=True)])
        return Hint(f"write `{pair}`")
    return Hint(f"its arguments: {', '.join(names)}")


@advises(WrongArgument)
def _argument(fact: WrongArgument, _: Diagnostic) -> Hint | None:
    node, words, transform = fact.node, fact.parameter.words, TRANSFORMS[fact.written.transform]
    if fact.path:
        return _read_instead(fact, fact.path, "")
    # A word that is known is not misspelt, whatever else is wrong with it.
    near = None if node.text in words else near_word(node.text, words)
    if near:
        return Hint(f"did you mean `{near}`?", (rename(node.span, near),))
    text = shown(node.span)
    is_path = text is not None and _ATTRIBUTE.fullmatch(text)
    read = f"an argument is a constant; to read `{text}` from the event, "
    return date_advice(node, fact.parameter.name, transform) or (
        _read_instead(fact, node.text, read) if is_path else None
    )


def _read_instead(fact: WrongArgument, path: str, why: str) -> Hint:
    """How an argument is read from the event: by calls in place of all steps, else by a `let`."""
    source, apply = fact.source, fact.written.apply
    call = None if source is None else _as_calls(fact, path)
    key = key_before("from", source.whole) if source is not None else None
    away = key_before("apply", apply.span) if key is not None else None
    if call is None or source is None or away is None:
        return Hint(f"{why}name it under `let`, and write its `$name` here")
    less_steps, edits = without_entry(away, apply.span), rewrite(call, source)
    fixes: tuple[Fix, ...] = ()
    if less_steps is not None and edits:
        ordered = sorted((*edits, *less_steps.edits), key=lambda edit: edit.span.start)
        fixes = (Fix(f"Write {coded(call)}", tuple(ordered), safe=False),)
    return Hint(f"{why}call it in the expression: {coded(call)}, without `apply`", fixes)


def _as_calls(fact: WrongArgument, path: str) -> str | None:
    """All steps of a rule as calls around its expression; None where one of them cannot be told as such."""
    call = fact.source.text.strip() if fact.source is not None else "VALUE"
    for step in listed(fact.written.apply):
        name, arguments = step, None
        if isinstance(step, MapNode) and len(step.entries) == 1:
            name, arguments = step.entries[0]
        transform = TRANSFORMS.get(name.text) if isinstance(name, ScalarNode) else None
        if transform is None or not isinstance(name, ScalarNode):
            return None
        one = WrittenStep(name.text, arguments, name.span, fact.written.apply)
        parts = _arguments(one, transform, {id(fact.node): path})
        if parts is None:
            return None
        call = f"{transform.name}({', '.join([call, *parts])})"
    return call


def _arguments(step: WrittenStep, transform: Transform, paths: dict[int, str]) -> list[str] | None:
    """The arguments of a step in the order of a call; None where one is left out that has no constant."""
    stated = {one.name: node for one, node in match_arguments(step, transform, []) or ()}
    if step.arguments is not None and not stated:
        return None
    parts: list[str | None] = []
    last = max((at for at, one in enumerate(transform.parameters) if one.name in stated), default=-1)
    for one in transform.parameters[: last + 1]:
        node = stated.get(one.name)
        if node is None:
            is_given = one.default is not None or one.nullable
            parts.append(f"`{json.dumps(one.default)}`" if is_given else None)
        else:
            parts += [
                _part(item, one, transform, paths) for item in (node if isinstance(node, list) else [node])
            ]
    return [part for part in parts if part is not None] if None not in parts else None


def _part(node: YamlNode, parameter: Parameter, transform: Transform, paths: dict[int, str]) -> str | None:
    """An argument as an expression has it."""
    if id(node) in paths:
        return paths[id(node)]
    value = json_of(node)
    if not isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return None if "$" in text or "`" in text else f"`{text}`"
    if value.startswith("$"):
        return value
    is_path = _ATTRIBUTE.fullmatch(value) and not _takes(transform, parameter, value)
    return value if is_path else text_constant(value)


def _takes(transform: Transform, parameter: Parameter, value: Json) -> bool:
    try:
        if transform.check is not None:
            transform.check(**{parameter.name: value})
    except (Invalid, TypeError):  # other arguments are needed, too
        return False
    return True
