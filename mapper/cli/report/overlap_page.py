"""Overlap -> one page of HTML with its charts in it: nothing is loaded, no script runs, light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mapper.cli.report.overlap import (
    APART_HEAD,
    APART_TITLE,
    COUNT_HEAD,
    FIELD_HEAD,
    apart_rows,
    count_cells,
    field_tables,
    headline,
    side_notes,
)
from mapper.cli.report.page_parts import html_share, html_table, html_text, whole_page
from mapper.workbench.overlap.verdict import ClassCounts, NameOverlap, Overlap, tenths

_MOST_NAMES = 100


def overlap_page(found: Overlap) -> str:
    """The whole page of an overlap, as HTML."""
    title = f"{html_text(found.tag.feed)} and {html_text(found.server.feed)}"
    shown = found.names[:_MOST_NAMES]
    rows = ((html_text(one.name), *count_cells(one.counts)) for one in shown)
    return whole_page(
        title,
        [
            f"<h1>{title}</h1><p>{html_text(headline(found))}</p>",
            "<h2>Can the tag go?</h2>",
            html_table(("event", "verdict"), _verdicts(shown), last_left=True),
            "<h2>Events</h2><p>Covered events remain if the tag goes. Events that both sides have with other "
            "ids are counted twice today.</p>",
            html_table(("event", *COUNT_HEAD), rows),
            *(f"<p>{html_text(line)}</p>" for line in side_notes(found)),
            _table_part(APART_TITLE, ("event", *APART_HEAD), apart) if (apart := apart_rows(found)) else "",
            *(
                _table_part(heading, ("field", *FIELD_HEAD, ""), table)
                for heading, table in field_tables(found, every=True)
            ),
            *(_of_days(one) for one in shown),
        ],
    )


def _verdicts(names: tuple[NameOverlap, ...]) -> Iterator[tuple[str, str]]:
    """The verdict of each name that the tag has, each reason in a line of its own."""
    for one in names:
        if one.counts.tag:
            reasons = "".join(f'<br><span class="given">{html_text(reason)}</span>' for reason in one.reasons)
            yield html_text(one.name), f"{one.verdict}{reasons}"


def _of_days(one: NameOverlap) -> str:
    rows = ((day, *_cells_of_day(counts)) for day, counts in one.days)
    head = ("day", *COUNT_HEAD)
    return f"<h2>{html_text(one.name)} by day</h2>{html_table(head, rows)}" if one.days else ""


def _cells_of_day(counts: ClassCounts) -> tuple[str, ...]:
    """The counts of a day, its shares with bars."""
    bars = (
        html_share(count, counts.tag, tenths(count, counts.tag)) if counts.tag else ""
        for count in (counts.covered, counts.other_id)
    )
    return (*count_cells(counts)[:-2], *bars)


def _table_part(heading: str, head: tuple[str, ...], table: Iterable[tuple[str, tuple[str, ...]]]) -> str:
    rows = ((html_text(name), *map(html_text, cells)) for name, cells in table)
    shown = html_table(head, rows, last_left=not head[-1])
    return f"<h2>{heading[:1].upper()}{heading[1:]}</h2>{shown}"
