"""Receipts -> Delivery: what became of all payloads, for a person and for an exit status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from mapper.delivery.batch import Parcel, Receipt
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.setup_failure import SetupFailure
from mapper.values.safe_text import NOTHING, SafeText
from mapper.values.short import short

_MOST_KEPT = 1000
"""Receipts of refused payloads that are kept: a whole feed may be too old."""
_MOST_REASONS = 1000
_MOST_WARNINGS = 50
"""Different warnings that are told apart: one with a time in it would be different for every payload."""


@dataclass(frozen=True, slots=True)
class Reason:
    """The reason that some payloads or events were not delivered, how many, and the place of the first."""

    text: SafeText
    count: int
    first: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """The end of a delivery.

    delivered: how many payloads the service says it processed (in a `test`, would have). refused_count: how
    many it or we refused; refused: receipts of the first 1,000 of them, in the feed's order; reasons: of them
    all. expired_count: how many became too old before they were sent; expired: why. pending: how many still
    wait in the outbox; waiting: why, of those that were tried. attempts: requests. batches: requests that
    the service answered payload by payload. possible_duplicates: delivered payloads that an earlier request
    without an answer may have delivered too. warnings: what the service said of delivered payloads, and how
    often. stopped: why the delivery ended early, "" if it did not. failure: what a person must fix first.
    hint: what to do. events, skipped, rejected: what became of source events, where they were accepted too;
    rejections: why events were rejected.
    erased: how many were not sent, since they are of a person on a suppression list.
    """

    service: str
    test: bool
    delivered: int
    refused_count: int
    refused: tuple[Receipt, ...]
    reasons: tuple[Reason, ...]
    expired_count: int
    expired: tuple[Reason, ...]
    pending: int
    waiting: tuple[Reason, ...]
    attempts: int
    batches: int
    possible_duplicates: int
    warnings: tuple[tuple[SafeText, int], ...]
    stopped: SafeText = NOTHING
    failure: SetupFailure | None = None
    interrupted: bool = False
    gave_up: bool = False
    hint: SafeText = NOTHING
    events: int = 0
    skipped: int = 0
    rejected: int = 0
    rejections: tuple[Reason, ...] = ()
    erased: int = 0

    def __repr__(self) -> str:
        given = f"events={self.events}, skipped={self.skipped}, rejected={self.rejected}, "
        counts = f"refused={self.refused_count}, expired={self.expired_count}, pending={self.pending}"
        read = given if self.events else ""
        return f"Delivery({short(self.service)}, {read}delivered={self.delivered}, {counts})"

    @property
    def exit_status(self) -> ExitStatus:
        """The status to exit with."""
        if self.interrupted:
            return ExitStatus.INTERRUPTED
        if self.failure is not None:
            return self.failure.exit_status
        if self.gave_up:
            return ExitStatus.GIVEN_UP
        whole = not (self.refused_count or self.expired_count or self.stopped or self.pending)
        return ExitStatus.DELIVERED if whole else ExitStatus.REFUSED


@dataclass(slots=True)
class Reasons:
    """Reasons as receipts bring them; of too many different ones the rest is counted together."""

    counts: Counter[SafeText] = field(default_factory=Counter)
    first: dict[str, Parcel] = field(default_factory=dict)

    def add(self, receipt: Receipt) -> None:
        """Count one more payload that was not delivered."""
        known = receipt.reason in self.counts or len(self.counts) < _MOST_REASONS
        reason = receipt.reason if known else SafeText("other reasons")
        self.counts[reason] += 1
        first = self.first.setdefault(reason, receipt.parcel)
        if first.feed == receipt.parcel.feed and receipt.parcel.record < first.record:
            self.first[reason] = receipt.parcel  # requests end in any order

    def all(self) -> tuple[Reason, ...]:
        """Each reason, in the order they were first met."""
        return tuple(Reason(text, count, self.first[text].place) for text, count in self.counts.items())


def reasons_of(receipts: Iterable[Receipt]) -> tuple[Reason, ...]:
    """The reasons that payloads were not delivered."""
    reasons = Reasons()
    for receipt in receipts:
        reasons.add(receipt)
    return reasons.all()


@dataclass(slots=True)
class Receipts:
    """The receipts of a delivery as they come. held: why payloads wait, by the number of their chunk."""

    delivered: int = 0
    expired_count: int = 0
    expired: Reasons = field(default_factory=Reasons)
    erased: int = 0
    refused_count: int = 0
    refused: list[Receipt] = field(default_factory=list)
    reasons: Reasons = field(default_factory=Reasons)
    copies: int = 0
    held: dict[int, tuple[Reason, ...]] = field(default_factory=dict)
    warnings: Counter[SafeText] = field(default_factory=Counter)

    def add(self, chunk: int, receipts: Sequence[Receipt]) -> None:
        """Takes in the receipts of a settlement, which has all that is left of a chunk."""
        if waiting := reasons_of(one for one in receipts if one.status == "retry"):
            self.held[chunk] = waiting
        else:
            self.held.pop(chunk, None)
        for receipt in receipts:
            if receipt.status == "delivered":
                self.delivered += 1
            elif receipt.status == "refused":
                self._refuse(receipt)
            elif receipt.status == "expired":
                self.expired_count += 1
                self.expired.add(receipt)
            elif receipt.status == "erased":
                self.erased += 1
            if receipt.warning and receipt.status == "delivered":
                self._warn(receipt.warning)

    def waiting(self) -> tuple[Reason, ...]:
        """The reasons that payloads wait which were tried, in the order of the chunks."""
        found: dict[SafeText, Reason] = {}
        for reason in (one for chunk in sorted(self.held) for one in self.held[chunk]):
            before = found.get(reason.text)
            found[reason.text] = (
                reason if before is None else replace(before, count=before.count + reason.count)
            )
        return tuple(found.values())

    def _refuse(self, receipt: Receipt) -> None:
        self.refused_count += 1
        self.reasons.add(receipt)
        if len(self.refused) < _MOST_KEPT:
            self.refused.append(receipt)

    def _warn(self, warning: SafeText) -> None:
        full = len(self.warnings) >= _MOST_WARNINGS and warning not in self.warnings
        self.warnings[SafeText("other warnings") if full else warning] += 1
