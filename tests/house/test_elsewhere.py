"""The commands run where POSIX ends: no owners of files, descriptors of folders or `fork`, few signals."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from mapper.transforms import time as time_module
from mapper.values.types import Invalid
from tests.cli.test_send import CREDENTIALS, now, sandbox
from tests.support.command import MAPPING, ROOT, WRONG, call, environment, event, ndjson
from tests.support.depth import some
from tests.support.elsewhere import MISSING


def _run(
    folder: Path, *arguments: object, env: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    """A command in a folder, elsewhere."""
    return subprocess.run(
        [sys.executable, str(ROOT / "tests/support/elsewhere.py"), *map(str, arguments)],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT), "HOME": str(folder.parent / "home"), **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a mapping that is right, one that is not, and two orders."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    (folder / "small.yaml").write_text(MAPPING)
    (folder / "wrong.yaml").write_text(WRONG)
    (folder / "events.ndjson").write_text(ndjson(event(1, at=now()), event(2, at=now())))
    return folder


@pytest.mark.parametrize(
    "arguments",
    some(
        [
            ("check", "small.yaml"),
            ("check", "wrong.yaml"),
            ("check", "--diff", "wrong.yaml"),
            ("run", "small.yaml", "events.ndjson"),
            ("run", "small.yaml", "events.ndjson", "--jobs", "2"),
            ("run", "small.yaml", "events.ndjson", "-o", "-", "--rejects", "rejects"),
            ("explain", "small.yaml"),
            ("explain", "small.yaml", "events.ndjson:2"),
            ("explain", "small.yaml", "--code"),
            ("explain", "M302"),
            ("schema",),
            ("send", "small.yaml", "events.ndjson", "--dry-run"),
            ("run", "small.yaml", "nothing.ndjson"),
        ],
        5,
    ),
    ids=" ".join,
)
def test_a_command_says_elsewhere_what_it_says_here(
    project: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = _run(project, *arguments)
    monkeypatch.chdir(project)
    here = call(*arguments)
    assert (elsewhere.returncode, elsewhere.stdout) == (here.exit_code, here.stdout)
    assert elsewhere.stderr == here.stderr
    assert "Traceback" not in elsewhere.stderr


def test_files_are_mended_elsewhere(project: Path) -> None:
    path = project / "wrong.yaml"
    path.write_text(MAPPING.replace("{const: web}", "web"))
    path.chmod(0o640)
    ran = _run(project, "check", "--fix", "wrong.yaml")
    assert (ran.returncode, path.read_text()) == (0, MAPPING), ran.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_output_goes_to_files_elsewhere(project: Path) -> None:
    ran = _run(project, "run", "small.yaml", "events.ndjson", "-o", "out.ndjson", "--rejects", "rejects")
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
    assert len((project / "out.ndjson").read_text().splitlines()) == 2


def test_without_owners_of_files_there_is_no_cache(project: Path) -> None:
    env = {"MAPPER_NO_CACHE": "", "MAPPER_CACHE_DIR": str(project.parent / "cache")}
    for _ in range(2):
        ran = _run(project, "run", "-v", "small.yaml", "events.ndjson", env=env)
        assert (ran.returncode, len(ran.stdout.splitlines())) == (0, 2)
        assert "mapper: the cache is not used: this system does not tell who owns a file\n" in ran.stderr
    assert not (project.parent / "cache").exists()


def test_payloads_are_delivered_elsewhere(project: Path) -> None:
    with sandbox() as (url, ledger):
        ran = _run(project, "send", "small.yaml", "events.ndjson", "--url", url, env=CREDENTIALS)
    assert ran.returncode == 0, ran.stderr
    assert len(ledger.received) == 2
    assert "2 delivered, 0 refused" in ran.stderr


def test_the_sandbox_stands_in_elsewhere(project: Path) -> None:
    with subprocess.Popen(
        [sys.executable, str(ROOT / "tests/support/elsewhere.py"), "sandbox", "--port", "0"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment(), "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        ran = _run(project, "send", "small.yaml", "events.ndjson", "--url", url, env=CREDENTIALS)
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert ran.returncode == 0, ran.stderr + said
    assert "events: 2 processed, 0 failed" in said


def test_what_is_taken_away_is_there_otherwise() -> None:
    """So that a slip in a name is seen."""
    if sys.platform == "linux":
        absent = [name for module, names in MISSING.items() for name in names if not hasattr(module, name)]
        assert set(absent) <= {"lchown"}


# Time zones.


def _zone(name: str) -> Any:
    time_module._zone.cache_clear()
    try:
        return time_module._zone(name)
    finally:
        time_module._zone.cache_clear()


_NO_ZONES = """
import sys, zoneinfo
sys.modules["tzdata"] = None
zoneinfo.reset_tzpath([])
from mapper.__main__ import main
main()
"""


def test_without_a_time_zone_database_that_is_what_is_said(project: Path) -> None:
    (project / "small.yaml").write_text(
        MAPPING.replace("event_time: at", "event_time: {from: at, apply: {timestamp: {zone: Europe/Berlin}}}")
    )
    ran = subprocess.run(
        [sys.executable, "-c", _NO_ZONES, "check", "small.yaml"],
        cwd=project,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "there is no time zone database on this machine: install the package `tzdata`" in ran.stdout
    assert "did you mean" not in ran.stdout
    assert _run(project, "check", "small.yaml").returncode == 0


def test_a_database_that_is_too_old_is_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    import zoneinfo

    class Old(zoneinfo.ZoneInfo):
        def __new__(cls, key: str) -> Old:
            if key == "Europe/Kyiv":
                raise zoneinfo.ZoneInfoNotFoundError(key)
            return super().__new__(cls, key)

    monkeypatch.setattr(zoneinfo, "ZoneInfo", Old)
    with pytest.raises(Invalid, match="too old for it: update the package `tzdata`"):
        _zone("Europe/Kyiv")
    with pytest.raises(Invalid, match="unknown time zone"):
        _zone("Europe/Atlantis")
    assert _zone("Europe/Paris") is not None


# The lock file.


@pytest.mark.parametrize(
    ("file", "groups", "extras"),
    [
        ("requirements.lock", ("build", "dev"), ("serve", "kafka", "postgres", "arrow")),
        (".ci/engines.lock", ("engines",), ("serve", "kafka", "postgres", "arrow", "spark")),
        (".ci/image.lock", (), ("serve", "kafka", "postgres")),
    ],
)
def test_a_lock_file_names_no_machine_and_holds_all_that_is_asked_for(
    file: str, groups: tuple[str, ...], extras: tuple[str, ...]
) -> None:
    lock = (ROOT / file).read_text(encoding="utf-8")
    assert "/" not in lock
    blocks = [block for block in lock.split("\n") if block and not block.startswith((" ", "#"))]
    names = {block.split("==")[0] for block in blocks}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = list(project["project"]["dependencies"])
    asked += [one for group in groups for one in project["dependency-groups"][group]]
    asked += [one for extra in extras for one in project["project"]["optional-dependencies"][extra]]
    assert {re.split(r"[>\[]", one)[0] for one in asked} <= names
    assert "tzdata" in names
    assert lock.count("--hash=sha256:") >= len(blocks)
    assert all(block.endswith("\\") for block in blocks)


@pytest.mark.parametrize("file", ["engines", "image", "build", "site"])
def test_lock_files_agree_on_versions(file: str) -> None:
    def pinned(path: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==\S+", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE))

    ours, all_of_them = pinned(f".ci/{file}.lock"), pinned("requirements.lock")
    names = {one.split("==")[0] for one in all_of_them}
    assert {one for one in ours if one.split("==")[0] in names} <= all_of_them
    # The two of an image hold nothing that the tests do not run with.
    assert file in ("engines", "site") or ours <= all_of_them
