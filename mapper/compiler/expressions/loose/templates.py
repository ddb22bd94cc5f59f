"""Texts with values in braces -> `concat` of their parts: `A-{{ id }}`, `` `A-${id}` ``, `f"A-{id}"`."""

from __future__ import annotations

import re
from collections.abc import Callable

from mapper.compiler.expressions.loose.lexemes import text_constant, written_name

_HOLE = re.compile(r"[{$]\{\s*(.*?)\s*\}+")
_SMALL_HOLE = re.compile(r"\{\s*([A-Za-z_][\w.]*)\s*\}")
_NAMED_HOLE = re.compile(r"\{\s*([A-Za-z_][\w. ]*?)\s*\}")
_OF_SCRIPTS = re.compile(r"\s*`([^`]*)`\s*")
_OF_PYTHON = re.compile(r"""\s*[fF](['"])(.*)\1\s*""", re.DOTALL)
# Words around names in braces, and nothing that an expression has.
_OF_WORDS = re.compile(r"(?:[\w #/:-]*\{\s*[A-Za-z_][\w.]*\s*\})+[\w #/:-]*")


def is_guessed(text: str) -> bool:
    """Whether only names in small braces make a template of a text: `A-{number}`."""
    return _OF_WORDS.fullmatch(text) is not None and "{{" not in text and "${" not in text


def interpolated(text: str, is_taken: Callable[[str], bool]) -> str | None:
    """The expression of a text with values in braces; None for any other."""
    of_scripts, of_python = _OF_SCRIPTS.fullmatch(text), _OF_PYTHON.fullmatch(text)
    if of_python is not None:
        parts = _NAMED_HOLE.split(of_python[2])
        names = [written_name(part) if " " in part else part for part in parts[1::2]]
        parts[1::2] = names
        return _joined(parts, is_taken)
    if of_scripts is not None:
        parts = _HOLE.split(of_scripts[1])
        # With nothing around it, the one value is meant, as a text.
        if len(parts) == 3 and not (parts[0] or parts[2]) and is_taken(parts[1]):
            return f"text({parts[1]})"
        return _joined(parts, is_taken)
    if is_guessed(text):
        return _joined(_SMALL_HOLE.split(text), is_taken)
    return _joined(_HOLE.split(text), is_taken)


def _joined(parts: list[str], is_taken: Callable[[str], bool]) -> str | None:
    """The `concat` of texts and, at each second place, values; None where there is nothing to join."""
    if len(parts) < 3 or not any(part.strip() for part in parts[::2]):
        return None
    if not all(is_taken(part) for part in parts[1::2]):
        return None
    written = [part.strip() if place % 2 else text_constant(part) for place, part in enumerate(parts) if part]
    return f"concat({', '.join(written)})"
