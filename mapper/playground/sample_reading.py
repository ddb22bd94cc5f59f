"""A file or a pasted text -> samples: NDJSON, JSON and CSV, told apart as every command does."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from mapper.feeds import Broken, Format, read_events
from mapper.playground.problem import PlaygroundProblem
from mapper.playground.question import MOST_SAMPLES
from mapper.playground.shown_value import indented

_MOST_PROBLEMS = 20


def read_samples(name: str, text: str) -> dict[str, Any]:
    """The samples in a file or a text, what holds no event, and how many were left out.

    name: of the file; a text that was pasted has one without a suffix. Raises PlaygroundProblem.
    """
    samples: list[dict[str, Any]] = []
    problems: list[str] = []
    more, is_file = 0, "." in name
    content = text.encode("utf-8", "surrogatepass")
    try:
        for one in read_events(BytesIO(content), None if is_file else _format(text), name):
            if isinstance(one, Broken):
                problems.append(f"{name}:{one.line}: {one.reason}")
            elif len(samples) < MOST_SAMPLES:
                named = f"{name}:{one.line}" if is_file else f"{name} {len(samples) + 1}"
                samples.append({"name": named, "text": indented(one.event), "format": "json"})
            else:
                more += 1
    except OSError as error:
        raise PlaygroundProblem(f"{name} cannot be read: {error.args[0]}") from None
    if len(samples) == 1 and not problems:
        samples[0]["name"] = name
    return {"samples": samples, "problems": problems[:_MOST_PROBLEMS], "more": more}


def _format(text: str) -> Format | None:
    """The form of a text that is of no file: CSV where it has a heading that is no JSON."""
    lines = text.split("\n")
    first = next((line.strip() for line in lines if line.strip()), "")
    is_table = first[:1] not in ("{", "[", '"') and any(mark in first for mark in ",;\t")
    return "csv" if is_table and len(lines) > 1 else None
