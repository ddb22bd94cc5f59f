"""What walks values, plans, expressions or YAML names every kind of them: a new kind is forgotten nowhere.

A walk that leaves kinds to `case _`, or to nothing at all, leaves out a kind that is added later.
"""

from __future__ import annotations

import ast
import typing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from mapper.authoring import Text
from mapper.compiler.file_reading import FileReading
from mapper.compiler.findings import Findings
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Node
from mapper.compiler.plan import ir
from mapper.compiler.plan.ir import Planned, Source
from mapper.compiler.plan.planned_lets import variables_of
from mapper.compiler.syntax import value_nodes
from mapper.compiler.syntax.mapping import read_mapping
from mapper.compiler.syntax.value_nodes import Rule, Value
from mapper.compiler.yaml.nodes import YamlNode
from mapper.compiling import read_plan
from mapper.project.project import project_of, read_text
from tests.house.sources import FILES, ROOT, nodes

pytestmark = pytest.mark.quick

_UNIONS: dict[str, frozenset[type]] = {
    name: frozenset(typing.get_args(union))
    for name, union in {
        "Value": Value,
        "Rule.source": typing.get_type_hints(Rule)["source"],
        "Planned.source": Source,
        "Node": Node,
        "YamlNode": YamlNode,
    }.items()
}
_KINDS = frozenset(kind for union in _UNIONS.values() for kind in union)

# Of expressions and YAML it may be asked whether one looks like this or that, which is no walk.
_CHAINS = frozenset({"Planned.source", "Rule.source", "Value"})

# Packages that only `make engines` installs: modules on top of them are looked at where they are there.
_OF_ENGINES = {"pyspark"}

_Functions = list[tuple[str, Any, ast.AST]]


@cache
def _functions_of(file: str) -> _Functions:
    """The functions of a file, with the module that their names are of."""
    name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    if name == "mapper.__main__":
        return []
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in _OF_ENGINES:
            raise
        return []
    return _functions(nodes(file), module)


def _functions(found: Iterable[ast.AST], module: Any) -> _Functions:
    return [
        (node.name, module, node)
        for node in found
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _kind(module: Any, name: ast.expr) -> Iterator[type]:
    """The kinds that an expression of classes names: `A`, `A | B`, `(A, B)`."""
    if isinstance(name, ast.BinOp):
        yield from _kind(module, name.left)
        yield from _kind(module, name.right)
    elif isinstance(name, ast.Tuple):
        for one in name.elts:
            yield from _kind(module, one)
    elif isinstance(name, ast.Name):
        found = getattr(module, name.id, None)
        yield from (one for one in (found, *typing.get_args(found)) if one in _KINDS)


def _union(kinds: Iterable[type]) -> str:
    """The union that some kinds are most likely of, the smallest where several have them."""
    named = frozenset(kinds)
    return max(_UNIONS, key=lambda one: (len(_UNIONS[one] & named), -len(_UNIONS[one])))


def _raises(body: list[ast.stmt]) -> bool:
    return isinstance(body[-1], ast.Raise) or "assert_never" in ast.unparse(body[-1])


def _of_pattern(module: Any, pattern: ast.pattern, whole: bool) -> Iterator[type]:
    """The kinds that a case names; whole: that it takes whatever is in them."""
    if isinstance(pattern, ast.MatchClass):
        inner = (*pattern.patterns, *pattern.kwd_patterns)
        if not whole or all(isinstance(one, ast.MatchAs) and one.pattern is None for one in inner):
            yield from _kind(module, pattern.cls)
    elif isinstance(pattern, ast.MatchOr | ast.MatchSequence):
        if not whole or isinstance(pattern, ast.MatchOr):
            for one in pattern.patterns:
                yield from _of_pattern(module, one, whole)
    elif isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        yield from _of_pattern(module, pattern.pattern, whole)


def _matches(functions: _Functions) -> Iterator[tuple[str, str]]:
    """The functions with a match over kinds that leaves some of them out, each with the union."""
    for name, module, function in functions:
        for node in ast.walk(function):
            if not isinstance(node, ast.Match):
                continue
            kinds = [kind for case in node.cases for kind in _of_pattern(module, case.pattern, False)]
            free = [case for case in node.cases if case.guard is None]
            whole = [kind for case in free for kind in _of_pattern(module, case.pattern, True)]
            last = node.cases[-1]
            rest = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and not last.guard
            silent = not _raises(last.body) if rest else not _UNIONS[_union(kinds)] <= {*whole}
            if kinds and silent:
                yield _union(kinds), name


def _chains(functions: _Functions) -> Iterator[tuple[str, str]]:
    """The functions that ask a value for its kind more than once, and not for all, each with the union."""
    for name, module, function in functions:
        asked: dict[str, list[frozenset[type]]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance" and len(node.args) == 2:
                kinds = frozenset(_kind(module, node.args[1]))
                asked.setdefault(ast.unparse(node.args[0]), []).extend([kinds] if kinds else [])
        for several in asked.values():
            kinds = frozenset[type]().union(*several)
            # The last kind of a union needs no question.
            if len(set(several)) > 1 and len(_UNIONS[_union(kinds)] - kinds) > 1:
                yield _union(kinds), name


def _found(search: Callable[[_Functions], Iterator[tuple[str, str]]]) -> dict[str, set[str]]:
    """The functions that are found, each as `file:name`, by union."""
    found: dict[str, set[str]] = {}
    for file in FILES:
        for union, name in search(_functions_of(file)):
            found.setdefault(union, set()).add(f"{file}:{name}")
    return found


def _told(found: dict[str, set[str]]) -> str:
    return "\n".join(f"{one} leaves out a kind of {union}" for union in found for one in sorted(found[union]))


def test_a_match_over_kinds_names_them_all() -> None:
    found = _found(_matches)
    assert not found, _told(found)


def test_a_chain_of_isinstance_names_all_kinds() -> None:
    found = {union: names for union, names in _found(_chains).items() if union in _CHAINS}
    assert not found, _told(found)


_FUNCTION = """
def walk(value):
    match value:
        case Fixed() | First():
            return 1
        {}
"""
_OTHERS = "case Choice() | Loop() | Zipped() | PlannedObject() | PlannedList() | Expression(): return 2"


@pytest.mark.parametrize(
    ("rest", "is_silent"),
    [
        ("case _: return 0", True),
        ("case other: return 0", True),
        ("case Choice() | Loop(): return 0", True),
        (_OTHERS.replace(":", " if value:"), True),
        (_OTHERS.replace("Zipped()", "Zipped(lists=())"), True),
        (_OTHERS.replace("Zipped()", "Zipped(lists=_)"), False),
        (f"{_OTHERS}\n        case _: return 0", True),
        ("case _: raise AssertionError", False),
        ("case _: assert_never(value)", False),
        (_OTHERS, False),
    ],
)
def test_what_leaves_kinds_out_is_found(rest: str, is_silent: bool) -> None:
    module = SimpleNamespace(**{kind.__name__: kind for kind in _UNIONS["Planned.source"]})
    found = list(_matches(_functions(ast.walk(ast.parse(_FUNCTION.format(rest))), module)))
    assert found == ([("Planned.source", "walk")] if is_silent else [])


def test_a_chain_that_leaves_kinds_out_is_found() -> None:
    module = SimpleNamespace(**{kind.__name__: kind for kind in _UNIONS["Planned.source"]})
    chain = "isinstance(value, Fixed) or isinstance(value.of, Loop) or isinstance({}, First)"
    text = f"def walk(value): return {chain}"
    assert list(_chains(_functions(ast.walk(ast.parse(text.format("value"))), module))) == [
        ("Planned.source", "walk")
    ]
    assert list(_chains(_functions(ast.walk(ast.parse(text.format("other"))), module))) == []


_MAPPINGS = sorted((ROOT / "tests/cases/correct").glob("*.yaml"))


@cache
def _all_kinds() -> tuple[list[Value], list[Planned]]:
    """The values of mappings that have all kinds, and what becomes of them, each with all that is in it."""
    written: list[Value] = []
    made: list[Planned] = []
    for path in _MAPPINGS:
        plan = read_plan(read_text(path), project_of(path, None))
        mapping = plan.mapping
        written += [mapping.payload, *(section.payload for section in mapping.sections)]
        written += [let.value for let in mapping.lets if let.value is not None]
        payloads = [one.payload for one in plan.all_sections if one.payload is not None]
        made += [let.value for let in plan.lets]
        made += [entry.value for payload in payloads for entry in payload.entries]
    return (
        [one for value in written for one in value_nodes.every(value)],
        [one for value in made for one in ir.every(value)],
    )


def _held(value: Any, kinds: tuple[type, ...]) -> Iterator[Any]:
    """What of some kinds a value holds directly, by the fields of its classes."""
    held = value if isinstance(value, tuple) else [getattr(value, one.name) for one in fields(value)]
    for one in held:
        if isinstance(one, kinds):
            yield one
        elif isinstance(one, tuple) or (is_dataclass(one) and type(one).__module__ == kinds[-1].__module__):
            yield from _held(one, kinds)


def test_the_parts_of_a_value_are_all_that_it_holds() -> None:
    written, _ = _all_kinds()
    kinds = tuple(kind for kind in _UNIONS["Value"] if kind is not Expression)
    assert {type(one) for one in written} == _UNIONS["Value"]
    for one in written:
        held = [] if isinstance(one, Expression) else [*_held(one, (Expression, *kinds))]
        assert sorted(map(id, value_nodes.children(one))) == sorted(map(id, held))


def test_the_parts_of_what_is_planned_are_all_that_it_holds() -> None:
    _, made = _all_kinds()
    assert {type(one.source) for one in made} == _UNIONS["Planned.source"]
    for one in made:
        held = [] if isinstance(one.source, Expression) else [*_held(one.source, (Planned,))]
        assert [*map(id, ir.children(one))] == [*map(id, held)]


def test_lets_are_made_conditions_first() -> None:
    arms = "[{when: $c, then: $e}, {when: $d, then: $f}]"
    rule = f"{{case: {arms}, when: $a, apply: {{concat: [$b]}}, default: 1}}"
    mapping = read_mapping(Text("order.yaml", f"payload: {{x: {rule}}}"), FileReading(Findings()))
    assert mapping is not None
    assert variables_of(mapping.payload) == ["a", "b", "c", "d", "e", "f"]
