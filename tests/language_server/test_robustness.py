"""What goes wrong in the server stays one error, and no value of a person is in it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from mapper.authoring import Analysis
from mapper.language_server.editor_server import MappingServer, ServerOptions
from mapper.language_server.features import new_server
from tests.language_server.client import SHOP

_CANARY = "ada.canary@example.com"
_URI = "file:///nowhere/mappings/shop.yaml"
_TEXT = SHOP.replace("Ada@Example.com", _CANARY)


class _Session:
    """A server in a process of its own, to which whole messages are written; its stderr is kept."""

    def __init__(self, code: str = "from mapper.__main__ import main; main()") -> None:
        words = [sys.executable, "-c", f"import sys; sys.argv = ['mapper', 'lsp']; {code}"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe)
        self.messages: list[dict[str, Any]] = []

    def send(self, method: str, params: Any, number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        self.write(json.dumps(message if number is None else {**message, "id": number}).encode())

    def write(self, body: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def start(self) -> None:
        self.send("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, 1)
        self.send("initialized", {})
        document = {"uri": _URI, "languageId": "yaml", "version": 1, "text": _TEXT}
        self.send("textDocument/didOpen", {"textDocument": document})

    def answer(self, number: int) -> dict[str, Any]:
        """The answer to a request, once it is there."""
        while True:
            found = next(
                (one for one in self.messages if one.get("id") == number and "method" not in one), None
            )
            if found is not None:
                return found
            self.messages.append(self._next())

    def _next(self) -> dict[str, Any]:
        """The next message; nothing else is on stdout."""
        assert self.process.stdout is not None
        head = [self.process.stdout.readline() for _ in range(3)]
        assert head[0].startswith(b"Content-Length: "), head
        assert head[1:] == [b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n", b"\r\n"]
        message: dict[str, Any] = json.loads(self.process.stdout.read(int(head[0].partition(b": ")[2])))
        return message

    def ended(self) -> tuple[str, int]:
        """The stderr, and the exit status, once the server was told to end."""
        self.send("shutdown", None, 99)
        self.answer(99)
        self.send("exit", None)
        _, errors = self.process.communicate(timeout=60)
        return errors.decode(), self.process.returncode


_AT = {"textDocument": {"uri": _URI}, "position": {"line": 7, "character": 20}}
_BREAKING = """
from mapper.analysis import Analysis
def at(self, offset, event=None, meta=None):
    print("on stdout")
    raise KeyError(str(event))
Analysis.at = at
from mapper.__main__ import main
main()
"""


def test_a_request_that_fails_is_an_error_without_a_value_and_the_next_one_is_answered() -> None:
    session = _Session(f"exec({_BREAKING!r})")
    session.start()
    session.send("textDocument/hover", _AT, 2)
    session.send("textDocument/documentSymbol", {"textDocument": {"uri": _URI}}, 3)
    failed = session.answer(2)["error"]
    assert failed["message"] == "a mistake of the server's own: KeyError"
    assert "data" not in failed
    assert [one["name"] for one in session.answer(3)["result"]][:2] == ["version", "target"]
    errors, status = session.ended()
    assert errors.count("internal error: KeyError at ") == 1
    assert _CANARY not in errors + json.dumps(session.messages)
    assert status == 0


_UNREADABLE = (
    "{",
    "[]",
    '{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"text": "%s"}}',
    '{"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {"contentChanges": "%s"}}',
    '{"jsonrpc": "2.0", "method": "nothing/like", "params": {"text": "%s"}}',
    '{"jsonrpc": "2.0", "id": 8, "method": "textDocument/hover", "params": {"text": "%s"}}',
    '{"jsonrpc": "2.0", "id": 9, "method": "workspace/executeCommand", "params": {"command": "%s"}}',
)


def test_messages_that_cannot_be_read_end_nothing_and_are_not_repeated_on_stderr() -> None:
    session = _Session()
    session.start()
    for number, body in enumerate(_UNREADABLE, 20):
        session.write(body.replace("%s", _CANARY).encode())
        session.send("textDocument/documentSymbol", {"textDocument": {"uri": _URI}}, number)
        assert session.answer(number)["result"], body
    errors, status = session.ended()
    assert _CANARY not in errors
    assert "Traceback" not in errors
    assert status == 0


def test_it_ends_where_its_editor_is_gone() -> None:
    session = _Session()
    session.start()
    session.answer(1)
    _, errors = session.process.communicate(timeout=60)
    assert errors == b""


def test_no_value_of_a_person_is_in_what_is_shown() -> None:
    """Every hover, hint and completion of the mapping, whose sample has the canary."""
    session = _Session()
    session.start()
    numbers = count(10)
    for line, text in enumerate(_TEXT.partition("tests:")[0].split("\n")):
        for character in range(0, len(text) + 1, 3):
            place = {"textDocument": {"uri": _URI}, "position": {"line": line, "character": character}}
            session.send("textDocument/hover", place, next(numbers))
            session.send("textDocument/completion", place, next(numbers))
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    session.send("textDocument/inlayHint", {"textDocument": {"uri": _URI}, "range": whole}, 2)
    session.send("workspace/executeCommand", {"command": "mapper.runTests", "arguments": [_URI]}, 3)
    assert len(session.answer(2)["result"]) > 3
    assert session.answer(3)["result"]["ok"] is True
    session.answer(next(numbers) - 1)
    told = json.dumps(session.messages)
    assert told.count("For the sample") > 10
    errors, _ = session.ended()
    assert "canary" not in told + errors


def test_without_the_extra_one_sentence_says_what_to_install() -> None:
    code = "sys.modules['pygls'] = None; from mapper.__main__ import main; main()"
    session = _Session(code)
    out, errors = session.process.communicate(timeout=60)
    assert out == b""
    said = "mapper: `mapper lsp` needs more packages: pip install 'pinterest-capi-mapper[lsp]'"
    assert errors.decode().strip() == said
    assert session.process.returncode == 78


@pytest.mark.asyncio
async def test_a_check_that_is_out_of_date_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many changes in a row few are checked, and the last one is."""
    server: MappingServer = new_server(ServerOptions())
    published: list[int | None] = []
    monkeypatch.setattr(
        server, "text_document_publish_diagnostics", lambda said: published.append(said.version)
    )
    checked: list[str] = []
    diagnostics = Analysis.diagnostics

    def counted(analysis: Analysis) -> Any:
        checked.append(analysis.text.content)
        return diagnostics.__get__(analysis)

    monkeypatch.setattr(Analysis, "diagnostics", property(counted))
    server.protocol._workspace = type("_Workspace", (), {"position_encoding": "utf-16"})()
    document = server.documents.open(_URI, "yaml", 0, _TEXT)
    for version in range(1, 50):
        server.documents.change(_URI, version, f"{_TEXT}# {version}\n")
        server.check_soon(document)
    for _ in range(1000):
        if published[-1:] == [49]:
            break
        await asyncio.sleep(0.02)
    assert published == [49]
    assert len(checked) == 1
    server.forget_check(_URI)


def test_the_schemas_of_a_folder_can_be_the_only_ones(tmp_path: Path) -> None:
    server = new_server(ServerOptions(schemas=str(tmp_path)))
    document = server.documents.open(_URI, "yaml", 0, _TEXT)
    codes = {one.code for one in server.documents.analysis(document).diagnostics}
    assert "M306" in codes
