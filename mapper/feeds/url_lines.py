"""Lines with a URL each -> blocks of events, each an object with the attribute `url`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mapper.feeds.block import Broken, DecodedBlock, Lines
from mapper.runtime.decode import LONGEST_EVENT, encode
from mapper.values.safe_text import SafeText

_BEGINS = re.compile(rb"https?://", re.IGNORECASE)
_NO_URL = SafeText("not a URL: it begins with https:// or http://")
_NOT_UTF_8 = SafeText("not UTF-8")
_TOO_LONG = SafeText("longer than {:,} bytes", LONGEST_EVENT)


def cut_urls(blocks: Iterable[Lines]) -> Iterator[DecodedBlock]:
    """The events of each block of lines; blank lines are none."""
    for block in blocks:
        placed = ((line, text.strip()) for line, text in block.texts() if isinstance(text, bytes))
        yield DecodedBlock([(line, _event(line, text)) for line, text in placed if text])


def _event(line: int, text: bytes) -> bytes | Broken:
    if len(text) > LONGEST_EVENT:
        return Broken(line, "too_large", _TOO_LONG)
    if not _BEGINS.match(text):
        return Broken(line, "malformed", _NO_URL)
    try:
        return encode({"url": text.decode()})
    except UnicodeDecodeError:
        return Broken(line, "invalid_unicode", _NOT_UTF_8)
