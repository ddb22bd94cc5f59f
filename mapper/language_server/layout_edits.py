"""A text, and the same one laid out -> the edits of an editor, each of lines that differ."""

from __future__ import annotations

from difflib import SequenceMatcher

from lsprotocol import types as lsp

from mapper import Span
from mapper.authoring import Text, same_content
from mapper.language_server.positions import Positions


def layout_edits(
    was: Text, now: Text, positions: Positions, lines: range | None = None
) -> list[lsp.TextEdit]:
    """The edits of lines, so that an editor keeps its place in all others.

    lines: only of these, from 0; none where the mapping would not say the same with some lines as they were.
    """
    old, new = (text.content.splitlines(keepends=True) for text in (was, now))
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    edits: list[lsp.TextEdit] = []
    made: list[str] = []
    for kind, first, last, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal" or not (lines is None or (lines.start <= first and last <= lines.stop)):
            made += old[first:last]
        else:
            text = "".join(new[begin:end])
            edits.append(lsp.TextEdit(positions.range(Span(was, starts[first], starts[last])), text))
            made.append(text)
    return edits if lines is None or same_content(was, Text(was.name, "".join(made))) else []
