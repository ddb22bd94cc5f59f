"""What the pages of the documentation show."""

from __future__ import annotations

import re

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page in one language, in their order."""
    return [text for found, text in _BLOCK.findall(page) if found == language]


def only_block(page: str, language: str) -> str:
    """The one code block of a page in a language."""
    (block,) = blocks(page, language)
    return block
