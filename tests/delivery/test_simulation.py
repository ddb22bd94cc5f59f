"""Deliveries to a failing service, in virtual time: nothing is lost, and each repeats by its seed."""

from __future__ import annotations

import os
import random

import pytest

from mapper.delivery.outbox.ledger import key_digest
from mapper.delivery.outbox.store import LedgerEntry
from tests.support.depth import seeds, some
from tests.support.simulation import Course, Faults, deliver_by_clocks, erasing, simulate

SEEDS = int(os.environ.get("SIMULATION_SEEDS", "90"))
_KINDS = {"400": "invalid", "413": "too_large", "422": "rejected", "500": "doubtful", "reset": "doubtful"}
_LATER = 120
_SHARED = ("lost", "500", "429", "refused", "html", "reset", "503", "hang")


def faults_of(seed: int, events: int) -> Faults:
    """Faults of every kind, some of them, as a seed has it; they end after an hour, but poisons never do."""
    chance = random.Random(f"faults of {seed}")
    shares = {name: chance.uniform(0, 0.15) for name in chance.sample(_SHARED, chance.randint(0, 4))}
    begin = chance.uniform(0, 1800)
    outages = ((begin, begin + chance.uniform(0, 3600)),) if chance.random() < 0.3 else ()
    kinds = chance.choices(list(_KINDS), k=chance.choice((0, 0, 1, 2, 5)))
    poisons = {f"e-{chance.randrange(events)}": kind for kind in kinds}
    rate = chance.choice((float("inf"), float("inf"), 5, 40))
    return Faults(shares, outages, 3600.0, poisons, rate)


def check(course: Course, faults: Faults, events: int) -> None:
    """Nothing is lost, nothing is dead but the poisons, and no more is sent twice than is said."""
    counts = course.outbox.status()[0].counts
    assert course.outbox.audit() == []
    later = counts.accepted - events
    assert (later >= _LATER, counts.pending) == (True, 0)
    assert course.dead == {name: _KINDS[kind] for name, kind in faults.poisons.items()}
    good = {f"e-{number}" for number in range(events)} - faults.poisons.keys()
    assert set(course.service.processed) == good | {f"t-{number}" for number in range(later)}
    for name in good:
        assert [one.ending for one in _entries(course, name)] == ["delivered"]
    for name, kind in course.dead.items():
        assert [one.ending for one in _entries(course, name)] == [kind]
    assert sum(times - 1 for times in course.service.processed.values()) <= course.service.ambiguous
    assert sum(times > 1 for times in course.service.processed.values()) <= counts.copies <= counts.delivered


def _entries(course: Course, name: str) -> tuple[LedgerEntry, ...]:
    return course.outbox.ledger_entries(key_digest(name))


@pytest.mark.parametrize("seed", seeds(SEEDS, 30))
def test_nothing_is_lost_whatever_the_service_does(seed: int) -> None:
    events = random.Random(seed).choice((1, 7, 999, 1000, 2500))
    faults = faults_of(seed, events)
    # What fails alone is known to be at fault only while others pass.
    course = simulate(seed, events, faults, trickle=_LATER)
    check(course, faults, events)


# In 4816 an event fails all through an outage and once more after it; in the others what is at fault is left
# alone after hours of faults, so that it takes more events that pass to tell.
@pytest.mark.parametrize("seed", [800, 1270, 1786, 2645, 2721, 3530, 3722, 4816])
def test_seeds_that_once_failed(seed: int) -> None:
    test_nothing_is_lost_whatever_the_service_does(seed)


@pytest.mark.parametrize("seed", seeds(5))
def test_a_seed_repeats_exactly(seed: int) -> None:
    first, again = (simulate(seed, 1500, faults_of(seed, 1500)) for _ in range(2))
    assert (first.seconds, first.service.requests, first.said) == (
        again.seconds,
        again.service.requests,
        again.said,
    )


@pytest.mark.parametrize("kind", some(["400", "413", "422", "500", "reset", "hang"], 2))
@pytest.mark.parametrize("place", [0, 4_500, 7_999])
def test_one_payload_at_fault_costs_only_itself(kind: str, place: int) -> None:
    course = simulate(1, 8_000, Faults(poisons={f"e-{place}": kind}), trickle=_LATER)
    assert set(course.dead) == {f"e-{place}"}
    assert len(course.service.processed) == 7_999 + _LATER


@pytest.mark.parametrize("shown", some(["503", "500", "reset", "refused", "hang"], 2))
def test_an_outage_of_hours_ends_with_everything_delivered(shown: str) -> None:
    course = simulate(2, 3_000, Faults(outages=((0.0, 6 * 3600),), outage=shown))
    assert (len(course.service.processed), course.dead) == (3_000, {})
    assert course.seconds < 6 * 3600 + 600


def test_a_service_that_asks_for_less_is_asked_for_less() -> None:
    course = simulate(3, 5_000, Faults(requests_per_second=20), most=1)
    assert len(course.service.processed) == 5_000
    late = [refused for at, refused in course.service.answers if at > 60]
    assert len(late) > 1_000
    assert sum(late) <= 0.02 * len(late), sum(late)


def _clocks_of(chance: random.Random, end: float) -> tuple[tuple[float, float], ...]:
    """A clock that is not behind when the events are accepted, and is set forward and back later."""
    times = sorted(chance.uniform(0, end) for _ in range(chance.randint(1, 4)))
    first = 0.0, chance.choice((0.0, chance.uniform(0, 20_000)))
    return (first, *((at, chance.choice((0.0, chance.uniform(-20_000, 20_000)))) for at in times))


@pytest.mark.parametrize("seed", seeds(SEEDS, 30))
def test_a_clock_that_is_set_holds_nothing_up(seed: int) -> None:
    chance = random.Random(f"clocks of {seed}")
    end = chance.uniform(60, 7_200)
    ends = tuple(sorted(chance.uniform(0, end + 300) for _ in range(chance.randint(0, 3))))
    faults = Faults({"500": 0.2}, ((0.0, end),), end, outage=chance.choice(("500", "429", "503")))
    course = deliver_by_clocks(seed, 2_500, faults, ends, _clocks_of(chance, end + 60))
    assert (len(course.service.processed), course.dead) == (2_500, {})
    # A service that fails is asked again after five minutes at the latest.
    assert course.seconds < max(end, *ends, 0.0) + 700


@pytest.mark.parametrize("seed", seeds(SEEDS, 8))
def test_what_is_erased_while_it_is_sent_neither_comes_back_nor_counts_twice(seed: int) -> None:
    chance = random.Random(f"erasures of {seed}")
    events = chance.choice((7, 999, 1000, 2500))
    faults = faults_of(seed, events)
    names = {f"e-{number}" for number in range(events)}
    # Between a claim and its settlement there is less than half a second, or a minute.
    ends = (chance.uniform(0, 3), chance.uniform(0, 3), chance.uniform(0, 100), chance.uniform(0, 4_000))
    parts = [set(chance.sample(sorted(names), chance.choice((1, 5, events)))) for _ in ends]
    erasures = [erasing(part, at) for part, at in zip(parts, ends, strict=True)]
    course = simulate(seed, events, faults, trickle=_LATER, erasures=erasures)
    counts = course.outbox.status()[0].counts
    assert course.outbox.audit() == []
    assert (counts.balanced, counts.pending) == (True, 0)
    # What was delivered or refused before it was to be erased has ended so; all else is gone.
    assert all(_KINDS[faults.poisons[name]] == kind for name, kind in course.dead.items())
    gone = set().union(*parts)
    lost = names - set(course.service.processed) - faults.poisons.keys()
    assert lost <= gone
    letters = counts.dead + counts.expired - counts.purged
    assert (len(course.dead), counts.delivered <= len(course.service.processed)) == (letters, True)
    assert len(names) - counts.erased - counts.purged <= len(set(course.service.processed) & names) + letters
    kept = course.outbox._connection.serialize()
    assert [name for name in gone - course.dead.keys() if f'"{name}"'.encode() in kept] == []
