"""`mapper explain WORD` tells what a transform, a function, a key, a variable or a field means."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mapper.compiler.editor.word_meanings import known_words, word_meanings
from mapper.compiler.schema.target import read_target
from mapper.compiler.syntax import language_keys
from mapper.compiling import read_schema
from mapper.transforms import TRANSFORMS
from tests.support.command import call

_NAME = "pinterest/conversions-v5"
_TARGET = read_target(_NAME, read_schema(_NAME))


@pytest.mark.parametrize("word", known_words([_TARGET]))
def test_each_word_has_a_meaning(word: str) -> None:
    found = word_meanings(word, [_TARGET])
    assert any(word == one.name or word in TRANSFORMS for one in found), found
    assert all(one.meaning or one.facts for one in found)
    assert not any("Python type" in one.meaning for one in found), (
        "a function of ours is told in place of its own"
    )


def test_every_table_of_keys_is_explained() -> None:
    tables = [one for one in vars(language_keys).values() if isinstance(one, dict)]
    keys = [key for one in tables for key in one.items() if isinstance(key[1], language_keys.Key)]
    explained = [key for one in language_keys.OWNERS.values() for key in one.items()]
    assert [key for key in keys if key not in explained] == []


_TOLD = {
    "minor_units": ("minor_units: a transform", "minor_units(value, ", "Takes "),
    "consent.granted": ("granted: a key of `consent`", "The value that says consent is granted"),
    "user_data.em": ("user_data.em: a field of pinterest/conversions-v5", "`sha256`", "Personal"),
    "em": ("user_data.em: a field of pinterest/conversions-v5",),
    "custom_data.contents.item_price": ("custom_data.contents[].item_price: a field of",),
    "contents": ("item_price  ",),
    "$meta": ("$meta: a variable",),
    "merge": ("merge: a function", "merge(`{}`, {a: 'b'})"),
    "when": ("a key of a rule", "a key of a section", "a key of a `skip` rule"),
}


@pytest.mark.parametrize("word", _TOLD)
def test_a_word_is_explained(word: str) -> None:
    ran = call("explain", word)
    assert ran.exit_code == 0
    assert not [one for one in _TOLD[word] if one not in ran.stdout], ran.stdout


def test_the_meanings_are_there_for_programs() -> None:
    told = json.loads(call("explain", "when", "--format", "json").stdout)
    assert told["word"] == "when"
    assert {one["of"] for one in told["meanings"]} >= {"a rule", "a section", "a `skip` rule"}


_REFUSED = [
    (("timestmp",), "did you mean timestamp?"),
    (("user_data.emm",), "did you mean user_data.em?"),
    (("M9999",), "M9999 is neither a mapping file, a code, nor a word of mappings"),
    (("shop.yaml",), "there is no file shop.yaml"),
    (("folder/shop",), "there is no file folder/shop"),
    (("trim", "event.json"), "trim is a word of mappings and takes no EVENT"),
    (("trim", "--effective"), "trim is a word of mappings and takes no --effective"),
]


@pytest.mark.parametrize(("words", "said"), _REFUSED)
def test_a_word_without_a_meaning_is_told_what_is_near(
    folder: Path, words: tuple[str, ...], said: str
) -> None:
    ran = call("explain", *words)
    assert (ran.exit_code, ran.stdout, said in ran.stderr) == (2, "", True), ran.stderr


def test_a_file_comes_before_a_word(folder: Path) -> None:
    (folder / "trim").write_text("version: 1\n")
    ran = call("explain", "trim")
    assert (ran.exit_code, "error[" in ran.output) == (1, True)
