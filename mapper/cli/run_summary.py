"""The outcomes of the events of a run, as a person reads them at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, LiteralString

from mapper.cli.terminal import visible
from mapper.values.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    from mapper.running import EventCounts, UnsetField

_MOST_SHOWN = 25


def _skipped(why: SafeText, line: int | None) -> SafeText:
    return SafeText("{} (first on line {:,})", why, line) if line is not None else why


def summary(counts: EventCounts, unset: Sequence[UnsetField] = (), why: str = "") -> SafeText:
    """The counts as a person reads them: what goes out, what does not and why, what was left out.

    unset: the paths that had no value in any payload; why: the command that tells why, or without such
    paths why the first event was rejected.
    """
    outcomes = counts.sent + counts.skipped + counts.rejected
    events = number(counts.events, "event")
    if outcomes != counts.events:
        events = SafeText("{} gave {}", events, number(outcomes, "outcome"))
    text = "{}: {:,} to send, {:,} skipped, {:,} rejected\n"
    head = SafeText(text, events, counts.sent, counts.skipped, counts.rejected)
    reasons = {_reason(*key, line=counts.first.get(key)): count for key, count in counts.reasons.items()}
    notes = {_reason(*key, line=counts.first.get(key)): count for key, count in counts.notes.items()}
    asked = SafeText("  why: {}\n", SafeText.known(visible(why)))
    parts = [
        head,
        counts_table("to send", counts.names),
        counts_table(
            "skipped", {_skipped(why, counts.first.get((why,))): n for why, n in counts.skips.items()}
        ),
        counts_table("rejected", reasons),
        asked if why and not unset else NOTHING,
        _stripped(counts.stripped),
        counts_table("notes", notes),
        _unset(unset, asked),
    ]
    return SafeText.joined("", parts)


def event_facts(counts: EventCounts) -> dict[str, object]:
    """The counts for machines."""
    return {
        "events": counts.events,
        "to_send": counts.sent,
        "skipped": counts.skipped,
        "rejected": counts.rejected,
    }


def _stripped(counts: Counter[str]) -> SafeText:
    """The number of events that lost fields because consent was denied."""
    if not counts:
        return NOTHING
    by_answer = [(SafeText.known(answer), count) for answer, count in counts.most_common()]
    kinds = [
        answer if len(by_answer) == 1 else SafeText("{}: {:,}", answer, count) for answer, count in by_answer
    ]
    text = "fields removed, no consent: {} (consent {})\n"
    return SafeText(text, number(counts.total(), "event"), SafeText.joined(", ", kinds))


def _unset(unset: Sequence[UnsetField], asked: SafeText) -> SafeText:
    """The paths without any value, each with the place of its rule, and how to find out why."""
    if not unset:
        return NOTHING
    rows = [
        SafeText("  {}{}  ({})\n", SafeText.known(visible(one.path)), _below(one), _places(one.places))
        for one in unset[:_MOST_SHOWN]
    ]
    if len(unset) > _MOST_SHOWN:
        rows.append(SafeText("  ... {:,} more\n", len(unset) - _MOST_SHOWN))
    return SafeText.joined("", [SafeText("never had a value in this run\n"), *rows, asked])


def _below(one: UnsetField) -> SafeText:
    return SafeText(" and {} below it", number(one.below, "rule")) if one.below else NOTHING


def _places(places: Sequence[str]) -> SafeText:
    first = SafeText.known(visible(places[0]))
    return SafeText("{} and {} more", first, len(places) - 1) if places[1:] else first


def number(count: int, noun: LiteralString) -> SafeText:
    """A count with its noun: `1 event`, `1,234 events`."""
    return SafeText("{:,} {}{}", count, SafeText(noun), NOTHING if count == 1 else SafeText("s"))


def _reason(path: str, message: SafeText, place: str = "", *, line: int | None) -> SafeText:
    """place: `file:line:column` of the rule; its column is left out, as in the other lines of a summary."""
    where = [SafeText.known(place.rpartition(":")[0])] if place else []
    where += [] if line is None else [SafeText("first on line {:,}", line)]
    told = SafeText("{}: {}", SafeText.known(path), message) if path else message
    return SafeText("{} ({})", told, SafeText.joined(", ", where)) if where else told


def counts_table(title: LiteralString, counts: Mapping[SafeText, int]) -> SafeText:
    """The most frequent first; equal ones by name."""
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    shown = [(SafeText.known(visible(name)), count) for name, count in ordered[:_MOST_SHOWN]]
    rows = [SafeText("  {:>9,}  {}\n", count, name) for name, count in shown]
    if len(ordered) > _MOST_SHOWN:
        rest = ordered[_MOST_SHOWN:]
        rows.append(SafeText("  {:>9,}  in {:,} more lines\n", sum(count for _, count in rest), len(rest)))
    return SafeText.joined("", [SafeText("{}\n", SafeText(title)), *rows]) if rows else NOTHING
