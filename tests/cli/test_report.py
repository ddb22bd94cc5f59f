"""Diagnostics read as compilers write them, on any terminal, and as json exactly as documented."""

import json

import pytest

from mapper.cli.report import as_json, as_text, closing_count, pointer
from mapper.cli.terminal import cut, visible, width
from mapper.texts.diagnostic import Diagnostic, Edit, Fix
from mapper.texts.named_text import Span, Text


def span(content: str, name: str = "mappings/shop.yaml") -> Span:
    """The part of a text between ⟦ and ⟧."""
    start = content.index("⟦")
    plain = content.replace("⟦", "").replace("⟧", "")
    return Text(name, plain).span(start, content.index("⟧") - 1)


def shown(content: str, code: str = "M001") -> str:
    """The lines below the place, of a diagnostic at a part of a text."""
    text = as_text([Diagnostic(code, span(content), "m")])
    return "\n".join(line.rstrip() for line in text.splitlines()[3:])


def test_a_diagnostic_looks_as_its_picture() -> None:
    contents = "\n" * 7 + '  contents: "⟦length(properties.products)⟧"\n'
    hint = "`each: properties.products` makes one object for each product"
    found = Diagnostic(
        "M302", span(contents), "`custom_data.contents` takes array of object, not integer", hint
    )
    assert as_text([found]) == (
        "error[M302]: `custom_data.contents` takes array of object, not integer\n"
        "  --> mappings/shop.yaml:8:14\n"
        "   |\n"
        ' 8 |   contents: "length(properties.products)"\n'
        "   |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "   = hint: `each: properties.products` makes one object for each product\n"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a: ⟦b⟧", " 1 | a: b\n   |    ^"),
        ("a: ⟦⟧b", " 1 | a: b\n   |    ^"),
        ("a: b⟦⟧", " 1 | a: b\n   |     ^"),
        ("a: b⟦⟧\nc", " 1 | a: b\n   |     ^"),
        ("日本: ⟦名前⟧ x", " 1 | 日本: 名前 x\n   |       ^^^^"),
        ("e\u0301: ⟦o\u0308x⟧", " 1 | e\u0301: o\u0308x\n   |    ^^"),
        ("e⟦\u0301⟧: x", " 1 | e\u0301: x\n   | ^"),
        ("a\t⟦b\tc⟧\td", " 1 | a   b   c   d\n   |     ^^^^^"),
        ("a: ⟦\x1b⟧[2J", " 1 | a: \\x1b[2J\n   |    ^^^^"),
        ("a: \u202e⟦evil⟧", " 1 | a: \\u202eevil\n   |          ^^^^"),
        ("\ufeff⟦a⟧: b", " 1 | a: b\n   | ^"),
        ("a: 🎉 ⟦b⟧\r\nc: d", " 1 | a: 🎉 b\n   |       ^"),
        ("⟦a:\n  b⟧: 1\n", " 1 | a:\n   | ^^\n 2 |   b: 1\n   |   ^"),
        ("⟦a:\n\n  b⟧: 1\n", " 1 | a:\n   | ^^\n 2 |\n 3 |   b: 1\n   |   ^"),
        (
            "a: ⟦[1,\n  2,\n  3,\n  4,\n  5]⟧\n",
            " 1 | a: [1,\n   |    ^^^\n 2 |   2,\n   |   ^^\n ...\n 5 |   5]\n   |   ^^",
        ),
        ("\n" * 9 + "a: ⟦b⟧", " 10 | a: b\n    |    ^"),
        ("\n" * 8 + "⟦a:\n b⟧", "  9 | a:\n    | ^^\n 10 |  b\n    |  ^"),
        (
            "x" * 300 + "⟦bad⟧" + "y" * 300,
            f" 1 | …{'x' * 40}bad{'y' * 77}…\n   |  {' ' * 40}^^^",
        ),
        ("⟦" + "x" * 300 + "⟧", f" 1 | {'x' * 120}…\n   | {'^' * 121}"),
    ],
)
def test_carets_stand_under_what_is_wrong(content: str, expected: str) -> None:
    assert shown(content) == expected


def test_a_related_place_has_a_frame_of_its_own() -> None:
    text = "a: 1\n" * 9 + "⟦b⟧: 2\n"
    first = Text("base.yaml", "b: 1\n").span(0, 1)
    found = Diagnostic("M002", span(text), "`b` stands here twice", related=((first, "the first one"),))
    assert as_text([found]).splitlines() == [
        "error[M002]: `b` stands here twice",
        "   --> mappings/shop.yaml:10:1",
        "    |",
        " 10 | b: 2",
        "    | ^",
        "   ::: base.yaml:1:1: the first one",
        "    |",
        "  1 | b: 1",
        "    | -",
    ]


def test_nothing_an_author_wrote_acts_on_the_terminal() -> None:
    evil = "\x1b]0;owned\x07\x9b31m\u2028\u200b"
    at = span(f"⟦{evil}⟧", name=f"{evil}.yaml")
    found = Diagnostic("M001", at, evil, hint=evil, path=evil, related=((at, evil),))
    for text in (as_text([found]), as_json([found])):
        assert not set("\x1b\x07\x9b\u2028") & set(text)
    assert json.loads(as_json([found]))[0]["message"] == evil


def test_colour_changes_nothing_but_colour() -> None:
    found = Diagnostic("M307", span("a: ⟦b⟧"), "doubtful", hint="hint", related=((span("⟦a⟧"), "why"),))
    coloured = as_text([found], colour=True)
    assert "\x1b[33m" in coloured
    plain = coloured
    for start in ("\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[33m", "\x1b[34m"):
        plain = plain.replace(start, "")
    assert plain == as_text([found])


def test_json_counts_from_one_in_characters_and_ends_behind() -> None:
    at = span("# 日本語 🎉\n  x: ⟦🎉e\u0301⟧\n")
    fix = Fix("quote it", (Edit(at, '"x"'),), safe=True)
    found = Diagnostic("M302", at, "m", path="user_data.em", fixes=(fix,))
    place = {"file": "mappings/shop.yaml", "line": 2, "column": 6, "end_line": 2, "end_column": 9}
    expected = {
        **place,
        "code": "M302",
        "severity": "error",
        "message": "m",
        "hint": None,
        "path": "user_data.em",
        "fixes": [{"title": "quote it", "safe": True, "edits": [{**place, "replacement": '"x"'}]}],
    }
    (one,) = json.loads(as_json([found]))
    assert one == expected
    assert list(one) == list(expected)
    assert as_json([]) == "[]\n"


def test_strict_makes_errors_of_warnings_and_leaves_advice() -> None:
    found = [Diagnostic("M307", span("⟦a⟧"), "m"), Diagnostic("M901", span("⟦a⟧"), "m")]
    assert [one["severity"] for one in json.loads(as_json(found))] == ["warning", "advice"]
    assert [one["severity"] for one in json.loads(as_json(found, strict=True))] == ["error", "advice"]
    assert as_text(found, strict=True).startswith("error[M307]")


@pytest.mark.parametrize(
    ("mappings", "codes", "expected"),
    [
        (3, ["M001", "M307", "M307"], "checked 3 mappings: 1 error, 2 warnings"),
        (1, [], "checked 1 mapping: no errors, no warnings"),
        (2, ["M307", "M901", "M901"], "checked 2 mappings: no errors, 1 warning, 2 advice"),
    ],
)
def test_a_closing_count_says_what_was_found(mappings: int, codes: list[str], expected: str) -> None:
    assert closing_count(mappings, [Diagnostic(code, span("⟦a⟧"), "m") for code in codes]) == expected


def test_a_closing_count_says_what_was_fixed_and_what_can_be() -> None:
    at = span("⟦a⟧")
    safe, guess = (Fix("f", (Edit(at, "b"),), safe) for safe in (True, False))
    found = [
        Diagnostic("M301", at, "m", fixes=(guess, safe)),
        Diagnostic("M307", at, "m", fixes=(safe,)),
        Diagnostic("M302", at, "m", fixes=(guess,)),
        Diagnostic("M303", at, "m"),
    ]
    counted = "checked 1 mapping: 3 errors, 1 warning"
    assert closing_count(1, found) == counted
    assert closing_count(1, found, fixable=True) == f"{counted}, 2 fixable with `--fix`"
    assert closing_count(1, found[3:], fixed=2, fixable=True) == (
        "checked 1 mapping: 1 error, no warnings, 2 fixed"
    )


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([], ""),
        (["M901"], ""),
        (["M307", "M307"], "for more, run `mapper explain M307`\n"),
        (["M901", "M307", "M302", "M301"], "for more on a code, run `mapper explain M302`\n"),
    ],
)
def test_one_line_says_where_to_read_more(codes: list[str], expected: str) -> None:
    assert pointer([Diagnostic(code, span("⟦a⟧"), "m") for code in codes]) == expected


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("日本", 4), ("e\u0301", 1), ("🎉", 2), ("ᄒ\u1161\u11ab", 2), ("\uff57", 2), ("", 0)],
)
def test_a_text_is_as_wide_as_a_terminal_shows_it(text: str, columns: int) -> None:
    assert width(text) == columns


def test_a_text_is_cut_at_whole_characters() -> None:
    assert [cut("日本語", columns) for columns in (6, 5, 4, 3)] == ["日本語", "日本…", "日…", "日…"]
    assert visible("\U000e0001\r\n") == "\\U000e0001\\x0d\\x0a"
