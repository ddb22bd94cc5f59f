"""A file that was clean is not checked again while all that its check read is as it was."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mapper.cli import kept_reviews
from tests.support.command import ROOT, call, environment

if TYPE_CHECKING:
    from mapper.texts.named_text import Text

_BASE = """\
version: 1
partial: true
tables:
  ids: {file: ids.csv, key: sku, value: id}
payload: {user_data: {em: email}}
"""
_MAPPING = """\
name: shop
version: 1
extends: [base.yaml]
target: pinterest/conversions-v5
source: {samples: "samples/*.ndjson"}
fixtures: events/*.json
payload:
  action_source: {const: offline}
  event_id: id
  event_time: at
  custom_data:
    order_id: {from: sku, apply: {lookup: $ids}}
otherwise: {send: lead}
"""
_EVENT = {"id": "1", "at": "2026-05-01T10:00:00Z", "email": "ada@shop.test", "sku": "A"}
_STRANGE = {**_EVENT, "email": 5}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a clean mapping that reads a file of each kind, with a cache of its own."""
    monkeypatch.delenv("MAPPER_NO_CACHE")
    monkeypatch.setenv("MAPPER_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    for name in ("samples", "events"):
        (folder / name).mkdir(parents=True)
    monkeypatch.chdir(folder)
    (folder / "pyproject.toml").touch()
    (folder / "shop.yaml").write_text(_MAPPING)
    (folder / "base.yaml").write_text(_BASE)
    (folder / "ids.csv").write_text("sku,id\nA,7\n")
    (folder / "samples/a.ndjson").write_text(f"{json.dumps(_EVENT)}\n" * 40)
    (folder / "events/order.json").write_text(json.dumps(_EVENT))
    return folder


@pytest.fixture
def reviewed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were really checked, in their order."""
    names: list[str] = []
    review = kept_reviews.KeptReviews.review

    def spied(self: kept_reviews.KeptReviews, text: Text, *others: object) -> object:
        names.append(text.name)
        return review(self, text, *others)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(kept_reviews.KeptReviews, "review", spied)
    return names


def _said(*words: str) -> tuple[int, str, str]:
    ran = call("check", "shop.yaml", *words)
    return ran.exit_code, ran.stdout, ran.stderr


def test_what_is_clean_is_checked_once_and_told_in_the_same_words(project: Path, reviewed: list[str]) -> None:
    first = _said()
    assert first[:2] == (0, "")
    assert "1 test not run" in first[2]
    assert _said() == first == _said("--strict")
    assert reviewed == ["shop.yaml"]
    assert _said("--format", "json")[1] == "[]\n"
    assert len(reviewed) == 1


def _written(path: str, content: str) -> Callable[[Path], object]:
    return lambda project: (project / path).write_text(content)


def _own_schema(project: Path) -> None:
    folder = project / "schemas/pinterest"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "schemas/pinterest/conversions-v5.json", folder)


_CHANGES = {
    "mapping": _written("shop.yaml", f"{_MAPPING}\n"),
    "extended file": _written("base.yaml", f"{_BASE}\n"),
    "table": _written("ids.csv", "sku,id\nA,8\n"),
    "samples": _written("samples/a.ndjson", f"{json.dumps(_STRANGE)}\n" * 40),
    "more samples": _written("samples/b.ndjson", f"{json.dumps(_STRANGE)}\n" * 400),
    "fewer samples": lambda project: (project / "samples/a.ndjson").unlink(),
    "fixture": _written("events/order.json", json.dumps(_STRANGE)),
    "more fixtures": _written("events/view.json", "no event"),
    "expectation": _written("events/order.expect.json", '{"skip": 5}'),
    "meta": _written("events/order.meta.json", "[]"),
    "schema before ours": _own_schema,
    "folder of schemas": lambda project: (project / "schemas").mkdir(),
    "link": lambda project: (
        (project / "base.yaml").rename(project / "other.yaml"),
        (project / "base.yaml").symlink_to("other.yaml"),
    ),
}


@pytest.mark.parametrize("change", _CHANGES.values(), ids=_CHANGES)
def test_what_a_check_read_or_looked_for_may_not_have_changed(
    project: Path, reviewed: list[str], change: Callable[[Path], object]
) -> None:
    _said()
    change(project)
    kept = _said()
    assert len(reviewed) == 2
    assert kept == _said("--no-cache")


def test_a_file_that_appears_and_cannot_be_read_is_no_absent_one(project: Path, reviewed: list[str]) -> None:
    folder = project / "schemas/pinterest"
    folder.mkdir(parents=True)
    assert _said()[0] == 0
    (folder / "conversions-v5.json").write_text(" " * (2**24 + 1))
    kept = _said()
    assert len(reviewed) == 2
    assert kept == _said("--no-cache")
    assert kept[0] == 1


@pytest.mark.parametrize(
    "words", [("--no-cache",), ("--fix",), ("--diff",), ("--events", "samples/a.ndjson")]
)
def test_it_is_not_used_where_more_than_silence_is_asked(
    project: Path, reviewed: list[str], words: tuple[str, ...]
) -> None:
    _said()
    _said(*words)
    assert len(reviewed) == 2


@pytest.mark.parametrize("more", ["let: {unused: id}\n", "nothing: here\n"])
def test_what_is_not_clean_is_never_kept(project: Path, reviewed: list[str], more: str) -> None:
    (project / "shop.yaml").write_text(_MAPPING + more)
    assert _said() == _said()
    assert len(reviewed) == 2
    assert not list(Path(os.environ["MAPPER_CACHE_DIR"]).glob("*"))


def test_a_broken_entry_is_as_none(project: Path, reviewed: list[str]) -> None:
    first = _said()
    (entry,) = Path(os.environ["MAPPER_CACHE_DIR"]).iterdir()
    entry.write_bytes(entry.read_bytes()[:-1])
    assert _said() == first
    assert len(reviewed) == 2


def test_a_check_of_what_is_clean_loads_no_compiler(project: Path) -> None:
    assert _said()[0] == 0
    script = (
        "import sys\n"
        "from mapper.cli import commands\n"
        "commands(['check', 'shop.yaml'], standalone_mode=False)\n"
        "heavy = {'yaml', 'jsonschema', 'httpx'}\n"
        "heavy |= {'mapper.compiler', 'mapper.compiling', 'mapper.transforms'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    env = environment(PYTHONPATH=str(ROOT))
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env)
    assert ran.returncode == 0, ran.stderr
    assert "checked 1 mapping: no errors" in ran.stderr
