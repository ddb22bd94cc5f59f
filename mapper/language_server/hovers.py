"""What is at an offset of a text -> Markdown: its meaning, type, steps, and its value for the sample."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from mapper import Hover, Json
from mapper.language_server.samples import Sample
from mapper.masking import mask

_LONGEST_VALUE = 200
_BACKTICKS = re.compile("`+")


def hover_markdown(found: Hover, sample: Sample | None, hide: Callable[[Json], Json]) -> str:
    """What is known of a part of a mapping; "" if nothing is. hide: masks what was read of a person."""
    parts = [*_head(found), *_meaning(found), *_steps(found), *_value(found, sample, hide)]
    return "\n\n".join(parts)


def _head(found: Hover) -> Iterator[str]:
    if found.type:
        yield f"{code(found.text)}: {found.type}" if found.kind != "key" else f"gives {found.type}"
    if found.path:
        name = "variable" if found.path.startswith("$") else "field"
        yield f"{name} {code(found.path)}"


def _meaning(found: Hover) -> Iterator[str]:
    if found.meaning:
        yield found.meaning


def _steps(found: Hover) -> Iterator[str]:
    if found.steps:
        rows = [
            f"{at}. {code(one.text)}{' (inserted)' * one.inserted}" for at, one in enumerate(found.steps, 1)
        ]
        yield "\n".join(("Steps:", *rows))


def _value(found: Hover, sample: Sample | None, hide: Callable[[Json], Json]) -> Iterator[str]:
    if not found.is_known or sample is None:
        return
    masked = mask(found.value) if found.personal else hide(found.value)
    value = "no value" if found.value is None and found.why else code(value_text(masked))
    why = f": {found.why}" if found.why else ""
    yield f"For the sample {code(sample.name)}: {value}{why}"


def value_text(value: Json) -> str:
    """A value in one line, as JSON; a long one is cut."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def code(text: str) -> str:
    """A text as code in Markdown, whatever is in it."""
    line = " ".join(text.split())
    longest = max(map(len, _BACKTICKS.findall(line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{line}{pad}{fence}"
