"""Texts with values in braces -> `concat` of their parts: `A-{{ id }}`, `` `A-${id}` ``, `f"A-{id}"`."""

from __future__ import annotations

import re
from collections.abc import Callable

from mapper.compiler.advice.other_languages.foreign_functions import choice
from mapper.compiler.advice.other_languages.lexemes import written_name
from mapper.compiler.jmespath.tokens import text_constant
from mapper.values.regular_expression import pattern

_HOLE = pattern(r"[{$]\{\s*(.*?)\s*\}+")
_SMALL_HOLE = pattern(r"\{\s*([A-Za-z_][\w.]*)\s*\}")
_NAMED_HOLE = pattern(r"\{\s*([A-Za-z_][\w. ]*?)\s*\}")
_OF_JINJA = pattern(
    r"\s*\{%-?\s*if\s+(?P<when>.+?)\s*-?%\}(?P<then>[^%]*)\{%-?\s*else\s*-?%\}(?P<else>[^%]*)\{%-?\s*endif\s*-?%\}\s*"
)
_OF_HANDLEBARS = pattern(
    r"\s*\{\{#if\s+(?P<when>[^{}]+)\}\}(?P<then>.*?)\{\{else\}\}(?P<else>.*?)\{\{/if\}\}\s*"
)
_ONE_VALUE = pattern(r"\{\{\s*([^{}]+?)\s*\}\}")
_OF_SCRIPTS = pattern(r"\s*`([^`]*)`\s*")
_OF_PYTHON = pattern(r"""\s*[fF](['"])(.*)\1\s*""", re.DOTALL)
# `"\(.brand) \(.name)"` of jq.
_OF_JQ = pattern(r'\s*"([^"]*\\\([^"]*)"\s*')
_HOLE_OF_JQ = pattern(r"\\\(\s*\.?([^()]*?)\s*\)")
# Words around names in braces, and nothing that an expression has.
_OF_WORDS = pattern(r"(?:[\w #/:-]*\{\s*[A-Za-z_][\w.]*\s*\})+[\w #/:-]*")


def is_guessed(text: str) -> bool:
    """Whether only names in small braces make a template of a text: `A-{number}`."""
    return _OF_WORDS.fullmatch(text) is not None and "{{" not in text and "${" not in text


def chosen(text: str, is_taken: Callable[[str], bool]) -> str | None:
    """The rule of a template that writes one of two texts: `{% if a %}x{% else %}y{% endif %}`."""
    match = _OF_JINJA.fullmatch(text) or _OF_HANDLEBARS.fullmatch(text)
    if match is None:
        return None
    condition, then, otherwise = (match[name].strip() for name in ("when", "then", "else"))
    parts = [_inserted(then, is_taken), _inserted(otherwise, is_taken)]
    if not is_taken(condition) or None in parts:
        return None
    return choice(condition, str(parts[0]), str(parts[1]))


def _inserted(text: str, is_taken: Callable[[str], bool]) -> str | None:
    """The content between the tags of a template: a text, or one value in braces."""
    value = _ONE_VALUE.fullmatch(text)
    if value is None:
        return None if "{" in text else text_constant(text)
    return value[1] if is_taken(value[1]) else None


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
    of_jq = _OF_JQ.fullmatch(text)
    if of_jq is not None:
        return _joined(_HOLE_OF_JQ.split(of_jq[1]), is_taken)
    if is_guessed(text):
        return _joined(_SMALL_HOLE.split(text), is_taken)
    return _joined(_HOLE.split(text), is_taken)


def _joined(parts: list[str], is_taken: Callable[[str], bool]) -> str | None:
    """The `concat` of texts and, at each second place, values; None where there is nothing to join."""
    # Between two values a blank is text enough; around a single one it is none.
    if len(parts) < 3 or not any(part if len(parts) > 3 else part.strip() for part in parts[::2]):
        return None
    if not all(is_taken(part) for part in parts[1::2]):
        return None
    written = [part.strip() if place % 2 else text_constant(part) for place, part in enumerate(parts) if part]
    return f"concat({', '.join(written)})"
