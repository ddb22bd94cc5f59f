"""The senders that this package knows: a data file each, of what its entries have and what to set there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from mapper.compiler.findings import Findings
from mapper.compiler.syntax.shapes import json_of
from mapper.compiler.yaml.nodes import MapNode, ScalarNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.text import Text, decode_text, line_start
from mapper.values.types import Json

_FOLDER = Path(__file__).parent / "senders"
_ENTRY = "entry"


@cache
def sender_files() -> Mapping[str, Path]:
    """The file of each sender, by its name, in the order of names."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"))}


@cache
def sender_entries() -> Mapping[str, MapNode]:
    """The keys that the entries of each sender have."""
    entries = {}
    for name in sender_files():
        root = _root(name)
        entries[name] = next(value for key, value in root.entries if key.text == _ENTRY)
    return {name: entry for name, entry in entries.items() if isinstance(entry, MapNode)}


@cache
def known_headers() -> tuple[str, ...]:
    """The headers that senders put signatures, tokens and ids into."""
    found = set()
    for entry in sender_entries().values():
        for table in (value for _, value in entry.entries if isinstance(value, MapNode)):
            found |= {
                one.text for key, one in table.entries if key.text == "header" and isinstance(one, ScalarNode)
            }
    return tuple(sorted(found))


def sender_page(name: str) -> dict[str, Json]:
    """The whole content of a sender's file."""
    page = json_of(_root(name))
    assert isinstance(page, dict)
    return page


def entry_text(name: str) -> str:
    """The text that the entries of a sender have, as its file writes it: whole lines."""
    span = sender_entries()[name].span
    content = span.text.content
    return f"{content[line_start(content, span.start) : span.end]}\n"


@cache
def _root(name: str) -> MapNode:
    path = sender_files()[name]
    found = Findings()
    # Named without its folder: what is wrong in an entry is never said of this file.
    root = read_yaml(_text(path), found)
    if found or not isinstance(root, MapNode):
        raise ValueError(f"{path.name}: {next((one.message for one in found), 'not a table')}")
    return root


def _text(path: Path) -> Text:
    return decode_text(path.name, path.read_bytes())
