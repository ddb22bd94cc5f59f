"""A transform as written, or as a normal form asks for it -> Step: resolved, its arguments checked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from mapper.compiler.findings import Findings
from mapper.compiler.inference.result_types import literal_type
from mapper.compiler.inference.written_patterns import (
    fault_in_file,
    faults_in_file,
    rows_never_reached,
)
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.memo import once
from mapper.compiler.plan.own_steps import OwnStep, as_transform, strange_constants
from mapper.compiler.plan.plan_facts import (
    MissingArguments,
    NeedlessArgument,
    UnknownArgument,
    UnknownStep,
    UnknownVariable,
    WrongArgument,
)
from mapper.compiler.schema.target import FormStep
from mapper.compiler.syntax.let_nodes import is_numbered, written_variable
from mapper.compiler.syntax.node_shapes import json_of, wrong_shape
from mapper.compiler.syntax.other_names import meant_argument, meant_transform
from mapper.compiler.syntax.table_nodes import file_meant, tables_in_parts
from mapper.compiler.syntax.written_steps import WrittenStep
from mapper.compiler.yaml.edits import quoted
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode, every
from mapper.compiler.yaml.quotes import part_in_braces
from mapper.runtime.functions import FUNCTIONS
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import Span
from mapper.transforms import TRANSFORMS, Parameter, Transform
from mapper.transforms.patterns import PatternFault
from mapper.values.frozen import dataclass
from mapper.values.regular_expression import pattern
from mapper.values.types import UNKNOWN, Invalid, Json, Type, array_of, constant, fit, union

_CALL = pattern(r"\s*([A-Za-z_]\w*)\s*\((.*)\)\s*", re.DOTALL)
_ARGUMENT = pattern(
    r"""\s*(?:'(?P<text>(?:[^'\\]|\\.)*)'|`(?P<literal>[^`]*)`|"(?P<name>[^"]*)"|(?P<bare>[^\s,'"`()]+))\s*(?:,|\Z)"""
)
_VARIABLE = pattern(r"\$[A-Za-z_]\w*(?:\.\w+)*")
_NUMBER = pattern(r"-?[0-9]+(?:\.[0-9]+)?")


def read_call(text: str) -> tuple[str, list[tuple[Json, bool]]] | None:
    """The name and the arguments of a call, each with whether it is a constant; None where it is no call."""
    call = _CALL.fullmatch(text)
    if call is None:
        return None
    arguments: list[tuple[Json, bool]] = []
    at, inner = 0, call[2]
    while inner[at:].strip():
        match = _ARGUMENT.match(inner, at)
        if match is None:
            return None
        arguments.append(_called_argument(match))
        at = match.end()
    return call[1], arguments


def _called_argument(match: re.Match[str]) -> tuple[Json, bool]:
    if match["text"] is not None:
        return match["text"].replace("\\'", "'"), True
    if match["literal"] is not None:
        try:
            return json.loads(match["literal"]), True
        except ValueError:
            return match["literal"], False
    if match["name"] is not None:
        return match["name"], False
    bare = match["bare"]
    return (json.loads(bare), True) if _NUMBER.fullmatch(bare) else (bare, bare.startswith("$"))


def written_step(transform: Transform, stated: Iterable[tuple[Parameter, Json]]) -> str:
    """The YAML of a step with arguments by name; a transform with one parameter needs no name."""
    named = list(stated)
    if not named:
        return transform.name
    if len(transform.parameters) == 1 and not isinstance(named[0][1], dict):
        return f"{{{transform.name}: {written(named[0][1])}}}"
    inner = ", ".join(f"{parameter.name}: {written(value)}" for parameter, value in named)
    return f"{{{transform.name}: {{{inner}}}}}"


def written(value: Json) -> str:
    if isinstance(value, str):
        ambiguous = value.lower() in ("true", "false", "null", "~") or re.fullmatch(r"[-+.]?[0-9].*", value)
        return json.dumps(value, ensure_ascii=False) if ambiguous else quoted(value)
    return json.dumps(value, ensure_ascii=False)


Stated: TypeAlias = Sequence[tuple[Parameter, Json]]


def check_constants(
    written: WrittenStep,
    arguments: Stated,
    nodes: Iterable[tuple[Parameter, YamlNode | list[YamlNode]]],
    source: Expression | None,
    found: Findings,
) -> None:
    """Run a transform's own check of constant arguments.

    nodes: where each argument is written. source: the expression that the step acts on.
    """
    transform = TRANSFORMS[written.transform]
    if transform.check is None:
        return
    try:
        transform.check(**{parameter.name: value for parameter, value in arguments})
    except PatternFault as fault:
        for parameter, given in nodes:
            if parameter.name == fault.parameter and isinstance(given, ScalarNode):
                found.say(fault_in_file(fault, given, transform.name))
    except Invalid as invalid:
        wrong = _wrong_argument(transform, arguments, invalid.reason)
        node = next((node for parameter, node in nodes if parameter == wrong), None)
        message = f"`{transform.name}`: {invalid.reason}"
        if wrong is None or not isinstance(node, ScalarNode):
            found.say(Diagnostic("M202", written.span, message))
            return
        fact = WrongArgument(node, wrong, written, source)
        found.say(Diagnostic("M202", node.span, message, facts=fact))


def _wrong_argument(transform: Transform, arguments: Stated, reason: str) -> Parameter | None:
    """The argument that the transform's check does not take; None where several may be."""
    if _reason(transform, {}) == reason:  # nothing that is written is wrong: something is missing
        return None
    if len(arguments) == 1:
        return arguments[0][0]
    for parameter, value in arguments:
        if parameter.required and _reason(transform, {parameter.name: value}) == reason:
            return parameter
    needed = {one.name: value for one, value in arguments if one.required}
    for parameter, value in arguments:
        if not parameter.required and _reason(transform, {**needed, parameter.name: value}) == reason:
            return parameter
    return next((one for one, _ in arguments if one.required), None)


def _reason(transform: Transform, stated: Mapping[str, Json]) -> str:
    """The reason that a transform refuses some of its arguments alone; "" if it does not, or needs others."""
    try:
        if transform.check is not None:
            transform.check(**stated)
    except Invalid as invalid:
        return invalid.reason
    except TypeError:
        pass
    return ""


def unknown_step(written: WrittenStep, source: Expression | None) -> Diagnostic:
    """The diagnostic for a step that names no transform. source: the expression that it acts on."""
    name = written.transform
    call = read_call(name)
    if call is not None:
        name = call[0]
    if name in FUNCTIONS or (name == "map" and isinstance(written.arguments, MapNode)):
        message = f"`{name}` is a function, not a transform"
    elif call is not None and (meant_transform(name) or closest(name, TRANSFORMS)):
        message = f"`{written.transform}` is a call, and steps are written without parentheses"
    else:
        message = f"there is no transform `{name}`"
    return Diagnostic("M201", written.span, message, facts=UnknownStep(written, source=source))


def looks_like_variable(text: str, span: Span) -> Diagnostic:
    """The warning for a constant that begins as a variable does."""
    hint = "a constant is sent as is; put an expression under `from`"
    return Diagnostic("M206", span, f"`{text}` is a constant here, but looks like a variable", hint)


def unknown_variable(name: str, span: Span, variables: Iterable[str]) -> Diagnostic:
    """The diagnostic for a `$name` that nothing defines."""
    known = {one for one in variables if not is_numbered(one)}
    fact = UnknownVariable(name, tuple(sorted(known)), span)
    return Diagnostic("M028", span, f"no `let` defines `${name}`", facts=fact)


def read_as_value(name: str, span: Span) -> Diagnostic:
    """The diagnostic for a table in an expression."""
    message = f"`${name}` is a table, into which only `lookup` looks"
    return Diagnostic("M028", span, message, f"call `lookup(KEY, ${name})`")


@dataclass(frozen=True, slots=True)
class VariableArgument:
    """An argument that is read from a `$name` for each event."""

    name: str


StepArgument: TypeAlias = "Json | VariableArgument | list[StepArgument]"


@dataclass(frozen=True, slots=True)
class Step:
    """A transform with its arguments by parameter; those of a variadic one are in a list.

    inserted: the compiler put it in, since the target asks for it; else `span` is where it is written.
    spares_digests: it leaves digests as they are, which a `digest` before it may have recognised.
    own: the function of the mapping that it is.
    """

    transform: Transform
    arguments: tuple[tuple[Parameter, StepArgument], ...] = ()
    inserted: bool = False
    span: Span | None = None
    spares_digests: bool = False
    table: str = ""
    own: OwnStep | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of the variables among its arguments."""
        parts = [part for _, one in self.arguments for part in (one if isinstance(one, list) else [one])]
        return tuple(part.name for part in parts if isinstance(part, VariableArgument))

    @property
    def gives_list(self) -> bool:
        """Whether it makes a list of one value; of a list it makes one list of all of theirs."""
        return self.transform.gives.known and "array" in self.transform.gives.kinds

    def describe(self) -> str:
        """The text of the step in a table: `phone(country: GB)`."""
        if not self.arguments:
            return self.transform.name
        stated = ", ".join(f"{one.name}: {_describe_argument(value)}" for one, value in self._shown())
        return f"{self.transform.name}({stated})"

    def written(self) -> str:
        """The text of the step under `apply`: `{phone: {country: GB}}`."""
        return written_step(self.transform, [(one, _plain(value)) for one, value in self._shown()])

    def _shown(self) -> Sequence[tuple[Parameter, StepArgument]]:
        """Its arguments as they are written: a table from a file by its name."""
        if not self.table:
            return self.arguments
        return [(one, f"${self.table}" if one.name == "table" else value) for one, value in self.arguments]

    def result(self, value: Type) -> Type:
        """The type of what it gives for a value of a type."""
        if self.transform.passing:
            return value
        if self.own is not None:
            return self.typed(value)[0]
        single = self.gives_list or self.transform.whole or (value.known and "array" not in value.kinds)
        return _result(self.gives, bool(self.reads) or "null" in value.kinds, single)

    def typed(self, value: Type) -> tuple[Type, tuple[Diagnostic, ...]]:
        """The type of what a function of the mapping gives for a value, and what can never work with that."""
        assert self.own is not None
        return self.own.typed(value)

    @property
    def gives(self) -> Type:
        """The type of what it gives for one value."""
        setting = tuple([one for one in self.arguments if one[0].sets_type])
        if self.transform.typed is None or replace(self, arguments=setting).reads:
            return self.transform.gives
        constants = [one for one in self.arguments if not isinstance(one[1], VariableArgument)]
        return self.transform.gives_for({parameter.name: _plain(one) for parameter, one in constants})


@once
def _result(gives: Type, absent: bool, single: bool) -> Type:
    """The type of what a transform gives. absent: it may be null. single: it is no list of what it gives."""
    made = gives.optional() if absent else gives
    return made if single else replace(union([made, array_of(gives.optional())]), format=made.format)


def resolve_step(
    written: WrittenStep,
    variables: Mapping[str, Type],
    found: Findings,
    source: Expression | None = None,
    tables: Iterable[str] = (),
) -> Step | None:
    """The step an author wrote; None (and a diagnostic) where its name or its arguments are wrong.

    source: the expression that it acts on. tables: those that there are.
    """
    own = written.function
    transform = TRANSFORMS.get(written.transform) if own is None else as_transform(own)
    if transform is None:
        found.say(unknown_step(written, source))
        return None
    stated = _stated(written, transform, found)
    if stated is None:
        return None
    before = len(found)
    reading = _ArgumentReading(written, variables, found, source, tables)
    arguments = tuple((parameter, _argument(node, parameter, reading)) for parameter, node in stated)
    found.say_all(_lacking(written, transform, _missing(transform, stated), source))
    found.say_all(_pattern_faults(transform, stated))
    if len(found) > before:
        return None
    for parameter, node in stated:
        if parameter.is_pattern and not isinstance(node, list):
            found.say_all(rows_never_reached(node))
    made = Step(transform, arguments, span=written.span, table=written.table)
    if own is not None:
        nodes = [(one, node) for one, node in stated if isinstance(node, ScalarNode)]
        step = OwnStep(own, _types_of(transform, arguments, variables))
        found.say_all(strange_constants(step, nodes, written, source))
        return replace(made, own=step) if len(found) == before else None
    settled = replace(made, arguments=tuple([(one, _settled(given, variables)) for one, given in arguments]))
    plain = [(one, _plain(given)) for one, given in settled.arguments if not settled.reads or one.constant]
    if plain or not settled.reads:
        check_constants(written, plain, stated, source, found)
    return made


def _settled(argument: StepArgument, variables: Mapping[str, Type]) -> StepArgument:
    """An argument, or the constant that its variable always is."""
    known = _type_of(argument, variables) if isinstance(argument, VariableArgument) else UNKNOWN
    return argument if known.constants is None or len(known.constants) != 1 else known.constants[0]


def _lacking(
    written: WrittenStep, transform: Transform, missing: tuple[Parameter, ...], source: Expression | None
) -> Iterator[Diagnostic]:
    """The diagnostic for arguments that are missing, if there are any."""
    if missing:
        names = ", ".join(f"`{one.name}`" for one in missing)
        hint, fact = f"write `{_example(transform)}`", MissingArguments(missing, written, source)
        yield Diagnostic("M202", written.span, f"`{transform.name}` needs {names}", hint, facts=fact)


def _missing(transform: Transform, stated: Iterable[tuple[Parameter, object]]) -> tuple[Parameter, ...]:
    """The parameters that must have an argument, and have none."""
    given = {parameter.name for parameter, _ in stated}
    required = [one for one in transform.parameters if one.required]
    return tuple([one for one in required if given.isdisjoint((one.name, one.unless))])


def _types_of(
    transform: Transform, arguments: Iterable[tuple[Parameter, StepArgument]], variables: Mapping[str, Type]
) -> tuple[Type, ...]:
    """The types of what the parameters of a function are given."""
    given = {parameter.name: argument for parameter, argument in arguments}
    return tuple([_type_of(given.get(one.name), variables) for one in transform.parameters])


def _type_of(argument: StepArgument, variables: Mapping[str, Type]) -> Type:
    if isinstance(argument, VariableArgument):
        return variables.get(argument.name, UNKNOWN)
    return UNKNOWN if isinstance(argument, list) else literal_type(argument)


def _stated(
    written: WrittenStep, transform: Transform, found: Findings
) -> list[tuple[Parameter, YamlNode | list[YamlNode]]] | None:
    """The arguments of a step by their parameters; None where YAML took a pattern for a mapping."""
    braces = [*_parts_in_braces(written, transform), *tables_in_parts(written)]
    found.say_all(braces)
    return None if braces else match_arguments(written, transform, found)


def _parts_in_braces(written: WrittenStep, transform: Transform) -> Iterator[Diagnostic]:
    """Patterns that are one part in braces, which YAML took for a mapping."""
    if any(one.is_pattern for one in transform.parameters):
        for node in written.nodes:
            braces = part_in_braces(node) if isinstance(node, MapNode) else None
            if braces is not None:
                yield braces


def _pattern_faults(
    transform: Transform, stated: Iterable[tuple[Parameter, YamlNode | list[YamlNode]]]
) -> Iterator[Diagnostic]:
    """The diagnostics of the patterns among a step's arguments."""
    nodes = {parameter.name: node for parameter, node in stated}
    folding = nodes.get("any_case")
    any_case = isinstance(folding, ScalarNode) and folding.value is True
    for parameter, node in stated:
        if parameter.is_pattern and not isinstance(node, list):
            yield from faults_in_file(node, any_case, transform.name)


@once
def _example(transform: Transform) -> str:
    """A step of a transform with all that it needs, as its own examples show it."""
    needed = dict.fromkeys(one.name for one in transform.parameters if one.required)
    for one in transform.examples:
        if needed.keys() == {name for name, _ in one.arguments}:
            stated = dict(one.arguments)
            return written_step(transform, [(p, stated[p.name]) for p in transform.parameters if p.required])
    names = ", ".join(f"{name}: ..." for name in needed)
    return f"{{{transform.name}: {f'{{{names}}}' if len(needed) > 1 else '...'}}}"


@once
def form_steps(form: tuple[FormStep, ...]) -> tuple[Step, ...]:
    """The steps of a normal form. Raises KeyError where a schema names a transform that does not exist."""
    return sparing_digests(tuple(_form_step(step) for step in form))


def sparing_digests(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Steps of which those after a `digest` do not change digests: none is hashed again."""
    place = next((at for at, step in enumerate(steps, 1) if step.transform.name == "digest"), len(steps))
    after = [
        step if step.transform.keeps_digests or step.transform.whole else replace(step, spares_digests=True)
        for step in steps[place:]
    ]
    return (*steps[:place], *after)


def _form_step(stated: FormStep) -> Step:
    transform = TRANSFORMS[stated.transform]
    by_name = {parameter.name: parameter for parameter in transform.parameters}
    arguments = tuple(
        (transform.parameters[0] if name is None else by_name[name], value)
        for name, value in stated.arguments
    )
    return Step(transform, arguments, inserted=True)


def still_due(form: tuple[Step, ...], value: Type) -> tuple[Step, ...]:
    """The rest of a normal form for a value that has been through some of it already."""
    if not value.format:
        return form
    done = [place for place, step in enumerate(form) if step.gives.format == value.format]
    return form[done[-1] + 1 :] if done else form


def match_arguments(
    written: WrittenStep, transform: Transform, found: Findings
) -> list[tuple[Parameter, YamlNode | list[YamlNode]]] | None:
    """Each argument's node beside its parameter, however the author wrote them."""
    node, parameters = written.arguments, transform.parameters
    if node is None:
        return []
    if not parameters:
        part = node.text if transform.part is not None and isinstance(node, ScalarNode) else ""
        hint = f"read its parts in an expression: `{transform.name}(...).{part}`" if part else None
        if written.function is not None and isinstance(node, ScalarNode):
            value = node.text.removeprefix("$event.")
            hint = f"its parameter is the value of the rule: `{{from: {value}, apply: {transform.name}}}`"
        shown = node.span.text.content[node.span.start : node.span.end]
        fact = NeedlessArgument(written, node) if shown in ("{}", "true", "yes", "null", "~") else None
        found.say(Diagnostic("M202", node.span, f"`{transform.name}` takes no arguments", hint, facts=fact))
        return None
    own = written.function
    if isinstance(node, MapNode) and (own or not _takes_whole(transform, "object", node)):
        return _match_named(node, transform, found)
    if isinstance(node, ListNode):
        if parameters[0].variadic:
            return [(parameters[0], list(node.items))]
        if own or not _takes_whole(transform, "array", node):
            if len(node.items) > len(parameters):
                hint = f"the value is its first parameter, `{own.parameters[0]}`" if own else None
                several = "" if len(parameters) == 1 else "s"
                message = f"`{transform.name}` takes at most {len(parameters)} argument{several}"
                found.say(Diagnostic("M202", node.span, message, hint))
                return None
            return list(zip(parameters, node.items, strict=False))
    return [(parameters[0], [node] if parameters[0].variadic else node)]


def _takes_whole(transform: Transform, kind: str, node: YamlNode) -> bool:
    """Whether a list or mapping is itself the first argument, not the list of all of them."""
    parameters = transform.parameters
    if kind not in parameters[0].type.kinds:
        return False
    if isinstance(node, MapNode):
        names = {parameter.name for parameter in parameters}
        misspelt = any(
            isinstance(value, MapNode) and (closest(key.text, names) or meant_argument(transform, key.text))
            for key, value in node.entries
        )
        return not misspelt and not {key.text for key, _ in node.entries} <= names
    return True


def _match_named(
    node: MapNode, transform: Transform, found: Findings
) -> list[tuple[Parameter, YamlNode | list[YamlNode]]] | None:
    by_name = {parameter.name: parameter for parameter in transform.parameters}
    if node.unread:
        return None
    matched: list[tuple[Parameter, YamlNode | list[YamlNode]]] = []
    for key, value in node.entries:
        parameter = by_name.get(key.text)
        if parameter is None:
            message = f"`{transform.name}` has no argument `{key.text}`"
            found.say(Diagnostic("M202", key.span, message, facts=UnknownArgument(key, node, transform)))
            return None
        matched.append((parameter, [value] if parameter.variadic else value))
    return matched


class _ArgumentReading(NamedTuple):
    """The sources from which a step's arguments are read.

    source: the expression that the steps act on, if it is one. tables: the names of those from files.
    """

    written: WrittenStep
    variables: Mapping[str, Type]
    found: Findings
    source: Expression | None
    tables: Iterable[str]


def _argument(
    node: YamlNode | list[YamlNode], parameter: Parameter, reading: _ArgumentReading
) -> StepArgument:
    if isinstance(node, list):
        return [_argument(item, parameter, reading) for item in node]
    name, found = reading.written.transform, reading.found
    if isinstance(node, ScalarNode) and isinstance(node.value, str) and _is_variable(node, parameter):
        if parameter.constant:
            message = f"`{parameter.name}` of `{name}` must be a constant text, not a variable"
            found.say(Diagnostic("M202", node.span, message))
            return None
        fact = WrongArgument(node, parameter, reading.written, reading.source)
        return _variable(node, fact, reading)
    if isinstance(node, ScalarNode) and node.value is None and "null" not in parameter.type.kinds:
        due = f"`{parameter.name}` of `{name}` takes {parameter.type.describe()}"
        found.say(wrong_shape(node, due))
        return None
    if not parameter.constant and not reading.written.table:  # cells of a file are data
        _doubt_texts(node, found)
    entries = reading.written.entries if parameter.name == "table" else None
    value = json_of(node) if entries is None else entries
    if parameter.name == "table" and entries is None and file_meant(node) is not None:
        message = f"`{name}` reads no file by itself"
        fact = WrongArgument(node, parameter, reading.written, reading.source)
        found.say(Diagnostic("M202", node.span, message, facts=fact))
    elif fit(constant(value), parameter.type) == "never":
        message = (
            f"`{parameter.name}` of `{name}` takes {parameter.type.describe()}, "
            f"not {constant(value).describe()}"
        )
        fact = WrongArgument(node, parameter, reading.written, reading.source)
        found.say(Diagnostic("M202", node.span, message, facts=fact))
    return value


def _is_variable(node: ScalarNode, parameter: Parameter) -> bool:
    """Whether a text reads a variable; of what must be constant, `$` may be the first character."""
    if parameter.constant:
        return _VARIABLE.fullmatch(node.text) is not None
    return node.text.startswith("$")


def _variable(node: ScalarNode, fact: WrongArgument, reading: _ArgumentReading) -> VariableArgument:
    """An argument that is read from a variable, which must be one that is there, and alone."""
    step, variables, found = fact.written.transform, reading.variables, reading.found
    name = fact.written.names.get(node.text[1:], node.text[1:])
    if name == "index" and name in variables:
        message = f"`$index` cannot be an argument of the step `{step}`"
        hint = f"call it in the expression: `{step}(..., to_string($index))`"
        found.say(Diagnostic("M202", node.span, message, hint))
    elif "." in name:
        path = node.text if name.partition(".")[0] in variables else name.lstrip(".")
        message = f"an argument must be a constant or one `$name`, and `{node.text}` is a path"
        found.say(Diagnostic("M202", node.span, message, facts=replace(fact, path=path)))
    elif name not in variables:
        tables = reading.tables if fact.parameter.name == "table" else ()
        found.say(unknown_variable(name, node.span, (*variables, *tables)))
    return VariableArgument(name)


def _doubt_texts(node: YamlNode, found: Findings) -> None:
    """Report texts within a table or list that look like variables: they are constants there."""
    for one in every(node):
        if isinstance(one, ScalarNode) and isinstance(one.value, str) and one.text.startswith("$"):
            found.say(looks_like_variable(one.text, one.span))


def _plain(value: StepArgument) -> Json:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return f"${written_variable(value.name)}" if isinstance(value, VariableArgument) else value


def _describe_argument(value: StepArgument) -> str:
    if isinstance(value, list):
        return ", ".join(map(_describe_argument, value))
    if isinstance(value, VariableArgument):
        return f"${written_variable(value.name)}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
