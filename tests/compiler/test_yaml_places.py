"""Every character of a decoded scalar has its exact place in the text, in every style of YAML."""

from collections.abc import Iterator

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mapper.compiler.findings import Findings
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Text
from tests.support.depth import examples


def _read(source: str) -> tuple[YamlNode | None, list[Diagnostic]]:
    found = Findings()
    return read_yaml(Text("mapping.yaml", source), found), [*found]


def _scalars(node: YamlNode | None) -> Iterator[ScalarNode]:
    if isinstance(node, ScalarNode):
        yield node
    elif isinstance(node, MapNode):
        for key, value in node.entries:
            yield key
            yield from _scalars(value)
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from _scalars(item)


def _decodes(slice_: str, character: str, node: ScalarNode) -> bool:
    """Whether a slice of the source stands for a decoded character, told without the code under test."""
    if slice_ == character:
        return True
    if node.style == "double" and slice_.startswith("\\"):
        return bool(yaml.safe_load(f'"{slice_}"') == character)
    if node.style == "single" and slice_ == "''":
        return character == "'"
    broken = slice_.strip(" \t") in ("\n", "\r", "\r\n")
    return broken and (character == "\n" or (character == " " and node.style != "literal"))


def _assert_every_character_has_its_place(source: str) -> None:
    node, found = _read(source)
    assert found == []
    for scalar in _scalars(node):
        reached = 0
        for at, character in enumerate(scalar.text):
            span = scalar.at(at, at + 1)
            slice_ = source[span.start : span.end]
            assert _decodes(slice_, character, scalar), (source, scalar, at, slice_)
            assert span.start >= reached
            reached = span.end
        assert scalar.span.start <= reached or not scalar.text


def _is_no_number(text: str) -> bool:
    """Whether a text may be written plain: `00` would be a number, which the reader refuses."""
    return not text or not set(text) <= set("-.0")


_CHARACTERS = st.sampled_from("ab .#:'\"\\-[]{},&*!|>%@`\t\né\u0301漢😀~0")
_TEXTS = st.text(_CHARACTERS, max_size=60).filter(_is_no_number)
_STYLES = st.sampled_from([None, "'", '"', "|", ">"])


@settings(max_examples=examples(400))
@given(st.lists(st.tuples(_TEXTS, _STYLES), min_size=1, max_size=4), st.integers(8, 60), st.booleans())
@example([("\n\n a\n", "|"), ("a\n\n b\n", ">")], 20, False)
def test_every_character_of_an_emitted_scalar_has_its_place(
    scalars: list[tuple[str, str | None]], width: int, windows: bool
) -> None:
    events = [
        event
        for number, (text, style) in enumerate(scalars)
        for event in (
            yaml.ScalarEvent(None, None, (True, False), f"k{number}"),
            yaml.ScalarEvent(None, None, (True, True), text, style=style),
        )
    ]
    source = yaml.emit(
        [
            yaml.StreamStartEvent(),
            yaml.DocumentStartEvent(),
            yaml.MappingStartEvent(None, None, True, flow_style=False),
            *events,
            yaml.MappingEndEvent(),
            yaml.DocumentEndEvent(),
            yaml.StreamEndEvent(),
        ],
        width=width,
        allow_unicode=True,
        line_break="\r\n" if windows else "\n",
    )
    _assert_every_character_has_its_place(source)


_DOUBLE_PARTS = (
    *("a", "b ", " ", "\t", "'", "# ", "é", "😀", "e\u0301"),
    *("\\n", '\\"', "\\u00e9", "\\x41", "\\U0001F600", "\\\\", "\\ ", "\\t", "\\/", "\\0", "\\N"),
    *("\\\n  ", "\\\n\n  ", "\n  ", "\n\n  ", " \n \t\n  "),
)
_SINGLE_PARTS = ("a", " ", "\t", "''", '"', "\\", "\n  ", "\n\n  ", " \n  ", "é", "😀", ": ", " #")
_PLAIN_PARTS = ("a", " b", "\n  c", "\n\n  d", "  \n \n\n   e", "é", "😀", "'", '"', "#")
_DOUBLE = st.lists(st.sampled_from(_DOUBLE_PARTS), max_size=12).map(lambda parts: f'"x{"".join(parts)}x"')
_SINGLE = st.lists(st.sampled_from(_SINGLE_PARTS), max_size=12).map(lambda parts: f"'x{''.join(parts)}x'")
_PLAIN = st.lists(st.sampled_from(_PLAIN_PARTS), max_size=12).map(lambda parts: "x" + "".join(parts))
_BEFORE = st.sampled_from(["", "", "", " ", "  ", "\t"])
_LINES = st.lists(
    st.tuples(_BEFORE, st.sampled_from(["", "a", "a b ", "é😀", "- #: '"])), min_size=1, max_size=7
)


@st.composite
def _blocks(draw: st.DrawFn) -> str:
    indent = draw(st.integers(1, 4))
    indicator = draw(st.sampled_from(["", str(indent)]))
    header = draw(st.sampled_from("|>")) + indicator + draw(st.sampled_from(["", "-", "+"]))
    comment = draw(st.sampled_from(["", "  # why"]))
    lines = [" " * indent + before + text if text else "" for before, text in draw(_LINES)]
    first = next((number for number, line in enumerate(lines) if line), 0)
    if not indicator:
        lines[first] = lines[first].rstrip() and " " * indent + lines[first].strip()
    return header + comment + "\n" + "\n".join(lines)


@settings(max_examples=examples(600))
@given(st.one_of(_DOUBLE, _SINGLE, _PLAIN, _blocks()), st.sampled_from(["\n", "\r\n"]), st.booleans())
@example("|2-\n    a\n   b\n\n", "\r\n", True)
@example(">+\n a\n\n  b\n c\n\n\n", "\n", False)
@example('"x\\\n\n  y"', "\n", False)
def test_every_character_of_a_handwritten_scalar_has_its_place(
    scalar: str, line_break: str, with_mark: bool
) -> None:
    source = f"a: {scalar}\nb: c\n".replace("\n", line_break)
    _assert_every_character_has_its_place("\ufeff" + source if with_mark else source)


@pytest.mark.parametrize(
    ("source", "start", "end", "slice_"),
    [
        ("a: foo.bar", 4, 7, "bar"),
        ("a: 'it''s b'", 2, 4, "''s"),
        ('a: "x\\u00e9y"', 1, 2, "\\u00e9"),
        ('a: "a b".c\n', 0, 0, ""),
        ("a: |\n  x ==\n  y", 5, 6, "y"),
        ("a: >\n  x ==\n  y\n", 4, 5, "\n  "),
        ("a: x ==\n  y\n", 5, 6, "y"),
        ("\ufeffa: foo", 1, 3, "oo"),
        ("a: {b: 漢字.x, c: items[0].y}", 9, 10, "y"),
        ("a: foo", 3, 3, ""),
    ],
)
def test_a_range_of_the_decoded_text_is_found_in_the_source(
    source: str, start: int, end: int, slice_: str
) -> None:
    node, _ = _read(source)
    *_, scalar = _scalars(node)
    span = scalar.at(start, end)
    assert source[span.start : span.end] == slice_


def test_places_in_a_mended_expression_are_those_of_the_text() -> None:
    source = "a: {from: join(\"', '\", it[0].x), default: b}\n"
    node, found = _read(source)
    assert [one.code for one in found] == ["M003"]
    scalar = next(one for one in _scalars(node) if one.text.startswith("join"))
    for at, character in enumerate(scalar.text):
        span = scalar.at(at, at + 1)
        assert source[span.start : span.end] == character


@pytest.mark.parametrize(
    ("source", "slices"),
    [
        ("a:\n- b\n- c\n\nd: e\n", ["- b\n- c", "e"]),
        ("a: [b: c , d]\ne:\n  f: g\n", ["[b: c , d]", "f: g"]),
        ("a: {}\nb: []\nc:\n  - - d\n    - e\n", ["{}", "[]", "- - d\n    - e"]),
    ],
)
def test_the_span_of_a_collection_is_all_of_it(source: str, slices: list[str]) -> None:
    node, _ = _read(source)
    assert isinstance(node, MapNode)
    spans = [value.span for _, value in node.entries]
    assert [source[span.start : span.end] for span in spans] == slices


def test_the_span_of_a_collection_ends_with_its_last_value() -> None:
    source = "a:\n  b: c   # d\n\n  e: |\n    f\n\n\ng: [h, {i: j} ]  \nk:\n"
    node, _ = _read(source)
    assert isinstance(node, MapNode)
    spans = [value.span for _, value in node.entries]
    assert [source[span.start : span.end] for span in spans] == [
        "b: c   # d\n\n  e: |\n    f",
        "[h, {i: j} ]",
        "",
    ]
