"""A consumer of one topic. The only module that imports the Kafka client.

Its partitions are read from offsets that its owner gives; what it says is heard, told apart and said once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from mapper.consuming.failures import (
    KafkaFailure,
    fatal_failure,
    final_failure,
    is_of_one_broker,
    is_passing,
    passing_line,
    refused_settings,
    unreachable,
)
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import SafeText

_START_SECONDS = 30.0
"""The time that brokers have to answer at the start: a name not known yet, a broker that restarts."""
_ASK_SECONDS, _ANSWER_SECONDS = 1.0, 10.0
_LOOK_SECONDS = 5.0
"""The time between two looks whether brokers are back."""
_LEAVE_SECONDS = 5.0
_REFUSED_SECONDS = 60.0
"""The time after a broker refused the credentials for which that is the reason if none can be reached."""
START: int = OFFSET_BEGINNING


def _silent() -> logging.Logger:
    """The client's own log, which repeats itself: what it reports is heard in other ways."""
    logger = logging.getLogger("mapper.consuming")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as the brokers know it. cluster: its id; "" where they give none. partitions: how many."""

    cluster: str
    partitions: int


@dataclass(slots=True)
class KafkaClient:
    """One topic of one cluster, for one thread.

    settings: by librdkafka's names; they hold secrets. say: hears what a person should know. stop: ends
    waiting. out_of_range: partitions that have no record at the offset asked for, until they are taken.
    """

    topic: str
    settings: Mapping[str, str]
    say: Callable[[LogLine], None]
    stop: threading.Event
    out_of_range: list[int] = field(default_factory=list)
    unreachable_since: float = 0.0
    _consumer: Consumer = field(init=False)
    _failure: Exception | None = None
    _unresolved: bool = False
    _refused: tuple[float, KafkaFailure | None] = (float("-inf"), None)
    _was_reached: bool = False
    _said: set[str] = field(default_factory=set)
    _looked: float = 0.0
    _is_paused: bool = False

    def __post_init__(self) -> None:
        own: dict[str, Any] = {"error_cb": self._hear, "logger": _silent()}
        try:
            self._consumer = Consumer({**self.settings, **own})
        except KafkaException as error:
            raise KafkaFailure(refused_settings(str(error.args[0]), self.settings)) from None

    def find_topic(self) -> Topic:
        """The topic, waited for until a broker answers. Raises KafkaFailure, and InterruptedError."""
        until = time.monotonic() + _START_SECONDS
        while not self.stop.is_set():
            try:
                found = self._consumer.list_topics(self.topic, timeout=_ASK_SECONDS)
            except KafkaException as error:
                self._hear(error.args[0])
            else:
                topic = found.topics[self.topic]
                if topic.error is None:
                    self._reached()
                    return Topic(found.cluster_id or "", len(topic.partitions))
                self._hear(topic.error)
            self._consumer.poll(_ASK_SECONDS / 5)  # where the client says why
            self._raise()
            if time.monotonic() > until:
                raise KafkaFailure(unreachable(self.brokers, is_unresolved=self._unresolved))
        raise InterruptedError

    @property
    def brokers(self) -> str:
        """The addresses that the cluster is looked for at."""
        return self.settings["bootstrap.servers"]

    def subscribe(
        self, assigned: Callable[[list[int]], Mapping[int, int]], revoked: Callable[[list[int]], None]
    ) -> None:
        """Share the topic with the other members of the group.

        assigned: told of each partition that is this member's from now on, and gives the offset to read it
        from; revoked: of each that is another's. Both are called while `read` is.
        """

        def on_assign(consumer: Consumer, partitions: list[TopicPartition]) -> None:
            try:
                self._assign(assigned([one.partition for one in partitions]))
            except Exception as error:  # the library would only print it: `read` raises it
                self._failure = self._failure or error

        def on_revoke(consumer: Consumer, partitions: list[TopicPartition]) -> None:
            revoked([one.partition for one in partitions])

        self._consumer.subscribe([self.topic], on_assign=on_assign, on_revoke=on_revoke, on_lost=on_revoke)

    def read(self, most: int, seconds: float) -> list[Message]:
        """The next records, waited for so long. Raises KafkaFailure."""
        found: list[Message] = []
        for message in self._consumer.consume(most, seconds):
            error = message.error()
            if error is None:
                found.append(message)
            elif error.code() == KafkaError._AUTO_OFFSET_RESET:
                self.out_of_range.append(message.partition() or 0)
            else:
                self._hear(error)
        self._raise()
        if found:
            self._reached()
        elif self.unreachable_since:
            self._look()
        return found

    def move(self, partition: int, offset: int) -> None:
        """Read a partition on from another offset, if it is still this member's."""
        with suppress(KafkaException):  # it is another's by now, and `revoked` will be told
            self._consumer.incremental_unassign([TopicPartition(self.topic, partition)])
            self._assign({partition: offset})

    def pause(self, partitions: Iterable[int]) -> None:
        """Read no partition until `resume`, also none assigned meanwhile, and stay in the group."""
        self._is_paused = True
        self._consumer.pause([TopicPartition(self.topic, one) for one in partitions])

    def resume(self, partitions: Iterable[int]) -> None:
        """Read on in some partitions."""
        self._is_paused = False
        self._consumer.resume([TopicPartition(self.topic, one) for one in partitions])

    def ends(self, partition: int) -> tuple[int, int]:
        """The offset of the first record there is, and the one after the last. Raises KafkaFailure."""
        try:
            found = self._consumer.get_watermark_offsets(
                TopicPartition(self.topic, partition), timeout=_ANSWER_SECONDS
            )
        except KafkaException as error:
            self._hear(error.args[0])
            self._raise()
            raise KafkaFailure(unreachable(self.brokers, is_unresolved=False)) from None
        low, high = found
        return int(low), int(high)

    def known_end(self, partition: int) -> int | None:
        """The offset after the last record, as the last answer has it; nobody is asked."""
        with suppress(KafkaException):
            _, high = self._consumer.get_watermark_offsets(TopicPartition(self.topic, partition), cached=True)
            return int(high) if high >= 0 else None
        return None

    def commit(self, offsets: Mapping[int, int]) -> None:
        """Tell the brokers how far partitions are read, for who watches the lag; nothing depends on it."""
        with suppress(KafkaException):
            self._consumer.commit(
                offsets=[
                    TopicPartition(self.topic, partition, offset) for partition, offset in offsets.items()
                ],
                asynchronous=True,
            )

    def close(self) -> None:
        """Leave the group; a static member stays in it until its session ends.

        The library waits for the group amid a change of its members, and is not waited for long: without a
        word the group finds out by itself.
        """
        closing = threading.Thread(target=self._consumer.close, name="leaving the group", daemon=True)
        closing.start()
        closing.join(_LEAVE_SECONDS)

    def _assign(self, starts: Mapping[int, int]) -> None:
        found = [TopicPartition(self.topic, partition, offset) for partition, offset in starts.items()]
        self._consumer.incremental_assign(found)
        if self._is_paused:
            self._consumer.pause(found)

    def _hear(self, error: KafkaError) -> None:
        """An error, of which there may be hundreds that say the same."""
        name = error.name()
        failure = final_failure(name, self.topic, self.settings["group.id"])
        if failure is None and error.fatal():
            failure = fatal_failure(name)
        if failure is not None and self._was_reached and is_of_one_broker(name):
            self._refused = time.monotonic(), KafkaFailure(failure)
            return
        if failure is not None:
            self._failure = self._failure or KafkaFailure(failure)
            return
        since, refusal = self._refused
        if name == "_ALL_BROKERS_DOWN" and time.monotonic() - since < _REFUSED_SECONDS:
            self._failure = self._failure or refusal
        self._unresolved = self._unresolved or name == "_RESOLVE"
        if name == "_ALL_BROKERS_DOWN" and not self.unreachable_since and self._was_reached:
            self.unreachable_since = time.monotonic()
            self.say(noted("kafka_away", passing_line(self.brokers)))
        if not is_passing(name) and name not in self._said:
            self._said.add(name)
            line = SafeText("Kafka reports {}; reading continues", SafeText.known(name))
            self.say(noted("kafka_error", line, kafka_error=SafeText.known(name)))

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _look(self) -> None:
        """Whether brokers are back that could not be reached."""
        if time.monotonic() - self._looked < _LOOK_SECONDS:
            return
        with suppress(KafkaException):
            self._consumer.list_topics(self.topic, timeout=_ASK_SECONDS)
            self._reached()
        self._looked = time.monotonic()

    def _reached(self) -> None:
        """Note that brokers answer, and say so after an outage."""
        self._was_reached = True
        if self.unreachable_since:
            self.unreachable_since = 0.0
            self.say(noted("kafka_back", SafeText("brokers answer again; reading continues")))
