"""`mapper lsp` as an editor uses it: mistakes, fixes, hover, completion, definitions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pytest_lsp import LanguageClient

from mapper.authoring import Text, formatted
from tests.language_server.client import (
    CONFIG,
    SHOP,
    EditorClient,
    applied,
    applied_all,
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


async def test_a_call_amid_an_expression_within_brackets_puts_it_in_quotes(
    client: EditorClient, tmp_path: Path
) -> None:
    uri = _uri(tmp_path)
    begun = SHOP.replace("value: total", "value: {from: [total || trun]}")
    open_text(client, uri, begun)
    found = await completed(client, uri, place(begun, "total || trun", after=True))
    (one,) = [one for one in found if one.label == "truncate"]
    assert isinstance(one.text_edit, lsp.TextEdit)
    assert one.text_edit.new_text == 'truncate()"'
    start = place(begun, "total || trun")
    assert [*(one.additional_text_edits or ())] == [lsp.TextEdit(lsp.Range(start, start), '"')]


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


async def test_uses_of_a_variable_are_marked_in_the_text(client: EditorClient, tmp_path: Path) -> None:
    uri = _uri(tmp_path)
    open_text(client, uri, SHOP)
    at = place(SHOP, "$email")
    found = await client.text_document_document_highlight_async(
        lsp.DocumentHighlightParams(document(uri), at)
    )
    assert found is not None
    assert [one.range.start for one in found] == [place(SHOP, "email: {from"), at]
    nothing = lsp.DocumentHighlightParams(document(uri), lsp.Position(0, 0))
    assert not await client.text_document_document_highlight_async(nothing)


async def test_parts_and_comments_can_be_folded(client: EditorClient, tmp_path: Path) -> None:
    uri = _uri(tmp_path)
    text = f"# one\n# two\n{SHOP}"
    open_text(client, uri, text)
    found = await client.text_document_folding_range_async(lsp.FoldingRangeParams(document(uri)))
    assert found is not None
    lines = text.splitlines()
    assert (found[0].start_line, found[0].end_line, found[0].kind) == (0, 1, lsp.FoldingRangeKind.Comment)
    folded = {lines[one.start_line].strip(): lines[one.end_line] for one in found}
    assert {"let:", "payload:"} <= {*folded}
    assert all(end.strip() for end in folded.values())


async def test_a_mapping_is_laid_out(client: EditorClient, tmp_path: Path) -> None:
    uri = _uri(tmp_path, "shop.yaml")
    text = SHOP.replace("payload:\n", "payload:   \n\n\n", 1)
    open_text(client, uri, text)
    options = lsp.FormattingOptions(tab_size=2, insert_spaces=True)
    asked = lsp.DocumentFormattingParams(document(uri), options)
    edits = await client.text_document_formatting_async(asked)
    assert edits
    changed = applied_all({uri: text}, lsp.WorkspaceEdit(changes={uri: [*edits]}))
    assert changed == {uri: formatted(Text("shop.yaml", text)).content}
    client.published.clear()
    open_text(client, _uri(tmp_path, "broken.yaml"), "version: 1\ntarget: [a\npayload: {}\n")
    asked = lsp.DocumentFormattingParams(document(_uri(tmp_path, "broken.yaml")), options)
    assert await client.text_document_formatting_async(asked) is None


async def test_some_lines_are_laid_out_and_the_one_that_was_just_ended(
    client: EditorClient, tmp_path: Path
) -> None:
    uri = _uri(tmp_path, "shop.yaml")
    text = SHOP.replace("event_id: id", "event_id:   id").replace("value: total", "value:   total")
    open_text(client, uri, text)
    options = lsp.FormattingOptions(tab_size=2, insert_spaces=True)
    line = place(text, "value:   total").line
    within = lsp.Range(lsp.Position(line, 0), lsp.Position(line, 5))
    ranged = await client.text_document_range_formatting_async(
        lsp.DocumentRangeFormattingParams(document(uri), within, options)
    )
    typed = await client.text_document_on_type_formatting_async(
        lsp.DocumentOnTypeFormattingParams(document(uri), lsp.Position(line + 1, 0), "\n", options)
    )
    for edits in (ranged, typed):
        assert edits
        changed = applied_all({uri: text}, lsp.WorkspaceEdit(changes={uri: [*edits]}))
        assert changed == {uri: text.replace("value:   total", "value: total")}


async def test_a_line_alone_is_not_laid_out_where_that_would_say_something_else(
    client: EditorClient, tmp_path: Path
) -> None:
    uri = _uri(tmp_path, "shop.yaml")
    head, _, rest = SHOP.partition("payload:\n")
    deep = "payload:\n    event_id: id\n# when\n    event_time: time\n"
    text = f"{head}{deep}otherwise{rest.partition('otherwise')[2]}"
    open_text(client, uri, text)
    options = lsp.FormattingOptions(tab_size=2, insert_spaces=True)
    line = place(text, "    event_time").line
    for at in (line, line - 2):
        asked = lsp.DocumentOnTypeFormattingParams(document(uri), lsp.Position(at + 1, 0), "\n", options)
        assert not await client.text_document_on_type_formatting_async(asked)
    whole = lsp.DocumentFormattingParams(document(uri), options)
    assert await client.text_document_formatting_async(whole)


async def test_names_have_colours_by_their_kind(client: EditorClient, tmp_path: Path) -> None:
    uri = _uri(tmp_path)
    text = SHOP.replace("value: total", "value: {from: total, apply: number}  # \N{PARTY POPPER}")
    open_text(client, uri, text)
    asked = lsp.SemanticTokensParams(document(uri))
    found = await client.text_document_semantic_tokens_full_async(asked)
    assert found is not None
    legend = ["property", "class", "function", "macro", "variable"]
    lines, line, character = text.splitlines(), 0, 0
    told = []
    for at in range(0, len(found.data), 5):
        down, right, length, kind, declares = found.data[at : at + 5]
        line, character = line + down, right + character * (not down)
        told.append((lines[line][character : character + length], legend[kind], declares))
    assert told[:4] == [
        ("email", "variable", 1),
        ("customer", "property", 0),
        ("email", "property", 0),
        ("contact", "property", 0),
    ]
    assert ("user_data", "class", 0) in told
    assert ("$email", "variable", 0) in told
    assert ("number", "macro", 0) in told
    broken = _uri(tmp_path, "mappings/broken.yaml")
    open_text(client, broken, "version: 1\ntarget: a\npayload: {event_id: [a\n")
    asked = lsp.SemanticTokensParams(document(broken))
    with pytest.raises(JsonRpcException, match="cannot be read"):
        await client.text_document_semantic_tokens_full_async(asked)


async def test_a_call_is_helped_while_it_is_written(client: EditorClient, tmp_path: Path) -> None:
    uri = _uri(tmp_path)
    text = SHOP.replace("value: total", "value: substring(code, ")
    open_text(client, uri, text)
    at = place(text, "substring(code, ", after=True)
    found = await client.text_document_signature_help_async(lsp.SignatureHelpParams(document(uri), at))
    assert found is not None
    [told] = found.signatures
    assert (told.label, found.active_parameter) == ("substring(value, start, [end])", 1)
    assert told.parameters
    assert told.label[slice(*told.parameters[1].label)] == "start"
    assert isinstance(told.documentation, lsp.MarkupContent)
    outside = lsp.SignatureHelpParams(document(uri), place(text, "event_time: ", after=True))
    assert await client.text_document_signature_help_async(outside) is None


async def test_the_policy_of_a_repository_is_checked_too(client: EditorClient, tmp_path: Path) -> None:
    uri = _uri(tmp_path, "mapper.yaml")
    open_text(client, uri, "version: 1\nfolders: {mappings: {ownr: shop}}\n")
    assert [one.code for one in errors(await said_of(client, uri, 1))] == ["M801"]


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


async def test_a_table_that_a_mapping_names_is_no_broken_mapping(
    client: EditorClient, tmp_path: Path
) -> None:
    (tmp_path / ".git").mkdir(exist_ok=True)
    folder = tmp_path / "mappings"
    folder.mkdir(exist_ok=True)
    table, other, shop = (folder / name for name in ("table.yaml", "other.yaml", "looks-up.yaml"))
    for file in (table, other):
        file.write_text("A-1: Shoes\n", encoding="utf-8")
    shop.write_text(f"{SHOP}tables: {{categories: {{file: table.yaml}}}}\n", encoding="utf-8")
    for file, wrong in ((table, []), (other, ["M040"])):
        open_text(client, file.as_uri(), "A-1: Shoes\n")
        assert [one.code for one in errors(await said_of(client, file.as_uri(), 1))] == wrong


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
