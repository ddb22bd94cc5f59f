"""`functions`: what they do to types and personal attributes, how much they repeat, what editors are told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper import authoring, check_text, compile_text
from mapper.authoring import Text
from mapper.compiler.emit.fast.fast_program import generate_fast, generate_typed
from mapper.compiler.emit.readable.readable_program import generate
from mapper.compiling import read_plan
from mapper.language_server.renaming import CannotRename, LinkedFiles, rename
from mapper.project.project import project_of
from tests.support.effort import calls

_MAPPING = """
version: 1
target: pinterest/conversions-v5
functions:
{}
payload:
  event_id: id
  event_time: at
  action_source: {{const: web}}
  user_data: {{em: user.email}}
  custom_data: {}
otherwise: {{send: custom}}
"""
_EVENT: dict[str, Any] = {"id": "1", "at": 1777629600, "user": {"email": "a@b.co"}}


def _mapping(fields: dict[str, Any], **functions: Any) -> str:
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in functions.items()]
    return _MAPPING.format("\n".join(lines), json.dumps(fields))


def _codes(text: str) -> list[str]:
    return [one.code for one in check_text(text) if one.severity != "advice"]


def _custom(text: str, **event: Any) -> Any:
    (outcome,) = compile_text(text).apply({**_EVENT, **event})
    assert outcome.payload is not None
    return outcome.payload.get("custom_data")


# Bodies, and what is read of the value they are given; calls, with what they give to the function.
_BODIES: dict[str, tuple[Any, bool]] = {
    "the value": ("$value", True),
    "steps": ({"from": "$value", "apply": ["text", "trim"]}, True),
    "a template": ({"template": "x{$value}"}, True),
    "an alternative": ({"from": ["$other", "$value"]}, True),
    "an arm": ({"case": [{"when": "present($other)", "then": "$value"}, {"else": "$other"}]}, True),
    "another function": ("passed($value)", True),
    "a step that is a function": ({"from": "$value", "apply": "passed"}, True),
    "a digest": ({"from": "$value", "apply": ["text", "sha256"]}, False),
    "a digest of a function": ("hidden($value)", False),
    "a step that hides": ({"from": "$value", "apply": ["text", "hidden"]}, False),
    "a question": ("text(length(text($value)))", False),
    "the other parameter": ({"from": "$other", "apply": "text"}, False),
    "a part of an object": ("{y: $value}.y", True),
    "each element": ({"each": "[$value]", "item": "@"}, True),
}
_CALLS: tuple[Any, ...] = (
    "first_of(tested(user.email, shop))",
    {"from": "user.email", "apply": [{"tested": "$shop"}, "first"]},
    {"from": "[user.email]", "apply": [{"tested": "$shop"}, "first"]},
    "people[*].tested(email, $shop) | first_of(@)",
    "first_of(tested(not_null(nothing, user.email), shop))",
)


@pytest.mark.parametrize("body", _BODIES)
@pytest.mark.parametrize("call", _CALLS, ids=str)
def test_a_personal_attribute_is_followed_through_a_call(body: str, call: Any) -> None:
    written, passes = _BODIES[body]
    text = _mapping(
        {"content_name": {"from": call, "apply": "text"} if isinstance(call, str) else call},
        **{
            "tested(value, other)": written,
            "passed(one)": "$one",
            "hidden(one)": {"from": "$one", "apply": ["text", "sha256"]},
            "first_of(one)": "to_array($one)[0]",
        },
    ).replace("functions:", "let: {shop: shop}\nfunctions:")
    found = [one.code for one in check_text(text) if one.code in ("M401", "M439")]
    assert found == (["M401"] if passes else [])
    if not found:  # so no other value of it changes what is sent in plaintext, but a digest or an answer
        same = [
            _custom(text.replace("sha256", "count"), people=[{"email": one}], user={"email": one}, shop="S")
            for one in ("a@b.co", "c@d.co")
        ]
        assert same[0] == same[1]


def test_only_what_a_function_reads_of_an_object_is_personal() -> None:
    fields = {"content_name": "name_of(user)", "content_brand": "mail_of(user)"}
    text = _mapping(fields, **{"name_of(one)": "$one.nick", "mail_of(one)": "$one.email"})
    (found,) = [one for one in check_text(text) if one.code == "M401"]
    assert found.path == "custom_data.content_brand"


def test_a_result_has_the_type_that_its_arguments_give_it() -> None:
    functions = {"one_of(value, other)": {"from": ["$value", "$other"]}}
    number, text = "length(a)", "lowercase(a)"
    assert _codes(_mapping({"num_items": f"one_of({number}, {number})"}, **functions)) == []
    assert _codes(_mapping({"num_items": f"[one_of({text}, {text})]"}, **functions)) == ["M302"]
    assert _codes(_mapping({"order_id": f"one_of({text}, {text}).x"}, **functions)) == ["M125"]


def test_a_mistake_in_a_body_for_some_arguments_names_the_call() -> None:
    text = _mapping(
        {"value": "gross(total, `true`)", "order_id": "gross(total, rate)"},
        **{"gross(net, rate)": "multiply($net, $rate)"},
    )
    (found,) = [one for one in check_text(text) if one.severity == "error"]
    assert (found.code, text[found.span.start : found.span.end]) == ("M204", "$rate")
    ((call, why),) = found.related
    assert (text[call.start : call.end], why) == ("gross(total, `true`)", "called here")
    step = text.replace('"gross(total, `true`)"', '{"from": "total", "apply": {"gross": true}}')
    (found,) = [one for one in check_text(step) if one.severity == "error"]
    assert [text for _, text in found.related] == ["called here"]


def _chain(depth: int, width: int) -> dict[str, Any]:
    """Functions of which each calls the one before, as often as `width` says."""
    functions: dict[str, Any] = {"f0(value)": {"from": "$value", "apply": "trim"}}
    for at in range(1, depth):
        functions[f"f{at}(value)"] = f"concat({', '.join([f'f{at - 1}($value)'] * width)})"
    return functions


def test_functions_that_double_are_refused_before_they_are_worked_out() -> None:
    assert _codes(_mapping({"order_id": "f8(a)"}, **_chain(9, 2))) == []
    for depth in (11, 20):
        assert set(_codes(_mapping({"order_id": f"f{depth - 1}(a)"}, **_chain(depth, 2)))) == {"M117"}
    wide = {f"g{at}(x)": f"{{a: g{at - 1}($x), b: g{at - 1}([$x])}}" for at in range(1, 20)}
    count, _ = calls(
        lambda: check_text(_mapping({"order_id": "to_string(g19(a))"}, **wide, **{"g0(x)": "$x"}))
    )
    assert count < 2_000_000


def test_functions_that_run_more_often_than_they_repeat_are_refused() -> None:
    asking = {f"f{at}(x)": f"present(f{at - 1}($x)) && present(f{at - 1}($x))" for at in range(1, 12)}
    assert _codes(_mapping({"order_id": "text(f11(a))"}, **asking, **{"f0(x)": "present($x)"})) == ["M117"]
    deep = _chain(21, 1)
    assert _codes(_mapping({"order_id": "f20(a)"}, **deep)) == ["M117"]
    assert _codes(_mapping({"order_id": "f19(a)"}, **{name: deep[name] for name in list(deep)[:20]})) == []


def _code_of(text: str) -> list[str]:
    plan = read_plan(Text("m.yaml", text), project_of(None, None))
    return [generate(plan).text, generate_fast(plan), generate_typed(plan)]


def test_the_code_grows_as_the_file_does() -> None:
    def size(count: int) -> list[int]:
        names = [f"f{at}" for at in range(8)]
        functions: dict[str, Any] = {
            f"{name}(value)": {"from": f"{before}($value)", "apply": ["trim", "lowercase"]}
            for before, name in zip(["trim", *names], names, strict=False)
        }
        items = {f"l{at}": "f7(a)" for at in range(count)}
        text = _mapping({"order_id": f"concat({', '.join(f'${name}' for name in items)})"}, **functions)
        text = text.replace("functions:", f"let: {json.dumps(items)}\nfunctions:")
        return [len(code) for code in _code_of(text)]

    few, some, many = size(4), size(8), size(16)
    for one, two, four in zip(few, some, many, strict=True):
        assert two > one
        assert four - two < 2.5 * (two - one)


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("join('', $value[*].x)", "loud(items)"),
        ({"each": "$value", "item": {"from": "x", "apply": "uppercase"}}, "loud(items) | join('', @)"),
        ({"from": "$value", "apply": "uppercase"}, "join('', items[*].loud(x))"),
        ({"from": "$value.x", "apply": "uppercase"}, {"from": "items", "apply": ["loud", {"join_with": ""}]}),
    ],
    ids=str,
)
def test_the_work_grows_as_the_list_does(body: Any, call: Any) -> None:
    program = compile_text(_mapping({"order_id": call}, **{"loud(value)": body}))

    def work(size: int) -> int:
        event = {**_EVENT, "items": [{"x": "a"}] * size}
        return calls(lambda: program.apply(event))[0]

    assert work(4_000) < 4.5 * work(1_000)


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("text(length($list))", "items[*].known(@, $event.all)"),
        ("$list[?@ == $one] | [0]", "items[*].known(@, $event.all)"),
        ("length(map(&contains($list, @), [$one, $one]))", "items[*].known(@, $event.all)"),
        (
            "not_null($list[?@ == $one] | [0], $one)",
            {"each": "items", "item": {"from": "@", "apply": {"known": "$all"}}},
        ),
    ],
    ids=str,
)
def test_what_is_given_again_for_each_element_is_paid_for(body: Any, call: Any) -> None:
    text = _mapping(
        {"content_ids": {"from": call, "apply": "text"} if isinstance(call, str) else call},
        **{"known(one, list)": body},
    ).replace("functions:", "let: {all: all}\nfunctions:")
    program = compile_text(text)
    few = program.apply({**_EVENT, "items": ["a", "b"], "all": ["a"]})
    assert few[0].payload is not None
    assert "content_ids" in few[0].payload["custom_data"]
    event = {**_EVENT, "items": ["a"] * 20_000, "all": ["b"] * 20_000}
    count, refused = calls(lambda: program.apply(event))
    assert count < 8_000_000
    assert refused[0].payload is not None
    assert len(refused[0].payload.get("custom_data", {}).get("content_ids", [])) < 10


def test_a_value_within_a_list_that_a_function_makes_is_one_of_the_list_around_it() -> None:
    functions = {
        "rows(list)": {"each": "$list", "let": {"n": "$index"}, "item": {"k": "$n", "of": "sums(@)"}},
        "sums(list)": {"each": "$list", "let": {"n": "$index"}, "item": "add($n, @)"},
    }
    text = _mapping({"order_id": "to_string(rows(a))"}, **functions)
    assert json.loads(_custom(text, a=[[1, 1], [5]])["order_id"]) == [
        {"k": 0, "of": [1, 2]},
        {"k": 1, "of": [5]},
    ]


def _files(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / ".git").mkdir()
    return tmp_path / "own.yaml"


_BASE = """
version: 1
partial: true
functions:
  tidy(value): {from: $value, apply: trim}
  both(a, b): concat(tidy($a), '-', tidy($b))
payload:
  custom_data: {order_id: "both(x, y)"}
"""


@pytest.mark.parametrize(
    ("own", "sent"),
    [
        ("functions: {'other(value)': $value}", "a-b"),
        ("functions: {'tidy(value)': {from: $value, apply: [trim, uppercase]}}", "A-B"),
        ("functions: {'both(b, a)': 'tidy($a)'}", "b"),
    ],
)
def test_functions_are_inherited_and_the_nearest_wins(tmp_path: Path, own: str, sent: str) -> None:
    rest = _MAPPING.partition("payload:")[2].format({}).replace("{}", "{content_name: tidy(z)}")
    text = f"version: 1\ntarget: pinterest/conversions-v5\nextends: base.yaml\n{own}\npayload:{rest}"
    path = _files(tmp_path, base=_BASE, own=text)
    assert [one for one in mapper.check_mapping(path) if one.severity == "error"] == []
    (outcome,) = mapper.compile_mapping(path).apply({**_EVENT, "x": "a ", "y": " b", "z": "z "})
    assert outcome.payload is not None
    assert outcome.payload["custom_data"]["order_id"] == sent


def test_a_call_that_a_function_does_not_take_is_shown_in_its_own_file(tmp_path: Path) -> None:
    rest = _MAPPING.partition("payload:")[2].format({}).replace("{}", "{content_name: nobody(z)}")
    own = "functions: {'both(a)': $a}"
    text = f"version: 1\ntarget: pinterest/conversions-v5\nextends: base.yaml\n{own}\npayload:{rest}"
    path = _files(tmp_path, base=_BASE, own=text)
    found = [one for one in mapper.check_mapping(path) if one.severity == "error"]
    assert sorted((one.code, Path(one.span.text.name).name) for one in found) == [
        ("M115", "own.yaml"),
        ("M116", "base.yaml"),
    ]


_EDITED = """
version: 1
target: pinterest/conversions-v5
functions:
  tidy(value): {from: $value, apply: trim}
  both(one, other): concat(tidy($one), $other)
payload:
  event_id: id
  event_time: at
  action_source: {const: web}
  user_data: {em: user.email}
  custom_data:
    order_id: both(a, b)
    content_name: {from: a, apply: [tidy, {both: x}]}
otherwise: {send: custom}
"""


def _offset(word: str, text: str = _EDITED) -> int:
    return text.index(word) + 1


def test_an_editor_finds_a_function_its_calls_and_its_parameters() -> None:
    analysis = authoring.analyse(_EDITED)

    def found(word: str) -> tuple[str, list[str]]:
        definition = analysis.definition(_offset(word))
        assert definition is not None
        spans = [definition, *analysis.references(_offset(word))]
        assert all(
            _EDITED[one.start : one.end].strip("$") == _EDITED[spans[0].start : spans[0].end] for one in spans
        )
        return definition.place, sorted(one.place for one in spans[1:])

    tidy = ("<text>:5:3", ["<text>:14:37", "<text>:6:28"])
    assert [found(word) for word in ("tidy(value)", "tidy($one)", "tidy, {")] == [tidy] * 3
    assert found("both(a, b)") == found("both: x")
    assert found("$other") == ("<text>:6:13", ["<text>:6:40"])


@pytest.mark.parametrize(("word", "new"), [("tidy($one)", "neat"), ("both: x", "pair"), ("$other", "second")])
def test_a_function_or_a_parameter_is_renamed_where_it_is_written(word: str, new: str) -> None:
    analysis = authoring.analyse(_EDITED)
    edits = rename(analysis, _offset(word), new, LinkedFiles(lambda _: analysis, ""))
    text = _EDITED
    for span, written in sorted(edits, key=lambda one: -one[0].start):
        text = text[: span.start] + written + text[span.end :]
    event = {"a": " x ", "b": "y"}
    assert _custom(text, **event) == _custom(_EDITED, **event) == {"order_id": "xy", "content_name": "xx"}


@pytest.mark.parametrize(
    ("word", "new"), [("tidy($one)", "trim"), ("tidy($one)", "join"), ("tidy($one)", "both")]
)
def test_a_function_is_not_given_a_name_that_is_taken(word: str, new: str) -> None:
    analysis = authoring.analyse(_EDITED)
    with pytest.raises(CannotRename):
        list(rename(analysis, _offset(word), new, LinkedFiles(lambda _: analysis, "")))


@pytest.mark.parametrize(
    ("written", "begun", "offered"),
    [
        ("order_id: both(a, b)", "order_id: bo", "both("),
        ("apply: [tidy, ", "apply: [ti", "tidy"),
        ("apply: [tidy, {both: x}]", "apply: bo", "{both: "),
        ("{from: $value, apply: trim}", "{from: $va", "$value"),
        ("tidy($one), $other)", "tidy($one), $ot", "$other"),
    ],
)
def test_functions_and_parameters_are_completed(written: str, begun: str, offered: str) -> None:
    after = _EDITED.replace(written, begun)
    edited = authoring.analyse(_EDITED).edited(after)
    assert offered in [one.insert for one in edited.complete(after.index(begun) + len(begun))]


def test_hover_says_how_a_function_is_called_and_what_it_gave() -> None:
    analysis = authoring.analyse(_EDITED)
    event = {**_EVENT, "a": " x ", "b": "y"}
    call, step, inside = (analysis.at(_offset(one), event) for one in ("both(a, b)", "tidy, {", "$value"))
    assert call is not None
    assert (call.kind, call.value) == ("function", "xy")
    assert "both(one, other)" in call.meaning
    assert step is not None
    assert (step.value, "tidy(value)" in step.meaning) == ("x", True)
    assert inside is not None
    assert not inside.is_known


def test_the_table_of_an_event_shows_what_a_function_made_of_a_value() -> None:
    trace = authoring.analyse(_EDITED).trace({**_EVENT, "a": " x ", "b": "y"})
    (table,) = trace.tables
    row = next(one for one in table.rows if one.path == "custom_data.content_name")
    assert [(one.text, one.value) for one in row.steps][:2] == [("tidy", "x"), ("both(other: x)", "xx")]
