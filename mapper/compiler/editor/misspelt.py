"""Field names -> a regular expression of what was most likely meant to be one of them.

For objects that take other fields too: only what the checker is sure to refuse as misspelt is matched.
"""

from __future__ import annotations

from collections.abc import Iterable

from mapper.compiler.schema.target import TargetField

# So few characters of a title name its field already; and so long must a name be for one slip of each kind
# to be near it still.
_SHORTEST_TITLE = 3
_SHORTEST_FOR_A_LETTER_MORE = 2
_SHORTEST_FOR_A_LETTER_LESS = 3
_SHORTEST_FOR_ANOTHER_LETTER = 4
_BETWEEN = "[ _-]*"


def misspelt(field: TargetField, root: TargetField) -> str:
    """A regular expression of misspelt names of an object's fields, and of those of the payload (`root`).

    "" where it has no fields.
    """
    names = [one.name for one in field.fields if one.name.isascii() and one.name.replace("_", "").isalnum()]
    near = sorted({slip for name in names for slip in _slips(name)})
    titled = [_beginnings(one.title) for one in field.fields]
    outer = [one.name for one in root.fields if one.name.replace("_", "").isalnum()]
    parts = [*near, *(one for one in titled if one), *outer]
    known = "|".join(names)
    return f"^(?!(?:{known})$)(?:{'|'.join(parts)})$" if parts else ""


def _slips(name: str) -> Iterable[str]:
    """The name in other letters, small or capital; with one letter more, less, or another one; or with two of
    them the other way round.
    """
    letters = list(name)
    yield "".join(map(_letter, letters))
    if len(name) >= _SHORTEST_FOR_A_LETTER_MORE:
        for place in range(len(name) + 1):
            yield "".join([*letters[:place], "[a-z_]?", *letters[place:]])
    if len(name) >= _SHORTEST_FOR_A_LETTER_LESS:
        for place in range(len(name)):
            yield "".join([*letters[:place], *letters[place + 1 :]])
    if len(name) >= _SHORTEST_FOR_ANOTHER_LETTER:
        for place in range(len(name)):
            yield "".join([*letters[:place], "[a-z_]", *letters[place + 1 :]])
            pair = letters[place : place + 2]
            yield "".join([*letters[:place], *reversed(pair), *letters[place + 2 :]])


def _letter(one: str) -> str:
    return f"[{one.lower()}{one.upper()}]" if one.isalpha() else one


def _beginnings(title: str) -> str:
    """The regular expression of names that begin as a title does, however its words are written together."""
    letters = [_letter(one) for one in title if one.isascii() and one.isalnum()]
    if len(letters) < _SHORTEST_TITLE or not title.isascii():
        return ""
    fewest, rest = letters[:_SHORTEST_TITLE], letters[_SHORTEST_TITLE:]
    ending = ""
    for one in reversed(rest):
        ending = f"(?:{_BETWEEN}{one}{ending})?"
    return _BETWEEN.join(fewest) + ending
