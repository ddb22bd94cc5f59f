"""Compiled programs on disk: the very same, only from where nobody else can write, and never in the way."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import mapper
from mapper import authoring
from mapper.project import cache_folder, program_cache
from mapper.project.cache_folder import default_folder
from mapper.project.program_cache import Cache
from tests.support.command import MAPPING, ROOT, SEGMENT, call, environment, event, ndjson, start

_BASE = """\
version: 1
partial: true
payload: {user_data: {em: email}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a mapping that extends another file, and a cache of its own."""
    monkeypatch.delenv("MAPPER_NO_CACHE")
    monkeypatch.setenv("MAPPER_CACHE_DIR", str(tmp_path / "cache"))
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    (project / "base.yaml").write_text(_BASE)
    text = MAPPING.replace("payload:", "extends: [base.yaml]\npayload:", 1).replace(
        "  user_data: {em: email}\n", ""
    )
    (project / "small.yaml").write_text(text)
    monkeypatch.chdir(project)
    return project


def _told(*arguments: object) -> str:
    """What a run says of the cache."""
    ran = call("run", "-v", *(arguments or ("small.yaml",)), stdin=ndjson(event(1)))
    assert json.loads(ran.stdout)["event_id"] == "o-1"
    lines = [line for line in ran.stderr.splitlines() if line.startswith("mapper: ")]
    return lines[0].removeprefix("mapper: ") if lines else ""


_HIT = "program loaded from the cache"
_KEPT = "program compiled and saved to the cache"
_OFF = "the cache is not used: it is switched off"


def _entries() -> list[Path]:
    return sorted(Path(os.environ["MAPPER_CACHE_DIR"]).iterdir())


def _cached(mapping: str) -> mapper.Program | None:
    scope = authoring.scope_of(mapping, None)
    cache = Cache(default_folder(os.environ), pytest.fail)
    return cache.find(mapping, (str(scope.root), *map(str, scope.schemas)))


@pytest.mark.parametrize("mapping", ["small.yaml", str(SEGMENT)])
def test_a_program_that_was_kept_is_the_very_same(project: Path, mapping: str) -> None:
    assert _cached(mapping) is None
    call("run", mapping)
    found = _cached(mapping)
    compiled = mapper.compile_mapping(mapping)
    assert found is not None
    assert found.code == replace(compiled.code, fast="", typed=compiled.typed_text)
    assert found.apply(event(1)) == compiled.apply(event(1))


def test_only_its_user_can_read_and_write_it(project: Path) -> None:
    _told()
    (entry,) = _entries()
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600
    assert stat.S_IMODE(entry.parent.stat().st_mode) == 0o700


def _edit(path: str, old: str, new: str) -> Callable[[Path], object]:
    def edit(project: Path) -> None:
        text = (project / path).read_text()
        assert old in text
        (project / path).write_text(text.replace(old, new))

    return edit


def _own_schema(project: Path) -> None:
    """Put a schema where the project's own come before ours."""
    folder = project / "schemas/pinterest"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "schemas/pinterest/conversions-v5.json", folder)


def _link_elsewhere(project: Path) -> None:
    (project / "base.yaml").rename(project / "other.yaml")
    (project / "base.yaml").symlink_to("other.yaml")


@pytest.mark.parametrize(
    "change",
    [
        _edit("small.yaml", "a test order", "another reason"),
        _edit("base.yaml", "em: email", "em: email, fn: name"),
        _own_schema,
        _link_elsewhere,
        lambda project: (project / "package.json").rename(project / "schemas"),
    ],
    ids=["mapping", "extended file", "schema before ours", "link", "folder of schemas"],
)
def test_what_a_program_was_made_of_may_not_have_changed(
    project: Path, change: Callable[[Path], object]
) -> None:
    (project / "package.json").mkdir()
    assert (_told(), _told()) == (_KEPT, _HIT)
    change(project)
    assert (_told(), _told()) == (_KEPT, _HIT)


@pytest.mark.parametrize("name", ["_own_digest", "_FORM"])
def test_another_version_makes_its_own_entries(
    project: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _told()
    module, other = (program_cache, "other") if name == "_FORM" else (cache_folder, lambda: "other")
    monkeypatch.setattr(module, name, other)
    assert (_told(), len(_entries())) == (_KEPT, 2)


def _overwrite(entry: Path) -> None:
    entry.write_bytes(entry.read_bytes()[:-1] + b"\0")


def _replace(entry: Path, make: Callable[[Path], object]) -> None:
    entry.unlink()
    make(entry)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_overwrite, "is corrupt"),
        (lambda entry: entry.write_bytes(b""), "is corrupt"),
        (lambda entry: entry.write_bytes(entry.read_bytes()[:100]), "is corrupt"),
        (lambda entry: entry.write_bytes(b"x" * 100_000), "is corrupt"),
        (lambda entry: entry.chmod(0o620), "is writable by others"),
        (lambda entry: entry.chmod(0o602), "is writable by others"),
        (lambda entry: _replace(entry, os.mkfifo), "is not a file"),
        (lambda entry: _replace(entry, lambda path: path.symlink_to("/etc/passwd")), "symbolic links"),
    ],
)
def test_an_entry_that_is_broken_or_not_ours_alone_is_made_anew(
    project: Path, spoil: Callable[[Path], object], told: str
) -> None:
    _told()
    (entry,) = _entries()
    spoil(entry)
    assert told in _told()
    assert _told() == _HIT
    assert stat.S_IMODE(_entries()[0].stat().st_mode) == 0o600


def test_a_folder_that_others_may_write_to_is_not_used(project: Path) -> None:
    _told()
    folder = _entries()[0].parent
    folder.chmod(0o777)
    assert _told().endswith(" is writable by others")
    assert call("run", "small.yaml", stdin=ndjson(event(1))).stderr.startswith("1 event: 1 to send")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
@pytest.mark.parametrize("what", ["folder", "entry"])
def test_what_belongs_to_another_user_is_not_used(project: Path, what: str) -> None:
    _told()
    (entry,) = _entries()
    os.chown(entry if what == "entry" else entry.parent, 12345, 12345)
    assert "is owned by another user" in _told()


def test_a_cache_that_cannot_be_written_is_no_reason_to_fail(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.parent / "file").touch()
    monkeypatch.setenv("MAPPER_CACHE_DIR", str(project.parent / "file/cache"))
    assert _told() == "the cache is not used: Not a directory"


@pytest.mark.parametrize("way", ["option", "variable"])
def test_it_can_be_switched_off(project: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if way == "variable":
        monkeypatch.setenv("MAPPER_NO_CACHE", "1")
    assert _told("small.yaml", *(["--no-cache"] if way == "option" else [])) == _OFF
    assert not Path(os.environ["MAPPER_CACHE_DIR"]).exists()


def test_a_user_without_a_home_runs_without_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("MAPPER_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", unknown)
    assert _told() == "the cache is not used: this user has no home folder"


def test_a_mapping_with_errors_is_never_kept(project: Path) -> None:
    _edit("small.yaml", "currency:", "curency:")(project)
    assert call("run", "small.yaml").exit_code == 1
    assert not Path(os.environ["MAPPER_CACHE_DIR"]).exists()


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"XDG_CACHE_HOME": "/x", "HOME": "/home/ada"}, "/x/mapper"),
        ({"XDG_CACHE_HOME": "relative"}, str(Path.home() / ".cache/mapper")),
        ({}, str(Path.home() / ".cache/mapper")),
        ({"XDG_CACHE_HOME": "/x", "MAPPER_CACHE_DIR": "/y"}, "/y"),
    ],
)
def test_its_folder_is_in_the_user_s_cache(variables: dict[str, str], folder: str) -> None:
    assert default_folder(variables) == Path(folder)


def test_it_keeps_to_its_size_and_the_entries_that_were_used_last(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"small{number}.yaml" for number in range(4)]
    for number, name in enumerate(names):
        shutil.copy("small.yaml", name)
        _told(name)
        for entry in _entries():
            os.utime(entry, times=(entry.stat().st_atime, entry.stat().st_mtime - 100_000))
        if number == 2:
            assert _told(names[0]) == _HIT
            monkeypatch.setattr(cache_folder, "_MOST_BYTES", 2 * _entries()[0].stat().st_size + 100)
    assert len(_entries()) == 3
    assert [_told(name) for name in (names[0], names[3])] == [_HIT, _HIT]
    monkeypatch.setattr(cache_folder, "_MOST_ENTRIES", 1)
    _told("small.yaml")
    assert len(_entries()) == 1


def test_what_a_process_left_half_written_goes(project: Path) -> None:
    _told()
    left = _entries()[0].with_name("x.program.1.2.new")
    left.touch()
    _edit("small.yaml", "a test order", "another reason")(project)
    _told()
    assert left.exists()
    os.utime(left, times=(0, 0))
    _edit("small.yaml", "another reason", "a third")(project)
    _told()
    assert not left.exists()


def test_processes_that_make_the_same_entry_at_once_do_not_harm_each_other(project: Path) -> None:
    runs = [start("run", project / "small.yaml", env=environment()) for _ in range(4)]
    for run in runs:
        out, _ = run.communicate(ndjson(event(1)).encode(), timeout=60)
        assert (run.returncode, json.loads(out)["event_id"]) == (0, "o-1")
    assert len(_entries()) == 1
    assert _told(project / "small.yaml") == _HIT


def test_a_run_from_the_cache_loads_no_compiler(project: Path) -> None:
    _told()
    script = (
        "import sys\n"
        "from mapper.cli import commands\n"
        "commands(['run', 'small.yaml', '-o', '/dev/null'], standalone_mode=False)\n"
        "heavy = {'yaml', 'jsonschema', 'httpx', 'asyncio', 'mapper.compiler', 'mapper.compiling'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    words, env = [sys.executable, "-c", script], environment(PYTHONPATH=str(ROOT))
    ran = subprocess.run(words, capture_output=True, text=True, input="", env=env)
    assert ran.stderr.startswith("0 events"), ran.stderr


@pytest.mark.parametrize("named", ["cache", ".cache/mapper", "../project/cache", "../outside/link"])
@pytest.mark.parametrize("by", ["MAPPER_CACHE_DIR", "XDG_CACHE_HOME"])
def test_a_folder_of_the_project_is_no_place_for_programs(
    project: Path, monkeypatch: pytest.MonkeyPatch, named: str, by: str
) -> None:
    (project.parent / "outside").mkdir()
    (project.parent / "outside/link").symlink_to(project)
    folder = project / named
    monkeypatch.delenv("MAPPER_CACHE_DIR")
    monkeypatch.setenv(by, str(folder))
    cache = folder if by == "MAPPER_CACHE_DIR" else folder / "mapper"
    said = f"the cache is not used: {cache} lies in the project {project}"
    assert _told().startswith(said)
    assert not list(project.rglob("*.program"))
    # Who names the folder is told without asking.
    ran = call("run", "small.yaml", stdin=ndjson(event(1)))
    assert (said in ran.stderr) is (by == "MAPPER_CACHE_DIR")


def test_an_entry_that_lies_in_the_project_is_not_run(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _told()
    inside = project / "cache"
    shutil.copytree(os.environ["MAPPER_CACHE_DIR"], inside)
    inside.chmod(0o700)
    monkeypatch.setenv("MAPPER_CACHE_DIR", str(inside))
    monkeypatch.setattr(cache_folder, "_read_entry", pytest.fail)
    assert "lies in the project" in _told()
    # Nor where only the folder one is in belongs to the project.
    elsewhere = project.parent / "small.yaml"
    elsewhere.write_text(MAPPING)
    assert "lies in the project" in _told(elsewhere)
