"""`mapper lsp` for who writes a mapping: renaming, outline, tests, samples and their values."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pytest_lsp import LanguageClient

from mapper.project.project import READ_SUFFIXES
from tests.language_server.client import (
    CONFIG,
    SHOP,
    EditorClient,
    applied_all,
    change_text,
    completed,
    document,
    hovered,
    open_text,
    place,
    said_of,
    start,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
_BASE = """\
version: 1
partial: true
expects: [email]
payload:
  event_id: id
  event_time: time
  action_source: {const: web}
  user_data: {em: $email}
"""
_SHOP = """\
version: 1
target: pinterest/conversions-v5
extends: base.yaml
let:
  "email": contact
payload:
  custom_data: {num_items: {from: "length(lines)", when: "$email != 'x'"}}
otherwise: {send: checkout}
"""


@pytest_lsp.fixture(config=CONFIG, scope="module", loop_scope="module")  # type: ignore[untyped-decorator]  # pytest-lsp does not say its type
async def client(lsp_client: LanguageClient, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    """A client of a server for all tests here; no folder is open, so each file has a project of its own."""
    await start(lsp_client, None)
    yield
    await lsp_client.shutdown_session()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a base and three mappings, of which two use its variable."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "base.yaml").write_text(_BASE, encoding="utf-8")
    (tmp_path / "shop.yaml").write_text(_SHOP, encoding="utf-8")
    (tmp_path / "other.yaml").write_text(_SHOP.replace("contact", "mail"), encoding="utf-8")
    (tmp_path / "alone.yaml").write_text(SHOP, encoding="utf-8")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "theirs.yaml").write_text(_SHOP.replace("base", "../base"), encoding="utf-8")
    return tmp_path


async def _execute(client: EditorClient, command: str, *arguments: Any) -> Any:
    params = lsp.ExecuteCommandParams(command, [*arguments])
    return await client.workspace_execute_command_async(params)


async def test_a_variable_is_renamed_in_all_files_that_share_it(client: EditorClient, project: Path) -> None:
    uri = (project / "shop.yaml").as_uri()
    open_text(client, uri, _SHOP)
    at = place(_SHOP, "$email")
    prepared = await client.text_document_prepare_rename_async(lsp.PrepareRenameParams(document(uri), at))
    assert isinstance(prepared, lsp.PrepareRenamePlaceholder)
    assert prepared.placeholder == "email"
    begins = lsp.Position(at.line, at.character + 1)
    assert prepared.range == lsp.Range(begins, lsp.Position(at.line, at.character + 6))
    edit = await client.text_document_rename_async(lsp.RenameParams(document(uri), at, "buyer"))
    assert edit is not None
    texts = {
        one: (project / one).read_text(encoding="utf-8") for one in ("base.yaml", "shop.yaml", "other.yaml")
    }
    by_uri = {(project / name).as_uri(): text for name, text in texts.items()}
    renamed = {(project / name).as_uri(): text.replace("email", "buyer") for name, text in texts.items()}
    assert applied_all(by_uri, edit) == renamed


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("two words", "cannot be read as `$name`"),
        ("event", "is a built-in variable"),
        ("taken", "there is already a variable `taken`"),
    ],
)
async def test_a_name_that_cannot_be_is_refused(
    client: EditorClient, tmp_path: Path, name: str, why: str
) -> None:
    uri = (tmp_path / "shop.yaml").as_uri()
    text = SHOP.replace("let:\n", "let:\n  taken: id\n")
    open_text(client, uri, text)
    with pytest.raises(JsonRpcException, match=why.replace("$", r"\$")):
        await client.text_document_rename_async(lsp.RenameParams(document(uri), place(text, "$email"), name))
    at = place(text, "event_id")
    assert await client.text_document_prepare_rename_async(lsp.PrepareRenameParams(document(uri), at)) is None


async def test_the_parts_of_a_mapping_are_listed_also_with_errors(
    client: EditorClient, tmp_path: Path
) -> None:
    uri = (tmp_path / "shop.yaml").as_uri()
    text = SHOP.replace("value: total", "value: 'total['").replace(
        "otherwise:", "match: type\nevents:\n  - {is: signup, send: signup}\notherwise:"
    )
    open_text(client, uri, text)
    found = await client.text_document_document_symbol_async(lsp.DocumentSymbolParams(document(uri)))
    assert _names(found) == {
        "version": {},
        "target": {},
        "let": {"email": {}},
        "payload": {
            **{name: {} for name in ("event_id", "event_time", "action_source")},
            "user_data": {"em": {}},
            "custom_data": {"value": {}, "currency": {}},
        },
        "match": {},
        "events": {"signup": {}},
        "otherwise": {},
        "tests": {"an order": {}},
    }


def _names(symbols: Any) -> dict[str, Any]:
    return {one.name: _names(one.children or ()) for one in symbols or ()}


async def test_a_test_is_run_where_it_is_written(client: EditorClient, tmp_path: Path) -> None:
    uri = (tmp_path / "shop.yaml").as_uri()
    open_text(client, uri, SHOP)
    lenses = await client.text_document_code_lens_async(lsp.CodeLensParams(document(uri)))
    at = place(SHOP, "name: an order")
    commands = [one.command for one in lenses or () if one.command is not None]
    assert [(one.title, [*(one.arguments or ())]) for one in commands] == [
        ("run all tests", [uri]),
        ("run test", [uri, "an order"]),
        ("show its values", [uri, "an order"]),
    ]
    assert lenses is not None
    assert lenses[1].range.start == at
    assert await _execute(client, "mapper.runTests", uri, "an order") == {
        "ok": True,
        "told": "test `an order` passed",
        "tests": {"an order": ""},
    }
    wrong = SHOP.replace('value: "9.5"', 'value: "9"')
    change_text(client, uri, 2, wrong)
    await said_of(client, uri, 2)
    assert (await _execute(client, "mapper.runTests", uri))["ok"] is False
    assert await _execute(client, "mapper.tests", uri) == [{"name": "an order", "line": at.line}]
    quiet = await _execute(client, "mapper.runTests", uri, None, True)
    assert quiet["tests"] == {"an order": 'custom_data.value: expected "9", got "9.5"'}
    [failed] = [one for one in client.published[uri].diagnostics if one.source == "mapper test"]
    assert failed.message == 'test `an order` failed\ncustom_data.value: expected "9", got "9.5"'
    assert failed.range.start == at
    related = failed.related_information or ()
    assert [one.location.range.start.line for one in related] == [place(SHOP, "value: total").line]
    change_text(client, uri, 3, SHOP)
    assert [one for one in await said_of(client, uri, 3) if one.source == "mapper test"] == []


async def test_a_test_of_a_mapping_with_errors_says_so(client: EditorClient, tmp_path: Path) -> None:
    uri = (tmp_path / "shop.yaml").as_uri()
    open_text(client, uri, SHOP.replace("event_id:", "event_ids:"))
    assert await _execute(client, "mapper.runTests", uri, "an order") == {
        "ok": False,
        "told": "no test can run: the mapping has 1 error",
        "tests": {},
    }


_SECOND = "  - {name: a free one, given: {id: o-2, time: 1777629600, contact: b@example.com}, expect: {}}\n"


async def test_values_of_the_chosen_sample_are_beside_the_rules_and_masked(
    client: EditorClient, tmp_path: Path
) -> None:
    uri = (tmp_path / "shop.yaml").as_uri()
    text = SHOP + _SECOND
    open_text(client, uri, text)
    hints = await _hints(client, uri, text)
    assert hints["event_id: id"] == '= "o-1"'
    assert hints["value: total"] == '= "9.5"'
    assert hints["user_data: {em: $email"].startswith('= ["')
    assert "ada" not in str(hints).lower()
    assert "`9.5`" in await hovered(client, uri, place(text, "total\n"))
    told = await hovered(client, uri, place(text, "$email"))
    assert 'For the sample `an order`: `"***"`' in told
    assert await _execute(client, "mapper.samples", uri) == [
        {"name": "an order", "chosen": True},
        {"name": "a free one", "chosen": False},
    ]
    assert await _execute(client, "mapper.chooseSample", uri, "a free one") == "a free one"
    hints = await _hints(client, uri, text)
    assert hints["event_id: id"] == '= "o-2"'
    assert hints["value: total"] == "= no value"


async def test_the_value_of_match_is_beside_it_and_masked_unless_the_mapping_has_it(
    client: EditorClient, tmp_path: Path
) -> None:
    head, _, test = SHOP.partition("otherwise:")
    text = f"{head}match: kind\nevents: [{{is: order, send: checkout}}]\notherwise:{test}"
    for number, (given, due) in enumerate((("order", '= "order"'), ("Ada Lovelace", '= "***"'))):
        uri = (tmp_path / f"shop{number}.yaml").as_uri()
        told = text.replace("given: {", f"given: {{kind: {given}, ")
        open_text(client, uri, told)
        hints = await _hints(client, uri, told)
        assert hints["match: kind"] == due
        assert "= " not in hints.values()


async def test_a_sample_is_chosen_by_a_setting_or_by_a_button(client: EditorClient, tmp_path: Path) -> None:
    uri = (tmp_path / "shop.yaml").as_uri()
    text = SHOP + _SECOND
    open_text(client, uri, text)
    settings = {"mapper": {"sample": "a free one"}}
    client.workspace_did_change_configuration(lsp.DidChangeConfigurationParams(settings))
    assert (await _hints(client, uri, text))["event_id: id"] == '= "o-2"'
    client.presses = "an order"
    assert await _execute(client, "mapper.chooseSample", uri) == "an order"
    assert (await _hints(client, uri, text))["event_id: id"] == '= "o-1"'
    client.presses = ""
    assert await _execute(client, "mapper.chooseSample", uri) is None
    assert (await _hints(client, uri, text))["event_id: id"] == '= "o-1"'
    settings = {"mapper": {"sample": ""}}
    client.workspace_did_change_configuration(lsp.DidChangeConfigurationParams(settings))


async def _hints(client: EditorClient, uri: str, text: str) -> dict[str, str]:
    """The hints by what is before each in its line."""
    lines = text.split("\n")
    whole = lsp.Range(lsp.Position(0, 0), lsp.Position(len(lines), 0))
    found = await client.text_document_inlay_hint_async(lsp.InlayHintParams(document(uri), whole))
    return {lines[one.position.line][: one.position.character].strip(): str(one.label) for one in found or ()}


async def test_events_of_sample_files_are_samples_and_complete(client: EditorClient, tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_text('{"id": "e-1", "time": 1, "visit": {"page": "x"}}\n{}\n', "utf-8")
    uri = (tmp_path / "shop.yaml").as_uri()
    text = SHOP.partition("tests:")[0] + "source: {samples: events.ndjson}\n"
    text = text.replace("value: total", "value: visit.")
    open_text(client, uri, text)
    found = await completed(client, uri, place(text, "visit.", after=True))
    assert [one.label for one in found] == ["page"]
    names = [one["name"] for one in await _execute(client, "mapper.samples", uri)]
    assert [name.rpartition("events.ndjson")[2] for name in names] == [":1", ":2"]


async def test_a_code_is_explained(client: EditorClient) -> None:
    told = await _execute(client, "mapper.explainCode", "M301")
    assert told.startswith("# M301: ")
    with pytest.raises(JsonRpcException, match="a code such as M302"):
        await _execute(client, "mapper.explainCode", "M000")


@pytest.mark.parametrize("kind", ["schema", "samples"])
async def test_files_that_change_on_the_disk_are_read_anew(
    client: EditorClient, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "schemas" / "shop").mkdir(parents=True)
    schema = tmp_path / "schemas" / "shop" / "orders.json"
    samples = tmp_path / "events.ndjson"
    path = schema if kind == "schema" else samples
    before, after, code = _FILES[kind]
    path.write_text(before, encoding="utf-8")
    uri = (tmp_path / "shop.yaml").as_uri()
    source = "shop/orders" if kind == "schema" else "{samples: events.ndjson}"
    open_text(client, uri, f"{SHOP}source: {source}\n")
    assert code in {one.code for one in await said_of(client, uri, 1)}
    path.write_text(after, encoding="utf-8")
    os.utime(path, (1, 1))
    client.published.clear()
    event = lsp.FileEvent(path.as_uri(), lsp.FileChangeType.Changed)
    client.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([event]))
    assert code not in {one.code for one in await said_of(client, uri, 1)}


def _schema(name: str) -> str:
    names = ("id", "time", "contact", name)
    customer = {"type": "object", "properties": {"email": {"type": "string"}}, "additionalProperties": False}
    properties = {**{one: {"type": "string"} for one in names}, "customer": customer}
    return json.dumps({"type": "object", "properties": properties, "additionalProperties": False})


_EVENT = {"id": "o-1", "time": 1777629600, "contact": "x", "customer": {"email": "a"}, "total": 9.5}
# Before and after, and the code of what is wrong before.
_FILES = {
    "schema": (_schema("totals"), _schema("total"), "M125"),
    "samples": ("{\n", f"{json.dumps(_EVENT)}\n", "M601"),
}


async def test_it_is_told_of_files_that_change(client: EditorClient) -> None:
    [registered] = [one for one in client.registered if one.method == lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES]
    patterns = [one["globPattern"] for one in _plain(registered.register_options)["watchers"]]
    assert {f"**/*{ending}" for ending in READ_SUFFIXES} <= {*patterns}


def _plain(value: Any) -> Any:
    return value if isinstance(value, dict) else json.loads(json.dumps(value, default=vars))
