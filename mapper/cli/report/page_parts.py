"""Parts of pages of HTML with charts in them: nothing is loaded, no script runs, light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from mapper.cli.report.stats import percent
from mapper.cli.terminal import visible

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --page: #fff; --ink: #1c1e21; --faint: #666b73; --line: #e2e4e8;
  --track: #edeff2; --good: #1a7f5a; --skip: #8a8f98; --bad: #c2410c; --bar: #2f6fdb; }
@media print { body { max-width: none; padding: 0; } .wide { overflow: visible; }
  tr { break-inside: avoid; } }
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
.given { color: var(--faint); font-size: .85rem; white-space: normal; }
svg { display: block; } .bar { display: inline-block; vertical-align: middle; margin-left: .5rem; }
.track { fill: var(--track); } .fill { fill: var(--bar); } .sent { fill: var(--good); }
.skipped { fill: var(--skip); } .rejected { fill: var(--bad); } .none { color: var(--faint); }
.key { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; vertical-align: -.1rem; }
"""


def whole_page(title: str, parts: Iterable[str]) -> str:
    """A page of parts that are HTML; parts that are empty are left out. title: HTML too."""
    body = "\n".join(filter(None, parts))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body>{body}</body></html>\n"
    )


def html_share(count: int, of: int, said: str = "") -> str:
    """A percentage and its bar. said: the percentage in other words."""
    width = 100 * count / of if of else 0.0
    bar = (
        '<svg class="bar" aria-hidden="true" viewBox="0 0 100 10" preserveAspectRatio="none" width="72" '
        'height="8"><rect class="track" width="100" height="10"/>'
        f'<rect class="fill" width="{width:.1f}" height="10"/></svg>'
    )
    said = said or percent(count, of)
    return f"{said}{bar}" if count else f'<span class="none">{said}</span>{bar}'


def html_table(
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


def html_text(text: str) -> str:
    """A text of which nothing acts on a page or a terminal, as HTML."""
    return escape(visible(text))
