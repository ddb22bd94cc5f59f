"""`mapper serve` that lives for a quarter: what happens to it, and what it has come to in the end."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from mapper.delivery.credentials import Secret
from mapper.delivery.outbox import outbox_tables
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Counts
from tests.quarter.disk import fill, small_disk
from tests.quarter.shared_time import SharedTime
from tests.quarter.shop import SENDER_TOKEN, TOKEN_HEADER, Service, Shop
from tests.support.command import MAPPING, ROOT, environment

BEGIN = 1_788_220_800.0  # 2026-09-01T00:00:00Z
_DAY, _HOUR = 86_400.0, 3_600.0
_PLAN = Path(__file__).with_name("plan.yaml")
_POLL_SECONDS = 0.0005
_PATIENCE_SECONDS = 60.0
_STEP_SECONDS, _REAL_STEP_SECONDS = 2.0, 0.02
"""While a server ends, the time goes on so fast."""
_MOST_END_SECONDS = 2 * _DAY
_RESTART_SECONDS = 10.0
_SIGHUP_SECONDS = 5.0
_INTAKE = f"""\
version: 1
entries:
  /orders:
    mapping: shop.yaml
    token: {{header: {TOKEN_HEADER}, value: $SHOP_TOKEN}}
    body: either
    delivery_id: {{header: x-delivery}}
"""
_WRONG = MAPPING.replace("currency:", "curency:")
_BETTER = MAPPING.replace("custom_data: {value", "custom_data: {order_id: id, value")


@dataclass(frozen=True)
class Act:
    """Something that happens at a moment, in seconds since the beginning."""

    at: float
    name: str
    more: dict[str, Any]

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return float(self.more.get("hours", 0)) * _HOUR + float(self.more.get("minutes", 0)) * 60


def acts(*, short: bool) -> list[Act]:
    """All of a quarter, or those of the short form on its own days."""
    rows = yaml.safe_load(_PLAN.read_text(encoding="utf-8"))
    day = "short" if short else "day"
    return sorted(
        (Act(row[day] * _DAY, row["do"], row) for row in rows if day in row), key=lambda one: one.at
    )


@dataclass(frozen=True)
class Span:
    """How long a life is, how much happens in it, and how often the shop posts."""

    days: float
    events_a_day: float
    window_seconds: float
    short: bool


@dataclass
class Told:
    """The acts that truly happened, and when: to be compared with what the log says."""

    shared: SharedTime
    lines: list[dict[str, Any]] = field(default_factory=list)

    def note(self, what: str, **facts: Any) -> None:
        """Something happens now."""
        now = datetime.fromtimestamp(self.shared.true_now(), UTC).isoformat(timespec="seconds")
        self.lines.append({"time": now, "what": what, **facts})


@dataclass
class Life:
    """A server, its shop and its service, as long as the director has them live."""

    folder: Path
    disk: Path
    log: Path
    shared: SharedTime
    service: Service
    shop: Shop
    told: Told
    process: subprocess.Popen[bytes] | None = None
    port: int = 0
    kills: int = 0
    starts: int = 0
    _backup: tuple[int, float] = (0, 0.0)
    _wake_up: float = 0.0

    @property
    def outbox(self) -> Path:
        """The file of the outbox."""
        return self.disk / "shop.outbox"

    @property
    def _timed(self) -> list[str]:
        """The command `mapper` that lives in this time."""
        words = ["-m", "tests.quarter.timed_command", str(self.folder / "time"), str(BEGIN)]
        return [sys.executable, *words]

    # The process

    def start(self) -> None:
        """Start the server, and wait until it listens."""
        words = ["serve", str(self.folder / "intake.yaml"), "--outbox", str(self.outbox), "--port", "0"]
        more = ["--jobs", "1", "--log-format", "json", "--url", self.service.url]
        variables = {"PINTEREST_ACCESS_TOKEN_FILE": str(self.folder / "token"), "SHOP_TOKEN": SENDER_TOKEN}
        env = environment(**variables, PINTEREST_AD_ACCOUNT_ID="549755885175")
        self.starts += 1
        self.shared.limit = self.shared.elapsed
        with self.log.open("ab") as file:
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(
                [*self._timed, *words, *more], cwd=ROOT, env=env, stdout=pipe, stderr=file
            )
        assert self.process.stdout is not None
        address = self.process.stdout.readline().decode().strip()
        assert address, f"the server did not start: see the end of {self.log}"
        self.port = int(address.rpartition(":")[2])

    def stop(self) -> None:
        """End the server as a supervisor does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + _PATIENCE_SECONDS
        while self.process.poll() is None and time.monotonic() < until:
            self.shared.limit = self.shared.elapsed + _STEP_SECONDS
            time.sleep(_REAL_STEP_SECONDS)
        assert self.process.returncode == 0, self.process.returncode
        self._forget()

    def kill(self) -> None:
        """Kill the server as a power cut does."""
        assert self.process is not None
        self.process.kill()
        self._lost()

    def _lost(self) -> None:
        assert self.process is not None
        self.process.wait(_PATIENCE_SECONDS)
        self.kills += 1
        self.told.note("the process was killed by SIGKILL")
        self._forget()

    def _forget(self) -> None:
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None

    def advance(self, to: float) -> None:
        """Let the time go on to a moment, whoever dies meanwhile."""
        self.shared.limit = to
        began = time.monotonic()
        while self.shared.elapsed < to:
            if self.process is None:
                self._pass(to)
            elif self.process.poll() is not None:
                assert self.process.returncode == -signal.SIGKILL, self.process.returncode
                self._lost()
            else:
                time.sleep(_POLL_SECONDS)
            assert time.monotonic() - began < _PATIENCE_SECONDS * 10, "the time does not go on"

    def _pass(self, to: float) -> None:
        """The time goes on without a process, which a supervisor starts again after some time."""
        self.shared.elapsed = min(to, max(self._wake_up, self.shared.elapsed))
        if self.shared.elapsed >= self._wake_up:
            self.start()
            self.told.note("the process was started again")
            self.shared.limit = to

    def stay_down(self, seconds: float) -> None:
        """Have the supervisor start the server only after so long."""
        self._wake_up = self.shared.elapsed + seconds

    def reload(self) -> None:
        """Have the server read its files anew, and wait until it says what came of that."""
        assert self.process is not None
        size = self.log.stat().st_size
        self.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + _SIGHUP_SECONDS
        while time.monotonic() < until:
            with self.log.open("rb") as file:
                file.seek(size)
                if b'"mapping_' in file.read():
                    return
            time.sleep(0.01)

    # What happens: each begins something, and gives what ends it

    def restart(self, act: Act) -> Iterator[None]:
        self.told.note("the process is ended by SIGTERM")
        self.stop()
        self.stay_down(_RESTART_SECONDS)
        yield

    def kill_in_request(self, act: Act) -> Iterator[None]:
        """Kill it when the service has processed a request and not yet answered it."""
        assert self.process is not None
        self._wake_up = act.at + act.seconds
        self.service.deliveries.kill = self.process.pid
        yield

    def outage(self, act: Act) -> Iterator[None]:
        self.told.note("the service is away: connections are refused")
        self.service.go_away()
        yield
        self.service.come_back()
        self.told.note("the service is back")

    def faults(self, act: Act) -> Iterator[None]:
        names = act.more["faults"]
        self.told.note("a share of the requests fails from now on", faults=names)
        self.service.fail(names)
        yield
        self.service.fail([])
        self.told.note("no request fails any more", faults=names)

    def token(self, act: Act) -> Iterator[None]:
        new = f"pina_canary-{round(act.at)}"
        self.told.note("the service refuses the old token")
        self.service.known["token"] = Secret(new)
        yield
        (self.folder / "token.new").write_text(new, encoding="utf-8")
        (self.folder / "token.new").replace(self.folder / "token")
        self.told.note("the operator writes the new token to its file")

    def clock(self, act: Act) -> Iterator[None]:
        self.told.note("the machine's clock is set", seconds=act.more["seconds"])
        self.shared.ahead = act.more["seconds"]
        yield
        self.told.note("the machine's clock is set right again")
        self.shared.ahead = 0.0

    def older_version(self, act: Act) -> Iterator[None]:
        """Have the outbox be as the version before the last left it, and start this one."""
        self.told.note("the process is ended by SIGTERM")
        self.stop()
        self.stay_down(act.seconds)
        as_older(self.outbox)
        self.told.note("an update: the outbox is of the version before, the new process brings it up to date")
        yield

    def mapping(self, act: Act) -> Iterator[None]:
        self.told.note("a mapping with an error is installed, SIGHUP")
        self._install(_WRONG)
        yield
        self.told.note("a mapping without errors is installed, SIGHUP")
        self._install(_BETTER)

    def _install(self, mapping: str) -> None:
        (self.folder / "shop.yaml").write_text(mapping, encoding="utf-8")
        self.reload()

    def full_disk(self, act: Act) -> Iterator[None]:
        self.told.note("the disk is full")
        fill(self.disk / "filler")
        yield
        (self.disk / "filler").unlink()
        self.told.note("there is space on the disk again")

    def backup(self, act: Act) -> Iterator[None]:
        with closing(sqlite3.connect(self.outbox)) as there, closing(sqlite3.connect(self._saved)) as copy:
            there.backup(copy)
        self._backup = len(self.shop.accepted), self.shared.elapsed
        self.told.note("a backup of the outbox is made")
        yield

    def restore(self, act: Act) -> Iterator[None]:
        self.kill()
        self.stay_down(act.seconds)
        for suffix in ("-wal", "-shm"):
            self.outbox.with_name(self.outbox.name + suffix).unlink(missing_ok=True)
        self.outbox.write_bytes(self._saved.read_bytes())
        words = ["outbox", "restored", "--outbox", str(self.outbox), "--log-format", "json"]
        with self.log.open("ab") as file:
            subprocess.run([*self._timed, *words], cwd=ROOT, check=True, stderr=file)
        self.shop.send_again(self._backup[0])
        hours = round((self.shared.elapsed - self._backup[1]) / _HOUR, 1)
        self.told.note("the outbox is lost; the backup is restored, `outbox restored`", hours_lost=hours)
        yield
        self.told.note("the shop posts again what it posted since the backup")

    @property
    def _saved(self) -> Path:
        return self.folder / "saved.outbox"

    def begin(self, act: Act) -> Iterator[None]:
        """Begin an act; the rest of it is its end."""
        doing = self.kill_in_request if act.name == "kill" else getattr(self, act.name)
        going = iter(doing(act))
        next(going)
        return going


def as_older(path: Path) -> None:
    """Write an outbox as the version before the last had it: its tables, with the columns that it knew."""
    with closing(sqlite3.connect(path)) as there:
        there.execute("PRAGMA journal_mode = DELETE")
    newer = path.with_name("newer")
    path.rename(newer)
    with closing(sqlite3.connect(path, isolation_level=None)) as sql:
        for script in outbox_tables.MIGRATIONS[:-1]:
            sql.executescript(script)
        sql.execute("ATTACH ? AS newer", (str(newer),))
        (application,) = sql.execute("PRAGMA newer.application_id").fetchone()
        sql.execute(f"PRAGMA application_id = {application}")
        sql.execute(f"PRAGMA user_version = {outbox_tables.OLDEST + len(outbox_tables.MIGRATIONS) - 2}")
        for (table,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if table.startswith("sqlite_"):
                continue
            columns = ", ".join(row[1] for row in sql.execute(f"PRAGMA table_info({table})"))
            sql.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM newer.{table}")
    newer.unlink()


@dataclass(frozen=True)
class Outcome:
    """What became of all events. lost, unknown: events that neither arrived nor are dead, and the reverse."""

    counts: Counts
    accepted: int
    delivered: int
    unmappable: int
    old: int
    skipped: int
    lost: int
    unknown: int
    copies: int
    copies_of_repeats: int
    kills: int
    starts: int
    answers: dict[int, int]
    refused_posts: dict[int, int]
    has_disk: bool
    sound: bool

    @property
    def is_good(self) -> bool:
        """Whether nothing is lost, nothing waits, and the outbox counts what the shop and the service do."""
        ours = self.accepted - self.skipped, self.skipped, self.delivered, self.unmappable, self.old
        counts = self.counts
        theirs = counts.accepted, counts.skipped, counts.delivered, counts.dead, counts.expired
        is_whole = ours == theirs and not (self.lost or self.unknown or counts.pending)
        return is_whole and self.sound and self.copies - self.copies_of_repeats <= counts.copies

    def table(self) -> str:
        """The figures, a line each."""
        status = self.counts
        rows = [
            ("posted and answered with success", self.accepted, ""),
            ("of them skipped by the mapping", self.skipped, status.skipped),
            ("accepted", self.accepted - self.skipped, status.accepted),
            ("delivered", self.delivered, status.delivered),
            ("dead: the mapping rejects them", self.unmappable, status.dead),
            ("expired: older than the service takes", self.old, status.expired),
            ("waiting", "", status.pending),
            ("lost", self.lost, ""),
            ("delivered and not accepted", self.unknown, ""),
            ("processed more than once", self.copies, status.copies),
            ("of them posted again by the shop", self.copies_of_repeats, ""),
            ("kills by SIGKILL", self.kills, ""),
            ("starts", self.starts, ""),
            ("posts without success, by status", self.refused_posts, ""),
            ("answers of the service, by status", self.answers, ""),
            ("the disk was filled", "yes" if self.has_disk else "no: it cannot be mounted here", ""),
            ("the outbox is sound", "yes" if self.sound else "NO", ""),
        ]
        lines = [f"{'':40} {'shop, service':>16} {'status':>10}"]
        lines += [f"{name:40} {one!s:>16} {other!s:>10}" for name, one, other in rows]
        return "\n".join(lines)


def outcome_of(life: Life, *, has_disk: bool) -> Outcome:
    """What became of the events of a life that has ended."""
    with closing(open_outbox(life.outbox)) as store:
        (status,), sound = store.status(), not store.audit()
    shop, times = life.shop, life.service.deliveries.times
    keys = {one["key"] for one in shop.accepted}
    twice = {key for key, count in times.items() if count > 1}
    return Outcome(
        status.counts,
        len(shop.accepted),
        len(times),
        len(shop.unmappable & keys),
        len(shop.old & keys),
        len(shop.skipped & keys),
        len((shop.good & keys) - times.keys()),
        len(times.keys() - (shop.good & keys)),
        len(twice),
        len(twice & shop.again),
        life.kills,
        life.starts,
        dict(sorted(life.service.deliveries.requests.items())),
        dict(sorted(shop.refused.items())),
        has_disk,
        sound,
    )


@contextmanager
def _born(folder: Path, span: Span, seed: int) -> Iterator[tuple[Life, bool]]:
    """A server with all around it, before anything happens; whether its disk is its own."""
    (folder / "shop.yaml").write_text(MAPPING, encoding="utf-8")
    (folder / "intake.yaml").write_text(_INTAKE, encoding="utf-8")
    (folder / "token").write_text("pina_canary-first", encoding="utf-8")
    shared = SharedTime(folder / "time", BEGIN)
    service = Service(shared, "pina_canary-first", seed)
    shop = Shop(shared, random.Random(seed), span.events_a_day)
    with small_disk(folder / "disk") as is_own:
        life = Life(folder, folder / "disk", folder / "log", shared, service, shop, Told(shared))
        try:
            yield life, is_own
        finally:
            if life.process is not None:
                life.process.kill()
                life.process.wait()
            service.go_away()


def live(folder: Path, span: Span, seed: int = 1) -> tuple[Outcome, list[dict[str, Any]]]:
    """Live for so long; what it has come to, and what happened. The log is the file `log` of the folder."""
    with _born(folder, span, seed) as (life, has_disk):
        life.start()
        life.told.note("the process is started")
        for moment, act, going in _moments(span, has_disk):
            life.advance(moment)
            if going is not None:
                next(going[0], None)
            elif act is not None:
                act[1].append(life.begin(act[0]))
            else:
                life.shop.live(span.window_seconds)
                _post(life)
        _end(life)
        return outcome_of(life, has_disk=has_disk), life.told.lines


_Begun = tuple[Act, list[Iterator[None]]]
_Moment = tuple[float, _Begun | None, list[Iterator[None]] | None]


def _moments(span: Span, has_disk: bool) -> Iterator[_Moment]:
    """All moments of a life in their order: an act that begins, one that ends, or a post of the shop."""
    found: list[tuple[float, int, _Begun | None, list[Iterator[None]] | None]] = []
    going: list[Iterator[None]]
    for number, act in enumerate(acts(short=span.short)):
        if act.at < span.days * _DAY and (has_disk or act.name != "full_disk"):
            going = []
            found += [(act.at, number, (act, going), None), (act.at + act.seconds, number, None, going)]
    count = int(span.days * _DAY / span.window_seconds)
    found += [(number * span.window_seconds, -1, None, None) for number in range(1, count + 1)]
    for moment, _, begun, ending in sorted(found, key=lambda one: (one[0], one[1], one[2] is None)):
        yield moment, begun, ending


def _post(life: Life) -> None:
    if life.process is not None:
        life.shop.post(life.port)


def _end(life: Life) -> None:
    """Let all be delivered, then end the server."""
    until = life.shared.elapsed + _MOST_END_SECONDS
    while life.shared.elapsed < until:
        life.advance(life.shared.elapsed + _HOUR / 4)
        _post(life)
        if life.process is not None and not life.shop.waiting and not _waiting(life.outbox):
            break
    life.told.note("the process is ended by SIGTERM")
    life.stop()


def _waiting(path: Path) -> int:
    with closing(sqlite3.connect(path)) as sql:
        (count,) = sql.execute("SELECT count(*) FROM chunk").fetchone()
    return int(count)
