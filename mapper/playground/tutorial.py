"""The tutorials: Markdown files, each with samples, a first mapping, and the mapping after each step."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "tutorials"
_SAMPLE = re.compile(r"^```json (.+)\n((?:.*\n)*?)```\n", re.MULTILINE)
_MAPPING = re.compile(r"^```yaml\n((?:.*\n)*?)```\n", re.MULTILINE)
_STEP = re.compile(r"^## (.+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TutorialStep:
    """A step. mapping: the text after it, None where it changes nothing."""

    title: str
    markdown: str
    mapping: str | None


@dataclass(frozen=True, slots=True)
class Tutorial:
    """A tutorial. mapping: the text that it begins with; samples: names and texts of events."""

    name: str
    title: str
    about: str
    mapping: str
    samples: tuple[tuple[str, str], ...]
    steps: tuple[TutorialStep, ...]

    @property
    def opened(self) -> dict[str, Any]:
        """The tutorial as the page opens it."""
        return {
            "mapping": {"name": f"{self.name}.yaml", "text": self.mapping},
            "files": {},
            "samples": [{"name": name, "text": text, "format": "json"} for name, text in self.samples],
            "title": self.title,
            "steps": [_told(one) for one in self.steps],
        }


def _told(step: TutorialStep) -> dict[str, str]:
    shown = {"title": step.title, "markdown": step.markdown}
    return shown if step.mapping is None else {**shown, "mapping": step.mapping}


@lru_cache(maxsize=1)
def invented_samples() -> frozenset[str]:
    """The texts of the samples of all tutorials, in which nobody is meant."""
    return frozenset(text for one in tutorials().values() for _, text in one.samples)


@lru_cache(maxsize=1)
def tutorials() -> dict[str, Tutorial]:
    """All tutorials by name, in their order."""
    found = (_tutorial(file) for file in sorted(_FOLDER.glob("*.md")))
    return {one.name: one for one in found}


def _tutorial(file: Path) -> Tutorial:
    head, *rest = _STEP.split(file.read_text(encoding="utf-8"))
    title, about, *_ = (line for line in head.splitlines() if line)
    (mapping,) = _MAPPING.findall(head)
    samples = tuple((name, text.rstrip()) for name, text in _SAMPLE.findall(head))
    steps = tuple(_step(*pair) for pair in zip(rest[::2], rest[1::2], strict=True))
    return Tutorial(file.stem, title.removeprefix("# "), about, mapping, samples, steps)


def _step(title: str, body: str) -> TutorialStep:
    mapping = _MAPPING.search(body)
    return TutorialStep(title, _MAPPING.sub("", body).strip(), None if mapping is None else mapping[1])
