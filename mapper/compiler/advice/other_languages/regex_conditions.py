"""A value that is matched with a regular expression, `kind =~ /^a/` -> the same with a pattern."""

from __future__ import annotations

import re

from mapper.compiler.advice.other_languages.regexes import rewritten
from mapper.compiler.jmespath.tokens import text_constant
from mapper.values.regular_expression import pattern

_PATH = r"[$@]?[A-Za-z_][\w.$]*"
_MATCHED = pattern(
    rf"\s*(?P<value>{_PATH})\s+(?P<not>!|not\s+)?(?:=~|~\*?|rlike|regexp|similar\s+to|matches|match)\s*"
    r"(?:/(?P<slashes>.+)/(?P<options>[a-z]*)|(?P<quote>['\"])(?P<text>[^'\"]+)(?P=quote))\s*",
    re.IGNORECASE,
)


def matched(text: str) -> str | None:
    """The call of `matches` that a comparison with a regular expression means."""
    asked = _MATCHED.fullmatch(text)
    if asked is None:
        return None
    options = f"(?{asked['options'].lower()})" if asked["options"] else ""
    made = rewritten(f"{options}{asked['slashes']}" if asked["slashes"] else asked["text"])
    if made is None:
        return None
    patterns = [text_constant(one) for one in made.patterns]
    listed = patterns[0] if len(patterns) == 1 else f"[{', '.join(patterns)}]"
    more = ", `true`" if made.any_case else ""
    return f"{'!' if asked['not'] else ''}matches({asked['value']}, {listed}{more})"
