"""Expression -> Python statements: how they read, when they run, and that no event or constant is changed."""

from __future__ import annotations

import ast
import builtins
import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from mapper import compile_expression
from mapper.compiler.emit.expressions import write_expression
from mapper.compiler.emit.module import Module, importable
from mapper.compiler.emit.read_names import Names
from mapper.compiler.jmespath.expression import parse_expression
from mapper.runtime.frame import Frame
from mapper.runtime.program import load_module
from mapper.texts.named_text import Text
from mapper.values.types import Invalid
from tests.support.depth import examples
from tests.support.effort import calls

EVENT = Names(
    "event", {"event": "event", "user": "let_user(frame)", "index": "index"}, ("frame",), at_is_object=True
)
ITEM = Names(
    "item",
    {"event": "frame.event", "user": "let_user(frame)", "index": "index"},
    ("frame", "index"),
)


def written(text: str, names: Names = EVENT) -> Module:
    read = parse_expression(text, Text("mapping.yaml", text).span)
    assert read.expression is not None, read.found
    module = Module()
    function = module.function("read", names.at, *names.parameters)
    function.write(f"return {write_expression(read.expression, names, function, module)}")
    return module


def run(text: str, event: Any, names: Names = EVENT, lets: str = "") -> Any:
    """The value of an expression at an event; `lets` is Python text of the functions that read a `let`."""
    module = load_module(written(text, names).text() + lets, text)
    return module["read"](event, Frame(event, ()))


@pytest.mark.parametrize(
    "text",
    [
        "context.ip",
        "properties.email || traits.email || 'nobody'",
        "context.ip == '127.0.0.1' && !(properties.test)",
        "properties.products[?price > `10` && owner == $user.id].{sku: sku, name: name, by: $event.userId}",
        "properties.products[0].sku",
        "items[-2:].id | [0]",
        "orders[].lines[*].prices[]",
        "traits.*.address",
        "join(', ', sort(tags))",
        "sort_by(people, &age)[-1].name",
        "map(&[@, $index], list)",
        "not_null(a, b, `[]`)",
        "contains(`[\"a\", \"b\"]`, type)",
        "query_parameter(url, 'epik')",
        "concat(first, ' ', last)",
        "map(&phone(@, country), phones)",
        "a.b.[c, d] == `[1, true]`",
        "@",
        "'text'",
        "$user",
        "{text: 'a long enough constant', number: `1.5`, other: `[\"which\", \"goes\", \"over\"]`}",
    ],
)  # fmt: skip
def test_statements_read_as_a_colleague_would_write_them(text: str, snapshot: SnapshotAssertion) -> None:
    assert written(text, ITEM if "$index" in text else EVENT).text() == snapshot


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes || abs(text)", True),
        ("no && abs(text)", False),
        ("missing && abs(text)", None),
        ("!(yes || abs(text))", False),
        ("none[*].abs(@)", []),
        ("list[?no && abs(@)]", []),
        ("list[?@ == 'nothing'].abs(@)", []),
        ("map(&abs(@), none)", []),
        ("missing[*].abs(@)", None),
        ("yes || list[*].abs(@)", True),
    ],
)
def test_what_is_not_due_does_not_run(text: str, value: Any) -> None:
    event = {"yes": True, "no": False, "text": "x", "none": [], "list": ["x"]}

    assert run(text, event) == value


@pytest.mark.parametrize(
    "text", ["not_null(yes, abs(text))", "[yes, abs(text)]", "yes == abs(text)", "yes && abs(text)"]
)
def test_what_is_due_runs_even_where_its_value_is_not_needed(text: str) -> None:
    with pytest.raises(Invalid):
        run(text, {"yes": True, "text": "x"})


def test_a_let_is_read_only_where_it_is_due_and_in_the_order_written() -> None:
    lets = "\n\ndef let_user(frame):\n    frame.note_texts.append('user')\n    return {'id': 1}\n"

    def reads(text: str, event: dict[str, Any]) -> list[str]:
        frame = Frame(event, ())
        load_module(written(text).text() + lets, text)["read"](event, frame)
        return frame.note_texts

    assert reads("a || $user.id", {"a": 1}) == []
    assert reads("a || $user.id", {}) == ["user"]
    assert reads("list[?id == $user.id]", {"list": []}) == []
    assert reads("list[?id == $user.id]", {"list": [{}, {}]}) == ["user", "user"]


def test_a_helper_is_given_what_it_reads_and_no_more() -> None:
    def parameters(text: str, names: Names = ITEM) -> list[tuple[str, ...]]:
        return [function.parameters for function in written(text, names).functions[1:]]

    assert parameters("a[*].b") == [("a",)]
    assert parameters("a[*].[$index]") == [("a", "index")]
    assert parameters("a[?$user.id == id]") == [("a", "frame")]
    assert parameters("a[*].[$event.x, $index, phone(@)]") == [("a", "frame", "index")]
    assert parameters("a[*].b[*].[$index]") == [("a", "index"), ("b", "index")]
    assert parameters("a[*].[$event]", EVENT) == [("a", "event")]
    assert parameters("event[*].[$event]", EVENT) == [("event_2", "event")]


def test_a_field_is_read_once_where_it_is_needed_twice() -> None:
    text = written("[a.b.c, a.b.d, a.x || a.b.e]").text()

    assert text.count("event.get('a')") == 1
    assert text.count("a.get('b')") == 1


def test_what_was_read_in_a_block_that_may_not_run_is_read_again_behind_it() -> None:
    assert run("[x || a.b, a.b]", {"x": 1, "a": {"b": 2}}) == [1, 2]
    assert run("[x && a.b, a.b]", {"a": {"b": 2}}) == [None, 2]


@pytest.mark.parametrize("text", ["!present(a)", "starts_with(a, 'b') && c", "!(a == b || contains(c, 'd'))"])
def test_what_is_true_false_or_null_is_tested_by_python_itself(text: str) -> None:
    assert written(text).imports.isdisjoint({"falsy"})


def test_each_statement_knows_the_part_of_the_expression_it_stems_from() -> None:
    module = written("a[?b > `1`].c || join(',', d)")
    spans = [span for function in module.functions for _, span in function.lines[:-1]]

    assert spans
    assert all(span is not None and span.start < span.end for span in spans)


@pytest.mark.parametrize(
    "text",
    [
        "`[1]`",
        '`{"a": [1]}`',
        "x || `[1]`",
        '`{"a": [1]}`.a',
        "[`[1]`]",
        "not_null(`[1]`)",
        "to_array(`[1]`)",
    ],
)
def test_a_constant_is_a_fresh_one_for_each_event(text: str) -> None:
    read = compile_expression(text)
    first = read({})
    whole = copy.deepcopy(first)
    spoil(first)

    assert read({}) == whole


def spoil(value: Any) -> None:
    """Change a value everywhere."""
    if isinstance(value, list):
        for element in value:
            spoil(element)
        value.append("spoilt")
    elif isinstance(value, dict):
        for element in value.values():
            spoil(element)
        value["spoilt"] = True


@pytest.mark.parametrize(
    "text",
    [
        *(
            "sort(list)",
            "reverse(list)",
            "sort_by(rows, &n)",
            "merge(@, {a: 'b'})",
            "rows[*]",
            "list[:]",
            "list[]",
        ),
        *("values(@)", "keys(@)", "map(&@, list)", "@.*", "{list: list}", "[list]", "rows[?n > `0`]"),
        *(
            "max_by(rows, &n)",
            "to_array(list)",
            "not_null(list)",
            "rows[].{n: n}",
            "first(list)",
            "unique(list)",
        ),
    ],
)
def test_no_expression_changes_the_event(text: str) -> None:
    event: dict[str, Any] = {"list": [2, 1], "rows": [{"n": 2}, {"n": 1}]}
    before = copy.deepcopy(event)
    run(text, event)

    assert event == before


nasty = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    st.sampled_from(
        [
            *('"', "'", "\\", "\n", "\r", "\0", "\u2028", "\u202e", "{}", "%s", "{x}", "__class__", "def"),
            *("'); canary(); ('", '"""; canary(); """', "\\'; canary() #", "a\ncanary()\n", "__import__"),
            *(
                "\N{MATHEMATICAL BOLD SMALL E}val",
                "None",
                "True",
                "event",
                "frame",
                "self",
                "lambda",
                "a" * 300,
            ),
        ]
    ),
)


@settings(max_examples=examples(300))
@given(nasty, nasty)
def test_names_and_texts_of_an_author_are_only_ever_data(name: str, constant: str) -> None:
    quoted = json.dumps(name)
    made = json.dumps({name: constant}).replace("`", "\\`")
    text = f"[{quoted}.{quoted}, `{made}`, {{{quoted}: {quoted}}}, {quoted}[?{quoted}].x]"
    module = written(text).text()

    assert module.isascii()
    names = {node.id for node in ast.walk(ast.parse(module)) if isinstance(node, ast.Name)}
    calls = [node for node in ast.walk(ast.parse(module)) if isinstance(node, ast.Call)]
    assert all(one.isidentifier() and one.isascii() and not one.startswith("__") for one in names)
    assert "canary" not in {node.func.id for node in calls if isinstance(node.func, ast.Name)}
    assert run(text, {name: {name: 7}}) == [7, {name: constant}, {name: {name: 7}}, None]


@pytest.mark.parametrize(
    "name",
    sorted(
        word
        for word in importable() | set(dir(builtins)) | {"found", "element", "read"}
        if word.isidentifier()
    ),
)
def test_a_field_may_bear_the_name_of_anything_generated_code_uses(name: str) -> None:
    text = f"[{name}.x, length(z), lowercase(z[0].{name}), z[?{name} == 'A'].{name}, sum({name}.y), {name}]"
    event = {name: {"x": 1, "y": [1, 2]}, "z": [{name: "A"}]}

    assert run(text, event) == [1, 1, "a", ["A"], 3, event[name]]


@pytest.mark.parametrize(
    ("text", "event", "value"),
    [
        ("lowercase(a)", {"a": "X"}, "x"),
        ("lowercase(a)", {}, None),
        ("replace(a, b, 'y')", {"a": "x", "b": None}, None),
        ("replace(a, 'x', 'y')", {"a": "x"}, "y"),
        ("concat(a, b)", {"a": "x"}, None),
        ("present(a)", {}, False),
        ("present(a)", {"a": 0}, True),
        ("lowercase(`null`)", {}, None),
        ("a.lowercase(@)", {"a": "X"}, "x"),
        ("lookup(a, `{\"x\": 1}`)", {"a": "x"}, 1),
        ("first(a)", {"a": [1, 2]}, 1),
        ("map(&lowercase(@), a)", {"a": ["X", None]}, ["x", None]),
    ],
)  # fmt: skip
def test_a_transform_is_a_function_that_gives_null_for_null(text: str, event: Any, value: Any) -> None:
    assert run(text, event) == value


def test_a_transform_that_notes_has_its_notes_in_the_frame() -> None:
    event = {"ph": "07700 900123"}
    frame = Frame(event, ())
    load_module(written("phone(ph)").text(), "phone")["read"](event, frame)

    assert frame.note_texts


@pytest.mark.parametrize("names", [EVENT, ITEM], ids=["event", "item"])
def test_the_same_expression_gives_the_same_text(names: Names) -> None:
    text = "{c: c[*].d, a: a || b, f: sort_by(g, &h)}"

    assert written(text, names).text() == written(text, names).text()


# Many times what the largest of these takes; where work doubled with each level, no limit would do.
_MOST_CALLS = 1_000_000


@pytest.mark.parametrize(
    "text",
    [
        "(" * 60 + "a" + ")" * 60,
        "!" * 60 + "a",
        "[" * 60 + "a" + "]" * 60,
        "{a: " * 60 + "b" + "}" * 60,
        "a" + "[*]" * 60,
        "a" + "[*].b" * 30,
        "a[?" * 30 + "b" + "]" * 30,
        "a[?b && " * 20 + "c" + "]" * 20,
        " || ".join("a" * 60),
        " | ".join("a" * 60),
        "(a || " * 31 + "b" + ")" * 31,
        "(a && " * 31 + "b" + ")" * 31,
        "not_null(" * 60 + "a" + ")" * 60,
        "map(&" * 30 + "@" + ", a)" * 30,
        "[" + ", ".join("a" * 240) + "]",
        "a[]" + "[]" * 29,
        ".".join("a" * 62),
        "a" + "[0]" * 60,
    ],
    ids=lambda text: text[:12],
)
def test_the_largest_expressions_compile_and_run_at_once(text: str) -> None:
    def work() -> None:
        with contextlib.suppress(Invalid):
            compile_expression(text)({"a": [[{"a": 1}]], "b": 2})

    assert calls(work)[0] < _MOST_CALLS
