"""A value planted in any attribute, key or name of an event is in nothing that is printed unattended."""

from __future__ import annotations

import base64
import copy
import gzip
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote as percent

import pytest

import mapper
from mapper.feeds import SourceEvent, read_events
from mapper.runtime.decode import decode_event
from mapper.values.types import Invalid
from tests.cli.test_send import CREDENTIALS, now, sandbox
from tests.support.command import MAPPING, SEGMENT, SHOP, call, event, ndjson
from tests.support.depth import some
from tests.support.events import leaves, with_value

_ADDRESS = "canary.ada@example.com"
_WAYS = {
    "plain": _ADDRESS,
    "percent": percent(_ADDRESS, safe=""),
    "each byte in percent": "".join(f"%{byte:02X}" for byte in _ADDRESS.encode()),
    "base64": base64.b64encode(_ADDRESS.encode()).decode(),
    "entity": _ADDRESS.replace("@", "&#64;"),
    "escape": _ADDRESS.replace("@", "\\u0040"),
    "case and space": "  CANARY.Ada @\tExample.COM ",
    "a phone number": "+1 (415) 555-0132",
}
# What no output may hold, in small letters and less white space; and the address in each of its encodings.
_TRACES = ("canary", "ada@example", "@example", "5550132", "555-0132")


def leaks(text: str, planted: str) -> list[str]:
    """The traces of a planted value in a text."""
    seen = "".join(text.split()).lower()
    traces = {*_TRACES, "".join(planted.split()).lower(), "".join(planted.split()).lower().strip("+=")}
    return sorted(trace for trace in traces if trace in seen)


def _renamed(source: Any, way: tuple[Any, ...], name: str) -> Any:
    """A copy of an event in which an attribute has another name."""
    made = copy.deepcopy(source)
    at = made
    for one in way[:-1]:
        at = at[one]
    if isinstance(at, dict):
        at[name] = at.pop(way[-1])
    return made


def _broken(planted: str) -> Iterator[str]:
    """Lines that hold no event, or not the kind that is due."""
    whole = json.dumps(event(1, email=planted, **{planted: planted}))
    yield from (whole[:end] for end in range(1, len(whole) - 1, 7))
    yield json.dumps([planted])
    yield json.dumps(planted)
    yield planted
    yield f"{planted}: {planted}"
    yield whole + planted
    yield whole.replace('"type"', '"\\ud800"')
    yield "[" * 300 + json.dumps(planted) + "]" * 300


def _shop() -> list[Any]:
    with SHOP.open("rb") as file:
        return [one.event for one in read_events(file) if isinstance(one, SourceEvent)]


def events_with(planted: str) -> list[Any]:
    """Events of a shop, and of the small mapping, each with the value in another place."""
    sources = _shop()[:3]
    made = [with_value(one, way, planted) for one in sources for way, _ in leaves(one)]
    made += [_renamed(one, way, planted) for one in sources for way, _ in leaves(one)]
    one = event(1, at=now(), total="7", lines=[{"sku": "a"}])
    made += [with_value(one, way, planted) for way, _ in leaves(one)]
    made += [_renamed(one, way, planted) for way, _ in leaves(one)]
    made += [with_value(one, way, [planted, {planted: planted}]) for way, _ in leaves(one)]
    return made


@pytest.fixture(params=some(_WAYS, 2))
def planted(request: pytest.FixtureRequest) -> str:
    """The value, in each of its encodings."""
    return _WAYS[request.param]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A mapping with all that can be noted, skipped and rejected."""
    path = tmp_path / "small.yaml"
    consent = "consent: {granted: ads, when_missing: granted, when_denied: skip}\n"
    user = "user_data: {em: email, ph: phone, db: born, country: land, zp: zip}"
    data = "currency: money, order_id: number, num_items: {from: [count]}"
    text = MAPPING.replace("skip:\n", f"{consent}skip:\n").replace("user_data: {em: email}", user)
    path.write_text(text.replace("currency: {const: EUR}", data))
    return path


def _told(small: Path, *arguments: object, **options: Any) -> str:
    """All that a command prints and keeps beside payloads."""
    rejects = small.with_name("rejects")
    rejects.unlink(missing_ok=True)
    ran = call(*arguments, "--rejects", rejects, "-v", **options)
    assert ran.exit_code in (0, 1, 2, 65), ran.stderr
    assert "Traceback" not in ran.stderr
    return ran.stderr + (rejects.read_text() if rejects.exists() else "")


@pytest.mark.parametrize("mapping", ["small", "segment"])
def test_run_tells_and_keeps_nothing_of_it(small: Path, planted: str, mapping: str) -> None:
    feed = small.with_name("events.ndjson")
    feed.write_text(ndjson(*events_with(planted), *_broken(planted)))
    path = small if mapping == "small" else SEGMENT
    told = _told(small, "run", path, feed, "-o", small.with_name("out"))
    assert "rejected" in told
    assert not leaks(told, planted)
    assert not leaks(_told(small, "run", path, feed, "-o", small.with_name("out"), "--jobs", 2), planted)


def test_a_feed_that_is_no_feed_tells_nothing_of_it(small: Path, planted: str) -> None:
    row = f'"{planted}"'
    header = f"type,id,at,email\norder,o-1,2026-05-01T10:00:00Z,{row}"
    packed = gzip.compress(ndjson(*(event(one, email=planted) for one in range(500))).encode())
    feeds: dict[str, str | bytes] = {
        "header.csv": f"{row},id\n1,2\n",
        "twice.csv": f"{row},{row}\n1,2\n",
        "several.csv": f"{row};a,b\n1;2\n",
        "long.csv": f"{header},{row},{row}\n{row}\n",
        "quote.csv": f'{header}\n{row}x,{row}\n"{planted}\n',
        "none.json": f"[{json.dumps(planted)}, {{{row}: {row}]",
        "bytes.ndjson": f'{{"type": "{planted}"}}'.encode("utf-16"),
        "latin.csv": f"id,ü{planted}\n1,{row}\n".encode("latin-1"),
        "half.ndjson.gz": packed[: len(packed) // 2],
        "damaged.ndjson.gz": packed[:40] + b"\0\0\0\0" + packed[44:],
        "not.ndjson.gz": f'{{"{planted}": 1'.encode(),
    }
    for name, content in feeds.items():
        feed = small.with_name(name)
        feed.write_bytes(content if isinstance(content, bytes) else content.encode())
        for command in (("run", small, feed), ("send", small, feed, "--dry-run")):
            assert not leaks(_told(small, *command), planted), name
        assert not leaks(call("explain", small, feed).stderr, planted), name


def test_send_tells_and_keeps_nothing_of_it(small: Path, planted: str) -> None:
    feed = small.with_name("events.ndjson")
    feed.write_text(ndjson(*events_with(planted), *_broken(planted)))
    assert not leaks(_told(small, "send", small, feed, "--dry-run"), planted)
    with sandbox() as (url, _):
        told = _told(small, "send", small, feed, "--url", url, env=CREDENTIALS)
    assert "sent to" in told
    assert not leaks(told, planted)


class _Echo(BaseHTTPRequestHandler):
    """Refuses each event by name and repeats in its reasons what it got, and what it was told to say."""

    said: ClassVar[str] = ""
    status: ClassVar[int] = 422

    def do_POST(self) -> None:
        """One request."""
        payloads = json.loads(self.rfile.read(int(self.headers["content-length"])))["data"]
        reasons = [f"{self.said} in {json.dumps(one)}"[:700] for one in payloads]
        entries = [{"status": "failed", "error_message": reason} for reason in reasons]
        counts = {"num_events_received": len(reasons)}
        warned = [{"status": "processed", "warning_message": reason} for reason in reasons]
        whole = f"{self.said}: {json.dumps(payloads[0])}"[:700]
        answers: dict[int, Any] = {
            422: {
                "code": 1,
                "message": whole,
                "details": {**counts, "num_events_processed": 0, "events": entries},
            },
            200: {**counts, "num_events_processed": len(warned), "events": warned},
        }
        content = json.dumps(answers.get(self.status, {"code": 1, "message": whole})).encode()
        self.send_response(self.status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.mark.parametrize("status", [200, 422, 400, 401, 503])
def test_what_a_service_repeats_of_a_payload_is_not_shown(small: Path, planted: str, status: int) -> None:
    small.write_text(MAPPING.replace("currency: {const: EUR}", "currency: {const: EUR}, order_id: code"))
    feed = small.with_name("events.ndjson")
    feed.write_text(ndjson(*(event(one, at=now(), code=f"Kennwort-{one}") for one in range(3))))
    _Echo.said, _Echo.status = f"invalid {planted} of 'Kennwort-1'", status
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v5"
        rejects = small.with_name("rejects")
        ran = call(
            "send", small, feed, "--url", url, "--rejects", rejects, "--give-up", "10ms", env=CREDENTIALS
        )
        server.shutdown()
    told = ran.stderr + rejects.read_text()
    assert ran.exit_code == {200: 0, 422: 1, 400: 1, 401: 77, 503: 69}[status]
    assert re.search(r"invalid\s+\*\*\*", told)
    assert not leaks(told, planted)
    assert "Kennwort" not in told
    assert "203.0.113" not in told


def test_explain_shows_it_only_when_asked(small: Path, planted: str) -> None:
    personal = {"email": planted, "phone": planted, "type": planted}
    for name, value in personal.items():
        made = {**event(1, at=now()), name: value}
        for form in ("text", "json"):
            ran = call("explain", small, "-", "--format", form, stdin=json.dumps(made))
            assert not leaks(ran.stdout + ran.stderr, planted), name
    ran = call("explain", small, "-", "--reveal", stdin=json.dumps(event(1, type=planted.strip())))
    assert planted.strip()[:10] in ran.stdout.replace("\\\\", "\\")
    made = {**event(1), planted: planted}
    ran = call("explain", small, "-", stdin=json.dumps(made))
    assert not leaks(ran.stdout + ran.stderr, planted)


@pytest.mark.parametrize("command", ["run", "send"])
def test_reveal_shows_names_that_no_section_takes_and_the_usual_way_counts_them(
    small: Path, planted: str, command: str
) -> None:
    name = planted.strip()
    feed = small.with_name("events.ndjson")
    feed.write_text(ndjson(event(1), {"type": name}, {"type": name}, {"type": "order", "test": True}))
    more = ("--dry-run",) if command == "send" else ("-o", small.with_name("out"))
    told = _told(small, command, small, feed, *more)
    assert "          2  unmapped: names that no section takes (first on line 2)\n" in told
    assert '"message":"no section takes it"' in told
    assert not leaks(told, planted)
    told = _told(small, command, small, feed, "--reveal", *more)
    assert "          2  unmapped: " in told
    assert '"message":"no section takes it"' not in told
    assert leaks(told, planted)


def test_from_python_only_who_asks_gets_it(small: Path, planted: str) -> None:
    program = mapper.compile_mapping(small)
    for made in events_with(planted):
        for outcome in program.apply(made):
            texts = [repr(outcome.skip), repr(outcome.rejection), repr(outcome.notes)]
            assert not leaks(" ".join(texts), planted)
    for line in _broken(planted):
        with pytest.raises(Invalid) as raised:
            decode_event(line.encode("utf-8", "surrogatepass"))
        said = raised.value
        assert not leaks(f"{said} {said!r} {said.reason} {said.__cause__!r}", planted)
    (outcome,) = program.apply({"type": planted.strip()})
    assert outcome.skip is not None
    assert outcome.skip.name.reveal() == planted.strip()
