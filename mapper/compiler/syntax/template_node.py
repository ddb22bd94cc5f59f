"""`template: '{brand} {name}'` -> the expression `template('{} {}', brand, name)`, each path at its place."""

from __future__ import annotations

from mapper.compiler.file_reading import FileReading
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tokens import json_constant, text_constant
from mapper.compiler.jmespath.tree import Current, Field, Index, Variable
from mapper.compiler.syntax.node_shapes import is_text, wrong_shape
from mapper.compiler.syntax.syntax_facts import WrongTemplate
from mapper.compiler.syntax.written_call import WrittenArgument, WrittenCall
from mapper.compiler.yaml.nodes import ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Locate, Span, Style
from mapper.transforms.template_text import (
    DEEPEST,
    LONGEST_TEMPLATE,
    TemplateFault,
    TemplatePart,
    TemplateProblem,
    template_parts,
)
from mapper.values.regular_expression import pattern

# As other template languages write a value.
TWO_BRACES = pattern(r"(?<!\{)\{\{\s*([$\w.@]+)\s*\}\}(?!\})")
# `{name:none}`, `{price:.2f}`: as other template languages give a default, or a format.
FORMATTED = pattern(r"\s*(\$?[A-Za-z_][\w.]*)\s*:(.*)")
_STYLES: dict[Style, Style] = {"single": "in single", "double": "in double"}
_PATHS = Current | Field | Index | Variable
_FAULTS: dict[TemplateProblem, str] = {
    "unclosed": "this `{}` of the template is not closed",
    "stray": "this `{}` of the template closes nothing",
    "deep": f"brackets of a template are nested at most {DEEPEST} deep",
    "bare": "this bracket of the template has no value that could be absent",
    "double": "this bracket of the template has nothing but another bracket",
}


def read_template(node: YamlNode, reading: FileReading) -> Expression | None:
    """The expression that a template means; None, and a diagnostic, where it is none."""
    if not isinstance(node, ScalarNode) or not is_text(node):
        hint = "write it between quotes: `template: '{brand} - {name}'`"
        reading.say(wrong_shape(node, "`template` must be a text with paths in braces", hint))
        return None
    parts = _parts(node, reading)
    if parts is None:
        return None
    skeleton, at = "", 0
    arguments: list[WrittenArgument] = []
    for part in parts:
        if part.kind == "value":
            value = _value(part, node, reading)
            if value is None:
                return None
            arguments.append(value)
            skeleton += f"{node.text[at : part.start]}{{}}"
            at = part.end
    begun = f"template({_constant(skeleton + node.text[at:])}, "
    return WrittenCall(begun, arguments, node.span, _STYLES.get(node.style, "literal")).read(reading)


def _parts(node: ScalarNode, reading: FileReading) -> tuple[TemplatePart, ...] | None:
    """The parts of a template, at least one of which is a value."""
    doubled, whole = TWO_BRACES.search(node.text), (0, len(node.text))
    if doubled is not None:
        message = f"a value of a template has one brace on each side: `{{{doubled[1]}}}`"
        _report(WrongTemplate("braces", node, *doubled.span()), message, reading)
        return None
    if len(node.text) > LONGEST_TEMPLATE:
        message = f"a template has at most {LONGEST_TEMPLATE} characters"
        _report(WrongTemplate("long", node, *whole), message, reading)
        return None
    try:
        parts = template_parts(node.text)
    except TemplateFault as fault:
        message = _FAULTS[fault.fault].format(node.text[fault.start])
        _report(WrongTemplate(fault.fault, node, fault.start, fault.end), message, reading)
        return None
    if all(part.kind != "value" for part in parts):
        message = "the template has no value in braces, so it is the same for every event"
        _report(WrongTemplate("constant", node, *whole), message, reading)
        return None
    return parts


def _value(part: TemplatePart, node: ScalarNode, reading: FileReading) -> WrittenArgument | None:
    """The argument between two braces, if it is a path."""
    if not part.text.strip():
        message = "these braces of the template are empty"
        _report(WrongTemplate("empty", node, part.start, part.end), message, reading)
        return None
    if part.text.strip().isdecimal():
        message = (
            f"`{{{part.text.strip()}}}` counts the values, and a template has the path of each in braces"
        )
        _report(WrongTemplate("number", node, part.start, part.end), message, reading)
        return None
    if FORMATTED.fullmatch(part.text):
        message = "between braces a template has a path or `$name`, and nothing after a colon"
        _report(WrongTemplate("format", node, part.start + 1, part.end - 1), message, reading)
        return None
    locate = _shifted(node, part.start + 1)
    expression = reading.expression(part.text, locate, _STYLES.get(node.style, "literal"))
    if expression is None:
        return None
    if not all(isinstance(one, _PATHS) for one in expression.walk()):
        message = "between braces a template has a path or `$name`, and nothing longer"
        _report(WrongTemplate("not_path", node, part.start + 1, part.end - 1), message, reading)
        return None
    if node.text[: part.start].endswith("$"):
        message, span = f"`$` before `{{{part.text}}}` is sent as it is", node.at(part.start - 1, part.start)
        reading.say(Diagnostic("M206", span, message, "remove it if only the value is meant"))
    return WrittenArgument(part.text, locate)


def _shifted(node: ScalarNode, by: int) -> Locate:
    def locate(start: int, end: int) -> Span:
        return node.at(by + start, by + end)

    return locate


def _constant(text: str) -> str:
    """A text as an expression has it; a backslash only JSON has in every place."""
    return json_constant(text) if "\\" in text else text_constant(text)


def _report(fact: WrongTemplate, message: str, reading: FileReading) -> None:
    reading.say(Diagnostic("M151", fact.span, message, facts=fact))
