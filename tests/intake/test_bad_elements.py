"""One bad element in each form of body, of each sender: it costs itself alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from time import process_time

import pytest

from mapper.feeds import Broken
from mapper.feeds.block import fed
from mapper.intake.entry import BodyPath, Entry
from mapper.intake.events import events_of
from mapper.intake.request import RequestRefusal
from mapper.intake.senders import sender_files
from mapper.intake.slices import is_json
from tests.support.depth import some
from tests.support.intakes import entry_of, entry_of_sender, posted

pytestmark = pytest.mark.quick

_GOOD = (b'{"id":1}', b'{"id":"]},{"}')
_BAD: dict[str, bytes] = {
    "2,000 objects deep": b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    "2,000 lists deep": b'{"a":' + b"[" * 2_000 + b"]" * 2_000 + b"}",
    "2,000 of both deep": b'{"a":[' * 1_000 + b"]}" * 1_000,
    "20,000 lists deep": b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "brackets in texts of each level": b'{"]}\\"":["[{",' * 1_000 + b'"}"' + b"]}" * 1_000,
    "a level more than an event has": b'{"a":' * 257 + b"1" + b"}" * 257,
    "NaN": b'{"a":NaN}',
    "half a character": b'{"a":"\\ud83d"}',
    "bytes that are no UTF-8": b'{"a":"\xff"}',
    "a line break in a text": b'{"a":"b\tc"}',
    "no object": b"[[[]]]",
    "more than a mebibyte": b'{"a":"%b"}' % (b"x" * 1_100_000),
}
_FORMS = (
    *("body: array", "body: either", "body: lines"),
    *("unwrap: data[]", "unwrap: a.data[].event.it", "unwrap: '[].data'", "unwrap: a[1].data[]"),
    "unwrap: data[]\ndecode: base64",
)
_SIZE = "\nlimits: {body: 16 MiB}"


def _entries() -> dict[str, Entry]:
    own = {keys: entry_of(f"token: {{value: $T}}\n{keys}{_SIZE}", {}) for keys in _FORMS}
    return own | {name: entry_of_sender(name, {}) for name in sender_files()}


_ENTRIES = _entries()


def _has_several(entry: Entry) -> bool:
    return entry.body != "object" or any(step.is_each for step in entry.unwrap)


def _is_object(text: bytes) -> bool:
    return text[:1] == b"{" and is_json(text)


def _body(entry: Entry, texts: Sequence[bytes]) -> bytes:
    """A request's body with these events, as its entry takes them."""
    if entry.body == "lines":
        return b"\n".join(texts)
    if not entry.unwrap:
        return b"[%b]" % b", ".join(texts) if _has_several(entry) else texts[0]
    return _wrapped(entry.unwrap, [_encoded(text) if entry.is_base64 else text for text in texts])


def _encoded(text: bytes) -> bytes:
    return json.dumps(base64.b64encode(text).decode()).encode()


def _wrapped(path: BodyPath, texts: Sequence[bytes]) -> bytes:
    if not path:
        return texts[0]
    step, rest = path[0], path[1:]
    if step.is_each:
        return b"[%b]" % b",".join(_wrapped(rest, [text]) for text in texts)
    if step.place is not None:
        return b"[%b%b]" % (b"0," * step.place, _wrapped(rest, texts))
    return b'{"more":1,"%b":%b}' % (step.name.encode(), _wrapped(rest, texts))


@pytest.mark.parametrize("bad", some(_BAD, always=("2,000 objects deep",)))
@pytest.mark.parametrize("name", _ENTRIES)
def test_the_events_beside_a_bad_one_are_those_that_were_sent(name: str, bad: str) -> None:
    entry = _ENTRIES[name]
    texts = [_GOOD[0], _BAD[bad], _GOOD[1]] if _has_several(entry) else [_BAD[bad]]
    body = _body(entry, texts)
    if len(body) > entry.limits.body or not (_has_several(entry) or _is_object(_BAD[bad])):
        pytest.skip("as the only event it makes a body that is too large or no JSON")
    found = events_of(entry, posted(body))
    assert not isinstance(found, RequestRefusal), found
    assert [one.text for one in found] == texts
    assert isinstance(fed(1, _BAD[bad]), Broken)


@pytest.mark.parametrize(
    "body", [b"[" * 5_000, b'{"a":' * 5_000, b"[" * 5_000 + b"]" * 4_999, b'{"a":"' + b"[" * 5_000]
)
def test_a_body_that_is_cut_off_is_no_json_however_deep_it_is(body: bytes) -> None:
    assert not is_json(body)
    for name in ("body: array", "body: either", "unwrap: data[]"):
        assert isinstance(events_of(_ENTRIES[name], posted(body)), RequestRefusal)


_DEEP = b"[" * 300
_REPEATED = (
    b"[",
    b"{",
    b"[]",
    b'{"a":',
    b'"',
    b'\\"',
    b"\\",
    b"[NaN,",
    b'"a",',
    b"[[]],",
    b'["\\""],',
    b'""[',
    b"]",
    b",1",
)


@pytest.mark.parametrize("beginning", [b"[", _DEEP, _DEEP + b'"', b'{"data":[' + _DEEP, b'[NaN,{"a":"'])
def test_a_body_of_the_same_signs_is_read_to_its_end_at_once(beginning: bytes) -> None:
    for repeated in _REPEATED:
        for end in (b"", b'"' + b"]" * 302):
            body = beginning + repeated * (2**17 // len(repeated)) + end
            start = process_time()
            for name in ("body: array", "unwrap: data[]"):
                events_of(_ENTRIES[name], posted(body))
            assert process_time() - start < 1, (repeated, end)


@pytest.mark.parametrize(
    "body", [b"[" * 2**24, b"[" * 2**23 + b"]" * 2**23, b'{"data":[' + b"[[]]," * 3_000_000]
)
def test_a_body_of_more_brackets_than_anybody_sends_is_refused_before_they_are_looked_at(body: bytes) -> None:
    for name in ("body: either", "unwrap: data[]"):
        start = process_time()
        found = events_of(_ENTRIES[name], posted(body))
        assert process_time() - start < 1
        assert isinstance(found, RequestRefusal)
        if name == "unwrap: data[]" or body[:1] == b"[":
            assert (found.status, found.kind) == (413, "too_large")
            assert found.reason == "the body has more than 1,000,000 lists and objects"
