"""The commands of the compose file run as processes, and end one signed request delivered."""

from __future__ import annotations

import json
from pathlib import Path

from tests.deploy.composed import HEALTH, SECONDS, SERVICES, SETTINGS, composed, order
from tests.support.waiting import wait_until

_FULL = 1000


def test_a_signed_request_to_the_services_of_the_compose_file_ends_delivered(tmp_path: Path) -> None:
    with composed(tmp_path) as services:
        serve, courier = services.start("serve"), services.start("courier")
        assert serve.stdout is not None
        line = serve.stdout.readline()
        assert services.port in line, services.log("serve")
        wait_until(lambda: services.is_healthy(HEALTH.values()))
        wait_until(lambda: services.is_healthy(SERVICES["courier"]["healthcheck"]["test"][1:]))
        # As many as fill a request: the courier waits for half a minute for fewer.
        assert services.post(order(0)) == 202, services.log("serve")
        assert services.post([order(number) for number in range(1, _FULL)]) == 202, services.log("serve")
        assert services.post(order(_FULL), signed=False) == 401
        wait_until(lambda: len(services.ledger.received) == _FULL)
        received = {one["custom_data"]["order_id"] for one in services.ledger.received}
        assert received == {f"o-{number}" for number in range(_FULL)}
        for process in (serve, courier):
            command = Path(f"/proc/{process.pid}/cmdline")
            if command.exists():
                assert not [value for value in SETTINGS.values() if value.encode() in command.read_bytes()]
            process.terminate()
        assert [process.wait(SECONDS) for process in (serve, courier)] == [0, 0]
        said = services.log("serve") + services.log("courier")
    assert [value for name, value in SETTINGS.items() if value in said and "ACCOUNT" not in name] == []
    for line in said.splitlines():
        json.loads(line)
