"""The senders that this package knows: a data file each, of what its entries have and what to set there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from mapper.compiler.findings import Findings
from mapper.compiler.yaml.nodes import MapNode, ScalarNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.named_text import Text, decode_text

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
        root = sender_root(name)
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


@cache
def sender_root(name: str) -> MapNode:
    """The whole table in a sender's file."""
    path = sender_files()[name]
    found = Findings()
    # Named without its folder: what is wrong in an entry is never said of this file.
    root = read_yaml(_text(path), found)
    if found or not isinstance(root, MapNode):
        raise ValueError(f"{path.name}: {next((one.message for one in found), 'not a table')}")
    return root


def _text(path: Path) -> Text:
    return decode_text(path.name, path.read_bytes())
