"""The names that a mapping writes -> the semantic tokens of the protocol, which editors colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lsprotocol import types as lsp

from mapper.authoring import WrittenName
from mapper.language_server.positions import Positions

# By kind, a type of the protocol, so that each editor has a colour for it.
_TYPES: Mapping[str, str] = {
    "attribute": "property",
    "field": "class",
    "function": "function",
    "transform": "macro",
    "variable": "variable",
}
_NUMBERS = {kind: number for number, kind in enumerate(_TYPES)}
LEGEND = lsp.SemanticTokensLegend([*_TYPES.values()], ["declaration"])


def name_colours(names: Iterable[WrittenName], positions: Positions) -> lsp.SemanticTokens:
    """Five numbers for each name: lines and characters from the one before, length, type, modifiers."""
    data: list[int] = []
    line = character = 0
    for one in names:
        found = positions.range(one.span)
        if found.end.line != found.start.line:
            continue
        down = found.start.line - line
        right = found.start.character - (0 if down else character)
        length = found.end.character - found.start.character
        data += (down, right, length, _NUMBERS[one.kind], int(one.defines))
        line, character = found.start.line, found.start.character
    return lsp.SemanticTokens(data)
