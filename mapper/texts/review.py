"""Review: all that is wrong with a mapping's text, and what its sections can send."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from os.path import normpath

from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass

UNUSED_ALLOWANCE = "M062"
"""The code of a comment that allows a warning which is not there."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The scored signals that the events of some sections can carry.

    names: the events' names, in the order of their sections; "" for one that the event itself gives.
    sent, missing: target paths; of a signal with several paths the first one.
    """

    names: tuple[str, ...]
    sent: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def of(self) -> int:
        """The number of signals."""
        return len(self.sent) + len(self.missing)


@dataclass(frozen=True, slots=True)
class SharedAllowance:
    """A comment that allows a warning, in a file that several mappings may need it in.

    unused: what to say of it if no other mapping needs it; None where this one does.
    """

    span: Span
    unused: Diagnostic | None


@dataclass(frozen=True, slots=True)
class Review:
    """The diagnostics of a mapping, and, if it has no errors, what its sections can send.

    tests: how many there are in it, and in its fixtures. shared: the comments in files that it extends, and
    those of its own that it needs. is_partial: it is only to be extended, and so needs none itself.
    """

    found: tuple[Diagnostic, ...]
    coverage: tuple[Coverage, ...]
    tests: int = 0
    shared: tuple[SharedAllowance, ...] = ()
    is_partial: bool = False

    def is_its_own(self, file: str) -> bool:
        """Whether nothing was found in a file, and no comment of it or of another is for others to need."""
        needed = (
            one.unused is None and normpath(one.span.text.name) == normpath(file) for one in self.shared
        )
        return not self.found and all(needed)


def stale_allowances(
    reviews: Mapping[str, Review], clean: Collection[str] = ()
) -> tuple[set[Span], list[Diagnostic]]:
    """The comments that one of some mappings needs; and what to say of those that none of them does.

    reviews: by the files' names. clean: those of files that need each of their own comments. A comment is
    only known to be unused if its file and an heir are among them.
    """
    needed = {one.span for review in reviews.values() for one in review.shared if one.unused is None}
    names = {normpath(name) for name in reviews if name not in clean}
    unused = {
        one.span: one.unused
        for review in reviews.values()
        for one in review.shared
        if one.unused is not None and not review.is_partial and normpath(one.span.text.name) in names
    }
    return needed, [one for span, one in unused.items() if span not in needed]
