"""`mapper check intake.yaml`: the entries, and each mapping that they name once; in every format."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mapper.cli.check_options import FORMATS
from tests.support.intakes import MAPPING

_INTAKE = """version: 1
entries:
  /shop: {sender: shopify, mapping: maps/shop.yaml, sign: {secret: $SHOP_SECRET}}
  /more: {mapping: maps/shop.yaml, token: {value: $TOKEN}}
"""


def _check(folder: Path, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mapper", "check", *arguments]
    return subprocess.run(command, cwd=folder, input=given, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "shop.yaml").write_text(MAPPING)
    (tmp_path / "intake.yaml").write_text(_INTAKE)
    return tmp_path


def test_a_right_intake_and_its_mapping_are_silent(folder: Path) -> None:
    ran = _check(folder, "intake.yaml")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "checked 1 intake, 1 mapping: no errors, no warnings" in ran.stderr


def test_a_mapping_that_is_named_twice_is_checked_once(folder: Path) -> None:
    (folder / "maps" / "shop.yaml").write_text(MAPPING.replace("event_id: id", "evnt_id: id"))
    ran = _check(folder, "intake.yaml", "maps", "--format", "json")
    assert ran.returncode == 1
    found = json.loads(ran.stdout)
    assert {one["file"] for one in found} == {"maps/shop.yaml"}
    assert len(found) == len({(one["code"], one["line"], one["column"]) for one in found})


@pytest.mark.parametrize("form", FORMATS)
def test_a_mistake_is_told_in_every_format(form: str, folder: Path) -> None:
    (folder / "intake.yaml").write_text(_INTAKE.replace("token: {value: $TOKEN}", "tokn: {value: $TOKEN}"))
    ran = _check(folder, "intake.yaml", "--format", form)
    assert ran.returncode == 1
    assert "M701" in ran.stdout
    assert "intake.yaml" in ran.stdout
    assert "Traceback" not in ran.stderr


def test_warnings_are_errors_when_strict(folder: Path) -> None:
    (folder / "maps" / "shop.yaml").write_text(
        MAPPING.replace("client_ip_address: ip", "client_ip_address: {from: [ip, $meta.client_ip]}")
    )
    assert _check(folder, "intake.yaml").returncode == 0
    ran = _check(folder, "intake.yaml", "--strict")
    assert ran.returncode == 1
    assert "error[M710]" in ran.stdout


def test_a_mapping_that_is_missing_is_an_error_of_the_intake(folder: Path) -> None:
    (folder / "maps" / "shop.yaml").rename(folder / "maps" / "store.yaml")
    ran = _check(folder, "intake.yaml")
    assert ran.returncode == 1
    assert ran.stdout.count("error[M711]: the mapping `maps/shop.yaml` does not exist") == 2


def test_stdin_and_other_names_are_read(folder: Path) -> None:
    ran = _check(folder, "-", "--stdin-filename", "intake.yaml", given=_INTAKE.replace("$TOKEN", "hush"))
    assert ran.returncode == 1
    assert "intake.yaml:4:51" in ran.stdout
    assert "hush" not in ran.stdout + ran.stderr
    (folder / "hooks.yaml").write_text(_INTAKE)
    assert "1 intake" in _check(folder, "hooks.yaml").stderr


def test_a_folder_with_an_intake_beside_mappings_is_checked_whole(folder: Path) -> None:
    (folder / "intake.yaml").rename(folder / "maps" / "intake.yaml")
    (folder / "maps" / "intake.yaml").write_text(_INTAKE.replace("maps/", ""))
    ran = _check(folder, "maps")
    assert ran.returncode == 0, ran.stdout
    assert "checked 1 intake, 1 mapping" in ran.stderr


def test_other_commands_tell_an_intake_from_a_mapping(folder: Path) -> None:
    (folder / "maps" / "intake.yaml").write_text(_INTAKE.replace("maps/", ""))
    event = '{id: v-1, time: 1777629600, url: "https://shop.example/", email: ada@example.com}'
    (folder / "maps" / "shop.yaml").write_text(
        f"{MAPPING}tests:\n  - given: {event}\n    expect: {{event_id: v-1}}\n"
    )
    for arguments, status, said in (
        (("test", "maps"), 0, "1 test: 1 passed"),
        (("run", "intake.yaml", "intake.yaml"), 1, "this is a file for `mapper serve`"),
        (("explain", "intake.yaml"), 1, "this is a file for `mapper serve`"),
    ):
        command = [sys.executable, "-m", "mapper", *arguments]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert (ran.returncode, said in ran.stdout + ran.stderr) == (status, True), (arguments, ran)


def test_fixing_leaves_an_intake_as_it_is(folder: Path) -> None:
    text = _INTAKE.replace("token: {value", "tokn: {value")
    (folder / "intake.yaml").write_text(text)
    assert _check(folder, "intake.yaml", "--fix").returncode == 1
    assert (folder / "intake.yaml").read_text() == text


def test_the_schema_for_editors_is_printed(folder: Path) -> None:
    command = [sys.executable, "-m", "mapper", "schema", "intake"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout)["title"] == "Intake"
