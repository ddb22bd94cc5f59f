"""The parts of a mapping -> the outline that an editor shows."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types as lsp

from mapper.authoring import Symbol
from mapper.language_server.positions import Positions

_KINDS = {
    "key": lsp.SymbolKind.Namespace,
    "variable": lsp.SymbolKind.Variable,
    "function": lsp.SymbolKind.Function,
    "field": lsp.SymbolKind.Field,
    "section": lsp.SymbolKind.Event,
    "test": lsp.SymbolKind.Method,
}


def outline(symbols: Iterable[Symbol], positions: Positions) -> list[lsp.DocumentSymbol]:
    """The symbols with what is in each."""
    return [
        lsp.DocumentSymbol(
            one.name,
            _KINDS[one.kind],
            positions.range(one.span),
            positions.range(one.name_span),
            detail=one.detail or None,
            children=outline(one.inner, positions),
        )
        for one in symbols
    ]
