"""A service that takes all and looks at nothing. It is given a port, 0 for any, and prints its address."""

from __future__ import annotations

import asyncio
import json
import sys
from functools import lru_cache

_MOST_BYTES = 4 * 2**20


@lru_cache
def _answer(events: int) -> bytes:
    """The answer that so many events were processed."""
    entries = [{"status": "processed", "error_message": "", "warning_message": ""}] * events
    said = {"num_events_received": events, "num_events_processed": events, "events": entries}
    body = json.dumps(said).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % len(body) + body


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(length)
            writer.write(_answer(body.count(b'"event_id":')))
            await writer.drain()
            if b"connection: close" in head:
                break
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def main(port: int) -> None:
    """Serve on a port of this machine."""
    server = await asyncio.start_server(_serve, "127.0.0.1", port, limit=_MOST_BYTES)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v5", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
