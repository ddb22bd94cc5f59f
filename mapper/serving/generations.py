"""The paths of a server, and those that replace them while it runs.

What is taken up together is a generation: a keeper of its programs, what maps large requests, and paths. A
path whose mapping cannot be taken up goes on as it was; an earlier generation ends when nothing needs it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from mapper.delivery.outbox.outbox_errors import OutboxError, PositionMoved
from mapper.delivery.outbox.store import Accepted, Move, Position
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.intake.entry import Entry
from mapper.running.event_mapper import EventMapper
from mapper.serving.application import Application, ServedPath, UnservedPath
from mapper.serving.commits import PathLedger
from mapper.serving.counting import PathState
from mapper.serving.keeper import Keeper
from mapper.serving.mapping_processes import MappingProcesses
from mapper.serving.path_messages import EntrySetup, ServedEntries
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import SafeText

Paths: TypeAlias = dict[bytes, ServedPath | UnservedPath]

_PROCESSES = 1
"""Processes that map what is too much to be mapped between two requests, for each process that serves."""
_RETIRE_SECONDS = 1.0
_GOES_ON = SafeText("going on with what was read before")


@dataclass(slots=True, eq=False)
class Generation:
    """Paths that were taken up together, by what maps for them."""

    keeper: Keeper
    mapping: MappingProcesses
    paths: list[ServedPath] = field(default_factory=list)

    @property
    def is_busy(self) -> bool:
        """Whether a request is under way that it maps."""
        return any(path.requests for path in self.paths)


@dataclass(slots=True)
class Generations:
    """All that a server maps with. For one event loop.

    fail: hears that processes cannot be replaced. stale: the files could not be taken up as they are.
    """

    store: StoreThread
    proxies: int
    fail: Callable[[SafeText], None]
    current: list[Generation] = field(default_factory=list)
    stale: bool = False
    _lost: int = 0

    @property
    def lost(self) -> int:
        """Processes that map and were lost, of all that there ever were."""
        return self._lost + sum(one.mapping.lost for one in self.current)

    def begin(
        self,
        keeper: Keeper,
        served: ServedEntries,
        mappers: Sequence[EventMapper],
        ledgers: Sequence[PathLedger],
    ) -> Paths:
        """The first paths."""
        return self._paths(keeper, served, mappers, ledgers, {})

    async def take_up(
        self,
        application: Application,
        keeper: Keeper,
        served: ServedEntries,
        mappers: Sequence[EventMapper],
    ) -> Iterable[LogLine]:
        """Serve other entries; a path that they cannot serve goes on as it was. What a person is told."""
        try:
            ledgers = [await self.store.ask(ledger_of, self.store, one) for one in served.entries]
        except (OutboxError, OSError) as error:
            keeper.close()
            self.stale = True
            return (not_taken_up(SafeText.known(str(error))),)
        before = application.paths
        application.paths = self._paths(keeper, served, mappers, ledgers, before)
        self.stale = False
        return (*told_of(application.paths), *_removed(application.paths, before))

    def states(self, paths: Paths) -> list[PathState]:
        """The mapping that each path maps with."""
        return [
            PathState(
                path.entry.path, path.setup.mapping, path.ledger.version, path.is_newest and not self.stale
            )
            if isinstance(path, ServedPath)
            else PathState(path.entry.path, "", "", False)
            for path in paths.values()
        ]

    async def retire(self, application: Application) -> None:
        """End generations that no path needs any more, again and again."""
        while True:
            await asyncio.sleep(_RETIRE_SECONDS)
            for one in [one for one in self.current if not _is_needed(one, application)]:
                self.current.remove(one)
                self._lost += one.mapping.lost
                await self._end(one)

    async def close(self) -> None:
        """End all processes that map."""
        for one in self.current:
            await self._end(one)

    async def _end(self, generation: Generation) -> None:
        """End its processes."""
        await generation.mapping.close()
        generation.keeper.close()

    def _paths(
        self,
        keeper: Keeper,
        served: ServedEntries,
        mappers: Sequence[EventMapper],
        ledgers: Sequence[PathLedger],
        before: Paths,
    ) -> Paths:
        made = Generation(keeper, MappingProcesses(keeper, _PROCESSES, self.fail))
        self.current.append(made)
        paths: Paths = {}
        for setup, ledger in zip(served.entries, ledgers, strict=True):
            entry, mapper = _with_proxies(setup.entry, self.proxies), mappers[setup.number]
            path = ServedPath(entry, setup, ledger, mapper, made.mapping)
            made.paths.append(path)
            paths[setup.entry.path.encode()] = path
        for one in served.unserved:
            name = one.entry.path.encode()
            kept = before.get(name)
            if isinstance(kept, ServedPath):
                kept.is_newest = False
                paths[name] = kept
            else:
                paths[name] = UnservedPath(one.entry, one.reason)
        return paths


def not_taken_up(why: SafeText) -> LogLine:
    """A line for files that cannot be served as they are now."""
    return noted("mapping_not_taken_up", SafeText("{}; {}", why, _GOES_ON))


def _removed(paths: Paths, before: Paths) -> Iterator[LogLine]:
    """A line for each path that is no longer served."""
    for name in before.keys() - paths.keys():
        path = SafeText.known(before[name].entry.path)
        yield noted("path_removed", SafeText("{}: no longer served", path), path=path)


def told_of(paths: Paths) -> Iterator[LogLine]:
    """A line for each path: what maps its events, or why nothing does."""
    for path in paths.values():
        name = SafeText.known(path.entry.path)
        if isinstance(path, UnservedPath):
            text = "{}: answers 503 until its mapping is corrected: {}"
            yield noted("mapping_not_taken_up", SafeText(text, name, path.reason), path=name)
            continue
        mapping, version = SafeText.known(path.setup.mapping), SafeText.known(path.ledger.version)
        if path.is_newest:
            line = SafeText("{}: mapped by {}, version {}", name, mapping, version)
            yield noted("mapping_taken_up", line, path=name, mapping=mapping, mapping_version=version)
        else:
            text = "{}: still mapped by {}, version {}: the new mapping has errors"
            line = SafeText(text, name, mapping, version)
            yield noted("mapping_not_taken_up", line, path=name, mapping=mapping, mapping_version=version)


def ledger_of(store: StoreThread, setup: EntrySetup) -> PathLedger:
    """The ledger of an entry's events; its feed is made known to the outbox where it is new."""
    outbox, feed = store.outbox, setup.feed
    if outbox.position(feed) is None:
        move = Move(feed, None, Position(0, -1))
        with contextlib.suppress(PositionMoved):  # another process serves it, since a moment
            outbox.put(Accepted(setup.account, setup.version, move=move), time.time())
    number = next(
        one.number
        for one in outbox.feeds()
        if (one.account, one.mapping, one.shown) == (feed.account, feed.mapping, feed.shown)
    )
    return PathLedger(setup.account, setup.version, number, setup.chunk_events)


def _is_needed(generation: Generation, application: Application) -> bool:
    return generation.is_busy or any(path in application.paths.values() for path in generation.paths)


def _with_proxies(entry: Entry, proxies: int) -> Entry:
    """An entry that knows how many proxies are before it: as many as it says, or as the server has."""
    browser = entry.browser
    if browser is None or browser.proxies is not None:
        return entry
    return replace(entry, browser=replace(browser, proxies=proxies))
