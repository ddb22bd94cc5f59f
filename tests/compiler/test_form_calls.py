"""An expression that ends in a call of a step of its field's form is made as the same step under `apply`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mapper import CompileError, check_mapping, compile_mapping
from mapper.texts.fixing import edited
from mapper.transforms import TRANSFORMS, Transform
from mapper.transforms.registry import Example
from mapper.values.types import Invalid

pytestmark = pytest.mark.quick


def _kind(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return kinds.get(type(value), "")


def _literal(value: Any) -> str:
    return f"`{json.dumps(value)}`"


def _call(transform: Transform, value: str, stated: dict[str, Any]) -> str | None:
    """A call with these arguments; None where one before them cannot be left out."""
    names = [one.name for one in transform.parameters]
    last = max((at for at, name in enumerate(names, 1) if name in stated), default=0)
    parts: list[str] = []
    for one in transform.parameters[:last]:
        given = stated.get(one.name, one.default)
        if one.name not in stated and one.default is None and not one.nullable:
            return None
        parts += map(_literal, given) if isinstance(given, list) and one.variadic else [_literal(given)]
    return f"{transform.name}({', '.join([value, *parts])})"


# Values that a step takes, beyond its examples: numbers that only their country tells.
_MORE = {
    "phone": [
        Example("030 901820", arguments=(("country", "DE"), ("plus", True), ("country_required", True))),
        Example("0207946", arguments=(("country", "GB"), ("plus", True), ("country_required", True))),
        Example("415 555", arguments=(("country", 1), ("plus", True), ("country_required", True))),
    ],
}


def _result(transform: Transform, example: Example) -> Any:
    try:
        return transform.function(example.value, **dict(example.arguments))
    except (Invalid, TypeError):
        return None


def _examples() -> Iterator[tuple[Transform, Example, str]]:
    for transform in TRANSFORMS.values():
        for example in (*transform.examples, *_MORE.get(transform.name, ())):
            kind = _kind(_result(transform, example))
            is_scalar = not isinstance(example.value, list | dict) and example.value is not None
            if transform.parameters and example.arguments and kind and is_scalar and not transform.passing:
                yield transform, example, kind


def _splits(transform: Transform, stated: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The arguments of a call, and those of the form: the same, or some of each for what gives a format."""
    yield stated, stated
    if transform.gives.format:
        for name in stated:
            rest = {other: value for other, value in stated.items() if other != name}
            if rest:
                yield {name: stated[name]}, rest
                yield rest, {name: stated[name]}


def _rows() -> Iterator[tuple[str, Any, str, Any, Any]]:
    for transform, example, kind in _examples():
        for called, formed in _splits(transform, dict(example.arguments)):
            call = _call(transform, "value", called)
            step = [{transform.name: called}]
            form = [{transform.name: formed}]
            # A form must state what its transform requires.
            if call and all(one.name in formed for one in transform.parameters if one.required):
                yield call, {"from": "value", "apply": step}, kind, form, example.value


def _field(kind: Any, form: Any) -> dict[str, Any]:
    return kind if isinstance(kind, dict) else {"type": kind, "x-normal-form": form}


def _compiled(folder: Path, rule: Any, kind: Any, form: Any, lets: Any = None) -> Any:
    _schema(folder, kind, form)
    (folder / "made.yaml").write_text(
        yaml.safe_dump(
            {
                **{"version": 1, "target": "own/made", "payload": {"id": "text(id)", "made": rule}},
                "otherwise": {"send": "x"},
                **({"let": lets} if lets else {}),
            }
        ),
        "utf-8",
    )
    return compile_mapping(folder / "made.yaml")


def _schema(folder: Path, kind: Any, form: Any) -> None:
    (folder / "schemas/own").mkdir(parents=True)
    fields = {"id": {"type": "string"}, "made": _field(kind, form)}
    schema = {"type": "object", "required": ["id"], "additionalProperties": False, "properties": fields}
    (folder / "schemas/own/made.json").write_text(json.dumps(schema), "utf-8")


def _made(program: Any, value: Any) -> Any:
    outcome = program.apply({"id": "1", "value": value})[0]
    return outcome.payload.get("made", "nothing")


@pytest.mark.parametrize(("call", "rule", "kind", "form", "value"), [*_rows()])
def test_a_call_of_a_step_of_a_form_gives_what_the_step_does(
    call: str, rule: Any, kind: str, form: Any, value: Any, tmp_path: Path
) -> None:
    try:
        written = _compiled(tmp_path / "step", rule, kind, form)
    except CompileError:  # some arguments need each other
        return
    called = _compiled(tmp_path / "call", call, kind, form)
    assert _made(called, value) == _made(written, value)


_STRICT = [{"phone": {"plus": True, "country_required": True}}]
# The number is read by its country alone: where `phone` runs a second time, it is refused.
_SHORT = {"n": "030 901820", "c": "DE", "none": None}


@pytest.mark.parametrize(
    "value",
    [
        "phone(n, c)",
        "n.phone(@, $event.c)",
        "phone(n, c, `false`)",
        "phone(none, c) || phone(n, c)",
        "not_null(phone(none, c), phone(n, c))",
        "c && phone(n, c)",
        {"from": ["phone(none, c)", "phone(n, c)"]},
        {"from": "n", "apply": {"phone": "$c"}},
        {"from": "$n", "apply": {"phone": "$c"}},
        {"case": [{"when": "c", "then": "phone(n, c)"}]},
        {"from": "phone(n, c)", "when": "c"},
    ],
)
def test_a_call_has_the_arguments_of_the_form_wherever_the_value_comes_from_it(
    value: Any, tmp_path: Path
) -> None:
    rule = value
    program = _compiled(tmp_path, rule, "string", _STRICT, lets={"c": "c", "n": "n"})
    payload = program.apply({"id": "1", **_SHORT})[0].payload
    given = payload.get("made")
    assert given == ("4930901820" if "false" in str(value) else "+4930901820")


@pytest.mark.parametrize("value", ["n[].phone(@, $c)", "map(&phone(@, $c), n)", "[phone(n[0], c)]"])
def test_so_it_is_for_each_element_of_a_list(value: str, tmp_path: Path) -> None:
    items = {"type": "array", "items": {"type": "string", "x-normal-form": _STRICT}}
    program = _compiled(tmp_path, value, items, None, lets={"c": "c"})
    payload = program.apply({"id": "1", "n": ["030 901820"], "c": "DE"})[0].payload
    assert payload.get("made") == ["+4930901820"]


@pytest.mark.parametrize("value", ["phone(n, c)", "phone(n, c, `true`)"])
def test_a_form_asks_for_the_country_also_of_a_number_that_is_called(value: str, tmp_path: Path) -> None:
    program = _compiled(tmp_path, value, "string", _STRICT)
    outcome = program.apply({"id": "1", "n": "030 901820"})[0]
    assert "made" not in outcome.payload


@pytest.mark.parametrize(
    "apply",
    [
        "{phone: shop.place}",
        "{phone: {country: shop.place}}",
        "{phone: $event.shop.place}",
        "phone($event.shop.place)",
        "[trim, {phone: shop.place}]",
    ],
)
def test_the_hint_for_an_argument_of_the_event_gives_the_form_that_is_asked_for(
    apply: str, tmp_path: Path
) -> None:
    _schema(tmp_path, "string", [*_STRICT])
    file = tmp_path / "made.yaml"
    file.write_text(
        "version: 1\ntarget: own/made\npayload:\n  id: text(id)\n"
        f"  made: {{from: n, apply: {apply}}}\notherwise: {{send: x}}\n",
        "utf-8",
    )
    [found] = check_mapping(file)
    assert "call it in the expression" in str(found.hint)
    [fix] = found.fixes
    file.write_text(edited(file.read_text("utf-8"), fix.edits), "utf-8")
    assert [one.code for one in check_mapping(file)] == []
    outcome = compile_mapping(file).apply({"id": "1", "n": "030 901820", "shop": {"place": "DE"}})[0]
    assert outcome.payload is not None
    assert outcome.payload["made"] == "+4930901820"


@pytest.mark.parametrize(
    ("number", "made"),
    [
        ("phone(n, c, `true`, `true`)", "$number"),
        ("n", {"from": "$number", "apply": [{"phone": {"country": "$c", **_STRICT[0]["phone"]}}, "trim"]}),
        ("n", "phone($number, c)"),
    ],
)
def test_the_hint_for_a_step_that_comes_twice_is_silent_and_right(
    number: str, made: Any, tmp_path: Path
) -> None:
    program = _compiled(tmp_path, made, "string", _STRICT, lets={"number": number, "c": "c"})
    assert [one for one in check_mapping(tmp_path / "made.yaml") if one.code == "M332"] == []
    assert program.apply({"id": "1", **_SHORT})[0].payload["made"] == "+4930901820"


@pytest.mark.parametrize(
    ("made", "is_told"),
    [
        ("$number", True),
        ({"from": "$number", "apply": {"phone": {"plus": True}}}, True),
        ({"from": "phone(n, c)", "apply": {"phone": {"plus": True, "country_required": True}}}, True),
        ({"from": "n", "apply": ["phone", "trim"]}, True),
        ({"from": "n", "apply": ["trim", "phone"]}, False),
        ({"from": "n", "apply": {"phone": "$c"}}, False),
        ({"from": "n", "apply": {"phone": {"country": "DE"}}}, False),
        ("phone(n, c)", False),
        ("phone(n, c, `true`)", False),
        ("n", False),
    ],
)
def test_a_number_that_is_read_twice_is_told(made: Any, is_told: bool, tmp_path: Path) -> None:
    _compiled(tmp_path, made, "string", _STRICT, lets={"number": "phone(n, c)", "c": "c"})
    found = [one.code for one in check_mapping(tmp_path / "made.yaml")]
    assert ("M332" in found) == is_told


@pytest.mark.parametrize(
    ("form", "made"), [([{"postcode": {"digits": 5}}], "postcode(n)"), (["phone"], "phone(n)")]
)
def test_a_step_that_takes_its_own_results_is_not_told(form: Any, made: str, tmp_path: Path) -> None:
    _compiled(tmp_path, "$number", "string", form, lets={"number": made})
    assert "M332" not in [one.code for one in check_mapping(tmp_path / "made.yaml")]
