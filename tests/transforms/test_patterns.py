"""Patterns: what they match, what is refused, and that a match takes a time that grows as its text does."""

from __future__ import annotations

import random
import re
import time

import pytest

from mapper.compiler.advice.other_languages.regexes import rewritten
from mapper.transforms.matching import compiled
from mapper.transforms.pattern_rules import read_pattern
from mapper.transforms.patterns import PatternFault, TextPattern
from tests.generators.random_patterns import confusing_text, hostile_texts, random_pattern, random_text
from tests.oracles.pattern_interpreter import matched_parts
from tests.support.depth import by_seed, seeds


def _parts(pattern: str, text: str, any_case: bool = False) -> dict[str, str] | None:
    made = compiled(pattern, any_case)
    found = made.match(text)
    assert bool(made.describes(text)) == (found is not None)
    return None if found is None else dict(zip(made.names, found.groups(), strict=True))


@pytest.mark.parametrize("any_case", [False, True])
@pytest.mark.parametrize("seed", seeds(20))
def test_a_compiled_pattern_matches_what_the_description_says(seed: int, any_case: bool) -> None:
    dice = random.Random(seed)
    matched = 0
    for _ in range(60):
        pattern = random_pattern(dice, any_case)
        for text in (*(confusing_text(dice, pattern) for _ in range(12)), random_text(dice), ""):
            parts = _parts(pattern.text, text, any_case)
            assert parts == matched_parts(pattern.text, text, any_case), (pattern.text, text)
            matched += parts is not None
    assert matched > 100


def test_matching_takes_a_time_that_grows_as_its_text_does() -> None:
    """What is four times as long takes four times as long, where it takes so long that it can be told."""
    dice = by_seed("patterns")
    wrong = []
    for number in range(100):
        pattern = random_pattern(dice, any_case=number % 4 == 0)
        match = compiled(pattern.text, pattern.any_case).match
        for text in hostile_texts(dice, pattern, 80_000):
            long = _seconds(match, text)
            if long > 0.004 and long > 12 * _seconds(match, text[:20_000], 3) and _is_slow(match, text):
                wrong.append((pattern.text, text[:40], long))
    assert wrong == []


# As slow as they can be: what is searched for is long, and fits nearly everywhere.
_SLOW = [
    (f"*{'ab' * 31}c*", "ab"),
    (f"*{'a' * 63}b", "a"),
    (f"{{x:[ab]}}{'ab' * 31}c", "ab"),
    (f"{{x:letters}}{'a' * 63}b", "a"),
    ("*b{x:[a] 1}{y:[ab] 62}", "ab"),
    ("*{x:letters 2-3}b*", "a-"),
    ("{x:text}{y:slug}/", "/"),
    ("*-{a:[^-]}-{b:[^-]}-{c:[^-]}!", "-a"),
]


@pytest.mark.parametrize("any_case", [False, True])
@pytest.mark.parametrize(("pattern", "seed"), _SLOW)
def test_a_text_of_80_kilobytes_takes_less_than_a_tenth_of_a_second(
    pattern: str, seed: str, any_case: bool
) -> None:
    match, text = compiled(pattern, any_case).match, seed * (80_000 // len(seed))
    assert _seconds(match, text, 3) < 0.1
    assert not (_seconds(match, text) > 0.004 and _is_slow(match, text))


def _is_slow(match: object, text: str) -> bool:
    """Whether it is so again, and not by the machine."""
    return _seconds(match, text, 5) > 8 * _seconds(match, text[:20_000], 5)


def _seconds(match: object, text: str, times: int = 1) -> float:
    """The shortest time of a processor of several."""
    assert callable(match)
    best = 60.0
    for _ in range(times):
        start = time.process_time()
        match(text)
        best = min(best, time.process_time() - start)
    return best


_REFUSED = [
    ("", "syntax", 0, 0),
    ("a" * 501, "syntax", 500, 501),
    ("/product/{sku", "syntax", 9, 10),
    ("a}", "syntax", 1, 2),
    ("{}", "syntax", 0, 2),
    ("{1a}", "syntax", 1, 3),
    ("{x:wrod}", "syntax", 3, 7),
    ("{x:}", "syntax", 3, 3),
    ("{x:[z-a]}", "syntax", 3, 8),
    ("{x:digits 0}", "syntax", 9, 11),
    ("{x:digits 3-2}", "syntax", 9, 13),
    ("{x:[ab]4}", "syntax", 7, 8),
    ("{x:text 4}", "syntax", 7, 9),
    ("{a}/{a}", "syntax", 4, 7),
    ("/".join(f"{{p{number}}}" for number in range(17)), "syntax", 86, 91),
    ("{a}{b}", "rules", 0, 6),
    ("{a:digits 1-2}{b:hex}", "rules", 0, 21),
    ("**", "rules", 0, 2),
    ("*{rest:text}", "rules", 0, 12),
    ("{rest:text}*", "rules", 0, 12),
    ("*id{x}", "rules", 3, 6),
    ("*/{a}id{b:letters}", "rules", 7, 18),
    ("*-{a:digits 2}{b:digits}", "rules", 2, 24),
    (f"*{'a' * 65}", "rules", 1, 66),
    (f"*{'a' * 40}{{x:digits}}{'b' * 30}", "rules", 1, 41),
    ("*a{x:[b] 1}{y:[ab] 64}", "rules", 1, 2),
    (f"{{x:word}}{'a' * 65}", "rules", 8, 73),
    ("^/cart", "regex", 0, 1),
    ("/cart$", "regex", 5, 6),
    (r"/p/\d+", "regex", 3, 5),
    ("/p/.*", "regex", 3, 5),
    ("(cart|basket)", "regex", 0, 1),
    ("[0-9]+", "regex", 0, 6),
    ("cart|basket", "regex", 0, 11),
    ("/p/[A-Z]{2}", "regex", 3, 9),
]


@pytest.mark.parametrize(("text", "kind", "start", "end"), _REFUSED)
def test_a_text_that_is_no_pattern_is_refused_where_it_is_wrong(
    text: str, kind: str, start: int, end: int
) -> None:
    with pytest.raises(PatternFault) as raised:
        read_pattern(text)
    fault = raised.value
    assert (fault.kind, fault.start, fault.end) == (kind, start, end)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "v1.*",
            "*.*",
            "US$",
            "Price in US$",
            "Product (new)",
            "[Test] *",
            "a | b",
            "Home | Shop",
            "a+b",
            "why?",
        ),
        *(
            "C:/x",
            "{{sku}}",
            "{*}",
            "a^b",
            "2.5",
            "{:digits}",
            "{x:[^}]}",
            "{x:[]]}",
            "{x:[*]}",
            "${x}",
            "#{n}",
        ),
        *("*{n:digits}", "*id{x:digits}", "{a:digits 4}{b:digits}", "id{x}", "*-{y:digits 4}{m:digits 2}*"),
    ],
)
def test_a_text_that_reads_like_a_regular_expression_in_part_can_be_a_pattern(text: str) -> None:
    assert read_pattern(text).text == text


@pytest.mark.parametrize("seed", seeds(10))
def test_any_text_is_a_pattern_or_is_refused_with_a_place_in_it(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(300):
        text = "".join(
            dice.choices(
                ["a", "/", "*", "{", "}", ":", "digits", "text", "[", "]", "-", " 2", "^", "\\", "x"],
                k=dice.randint(0, 9),
            )
        )
        fault, made = _read(text, dice.random() < 0.3)
        if fault is not None:
            assert 0 <= fault.start <= fault.end <= len(text)
            assert fault.reason
        if made is not None:
            assert matched_parts(text, "a/x-22", made.any_case) == _parts(text, "a/x-22", made.any_case)


def _read(text: str, any_case: bool) -> tuple[PatternFault | None, TextPattern | None]:
    try:
        return None, read_pattern(text, any_case)
    except PatternFault as fault:
        return fault, None


# A regular expression, and the patterns that say the same.
_REWRITTEN = [
    (r"^/p/(\d+)$", ["/p/{n:digits}"]),
    (r"/product/([^/]+)", ["*/product/{part:[^/]}*"]),
    (r"^gid://shopify/Order/(?P<id>[0-9]+)$", ["gid://shopify/Order/{id:digits}"]),
    (".*checkout.*", ["*checkout*"]),
    ("^(foo|bar)$", ["foo", "bar"]),
    ("foo|bar", ["*foo*", "*bar*"]),
    ("^https?://", ["https://*", "http://*"]),
    (r"\.pdf$", ["*.pdf"]),
    (r"^[A-Z]{2}-\d{4,6}$", ["{:[A-Z] 2}-{:digits 4-6}"]),
    (r"sku/([\w-]+)$", ["*sku/{part:slug}"]),
    ("^/x[a?b]$", ["/x{:[a?b] 1}"]),
    (r"^/a\W/$", ["/a{:[^A-Za-z0-9_] 1}/"]),
]


@pytest.mark.parametrize(("regex", "patterns"), _REWRITTEN)
def test_a_regular_expression_is_rewritten_as_patterns_that_match_the_same(
    regex: str, patterns: list[str]
) -> None:
    made = rewritten(regex)
    assert made is not None
    assert [*made.patterns] == patterns
    dice = random.Random(regex)
    for _ in range(500):
        parts = [
            dice.choice([*patterns, "/p/", "7", "12345", "a", "-", "foo", "AB-", "SKU-"]) for _ in range(3)
        ]
        text = re.sub(r"\{[^}]*\}", lambda _: dice.choice(["1234", "AB", "x_1"]), "".join(parts)).replace(
            "*", "/"
        )
        assert (re.search(regex, text) is not None) == any(compiled(one).describes(text) for one in patterns)


@pytest.mark.parametrize("regex", [r"^(?!/cart)", r"(a)\1", "a{3}", r"\bcart\b", "(?:ab)+", "utm=([^&]+)"])
def test_a_regular_expression_that_no_pattern_says_is_not_rewritten(regex: str) -> None:
    assert rewritten(regex) is None
