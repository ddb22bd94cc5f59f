"""Records of two sides -> pairs: first by the id, then what is left by the person or the order, near in time.

Each record is in at most one pair. The pairs do not depend on the order in which the records came.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from mapper.feeds.parted_file import PARTS, PartedFile
from mapper.workbench.overlap.record import (
    FIELDS,
    IDENTITY,
    NAME,
    NO_ID,
    NO_NUMBER,
    SERVER,
    SIDE,
    TAG,
    TIME,
    OverlapWords,
    RecordMaker,
    Unpacked,
)

NEAR_SECONDS = 300
_HELD, _HELD_LEFT = 2**15, 2**13
_MASK = 2**64 - 1
_MIX = 0x9E3779B97F4A7C15


class PairTaker(Protocol):
    """A taker of what becomes of each record."""

    def pair(self, tag: Unpacked, server: Unpacked, *, one_id: bool) -> None:
        """Two records are of one event. one_id: by their id."""
        ...

    def single(self, record: Unpacked) -> None:
        """The other side does not have the event of a record."""
        ...

    def copy(self, record: Unpacked) -> None:
        """A record has the id and name of another one of its side."""
        ...


class Pairing:
    """Records that wait for their partners: in a file without a name, in parts by what pairs them."""

    def __init__(self, maker: RecordMaker) -> None:
        self._unpack = maker.layout.unpack
        self._pack = maker.layout.pack
        self._size = maker.layout.size
        self._keys = [_places(maker.words, group) for group in maker.words.by]
        self._of_person = [not set(group).isdisjoint(maker.words.person) for group in maker.words.by]
        self._pages = _places(maker.words, maker.words.pages)
        self._by_id = PartedFile(held=_HELD)
        self._left = [PartedFile(held=_HELD_LEFT) for _ in self._keys]
        self._alone = PartedFile(held=_HELD_LEFT)

    def add(self, record: bytes) -> None:
        """Take a record of either side."""
        if record.startswith(NO_ID):
            self._hand_on(self._unpack(record), 0)
        else:
            self._by_id.add(record[0], record)

    def close(self) -> None:
        """Close the files."""
        for file in (self._by_id, *self._left, self._alone):
            file.close()

    def give(self, taker: PairTaker) -> None:
        """Give what becomes of each record; it is done once."""
        for number in range(PARTS):
            self._pair_ids(number, taker)
        for stage, left in enumerate(self._left):
            for number in range(PARTS):
                self._pair_left(stage, _records(left, number, self._size), taker)
                left.drop(number)
        for number in range(PARTS):
            for record in _records(self._alone, number, self._size):
                taker.single(self._unpack(record))

    def _pair_ids(self, number: int, taker: PairTaker) -> None:
        kept: tuple[dict[bytes, bytes], dict[bytes, bytes]] = ({}, {})
        for record in _records(self._by_id, number, self._size):
            unpacked = self._unpack(record)
            own = kept[unpacked[SIDE]]
            other = own.setdefault(record[IDENTITY], record)
            if other is record:
                continue
            before = self._unpack(other)
            if _order(unpacked) < _order(before):
                own[record[IDENTITY]], unpacked = record, before
            taker.copy(unpacked)
        self._by_id.drop(number)
        servers = kept[SERVER]
        for identity, record in kept[TAG].items():
            partner = servers.pop(identity, None)
            if partner is None:
                self._hand_on(self._unpack(record), 0)
            else:
                taker.pair(self._unpack(record), self._unpack(partner), one_id=True)
        for record in servers.values():
            self._hand_on(self._unpack(record), 0)

    def _hand_on(self, record: Unpacked, stage: int) -> None:
        """Keep a record for the first stage from this one on that has a key for it."""
        for later in range(stage, len(self._keys)):
            key = _key(record, self._keys[later])
            if key:
                self._left[later].add(key % PARTS, self._pack(*record))
                return
        self._alone.add(record[-1] % PARTS, self._pack(*record))

    def _pair_left(self, stage: int, records: Iterator[bytes], taker: PairTaker) -> None:
        """Pair the records of a part that have the same name and key, the nearest first."""
        groups: dict[tuple[int, int], list[bytes]] = {}
        places = self._keys[stage]
        for record in records:
            unpacked = self._unpack(record)
            groups.setdefault((unpacked[NAME], _key(unpacked, places)), []).append(record)
        pages = self._pages if self._of_person[stage] else ()
        for ordered in _by_pages(
            (sorted(map(self._unpack, one), key=_order) for one in groups.values()), pages
        ):
            paired = nearest_pairs(ordered) if len(ordered) > 1 else []
            for left, right in paired:
                first, second = ordered[left], ordered[right]
                tag, server = (first, second) if first[SIDE] == TAG else (second, first)
                taker.pair(tag, server, one_id=False)
            taken = {place for pair in paired for place in pair}
            for place, unpacked in enumerate(ordered):
                if place not in taken:
                    self._hand_on(unpacked, stage + 1)


def _by_pages(groups: Iterable[list[Unpacked]], places: tuple[int, ...]) -> Iterator[list[Unpacked]]:
    """The records of each group that may be of one event: those of one page, if both sides say which.

    A person visits several pages within minutes: what one side lost is not what the other has of the next.
    """
    for group in groups:
        has_page = {record[SIDE] for record in group if any(record[place] for place in places)}
        if len(has_page) < len((TAG, SERVER)):
            yield group
            continue
        of_page: dict[tuple[int, ...], list[Unpacked]] = {}
        for record in group:
            of_page.setdefault(tuple(record[place] for place in places), []).append(record)
        yield from of_page.values()


def nearest_pairs(ordered: Sequence[Unpacked]) -> list[tuple[int, int]]:
    """The places of records that are paired: the two of different sides that are nearest, and so on.

    ordered: by time. Of pairs equally near the one that begins last is first. The nearest two of all that are
    left always follow each other, so that only neighbours are looked at.
    """
    count = len(ordered)
    before, after = list(range(-1, count - 1)), list(range(1, count + 1))
    waiting: list[tuple[int, int, int]] = []

    def consider(left: int, right: int) -> None:
        if left >= 0 and right < count and ordered[left][SIDE] != ordered[right][SIDE]:
            apart = ordered[right][TIME] - ordered[left][TIME]
            if apart <= NEAR_SECONDS:
                heapq.heappush(waiting, (apart, -left, right))

    for place in range(count - 1):
        consider(place, place + 1)
    taken = bytearray(count)
    found: list[tuple[int, int]] = []
    while waiting:
        _, left, right = heapq.heappop(waiting)
        left = -left
        if taken[left] or taken[right]:
            continue
        taken[left] = taken[right] = 1
        found.append((left, right))
        outer_left, outer_right = before[left], after[right]
        if outer_left >= 0:
            after[outer_left] = outer_right
        if outer_right < count:
            before[outer_right] = outer_left
        consider(outer_left, outer_right)
    return found


def _order(record: Unpacked) -> tuple[int, int, Unpacked]:
    return record[TIME], record[SIDE], record


def _places(words: OverlapWords, group: Sequence[str]) -> tuple[int, ...]:
    return tuple(FIELDS + words.paths.index(path) for path in group)


def _key(record: Unpacked, places: tuple[int, ...]) -> int:
    """The fields that pair a record, as one number; 0 if it lacks one of them."""
    key = 0
    for place in places:
        part = record[place]
        if not part or part == NO_NUMBER:
            return 0
        key = (key * _MIX + hash(part)) & _MASK
    return key or 1


def _records(file: PartedFile, number: int, size: int) -> Iterator[bytes]:
    for piece in file.pieces(number):
        for at in range(0, len(piece), size):
            yield piece[at : at + size]
