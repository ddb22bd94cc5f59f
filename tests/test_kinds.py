"""What walks values, plans, expressions or YAML names every kind of them: a new kind is forgotten nowhere.

A walk that leaves kinds to `case _`, or to nothing at all, leaves out a kind that is added later. The lists
of today's exceptions may only shrink: they hold functions by name, as often as there are such matches.
"""

from __future__ import annotations

import ast
import typing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mapper.compiler.jmespath.tree import Node
from mapper.compiler.plan.planned import Source
from mapper.compiler.syntax.values import Rule, Value
from mapper.compiler.yaml.nodes import Node as YamlNode

_ROOT = Path(__file__).parents[1]
_FILES = sorted(path.relative_to(_ROOT).as_posix() for path in (_ROOT / "mapper").rglob("*.py"))

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

# Matches that leave kinds to a `case _` that does not raise, or to nothing, by the union.
_MATCHES = {
    "Node": [
        *("_closed", "_crossing", "_is_apart", "_is_object", "_path", "_places_of_texts", "_plain", "_spot"),
        *("_value", "_why", "_write_due", "facts", "is_truth", "node", "read_path"),
    ],
    "Planned.source": [
        *("_asked_of", "_look", "_required_inside"),
        *("_inside", "_is_always_there", "_is_promised", "_leaves_of", "_may_fail", "_part_rows", "_parts"),
        *("_passed", "_reads_only", "_remarks", "_source", "_way_gives", "value_key", "why_absent"),
    ],
    "Value": ["_always_answers", "_constants_of", "_names_of", "_sent", "value_paths"],
    "YamlNode": ["_arguments_of", "_uses_of_argument"],
}
# Functions that ask one value for its kind by `isinstance` more than once, and not for all. Of the kinds of
# expressions none is listed: what is asked there is whether one looks like this or that, and no walk.
_CHAINS = {
    "Planned.source": ["_below", "_constants", "_read", "_valued", "check_identity", "stands", "ways_of"],
    "Rule.source": ["_report_loop"],
    "Value": ["_listed", "_read_send", "note_let"],
}


_Functions = list[tuple[str, Any, ast.AST]]


@cache
def _functions_of(file: str) -> _Functions:
    """The functions of a file, with the module that their names are of."""
    name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    if name == "mapper.__main__":
        return []
    return _functions((_ROOT / file).read_text(encoding="utf-8"), import_module(name))


def _functions(text: str, module: Any) -> _Functions:
    return [
        (node.name, module, node)
        for node in ast.walk(ast.parse(text))
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


def _found(search: Callable[[_Functions], Iterator[tuple[str, str]]]) -> Counter[tuple[str, str]]:
    return Counter(one for file in _FILES for one in search(_functions_of(file)))


def _listed(names: dict[str, list[str]]) -> Counter[tuple[str, str]]:
    return Counter((union, name) for union, some in names.items() for name in some)


def test_a_match_over_kinds_names_them_all() -> None:
    found, listed = _found(_matches), _listed(_MATCHES)
    assert (found - listed, listed - found) == (Counter(), Counter()), "(new, no longer there)"


def test_a_chain_of_isinstance_names_all_kinds() -> None:
    found = Counter({one: count for one, count in _found(_chains).items() if one[0] in _CHAINS})
    listed = _listed(_CHAINS)
    assert (found - listed, listed - found) == (Counter(), Counter()), "(new, no longer there)"


_FUNCTION = """
def walk(value):
    match value:
        case Fixed() | First():
            return 1
        {}
"""
_OTHERS = "case Choice() | Loop() | Zipped() | Object() | List() | Expression(): return 2"


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
    found = list(_matches(_functions(_FUNCTION.format(rest), module)))
    assert found == ([("Planned.source", "walk")] if is_silent else [])


def test_a_chain_that_leaves_kinds_out_is_found() -> None:
    module = SimpleNamespace(**{kind.__name__: kind for kind in _UNIONS["Planned.source"]})
    chain = "isinstance(value, Fixed) or isinstance(value.of, Loop) or isinstance({}, First)"
    text = f"def walk(value): return {chain}"
    assert list(_chains(_functions(text.format("value"), module))) == [("Planned.source", "walk")]
    assert list(_chains(_functions(text.format("other"), module))) == []
