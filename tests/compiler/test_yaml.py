"""YAML texts as nodes: values, exact places, and what is said where a text cannot be read."""

import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mapper.compiler.findings import Findings
from mapper.compiler.yaml import reader as compiler_yaml
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Text
from tests.support.depth import seeds

_ROOT = Path(__file__).parents[2]
_CASES = Path(__file__).parents[1] / "cases" / "yaml"
_PARSERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if hasattr(yaml, "CSafeLoader") else [])]


def _plain(node: YamlNode | None) -> Any:
    if isinstance(node, MapNode):
        return {key.text: _plain(value) for key, value in node.entries}
    if isinstance(node, ListNode):
        return [_plain(item) for item in node.items]
    return None if node is None else node.value


def _read(source: str) -> tuple[YamlNode | None, list[Diagnostic]]:
    found = Findings()
    return read_yaml(Text("mapping.yaml", source), found), [*found]


def _value(source: str) -> Any:
    node, found = _read(source)
    assert found == []
    return _plain(node)


def _cases(name: str) -> Iterator[Any]:
    """Blocks of diagnostics, a line `---`, and a text in which each place stands between ⟦ and ⟧."""
    for block in (_CASES / name).read_text("utf-8").split("=====\n"):
        head, _, marked = block.partition("---\n")
        yield pytest.param(head.splitlines(), marked, id=marked.strip().replace("\n", "|")[:40])


def _unmarked(marked: str) -> tuple[str, list[tuple[int, int]]]:
    source, places, start = "", [], 0
    for character in marked:
        if character == "⟦":
            start = len(source)
        elif character == "⟧":
            places.append((start, len(source)))
        else:
            source += character
    return source, places


@pytest.mark.parametrize("loader", _PARSERS)
@pytest.mark.parametrize(("expected", "marked"), [*_cases("quotes.txt"), *_cases("syntax.txt")])
def test_each_mistake_is_said_once_at_its_place(expected: list[str], marked: str, loader: Any) -> None:
    source, places = _unmarked(marked)
    found = Findings()
    compiler_yaml._read_with(loader, Text("mapping.yaml", source), found)
    said = sorted(found, key=lambda one: one.span.start)
    assert [f"{one.code} {one.message}" for one in said] == expected
    assert [(one.span.start, one.span.end) for one in said] == places


@pytest.mark.parametrize(("expected", "marked"), [*_cases("quotes.txt")])
def test_the_fix_of_a_missing_quote_mends_it_and_what_was_read_is_the_same(
    expected: list[str], marked: str
) -> None:
    source, _ = _unmarked(marked)
    node, found = _read(source)
    edits = [edit for one in found for fix in one.fixes for edit in fix.edits]
    assert len(edits) == len(expected)
    for edit in sorted(edits, key=lambda one: -one.span.start):
        source = source[: edit.span.start] + edit.replacement + source[edit.span.end :]
    assert _value(source) == _plain(node)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'null'", "null"),
        ("0", 0),
        ("-0", 0),
        ("+12", 12),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("-1.5E-3", -0.0015),
        ("9007199254740993", 9007199254740993),
        ("yes", "yes"),
        ("no", "no"),
        ("NO", "NO"),
        ("on", "on"),
        ("Off", "Off"),
        ("y", "y"),
        ("nUll", "nUll"),
        ("tRue", "tRue"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"),
        ("1.2.3", "1.2.3"),
        ("=", "="),
        ("<<", "<<"),
        ("-a", "-a"),
        ("a.b[0].c", "a.b[0].c"),
        ("items[?price > `10`].name", "items[?price > `10`].name"),
        ("a || 'b'", "a || 'b'"),
        ("it's internal # don't", "it's internal"),
        ("rock 'n' roll # it's", "rock 'n' roll"),
        ('"\\u202e\\0\\n"', "\u202e\0\n"),
        ("'it''s'", "it's"),
        ("{a: b, c: [d, {e: 1}]}", {"a": "b", "c": ["d", {"e": 1}]}),
        ("[b: c , d: [e: f]]", [{"b": "c"}, {"d": [{"e": "f"}]}]),
        ("[it's, 'b', Men's Day]", ["it's", "b", "Men's Day"]),
        ("\tb\t# c", "b"),
        ("{a: smile :(, b: c}", {"a": "smile :(", "b": "c"}),
    ],
)
def test_a_scalar_is_what_yaml_1_2_says(written: str, value: Any) -> None:
    read = _value(f"a: {written}\n")["a"]
    assert read == value
    assert type(read) is type(value)


def test_country_no_stays_a_text() -> None:
    assert _value("country: NO\ncountries: [no, de]\n") == {"country": "NO", "countries": ["no", "de"]}


@pytest.mark.parametrize("source", ["", "\n\n", "# only a comment\n", "\ufeff", "---\n...\n"])
def test_a_text_without_values_says_nothing(source: str) -> None:
    node, found = _read(source)
    assert found == []
    assert _plain(node) is None


def test_a_duplicate_key_names_the_first_one() -> None:
    _, found = _read("a: 1\nb: 2\na: 3\n")
    assert [(one.span.place, one.related[0][0].place) for one in found] == [
        ("mapping.yaml:3:1", "mapping.yaml:1:1")
    ]


def test_the_rest_is_read_behind_a_syntax_error() -> None:
    node, found = _read("name: x\nlet:\n  a: b\n c: d\npayload: {em: a, ct: 010}\nlet2: [1, 0x1]\n")
    assert [(one.code, one.span.place) for one in found] == [
        ("M001", "mapping.yaml:4:2"),
        ("M004", "mapping.yaml:5:22"),
        ("M004", "mapping.yaml:6:11"),
    ]
    assert _plain(node) == {"name": "x", "payload": {"em": "a"}, "let2": [1]}
    assert isinstance(node, MapNode)
    assert node.unread == ("let",)
    payload, numbers = node.entries[1][1], node.entries[2][1]
    assert isinstance(payload, MapNode)
    assert payload.unread == ("ct",)
    assert isinstance(numbers, ListNode)
    assert numbers.partial


def test_tests_may_share_values_by_anchors() -> None:
    source = "tests:\n  - given: &event {a: [1, {b: 2}]}\n  - {given: *event, expect: &x y, z: *x}\n"
    event = {"a": [1, {"b": 2}]}
    assert _value(source) == {"tests": [{"given": event}, {"given": event, "expect": "y", "z": "y"}]}


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\u200f", "\u061c"])
def test_a_character_that_turns_text_around_is_an_error(character: str) -> None:
    node, found = _read(f"a: b{character}c\nd: e{character}")
    assert [(one.code, one.span.place) for one in found] == [
        ("M010", "mapping.yaml:1:5"),
        ("M010", "mapping.yaml:2:5"),
    ]
    assert _plain(node) == {"a": "bc", "d": "e"}


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f", "\x85", "\u2028", "\ufeff", "\ud800"])
def test_an_invisible_character_is_an_error(character: str) -> None:
    node, found = _read(f"a: b{character}c")
    assert [(one.code, one.span.start, one.span.end) for one in found] == [("M011", 4, 5)]
    assert _plain(node) == {"a": "bc"}


def _aliases(levels: int, width: int) -> str:
    lines = ["tests:", "  - &a0 [x]"]
    lines += [f"  - &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        (_aliases(20, 9), {"M009"}),
        (_aliases(9, 9).replace("tests", "let"), {"M007"}),
        (_aliases(40, 1), {"M009"}),
        ("tests: &a [*a]", {"M007"}),
        ("a: &a [*a]", {"M007"}),
        ("a: &a {<<: *a}", {"M007", "M013"}),
        ("&a : *a", {"M007", "M012"}),
        ("[" * 33 + "]" * 33, {"M009"}),
        ("[" * 1_000, {"M009"}),
        ("[" * 100_000, {"M009"}),
        ("{a: " * 1_000, {"M009"}),
        ("- " * 1_000, {"M009"}),
        ("".join(" " * n + "-\n" for n in range(100)), {"M009"}),
        ("- a\n" * 60_000, {"M009"}),
        ("# " + "x" * 300_000, {"M009"}),
        ("é" * 140_000, {"M009"}),
        ("a: " + "x" * 20_000, {"M009"}),
        ("a: " + "9" * 5_000, {"M005"}),
        ("a: 1" + "0" * 4_300, {"M005"}),
    ],
)
def test_a_bomb_is_refused_soon_and_in_little_memory(source: str, codes: set[str]) -> None:
    tracemalloc.start()
    _, found = _read(source)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert {one.code for one in found} == codes
    assert peak < 20 * 2**20


def test_what_is_just_within_the_limits_is_read() -> None:
    assert _value("[" * 31 + "a" + "]" * 31) is not None
    assert len(_value("- a\n" * 49_999)) == 49_999
    assert len(_value("a: " + "x" * 16_384)["a"]) == 16_384
    assert _value("a: " + "9" * 4_300)["a"] == int("9" * 4_300)


def _spans(node: YamlNode | None) -> list[tuple[Any, ...]]:
    if isinstance(node, ScalarNode):
        return [(node.span.start, node.span.end, node.style)]
    if isinstance(node, MapNode):
        inner = [span for key, value in node.entries for span in (*_spans(key), *_spans(value))]
    else:
        inner = [span for item in node.items for span in _spans(item)] if node else []
    return [*inner, (node.span.start, node.span.end)] if node else []


@pytest.mark.parametrize("path", sorted((_ROOT / "mappings").glob("*.yaml")), ids=lambda path: path.stem)
def test_both_parsers_give_the_same_nodes_of_a_mapping(path: Path) -> None:
    text = Text(path.name, path.read_text("utf-8"))
    found = Findings()
    first, second = (compiler_yaml._read_with(loader, text, found) for loader in (_PARSERS[0], _PARSERS[-1]))
    assert [*found] == []
    assert first == second
    assert _spans(first) == _spans(second)


_SMALL = """\
name: x
let:
  a: {from: [b.c, d]}
  e: f(g, 'h')
events:
  - is: [A, B]
    send: c
tests: []
"""
_DIRT = ("", "[", "{", "'", '"', ": ", " #", "\n", "  ", "- ", "*", ",", "]", "!", "&", "|", "\\")


def _mangled(seed: int) -> str:
    dice = random.Random(seed)
    source = _SMALL
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(source))
        source = source[:at] + dice.choice(_DIRT) + source[at + 1 :]
    return source


@pytest.mark.parametrize("seed", seeds(150))
def test_any_text_is_read_or_refused_by_both_parsers_alike(seed: int) -> None:
    text = Text("mapping.yaml", _mangled(seed))
    nodes, refused = [], []
    for loader in _PARSERS:
        found = Findings()
        nodes.append(compiler_yaml._read_with(loader, text, found))
        refused.append(bool(found))
    assert refused[0] == refused[-1]
    assert refused[0] or _spans(nodes[0]) == _spans(nodes[-1])
