"""Nothing of a request is in what a server says, shows as metrics, or keeps: its events least of all."""

from __future__ import annotations

import base64
import json
import signal
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.serving.server import OLD_SECRET, SECRET, TOKEN, RunningServer, now, proof, records, serving

_MAIL, _PHONE = "canary-2f61@example.com", "+41791230987"
_CANARIES = (
    _MAIL,
    _PHONE,
    "canary-path",
    "canary-header",
    "canary-query",
    SECRET,
    OLD_SECRET,
    TOKEN,
    "pina_canary",
)


def _forms(canary: str) -> list[bytes]:
    """A canary as a log or a file may hold it."""
    plain = canary.encode()
    coded = base64.b64encode(b"  " + plain + b"  ")[4:-6]
    escaped = json.dumps(canary)[1:-1].encode()
    return [plain, quote(canary).encode(), coded, plain.hex().encode(), canary.encode("utf-16-le"), escaped]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """All that a server has said and kept after requests of every kind, good and bad."""
    folder = tmp_path_factory.mktemp("leaks")
    metrics = b""
    for log_format in ("text", "json"):
        with serving(folder, "--no-deliver", "--log-format", log_format, outbox=folder / "outbox") as server:
            _ask_everything(server)
            metrics += server.ask("GET", "/metrics").body + server.ask("GET", "/readyz").body
            assert server.end(signal.SIGTERM) == 0
    kept = b"".join(path.read_bytes() for path in sorted(folder.glob("outbox*")))
    said = b"".join(path.read_bytes() for path in sorted(folder.glob("stderr*")))
    return {"metrics": metrics, "log": said, "outbox": kept}


def _ask_everything(server: RunningServer) -> None:
    good = now(1, email=_MAIL, phone=_PHONE)
    bad = [{"type": "order", "email": _MAIL}, now(2, at=_MAIL), _MAIL, {_MAIL: _PHONE}, now(3, total=_MAIL)]
    for path in ("/orders", "/token", "/firehose", "/collect"):
        for events in (
            [good],
            good,
            bad,
            b"{" + _MAIL.encode(),
            b"\xff" + _MAIL.encode(),
            [now(1, type=_MAIL)],
        ):
            body = (
                json.dumps(records(*events)).encode()
                if path == "/firehose" and isinstance(events, list)
                else events
            )
            server.post(path, body, x_more="canary-header")
            server.post(path, body, x_signature="canary-header", x_token="canary-header")
        server.ask("POST", f"{path}?canary-query={_MAIL}", b"{}", proof(path, b"{}"))
        server.post(path, json.dumps(good).encode(), content_type=f"text/{_MAIL}", content_encoding=_MAIL)
    server.ask("POST", f"/canary-path/{_MAIL}", b"{}")
    server.raw(b"GET /canary-path HTTP/1.1\r\nHost: x\r\nX: canary-header\x00\r\n\r\n")
    server.raw(
        b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\nTransfer-Encoding: chunked\r\n\r\n"
    )


@pytest.mark.parametrize("canary", _CANARIES)
@pytest.mark.parametrize("where", ["metrics", "log", "outbox"])
def test_nothing_of_a_request_is_said_or_kept(told: dict[str, bytes], where: str, canary: str) -> None:
    assert len(told[where]) > 100
    for form in _forms(canary):
        assert form not in told[where], form


def test_the_labels_of_metrics_are_of_closed_sets(told: dict[str, bytes]) -> None:
    lines = [
        one for one in told["metrics"].decode().splitlines() if one.startswith("mapper_serve_") and "{" in one
    ]
    paths = {one.split('path="')[1].split('"')[0] for one in lines if 'path="' in one}
    assert paths == {"/orders", "/token", "/firehose", "/collect", ""}


def test_a_log_is_lines_of_json_where_it_is_asked_for(told: dict[str, bytes], tmp_path: Path) -> None:
    lines = [one for one in told["log"].decode().splitlines() if one.startswith("{")]
    assert lines
    assert all(set(json.loads(one)) >= {"time", "message"} for one in lines)
