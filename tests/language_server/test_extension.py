"""The extension for VS Code: what is in its package, and how its grammar reads our mappings."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest

import mapper
from mapper import authoring
from mapper.compiler.syntax.language_keys import ARM, CONSENT, DENIED, EVENT_PATTERN, MAPPING, RULE, SECTION
from mapper.language_server.documents import LANGUAGE, Document
from mapper.texts.named_text import Text

_ROOT = Path(__file__).parents[2]
_FOLDER = _ROOT / "editors" / "vscode"
_PACKAGE: dict[str, Any] = json.loads((_FOLDER / "package.json").read_text(encoding="utf-8"))
_GRAMMAR = json.loads((_FOLDER / "syntaxes/capi-mapping.tmLanguage.json").read_text(encoding="utf-8"))
_MAPPINGS = sorted(
    (*(_ROOT / "mappings").rglob("*.yaml"), *(_ROOT / "tests/cases/correct").glob("*.yaml")),
    key=str,
)
_NODE = shutil.which("node")
needs_modules = pytest.mark.skipif(
    _NODE is None or not (_FOLDER / "node_modules/vscode-textmate").is_dir(),
    reason="Node or the packages of editors/vscode are not here: `make vsix` installs them",
)
_EXPRESSION = "meta.embedded.expression"


def test_its_version_and_names_are_those_of_the_project() -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert _PACKAGE["version"] == project["version"]
    assert "mapper lsp" in (_FOLDER / "README.md").read_text(encoding="utf-8")
    assert "<!-- install lsp -->" in (_FOLDER / "README.md").read_text(encoding="utf-8")
    languages = [one["id"] for one in _PACKAGE["contributes"]["languages"]]
    assert languages[0] == LANGUAGE
    assert Document("untitled:1", "", LANGUAGE, "").kind == "mapping"


def test_all_that_it_names_is_there() -> None:
    contributes = _PACKAGE["contributes"]
    named = [one["path"] for one in contributes["grammars"]]
    named += [one["configuration"] for one in contributes["languages"] if "configuration" in one]
    for name in named:
        json.loads((_FOLDER / name).read_text(encoding="utf-8"))
    commands = {one["command"] for one in contributes["commands"]}
    sources = "".join(one.read_text(encoding="utf-8") for one in sorted((_FOLDER / "src").glob("*.ts")))
    assert commands == set(re.findall(r'"(mapper\.editor\.\w+)"', sources))
    settings = {one.removeprefix("mapper.") for one in contributes["configuration"]["properties"]}
    read = set(re.findall(r'get<string>\("(\w+)"', sources))
    assert settings - {"trace.server"} == read
    # A program that a folder's settings name is started only where its user trusts the folder.
    assert "mapper.path" in _PACKAGE["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    called = set(re.findall(r'"(mapper\.(?!editor|path|schemas|exe|sample")\w+)"', sources))
    commands = {"samples", "chooseSample", "tests", "runTests", "explainCode"}
    assert called <= {f"mapper.{one}" for one in commands}
    menus = [one for entries in contributes["menus"].values() for one in entries]
    assert {one["command"] for one in menus} <= {one["command"] for one in contributes["commands"]}
    assert all("capi-mapping" in one["when"] for one in menus)
    assert (_FOLDER / _PACKAGE["icon"]).read_bytes()[:4] == b"\x89PNG"


def test_other_yaml_neither_starts_it_nor_is_asked_about() -> None:
    # Else two extensions would format the same file, and an editor asks which of them shall.
    assert not [one for one in _PACKAGE["activationEvents"] if "yaml" in one.lower()]
    source = (_FOLDER / "src/extension.ts").read_text(encoding="utf-8")
    assert 'language: "yaml"' not in source
    patterns = _PACKAGE["contributes"]["languages"][0]["filenamePatterns"]
    assert "**/mapper.yaml" in patterns


@needs_modules
def test_the_list_of_tests_shows_what_the_server_says() -> None:
    assert _NODE is not None
    documents = [
        {"uri": "file:///shop.yaml", "languageId": LANGUAGE},
        {"uri": "file:///k8s.yaml", "languageId": "yaml"},
    ]
    answers = {
        "mapper.tests": [{"name": "an order", "line": 14}, {"name": "a refund", "line": 17}],
        "mapper.runTests": {
            "ok": False,
            "told": "2 tests",
            "tests": {"an order": "", "a refund": "value: 1"},
        },
    }
    told = _explored(documents, answers)
    uri = documents[0]["uri"]
    assert told["asked"] == [
        ["mapper.tests", uri],
        ["mapper.runTests", uri, None, True],
        ["mapper.runTests", uri, "an order", True],
    ]
    assert told["listed"] == [[uri, [["an order", 14], ["a refund", 17]]]]
    assert told["ended"] == [["an order", None], ["a refund", "value: 1"], "end", ["an order", None], "end"]
    assert told["left"] == 0
    broken = {**answers, "mapper.runTests": {"ok": False, "told": "no test can run", "tests": {}}}
    assert _explored(documents, broken)["ended"][:2] == [
        ["an order", "no test can run"],
        ["a refund", "no test can run"],
    ]
    assert _explored(documents, {})["listed"] == []


def _explored(documents: list[dict[str, str]], answers: dict[str, Any]) -> Any:
    assert _NODE is not None
    given = json.dumps({"documents": documents, "answers": answers})
    ran = subprocess.run(
        [_NODE, "explorer.mjs"],
        cwd=_FOLDER,
        input=given,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(ran.stdout)


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((_FOLDER / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, one in lock["packages"].items() if "resolved" in one] == []
    assert all("integrity" in one for name, one in lock["packages"].items() if name)


def test_the_package_holds_what_vs_code_needs(tmp_path: Path) -> None:
    dist = _FOLDER / "dist"
    if not (dist / "extension.js").is_file():
        pytest.skip("the extension is not built: `make vsix`")
    ran = [
        subprocess.run(
            [sys.executable, str(_FOLDER / "pack.py"), str(tmp_path / name)],
            capture_output=True,
            text=True,
            check=True,
        )
        for name in ("one", "two")
    ]
    paths = [Path(one.stdout.strip()) for one in ran]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].name == f"{_PACKAGE['name']}-{_PACKAGE['version']}.vsix"
    with ZipFile(paths[0]) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        manifest = ElementTree.fromstring(archive.read("extension.vsixmanifest"))
        types = ElementTree.fromstring(archive.read("[Content_Types].xml"))
        package = json.loads(archive.read("extension/package.json"))
        notices = archive.read("extension/dist/NOTICES.txt").decode()
        code = archive.read("extension/dist/extension.js").decode()
    assert _files(package) <= names
    schema = "{http://schemas.microsoft.com/developer/vsx-schema/2011}"
    assets = {str(one.get("Path")) for one in manifest.iter(f"{schema}Asset")}
    assert assets <= names
    [identity] = manifest.iter(f"{schema}Identity")
    assert (identity.get("Id"), identity.get("Version")) == (package["name"], package["version"])
    known = {str(one.get("Extension")) for one in types}
    assert {Path(name).suffix for name in names if name != "[Content_Types].xml"} - {".xml"} <= known
    assert "scripts" not in package
    assert "vscode-languageclient 11" in notices
    assert "balanced-match" in notices
    assert str(_ROOT) not in code


def _files(package: dict[str, Any]) -> set[str]:
    """The files that a package.json names."""
    contributes = package["contributes"]
    named = [package["main"], *(one["path"] for one in contributes["grammars"])]
    named += [one["configuration"] for one in contributes["languages"] if "configuration" in one]
    return {f"extension/{one.removeprefix('./')}" for one in named}


def test_the_grammar_knows_all_keys_of_the_language() -> None:
    text = json.dumps(_GRAMMAR)
    top = [pattern["begin"] for pattern in _GRAMMAR["patterns"] if "while" in pattern]
    for key in MAPPING:
        assert any(re.match(one, f"{key}: ") for one in top), key
    words = {word for found in re.findall(r"\(([a-z_|]+)\)", text) for word in found.split("|")}
    for keys in (RULE, SECTION, EVENT_PATTERN, CONSENT, DENIED, ARM):
        assert keys.keys() <= words


@cache
def _tokens() -> list[list[list[tuple[int, int, str]]]]:
    """The tokens of each line of all mappings."""
    assert _NODE is not None
    texts = [_lines(one.read_text(encoding="utf-8")) for one in _MAPPINGS]
    ran = subprocess.run(
        [_NODE, str(_FOLDER / "tokens.mjs")],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[list[list[tuple[int, int, str]]]] = json.loads(ran.stdout)
    return found


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _scopes_at(number: int, text: Text, offset: int) -> str:
    """The scopes of a character of a mapping; the grammar counts UTF-16 code units."""
    line, column = text.utf16.position(offset)
    tokens = _tokens()[number][line]
    return next(scopes for start, end, scopes in tokens if start <= column < end)


@needs_modules
def test_expressions_are_read_as_such_and_tests_are_not() -> None:
    counted = 0
    for number, path in enumerate(_MAPPINGS):
        text = Text(str(path), _lines(path.read_text(encoding="utf-8")))
        analysis = authoring.analyse(text.content, str(path), beside=path)
        for start in _expressions(analysis):
            counted += 1
            assert _EXPRESSION in _scopes_at(number, text, start), text.span(start, start).place
        for test in analysis.written_tests:
            if test.place.text.name == text.name:
                assert _EXPRESSION not in _scopes_at(number, text, test.place.start)
    assert counted > 500


def _expressions(analysis: authoring.Analysis) -> Iterator[int]:
    """Where the expressions of a mapping's own text begin, less those over several lines."""
    try:
        tables = analysis.tables
    except mapper.CompileError:
        return
    for row in (row for table in tables for row in table.rows):
        span = row.span
        written = span.text.content[span.start : span.end]
        is_expression = written and row.source.startswith(written.strip("\"'"))
        if span.text.name == analysis.text.name and is_expression and "\n" not in written:
            yield span.start + (written[0] in "\"'")


@needs_modules
@pytest.mark.parametrize(
    ("line", "part", "scope"),
    [
        (
            "  em: {from: [a.b, c], apply: [lower, {lookup: {table: {A: b}}}]}",
            "lower",
            "support.function.transform",
        ),
        (
            "  em: {from: [a.b, c], apply: [lower, {lookup: {table: {A: b}}}]}",
            "lookup",
            "support.function.transform",
        ),
        ("  em: {from: [a.b, c], apply: [lower, {lookup: {table: {A: b}}}]}", "table", "entity.name.tag"),
        ("  em: {const: web}  # why", "web", "string.unquoted"),
        ("  em: {const: web}  # why", "why", "comment"),
        ("  em: \"[?type == 'x'].id | [0]\"", "'x'", "string.quoted.single.jmespath"),
        ("  em: '[?type == ''x''].id'", "''x''", "string.quoted.single.jmespath"),
        ("  em: divide($total, `100`)", "divide", "support.function"),
        ("  em: divide($total, `100`)", "$total", "variable.other.readwrite"),
        ("  em: divide($total, `100`)", "`100`", "constant.other.literal"),
        ("  em: $event.id", "$event", "variable.language"),
        ("  email_address: x", "email_address", "entity.name.tag"),
        ("  label(brand, name): {template: x}", "label", "entity.name.function"),
        ("  label(brand, name): {template: x}", "name", "variable.parameter"),
    ],
)
def test_parts_have_their_colours(line: str, part: str, scope: str) -> None:
    assert _NODE is not None
    ran = subprocess.run(
        [_NODE, str(_FOLDER / "tokens.mjs")],
        input=json.dumps([f"payload:\n{line}"]),
        capture_output=True,
        text=True,
        check=True,
    )
    at = line.index(part)
    scopes = next(scopes for start, end, scopes in json.loads(ran.stdout)[0][1] if start <= at < end)
    assert scope in scopes
