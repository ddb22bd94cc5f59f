"""A HAR file gives an event for each request, and nothing of what was answered."""

import io
import json
import tracemalloc
from pathlib import Path
from typing import Any, get_args

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.cli.run import command
from mapper.feeds import Broken, Format, SourceEvent, read_events
from mapper.runtime.decode import LONGEST_EVENT
from tests.feeds.test_feeds import Pieces, shown
from tests.support.command import call

pytestmark = pytest.mark.quick

_URL = "https://ct.pinterest.com/v3/?event=checkout&tid=1"
_AT = "2026-09-21T10:00:00.000Z"


def _entry(url: str = _URL, **more: Any) -> dict[str, Any]:
    headers = [{"name": "User-Agent", "value": "Mozilla/5.0"}, {"name": "Cookie", "value": "s=secret"}]
    request = {"method": "GET", "url": url, "headers": headers, "cookies": [{"name": "s", "value": "secret"}]}
    return {"startedDateTime": _AT, "request": request, "response": {"content": {"text": "secret"}}} | more


def _har(*entries: Any, indent: int | None = None, **log: Any) -> bytes:
    whole = {"log": {"version": "1.2", **log, "entries": list(entries), "comment": "after", "pages": [[{}]]}}
    return json.dumps(whole, indent=indent).encode()


_MAPPING = """
name: requests
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: url
  event_time: {from: [time, {const: 1790000000}]}
  user_data:
    client_user_agent: {from: [user_agent, {const: Mozilla/5.0}]}
    client_ip_address: {const: 203.0.113.7}
match: "query_parameter(url, 'event')"
events:
  - {is: checkout, send: checkout}
otherwise: skip
"""
_EVENT = {"url": _URL, "method": "GET", "time": _AT, "user_agent": "Mozilla/5.0"}
_NO_ENTRIES = "not a HAR file: it has no array `log.entries`"
_NO_URL = "not a HAR entry: it has no `request.url`"
_OBJECT = "not a JSON object"
_UNREAD = "the rest of the file, from here on, was not read: "
_CUT = "not JSON: unexpected end of the array"
_PAGE = {"title": 'A "page" with "entries": [{"request": 1}] \\', "log": {"entries": [1]}}

_FILES = [
    ("entries", _har(_entry(), _entry()), [(1, _EVENT), (1, _EVENT)]),
    ("entries on many lines", _har(_entry(), indent=1), [(5, _EVENT)]),
    ("a title that looks like entries", _har(_entry(), pages=[_PAGE], entry=[]), [(1, _EVENT)]),
    ("a key that is written otherwise", b'{"log": {"e\\ntries": [1], "entries": []}}', []),
    ("no entries", _har(), []),
    ("entries of nothing", b'{"log": {"entries": [', [(1, "malformed", _CUT)]),
    ("a file cut off", b'{"log": {"entries": [' + json.dumps(_entry()).encode() + b",\n", [
        (1, _EVENT), (2, "malformed", _CUT)
    ]),
    ("a bracket too many", b'{"log": {"entries": [' + json.dumps(_entry()).encode() + b"\n],\n {}]}}", [
        (1, _EVENT), (2, "malformed", f"{_UNREAD}not JSON: no key follows the array of entries")
    ]),
    ("an entry without its brace", b'{"log": {"entries": [\n{"a": 1,\n{"a": 2}, {"a": 3}]}}', [
        (2, "malformed", f"{_UNREAD}not JSON: object keys must be strings, at byte 10")
    ]),
    ("entries elsewhere", b'{"entries": [{}], "log": [{"entries": [{}]}], "a": {"log": {"entries": [{}]}}}', [
        (1, "malformed", _NO_ENTRIES)
    ]),
    ("entries that are no array", b'{"log": {"entries": {"0": [{}]}}}', [(1, "malformed", _NO_ENTRIES)]),
    ("no HAR", b"\nurl\n", [(3, "malformed", _NO_ENTRIES)]),
    ("nothing", b"", [(1, "malformed", _NO_ENTRIES)]),
    ("elements that are no entries", _har(1, {}, {"request": 1}, {"request": {"url": 1}}, _entry()), [
        (1, "malformed", _OBJECT), *[(1, "malformed", _NO_URL)] * 3, (1, _EVENT)
    ]),
    ("a body with half a character", _har(_entry(response={"text": "\ud800"})), [
        (1, {name: value for name, value in _EVENT.items() if name != "user_agent"})
    ]),
]  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 20], ids=lambda size: f"pieces of {size}")
@pytest.mark.parametrize(("content", "expected"), [one[1:] for one in _FILES], ids=[one[0] for one in _FILES])
def test_a_har_gives_its_requests_however_its_bytes_arrive(
    content: bytes, expected: list[object], size: int
) -> None:
    assert shown(read_events(Pieces(content, size), name="session.har")) == expected


def test_a_har_that_is_cut_in_two_anywhere_gives_the_same() -> None:
    content = _har(_entry(), _entry('https://a.example/\\"[{'), pages=[_PAGE])
    whole = shown(read_events(io.BytesIO(content), "har"))
    assert len(whole) == 2

    class Two:
        def __init__(self, at: int) -> None:
            self.parts = [content[:at], content[at:]]

        def read1(self, size: int = -1, /) -> bytes:
            return self.parts.pop(0) if self.parts else b""

    assert all(shown(read_events(Two(at), "har")) == whole for at in range(1, len(content)))


_json = st.recursive(
    st.none() | st.text('ab"\\[]{},:\n', max_size=8) | st.sampled_from(["log", "entries", "request", "url"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["log", "entries", "request", "url", "a"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    _json,
    _json,
    st.lists(st.dictionaries(st.sampled_from(["a", "request"]), _json), max_size=3),
    st.integers(1, 40),
)
def test_whatever_is_around_the_entries_they_are_found(
    before: Any, page: Any, entries: list[Any], size: int
) -> None:
    content = json.dumps({"a": before, "log": {"pages": page, "entries": entries, "end": page}}).encode()
    found = list(read_events(Pieces(content, size), "har"))
    urls = [one["request"]["url"] if _has_url(one) else None for one in entries]
    assert [one.event["url"] if isinstance(one, SourceEvent) else None for one in found] == urls


def _has_url(entry: Any) -> bool:
    request = entry.get("request")
    return isinstance(request, dict) and isinstance(request.get("url"), str)


@pytest.mark.parametrize(
    ("begin", "end", "is_event"),
    [
        (
            b'{"_initiator": {"url": "no"}, "request": {"x": [], "url": "https://a.example/"}, "x": "',
            b"}",
            True,
        ),
        (b'{"x": "', b"}", False),
        (b'{"request": {"url": "https://a.example/', b"}}", False),
    ],
    ids=["a URL before a body", "nothing but a body", "a URL without end"],
)
def test_an_entry_that_is_too_long_is_looked_at_in_its_beginning(
    begin: bytes, end: bytes, is_event: bool
) -> None:
    class Endless:
        """16 MiB in one entry, made as it is read."""

        def __init__(self) -> None:
            rest = [b'"' + end + b",", json.dumps(_entry()).encode() + b"]}}"]
            self.chunks = iter([b'{"log":{"entries":[' + begin, *[b"\\\\a]" * 65_536] * 64, *rest])

        def read1(self, size: int = -1, /) -> bytes:
            return next(self.chunks, b"")

    file = Endless()
    tracemalloc.start()
    first, second = read_events(file, "har")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    if is_event:
        assert first == SourceEvent(1, {"url": "https://a.example/"})
    else:
        assert isinstance(first, Broken)
        assert first.kind == "too_large"
    assert second == SourceEvent(1, _EVENT)
    assert peak < 16 * LONGEST_EVENT


def test_lines_are_urls() -> None:
    content = (
        b"https://a.example/?x=1\r\n\nHTTP://b.example\n/c\n{}\nhttps://\xff\nhttps://" + b"a" * LONGEST_EVENT
    )
    for size in (1 << 20, 7):
        assert shown(read_events(Pieces(content, size), "urls")) == [
            (1, {"url": "https://a.example/?x=1"}),
            (3, {"url": "HTTP://b.example"}),
            (4, "malformed", "not a URL: it begins with https:// or http://"),
            (5, "malformed", "not a URL: it begins with https:// or http://"),
            (6, "invalid_unicode", "not UTF-8"),
            (7, "too_large", f"longer than {LONGEST_EVENT:,} bytes"),
        ]


def test_the_option_has_every_format() -> None:
    option = next(one for one in command.params if one.name == "input_format")
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == get_args(Format)


def test_commands_read_a_har_by_its_name_and_urls_by_the_option(tmp_path: Path) -> None:
    mapping, har, urls = (tmp_path / name for name in ("requests.yaml", "session.har", "urls.txt"))
    mapping.write_text(_MAPPING, "utf-8")
    har.write_bytes(_har(_entry(), 1, _entry("https://a.example/"), indent=1))
    urls.write_text(f"{_URL}\nno\n", "utf-8")
    for words in (
        ("run", mapping, har),
        ("explain", mapping, f"{har}:5"),
        ("stats", mapping, har),
        ("run", mapping, urls, "--input-format", "urls"),
    ):
        ran = call(*words)
        assert "checkout" in ran.stdout, (words, ran.stdout, ran.stderr)
        assert "secret" not in ran.stdout + ran.stderr
    ran = call("check", mapping, "--events", har)
    assert (ran.exit_code, "secret" in ran.stdout + ran.stderr) == (0, False), ran.stdout + ran.stderr


def test_a_har_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "requests.yaml").write_text(_MAPPING, "utf-8")
    (tmp_path / "session.har").write_bytes(_har())
    ran = call("send", tmp_path / "requests.yaml", tmp_path / "session.har", "--follow")
    assert ran.exit_code == 2
    assert "--follow cannot read a HAR file, which is written as a whole" in ran.stderr
