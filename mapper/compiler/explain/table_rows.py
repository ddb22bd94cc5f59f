"""LookupTable -> its rows as texts, without those of persons."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mapper.compiler.explain.masked_text import masked, masked_text
from mapper.compiler.inference.personal_names import is_likely_personal
from mapper.compiler.schema.text_shapes import PERSONAL_SHAPES, shape_of
from mapper.compiler.syntax.node_shapes import json_of
from mapper.compiler.syntax.table_nodes import LookupTable
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
from mapper.values.types import Json


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table. cells: a text by the name of its column; by `value` where there is one only.

    A text that is likely a person's is the beginning of its digest, so that two of them are told apart.
    """

    key: str
    cells: tuple[tuple[str, str], ...]
    span: Span


def rows_of_table(table: LookupTable) -> Iterator[TableRow]:
    """The rows of a table, in the order of its file; none where it was not read."""
    if table.entries is None:
        return
    form, columns = table.form, table.entries.table.columns
    named = "" if form.key is None else form.key[0]
    single = "" if form.value is None else form.value[0]
    hidden = {name for name in {named, single, *(columns or ())} if is_likely_personal(name)}
    for key, node in table.entries.node.entries:
        value = json_of(node)
        if columns is not None and isinstance(value, dict):
            cells = tuple((name, _shown(cell, name in hidden)) for name, cell in value.items())
        else:
            cells = (("value", _shown(value, single in hidden)),)
        yield TableRow(_shown(key.text, named in hidden), cells, key.span)


def _shown(value: Json, is_personal: bool) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if is_personal or shape_of(text) in PERSONAL_SHAPES:
        return masked(text)
    return masked_text(text)
