"""Characters that may not stand in a mapping file as they are: they hide what a reviewer should see."""

from __future__ import annotations

import re

from mapper.compiler.yaml.parser_input import Mended
from mapper.diagnostic import Diagnostic

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = "\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff"
_ANY = re.compile(f"[{_BIDI}{_INVISIBLE}]")
_RUN = re.compile(f"(?P<bidi>[{_BIDI}]+)|[{_INVISIBLE}]+")
_SEVERAL = 10


def without_forbidden(source: Mended, found: list[Diagnostic]) -> Mended:
    """The source without such characters, of which the first few are reported."""
    if not _ANY.search(source.content):
        return source
    matches = list(_RUN.finditer(source.content))
    for match in matches[:_SEVERAL]:
        names = " ".join(dict.fromkeys(f"U+{ord(character):04X}" for character in match[0][:_SEVERAL]))
        span = source.span(*match.span())
        if match["bidi"]:
            message = (
                f"{names} changes the direction of the surrounding text, so the text "
                "looks different from what it is"
            )
            found.append(
                Diagnostic("M010", span, message, hint="remove it, or write it as an escape in double quotes")
            )
        else:
            message = f"the character {names} is invisible and not allowed here"
            found.append(
                Diagnostic("M011", span, message, hint="remove it, or write it as an escape in double quotes")
            )
    return source.replaced((*match.span(), "") for match in matches)
