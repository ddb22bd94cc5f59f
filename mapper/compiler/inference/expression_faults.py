"""Parts of an expression that can never work: arguments that never fit, steps of a path to nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from mapper.compiler.findings import Findings
from mapper.compiler.inference.constant_arguments import constant_arguments, is_constant
from mapper.compiler.inference.type_facts import (
    StrangeArgument,
    StrangeConstants,
    StrangeStep,
    UnknownAttribute,
    in_place,
)
from mapper.compiler.inference.written_patterns import (
    doubts_in_call,
    fault_in_expression,
    faults_in_expression,
)
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.expression_facts import Instead
from mapper.compiler.jmespath.refusal import InPlace, coded
from mapper.compiler.jmespath.tokens import text_constant, written_name
from mapper.compiler.jmespath.tree import (
    Call,
    Comparison,
    Current,
    Field,
    Filter,
    Flatten,
    Index,
    Literal,
    MultiList,
    Node,
    ObjectValues,
    Projection,
    Reference,
    Slice,
    Variable,
)
from mapper.runtime.functions import FUNCTIONS, Builtin
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import Span
from mapper.transforms.key_patterns import names_like, plain_texts
from mapper.transforms.patterns import PatternFault
from mapper.transforms.registry import TRANSFORMS, Parameter, Transform
from mapper.transforms.template_text import TemplateFault, layout_of
from mapper.values.part_types import lacks
from mapper.values.types import Invalid, Type, constant, fit, of

_NUMBER = of("number")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+(?:Z|[+-][0-9:]+)?)?\Z")
_OFFSET = re.compile(r"T[0-9:.]+(?:Z|[+-][0-9:]+)\Z")
_OBJECT = of("object")
_MOST_NAMED = 5


def check_arguments(call: Call, types: Sequence[Type], expression: Expression, found: Findings) -> None:
    """Report each argument of a call that never fits, and constants that a transform does not take."""
    before = len(found)
    if call.name in FUNCTIONS:
        _check_builtin(FUNCTIONS[call.name], call, types, expression, found)
    elif call.name in TRANSFORMS:
        _check_transform(TRANSFORMS[call.name], call, types, expression, found)
        if len(found) == before:
            _check_constants(TRANSFORMS[call.name], _settled(call, types), call, (expression, found))
        if len(found) == before and call.name == "template":
            _check_template(call, expression, found)


def _check_builtin(
    builtin: Builtin, call: Call, types: Sequence[Type], expression: Expression, found: Findings
) -> None:
    for number, (node, value) in enumerate(zip(call.arguments, types, strict=True)):
        takes = builtin.takes[min(number, len(builtin.takes) - 1)].type
        never_null = value.known and value.kinds == {"null"} and "null" not in takes.kinds
        if fit(value, takes) == "never" or never_null:
            what = "each key for" if isinstance(node, Reference) and call.name != "map" else None
            found.say(_misfit(call, node, what, (value, takes), expression))
    if call.name == "contains" and types[0].known and types[0].kinds - {"null"} == {"string"}:
        search = types[1]
        if search.known and "string" not in search.kinds:
            message = (
                "`contains` on a string finds only strings, and this is "
                f"{search.describe()}, so the result is always false"
            )
            found.say(Diagnostic("M204", expression.span(call.arguments[1]), message))


def _check_transform(
    transform: Transform, call: Call, types: Sequence[Type], expression: Expression, found: Findings
) -> None:
    if transform.name == "across" and not any(map(_may_be_object, types)):
        # None of them for sure, so that not only one alternative is wrong.
        found.say(_misfit(call, call, None, (types[0], _OBJECT), expression))
        return
    for number, (node, value) in enumerate(zip(call.arguments, types, strict=True)):
        if number == 0:
            takes, what, uses = transform.takes, None, transform.uses
        else:
            parameter = transform.parameters[min(number, len(transform.parameters)) - 1]
            takes, what, uses = parameter.type, f"`{parameter.name}` of", parameter.uses
            if parameter.constant and not _is_constant(node, takes):
                found.say(_no_constant(parameter, call, node, expression))
                continue
            if parameter.is_pattern:
                any_case = constant_arguments(transform, call).get("any_case") is True
                found.say_all(faults_in_expression(node, any_case, transform.name, expression))
                found.say_all(doubts_in_call(call, types[0], expression))
            if transform.name == "pick" and isinstance(node, Literal):
                found.say_all(no_such_names(types[0], str(node.value), expression.span(node)))
        if uses is not None:
            takes, what = uses.without("null"), None  # it goes on without what may be absent
            value = value if value.kinds == {"null"} else value.without("null")
        if fit(value, takes) == "never":
            found.say(_misfit(call, node, what, (value, takes), expression))


def _may_be_object(value: Type) -> bool:
    """Whether a value may be an object; also where it is always absent, which is told elsewhere."""
    return not value.known or "object" in value.kinds or value.kinds == {"null"}


def no_such_names(base: Type, pattern: str, span: Span) -> Iterator[Diagnostic]:
    """Report a pattern that describes no attribute of an object that is closed."""
    names = [name for name, _ in base.fields or ()]
    if not base.known or not base.closed or not names or names_like(pattern, names):
        return
    near = closest("".join(plain_texts(pattern)), names)
    shown = ", ".join(f"`{name}`" for name in names[:_MOST_NAMED])
    more = ", ..." if len(names) > _MOST_NAMED else ""
    hint = f"its attributes: {shown}{more}" if near is None else f"the nearest is {coded(near)}"
    yield Diagnostic("M125", span, f"there is no attribute here that {coded(pattern)} describes", hint)


def _is_constant(node: Node, takes: Type) -> bool:
    """Whether an argument is a constant of the kinds that a parameter takes."""
    if isinstance(node, MultiList):
        return is_constant(node) and "array" in takes.kinds
    return isinstance(node, Literal) and fit(constant(node.value), takes) != "never"


_JSON_WORDS = frozenset({"true", "false", "null"})


def _no_constant(parameter: Parameter, call: Call, node: Node, expression: Expression) -> Diagnostic:
    is_text = "string" in parameter.type.kinds
    message = f"`{parameter.name}` of `{call.name}` must be a constant{' text' if is_text else ''}"
    hint, facts = "write a text in quotes: `'...'`" if is_text else "write it in backticks", None
    if not is_text and isinstance(node, Field) and node.name in _JSON_WORDS:
        text = f"`{node.name}`"
        hint, facts = f"write {coded(text)}", in_place(node, text, expression)
    elif isinstance(call.arguments[0], Literal):
        hint = "the value is the first argument, the constant the second one"
    elif isinstance(node, Literal) or (isinstance(node, Field) and isinstance(node.base, Current)):
        text = text_constant(node.name if isinstance(node, Field) else json.dumps(node.value))
        hint, facts = f"write a string as `{text}`", in_place(node, text, expression)
    return Diagnostic("M202", expression.span(node), message, hint, facts=facts)


def _misfit(
    call: Call, node: Node, what: str | None, types: tuple[Type, Type], expression: Expression
) -> Diagnostic:
    value, takes = types
    who = f"{what} `{call.name}`" if what else f"`{call.name}`"
    given = value if value.kinds == {"null"} else value.without("null")
    message = f"{who} takes {takes.describe()}, not {given.describe()}"
    fact = StrangeArgument(call.name, value, takes, node, expression, node is call)
    return Diagnostic("M204", expression.span(node), message, facts=fact)


def _settled(call: Call, types: Sequence[Type]) -> Call:
    """A call with constants in place of arguments that read variables which are always the same."""
    arguments = [
        Literal(node.start, node.end, value.constants[0])
        if number and isinstance(node, Variable) and value.constants is not None and len(value.constants) == 1
        else node
        for number, (node, value) in enumerate(zip(call.arguments, types, strict=True))
    ]
    return call if arguments == [*call.arguments] else replace(call, arguments=tuple(arguments))


def _check_constants(
    transform: Transform, call: Call, as_written: Call, at: tuple[Expression, Findings]
) -> None:
    """Run the transform's own check of its arguments where all are constants, else of those that must be."""
    expression, found = at
    if transform.check is None:
        return
    nodes = call.arguments[1:]
    is_settled = all(map(is_constant, nodes))
    stated = constant_arguments(transform, call, due=not is_settled)
    if not is_settled and not stated:
        return
    try:
        transform.check(**stated)
    except PatternFault as fault:
        named = zip(transform.parameters, nodes, strict=False)
        node = next(one for parameter, one in named if parameter.name == fault.parameter)
        found.say(fault_in_expression(fault, node, transform.name, expression))
    except Invalid as invalid:
        span = expression.locate(nodes[0].start, nodes[-1].end) if nodes else expression.span(call)
        fact = StrangeConstants(expression, call, tuple(stated.values())) if call is as_written else None
        found.say(Diagnostic("M202", span, f"`{transform.name}`: {invalid.reason}", facts=fact))


def _check_template(call: Call, expression: Expression, found: Findings) -> None:
    """Report a template that cannot be read, or that has not as many braces as there are values."""
    first, *values = call.arguments
    if not isinstance(first, Literal):
        message = "`template` takes a constant as its first argument"
        hint = "write `template('{} - {}', a, b)`, or `concat(a, b)` to join values"
    else:
        try:
            count = layout_of(str(first.value))[1]
        except TemplateFault:
            count = None
        if count == len(values):
            return
        message = f"the template has {count} pairs of braces, and the number of values is {len(values)}"
        if count is None:
            message = "the template has a brace or a bracket that cannot be read"
        hint = "write `{}` for each value, in their order; the characters are `{{`, `}}`, `{[}` and `{]}`"
    found.say(Diagnostic("M151", expression.span(first), message, hint))


def check_order(node: Comparison, sides: tuple[Type, Type], expression: Expression) -> Iterator[Diagnostic]:
    """Report what has no order where one is asked for."""
    if node.operator in ("==", "!="):
        return
    for side, value in zip((node.left, node.right), sides, strict=True):
        if value.known and (value.kinds == {"null"} or fit(value, _NUMBER) == "never"):
            given = value if value.kinds == {"null"} else value.without("null")
            message = f"`{node.operator}` compares numbers, not {given.describe()}"
            times = _as_times(node, expression)
            if times is not None:
                facts = in_place(node, times, expression)
                yield Diagnostic("M205", expression.span(side), message, f"write {coded(times)}", facts=facts)
                return
            if "string" not in value.kinds or isinstance(side, Literal):
                hint = "`to_number(...)` converts a string to a number" if "string" in value.kinds else None
                yield Diagnostic("M205", expression.span(side), message, hint)
                continue
            instead = f"to_number({expression.text[side.start : side.end]})"
            facts = in_place(side, instead, expression)
            yield Diagnostic("M205", expression.span(side), message, f"write {coded(instead)}", facts=facts)


def _as_times(node: Comparison, expression: Expression) -> str | None:
    """A comparison with a date, as one of two times; None where neither side is a date."""
    sides = (node.left, node.right)
    dates = [str(side.value) for side in sides if isinstance(side, Literal) and _DATE.match(str(side.value))]
    if not dates:
        return None
    zone = "" if any(_OFFSET.search(one) for one in dates) else ", 'UTC'"
    written = []
    for side in sides:
        text = expression.text[side.start : side.end]
        is_time = isinstance(side, Call) and side.name == "timestamp"
        written.append(text if is_time else f"timestamp({text}{zone})")
    return f" {node.operator} ".join(written)


PathStep: TypeAlias = Field | Index | Slice | Flatten | ObjectValues | Projection | Filter
STEPS = (Field, Index, Slice, Flatten, ObjectValues, Projection, Filter)


def check_step(node: PathStep, types: Mapping[int, Type], expression: Expression) -> Iterator[Diagnostic]:
    """Report a step that is null for every value that can precede it."""
    base = types[id(node.base)]
    if not base.known or not base.kinds - {"null"}:
        return
    if isinstance(node, Field):
        yield from _check_field(node, base, expression)
    elif isinstance(node, ObjectValues):
        if "object" not in base.kinds:
            yield _never(node, base, "`.*` reads the values of an object", expression)
    elif "array" not in base.kinds and not _is_step(node):
        yield _never(node, base, f"{_mark(node, expression)} applies to a list", expression)


def _is_step(node: Node) -> bool:
    """Whether a projection contains a step that is looked at itself."""
    return isinstance(node, Projection) and isinstance(node.base, Slice | Flatten | ObjectValues)


def _never(
    node: Slice | Flatten | ObjectValues | Projection | Filter | Index,
    base: Type,
    says: str,
    expression: Expression,
) -> Diagnostic:
    span = expression.locate(node.base.end, node.base.end + len(_step(node, expression)))
    owner = owner_of(node.base, expression)
    fact = StrangeStep(expression, node, base)
    return Diagnostic("M125", span, f"{says}, and {owner} is {_described(base)}", facts=fact)


def _step(node: Index | Slice | Flatten | ObjectValues | Projection | Filter, expression: Expression) -> str:
    """The step itself, as it is written: `[*]`, `.*`, `[0]`, `[?...]`."""
    rest = expression.text[node.base.end : node.end]
    if isinstance(node, Filter):
        return rest[: node.condition.end - node.base.end + 1]
    return rest[: rest.index("*" if isinstance(node, ObjectValues) else "]") + 1]


def _mark(node: Index | Slice | Flatten | Projection | Filter, expression: Expression) -> str:
    return "`[?...]`" if isinstance(node, Filter) else coded(_step(node, expression).strip())


def _check_field(node: Field, base: Type, expression: Expression) -> Iterator[Diagnostic]:
    names = [name for name, _ in base.fields or ()]
    is_object, in_capitals = "object" in base.kinds, base.lower_names and node.name != node.name.lower()
    if is_object and not in_capitals and (node.name in names or not names):
        return
    span = expression.locate(node.name_start, node.end)
    owner = owner_of(node.base, expression)
    if not is_object:
        message = f"{owner} is {_described(base)}, and has no `{node.name}`"
        yield Diagnostic("M125", span, message, facts=StrangeStep(expression, node, base))
        return
    if in_capitals:
        message = f"the names in {owner} have no capital letters, and `{node.name}` has"
        fact = UnknownAttribute(expression, node, (node.name.lower(),))
        yield Diagnostic("M125", span, message, facts=fact)
        return
    if lacks(base, node.name):
        here = f"there is no attribute `{node.name}` here"
        message = f"{owner} has no attribute `{node.name}`" if written_base(node.base, expression) else here
        fact = UnknownAttribute(expression, node, tuple(names))
        yield Diagnostic("M125", span, message, facts=fact)


def renamed(node: Field, near: str | None, expression: Expression) -> Instead | None:
    """That another name may be meant."""
    if near is None or not (node.quoted or near.isidentifier()):
        return None
    return Instead(expression, (InPlace(node.name_start, node.end, written_name(near)),))


def owner_of(base: Node, expression: Expression) -> str:
    """The owner of an attribute, as a message names it."""
    written = written_base(base, expression)
    return coded(written) if written else "the value here"


def written_base(node: Node, expression: Expression) -> str:
    """A node as its author wrote it; blank for the current value where it is only implied."""
    if isinstance(node, Current) and node.start == node.end:
        return ""
    return expression.text[node.start : node.end].lstrip(".")


def _described(base: Type) -> str:
    text = base.without("null").describe()
    return f"{'an' if text[:1] in 'aeio' else 'a'} {text}"
