"""Links from the examples of the documentation into the playground: a whole mapping beside its events.

The site of the documentation has the playground beside it, and these links. Pages in the repository have
none, since they are read where no playground is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from tests.playground.chromium import fragment_of

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The first paragraph of the page of a ready mapping.
_READY = "The ready mapping [`{0}.yaml`]("


@dataclass(frozen=True)
class Example:
    """A whole mapping and its events on a page. end: where the link belongs."""

    mapping: str
    events: tuple[Any, ...]
    end: int

    @property
    def fragment(self) -> str:
        """The part after `#` of the link that opens it."""
        name = yaml.safe_load(self.mapping).get("name", "mapping")
        return fragment_of(self.mapping, *self.events, name=f"{name}.yaml")


def examples(page: str) -> Iterator[Example]:
    """The whole mappings of a page that have events after or before them."""
    blocks = list(_BLOCK.finditer(page))
    for at, block in enumerate(blocks):
        if block[1] != "yaml" or not _is_whole(block[2]):
            continue
        near = [blocks[other] for other in (at + 1, at - 1) if 0 <= other < len(blocks)]
        with_events = next((one for one in near if one[1] == "json" and _events(one[2])), None)
        if with_events is not None:
            yield Example(block[2], _events(with_events[2]), max(block.end(), with_events.end()))


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


def linked(page: str, playground: str, name: str = "") -> str:
    """A page with a link after each example, which opens it in the playground of an address.

    And of the page of a ready mapping, whose name is given, with one that opens that mapping.
    """
    for one in reversed(list(examples(page))):
        page = page[: one.end] + _link(f"{playground}{one.fragment}", "Open this example") + page[one.end :]
    if _READY.format(name) in page:
        end = page.index("\n\n", page.index(_READY.format(name)))
        page = page[:end] + _link(f"{playground}#example={name}", "Open this mapping") + page[end:]
    return page


def _link(address: str, said: str) -> str:
    return f'\n\n<p><a href="{address}">{said} in the playground</a></p>'
