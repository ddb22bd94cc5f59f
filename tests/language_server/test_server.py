"""`mapper lsp` as an editor uses it: mistakes, fixes, hover, completion, definitions."""

from __future__ import annotations

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
    applied,
    change_text,
    completed,
    document,
    errors,
    hovered,
    open_text,
    place,
    said_of,
    start,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_lsp.fixture(config=CONFIG, scope="module", loop_scope="module")  # type: ignore[untyped-decorator]  # pytest-lsp does not say its type
async def client(lsp_client: LanguageClient, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    """A client of a server for all tests here; each opens texts of its own."""
    await start(lsp_client, tmp_path_factory.mktemp("project"))
    yield
    await lsp_client.shutdown_session()


def _uri(tmp_path: Path, name: str = "shop.yaml") -> str:
    return (tmp_path / name).as_uri()


async def test_a_mistake_is_said_as_it_is_typed_and_taken_back(client: EditorClient, tmp_path: Path) -> None:
    uri = _uri(tmp_path)
    open_text(client, uri, SHOP)
    assert errors(await said_of(client, uri, 1)) == []
    change_text(client, uri, 2, SHOP.replace("event_id:", "event_ids:"))
    found = errors(await said_of(client, uri, 2))
    assert [(one.code, one.source) for one in found] == [("M301", "mapper")]
    assert found[0].message == "the payload has no field `event_ids`\nhint: did you mean `event_id`?"
    assert found[0].range == lsp.Range(lsp.Position(5, 2), lsp.Position(5, 11))
    change_text(client, uri, 3, SHOP)
    assert errors(await said_of(client, uri, 3)) == []


async def test_a_schema_is_checked_as_it_is_typed_and_its_fixes_are_offered(
    client: EditorClient, tmp_path: Path
) -> None:
    (tmp_path / "schemas").mkdir()
    uri = _uri(tmp_path, "schemas/order.json")
    right = '{"type": "object", "properties": {"id": {"type": "string", "x-personal": "id"}}}'
    wrong = right.replace("x-personal", "x-persnal")
    open_text(client, uri, wrong)
    [found] = await said_of(client, uri, 1)
    assert found.code == "M331"
    at = place(wrong, "x-persnal")
    request = lsp.CodeActionParams(document(uri), lsp.Range(at, at), lsp.CodeActionContext([]))
    [action] = await client.text_document_code_action_async(request) or []
    assert isinstance(action, lsp.CodeAction)
    assert applied(wrong, action, uri) == right
    change_text(client, uri, 2, right)
    assert await said_of(client, uri, 2) == []
    change_text(client, uri, 3, right[:-1])
    assert [one.code for one in await said_of(client, uri, 3)] == ["M324"]


async def test_events_in_json_are_left_alone(client: EditorClient, tmp_path: Path) -> None:
    uri = _uri(tmp_path, "events.json")
    open_text(client, uri, '{"type": "order", "tpye": 1}')
    assert await said_of(client, uri, 1) == []


async def test_a_fix_is_offered_at_its_place_and_safe_ones_all_at_once(
    client: EditorClient, tmp_path: Path
) -> None:
    uri = _uri(tmp_path)
    right = SHOP.replace("value: total", "value: \"join(': ', tags)\"")
    wrong = right.replace('"join', "join").replace('tags)"', "tags)").replace("event_id:", "event_ids:")
    open_text(client, uri, wrong)
    await said_of(client, uri, 1)
    at = place(wrong, "event_ids")
    request = lsp.CodeActionParams(document(uri), lsp.Range(at, at), lsp.CodeActionContext([]))
    [action] = await client.text_document_code_action_async(request) or []
    assert isinstance(action, lsp.CodeAction)
    assert (action.kind, action.is_preferred) == ("quickfix", False)
    assert applied(wrong, action, uri) == wrong.replace("event_ids", "event_id")
    request.context.only = [lsp.CodeActionKind.SourceFixAll]
    [action] = await client.text_document_code_action_async(request) or []
    assert isinstance(action, lsp.CodeAction)
    assert applied(wrong, action, uri) == right.replace("event_id:", "event_ids:")


async def test_a_field_is_told_where_the_mouse_is(client: EditorClient, tmp_path: Path) -> None:
    uri = _uri(tmp_path)
    open_text(client, uri, SHOP)
    told = await hovered(client, uri, place(SHOP, "value: total"))
    assert "field `custom_data.value`" in told
    assert "`decimal" in told
    assert "(inserted)" in told
    told = await hovered(client, uri, place(SHOP, "contact]"))
    assert "field" not in told
    assert "variable `$email`" in told


async def test_attributes_are_offered_in_an_unfinished_expression(
    client: EditorClient, tmp_path: Path
) -> None:
    uri = _uri(tmp_path)
    open_text(client, uri, SHOP)
    await said_of(client, uri, 1)
    begun = SHOP.replace("value: total", "value: $em")
    change_text(client, uri, 2, begun)
    found = await completed(client, uri, place(begun, "value: $em", after=True))
    assert [one.label for one in found][:1] == ["$email"]
    edit = found[0].text_edit
    assert isinstance(edit, lsp.TextEdit)
    assert (edit.new_text, edit.range.start) == ("$email", place(begun, "$em\n"))
    begun = SHOP.replace("  user_data:", "  part\n  user_data:")
    change_text(client, uri, 3, begun)
    found = await completed(client, uri, place(begun, "  part\n", after=False).__class__(8, 6))
    assert found[0].label == "partner_name"


async def test_a_variable_leads_to_its_definition_and_to_its_uses(
    client: EditorClient, tmp_path: Path
) -> None:
    uri = _uri(tmp_path)
    open_text(client, uri, SHOP)
    at = place(SHOP, "$email")
    found = await client.text_document_definition_async(lsp.DefinitionParams(document(uri), at))
    begins = place(SHOP, "email: {from")
    where = lsp.Location(uri, lsp.Range(begins, lsp.Position(begins.line, begins.character + 5)))
    assert found == where
    context = lsp.ReferenceContext(include_declaration=True)
    uses = await client.text_document_references_async(lsp.ReferenceParams(context, document(uri), at))
    assert uses is not None
    assert [one.range.start for one in uses] == [begins, at]


async def test_other_yaml_is_left_alone(client: EditorClient, tmp_path: Path) -> None:
    uri = _uri(tmp_path, "docker-compose.yaml")
    text = "version: '3'\nservices:\n  web: {image: nginx}\n"
    open_text(client, uri, text)
    assert await said_of(client, uri, 1) == []
    at = lsp.Position(0, 3)
    assert await client.text_document_hover_async(lsp.HoverParams(document(uri), at)) is None
    assert await client.text_document_completion_async(lsp.CompletionParams(document(uri), at)) is None


async def test_the_entries_of_a_server_are_checked_too(client: EditorClient, tmp_path: Path) -> None:
    uri = _uri(tmp_path, "intake.yaml")
    open_text(client, uri, "version: 1\nentries:\n  /shop: {maping: shop.yaml, token: $TOKEN}\n")
    codes = {one.code for one in errors(await said_of(client, uri, 1))}
    assert codes
    assert all(str(code).startswith("M7") for code in codes)


async def test_an_unsaved_text_of_an_extended_file_counts(client: EditorClient, tmp_path: Path) -> None:
    base, shop = tmp_path / "base.yaml", tmp_path / "extending.yaml"
    whole = "version: 1\ntarget: pinterest/conversions-v5\npartial: true\nlet: {email: customer.email}\n"
    base.write_text(whole, encoding="utf-8")
    text = SHOP.replace("let:\n  email: {from: [customer.email, contact]}\n", "extends: base.yaml\n")
    shop.write_text(text, encoding="utf-8")
    open_text(client, shop.as_uri(), text)
    assert errors(await said_of(client, shop.as_uri(), 1)) == []
    at = lsp.DefinitionParams(document(shop.as_uri()), place(text, "$email"))
    found = await client.text_document_definition_async(at)
    begins = place(whole, "email: ")
    ends = lsp.Position(begins.line, begins.character + 5)
    assert found == lsp.Location(base.as_uri(), lsp.Range(begins, ends))
    client.published.clear()
    open_text(client, base.as_uri(), whole.replace("email:", "mail:"))
    [wrong] = errors(await said_of(client, shop.as_uri(), 1))
    assert "$email" in wrong.message


async def test_what_only_a_mapping_finds_in_its_base_is_said_there(
    client: EditorClient, tmp_path: Path
) -> None:
    base, shop = tmp_path / "wrong-base.yaml", tmp_path / "of-wrong-base.yaml"
    base.write_text("version: 1\npartial: true\nlet: {email: 'customer.'}\n", encoding="utf-8")
    text = SHOP.replace("let:\n  email: {from: [customer.email, contact]}\n", "extends: wrong-base.yaml\n")
    open_text(client, shop.as_uri(), text)
    assert errors(await said_of(client, base.as_uri())) != []
    client.text_document_did_close(lsp.DidCloseTextDocumentParams(document(shop.as_uri())))
    client.published.clear()
    assert await said_of(client, base.as_uri()) == []


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
async def test_lines_may_end_in_other_ways(client: EditorClient, tmp_path: Path, ends: str) -> None:
    uri = _uri(tmp_path)
    text = SHOP.replace("event_id:", "event_ids:").replace("\n", ends)
    open_text(client, uri, text)
    [wrong] = errors(await said_of(client, uri, 1))
    assert wrong.range == lsp.Range(lsp.Position(5, 2), lsp.Position(5, 11))


_HOSTILE = {
    "deep": "payload: {event_id: '" + "(" * 5000 + "'}",
    "wide": "payload: {event_id: '" + " || ".join(["a"] * 5000) + "'}",
    "half": 'payload: {event_id: "\ud83d"}',
    "brackets": "[" * 20_000,
    "filter": "payload: {event_id: 'a" + "[?b == `1`]" * 2000 + ".'}",
}


@pytest.mark.parametrize("name", _HOSTILE)
async def test_a_hostile_text_does_not_stop_the_server(
    client: EditorClient, tmp_path: Path, name: str
) -> None:
    uri = _uri(tmp_path, f"{name}.yaml")
    text = f"version: 1\ntarget: pinterest/conversions-v5\nmatch: type\n{_HOSTILE[name]}"
    open_text(client, uri, text)
    assert errors(await said_of(client, uri, 1)) != []
    at = lsp.Position(3, len(_HOSTILE[name]) - 2)
    await client.text_document_completion_async(lsp.CompletionParams(document(uri), at))
    await client.text_document_hover_async(lsp.HoverParams(document(uri), at))
