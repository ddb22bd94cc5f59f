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
from mapper.delivery.outbox.store import Accepted, Account, DeadLetter, DeadQuery, Outbox
from mapper.feeds import SourceEvent, Values, events_of
from mapper.running import Run
from mapper.running.parcels import BlockParcels, ParcelWorker
from mapper.safe_text import SafeText


def map_anew(outbox: Outbox, query: DeadQuery, mapping: str, events: str) -> SafeText:
    """Map the source events of dead letters anew; what became of them, for a person."""
    letters = _by_line(outbox, query, events)
    if not letters:
        raise click.UsageError(f"no dead letter is from {events}")
    program = mapper.guarded(load_program(mapping, None))
    destination = mapper.described_destination(program.target, beside=mapping)
    version = sha256(program.code.text.encode()).hexdigest()[:12]
    run = Run(program, events)
    worker = ParcelWorker(run.worker(), destination)
    for line, found in _found(worker, events, set(letters)):
        run.take(found.result)
        parcels, rejected, skipped = found.parcels, found.rejected, found.result.counts.skipped
        for account, numbers in letters.pop(line).items():
            given = Accepted(account, version, parcels, rejected, skipped, replaces=tuple(numbers))
            outbox.put(given, time.time())
    counts = run.counts
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


def _found(worker: ParcelWorker, events: str, lines: set[int]) -> Iterator[tuple[int, BlockParcels]]:
    """What the events on some lines become now; lines that hold no event are left out."""
    with open_feed(events, None, progress_shown=False) as blocks:
        for block in blocks:
            for line, text in block.texts():
                one = Values([(line, text)])
                if line in lines and any(isinstance(fed, SourceEvent) for fed in events_of(one)):
                    yield line, worker.work(one)
