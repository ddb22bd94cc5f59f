"""Statistics -> one page of HTML with its charts in it: nothing is loaded, no script runs, light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby

from mapper.cli.report.stats import distinct_text, percent
from mapper.cli.run_summary import number
from mapper.cli.terminal import visible
from mapper.workbench.statistics import PathStatistics, Statistics, TableStatistics

_MOST_ROWS, _MOST_VALUES = 100, 10
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --page: #fff; --ink: #1c1e21; --faint: #666b73; --line: #e2e4e8;
  --track: #edeff2; --good: #1a7f5a; --skip: #8a8f98; --bad: #c2410c; --bar: #2f6fdb; }
@media (prefers-color-scheme: dark) { :root { --page: #15171a; --ink: #e8eaed; --faint: #9aa0a8;
  --line: #2c3036; --track: #24282e; --good: #4cc38a; --skip: #7d848e; --bad: #f2814f; --bar: #6c9ff2; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; background: var(--page);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.5rem 0 .75rem; }
p { margin: .25rem 0 1rem; color: var(--faint); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th { font-weight: 600; color: var(--faint); font-size: .85rem; }
th:first-child, td:first-child, .text { text-align: left; }
td:first-child { font-family: ui-monospace, monospace; font-size: .85rem; }
.given { color: var(--faint); font-size: .85rem; }
svg { display: block; } .bar { display: inline-block; vertical-align: middle; margin-left: .5rem; }
.track { fill: var(--track); } .fill { fill: var(--bar); } .sent { fill: var(--good); }
.skipped { fill: var(--skip); } .rejected { fill: var(--bad); } .none { color: var(--faint); }
.key { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; vertical-align: -.1rem; }
"""


def stats_page(found: Statistics, mapping: str, events: str) -> str:
    """The whole page of statistics, as HTML."""
    count = number(found.events, "event")
    title = f"{_text(mapping)}: {count}"
    parts = [
        f"<h1>{_text(mapping)}</h1><p>{count} of {_text(events)}</p>",
        _outcomes(found),
        _signals(found),
        _paths(found.paths),
        _unread(found),
        _tables(found.tables),
    ]
    body = "\n".join(filter(None, parts))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body>{body}</body></html>\n"
    )


def _outcomes(found: Statistics) -> str:
    """One bar of what became of the events, and a row for each reason."""
    rows = [(kind, reason, count) for kind, reason, count in found.outcomes if count]
    whole = sum(count for *_, count in rows) or 1
    parts, at = [], 0.0
    for kind, group in groupby(rows, key=lambda row: row[0]):
        share = 100 * sum(count for *_, count in group) / whole
        parts.append(f'<rect class="{kind}" x="{at:.2f}" width="{share:.2f}" height="6"/>')
        at += share
    chart = (
        '<svg role="img" aria-label="outcomes" viewBox="0 0 100 6" preserveAspectRatio="none" width="100%" '
        f'height="28">{"".join(parts)}</svg>'
    )
    cells = (
        (
            f"{_key(kind)} {kind}",
            f'<span class="text">{_text(reason)}</span>',
            f"{count:,}",
            percent(count, whole),
        )
        for kind, reason, count in rows[:_MOST_ROWS]
    )
    return f"<h2>Outcomes</h2>{chart}{_table(('', 'reason', 'count', 'share'), cells, left=2)}"


def _key(kind: str) -> str:
    return f'<svg class="key" viewBox="0 0 1 1"><rect class="{kind}" width="1" height="1"/></svg>'


def _signals(found: Statistics) -> str:
    if not found.by_event or not found.by_event[0].signals:
        return ""
    head = ("signal", *(f"{_text(one.name)}<br>{one.payloads:,}" for one in found.by_event))
    rows = (
        (_text(path), *(_share(one.signals[place][1], one.payloads) for one in found.by_event))
        for place, (path, _) in enumerate(found.by_event[0].signals)
    )
    said = "The share of payloads of each event name that carry what the destination scores events by."
    return f"<h2>Signals</h2><p>{said}</p>{_table(head, rows)}"


def _paths(paths: Sequence[PathStatistics]) -> str:
    head = ("path", "present", "of", "invalid", "distinct", '<span class="text">given by</span>')
    rows = (
        (
            _text(one.path),
            _share(one.present, one.due),
            f"{one.due:,}",
            f"{one.invalid:,}" if one.invalid else "",
            distinct_text(one),
            _winners(one),
        )
        for one in paths
    )
    said = "Shares of the payloads whose section has a rule for the path. Above 1,024 values are estimated."
    return f"<h2>Payload</h2><p>{said}</p>{_table(head, rows, last_left=True)}" if paths else ""


def _winners(one: PathStatistics) -> str:
    whole = sum(winner.events for winner in one.winners)
    told = (
        f"{_text(winner.label)} {percent(winner.events, whole)} (:{winner.line})" for winner in one.winners
    )
    return f'<span class="given">{" · ".join(told)}</span>'


def _unread(found: Statistics) -> str:
    rows = ((_text(name), _share(count, found.events)) for name, count in found.unread[:_MOST_ROWS])
    said = f"The share of events that have them; the first {_MOST_ROWS}."
    table = _table(("attribute", "events"), rows)
    return f"<h2>Attributes that no rule reads</h2><p>{said}</p>{table}" if found.unread else ""


def _tables(tables: Sequence[TableStatistics]) -> str:
    rows = (
        (f"{_text(one.name)} ({_text(one.file)}:{one.line})", f"{one.missed:,}", _values(one))
        for one in tables
    )
    head = ("rule", "values", '<span class="text">among them</span>')
    return (
        "<h2>Values that no <code>is</code>, no table and no pattern has</h2>"
        f"{_table(head, rows, last_left=True)}"
        if tables
        else ""
    )


def _values(one: TableStatistics) -> str:
    shown = (f"{_text(value)} {count:,}" for value, count in one.values[:_MOST_VALUES])
    return f'<span class="given">{" · ".join(shown)}</span>'


def _share(count: int, of: int) -> str:
    """A percentage and its bar."""
    width = 100 * count / of if of else 0.0
    bar = (
        '<svg class="bar" aria-hidden="true" viewBox="0 0 100 10" preserveAspectRatio="none" width="72" '
        'height="8"><rect class="track" width="100" height="10"/>'
        f'<rect class="fill" width="{width:.1f}" height="10"/></svg>'
    )
    said = percent(count, of)
    return f"{said}{bar}" if count else f'<span class="none">{said}</span>{bar}'


def _table(
    head: Iterable[str], rows: Iterable[Sequence[str]], *, left: int = 1, last_left: bool = False
) -> str:
    """A table of cells that are HTML already. left: so many columns are text, and the last one too if so."""

    def cells(tag: str, row: Sequence[str]) -> Iterator[str]:
        for place, cell in enumerate(row):
            is_text = place < left or (last_left and place == len(row) - 1)
            yield f"<{tag}{' class=text' if is_text else ''}>{cell}</{tag}>"

    body = "\n".join(f"<tr>{''.join(cells('td', row))}</tr>" for row in rows)
    top = "".join(cells("th", tuple(head)))
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _text(text: str) -> str:
    return escape(visible(text))
