"""A client of the language server, and mappings that the tests open in it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.protocol import default_converter
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

from mapper.authoring import Text

PATIENCE_SECONDS = 60.0
_PUBLISHED = lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS

COMMAND = [sys.executable, "-m", "mapper", "lsp"]

SHOP = """\
version: 1
target: pinterest/conversions-v5
let:
  email: {from: [customer.email, contact]}
payload:
  event_id: id
  event_time: time
  action_source: {const: web}
  user_data: {em: $email}
  custom_data:
    value: total
    currency: {const: USD}
otherwise: {send: checkout}
tests:
  - name: an order
    given: {id: o-1, time: 1777629600, contact: Ada@Example.com, total: 9.5}
    expect: {custom_data: {value: "9.5"}}
"""


class EditorClient(LanguageClient):
    """A client that keeps what it was told last of each text, with the version."""

    def __init__(self) -> None:
        super().__init__(converter_factory=default_converter)
        self.encoding = "utf-16"
        self.published: dict[str, lsp.PublishDiagnosticsParams] = {}
        self.is_told = asyncio.Event()
        features = {name: one for name, one in DEFAULT_CLIENT_FEATURES.items() if name != _PUBLISHED}
        register_lsp_features(self, features)
        self.feature(_PUBLISHED)(_kept)
        self.registered: list[lsp.Registration] = []
        self.feature(lsp.CLIENT_REGISTER_CAPABILITY)(_registered)
        self.presses = ""
        self.feature(lsp.WINDOW_SHOW_MESSAGE_REQUEST)(_pressed)


def _kept(client: EditorClient, params: lsp.PublishDiagnosticsParams) -> None:
    client.published[params.uri] = params
    client.is_told.set()


def _registered(client: EditorClient, params: lsp.RegistrationParams) -> None:
    client.registered += params.registrations


def _pressed(client: EditorClient, params: lsp.ShowMessageRequestParams) -> lsp.MessageActionItem | None:
    return next((one for one in params.actions or () if one.title == client.presses), None)


CONFIG = ClientServerConfig(server_command=COMMAND, client_factory=EditorClient)


async def start(client: LanguageClient, folder: Path | None, encodings: list[str] | None = None) -> Any:
    """Initialise a session, with the encodings of positions that a client can offer."""
    capabilities = client_capabilities("visual_studio_code")
    if encodings is not None:
        assert capabilities.general is not None
        capabilities.general.position_encodings = list(map(lsp.PositionEncodingKind, encodings))
    folders = None if folder is None else [lsp.WorkspaceFolder(folder.as_uri(), folder.name)]
    uri = None if folder is None else folder.as_uri()
    params = lsp.InitializeParams(capabilities, root_uri=uri, workspace_folders=folders)
    return await client.initialize_session(params)


def open_text(client: LanguageClient, uri: str, text: str, language: str = "yaml") -> None:
    """Open a text in the editor."""
    item = lsp.TextDocumentItem(uri, language, 1, text)
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))


def change_text(client: LanguageClient, uri: str, version: int, text: str) -> None:
    """Change the whole of an open text."""
    document = lsp.VersionedTextDocumentIdentifier(version, uri)
    change = lsp.TextDocumentContentChangeWholeDocument(text)
    client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, [change]))


async def said_of(client: EditorClient, uri: str, version: int | None = None) -> list[lsp.Diagnostic]:
    """The diagnostics of a text, once they are those of a version of it."""
    while True:
        client.is_told.clear()
        told = client.published.get(uri)
        if told is not None and (version is None or told.version == version):
            return [*told.diagnostics]
        await asyncio.wait_for(client.is_told.wait(), PATIENCE_SECONDS)


def errors(found: list[lsp.Diagnostic]) -> list[lsp.Diagnostic]:
    """Those that stop a build."""
    return [one for one in found if one.severity == lsp.DiagnosticSeverity.Error]


def place(text: str, mark: str, *, after: bool = False) -> lsp.Position:
    """The position of the only place of some characters, in UTF-16 code units; after them if so asked."""
    assert text.count(mark) == 1, mark
    at = text.index(mark) + len(mark) * after
    before = text[:at].splitlines(keepends=True) or [""]
    line = len(before) - (not before[-1].endswith(("\n", "\r")))
    last = "" if line == len(before) else before[-1]
    return lsp.Position(line, len(last.encode("utf-16-le")) // 2)


def document(uri: str) -> lsp.TextDocumentIdentifier:
    """The open text of an address, as requests name it."""
    return lsp.TextDocumentIdentifier(uri)


def applied(text: str, action: lsp.CodeAction, uri: str) -> str:
    """A text after an action that edits nothing else."""
    assert action.edit is not None
    assert action.edit.changes is not None
    assert [*action.edit.changes] == [uri]
    lines = Text("", text).utf16
    edits = sorted(action.edit.changes[uri], key=lambda one: lines.offset_at(*_numbers(one.range.start)))
    for one in reversed(edits):
        start, end = (lines.offset_at(*_numbers(at)) for at in (one.range.start, one.range.end))
        text = text[:start] + one.new_text + text[end:]
    return text


def _numbers(at: lsp.Position) -> tuple[int, int]:
    return at.line, at.character


async def hovered(client: LanguageClient, uri: str, at: lsp.Position) -> str:
    """The Markdown that is shown of a place."""
    found = await client.text_document_hover_async(lsp.HoverParams(document(uri), at))
    assert found is not None
    assert isinstance(found.contents, lsp.MarkupContent)
    assert found.range is not None
    return found.contents.value


async def completed(client: LanguageClient, uri: str, at: lsp.Position) -> list[lsp.CompletionItem]:
    """What is offered at a place."""
    found = await client.text_document_completion_async(lsp.CompletionParams(document(uri), at))
    assert isinstance(found, lsp.CompletionList)
    return [*found.items]


def applied_all(texts: dict[str, str], edit: lsp.WorkspaceEdit) -> dict[str, str]:
    """The texts at some addresses after an edit that changes all of them."""
    assert edit.changes is not None
    assert edit.changes.keys() == texts.keys()
    one = {uri: lsp.CodeAction("", edit=lsp.WorkspaceEdit(changes={uri: edit.changes[uri]})) for uri in texts}
    return {uri: applied(text, one[uri], uri) for uri, text in texts.items()}
