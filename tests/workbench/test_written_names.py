"""The names that a mapping writes and the calls in it, as an editor shows them; compared with the plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapper import Span, authoring
from mapper.compiler.editor.call_help import call_help
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call, OwnCall
from mapper.compiler.jmespath.unfinished import open_call
from tests.support.depth import some

_ROOT = Path(__file__).parents[2]
_MAPPINGS = sorted((_ROOT / "mappings").glob("*.yaml"))


@pytest.mark.parametrize("path", some(_MAPPINGS, 6), ids=lambda path: path.stem)
def test_a_word_has_the_kind_that_the_hover_tells(path: Path) -> None:
    analysis = authoring.analyse_file(path)
    names = analysis.written_names
    assert names
    ends = 0
    for one in names:
        assert one.span.start >= ends
        ends = one.span.end
        written = _written(one.span)
        assert written.startswith("$") <= (one.kind == "variable")
        found = analysis.at(one.span.start)
        assert found is not None
        due = {"field": {"key"}, "attribute": {"expression"}, "variable": {"variable", "key"}}
        calls = {"function", "transform"} | ({"key"} if one.defines else set())
        assert found.kind in due.get(one.kind, calls), (written, one.kind)


def test_names_are_told_of_a_mapping_with_mistakes_and_of_its_own_text_alone(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("version: 1\nlet: {id: order.id}\n", "utf-8")
    text = (
        "version: 1\nextends: base.yaml\nlet:\n  'a b': x\nfunctions:\n  gross(net): multiply($net, `2`)\n"
        "payload:\n  event_id: $id\n  custom_data:\n    value: {from: gross(total), apply: [number, gross]}\n"
        "    nothing: wrong(\n"
    )
    analysis = authoring.analyse(text, str(tmp_path / "shop.yaml"), beside=tmp_path)
    assert analysis.diagnostics
    told = [(_written(one.span), one.kind, one.defines) for one in analysis.written_names or ()]
    assert told == [
        ("gross", "function", True),
        ("net", "variable", True),
        ("multiply", "transform", False),
        ("$net", "variable", False),
        ("event_id", "field", False),
        ("$id", "variable", False),
        ("custom_data", "field", False),
        ("value", "field", False),
        ("gross", "function", False),
        ("total", "attribute", False),
        ("number", "transform", False),
        ("gross", "function", False),
    ]
    assert authoring.analyse("version: 1\npayload: {event_id: [a\n", "broken.yaml").written_names is None


@pytest.mark.parametrize("path", some(_MAPPINGS, 6), ids=lambda path: path.stem)
def test_the_call_and_argument_at_a_place_are_those_of_the_tree(path: Path) -> None:
    analysis = authoring.analyse_file(path)
    seen = 0
    for expression in _expressions(analysis):
        for call in (one for one in expression.walk() if isinstance(one, Call | OwnCall)):
            place = expression.locate(call.start, call.name_end)
            if place.text.name != analysis.text.name or _written(place) != call.name:
                continue
            for number, argument in enumerate(call.arguments):
                assert open_call(expression.text[: argument.start]) == (call.name, number)
                at = analysis.call_at(expression.locate(argument.start, argument.end).start)
                assert at is not None
                assert at.signature.startswith(f"{call.name}(")
                assert at.at <= number
                seen += 1
    assert seen


def _written(span: Span) -> str:
    return span.text.content[span.start : span.end]


def _expressions(analysis: authoring.Analysis) -> list[Expression]:
    mapping = analysis._planned.mapping
    assert mapping is not None
    return [one for one in mapping.all_values if isinstance(one, Expression)]


@pytest.mark.parametrize(
    ("written", "due"),
    [
        ("", None),
        ("total", None),
        ("multiply(", ("multiply", 0)),
        ("multiply(total, ", ("multiply", 1)),
        ("multiply(total, price", ("multiply", 1)),
        ("multiply(add(a, b), ", ("multiply", 1)),
        ("multiply(add(a, b", ("add", 1)),
        ("multiply(add(a, b), c)", None),
        ("concat([a, b, c], '", ("concat", 1)),
        ("concat([a, b", ("concat", 0)),
        ("concat({a: b, c: d", ("concat", 0)),
        ("max_by(items[?a == 'x, y'], &", ("max_by", 1)),
        ("replace(name, 'a, b(c", ("replace", 1)),
        ('replace("a, b(c', ("replace", 0)),
        ("join(', ', `[1, 2", ("join", 1)),
        ("(a || (b, ", None),
        ("a.b(c)[", None),
    ],
)
def test_the_open_call_is_found_in_an_unfinished_expression(
    written: str, due: tuple[str, int] | None
) -> None:
    assert open_call(written) == due


def test_help_marks_the_argument_that_is_due() -> None:
    told = {}
    for written in ("substring(a", "substring(a, 1", "substring(a, 1, 2, 3", "concat(a, b, c", "unknown(a"):
        found = call_help(written, ())
        told[written] = (
            None if found is None else found.signature[slice(*found.parameters[found.at])],
            "" if found is None else found.meaning,
        )
    assert [one for one, _ in told.values()] == ["value", "start", "[end]", "...", None]
    assert all(meaning for one, meaning in told.values() if one is not None)
