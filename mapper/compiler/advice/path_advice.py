"""A part of an expression whose type rules something out -> what was most likely meant by it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.advice.brackets import is_of_list
from mapper.compiler.advice.character_set_advice import meant_set
from mapper.compiler.advice.dates import translated
from mapper.compiler.advice.other_languages.jq_pipes import applied
from mapper.compiler.advice.rewrite import fixes_in_place, shown_part
from mapper.compiler.advice.whole_file import nodes_around
from mapper.compiler.inference.expression_faults import renamed, written_base
from mapper.compiler.inference.type_facts import (
    NeverEqual,
    StrangeArgument,
    StrangeConstants,
    StrangeStep,
    UnknownAttribute,
    in_place,
)
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.expression_facts import FUNCTIONS_TOO, ONLY_FUNCTIONS, Instead
from mapper.compiler.jmespath.refusal import InPlace, coded
from mapper.compiler.jmespath.tokens import text_constant
from mapper.compiler.jmespath.tree import (
    Call,
    Field,
    Filter,
    Index,
    Literal,
    MultiList,
    Node,
    ObjectValues,
    Projection,
    Then,
)
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.yaml.edits import key_before, rename, shown
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import Span
from mapper.transforms import TRANSFORMS
from mapper.transforms.character_sets import KINDS
from mapper.values.regular_expression import pattern
from mapper.values.types import Json, kind_of

_URL_PARTS = frozenset(name for name, _ in TRANSFORMS["url"].gives.fields or ())
_MOST_NAMES = 8
ACROSS = pattern(r"across\(([^()]+)\)")
# The text `old` of `replace` where it has a set.
_NO_TEXT = "''"
_OFFSET = re.compile(r"(?:UTC|GMT|Z)? ?([+\-\u2212]) ?(1[0-4]|0?[0-9])(?::?([0-5][0-9]))?", re.IGNORECASE)
_MOST_CONSTANTS = 6
# What browsers and other tools call the parts of a URL.
_OF_URLS = {
    **dict.fromkeys(("hostname", "domain", "authority", "netloc", "server", "origin"), "host"),
    **dict.fromkeys(("pathname", "uri", "file"), "path"),
    **dict.fromkeys(("parts", "pathparts", "pathsegments"), "segments"),
    **dict.fromkeys(("search", "searchparams", "params", "parameters", "querystring", "args"), "query"),
    **dict.fromkeys(("hash", "anchor", "ref"), "fragment"),
    "protocol": "scheme",
}
# What the elements of a list are called by their places in it.
_ORDINALS = {
    **dict.fromkeys(("first", "firstname", "given", "givenname", "head"), 0),
    **dict.fromkeys(("second", "middle", "middlename"), 1),
    "third": 2,
    **dict.fromkeys(("last", "lastname", "family", "familyname", "surname", "tail"), -1),
}


def are_parts_of_url(names: Iterable[str]) -> bool:
    """Whether the attributes of an object are those that `url` gives."""
    return {*names} == _URL_PARTS


@advises(UnknownAttribute)
def _attribute(fact: UnknownAttribute, _: Diagnostic) -> Hint:
    """The near one of those there are."""
    near = closest(fact.node.name, fact.names)
    if are_parts_of_url(fact.names):
        near = _OF_URLS.get(letters_of(fact.node.name), near)
    if near is None:
        shown = ", ".join(f"`{name}`" for name in fact.names[:_MOST_NAMES])
        return Hint(f"its attributes: {shown}{', ...' if len(fact.names) > _MOST_NAMES else ''}")
    instead = renamed(fact.node, near, fact.expression)
    return Hint(f"did you mean `{near}`?", fixes_in_place(instead) if instead is not None else ())


@advises(StrangeStep)
def _step(fact: StrangeStep, _: Diagnostic) -> Hint | None:
    node, base, expression = fact.node, fact.base, fact.expression
    before = written_base(node.base, expression)
    one_text = base.kinds <= {"string", "null"} and isinstance(node, Field | Index)
    if one_text and isinstance(node.base, Call) and node.base.name == "extract":
        span_of_call = expression.text[node.base.start : node.base.end]
        instead = in_place(node, span_of_call, expression)
        hint = f"of one part it gives the text itself: write {coded(span_of_call)}"
        return Hint(hint, fixes_in_place(instead))
    if isinstance(node, Field):
        return _of_list(node, fact, before)
    if isinstance(node, ObjectValues):
        return Hint(f"write {coded(before + '[*]')}") if "array" in base.kinds else None
    over = _projection_over(node, expression) if isinstance(node, Index) else None
    if over is not None:
        text = expression.text
        piped = f"{text[over.start : node.base.end]} | {text[node.base.end : over.end]}"
        return Hint(f"it applies to each element; for the whole list, write {coded(piped)}")
    return (
        Hint(f"to read its values, write {coded(before + '.*')}")
        if "object" in base.kinds and before
        else None
    )


def _projection_over(node: Node, expression: Expression) -> Projection | Filter | None:
    """The projection that takes a step of each element, if one does."""
    for over in expression.walk():
        if isinstance(over, Projection | Filter):
            part = over.right
            while isinstance(part, Field | Index):
                if part is node:
                    return over
                part = part.base
    return None


def _of_list(node: Field, fact: StrangeStep, before: str) -> Hint | None:
    """The hint for a field that is read of a list as if it were one object."""
    expression = fact.expression
    piped = next((one for one in expression.walk() if isinstance(one, Then) and one.right is node), None)
    if piped is not None and node.name in ONLY_FUNCTIONS | FUNCTIONS_TOO:
        call = applied(node.name, written_base(piped.left, expression))
        return None if call is None else Hint(f"write {coded(call)}")
    if node.name in ("length", "size", "count") and before:
        return Hint(f"write {coded(f'count({before})')}")
    if isinstance(node.base, Call) and node.base.name in ("base64_decode", "percent_decode") and before:
        return Hint(f"for JSON in a text, write {coded(f'parse_json({before}).{node.name}')}")
    if "array" not in fact.base.kinds:
        return None
    if (
        fact.base.items is not None
        and fact.base.items.known
        and not fact.base.items.kinds & {"object", "array"}
    ):
        return _of_plain_elements(node, expression, before)
    name = expression.text[node.name_start : node.end]
    each, first = (shown_part(node, f"{before}{one}.{name}", expression) for one in ("[*]", "[0]"))
    return Hint(f"for each element, write {each}; for the first, {first}")


def _of_plain_elements(node: Field, expression: Expression, before: str) -> Hint:
    """One element of a list whose elements have no attributes: the one that the name says."""
    at = _ORDINALS.get(letters_of(node.name))
    instead = in_place(node, f"{before}[{at or 0}]", expression)
    shown = shown_part(node, instead.changes[0].written, expression)
    if at is None:
        return Hint(f"its elements have no attributes; for the first element, write {shown}")
    return Hint(f"write {shown}", fixes_in_place(instead))


def _less_brackets(fact: StrangeArgument) -> Hint | None:
    """Arguments in brackets, as no function here takes them."""
    node, text = fact.node, fact.source.text
    if not isinstance(node, MultiList) or (len(node.elements) > 1 and "array" in fact.takes.kinds):
        return None
    if len(node.elements) == 1 and "array" in fact.takes.kinds and not is_of_list(node.elements[0]):
        return None
    instead = in_place(node, text[node.start + 1 : node.end - 1].strip(), fact.source)
    return Hint(
        f"write {shown_part(node, instead.changes[0].written, fact.source)}, without the brackets",
        fixes_in_place(instead),
    )


@advises(StrangeArgument)
def _argument(fact: StrangeArgument, found: Diagnostic) -> Hint | None:
    """The hint for making a value of another type of it."""
    name, value, takes = fact.function, fact.type, fact.takes
    if name == "across":
        return _no_object(found.span) if fact.is_call else Hint("read an object here, or leave it out")
    if name == "join" and isinstance(fact.node, Literal):
        return Hint(f"the separator is the first argument: `join({shown(found.span) or '...'}, LIST)`")
    if name == "template":
        return Hint(
            "read one value of it; to join a list, name it under `let` with a step `{join_with: ', '}`"
        )
    if name == "lookup" and takes.kinds == {"object"}:
        return Hint("a table is named under the key `tables`, and read as `$name`: `lookup(KEY, $name)`")
    bare = _less_brackets(fact)
    if bare is not None:
        return bare
    if "array" in value.kinds and "array" not in takes.kinds and name in TRANSFORMS:
        return Hint(f"to apply it to each element, write `map(&{name}(@), ...)`, or a step under `apply`")
    if "string" in value.kinds and takes.kinds <= {"number", "integer"}:
        return Hint("`to_number(...)` converts a string to a number")
    if takes.kinds == {"string"} and value.kinds & {"number", "integer", "boolean"}:
        return Hint("`text(...)` converts it to a string")
    if name in ("sum", "avg", "max", "min") and "array" not in value.kinds:
        return Hint(f"write a list of values as `{name}([a, b])`")
    return None


def _no_object(span: Span) -> Hint:
    """One of several values, in place of one of several objects."""
    rule = next((node for key, node in nodes_around(span) if key == "across"), None)
    written = None if rule is None else shown(rule.span)
    key = None if rule is None else key_before("across", rule.span)
    call = ACROSS.fullmatch(shown(span) or "")
    first = f"{{from: [{call[1]}]}}" if call else f"from: {written or '[EXPRESSION, EXPRESSION]'}"
    hint = f"read an object here; for the first of several values, write {coded(first)}"
    return Hint(hint, () if key is None else (rename(key, "from"),))


@advises(StrangeConstants)
def _constants(fact: StrangeConstants, _: Diagnostic) -> Hint | None:
    """A near word of those that the transform takes, or the format after its zone."""
    words = [word for parameter in TRANSFORMS[fact.call.name].parameters for word in parameter.words]
    if any(one.words == KINDS for one in TRANSFORMS[fact.call.name].parameters):
        return _set_of(fact)
    near = next((word for one in fact.constants if (word := near_word(str(one), words))), None)
    if fact.call.name == "format_time":
        return _format_of_time(fact)
    hint = f"did you mean `'{near}'`?" if near else _format_first(fact)
    return None if hint is None else Hint(hint)


def _set_of(fact: StrangeConstants) -> Hint | None:
    """The set of characters that a constant of a call means."""
    text, call = fact.expression.text, fact.call
    if call.name == "replace" and len(call.arguments) < 4:
        value, *texts = (text[one.start : one.end] for one in call.arguments)
        meant = meant_set(str(fact.constants[0])) if fact.constants else None
        if meant is None or fact.constants[0] == "":
            return None
        new = texts[1] if len(texts) > 1 else _NO_TEXT
        return Hint(f"write {coded(f'replace({value}, {_NO_TEXT}, {new}, {text_constant(meant)})')}")
    for node, parameter in zip(call.arguments[1:], TRANSFORMS[call.name].parameters, strict=False):
        if parameter.words == KINDS and isinstance(node, Literal) and isinstance(node.value, str):
            meant = meant_set(node.value)
            if meant is not None and meant != node.value:
                constant = text_constant(meant)
                return Hint(
                    f"write {coded(constant)}", fixes_in_place(in_place(node, constant, fact.expression))
                )
    return None


def _format_of_time(fact: StrangeConstants) -> Hint | None:
    """The call with its format before its zone, in the codes that it reads."""
    value, *others = (fact.expression.text[one.start : one.end] for one in fact.call.arguments)
    stated = [str(one) for one in fact.constants]
    if len(stated) == 2 and "%" in stated[1] and "%" not in stated[0]:
        return Hint(f"write {coded(f'format_time({value}, {others[1]}, {others[0]})')}")
    format = translated(stated[0]) if stated else ""
    if format in ("", stated[0]):
        return None
    return Hint(f"write {coded(f'format_time({value}, {text_constant(format)}, {others[1]})')}")


def _format_first(fact: StrangeConstants) -> str | None:
    """The call of `timestamp` with a format where its zone should be."""
    call, expression = fact.call, fact.expression
    first = call.arguments[1] if len(call.arguments) == 2 else None
    if call.name != "timestamp" or not isinstance(first, Literal) or "%" not in str(first.value):
        return None
    value, format = (expression.text[one.start : one.end] for one in call.arguments)
    zone = "'UTC'" if "%z" in format else "'Europe/Paris'"
    return (
        f"pass the format as the third argument, after the time zone: `timestamp({value}, {zone}, {format})`"
    )


def near_word(text: str, words: Iterable[str]) -> str | None:
    """The word that was most likely meant: a near one, or one that ends with this (`Paris`)."""
    known = tuple(words)
    if "UTC" in known and any(one.isdigit() for one in text):
        return _offset(text)
    last = text.strip().replace(" ", "_").lower()
    return closest(text, known) or next((one for one in known if one.lower().endswith(f"/{last}")), None)


def _offset(text: str) -> str | None:
    """`UTC+1` as `+01:00`. Of a zone with a number nothing else is known: `CET+1` is not what POSIX reads."""
    found = _OFFSET.fullmatch(text.strip())
    if found is None:
        return None
    sign, hours, minutes = found.groups()
    return f"{'-' if sign == chr(0x2212) else sign}{int(hours):02}:{minutes or '00'}"


@advises(NeverEqual)
def _never_equal(fact: NeverEqual, _: Diagnostic) -> Hint:
    """The near one of what the other side can be."""
    value, known = fact.literal.value, fact.known
    near = closest(value, [one for one in known if isinstance(one, str)]) if isinstance(value, str) else None
    if near is None:
        shown = [coded(_constant(one)) for one in known]
        listed = ", ".join(shown[:_MOST_CONSTANTS]) + (", ..." if len(shown) > _MOST_CONSTANTS else "")
        return Hint(f"its values are {'one of ' if len(shown) > 1 else ''}{listed}")
    change = InPlace(fact.literal.start, fact.literal.end, f"'{near}'")
    return Hint(f"did you mean `'{near}'`?", fixes_in_place(Instead(fact.expression, (change,))))


def _constant(value: Json) -> str:
    if kind_of(value) == "string":
        return f"'{value}'"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
