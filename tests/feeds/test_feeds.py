"""Feeds give every event and every broken line, each with its line, however the bytes arrive."""

import io
import json
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.feeds import Broken, Fed, SourceEvent, read_blocks, read_events
from mapper.runtime.decode import LONGEST_EVENT
from mapper.values.safe_text import SafeText

pytestmark = pytest.mark.quick


class Pieces:
    """A file whose bytes arrive in pieces of a size."""

    def __init__(self, content: bytes, size: int) -> None:
        self._file = io.BytesIO(content)
        self._size = size

    def read1(self, size: int = -1, /) -> bytes:
        return self._file.read(self._size)


def shown(fed: Iterator[Fed]) -> list[object]:
    """Events as they are; a broken one as its line and kind."""
    return [
        (one.line, one.event) if isinstance(one, SourceEvent) else (one.line, one.kind, one.reason)
        for one in fed
    ]


_BROKEN = "malformed"
_NOT_AN_OBJECT = "not a JSON object"
_EARLY = "not JSON: unexpected end"
_UNREAD = "the rest of the file, from here on, was not read: "
_MISSING = "not JSON: an element of the array is missing"

_FILES = [
    ("lines", "a.ndjson", b'{"a":1}\n{"a":2}\n', [(1, {"a": 1}), (2, {"a": 2})]),
    ("a last line without newline", "-", b'{"a":1}\n{"a":2}', [(1, {"a": 1}), (2, {"a": 2})]),
    ("a byte order mark", "-", b'\xef\xbb\xbf{"a":1}\n', [(1, {"a": 1})]),
    ("a byte order mark and an array", "-", b'\xef\xbb\xbf[{"a":1}]', [(1, {"a": 1})]),
    ("CRLF", "-", b'{"a":1}\r\n\r\n{"a":2}\r\n', [(1, {"a": 1}), (3, {"a": 2})]),
    ("blank lines are counted and ignored", "-", b'\n  \n\t\n{"a":1}\n\n', [(4, {"a": 1})]),
    ("nothing", "a.json", b"", []),
    ("only a newline", "-", b"\n", []),
    ("only a byte order mark", "-", b"\xef\xbb\xbf", []),
    (
        "broken lines",
        "-",
        b'{"a":1}\n{"a":\n[1]\nnull\n{"a":2}\n',
        [
            (1, {"a": 1}),
            (2, _BROKEN, _EARLY),
            (3, _BROKEN, _NOT_AN_OBJECT),
            (4, _BROKEN, _NOT_AN_OBJECT),
            (5, {"a": 2}),
        ],
    ),
    ("a broken first line", "-", b'{"a":\n{"a":2}\n', [(1, _BROKEN, _EARLY), (2, {"a": 2})]),
    ("an array in NDJSON", "a.ndjson", b'[{"a":1}]\n{}', [(1, _BROKEN, _NOT_AN_OBJECT), (2, {})]),
    (
        "a line separator of Unicode breaks no line",
        "-",
        '{"a":"x\u2028y\x85"}\n'.encode(),
        [(1, {"a": "x\u2028y\x85"})],
    ),
    (
        "NUL",
        "-",
        b'\x00\n{"a":"\\u0000"}',
        [(1, _BROKEN, "not JSON: invalid character, at byte 1"), (2, {"a": "\0"})],
    ),
    ("an array on one line", "a.json", b'[{"a":1},{"a":[2]}]', [(1, {"a": 1}), (1, {"a": [2]})]),
    (
        "an array on many lines",
        "-",
        b'[\n  {\n    "a": 1\n  },\n\n  {"a": "],[{\\"}"},\n {"a":{}}\n]\n',
        [(2, {"a": 1}), (6, {"a": '],[{"}'}), (7, {"a": {}})],
    ),
    (
        "elements that are no objects",
        "a.json",
        b'[1, "a,b]", {"a":1}, [2], , nope,{"a":2} {}, {"a":3}]',
        [
            (1, _BROKEN, _NOT_AN_OBJECT),
            (1, _BROKEN, _NOT_AN_OBJECT),
            (1, {"a": 1}),
            (1, _BROKEN, _NOT_AN_OBJECT),
            (1, _BROKEN, _MISSING),
            (1, _BROKEN, "not JSON: invalid character, at byte 5"),
            (1, _BROKEN, "not JSON: trailing characters, at byte 10"),
            (1, {"a": 3}),
        ],
    ),
    (
        "an array cut off between elements",
        "-",
        b'[{"a":1},\n',
        [(1, {"a": 1}), (2, _BROKEN, "not JSON: unexpected end of the array")],
    ),
    (
        "an array cut off behind one",
        "-",
        b'[{"a":1}',
        [(1, {"a": 1}), (1, _BROKEN, "not JSON: unexpected end of the array")],
    ),
    (
        "an array cut off inside one",
        "-",
        b'[{"a":1},\n{"a":"\\',
        [(1, {"a": 1}), (2, _BROKEN, _UNREAD + _EARLY)],
    ),
    (
        "an element without its brace",
        "-",
        b'[{"a":1},\n{"a":2,\n{"a":3},\n{"a":4}]',
        [(1, {"a": 1}), (2, _BROKEN, f"{_UNREAD}not JSON: object keys must be strings, at byte 9")],
    ),
    ("an empty array", "-", b"[\n]\n", []),
    ("empty arrays behind others", "-", b'[{"a":1}]\n[]\n[ ][{"a":2}]', [(1, {"a": 1}), (3, {"a": 2})]),
    (
        "an element missing",
        "-",
        b'[{"a":1},\n,{"b":2}]',
        [(1, {"a": 1}), (2, _BROKEN, _MISSING), (2, {"b": 2})],
    ),
    ("a comma before the end", "-", b'[{"a":1},\n\n]\n[]', [(1, {"a": 1}), (3, _BROKEN, _MISSING)]),
    ("a comma at the beginning", "-", b'[\n,{"a":1}]', [(2, _BROKEN, _MISSING), (2, {"a": 1})]),
    ("a comma alone", "-", b"[,]", [(1, _BROKEN, _MISSING), (1, _BROKEN, _MISSING)]),
    (
        "text that looks like a comma",
        "-",
        b'[{"a":",,"},",]"]',
        [(1, {"a": ",,"}), (1, _BROKEN, _NOT_AN_OBJECT)],
    ),
    ("an object on many lines", "a.json", b'{ "a":\n 1,\n"b": {}}\n', [(1, {"a": 1, "b": {}})]),
    (
        "objects on many lines, as jq writes them",
        "-",
        b'{\n  "a": 1\n}\n{\n  "a": 2\n}\n',
        [(1, {"a": 1}), (4, {"a": 2})],
    ),
    (
        "lines in a file called .json",
        "a.json",
        b'{"a":1}\n{"a":\n{"a":2}\n',
        [(1, {"a": 1}), (2, _BROKEN, _EARLY), (3, {"a": 2})],
    ),
    (
        "something else between values",
        "-",
        b'[{"a":1}]\nabc [ 1\n]\n}\n{"a":2}',
        [
            (1, {"a": 1}),
            (2, _BROKEN, "not JSON: invalid character, at byte 1"),
            (4, _BROKEN, "not JSON: invalid character, at byte 1"),
            (5, {"a": 2}),
        ],
    ),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 20], ids=lambda size: f"pieces of {size}")
@pytest.mark.parametrize(
    ("name", "content", "expected"), [one[1:] for one in _FILES], ids=[one[0] for one in _FILES]
)
def test_a_file_gives_its_events_however_its_bytes_arrive(
    name: str, content: bytes, expected: list[object], size: int
) -> None:
    assert shown(read_events(Pieces(content, size), name=name)) == expected


def test_a_format_that_is_told_is_not_guessed() -> None:
    spread = b'{"a":\n1}'
    assert shown(read_events(io.BytesIO(spread), "json")) == [(1, {"a": 1})]
    assert [type(one) for one in read_events(io.BytesIO(spread), "ndjson", "a.json")] == [Broken, Broken]


@pytest.mark.parametrize(
    ("before", "behind", "lines"),
    [(b"", b"\n", (1, 2)), (b"[\n", b",\n", (2, 3))],
    ids=["a line", "an element"],
)
def test_an_event_that_is_too_long_is_refused_without_being_kept(
    before: bytes, behind: bytes, lines: tuple[int, int]
) -> None:
    class Endless:
        """16 MiB in one event, made as it is read."""

        def __init__(self) -> None:
            long = [before + b'{"a":"' + b"\\\\a]" * 1000] + [b"\\\\a]" * 65_536] * 64 + [b'"}']
            self.chunks = iter([*long, behind, b'{"a":1}'])

        def read1(self, size: int = -1, /) -> bytes:
            return next(self.chunks, b"")

    file = Endless()
    tracemalloc.start()
    fed = list(read_events(file))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert fed[:2] == [
        Broken(lines[0], "too_large", SafeText("longer than {:,} bytes", LONGEST_EVENT)),
        SourceEvent(lines[1], {"a": 1}),
    ]
    assert peak < 16 * LONGEST_EVENT


def test_what_has_arrived_is_given_before_more_is_read() -> None:
    class Slow:
        """Fails the test when it is asked for more than was looked at."""

        def __init__(self) -> None:
            self.chunks = [b'{"a":1}\n{"a":2}\n{"a"', b":3}\n"]

        def read1(self, size: int = -1, /) -> bytes:
            return self.chunks.pop(0)

    blocks = read_blocks(Slow())
    assert [one.line for one in next(blocks)] == [1, 2]
    assert [one.line for one in next(blocks)] == [3]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab"\\\\[]{},\\n:\u00e9', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('a"]\\\\', max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.text(max_size=3), _json, max_size=3), max_size=4),
    st.sampled_from([None, 0, 2]),
    st.integers(1, 40),
)
def test_however_json_is_laid_out_its_events_are_the_same(
    events: list[dict[str, object]], indent: int | None, size: int
) -> None:
    array = json.dumps(events, indent=indent).encode()
    one_by_one = "\n".join(json.dumps(event, indent=indent) for event in events).encode()
    for content in (array, one_by_one):
        assert [
            one.event for one in read_events(Pieces(content, size), "json") if type(one) is SourceEvent
        ] == events


def _parsed(text: str) -> list[object] | None:
    """The events of JSON values one after another, as the standard library reads them; None if it cannot."""
    found: list[object] = []
    rest = text.lstrip()
    while rest:
        try:
            value, end = json.JSONDecoder().raw_decode(rest)
        except ValueError:
            return None
        found += value if isinstance(value, list) else [value]
        rest = rest[end:].lstrip()
    return found if all(isinstance(one, dict) for one in found) else None


@given(
    st.lists(
        st.sampled_from(["[", "]", "{", "}", ",", '{"a":1}', '{"a":[{}, ","]}', '"', " ", "\n"]), max_size=9
    ),
    st.integers(1, 12),
)
def test_what_is_not_json_never_passes_unseen(tokens: list[str], size: int) -> None:
    text = "".join(tokens)
    fed = list(read_events(Pieces(text.encode(), size), "json"))
    events = [one.event for one in fed if isinstance(one, SourceEvent)]
    expected = _parsed(text)
    assert (len(events) < len(fed)) == (expected is None)
    assert expected is None or events == expected
