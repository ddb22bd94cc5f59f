"""A feed through a program: what `run`, `send` and every other intake call. Prints nothing.

    program = mapper.compile_mapping("mappings/shop.yaml")
    run = Run(program, "events.ndjson")
    with open("events.ndjson", "rb") as events, open("payloads.ndjson", "wb") as payloads:
        run.write_payloads(read_texts(events), payloads, jobs=2)
    print(run.counts.sent, run.counts.rejected)

`run.work(block)` is the same for one block, for events that come from elsewhere. `parcels` and `acceptance`
are for an outbox.
"""

from __future__ import annotations

from mapper.running.blocks import BlockResult, BlockWorker, Worker
from mapper.running.counts import EventCounts
from mapper.running.feed_run import Run
from mapper.running.unset_fields import UnsetField

__all__ = ["BlockResult", "BlockWorker", "EventCounts", "Run", "UnsetField", "Worker"]
