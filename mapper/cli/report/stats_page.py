"""Statistics -> one page of HTML with its charts in it: nothing is loaded, no script runs, light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mapper.cli.report.page_parts import html_share, html_table, html_text, whole_page
from mapper.cli.report.stats import distinct_text, percent
from mapper.cli.run_summary import number
from mapper.workbench.statistics import PathStatistics, Statistics, TableStatistics

_MOST_ROWS, _MOST_VALUES = 100, 10


def stats_page(found: Statistics, mapping: str, events: str) -> str:
    """The whole page of statistics, as HTML."""
    count = number(found.events, "event")
    title = f"{html_text(mapping)}: {count}"
    parts = [
        f"<h1>{html_text(mapping)}</h1><p>{count} of {html_text(events)}</p>",
        _outcomes(found),
        _signals(found),
        _paths(found.paths),
        _unread(found),
        _tables(found.tables),
    ]
    return whole_page(title, parts)


def _outcomes(found: Statistics) -> str:
    """One bar of what became of the events, a row for each kind of end, and those of its reasons."""
    whole = sum(found.ends.values()) or 1
    parts, at = [], 0.0
    for kind, count in found.ends.items():
        share = 100 * count / whole
        parts.append(f'<rect class="{kind}" x="{at:.2f}" width="{share:.2f}" height="6"/>')
        at += share
    chart = (
        '<svg role="img" aria-label="outcomes" viewBox="0 0 100 6" preserveAspectRatio="none" width="100%" '
        f'height="28">{"".join(parts)}</svg>'
    )
    said = "An event that is split has several outcomes, and one that is rejected may have several reasons."
    table = html_table(("", "reason", "count", "share"), _outcome_rows(found, whole), left=2)
    return f"<h2>Outcomes</h2><p>{said}</p>{chart}{table}"


def _outcome_rows(found: Statistics, whole: int) -> Iterator[tuple[str, ...]]:
    """Each kind of end with its share of all, then its reasons with their shares of the kind."""
    for kind, count in found.ends.items():
        reasons = [row for row in found.outcomes if row[0] == kind and row[1] and row[2]]
        if count or reasons:
            yield f"{_key(kind)} {kind}", "", f"<b>{count:,}</b>", f"<b>{percent(count, whole)}</b>"
        for _, reason, times in reasons[:_MOST_ROWS]:
            shown = f'<span class="text">{html_text(reason)}</span>'
            yield "", shown, f"{times:,}", f"{percent(times, count)} of {kind}"


def _key(kind: str) -> str:
    return f'<svg class="key" viewBox="0 0 1 1"><rect class="{kind}" width="1" height="1"/></svg>'


def _signals(found: Statistics) -> str:
    if not found.by_event or not found.by_event[0].signals:
        return ""
    head = ("signal", *(f"{html_text(one.name)}<br>{one.payloads:,}" for one in found.by_event))
    rows = (
        (html_text(path), *(html_share(one.signals[place][1], one.payloads) for one in found.by_event))
        for place, (path, _) in enumerate(found.by_event[0].signals)
    )
    said = "The share of payloads of each event name that carry what the destination scores events by."
    return f"<h2>Signals</h2><p>{said}</p>{html_table(head, rows)}"


def _paths(paths: Sequence[PathStatistics]) -> str:
    head = ("path", "present", "of", "invalid", "distinct", '<span class="text">given by</span>')
    rows = (
        (
            html_text(one.path),
            html_share(one.present, one.due),
            f"{one.due:,}",
            f"{one.invalid:,}" if one.invalid else "",
            distinct_text(one),
            _winners(one),
        )
        for one in paths
    )
    said = "Shares of the payloads whose section has a rule for the path. Above 1,024 values are estimated."
    return f"<h2>Payload</h2><p>{said}</p>{html_table(head, rows, last_left=True)}" if paths else ""


def _winners(one: PathStatistics) -> str:
    whole = sum(winner.events for winner in one.winners)
    told = (
        f"{html_text(winner.label)} {percent(winner.events, whole)} (:{winner.line})"
        for winner in one.winners
    )
    return f'<span class="given">{" · ".join(told)}</span>'


def _unread(found: Statistics) -> str:
    rows = ((html_text(name), html_share(count, found.events)) for name, count in found.unread[:_MOST_ROWS])
    said = f"The share of events that have them; the first {_MOST_ROWS}."
    table = html_table(("attribute", "events"), rows)
    return f"<h2>Attributes that no rule reads</h2><p>{said}</p>{table}" if found.unread else ""


def _tables(tables: Sequence[TableStatistics]) -> str:
    rows = (
        (f"{html_text(one.name)} ({html_text(one.file)}:{one.line})", f"{one.missed:,}", _values(one))
        for one in tables
    )
    head = ("rule", "values", '<span class="text">among them</span>')
    return (
        "<h2>Values that no <code>is</code>, no table and no pattern has</h2>"
        f"{html_table(head, rows, last_left=True)}"
        if tables
        else ""
    )


def _values(one: TableStatistics) -> str:
    shown = (f"{html_text(value)} {count:,}" for value, count in one.values[:_MOST_VALUES])
    return f'<span class="given">{" · ".join(shown)}</span>'
