"""One name of a file or a public type means one thing, and a function has at most five parameters.

test_walls.py holds how long files and functions are.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

from tests.house.sources import FILES, tree

pytestmark = pytest.mark.quick

_MOST_PARAMETERS = 5

# These are called by generated code alone, whose arguments a program writes: to make an object of them for
# each field of each event would cost more than all else that they do.
_OF_GENERATED_CODE = {
    *("consent_given", "consent_given_or_limited", "defaulted", "frame_again", "frame_of", "optional"),
    *("refusal", "required", "shape_part"),
}


# A user gives these by name, most of them never.
_OF_THE_FRONT_DOOR = {("deliver", 8)}


# The files of one registry, named as its groups are: of codes, of what a command reports, of the forms that
# known transforms have.
_OF_REGISTRIES = ("mapper/codes/", "mapper/cli/report/", "mapper/runtime/known_forms/")


def _types(tree: ast.Module) -> Iterator[str]:
    """The public types of a module: classes, and aliases of types."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            name = node.name
        elif isinstance(node, ast.AnnAssign) and "TypeAlias" in ast.unparse(node.annotation):
            name = ast.unparse(node.target)
        elif isinstance(node, ast.Assign) and _is_of_types(node):
            name = ast.unparse(node.targets[0])
        else:
            continue
        if not name.startswith("_"):
            yield name


def _is_of_types(node: ast.Assign) -> bool:
    """Whether a type is given another name: `Reading = tuple[Expression, Reads]`."""
    value = node.value.value if isinstance(node.value, ast.Subscript) else node.value
    named = ast.unparse(value).rpartition(".")[2]
    target = ast.unparse(node.targets[0])
    is_name = target[:1].isupper() and not target.isupper()
    return is_name and isinstance(value, ast.Name | ast.Attribute) and not named.startswith("_")


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many parameters a function has, less `self` and `cls`, and the value of a transform."""
    named = function.args
    decorators = [one.func for one in function.decorator_list if isinstance(one, ast.Call)]
    if any(isinstance(one, ast.Name) and one.id == "transform" for one in decorators):
        return len(named.args) - 1
    names = [one.arg for one in (*named.posonlyargs, *named.args, *named.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"])) + bool(named.vararg) + bool(named.kwarg)


def _ambiguous(trees: Iterable[ast.Module]) -> dict[str, int]:
    counted = Counter(name for tree in trees for name in _types(tree))
    return {name: count for name, count in sorted(counted.items()) if count > 1}


def _long(trees: Iterable[ast.Module]) -> list[tuple[str, int]]:
    functions = [
        node
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    counted = sorted((one.name, _parameters(one)) for one in functions)
    return [(name, count) for name, count in counted if count > _MOST_PARAMETERS]


def test_a_name_of_a_public_type_means_one_thing() -> None:
    assert _ambiguous(map(tree, FILES)) == {}


def test_a_name_of_a_file_says_which_it_is() -> None:
    named = [file for file in FILES if not file.startswith(_OF_REGISTRIES) and "/__init__" not in file]
    counted = Counter(file.rpartition("/")[2] for file in named if file.startswith("mapper/"))
    assert {name: count for name, count in counted.items() if count > 1} == {}


def test_a_function_has_at_most_five_parameters() -> None:
    runtime = [file for file in FILES if file.startswith("mapper/runtime/")]
    assert {*_long(tree(file) for file in FILES if file not in runtime)} == _OF_THE_FRONT_DOOR
    assert {name for name, _ in _long(map(tree, runtime))} == _OF_GENERATED_CODE


def test_names_with_several_meanings_and_long_lists_are_found() -> None:
    one = "class Place: pass\nPath = tuple[str]\nKind: TypeAlias = int\nclass _Own: pass\nPLACES = tuple"
    other = "Place = dict[str, int]\nclass Path: pass\nclass Kind: pass\nclass _Own: pass\nPLACES = _own(1)"
    trees = [ast.parse(one), ast.parse(other)]
    assert _ambiguous(trees) == {"Kind": 2, "Path": 2, "Place": 2}
    text = (
        "class A:\n  def short(self, a, b, c, *, d, e): ...\n  def long(self, a, /, b, *c, d=1, e, **f): ..."
    )
    assert _long([ast.parse(text)]) == [("long", 6)]
