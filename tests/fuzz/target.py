"""Target: what a fuzzer is given to begin with, how it changes that, and what must hold whatever it makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

FOUND = Path(__file__).parents[1] / "cases" / "fuzz"


@dataclass(frozen=True, slots=True)
class Target:
    """check: raises where bytes break a promise. seeds: bytes to begin with.

    changed: bytes with a change that keeps most of their form; the fuzzer's own changes keep none.
    longest: more bytes than this are not tried. words: what stands between separators in such bytes.
    """

    name: str
    check: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    changed: Callable[[bytes, Random], bytes]
    longest: int
    words: tuple[str, ...] = ()

    def found(self) -> list[Path]:
        """The case files of what was found by it."""
        return sorted((FOUND / self.name).glob("*"))


def text_of(given: bytes) -> str:
    """Any bytes as a text, half characters included."""
    try:
        return given.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return given.decode("latin-1")


def bytes_of(text: str) -> bytes:
    """The bytes that `text_of` reads as a text."""
    return text.encode("utf-8", "surrogatepass")
