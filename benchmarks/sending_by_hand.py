"""A sender as most people write it: the same mapping, a loop of requests, and nothing that survives it.

`sending_by_hand.py FILE URL`. A thousand payloads a request, one after the other, on one connection that is
kept; an answer that is not 200 ends it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import httpx

from mapper import compile_mapping
from mapper.runtime.decode import encode_decoded

_BATCH = 1000


def main(path: str, url: str) -> None:
    """Send a file."""
    program = compile_mapping(Path(__file__).with_name("mapping.yaml"))
    account, token = os.environ["PINTEREST_AD_ACCOUNT_ID"], os.environ["PINTEREST_ACCESS_TOKEN"]
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    waiting: list[bytes] = []
    with httpx.Client(headers=headers, timeout=60) as client, open(path, "rb") as file:

        def send() -> None:
            body = b'{"data":[' + b",".join(waiting) + b"]}"
            client.post(f"{url}/ad_accounts/{account}/events", content=body).raise_for_status()
            waiting.clear()

        for line in file:
            for outcome in program.apply_json(line.rstrip(b"\n")):
                if outcome.payload is not None:
                    waiting.append(encode_decoded(outcome.payload))
            if len(waiting) >= _BATCH:
                send()
        if waiting:
            send()


if __name__ == "__main__":
    main(*sys.argv[1:])
