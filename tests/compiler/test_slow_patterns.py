"""Patterns of schemas: those that are let in are matched in time that grows with the text, and no faster."""

from __future__ import annotations

import itertools
import json
import random
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import mapper
from mapper import authoring
from mapper.compiler.schema.json_schema import SchemaError
from mapper.compiler.schema.regex import DIGIT, SPACE, WORD, Characters, Single, parse
from mapper.compiler.schema.slow_patterns import patterns_in, slowness
from tests.oracles.backtracking import TooMany, steps_of
from tests.support.depth import by_seed, examples, seeds, some
from tests.support.destinations import SCHEMA_FILES

_USUAL = [
    "^[a-f0-9]{64}$",
    r"^-?[0-9]+(\.[0-9]+)?$",
    "^[A-Za-z0-9_-]+$",
    "[0-9]{1,18}",
    "^https?://",
    r"\S",
    "^(GET|POST|PUT)$",
    "^((GET|POST|PUT),)*$",
    r"^\d{4}-\d{2}-\d{2}(T.*)?$",
    r"^(foo|foobar)-\d+$",
    "^$",
    "",
    "^[a-z0-9]+(?:-[a-z0-9]+)*$",
    r"^[^@\s]+@[^@\s]+$",
    r"\.(jpg|png)$",
    r"^\+?[0-9]{8,15}$",
    "^.*$",
    "[0-9]+",
    r"^\d+\s?(EUR|USD)$",
    "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$",
    "^[A-Z]{2}$|^[a-z]+$",
    "^a+?b",
    r"^[\w.+-]+@[\w-]+(\.[\w-]+)+$",
    r"^(?P<year>\d{4})$",
    r"^[^\W\d_]+$",
    r"^\x41\u00e9*$",
    r"^[]a-]+$",
]
_SLOW = [
    "^(a+)+$",
    "^(a|aa)+$",
    "^(a|a)*$",
    "^(a*)*$",
    "^a*a*$",
    r"^\S+@\S+$",
    "a*b",
    ".*foo",
    r"^(\w+\s?)+$",
]
_NOT_READ = [
    "(?=x)",
    "(?!x)",
    "(?<=x)",
    r"(a)\1",
    "(?i)a",
    "(?>a)",
    "a++",
    "a*+",
    "(?(1)a|b)",
    "(?P=n)",
    "(?#x)",
    r"\p{L}",
    "^(a",
    "a)",
    "[",
    "a{",
    "\\",
    "x**",
    "[[]",
    r"[\d-x]",
    "a{2,1}",
    "*a",
    "^*",
    "[a--b]",
    "[b-a]",
    "x" * 1_001,
    "(" * 21 + ")" * 21,
    r"\1",
    r"\Q",
    r"\x4",
    "a{1000001}",
]


@pytest.mark.parametrize("pattern", _USUAL)
def test_patterns_as_they_are_usual_are_linear(pattern: str) -> None:
    assert slowness(pattern) is None


@pytest.mark.parametrize("pattern", [*_SLOW, *_NOT_READ])
def test_what_may_be_slow_or_is_not_read_is_refused(pattern: str) -> None:
    assert slowness(pattern)


def test_all_our_own_patterns_are_linear() -> None:
    for path in SCHEMA_FILES.values():
        for at, pattern in patterns_in(json.loads(path.read_text())):
            assert slowness(pattern) is None, at


_ATOMS = ["a", "b", "c", ".", "[ab]", "[^a]", "[bc]", r"\w", r"\d", r"\s", "1", "-", "$", "^", r"\b"]
_COUNTS = ["", "", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "{,2}", "*?"]


def _generated(chance: random.Random, depth: int = 0) -> str:
    parts = []
    for _ in range(chance.randint(1, 4)):
        if depth < 3 and chance.random() < 0.3:
            inner = "|".join(_generated(chance, depth + 1) for _ in range(chance.choice((1, 1, 2, 3))))
            atom = f"({chance.choice(('', '?:'))}{inner})"
        else:
            atom = chance.choice(_ATOMS)
        parts.append(atom + ("" if atom in ("$", "^", r"\b") else chance.choice(_COUNTS)))
    return "".join(parts)


def _patterns(seed: int, count: int) -> list[str]:
    """Generated patterns that are let in."""
    found: list[str] = []
    chance = random.Random(seed)
    while len(found) < count:
        pattern = chance.choice(("^", "^", "")) + _generated(chance) + chance.choice(("$", ""))
        if slowness(pattern) is None:
            found.append(pattern)
    return found


_WORDS = ["".join(word) for size in (1, 2) for word in itertools.product("ab1-", repeat=size)]
_WORDS += ["abc", " a", "é"]


def _grows(pattern: str, words: list[str]) -> str | None:
    """A word of which a text of four times the length takes more than four times the steps and some."""
    for word, ending in itertools.product(words, ("", "!")):
        short, long = (word * (size // len(word)) + ending for size in (40, 160))
        # What a pattern looks at beyond the text's own length is a matter of its own length.
        some = 60 * (len(pattern) + 4)
        most = 5 * steps_of(pattern, short, 10**6) + some
        try:
            steps_of(pattern, long, most)
        except TooMany:
            return word
    return None


@pytest.mark.parametrize("seed", seeds(8))
def test_generated_patterns_that_are_let_in_take_steps_in_proportion_to_the_text(seed: int) -> None:
    for pattern in _patterns(seed, 40):
        assert _grows(pattern, _WORDS) is None, pattern


def test_the_oracle_sees_what_is_slow_and_patterns_of_both_kinds_are_generated() -> None:
    slow = [one for one in _SLOW if "S" not in one and "w" not in one]
    for pattern in some([*slow, "^(a|b|ab)*$"], 4):
        assert any(_seen_as_slow(pattern, word) for word in (*_WORDS, "a@", "f")), pattern
    chance = by_seed("patterns")
    count = examples(400, usual=200)
    let_in = sum(slowness("^" + _generated(chance)) is None for _ in range(count))
    assert count / 10 < let_in < count * 0.9


def _seen_as_slow(pattern: str, word: str) -> bool:
    try:
        return _grows(pattern, [word]) is not None
    except TooMany:
        return True


_MATCH_ALL = """
import json, re, sys, warnings
warnings.simplefilter("ignore")
patterns, words = json.load(sys.stdin)
for pattern in patterns:
    search = re.compile(pattern).search
    for word in words:
        search(word * (20_000 // len(word)) + "!")
print("done")
"""


def test_python_matches_them_against_long_texts_at_once() -> None:
    given = json.dumps([[one for seed in range(100, 108) for one in _patterns(seed, 60)] + _USUAL, _WORDS])
    ran = subprocess.run(
        [sys.executable, "-c", _MATCH_ALL],
        input=given,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert ran.stdout == "done\n"


_CLASSES = [r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", ".", "[^a-f]", r"[^\w]", r"[\s\d-]", "[]x]", r"[^\D]"]


def test_a_class_of_the_checker_holds_the_characters_that_python_takes() -> None:
    letters = [*map(chr, range(0x3000)), *"０𝟘𝔞中　￿\U0010ffff"]
    for text in _CLASSES:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            takes = re.compile(text).fullmatch
        part = parse(text)
        assert isinstance(part, Single)
        for letter in letters:
            sure, perhaps = _is_in(letter, part.characters)
            assert perhaps if takes(letter) else not sure, (text, letter)
    assert not SPACE.meets(DIGIT)
    assert not SPACE.meets(WORD)


def _is_in(letter: str, characters: Characters) -> tuple[bool, bool]:
    surely, perhaps = (any(first <= ord(letter) <= last for first, last in ranges) for ranges in characters)
    return surely, perhaps


_SCHEMA = {
    "type": "object",
    "properties": {"id": {"type": "string", "pattern": "^(a+)+$"}},
    "x-key": "id",
    "x-time": "id",
    "x-delivery": {},
}
_MAPPING = f"""\
version: 1
target: own/slow
payload: {{id: {{const: "{"a" * 60}!"}}}}
otherwise: {{send: order}}
"""


def test_no_command_runs_a_pattern_that_may_be_slow(tmp_path: Path) -> None:
    schemas = tmp_path / "schemas/own"
    schemas.mkdir(parents=True)
    (schemas / "slow.json").write_text(json.dumps(_SCHEMA))
    (tmp_path / "m.yaml").write_text(_MAPPING)
    for command in (["check", "m.yaml"], ["run", "m.yaml"], ["explain", "m.yaml"], ["sandbox", "own/slow"]):
        ran = subprocess.run(
            [sys.executable, "-m", "mapper", *command],
            cwd=tmp_path,
            input="{}\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == (2 if command[0] == "sandbox" else 1)
        assert "the pattern `^(a+)+$` may be slow" in ran.stdout + ran.stderr
    for function in (
        mapper.validator,
        authoring.described_destination,
        authoring.mapping_schema,
    ):
        with pytest.raises(SchemaError, match="may be slow"):
            function("own/slow", beside=tmp_path / "m.yaml")
