"""A step or an argument that is wrong -> how it is written under `apply`, or as a call in the expression."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.advice.character_set_advice import SIDES, set_advice
from mapper.compiler.advice.dates import date_advice
from mapper.compiler.advice.path_advice import near_word
from mapper.compiler.advice.rewrite import rewrite
from mapper.compiler.advice.small_units import NAMED, currency_beside
from mapper.compiler.advice.text_patterns import pattern_of_regex
from mapper.compiler.advice.whole_file import nodes_around
from mapper.compiler.findings import Findings
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tokens import text_constant
from mapper.compiler.jmespath.tree import OwnFunction
from mapper.compiler.plan.own_steps import as_transform
from mapper.compiler.plan.plan_facts import (
    MissingArguments,
    NeedlessArgument,
    UnknownArgument,
    UnknownStep,
    WrongArgument,
)
from mapper.compiler.plan.planned_steps import match_arguments, read_call, written, written_step
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.syntax.language_keys import RULE, TABLE_FILE
from mapper.compiler.syntax.node_shapes import json_of, listed
from mapper.compiler.syntax.other_names import meant_argument, meant_transform
from mapper.compiler.syntax.table_files import TREE_SUFFIXES
from mapper.compiler.syntax.table_nodes import file_meant
from mapper.compiler.syntax.written_steps import WrittenStep
from mapper.compiler.yaml.edits import (
    fixes_of,
    in_flow,
    in_single_quotes,
    key_before,
    quoted,
    rename,
    replace_value,
    shown,
    with_quotes,
    without_entry,
)
from mapper.compiler.yaml.nodes import MapNode, ScalarNode, YamlNode
from mapper.runtime.functions import FUNCTIONS
from mapper.texts.diagnostic import Diagnostic, Fix, closest
from mapper.texts.named_text import Span
from mapper.transforms import TRANSFORMS, Parameter, Transform
from mapper.transforms.character_sets import KINDS
from mapper.values.regular_expression import pattern
from mapper.values.types import Invalid, Json

_ATTRIBUTE = re.compile(r"[a-z_]\w*(?:\.[A-Za-z_]\w*)*")
# Keys after which a rule, here or in other tools, has the path that it reads.
_PATHS = frozenset({"from", "path", "field", "value"})
# What is written between steps in other tools.
_BETWEEN_STEPS = pattern(r"\||,(?![^(]*\))|;|->|=>|>")
# A step that is written as a call.
_CALL = pattern(r"([a-z]\w*)\((.+)\)")
_NUMBER_IN_QUOTES = pattern(r"-?[0-9]+(?:\.[0-9]+)?")
_NUMBERS = frozenset({"integer", "number"})
# Digests that no field takes.
_OTHER_DIGESTS = frozenset({"crc32", "hmac", "md5", "sha1", "sha512"})
# How YAML 1.1 and people write booleans.
_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on", "y", "1"), "true"),
    **dict.fromkeys(("false", "no", "off", "n", "0"), "false"),
}


@advises(UnknownStep)
def _unknown_step(fact: UnknownStep, _: Diagnostic) -> Hint | None:
    step = fact.written
    name = step.transform
    call = read_call(name)
    own = next((one for one in fact.own if one == (name if call is None else call[0]).lstrip("$")), None)
    if own is not None:
        more = "" if call is None else ": its value is its first parameter"
        fixes = () if call is not None and len(call[1]) > 1 else (rename(step.span, own),)
        return Hint(f"write `{own}`{more}", fixes)
    if call is not None:
        return _reading_call(fact, *call) or _called(step, *call)
    if name == "map" and isinstance(step.arguments, MapNode):
        table = shown(step.arguments.span) or "{...}"
        has_key = any(key.text == "table" for key, _ in step.arguments.entries)
        lookup = f"{{lookup: {table if has_key else f'{{table: {table}}}'}}}"
        return Hint(f"to use a table, write `{lookup}`", (rename(step.span, "lookup"),))
    if name == "join":
        written = "" if step.arguments is None else shown(step.arguments.span) or ""
        instead = f"{{join_with: {written or quoted(', ')}}}"
        return Hint(f"write `{instead}`", (rename(step.span, "join_with"),) if written else ())
    if name in FUNCTIONS:
        return Hint(f"call it in the expression: `{name}(...)`")
    if name in RULE and step.arguments is not None:
        written = shown(step.arguments.span) or "..."
        return Hint(f"`{name}` is a key of the rule, beside `apply`: `{name}: {written}`")
    part = _part_of(fact)
    if part is not None:
        return part
    several = _several(step)
    if several is not None:
        return several
    near = meant_transform(name) or closest(name, [*fact.own, *TRANSFORMS])
    if near is None and name.lower() in _OTHER_DIGESTS:
        return Hint("a field that takes a digest is hashed automatically, with SHA-256: remove the step")
    if near is None:
        return Hint("run `mapper explain M201` for the list of transforms")
    return Hint(f"did you mean `{near}`?", (rename(step.span, near),))


def _part_of(fact: UnknownStep) -> Hint | None:
    """`url.host` as a step: a part of what a transform gives is read in the expression."""
    name, _, path = fact.written.transform.partition(".")
    transform, source = TRANSFORMS.get(name), fact.source
    if not path or transform is None or transform.part is None or source is None:
        return None
    call = f"{name}({source.text.strip()}).{path}"
    apply = fact.written.apply
    fixes = _calling(call, source, apply) if apply.span == fact.written.span else ()
    return Hint(f"read it in the expression: {coded(call)}, without `apply`", fixes or ())


def _several(step: WrittenStep) -> Hint | None:
    """Steps that are written in one text, `trim | lowercase`, as they are in a list."""
    parts = [_stated(one.strip()) for one in _BETWEEN_STEPS.split(step.transform)]
    if len(parts) < 2 or step.arguments is not None or None in parts:
        return None
    steps = ", ".join(one for one in parts if one is not None)
    is_whole = step.apply.span == step.span
    listed = f"[{steps}]"
    fixes: tuple[Fix, ...] = ()
    if is_whole or in_flow(step.span):
        fixes = fixes_of(replace_value(step.span, listed if is_whole else steps, safe=False))
    return Hint(f"write `apply: {listed}`" if is_whole else f"write `{steps}`", fixes)


def _stated(text: str) -> str | None:
    """A step among several in one text as it is written alone; None where it is none."""
    name, arguments = read_call(text) or (text, [])
    known = meant_transform(name)
    return None if known is None else _as_step(TRANSFORMS[known], [value for value, _ in arguments])


def _reading_call(fact: UnknownStep, name: str, arguments: list[tuple[Json, bool]]) -> Hint | None:
    """A step that is written as a call with a path, `phone($order.country)`: a call in the expression."""
    transform, source, apply = TRANSFORMS.get(name), fact.source, fact.written.apply
    if transform is None or len(arguments) > len(transform.parameters):
        return None
    parameters = zip(transform.parameters, arguments, strict=False)
    paths = [
        value
        for one, (value, is_constant) in parameters
        if isinstance(value, str) and _is_path(value, is_constant, one, transform)
    ]
    # Of several names without dots, some or all are constants whose quotes are missing.
    if not paths or (len(arguments) > 1 and not any("." in path for path in paths)):
        return None
    call = None if source is None else _as_calls(source, apply, {})
    fixes = None if source is None else _calling(call, source, apply)
    if call is None or fixes is None:
        return Hint(
            f"name `{paths[0]}` under `let`, and write its `$name` as the argument: `{{{name}: $name}}`"
        )
    return Hint(f"call it in the expression: {coded(call)}, without `apply`", fixes)


def _is_path(value: str, is_constant: bool, parameter: Parameter, transform: Transform) -> bool:
    """Whether an argument of a call reads a path, which no step does."""
    if parameter.constant:
        return False
    if value.startswith("$"):
        return "." in value
    is_named = not is_constant and _ATTRIBUTE.fullmatch(value) is not None
    return is_named and not transform.accepts(parameter, value)


def _called(step: WrittenStep, name: str, arguments: list[tuple[Json, bool]]) -> Hint | None:
    """A step that is written as a call of a function is."""
    if name in FUNCTIONS:
        return Hint(f"call it in the expression: `{name}(...)`")
    known = meant_transform(name) or closest(name, TRANSFORMS)
    if known is None:
        return None
    transform = TRANSFORMS[known]
    values = [value for value, _ in arguments]
    # A value too many is most likely the one that a function of the same name takes first, as is a path where
    # no argument is needed.
    spare = len(values) > len(transform.parameters) and not any(one.variadic for one in transform.parameters)
    spare = spare or _is_value(arguments, transform)
    stated = _as_step(transform, values[1:] if spare else values)
    if stated is None:
        return Hint(f"write `{transform.name}`, and name its arguments")
    certain = name in TRANSFORMS and not spare and all(constant for _, constant in arguments)
    fix = None if step.arguments is not None else replace_value(step.span, stated, safe=certain)
    return Hint(f"write `{stated}`", fixes_of(fix))


def _is_value(arguments: list[tuple[Json, bool]], transform: Transform) -> bool:
    """Whether the only argument is a path, and the transform needs none."""
    if len(arguments) != 1 or any(one.required or one.variadic for one in transform.parameters):
        return False
    first, is_constant = arguments[0]
    return not is_constant and not str(first).startswith("$")


def _as_step(transform: Transform, arguments: Iterable[Json]) -> str | None:
    """The YAML of a step with arguments by position; None where there are too many."""
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
    near = meant_argument(transform, key.text)
    others = [(other.text, given) for other, given in entries if other is not key]
    if near and all(other != near for other, _ in others):
        in_place = _pattern_for_regex(fact, near)
        if in_place is not None:
            return in_place
        # A value that is long is not shown again.
        stated = [(key.text, shown(with_quotes(given.span) or given.span)) for key, given in entries]
        inner = ", ".join(f"{near if name == key.text else name}: {one}" for name, one in stated)
        step = f"`{{{transform.name}: {{{inner}}}}}`" if all(one for _, one in stated) else f"`{near}`"
        return Hint(f"write {step}", (rename(key.span, near),))
    near = closest(key.text, names)
    if near:
        is_free = all(other.text != near for other, _ in entries)
        return Hint(f"did you mean `{near}`?", (rename(key.span, near),) if is_free else ())
    word = letters_of(key.text)
    meant = (name for name, one in TABLE_FILE.items() if word in (letters_of(name), *one.also))
    if transform.name == "lookup" and (name := next(meant, None)) is not None:
        return Hint(f"write `{name}` where the table is named, under the key `tables`")
    is_pair = len(names) == 2 or transform.name in ("replace", "rewrite")
    if is_pair and len(entries) == 1 and isinstance(value, ScalarNode):
        both = {names[0]: key.text, names[1]: value.text}
        if _takes(transform, both):
            pair = written_step(transform, [*zip(transform.parameters, both.values(), strict=False)])
            inner = pair.removeprefix(f"{{{transform.name}: ").removesuffix("}")
            return Hint(f"write `{pair}`", fixes_of(replace_value(fact.written.span, inner, safe=False)))
    return Hint(f"its arguments: {', '.join(names)}")


def _pattern_for_regex(fact: UnknownArgument, near: str) -> Hint | None:
    """A pattern under its name, in place of a regular expression under its own."""
    transform = fact.transform
    parameter = next(one for one in transform.parameters if one.name == near)
    value = next(given for key, given in fact.written.entries if key is fact.key)
    if not parameter.is_pattern or not isinstance(value, ScalarNode):
        return None
    meant = pattern_of_regex(value.text, transform.name)
    if meant is None:
        return None
    written, fix = in_single_quotes(meant), rename(fact.key.span, near)
    put = replace_value(value.span, written, safe=False)
    edits = (*fix.edits, *(() if put is None else put.edits))
    return Hint(f"write `{near}: {written}`", () if put is None else (Fix(fix.title, edits, safe=False),))


@advises(MissingArguments)
def _missing(fact: MissingArguments, _: Diagnostic) -> Hint | None:
    """The currency of an amount: another field of its object, or a word to fill in."""
    if [one.name for one in fact.missing] != ["currency"] or fact.source is None:
        return None
    path = currency_beside(fact.source.whole)
    call = _as_calls(fact.source, fact.written.apply, {fact.written.span: path or NAMED})
    fixes = _calling(call, fact.source, fact.written.apply)
    if call is None or fixes is None:
        return None
    if path is None:
        return Hint(f"write {coded(call)} without `apply`, with the path or the code of the currency")
    return Hint(f"write {coded(call)}, which knows the minor units of each currency, without `apply`", fixes)


@advises(NeedlessArgument)
def _needless(fact: NeedlessArgument, _: Diagnostic) -> Hint:
    """The name of the step alone."""
    name, around = fact.written.transform, nodes_around(fact.node.span)
    step = next(
        (one for _, one in reversed(around) if isinstance(one, MapNode) and len(one.entries) == 1), None
    )
    is_step = step is not None and step.entries[0][0].text == name
    fixes = fixes_of(replace_value(step.span, name, safe=True)) if step is not None and is_step else ()
    return Hint(f"write `{name}`", fixes)


@advises(WrongArgument)
def _argument(fact: WrongArgument, found: Diagnostic) -> Hint | None:
    node, words = fact.node, fact.parameter.words
    if fact.written.function is not None:
        return _of_function(fact)
    transform = TRANSFORMS[fact.written.transform]
    if fact.parameter.name == "table" and (file := file_meant(node)) is not None:
        return _named_table(file, node)
    if not isinstance(node, ScalarNode):
        return _argument_in_braces(fact)
    if fact.path:
        return _read_instead(fact, fact.path, "")
    if fact.parameter.words == KINDS or fact.parameter.name == "old":
        return set_advice(fact, node)
    if fact.parameter.type.kinds == {"boolean"} and node.text.lower() in _BOOLEANS:
        meant = _BOOLEANS[node.text.lower()]
        return Hint(f"write `{meant}`", fixes_of(replace_value(node.span, meant, safe=False)))
    # A word that is known is not misspelt, whatever else is wrong with it.
    near = None if node.text in words else near_word(node.text, words)
    near = near or (SIDES.get(node.text.lower()) if "start" in words else None)
    if near:
        return Hint(f"did you mean `{near}`?", (rename(node.span, near),))
    number = _NUMBER_IN_QUOTES.fullmatch(node.text) if fact.parameter.type.kinds <= _NUMBERS else None
    if number is not None and isinstance(node.value, str):
        return Hint(f"write `{node.text}`", fixes_of(replace_value(node.span, node.text, safe=False)))
    if fact.parameter.constant:
        return date_advice(node, fact.parameter.name, transform, fact.written)
    formed = _in_form(transform, fact.parameter, node.value)
    if formed is not None:
        return Hint(f"did you mean `{formed}`?", (rename(node.span, formed),))
    return date_advice(node, fact.parameter.name, transform, fact.written) or (
        _read_instead(fact, node.text, _constant(node.text)) if _ATTRIBUTE.fullmatch(node.text) else None
    )


def _of_function(fact: WrongArgument) -> Hint | None:
    """An argument of a function of the mapping that is a path, or reads as one."""
    if fact.path:
        return _read_instead(fact, fact.path, "")
    text = fact.node.text if isinstance(fact.node, ScalarNode) else ""
    return _read_instead(fact, text, _constant(text)) if _ATTRIBUTE.fullmatch(text) else None


def _named_table(file: str, node: YamlNode) -> Hint:
    """A table that is read from a file: `tables` names it."""
    columns = "" if file.lower().endswith(TREE_SUFFIXES) else ", key: COLUMN, value: COLUMN"
    form = (shown(node.span) or "") if isinstance(node, MapNode) else f"{{file: {file}{columns}}}"
    return Hint(f"name it under the key `tables`: `tables: {{NAME: {form}}}`, then write `lookup: $NAME`")


def _constant(path: str) -> str:
    return f"an argument is a constant; to read `{path}` from the event, "


def _in_form(transform: Transform, parameter: Parameter, value: Json) -> str | None:
    """The argument in the form of the transform that has the parameter's name: `DE` of `Germany`."""
    form = TRANSFORMS.get(parameter.name)
    try:
        made = None if form is None or form.parameters else form.function(value)
    except Invalid:
        return None
    meant = made.upper() if isinstance(made, str) else ""
    return meant if meant and _takes(transform, {parameter.name: meant}) else None


def _argument_in_braces(fact: WrongArgument) -> Hint | None:
    """An argument that is written as a rule is: a constant, or a path, without its key."""
    node, transform = fact.node, TRANSFORMS[fact.written.transform]
    key, value = node.entries[0] if isinstance(node, MapNode) and len(node.entries) == 1 else (None, None)
    if key is None or not isinstance(value, ScalarNode):
        return None
    if key.text in _PATHS and isinstance(value.value, str):
        return _read_instead(fact, value.text, _constant(value.text))
    if key.text != "const":
        return None
    meant = _in_form(transform, fact.parameter, value.value)
    if meant is None and _takes(transform, {fact.parameter.name: value.value}):
        meant = shown(with_quotes(value.span) or value.span)
    if meant is None:
        return Hint("an argument is a constant by itself, without `const`")
    fixes = fixes_of(replace_value(node.span, meant, safe=False))
    return Hint(f"write `{fact.parameter.name}: {meant}`: an argument is a constant by itself", fixes)


def _read_instead(fact: WrongArgument, path: str, why: str) -> Hint:
    """The hint for reading an argument from the event: by calls in place of all steps, else by a `let`."""
    source, apply = fact.source, fact.written.apply
    paths = {**dict(fact.others), fact.node.span: path}
    call = None if source is None else _as_calls(source, apply, paths, fact.written.function)
    fixes = None if source is None else _calling(call, source, apply)
    if call is None or fixes is None:
        return Hint(f"{why}name it under `let`, and write its `$name` here")
    return Hint(f"{why}call it in the expression: {coded(call)}, without `apply`", fixes)


def _calling(call: str | None, source: Expression, apply: YamlNode) -> tuple[Fix, ...] | None:
    """The fix that writes calls in place of steps; None where an expression cannot replace the rule."""
    key = key_before("from", source.whole)
    away = None if key is None or call is None else key_before("apply", apply.span)
    if call is None or away is None:
        return None
    less_steps, edits = without_entry(away, apply.span), rewrite(call, source)
    if less_steps is None or not edits:
        return ()
    ordered = sorted((*edits, *less_steps.edits), key=lambda edit: edit.span.start)
    return (Fix(f"Write {coded(call)}", tuple(ordered), safe=False),)


def _as_calls(
    source: Expression, apply: YamlNode, paths: dict[Span, str], own: OwnFunction | None = None
) -> str | None:
    """All steps of a rule as calls around its expression; None where one of them cannot be told as such.

    paths: those written in place of an argument, or as the only one of a step that has none, by place.
    own: a function of the mapping that is one of the steps.
    """
    call = source.text.strip()
    for step in listed(apply):
        name, arguments = step, None
        if isinstance(step, MapNode) and len(step.entries) == 1:
            name, arguments = step.entries[0]
        written_call = _CALL.fullmatch(name.text) if isinstance(name, ScalarNode) and name is step else None
        if written_call is not None and written_call[1] in TRANSFORMS:
            call = f"{written_call[1]}({call}, {written_call[2]})"
            continue
        if not isinstance(name, ScalarNode):
            return None
        is_own = own is not None and own.name == name.text
        transform = as_transform(own) if own is not None and is_own else TRANSFORMS.get(name.text)
        if transform is None:
            return None
        one = WrittenStep(name.text, arguments, name.span, apply, function=own if is_own else None)
        parts = [paths[name.span]] if name.span in paths else _arguments(one, transform, paths)
        if parts is None:
            return None
        call = f"{transform.name}({', '.join([call, *parts])})"
    return call


def _arguments(step: WrittenStep, transform: Transform, paths: dict[Span, str]) -> list[str] | None:
    """The arguments of a step in the order of a call; None where one is left out that has no constant."""
    stated = {one.name: node for one, node in match_arguments(step, transform, Findings()) or ()}
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


def _part(node: YamlNode, parameter: Parameter, transform: Transform, paths: dict[Span, str]) -> str | None:
    """An argument as an expression has it."""
    if node.span in paths:
        return paths[node.span]
    value = json_of(node)
    if not isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return None if "$" in text or "`" in text else f"`{text}`"
    if value.startswith("$"):
        return value
    is_path = _ATTRIBUTE.fullmatch(value) and not _takes(transform, {parameter.name: value})
    return value if is_path else text_constant(value)


def _takes(transform: Transform, stated: Mapping[str, Json]) -> bool:
    try:
        if transform.check is not None:
            transform.check(**stated)
    except (Invalid, TypeError):  # other arguments are needed, too
        return False
    return True
