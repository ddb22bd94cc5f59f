"""Mappings with a change or two: texts of the corpus, mangled as authors, merges and attackers would."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.compiler.test_language import CASES, mapping_of
from tests.support.case_files import cases

_ROOT = Path(__file__).parents[2]
_SCALAR = re.compile(r"(?<=: )[^\s#{\[|>&*][^\n#{}\[\],]*|(?<=[\[,{] )[^\s,:{}\[\]]+(?=[,}\]])")
_KEY = re.compile(r"^( *(?:- )?)([\w.$]+):", re.MULTILINE)
_FLOW_KEY = re.compile(r"(?<=[{,] )([\w.$]+)(?=: )|(?<={)([\w.$]+)(?=: )")
_WORDS: dict[str, list[str]] = cases("hostile/changes.yaml")


@cache
def corpus() -> tuple[str, ...]:
    """The texts of all mappings that are right."""
    files = [*(_ROOT / "mappings").glob("*.yaml"), *(_ROOT / "tests/cases/correct").glob("*.yaml")]
    texts = [file.read_bytes().decode("utf-8") for file in sorted(files)]
    return (*texts, *map(mapping_of, CASES))


@cache
def _expressions() -> tuple[str, ...]:
    found = {match.group().strip() for text in corpus() for match in _SCALAR.finditer(text)}
    return tuple(sorted(found))


def mutant(seed: int) -> str:
    """A text of the corpus with one to three changes; the same for the same seed."""
    dice = random.Random(seed)
    text = dice.choice(corpus())
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        text = changed(text, dice)
    return text


def changed(text: str, dice: random.Random) -> str:
    """A text with one change; an empty one as it is."""
    return dice.choice(_CHANGES)(text, dice) if text else text


def _swap_values(text: str, dice: random.Random) -> str:
    places = [match.span() for match in _SCALAR.finditer(text)]
    if len(places) < 2:
        return text
    (a, b), (c, d) = sorted(dice.sample(places, 2))
    return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]


def _other_value(text: str, dice: random.Random) -> str:
    return _put(text, dice, dice.choice(_expressions()))


def _hostile_value(text: str, dice: random.Random) -> str:
    return _put(text, dice, dice.choice(_WORDS["values"]))


def _wrapped_value(text: str, dice: random.Random) -> str:
    return _put(text, dice, None)


def _put(text: str, dice: random.Random, value: str | None) -> str:
    places = [match.span() for match in _SCALAR.finditer(text)]
    if not places:
        return text
    start, end = dice.choice(places)
    if value is None:
        other = dice.choice((*_WORDS["steps"], *_expressions()))
        wrap = dice.choice(_WORDS["wraps"])
        value = re.sub(r"[AB]", lambda one: text[start:end].strip() if one[0] == "A" else other, wrap)
    return text[:start] + value + text[end:]


def _drop_line(text: str, dice: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    at = dice.randrange(len(lines))
    return "".join(lines[:at] + lines[at + 1 :])


def _double_lines(text: str, dice: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    first = dice.randrange(len(lines))
    last = min(first + dice.randint(1, 8), len(lines))
    at = dice.randrange(len(lines))
    return "".join(lines[:at] + lines[first:last] + lines[at:])


def _other_indent(text: str, dice: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    at = dice.randrange(len(lines))
    lines[at] = dice.choice(("", " ", "  ", "    ", "\t")) + lines[at].lstrip(" ")
    return "".join(lines)


def _other_key(text: str, dice: random.Random) -> str:
    places = [match.span(2) for match in _KEY.finditer(text)]
    places += [match.span() for match in _FLOW_KEY.finditer(text)]
    if not places:
        return text
    (start, end), (first, last) = dice.choice(places), dice.choice(places)
    keys = (
        text[first:last],
        "const",
        "from",
        "each",
        "item",
        "where",
        "when",
        "apply",
        "default",
        "required",
        "zip",
    )
    return (
        text[:start] + dice.choice((*keys, "case", "personal", "__init__", "'a b'", "continue")) + text[end:]
    )


def _other_step(text: str, dice: random.Random) -> str:
    steps = ", ".join(dice.choices(_WORDS["steps"], k=dice.choice((1, 1, 3))))
    return _put(text, dice, f"{{from: {dice.choice(_expressions())}, apply: [{steps}]}}")


def _line_out_of_place(text: str, dice: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    at = dice.randrange(len(lines) + 1)
    return "".join([*lines[:at], dice.choice(_WORDS["lines"]) + "\n", *lines[at:]])


def _cut(text: str, dice: random.Random) -> str:
    at = dice.randrange(len(text))
    return text[:at] if dice.random() < 0.5 else text[at:]


def _insert(text: str, dice: random.Random) -> str:
    at = dice.randrange(len(text))
    return text[:at] + dice.choice("[]{}'\"`:#,-&*!|>%@?\n\t $.()\\\0\u202e\ufeff\ud800é💩=<~0") + text[at:]


def _take_out(text: str, dice: random.Random) -> str:
    at = dice.randrange(len(text))
    return text[:at] + text[at + dice.choice((1, 1, 2, 20)) :]


_CHANGES: tuple[Callable[[str, random.Random], str], ...] = (
    *(_swap_values, _swap_values, _other_value, _other_value, _hostile_value, _hostile_value, _hostile_value),
    *(_wrapped_value, _wrapped_value, _other_step, _other_step, _drop_line, _double_lines, _other_indent),
    *(_other_key, _other_key, _line_out_of_place, _cut, _insert, _insert, _take_out),
)
