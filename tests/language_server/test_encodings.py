"""Positions are counted as the client prefers: bytes, code units or characters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pytest_lsp import LanguageClient

from mapper.authoring import Text
from mapper.language_server.positions import Positions
from tests.language_server.client import (
    CONFIG,
    SHOP,
    EditorClient,
    document,
    errors,
    open_text,
    said_of,
    start,
)

pytestmark = pytest.mark.asyncio
_PREFERRED = {
    "utf-8": ["utf-8", "utf-16"],
    "utf-16": ["utf-16", "utf-8"],
    "utf-32": ["utf-32", "utf-16"],
    "none": None,
}


@pytest_lsp.fixture(config=CONFIG, params=_PREFERRED)  # type: ignore[untyped-decorator]  # pytest-lsp does not say its type
async def client(lsp_client: LanguageClient, request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """A client that prefers an encoding, or names none."""
    started = await start(lsp_client, None, _PREFERRED[request.param])
    asked = request.param.removeprefix("none") or "utf-16"
    assert started.capabilities.position_encoding == asked
    assert isinstance(lsp_client, EditorClient)
    lsp_client.encoding = asked
    yield
    await lsp_client.shutdown_session()


async def test_places_after_wide_characters_are_right(client: EditorClient, tmp_path: Path) -> None:
    uri = (tmp_path / "shop.yaml").as_uri()
    wide = SHOP.replace("  value: total", "  content_name: {const: 'é€😀'}\n    value: total")
    text = Text("", wide.replace("{em: $email}", "{em: $email, ph: \"'é😀' && phoen\", exernal_id: id}"))
    positions = Positions(client.encoding)
    open_text(client, uri, text.content)
    [wrong] = errors(await said_of(client, uri, 1))
    at = text.content.index("exernal_id")
    assert wrong.range == positions.range(text.span(at, at + len("exernal_id")))
    at = text.content.index("phoen") + 2
    asked = lsp.HoverParams(document(uri), positions.position(text, at))
    found = await client.text_document_hover_async(asked)
    assert found is not None
    start = text.content.index("phoen")
    assert found.range == positions.range(text.span(start, start + len("phoen")))
