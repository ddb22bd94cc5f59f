"""The second wall: generated Python holds only what this list allows, whatever its writers did wrong."""

from __future__ import annotations

import ast

from mapper.compiler.module import importable

_NODES = frozenset(
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
        ast.Load,
        ast.Store,
        ast.Constant,
        ast.List,
        ast.Tuple,
        ast.Dict,
    )
)
_LOOKED_INTO = frozenset((ast.Attribute, ast.Name, ast.Constant, ast.Call, ast.ImportFrom, ast.FunctionDef))
_ATTRIBUTES = frozenset(
    {
        "append",
        "defaulted",
        "end",
        "event",
        "failed",
        "get",
        "index",
        "invalid",
        "keep",
        "kept",
        "left_alone",
        "left_out",
        "let",
        "meta",
        "only_kept",
        "optional",
        "read",
        "refuse",
        "remarks",
        "required",
        "skip",
        "split",
        "unmapped",
        "unmet",
        "whole",
        "with_kept",
    }
)
_BUILTINS = frozenset({"bool", "dict", "enumerate", "float", "int", "len", "list", "str", "type"})
_CONSTANTS = frozenset((str, int, float, bool, type(None)))


class Escape(AssertionError):
    """Generated code that holds what it must not: a mistake of the compiler, never of an author."""


def check_code(text: str) -> None:
    """Raise Escape where generated text holds anything but plain statements over known names."""
    tree = ast.parse(text)
    callable_names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    callable_names |= _BUILTINS | importable()
    for node in ast.walk(tree):
        kind = type(node)
        if kind not in _NODES:
            raise Escape(f"a {kind.__name__}")
        if kind in _LOOKED_INTO:
            _check(node, callable_names)


def _check(node: ast.AST, callable_names: set[str]) -> None:
    match node:
        case ast.Attribute(attr=attribute) if attribute not in _ATTRIBUTES:
            raise Escape(f"the attribute {attribute}")
        case ast.Name(id=name) if name.startswith("_"):
            raise Escape(f"the name {name}")
        case ast.Constant(value=value) if type(value) not in _CONSTANTS:
            raise Escape(f"a constant of {type(value).__name__}")
        case ast.Call(func=ast.Name(id=name)) if name not in callable_names:
            raise Escape(f"a call of {name}")
        case ast.Call(func=function) if not isinstance(function, ast.Name | ast.Attribute):
            raise Escape("a call of something without a name")
        case ast.ImportFrom(module="mapper.runtime", level=0, names=names):
            _check_imports(names)
        case ast.ImportFrom():
            raise Escape("an import that is not of the runtime")
        case ast.FunctionDef(decorator_list=[_, *_]):
            raise Escape("a decorator")


def _check_imports(names: list[ast.alias]) -> None:
    for alias in names:
        if alias.asname is not None or alias.name not in importable():
            raise Escape(f"an import of {alias.name}")
