"""A service on loopback that answers by the table of its `service.yaml`; it knows nothing of this project."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.delivery.deliveries import Heard, answering, said
from tests.support.destinations import service_of, written

BAD = "bad-"
"""An event whose id begins so is one that the service refuses."""
REASON = "this event is not as it should be"


@dataclass
class StandIn:
    """The requests that a service heard, and the events that it took.

    first: the answers to its first requests, by their names in the table, or as they are.
    """

    name: str
    token: str
    first: list[Any]
    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, heard: Heard) -> bytes:
        """The bytes of the answer to a request."""
        facts = service_of(self.name)
        events = events_of(self.name, heard.body)
        if self.token not in heard.head.decode().replace("%2F", "/").replace("%2B", "+"):
            return self._said(facts["answers"]["bad_token"], {})
        if self.first:
            named = self.first.pop(0)
            return self._said(facts["answers"][named] if isinstance(named, str) else named, {})
        is_bad = [str(event[_key(facts)]).startswith(BAD) for event in events]
        taken = [event for event, bad in zip(events, is_bad, strict=True) if not bad]
        if any(is_bad) and "partly" not in facts["answers"]:
            return self._said(facts["answers"]["refused"], {"REASON": REASON})
        self.taken += taken
        values = {
            "RECEIVED": len(events),
            "PROCESSED": len(taken),
            "ENTRIES": [
                written(facts["entries"]["bad" if bad else "good"], {"REASON": REASON})
                for bad in is_bad
                if "entries" in facts
            ],
            "FAILURES": [
                written(facts["failure"], {"REASON": REASON, "PLACE": place})
                for place, bad in enumerate(is_bad)
                if bad and "failure" in facts
            ],
        }
        return self._said(facts["answers"]["partly" if any(is_bad) else "accepted"], values)

    def _said(self, form: dict[str, Any], values: dict[str, Any]) -> bytes:
        body = written(form["body"], values) if "body" in form else b""
        return said(form["status"], body)


def _key(facts: dict[str, Any]) -> str:
    """The field of a payload that is its id, by the payload of the table."""
    return next((name for name, value in facts.get("payload", {}).items() if value == "KEY"), "event_id")


def events_of(name: str, body: bytes) -> list[dict[str, Any]]:
    """The events in the body of a request."""
    [listed] = [key for key, one in service_of(name)["request"]["body"].items() if one == "EVENTS"]
    events: list[dict[str, Any]] = json.loads(body)[listed]
    return events


@contextmanager
def standing_in(name: str, *first: Any) -> Iterator[StandIn]:
    """A service that takes the events of an account, after its first answers."""
    facts = service_of(name)
    made = StandIn(name, facts["settings"]["token"], [*first])
    with answering(made.answer) as server:
        made.url = server.url.removesuffix("/v5") + facts.get("base", "")
        made.heard = server.heard
        yield made
