"""A name that nothing here has, a transform's or a variable's -> Diagnostic."""

from __future__ import annotations

from collections.abc import Iterable

from mapper.compiler.plan.facts import UnknownStep, UnknownVariable
from mapper.compiler.syntax.calls import read_call
from mapper.compiler.syntax.other_names import meant_transform
from mapper.compiler.syntax.values import WrittenStep
from mapper.compiler.yaml.nodes import MapNode
from mapper.diagnostic import Diagnostic, closest
from mapper.runtime.functions import FUNCTIONS
from mapper.text import Span
from mapper.transforms import TRANSFORMS


def unknown_step(written: WrittenStep) -> Diagnostic:
    """The diagnostic for a step that names no transform."""
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
    return Diagnostic("M201", written.span, message, facts=UnknownStep(written))


def looks_like_variable(text: str, span: Span) -> Diagnostic:
    """The warning for a constant that begins as a variable does."""
    hint = "a constant is sent as is; put an expression under `from`"
    return Diagnostic("M206", span, f"`{text}` is a constant here, but looks like a variable", hint)


def unknown_variable(name: str, span: Span, variables: Iterable[str]) -> Diagnostic:
    """The diagnostic for a `$name` that nothing defines."""
    fact = UnknownVariable(name, tuple(sorted(variables)), span)
    return Diagnostic("M028", span, f"no `let` defines `${name}`", facts=fact)
