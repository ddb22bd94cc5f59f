"""The tables of log events and their fields -> their page in docs/, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from mapper.texts.log_events import ACCOUNT_FIELDS, LINE_FIELDS, LOG_EVENTS, LOG_FIELDS

_HEAD = """# Logs

`serve`, `consume`, `deliver` and `send` write lines to stderr, and nothing else: no line holds anything of an
event or a request but counts. `mapper outbox restored --log-format json` writes one too. With
`--log-format json` each line is an object:

```json
{"time": "2026-11-30T02:14:07.120+00:00", "level": "info", "event": "recovered",
 "message": "delivering again after 3 h 2 min: 1,000 delivered, 5,000 waiting", "failing_seconds": 10920,
 "delivered": 1000, "waiting": 5000,
 "destination": "shop/events-v1", "account": "default", "recipient": "account=549"}
```

`event` is one of the words below, which stay; messages may change. The destination is the service that events
are delivered to.

`time` is by this machine's clock as it is when the line is written. So a `clock_set` has the time after the
step, and `ahead_seconds` earlier is the time by the clock before it.

For a state that lasts another line says that it is over. A process that starts says anew what lasts. No line
says now and then that all is well: [the metrics](operating.md#all-metrics) have what waits and what was
delivered, and [alerts.yaml](deploy/alerts.yaml) wakes somebody by how long a state lasts.

The third column says whether somebody should be woken for the line alone: *now* where senders are refused or
nothing is delivered until a person acts, *in the morning* where a night loses nothing.

## Events

| event | level | wake somebody | means | what to do | is over with |
|---|---|---|---|---|---|
"""
_FIELDS = """
## Fields

A field has one meaning in all lines. Lengths of time are in seconds. `ended` has the counts of its
command: `serve` of requests and what was stored, `deliver` of deliveries, `consume` of source events, `send`
of both.

| field | in | meaning |
|---|---|---|
"""
_ENDS = """
## A start without an end

A `started` without an `ended` before it means that the process before was killed, or that its machine
failed. Its supervisor knows when and why.

- **Losses.** Nothing that was accepted is lost while the outbox is there: a request is answered 202, and the
  position in a file or topic moves, only once the events are in it. Senders repeat a request that had no
  response.
- **Copies.** The requests to the destination that were under way are sent again, with the same `event_id`.
  Some of the events that are `waiting` in the new `started` can arrive twice: `mapper outbox status` counts
  them as copies.

## After a restore

`outbox_restored` has in `waiting` the events that may have been delivered since the backup. They are sent
again. The outbox knows nothing of what it accepted after the backup:

- Events of files and Kafka are read again, from the positions in the backup. Those that were delivered
  arrive twice, with the same `event_id`.
- Events that came over HTTP, and were not delivered before the failure, are missing. Ask their senders to
  send again what they sent since the backup. The outbox does not know the delivery ids of that time either,
  so none of it is left out as sent before.
"""


def write_page() -> str:
    """The whole page. Made anew by `make docs`; a test holds docs/logs.md equal to it."""
    events = (
        _row(f"`{name}`", one.level, one.wake, one.meaning, one.todo or "nothing", _codes([one.over]))
        for name, one in sorted(LOG_EVENTS.items())
    )
    fields = (_row(f"`{name}`", _lines_with(name), LOG_FIELDS[name]) for name in sorted(LOG_FIELDS))
    return "".join([_HEAD, *events, _FIELDS, *fields, _ENDS])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def _lines_with(field: str) -> str:
    if field in LINE_FIELDS:
        return "every line"
    if field in ACCOUNT_FIELDS:
        return "lines of one account"
    return _codes(name for name, one in sorted(LOG_EVENTS.items()) if field in one.fields)


def _codes(names: Iterable[str | None]) -> str:
    return ", ".join(f"`{name}`" for name in names if name)
