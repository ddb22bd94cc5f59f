"""CheckResult: what a check looked at and found, as every format takes it; severities and places in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper.codes import Severity
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from mapper.authoring import Coverage

_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that could not be read, and why."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The files that were read, in order, all that was found in them, and those that could not be read.

    covered: of each mapping that sends, what its sections can send. tests: how many there are, none of which
    was run. intakes, schemas: how many of the files have entries of a server, or are schemas. accepted: what
    the policy of the repository accepts, each with its reason.
    """

    files: tuple[str, ...]
    found: tuple[Diagnostic, ...] = ()
    unread: tuple[Unread, ...] = ()
    strict: bool = False
    covered: tuple[tuple[str, tuple[Coverage, ...]], ...] = ()
    tests: int = 0
    intakes: int = 0
    schemas: int = 0
    accepted: tuple[tuple[Diagnostic, str], ...] = ()

    @property
    def counted(self) -> str:
        """The number of files that were read, in words: `1 intake, 2 mappings`."""
        mappings = len(self.files) - self.intakes - self.schemas
        counts = ((self.intakes, "intake"), (self.schemas, "schema"), (mappings, "mapping"))
        words = [f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts if count]
        return ", ".join(words) or "no mappings"


def severity(found: Diagnostic, strict: bool) -> Severity:
    """A diagnostic's severity; when strict, a warning is an error."""
    return "error" if strict and found.severity == "warning" else found.severity


def places(span: Span) -> tuple[int, int, int, int]:
    """First line and column, last line and the column after the end: from 1, in characters as editors count.

    A byte order mark is no character of the first line.
    """
    line, column = span.text.position(span.start)
    end_line, end_column = span.text.position(span.end)
    if span.text.content.startswith(_BYTE_ORDER_MARK):
        column = max(column - (line == 1), 1)
        end_column = max(end_column - (end_line == 1), 1)
    return line, column, end_line, end_column
