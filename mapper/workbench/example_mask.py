"""An event of which values are shown -> what masks these values: all that may be a person's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mapper.authoring import Analysis, Json
from mapper.feeds import SourceEvent
from mapper.feeds.block import fed
from mapper.masking import MASK, mask, mask_sent
from mapper.workbench.explanation import hiding, personal_texts
from mapper.workbench.pair_counts import PairWorker

# A value at a path of the payload, masked.
MaskValue: TypeAlias = Callable[[Json, str], Json]


@dataclass(frozen=True, slots=True)
class ExampleMask:
    """Masks values of payloads that two versions of a mapping make.

    Hidden is what the target or a rule marks as personal, what the target does not know, names of events that
    neither version holds, and in all other values the texts that were read for one that is personal.
    """

    old: Analysis
    new: Analysis
    worker: PairWorker
    _known: dict[tuple[int, bytes], MaskValue] = field(default_factory=dict)

    @property
    def words(self) -> frozenset[str]:
        """The constants of both versions."""
        return self.old.words | self.new.words

    def of(self, text: bytes, line: int, meta: dict[str, Any]) -> MaskValue:
        """A function that masks the values of an event's payloads. text: the event; line: of its feed."""
        if (line, text) not in self._known:
            event = fed(line, text)
            assert isinstance(event, SourceEvent)
            self._known[line, text] = self._mask(event.event, meta)
        return self._known[line, text]

    def _mask(self, event: dict[str, Any], meta: dict[str, Any]) -> MaskValue:
        traces = [analysis.trace(event, meta) for analysis in (self.old, self.new)]
        personal = (text for trace in traces for text in personal_texts(trace.tables, trace.decisions))
        hide = hiding(personal, self.words)
        return lambda value, path: self._masked(value, path, hide)

    def _masked(self, value: Json, path: str, hide: Callable[[Json], Json]) -> Json:
        worker = self.worker
        if path in worker.personal or path not in worker.marks:
            return mask_sent(value, self.words)
        if isinstance(value, dict):
            inside = {name: f"{path}.{name}" for name in value}
            if not worker.marks.keys() >= {*inside.values()}:
                return mask(value)
            return {name: self._masked(one, inside[name], hide) for name, one in value.items()}
        if isinstance(value, list):
            return [self._masked(one, f"{path}[]", hide) for one in value]
        if path == worker.name_field:
            return value if worker.names.shown(str(value)) is not None else MASK
        return hide(value)
