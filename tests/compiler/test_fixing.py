"""Safe fixes are applied whole, together where they do not touch, and never for the price of a new error."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from mapper.texts.diagnostic import Diagnostic, Edit, Fix
from mapper.texts.fixing import Repaired, apply_fixes, edited, safe_fix
from mapper.texts.named_text import Text


def rewriting(rules: dict[str, str], *, safe: bool = True) -> Callable[[Text], tuple[Diagnostic, ...]]:
    """A check that finds every place of some patterns an error, each with what to write there."""

    def check(text: Text) -> tuple[Diagnostic, ...]:
        return tuple(
            Diagnostic(
                "M301",
                text.span(*found.span()),
                f"`{found[0]}` is wrong",
                fixes=(Fix("Write it", (Edit(text.span(*found.span()), replacement),), safe),),
            )
            for pattern, replacement in rules.items()
            for found in re.finditer(pattern, text.content)
        )

    return check


def fixed(content: str, rules: dict[str, str], *, safe: bool = True) -> Repaired:
    """One text, fixed."""
    return apply_fixes({"a.yaml": Text("a.yaml", content)}, rewriting(rules, safe=safe))


@pytest.mark.parametrize(
    ("content", "rules", "expected", "fixes"),
    [
        ("a: bad # bad\r\nb: 1", {"bad": "good"}, "a: good # good\r\nb: 1", 2),
        ("\ufeffa: bad\n\n\n", {"bad": "日本"}, "\ufeffa: 日本\n\n\n", 1),
        ("ab", {"a": "A", "b": "B"}, "AB", 2),
        ("abc", {"ab": "X", "bc": "Y"}, "Xc", 1),
        ("1\r\n2\r\n", {"1": "a\nb"}, "a\r\nb\r\n2\r\n", 1),
        ("1\n", {"1": "a\r\nb"}, "a\nb\n", 1),
        ("right", {"wrong": "right"}, "right", 0),
        ("same", {"same": "same"}, "same", 0),
        ("", {"^$": "new"}, "new", 1),
    ],
)
def test_fixes_change_what_they_speak_of_and_nothing_else(
    content: str, rules: dict[str, str], expected: str, fixes: int
) -> None:
    result = fixed(content, rules)
    assert (result.texts["a.yaml"].content, len(result.done), result.left) == (expected, fixes, ())


def test_fixes_that_touch_wait_for_the_next_round() -> None:
    seen: list[str] = []

    def check(text: Text) -> tuple[Diagnostic, ...]:
        seen.append(text.content)
        return rewriting({"ab": "X", "bc": "Y"})(text)

    apply_fixes({"a.yaml": Text("a.yaml", "ab bc abc")}, check)
    assert seen[-1] == "X Y Xc"


def test_what_is_not_safe_is_not_applied() -> None:
    assert fixed("bad", {"bad": "good"}, safe=False).texts["a.yaml"].content == "bad"
    span = Text("a", "bad").span(0, 3)
    guess, sure = Fix("guess", (Edit(span, "x"),), safe=False), Fix("sure", (Edit(span, "y"),), safe=True)
    assert safe_fix(Diagnostic("M301", span, "m", fixes=(guess, Fix("none", (), safe=True), sure))) == sure
    assert safe_fix(Diagnostic("M301", span, "m", fixes=(guess,))) is None


def test_a_fix_that_would_bring_a_new_error_is_left_and_the_others_are_applied() -> None:
    rules = {"one": "1", "two": "worse", "three": "3", "worse": "worse"}
    result = fixed("one two three", rules)
    assert result.texts["a.yaml"].content == "1 two 3"
    assert [(one.repair.found.message, one.brings.message) for one in result.left] == [
        ("`two` is wrong", "`worse` is wrong")
    ]
    assert [one.found.message for one in result.done] == ["`one` is wrong", "`three` is wrong"]


def test_fixes_that_undo_each_other_come_to_an_end() -> None:
    def check(text: Text) -> tuple[Diagnostic, ...]:
        return tuple(
            Diagnostic("M307", one.span, "warned", fixes=one.fixes)
            for one in rewriting({"a": "b", "b": "a"})(text)
        )

    assert len(apply_fixes({"a": Text("a", "a")}, check).done) == 10


def test_the_edits_of_a_fix_are_all_made_or_none() -> None:
    text, other = Text("a.yaml", "one two"), Text("b.yaml", "three")
    one, two, three = text.span(0, 3), text.span(4, 7), other.span(0, 5)
    stranger = Text("c.yaml", "four").span(0, 4)
    cases = {
        "two places": ((Edit(two, "2"), Edit(one, "1")), ("1 2", "three")),
        "two files": ((Edit(one, "1"), Edit(three, "3")), ("1 two", "3")),
        "before and behind": (
            (Edit(text.span(0, 0), "("), Edit(text.span(3, 3), ")")),
            ("(one) two", "three"),
        ),
        "two at one place": (
            (Edit(text.span(0, 0), "a"), Edit(text.span(0, 0), "b")),
            ("abone two", "three"),
        ),
        "a file that is not ours": ((Edit(one, "1"), Edit(stranger, "4")), ("one two", "three")),
        "twice the same place": ((Edit(one, "1"), Edit(text.span(2, 5), "-")), ("one two", "three")),
        "an older text": ((Edit(Text("a.yaml", "older").span(0, 3), "1"),), ("one two", "three")),
    }
    for name, (edits, expected) in cases.items():
        found = Diagnostic("M301", one, "m", fixes=(Fix("f", edits, safe=True),))

        def check(given: Text, found: Diagnostic = found) -> tuple[Diagnostic, ...]:
            return (found,) if given == text else ()

        result = apply_fixes({"a.yaml": text, "b.yaml": other}, check)
        assert tuple(now.content for now in result.texts.values()) == expected, name


def test_a_file_that_two_others_extend_is_mended_once() -> None:
    base = Text("./base.yaml", "bad")
    texts = {
        "base.yaml": Text("base.yaml", "bad"),
        "a.yaml": Text("a.yaml", "a"),
        "b.yaml": Text("b.yaml", "b"),
    }
    calls = []

    def check(given: Text) -> tuple[Diagnostic, ...]:
        calls.append(given.name)
        return rewriting({"bad": "good"})(given if given.name == "base.yaml" else base)

    result = apply_fixes(texts, check, lambda name: name.removeprefix("./"))
    assert [text.content for text in result.texts.values()] == ["good", "a", "b"]
    assert len(result.done) == 1
    assert calls.count("a.yaml") == 1


def test_edits_stand_in_any_order() -> None:
    text = Text("a", "0123456789")
    edits = [Edit(text.span(8, 10), "z"), Edit(text.span(0, 1), ""), Edit(text.span(4, 4), "x")]
    assert edited(text.content, edits) == "123x4567z"
