"""The second wall: generated Python holds only what this list allows, whatever its writers did wrong."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any

from mapper.compiler.emit.module import importable, parts_of

_NODES: frozenset[type[ast.AST]] = frozenset(
    (
        ast.Module,
        ast.ImportFrom,
        ast.alias,
        ast.FunctionDef,
        ast.arguments,
        ast.arg,
        ast.Assign,
        ast.Expr,
        ast.Return,
        ast.If,
        ast.For,
        ast.Continue,
        ast.Try,
        ast.ExceptHandler,
        ast.Raise,
        ast.BoolOp,
        ast.And,
        ast.Or,
        ast.UnaryOp,
        ast.Not,
        ast.USub,
        ast.Compare,
        ast.Eq,
        ast.NotEq,
        ast.Is,
        ast.IsNot,
        ast.In,
        ast.NotIn,
        ast.Lt,
        ast.LtE,
        ast.Gt,
        ast.GtE,
        ast.IfExp,
        ast.Call,
        ast.keyword,
        ast.Attribute,
        ast.Subscript,
        ast.Name,
        ast.Constant,
        ast.List,
        ast.Tuple,
        ast.Dict,
    )
)
# What a node may hold others in. The rest holds none, but for `ctx`: it says whether a name is read or set,
# and every third node would be one.
_WITHOUT_NODES = frozenset({"attr", "ctx", "id", "kind", "level", "module", "type_comment"})
_PARTS = {kind: [name for name in kind._fields if name not in _WITHOUT_NODES] for kind in _NODES}
_ATTRIBUTES = frozenset(
    {
        "answer",
        "answer_of",
        "append",
        "arguments",
        "budget",
        "call",
        "clear",
        "compare",
        "count",
        "defaulted",
        "end",
        "enter",
        "event",
        "extend",
        "failed",
        "get",
        "hushed",
        "index",
        "invalid",
        "isascii",
        "isspace",
        "keep",
        "kept",
        "leave_out",
        "left_alone",
        "left_out",
        "let",
        "lower",
        "make",
        "meta",
        "only_kept",
        "optional",
        "read",
        "refusal",
        "refuse",
        "note_texts",
        "required",
        "set_aside",
        "skip",
        "skip_without_consent",
        "spend",
        "spend_all",
        "spend_lists",
        "split",
        "startswith",
        "step",
        "strip",
        "take_back",
        "unmapped",
        "unmet",
        "upper",
        "whole",
        "with_kept",
    }
)
_BUILTINS = frozenset({"bool", "dict", "enumerate", "float", "int", "len", "list", "str", "tuple", "type"})
_CONSTANTS = frozenset((str, int, float, bool, type(None)))


class Escape(AssertionError):
    """Generated code that holds what it must not: a mistake of the compiler, never of an author."""


def check_code(text: str, known: Collection[str] = (), attributes: Collection[str] = ()) -> None:
    """Raise Escape where generated text holds anything but plain statements over known names.

    known: functions of another module that it may call. attributes: further ones that it may read.
    """
    if any(name.startswith("_") for name in attributes):
        raise Escape("an attribute that nobody may read")
    may_read = frozenset(attributes)
    parts = [(_kept if len(part) < _LONGEST_KEPT else _looked_at)(part, may_read) for part in parts_of(text)]
    callable_names = _BUILTINS | importable() | {"section"} | set(known)
    callable_names |= {name for defined, _ in parts for name in defined}
    for called in (name for _, names in parts for name in names):
        if called not in callable_names:
            raise Escape(f"a call of {called}")


# Each function is a text of its own, and most are as they were when an author asks again.
_MOST_KEPT = 4096
# The head of a module that looks into large tables is not kept.
_LONGEST_KEPT = 100_000


def _looked_at(text: str, attributes: frozenset[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The functions that a part of a module makes, and the names that it calls. Raises Escape."""
    tree = ast.parse(text)
    may_read = _ATTRIBUTES.union(attributes)
    called: dict[str, None] = {}
    # As `ast.walk` goes, which would take three times as long: a module has thousands of nodes.
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind not in _NODES:
            raise Escape(f"a {kind.__name__}")
        if kind is ast.Attribute:
            if node.attr not in may_read:  # type: ignore[attr-defined]  # kind says what it is
                raise Escape(f"the attribute {node.attr}")  # type: ignore[attr-defined]  # likewise
        elif kind in _CHECKS:
            _CHECKS[kind](node, called)
        for name in _PARTS[kind]:
            part = getattr(node, name)
            if type(part) is list:
                waiting += part
            elif isinstance(part, ast.AST):
                waiting.append(part)
    defined = {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
    return frozenset(defined | {name for one in tree.body for name in _prepared_in(one)}), tuple(called)


def _prepared_in(statement: ast.stmt) -> list[str]:
    """The names of the functions that a statement at the head of a module makes with constant arguments."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return []
    makes = isinstance(statement.value.func, ast.Name) and statement.value.func.id == "prepared"
    return [one.id for one in statement.targets if makes and isinstance(one, ast.Name)]


@lru_cache(maxsize=_MOST_KEPT)
def _kept(text: str, attributes: frozenset[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    return _looked_at(text, attributes)


def _check_name(node: Any, called: dict[str, None]) -> None:
    if node.id.startswith("_"):
        raise Escape(f"the name {node.id}")


def _check_constant(node: Any, called: dict[str, None]) -> None:
    if type(node.value) not in _CONSTANTS:
        raise Escape(f"a constant of {type(node.value).__name__}")


def _check_call(node: Any, called: dict[str, None]) -> None:
    if isinstance(node.func, ast.Name):
        called[node.func.id] = None
    elif not isinstance(node.func, ast.Attribute):
        raise Escape("a call of something without a name")
    elif node.func.attr not in _ATTRIBUTES:
        raise Escape(f"a call of the attribute {node.func.attr}")


def _check_import(node: Any, called: dict[str, None]) -> None:
    if node.module != "mapper.runtime" or node.level:
        raise Escape("an import that is not of the runtime")
    for alias in node.names:
        if alias.asname is not None or alias.name not in importable():
            raise Escape(f"an import of {alias.name}")


def _check_function(node: Any, called: dict[str, None]) -> None:
    if node.decorator_list:
        raise Escape("a decorator")


_CHECKS: dict[type[ast.AST], Callable[[Any, dict[str, None]], None]] = {
    ast.Call: _check_call,
    ast.Constant: _check_constant,
    ast.FunctionDef: _check_function,
    ast.ImportFrom: _check_import,
    ast.Name: _check_name,
}
