"""Values and paths of other languages -> JMESPath: `$.a`, `a['b']`, `a.0`, `items.split('|')`, `None`."""

from __future__ import annotations

import json
import re

from mapper.compiler.advice.other_languages.foreign_functions import foreign_call
from mapper.compiler.advice.other_languages.idioms import cast
from mapper.compiler.advice.other_languages.lexemes import (
    Lexeme,
    Loose,
    Lost,
    is_plain_value,
    written_name,
)
from mapper.compiler.jmespath.signatures import takes_arguments
from mapper.compiler.jmespath.tokens import text_constant

_CONSTANTS = {
    **dict.fromkeys(("true", "True", "TRUE"), "`true`"),
    **dict.fromkeys(("false", "False", "FALSE"), "`false`"),
    **dict.fromkeys(("null", "Null", "NULL", "None", "nil", "undefined"), "`null`"),
}

_DECIMAL_COMMA = re.compile(r"(-?[0-9]+),([0-9]+)")
# What JavaScript and Python put their functions in.
_NAMESPACES = frozenset({"JSON", "Math", "Number", "Object", "String", "_", "json", "math", "datetime"})
_OF_NAMESPACES = {"JSON.parse": "parse_json", "JSON.stringify": "to_string", "json.loads": "parse_json"}
OF_ENDS = {
    **dict.fromkeys(("startswith", "starts_with"), "starts_with"),
    **dict.fromkeys(("endswith", "ends_with"), "ends_with"),
}
_OPERATORS = frozenset(
    {
        *OF_ENDS,
        *("and", "or", "not", "in", "like", "contains", "exists", "is"),
        *("ilike", "rlike", "regexp", "glob", "similar", "between"),
        *("eq", "ne", "gt", "gte", "ge", "lt", "lte", "le"),
    }
)


def value(loose: Loose) -> Lexeme:
    """Read one value with the path after it."""
    part = path(loose, _first(loose))
    while part.kind == "name":
        kind, written = loose.peek()
        if kind not in ("word", "number") or written.lower() in _OPERATORS | loose.stops:
            break
        part = _blank_name(loose, part)
    return part


def _blank_name(loose: Loose, part: Lexeme) -> Lexeme:
    """`Order No`: a name with a blank."""
    loose.certain = False
    base, dot, name = part.text.rpartition(".")
    plain = name.strip('"')
    return path(loose, Lexeme(f'{base}{dot}"{plain} {loose.take()}"', "name"))


def _first(loose: Loose) -> Lexeme:
    kind, written = loose.peek()
    if kind == "mark":
        return _first_of_mark(loose, written)
    if kind == "end":
        raise Lost
    loose.take()
    match kind:
        case "word":
            return _word(loose, written)
        case "number":
            return Lexeme(f"`{written}`", "number")
        case "date":
            return Lexeme(text_constant(written), "text")
        case "quoted":
            return Lexeme(written, "quoted")
        case "text":
            return Lexeme(written, "text")
        case "json":
            return Lexeme(_json(loose, written))
        case "variable" if loose.is_close() and loose.peek() == ("mark", "("):  # of JSONata
            return Lexeme(called(loose, written[1:], arguments(loose)))
        case _:
            return Lexeme(written)


def _first_of_mark(loose: Loose, mark: str) -> Lexeme:
    loose.take()
    match mark:
        case "(":
            inner = loose.listed()
            loose.expect(")")
            return Lexeme(f"({inner[0]})" if len(inner) == 1 else f"[{', '.join(inner)}]")
        case "[" if loose.peek()[0] != "number" and loose.peek()[1] not in (":", "*"):
            inner = loose.listed()
            loose.expect("]")
            # What jq collects in a list is one here.
            of_jq = loose.of_jq and len(inner) == 1 and ("[" in inner[0])
            loose.picks = loose.picks and not of_jq
            return Lexeme(inner[0] if of_jq else f"[{', '.join(inner)}]")
        case "{":
            return _object(loose)
        case "[" | "[?" | "[]":
            return _bracket(loose, mark, "")
        case "$":
            loose.certain = False
            if loose.peek() == ("mark", ".") or loose.peek() == ("mark", "["):
                return path(loose, Lexeme(""))
            return Lexeme("@")
        case "." if loose.peek()[0] in ("word", "quoted"):
            loose.of_jq = True
            return _first(loose)
        case "." if loose.peek()[0] != "mark" or loose.peek()[1] in ("|", ")", "=="):
            return Lexeme("@")
        case "%" | "@" | ":" | "~" | "^" | "/" if loose.is_close() and loose.peek()[0] == "word":
            return _without_mark(loose, mark)
        case "@" | "*":
            return Lexeme(mark)
        case "&":
            return Lexeme(f"&{loose.inner(loose).text}")
        case _:
            raise Lost


def _without_mark(loose: Loose, mark: str) -> Lexeme:
    """`%number`, `%number%`, `@number`, `/customer/email`: a name after a mark that has no meaning here."""
    loose.certain = False
    if mark == "/":
        loose.slash = "path"
    part = path(loose, _first(loose))
    if loose.is_close() and mark in "%:^":
        loose.takes(mark)
    return part


def _cast(loose: Loose) -> Lexeme:
    """`cast(x as text)`, after its `cast`."""
    loose.expect("(")
    outer, loose.stops = loose.stops, loose.stops | {"as"}
    inner = loose.inner(loose)
    loose.stops = outer
    if loose.word() != "as":
        raise Lost
    loose.take()
    made = _of_type(loose, inner)
    loose.expect(")")
    return made


def _of_type(loose: Loose, part: Lexeme) -> Lexeme:
    """A value and the name of a type of SQL that it is made to."""
    made = cast(loose.word(), part.text)
    if made is None:
        raise Lost
    loose.take()
    loose.certain = False
    if loose.takes("("):
        loose.listed()
        loose.expect(")")
    return Lexeme(made)


def _word(loose: Loose, name: str) -> Lexeme:
    if name.lower() in ("cast", "try_cast", "safe_cast") and loose.peek() == ("mark", "("):
        return _cast(loose)
    if loose.peek() == ("mark", "("):
        return Lexeme(called(loose, name, arguments(loose)))
    while loose.is_close() and loose.peek() == ("mark", "-") and _is_close_after(loose):
        loose.take()
        name = f"{name}-{loose.take()}"
        loose.certain = False
    if name in _CONSTANTS and loose.peek()[1] != ".":
        return Lexeme(_CONSTANTS[name])
    return Lexeme(written_name(name), "name")


def _is_close_after(loose: Loose) -> bool:
    after = loose.lexemes[loose.place + 1 : loose.place + 2]
    return bool(after) and after[0][0] in ("word", "number") and "." not in after[0][1]


def arguments(loose: Loose) -> list[str]:
    """The arguments in the parentheses of a call."""
    loose.expect("(")
    if loose.takes(")"):
        return []
    parts = loose.listed()
    loose.takes(",")
    loose.expect(")")
    return parts


def _object(loose: Loose) -> Lexeme:
    entries = []
    while not loose.takes("}"):
        kind, key = loose.peek()
        if kind not in ("word", "quoted", "text"):
            raise Lost
        loose.take()
        loose.expect(":")
        entries.append(f"{written_name(key[1:-1]) if kind == 'text' else key}: {loose.inner(loose).text}")
        loose.takes(",")
    return Lexeme(f"{{{', '.join(entries)}}}")


def path(loose: Loose, part: Lexeme) -> Lexeme:
    """A value with the path after it."""
    while True:
        kind, written = loose.peek()
        if kind != "mark":
            return part
        if written == "::" and cast(loose.peek(1)[1], "") is not None:
            loose.take()
            part = _of_type(loose, part)
        elif written in (".", "?.") or _goes_on(loose, part):
            loose.take()
            part = _dotted(loose, part.text)
        elif written in ("[", "[?", "[]") and (loose.is_close() or written != "["):
            loose.take()
            part = _bracket(loose, written, part.text)
        elif written == "{" and loose.is_close() and part.kind == "name":
            loose.take()
            part = Lexeme(f"{part.text}.{_object(loose).text}")
        else:
            return part


def _goes_on(loose: Loose, part: Lexeme) -> bool:
    """Whether a mark of another language is between two names of a path: `a->b`, `a::b`, `a/b`, `a:b`."""
    _, mark = loose.peek()
    following = loose.peek(1)
    if part.kind != "name" or not loose.is_close():
        return False
    if mark in ("->", "->>"):
        return following[0] in ("word", "text", "quoted", "number")
    if following[0] != "word" or loose.lexemes[loose.place + 1][0] == "space":
        return False
    if mark == ":" and ("mark", "?") not in loose.lexemes and not loose.filters:
        loose.certain, loose.colon = False, True
        return True
    if mark == "/" and loose.slash == "path":
        loose.certain = False
        return True
    return mark in ("::", "..", "\\", "\\\\")


def _dotted(loose: Loose, base: str) -> Lexeme:
    kind, written = loose.peek()
    dot = f"{base}." if base else ""
    if kind == "end":
        raise Lost
    loose.take()
    match kind, written:
        case "word", _ if loose.peek() == ("mark", "("):
            return Lexeme(method(loose, base, written, arguments(loose)))
        case "word", _:
            return Lexeme(
                f"{dot}{_word(loose, written).text if written not in _CONSTANTS else written}", "name"
            )
        case "quoted", _:
            return Lexeme(f"{dot}{written}", "value")
        case "text", _:
            return Lexeme(f"{dot}{written_name(written[1:-1])}")
        case "variable", _:
            return Lexeme(f'{dot}"{written}"')
        case "number", _:
            return Lexeme(base + "".join(f"[{digits}]" for digits in written.split(".")))
        case "mark", "*":
            return Lexeme(f"{dot}*")
        case "mark", "{":
            return Lexeme(f"{dot}{_object(loose).text}")
        case "mark", "[" if loose.peek()[0] == "number" or loose.peek()[1] in (":", "*"):
            return _bracket(loose, "[", base)
        case "mark", "[":
            inner = loose.listed()
            loose.expect("]")
            return Lexeme(f"{dot}[{', '.join(inner)}]")
        case "mark", "[]" | "[?":
            return _bracket(loose, written, base)
        case _:
            raise Lost


def method(loose: Loose, base: str, name: str, given: list[str]) -> str:
    """`base.name(...)`: a call at `base` here; elsewhere, one with `base` as its first argument."""
    if any("@" in one for one in given) and takes_arguments(name, len(given)):
        return f"{base}.{name}({', '.join(given)})"
    loose.certain = False
    if base in _NAMESPACES:  # `JSON.parse(x)`, `Math.round(x)`
        return called(loose, _OF_NAMESPACES.get(f"{base}.{name}", name), given)
    # A text of null is no text, and the length of a list that is not there no mistake.
    name = {"to_string": "text", "length": "count"}.get(name, name)
    made = called(loose, name, [base, *given])
    if made.startswith("join(") and given:
        glue = [*given, base] if base[:1] != "'" else [base, *given]
        return f"join({', '.join(glue)})"
    return made


def _bracket(loose: Loose, mark: str, base: str) -> Lexeme:
    """Read the brackets after a value."""
    if mark == "[]":
        return Lexeme(f"{base}[]")
    if mark == "[?":
        condition = loose.inner(loose).text
        loose.expect("]")
        return Lexeme(f"{base}[?{condition}]")
    kind, written = loose.peek()
    if kind in ("text", "quoted") and loose.peek(1)[1] == "]":
        loose.take()
        loose.expect("]")
        name = written[1:-1] if kind == "text" else json.loads(written)
        return Lexeme(f"{base}.{written_name(name)}" if base else written_name(name))
    if kind == "number" or written in (":", "*", "-"):
        return Lexeme(f"{base}[{_index(loose)}]")
    if kind == "variable":
        raise Lost
    if loose.word() == "where" and loose.peek(1)[0] == "word":
        loose.take()
    outer, loose.in_brackets = loose.in_brackets, True
    inner = loose.listed()
    loose.in_brackets = outer
    loose.expect("]")
    loose.certain = False
    if len(inner) == 1 and re.search(r"[=<>]|^!|contains\(|_with\(", inner[0]):
        return Lexeme(f"{base}[?{inner[0]}]")
    if len(inner) == 1 and is_plain_value(inner[0]):
        return Lexeme(f"{base}.{inner[0]}")
    return Lexeme(f"{base}.[{', '.join(inner)}]")


def _index(loose: Loose) -> str:
    """An index, a slice or a `*`, up to the closing bracket."""
    parts = ""
    while not loose.takes("]"):
        kind, written = loose.peek()
        if (kind != "number" and written not in (":", "*", "-")) or (
            kind == "number" and parts[-1:].isdigit()
        ):
            raise Lost
        parts += loose.take()
    return parts


def _json(loose: Loose, literal: str) -> str:
    """A constant between backticks; a text where it is no JSON, and does not try to be."""
    inner = literal[1:-1].strip()
    comma = _DECIMAL_COMMA.fullmatch(inner)
    if comma is not None:
        loose.certain = False
        return f"`{comma[1]}.{comma[2]}`"
    try:
        json.loads(inner.replace("\\`", "`"))
    except ValueError:
        if inner[:1] in ("[", "{", '"'):
            raise Lost from None
        loose.certain = loose.certain and not inner[:1].isdigit()
        return inner if inner[:1] == "'" and inner[-1:] == "'" else text_constant(inner)
    return literal


def called(loose: Loose, name: str, arguments: list[str]) -> str:
    """A call, by the name that the function has here."""
    if takes_arguments(name, len(arguments)):
        return f"{name}({', '.join(arguments)})"
    loose.certain = False
    return foreign_call(name, arguments) or f"{name}({', '.join(arguments)})"
