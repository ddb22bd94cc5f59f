"""Tables of keys: `intake.yaml` and the mapping language say the same of what they do not know."""

from __future__ import annotations

import pytest

from mapper.compiler.findings import Findings
from mapper.compiler.syntax.key_tables import is_whole, meant_word, split_entries
from mapper.compiler.yaml.nodes import MapNode, ScalarNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.intake.entry_keys import OWNERS as OF_INTAKES
from mapper.intake.entry_keys import called
from mapper.intake.entry_nodes import TableReader
from mapper.texts.named_text import Text
from tests.house.sources import FILES, ROOT

_FILE = "mapper/compiler/syntax/key_tables.py"


def _table(text: str) -> MapNode:
    node = read_yaml(Text("some.yaml", text), Findings())
    assert isinstance(node, MapNode)
    return node


@pytest.mark.parametrize("words", ["the value is empty; {", "` is not a key of "])
def test_the_words_about_keys_and_shapes_are_written_once(words: str) -> None:
    assert [file for file in FILES if words in (ROOT / file).read_text(encoding="utf-8")] == [_FILE]


@pytest.mark.parametrize(
    ("text", "known", "values", "unknown"),
    [
        ("{a: 1, b: 2}", "ab", {"a": "1", "b": "2"}, []),
        ("{a: 1, x: 2}", "ab", {"a": "1"}, ["x"]),
        ("{B: 1}", "ab", {"b": "1"}, ["B"]),
        ("{B: 1, b: 2}", "ab", {"b": "2"}, ["B"]),
        ("{b: 2, B: 1}", "ab", {"b": "2"}, ["B"]),
    ],
)
def test_an_unknown_key_is_read_as_the_one_that_it_means_unless_that_is_there(
    text: str, known: str, values: dict[str, str], unknown: list[str]
) -> None:
    node = _table(text)
    entries, strange = split_entries(node, known, lambda name: name.lower() if name == "B" else None)
    assert {
        name: value.text for name, (_, value) in entries.items() if isinstance(value, ScalarNode)
    } == values
    assert [key.text for key in strange] == unknown
    assert is_whole(node, known) == (unknown == [])


def test_a_word_is_known_by_its_letters_and_by_other_tools_names_of_it() -> None:
    words = (("any_case", ("ignorecase",)), ("key", ("id",)))
    assert [meant_word(one, words) for one in ("Any-Case", "ignore case", "ID", "keys", "")] == [
        *("any_case", "any_case", "key"),
        *(None, None),
    ]


@pytest.mark.parametrize(
    ("owner", "name", "also"),
    [(owner, name, row.also) for owner, table in OF_INTAKES.items() for name, row in table.items()],
)
def test_a_key_of_an_intake_is_known_by_all_its_other_names(owner: str, name: str, also: str) -> None:
    for other in (one for one in (name.upper(), *also.split()) if one not in OF_INTAKES[owner]):
        node, found = _table(f"{other}: 1"), Findings()
        TableReader(node.span.text, found, {}).read(node, owner, node.span)
        said = next(one for one in found if one.code == "M701")
        assert said.message == f"`{other}` is not a key of {called(owner)}"
        meant = next(
            known for known, row in OF_INTAKES[owner].items() if other in row.also.split() or known == name
        )
        assert said.hint == f"did you mean `{meant}`?"
