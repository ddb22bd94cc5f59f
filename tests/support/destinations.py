"""Three destinations of different kinds: what is in the package, and two that are invented, as data alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mapper
from mapper import authoring
from mapper.delivery.answer import Answer, NoReply, Reply, judge
from mapper.delivery.batch import Batch, Parcel, pack, parcel_of
from mapper.delivery.credentials import Credentials, Endpoint, Secret, address
from mapper.delivery.destination import Destination
from mapper.delivery.transport import Patience, connect
from tests.delivery.deliveries import CANARY, DESTINATION, NOW, payload, validate

FOLDER = Path(__file__).parents[1] / "cases" / "destinations"
# For services that answer, however busy the machine is, and for those that never do.
LONG = Patience(read=20, whole=30)
QUICK = Patience(connect=2, write=2, read=0.6, whole=1.0)


@dataclass(frozen=True)
class Place:
    """A destination, the settings of an account of it, and a valid payload."""

    destination: Destination
    validate: Any
    values: dict[str, str]
    payload: dict[str, Any]

    @property
    def known(self) -> dict[str, Secret]:
        """The settings that a sandbox lets in."""
        return {name: Secret(value) for name, value in self.values.items()}

    def parcels(self, count: int, **fields: Any) -> list[Parcel]:
        """Parcels of valid payloads."""
        made = [{**self.payload, "event_id": f"e-{number}", **fields} for number in range(count)]
        return [
            replace(parcel_of(one, "f.ndjson", number + 1, self.destination), number=number)
            for number, one in enumerate(made)
        ]

    def batch(self, count: int, **fields: Any) -> Batch:
        """Valid payloads in one batch."""
        return self.pack(self.parcels(count, **fields))

    def pack(self, parcels: Sequence[Parcel]) -> Batch:
        """Some parcels in one batch."""
        [batch] = pack(parcels, self.destination.limits, self.destination.envelope)
        return batch

    def endpoint(self, url: str | None, *, test: bool = False, **values: str) -> Endpoint:
        """Where requests of the account go; `values` replace some of its settings."""
        given = {**self.values, **values}
        form = self.destination.form(test=test)
        assert form is not None
        credentials = Credentials({name: Secret(one) for name, one in given.items() if name in form.known})
        found = address(self.destination, credentials, base_url=url, test=test)
        assert isinstance(found, Endpoint), found
        return found

    def send(self, endpoint: Endpoint, *batches: Batch, patience: Patience = LONG) -> list[Answer]:
        """What the answers to some batches say, sent one after the other."""
        return [
            judge(batch, reply, self.destination)
            for batch, reply in self.replies(endpoint, *batches, patience=patience)
        ]

    def replies(
        self, endpoint: Endpoint, *batches: Batch, patience: Patience = LONG
    ) -> list[tuple[Batch, Reply | NoReply]]:
        """The replies to some batches, sent one after the other."""

        async def run() -> list[tuple[Batch, Reply | NoReply]]:
            async with connect(endpoint, patience=patience) as send:
                return [(batch, await send(batch.body)) for batch in batches]

        return asyncio.run(run())


def _invented(name: str, values: dict[str, str]) -> Place:
    destination = authoring.described_destination(name, schemas=FOLDER)
    event = {"event_id": "e", "event_time": NOW - 3600, "action_source": "website", "value": 1.5}
    return Place(destination, mapper.validator(name, schemas=FOLDER), values, event)


PINTEREST = Place(DESTINATION, validate, {"token": CANARY, "account": "549755885175"}, payload())
TALLY = _invented(
    "tally/events-v1",
    {"token": "tally/canary+0123456789", "dataset": "77", "test_code": "TEST1", "tag": "a&b"},
)
INDEX = _invented("index/events-v1", {"token": "index_canary-0123456789", "pixel": "CABC", "test_code": "T2"})
PLACES = {"pinterest": PINTEREST, "tally": TALLY, "index": INDEX}
