"""Overlap -> a page of text, Markdown and JSON: the counts of each name, how fields differ, the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from mapper.cli.run_summary import number
from mapper.cli.terminal import pad, visible, width
from mapper.workbench.overlap.pairing import NEAR_SECONDS
from mapper.workbench.overlap.sides import moment
from mapper.workbench.overlap.verdict import (
    ClassCounts,
    FieldOverlap,
    NameOverlap,
    Overlap,
    OverlapSide,
    span,
    tenths,
)

COUNT_HEAD = (
    *("tag", "server", "both, one id", "other id", "only tag", "only server"),
    *("covered", "counted twice"),
)
APART_TITLE, APART_HEAD = "time apart in pairs of one id", ("median", "95 % at most")
FIELD_HEAD = ("equal", "differs", "server lacks", "server adds")
_NARROWEST = 10
# Taxes are up to a third of a price; a hundred is the cents in an amount.
_MINOR_UNITS, _TAXES = (0.01, 100.0), (1.0, 1.34)


def overlap_json(found: Overlap) -> dict[str, Any]:
    """The overlap as JSON. Times have no fraction, and are in UTC."""
    return {
        "tag": _side_json(found.tag),
        "server": _side_json(found.server),
        "common": [moment(found.time.first), moment(found.time.last)],
        "full_days": found.time.days,
        "zone": found.zone,
        "not_judged": found.outside,
        "names": [_name_json(one) for one in found.names],
    }


def _side_json(side: OverlapSide) -> dict[str, Any]:
    return {
        "feed": side.feed,
        "events": side.events,
        "from": moment(side.first),
        "to": moment(side.last),
        "no_event": side.strange,
        "not_sent": side.unsent,
    }


def _name_json(one: NameOverlap) -> dict[str, Any]:
    return {
        "name": one.name,
        **_counts_json(one.counts),
        "without_id": one.without_id,
        "twice": {"tag": one.copies[0], "server": one.copies[1]},
        "days": [{"day": day, **_counts_json(counts)} for day, counts in one.days],
        "seconds_apart": None if one.apart is None else asdict(one.apart),
        "fields_of": one.fields_of,
        "fields": [_field_json(field) for field in one.fields],
        "verdict": one.verdict,
        "reasons": list(one.reasons),
    }


def _counts_json(counts: ClassCounts) -> dict[str, int]:
    return {
        "tag": counts.tag,
        "server": counts.server,
        "both": counts.both,
        "other_id": counts.other_id,
        "only_tag": counts.only_tag,
        "only_server": counts.only_server,
    }


def _field_json(one: FieldOverlap) -> dict[str, Any]:
    return {
        "path": one.path,
        "equal": one.equal,
        "differs": one.differs,
        "lacks": one.lacks,
        "adds": one.adds,
        **({} if one.ratio is None else {"ratio": one.ratio[0], "ratio_pairs": one.ratio[1]}),
    }


def overlap_text(found: Overlap) -> str:
    """As a person reads it on a terminal."""
    parts = [
        f"{headline(found)}\n",
        _aligned("", COUNT_HEAD, ((visible(one.name), count_cells(one.counts)) for one in found.names)),
        _aligned(APART_TITLE, APART_HEAD, apart) if (apart := apart_rows(found)) else "",
        *(_aligned(title, (*FIELD_HEAD, ""), rows) for title, rows in field_tables(found)),
        "".join(f"{line}\n" for line in side_notes(found)),
        "can the tag go?\n" + _verdicts(found),
    ]
    return "".join(parts)


def overlap_markdown(found: Overlap) -> str:
    """As a page of Markdown, for a comment or a wiki."""
    names = ((one.name, count_cells(one.counts)) for one in found.names)
    parts = [
        f"# Overlap\n\n{visible(headline(found))}\n",
        _markdown_table("", COUNT_HEAD, names),
        _markdown_part(APART_TITLE, APART_HEAD, apart) if (apart := apart_rows(found)) else "",
        *(_markdown_part(title, (*FIELD_HEAD, ""), rows) for title, rows in field_tables(found)),
        "".join(f"- {visible(line)}\n" for line in side_notes(found)),
        "## Can the tag go?\n",
        "".join(f"- {_code(one.name)}: {verdict_line(one)}\n" for one in found.names if one.counts.tag),
    ]
    return "\n".join(filter(None, parts))


def headline(found: Overlap) -> str:
    """The line that says how many events there are, and in which time."""
    tag, server = found.tag, found.server
    more = 100 * (server.events - tag.events) / tag.events
    sides = f"{tag.feed} {number(tag.events, 'event')}, {server.feed} {number(server.events, 'event')}"
    common = f"{moment(found.time.first)} to {moment(found.time.last)}, {number(found.time.days, 'full day')}"
    return f"{sides}: {more:+.1f} %; common time {common}"


def count_cells(counts: ClassCounts) -> tuple[str, ...]:
    """The cells of a row of counts, below `COUNT_HEAD`."""
    told = (counts.tag, counts.server, counts.both, counts.other_id, counts.only_tag, counts.only_server)
    shares = [tenths(count, counts.tag) if counts.tag else "" for count in (counts.covered, counts.other_id)]
    return (*(f"{count:,}" for count in told), *shares)


def apart_rows(found: Overlap) -> list[tuple[str, tuple[str, str]]]:
    """The rows of times apart, of each name that has pairs of one id."""
    return [
        (visible(one.name), (span(one.apart.median), span(one.apart.most)))
        for one in found.names
        if one.apart is not None
    ]


def field_tables(
    found: Overlap, *, every: bool = False
) -> Iterator[tuple[str, list[tuple[str, tuple[str, ...]]]]]:
    """The tables of fields: of names with pairs of one id, and of names that have only others.

    every: with the fields that never differ where the tag has them.
    """
    for kind, title in (
        ("both", "differences in pairs of one id"),
        ("other_id", "differences in pairs of other ids"),
    ):
        rows = [
            (f"{visible(one.name)} {field.path}", (*_field_cells(field), ratio_text(field)))
            for one in found.names
            if one.fields_of == kind
            for field in one.fields
            if every or field.differs or field.lacks
        ]
        if rows:
            yield title, rows


def _field_cells(one: FieldOverlap) -> tuple[str, ...]:
    counts = (one.equal, one.differs, one.lacks, one.adds)
    return tuple(tenths(count, one.pairs) for count in counts)


def ratio_text(one: FieldOverlap) -> str:
    """`server = 1.19 x tag in 803 of 804: tax?` of numbers that differ in the same way; "" of others."""
    if one.ratio is None:
        return ""
    ratio, pairs = one.ratio
    told = f"server = {ratio:g} x tag in {pairs:,} of {one.differs:,}"
    if ratio in _MINOR_UNITS:
        return f"{told}: minor units?"
    return (
        f"{told}: tax?" if _TAXES[0] < ratio < _TAXES[1] or _TAXES[0] < 1 / (ratio or 1) < _TAXES[1] else told
    )


def side_notes(found: Overlap) -> Iterator[str]:
    """Lines about events that the tables do not show."""
    without = ", ".join(f"{visible(one.name)} {one.without_id:,}" for one in found.names if one.without_id)
    yield f"without an id in the tag: {without or '0'}"
    tag, server = (sum(one.copies[side] for one in found.names) for side in (0, 1))
    yield f"an id twice, counted once: tag {tag:,}, server {server:,}"
    yield f"not judged, less than 1 h from an end of the common time: tag {found.outside:,}"
    for one in found.names:
        if 2 * one.counts.only_tag > one.counts.tag and 2 * one.counts.only_server > one.counts.server:
            told = f"without a common id they must be at most {span(NEAR_SECONDS)} apart: a time zone?"
            yield f"{visible(one.name)}: most events of both sides have no partner; {told}"
    for side in (found.tag, found.server):
        if side.strange:
            lines = number(side.strange, "line")
            yield f"{side.feed}: {lines} without an event, the first is {side.first_strange:,}"
        if side.unsent:
            yield f"{side.feed}: {number(side.unsent, 'event')} skipped, rejected or not delivered"


def verdict_line(one: NameOverlap) -> str:
    """`not yet: covered 95.8 %, must be 98 %`."""
    return f"{one.verdict}: {'; '.join(one.reasons)}" if one.reasons else one.verdict


def _verdicts(found: Overlap) -> str:
    told = [one for one in found.names if one.counts.tag]
    wide = max((width(visible(one.name)) for one in told), default=0)
    return "".join(f"  {pad(visible(one.name), wide)}  {verdict_line(one)}\n" for one in told)


def _aligned(title: str, head: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    """A table whose first column is text, and whose others are right-aligned but for one without a head."""
    listed = list(rows)
    first = max([width(title), *(width(name) + 2 for name, _ in listed)])
    columns = [max([len(name), *(len(row[place]) for _, row in listed)]) for place, name in enumerate(head)]

    def line(name: str, cells: Sequence[str]) -> str:
        told = (
            cell if not head[place] else cell.rjust(max(columns[place], _NARROWEST))
            for place, cell in enumerate(cells)
        )
        return f"{pad(name, first)}  {'  '.join(told)}".rstrip() + "\n"

    return line(title, head) + "".join(line(f"  {name}", cells) for name, cells in listed)


def _markdown_part(title: str, head: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    return f"## {title[:1].upper()}{title[1:]}\n\n{_markdown_table('', head, rows)}"


def _markdown_table(title: str, head: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    marks = ["---", *("---:" if name else "---" for name in head)]
    lines = [(title, *head), marks, *((_code(name), *cells) for name, cells in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _code(text: str) -> str:
    """A name as code of Markdown, also in a table."""
    shown = visible(text).replace("`", "'").replace("|", "¦")
    return f"`{shown}`"
