"""Data frames of Spark: to the byte what `mapper run` writes, and once into an outbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import mapper
from mapper.delivery.outbox.outbox_errors import OutboxError
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import DeadQuery
from tests.engines.corpus import lines_of, ran
from tests.engines.sessions import skip_without_spark
from tests.oracles.golden import ready
from tests.support.command import MAPPING, SEGMENT, call, event, ndjson

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

skip_without_spark()

from py4j.protocol import Py4JJavaError  # noqa: E402  # where there is Spark
from pyspark.errors import PySparkException  # noqa: E402  # where there is Spark

from mapper.spark import OutboxAccount, map_events, write_outbox  # noqa: E402

_ACCOUNT = OutboxAccount(environment={"PINTEREST_AD_ACCOUNT_ID": "549755885175"})
_RECIPIENT = "account=549755885175 at https://api.pinterest.com/v5"


@pytest.fixture(scope="module")
def small() -> mapper.Program:
    """The small mapping."""
    return mapper.compile_text(MAPPING, "small.yaml")


def _texts(spark: SparkSession, *events: Any) -> DataFrame:
    return spark.createDataFrame([(one,) for one in ndjson(*events).splitlines()], "value string")


def _held(outbox: Path) -> tuple[Counter[bytes], Counter[str]]:
    """The payloads in an outbox, and the reasons of its dead letters; what it counts agrees with them."""
    store = open_outbox(outbox)
    assert store.audit() == []
    (status,) = store.status()
    chunks = store.claim(status.account, 10**6, 10**9, 1e12)
    bodies = Counter(parcel.body for chunk in chunks for parcel in chunk.parcels)
    letters = Counter(f"{one.kind}: {one.reason}" for one in store.dead_letters(DeadQuery()))
    store.close()
    return bodies, letters


def test_payloads_and_rejects_are_those_of_mapper_run(spark: SparkSession, tmp_path: Path) -> None:
    """Files of broken lines, skips and rejections, cut into parts in the middle of their lines."""
    lines = lines_of("segment-ecommerce")
    feed, out, rejects = tmp_path / "events.ndjson", tmp_path / "payloads", tmp_path / "rejects"
    feed.write_bytes(b"\n".join(lines))
    assert call("run", SEGMENT, feed, "-o", out, "--rejects", rejects).exit_code == 0
    spark.conf.set("spark.sql.files.maxPartitionBytes", "60000")
    try:
        df = map_events(spark.read.text(str(feed), lineSep="\n"), ready("segment-ecommerce"))
        assert df.rdd.getNumPartitions() > 5
        rows = df.collect()
    finally:
        spark.conf.unset("spark.sql.files.maxPartitionBytes")
    payloads = [row.payload.encode() for row in rows if row.outcome == "payload"]
    assert payloads == out.read_bytes().splitlines()
    unsent = [(row.outcome, row.kind) for row in rows if row.outcome != "payload"]
    listed = [json.loads(line) for line in rejects.read_bytes().splitlines()]
    names = {"skipped": "skip", "rejected": "rejection"}
    assert unsent == [(names[one["outcome"]], one["reasons"][0]["kind"]) for one in listed]
    assert {"payload", "skip", "rejection"} == {row.outcome for row in rows}


def test_objects_times_and_kept_columns_go_through(spark: SparkSession) -> None:
    text = MAPPING.replace("event_time: at", "event_time: {from: [at, $meta.received_at]}")
    program = mapper.compile_text(text, "received.yaml")
    moment = datetime(2026, 5, 1, 10, tzinfo=UTC)
    rows = [
        (("order", "o-1", moment, {"total": "2"}, "a@b.example"), moment, b"\x00", [{"a": 1}]),
        (("order", "o-2", None, {}, None), moment, None, None),
        (None, None, None, []),
    ]
    kinds = "struct<type string, id string, at timestamp, total map<string,string>, email string>"
    df = spark.createDataFrame(
        rows, f"`the event` {kinds}, `at.1` timestamp, raw binary, more array<map<string,int>>"
    )
    found = map_events(
        df, program, event="the event", received_at="at.1", keep=["raw", "more", "at.1"]
    ).collect()
    assert [(row.event_id, row.event_time, row.kind) for row in found] == [
        ("o-1", 1_777_629_600, None),
        (None, None, "missing"),
        (None, None, "malformed"),
    ]
    assert found[0].raw == bytearray(b"\x00")
    assert (found[0].more, found[2].more) == ([{"a": 1}], [])
    assert found[0]["at.1"] == found[1]["at.1"] is not None


_WRONG: tuple[tuple[type[Exception], dict[str, Any], str], ...] = (
    (
        ValueError,
        {"event": "body"},
        "there is no column `body`; the columns are value, n, at, twice, twice, gap",
    ),
    (ValueError, {"event": "Value"}, "there is no column `Value`; the columns are value, n"),
    (ValueError, {"event": "twice"}, "several columns have the name `twice`"),
    (TypeError, {"event": "n"}, "column `n` has the type int; an event is JSON text"),
    (TypeError, {"received_at": "n"}, "column `n` has the type int; a time is a timestamp"),
    (
        ValueError,
        {"keep": ["outcome"]},
        "a result has a column `outcome` of its own; rename yours to keep it",
    ),
    (TypeError, {"keep": ["gap"]}, "column `gap` cannot be kept: Arrow has no such type; cast it first"),
    (TypeError, {"keep": "value"}, "keep must be a list of column names, not 'value'"),
)


@pytest.mark.parametrize(("error", "given", "said"), _WRONG)
def test_what_cannot_be_mapped_is_said_before_any_task(
    spark: SparkSession, small: mapper.Program, error: type[Exception], given: dict[str, Any], said: str
) -> None:
    df = spark.sql(
        "SELECT '{}' value, 1 n, timestamp_ntz'2026-05-01' at, 1 twice, 2 twice, make_interval(1) gap"
    )
    with pytest.raises(error) as raised:
        map_events(df, small, **given)
    assert said in str(raised.value)


def test_a_column_is_named_and_not_an_expression(spark: SparkSession, small: mapper.Program) -> None:
    from pyspark.sql import functions as F

    with pytest.raises(TypeError, match="keep must be a list of column names"):
        map_events(_texts(spark, event(1)), small, keep=[F.col("value")])


def test_metrics_are_a_group_by_over_the_result(spark: SparkSession, small: mapper.Program) -> None:
    """Whatever is asked of a result, and how often: nothing counts an event twice."""
    df = map_events(_texts(spark, *[event(n) for n in range(40)], *["{"] * 5, {"type": "no"}), small)
    counts = df.groupBy("outcome", "kind").count()
    for _ in range(2):
        assert {(row.outcome, row.kind): row["count"] for row in counts.collect()} == {
            ("payload", None): 40,
            ("rejection", "malformed"): 5,
            ("skip", "unmapped"): 1,
        }


def test_another_python_is_refused_before_spark_starts_it(
    spark: SparkSession, small: mapper.Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    df = _texts(spark, event(1))
    monkeypatch.delenv("PYSPARK_PYTHON")
    monkeypatch.setattr(spark.sparkContext, "pythonExec", "/usr/bin/env")
    with pytest.raises(RuntimeError) as raised:
        map_events(df, small)
    assert str(raised.value) == (
        "PYSPARK_PYTHON is not set, so Spark would run `/usr/bin/env`: start again with"
        f" PYSPARK_PYTHON={sys.executable}"
    )
    monkeypatch.setattr(spark.sparkContext, "pythonExec", sys.executable)
    assert map_events(df, small).count() == 1


_EXECUTOR = """
import pickle, sys
sys.modules[sys.argv[2]] = None
print(*pickle.load(open(sys.argv[1], "rb"))(iter(())))
"""


@pytest.mark.parametrize("lacking", ["mapper", "msgspec", "orjson", "no package"])
def test_an_executor_that_lacks_a_package_says_so_in_one_sentence(
    small: mapper.Program, tmp_path: Path, lacking: str
) -> None:
    """As Spark sends it, and to a Python that cannot import some package; without orjson it works too."""
    from pyspark.serializers import CloudPickleSerializer

    from mapper.arrow import ArrowMapper
    from mapper.engines.data_frames import on_executors

    (tmp_path / "sent").write_bytes(CloudPickleSerializer().dumps(on_executors(ArrowMapper(small))))
    words = [sys.executable, "-c", _EXECUTOR, str(tmp_path / "sent"), lacking]
    ran = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
    if lacking in ("orjson", "no package"):
        assert (ran.returncode, ran.stdout) == (0, "\n")
        return
    assert ran.stderr.splitlines()[-1] == (
        f"RuntimeError: {sys.executable} on this executor cannot import {lacking}; install version"
        f" {mapper.__version__} of this package, with its extra `spark`, in the Python of all executors"
    )


def test_an_outbox_has_what_mapper_send_would_keep(spark: SparkSession, tmp_path: Path) -> None:
    lines, program, outbox = lines_of("segment-ecommerce"), ready("segment-ecommerce"), tmp_path / "outbox"
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(lines))
    df = map_events(spark.read.text(str(tmp_path / "events.ndjson"), lineSep="\n"), program)
    written = write_outbox(df, str(outbox), _ACCOUNT, query="all")
    expected = ran(program, lines)
    rejected = [one for one in expected.rejects if one["outcome"] == "rejected"]
    whys = Counter(
        "{}: {}".format(one["reasons"][0]["kind"], "; ".join(map(_reason, one["reasons"])))
        for one in rejected
    )
    assert _held(outbox) == (Counter(expected.payloads), whys)
    assert written == (len(expected.payloads), len(rejected), len(expected.rejects) - len(rejected))
    assert write_outbox(df, str(outbox), _ACCOUNT, query="all") == written
    assert _held(outbox) == (Counter(expected.payloads), whys)
    store = open_outbox(outbox)
    (status,) = store.status()
    assert (str(status.account), status.counts.skipped) == (
        f"pinterest/conversions-v5 default, {_RECIPIENT}",
        written.skips,
    )
    store.close()


def _reason(one: dict[str, str]) -> str:
    return f"{one['path']}: {one['message']}" if one["path"] else one["message"]


def test_how_a_frame_is_cut_makes_no_difference_to_what_is_kept(
    spark: SparkSession, small: mapper.Program, tmp_path: Path
) -> None:
    """A batch that is tried again on a larger cluster has other partitions, in another order."""
    outbox = str(tmp_path / "outbox")
    df = _texts(spark, *[event(n) for n in range(300)], *[event(7)] * 3, "{", "{")
    written = write_outbox(map_events(df.repartition(5), small), outbox, _ACCOUNT, query="q")
    assert written == (303, 2, 0)
    again = map_events(df.orderBy("value").coalesce(1), small)
    assert write_outbox(again, outbox, _ACCOUNT, query="q") == written
    bodies, letters = _held(Path(outbox))
    assert (sum(bodies.values()), sum(letters.values())) == (303, 2)
    with pytest.raises(Exception, match="batch 0 of `q` was begun with other rows"):
        write_outbox(again.limit(250), outbox, _ACCOUNT, query="q")
    assert _held(Path(outbox)) == (bodies, letters)


def test_what_cannot_be_written_is_said_before_any_task(
    spark: SparkSession, small: mapper.Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyspark.sql import functions as F

    df, outbox = map_events(_texts(spark, event(1)), small), str(tmp_path / "outbox")
    monkeypatch.delenv("PINTEREST_AD_ACCOUNT_ID", raising=False)
    with pytest.raises(RuntimeError, match="PINTEREST_AD_ACCOUNT_ID"):
        write_outbox(df, outbox, query="q")
    with pytest.raises(ValueError, match="name what is written"):
        write_outbox(df, outbox, _ACCOUNT)
    with pytest.raises(ValueError, match="have no column `notes`; write what"):
        write_outbox(df.drop("notes"), outbox, _ACCOUNT, query="q")
    plain = df.withColumn("payload", F.lower("payload"))
    with pytest.raises(ValueError, match="does not say which mapping made it"):
        write_outbox(plain, outbox, _ACCOUNT, query="q")
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        write_outbox(df, str(tmp_path / "file" / "outbox"), _ACCOUNT, query="q")
    monkeypatch.setattr(spark.sparkContext, "master", "spark://host:7077")
    with pytest.raises(RuntimeError, match=r"the master is spark://host:7077; keep it in PostgreSQL"):
        write_outbox(df, outbox, _ACCOUNT, query="q")


def test_an_outbox_can_be_in_a_database(
    spark: SparkSession, small: mapper.Program, postgres_address: str
) -> None:
    from mapper.delivery.outbox.postgres import open_postgres

    df = map_events(_texts(spark, *map(event, range(300)), "{", {"type": "no"}), small)
    for _ in range(2):
        assert write_outbox(df, postgres_address, _ACCOUNT, query="q") == (300, 1, 1)
    with pytest.raises(Exception, match="batch 0 of `q` was begun with other rows"):
        write_outbox(df.limit(200), postgres_address, _ACCOUNT, query="q")
    with pytest.raises(OutboxError, match="the outbox's address holds a password"):
        write_outbox(df, "postgresql://me:secret@127.0.0.1/db", _ACCOUNT, query="q")
    with closing(open_postgres(postgres_address)) as store:
        (status,) = store.status()
        with store.own(status.account):
            chunks = store.claim(status.account, 1000, 10**7, time.time())
    assert {len({parcel.body for chunk in chunks for parcel in chunk.parcels})} == {300}
    assert (status.counts.accepted, status.counts.dead, status.counts.skipped) == (301, 1, 1)


def test_results_can_wait_in_parquet_before_they_are_written(
    spark: SparkSession, small: mapper.Program, tmp_path: Path
) -> None:
    map_events(_texts(spark, *map(event, range(20))), small).write.parquet(str(tmp_path / "mapped"))
    written = write_outbox(
        spark.read.parquet(str(tmp_path / "mapped")), str(tmp_path / "o"), _ACCOUNT, query="q"
    )
    assert written == (20, 0, 0)


def test_a_stream_is_written_batch_by_batch(
    spark: SparkSession, small: mapper.Program, tmp_path: Path
) -> None:
    """Also where it stops and goes on, with no name of its own: its checkpoint gives it one."""
    (tmp_path / "in").mkdir()
    outbox = str(tmp_path / "outbox")
    seen: list[tuple[int, tuple[int, ...]]] = []
    for part in range(3):
        (tmp_path / f"in/{part}.ndjson").write_text(
            ndjson(*map(event, range(part * 50, part * 50 + 50)), "{")
        )
        stream = map_events(spark.readStream.text(str(tmp_path / "in"), lineSep="\n"), small)
        with pytest.raises(ValueError, match="a stream is written batch by batch"):
            write_outbox(stream, outbox, _ACCOUNT)
        writer = stream.writeStream.foreachBatch(
            lambda rows, batch: seen.append((batch, write_outbox(rows, outbox, _ACCOUNT)))
        )
        writer = writer.option("checkpointLocation", str(tmp_path / "checkpoint"))
        writer.trigger(availableNow=True).start().awaitTermination()
    assert seen == [(part, (50, 1, 0)) for part in range(3)]
    bodies, letters = _held(Path(outbox))
    assert Counter(json.loads(body)["event_id"] for body in bodies.elements()) == {
        f"o-{number}": 1 for number in range(150)
    }
    assert sum(letters.values()) == 3


def test_a_stream_may_have_a_name_and_a_lost_checkpoint_is_noticed(
    spark: SparkSession, small: mapper.Program, tmp_path: Path
) -> None:
    outbox, failed = str(tmp_path / "outbox"), []
    (tmp_path / "in").mkdir()

    def run(checkpoint: str) -> None:
        stream = map_events(spark.readStream.text(str(tmp_path / "in"), lineSep="\n"), small)

        def write(rows: DataFrame, batch: int) -> None:
            try:
                write_outbox(rows, outbox, _ACCOUNT, query="orders")
            except Exception as error:
                failed.append(str(error))

        writer = stream.writeStream.foreachBatch(write).option(
            "checkpointLocation", str(tmp_path / checkpoint)
        )
        writer.trigger(availableNow=True).start().awaitTermination()

    for part in range(2):
        (tmp_path / f"in/{part}").write_text(ndjson(event(part)))
        run("one")
    assert failed == []
    run("two")
    (said,) = failed
    assert "batch 1 of `orders` is in the outbox, and this is batch 0" in said
    assert sum(_held(Path(outbox))[0].values()) == 2


def test_a_task_that_fails_and_a_python_that_is_killed_lose_nothing(
    spark: SparkSession, small: mapper.Program, tmp_path: Path
) -> None:
    """In local mode the Python of a task is killed: Spark tries the task again."""

    def fail_first(batches: Iterator[Any]) -> Iterator[Any]:
        """Fails each first try of a task once it has given a batch, by an error or by a kill."""
        import os
        import signal

        from pyspark import TaskContext

        for batch in batches:
            yield batch
            context = TaskContext.get()
            if context is not None and context.attemptNumber() == 0:
                if context.partitionId() % 2:
                    os.kill(os.getpid(), signal.SIGKILL)
                raise RuntimeError("failed on purpose")

    outbox = str(tmp_path / "outbox")
    df = _texts(spark, *map(event, range(400))).repartition(4).mapInArrow(fail_first, "value string")
    mapped = map_events(df, small).mapInArrow(fail_first, map_events(df, small).schema)
    done = threading.Event()
    killer = threading.Thread(target=_kill_pythons, args=(done,))
    killer.start()
    try:
        for _ in range(5):
            try:
                written = write_outbox(mapped, outbox, _ACCOUNT, query="q")
                break
            except (PySparkException, Py4JJavaError):  # four tries of one task were killed
                done.set()
    finally:
        done.set()
        killer.join()
    assert written == (400, 0, 0)
    bodies, _ = _held(Path(outbox))
    assert Counter(json.loads(body)["event_id"] for body in bodies.elements()) == {
        f"o-{number}": 1 for number in range(400)
    }


def _kill_pythons(done: threading.Event) -> None:
    """Kill the Python processes of tasks now and then, some ten of them."""
    for _ in range(10):
        if done.wait(0.4):
            return
        for process in _task_pythons():
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
            break


def _task_pythons() -> list[int]:
    """The processes below this one that work on tasks: those of a daemon that Java started."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
        except OSError:
            continue
        parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    below, frontier = [], {os.getpid()}
    for _ in range(3):  # Java, the daemon, and what the daemon forks
        frontier = {child for child, parent in parents.items() if parent in frontier}
        below = sorted(frontier)
    return below


def test_events_of_persons_on_a_list_are_skipped_as_mapper_run_skips_them(
    spark: SparkSession, small: mapper.Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    events = [event(number) for number in range(6)]
    Path("small.yaml").write_text(MAPPING)
    Path("events.ndjson").write_text(ndjson(*events))
    Path("people.csv").write_text("email\nada2@example.com\nada5@example.com\n")
    assert call("suppress", "build", "people.csv", "-o", "people.sup").exit_code == 0
    ran = call("run", "small.yaml", "events.ndjson", "--suppress", "people.sup")
    rows = map_events(_texts(spark, *events), small, suppress=["people.sup"]).collect()
    payloads = [row["payload"] for row in rows if row["outcome"] == "payload"]
    assert payloads == ran.stdout.splitlines()
    assert [row["kind"] for row in rows if row["outcome"] == "skip"] == ["suppressed"] * 2
    with pytest.raises(TypeError, match="suppress must be a list of files"):
        map_events(_texts(spark, *events), small, suppress="people.sup")
    # An executor that has read a list keeps it, so this is one of its own.
    Path("gone.sup").write_bytes(Path("people.sup").read_bytes())
    Path("gone.sup").chmod(0o600)
    mapped = map_events(_texts(spark, *events), small, suppress=["gone.sup"])
    Path("gone.sup").unlink()
    with pytest.raises(PySparkException, match="each executor needs it at the same path"):
        mapped.collect()
