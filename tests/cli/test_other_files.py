"""A file that is no mapping, given to a command that reads mappings: one error, and nothing of its text."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper.compiler.syntax.other_files import other_file
from mapper.texts.named_text import Text
from tests.cli.test_send import CREDENTIALS
from tests.support.command import MAPPING, ROOT, call, event, ndjson
from tests.support.depth import some

_ADDRESS = "canary.ada@example.com"
_EVENTS = [event(number, email=_ADDRESS, name="Canary Ada", version=2) for number in range(3)]
_ROWS = f"type,id,at,email\norder,o-1,2026-05-01T10:00:00Z,{_ADDRESS}\norder,canary,x,y\n"
_LOG = f"2026-05-01T10:00:00Z INFO login user={_ADDRESS} canary\n"


def _parquet() -> bytes:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    file = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist(_EVENTS), file)
    return file.getvalue()


_FILES: dict[str, bytes] = {
    "events.ndjson": ndjson(*_EVENTS).encode(),
    "events-in.yaml": ndjson(*_EVENTS).encode(),
    "one.json": json.dumps(_EVENTS[0]).encode(),
    "list.json": json.dumps(_EVENTS).encode(),
    "indented.json": json.dumps(_EVENTS, indent=1).encode(),
    "batch.json": json.dumps({"events": _EVENTS, "canary": 1}).encode(),
    "enveloped.json": json.dumps({"version": 1, "payload": _EVENTS[0], "source": "web"}).encode(),
    "consented.json": json.dumps(
        {"version": "1", "consent": _EVENTS[0], "events": _EVENTS}, indent=1
    ).encode(),
    "cut-off.json": json.dumps(_EVENTS).encode()[:-20],
    "broken.ndjson": b'{"email": "%b", }\n' % _ADDRESS.encode(),
    "junk-between.ndjson": ndjson(_EVENTS[0], _LOG.strip(), _EVENTS[1]).encode(),
    "events.csv": _ROWS.encode(),
    "semicolons.csv": _ROWS.replace(",", ";").encode(),
    "table.tsv": _ROWS.replace(",", "\t").encode(),
    "rows-in.yaml": _ROWS.encode(),
    "old-mac.csv": _ROWS.replace("\n", "\r").encode(),
    "letter.txt": f"Dear Ada {_ADDRESS},\nyour order: canary is on its way\n".encode(),
    "access.log": _LOG.encode() * 3,
    "comments.txt": f"# canary {_ADDRESS}\n".encode(),
    "a-line.txt": _ADDRESS.encode(),
    "event.yaml": f"email: {_ADDRESS}\nname: canary\nproperties: {{target: canary}}\n".encode(),
    "events.yaml": f"- email: {_ADDRESS}\n  version: canary\n".encode(),
    "two-documents.yaml": f"---\nemail: {_ADDRESS}\n---\nemail: canary\n".encode(),
    "page.html": f"<html><body>{_ADDRESS} canary</body></html>\n".encode(),
    "packed.ndjson.gz": gzip.compress(ndjson(*_EVENTS).encode()),
    "utf-16.csv": _ROWS.encode("utf-16"),
}
_COMMANDS = (
    *("check FILE", "check GOOD FILE", "check FILE --strict", "check FILE --fix", "check FILE --diff"),
    *(f"check FILE --format {form}" for form in ("json", "sarif", "github", "junit")),
    *("run FILE EVENTS", "run FILE EVENTS --no-guard", "send FILE EVENTS --dry-run"),
    *("explain FILE", "explain FILE EVENTS:1", "explain FILE user_data.em"),
    *("test FILE", "test FILE --format json", "stats FILE EVENTS"),
    *("diff FILE GOOD", "diff GOOD FILE", "diff FILE GOOD EVENTS", "init --like FILE"),
    *("serve FILE --outbox OUTBOX", "deliver --once --outbox OUTBOX --accounts FILE", "check CHILD"),
)


def _traces(text: str) -> list[str]:
    return [line for line in text.lower().splitlines() if "canary" in line]


def _folder(folder: Path, name: str) -> dict[str, Path]:
    """The files of a call by the words that name them."""
    content = _parquet() if name == "events.parquet" else _FILES[name]
    files = {
        "FILE": folder / name,
        "GOOD": folder / "small.yaml",
        "CHILD": folder / "child.yaml",
        "EVENTS": folder / "good.ndjson",
        "OUTBOX": folder / "outbox",
    }
    files["FILE"].write_bytes(content)
    files["FILE"].chmod(0o600)
    files["GOOD"].write_text(MAPPING)
    files["CHILD"].write_text(f"version: 1\ntarget: pinterest/conversions-v5\nextends: {name}\n")
    files["EVENTS"].write_text(ndjson(event(1)))
    return files


@pytest.mark.parametrize("name", [*some(_FILES, 8, always=("events.ndjson", "events.csv")), "events.parquet"])
def test_no_command_says_anything_of_a_file_that_is_no_mapping(tmp_path: Path, name: str) -> None:
    files = _folder(tmp_path, name)
    for command in _COMMANDS:
        words = [str(files.get(word.removesuffix(":1"), word)) for word in command.split()]
        ran = call(*words, env={**CREDENTIALS, "COLUMNS": "200"})
        assert ran.exit_code not in (0, 70), (command, ran.output)
        assert _traces(ran.stdout + ran.stderr) == [], command
    assert files["FILE"].read_bytes() == (_parquet() if name == "events.parquet" else _FILES[name])


@pytest.mark.parametrize("name", [name for name in _FILES if name not in ("packed.ndjson.gz", "utf-16.csv")])
def test_it_is_one_error_at_its_beginning_that_an_editor_shows_too(name: str) -> None:
    analysis: Any = mapper.check_text(_FILES[name].decode(), name=name)
    assert [one.code for one in analysis] == ["M040"]
    (found,) = analysis
    assert _traces(f"{found.message} {found.hint} {found.fixes}") == []
    assert found.span.place.startswith(f"{name}:1:") or name in ("comments.txt", "two-documents.yaml")


def test_each_mapping_of_the_project_and_each_that_is_only_begun_may_be_one() -> None:
    files = [*(ROOT / "mappings").glob("*.yaml"), *(ROOT / "tests/cases/correct").glob("*.yaml")]
    assert files
    begun = (
        *("version: 1", "target:", "{version: 1, target: x}", "\ufeffversion: 1\n", "---\nversion: 1\n"),
        *("# c\n\n  version: 1\n", "version:1\ntarget: x", '"version": 1', "%YAML 1.2\n---\nevents:\n"),
        *("", "\n"),
    )
    texts = [file.read_text(encoding="utf-8") for file in files]
    assert [one for one in (*texts, *begun) if other_file(Text("x.yaml", one)) is not None] == []
