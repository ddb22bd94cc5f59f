"""`mapper serve`: what a sender is answered, what is kept of it, and how the server begins and ends."""

from __future__ import annotations

import base64
import gzip
import hmac
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mapper.delivery.batch import Receipt
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Settlement
from mapper.delivery.sandbox_server import Ledger, sandbox_app, serve
from tests.delivery.deliveries import DESTINATION, validate
from tests.serving.server import (
    INTAKE,
    OLD_SECRET,
    SECRETS,
    RunningServer,
    counts,
    letters,
    now,
    payloads,
    proof,
    records,
    serving,
    write_intake,
)
from tests.support.command import MAPPING, ROOT, call, event
from tests.support.waiting import wait_until

_MEBIBYTE = 2**20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One that accepts only, for requests that do not get in each other's way."""
    with serving(tmp_path_factory.mktemp("served"), "--no-deliver", "--jobs", 1) as running:
        yield running
        assert running.end() == 0


def _accepted(server: RunningServer, path: str) -> float:
    return server.metric("mapper_serve_events_total", path=path, end="accepted")


def test_what_is_accepted_is_delivered_and_the_server_ends_with_0(tmp_path: Path) -> None:
    ledger = Ledger(keep=True)
    with (
        serve(sandbox_app(DESTINATION, validate, ledger=ledger)) as url,
        serving(tmp_path, "--url", url) as server,
    ):
        assert server.post("/orders", now(1)).status == 202
        assert server.post("/firehose", records(now(2), now(3))).status == 200
        # As many as fill a request to the service, which goes at once.
        assert server.post("/token", [now(number) for number in range(4, 1501)]).status == 202
        wait_until(lambda: ledger.processed >= 1000)
        assert server.ask("GET", "/readyz").status == 200
        assert server.end() == 0
        assert "Traceback" not in server.said()
    found = counts(tmp_path / "outbox")
    assert (found.accepted, found.pending, found.delivered) == (
        1500,
        1500 - ledger.processed,
        ledger.processed,
    )
    assert len({one["event_id"] for one in ledger.received}) == ledger.processed


def test_an_event_names_its_request_and_what_the_sender_calls_it(tmp_path: Path) -> None:
    long = "d" * 200
    with serving(tmp_path, "--no-deliver", "--jobs", 1) as server:
        assert server.post("/orders", [now(1), now(9, at="never")], x_delivery="shop-71").status == 202
        assert server.post("/orders", now(2), x_delivery=long).status == 202
        assert server.post("/token", now(3)).status == 202
        assert server.end() == 0
        assert "shop-71" not in server.said()
    outbox = str(tmp_path / "outbox")
    words = ("--outbox", outbox, "--format", "json")
    told = [json.loads(line) for line in call("outbox", "waiting", *words).stdout.splitlines()]
    dead = [json.loads(line) for line in call("outbox", "dead", *words).stdout.splitlines()]
    assert [one["delivery_id"] for one in told] == ["shop-71", long[:64], None]
    assert len({one["http_request"] for one in told}) == 3
    (letter,) = dead
    names = ("received_at", "http_request", "delivery_id")
    assert [letter[name] for name in names] == [told[0][name] for name in names]
    assert abs(datetime.fromisoformat(letter["received_at"]).timestamp() - time.time()) < 120
    shown = call("outbox", "dead", "--outbox", outbox).stdout
    assert f"serve:/orders:2 (request {letter['http_request']}, delivery shop-71)  mapping: " in shown


def test_an_accepted_request_is_on_the_disk_by_then(server: RunningServer) -> None:
    before = counts(server.outbox).accepted
    for number in range(5):
        assert server.post("/orders", now(number)).status == 202
        assert counts(server.outbox).accepted == before + number + 1


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/orders", event(1), {"x_signature": "00" * 32}, 401),
        ("/orders", event(1), {"x_signature": ""}, 401),
        ("/orders", event(1), {"x_signature": "zz"}, 401),
        ("/token", event(1), {"x_token": "wrong"}, 401),
        ("/token", event(1), {"x_token": ""}, 401),
        ("/orders", b"{", {}, 400),
        ("/orders", b"", {}, 400),
        ("/orders", b"12", {}, 400),
        ("/orders", b'"text"', {}, 400),
        ("/orders", b"[", {}, 400),
        ("/firehose", {"records": 1}, {}, 400),
        ("/orders", event(1), {"content_type": "application/x-www-form-urlencoded"}, 415),
        ("/orders", event(1), {"content_type": "multipart/form-data; boundary=x"}, 415),
        ("/orders", event(1), {"content_type": "application/json; charset=utf-16"}, 415),
        ("/orders", event(1), {"content_encoding": "gzip"}, 415),
        ("/token", event(1), {"content_encoding": "br"}, 415),
        ("/token", event(1), {"content_encoding": "gzip, gzip"}, 415),
        ("/token", event(1), {"content_encoding": "gzip"}, 400),
        ("/orders", b"[" + b" " * (16 * _MEBIBYTE) + b"]", {}, 413),
        ("/token", [{}] * 5001, {}, 413),
        ("/orders", event(1), {"origin": "https://evil.example"}, 403),
        ("/collect", event(1), {"origin": "https://evil.example"}, 403),
        ("/orders/", event(1), {}, 404),
        ("/", event(1), {}, 404),
        ("/orders", [], {}, 202),
        ("/orders", event(1), {"content_type": ""}, 202),
        ("/orders", event(1), {"content_type": "Application/JSON; Charset=UTF-8"}, 202),
        ("/orders", event(1), {"content_type": "application/cloudevents+json"}, 202),
        ("/collect", event(1), {}, 204),
    ],
)
def test_a_request_is_answered_by_what_is_wrong_with_it(
    server: RunningServer, path: str, body: Any, headers: dict[str, str], status: int
) -> None:
    said = server.post(path, body, **headers)
    assert said.status == status
    if status == 401:  # nothing that helps to guess
        assert (said.body, set(said.headers)) == (b"", {"content-length"})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/orders", 405),
        ("HEAD", "/orders", 405),
        ("DELETE", "/orders", 405),
        ("OPTIONS", "/orders", 405),
        ("POST", "/healthz", 405),
        ("GET", "/healthz", 200),
        ("HEAD", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/unknown", 404),
    ],
)
def test_a_method_is_answered_by_its_path(server: RunningServer, method: str, path: str, status: int) -> None:
    said = server.ask(method, path)
    assert said.status == status
    assert ("allow" in said.headers) == (status == 405)


def test_a_second_secret_is_as_good_as_the_first(server: RunningServer) -> None:
    body = json.dumps(now(1)).encode()
    signature = hmac.digest(OLD_SECRET.encode(), body, "sha256").hex()
    assert server.post("/orders", body, x_signature=signature).status == 202


def test_an_event_that_cannot_be_mapped_is_a_dead_letter_and_fails_no_other(server: RunningServer) -> None:
    before, rejected = counts(server.outbox), letters(server.outbox)
    events = [now(1), {"type": "order"}, now(2, at="never"), "text", 7, now(3, test=True), {"type": "other"}]
    assert server.post("/orders", events).status == 202
    found = counts(server.outbox)
    assert (found.pending - before.pending, found.skipped - before.skipped) == (1, 2)
    new = letters(server.outbox)[len(rejected) :]
    assert [(one.stage, one.feed, one.record, one.body) for one in new] == [
        ("mapping", "serve:/orders", record, b"") for record in (2, 3, 4, 5)
    ]
    assert server.post("/firehose", {"requestId": "r", "records": [{"data": "%"}]}).status == 200
    assert letters(server.outbox)[-1].feed == "serve:/firehose"


@pytest.mark.parametrize("path", ["/orders", "/token"])
def test_an_event_that_is_nested_too_deep_fails_no_other(server: RunningServer, path: str) -> None:
    before = _accepted(server, path)
    texts = [json.dumps(now(1)).encode(), b'{"a":' * 2000 + b"1" + b"}" * 2000, json.dumps(now(2)).encode()]
    assert server.post(path, b"[%b]" % b",".join(texts)).status == 202
    assert _accepted(server, path) == before + 2


def test_what_the_sender_calls_the_same_delivery_is_accepted_once(server: RunningServer) -> None:
    before = counts(server.outbox).accepted
    first = server.post("/orders", [now(1), now(2)], x_delivery="d-1")
    again = server.post("/orders", [now(1), now(2)], x_delivery="d-1")
    other = server.post("/orders", [now(1), now(2)], x_delivery="d-2")
    assert (first.status, again.status, other.status) == (202, 202, 202)
    assert counts(server.outbox).accepted == before + 4
    assert server.metric("mapper_serve_events_total", path="/orders", end="replayed") == 2


def test_copies_that_come_at_once_are_accepted_once(server: RunningServer) -> None:
    before = counts(server.outbox).accepted
    gate = threading.Barrier(16)
    found: list[int] = []

    def send() -> None:
        gate.wait()
        found.append(server.post("/orders", now(1), x_delivery="together").status)

    threads = [threading.Thread(target=send) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [202] * 16
    assert counts(server.outbox).accepted == before + 1


def test_a_body_may_be_compressed_where_its_path_says_so(server: RunningServer) -> None:
    before = _accepted(server, "/token")
    body = json.dumps([now(1), now(2)]).encode()
    packed = gzip.compress(body[:20]) + gzip.compress(body[20:])
    assert server.post("/token", packed, content_encoding="gzip").status == 202
    assert _accepted(server, "/token") == before + 2
    bomb = gzip.compress(b"[" + b" " * (64 * _MEBIBYTE) + b"]")
    assert server.post("/token", bomb, content_encoding="gzip").status == 413
    assert server.post("/token", packed[:-10], content_encoding="gzip").status == 400
    assert server.post("/token", packed + b"\0", content_encoding="gzip").status == 400


def test_a_large_request_is_accepted_as_a_whole(server: RunningServer) -> None:
    before = counts(server.outbox).accepted
    assert server.post("/token", [now(number) for number in range(3000)]).status == 202
    assert counts(server.outbox).accepted == before + 3000


def test_a_page_asks_whether_it_may_post(server: RunningServer) -> None:
    asked = {"origin": "https://shop.example", "access-control-request-method": "POST"}
    said = server.ask("OPTIONS", "/collect", headers=asked)
    assert said.status == 204
    assert said.headers["access-control-allow-origin"] == "https://shop.example"
    assert server.ask("OPTIONS", "/collect", headers={**asked, "origin": "https://x.example"}).status == 403
    assert server.ask("OPTIONS", "/orders", headers=asked).status == 403


def test_the_reason_of_a_refusal_is_said_once_a_minute_to_the_operator_alone(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-deliver") as server:
        for _ in range(3):
            assert server.post("/token", now(1), x_token="wrong-canary").status == 401
        assert server.post("/token", now(1), content_type="image/png").status == 415
        assert server.post("/orders", b"[").status == 400
        assert server.metric("mapper_serve_requests_total", path="/token", end="bad_token") == 3
        assert server.metric("mapper_serve_requests_total", path="/token", end="bad_type") == 1
        assert server.end() == 0
        told = server.said()
    assert told.count("mapper: /token: answered 401 (bad_token): the token does not match\n") == 1
    assert told.count("mapper: /token: answered 415 (bad_type): a content type that is not JSON\n") == 1
    assert told.count("mapper: /orders: answered 400 (not_json): the body is not JSON\n") == 1
    assert "canary" not in told


def test_a_page_posts_no_more_often_than_its_path_allows(server: RunningServer) -> None:
    source = "127.250.0.2"
    found = [server.post("/collect", now(1), source=source).status for _ in range(120)]
    assert set(found) == {204, 429}
    assert server.post("/collect", now(1)).status == 204


def test_nothing_is_looked_up_in_a_large_body_for_who_is_not_known(tmp_path: Path) -> None:
    reply = "    reply: {status: 200, json: {id: {body: id}}, failure: {why: {refusal: reason}}}\n"
    intake = INTAKE.replace("    body: either\n    delivery_id", f"{reply}    body: either\n    delivery_id")
    with serving(tmp_path, "--no-deliver", "--jobs", 1, intake=intake) as server:
        for more, told in ((0, "e1"), (400_000, "")):
            body = json.dumps({**now(1, id="e1"), "more": "x" * more}).encode()
            said = server.post("/orders", body, x_signature="00" * 32)
            assert (said.status, json.loads(said.body)) == (401, {"id": told, "why": "not authorized"})
            said = server.post("/orders", body)
            assert (said.status, json.loads(said.body)) == (200, {"id": "e1"})


@pytest.mark.parametrize(("of_server", "of_entry"), [(1, None), (2, 1), (0, 1), (1, 0), (0, None)])
def test_a_visitor_has_the_address_that_the_last_proxy_of_our_own_saw(
    tmp_path: Path, of_server: int, of_entry: int | None
) -> None:
    """As the entry counts them, or else the server; and each visitor has a rate of its own."""
    written = "" if of_entry is None else f"    proxies: {of_entry}\n"
    intake = INTAKE.replace("    rate: 50/s\n", f"    rate: 2/h\n{written}")
    mapping = MAPPING.replace("{em: email}", "{em: email, client_ip_address: $meta.client_ip}")
    forwarded = {"x_forwarded_for": "192.0.2.1, 198.51.100.7", "source": "127.250.0.3"}
    options = ("--no-deliver", "--jobs", 1, "--proxies", of_server)
    with serving(tmp_path, *options, intake=intake, mapping=mapping) as server:
        assert [server.post("/collect", now(1), **forwarded).status for _ in range(3)] == [204, 204, 429]
        forwarded["x_forwarded_for"] = "192.0.2.1, 198.51.100.8"
        counted = of_server if of_entry is None else of_entry
        assert server.post("/collect", now(1), **forwarded).status == (204 if counted else 429)
        assert server.end() == 0
    found = [one["user_data"]["client_ip_address"] for one in payloads(tmp_path / "outbox")]
    last = ["198.51.100.7"] * 2 + ["198.51.100.8"]
    assert found == (last if counted else ["127.250.0.3"] * 2)


# How it begins and ends


def _words(folder: Path, intake: str = INTAKE) -> list[str]:
    file, outbox = str(write_intake(folder, intake)), str(folder / "outbox")
    return [sys.executable, "-m", "mapper", "serve", file, "--outbox", outbox]


@pytest.mark.parametrize(
    ("words", "environment", "status", "told"),
    [
        (
            [],
            {"SHOP_TOKEN": ""},
            78,
            "SHOP_TOKEN is not set; requests to `/token`, `/firehose` are checked with ",
        ),
        ([], {"SHOP_TOKEN": "", "SHOP_SECRET": " "}, 78, "hint: export SHOP_SECRET=... SHOP_TOKEN=...\n"),
        ([], {"PINTEREST_ACCESS_TOKEN": ""}, 78, "PINTEREST_ACCESS_TOKEN"),
        (["--no-deliver"], {"PINTEREST_AD_ACCOUNT_ID": ""}, 78, "PINTEREST_AD_ACCOUNT_ID"),
        (["--outbox", "memory"], {}, 2, "name a file with --outbox"),
        (["--outbox", "postgresql://h/db", "--min-free", "1GiB"], {}, 2, "--max-outbox limits a database"),
    ],
)
def test_what_is_missing_is_said_at_the_start(
    tmp_path: Path, words: list[str], environment: dict[str, str], status: int, told: str
) -> None:
    ran = subprocess.run(
        [*_words(tmp_path), "--port", "0", *words],
        cwd=ROOT,
        env={**os.environ, **SECRETS, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ran.returncode, ran.stdout) == (status, "")
    assert told in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_file_with_errors_is_not_served(tmp_path: Path) -> None:
    intake = INTAKE.replace("token: {header: x-token", "tokn: {header: x-token")
    ran = subprocess.run(
        [*_words(tmp_path, intake), "--port", "0"],
        cwd=ROOT,
        env={**os.environ, **SECRETS},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "`tokn`" in ran.stderr


@pytest.mark.parametrize(
    ("host", "told", "hint"),
    [
        ("127.0.0.1", "Address already in use", "choose another --port"),
        ("host.invalid", "Cannot assign requested address", "--host takes an address of this machine"),
    ],
)
def test_an_address_that_cannot_be_listened_on_is_named_with_what_to_do(
    tmp_path: Path, server: RunningServer, host: str, told: str, hint: str
) -> None:
    ran = subprocess.run(
        [*_words(tmp_path), "--no-deliver", "--host", host, "--port", str(server.port)],
        cwd=ROOT,
        env={**os.environ, **SECRETS},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ran.returncode, ran.stdout) == (74, "")
    assert f"mapper: {host}:{server.port}: {told}\n  hint: " in ran.stderr
    assert hint in ran.stderr


def test_two_servers_share_an_outbox_and_know_the_same_deliveries(tmp_path: Path) -> None:
    with (
        serving(tmp_path, "--no-deliver", "--jobs", 1, "--shared-port") as one,
        serving(tmp_path, "--no-deliver", "--jobs", 1, "--shared-port", port=one.port) as other,
    ):
        servers = [one, other]
        found: list[int] = []

        def send(number: int) -> None:
            found.append(
                servers[number % 2].post("/orders", now(number), x_delivery=f"d-{number // 2}").status
            )

        threads = [threading.Thread(target=send, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [202] * 40
        assert counts(one.outbox).accepted == 20
        # One replaces the other, and nobody who asks notices.
        assert one.end() == 0
        assert other.post("/orders", now(99)).status == 202
        assert other.end() == 0


def test_what_is_under_way_is_finished_before_the_end(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-deliver", "--jobs", 1) as server, server.connected() as connection:
        body = json.dumps(now(1)).encode()
        head = [f"{name}: {value}" for name, value in proof("/orders", body).items()]
        lines = ["POST /orders HTTP/1.1", "host: x", f"content-length: {len(body)}", *head, "", ""]
        connection.sendall("\r\n".join(lines).encode() + body[:10])
        wait_until(lambda: server.metric("mapper_serve_connections") >= 2)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "finishing" in server.said())
        time.sleep(0.5)
        connection.sendall(body[10:])
        assert connection.recv(65536).startswith(b"HTTP/1.1 202 ")
        assert server.process.wait(60) == 0
    assert counts(tmp_path / "outbox").accepted == 1


def test_without_a_mapping_time_an_event_has_the_time_of_its_request(tmp_path: Path) -> None:
    mapping = (ROOT / "tests/serving/received.yaml").read_text(encoding="utf-8")
    with serving(tmp_path, "--no-deliver", "--jobs", 1, mapping=mapping) as server:
        begun = int(time.time())
        events = [{"id": one, "email": f"{one}@example.com"} for one in "ab"]
        for _ in range(2):
            assert server.post("/orders", events, x_delivery="d").status == 202
        page = {"user-agent": "canary-agent", "cookie": "_epik=click-1; other=2"}
        server.ask(
            "POST",
            "/collect",
            b'{"id": "c", "email": "c@example.com"}',
            {**proof("/collect", b""), **page},
            source="127.9.9.9",
        )
        assert server.end() == 0
    found = payloads(tmp_path / "outbox")
    assert [one["event_id"] for one in found] == ["a-1", "b-2", "c-1"]
    assert all(begun - 1 <= one["event_time"] <= time.time() + 1 for one in found)
    users = [one["user_data"] for one in found]
    assert users[2]["client_user_agent"] == "canary-agent"
    assert users[2]["click_id"] == "click-1"
    # The address and the browser of a server that sends are not a visitor's.
    assert [set(one) & {"client_user_agent", "client_ip_address", "click_id"} for one in users[:2]] == [
        set()
    ] * 2


# Events that a mapping rejects


def _key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def test_rejected_events_are_kept_encrypted_and_mapped_again_by_a_fixed_mapping(tmp_path: Path) -> None:
    old, new = _key(), _key()
    events = [now(1), now(2, at=None, when=now(0)["at"]), now(3, at="canary-plain", when=None)]
    with serving(tmp_path, "--no-deliver", "--jobs", 1, "--keep-raw", env={"MAPPER_RAW_KEY": old}) as server:
        assert server.post("/orders", events).status == 202
        assert server.end() == 0
        assert "are kept encrypted" in server.said()
        assert "2 rejected" in server.said()
    outbox = tmp_path / "outbox"
    assert b"canary-plain" not in b"".join(path.read_bytes() for path in tmp_path.glob("outbox*"))
    fixed = tmp_path / "small.yaml"
    fixed.write_text(MAPPING.replace("event_time: at", "event_time: when || at"), encoding="utf-8")
    words = ("outbox", "retry", "--mapping", fixed, "--outbox", outbox)
    wrong = call(*words, env={"MAPPER_RAW_KEY": new})
    assert "3 events left: no key fits" in wrong.stderr
    ran = call(*words, env={"MAPPER_RAW_KEY": f"{new} {old}"})
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert "2 dead letters and 1 waiting event mapped again: 2 waiting, 1 rejected" in ran.stderr
    assert sorted(one["event_id"] for one in payloads(outbox)) == ["o-1", "o-2"]
    found = counts(outbox)
    assert (found.accepted, found.pending, found.dead) == (3, 2, 1)
    # What is rejected anew is kept anew.
    (left,) = letters(outbox)
    assert (left.record, left.feed) == (3, "serve:/orders")
    assert left.body
    assert "2" not in call(*words, env={"MAPPER_RAW_KEY": old}).stderr.partition(" dead")[0]


def test_what_waits_is_mapped_again_too_and_what_the_service_refused(tmp_path: Path) -> None:
    """By requests of several events, of which the positions are the same in each."""
    key = {"MAPPER_RAW_KEY": _key()}
    with serving(tmp_path, "--no-deliver", "--jobs", 1, "--keep-raw", env=key) as server:
        for number in range(3):
            events = [{**now(10 * number + place), "sum": 7 + place} for place in range(2)]
            assert server.post("/orders", events).status == 202
        assert server.end() == 0
    outbox = tmp_path / "outbox"
    before = payloads(outbox)
    assert len(before) == 6
    with closing(open_outbox(outbox)) as store:
        (account,) = [one.account for one in store.status()]
        with store.own(account):
            (chunk, *_) = store.claim(account, 2, 2**20, time.time())
            refused = tuple(Receipt(one, "refused", "rejected") for one in chunk.parcels)
            store.settle([Settlement(chunk, refused)], time.time())
    dead = counts(outbox).dead
    assert 0 < dead < 6
    fixed = tmp_path / "small.yaml"
    fixed.write_text(MAPPING.replace("event_id: id", "event_id: {from: id, apply: {prefix: n-}}"), "utf-8")
    words = ("outbox", "retry", "--mapping", fixed, "--outbox", outbox)
    ran = call(*words, env=key)
    assert f"{dead} dead letter" in ran.stderr
    assert f"{6 - dead} waiting event" in ran.stderr
    assert "mapped again: 6 waiting, 0 rejected" in ran.stderr
    assert sorted(one["event_id"] for one in payloads(outbox)) == sorted(
        f"n-{one['event_id']}" for one in [*before]
    )
    found = counts(outbox)
    assert (found.pending, found.dead, found.delivered) == (6, 0, 0)
    assert found.balanced
    # It can be mapped again any number of times, and `find` knows where each is from.
    fixed.write_text(MAPPING, "utf-8")
    assert "mapped again: 6 waiting" in call(*words, env=key).stderr
    assert len(payloads(outbox)) == 6
    assert "(request " in call("outbox", "find", "o-10", "--outbox", outbox).stdout


def test_without_keeping_them_it_is_said_that_rejected_events_cannot_be_mapped_again(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-deliver", "--jobs", 1) as server:
        assert server.post("/orders", now(1, at="never")).status == 202
        assert server.end() == 0
        assert "cannot be mapped again without --keep-raw" in server.said()
    for words in (("status",), ("dead",), ("retry",)):
        ran = call("outbox", *words, "--outbox", tmp_path / "outbox")
        assert "mapping again is impossible; `mapper serve --keep-raw` keeps such events" in ran.output
    ran = call("outbox", "retry", "--mapping", tmp_path / "small.yaml", "--outbox", tmp_path / "outbox")
    assert (ran.exit_code, "MAPPER_RAW_KEY" in ran.stderr) == (2, True)


@pytest.mark.parametrize("key", ["", "short", base64.b64encode(b"x" * 31).decode(), "%" * 44])
def test_a_key_is_32_bytes(tmp_path: Path, key: str) -> None:
    ran = subprocess.run(
        [*_words(tmp_path), "--port", "0", "--keep-raw"],
        cwd=ROOT,
        env={**os.environ, **SECRETS, "MAPPER_RAW_KEY": key},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ran.returncode, ran.stdout) == (78, "")
    assert "openssl rand -base64 32" in ran.stderr
    assert not key or key not in ran.stderr
