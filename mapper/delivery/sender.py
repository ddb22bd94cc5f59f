"""Batch -> Answer: one request in its turn, and what it says about the account and its service."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from mapper.delivery.answer import Answer, NoReply, Reply, Send, judge
from mapper.delivery.batch import Batch, Stops
from mapper.delivery.clock import Clock, Skew
from mapper.delivery.destination import Destination, RequestLimits
from mapper.delivery.outbox.store import FEED_NAME
from mapper.delivery.pace import Pace, moment_of, retry_after_seconds
from mapper.delivery.request_tally import DeliveryTally
from mapper.delivery.setup_failure import SetupFailure
from mapper.delivery.terms import Terms
from mapper.texts.log_events import LogLine, noted
from mapper.values.safe_text import NOTHING, SafeText, span

_NAP_SECONDS = 0.2
"""The longest sleep that does not look whether it should stop."""
_RETRYING_AGAIN_SECONDS, _RETRYING_ANEW_SECONDS = 900.0, 60.0
"""The time between two messages that requests fail: while they do, and where some passed since the last."""
_SETUP_SECONDS = 60
"""The time between two tries of what a person must set right, or the mapping is at fault for."""
_LONGEST_WAIT_SECONDS = 600.0
"""A one-shot delivery waits out what the service asks for, once, up to this."""
_TOO_LARGE_SHARE = 0.9
"""The most that a later request holds, as a part of the size that was too large."""
MOST_REQUESTS = 32
"""Requests under way to one service, whatever the number of accounts: a full one takes some 5 MiB."""
_FEWEST_REQUESTS, _FIRST_REQUESTS = 1, 4
_MAP_AGAIN = SafeText(
    "fix the mapping, then `mapper outbox retry --mapping` maps again what is not delivered"
)
_MAP_LATER = SafeText(
    "fix the mapping, then send SIGHUP to `mapper serve`; events that came over HTTP are not kept,"
    " so they cannot be mapped again"
)
_INTERRUPTED = SafeText("interrupted")
_CUT_SHORT = SafeText("stopped before the response came")
_REMEMBERED = 200
"""Requests back from which the share that fails is told."""


Begin = Callable[[], Awaitable[None]]


def map_again(feeds: Iterable[str]) -> SafeText:
    """The advice for payloads of these feeds that a mapping is at fault for."""
    return _MAP_LATER if any(feed.startswith(FEED_NAME) for feed in feeds) else _MAP_AGAIN


async def _no_note() -> None:
    pass


@dataclass(slots=True)
class Halt:
    """The reason that no further request goes.

    failure: what a person must fix. gave_up: nothing was answered. hint: what to do, if no failure says it.
    """

    reason: SafeText
    failure: SetupFailure | None = None
    gave_up: bool = False
    hint: SafeText = NOTHING


@dataclass(slots=True)
class Sender:
    """The way from one account to its service.

    stop: the operator wants it to end. room: for requests to the service, of all accounts of this process;
    who calls `attempt` holds some of it, which is left to others while a request waits for its turn. halted:
    why it ended by itself. window: requests under way together. attempts: requests; answered: those that were
    answered payload by payload; cut_short: those that a stop did not leave the time to be answered.
    failing_since, failing_reason: since which Unix time nothing can be delivered, and why. recovered_after:
    for how many seconds nothing could be, until it is said; tells_recovery: that nothing could be was said.
    tally: counts of the account, also of senders before this one. stops: tells which payloads are erased in
    place of being sent.
    """

    destination: Destination
    send: Send
    terms: Terms
    clock: Clock
    stop: threading.Event
    say: Callable[[LogLine], None]
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_REQUESTS))
    limits: RequestLimits = field(init=False)
    pace: Pace = field(init=False)
    skew: Skew = field(init=False)
    tally: DeliveryTally = field(default_factory=DeliveryTally)
    stops: Stops | None = None
    halted: Halt | None = None
    window: int = _FIRST_REQUESTS
    attempts: int = 0
    answered: int = 0
    cut_short: int = 0
    paused: SafeText = NOTHING
    failing_since: float = 0.0
    failing_reason: SafeText = NOTHING
    recovered_after: float = 0.0
    tells_recovery: bool = False
    _down_since: float | None = None
    _failed: deque[bool] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _paused_until: float = 0.0
    _waited: bool = False
    _told_retrying: float = float("-inf")
    _renewed: float = float("-inf")
    _probe: asyncio.Lock = field(default_factory=asyncio.Lock)
    _cut: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.limits = self.terms.limits(self.destination)
        self.window = min(_FIRST_REQUESTS, self.terms.concurrency)
        self.pace = Pace(self.clock, self.destination.retry, self.limits.requests_per_second)
        self.skew = Skew(self.clock)

    @property
    def over(self) -> bool:
        """Whether no further request may go."""
        return self.stop.is_set() or self.halted is not None

    @property
    def reason(self) -> SafeText:
        """The reason that what is left is not delivered, once it is over."""
        return self.halted.reason if self.halted is not None else _INTERRUPTED

    @property
    def failing_share(self) -> float:
        """The share of the last requests that came to nothing; at least one in a hundred."""
        return max(sum(self._failed) / max(len(self._failed), 1), 0.01)

    def failing_seconds(self) -> float:
        """For how long nothing can be delivered, whoever must set it right; 0 if something can."""
        since = self._down_since
        return max(self.pace.failing_seconds(), 0.0 if since is None else self.clock.elapsed() - since)

    def wait_seconds(self) -> float:
        """The seconds until a request may go; 0 if it may go now."""
        return max(self.pace.wait_seconds(), self._paused_until - self.clock.elapsed(), 0.0)

    def halt(self, halt: Halt) -> None:
        """Let no further request go; a service only pauses, and then tries again. The first reason counts."""
        self._fail(halt.reason)
        if not self.terms.service:
            self.halted = self.halted or halt
            return
        self._paused_until = self.clock.elapsed() + _SETUP_SECONDS
        if self.paused != halt.reason:
            hint = SafeText("; {}", halt.hint) if halt.hint else NOTHING
            line = SafeText("{}{}; trying again every {}", halt.reason, hint, span(_SETUP_SECONDS))
            self.say(noted("paused", line))
            self.tells_recovery = True
        self.paused = halt.reason

    def renew(self) -> None:
        """Credentials have changed: what was paused for them goes on at once."""
        self._renewed = self.clock.elapsed()
        self._paused_until, self.paused = 0.0, NOTHING
        self._pass()

    def cut(self) -> None:
        """Wait for no answer any more."""
        self._cut.set()

    async def attempt(self, batch: Batch, begin: Begin = _no_note) -> Answer | None:
        """Send a batch once, in its turn; None if no request may go. begin: notes it, before it goes.

        While the service fails, one request at a time finds out whether it is back.
        """
        if not self.pace.fails and not self.paused:
            return await self._send(batch, begin) if await self._turn() else None
        async with self._outside():
            await self._probe.acquire()
        try:
            return await self._send(batch, begin) if await self._turn() else None
        finally:
            self._probe.release()

    @asynccontextmanager
    async def _outside(self) -> AsyncIterator[None]:
        """Leave the room to others as long as this one waits."""
        self.room.release()
        try:
            yield
        finally:
            await self.room.acquire()

    async def _turn(self) -> bool:
        """Wait until a request may go; False once none may."""
        while not self.over:
            wait_seconds = self.wait_seconds()
            if not wait_seconds:
                return True
            async with self._outside():
                await self.clock.sleep(min(wait_seconds, _NAP_SECONDS))
        return False

    async def _send(self, batch: Batch, begin: Begin) -> Answer:
        began = self.pace.begin()
        self.attempts += 1
        await begin()
        reply = await self._reply(batch.body)
        self.tally.hear(reply.status if isinstance(reply, Reply) else None)
        if reply is None:
            self.cut_short += 1
            return Answer("retry", _CUT_SHORT, sure=False, everywhere=True)
        answer = judge(batch, reply, self.destination)
        self._learn(batch, began, reply, answer)
        return answer

    async def _reply(self, body: bytes) -> Reply | NoReply | None:
        """The reply; None once it is not waited for any more."""
        sending = asyncio.ensure_future(self.send(body))
        cutting = asyncio.ensure_future(self._cut.wait())
        try:
            await asyncio.wait((sending, cutting), return_when=asyncio.FIRST_COMPLETED)
            return sending.result() if sending.done() else None
        finally:
            sending.cancel()
            cutting.cancel()

    def _learn(self, batch: Batch, began: float, reply: Reply | NoReply, answer: Answer) -> None:
        if isinstance(reply, Reply) and self.skew.hear(moment_of(reply.date)):
            self._tell_skew()
        self._failed.append(answer.verdict == "retry")
        if answer.verdict == "retry":
            self._wait_longer(began, reply, answer)
            return
        self.pace.succeed()
        self._waited = False
        if answer.verdict == "setup":
            if began < self._renewed:
                return  # it speaks of credentials that were replaced meanwhile
            self.halt(Halt(answer.message, answer.failure))
            return
        self.paused = NOTHING
        self._pass()
        if self._down_since is not None:
            self.recovered_after, self._down_since = self.clock.elapsed() - self._down_since, None
        self.window = min(self.window + 1, self.terms.concurrency)
        if answer.verdict == "too_large":
            most = int(batch.size * _TOO_LARGE_SHARE)
            self.limits = replace(self.limits, bytes=min(self.limits.bytes, most))
        elif answer.verdict == "settled":
            self.answered += 1

    def _wait_longer(self, began: float, reply: Reply | NoReply, answer: Answer) -> None:
        self.window = max(self.window // 2, _FEWEST_REQUESTS)
        asked = None
        if isinstance(reply, Reply):
            asked = retry_after_seconds(reply.retry_after, self.clock.now())
        if answer.slow_down:
            self.pace.slow_down()
        counts = self.pace.fail(began, everywhere=answer.everywhere or asked is not None, asked_seconds=asked)
        if self.pace.fails:
            self._fail(answer.message)
        if self.over or not counts:
            return
        if self._is_too_long(asked):
            self.halt(Halt(_gave_up(answer, asked), gave_up=True))
        elif self.pace.fails:
            self._tell_retrying(answer.message)

    def _tell_retrying(self, reason: SafeText) -> None:
        """Say why requests fail: of a one-shot delivery each time, of a service now and then."""
        wait, now, failing = max(1, round(self.wait_seconds())), self.clock.elapsed(), NOTHING
        seconds = round(self.failing_seconds())
        if self.terms.service:
            least = _RETRYING_AGAIN_SECONDS if self.tells_recovery else _RETRYING_ANEW_SECONDS
            if now - self._told_retrying < least:
                return
            if self.tells_recovery:
                failing = SafeText(" for {} by now", span(seconds))
            self._told_retrying, self.tells_recovery = now, True
        line = SafeText("{}{}; retrying in {}", reason, failing, span(wait))
        self.say(noted("retrying", line, failing_seconds=seconds, wait_seconds=wait))

    def _fail(self, reason: SafeText) -> None:
        if self._down_since is None:
            self._down_since = self.clock.elapsed() - self.pace.failing_seconds()
        if self.halted is None:
            self.failing_since = self.failing_since or self.clock.now() - self.pace.failing_seconds()
            self.failing_reason = reason

    def _pass(self) -> None:
        if self.halted is None:
            self.failing_since, self.failing_reason = 0.0, NOTHING

    def _is_too_long(self, asked: float | None) -> bool:
        """Whether a one-shot delivery gives up; a wait that the service asks for is waited out once."""
        if self.terms.service:
            return False
        if asked is not None and not self._waited:
            self._waited = True
            return asked > _LONGEST_WAIT_SECONDS
        return self.pace.failing_seconds() + self.pace.wait_seconds() > self.terms.give_up_seconds

    def _tell_skew(self) -> None:
        service, ahead = SafeText.known(self.destination.service), -round(self.skew.seconds)
        if not ahead:
            self.say(noted("clock_agrees", SafeText("this machine's clock agrees with {}'s again", service)))
            return
        way = SafeText("fast" if ahead > 0 else "slow")
        text = "this machine's clock is {} {} compared with {}'s: events near the age limits wait"
        self.say(noted("clock_skew", SafeText(text, span(abs(ahead)), way, service), ahead_seconds=ahead))


def _gave_up(answer: Answer, asked: float | None) -> SafeText:
    if asked is None:
        return SafeText("gave up: {}", answer.message)
    return SafeText("gave up: {}; it asks for a wait of {}", answer.message, span(round(asked)))
