"""`formatted` changes blanks alone, comes to an end, and gives back what was mangled."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mapper.authoring import CannotFormat, Text, formatted
from tests.support.depth import some

_ROOT = Path(__file__).parents[2]
_READY = sorted((_ROOT / "mappings").glob("*.yaml"))
_FILES = [
    *_READY,
    *sorted((_ROOT / "tests/cases").rglob("*.yaml")),
    *sorted((_ROOT / "mapper/codes").rglob("*.yaml")),
]
_LAID_OUT = {
    "a level of four": ("a:\n    b: 1\n    c:\n        d: 2\n", "a:\n  b: 1\n  c:\n    d: 2\n"),
    "dashes without a level": ("a:\n- b: 1\n  c: 2\n- d\n", "a:\n  - b: 1\n    c: 2\n  - d\n"),
    "a key without a blank behind it": ("a  :   1\nb: {  c:1.5 ,d :  2  }\n", None),
    "braces": ("b: {  c: 1,d:  2  }\ne: [  1,2 , 3  ]\nf: { }\n", "b: {c: 1, d: 2}\ne: [1, 2, 3]\nf: {}\n"),
    "blanks after a dash": ("a:\n  -   b: 1\n      c: 2\n", "a:\n  - b: 1\n    c: 2\n"),
    "empty lines": ("\n\na: 1\n\n\n\nb: 2\n\n", "a: 1\n\nb: 2\n"),
    "a comment above": (
        "a:\n      # of b\n      b: 1\n# of c\nc: 2\n",
        "a:\n  # of b\n  b: 1\n# of c\nc: 2\n",
    ),
    "a comment at the end of a level": (
        "a:\n    b: 1\n    # no more\nc: 2\n",
        "a:\n  b: 1\n  # no more\nc: 2\n",
    ),
    "comments beside": ("a: 1     # one\nbb: 2    # two\n", "a: 1     # one\nbb: 2    # two\n"),
    "a folded text": (
        "a:\n    b: >-\n        one\n          two\n    c: 1\n",
        "a:\n  b: >-\n    one\n      two\n  c: 1\n",
    ),
    "a literal text": (
        "a:\n     b: |\n       one  \n\n\n\n       two\n",
        "a:\n  b: |\n    one  \n\n\n\n    two\n",
    ),
    "braces of several lines": ("a:\n    b: {c: 1,\n        d: 2}\n", "a:\n  b: {c: 1,\n      d: 2}\n"),
    "a plain text of several lines": ("a:\n    b: one\n       two\n", "a:\n  b: one\n     two\n"),
    "a text below its key": ("a:\n    b:\n        one\n", "a:\n  b:\n    one\n"),
    "ends of Windows": ("a:\r\n    b: 1  \r\n", "a:\r\n  b: 1\r\n"),
    "no end": ("a: 1", "a: 1\n"),
    "a byte order mark": ("\ufeffa:   1\n", "\ufeffa: 1\n"),
    "an error": ("a: {b: 12,50}\n", None),
    "a set": ("a: {b, c}\n", None),
    "no mapping at all": ("a: [1\n", None),
}


@pytest.mark.parametrize("name", _LAID_OUT)
def test_a_text_is_laid_out_evenly(name: str) -> None:
    given, expected = _LAID_OUT[name]
    if expected is None:
        with pytest.raises(CannotFormat):
            formatted(Text("a.yaml", given))
    else:
        assert formatted(Text("a.yaml", given)).content == expected
        assert formatted(Text("a.yaml", expected)).content == expected


@pytest.mark.parametrize("path", some(_FILES, 150), ids=lambda path: path.stem)
def test_blanks_alone_change_and_once(path: Path) -> None:
    try:
        text = Text(path.name, path.read_bytes().decode("utf-8"))
        now = formatted(text)
    except (CannotFormat, UnicodeDecodeError):
        return
    assert "".join(now.content.split()) == "".join(text.content.split())
    assert formatted(now).content == now.content


_MANGLED: dict[str, Callable[[str], str]] = {
    "ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "empty lines": lambda text: text.replace("\n\n", "\n\n\n\n"),
    "blanks at ends": lambda text: re.sub(r"(?m)(?<=[\w}])$", "  ", text),
    "blanks in braces": lambda text: re.sub(r"(?m)(?<=: )\{(?=[a-z_]+: [^'\"]*\}$)", "{  ", text),
    "blanks before colons": lambda text: re.sub(r"(?m)^([ ]*(?:- )?[a-z_]+):(?=\s[^#]*$)", r"\1 :", text),
}


@pytest.mark.parametrize("way", _MANGLED)
@pytest.mark.parametrize("path", some(_READY, 4), ids=lambda path: path.stem)
def test_a_ready_mapping_comes_back_from_other_blanks(path: Path, way: str) -> None:
    right = formatted(Text(path.name, path.read_text(encoding="utf-8"))).content
    if way == "blanks at ends":
        right = re.sub(r"(?ms)[|>]-?\n.*?(?=\n\S|\Z)", "", right)  # in a block they are content
        right = formatted(Text(path.name, right)).content
    mangled = _MANGLED[way](right)
    assert mangled != right
    expected = right.replace("\n", "\r\n") if "\r\n" in mangled else right
    assert formatted(Text(path.name, mangled)).content == expected


def test_the_ready_mappings_are_laid_out() -> None:
    for path in _READY:
        text = path.read_text(encoding="utf-8")
        assert formatted(Text(path.name, text)).content == text, path.name
