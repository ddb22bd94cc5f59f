"""Generated code against jmespath.py, its known mistakes mended, on random expressions and JSON."""

# jmespath has no types.
# mypy: disable-error-code="import-untyped, misc, untyped-decorator"

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError, JMESPathTypeError
from jmespath.functions import Functions, signature
from jmespath.parser import Parser
from jmespath.visitor import Options, TreeInterpreter

from mapper import CompileError, compile_expression
from mapper.types import Invalid
from tests.test_jmespath_compliance import same

REFUSED = {"M108", "M109", "M110"}
STEPS = [".a", ".b", ".c", "[0]", "[-1]", "[1]", "[*]", "[]", ".*", "[1:]", "[::-1]", "[:2]", "[-2:]"]
CONSTANTS = [
    *("'x'", "'b'", "''", "`1`", "`0`", "`true`", "`false`", "`null`", "`[]`", "`{}`", "`[1, 2]`"),
    *('`[3, "x"]`', "`1.0`", "`-2.5`", '`"x"`', '`{"a": 1}`'),
]
ONE = [
    *("abs", "avg", "ceil", "floor", "keys", "length", "max", "min", "not_null", "reverse", "sort", "sum"),
    *("to_array", "to_number", "to_string", "type", "values"),
]
TWO = ["contains", "ends_with", "starts_with", "join", "merge", "not_null"]

names = st.sampled_from(["a", "b", "c", '"a-b"'])
steps = st.lists(st.sampled_from(STEPS), min_size=1, max_size=3).map("".join)


def larger(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions made of smaller ones."""
    parts = st.lists(part, min_size=1, max_size=3)
    rows = parts.map(lambda some: f"[{', '.join(some)}]")
    entries = parts.map(lambda some: f"{{{', '.join(f'k{n}: {one}' for n, one in enumerate(some))}}}")
    return st.one_of(
        st.tuples(part, steps).map("".join),
        st.tuples(part, st.sampled_from(["|", "||", "&&", "==", "!=", "<", "<=", ">", ">="]), part).map(
            " ".join
        ),
        st.one_of(part.map("!({})".format), names.map("!{}".format), part.map("({})".format)),
        st.builds("{}[?{}]{}".format, part, part, st.one_of(st.just(""), steps)),
        rows,
        entries,
        st.builds("{}.{}".format, part, st.one_of(rows, entries)),
        st.builds("{}({})".format, st.sampled_from(ONE), part),
        st.builds("{}.{}(@)".format, part, st.sampled_from(["length", "type", "to_string", "keys"])),
        st.builds("{}({}, {})".format, st.sampled_from(TWO), part, part),
        st.builds("{}({}, &{})".format, st.sampled_from(["sort_by", "max_by", "min_by"]), part, part),
        st.builds("map(&{}, {})".format, part, part),
    )


expressions = st.recursive(st.one_of(names, st.just("@"), st.sampled_from(CONSTANTS)), larger, max_leaves=6)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    # Sums of these are exact, in whatever order.
    st.sampled_from([0.5, -1.25, 1.0]),
    st.sampled_from(["", "x", "b", "1", "1.5", "abc"]),
)
documents = st.recursive(
    scalars,
    lambda part: st.one_of(
        st.lists(part, max_size=4), st.dictionaries(st.sampled_from(["a", "b", "c", "a-b"]), part, max_size=4)
    ),
    max_leaves=14,
)

seen: Counter[str] = Counter()


class Mended(TreeInterpreter):
    """jmespath.py with the mistakes mended that `docs/jmespath.md` lists."""

    def visit_comparator(self, node: dict[str, Any], value: Any) -> Any:
        left, right = (self.visit(child, value) for child in node["children"])
        if node["value"] in ("eq", "ne"):
            return same_json(left, right) is (node["value"] == "eq")
        numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (left, right))
        return self.COMPARATOR_FUNC[node["value"]](left, right) if numbers else None


class MendedFunctions(Functions):
    """jmespath.py's functions, less their leniency."""

    @signature({"types": ["array", "string"]}, {"types": []})
    def _func_contains(self, subject: Any, search: Any) -> bool:
        if isinstance(subject, str):
            return isinstance(search, str) and search in subject
        return any(same_json(element, search) for element in subject)

    @signature({"types": ["object"], "variadic": True})
    def _func_merge(self, *arguments: Any) -> Any:
        for argument in arguments:
            self._type_check_single(argument, ["object"], "merge")
        return super()._func_merge(*arguments)

    @signature({"types": ["array"]}, {"types": ["expref"]})
    def _func_max_by(self, array: Any, expref: Any) -> Any:
        keys = [expref.visit(expref.expression, element) for element in array]
        self._type_check_single(keys, ["array-number", "array-string"], "max_by")
        return super()._func_max_by(array, expref)

    @signature({"types": ["array"]}, {"types": ["expref"]})
    def _func_min_by(self, array: Any, expref: Any) -> Any:
        keys = [expref.visit(expref.expression, element) for element in array]
        self._type_check_single(keys, ["array-number", "array-string"], "min_by")
        return super()._func_min_by(array, expref)


def same_json(one: Any, other: Any) -> bool:
    """Equality of JSON values, by what they look like: 1 is 1.0, and is not true."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[key], other[key]) for key in one)
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


@settings(
    max_examples=3000,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(expressions, documents)
def check(expression: str, document: Any) -> None:
    ours = our_answer(expression, document)
    if ours[0] == "refused":
        seen["refused"] += 1
        assert ours[1] in REFUSED
        return
    mended = their_answer(expression, document, Mended, MendedFunctions())
    plain = their_answer(expression, document, TreeInterpreter, Functions())
    seen["compared"] += 1
    seen["mended"] += mended[0] != plain[0] or not same(mended[1], plain[1])
    assert ours[0] == mended[0]
    assert same(ours[1], mended[1])


def test_generated_code_agrees_with_jmespath_on_random_expressions() -> None:
    seen.clear()
    check()

    assert seen["compared"] >= 2500
    assert seen["mended"] < seen["compared"] / 50


def our_answer(expression: str, document: Any) -> tuple[str, Any]:
    before = json.dumps(document)
    try:
        return "result", compile_expression(expression)(document)
    except CompileError as error:
        return "refused", error.diagnostics[0].code
    except Invalid as invalid:
        return "error", invalid.kind
    finally:
        assert json.dumps(document) == before


def their_answer(
    expression: str, document: Any, interpreter: type[TreeInterpreter], functions: Functions
) -> tuple[str, Any]:
    tree = Parser().parse(expression).parsed
    try:
        return "result", interpreter(Options(custom_functions=functions)).visit(tree, document)
    except JMESPathTypeError:
        return "error", "invalid-type"
    except JMESPathError as error:
        return "error", type(error).__name__
    except (TypeError, ValueError):
        return "crashed", None
