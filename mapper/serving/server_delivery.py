"""The delivery of a server, beside the processes that accept."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mapper.delivery.couriers import Couriers
from mapper.delivery.outbox.outbox_errors import OutboxError
from mapper.delivery.outbox.store import Account, Settlement
from mapper.delivery.outbox_metrics import Delivering, delivering
from mapper.delivery.request_tally import DeliveryTally
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import NOTHING, SafeText

_GOES_ON = SafeText("delivery: the outbox can be used again")
_AGAIN_SECONDS = 10.0


@dataclass(slots=True)
class ServerDelivery:
    """Couriers in a thread of their own, begun anew where an outbox fails them.

    make: gives them, until they are told to stop; None: others deliver.
    """

    make: Callable[[threading.Event], Couriers] | None
    say: Callable[[LogLine], None]
    _couriers: Couriers | None = None
    _tallies: dict[Account, DeliveryTally] = field(default_factory=dict)
    _failure: SafeText = NOTHING
    _over: threading.Event = field(default_factory=threading.Event)

    def seen(self) -> Delivering | None:
        """The state of delivery; None where others deliver."""
        if self.make is None:
            return None
        return Delivering() if self._couriers is None else delivering(self._couriers)

    def renew(self) -> None:
        """Let credentials be read anew at once. Any thread may ask."""
        if self._couriers is not None:
            self._couriers.renewing.set()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Within it they deliver; at its end they finish the requests under way."""
        if self.make is None:
            yield
            return
        thread = threading.Thread(target=self._run, args=(self.make,), name="couriers", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            if self._couriers is not None:
                self._couriers.stop.set()
            thread.join()

    def _hear(self, account: Account, settlement: Settlement) -> None:
        """A settlement was kept."""
        if self._failure:
            self._failure = NOTHING
            self.say(noted("delivery_goes_on", _GOES_ON))

    def _run(self, make: Callable[[threading.Event], Couriers]) -> None:
        while not self._over.is_set():
            self._couriers = make(threading.Event())
            self._couriers.tallies, self._couriers.told = self._tallies, self._hear
            if self._over.is_set():
                return
            try:
                asyncio.run(self._couriers.run())
            except (OutboxError, OSError) as error:
                line = SafeText("delivery: {}; it is tried again", SafeText.known(str(error)))
                if self._failure != line:
                    self.say(noted("delivery_interrupted", line))
                self._failure = line
                self._over.wait(_AGAIN_SECONDS)
