"""Dead letters -> payloads anew: their source events, found by their places, through a fixed mapping."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256

import click

import mapper
from mapper import Outcome, Program
from mapper.cli.accepting import unmapped
from mapper.cli.compiled import compiled
from mapper.cli.feed import open_feed
from mapper.cli.received import new_meta
from mapper.cli.summary import number
from mapper.delivery.batch import Parcel, parcel_of
from mapper.delivery.destination import Destination
from mapper.delivery.outbox.store import Accepted, Account, DeadLetter, DeadQuery, Outbox, Unmapped
from mapper.feeds import Broken, is_blank
from mapper.safe_text import SafeText
from mapper.types import Invalid


def map_anew(outbox: Outbox, query: DeadQuery, mapping: str, events: str) -> SafeText:
    """Map the source events of dead letters anew; what became of them, for a person."""
    letters = _by_line(outbox, query, events)
    if not letters:
        raise click.UsageError(f"no dead letter is from {events}")
    program = mapper.guarded(compiled(mapping, None))
    destination = mapper.described_destination(program.target, beside=mapping)
    version = sha256(program.code.text.encode()).hexdigest()[:12]
    sent = rejected = skipped = 0
    for line, outcomes in _outcomes(program, events, set(letters)):
        parcels, refused, passed = _sorted(outcomes, events, line, destination)
        for account, numbers in letters.pop(line).items():
            given = Accepted(account, version, parcels, refused, passed, replaces=tuple(numbers))
            outbox.put(given, time.time())
        sent, rejected, skipped = sent + len(parcels), rejected + len(refused), skipped + passed
    text = "{} waiting again, {:,} rejected again, {:,} skipped\n"
    told = SafeText(text, number(sent, "event"), rejected, skipped)
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


def _outcomes(program: Program, events: str, lines: set[int]) -> Iterator[tuple[int, list[Outcome]]]:
    """What the events on some lines end as now."""
    with open_feed(events, None, progress_shown=False) as blocks:
        for block in blocks:
            for line, text in block.texts():
                if line not in lines or isinstance(text, Broken) or is_blank(text):
                    continue
                try:
                    yield line, program.apply_json(text, new_meta(line, None))
                except Invalid:
                    continue


def _sorted(
    outcomes: list[Outcome], events: str, line: int, destination: Destination
) -> tuple[tuple[Parcel, ...], tuple[Unmapped, ...], int]:
    """The payloads, the rejections and how many skips."""
    parcels, rejected, skipped = [], [], 0
    for outcome in outcomes:
        if outcome.payload is not None:
            parcels.append(parcel_of(outcome.payload, events, line, destination))
        elif outcome.rejection is not None:
            rejected.append(unmapped(line, outcome))
        else:
            skipped += 1
    return tuple(parcels), tuple(rejected), skipped
