"""The destinations of the tests: that of the package, and those of `cases/destinations/`, as data alone.

A folder there is a destination: its schema, a mapping to it, and `service.yaml` with the settings of an
account, the expected request, and the answers of the service.
"""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import mapper
from mapper import authoring
from mapper.delivery.answer import Answer, NoReply, Reply, judge
from mapper.delivery.batch import Batch, Parcel, pack, parcel_of
from mapper.delivery.credentials import Credentials, Endpoint, Secret, address
from mapper.delivery.destination import Destination
from mapper.delivery.transport import Patience, connect
from tests.delivery.deliveries import NOW, payload
from tests.support.case_files import CASES, cases
from tests.support.command import ROOT, SEGMENT

FOLDER = CASES / "destinations"
NAMES = tuple(sorted(path.parent.name for path in FOLDER.glob("*/service.yaml")))
OWN = tuple(name for name in NAMES if (FOLDER / name / "events-v1.json").exists())
"""Those whose schema the package does not have."""
SCHEMA_FILES = {
    f"{path.parent.name}/{path.stem}": path
    for path in (
        *sorted((ROOT / "schemas").rglob("*.json")),
        *(FOLDER / name / "events-v1.json" for name in OWN),
    )
    if not path.name.endswith(".mapping.schema.json")
}
"""All schemas: those of the package, and those of the destinations here."""
TARGET_FILES = {name: path for name, path in SCHEMA_FILES.items() if '"x-key"' in path.read_text("utf-8")}
"""Those of payloads, sent or not."""
# For services that answer, however busy the machine is, and for those that never do.
LONG = Patience(read=20, whole=30)
QUICK = Patience(connect=2, write=2, read=0.6, whole=1.0)
_PARTS = {"s": 1, "ms": 1000, "us": 1_000_000}


def service_of(name: str) -> dict[str, Any]:
    """The facts about the service of a destination: the request that is expected, and its answers."""
    facts: dict[str, Any] = cases(f"destinations/{name}/service.yaml")
    return facts


@cache
def mapping_of(name: str) -> Path:
    """The mapping to a destination; one that is not the package's is in a project with its schema."""
    if name not in OWN:
        return SEGMENT
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return put_project(name, folder)


def put_project(name: str, folder: Path) -> Path:
    """The mapping to a destination in a new project, with its schema."""
    (folder / "schemas" / name).mkdir(parents=True)
    shutil.copy(FOLDER / name / "events-v1.json", folder / "schemas" / name)
    return Path(shutil.copy(FOLDER / name / "mapping.yaml", folder))


def written(form: Any, values: Mapping[str, Any]) -> Any:
    """A form with its words in capitals replaced: a text that is one of them by the value as it is."""
    if isinstance(form, dict):
        return {key: written(one, values) for key, one in form.items()}
    if isinstance(form, list):
        return [written(one, values) for one in form]
    return values.get(form, form) if isinstance(form, str) else form


@dataclass(frozen=True)
class Place:
    """A destination, the settings of an account of it, and a valid payload."""

    name: str
    destination: Destination
    validate: Any
    values: dict[str, str]
    payload: dict[str, Any]

    @property
    def known(self) -> dict[str, Secret]:
        """The settings that a sandbox lets in."""
        return {name: Secret(value) for name, value in self.values.items()}

    def at(self, seconds: int) -> dict[str, Any]:
        """The field of a payload that is its time, at a Unix time."""
        time = self.destination.time
        return {time.field: seconds * _PARTS[time.unit]}

    def parcels(self, count: int, **fields: Any) -> list[Parcel]:
        """Parcels of valid payloads."""
        key = self.destination.key
        made = [{**self.payload, key: f"e-{number}", **fields} for number in range(count)]
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


def _place(name: str) -> Place:
    facts = service_of(name)
    folder = FOLDER if name in OWN else None
    destination = authoring.described_destination(facts["schema"], schemas=folder)
    place = Place(
        name, destination, mapper.validator(facts["schema"], schemas=folder), facts["settings"], payload()
    )
    if "payload" not in facts:
        return place
    [time] = place.at(NOW - 3600).values()
    return replace(place, payload=written(facts["payload"], {"KEY": "e", "TIME": time}))


PLACES = {name: _place(name) for name in NAMES}
PINTEREST, TALLY, INDEX = (PLACES[name] for name in ("pinterest", "tally", "index"))
