"""What is printed and kept unattended is built of constants, counts, names and places: read in the source."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from mapper.safe_text import Hidden, SafeText
from mapper.types import Invalid

_ROOT = Path(__file__).parents[1]
_FILES = sorted(path.relative_to(_ROOT).as_posix() for path in (_ROOT / "mapper").rglob("*.py"))

# Where a text is called known before any event, how often, and why it is.
_KNOWN = {
    "mapper/safe_text.py": (0, "says what it is"),
    "mapper/types.py": (1, "the seven kinds of JSON"),
    "mapper/runtime/checks.py": (4, "what the target's schema says of a field"),
    "mapper/runtime/decode.py": (1, "the parser's words, which hold no part of the text"),
    "mapper/runtime/frame.py": (5, "paths, and texts of the mapping, as generated code has them"),
    "mapper/runtime/functions.py": (9, "names of functions, and what they take"),
    "mapper/runtime/operators.py": (3, "names of functions and operators, and kinds of JSON"),
    "mapper/runtime/program.py": (2, "names of Python classes"),
    "mapper/runtime/quick/outcomes.py": (2, "texts of the mapping, and what transforms remark"),
    "mapper/runtime/shape.py": (3, "names of the target's fields"),
    "mapper/transforms/date_format.py": (1, "the directives that there are"),
    "mapper/transforms/person.py": (1, "what a transform calls its value"),
    "mapper/transforms/web.py": (1, "what a transform calls its value"),
    "mapper/compiler/planning/constant.py": (2, "of constants of a mapping, before any event"),
    "mapper/guarding.py": (1, "the guard's reasons, which are constants of its own"),
    "mapper/cli/summary.py": (3, "names that the mapping holds, or was asked for; kinds; a reason cut short"),
    "mapper/cli/tally.py": (1, "the three kinds of skips"),
    "mapper/feeds/rows.py": (1, "names of delimiters"),
    "mapper/delivery/answer.py": (3, "the destination's name, and what its schema says of a status"),
    "mapper/delivery/batch.py": (3, "names of the destination, its field and a unit of time"),
    "mapper/delivery/courier.py": (1, "the destination's name"),
    "mapper/delivery/quotation.py": (1, "the service's words, less all that was sent or looks personal"),
    "mapper/delivery/transport.py": (2, "a host, and how long was waited"),
}
# Names of texts that are put together elsewhere in the same function, of constants only.
_REMARKS = {("mapper/transforms/phone.py", "remark")}
# An Invalid makes its own reason one; and a table of safe texts.
_TAKEN = {("mapper/types.py", "reason"), ("mapper/feeds/rows.py", "reason")}


@cache
def _nodes(file: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse((_ROOT / file).read_text(encoding="utf-8"))))


def _calls(file: str, *names: str) -> Iterator[ast.Call]:
    """The calls of functions by name, also as an attribute."""
    for node in _nodes(file):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if name in names:
                yield node


def _constants(file: str) -> dict[str, list[ast.expr]]:
    """What each name of a file is set to, wherever that is."""
    found: dict[str, list[ast.expr]] = {}
    for node in _nodes(file):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node.value)
    return found


def _checked(file: str) -> set[tuple[str, str]]:
    """The parameters of a file that are declared as safe texts, which mypy holds their callers to."""
    nodes = _nodes(file)
    found = {(one.arg, one.annotation) for one in nodes if isinstance(one, ast.arg)}
    safe = {(file, name) for name, kind in found if kind is not None and ast.unparse(kind) == "SafeText"}
    return safe | _TAKEN


def _is_constant(node: ast.expr, names: dict[str, list[ast.expr]]) -> bool:
    """Whether an expression gives a text that stands in the source."""
    if isinstance(node, ast.IfExp):
        return _is_constant(node.body, names) and _is_constant(node.orelse, names)
    if isinstance(node, ast.Name):
        return node.id in names and all(_is_constant(one, {}) for one in names[node.id])
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_safe(node: ast.expr, names: dict[str, list[ast.expr]]) -> bool:
    """Whether an expression gives a constant text, or one that is safe already: mypy says that it is."""
    if isinstance(node, ast.Call):
        called = node.func
        name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
        return name in ("SafeText", "known", "isinstance")
    if isinstance(node, ast.Attribute):
        return node.attr in ("reason", "message")
    if isinstance(node, ast.Name) and node.id in names:
        return all(_is_safe(one, {}) for one in names[node.id])
    return _is_constant(node, names)


@pytest.mark.parametrize("file", [file for file in _FILES if file != "mapper/safe_text.py"])
def test_every_message_is_a_constant_text_with_counts_names_and_places_in_it(file: str) -> None:
    names, checked = _constants(file), _checked(file)
    wrong = []
    for call in _calls(file, "SafeText"):
        if not _is_constant(call.args[0], names) and (file, ast.unparse(call.args[0])) not in _TAKEN:
            wrong.append(f"line {call.lineno}: SafeText({ast.unparse(call.args[0])})")
    for call in _calls(file, "Invalid"):
        reason = call.args[0]
        if not _is_safe(reason, names) and (file, ast.unparse(reason)) not in checked:
            wrong.append(f"line {call.lineno}: Invalid({ast.unparse(reason)})")
    assert not wrong


@pytest.mark.parametrize("file", _FILES)
def test_what_a_transform_remarks_is_a_constant(file: str) -> None:
    names = _constants(file)
    for call in _calls(file, "append"):
        holder = call.func.value if isinstance(call.func, ast.Attribute) else None
        if isinstance(holder, ast.Name) and holder.id == "remarks":
            text = call.args[0]
            is_imported = isinstance(text, ast.Name) and text.id.isupper()
            assert is_imported or _is_constant(text, names) or (file, ast.unparse(text)) in _REMARKS


def test_what_is_called_known_is_known_and_why_it_is() -> None:
    found = {
        file: sum(ast.unparse(call.func) == "SafeText.known" for call in _calls(file, "known"))
        for file in _FILES
    }
    assert {file: count for file, count in found.items() if count} == {
        file: count for file, (count, _) in _KNOWN.items() if count
    }


def test_a_safe_text_takes_counts_and_safe_texts_and_nothing_else() -> None:
    made = SafeText("{} has {:,} {}", SafeText.known("em"), 1200, SafeText("elements"))
    assert made == "em has 1,200 elements"
    assert SafeText("braces {stay} where nothing is put in") == "braces {stay} where nothing is put in"
    for value in ("ada@example.com", 1.5, True, None, b"x", ["x"], Hidden("x")):
        with pytest.raises(TypeError):
            SafeText("{}", value)  # type: ignore[arg-type]
    assert type(pickle.loads(pickle.dumps(made))) is SafeText
    assert pickle.loads(pickle.dumps(made)) == made


def test_an_invalid_has_a_safe_reason() -> None:
    assert type(Invalid("not a number").reason) is SafeText


def test_what_is_hidden_shows_itself_only_when_asked() -> None:
    name = Hidden("ada@example.com")
    for shown in (str(name), repr(name), f"{name}", f"{[name]}"):
        assert "ada" not in shown
    assert name.reveal() == "ada@example.com"
    assert name == Hidden("ada@example.com") != Hidden("")
