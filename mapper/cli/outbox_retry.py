"""Dead letters -> payloads anew: their source events, found by their places, through a fixed mapping."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256

import click

import mapper
from mapper.cli.feed import open_feed
from mapper.cli.program import load_program
from mapper.cli.summary import number
from mapper.delivery.outbox.store import Accepted, Account, DeadLetter, DeadQuery, Feed, Outbox
from mapper.feeds import Block, DecodedBlock, SourceEvent, events_of
from mapper.running import EventCounts, Run
from mapper.running.parcels import ParcelWorker
from mapper.safe_text import SafeText


def map_anew(outbox: Outbox, query: DeadQuery, mapping: str, events: str) -> SafeText:
    """Map the source events of dead letters anew; what became of them, for a person."""
    letters = _by_line(outbox, query, events)
    if not letters:
        raise click.UsageError(f"no dead letter is from {events}")
    program = mapper.guarded(load_program(mapping, None))
    destination = mapper.described_destination(program.target, beside=mapping)
    version = sha256(program.code.text.encode()).hexdigest()[:12]
    counts = EventCounts()
    meta = {account: _meta(outbox, account, program, events) for one in letters.values() for account in one}
    workers = {
        account: ParcelWorker(Run(program, events, meta=known).worker(), destination)
        for account, known in meta.items()
    }
    for line, block in _events_on(events, set(letters)):
        for account, numbers in letters.pop(line).items():
            found = workers[account].work(block)
            part = found.result.counts
            counts.add(part)
            given = Accepted(
                account, version, found.parcels, found.rejected, part.skipped, replaces=tuple(numbers)
            )
            outbox.put(given, time.time())
    text = "{} waiting again, {:,} rejected again, {:,} skipped\n"
    told = SafeText(text, number(counts.sent, "event"), counts.rejected, counts.skipped)
    if not letters:
        return told
    missing = SafeText("{} not found in the file\n", number(len(letters), "source event"))
    return SafeText("{}{}", told, missing)


def _by_line(outbox: Outbox, query: DeadQuery, events: str) -> dict[int, dict[Account, list[int]]]:
    """The dead letters of a file: by line, then by account."""
    real = os.path.realpath(events)
    found: dict[int, dict[Account, list[int]]] = defaultdict(lambda: defaultdict(list))
    for letter in outbox.dead_letters(query):
        if _is_from(letter, real) and letter.stage != "expired":
            found[letter.record][letter.account].append(letter.number)
    return dict(found)


def _is_from(letter: DeadLetter, real: str) -> bool:
    return bool(letter.feed) and os.path.realpath(letter.feed) == real


def _meta(outbox: Outbox, account: Account, program: mapper.Program, events: str) -> dict[str, str]:
    """`$meta` as it was when the file was sent: with the time it was given, if any."""
    position = outbox.position(Feed(account, program.code.name, os.path.realpath(events)))
    return {"received_at": position.received_at} if position is not None and position.received_at else {}


def _events_on(events: str, lines: set[int]) -> Iterator[tuple[int, Block]]:
    """The events on some lines, each a block; lines that hold no event are left out."""
    with open_feed(events, None, progress_shown=False) as blocks:
        for block in blocks:
            for line, text in block.texts():
                one = DecodedBlock([(line, text)])
                if line in lines and any(isinstance(fed, SourceEvent) for fed in events_of(one)):
                    yield line, one
