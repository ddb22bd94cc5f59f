"""JSON -> MappingQuestion: the mapping, the files and the samples that a question is about, each checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mapper.feeds import SourceEvent
from mapper.feeds.block import fed
from mapper.playground.problem import PlaygroundProblem
from mapper.values.types import Json

MOST_SAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Doc:
    """A mapping's text, and its path from the folder of the session."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class SampleText:
    """One event as its author wrote it."""

    name: str
    text: str

    @property
    def event(self) -> dict[str, Any] | None:
        """The event, None where the text holds none."""
        found = _read(self.text)
        return found if isinstance(found, dict) else None

    @property
    def why(self) -> str:
        """The reason that the text holds no event; "" where it does."""
        found = _read(self.text)
        return found if isinstance(found, str) else ""


@lru_cache(maxsize=256)
def _read(text: str) -> dict[str, Any] | str:
    """The event of a text, or why it has none. No program changes an event."""
    try:
        found = fed(1, text.encode())
    except UnicodeEncodeError:
        return "an unpaired surrogate in a string"
    return found.event if isinstance(found, SourceEvent) else str(found.reason)


@dataclass(frozen=True, slots=True)
class MappingQuestion:
    """The subject of a question. options: all else in it."""

    mapping: Doc
    files: Mapping[str, str]
    samples: tuple[SampleText, ...]
    meta: Mapping[str, Json]
    options: Mapping[str, Any]

    @property
    def chosen(self) -> SampleText | None:
        """The sample that the page shows."""
        return self.samples[self.number] if 0 <= self.number < len(self.samples) else None

    @property
    def reveal(self) -> bool:
        """Whether values of persons are shown."""
        return self.options.get("reveal") is True

    @property
    def event_meta(self) -> dict[str, Json]:
        """`$meta` of each sample, which is the first line of a file."""
        return {"line": 1, **self.meta}

    @property
    def number(self) -> int:
        """The number of the sample that the page shows; -1 where none is named."""
        number = self.options.get("chosen", 0)
        return number if isinstance(number, int) else -1


def read_question(question: Mapping[str, Any]) -> MappingQuestion:
    """The subject of a question. Raises PlaygroundProblem where a part is missing or of another type."""
    samples = question.get("samples", [])
    if not isinstance(samples, list) or not all(isinstance(one, dict) for one in samples):
        raise PlaygroundProblem("`samples` is not a list of samples")
    if len(samples) > MOST_SAMPLES:
        raise PlaygroundProblem(
            f"there are more than {MOST_SAMPLES:,} samples", "remove some; `mapper stats` reads whole feeds"
        )
    files, meta = question.get("files", {}), question.get("meta") or {}
    if not isinstance(files, dict) or not all(isinstance(text, str) for text in files.values()):
        raise PlaygroundProblem("`files` is not an object of texts")
    if not isinstance(meta, dict):
        raise PlaygroundProblem("`meta` is not an object")
    return MappingQuestion(
        read_doc(question, "mapping"),
        files,
        tuple(SampleText(text_of(one, "name"), text_of(one, "text")) for one in samples),
        meta,
        {key: value for key, value in question.items() if key not in ("mapping", "files", "samples", "meta")},
    )


def read_doc(question: Mapping[str, Any], key: str) -> Doc:
    """A mapping in a question. Raises PlaygroundProblem."""
    found = question.get(key)
    if not isinstance(found, dict):
        raise PlaygroundProblem(f"`{key}` is not an object with a name and a text")
    return Doc(text_of(found, "name"), text_of(found, "text"))


def text_of(part: Mapping[str, Any], key: str) -> str:
    """A text in a question. Raises PlaygroundProblem."""
    found = part.get(key)
    if not isinstance(found, str):
        raise PlaygroundProblem(f"`{key}` is not a text")
    return found
