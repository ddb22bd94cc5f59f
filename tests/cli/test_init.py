"""`mapper init`: drafts of samples, and ready mappings that are copied, also from an installed wheel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from itertools import product
from pathlib import Path

import pytest

import mapper
from tests.support.command import ROOT, call
from tests.support.depth import some

_NAMES = [file.stem for file in sorted((ROOT / "mappings").glob("*.yaml"))]
_CSV = (ROOT / "tests/cases/drafts/till_export.csv").read_bytes()
_GERMAN = ROOT / "tests/cases/drafts/german_shop.ndjson"


def test_the_list_has_every_ready_mapping_with_a_sentence() -> None:
    listed = call("init", "--list")
    lines = [line.split(maxsplit=1) for line in listed.stdout.splitlines()]
    assert [name for name, _ in lines] == _NAMES
    assert all(about.count("(") == about.count(")") and len(about) > 20 for _, about in lines)
    assert listed.exit_code == 0


@pytest.mark.parametrize("name", some(_NAMES, 5))
def test_a_copy_is_checked_like_the_original_and_its_tests_come_along(name: str, folder: Path) -> None:
    made = call("init", "--like", name)
    assert made.exit_code == 0
    assert made.stderr.endswith(f"next: mapper check mappings/{name}.yaml\n")
    original, copy = ROOT / f"mappings/{name}.yaml", folder / f"mappings/{name}.yaml"
    assert mapper.check_mapping(copy) == mapper.check_mapping(original)
    assert original.read_text("utf-8").endswith(copy.read_text("utf-8"))
    assert "yaml-language-server" not in copy.read_text("utf-8")
    assert call("check").exit_code == 0


def test_files_that_exist_are_left_alone_or_all_are_overwritten(folder: Path) -> None:
    assert call("init", "--like", "segment-ecommerce", "-o", "shop.yaml").exit_code == 0
    assert sorted(folder.rglob("*.yaml")) == [folder / "base/segment-spec.yaml", folder / "shop.yaml"]
    assert call("init", "--like", "segment-ecommerce", "-o", "shop.yaml").exit_code == 0  # nothing changes
    again = call("init", "--like", "segment-ecommerce", "-o", "shop.yaml").stderr
    assert "already there with the same content: shop.yaml" in again
    base = folder / "base/segment-spec.yaml"
    base.write_text("mine\n", "utf-8")
    (folder / "shop.yaml").unlink()
    refused = call("init", "--like", "segment-ecommerce", "-o", "shop.yaml")
    assert refused.exit_code == 2
    assert "base/segment-spec.yaml exists" in refused.stderr
    assert not (folder / "shop.yaml").exists()
    assert call("init", "--like", "segment-ecommerce", "-o", "shop.yaml", "--force").exit_code == 0
    assert base.read_text("utf-8") != "mine\n"
    assert call("check", "shop.yaml").exit_code == 0


@pytest.mark.parametrize("change", ["", "# what we changed\n"])
@pytest.mark.parametrize("output", ["mappings/shoes/web.yaml", "mappings/web.yaml"])
def test_a_base_that_is_there_already_is_extended_and_not_written_again(
    output: str, change: str, folder: Path
) -> None:
    (folder / "schemas").mkdir()
    assert call("init", "--like", "segment-ecommerce").exit_code == 0
    base = folder / "mappings/base/segment-spec.yaml"
    base.write_text(base.read_text("utf-8") + change, "utf-8")
    made = call("init", "--like", "rudderstack", "-o", output)
    assert made.exit_code == 0, made.stderr
    assert [*folder.rglob("segment-spec.yaml")] == [base]
    assert base.read_text("utf-8").endswith(change)
    up = "../" * (output.count("/") - 1)
    assert f"extends: {up}base/segment-spec.yaml\n" in (folder / output).read_text("utf-8")
    assert call("check", output).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--like", "segment"), "did you mean segment-ecommerce?"),
        (("--like", "Stripe"), "did you mean stripe-checkout?"),
        (("--like", "stripe-checkout", "--name", "mine"), "--like keeps the name of the ready mapping"),
        ((str(_GERMAN), "--like", "stripe-checkout"), "EVENTS and --like cannot be combined"),
        (("--from", "segment"), "--from needs the exported FILE"),
        ((), "give EVENTS, --like NAME or --list"),
    ],
)
def test_a_wrong_choice_of_sources_is_told(arguments: tuple[str, ...], message: str, folder: Path) -> None:
    refused = call("init", *arguments)
    assert (refused.exit_code, message in refused.stderr) == (2, True)
    assert not [*folder.rglob("*.yaml")]


def test_a_copy_can_go_to_stdout(folder: Path) -> None:
    written = call("init", "--like", "rudderstack", "-o", "-")
    assert "name: rudderstack\n" in written.stdout
    assert "it extends base/segment-spec.yaml" in written.stderr
    assert list(folder.iterdir()) == []


def test_a_misspelt_name_is_told_what_is_near() -> None:
    wrong = call("init", "--like", "shopfy-orders")
    assert (wrong.exit_code, "did you mean shopify-orders?" in wrong.stderr) == (2, True)
    assert "--list" in call("init", "--like", "x").stderr
    assert call("init").exit_code == 2


def test_an_installed_wheel_has_them_too(folder: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "installed")
    environment = {**os.environ, "PYTHONPATH": str(folder / "installed")}

    def installed(*arguments: str) -> str:
        line = [sys.executable, "-P", "-m", "mapper", *arguments]
        run = subprocess.run(line, cwd=folder, env=environment, check=True, capture_output=True, text=True)
        return run.stdout

    code = "import mapper; print(mapper.__file__)"
    found = subprocess.run(
        [sys.executable, "-P", "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    assert found.stdout.startswith(str(folder))
    assert installed("init", "--list") == call("init", "--list").stdout
    installed("init", "--like", "segment-ecommerce")
    assert (folder / "mappings/base/segment-spec.yaml").is_file()
    assert installed("check") == ""
    assert installed("init", str(_GERMAN), "-o", "-") == call("init", _GERMAN, "-o", "-").stdout


def test_a_draft_comes_with_the_schema_of_its_source_and_says_what_is_to_be_decided(folder: Path) -> None:
    events = [json.loads(line) for line in _GERMAN.read_text("utf-8").splitlines()]
    samples = folder / "german_shop.ndjson"  # without the page, it is not known where the events happened
    samples.write_text("".join(json.dumps(one | {"bestellseite": None}) + "\n" for one in events), "utf-8")
    made = call("init", samples)
    assert made.exit_code == 0
    assert made.stderr == (
        "mapper: wrote mappings/german_shop.yaml\n"
        "mapper: wrote schemas/german_shop/events.json\n"
        "mapper: 24 fields guessed from samples, 1 place to decide\n"
        "mapper: next: mapper check mappings/german_shop.yaml\n"
    )
    checked = call("check")
    assert (checked.exit_code, checked.stdout.count("error[")) == (1, 1)
    assert "error[M153]: still to be decided: where did the events happen?" in checked.stdout
    assert "`{todo: TEXT}`" in call("explain", "M153").stdout
    file = folder / "mappings/german_shop.yaml"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    decided = [
        "  action_source: {const: web}\n" if "{todo: " in line and "source" in line else line
        for line in lines
    ]
    file.write_text("".join(decided), "utf-8")
    assert call("check").exit_code == 0
    sent = call("run", file, samples)
    assert sent.stdout.count('"event_name":"checkout"') == 18  # of 24: the others have not consented


def test_a_draft_can_go_to_stdout_and_takes_events_from_stdin_and_of_any_format(folder: Path) -> None:
    made = call("init", "-", "-o", "-", "--name", "Till Export!", "--input-format", "csv", stdin=_CSV)
    assert made.exit_code == 0
    assert "name: Till-Export\n" in made.stdout
    assert "\nsource:" not in made.stdout
    assert list(folder.iterdir()) == []


def test_a_draft_overwrites_nothing_unless_it_is_told_to(folder: Path) -> None:
    assert call("init", _GERMAN).exit_code == 0
    file = folder / "mappings/german_shop.yaml"
    file.write_text("# mine\n", "utf-8")
    refused = call("init", _GERMAN)
    assert (refused.exit_code, "mappings/german_shop.yaml exists" in refused.stderr) == (2, True)
    assert file.read_text("utf-8") == "# mine\n"
    assert call("init", _GERMAN, "--force").exit_code == 0
    assert file.read_text("utf-8") != "# mine\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no event found\n"),
        ("[1, 2]", "no event found; 2 broken lines"),
        ("{not json\nnor this\n", "no event found; 1 broken line"),
    ],
)
def test_without_an_event_there_is_no_draft(content: str, said: str, folder: Path) -> None:
    (folder / "events.json").write_text(content, "utf-8")
    made = call("init", "events.json")
    assert (made.exit_code, said in made.stderr, made.stderr.count("\n")) == (2, True, 1)
    assert list(folder.iterdir()) == [folder / "events.json"]


def test_broken_lines_cost_themselves_only(folder: Path) -> None:
    lines = _GERMAN.read_text("utf-8")
    (folder / "events.ndjson").write_text(f"{{broken\n{lines}", "utf-8")
    made = call("init", "events.ndjson")
    assert made.exit_code == 0
    assert "1 broken line passed over, of 25 lines" in made.stderr


def test_a_call_that_says_two_things_is_wrong(folder: Path) -> None:
    assert call("init", _GERMAN, "--list").exit_code == 2
    assert call("init", _GERMAN, "--like", "rudderstack").exit_code == 2
    assert call("init", "missing.ndjson").exit_code == 2
    assert call("init", _GERMAN, "--target", "no/such").exit_code == 2


@pytest.mark.parametrize("options", [(), ("--force",)])
def test_a_draft_never_takes_the_place_of_its_samples(options: tuple[str, ...], folder: Path) -> None:
    samples = _GERMAN.read_bytes()
    Path("shop.ndjson").write_bytes(samples)
    os.link("shop.ndjson", "shop.yaml")
    for output in ("shop.ndjson", "shop.yaml"):
        ran = call("init", "shop.ndjson", "-o", output, *options)
        assert (ran.exit_code, Path("shop.ndjson").read_bytes() == samples) == (2, True)
        assert "would be overwritten" in ran.stderr


def test_the_name_of_a_schema_that_is_taken_is_changed_by_name(folder: Path) -> None:
    assert call("init", _GERMAN).exit_code == 0
    Path("schemas/german_shop/events.json").write_text("{}")
    ran = call("init", _GERMAN, "-o", "other.yaml")
    assert (ran.exit_code, "write to another file with --name or -o" in ran.stderr) == (2, True)
    assert call("init", _GERMAN, "-o", "other.yaml", "--name", "other").exit_code == 0


@pytest.mark.parametrize("broken", ["{", "[]", '{"type": 1}', "[" * 100_000])
def test_another_schema_that_is_broken_stops_no_draft(broken: str, folder: Path) -> None:
    Path("schemas/other").mkdir(parents=True)
    Path("schemas/other/orders.json").write_text(broken)
    ran = call("init", _GERMAN)
    assert (ran.exit_code, "a mistake of the program" in ran.stderr) == (0, False), ran.stderr


def test_a_draft_is_made_whatever_the_numbers_are(folder: Path) -> None:
    numbers = ("1e999", "-1e999", "1" * 400, '"1e999"', '"NaN"', '"inf"', '"Infinity"', "0.1", "1e308")
    lines = [
        f'{{"event": "x", "total": {one}, "products": [{{"price": {one}, "quantity": {one}}}]}}\n'
        for one in numbers
    ]
    Path("odd.ndjson").write_text("".join(lines) * 3)
    ran = call("init", "odd.ndjson")
    assert ran.exit_code == 0, ran.stderr
    json.loads(Path("schemas/odd/events.json").read_text(), parse_constant=pytest.fail)
    assert [one.code for one in mapper.check_text(Path("mappings/odd.yaml").read_text(), "mappings/odd.yaml")]


# Kills itself at the nth file, before anything is written of it, amid it, or when it is whole.
_KILLED = """
import os, signal, sys
from mapper.cli import commands, output

at, nth = sys.argv[1], int(sys.argv[2])
count, replace = 0, os.replace

def kill():
    os.kill(os.getpid(), signal.SIGKILL)

class File:
    def __init__(self, path, mode):
        global count
        count += 1
        if at == "before" and count == nth:
            kill()
        self.file = open(path, mode)

    def write(self, content):
        self.file.write(content[: len(content) // 2])
        self.file.flush()
        if at == "amid" and count == nth:
            kill()
        self.file.write(content[len(content) // 2 :])

    def close(self):
        self.file.close()

def replaced(partial, real):
    replace(partial, real)
    if at == "whole" and count == nth:
        kill()

output.open, output.os.replace = File, replaced
commands(sys.argv[3:])
"""


def _contents(folder: Path) -> dict[str, bytes]:
    """The files in a folder by name; those that say they are partial left out."""
    files = [one for one in folder.rglob("*") if one.is_file() and one.suffix != ".partial"]
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in files}


_DRAFTED, _COPIED = (str(_GERMAN), "--name", "shop"), ("--like", "segment-ecommerce")
_KILLS = [*product((_DRAFTED, _COPIED), ("before", "amid", "whole"), (1, 2))]


@pytest.mark.parametrize(("words", "at", "nth"), some(_KILLS, 2), ids=str)
def test_a_kill_leaves_whole_files_and_none_that_names_a_missing_one(
    words: tuple[str, ...], at: str, nth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [tmp_path / name for name in ("whole", "killed")]
    for folder in folders:
        folder.mkdir()
        (folder / "pyproject.toml").touch()
    monkeypatch.chdir(folders[0])
    assert call("init", *words).exit_code == 0
    code = [sys.executable, "-c", _KILLED, at, str(nth), "init", *words]
    assert subprocess.run(code, cwd=folders[1], check=False, stderr=-3).returncode == -9

    whole, left = _contents(folders[0]), _contents(folders[1])
    assert left.items() <= whole.items()
    assert len(whole) == 3
    assert len(left) == nth + (at == "whole")  # with the mark of the project
    mapping = next(name for name in whole if name.startswith("mappings/") and name.count("/") == 1)
    assert mapping not in left or left == whole
    monkeypatch.chdir(folders[1])
    assert (call("init", *words).exit_code, _contents(folders[1])) == (0, whole)


_PRESETS = ROOT / "tests/cases/imports/presets.json"


def _presets(folder: Path) -> Path:
    export = json.loads(_PRESETS.read_text(encoding="utf-8"))["export"]
    (folder / "presets.json").write_text(json.dumps(export), encoding="utf-8")
    return folder / "presets.json"


def test_an_export_of_segment_becomes_a_mapping_and_says_how_exact_it_is(folder: Path) -> None:
    file = _presets(folder)
    made = call("init", "--from", "segment", file)
    assert made.exit_code == 0
    assert made.stderr.splitlines() == [
        "mapper: wrote mappings/presets.yaml",
        "mapper: 8 sections, 21 rules: 16 exact, 4 nearly (lines 22, 26, 27, 31), 1 to do (line 11)",
        "mapper: next: mapper check mappings/presets.yaml",
    ]
    assert "name: presets\n" in (folder / "mappings/presets.yaml").read_text("utf-8")
    checked = call("check")
    assert (checked.exit_code, checked.stdout.count("error[")) == (1, 1)
    assert call("init", "--from", "segment", file, "--exact", "-o", "-").exit_code == 1
    exact = json.loads(file.read_text(encoding="utf-8"))
    exact["subscriptions"] = exact["subscriptions"][:1]
    mapping = exact["subscriptions"][0]["mapping"]
    for name in ("opt_out", "custom_data"):
        del mapping[name]
    mapping["app_name"] = "shop"
    mapping["user_data"]["email"] = {"@path": "$.traits.email"}
    file.write_text(json.dumps(exact), encoding="utf-8")
    exactly = call("init", "--from", "segment", "--exact", "-", "-o", "-", stdin=file.read_bytes())
    assert (exactly.exit_code, exactly.stderr) == (0, "mapper: 1 section, 16 rules: 16 exact\n")


def test_what_is_no_export_is_refused_and_nothing_is_written(folder: Path) -> None:
    file = _presets(folder)
    assert call("init", "--from", "segment").exit_code == 2
    assert call("init", "--exact", file).exit_code == 2
    assert call("init", "--from", "segment", file, file).exit_code == 2
    assert call("init", "--from", "gtm", file).exit_code == 2
    file.write_text("type: track", encoding="utf-8")
    refused = call("init", "--from", "segment", file)
    assert refused.stderr == "mapper: the file is not JSON: line 1, column 1; export it again\n"
    assert refused.exit_code == 2
    assert not (folder / "mappings").exists()
