"""Parquet: the payloads of a table are those of the same events as NDJSON, and a broken file is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mapper.feeds import Broken, read_events, read_texts
from mapper.values.safe_text import SafeError
from tests.cli.test_send import CREDENTIALS, now, sandbox
from tests.oracles.golden import EVENTS, MAPPING_OF, MAPPINGS, SHOP
from tests.support.command import MAPPING, ROOT, call, event, ndjson
from tests.support.depth import examples, seeds, some
from tests.support.mapping_tests import own_tests

pa = pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
pq = pytest.importorskip("pyarrow.parquet")


def write(path: Path, rows: Any, **options: Any) -> Path:
    """A Parquet file of events, or of a table."""
    table = rows if isinstance(rows, pa.Table) else table_of(rows)
    pq.write_table(table, path, **options)
    return path


def table_of(rows: list[dict[str, Any]]) -> Any:
    """Events as a table: a column for each attribute that any of them has."""
    return pa.Table.from_batches([pa.RecordBatch.from_struct_array(pa.array(rows))])


def _stripped(value: Any) -> Any:
    """A value as a table has it: no object is empty in it, and a null is no attribute."""
    if isinstance(value, dict):
        parts = {name: _stripped(one) for name, one in value.items()}
        return {name: one for name, one in parts.items() if one not in ({}, None)}
    return [_stripped(one) for one in value] if isinstance(value, list) else value


def _tables(events: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Events by tables: those whose attributes have the same types are together."""
    waiting = [one for one in map(_stripped, events) if _fit([one])]
    while waiting:
        rows: list[dict[str, Any]] = []
        left: list[dict[str, Any]] = []
        for one in waiting:
            (rows if _fit([*rows, one]) else left).append(one)
        yield rows
        waiting = left


def _fit(rows: list[dict[str, Any]]) -> bool:
    """Whether some events fit into one table: a list of a text and an object, as a tag's, fits into none."""
    try:
        pq.write_table(table_of(rows), pa.BufferOutputStream())
    except (pa.ArrowException, TypeError):
        return False
    return True


def _corpus(mapping: Path) -> list[dict[str, Any]]:
    """The sample events of a mapping; those of its tests where there are no files of them."""
    prefixes = tuple(start for start, name in MAPPING_OF.items() if name == mapping.stem)
    found = [json.loads(one.read_bytes()) for one in EVENTS if one.stem.startswith(prefixes)]
    if mapping.stem == "segment-ecommerce":
        with SHOP.open("rb") as file:
            found += [one.event for one in read_events(file) if not isinstance(one, Broken)]
    return found or [one.values[1].given for one in own_tests([mapping])]


@pytest.mark.parametrize("mapping", some(MAPPINGS, 2, full=8), ids=lambda one: one.stem)
def test_a_table_gives_the_payloads_of_the_same_events(mapping: Path, tmp_path: Path) -> None:
    events = _corpus(mapping)
    assert events
    for number, rows in enumerate(_tables(events)):
        lines, table = tmp_path / f"{number}.ndjson", tmp_path / f"{number}.parquet"
        lines.write_text(ndjson(*rows))
        write(table, rows, row_group_size=3)
        made = {}
        for feed, jobs in ((lines, 1), (table, 1), (table, 2)):
            out, rejects = tmp_path / "out", tmp_path / "rejects"
            at = "--received-at=2026-05-01T10:00:00Z"
            ran = call("run", mapping, feed, "-o", out, "--rejects", rejects, "--jobs", jobs, at)
            assert ran.exit_code == 0, ran.stderr
            said = ran.stderr.replace(str(feed), "FEED")
            made[feed, jobs] = out.read_bytes(), rejects.read_text().replace(str(feed), "FEED"), said
        assert made[table, 1] == made[table, 2] == made[lines, 1]


_NOW = datetime(2026, 5, 1, 10, 0, 0, 123456)
_ID = uuid.UUID("3f1c8ad2-1d0e-4a41-9c3f-0d8f6b3f4a11")
# (type, value, its JSON); None: the attribute is missing
_COLUMNS: list[tuple[Any, Any, Any]] = [
    (pa.int64(), 2**53 + 1, 2**53 + 1),
    (pa.uint64(), 2**64 - 1, 2**64 - 1),
    (pa.bool_(), True, True),
    (pa.float64(), 72.39, 72.39),
    (pa.float32(), 19.99, 19.99),
    (pa.float16(), 1.5, 1.5),
    (pa.float64(), float("nan"), "NaN"),
    (pa.float32(), float("-inf"), "-Infinity"),
    (pa.string(), "Åda 💜", "Åda 💜"),
    (pa.large_string(), "x", "x"),
    (pa.string_view(), "x", "x"),
    (pa.binary(), "Åda".encode(), "Åda"),
    (pa.binary(3), b"abc", "abc"),
    (pa.decimal128(10, 2), Decimal("72.39"), 72.39),
    (pa.decimal128(10, 2), Decimal("72.00"), 72),
    (pa.decimal128(38, 2), Decimal("12345678901234567.89"), "12345678901234567.89"),
    (pa.timestamp("us", "UTC"), _NOW.replace(tzinfo=UTC), "2026-05-01T10:00:00.123456+00:00"),
    (pa.timestamp("ms", "Europe/Berlin"), datetime(2026, 5, 1, 10, tzinfo=UTC), "2026-05-01T12:00:00+02:00"),
    (pa.timestamp("us"), _NOW, "2026-05-01T10:00:00.123456"),
    (pa.timestamp("ns"), datetime(2026, 5, 1, 10), "2026-05-01T10:00:00"),
    (pa.date32(), date(2026, 5, 1), "2026-05-01"),
    (pa.time64("us"), time(10, 30), "10:30:00"),
    (pa.dictionary(pa.int8(), pa.string()), "order", "order"),
    (pa.list_(pa.int64()), [1, None, 3], [1, None, 3]),
    (pa.list_(pa.int64()), [], []),
    (pa.large_list(pa.float32()), [0.1], [0.1]),
    (pa.list_(pa.int8(), 2), [1, 2], [1, 2]),
    (
        pa.list_(pa.struct([("id", pa.string()), ("price", pa.decimal128(9, 2)), ("none", pa.string())])),
        [{"id": "a", "price": Decimal("1.50")}, None],
        [{"id": "a", "price": 1.5}, None],
    ),
    (
        pa.struct([("a", pa.struct([("b", pa.date32())]))]),
        {"a": {"b": date(2026, 5, 1)}},
        {"a": {"b": "2026-05-01"}},
    ),
    (pa.struct([("a", pa.string())]), {"a": None}, {}),
    (pa.map_(pa.string(), pa.float32()), [("b", 0.2), ("a", None)], {"b": 0.2}),
    (pa.map_(pa.int32(), pa.string()), [(7, "x")], {"7": "x"}),
    (pa.string(), None, None),
    (pa.null(), None, None),
]


@pytest.mark.parametrize(("kind", "value", "expected"), _COLUMNS, ids=lambda one: str(one)[:40])
def test_each_type_becomes_the_value_that_json_has_for_it(
    kind: Any, value: Any, expected: Any, tmp_path: Path
) -> None:
    """Beside missing ones, before and behind it, and also within a list and an object."""
    nested = pa.struct([("one", kind), ("many", pa.list_(kind))])
    rows = [None, value, None, value]
    columns = {
        "n": pa.array(range(4)),
        "v": pa.array(rows, kind),
        "in": pa.array([{"one": one, "many": [one, one]} for one in rows], nested),
    }
    path = write(tmp_path / "a.parquet", pa.table(columns))
    with path.open("rb") as file:
        found = list(read_events(file, name=path.name))
    here = {} if expected is None else {"v": expected}
    one = {} if expected is None else {"one": expected}
    assert [event.event for event in found if not isinstance(event, Broken)] == [
        {"n": 0, "in": {"many": [None, None]}},
        {"n": 1, **here, "in": {**one, "many": [expected, expected]}},
        {"n": 2, "in": {"many": [None, None]}},
        {"n": 3, **here, "in": {**one, "many": [expected, expected]}},
    ]


def test_a_uuid_is_its_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", pa.table({"id": pa.array([_ID.bytes, None], pa.uuid())}))
    with path.open("rb") as file:
        assert [block.texts() for block in read_texts(file, name=path.name)] == [
            [(1, f'{{"id":"{_ID}"}}'.encode()), (2, b"{}")]
        ]


def test_a_value_that_json_has_nothing_for_costs_its_record_only(tmp_path: Path) -> None:
    took = pa.array([None, None, 1], pa.int64()).view(pa.duration("ns"))  # less than Python's own has
    columns = {"id": ["a", "b", "c"], "raw": [b"ok", b"\xff", None], "took": took}
    path = write(tmp_path / "a.parquet", pa.table(columns))
    with path.open("rb") as file:
        first, second, third = read_events(file, name=path.name)
    assert not isinstance(first, Broken)
    assert first.event == {"id": "a", "raw": "ok"}
    assert isinstance(second, Broken)
    assert isinstance(third, Broken)
    assert (second.line, second.reason) == (
        2,
        "an event must be a JSON object, with no bytes in it, as at `raw`",
    )
    assert (third.line, "timedelta in it, as at `took`" in third.reason) == (3, True)


def test_a_table_is_known_by_its_first_bytes_and_read_from_a_pipe_of_none(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [event(1), event(2)])
    path.rename(tmp_path / "events")
    small = tmp_path / "small.yaml"
    small.write_text(MAPPING)
    ran = call("run", small, tmp_path / "events")
    assert (ran.exit_code, len(ran.stdout.splitlines())) == (0, 2)
    with subprocess.Popen(["cat", str(tmp_path / "events")], stdout=subprocess.PIPE) as pipe:
        words = [sys.executable, "-m", "mapper", "run", str(small), "--input-format", "parquet"]
        piped = subprocess.run(words, stdin=pipe.stdout, capture_output=True, text=True, cwd=ROOT)
    assert piped.returncode == 2
    assert piped.stderr.splitlines()[-1] == (
        "mapper: Parquet is read from a complete file, not from a pipe, nor with --follow"
    )
    with (tmp_path / "events").open("rb") as file:
        words = [sys.executable, "-m", "mapper", "run", str(small)]
        assert subprocess.run(words, stdin=file, capture_output=True, cwd=ROOT).returncode == 0


def test_without_pyarrow_one_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.parquet", [event(1)])
    small = tmp_path / "small.yaml"
    small.write_text(MAPPING)
    for name in [one for one in sys.modules if one.startswith(("pyarrow", "mapper.feeds.parquet"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for words in (("run", small, path), ("send", small, path), ("stats", small, path)):
        ran = call(*words)
        assert ran.exit_code == 2
        lacking = "Parquet needs more packages: pip install 'pinterest-capi-mapper[arrow]'"
        assert ran.stderr.splitlines()[-1].endswith(lacking)
    with path.open("rb") as file, pytest.raises(SafeError, match="Parquet needs more packages"):
        list(read_texts(file, name=path.name))


def test_a_table_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(MAPPING)
    path = write(tmp_path / "a.parquet", [event(1)])
    ran = call("send", tmp_path / "small.yaml", path, "--follow", env=CREDENTIALS)
    assert ran.exit_code == 2
    assert "--follow cannot read Parquet, which is written as a whole" in ran.stderr


def _random(count: int) -> list[dict[str, Any]]:
    """Orders that no compression makes small, so that parts of a file are far from its ends."""
    return [event(number, at=now(), pad=os.urandom(200).hex()) for number in range(count)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_damaged_file_is_read_up_to_it_and_goes_on_once_it_is_whole(tmp_path: Path, jobs: int) -> None:
    small, outbox = tmp_path / "small.yaml", tmp_path / "outbox"
    small.write_text(MAPPING)
    kept = {"row_group_size": 100, "compression": "none", "write_page_checksum": True}
    path = write(tmp_path / "a.parquet", _random(1000), **kept)
    whole = path.read_bytes()
    assert len(whole) > 300_000
    at = len(whole) // 2
    path.write_bytes(whole[:at] + bytes(30_000) + whole[at + 30_000 :])
    with sandbox() as (url, ledger):
        words = ("send", small, path, "--url", url, "--outbox", outbox, "--jobs", jobs)
        ran = call(*words, env=CREDENTIALS)
        assert ran.exit_code == 65, ran.stderr
        assert "the Parquet file is damaged" in ran.stderr
        before = ledger.processed
        assert 0 < before < 600
        path.write_bytes(whole)
        ran = call(*words, env=CREDENTIALS)
        assert (ran.exit_code, ledger.processed, ledger.duplicates) == (0, 1000, 0), ran.stderr
        ran = call(*words, env=CREDENTIALS)
        assert f"{path} was read to its end before" in ran.stderr
        assert ledger.processed == 1000


def test_another_table_of_the_same_name_is_not_taken_for_the_one_that_was_read(tmp_path: Path) -> None:
    """Many begin alike for more bytes than are looked at of a file of lines."""
    small, path = tmp_path / "small.yaml", tmp_path / "a.parquet"
    small.write_text(MAPPING)
    pad = [os.urandom(100).hex() for _ in range(100)]
    with sandbox() as (url, ledger):
        words = ("send", small, path, "--url", url, "--outbox", tmp_path / "outbox")
        starts = []
        for first in (0, 500):
            rows = [{"a": one, **event(first + number, at=now())} for number, one in enumerate(pad)]
            write(path, rows)
            starts.append(path.read_bytes()[:4096])
            ran = call(*words, env=CREDENTIALS)
        assert starts[0] == starts[1]
        assert ran.exit_code == 65
        assert "is not the file that was read before" in ran.stderr
        assert call(*words, "--from-start", env=CREDENTIALS).exit_code == 0
        assert (ledger.processed, ledger.duplicates) == (200, 0)


@pytest.mark.parametrize("damage", ["empty", "half", "no end", "lines", "no footer", "two names"])
def test_what_is_no_table_ends_the_run_with_one_sentence(damage: str, tmp_path: Path) -> None:
    small, path = tmp_path / "small.yaml", tmp_path / "a.parquet"
    small.write_text(MAPPING)
    whole = write(path, [event(1), event(2)]).read_bytes()
    if damage == "two names":
        write(path, pa.table([["o-1"], [1]], names=["id", "id"]))
    else:
        path.write_bytes(
            {
                "empty": b"",
                "half": whole[: len(whole) // 2],
                "no end": whole[:-1],
                "lines": ndjson(event(1)).encode(),
                "no footer": whole[:-600] + os.urandom(592) + whole[-8:],
            }[damage]
        )
    ran = call("run", small, path)
    last = ran.stderr.splitlines()[-1]
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert last in (
        "mapper: not a complete Parquet file: it does not begin and end as one",
        "mapper: the Parquet file is damaged, or written in a way that is not supported: "
        "its footer cannot be read",
        "mapper: columns 1 and 2 have the same name",
    )


_TOO_MUCH = "mapper: row group 1 of the Parquet file is damaged, or unpacks to more than is read at once"
# Files of some hundred bytes: what each unpacks to, as `pyarrow` would read it, is in its name.
_BOMBS = {
    "page_of_zeros": _TOO_MUCH,  # a text of 150 MB
    "long_list": _TOO_MUCH,  # 60 million times 7 in one record
    # 50,000 records with a text of 1 MB each
    "text_a_record": "mapper: the events of the Parquet file have more than 10,000 times its bytes",
    # 900 times that text in one record
    "text_in_a_list": "mapper: text_in_a_list.parquet holds no event: 1 line read, not one is an event",
}
_RUN = """
import sys
import mapper.cli
try:
    mapper.cli.commands(sys.argv[1:], prog_name="mapper")
finally:
    told = open("/proc/self/status").read().splitlines()
    open("peak", "w").write(next(line for line in told if line.startswith("VmHWM")).split()[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells how much it took")
@pytest.mark.parametrize("name", list(_BOMBS))
def test_a_small_file_takes_no_more_memory_than_others(name: str, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(MAPPING)
    content = (ROOT / f"tests/cases/parquet/{name}.parquet").read_bytes()
    assert len(content) < 6_000
    (tmp_path / f"{name}.parquet").write_bytes(content)
    words = [sys.executable, "-c", _RUN, "run", "small.yaml", f"{name}.parquet"]
    ran = subprocess.run(
        words, capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert ran.stderr.splitlines()[-1] == _BOMBS[name]
    assert ran.returncode == 2
    assert int((tmp_path / "peak").read_text()) < 200_000  # kilobytes


def test_a_damaged_file_never_does_more_than_raise() -> None:
    """PARQUET_MUTANTS: how many; each ends as a feed that can be read, or in one sentence."""
    count = int(os.environ.get("PARQUET_MUTANTS", examples(150, 30)))
    words = [sys.executable, "-m", "tests.feeds.parquet_mutants", str(7 + seeds(1)[0]), str(count)]
    ran = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr
    read, refused = map(int, ran.stdout.split())
    assert read + refused == count
    assert min(read, refused) > 0


def test_texts_of_large_dictionaries_are_what_they_are_in_small_ones(tmp_path: Path) -> None:
    """Such columns are read by their dictionaries, in lists and objects too."""
    texts = [f"{number % 300}-{'x' * 300}" for number in range(3_000)]
    rows = [{"id": one, "in": {"a": [{"b": one}, None]}, "n": n} for n, one in enumerate(texts)]
    found = {}
    for is_by_dictionary in (True, False):
        path = write(tmp_path / "a.parquet", rows, use_dictionary=is_by_dictionary, row_group_size=1_000)
        with path.open("rb") as file:
            blocks = list(read_texts(file, name=path.name))
            found[is_by_dictionary] = [placed for block in blocks for placed in block.texts()]
            kinds = {str(block.batch.schema.field("id").type)[:10] for block in blocks}  # type: ignore[attr-defined]
            assert (kinds == {"dictionary"}) == is_by_dictionary
    assert (
        found[True]
        == found[False]
        == [(n, json.dumps(one, separators=(",", ":")).encode()) for n, one in enumerate(rows, 1)]
    )
