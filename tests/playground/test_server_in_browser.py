"""Another site that is open in the same browser learns nothing of a playground, and changes nothing."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mapper.playground.local_server import serving
from tests.support.command import MAPPING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_TRIES = """
async ([address, question]) => {
  const told = {};
  const headers = { "Content-Type": "application/json", "X-Playground-Token": "0".repeat(32) };
  const asked = { method: "POST", body: question };
  const ways = {
    page: [address, {}],
    asked: [`${address}api/ask`, { ...asked, headers }],
    simple: [`${address}api/ask`, { ...asked, headers: { "Content-Type": "text/plain" } }],
    unread: [`${address}api/ask`, { ...asked, mode: "no-cors" }],
  };
  for (const [name, [url, options]] of Object.entries(ways)) {
    try {
      const answer = await fetch(url, options);
      told[name] = `${answer.type} ${await answer.text()}`;
    } catch (error) {
      told[name] = String(error.name);
    }
  }
  const frame = document.createElement("iframe");
  frame.src = address;
  const loaded = new Promise((done) => { frame.onload = done; frame.onerror = done; });
  document.body.append(frame);
  await Promise.race([loaded, new Promise((done) => setTimeout(done, 3000))]);
  try {
    told.frame = frame.contentDocument === null ? "closed" : frame.contentDocument.body.innerText;
  } catch (error) {
    told.frame = String(error.name);
  }
  const form = document.createElement("form");
  const action = `${address}api/ask`;
  Object.assign(form, { method: "POST", action, enctype: "text/plain", target: "other" });
  const field = document.createElement("input");
  Object.assign(field, { name: question.slice(0, -1) + ', "rest": "', value: '"}' });
  form.append(field);
  document.body.append(form);
  form.submit();
  return told;
}
"""


@contextmanager
def other_site() -> Iterator[str]:
    """The address of a page of somebody else's on this machine."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>other</title><body>other")

        def log_message(self, *values: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_another_site_reads_nothing_and_saves_nothing(started_browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(MAPPING, encoding="utf-8")
    question = json.dumps({"ask": "save", "path": "new.yaml", "text": "stolen", "read": ""})
    with serving(tmp_path, 0) as url, other_site() as other:
        context = started_browser.new_context()
        tab = context.new_page()
        tab.goto(other)
        told = tab.evaluate(_TRIES, [url, question])
        tab.wait_for_timeout(300)
        context.close()
    assert {told[one] for one in ("page", "asked", "simple")} == {"TypeError"}
    assert told["unread"] in ("opaque ", "TypeError")
    assert "playground" not in told["frame"].lower()
    assert [one.name for one in tmp_path.iterdir()] == ["shop.yaml"]
    assert file.read_text(encoding="utf-8") == MAPPING
