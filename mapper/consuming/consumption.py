"""A topic -> an outbox: its partitions shared with other processes, each record accepted once.

The offset that is read next is kept by the outbox, in the transaction that accepts what was made of the
records before it, and only if it is still where this process left it. So a process that was taken for dead
cannot write what another one has written, whatever the brokers believe.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from mapper.consuming.client import START, KafkaClient
from mapper.consuming.failures import KafkaFailure
from mapper.consuming.partitions import Partition, PartitionsAcceptor
from mapper.consuming.records import Message, batch_of, proof_of
from mapper.consuming.topic_source import Keeping, TopicProgress, TopicSource
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.outbox_errors import OutboxError, PositionMoved
from mapper.delivery.outbox.room import Room
from mapper.delivery.outbox.store import Accepted, Move, Position
from mapper.delivery.setup_failure import SetupFailure
from mapper.feeds import Block
from mapper.running import Run
from mapper.running.acceptance import Work
from mapper.running.background import in_background
from mapper.running.parcels import BlockParcels, ParcelWorker
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import NOTHING, SafeText

_READ_EVENTS = 1000
_READ_SECONDS = 0.1
_NOTE_SECONDS = 1.0
_COMMIT_SECONDS = 5.0
_WAITING_SECONDS = 5.0
"""After so long without a partition it is said."""
_TOMBSTONE = SafeText("records without a value (tombstones)")


@dataclass(frozen=True, slots=True)
class _InHand:
    """A block that is worked on: whose it is, where it ends, and how many of its records have no value."""

    partition: Partition
    end: Position
    tombstones: int


@dataclass(slots=True)
class Consumption:
    """One process's reading of a topic, in a thread of its own.

    connect: makes the client, within that thread. ended: set when no more comes. error: what ended it early:
    KafkaFailure, OutboxError, WorkerLost, or an OSError where there is no room. Any thread may look at
    progress.
    """

    run: Run
    worker: ParcelWorker
    source: TopicSource
    keeping: Keeping
    connect: Callable[[], KafkaClient]
    stop: threading.Event
    say: Callable[[LogLine], None]
    ended: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    progress: TopicProgress = field(default_factory=TopicProgress)
    _acceptor: PartitionsAcceptor = field(init=False)
    _room: Room = field(init=False)
    _client: KafkaClient = field(init=False)
    _is_waiting: bool = False
    _cluster: str = ""
    _partitions: dict[int, Partition] = field(default_factory=dict)
    _in_hand: deque[_InHand] = field(default_factory=deque)
    _late: list[Message] = field(default_factory=list)
    _committed: dict[int, int] = field(default_factory=dict)
    _noted: float = 0.0
    _commit_due: float = 0.0
    _without_since: float = field(default_factory=time.monotonic)
    _lost: int = 0
    _taken_over: int = 0

    def __post_init__(self) -> None:
        kept = self.keeping
        self._room = Room(kept.store, kept.limits, self.stop, self.say, self._stay)
        self._acceptor = PartitionsAcceptor(
            kept.store,
            self.source.account,
            kept.version,
            kept.chunk_events,
            self._wait_for_room,
            self._overtaken,
        )

    @contextmanager
    def working(self, jobs: int = 1) -> Iterator[None]:
        """Within it records are accepted, by so many processes and a thread; at its end no more are."""
        with (
            self.run.working(self.worker, self._take, jobs) as work,
            in_background(partial(self._work, work), "consuming", self.stop),
        ):
            yield

    def _work(self, work: Work) -> None:
        try:
            self._client = self.connect()
            try:
                self._read_all(work)
            finally:
                self._client.close()
        except InterruptedError:
            pass
        except (KafkaFailure, OSError, OutboxError) as error:
            self.error = self.error or error
        finally:
            self.stop.set()
            self.ended.set()

    def _read_all(self, work: Work) -> None:
        found = self._client.find_topic()
        self._cluster = found.cluster
        if self.source.again:
            store = self.keeping.store
            for number in range(found.partitions):
                store.wait(store.outbox.forget, self.source.feed(self._cluster, number))
        elif self.source.from_end:
            self._begin_at_end(found.partitions)
        self._client.subscribe(self._assigned, self._revoked)
        try:
            work(self._blocks())
        except KafkaFailure as failure:
            self.error = failure
        self._acceptor.flush()
        self._commit()

    def _begin_at_end(self, partitions: int) -> None:
        """Keep where all partitions end, if nothing of any is known; those added later are read from 0."""
        store, account, version = self.keeping.store, self.source.account, self.keeping.version
        feeds = [self.source.feed(self._cluster, number) for number in range(partitions)]
        if any(store.wait(store.outbox.position, feed) is not None for feed in feeds):
            return
        ends = [Position(self._client.ends(number)[1], -1) for number in range(partitions)]
        moves = [Move(feed, None, end) for feed, end in zip(feeds, ends, strict=True)]
        begun = [Accepted(account, version, move=move) for move in moves]
        with suppress(PositionMoved):  # another process has just done it
            store.wait(store.outbox.put_all, begun, time.time())

    def _blocks(self) -> Iterator[Block]:
        """The records as blocks, each of one partition."""
        while not self.stop.is_set():
            self.run.attend()
            self._acceptor.flush_late()
            self._note()
            for number, messages in _by_partition(self._read(_READ_SECONDS)).items():
                partition = self._partitions.get(number)
                if partition is None:
                    continue
                rest = self._unread(partition, messages)
                if rest:
                    yield self._block(partition, rest)
            self._close_gaps()

    def _read(self, seconds: float) -> list[Message]:
        """Records, of which none came amid an assignment of its partition: such may be from before it."""
        late, self._late = self._late, []
        found: list[Message] = [*late, *self._client.read(_READ_EVENTS, 0.0 if late else seconds)]
        new = [one for one in self._partitions.values() if one.is_new]
        for partition in new:
            partition.is_new = False
            if any(message.partition() == partition.number for message in found):
                self._client.move(partition.number, self._start(partition))
        numbers = {one.number for one in new}
        return [message for message in found if message.partition() not in numbers]

    def _unread(self, partition: Partition, messages: list[Message]) -> list[Message]:
        """The records that are to be read next, once the one before them is known to be the one it was."""
        if not partition.is_proven:
            partition.is_proven = True
            first, known = messages[0], partition.position
            if known is not None and first.offset() == partition.next - 1 and proof_of(first) != known.digest:
                self._other_topic(partition)
                return []
        return [one for one in messages if one.offset() >= partition.next]

    def _block(self, partition: Partition, messages: list[Message]) -> Block:
        last = messages[-1]
        partition.next = last.offset() + 1
        batch = batch_of(messages, self.source.topic, reads_meta=self.run.program.code.reads_meta)
        end = Position(partition.next, -1, sampled=1, digest=proof_of(last))
        partition.in_hand += 1
        self._in_hand.append(_InHand(partition, end, batch.tombstones))
        return batch.block

    def _take(self, found: BlockParcels) -> None:
        """Take in a block. It may be called amid a read, whose own errors are others."""
        one = self._in_hand.popleft()
        one.partition.in_hand -= 1
        if not one.partition.is_ours:
            return
        counts = found.result.counts
        counts.events += one.tombstones
        counts.skipped += one.tombstones
        if one.tombstones:
            counts.skips[_TOMBSTONE] += one.tombstones
        self.run.take(found.result)
        made = found.parcels, found.rejected
        self._acceptor.take(one.partition, made, counts.skipped, one.end)

    # Partitions come and go

    def _assigned(self, numbers: list[int]) -> Mapping[int, int]:
        for number in numbers:
            self._partitions[number] = self._begin(number)
        if not self._partitions:
            self._without_since = float("inf")  # it is said here
        self.say(noted("partitions", _told(self._partitions), partitions=len(self._partitions)))
        return {number: self._start(self._partitions[number]) for number in numbers}

    def _begin(self, number: int) -> Partition:
        """A partition from where it is accepted to."""
        store, feed = self.keeping.store, self.source.feed(self._cluster, number)
        known = store.wait(store.outbox.position, feed)
        if known is None:
            return Partition(number, feed, None, 0)
        return Partition(number, feed, known, known.record, is_proven=not known.digest)

    def _start(self, partition: Partition) -> int:
        """The offset to ask for: that of the last accepted record, to see whether it is still the same."""
        if partition.position is None:
            return START
        return partition.next if partition.is_proven else partition.next - 1

    def _revoked(self, numbers: list[int]) -> None:
        for number in numbers:
            partition = self._partitions.pop(number, None)
            if partition is not None:
                partition.drop()

    def _overtaken(self, partition: Partition) -> None:
        """Another process has read on in a partition: what this one made of it is dropped."""
        self._taken_over += 1
        text = "partition {}: another process has read on; what this one made of it is dropped"
        self.say(noted("partition_taken_over", SafeText(text, partition.number), partition=partition.number))
        if self._partitions.get(partition.number) is partition:
            self._partitions[partition.number] = self._begin(partition.number)
            self._client.move(partition.number, self._start(self._partitions[partition.number]))

    # Records that are gone

    def _close_gaps(self) -> None:
        """Go on where a partition has no record at the offset it was to be read from."""
        found, self._client.out_of_range = self._client.out_of_range, []
        for number in found:
            partition = self._partitions.get(number)
            if partition is None:
                continue
            if partition.in_hand:  # all before it is accepted first
                self._client.out_of_range.append(number)
                continue
            low, high = self._client.ends(number)
            partition.is_proven = True
            if partition.next > high:
                self._other_topic(partition)
            elif partition.next < low:
                self._expired(partition, low)
            else:  # the last accepted record alone is gone
                self._client.move(number, partition.next)

    def _expired(self, partition: Partition, low: int) -> None:
        gone = low - partition.next
        text = "partition {} of {}: {:,} records, offsets {} to {}, expired before they were read"
        topic = SafeText.known(self.source.topic)
        self._decide(
            SafeText(text, partition.number, topic, gone, partition.next, low - 1),
            "--on-gap continue reads on after them; a longer retention.ms of the topic prevents it",
        )
        self._lost += gone
        partition.next = low
        self._client.move(partition.number, low)

    def _other_topic(self, partition: Partition) -> None:
        text = "partition {} of {} was read up to offset {}, and does not hold that record any more: {}"
        why = SafeText("the topic was deleted and created again, with what was left to read")
        topic = SafeText.known(self.source.topic)
        self._decide(
            SafeText(text, partition.number, topic, partition.next - 1, why),
            "--on-gap continue reads the new topic from its start",
        )
        self._acceptor.flush()
        partition.is_other = partition.position is not None
        partition.next, partition.is_proven = 0, True
        self._client.move(partition.number, START)

    def _decide(self, reason: SafeText, hint: str) -> None:
        """Say what is gone; raises KafkaFailure where a person is to decide."""
        if not self.source.goes_on:
            raise KafkaFailure(SetupFailure(str(reason), hint, ExitStatus.UNREADABLE))
        self.say(noted("records_lost", reason))

    # Meanwhile

    def _wait_for_room(self) -> None:
        self._room.wait()
        if self._is_waiting:
            self._is_waiting = False
            self._client.resume(list(self._partitions))

    def _stay(self) -> None:
        """While the outbox is full: stay a member of the group, and read nothing."""
        if not self._is_waiting:
            self._is_waiting = True
            self._client.pause(list(self._partitions))
        self._late += self._client.read(_READ_EVENTS, 0.0)

    def _note(self) -> None:
        """Note how far it is, and tell the brokers now and then."""
        now = time.monotonic()
        if now - self._noted < _NOTE_SECONDS:
            return
        self._noted = now
        lag = {}
        for number, partition in self._partitions.items():
            high = self._client.known_end(number)
            if high is not None:
                lag[number] = max(high - max(partition.accepted_to(), 0), 0)
        since, assigned = self._client.unreachable_since, len(self._partitions)
        self.progress = TopicProgress(lag, self._lost, self._taken_over, since, assigned)
        if assigned:
            self._without_since = now
        elif now - self._without_since >= _WAITING_SECONDS:
            self._without_since = float("inf")
            line = SafeText("waiting for partitions: the group has given this process none yet")
            self.say(noted("waiting_for_partitions", line))
        if now >= self._commit_due:
            self._commit_due = now + _COMMIT_SECONDS
            self._commit()

    def _commit(self) -> None:
        found = {number: one.accepted_to() for number, one in self._partitions.items()}
        moved = {n: at for n, at in found.items() if at >= 0 and self._committed.get(n) != at}
        if moved:
            self._client.commit(moved)
            self._committed |= moved


def _by_partition(messages: Iterable[Message]) -> dict[int, list[Message]]:
    found: dict[int, list[Message]] = {}
    for message in messages:
        found.setdefault(message.partition(), []).append(message)
    return found


def _told(partitions: Iterable[int]) -> SafeText:
    numbers = sorted(partitions)
    if not numbers:
        return SafeText("reading no partition: other members of the group have them all")
    shown = SafeText.joined(", ", [SafeText("{}", one) for one in numbers[:20]])
    more = SafeText(" and {} more", len(numbers) - 20) if len(numbers) > 20 else NOTHING
    return SafeText("reading partitions {}{}", shown, more)
