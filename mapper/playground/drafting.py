"""Events that were pasted or chosen -> a first mapping of them, as `mapper init` drafts it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mapper import authoring
from mapper.playground.problem import PlaygroundProblem
from mapper.playground.question import SampleText
from mapper.playground.sample_reading import read_samples
from mapper.project.folders import MAPPING_SUFFIXES
from mapper.workbench.draft import draft_name

_FORMS = "paste JSON, one event a line, a list of events, or CSV with a heading"


def drafted(name: str, text: str, file: str, folder: Path | None) -> dict[str, Any]:
    """A mapping of the events in a text, to be opened, and how many places in it are to be decided.

    file: the name of the file that the text is of, "" where it was pasted. folder: where it may be saved,
    under a name that no file has. Raises PlaygroundProblem.
    """
    found = read_samples(file or "event", text)
    samples = found["samples"]
    if not samples:
        hint = "; ".join([*found["problems"][:1], _FORMS])
        raise PlaygroundProblem("there is no event in this text", hint)
    title = _unused(draft_name(name), folder)
    own = f"{title}.yaml"
    events = [one for sample in samples if (one := SampleText(sample["name"], sample["text"]).event)]
    try:
        made = authoring.draft(events, name=title, beside=None if folder is None else folder / own)
    except ValueError as error:
        raise PlaygroundProblem(str(error)) from None
    opened = {
        "mapping": {"name": own, "text": made.without_source},
        "files": {},
        "samples": samples,
        "title": own,
        "todos": made.todos,
        "problems": found["problems"],
        "more": found["more"],
    }
    return opened if folder is None else {**opened, "read": ""}


def _unused(name: str, folder: Path | None) -> str:
    """A name that no mapping in a folder has yet."""
    number, made = 1, name
    while folder is not None and any((folder / f"{made}{suffix}").exists() for suffix in MAPPING_SUFFIXES):
        number += 1
        made = f"{name}-{number}"
    return made
