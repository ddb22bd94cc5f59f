"""The table of log events -> its page in docs/, as Markdown."""

from __future__ import annotations

from mapper.texts.log_events import LOG_EVENTS

_HEAD = """# Logs

`serve`, `consume`, `deliver` and `send` write lines to stderr, and nothing else: no line holds anything of an
event or a request but counts. With `--log-format json` each line is an object:

```json
{"time": "2026-11-30T02:14:07.120+00:00", "level": "info", "event": "recovered",
 "message": "delivering again after 3 hours; 5,000 waiting", "seconds": 10920, "waiting": 5000,
 "destination": "shop/events-v1", "account": "default", "recipient": "account=549"}
```

`time`, `level`, `event` and `message` are in every line; `destination`, `account` and `recipient` where it
is of one account; `path` where it is of one path. `event` is one of these words, which stay; messages may
change.

For a state that lasts another line says that it is over. A process that starts says anew what lasts. A
`started` without an `ended` before it means that the process before was killed, or that its machine failed.

| event | level | means | what to do | is over with |
|---|---|---|---|---|
"""


def write_page() -> str:
    """The whole page. Made anew by `make docs`; a test holds docs/logs.md equal to it."""
    rows = (
        f"| `{name}` | {one.level} | {one.meaning} | {one.todo or 'nothing'} | {_code(one.over)} |\n"
        for name, one in sorted(LOG_EVENTS.items())
    )
    return _HEAD + "".join(rows)


def _code(name: str | None) -> str:
    return f"`{name}`" if name else ""
