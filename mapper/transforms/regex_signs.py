"""The signs that tell a regular expression, typed by habit, from a pattern."""

from __future__ import annotations

import re

# A part as a pattern writes it; a regular expression's `{3}` and `{2,4}` are none.
_PART = re.compile(r"\{(?:[A-Za-z_]\w*)?(?::(?:\[\^?.[^\]]*\][^{}]*|[^{}\\+*.]*))?\}")
_SIGNS = re.compile(
    r"""
      \\[dDwWsSbBAZzpP.^$*+?()\[\]{}|/-]        # an escape
    | ^\^                                       # the beginning of the text
    | \(\?                                      # a group that is not kept, or has a name
    | \((?=[^()]*(?:[|\[]|\.[*+]|\\)[^()]*\))   # a group of alternatives, or of repeated characters
    | \[[^\]\s]+\][+*?{]                        # a set, repeated
    | \[(?:\^|[^\]\s]*(?:A-Z|a-z|0-9))[^\]\s]*\] # a set
    | (?:^|(?<=[-/(=:,"'\s]))\.[*+]             # any text
    | \.\*\?
    | \.\+
    | \{[0-9]+(?:,[0-9]*)?\}                    # a number of repetitions
    | (?<=[a-z/)\]])\$$                         # the end of the text
    | ^[\w/-]+(?:\|[\w/-]+)+$                   # alternatives
    """,
    re.VERBOSE,
)


def regex_sign(text: str) -> tuple[int, int] | None:
    """The characters of a text by which it is a regular expression; None where it can be a pattern."""
    masked = _PART.sub(lambda part: "\0" * len(part[0]), text)
    found = _SIGNS.search(masked)
    return None if found is None else found.span()
