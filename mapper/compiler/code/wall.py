"""The second wall: generated Python holds only what this list allows, whatever its writers did wrong."""

from __future__ import annotations

import ast

from mapper.compiler.module import importable

_NODES = (
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
_ATTRIBUTES = frozenset(
    {
        "append",
        "defaulted",
        "end",
        "event",
        "get",
        "invalid",
        "let",
        "optional",
        "read",
        "refuse",
        "remarks",
        "required",
        "skip",
        "unmapped",
        "unmet",
    }
)
_BUILTINS = frozenset({"bool", "dict", "enumerate", "float", "int", "len", "list", "str", "type"})
_CONSTANTS = (str, int, float, bool, type(None))


class Escape(AssertionError):
    """Generated code that holds what it must not: a mistake of the compiler, never of an author."""


def check_code(text: str) -> None:
    """Raise Escape where generated text holds anything but plain statements over known names."""
    tree = ast.parse(text)
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        _check(node, functions)


def _check(node: ast.AST, functions: set[str]) -> None:
    if not isinstance(node, _NODES):
        raise Escape(f"a {type(node).__name__}")
    match node:
        case ast.ImportFrom(module="mapper.runtime", level=0, names=names):
            _check_imports(names)
        case ast.ImportFrom():
            raise Escape("an import that is not of the runtime")
        case ast.FunctionDef(decorator_list=[_, *_]):
            raise Escape("a decorator")
        case ast.Attribute(attr=attribute) if attribute not in _ATTRIBUTES:
            raise Escape(f"the attribute {attribute}")
        case ast.Name(id=name) if name.startswith("_"):
            raise Escape(f"the name {name}")
        case ast.Call(func=ast.Name(id=name)) if name not in functions | _BUILTINS | importable():
            raise Escape(f"a call of {name}")
        case ast.Call(func=function) if not isinstance(function, ast.Name | ast.Attribute):
            raise Escape("a call of something without a name")
        case ast.Constant(value=value) if not isinstance(value, _CONSTANTS):
            raise Escape(f"a constant of {type(value).__name__}")


def _check_imports(names: list[ast.alias]) -> None:
    for alias in names:
        if alias.asname is not None or alias.name not in importable():
            raise Escape(f"an import of {alias.name}")
