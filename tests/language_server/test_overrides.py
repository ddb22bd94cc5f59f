"""An editor says what a part of a mapping overrides, and goes there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pytest_lsp import LanguageClient

from tests.language_server.client import (
    CONFIG,
    SHOP,
    EditorClient,
    document,
    hovered,
    open_text,
    place,
    start,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

_BASE = "version: 1\npartial: true\nlet: {email: mail}\npayload:\n  event_id: number\n  partner_name: maker\n"


@pytest_lsp.fixture(config=CONFIG, scope="module", loop_scope="module")  # type: ignore[untyped-decorator]  # pytest-lsp does not say its type
async def client(lsp_client: LanguageClient, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    """A client of a server for all tests here; each opens texts of its own."""
    await start(lsp_client, tmp_path_factory.mktemp("project"))
    yield
    await lsp_client.shutdown_session()


@pytest.mark.parametrize(("mark", "line"), [("event_id:", 4), ("email: {", 2)])
async def test_a_key_says_what_it_overrides_and_leads_there(
    client: EditorClient, tmp_path: Path, mark: str, line: int
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "base.yaml").write_text(_BASE)
    text = SHOP.replace("target:", "extends: base.yaml\ntarget:")
    file = tmp_path / "shop.yaml"
    file.write_text(text)
    open_text(client, file.as_uri(), text)
    at = place(text, mark)
    told = await hovered(client, file.as_uri(), at)
    assert re.search(rf"overrides `\S*base\.yaml:{line + 1}`", told), told
    found = await client.text_document_declaration_async(lsp.DeclarationParams(document(file.as_uri()), at))
    assert isinstance(found, list)
    assert [one.range.start.line for one in found if isinstance(one, lsp.Location)] == [line]
    assert [one.uri for one in found if isinstance(one, lsp.Location)] == [(tmp_path / "base.yaml").as_uri()]


async def test_a_key_that_overrides_nothing_leads_nowhere(client: EditorClient, tmp_path: Path) -> None:
    uri = (tmp_path / "shop.yaml").as_uri()
    open_text(client, uri, SHOP)
    at = place(SHOP, "event_id:")
    assert "overrides" not in await hovered(client, uri, at)
    assert not await client.text_document_declaration_async(lsp.DeclarationParams(document(uri), at))
