"""What is wrong around `mapper consume`: one clear sentence, what to do, and a status; nothing is skipped."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event
from urllib.request import urlopen

import pytest

from tests.support.depth import some

pytest.importorskip("confluent_kafka")

from confluent_kafka import KafkaError

from mapper.consuming import client
from mapper.consuming.client import KafkaClient
from mapper.consuming.failures import KafkaFailure
from mapper.consuming.settings import ConsumerOptions, SettingsFile, read_settings
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Feed
from mapper.delivery.setup_failure import SetupFailure
from tests.cli.test_send import CREDENTIALS
from tests.consuming.consuming import TOPIC, Setting, parcels, places, setting
from tests.delivery.deliveries import free_port
from tests.support.command import MAPPING, call, event
from tests.support.waiting import wait_until

_SECRET = "hunter-2-canary"


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Setting]:
    """A topic of one partition."""
    with setting(tmp_path) as found:
        yield found


# Records that are gone


def test_expired_records_stop_it_until_a_person_says_to_go_on(one: Setting) -> None:
    one.cluster.produce(TOPIC, map(event, range(10)))
    one.run("--no-deliver", until=10)
    one.cluster.produce(TOPIC, map(event, range(10, 30)))
    one.cluster.expire(TOPIC, 0, 25)
    said = one.start("--no-deliver").ended(65)
    assert f"partition 0 of {TOPIC}: 15 records, offsets 10 to 24, expired before they were read" in said
    assert "--on-gap continue" in said
    assert len(places(one.outbox)) == 10
    metrics = one.folder / "metrics"
    said = one.run("--no-deliver", "--on-gap", "continue", "--metrics", metrics, until=15)
    assert "15 records, offsets 10 to 24" in said
    assert [record for _, record in places(one.outbox)] == [*range(10), *range(25, 30)]
    assert "mapper_kafka_lost_records_total{" in metrics.read_text()


def test_metrics_and_health_are_answered(one: Setting) -> None:
    one.cluster.produce(TOPIC, map(event, range(3)))
    port = free_port()
    process = one.start("--no-deliver", "--jobs", 2, "--listen", port)

    def asked(path: str) -> str:
        try:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    wait_until(lambda: 'mapper_kafka_records_total{topic="orders"} 3' in asked("/metrics"))
    assert (asked("/readyz"), asked("/healthz")) == ("ready\n", "ok\n")
    assert f"metrics on http://127.0.0.1:{port}/metrics" in process.end()


def test_that_only_accepted_records_expired_is_no_gap(one: Setting) -> None:
    one.cluster.produce(TOPIC, map(event, range(10)))
    one.run("--no-deliver", until=10)
    one.cluster.expire(TOPIC, 0, 10)
    one.cluster.produce(TOPIC, map(event, range(10, 15)))
    one.run("--no-deliver", until=15)
    assert [record for _, record in places(one.outbox)] == [*range(15)]


@pytest.mark.parametrize("records", some([3, 40], 1))
def test_a_topic_created_again_is_not_taken_for_the_old_one(one: Setting, records: int) -> None:
    one.cluster.produce(TOPIC, map(event, range(12)))
    one.run("--no-deliver", until=12)
    one.cluster.delete(TOPIC)
    one.cluster.create(TOPIC)
    one.cluster.produce(TOPIC, map(event, range(100, 100 + records)))
    said = one.start("--no-deliver").ended(65)
    assert f"partition 0 of {TOPIC} was read up to offset 11, and does not hold that record any more" in said
    assert len(places(one.outbox)) == 12
    one.run("--no-deliver", "--on-gap", "continue", until=12 + records)
    assert [record for _, record in places(one.outbox)] == sorted([*range(12), *range(records)])
    one.cluster.produce(TOPIC, map(event, range(200, 203)))  # from now on it is the topic that was read
    one.run("--no-deliver", until=15 + records)
    assert len(places(one.outbox)) == 15 + records


def test_reading_from_the_end_leaves_nothing_out_later(tmp_path: Path) -> None:
    with setting(tmp_path, 3) as three:
        for partition in range(3):
            three.cluster.produce(TOPIC, map(event, range(5)), partition)
        consumer = three.start("--no-deliver", "--start", "latest")
        wait_until(lambda: consumer.is_over or "reading partitions 0, 1, 2" in consumer.said)
        consumer.end()
        with closing(open_outbox(three.outbox)) as store:  # as if the topic had two partitions then
            last = store.feeds()[2]
            store.forget(Feed(last.account, last.mapping, _name_of(three, 2)))
        for partition in range(3):
            three.cluster.produce(TOPIC, map(event, range(5, 9)), partition)
        three.run("--no-deliver", "--start", "latest", until=17)
        new = [(f"{TOPIC}/{partition}", record) for partition in range(2) for record in range(5, 9)]
        assert places(three.outbox) == sorted([*new, *((f"{TOPIC}/2", record) for record in range(9))])


def _name_of(given: Setting, partition: int) -> str:
    """What a partition is called in the outbox: by the cluster's id."""
    asking = KafkaClient(TOPIC, {"bootstrap.servers": given.cluster.servers, "group.id": "x"}, print, Event())
    cluster = asking.find_topic().cluster
    asking.close()
    return f"kafka:{cluster}/{TOPIC}/{partition}"


# Brokers


def test_a_topic_that_is_not_there_is_one_sentence(one: Setting) -> None:
    said = one.start("--no-deliver", **{"--topic": "oders"}).ended(78)
    assert "mapper: there is no topic oders on this cluster\n  hint: check --topic and --brokers\n" in said


def test_a_topic_that_is_deleted_meanwhile_ends_it(one: Setting) -> None:
    one.cluster.produce(TOPIC, map(event, range(5)))
    one.settings("topic.metadata.refresh.interval.ms=500", "topic.metadata.propagation.max.ms=100")
    consumer = one.start("--no-deliver")
    wait_until(lambda: consumer.is_over or len(places(one.outbox)) == 5)
    one.cluster.delete(TOPIC)
    assert f"there is no topic {TOPIC}" in consumer.ended(78)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.parametrize(
    ("brokers", "reason"),
    [("127.0.0.1:{}", "no broker answers at 127.0.0.1:"), ("nowhere.invalid:{}", "no address is known for")],
)
def test_brokers_that_do_not_answer_are_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, brokers: str, reason: str
) -> None:
    monkeypatch.setattr(client, "_START_SECONDS", 2.0)
    (folder / "small.yaml").write_text(MAPPING)
    words = ("--topic", TOPIC, "--group", "g", "--outbox", "x.outbox", "--no-deliver")
    at = brokers.format(_free_port())
    done = call("consume", "small.yaml", *words, "--brokers", at, env=CREDENTIALS)
    assert done.exit_code == 69
    assert reason in done.stderr
    assert "FAIL" not in done.stderr
    assert len(done.stderr.splitlines()) < 8


def test_brokers_that_are_away_for_a_while_are_waited_for(one: Setting) -> None:
    one.cluster.produce(TOPIC, map(event, range(5)))
    consumer = one.start("--no-deliver")
    wait_until(lambda: consumer.is_over or len(places(one.outbox)) == 5)
    one.cluster.down()
    wait_until(lambda: consumer.is_over or "trying again" in consumer.said)
    one.cluster.up()
    one.cluster.produce(TOPIC, map(event, range(5, 9)))
    wait_until(lambda: consumer.is_over or len(places(one.outbox)) == 9)
    said = consumer.end()
    assert [record for _, record in places(one.outbox)] == [*range(9)]
    assert said.count("no broker answers") == said.count("brokers answer again") == 1


def test_it_ends_at_once_also_while_no_broker_answers(one: Setting) -> None:
    one.cluster.produce(TOPIC, map(event, range(5)))
    consumer = one.start("--no-deliver")
    wait_until(lambda: consumer.is_over or len(places(one.outbox)) == 5)
    one.cluster.down()
    wait_until(lambda: consumer.is_over or "trying again" in consumer.said)
    consumer.end()


@contextmanager
def _refusing_broker() -> Iterator[str]:
    """The address of a broker that takes nobody's password."""

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError, struct.error):
            while True:
                (size,) = struct.unpack(">i", connection.recv(4, socket.MSG_WAITALL))
                request = connection.recv(size, socket.MSG_WAITALL)
                kind, version, number = struct.unpack(">hhi", request[:8])
                body = _answer_of(kind, version)
                connection.sendall(struct.pack(">ii", len(body) + 4, number) + body)

    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def _answer_of(kind: int, version: int) -> bytes:
    """ApiVersions (an old form, which clients fall back to), SaslHandshake, and a refusal."""
    if kind == 18:
        if version:
            return struct.pack(">hi", 35, 0)
        kinds = [(3, 0, 4), (17, 0, 1), (18, 0, 0), (36, 0, 0)]
        return struct.pack(">hi", 0, len(kinds)) + b"".join(struct.pack(">hhh", *one) for one in kinds)
    if kind == 17:
        return struct.pack(">hih", 0, 1, 5) + b"PLAIN"
    return struct.pack(">hh", 58, 6) + b"denied" + struct.pack(">i", 0)


def test_refused_credentials_are_one_sentence(one: Setting) -> None:
    lines = ("security.protocol=sasl_plaintext", "sasl.mechanisms=PLAIN", "sasl.username=shop")
    one.settings(*lines, "sasl.password=${KAFKA_PASSWORD}")
    with _refusing_broker() as brokers, pytest.MonkeyPatch.context() as patched:
        patched.setenv("KAFKA_PASSWORD", _SECRET)
        said = one.start("--no-deliver", **{"--brokers": brokers}).ended(77)
    assert "mapper: the brokers refuse the credentials\n  hint: check sasl.mechanisms" in said
    assert _SECRET not in said
    assert len(said.splitlines()) < 8


@pytest.mark.parametrize("all_are_down", [False, True])
def test_one_broker_of_several_that_refuses_the_credentials_ends_nothing(
    one: Setting, all_are_down: bool
) -> None:
    settings = {"bootstrap.servers": one.cluster.servers, "group.id": "x"}
    said: list[str] = []
    found = KafkaClient(TOPIC, settings, said.append, Event())
    found.find_topic()
    found._hear(KafkaError(KafkaError._AUTHENTICATION))
    if all_are_down:
        found._hear(KafkaError(KafkaError._ALL_BROKERS_DOWN))
        with pytest.raises(KafkaFailure) as raised:
            found.read(1, 0.0)
        assert raised.value.failure.exit_status == 77
    else:
        assert found.read(1, 0.0) == []
        assert said == []
    found.close()


@pytest.mark.parametrize(
    ("code", "reason"), [(29, f"may not read the topic {TOPIC}"), (17, f"{TOPIC} is no name of a topic")]
)
def test_a_topic_that_may_not_be_read_is_one_sentence(one: Setting, code: int, reason: str) -> None:
    one.cluster.fail(TOPIC, code)
    assert reason in one.start("--no-deliver").ended(77 if code == 29 else 78)


# Settings


def _read(text: str, *, is_private: bool = True, **environment: str) -> Mapping[str, str] | SetupFailure:
    options = ConsumerOptions("127.0.0.1:9092", "g")
    return read_settings(SettingsFile("kafka.properties", text, is_private), options, environment)


def test_settings_come_from_a_file_and_secrets_from_the_environment() -> None:
    text = "# cloud\n\n! too\nsasl.username = $ConnectionString\nsasl.password=a${ONE}b${TWO}\nx = a=b\n"
    found = _read(text, ONE="1", TWO=_SECRET)
    assert isinstance(found, Mapping)
    assert found["sasl.username"] == "$ConnectionString"
    assert found["sasl.password"] == f"a1b{_SECRET}"
    assert found["x"] == "a=b"
    assert (found["group.id"], found["auto.offset.reset"], found["enable.auto.commit"]) == (
        "g",
        "error",
        "false",
    )


_NO_TEXTS = (
    *("error_cb", "logger", "oauth_cb", "stats_cb", "throttle_cb", "on_commit", "default.topic.config"),
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("group.id", "kafka.properties:1: expected `name=value`"),
        ("\nsasl.password=${NOT_SET}", "kafka.properties:2: NOT_SET must be set in the environment"),
        ("enable.auto.commit=true", "`enable.auto.commit` cannot be set: the outbox keeps the positions"),
        ("auto.offset.reset=latest", "`auto.offset.reset` cannot be set: --start and --on-gap"),
        ("plugin.library.paths=x.so", "`plugin.library.paths` cannot be set"),
        ("ssl.engine.location=x.so", "`ssl.engine.location` cannot be set: a settings file may not run code"),
        ("sasl.kerberos.kinit.cmd=x", "`sasl.kerberos.kinit.cmd` cannot be set"),
        *((f"{name}={_SECRET}", f"`{name}` cannot be set: it is no text") for name in _NO_TEXTS),
        ("\nclient.id=a\0b", "kafka.properties:2: the value of `client.id` is not UTF-8, or has a NUL"),
        ("client.id=a\udcff", "kafka.properties:1: the value of `client.id` is not UTF-8"),
        (f"sasl.jaas.config={_SECRET}", "`sasl.jaas.config` is a setting of the Java client"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_without_its_value(text: str, reason: str) -> None:
    found = _read(text)
    assert isinstance(found, SetupFailure)
    assert reason in found.message
    assert found.exit_status == 78
    assert _SECRET not in repr(found)


def test_a_secret_in_a_file_that_others_can_read_is_refused() -> None:
    found = _read(f"sasl.password={_SECRET}", is_private=False)
    assert isinstance(found, SetupFailure)
    assert "others can read this file" in found.message
    assert "${" in found.hint
    assert _SECRET not in repr(found)
    assert isinstance(_read(f"sasl.password={_SECRET}", is_private=True), Mapping)
    assert isinstance(_read("sasl.password=${PW}", is_private=False, PW=_SECRET), Mapping)


def test_brokers_and_a_group_are_needed() -> None:
    for options, name in (
        (ConsumerOptions("", "g"), "bootstrap.servers"),
        (ConsumerOptions("b"), "group.id"),
    ):
        found = read_settings(None, options, {})
        assert isinstance(found, SetupFailure)
        assert found.message == f"{name} is not set"
    file = SettingsFile("kafka.properties", "bootstrap.server=b:9092", True)
    found = read_settings(file, ConsumerOptions("", "g"), {})
    assert isinstance(found, SetupFailure)
    assert found.message == "bootstrap.servers is not set"
    assert found.hint.startswith(
        "write `bootstrap.servers` in place of `bootstrap.server`, or give --brokers"
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("sesion.timeout.ms=1", "there is no setting `sesion.timeout.ms` for Kafka"),
        (f"session.timeout.ms={_SECRET}", "does not accept `session.timeout.ms`"),
        (f"security.protocol={_SECRET}", "does not accept `security.protocol`"),
        ("security.protocol=ssl\nssl.ca.location=/nowhere", "does not accept `ssl.ca.location`"),
        (
            "security.protocol=sasl_ssl\nsasl.mechanisms=PLAIN",
            "`sasl.username`, `sasl.password` must be set",
        ),
    ],
)
def test_a_setting_that_the_client_refuses_is_named_without_its_value(
    folder: Path, line: str, reason: str
) -> None:
    (folder / "small.yaml").write_text(MAPPING)
    (folder / "k.properties").write_text(line)
    words = ("--topic", TOPIC, "--group", "g", "--brokers", "127.0.0.1:1", "--outbox", "x.outbox")
    done = call("consume", "small.yaml", *words, "--kafka-config", "k.properties", env=CREDENTIALS)
    assert done.exit_code == 78
    assert reason in done.stderr
    assert _SECRET not in done.stderr
    assert not re.search(r"%\d\|", done.stderr)


def test_without_the_extra_it_says_what_to_type(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mapper.cli.consume_call.find_spec", lambda name: None)
    (folder / "small.yaml").write_text(MAPPING)
    done = call("consume", "small.yaml", "--topic", TOPIC, env=CREDENTIALS)
    assert done.exit_code == 78
    assert "`mapper consume` needs more packages: pip install 'pinterest-capi-mapper[kafka]'" in done.stderr


def test_free_space_is_no_limit_of_a_database(folder: Path) -> None:
    (folder / "small.yaml").write_text(MAPPING)
    words = ("--topic", TOPIC, "--group", "g", "--brokers", "127.0.0.1:1", "--outbox", "postgresql://h/db")
    ran = call("consume", "small.yaml", *words, "--min-free", "1GiB", env=CREDENTIALS)
    assert (ran.exit_code, "--max-outbox limits a database" in ran.stderr) == (2, True), ran.stderr


def test_an_outbox_in_memory_is_refused(folder: Path) -> None:
    (folder / "small.yaml").write_text(MAPPING)
    words = ("--topic", TOPIC, "--group", "g", "--brokers", "127.0.0.1:1", "--outbox", "memory")
    done = call("consume", "small.yaml", *words, env=CREDENTIALS)
    assert done.exit_code == 2
    assert "keeps how far the topic was read" in done.stderr


# An outbox that is full, a mapping that changes


def test_while_the_outbox_is_full_it_waits_and_stays_a_member(one: Setting) -> None:
    one.cluster.produce(TOPIC, map(event, range(9000)))
    consumer = one.start("--no-deliver", "--max-outbox", "300KiB", "--batch-size", 100)
    wait_until(lambda: consumer.is_over or "waiting until deliveries make room" in consumer.said)
    kept = len(places(one.outbox))
    consumer.end()
    assert 0 < kept < 9000
    one.run("--no-deliver", until=9000)
    assert [record for _, record in places(one.outbox)] == [*range(9000)]


def test_a_mapping_that_is_edited_goes_on_where_it_stopped(one: Setting) -> None:
    one.cluster.produce(TOPIC, map(event, range(3)))
    one.run("--no-deliver", until=3)
    one.mapping(MAPPING.replace("event_id: id", "event_id: concat(id, '-2')"))
    one.cluster.produce(TOPIC, map(event, range(3, 5)))
    one.run("--no-deliver", until=5)
    found = [b'"o-3-2"' in parcel.body or b'"o-4-2"' in parcel.body for parcel in parcels(one.outbox)]
    assert found == [False, False, False, True, True]
