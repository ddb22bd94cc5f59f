"""Only the page that this machine's server gave to this machine's browser is answered."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from mapper.playground.local_server import listen, playground_app, serving
from mapper.playground.worker import AnswerProcess, AnswerProcesses
from tests.support.command import MAPPING, ROOT

_JSON = "application/json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a mapping."""
    made = tmp_path_factory.mktemp("playground")
    (made / "shop.yaml").write_text(MAPPING, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[tuple[int, str]]:
    """The port and the token of a server for the folder."""
    with serving(folder, 0) as url:
        port = urlsplit(url).port
        assert port is not None
        _, _, page = got(port, "GET", "/")
        token = re.search(r'name="playground-token" content="([0-9a-f]{32})"', page)
        assert token is not None
        assert token[1] not in url
        yield port, token[1]


def got(
    port: int, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> tuple[int, dict[str, str], str]:
    """The answer to a request: status, headers, text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, named, answer.read().decode()
    finally:
        connection.close()


def asked(server: tuple[int, str], question: dict[str, Any]) -> dict[str, Any]:
    """The answer to a question."""
    port, token = server
    headers = {"X-Playground-Token": token, "Content-Type": _JSON}
    status, _, text = got(port, "POST", "/api/ask", headers, json.dumps(question).encode())
    assert status == 200, text
    found: dict[str, Any] = json.loads(text)
    return found


def test_the_page_is_answered(server: tuple[int, str]) -> None:
    start = asked(server, {"ask": "start"})
    assert (start["where"], start["files"]) == ("local", ["shop.yaml"])
    opened = asked(server, {"ask": "open", "path": "shop.yaml"})
    assert opened["mapping"] == {"name": "shop.yaml", "text": MAPPING}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:{port}", 200),
        ("localhost:{port}", 200),
        ("LOCALHOST:{port}", 200),
        ("[::1]:{port}", 200),
        ("127.0.0.1", 421),
        ("localhost", 421),
        ("127.0.0.1:1", 421),
        ("localhost:{port}0", 421),
        ("localhost.:{port}", 421),
        ("127.0.0.2:{port}", 421),
        ("0.0.0.0:{port}", 421),
        ("evil.example:{port}", 421),
        ("localhost.evil.example:{port}", 421),
        ("evil.example#localhost:{port}", 421),
        ("localhost:{port}@evil.example", 421),
        ("[::ffff:127.0.0.1]:{port}", 421),
        ("2130706433:{port}", 421),
        ("", 421),
    ],
)
def test_a_host_is_this_machine_s_own(server: tuple[int, str], host: str, status: int) -> None:
    assert got(server[0], "GET", "/", {"Host": host.format(port=server[0])})[0] == status


def test_two_hosts_and_none_are_refused(server: tuple[int, str]) -> None:
    own = f"Host: localhost:{server[0]}\r\n"
    for hosts in (f"{own}Host: evil.example\r\n", own * 2, ""):
        with socket.create_connection(("127.0.0.1", server[0]), timeout=60) as link:
            link.sendall(f"GET / HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode())
            line = link.makefile("rb").readline()
        assert line.split()[1] in (b"400", b"421"), hosts


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, 200),
        ({"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://localhost:{port}"}, 200),
        ({"Content-Type": "application/json; charset=utf-8"}, 200),
        ({"X-Playground-Token": ""}, 403),
        ({"X-Playground-Token": "0" * 32}, 403),
        ({"X-Playground-Token": None}, 401),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "https://localhost:{port}"}, 403),
        ({"Origin": "http://localhost:1"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": None}, 415),
    ],
)
def test_only_the_page_itself_is_answered(
    server: tuple[int, str], changed: dict[str, str | None], status: int
) -> None:
    port, token = server
    headers: dict[str, str | None] = {"X-Playground-Token": token, "Content-Type": _JSON, **changed}
    given = {name: value.format(port=port) for name, value in headers.items() if value is not None}
    assert got(port, "POST", "/api/ask", given, b'{"ask": "start"}')[0] == status


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/ask", b"", 404),
        ("PUT", "/api/ask", b'{"ask": "start"}', 405),
        ("POST", "/", b'{"ask": "start"}', 405),
        ("OPTIONS", "/api/ask", b"", 405),
        ("GET", "/../pyproject.toml", b"", 404),
        ("GET", "/%2e%2e/server.py", b"", 404),
        ("GET", "//etc/passwd", b"", 404),
        ("GET", "/shop.yaml", b"", 404),
        ("POST", "/api/ask", b"no json", 400),
        ("POST", "/api/ask", b"[1]", 400),
        ("POST", "/api/ask", b"[" * 100_000, 400),
        ("POST", "/api/ask", b" " * (2**24 + 1), 413),
    ],
)
def test_other_requests_are_refused(
    server: tuple[int, str], method: str, path: str, body: bytes, status: int
) -> None:
    headers = {"X-Playground-Token": server[1], "Content-Type": _JSON}
    found, said, _ = got(server[0], method, path, headers, body)
    assert found == status
    assert "access-control-allow-origin" not in said


@pytest.mark.parametrize("path", ["/", "/nothing.js", "/api/ask"])
def test_every_answer_has_the_headers_that_protect_the_page(server: tuple[int, str], path: str) -> None:
    method = "POST" if path.startswith("/api") else "GET"
    headers = got(server[0], method, path, {"Content-Type": _JSON})[1]
    policy = dict(one.strip().partition(" ")[::2] for one in headers["content-security-policy"].split(";"))
    assert policy == {
        **dict.fromkeys(("default-src", "base-uri", "form-action", "frame-ancestors"), "'none'"),
        **dict.fromkeys(("worker-src", "style-src", "font-src", "connect-src"), "'self'"),
        "script-src": "'self' 'wasm-unsafe-eval'",
        "img-src": "'self' data:",
    }
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


def test_only_this_machine_reaches_it() -> None:
    listeners = listen(0)
    try:
        assert {one.getsockname()[0] for one in listeners} <= {"127.0.0.1", "::1"}
        assert len({one.getsockname()[1] for one in listeners}) == 1
    finally:
        for one in listeners:
            one.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere this machine has only one loopback address")
def test_other_addresses_of_this_machine_refuse(server: tuple[int, str]) -> None:
    own = {str(one[4][0]) for one in socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)}
    for address in {"127.0.0.2", *own} - {"127.0.0.1", "::1"}:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, server[0]), timeout=10)


def test_an_answer_that_takes_too_long_costs_only_itself(folder: Path) -> None:
    process = AnswerProcess(folder, 1e-9)
    mapping = {"name": "shop.yaml", "text": MAPPING}
    question = json.dumps({"ask": "check", "mapping": mapping}).encode()
    try:
        told = json.loads(process.ask(question))
        assert told["problem"].startswith("the answer took more than")
        assert "simplify" in told["hint"]
        process.seconds = 120.0
        assert json.loads(process.ask(question))["sends"] is True
    finally:
        process.close()


_HOSTILE = {
    "a long chain": " || ".join(["a.b.c[?d > `1`].e"] * 20_000),
    "deep brackets": "[" * 50_000,
    "a product of lists": "a[].b[].c[].d[].e[]" + "[]" * 5_000,
    "aliases": "*a",
}


@pytest.mark.parametrize("expression", _HOSTILE.values(), ids=list(_HOSTILE))
def test_a_hostile_expression_is_answered_and_so_is_the_next_question(
    server: tuple[int, str], expression: str
) -> None:
    text = MAPPING.replace("event_id: id", f"event_id: {json.dumps(expression)}")
    mapping = {"name": "shop.yaml", "text": text}
    samples = [{"name": "one", "text": json.dumps({"a": [[[[1] * 100] * 100] * 10]})}]
    about = {"mapping": mapping, "samples": samples, "chosen": 0, "reveal": False}
    answer = asked(server, {"ask": "live", **about})
    assert answer.get("problem") or answer["diagnostics"]
    assert asked(server, {"ask": "start"})["where"] == "local"


def run(*words: str) -> subprocess.Popen[str]:
    """`mapper playground` in a process of its own."""
    command = [sys.executable, "-m", "mapper", "playground", "--no-open", *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_its_address_and_ends_well(folder: Path, end: signal.Signals) -> None:
    ran = run("--port", "0", str(folder))
    try:
        assert ran.stdout is not None
        url = ran.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url)
        port = urlsplit(url).port
        assert port is not None
        assert got(port, "GET", "/")[0] == 200
        ran.send_signal(end)
        ran.communicate(timeout=60)
        assert ran.returncode == 0
    finally:
        ran.kill()
        ran.wait()


def test_a_port_that_is_taken_is_told_with_what_to_do(server: tuple[int, str], folder: Path) -> None:
    ran = run("--port", str(server[0]), str(folder))
    told = ran.communicate(timeout=60)
    assert (ran.returncode, told[0]) == (69, "")
    assert told[1].splitlines() == [
        f"mapper: port {server[0]} is in use",
        "  hint: choose another with --port, or let --port 0 pick a free one",
    ]


class HeldProcess(AnswerProcess):
    """A process that answers once it may, and notes what it was asked."""

    may = threading.Event()
    questions: ClassVar[list[bytes]] = []

    def ask(self, question: bytes) -> bytes:
        """Note the question, and wait."""
        self.questions.append(question)
        assert self.may.wait(60)
        return b"{}"


def test_a_question_that_the_page_took_back_is_not_answered(folder: Path) -> None:
    process = HeldProcess(folder, 60)
    app = playground_app(AnswerProcesses(process, process), 80, "token")
    headers = {"host": "localhost", "x-playground-token": "token", "content-type": _JSON}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/ask",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }

    async def post(question: bytes, *, is_taken_back: bool) -> int:
        body: list[dict[str, Any]] = [{"type": "http.request", "body": question, "more_body": False}]
        sent: list[Any] = []

        async def receive() -> Any:
            if not body and not is_taken_back:
                await asyncio.Event().wait()
            return body.pop() if body else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await app(scope, receive, send)
        return int(sent[0]["status"])

    async def ask_all() -> list[int]:
        first = asyncio.create_task(post(b'{"ask": "first"}', is_taken_back=False))
        while not process.questions:
            await asyncio.sleep(0.01)
        others = [asyncio.create_task(post(b'{"ask": "old"}', is_taken_back=True)) for _ in range(5)]
        last = asyncio.create_task(post(b'{"ask": "last"}', is_taken_back=False))
        await asyncio.sleep(0.1)
        process.may.set()
        return list(await asyncio.gather(first, *others, last))

    assert asyncio.run(ask_all()) == [200, *[499] * 5, 200]
    assert process.questions == [b'{"ask": "first"}', b'{"ask": "last"}']
