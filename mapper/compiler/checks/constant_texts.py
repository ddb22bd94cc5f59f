"""Constants -> warnings where one looks like an expression or a template, since it is sent as it is.

Nothing is said of a URL with braces unless the mapping, its source schema or a test has what is between them:
services have placeholders of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mapper.compiler.checks.facts import MistakenConstant
from mapper.compiler.checks.paths import shown_by
from mapper.compiler.checks.registry import CheckCase, check
from mapper.compiler.inference.facts import in_place
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tokens import text_constant
from mapper.compiler.jmespath.tree import Call, Literal, Node, Or
from mapper.compiler.plan.steps import looks_like_variable
from mapper.compiler.syntax.lets import RESERVED_VARIABLES, written_variable
from mapper.compiler.syntax.values import (
    Case,
    Constant,
    Each,
    Elements,
    Fields,
    FirstOf,
    Rule,
    Value,
    Zip,
    every,
)
from mapper.compiler.yaml.edits import in_single_quotes
from mapper.diagnostic import Diagnostic
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms import TRANSFORMS

_PATH = r"\$?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_HOLE = re.compile(rf"[$#%]?\{{\{{\s*({_PATH})\s*\}}\}}|[$#%]?\{{\s*({_PATH})\s*\}}", re.ASCII)
_VARIABLE = re.compile(r"\$[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_CALL = re.compile(r"([a-z_]\w*)\(.*\)", re.ASCII)
_QUOTED = re.compile(r"""(['"`])([^'"`]*[^'"`\s][^'"`]*)\1""")
_OF_URLS = ("://", "?")
_LONGEST = 2048
# Calls whose value holds a text among their arguments.
_BUILDING = frozenset({"concat", "join", "not_null"})


@check("M206")
def defaults_like_variables(case: CheckCase) -> Iterator[Diagnostic]:
    """Defaults that read as a variable: a default is a constant."""
    for rule, _, _ in case.record.rules:
        if rule.default is not None and str(rule.default.value).startswith("$"):
            yield looks_like_variable(str(rule.default.value), rule.default.span)


@check("M206", needs=("whole",))
def constants_like_expressions(case: CheckCase) -> Iterator[Diagnostic]:
    """`const: 'Booking {number}'`, `const: $number`, `concat('No. {number}', x)`."""
    told: set[int] = set()
    for root in case.mapping.every_value:
        for value in every(root):
            if id(value) not in told:
                told.add(id(value))
                yield from _of_value(value, case)


def _of_value(value: Value, case: CheckCase) -> Iterator[Diagnostic]:
    match value:
        case Constant():
            yield from _of_constant(value, case)
        case Rule():
            if value.default is not None:
                yield from _of_default(value.default, case)
        case Expression():
            for node in _texts(value.root):
                yield from _of_text(str(node.value), node, value, case)
        case Fields() | Elements() | FirstOf() | Case() | Each() | Zip():
            return


def _of_default(constant: Constant, case: CheckCase) -> Iterator[Diagnostic]:
    template = _template_of(str(constant.value), case)
    if template is not None:
        rule = f"{{template: {in_single_quotes(template)}}}"
        hint = f"write a template as the last alternative of `from`: {coded(rule)}"
        yield Diagnostic("M206", constant.span, _sent_as_is(str(constant.value)), hint)
    else:
        yield from _in_quotes(constant, "default")


def _of_text(text: str, node: Literal, whole: Expression, case: CheckCase) -> Iterator[Diagnostic]:
    template = _template_of(text, case)
    if template is not None:
        call = f"template({', '.join((text_constant(_HOLE.sub('{}', template)), *_paths_of(template)))})"
        facts = in_place(node, call, whole)
        yield Diagnostic("M206", whole.span(node), _sent_as_is(text), f"write {coded(call)}", facts=facts)


def _sent_as_is(text: str) -> str:
    return f"{coded(text)} is a constant here, and its braces are sent as they are"


def _of_constant(constant: Constant, case: CheckCase) -> Iterator[Diagnostic]:
    text = constant.value
    if not isinstance(text, str) or len(text) > _LONGEST:
        return
    template, call = _template_of(text, case), _CALL.fullmatch(text)
    if template is not None:
        fact = MistakenConstant(constant.span, "template", template)
        yield Diagnostic("M206", constant.span, _sent_as_is(text), facts=fact)
    elif _VARIABLE.fullmatch(text):
        read = text if _is_path(text, case) else text[1:]
        message = f"{coded(text)} is a constant here, but looks like a variable"
        fact = MistakenConstant(constant.span, "from", read)
        yield Diagnostic("M206", constant.span, message, facts=fact)
    elif call is not None and _is_function(call[1], case):
        message = f"{coded(text)} is a constant here, but looks like an expression"
        fact = MistakenConstant(constant.span, "from", text)
        yield Diagnostic("M206", constant.span, message, facts=fact)
    else:
        yield from _in_quotes(constant, "const")


def _in_quotes(constant: Constant, key: str) -> Iterator[Diagnostic]:
    """A text with quotes in it, as one in an expression has."""
    inner = _QUOTED.fullmatch(str(constant.value))
    if inner is not None:
        message = f"{coded(str(constant.value))} is a constant here, and its quotes are sent as they are"
        fact = MistakenConstant(constant.span, key, inner[2])
        yield Diagnostic("M206", constant.span, message, facts=fact)


def _is_function(name: str, case: CheckCase) -> bool:
    own = {function.name for function in case.mapping.functions}
    return name in FUNCTIONS or name in TRANSFORMS or name in own


def _template_of(text: str, case: CheckCase) -> str | None:
    """The template that a constant looks like, each path between single braces; None for another text."""
    if "{" not in text or len(text) > _LONGEST:
        return None
    template = _HOLE.sub(lambda hole: f"{{{hole[1] or hole[2]}}}", text)
    rest, paths = _HOLE.sub("", template), _paths_of(template)
    if not paths or set("{}[]") & {*rest}:
        return None
    is_url = any(one in text for one in _OF_URLS)
    return template if not is_url or all(_is_path(path, case) for path in paths) else None


def _paths_of(template: str) -> list[str]:
    return [hole[1] or hole[2] for hole in _HOLE.finditer(template)]


def _is_path(path: str, case: CheckCase) -> bool:
    """Whether the mapping reads a path elsewhere, or its source schema or a test has it."""
    names = tuple(path.split("."))
    if path.startswith("$"):
        lets = {written_variable(let.name) for let in case.mapping.all_lets}
        return names[0][1:] in {*lets, *RESERVED_VARIABLES}
    shown = shown_by(case)
    return names in shown.read or shown.knows(names)


def _texts(root: Node) -> Iterator[Literal]:
    """The texts that are a part of what an expression gives."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Literal) and isinstance(node.value, str):
            yield node
        elif isinstance(node, Or):
            waiting += [node.right, node.left]
        elif isinstance(node, Call) and node.name in _BUILDING:
            waiting += reversed(node.arguments)
