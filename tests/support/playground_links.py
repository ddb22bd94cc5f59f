"""Links from the examples of the documentation into the playground: a whole mapping beside its events.

`make docs` writes them into docs/*.md, and tests/docs/test_playground_links.py holds them.
"""

from __future__ import annotations

import json
import re
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mapper.cli.playground import PORT
from tests.playground.chromium import fragment_of
from tests.support.command import ROOT

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What the first link of a page needs to open.
_NEED = " Such links need a running `mapper playground`: [the playground](playground.md)."
_LINK = re.compile(rf"\n\n\[Open this example\]\((\S+)\) in the playground\.(?:{re.escape(_NEED)})?")


@dataclass(frozen=True)
class Example:
    """A whole mapping and its events on a page. end: where the link belongs. link: the one that is there."""

    mapping: str
    events: tuple[Any, ...]
    end: int
    link: str

    @property
    def address(self) -> str:
        """The link that opens it."""
        name = yaml.safe_load(self.mapping).get("name", "mapping")
        return f"http://127.0.0.1:{PORT}/{fragment_of(self.mapping, *self.events, name=f'{name}.yaml')}"

    @property
    def is_linked(self) -> bool:
        """Whether the link that is there opens it: packed texts differ from one zlib to another."""
        return bool(content_of(self.link) == content_of(self.address))


def pages() -> list[Path]:
    """The pages that people write."""
    return sorted((ROOT / "docs").glob("*.md"))


def examples(page: str) -> Iterator[Example]:
    """The whole mappings of a page that have events after or before them."""
    blocks = list(_BLOCK.finditer(page))
    for at, block in enumerate(blocks):
        if block[1] != "yaml" or not _is_whole(block[2]):
            continue
        near = [blocks[other] for other in (at + 1, at - 1) if 0 <= other < len(blocks)]
        with_events = next((one for one in near if one[1] == "json" and _events(one[2])), None)
        if with_events is not None:
            end = max(block.end(), with_events.end())
            link = _LINK.match(page, end)
            yield Example(block[2], _events(with_events[2]), end, "" if link is None else link[1])


def _is_whole(text: str) -> bool:
    read = yaml.safe_load(text)
    keys = read.keys() if isinstance(read, dict) else set[str]()
    return bool({"target", "payload"} <= keys and keys & {"events", "otherwise"})


def _events(text: str) -> tuple[Any, ...]:
    """The events of a text with one on each line; none of any other text."""
    try:
        return tuple(json.loads(line) for line in text.splitlines())
    except ValueError:
        return ()


def content_of(link: str) -> Any:
    """What a link opens; None where it is none."""
    _, _, packed = link.partition("#s=")
    if not packed:
        return None
    return json.loads(zlib.decompress(urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), -15))


def linked(page: str) -> str:
    """A page with a link after each example that opens it; a link that does is kept as it is.

    The first one says what such links need.
    """
    for place, one in reversed(list(enumerate(examples(page)))):
        after = page[one.end :]
        left = _LINK.match(after)
        after = after if left is None else after[left.end() :]
        address = one.link if one.is_linked else one.address
        need = "" if place else _NEED
        page = f"{page[: one.end]}\n\n[Open this example]({address}) in the playground.{need}{after}"
    return page
