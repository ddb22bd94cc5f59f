"""The nodes under `functions` -> functions with their parameters and bodies.

A parameter has, once the mapping is read, a name that no other variable in it has, as one of a list rule.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import field

from mapper.compiler.file_reading import FileReading
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tokens import is_plain_name
from mapper.compiler.jmespath.tree import OwnFunction
from mapper.compiler.syntax.language_keys import VARIABLES
from mapper.compiler.syntax.node_shapes import wrong_shape
from mapper.compiler.syntax.syntax_facts import UnnamedList
from mapper.compiler.syntax.value_nodes import Let, Value, read_value
from mapper.compiler.yaml.nodes import MapNode, ScalarNode, YamlNode
from mapper.runtime.functions import FUNCTIONS
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.transforms import TRANSFORMS
from mapper.values.frozen import dataclass
from mapper.values.regular_expression import pattern

MOST_FUNCTIONS = 100
MOST_PARAMETERS = 16
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_PARTS = pattern(r"[^,]+|(?<=,)(?=,|\Z)|^\Z")
_PARAMETER = pattern(rf"\s*({_NAME})(\[\])?\s*")
_SIGNATURE = pattern(rf"({_NAME})\s*\(([^()]*)\)")
# As other languages begin a function.
_DECLARED = pattern(rf"(?:def|function|func|fn|fun|macro)\s+({_NAME}\s*\([^()]*\))\s*")


@dataclass(frozen=True, slots=True)
class Function:
    """A value with parameters. body: None if a diagnostic replaces it.

    parameters: as lets that only the body can read, without values. span: of its name with its parameters.
    facts: what those who call it know of it; filled where the mapping is planned.
    """

    name: str
    parameters: tuple[Let, ...]
    body: Value | None
    span: Span
    facts: OwnFunction = field(compare=False)

    @property
    def name_span(self) -> Span:
        """The span of its name."""
        return self.span.text.span(self.span.start, self.span.start + len(self.name))


def read_functions(node: YamlNode | None, reading: FileReading) -> tuple[Function, ...]:
    """The functions under `functions`: keys as `name(parameter, ...)`, each with the value that it gives."""
    if node is None:
        return ()
    if not isinstance(node, MapNode):
        hint = "write `name(value): VALUE`, without dashes"
        due = "`functions` must be a mapping of names with parameters to values"
        reading.say(wrong_shape(node, due, hint, UnnamedList("functions", node)))
        return ()
    if len(node.entries) > MOST_FUNCTIONS:
        message = f"there are {len(node.entries)} functions; the limit is {MOST_FUNCTIONS}"
        reading.say(Diagnostic("M022", node.entries[MOST_FUNCTIONS][0].span, message))
        return ()
    functions: dict[str, Function] = {}
    for key, value in node.entries:
        one = _read(key, value, reading)
        if one is None:
            continue
        if one.name in functions:
            related = ((functions[one.name].span, "defined here"),)
            message = f"`{one.name}` is defined twice"
            reading.say(Diagnostic("M026", key.span, message, "remove one of the two", related=related))
            continue
        functions[one.name] = one
    return tuple(functions.values())


def function_names(node: YamlNode | None) -> frozenset[str]:
    """The names under `functions`, as far as they can be read."""
    entries = node.entries if isinstance(node, MapNode) else ()
    return frozenset(key.text.partition("(")[0].strip() for key, _ in entries)


def all_read(node: YamlNode | None, functions: tuple[Function, ...]) -> bool:
    """Whether no diagnostic replaces a function."""
    return node is None or (isinstance(node, MapNode) and len(node.entries) == len(functions))


def _read(key: ScalarNode, node: YamlNode, reading: FileReading) -> Function | None:
    signature = _SIGNATURE.fullmatch(key.text)
    if signature is None:
        message = f"`{key.text}` is not a name with parameters"
        reading.say(Diagnostic("M026", key.span, message, _hint(key.text)))
        return None
    name = signature[1]
    if name in FUNCTIONS or name in TRANSFORMS:
        what = "a transform" if name in TRANSFORMS else "a function of JMESPath"
        message, hint = f"`{name}` is {what} already", f"choose another name, such as `own_{name}`"
        reading.say(Diagnostic("M026", key.at(0, len(name)), message, hint))
        return None
    parameters = _parameters(signature, key, node, reading)
    body = None if _has_let(node, reading) else read_value(node, reading)
    if parameters is None:
        return None
    lets, takes_list = parameters
    facts = OwnFunction(name, tuple([let.name for let in lets]), takes_list)
    return Function(name, lets, body, key.span, facts)


def _has_let(node: YamlNode, reading: FileReading) -> bool:
    """Whether a function names values of its own, which is reported."""
    keys = {key.text: key for key, _ in node.entries} if isinstance(node, MapNode) else {}
    if "let" not in keys or "each" in keys:
        return False
    hint = "write its values where they are read, or as functions of their own"
    reading.say(Diagnostic("M020", keys["let"].span, "a function has no `let`", hint))
    return True


def parameters_in(key: str) -> tuple[str, ...]:
    """The names of the parameters in a key, as far as they can be read."""
    signature = _SIGNATURE.match(key)
    found = [] if signature is None else map(_PARAMETER.fullmatch, signature[2].split(","))
    return tuple([one[1] for one in found if one is not None])


def _hint(text: str) -> str:
    """The hint for a key that is no name with parameters."""
    if is_plain_name(text):
        return f"write `{text}(value): ...` and read `$value` in it; a value without parameters is a `let`"
    declared = _DECLARED.fullmatch(text)
    if declared is not None:
        return f"write `{declared[1]}: ...`"
    return "write `name(value): ...`, or `name(one, other): ...`"


def _parameters(
    signature: re.Match[str], key: ScalarNode, node: YamlNode, reading: FileReading
) -> tuple[tuple[Let, ...], bool] | None:
    """The parameters of a function, and whether the first takes a list; None where one of them is wrong."""
    within = key.source.span(key.start, node.end)
    lets: dict[str, Let] = {}
    takes_list = False
    for number, part in enumerate(_PARTS.finditer(signature[2])):
        match, begin = _PARAMETER.fullmatch(part[0]), signature.start(2) + part.start()
        start, end = (0, len(part[0])) if match is None else match.span(1)
        span = key.at(begin + start, begin + end)
        wrong = _wrong_parameter(part[0].strip(), match, lets)
        if match is not None and match[2] and number:
            wrong = "`[]` is only for the first parameter", "remove it: any parameter can be a list"
        if match is None or wrong is not None or number >= MOST_PARAMETERS:
            message, hint = wrong or (f"a function has at most {MOST_PARAMETERS} parameters", None)
            reading.say(Diagnostic("M026", span, message, hint))
            return None
        takes_list = takes_list or bool(match[2])
        lets[match[1]] = Let(match[1], None, span, within)
    return tuple(lets.values()), takes_list


def _wrong_parameter(
    written: str, match: re.Match[str] | None, known: Container[str]
) -> tuple[str, str | None] | None:
    """The fault of a parameter, and what to write."""
    if not written:
        hint = "name one, as `(value)`; a value without parameters is a `let`"
        return "a parameter is missing here", hint
    if match is None:
        plain, equals, default = (one.strip() for one in written.removeprefix("$").partition("="))
        hint = f"write it without `$`: `{plain}`" if is_plain_name(plain) else "write names and commas"
        if equals and is_plain_name(plain):
            read = f"not_null(${plain}, {default or '...'})"
            hint = f"a parameter has no default: write `{plain}`, and {coded(read)} where it is read"
        return f"`{written}` is not the name of a parameter", hint
    if match[1] in VARIABLES:
        return f"`${match[1]}` is a built-in variable", f"choose another name, such as `the_{match[1]}`"
    if match[1] in known:
        return f"there are two parameters `{match[1]}`", "give each a name of its own"
    return None
