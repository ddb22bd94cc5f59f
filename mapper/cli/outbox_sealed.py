"""Events that came over HTTP and were rejected by their mapping -> payloads, by a mapping that was fixed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import click

from mapper import authoring
from mapper.cli.environment import ENVIRONMENT
from mapper.cli.program import load_program
from mapper.cli.summary import number
from mapper.delivery.outbox.store import Accepted, DeadLetter, DeadQuery, KnownFeed, Outbox, Unmapped
from mapper.extras import missing_extra
from mapper.feeds import SourceBlock
from mapper.running import Run
from mapper.running.parcels import BlockParcels, ParcelWorker, mapping_version
from mapper.safe_text import NOTHING, SafeText

_TOGETHER = 500


def map_sealed(outbox: Outbox, query: DeadQuery, mapping: str) -> SafeText:
    """Map the events that were kept for it anew; what became of them, for a person. Raises UsageError."""
    try:
        from mapper.serving.sealing import KEY_VARIABLE, read_sealer
    except ImportError:
        raise click.UsageError(missing_extra("retry without EVENTS", "serve")) from None
    sealer = read_sealer(ENVIRONMENT)
    if sealer is None:
        raise click.UsageError(f"{KEY_VARIABLE} does not hold the key that `mapper serve --keep-raw` had")
    program = authoring.guarded(load_program(mapping, None))
    worker = ParcelWorker(
        Run(program, "serve:").worker(),
        authoring.described_destination(program.target, beside=mapping),
    )
    feeds = {
        one.number: one
        for one in outbox.feeds()
        if (one.account.destination, one.mapping) == (program.target, program.code.name)
    }
    letters = mapped = unread = rejected = 0
    for group in _groups(outbox, replace(query, feeds=tuple(feeds), stage="mapping")):
        opened = [(one, found) for one in group if (found := sealer.unseal(one.body)) is not None]
        unread += len(group) - len(opened)
        texts = [(place, text) for place, (_, (_, text)) in enumerate(opened, 1)]
        metas = [{**meta, "line": one.record} for one, (meta, _) in opened]
        made = worker.work(SourceBlock(texts, metas))
        given = list(_accepted(made, [one for one, _ in opened], feeds, mapping_version(program)))
        outbox.put_all(given, time.time())
        letters, mapped = letters + len(given), mapped + len(made.parcels)
        rejected += len(made.rejected)
    if not letters and not unread:
        raise click.UsageError(f"no event that {program.code.name} rejected was kept by `serve --keep-raw`")
    told = SafeText(
        "{} mapped again: {:,} waiting, {:,} rejected\n", number(letters, "dead letter"), mapped, rejected
    )
    left = SafeText("{} left: no key fits\n", number(unread, "dead letter")) if unread else NOTHING
    return SafeText("{}{}", told, left)


def _groups(outbox: Outbox, query: DeadQuery) -> Iterator[list[DeadLetter]]:
    """The letters that hold an event, which are read before any of them is replaced."""
    kept = [one.number for one in outbox.dead_letters(query) if one.body]
    numbers = iter(kept)
    while group := tuple(islice(numbers, _TOGETHER)):
        yield list(outbox.dead_letters(DeadQuery(numbers=group)))


def _accepted(
    made: BlockParcels, letters: list[DeadLetter], feeds: dict[int, KnownFeed], version: str
) -> Iterator[Accepted]:
    """The replacement of each letter: payloads, a rejection for another reason, or nothing."""
    for place, letter in enumerate(letters, 1):
        assert letter.feed_number is not None
        parcels = tuple(
            replace(one, record=letter.record, origin=letter.origin)
            for one in made.parcels
            if one.record == place
        )
        rejected = tuple(
            Unmapped(letter.record, one.kind, one.reason, letter.body, letter.origin)
            for one in made.rejected
            if one.record == place
        )
        skipped = int(not parcels and not rejected)
        yield Accepted(
            feeds[letter.feed_number].account,
            version,
            parcels,
            rejected,
            skipped,
            replaces=(letter.number,),
            feed=letter.feed_number,
        )
