"""A regular expression that is compiled when it is first asked: for what speaks of mistakes.

A right mapping asks hardly any of them, and to compile all of them would take a tenth of the time of a check
of one file.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Pattern:
    """A pattern that is not compiled yet."""

    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """A method of the pattern, kept here so that it is looked for once."""
        method = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, method)
        return method


def pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """The pattern of a text, which is compiled when it is first asked. A wrong one raises only then."""
    return cast("re.Pattern[str]", _Pattern(text, int(flags)))
