"""jmespath.py with its known mistakes mended, each of which says so where it makes a difference.

What differs from jmespath.py as it is is explained if one of these mends acted; nothing else is.
"""

# jmespath has no types.
# mypy: disable-error-code="import-untyped, misc, untyped-decorator"

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

from jmespath.exceptions import JMESPathError, JMESPathTypeError
from jmespath.functions import Functions, signature
from jmespath.parser import Parser
from jmespath.visitor import Options, TreeInterpreter

from tests.compiler.test_jmespath_compliance import same
from tests.oracles.expression_interpreter import is_number, same_json

# Beside these, `sum` acts from Python 3.12 on: it rounds at the end there, not after each number.
# The mend, an expression at which it acts, and why it is one.
MENDS = {
    "equality": ("`[1]` == `[true]`", "Python's lists and dicts take 1 for true"),
    "order": ("to_string('a') < to_string('b')", "only numbers have an order; of other kinds it crashes"),
    "contains": ("contains(to_string('a1'), `1`)", "a text in a text is asked for; else it crashes"),
    "merge": ("merge(`{}`, `[[\"k\", 1]]`)", "only its first argument is checked"),
    "keys": ("max_by(`[{\"k\": 1}, {\"k\": \"a\"}]`, &k)", "keys of several types crash it"),
    "to_number": ("to_number('1_000')", "it takes what Python's `int` and `float` take, not JSON's numbers"),
    "to_string": ("to_string(['\u00e9'])", "it escapes what is not ASCII"),
    "range": ("sum(`[1e308, 1e308]`)", "it gives an infinity, or crashes where a whole number is too large"),
}  # fmt: skip

_JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)

Answer = tuple[str, Any]


class _OutOfRange(JMESPathError):
    """A number that JSON does not have."""


def plain_answer(tree: dict[str, Any], document: Any) -> Answer:
    """What jmespath.py gives as it is."""
    return _answer(lambda: TreeInterpreter(Options(custom_functions=Functions())).visit(tree, document))


def mended_answer(tree: dict[str, Any], document: Any, acted: set[str]) -> Answer:
    """What it gives with its mistakes mended; the mends that made a difference are put into `acted`."""
    options = Options(custom_functions=_MendedFunctions(acted))
    return _answer(lambda: _Mended(options, acted).visit(tree, document))


def tree_of(expression: str) -> dict[str, Any]:
    """jmespath.py's tree of an expression."""
    tree: dict[str, Any] = Parser().parse(expression).parsed
    return tree


def _answer(work: Callable[[], Any]) -> Answer:
    """A result, or the kind of an error."""
    try:
        return "result", work()
    except Exception as error:
        return _kind_of(error)


def _kind_of(error: Exception) -> Answer:
    match error:
        case JMESPathTypeError():
            return "error", "invalid-type"
        case _OutOfRange():
            return "error", "invalid-value"
        case JMESPathError():
            return "error", type(error).__name__
        case TypeError() | ValueError() | OverflowError():
            return "crashed", type(error).__name__
        case _:
            raise error


def _mend(acted: set[str], name: str, plain: Callable[[], Any], mended: Callable[[], Any]) -> Any:
    """What the mended work gives; its name is put into `acted` where the plain one gives something else."""
    value: Any = None
    failed: JMESPathError | None = None
    try:
        value = mended()
    except JMESPathError as error:
        failed = error
    ours = ("result", value) if failed is None else _kind_of(failed)
    theirs = _answer(plain)
    if ours[0] != theirs[0] or not same(ours[1], theirs[1]):
        acted.add("range" if isinstance(failed, _OutOfRange) else name)
    if failed is not None:
        raise failed
    return value


class _Mended(TreeInterpreter):
    def __init__(self, options: Options, acted: set[str]) -> None:
        super().__init__(options)
        self.acted = acted

    def visit_comparator(self, node: dict[str, Any], value: Any) -> Any:
        left, right = (self.visit(child, value) for child in node["children"])
        operator = node["value"]
        constants = {
            **node,
            "children": [{"type": "literal", "value": one, "children": []} for one in (left, right)],
        }
        plain = super().visit_comparator
        if operator in ("eq", "ne"):
            answer = same_json(left, right) is (operator == "eq")
            return _mend(self.acted, "equality", lambda: plain(constants, value), lambda: answer)
        if is_number(left) and is_number(right):
            return plain(constants, value)
        return _mend(self.acted, "order", lambda: plain(constants, value), lambda: None)


class _MendedFunctions(Functions):
    def __init__(self, acted: set[str]) -> None:
        super().__init__()
        self.acted = acted

    @signature({"types": ["array", "string"]}, {"types": []})
    def _func_contains(self, subject: Any, search: Any) -> Any:
        def mended() -> bool:
            if isinstance(subject, str):
                return isinstance(search, str) and search in subject
            return any(same_json(element, search) for element in subject)

        plain = super()._func_contains
        name = "contains" if isinstance(subject, str) else "equality"
        return _mend(self.acted, name, lambda: plain(subject, search), mended)

    @signature({"types": ["object"], "variadic": True})
    def _func_merge(self, *arguments: Any) -> Any:
        plain = super()._func_merge

        def mended() -> Any:
            for argument in arguments:
                self._type_check_single(argument, ["object"], "merge")
            return plain(*arguments)

        return _mend(self.acted, "merge", lambda: plain(*arguments), mended)

    @signature({"types": ["array"]}, {"types": ["expref"]})
    def _func_max_by(self, array: Any, expref: Any) -> Any:
        return self._by(super()._func_max_by, array, expref)

    @signature({"types": ["array"]}, {"types": ["expref"]})
    def _func_min_by(self, array: Any, expref: Any) -> Any:
        return self._by(super()._func_min_by, array, expref)

    def _by(self, plain: Callable[[Any, Any], Any], array: Any, expref: Any) -> Any:
        def mended() -> Any:
            keys = [expref.visit(expref.expression, element) for element in array]
            self._type_check_single(keys, ["array-number", "array-string"], "max_by")
            return plain(array, expref)

        return _mend(self.acted, "keys", lambda: plain(array, expref), mended)

    @signature({"types": []})
    def _func_to_number(self, value: Any) -> Any:
        def mended() -> Any:
            if not isinstance(value, str):
                return plain(value)
            number = json.loads(value) if _JSON_NUMBER.fullmatch(value) else None
            return number if number is not None and math.isfinite(number) else None

        plain = super()._func_to_number
        return _mend(self.acted, "to_number", lambda: plain(value), mended)

    @signature({"types": []})
    def _func_to_string(self, value: Any) -> Any:
        def mended() -> str:
            return (
                value
                if isinstance(value, str)
                else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
            )

        plain = super()._func_to_string
        return _mend(self.acted, "to_string", lambda: plain(value), mended)

    @signature({"types": ["array-number"]})
    def _func_sum(self, numbers: Any) -> Any:
        plain = super()._func_sum
        return _mend(self.acted, "sum", lambda: plain(numbers), lambda: self._total(numbers))

    @signature({"types": ["array-number"]})
    def _func_avg(self, numbers: Any) -> Any:
        def mended() -> Any:
            return _finite(self._total(numbers) / len(numbers)) if numbers else None

        plain = super()._func_avg
        return _mend(self.acted, "sum", lambda: plain(numbers), mended)

    def _total(self, numbers: Any) -> Any:
        total: Any = 0
        for number in numbers:
            total = total + number
        return _finite(total)


def _finite(value: Any) -> Any:
    if not math.isfinite(value):
        raise _OutOfRange
    return value
