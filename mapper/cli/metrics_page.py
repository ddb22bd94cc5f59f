"""`--listen`: metrics and health of a process over HTTP, for a collector and a supervisor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import click

from mapper.cli.messages import error_line, with_hint
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.open_metrics import END, OPEN_METRICS_TYPE
from mapper.texts.log_events import noted
from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.delivery.outbox.monitor import OutboxMonitor

_TEXT_TYPE = "text/plain; charset=utf-8"
_LISTEN_HINT = SafeText("choose another address with --listen")


class _Says(Protocol):
    def say(self, line: SafeText) -> None: ...


@dataclass(slots=True)
class MetricsPage:
    """The page that is answered. It begins before there is an outbox: until then the process is not ready.

    address: where; None: nowhere. stop: the process is told to end, and is ready no longer.
    is_answered: it has begun.
    """

    address: tuple[str, int] | None
    stop: threading.Event
    scrape: Callable[[], str] = lambda: END
    is_answered: bool = False
    _outbox: OutboxMonitor | None = None

    def show(self, scrape: Callable[[], str], outbox: OutboxMonitor) -> None:
        """Answer with these metrics from now on, and ready while this outbox answers."""
        self.scrape, self._outbox = scrape, outbox

    def answer(self, path: str) -> tuple[int, str, str]:
        """The status, type and text for a path."""
        if path == "/metrics":
            return 200, OPEN_METRICS_TYPE, self.scrape()
        if path == "/healthz":
            return 200, _TEXT_TYPE, "ok\n"
        if path == "/readyz":
            return (200, _TEXT_TYPE, "ready\n") if self._is_ready() else (503, _TEXT_TYPE, "not ready\n")
        return 404, _TEXT_TYPE, "not found\n"

    def _is_ready(self) -> bool:
        if self._outbox is None or self.stop.is_set():
            return False
        return not self._outbox.look().unreachable_seconds


@contextmanager
def answered(page: MetricsPage, line: _Says) -> Iterator[None]:
    """Within it a page is answered at its address, by whoever is first; where it cannot be, the command ends.

    It starts a thread, so that processes that map must be there before.
    """
    with ExitStack() as stack:
        try:
            if page.address is not None and not page.is_answered:
                from mapper.cli.page_server import listening  # most calls do without

                url = stack.enter_context(listening(page.address, page.answer))
                page.is_answered = True
                line.say(noted("note", SafeText("metrics on {}", SafeText.known(url))))
        except OSError as error:
            line.say(noted("not_started", with_hint(error_line(error), _LISTEN_HINT)))
            raise click.exceptions.Exit(ExitStatus.UNWRITABLE) from None
        yield
