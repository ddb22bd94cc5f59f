"""A session for a folder reads and replaces the mappings in it, and no other file."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from mapper.playground.page_answers import Session
from mapper.project import folders
from tests.support.command import MAPPING, event


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a mapping, and beside it what nobody may read."""
    made = tmp_path / "mappings"
    made.mkdir()
    (made / "shop.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "outside.yaml").write_text("secret: canary\n", encoding="utf-8")
    return made


def save(session: Session, text: str, read: str, path: str = "shop.yaml") -> dict[str, Any]:
    return session.answer({"ask": "save", "path": path, "text": text, "read": read})


def test_a_mapping_is_opened_changed_and_saved(folder: Path) -> None:
    session, file = Session.of_folder(folder), folder / "shop.yaml"
    file.chmod(0o640)
    opened = session.answer({"ask": "open", "path": "shop.yaml"})
    saved = save(session, MAPPING + "# more\n", opened["read"])
    assert (saved["saved"], file.read_text()) == (True, MAPPING + "# more\n")
    assert file.stat().st_mode & 0o777 == 0o640
    assert save(session, MAPPING, saved["read"])["saved"] is True
    assert [one.name for one in folder.iterdir()] == ["shop.yaml"]


def test_a_file_that_changed_since_is_left_alone(folder: Path) -> None:
    session, file = Session.of_folder(folder), folder / "shop.yaml"
    opened = session.answer({"ask": "open", "path": "shop.yaml"})
    file.write_text("version: 1\n")
    answer = save(session, MAPPING, opened["read"])
    assert answer["saved"] is False
    assert file.read_text() == "version: 1\n"
    # The text on the page may replace what the file holds now, and nothing that it held later.
    file.write_text("version: 2\n")
    assert save(session, MAPPING, answer["read"])["saved"] is False
    answer = save(session, MAPPING, save(session, MAPPING, answer["read"])["read"])
    assert (answer["saved"], file.read_text()) == (True, MAPPING)
    file.unlink()
    assert "deleted" in save(session, MAPPING, opened["read"])["problem"]
    assert not file.exists()


_LINES = [f"# {number}\n" for number in range(20)]


@pytest.mark.parametrize(
    ("file", "page", "rows"),
    [
        ("a: 1\n", "a: 2\n", [("file", 1, "a: 1"), ("page", 1, "a: 2")]),
        ("a: 1\r\nb: 1\r\n", "a: 1\n", [("both", 1, "a: 1"), ("file", 2, "b: 1")]),
        ("", "a: 1\n", [("page", 1, "a: 1")]),
        ("a: 1\n", "a: 1\n", [1]),
        (
            "".join(_LINES),
            "".join((*_LINES[:10], "new: 1\n", *_LINES[10:])),
            [
                7,
                *(("both", number + 1, f"# {number}") for number in (7, 8, 9)),
                ("page", 11, "new: 1"),
                *(("both", number + 2, f"# {number}") for number in (10, 11, 12)),
                7,
            ],
        ),
    ],
)
def test_the_lines_are_compared_in_which_a_changed_file_and_the_page_differ(
    folder: Path, file: str, page: str, rows: list[Any]
) -> None:
    session = Session.of_folder(folder)
    opened = session.answer({"ask": "open", "path": "shop.yaml"})
    (folder / "shop.yaml").write_bytes(file.encode())
    answer = save(session, page, opened["read"])
    found = [one.get("left_out") or (one["of"], one["number"], one["text"]) for one in answer["rows"]]
    assert found == rows


def test_of_a_folder_with_many_entries_only_the_first_ones_are_looked_at(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        (folder / f"mapping-{number}.yaml").write_text(MAPPING)
    monkeypatch.setattr(folders, "_MOST_ENTRIES", 3)
    session = Session.of_folder(folder)
    assert len(session.answer({"ask": "start"})["files"]) == 3
    assert len(list(folders.yaml_files(folder))) == 3


def test_a_new_file_is_made_and_none_replaced(folder: Path) -> None:
    session = Session.of_folder(folder)
    assert save(session, MAPPING, "", "new.yaml")["saved"] is True
    assert (folder / "new.yaml").read_text() == MAPPING
    assert "already" in save(session, "x", "", "shop.yaml")["problem"]
    assert session.answer({"ask": "start"})["files"] == ["new.yaml", "shop.yaml"]


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        (b"a: 1\r\nb: 2\r\n", "a: 1\nc: 3\nb: 2\n", b"a: 1\r\nc: 3\r\nb: 2\r\n"),
        (b"a: 1\r\nb: 2\nc: 3\r\n", "a: 1\nb: 2\nc: 4\n", b"a: 1\r\nb: 2\nc: 4\r\n"),
        (b"a: 1\nb: 2", "a: 1\nb: 3", b"a: 1\nb: 3"),
        (b"a: 1\rb: 2\r\n", "a: 1\nb: 3\n", b"a: 1\rb: 3\r\n"),
        (b"x\r\na\nb\r\nc\n", "x\nb\nnew\nc\n", b"x\r\nb\r\nnew\r\nc\n"),
        (b"\xef\xbb\xbfa: 1\n", "\ufeffa: 2\n", b"\xef\xbb\xbfa: 2\n"),
    ],
)
def test_lines_end_as_they_did(folder: Path, before: bytes, text: str, after: bytes) -> None:
    session, file = Session.of_folder(folder), folder / "shop.yaml"
    file.write_bytes(before)
    opened = session.answer({"ask": "open", "path": "shop.yaml"})
    assert "\r" not in opened["mapping"]["text"]
    assert save(session, text, opened["read"])["saved"] is True
    assert file.read_bytes() == after


@pytest.mark.parametrize(
    "path",
    [
        *(
            "../outside.yaml",
            "a/../../outside.yaml",
            "/etc/hostname",
            "{outside}",
            "..",
            ".",
            "",
            "link.yaml",
        ),
        *("linked/outside.yaml", "..\\outside.yaml", "shop.yaml\0", "shop.txt", "//x.yaml", "C:\\x.yaml"),
    ],
)
def test_no_path_leads_out_of_the_folder(folder: Path, path: str) -> None:
    (folder / "link.yaml").symlink_to(folder.parent / "outside.yaml")
    (folder / "linked").symlink_to(folder.parent)
    session = Session.of_folder(folder)
    path = path.format(outside=folder.parent / "outside.yaml")
    told = session.answer({"ask": "open", "path": path})
    assert told["problem"]
    assert "canary" not in json.dumps(told)
    for read in ("", "0" * 64):
        assert save(session, "x: 1\n", read, path)["problem"]
    assert (folder.parent / "outside.yaml").read_text() == "secret: canary\n"
    assert sorted(os.listdir(folder.parent)) == ["mappings", "outside.yaml"]
    assert session.answer({"ask": "start"})["files"] == ["shop.yaml"]


@pytest.mark.parametrize("mixed", [b"", b"x: 1\n"])
def test_a_file_of_many_lines_is_saved_at_once(folder: Path, mixed: bytes) -> None:
    # All blank lines are the same: which of them were there before takes minutes to find.
    session, file = Session.of_folder(folder), folder / "shop.yaml"
    before = mixed + b"a: 1\r\n\r\n" * 20_000
    file.write_bytes(before)
    opened = session.answer({"ask": "open", "path": "shop.yaml"})
    lines = opened["mapping"]["text"].splitlines(keepends=True)
    text = "".join(["# first\n", *lines[5:], "# last\n"])
    began = time.process_time()
    assert save(session, text, opened["read"])["saved"] is True
    assert time.process_time() - began < 5
    assert file.read_bytes().decode().replace("\r\n", "\n") == text


def test_the_list_of_a_large_folder_has_its_own_mappings_and_is_there_at_once(folder: Path) -> None:
    for package in range(40):
        inside = folder / f"node_modules/package-{package}"
        inside.mkdir(parents=True)
        for number in range(25):
            (inside / f"{number}.yaml").write_text("version: 1\n")
    many = folder / "a/b"
    many.mkdir(parents=True)
    for number in range(1_200):
        (many / f"{number}.yaml").write_text("version: 1\n")
    (many / "loop").symlink_to(folder)
    (folder / "self.yaml").symlink_to("self.yaml")
    (folder / ".hidden.yaml").write_text("version: 1\n")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "fifo.yaml")
    found = Session.of_folder(folder).answer({"ask": "start"})["files"]
    assert len(found) == 500
    assert "shop.yaml" in found
    assert {one.rpartition("/")[0] for one in found} == {"", "a/b"}
    assert not {"self.yaml", "fifo.yaml", ".hidden.yaml"} & {*found}


@pytest.mark.parametrize("name", [".env.yaml", ".github/workflows/ci.yaml", "a/.git/x.yml"])
def test_hidden_files_are_left_alone(folder: Path, name: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("secret: canary\n")
    session = Session.of_folder(folder)
    told = session.answer({"ask": "open", "path": name})
    assert "is hidden" in told["problem"]
    assert "canary" not in json.dumps(told)
    assert "is hidden" in save(session, "x: 1\n", "", f"{name.rpartition('.')[0]}-new.yaml")["problem"]


def test_half_of_a_character_is_not_saved(folder: Path) -> None:
    session = Session.of_folder(folder)
    opened = session.answer({"ask": "open", "path": "shop.yaml"})
    for read, name in ((opened["read"], "shop.yaml"), ("", "new.yaml")):
        told = save(session, "a: 1\nb: \ud83d\n", read, name)
        assert told["problem"] == "line 2 holds half of a character"
    assert (folder / "shop.yaml").read_text() == MAPPING
    assert not (folder / "new.yaml").exists()


@pytest.mark.parametrize("chosen", [None, "", "x", [], {}, 1.5, float("nan"), -1, 10**30])
def test_a_sample_that_is_not_there_is_none(folder: Path, chosen: Any) -> None:
    mapping = {"name": "shop.yaml", "text": MAPPING}
    about = {"mapping": mapping, "samples": [{"name": "one", "text": "{}"}], "chosen": chosen, "offset": 40}
    session = Session.of_folder(folder)
    assert session.answer({"ask": "live", **about})["view"] is None
    assert "hover" in session.answer({"ask": "hover", **about})


@pytest.mark.parametrize("name", ["../x.yaml", "/tmp/x.yaml", "a\0b"])
def test_a_mapping_s_name_leads_nowhere_else(folder: Path, name: str) -> None:
    question = {"ask": "check", "mapping": {"name": name, "text": MAPPING}}
    assert "not a file in this folder" in Session.of_folder(folder).answer(question)["problem"]
    files = {"ask": "check", "mapping": {"name": "a.yaml", "text": MAPPING}, "files": {name: "x"}}
    assert "not a file in this folder" in Session.of_folder(folder).answer(files)["problem"]


def test_what_a_mapping_extends_is_read_from_the_folder_and_read_again_when_it_changes(folder: Path) -> None:
    (folder / "base").mkdir()
    base = folder / "base/own.yaml"
    base.write_text("version: 1\npartial: true\nlet:\n  number: id\n")
    text = "extends: base/own.yaml\n" + MAPPING.replace("event_id: id", "event_id: $number")
    session = Session.of_folder(folder)
    sample = {"name": "one", "text": json.dumps(event(1))}
    live = {"ask": "live", "mapping": {"name": "shop.yaml", "text": text}, "samples": [sample], "chosen": 0}
    found = session.answer(live)
    assert [one["message"] for one in found["diagnostics"] if one["severity"] == "error"] == []
    assert found["view"]["outcomes"][0]["end"] == "sent"
    at = text.index("$number") + 2
    place = session.answer({**live, "ask": "definition", "offset": at})["definition"]
    assert (place["file"], place["line"]) == ("base/own.yaml", 4)
    base.write_text("version: 1\npartial: true\nlet:\n  numbers: id\n")
    os.utime(base, ns=(1, 1))
    assert session.answer(live)["sends"] is False


def test_mappings_that_send_are_listed_first(folder: Path) -> None:
    (folder / "a-base.yaml").write_text("version: 1\npartial: true\ntarget: x\n")
    (folder / "compose.yml").write_text("services: {}\n")
    (folder / "intake.yaml").write_text("entries: {}\n")
    (folder / ".hidden.yaml").write_text(MAPPING)
    (folder / "z.yaml").write_text("extends: shop.yaml\n")
    files = Session.of_folder(folder).answer({"ask": "start"})["files"]
    assert files == ["shop.yaml", "z.yaml", "a-base.yaml", "compose.yml"]


def test_what_is_no_mapping_is_told(folder: Path) -> None:
    session = Session.of_folder(folder)
    (folder / "large.yaml").write_text("#" * 2**20)
    (folder / "other.yaml").write_bytes(b"name: \xff")
    (folder / "folder.yaml").mkdir()
    os.mkfifo(folder / "pipe.yaml")
    told = {
        name: session.answer({"ask": "open", "path": f"{name}.yaml"})["problem"]
        for name in ("large", "other", "folder", "pipe", "none")
    }
    assert told == {
        "large": "`large.yaml` is larger than a mapping may be: 1 MiB",
        "other": "other.yaml: not UTF-8, at byte 6 in line 1",
        "folder": "folder.yaml: not a regular file",
        "pipe": "pipe.yaml: not a regular file",
        "none": "there is no file `none.yaml`",
    }


def test_a_page_without_a_folder_opens_and_saves_nothing() -> None:
    session = Session.of_texts()
    assert "no folder" in session.answer({"ask": "open", "path": "pyproject.toml"})["problem"]
    assert "no folder" in save(session, "x", "")["problem"]
