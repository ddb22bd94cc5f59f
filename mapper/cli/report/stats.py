"""Statistics -> a page of text, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from mapper.cli.run_summary import number
from mapper.cli.terminal import cut, pad, spreadsheet_cell, visible, width
from mapper.workbench.statistics import PathStatistics, Statistics, TableStatistics

_MOST_ROWS = 25
_MOST_VALUES = 5
_NUMBER, _NARROWEST_NAME, _WIDEST_NAME = 11, 8, 18


def stats_json(found: Statistics, mapping: str, events: str) -> dict[str, Any]:
    """The statistics as JSON, which `--baseline` reads again."""
    told = asdict(found)
    told["outcomes"] = [
        {"outcome": outcome, "reason": reason, "count": count} for outcome, reason, count in found.outcomes
    ]
    told["by_event"] = [
        {
            "name": one.name,
            "payloads": one.payloads,
            "signals": [{"path": path, "present": count} for path, count in one.signals],
        }
        for one in found.by_event
    ]
    told["unread"] = [{"attribute": name, "events": count} for name, count in found.unread]
    for table, one in zip(told["tables"], found.tables, strict=True):
        table["values"] = [{"value": value, "count": count} for value, count in one.values]
    return {"mapping": mapping, "feed": events, **told}


def stats_csv(found: Statistics) -> str:
    """A row for each number: what it is of, how many, of how many."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("kind", "name", "part", "count", "of"))
    writer.writerows(
        (kind, spreadsheet_cell(name), spreadsheet_cell(part), count, of)
        for kind, name, part, count, of in _cells(found)
    )
    return out.getvalue()


def _cells(found: Statistics) -> Iterator[tuple[str, str, str, int, int | str]]:
    for outcome, reason, count in found.outcomes:
        yield "outcome", outcome, reason, count, ""
    for event in found.by_event:
        for path, count in event.signals:
            yield "signal", event.name, path, count, event.payloads
    for one in found.paths:
        yield "present", one.path, "", one.present, one.due
        yield "invalid", one.path, "", one.invalid, ""
        yield "distinct", one.path, "" if one.exact else "estimate", one.distinct, ""
        for winner in one.winners:
            yield (
                "winner",
                one.path,
                f"{winner.label} ({winner.file}:{winner.line})",
                winner.events,
                found.events,
            )
    for name, count in found.unread:
        yield "unread", name, "", count, found.events
    for table in found.tables:
        yield "no entry", f"{table.name} ({table.file}:{table.line})", "", table.missed, ""
        for value, count in table.values:
            yield "no entry", f"{table.name} ({table.file}:{table.line})", value, count, table.missed


def stats_text(found: Statistics, columns: int) -> str:
    """As a person reads it on a terminal of some columns."""
    parts = [
        _head(found),
        _signals(found, columns),
        _paths(found, columns),
        _unread(found, columns),
        _tables(found.tables, columns),
        _outcomes(found, columns),
    ]
    return "\n".join(part for part in parts if part)


def percent(count: int, of: int) -> str:
    """`98 %`; never rounded to 0 or 100 where it is neither."""
    share = 100 * count / of if of else 0.0
    if 0 < share < 1:
        return "<1 %"
    return ">99 %" if 99 < share < 100 else f"{share:.0f} %"


def distinct_text(one: PathStatistics) -> str:
    """`518`, `~5,457` for an estimate; "" of objects, and where there is no value."""
    return f"{'' if one.exact else '~'}{one.distinct:,}" if one.distinct else ""


def _head(found: Statistics) -> str:
    outcomes = sum(found.ends.values())
    several = f", {number(outcomes, 'outcome')}" if outcomes > found.events else ""
    return (
        f"{number(found.events, 'event')}{several}: {found.sent:,} to send, {found.skipped:,} skipped, "
        f"{found.rejected:,} rejected\n"
    )


def _signals(found: Statistics, columns: int) -> str:
    """A row for each signal, a column for each event's name, as many as there is room for."""
    if not found.by_event or not found.by_event[0].signals:
        return ""
    names = [path for path, _ in found.by_event[0].signals]
    first = max(map(len, names)) + 2
    longest = max(width(visible(one.name)) for one in found.by_event)
    wide = min(max(longest, _NARROWEST_NAME), _WIDEST_NAME)
    room = max((columns - first) // (wide + 2), 1)
    shown = found.by_event[:room]
    rows = [
        pad("signals", first) + "  ".join(_right(cut(visible(one.name), wide), wide) for one in shown),
        pad("", first) + "  ".join(_right(f"{one.payloads:,}", wide) for one in shown),
    ]
    for place, name in enumerate(names):
        cells = (percent(one.signals[place][1], one.payloads) for one in shown)
        rows.append(pad(f"  {name}", first) + "  ".join(_right(cell, wide) for cell in cells))
    more = len(found.by_event) - len(shown)
    rows += [f"  {more} more event names: --format json has all"] if more else []
    return "".join(f"{row.rstrip()}\n" for row in rows)


def _paths(found: Statistics, columns: int) -> str:
    if not found.paths:
        return ""
    first = max(len(one.path) for one in found.paths) + 2
    head = ("present", "of", "invalid", "distinct")
    rows = [pad("payload", first) + "".join(_right(one, _NUMBER) for one in head) + "  given by"]
    for one in found.paths:
        distinct = distinct_text(one)
        cells = (
            percent(one.present, one.due),
            f"{one.due:,}",
            f"{one.invalid:,}" if one.invalid else "",
            distinct,
        )
        row = pad(f"  {one.path}", first) + "".join(_right(cell, _NUMBER) for cell in cells)
        rows.append(cut(f"{row}  {_winners(one)}".rstrip(), columns))
    return "".join(f"{row}\n" for row in rows)


def _winners(one: PathStatistics) -> str:
    whole = sum(winner.events for winner in one.winners)
    told = (f"{winner.label} {percent(winner.events, whole)} (:{winner.line})" for winner in one.winners)
    return " · ".join(told)


def _unread(found: Statistics, columns: int) -> str:
    rows = [f"  {_right(percent(count, found.events), 5)}  {visible(name)}" for name, count in found.unread]
    return _listed("attributes that no rule reads, by the share of events", rows, columns)


def _tables(tables: Sequence[TableStatistics], columns: int) -> str:
    rows = [f"  {one.missed:>9,}  {one.name} ({one.file}:{one.line}){_values(one)}" for one in tables]
    return _listed("values that no `is`, no table and no pattern has", rows, columns)


def _values(one: TableStatistics) -> str:
    shown = [f"{value!r} {count:,}" for value, count in one.values[:_MOST_VALUES]]
    rest = one.missed - sum(count for _, count in one.values[:_MOST_VALUES])
    told = [*shown, *([f"{rest:,} not shown"] if rest else [])]
    return f": {', '.join(told)}"


def _outcomes(found: Statistics, columns: int) -> str:
    rows = [
        f"  {count:>9,}  {outcome}{f': {visible(reason)}' if reason else ''}"
        for outcome, reason, count in found.outcomes
    ]
    return _listed("outcomes", rows, columns)


def _listed(title: str, rows: Sequence[str], columns: int) -> str:
    if not rows:
        return ""
    shown = [cut(row, columns) for row in rows[:_MOST_ROWS]]
    more = [f"  and {len(rows) - _MOST_ROWS:,} more: --format json has all"] if len(rows) > _MOST_ROWS else []
    return "".join(f"{row}\n" for row in (title, *shown, *more))


def _right(text: str, columns: int) -> str:
    return " " * (columns - width(text)) + text
