"""A text that a pattern does not describe -> where it differs, in the words of the pattern.

Nothing of the text is told but `/`, `?` or `#`, at which a part stops.
"""

from __future__ import annotations

from mapper.transforms.matching import compiled
from mapper.transforms.pattern_rules import read_pattern
from mapper.transforms.patterns import Gap, PatternFault, PatternPart, PatternPiece, TextPattern

_STOPS = ("/", "?", "#")


def why_no_match(text: str, pattern: str, any_case: bool = False) -> str:
    """The place where a text differs from a pattern that does not describe it, in words."""
    read = read_pattern(pattern, any_case)
    if not any_case and _fits_in_any_case(text, pattern):
        return "only capital letters differ; write `any_case: true`"
    count, end = _fitting(text, read)
    before = read.pieces[count - 1] if count else None
    after = read.pieces[count] if count < len(read.pieces) else None
    stop = text[end : end + 1]
    if isinstance(before, PatternPart) and before.has_plain_kind and stop in _STOPS:
        return f"`{_shown(before, read)}` stops at `{stop}`; write `{{{before.name}:text}}`"
    if after is None:
        last = "" if before is None else f" after `{_shown(before, read)}`"
        return f"the text goes on{last}; write `*` to leave its end open"
    where = "at its beginning" if before is None else f"after `{_shown(before, read)}`"
    if not stop and not isinstance(before, Gap):
        return f"the text ends {where}, and `{_shown(after, read)}` is missing"
    return f"`{_shown(after, read)}` is not found {where}"


def _shown(piece: PatternPiece, pattern: TextPattern) -> str:
    return pattern.text[piece.start : piece.end]


def _fits_in_any_case(text: str, pattern: str) -> bool:
    try:
        return bool(compiled(pattern, any_case=True).describes(text))
    except PatternFault:
        return False


def _fitting(text: str, pattern: TextPattern) -> tuple[int, int]:
    """The number of pieces that describe the beginning of a text, and where it goes on after them."""
    for count in range(len(pattern.pieces), 0, -1):
        last = pattern.pieces[count - 1]
        begun = pattern.text[: last.end] + ("" if isinstance(last, Gap) else "*")
        try:
            found = compiled(begun, pattern.any_case).match(text)
        except PatternFault:
            continue
        if found is not None:
            return count, found.end()
    return 0, 0
