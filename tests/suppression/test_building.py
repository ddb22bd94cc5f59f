"""Rows of persons become the digests that payloads have; a wrong row is named by its line alone."""

from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path

import pytest

import mapper
from mapper import authoring
from mapper.suppression import building
from mapper.suppression.building import ListReader, ListSource, PersonColumns, build_list, read_rows
from mapper.suppression.listing import digest_of, open_listing
from mapper.values.safe_text import SafeError
from tests.support.command import MAPPING

pytestmark = pytest.mark.quick

_TARGET = "pinterest/conversions-v5"
_DIGEST = "aB" * 32
_PERSONS = {
    "user_data.em": ("  Ada@Example.com ", "bob@example.com", _DIGEST),
    "user_data.ph": ("+1 (415) 555-0132", "0049 30 1234567", _DIGEST),
    "user_data.external_id": ("U-17", "u-17", " 4711 ", _DIGEST),
    "user_data.hashed_maids": ("CDDA802E-FB9C-47AD-9866-0794D394C912", _DIGEST),
}


@pytest.fixture(scope="module")
def columns() -> PersonColumns:
    """Those of Pinterest's target."""
    return authoring.person_fields(_TARGET, authoring.read_target(_TARGET))


def _payload_values(path: str, value: str) -> list[str]:
    """The value at a path of the payload that an event becomes."""
    name = path.rpartition(".")[2]
    rules = f"user_data: {{client_ip_address: ip, client_user_agent: ua, {name}: person}}"
    program = mapper.compile_text(MAPPING.replace("user_data: {em: email}", rules))
    event = {"type": "view", "id": "1", "at": "2026-05-01T10:00:00Z", "person": value}
    (outcome,) = program.apply({**event, "ip": "203.0.113.9", "ua": "Mozilla/5.0"})
    assert outcome.payload is not None
    values: list[str] = outcome.payload["user_data"][name]
    return values


@pytest.mark.parametrize(("path", "value"), [(path, one) for path, many in _PERSONS.items() for one in many])
def test_a_row_has_the_digests_that_a_payload_has(path: str, value: str, columns: PersonColumns) -> None:
    (row,) = read_rows(BytesIO(f"{value}\n".encode()), ListSource(columns, path))
    assert not row.is_wrong
    assert list(row.digests) == [digest_of(one) for one in _payload_values(path, value)]


def test_the_fields_of_persons_are_those_that_the_schema_marks(columns: PersonColumns) -> None:
    assert columns.names == ("em", "ph", "hashed_maids", "external_id")


_NAMES = {
    "em": "user_data.em",
    "Email": "user_data.em",
    "e-mail": "user_data.em",
    "SHA256_Email_Address": "user_data.em",
    "phone": "user_data.ph",
    "mobile": "user_data.ph",
    "maid": "user_data.hashed_maids",
    "IDFA": "user_data.hashed_maids",
    "external_id": "user_data.external_id",
    "user_id": "user_data.external_id",
    "city": None,
    "first_name": None,
    "client_ip_address": None,
    "": None,
}


@pytest.mark.parametrize("name", _NAMES)
def test_a_column_is_named_as_a_field_is(name: str, columns: PersonColumns) -> None:
    assert columns.called(name) == _NAMES[name]


# A text, the lines of its rows, and those of wrong ones.
_TEXTS: dict[str, tuple[str, list[int], list[int]]] = {
    "one column": ("email\na@b.com\nb@b.com\n", [2, 3], []),
    "with blanks and CRLF": ("email\r\n\r\na@b.com\r\n\r\n", [3], []),
    "with a mark": ("\ufeffemail\na@b.com\n", [2], []),
    "no row": ("email\n", [], []),
    "no row of several columns": ('\ufeff"id";"E-Mail"\r\n', [], []),
    "other columns": ("id;email;city\n1;a@b.com;Ulm\n", [2], []),
    "two fields of a person": ("email,phone\na@b.com,+14155550132\n,+14155550133\n", [2, 3], []),
    "a person without values": ("email,id\na@b.com,1\n,2\n", [2, 3], [3]),
    "an invalid value": ("email\nx\na@b.com\n", [2, 3], [2]),
    "a placeholder": ("email\nnull\nn/a\n", [2, 3], [2, 3]),
    "one of two is invalid": ("email,phone\na@b.com,12\n", [2], [2]),
    "a digest that is cut": (f"email\n{_DIGEST[:-1]}\n", [2], [2]),
    "a phone number without a country code": ("phone\n030 1234567\n+49 30 1234567\n", [2, 3], [2]),
    "a phone number of a wrong length": ("email,phone\na@b.com,+1 415 555 013\n", [2], [2]),
    "a first row without a person": ("email,id\n,1\na@b.com,2\n", [2, 3], [2]),
    "rows of empty cells": ('email,id\n,\na@b.com,2\n"",""\n', [3], []),
    "a cell too many": ("email\na@b.com,x\n", [2], [2]),
    "an open quote": ('email\n"a@b.com\n', [2], [2]),
    "a null byte": ("email\na\0@b.com\n", [2], [2]),
}


@pytest.mark.parametrize("text", _TEXTS)
def test_a_wrong_row_is_one_and_has_its_line(text: str, columns: PersonColumns) -> None:
    content, lines, wrong = _TEXTS[text]
    rows = [*read_rows(BytesIO(content.encode()), ListSource(columns))]
    assert [row.line for row in rows] == lines
    assert [row.line for row in rows if row.is_wrong] == wrong


@pytest.mark.parametrize("content", [b"a@b.com\n\xff\xfe@b.com\n", b"a@b.com\n" + b"x" * 2**21 + b"\n"])
def test_a_line_that_is_no_text_is_wrong(content: bytes, columns: PersonColumns) -> None:
    rows = [*read_rows(BytesIO(content), ListSource(columns, "user_data.em"))]
    assert [row.is_wrong for row in rows] == [False, True]


@pytest.mark.parametrize("header", ["ada@example.com", "name", "city,zip"])
def test_a_text_without_a_column_of_a_person_is_refused(header: str, columns: PersonColumns) -> None:
    row = ",".join("x" * len(header.split(",")))
    with pytest.raises(SafeError, match="no column is one of em, ph, hashed_maids, external_id") as raised:
        list(read_rows(BytesIO(f"{header}\n{row}\n".encode()), ListSource(columns)))
    assert "ada" not in str(raised.value)


@pytest.mark.parametrize("text", ["", "\n", "MAPS", "name\n", "ada@example.com"])
def test_a_text_without_rows_is_a_list_only_if_its_header_says_so(text: str, columns: PersonColumns) -> None:
    with pytest.raises(SafeError, match="no column is one of"):
        list(read_rows(BytesIO(text.encode()), ListSource(columns)))


def test_a_list_that_is_cut_is_no_text(columns: PersonColumns, tmp_path: Path) -> None:
    path = tmp_path / "a.sup"
    rows = read_rows(BytesIO(b"a@b.com\n"), ListSource(columns, "user_data.em"))
    build_list(rows, str(path), skip_invalid=False)
    content = path.read_bytes()
    for end in range(len(content)):
        path.write_bytes(content[:end])
        with pytest.raises(SafeError):
            ListReader(columns)(str(path))


def test_what_is_compressed_is_unpacked(columns: PersonColumns) -> None:
    packed = gzip.compress(b"a@b.com\n")
    (row,) = read_rows(BytesIO(packed), ListSource(columns, "user_data.em"))
    assert row.digests == (digest_of("a@b.com"),)


def test_wrong_rows_are_counted_and_the_first_are_named(columns: PersonColumns, tmp_path: Path) -> None:
    text = b"a@b.com\n" + b"x\n" * 25
    path = tmp_path / "a.sup"

    def build(skip_invalid: bool) -> building.Built:
        rows = read_rows(BytesIO(text), ListSource(columns, "user_data.em"))
        return build_list(rows, str(path), skip_invalid=skip_invalid)

    built = build(False)
    assert not path.exists()
    (wrong,) = built.taken.wrong
    assert (built.size, built.taken.rows, wrong.count) == (0, 26, 25)
    named = ", ".join(map(str, range(2, 22)))
    assert built.taken.describe_wrong() == (
        f"25 rows are neither a valid value nor a digest: lines {named} and 5 more"
    )
    assert build(True).digests == 1
    assert open_listing(str(path)).holds_any([digest_of("a@b.com")])


def test_a_list_that_is_there_stays_where_building_fails(columns: PersonColumns, tmp_path: Path) -> None:
    path = tmp_path / "a.sup"
    path.write_bytes(b"kept")
    for source in (ListSource(columns, "user_data.em"), ListSource(columns)):
        rows = read_rows(BytesIO(b"x\nx\n"), source)
        if source.path:
            assert build_list(rows, str(path), skip_invalid=False).size == 0
        else:
            with pytest.raises(SafeError):
                build_list(rows, str(path), skip_invalid=True)
    assert path.read_bytes() == b"kept"
    assert [one.name for one in tmp_path.iterdir()] == ["a.sup"]


def test_a_text_is_read_into_memory_up_to_a_number_of_rows(
    columns: PersonColumns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "_MOST_IN_MEMORY", 3)
    path = tmp_path / "today.csv"
    path.write_text("email\n" + "".join(f"a{number}@b.com\n" for number in range(3)))
    read = ListReader(columns)
    assert read(str(path)).count == 3
    assert read(str(path)).holds_any([digest_of("a2@b.com")])
    path.write_text(path.read_text() + "b@b.com\n")
    with pytest.raises(SafeError, match="more than 3 rows: build it first, with `mapper suppress build`"):
        read(str(path))
