"""A PostgreSQL server that the tests start themselves: one for each process of theirs.

initdb refuses the superuser, so the server runs as another user there. Without PostgreSQL the tests skip.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psycopg
import pytest

_USERS = ("postgres", "nobody")
_SETTINGS = {
    **{"fsync": "off", "full_page_writes": "off", "shared_buffers": "16MB", "max_connections": "60"},
    **{"max_wal_size": "256MB", "listen_addresses": "127.0.0.1", "log_min_messages": "fatal"},
    **{"autovacuum_naptime": "5s"},
}
# One user needs a password, one is not admitted, all others are trusted.
_ADMITTED = """\
host all secret all scram-sha-256
host all denied all reject
local all all trust
host all all all trust
"""
_POOLER = """\
[databases]
* = host=127.0.0.1 port={0}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {1}
unix_socket_dir =
auth_type = trust
auth_file = {2}/users
logfile = {2}/log
pool_mode = transaction
default_pool_size = 2
max_client_conn = 100
"""
_NUMBERS = itertools.count()


@cache
def programs() -> Path | None:
    """The folder of initdb and postgres; None where they are not installed."""
    folders = [Path("/usr/lib/postgresql").glob("*/bin"), Path("/usr/pgsql").glob("*/bin")]
    for folder in sorted(itertools.chain(*folders), reverse=True):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    found = shutil.which("initdb")
    return Path(os.path.realpath(found)).parent if found else None


@dataclass
class Server:
    """A server: the folder of its socket, its port, and what it is started with beside the usual."""

    folder: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {**_SETTINGS, **self.settings, "port": str(self.port)}
        settings["unix_socket_directories"] = str(self.folder)
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        programs_folder = programs()
        assert programs_folder is not None
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [*_as_another_user(), str(programs_folder / "postgres"), "-D", str(self.data), *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        _wait_for(self.address("postgres"), self.process, self.folder / "log")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT cuts all connections, SIGQUIT is like a crash."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    @property
    def data(self) -> Path:
        """The folder of its files."""
        return self.folder / "data"

    def address(self, database: str, port: int | None = None) -> str:
        """The address of a database: by the socket, or by a port of this machine."""
        if port is not None:
            return f"postgresql://mapper@127.0.0.1:{port}/{database}"
        return f"postgresql://mapper@/{database}?host={self.folder}&port={self.port}"

    def run(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as the superuser; its rows, if it has any."""
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            ran = connection.execute(statement)
            return ran.fetchall() if ran.description else []

    def add_role(self, role: str) -> None:
        """Create a role, as CREATE ROLE has it, unless there is one of its name."""
        name = role.partition(" ")[0]
        if not self.run(f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'"):
            self.run(f"CREATE ROLE {role}")

    def new_database(self) -> str:
        """The name of an empty database."""
        name = f"d{next(_NUMBERS)}"
        self.run(f"CREATE DATABASE {name}")
        return name

    def empty(self, database: str) -> None:
        """Take the outbox of a database away, and all who are connected to it."""
        self.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()", database
        )
        self.run("DROP SCHEMA IF EXISTS mapper_outbox CASCADE", database)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers."""
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(address).close()
            return
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
                raise AssertionError(f"{error}\n{said[-2000:]}") from None
            time.sleep(0.05)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(**settings: str) -> Iterator[Server]:
    """A new server; the test is skipped where PostgreSQL is not installed."""
    programs_folder = programs()
    if programs_folder is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    # The path of a socket may have 107 characters: not among the folders of tests.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        give_away(folder)
        initdb = [str(programs_folder / "initdb"), "-D", str(folder / "data"), "-U", "mapper"]
        subprocess.run(
            [*_as_another_user(), *initdb, "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C"],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        (folder / "data/pg_hba.conf").write_text(_ADMITTED, encoding="ascii")
        server = Server(folder, free_port(), settings)
        server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGQUIT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def give_away(folder: Path) -> None:
    """Let the server's user own a folder."""
    if os.geteuid() == 0:
        user = _other_user()
        os.chown(folder, user.pw_uid, user.pw_gid)
        folder.chmod(0o755)


def _as_another_user() -> list[str]:
    """The words before a command of the server; it ends with the process that started it."""
    words = ["setpriv", "--pdeathsig", "KILL"]
    if os.geteuid() != 0:
        return words if shutil.which("setpriv") else []
    if not shutil.which("setpriv"):
        pytest.skip("PostgreSQL cannot be started by the superuser, and there is no setpriv")
    user = _other_user()
    return [*words, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _other_user() -> pwd.struct_passwd:
    for name in _USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.skip("PostgreSQL cannot be started by the superuser, and there is no other user")


@contextmanager
def pooling(server: Server) -> Iterator[int]:
    """The port of a pooler that gives each transaction one of two sessions; skips where there is none."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed: apt-get install pgbouncer")
    folder, port = Path(tempfile.mkdtemp(prefix="pgb-")), free_port()
    try:
        (folder / "users").write_text('"mapper" ""\n', encoding="ascii")
        (folder / "settings").write_text(_POOLER.format(server.port, port, folder), encoding="ascii")
        give_away(folder)
        with subprocess.Popen(
            [*_as_another_user(), program, str(folder / "settings")],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                _wait_for(server.address("postgres", port), process, folder / "log")
                yield port
            finally:
                process.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
