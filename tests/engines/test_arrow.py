"""Batches of Arrow: to the byte what `mapper run` makes of the events, and no batch fails for one row."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import mapper
from tests.engines.corpus import RECEIVED_AT, lines_of, ran
from tests.oracles.golden import MAPPING_OF, ready
from tests.support.command import MAPPING, event
from tests.support.depth import some

pa = pytest.importorskip("pyarrow")
from mapper.arrow import ArrowMapper  # noqa: E402  # it needs pyarrow
from mapper.feeds import Broken  # noqa: E402
from mapper.feeds.columns import texts_of  # noqa: E402
from mapper.suppression.building import PersonRow, build_list  # noqa: E402  # after pyarrow, as the others
from mapper.suppression.listing import digest_of  # noqa: E402  # after pyarrow, as the others
from mapper.values.safe_text import SafeText  # noqa: E402

_OUTCOMES = {"skip": "skipped", "rejection": "rejected"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> mapper.Program:
    """The small mapping."""
    path = tmp_path_factory.mktemp("mapping") / "small.yaml"
    path.write_text(MAPPING)
    return mapper.compile_mapping(path)


def _batch(values: list[Any], kind: Any = None, **more: Any) -> Any:
    return pa.record_batch({"value": pa.array(values, kind), **more})


def _small_lines() -> list[str]:
    texts = (event(1), event(2, total="?"), {"type": "return"}, {"type": "order"}, event(3))
    return [json.dumps(one) for one in texts]


_KINDS = ("binary", "large_binary", "binary_view")


@pytest.mark.parametrize(("mapping", "kind"), some([*product(sorted({*MAPPING_OF.values()}), _KINDS)], 10))
def test_payloads_and_reasons_are_those_of_a_run(mapping: str, kind: str) -> None:
    lines, program = lines_of(mapping), ready(mapping)
    received_at = pa.array([RECEIVED_AT] * len(lines))
    batch = _batch([*lines], getattr(pa, kind)(), at=received_at, row=pa.array(range(1, len(lines) + 1)))
    rows = ArrowMapper(program, received_at="at", keep=["row"])(batch).to_pylist()
    expected = ran(program, lines)
    assert [row["payload"].encode() for row in rows if row["outcome"] == "payload"] == expected.payloads
    unsent = [row for row in rows if row["outcome"] != "payload"]
    assert [(row["row"], _OUTCOMES[row["outcome"]]) for row in unsent] == [
        (one["line"], one["outcome"]) for one in expected.rejects
    ]
    for row, one in zip(unsent, expected.rejects, strict=True):
        assert _reasons(row) == [_without_line(reason) for reason in one["reasons"]]
    assert {"payload", "rejection"} <= {row["outcome"] for row in rows}


def _reasons(row: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """The reasons of a row, as the rejects of a run have them."""
    first = (row["kind"], row["path"] or "", row["place"] or "", row["event_name"] or row["reason"])
    if row["outcome"] == "skip":
        return [first]
    keys = ("kind", "path", "place", "reason")
    reasons = [tuple(note[key] or "" for key in keys) for note in row["notes"] if note["decides"]]
    assert first == reasons[0]
    return reasons  # type: ignore[return-value]  # four texts each


def _without_line(reason: dict[str, str]) -> tuple[str, str, str, str]:
    """A line that holds no event has the feed's name and its number for a place, which a batch has not."""
    place = "" if reason["place"].startswith("lines:") else reason["place"]
    return reason["kind"], reason["path"], place, reason["message"]


def test_a_payload_comes_with_its_name_id_time_section_and_notes(small: mapper.Program) -> None:
    (row,) = ArrowMapper(small)(_batch([json.dumps(event(1))])).to_pylist()
    payload = json.loads(row["payload"])
    assert row["event_name"] == payload["event_name"] == "checkout"
    assert (row["event_id"], row["event_time"]) == (payload["event_id"], payload["event_time"])
    assert row["section"].startswith(f"{small.code.places[0][1].partition(':')[0]}:")
    assert [row[name] for name in ("kind", "reason", "path", "place")] == [None] * 4
    noted = mapper.compile_text(
        MAPPING.replace("value: total", "value: total, num_items: items"), "noted.yaml"
    )
    (row,) = ArrowMapper(noted)(_batch([json.dumps(event(1, items="some"))])).to_pylist()
    assert row["outcome"] == "payload"
    (note,) = row["notes"]
    assert (note["kind"], note["path"], note["decides"]) == ("invalid", "custom_data.num_items", False)


def test_the_schema_is_stated_before_any_batch_and_kept_by_each(small: mapper.Program) -> None:
    given = _batch(_small_lines(), at=pa.array([None] * 5, pa.timestamp("us", "UTC")))
    arrow_mapper = ArrowMapper(small, received_at="at", keep=("at", "value"))
    assert arrow_mapper(given).schema.equals(arrow_mapper.schema(given.schema), check_metadata=True)
    assert arrow_mapper(given.slice(0, 0)).schema == arrow_mapper.schema(given.schema)
    assert arrow_mapper.schema(given.schema).names == [
        *("outcome", "event_name", "event_id", "event_time", "payload", "kind", "reason", "path", "place"),
        *("section", "notes", "at", "value"),
    ]


def test_an_event_that_splits_has_a_row_for_each_part_beside_each_other() -> None:
    split = mapper.compile_text(MAPPING + "split: orders\n", "split.yaml")
    parts = [event(1), {"type": "return"}, event(2)]
    batch = _batch(
        [json.dumps({"orders": parts}), "", json.dumps({"orders": [event(3)]})], n=pa.array([7, 8, 9])
    )
    rows = ArrowMapper(split, keep=["n"])(batch).to_pylist()
    assert [(row["n"], row["outcome"], row["event_id"]) for row in rows] == [
        *((7, "payload", "o-1"), (7, "skip", None), (7, "payload", "o-2"), (9, "payload", "o-3")),
    ]


@pytest.mark.parametrize(
    "kind", ["string", "large_string", "string_view", "binary", "dictionary", "json", "chunks of a table"]
)
def test_text_may_be_of_every_type_of_text(small: mapper.Program, kind: str) -> None:
    lines, arrow_mapper = _small_lines(), ArrowMapper(small)
    expected = arrow_mapper(_batch(lines)).to_pylist()
    if kind == "chunks of a table":
        table = pa.table({"value": pa.chunked_array([lines[:2], lines[2:]])})
        assert arrow_mapper.map_table(table).to_pylist() == expected
        return
    if kind == "dictionary":
        column = pa.array(lines).dictionary_encode()
    elif kind == "json":
        column = pa.ExtensionArray.from_storage(pa.json_(), pa.array(lines))
    else:
        column = pa.array(lines, getattr(pa, kind)())
    kept = ArrowMapper(small, keep=["value"])(pa.record_batch({"value": column})).to_pylist()
    assert [{name: row[name] for name in expected[0]} for row in kept] == expected


def test_objects_count_as_the_same_values_of_python_do(small: mapper.Program) -> None:
    moment = datetime(2026, 5, 1, 10, tzinfo=UTC)
    values: list[dict[str, Any]] = [
        {"type": "order", "id": "o-1", "at": moment, "total": Decimal("72.390"), "email": "a@b.example"},
        {"type": "order", "id": "o-2", "at": moment, "total": None, "email": "a@b.example"},
        {"type": "return", "id": None, "at": None, "total": None, "email": None},
    ]
    kind = pa.struct(
        [
            *(
                ("type", pa.string()),
                ("id", pa.large_string()),
                ("at", pa.timestamp("ns", "Europe/Berlin")),
            ),
            *(("total", pa.decimal128(12, 3)), ("email", pa.string())),
        ]
    )
    rows = ArrowMapper(small)(_batch(values, kind)).to_pylist()
    outcomes = [one for value in values for one in small.apply(value)]
    assert len(rows) == len(outcomes) == 3
    for row, outcome in zip(rows, outcomes, strict=True):
        assert (None if row["payload"] is None else json.loads(row["payload"])) == outcome.payload
    assert rows[0]["outcome"] == "payload"


def test_objects_may_hold_maps_lists_dates_and_bytes() -> None:
    text = MAPPING.replace("value: total", "value: props.total, order_id: 'days[0]'")
    program = mapper.compile_text(text, "nested.yaml")
    kind = pa.struct(
        [
            *(("type", pa.string()), ("id", pa.binary()), ("at", pa.string()), ("email", pa.string())),
            *(("props", pa.map_(pa.string(), pa.string())), ("days", pa.list_(pa.date32()))),
        ]
    )
    made = {**event(1), "id": b"o-1", "props": [("total", "1"), ("total", "2")], "days": [date(2026, 5, 1)]}
    made = {name: made.get(name) for name in kind.names}
    (row,) = ArrowMapper(program)(_batch([made], kind)).to_pylist()
    payload = json.loads(row["payload"])
    assert payload["event_id"] == "o-1"
    assert payload["custom_data"]["order_id"] == "2026-05-01"
    assert payload["custom_data"]["value"] == "2"


def test_a_row_that_holds_no_event_costs_itself_only(small: mapper.Program) -> None:
    """A null, text that is no UTF-8, and a time that Python does not have."""
    good = event(1)
    kind = pa.struct([("type", pa.string()), ("id", pa.string()), ("at", pa.timestamp("s", "UTC"))])
    far = pa.array([1_777_629_600, 2**50, None], pa.int64()).cast(pa.timestamp("s", "UTC"))
    not_text = pa.array([b"o-1", b"\xff", b"o-3"]).view(pa.string())
    column = pa.StructArray.from_arrays(
        [pa.array(["order"] * 3), not_text, far], fields=[*kind], mask=pa.array([False, False, True])
    )
    rows = ArrowMapper(small)(pa.record_batch({"value": column})).to_pylist()
    assert [row["reason"] for row in rows][1:] == [
        "an event must be a JSON object, with no bytes in it, as at `id`",
        "null, not a JSON object",
    ]
    late = column.take(pa.array([0])).field(0)
    column = pa.StructArray.from_arrays([late, pa.array(["o-1"]), far.slice(1, 1)], fields=[*kind])
    (row,) = ArrowMapper(small)(pa.record_batch({"value": column})).to_pylist()
    assert (row["reason"], row["path"]) == (
        "not an ISO 8601 time or a number; set `format`",
        "event_time",
    )
    rows = ArrowMapper(small)(_batch([json.dumps(good), None, "", "  "])).to_pylist()
    assert [(row["outcome"], row["kind"]) for row in rows] == [("payload", None), ("rejection", "malformed")]
    (row,) = ArrowMapper(small)(_batch([None])).to_pylist()
    assert row["outcome"] == "rejection"


_COUNT = pa.array([1, 2], pa.int64())
_PARTS = [pa.array([1, 2], pa.time64("ns")), pa.array(["é", "x"])]
_CODES, _PLACES = pa.array([0, 1], pa.int8()), pa.array([0, 1], pa.int32())
# A column with two rows: the JSON of each, or a part of why there is none.
_RARE: list[tuple[Any, list[Any]]] = [
    (_COUNT.view(pa.duration("ns")), ["timedelta in it"] * 2),
    (pa.array([2**60, None], pa.int64()).view(pa.duration("s")), ["timedelta in it", None]),
    (pa.array([[1], None], pa.list_view(pa.time64("ns"))), [["00:00:00"], None]),
    (pa.array([[1], [None]], pa.large_list_view(pa.duration("ns"))), ["timedelta in it", [None]]),
    (pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), _PARTS[0].slice(0, 1)), ["00:00:00"] * 2),
    (pa.UnionArray.from_sparse(_CODES, _PARTS), ["00:00:00", "x"]),
    (pa.UnionArray.from_dense(_CODES, _PLACES, _PARTS, ["a", "b"], [0, 1]), ["00:00:00", "x"]),
    (
        pa.UnionArray.from_dense(pa.array([7, 5], pa.int8()), _PLACES, _PARTS, ["a", "b"], [7, 5]),
        ["00:00:00", "x"],
    ),
    (pa.array([[([1], 1)], []], pa.map_(pa.list_(pa.int8()), pa.int8())), ["tuple in it", {}]),
    (pa.array([[({"a": 1}, 1)], []], pa.map_(pa.struct([("a", pa.int8())]), pa.int8())), ["tuple in it", {}]),
]


@pytest.mark.parametrize(("column", "expected"), _RARE, ids=lambda one: str(getattr(one, "type", "")))
@pytest.mark.parametrize("cut", [slice(0, 2), slice(1, 2)], ids=["whole", "cut"])
def test_rare_types_cost_no_more_than_their_own_rows(column: Any, expected: list[Any], cut: slice) -> None:
    whole = pa.StructArray.from_arrays([column], ["v"], mask=pa.array([False, False]))
    null = pa.StructArray.from_arrays([column], ["v"], mask=pa.array([False, True]))
    for (_, text), due in zip(texts_of(whole[cut]), expected[cut], strict=True):
        if isinstance(text, Broken):
            assert due in text.reason
        else:
            assert json.loads(text) == ({} if due is None else {"v": due})
    assert [text for _, text in texts_of(null)][1] == Broken(
        2, "malformed", SafeText("null, not a JSON object")
    )


def test_what_is_nested_deeper_than_an_event_costs_its_rows() -> None:
    column = pa.array([1, 2])
    for _ in range(1500):
        column = pa.StructArray.from_arrays([column], ["v"])
    reasons = [text.reason for _, text in texts_of(column) if isinstance(text, Broken)]
    assert reasons == ["nested deeper than 256 levels"] * 2


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (["2026-05-01T10:00:00Z"], "2026-05-01T10:00:00Z"),
        (pa.array([datetime(2026, 5, 1, 10, tzinfo=UTC)], pa.timestamp("ms", "America/New_York")), None),
        (pa.array([1_777_629_600], pa.timestamp("s", "UTC")), None),
        (pa.array([1_777_629_600 * 10**9 + 1], pa.timestamp("ns", "UTC")), None),
    ],
)
def test_the_time_of_receipt_comes_from_its_column(times: Any, expected: str | None) -> None:
    program = mapper.compile_text(
        MAPPING.replace("event_time: at", "event_time: $meta.received_at"), "received.yaml"
    )
    batch = _batch([json.dumps(event(1))], at=times if expected is None else pa.array(times))
    (row,) = ArrowMapper(program, received_at="at")(batch).to_pylist()
    assert row["event_time"] == 1_777_629_600
    (row,) = ArrowMapper(program, received_at="at")(
        _batch([json.dumps(event(1))], at=pa.array([None]))
    ).to_pylist()
    assert (row["outcome"], row["path"]) == ("rejection", "event_time")


def test_a_line_of_a_batch_is_none_of_a_feed() -> None:
    """`$meta.line` would differ with how an engine cuts its batches."""
    program = mapper.compile_text(
        MAPPING.replace("value: total", "value: total, num_items: $meta.line"), "line.yaml"
    )
    (row,) = ArrowMapper(program)(_batch([json.dumps(event(1))])).to_pylist()
    assert "num_items" not in json.loads(row["payload"])["custom_data"]


_NAIVE = pa.array([1], pa.timestamp("us"))
_WRONG: tuple[tuple[type[Exception], dict[str, Any], str], ...] = (
    (ValueError, {"event": "payload"}, "there is no column `payload`; the columns are value, at, n"),
    (ValueError, {"received_at": "when"}, "there is no column `when`; the columns are value, at, n"),
    (ValueError, {"keep": ["when"]}, "there is no column `when`; the columns are value, at, n"),
    (TypeError, {"event": "n"}, "column `n` cannot be read: its type is int64; an event is JSON text"),
    (TypeError, {"received_at": "at"}, "column `at` cannot be read: its type is timestamp[us]; a time is"),
    (TypeError, {"keep": "n"}, "keep must be a list of column names, not 'n'"),
    (TypeError, {"keep": [object()]}, "keep must be a list of column names"),
    (ValueError, {"keep": ["payload"]}, "a result has a column `payload` of its own; rename yours to keep"),
    (ValueError, {"keep": ["n", "n"]}, "keep names a column twice: n, n"),
)


@pytest.mark.parametrize(("error", "given", "said"), _WRONG)
def test_what_cannot_be_read_is_said_in_one_sentence(
    small: mapper.Program, error: type[Exception], given: dict[str, Any], said: str
) -> None:
    with pytest.raises(error) as raised:
        ArrowMapper(small, **given)(_batch(["{}"], at=_NAIVE, n=pa.array([1])))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_program_in_its_raw_form_gets_the_guard() -> None:
    text = MAPPING.replace("email}", "email, click_id: note}")
    raw, lines = (
        mapper.compile_text(text, "raw.yaml", guard=False),
        [json.dumps(event(1, note="a@b.example"))],
    )
    (row,) = ArrowMapper(raw)(_batch(lines)).to_pylist()
    assert "a@b.example" in json.dumps(raw.apply_json(lines[0].encode())[0].payload)
    assert "a@b.example" not in str(row)
    assert [note["kind"] for note in row["notes"]] == ["guard"]


def test_a_program_is_no_file() -> None:
    with pytest.raises(TypeError, match=r"program must be what mapper\.compile_mapping gives"):
        ArrowMapper("orders.yaml")  # type: ignore[arg-type]  # what the test is about


def test_columns_with_the_same_name_are_not_guessed_between(small: mapper.Program) -> None:
    batch = pa.RecordBatch.from_arrays([pa.array(["{}"]), pa.array(["{}"])], names=["value", "value"])
    with pytest.raises(ValueError, match="several columns have the name `value`"):
        ArrowMapper(small)(batch)


def test_large_batches_are_mapped_in_parts(small: mapper.Program) -> None:
    long = json.dumps({**event(1), "note": "x" * 900_000})
    batch = _batch([long] * 40, n=pa.array(range(40)))
    made = list(ArrowMapper(small, keep=["n"]).map_batches([batch]))
    assert len(made) > 1
    assert [row["n"] for one in made for row in one.to_pylist()] == list(range(40))


_OTHER_PROCESS = """
import pickle, sys, pyarrow as pa
arrow_mapper = pickle.loads(open(sys.argv[1], "rb").read())
with pa.ipc.open_stream(sys.argv[2]) as batches, pa.OSFile(sys.argv[3], "wb") as out:
    batch = arrow_mapper(batches.read_next_batch())
    with pa.ipc.new_stream(out, batch.schema) as stream:
        stream.write_batch(batch)
"""


def test_another_process_maps_the_same(tmp_path: Path) -> None:
    lines, program = lines_of("segment-ecommerce"), ready("segment-ecommerce")
    arrow_mapper, batch = ArrowMapper(program, keep=["n"]), _batch([*lines], n=pa.array(range(len(lines))))
    with pa.OSFile(str(tmp_path / "in"), "wb") as out, pa.ipc.new_stream(out, batch.schema) as stream:
        stream.write_batch(batch)
    (tmp_path / "mapper").write_bytes(pickle.dumps(arrow_mapper))
    paths = [str(tmp_path / name) for name in ("mapper", "in", "out")]
    subprocess.run([sys.executable, "-c", _OTHER_PROCESS, *paths], check=True, cwd=tmp_path)
    with pa.ipc.open_stream(paths[2]) as made:
        assert made.read_next_batch().to_pylist() == arrow_mapper(batch).to_pylist()


def test_events_of_persons_on_a_list_are_skipped(small: mapper.Program, tmp_path: Path) -> None:
    path = str(tmp_path / "people.sup")
    build_list([PersonRow(1, (digest_of("ada3@example.com"),), False)], path, skip_invalid=False)
    made = ArrowMapper(small, suppress=[path])
    expected = [row["outcome"] for row in ArrowMapper(small)(_batch(_small_lines())).to_pylist()]
    assert expected[-1] == "payload"
    for mapped in (made, pickle.loads(pickle.dumps(made))):
        rows = mapped(_batch(_small_lines())).to_pylist()
        assert [row["outcome"] for row in rows] == [*expected[:-1], "skip"]
    with pytest.raises(TypeError, match="suppress must be a list of files"):
        ArrowMapper(small, suppress=path)
    with pytest.raises(OSError, match="No such file"):
        ArrowMapper(small, suppress=[f"{path}.gone"])
