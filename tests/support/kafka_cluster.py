"""A Kafka cluster for tests: librdkafka's mock cluster, on loopback, in the process of the test.

The client library exports it in C alone. Other processes reach it by `servers`.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import confluent_kafka
from confluent_kafka import Consumer, Producer, TopicPartition

_ERROR_BYTES = 512
_REBALANCE_MILLISECONDS = 100


def _library() -> ctypes.CDLL:
    """The client's C library; where it is not beside the package, the one that is loaded by now."""
    folder = Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
    found = next(iter(sorted(folder.glob("librdkafka*"))), None)
    library = ctypes.CDLL(None if found is None else str(found))
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32
    for name, result, arguments in (
        ("conf_new", pointer, []),
        ("new", pointer, [ctypes.c_int, pointer, text, ctypes.c_size_t]),
        ("destroy", None, [pointer]),
        ("mock_cluster_new", pointer, [pointer, ctypes.c_int]),
        ("mock_cluster_destroy", None, [pointer]),
        ("mock_cluster_bootstraps", text, [pointer]),
        ("mock_topic_create", ctypes.c_int, [pointer, text, ctypes.c_int, ctypes.c_int]),
        ("mock_topic_delete", ctypes.c_int, [pointer, text]),
        ("mock_topic_set_error", None, [pointer, text, ctypes.c_int]),
        ("mock_partition_delete_records", ctypes.c_int, [pointer, text, number, ctypes.c_int64]),
        ("mock_group_initial_rebalance_delay_ms", None, [pointer, number]),
        ("mock_broker_set_down", ctypes.c_int, [pointer, number]),
        ("mock_broker_set_up", ctypes.c_int, [pointer, number]),
    ):
        function = getattr(library, f"rd_kafka_{name}", None)
        if function is None:  # versions below 2.15 cannot delete topics
            continue
        function.restype, function.argtypes = result, arguments
    return library


class KafkaCluster:
    """Brokers on free ports of loopback. It keeps 5 MB a partition, and deletes what is older."""

    def __init__(self, brokers: int = 1) -> None:
        self._library = _library()
        error = ctypes.create_string_buffer(_ERROR_BYTES)
        self._handle = self._library.rd_kafka_new(0, self._library.rd_kafka_conf_new(), error, _ERROR_BYTES)
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._handle, brokers)
        self._brokers = range(1, brokers + 1)
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, _REBALANCE_MILLISECONDS)
        self.servers: str = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()
        self._producer = Producer({"bootstrap.servers": self.servers, "log_level": 0})

    def create(self, topic: str, partitions: int = 1) -> None:
        """Create a topic."""
        assert self._library.rd_kafka_mock_topic_create(self._cluster, topic.encode(), partitions, 1) == 0

    def delete(self, topic: str) -> None:
        """Delete a topic."""
        assert self._library.rd_kafka_mock_topic_delete(self._cluster, topic.encode()) == 0

    def fail(self, topic: str, code: int) -> None:
        """Answer with an error whenever the topic is asked for; 0: no longer."""
        self._library.rd_kafka_mock_topic_set_error(self._cluster, topic.encode(), code)

    def expire(self, topic: str, partition: int, offset: int) -> None:
        """Delete the records before an offset."""
        deleted = self._library.rd_kafka_mock_partition_delete_records
        assert deleted(self._cluster, topic.encode(), partition, offset) == 0

    def down(self) -> None:
        """Close all brokers' connections, and take no more."""
        for broker in self._brokers:
            self._library.rd_kafka_mock_broker_set_down(self._cluster, broker)

    def up(self) -> None:
        """Answer again."""
        for broker in self._brokers:
            self._library.rd_kafka_mock_broker_set_up(self._cluster, broker)

    def produce(
        self, topic: str, values: Iterable[bytes | Mapping[str, Any] | None], partition: int = 0, **named: Any
    ) -> None:
        """Append records to a partition; an object as JSON, None as a tombstone."""
        for value in values:
            content = json.dumps(value).encode() if isinstance(value, Mapping) else value
            self._producer.produce(topic, content, partition=partition, **named)
            self._producer.poll(0)
        assert self._producer.flush(30) == 0

    def committed(self, topic: str, group: str, partitions: int) -> dict[int, int]:
        """The offsets that a group has told the brokers, by partition; -1001 where it has not."""
        consumer = Consumer({"bootstrap.servers": self.servers, "group.id": group, "log_level": 0})
        try:
            asked = [TopicPartition(topic, partition) for partition in range(partitions)]
            return {one.partition: one.offset for one in consumer.committed(asked, timeout=10)}
        finally:
            consumer.close()

    def close(self) -> None:
        """End it."""
        self._producer.flush(1)
        del self._producer
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._handle)


@contextmanager
def kafka_cluster(brokers: int = 1) -> Iterator[KafkaCluster]:
    """A cluster as long as a test needs it."""
    cluster = KafkaCluster(brokers)
    try:
        yield cluster
    finally:
        cluster.close()
