"""The meanings of a word -> text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import indent

from mapper.authoring import WordMeaning
from mapper.cli.terminal import pad, visible_lines, width

_INSET = "    "


def meanings_text(found: Iterable[WordMeaning]) -> str:
    """All meanings, one below the other."""
    return "\n".join(visible_lines("\n".join(_parts(one))) + "\n" for one in found)


def _parts(found: WordMeaning) -> Iterator[str]:
    yield f"{found.name}: {_kind(found)}"
    if found.signature:
        yield f"\n{_INSET}{found.signature}"
    for text in (found.meaning, found.facts):
        if text:
            yield "\n" + text.replace("**", "")
    for rows in (found.parameters, found.examples):
        if rows:
            yield "\n" + indent("\n".join(_columns(rows)), _INSET)


def _kind(found: WordMeaning) -> str:
    return f"a {found.kind}" + (f" of {found.of}" if found.of else "")


def _columns(rows: tuple[tuple[str, str], ...]) -> Iterator[str]:
    widest = max(width(first) for first, _ in rows)
    return (f"{pad(first, widest)}  {second}" for first, second in rows)
