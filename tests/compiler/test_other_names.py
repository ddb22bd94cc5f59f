"""What other tools call a key, a transform or a function is declared once, on what it means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.syntax.language_keys import OWNERS
from mapper.compiler.syntax.other_names import meant_argument, meant_function, meant_key, meant_transform
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms import TRANSFORMS

_ALL = {id(one): one for one in TRANSFORMS.values()}.values()


def _twice(words: Iterable[str]) -> list[str]:
    return [word for word, count in Counter(words).items() if count > 1 or letters_of(word) != word]


@pytest.mark.parametrize("owner", OWNERS)
def test_another_name_means_one_key(owner: str) -> None:
    words = [(word, name) for name, key in OWNERS[owner].items() for word in key.also]
    assert _twice(word for word, _ in words) == []
    assert [name for name, _ in words if name in OWNERS[owner] and meant_key(owner, name) == name] == []
    assert all(meant_key(owner, word.upper()) == name for word, name in words)


@pytest.mark.parametrize("owner", OWNERS)
def test_another_word_means_one_word(owner: str) -> None:
    for key in OWNERS[owner].values():
        assert _twice(word for _, others in key.words for word in others) == []


def test_another_name_means_one_transform() -> None:
    assert _twice(word for one in _ALL for word in f"{one.also.words} {one.also.calls}".split()) == []
    assert [
        one.name for one in _ALL for word in one.also.words.split() if meant_transform(word) != one.name
    ] == []


def test_another_name_means_one_function() -> None:
    assert _twice(word for one in FUNCTIONS.values() for word in one.also) == []
    assert all(meant_function(word) == one.name for one in FUNCTIONS.values() for word in one.also)
    assert meant_function("tonumber") == "to_number"
    assert meant_transform("tonumber") == "number"


def test_another_name_means_one_argument() -> None:
    for one in _ALL:
        names = {parameter.name for parameter in one.parameters}
        words = [(word, parameter.name) for parameter in one.parameters for word in parameter.also.split()]
        assert _twice(word for word, _ in words) == []
        assert [word for word, _ in words if word in names] == []
        assert all(meant_argument(one, word.upper()) == name for word, name in words)
