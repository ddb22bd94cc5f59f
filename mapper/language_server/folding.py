"""The parts of a mapping, and its comments -> the lines that an editor can fold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from lsprotocol import types as lsp

from mapper.authoring import Symbol, Text

_COMMENT = lsp.FoldingRangeKind.Comment


def folding_ranges(text: Text, symbols: Iterable[Symbol]) -> list[lsp.FoldingRange]:
    """The ranges of lines, each of more than one, in the order of their first lines."""
    found = {(first, last): lsp.FoldingRange(first, last) for first, last in _parts(text, symbols)}
    for first, last in _comments(text):
        found[first, last] = lsp.FoldingRange(first, last, kind=_COMMENT)
    return [found[lines] for lines in sorted(found) if lines[0] < lines[1]]


def _parts(text: Text, symbols: Iterable[Symbol]) -> Iterator[tuple[int, int]]:
    for one in symbols:
        end = max(one.span.start, len(text.content[: one.span.end].rstrip()))
        yield text.position(one.span.start)[0] - 1, text.position(end)[0] - 1
        yield from _parts(text, one.inner)


def _comments(text: Text) -> Iterator[tuple[int, int]]:
    """The first and last line of each run of lines that are comments."""
    lines = enumerate(line.lstrip().startswith("#") for line in text.content.splitlines())
    for is_comment, run in groupby(lines, lambda line: line[1]):
        numbers = [number for number, _ in run]
        if is_comment:
            yield numbers[0], numbers[-1]
