"""Each destination's goals, seen by a user's commands against a service that answers as its documents say.

The table of docs/destinations.md has what is seen here, cell by cell.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result

from mapper.delivery.answer import Reply, judge
from mapper.delivery.outbox.sqlite import open_outbox
from tests.support.case_files import cases
from tests.support.command import ROOT, call, ndjson
from tests.support.destinations import NAMES, OWN, PLACES, mapping_of, put_project, service_of, written
from tests.support.service_stand_in import BAD, REASON, StandIn, events_of, standing_in

_PAGE = (ROOT / "docs/destinations.md").read_text(encoding="utf-8")
every = pytest.mark.parametrize("name", NAMES)


def _table() -> dict[tuple[str, str], str]:
    """The cells of the table in the docs, by destination and goal."""
    rows = _PAGE.split("| destination |")[1].split("\n\n")[0].splitlines()
    goals, *others = [[cell.strip() for cell in row.strip("| ").split("|")] for row in rows]
    return {
        (row[0].split("]")[0].strip("[`"), goal): cell
        for row in others[1:]
        for goal, cell in zip(goals, row[1:], strict=True)
    }


@dataclass
class Project:
    """A folder with a mapping to a destination and its schema, as its user has them."""

    name: str
    folder: Path
    mapping: Path

    @property
    def outbox(self) -> Path:
        """The outbox of its commands."""
        return self.folder / "own.outbox"

    def events(self, *ids: str) -> Path:
        """A file of orders of now with such ids; one without an id has none."""
        file = self.folder / "events.ndjson"
        now = datetime.fromtimestamp(int(time.time()), UTC).isoformat()
        made = [written(cases("destinations/event.yaml"), {"KEY": key, "TIME": now}) for key in ids]
        file.write_text(ndjson(*({k: v for k, v in one.items() if v != ""} for one in made)), "utf-8")
        return file

    def call(self, command: str, *words: object, url: str, **settings: str) -> Result:
        """A command that sends, with the settings of the account in its environment."""
        place = PLACES[self.name]
        values = {**place.values, **settings}
        env = {
            rule.environment: values[key] for key, rule in place.destination.settings.items() if key in values
        }
        vouched = ("--allow-target", self.folder / f"schemas/{self.name}/events-v1.json")
        allowed = vouched if self.name in OWN else ()
        return call(command, *words, "--outbox", self.outbox, "--url", url, *allowed, env=env)

    def send(self, stand_in: StandIn, *ids: str, more: tuple[object, ...] = (), **settings: str) -> Result:
        """`mapper send` of orders with such ids."""
        return self.call("send", self.mapping, self.events(*ids), *more, url=stand_in.url, **settings)

    def waiting(self) -> int:
        """The number of events that wait in the outbox."""
        store = open_outbox(self.outbox)
        try:
            assert store.audit() == []
            return sum(one.counts.pending for one in store.status())
        finally:
            store.close()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Project]:
    """A project of a destination, which is the current folder."""

    def make(name: str) -> Project:
        monkeypatch.chdir(tmp_path)
        return Project(name, tmp_path, put_project(name, tmp_path) if name in OWN else mapping_of(name))

    return make


IDS = ("e-0", "e-1", "e-2", "e-3", "e-4")
_HEADERS = ("content-type", "content-length", "host", "accept", "accept-encoding", "user-agent", "connection")


def _requests(stand_in: StandIn) -> str:
    count = len(stand_in.heard)
    return f"{count} request{'s' * (count != 1)}"


def _key(name: str) -> str:
    return PLACES[name].destination.key


@every
def test_all_good_events_are_accepted_in_one_request_that_is_right_to_the_byte(
    name: str, project: Callable[[str], Project]
) -> None:
    own = project(name)
    with standing_in(name) as stand_in:
        ran = own.send(stand_in, *IDS)
    assert (ran.exit_code, ran.stdout) == (0, ""), ran.stderr
    assert _table()[name, "5 good events"] == f"delivered in {_requests(stand_in)}"
    [heard] = stand_in.heard
    due = service_of(name)["request"]
    line, *lines = heard.head.decode().split("\r\n")
    headers = {key.lower(): value for key, _, value in (one.partition(": ") for one in lines)}
    assert line == due["line"]
    assert headers["content-type"] == "application/json"
    assert {key: one for key, one in headers.items() if key not in _HEADERS} == due.get("headers", {})
    shown = call("run", own.mapping, own.folder / "events.ndjson")
    payloads = [json.loads(one) for one in shown.stdout.splitlines()]
    assert [one[_key(name)] for one in payloads] == list(IDS)
    assert json.loads(heard.body) == written(due["body"], {"EVENTS": payloads})
    assert [*json.loads(heard.body)] == [*due["body"]]
    assert stand_in.taken == payloads
    assert own.waiting() == 0


@every
def test_a_bad_event_is_named_and_the_good_ones_are_delivered(
    name: str, project: Callable[[str], Project]
) -> None:
    own, rejects = project(name), Path("rejects.ndjson")
    ids = ("e-0", "e-1", f"{BAD}2", "e-3", "", "e-4")
    with standing_in(name) as stand_in:
        ran = own.send(stand_in, *ids, more=("--rejects", rejects))
    assert ran.exit_code == 1, ran.stderr
    assert [one[_key(name)] for one in stand_in.taken] == list(IDS[:2] + IDS[3:])
    told = {one["line"]: one for one in map(json.loads, rejects.read_text("utf-8").splitlines())}
    assert {line: one["outcome"] for line, one in told.items()} == {3: "refused", 5: "rejected"}
    assert REASON in json.dumps(told[3])
    assert ": 4 delivered, 1 refused" in ran.stderr
    assert "jane" not in ran.output.lower() + rejects.read_text("utf-8").lower()
    how = "by its place" if "partly" in service_of(name)["answers"] else "by halving"
    assert _table()[name, "1 bad of 5"] == f"named {how}, {_requests(stand_in)}"
    assert own.waiting() == 0


@every
def test_a_bad_token_ends_with_77_after_one_request_and_all_is_kept_for_deliver(
    name: str, project: Callable[[str], Project]
) -> None:
    own = project(name)
    with standing_in(name) as stand_in:
        ran = own.send(stand_in, *IDS, token="wrong_token-0123456789")
        cell = f"status {ran.exit_code} after {_requests(stand_in)}, "
        assert "does not accept the access token" in ran.stderr
        assert "wrong_token" not in ran.output
        assert (stand_in.taken, own.waiting()) == ([], 5)
        again = own.call("deliver", "--once", url=stand_in.url)
    assert again.exit_code == 0, again.stderr
    assert sorted(one[_key(name)] for one in stand_in.taken) == list(IDS)
    assert own.waiting() == 0
    assert _table()[name, "a bad token"] == f"{cell}then {len(stand_in.taken)} by `deliver`"


@every
@pytest.mark.parametrize(("answer", "goal"), [("slow_down", "a rate limit"), ("broken", "a server error")])
def test_a_rate_limit_and_a_server_error_refuse_and_lose_nothing(
    name: str, answer: str, goal: str, project: Callable[[str], Project]
) -> None:
    own = project(name)
    with standing_in(name, answer) as stand_in:
        ran = own.send(stand_in, *IDS)
    assert ran.exit_code == 0, ran.stderr
    assert "5 delivered, 0 refused" in ran.stderr
    assert [one[_key(name)] for one in stand_in.taken] == list(IDS)
    assert events_of(name, stand_in.heard[0].body) == events_of(name, stand_in.heard[1].body)
    assert _table()[name, goal] == f"5 delivered, {_requests(stand_in)}"
    assert own.waiting() == 0


@every
def test_an_answer_that_fits_no_rule_is_never_an_acknowledgement(
    name: str, project: Callable[[str], Project]
) -> None:
    unfit = service_of(name)["unfit"]
    place = PLACES[name]
    batch = place.batch(5)
    for one in [*unfit, {"status": 200, "body": "<html>"}, {"status": 302}, {"status": 418}]:
        body = json.dumps(one["body"]).encode() if "body" in one else b""
        answer = judge(batch, Reply(one["status"], body), place.destination)
        assert [receipt for receipt in answer.receipts if receipt.status == "delivered"] == [], one
    own = project(name)
    with standing_in(name, unfit[0]) as stand_in:
        ran = own.send(stand_in, *IDS)
    assert ran.exit_code == 0, ran.stderr
    assert [one[_key(name)] for one in stand_in.taken] == list(IDS)
    assert _table()[name, "an unclear answer"] == f"sent again, {_requests(stand_in)}"
    assert own.waiting() == 0


def test_the_table_has_a_row_for_each_destination_and_says_no_more() -> None:
    goals = [
        "5 good events",
        "1 bad of 5",
        "a bad token",
        "a rate limit",
        "a server error",
        "an unclear answer",
    ]
    assert sorted(_table()) == sorted((name, goal) for name in NAMES for goal in goals)
