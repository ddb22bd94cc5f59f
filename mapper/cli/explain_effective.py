"""The effective mapping -> a page of YAML with the place of each line, or plain values for json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from mapper.authoring import EffectiveLine, EffectiveMapping
from mapper.cli.terminal import visible, width
from mapper.masking import masked_text
from mapper.texts.named_text import Span

_GAP = "  "
# Comments begin at this column at the latest; a longer line is followed by its own.
_MOST_TEXT = 64


def effective_text(name: str, found: EffectiveMapping, *, colour: bool) -> str:
    """The mapping as one file. The places are comments, so that a copy of it works if nothing is masked."""
    room = min(_MOST_TEXT, max(width(_shown(one)) for one in found.lines))
    lines = [*_head(name, found), *(_line(one, room, colour=colour) for one in found.lines), *_end(found)]
    return "".join(f"{line}\n" for line in lines)


def _head(name: str, found: EffectiveMapping) -> Iterator[str]:
    yield visible(f"# {name} with all that it inherits")
    if any(masked_text(one.text) != one.text for one in found.lines):
        yield "# addresses and numbers of persons are masked: a copy of this needs them again"
    if len(found.files) > 1:
        yield "# files, the one with the highest priority first:"
        yield from (visible(f"#   {one}") for one in found.files)


def _end(found: EffectiveMapping) -> Iterator[str]:
    if found.taken_away:
        yield "# taken away by `inherit: false`:"
    for one in found.taken_away:
        places = ", ".join(map(_place, one.parts))
        yield visible(f"#   {one.name} ({_place(one.span)}), written in {places}")


def _line(line: EffectiveLine, room: int, *, colour: bool) -> str:
    text = _shown(line)
    if line.span is None:
        return text
    said = f"# {_place(line.span)}"
    if line.replaced:
        said += f" overrides {', '.join(map(_place, line.replaced))}"
    said = visible(said)
    if colour:
        said = click.style(said, fg="yellow" if line.replaced else "blue")
    return f"{text}{' ' * max(room - width(text), 0)}{_GAP}{said}"


def _shown(line: EffectiveLine) -> str:
    return visible(masked_text(line.text))


def _place(span: Span) -> str:
    return f"{span.text.name}:{span.line}"


def effective_json(name: str, found: EffectiveMapping) -> dict[str, Any]:
    """The same as plain values."""
    return {
        "mapping": name,
        "files": list(found.files),
        "lines": [
            {
                "text": masked_text(one.text),
                "path": masked_text(one.path),
                **({"file": None, "line": None} if one.span is None else _plain(one.span)),
                "overrides": list(map(_plain, one.replaced)),
            }
            for one in found.lines
        ],
        "taken_away": [
            {"name": one.name, **_plain(one.span), "parts": list(map(_plain, one.parts))}
            for one in found.taken_away
        ],
    }


def _plain(span: Span) -> dict[str, Any]:
    return {"file": span.text.name, "line": span.line}
