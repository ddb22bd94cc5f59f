"""A file that was dropped on the page -> samples: NDJSON, JSON and CSV, told apart as every command does."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from mapper.feeds import Broken, read_events
from mapper.playground.problem import PlaygroundProblem
from mapper.playground.shown_value import indented

_MOST_SAMPLES = 500
_MOST_PROBLEMS = 20


def read_samples(name: str, text: str) -> dict[str, Any]:
    """The samples in a file, what holds no event, and how many were left out. Raises PlaygroundProblem."""
    samples: list[dict[str, Any]] = []
    problems: list[str] = []
    more = 0
    try:
        for one in read_events(BytesIO(text.encode("utf-8", "surrogatepass")), None, name):
            if isinstance(one, Broken):
                problems.append(f"{name}:{one.line}: {one.reason}")
            elif len(samples) < _MOST_SAMPLES:
                samples.append({"name": f"{name}:{one.line}", "text": indented(one.event), "format": "json"})
            else:
                more += 1
    except OSError as error:
        raise PlaygroundProblem(f"{name} cannot be read: {error.args[0]}") from None
    if len(samples) == 1 and not problems:
        samples[0]["name"] = name
    return {"samples": samples, "problems": problems[:_MOST_PROBLEMS], "more": more}
