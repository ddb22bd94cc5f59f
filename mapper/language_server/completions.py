"""Completions of a text -> those of the protocol."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types as lsp

from mapper.authoring import Completion, Text
from mapper.language_server.positions import Positions

# What opens a list of completions as it is typed.
TRIGGERS = (".", "$", " ", "{", "[", "(", "|", ":", ",", "@")
_BEFORE_SPACE = (":", "-", ",", "{", "[")
_KINDS = {
    "key": lsp.CompletionItemKind.Field,
    "word": lsp.CompletionItemKind.Value,
    "constant": lsp.CompletionItemKind.EnumMember,
    "attribute": lsp.CompletionItemKind.Property,
    "variable": lsp.CompletionItemKind.Variable,
    "function": lsp.CompletionItemKind.Function,
    "transform": lsp.CompletionItemKind.Method,
}


def completion_list(found: Iterable[Completion], positions: Positions) -> lsp.CompletionList:
    """Completions in their order. Each key that is typed asks anew: what is in a word comes after a while.

    Not every editor fills in blanks, so what is only a snippet is left out.
    """
    items = [_item(one, at, positions) for at, one in enumerate(found) if one.kind != "snippet"]
    return lsp.CompletionList(is_incomplete=True, items=items)


def _item(one: Completion, at: int, positions: Positions) -> lsp.CompletionItem:
    meaning = lsp.MarkupContent(lsp.MarkupKind.Markdown, one.meaning) if one.meaning else None
    return lsp.CompletionItem(
        one.word,
        kind=_KINDS[one.kind],
        detail=one.detail or None,
        documentation=meaning,
        sort_text=f"{at:05}",
        filter_text=one.word.removeprefix("{const: ").removesuffix("}"),
        text_edit=lsp.TextEdit(positions.range(one.span), one.insert),
        additional_text_edits=[lsp.TextEdit(positions.range(it.span), it.replacement) for it in one.also]
        or None,
        insert_text_format=lsp.InsertTextFormat.PlainText,
    )


def is_asked(text: Text, offset: int, typed: str | None) -> bool:
    """Whether what was typed asks for completions: a space does only where a key or value begins."""
    return typed != " " or text.content[:offset].rstrip(" ")[-1:] in _BEFORE_SPACE
