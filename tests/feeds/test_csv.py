"""CSV as people and Excel write it: an event for each row, and a row that is none costs only itself."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from mapper.feeds import Broken, Format, SourceEvent, read_blocks, read_events
from mapper.runtime.decode import LONGEST_EVENT
from mapper.values.safe_text import SafeText
from tests.support.command import MAPPING, call

pytestmark = pytest.mark.quick


class Slow(io.BytesIO):
    """A file that gives no more than a few bytes at a time."""

    size = 1

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read(self.size)


def _read(content: str | bytes, name: str = "events.csv", delimiter: str | None = None) -> list[Any]:
    """The events by line, and the reasons of what is broken; the same however the bytes come."""
    text = content if isinstance(content, bytes) else content.encode()
    found: list[list[Any]] = []
    for file in (io.BytesIO(text), Slow(text)):
        fed = [one for block in read_blocks(file, None, name, delimiter) for one in block]
        found.append([(one.line, one.event if isinstance(one, SourceEvent) else one.reason) for one in fed])
    assert found[0] == found[1]
    return found[0]


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("id,total\n1,2.50\n", [(2, {"id": "1", "total": "2.50"})]),
        ("id,total\r\n1,2\r\n2,3", [(2, {"id": "1", "total": "2"}), (3, {"id": "2", "total": "3"})]),
        ("\ufeffid;total\n1;2,50\n", [(2, {"id": "1", "total": "2,50"})]),
        ("id\ttotal\n1\t2\n", [(2, {"id": "1", "total": "2"})]),
        ("id|total\n1|2\n", [(2, {"id": "1", "total": "2"})]),
        ("sep=;\r\nid;a,b\r\n1;2\r\n", [(3, {"id": "1", "a,b": "2"})]),
        ("\ufeffSEP=\t\nid\ta\n1\t2\n", [(3, {"id": "1", "a": "2"})]),
        ("id\n1\n\n2\n", [(2, {"id": "1"}), (4, {"id": "2"})]),
        ("\n\nid,a\n1,2\n", [(4, {"id": "1", "a": "2"})]),
        ('id,"a;b"\n1,2\n', [(2, {"id": "1", "a;b": "2"})]),
        ('"id","a"\n"1","say ""hi"", twice"\n', [(2, {"id": "1", "a": 'say "hi", twice'})]),
        (
            'id,a\n1,"two\nlines\n"\n2,b\n',
            [(2, {"id": "1", "a": "two\nlines\n"}), (5, {"id": "2", "a": "b"})],
        ),
        ('id,"two\nlines"\n1,2\n', [(3, {"id": "1", "two\nlines": "2"})]),
        ('id,a\n1,5" nail\n', [(2, {"id": "1", "a": '5" nail'})]),
        ("id,a\n1,\n,2\n", [(2, {"id": "1"}), (3, {"a": "2"})]),
        ('id,a\n1,""\n', [(2, {"id": "1"})]),
        ("id,a\n,\n1,2\n", [(3, {"id": "1", "a": "2"})]),
        ("id , a\n 1 , 2\n", [(2, {"id": " 1 ", "a": " 2"})]),
        ("id,a,,\n1,2,,\n", [(2, {"id": "1", "a": "2"})]),
        ("größe,名\n1,€\n", [(2, {"größe": "1", "名": "€"})]),
        ("id,a\n007,TRUE\n", [(2, {"id": "007", "a": "TRUE"})]),
        ("", []),
        ("\n \n", []),
        ("id,a\n", []),
        ("id,a", []),
    ],
)
def test_a_row_is_an_event_of_texts_by_the_names_of_the_header(text: str, events: list[Any]) -> None:
    assert _read(text) == events


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"id,a\nx\n", "1 cell, but the header has 2"),
        (b"id,a\nx,2,3\n", "3 cells, but the header has 2"),
        (b"id,,a\nx,2,3\n", "column 2 has a value but no name"),
        (b"id,a\nx,\xff\n", "not UTF-8"),
        (b'id,a\nx,"b"c\n', "not CSV: text after the closing quote of a cell"),
        (b"id,a\nx\ry,b\n", "not CSV: line break in a cell without quotes"),
        (b"id,a\n" + b"x" * (LONGEST_EVENT + 1) + b",b\n", "longer than 1,048,576 bytes"),
        (
            b'id,a\n1,"' + (b"x" * 999 + b"\n") * (LONGEST_EVENT // 999),
            "a row of more than 1,048,576 bytes; is a quote left open?",
        ),
    ],
)
def test_a_row_that_does_not_fit_costs_only_itself_and_names_its_line(text: bytes, reason: str) -> None:
    file = io.BytesIO(text + b"\n1" + b"," * text.partition(b"\n")[0].count(b",") + b"\n")
    found = list(read_events(file, None, "events.csv"))
    assert found[0] == Broken(
        2, found[0].kind if isinstance(found[0], Broken) else "", SafeText.known(reason)
    )
    last = found[-1]
    assert isinstance(last, SourceEvent)
    assert last.event["id"] == "1"


def test_a_quote_that_is_never_closed_is_told_where_it_begins() -> None:
    assert _read('id,a\n1,2\n3,"b\nc\n') == [
        (2, {"id": "1", "a": "2"}),
        (3, "not CSV: unclosed quote in a cell"),
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"email,id,email\n", "columns 1 and 3 of the header have the same name"),
        (
            b"a;b,c\n1;2,3\n",
            "the header has `,` and `;`: set --delimiter to the one that separates cells",
        ),
        (b"\xff\xfei\0d\0", "UTF-16, which is not supported; save it as UTF-8"),
        (b"gr\xf6\xdfe,a\n", "the header is not UTF-8; save the file as CSV UTF-8"),
        (b'"id\n', "the header is invalid: not CSV: unclosed quote in a cell"),
    ],
)
def test_a_file_that_no_row_of_could_be_read_is_an_error(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "small.yaml").write_text(MAPPING)
    events = tmp_path / "events.csv"
    events.write_bytes(content)
    ran = call("run", tmp_path / "small.yaml", events)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.endswith(f"mapper: {told}\n")


@pytest.mark.parametrize(
    ("name", "delimiter", "text"),
    [
        ("events.tsv", None, "id,x\ta\n1\t2\n"),
        ("events.csv", ":", "id,x:a\n1:2\n"),
        ("events.TSV", None, "id,x\ta\n1\t2\n"),
    ],
)
def test_a_delimiter_that_is_named_needs_no_header_to_tell_it(
    name: str, delimiter: str | None, text: str
) -> None:
    assert _read(text, name, delimiter) == [(2, {"id,x": "1", "a": "2"})]


@pytest.mark.parametrize(
    ("option", "status"), [("tab", 0), ("\t", 0), ("\\t", 0), ("::", 2), ('"', 2), ("", 2)]
)
def test_a_delimiter_is_one_character(tmp_path: Path, option: str, status: int) -> None:
    mapping = tmp_path / "small.yaml"
    mapping.write_text(MAPPING)
    words = ("run", mapping, "--input-format", "csv", "--delimiter", option)
    ran = call(*words, stdin="type\tid\tat\temail\norder\to-1\t2026-05-01T10:00:00Z\tada@example.com\n")
    assert ran.exit_code == status
    if not status:
        assert json.loads(ran.stdout)["event_id"] == "o-1"


@pytest.mark.parametrize("format", ["csv", "ndjson"])
def test_rows_come_as_soon_as_their_lines_do(format: Format) -> None:
    text = b"id,a\n1,2\n3,4\n" if format == "csv" else b'{"id": 1}\n{"id": 3}\n'
    file = Slow(text)
    blocks = (block for block in read_blocks(file, format) if block)
    next(blocks)
    assert file.tell() == text[:-1].rindex(b"\n") + 1


_ROWS = "id,at\no-1,2026-05-01T10:00:00Z\n7,2026-05-01\n"


@pytest.mark.parametrize(
    ("name", "text", "hinted"),
    [
        ("-", _ROWS, True),
        ("orders.txt", _ROWS, True),
        ("orders.ndjson", _ROWS, False),
        ("-", _ROWS + "{}\n", False),
        ("-", "{id: 1}\n", False),
        ("-", "", False),
    ],
)
def test_csv_that_nothing_told_is_asked_for(tmp_path: Path, name: str, text: str, hinted: bool) -> None:
    (tmp_path / "small.yaml").write_text(MAPPING)
    events = name if name == "-" else tmp_path / name
    if name != "-":
        (tmp_path / name).write_text(text)
    told = call("run", tmp_path / "small.yaml", events, stdin=text).stderr
    assert ("\n  hint: if this is CSV, add --input-format csv\n" in told) == hinted
