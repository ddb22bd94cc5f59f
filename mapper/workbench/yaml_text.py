"""Values -> YAML as a person would write it: few quotes, and in one line what fits in one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from mapper.authoring import Json

LONGEST_LINE = 100
# A text that YAML reads as a string without quotes, unless it is one of `_WORDS`.
PLAIN = re.compile(r"[$A-Za-z_](?:[\w$./ -]*[\w])?", re.ASCII)
_WORDS = ("true", "false", "null", "yes", "no", "on", "off")


def is_whole(text: str) -> bool:
    """Whether a text has no half of a character (an unpaired surrogate), which YAML cannot hold."""
    return not any("\ud800" <= one <= "\udfff" for one in text)


def in_quotes(text: str) -> str:
    """A text in double quotes, as JSON and YAML have it; what cannot be seen is escaped."""
    written = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in written)


def scalar(text: str) -> str:
    """A text as a YAML scalar: without quotes if that is safe in every place."""
    is_plain = PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if is_plain else in_quotes(text)


def block(value: Json, indent: str) -> Iterator[str]:
    """A value as YAML in lines; what is short, in one."""
    short = flow(value)
    if not isinstance(value, dict | list) or not value:
        yield indent + short
        return
    entries: Iterable[tuple[str, Json]] = (
        [(f"{scalar(key)}:", one) for key, one in value.items()]
        if isinstance(value, Mapping)
        else [("-", one) for one in value]
    )
    for head, one in entries:
        line = f"{indent}{head} {flow(one)}"
        if len(line) <= LONGEST_LINE or not isinstance(one, dict | list) or not one or "todo" in one:
            yield line
        elif head == "-":
            first, *rest = block(one, f"{indent}  ")
            yield f"{indent}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{indent}{head}"
            yield from block(one, f"{indent}  ")


def flow(value: Json) -> str:
    """A value as YAML in one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{scalar(key)}: {flow(one)}' for key, one in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(flow, value))}]"
    return scalar(value) if isinstance(value, str) else json.dumps(value)
