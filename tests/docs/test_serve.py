"""The first screen of docs/serve.md does what it says."""

from __future__ import annotations

import base64
import hmac
import re
from pathlib import Path
from typing import get_args

from mapper.serving.counting import RequestEnd
from tests.serving.server import counts, payloads, serving
from tests.support.command import ROOT, call

_PAGE = (ROOT / "docs/serve.md").read_text(encoding="utf-8")


def _written(name: str) -> str:
    """A file that the page has a reader write."""
    found = re.search(rf"cat > {re.escape(name)} <<'END'\n(.*?)\nEND", _PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_a_signed_order_is_accepted(folder: Path) -> None:
    assert call("init", "--like", "shopify-orders").exit_code == 0
    variables = re.findall(r"(\w+)=(\S+)", _PAGE.partition("\nexport ")[2].partition("\n")[0])
    order = _written("order.json").encode() + b"\n"
    signature = base64.b64encode(hmac.digest(dict(variables)["SHOPIFY_SECRET"].encode(), order, "sha256"))
    with serving(folder, "--no-deliver", intake=_written("intake.yaml"), env=dict(variables)) as server:
        headers = {"content-type": "application/json", "x-shopify-hmac-sha256": signature.decode()}
        assert server.ask("POST", "/shopify", order, headers).status == 202
        assert server.end() == 0
    assert counts(folder / "outbox").pending == 1
    [payload] = payloads(folder / "outbox")
    assert payload["custom_data"]["value"] == "10"


def test_the_page_has_each_end_that_a_request_may_have() -> None:
    table = _PAGE.partition("| `end` of `mapper_serve_requests_total` | means |")[2].partition("\n\n")[0]
    told = [one for row in table.splitlines()[2:] for one in re.findall(r"`(\w+)`", row.split("|")[1])]
    ends = {end for several in get_args(RequestEnd) for end in get_args(several)}
    assert sorted(told) == sorted({*ends, "unknown_path"})


def test_the_limits_of_the_page_are_those_of_the_server() -> None:
    from mapper.serving.client_limits import ServerLimits

    limits = ServerLimits()
    assert (limits.header_bytes, limits.header_seconds, limits.body_seconds) == (16 * 1024, 5, 30)
    assert (limits.connections, limits.per_peer, limits.idle_seconds) == (512, 64, 75)
    for told in (
        "16 KiB, within 5 s",
        "30 s, and at least 1 KiB a second",
        "512 (`--max-connections`), 64",
        "75 s",
    ):
        assert told in _PAGE
