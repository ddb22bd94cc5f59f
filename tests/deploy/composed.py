"""The services of the compose file as processes of this machine, with PostgreSQL and the sandbox.

What differs from containers is their addresses: the file's own words are used but for those.
"""

from __future__ import annotations

import hmac
import http.client
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from mapper.delivery.outbox.postgres import open_postgres
from mapper.delivery.outbox.store import Counts
from mapper.delivery.sandbox_server import Ledger
from tests.cli.test_send import sandbox
from tests.deploy.dockerfile import DEPLOY, ROOT, stages
from tests.support import postgres

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))[
    "services"
]
SETTINGS = {
    "POSTGRES_PASSWORD": "a-password-of-the-database",
    "PINTEREST_AD_ACCOUNT_ID": "549755885175",
    "PINTEREST_ACCESS_TOKEN": "pina_a-token-of-the-service",
    "SEGMENT_SECRET": "a-secret-of-the-sender",
    "SEGMENT_TOKEN": "a-token-of-the-sender",
}
SECONDS = 90
HEALTH = next(
    one
    for one in stages((DEPLOY / "Dockerfile").read_text(encoding="utf-8"))[-1]
    if one.word == "HEALTHCHECK"
)


def unused_port(after: int = 0) -> int:
    """A free port that no connection of a client is given: it stays free between two servers."""
    for number in range(after + 1 if after else 20_000 + os.getpid() % 10_000, 32_000):
        with socket.socket() as listener:
            if listener.connect_ex(("127.0.0.1", number)):
                return number
    raise AssertionError("no port is free")


class Composed:
    """Services in a folder that is their /etc/mapper and /tmp. ledger: what the sandbox sees."""

    def __init__(self, folder: Path, database: postgres.Server, url: str, ledger: Ledger) -> None:
        self.folder, self.database, self.url, self.ledger = folder, database, url, ledger
        self.address = f"http://127.0.0.1:{unused_port()}"
        self.metrics_port = str(unused_port(int(self.port)))
        self.processes: list[subprocess.Popen[str]] = []
        for volume in SERVICES["serve"]["volumes"]:
            source, target, _ = volume.split(":")
            (folder / Path(target).name).symlink_to((DEPLOY / source).resolve())

    def words(self, text: str) -> str:
        """A word of the file with the addresses of this machine."""
        text = re.sub(r"/etc/mapper|/tmp", str(self.folder), text)
        text = text.replace("@postgres/", f"@127.0.0.1:{self.database.port}/")
        return (
            text.replace("http://127.0.0.1:8080", self.address)
            .replace("8080", self.port)
            .replace("9464", self.metrics_port)
        )

    @property
    def port(self) -> str:
        """The port of the server."""
        return self.address.rpartition(":")[2]

    def start(self, name: str) -> subprocess.Popen[str]:
        """Start a service. It has the variables that the file names, and those of the image."""
        service = SERVICES[name]
        if name == "courier":  # each of them has a network of its own
            self.metrics_port = str(unused_port(int(self.metrics_port)))
        words = [self.words(word) for word in service["command"]]
        variables = service["environment"].items()
        given = {key: re.sub(r"\$\{(\w+).*", lambda one: SETTINGS[one[1]], value) for key, value in variables}
        kept = {"PATH": os.environ["PATH"], "MAPPER_NO_CACHE": "1", "XDG_STATE_HOME": "/nowhere"}
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "mapper", *words, "--url", self.url],
                cwd=ROOT,
                env={**kept, "PYTHONDONTWRITEBYTECODE": "1", **given},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.processes.append(process)
        return process

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def logs(self) -> str:
        """What all services have said."""
        return "".join(path.read_text(encoding="utf-8") for path in sorted(self.folder.glob("*.log")))

    def counts(self) -> Counts:
        """What the outbox says of the account."""
        store = open_postgres(self.database.address("mapper"))
        try:
            (status,) = store.status()
            return status.counts
        finally:
            store.close()

    def is_healthy(self, test: list[str]) -> bool:
        """Whether a health check of the file or of the image succeeds."""
        words = [self.words(word) for word in test]
        assert words[0] == "python3"
        return subprocess.run([sys.executable, *words[1:]], capture_output=True, check=False).returncode == 0

    def post(self, events: Any, *, signed: bool = True) -> int:
        """The status of a request to the server."""
        return post(self.address, events, signed=signed)


def post(address: str, events: Any, *, signed: bool = True) -> int:
    """The status of a request, as Segment makes it: an event, or several, of which it signs the first."""
    body = json.dumps(events).encode()
    headers = {"content-type": "application/json", "x-forwarded-for": "203.0.113.7"}
    if signed:
        first = json.dumps(events[0]).encode() if isinstance(events, list) else body
        headers["x-signature"] = hmac.new(SETTINGS["SEGMENT_SECRET"].encode(), first, "sha1").hexdigest()
        headers["authorization"] = f"Bearer {SETTINGS['SEGMENT_TOKEN']}"
    with closing(http.client.HTTPConnection(address.removeprefix("http://"), timeout=SECONDS)) as connection:
        connection.request("POST", "/segment", body, headers)
        return connection.getresponse().status


@contextmanager
def composed(folder: Path) -> Iterator[Composed]:
    """Services whose processes end with the test."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres.running())
        _ask_for_a_password(server)
        url, ledger = stack.enter_context(sandbox())
        made = Composed(folder, server, url, ledger)
        try:
            yield made
        finally:
            for process in made.processes:
                process.kill()
                process.communicate()


def _ask_for_a_password(server: postgres.Server) -> None:
    """As the image of PostgreSQL does: for every connection by a port."""
    server.run("CREATE DATABASE mapper")
    server.run(f"ALTER ROLE mapper PASSWORD '{SETTINGS['POSTGRES_PASSWORD']}'")
    rules = server.data / "pg_hba.conf"
    rules.write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
    server.run("SELECT pg_reload_conf()")


def order(number: int) -> dict[str, Any]:
    """An order as Segment sends it, of this moment."""
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": f"m-{number}",
        "timestamp": datetime.now(UTC).isoformat(),
        "context": {"traits": {"email": f"ada{number}@example.com"}},
        "properties": {"order_id": f"o-{number}", "total": 72.39, "currency": "EUR"},
    }
