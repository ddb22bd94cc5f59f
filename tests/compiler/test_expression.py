"""JMESPath text -> Expression: what is refused, where and with what advice; what is read of it."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.codes import CODES
from mapper.compiler.advice.advise import advise
from mapper.compiler.jmespath.expression import Expression, parse_expression
from mapper.compiler.jmespath.tree import Call, Field, children
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Text
from tests.support.checked import checked_reading
from tests.support.depth import examples
from tests.support.effort import calls

REFUSED = Path(__file__).parents[1] / "cases" / "expressions" / "refused.txt"
DOUBTED = Path(__file__).parents[1] / "cases" / "expressions" / "doubted.txt"


def read(text: str) -> tuple[Expression | None, list[Diagnostic]]:
    made = parse_expression(text, Text("mapping.yaml", text).span)
    doubts = [] if made.expression is None else checked_reading(made.expression)
    return made.expression, advise([*made.found, *doubts])


def blocks(path: Path) -> list[str]:
    """The cases of a file: an expression, then carets, message and hint of each diagnostic."""
    return [block for block in path.read_text("utf-8").strip().split("\n\n") if not block.startswith("#")]


def drawn(text: str, found: list[Diagnostic]) -> str:
    """An expression with its diagnostics, as a case is written."""
    lines = [text]
    for one in found:
        width = one.span.end - one.span.start
        lines.append(" " * one.span.start + ("^" * width or "|"))
        lines.append(f"{one.code} {one.message}")
        if one.hint:
            lines.append(f"hint {one.hint}")
    return "\n".join(lines)


@pytest.mark.parametrize("block", blocks(REFUSED), ids=lambda block: block.partition("\n")[0])
def test_what_is_no_expression_is_refused_at_its_place_with_what_to_write(block: str) -> None:
    text = block.partition("\n")[0]
    expression, found = read(text)

    assert drawn(text, found) == block
    assert expression is None


@pytest.mark.parametrize("block", blocks(DOUBTED), ids=lambda block: block.partition("\n")[0])
def test_a_field_that_was_most_likely_meant_as_a_constant_is_a_warning(block: str) -> None:
    text = block.partition("\n")[0]
    expression, found = read(text)

    assert drawn(text, found) == block
    assert expression is not None
    assert {one.severity for one in found} <= {"warning"}


def test_every_code_for_expressions_has_a_case() -> None:
    shown = {
        code
        for path in REFUSED.parent.glob("*.txt")
        for code in re.findall(r"^(M1\d\d) ", path.read_text("utf-8"), re.M)
    }

    # An empty text, and those that are too large, are in a table below.
    shown |= {"M102", "M106"}
    # These need more than one expression: their cases are whole mappings.
    among_others = {f"M{number}" for number in (132, 133, 134, 136, 137, *range(146, 152), 153, 154, 155)}
    # Constant arguments are looked at with the types, where a step has them too.
    of_arguments = {"M140", "M141", "M142", "M143", "M144", "M145", "M152"}
    whole = {path.name[:4] for path in (REFUSED.parents[1] / "diagnostics").iterdir()}
    assert not shown & (among_others | of_arguments)
    assert among_others | of_arguments <= whole
    assert shown | among_others | of_arguments == {code for code in CODES if code.startswith("M1")}


@pytest.mark.parametrize(
    "text", ["!a.b", "!a[?b].c", "x.*.a.b", "(a || b).*.c.d", "a[0][0:2].b", "a[*].x.*.b.c"]
)
def test_the_advice_for_a_refused_form_is_an_expression_itself(text: str) -> None:
    _, found = read(text)
    start, end = found[0].span.start, found[0].span.end
    advice = (found[0].hint or "").removeprefix("write `").removesuffix("`")

    assert len(found) == 1
    assert read(advice)[0] is not None, advice
    assert start < end


@pytest.mark.parametrize(
    ("text", "code", "span"),
    [
        ("", "M102", (0, 0)),
        (" \n", "M102", (0, 2)),
        ("a" * 4097, "M106", (0, 4097)),
        ("a," * 300, "M106", (500, 600)),
        ("(" * 65 + "a" + ")" * 65, "M106", (64, 65)),
        ("!" * 65 + "a", "M106", (64, 65)),
        ("{a: " * 65 + "b" + "}" * 65, "M106", (256, 257)),
        (".".join("a" * 70), "M106", (0, 11)),
        (" || ".join("a" * 70), "M106", (0, 26)),
        ("`" + "[" * 65 + "]" * 65 + "`", "M104", (0, 132)),
        ("`" + "1" * 4090 + "`.a", None, None),
        ("`-1e-999`", None, None),
        ("a\N{NO-BREAK SPACE}|| b", "M101", (1, 2)),
        ("a\x00", "M101", (1, 2)),
        ("'\ud800'", "M104", (0, 3)),
        ('"\ud800"', "M105", (0, 3)),
        ('"\\ud800"', "M105", (0, 8)),
        ('"a\nb"', "M105", (0, 5)),
        ("'a\nb'", None, None),
        ("a\n  .b", None, None),
    ],
)
def test_what_a_case_file_cannot_show_is_refused_at_its_place_too(
    text: str, code: str | None, span: tuple[int, int] | None
) -> None:
    expression, found = read(text)

    assert [one.code for one in found] == ([] if code is None else [code])
    assert [(one.span.start, one.span.end) for one in found] == ([] if span is None else [span])
    assert (expression is None) == (code is not None)


def test_what_cannot_be_seen_is_named_in_a_message() -> None:
    _, found = read("a\N{RIGHT-TO-LEFT OVERRIDE} || b")

    assert found[0].message == "`U+202E (right-to-left override)` has no meaning here"


def test_at_the_limits_an_expression_is_taken() -> None:
    for text in ("(" * 63 + "a" + ")" * 63, ".".join("a" * 63), "[" + ", ".join("a" * 249) + "]", "a" * 4096):
        assert read(text)[0] is not None, text[:40]


pieces = st.sampled_from(
    [
        *(
            "a",
            "b.c",
            "$x",
            "@",
            "*",
            "[",
            "]",
            "[]",
            "[?",
            "{",
            "}",
            "(",
            ")",
            ".",
            ",",
            ":",
            "&",
            "&&",
            "|",
            "||",
        ),
        *(
            "!",
            "==",
            "<",
            "-1",
            "0",
            "'t'",
            "'",
            '"q"',
            '"',
            "`1`",
            "`",
            " ",
            "\\",
            "length(",
            "map(&",
            "lookup(",
        ),
    ]
)


@settings(max_examples=examples(1500))
@given(st.one_of(st.text(max_size=60), st.lists(pieces, max_size=40).map("".join)))
def test_any_text_is_an_expression_or_a_diagnostic_and_never_an_exception(text: str) -> None:
    expression, found = read(text)

    assert (expression is None) == any(one.severity == "error" for one in found)
    for one in found:
        assert 0 <= one.span.start <= one.span.end <= len(text)
        assert one.code in CODES


# Many times what any of these takes: of a thousand characters, work that grew with their square would be a
# million. Those that are too long are not even read.
_MOST_CALLS = 100_000


@pytest.mark.parametrize(
    "piece", ["(", "[", "!", "a.", "a[*]", "[?", "{a:", "map(&", "`[", "a||", "'", "0", "\\", "$x|"]
)
def test_a_long_text_is_read_or_refused_at_once(piece: str) -> None:
    for length in (100, 1000, 64 * 1024):
        text = piece * (length // len(piece))
        assert calls(partial(read, text))[0] < _MOST_CALLS


@settings(max_examples=examples(300))
@given(st.lists(pieces, max_size=25).map("".join))
def test_each_part_of_a_tree_stands_within_its_whole(text: str) -> None:
    expression, _ = read(text)
    for node in expression.walk() if expression else ():
        assert 0 <= node.start <= node.end <= len(text)
        for child in children(node):
            assert node.start <= child.start <= child.end <= node.end, (node, child)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a", ("a",)),
        ("a.b.c", ("a", "b", "c")),
        ('a."b c"', ("a", "b c")),
        ("@", ()),
        ("@.a", ("a",)),
        ("(a.b).c", ("a", "b", "c")),
        ("a[0]", None),
        ("a[*].b", None),
        ("$a.b", None),
        ("a || b", None),
        ("'a'", None),
    ],
)
def test_a_plain_path_is_known_as_one(text: str, path: tuple[str, ...] | None) -> None:
    expression, _ = read(text)

    assert expression is not None
    assert expression.path() == path


def test_variables_are_listed_with_their_places() -> None:
    expression, _ = read("items[?$user.id == id].[$index, $user]")

    assert expression is not None
    assert expression.variables == (("user", 7, 12), ("index", 24, 30), ("user", 32, 37))


@pytest.mark.parametrize(
    ("text", "fails"),
    [
        ("a.b[0]", False),
        ("a < `1`", False),
        ("type(a)", False),
        ("not_null(a, b)", False),
        ("$event.a", False),
        ("length(a)", True),
        ("lowercase(a)", True),
        ("$user.id", True),
    ],
)
def test_an_expression_knows_whether_it_can_fail(text: str, fails: bool) -> None:
    expression, _ = read(text)

    assert expression is not None
    assert expression.may_fail is fails


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b.c", ["@.a.b.c"]),
        ("a || b.c", ["@.a", "@.b.c"]),
        ("a && b", ["@.a", "@.b"]),
        ("(a || b).email", ["@.a.email", "@.b.email"]),
        ("items[*].name", ["@.items.name"]),
        ("items[?price > `1`].{id: sku, x: $event.id}", ["@.items.price", "@.items.sku", "$event.id"]),
        ("not_null(context.traits, traits).email", ["@.context.traits.email", "@.traits.email"]),
        ("sort_by(items, &age)[0].name", ["@.items.name", "@.items.age"]),
        ("map(&name, items)", ["@.items.name"]),
        ("traits.*.email", ["@.traits.*.email"]),
        ("a | b", ["@.a.b"]),
        ("[a, b][0]", ["@.a", "@.b"]),
        ("[a, b][0].email", ["@.a.email", "@.b.email"]),
        ("[a][*].{e: email} | [0].e", ["@.a.email"]),
        ("map(&email, [a, b])", ["@.a.email", "@.b.email"]),
        ("{x: a, y: b}.y.email", ["@.b.email", "@.a"]),
        ("{x: {y: a}}.x.y.email", ["@.a.email"]),
        ("{x: a}.*.email", ["@.a.email"]),
        ("{x: a, y: b}", ["@.a", "@.b"]),
        ("length(@)", ["@"]),
        ("lowercase(user.email)", ["@.user.email"]),
        ("to_string(a) == 'x'", ["@.a"]),
        ("'x'", []),
    ],
)
def test_what_an_expression_reads_is_known_through_every_form(text: str, expected: list[str]) -> None:
    expression, _ = read(text)

    assert expression is not None
    assert [".".join((one.root, *one.path)) for one in expression.reads()] == expected


def test_a_place_in_the_text_is_a_place_in_the_file() -> None:
    file = Text("mapping.yaml", "payload:\n  event_id: lowercase(a.b)\n")
    made = parse_expression("lowercase(a.b)", lambda start, end: file.span(21 + start, 21 + end))
    expression = made.expression

    assert expression is not None
    call = expression.root
    assert isinstance(call, Call)
    assert isinstance(call.arguments[0], Field)
    assert expression.span(call.arguments[0]).place == "mapping.yaml:2:23"
    assert expression.whole == file.span(21, 35)
