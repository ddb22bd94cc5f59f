"""`mapper diff` of folders tells a reviewer what a change reaches, whatever it changes, each change once."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import mapper
from mapper import authoring
from mapper.cli.diff_folders_text import folders_markdown
from mapper.project.mapping_files import is_mapping
from mapper.repository import git_tree
from mapper.repository.renames import paired
from mapper.repository.repository import owner_of
from mapper.texts.named_text import Text
from mapper.workbench.folder_comparison import Cause, ComparedMapping, FolderComparison
from mapper.workbench.outline_difference import PlanDifference
from tests.support.command import ROOT, call, git
from tests.support.depth import some
from tests.support.repository import TEAMS, edit, make_repository

_CASES = Path(__file__).parents[1] / "cases/repository_changes.yaml"
_CHANGES: dict[str, dict[str, Any]] = {
    one["name"]: one for one in yaml.safe_load(_CASES.read_text(encoding="utf-8"))
}
_NARROW = [name for name, one in _CHANGES.items() if "wide" not in one]
_WIDE = [name for name, one in _CHANGES.items() if "wide" in one]
# What no report may hold: values of the person in the events.
_PERSON = ("ada@example.com", "+4930901820", "4930901820", "a0b1c2d3", "203.0.113.7")
_KEYS = "old new is_same alarms mappings causes replaced policy"
_MOST_SECONDS = 20
_SIXTY = 60
_MOST_CHARACTERS = 65_536


@pytest.fixture
def repository(folder: Path) -> Path:
    """Two folders with the same repository, and the current folder around them."""
    make_repository(folder / "old")
    make_repository(folder / "new")
    return folder


@pytest.fixture
def checkout(folder: Path) -> Path:
    """A small repository in git, as the current folder."""
    make_repository(folder, 9)
    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    return folder


def _changed(name: str) -> dict[str, Any]:
    """A change, made in the folder of the new version."""
    change = _CHANGES[name]
    for version in ("old", "new"):
        edit(Path(version), change.get("first", []))
    edit(Path("new"), change["edits"])
    return change


def _assert_told(name: str) -> None:
    change = _changed(name)
    ran = call("diff", "old", "new")
    assert (ran.stdout, ran.exit_code) == (change["report"], change["status"])
    assert not any(value in ran.output for value in _PERSON)


def test_there_are_twenty_changes_and_more() -> None:
    assert len(_CHANGES) >= 20


@pytest.mark.parametrize("name", some(_NARROW, 5))
def test_a_change_is_told_as_a_reviewer_must_get_it(repository: Path, name: str) -> None:
    _assert_told(name)


@pytest.mark.full
@pytest.mark.parametrize("name", _WIDE)
def test_a_change_of_many_mappings_is_told_as_a_reviewer_must_get_it(repository: Path, name: str) -> None:
    _assert_told(name)


@pytest.mark.parametrize("name", some([*_NARROW], 2, full=6))
def test_a_change_since_a_version_in_git_is_told_as_between_folders(folder: Path, name: str) -> None:
    make_repository(folder)
    change = _CHANGES[name]
    edit(folder, change.get("first", []))
    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    edit(folder, change["edits"])
    assert call("diff", "git:main", ".").stdout == change["report"]
    git("add", ".")
    git("commit", "-m", "second", "--allow-empty")
    assert call("diff", "git:main~1", "git:main").stdout == change["report"]


def test_mappings_of_which_only_the_text_differs_are_one_line(folder: Path) -> None:
    for version in ("old", "new"):
        make_repository(folder / version, 9)
    edit(folder / "new", [{"file": f"mappings/{team}/shop-1.yaml", "append": "# end\n"} for team in TEAMS])
    ran = call("diff", "old", "new")
    assert ran.stdout.splitlines()[2:] == ["the same, though its own text differs: 8 mappings"]
    assert ran.exit_code == 0


@pytest.mark.full
def test_sixty_mappings_that_all_differ_take_seconds(folder: Path) -> None:
    for version in ("old", "new"):
        make_repository(folder / version, _SIXTY)
    _changed("a rule of the base of all mappings")
    start = time.process_time()
    found = authoring.compare_folders("old", "new")
    assert time.process_time() - start < _MOST_SECONDS
    assert len(found.mappings) == _SIXTY
    assert {one.status for one in found.mappings} == {"differs"}
    assert {one.owner for one in found.mappings} == {*TEAMS}


@pytest.mark.parametrize("name", some([*_CHANGES], 1, full=3))
def test_a_mapping_that_is_the_same_is_so_by_itself(repository: Path, name: str) -> None:
    _changed(name)
    found = authoring.compare_folders("old", "new")
    same = [one for one in found.mappings if one.status == "same"]
    reached = [one for one in same if one.reached_by]
    for one in some([*reached, *same], 4):
        assert mapper.compare(f"old/{one.was or one.file}", f"new/{one.file}").is_same, one
    for one in [one for one in found.mappings if one.status == "differs"][:4]:
        assert one.reached_by
        assert not mapper.compare(f"old/{one.was or one.file}", f"new/{one.file}").is_same


def test_versions_in_git_are_compared_with_folders_and_each_other(checkout: Path) -> None:
    assert call("diff", "git:main", ".").exit_code == 0
    edit(
        checkout,
        [{"file": "mappings/toys/team.yaml", "replace": ["payload:\n", "payload:\n  event_id: number\n"]}],
    )
    ran = call("diff", "git:main", ".")
    assert ran.exit_code == 1
    assert "! mappings/toys/team.yaml:8 event_id: 1 mapping of 1 team" in ran.stdout
    assert call("diff", "git:main", ".", "--jobs", 2).stdout == ran.stdout
    assert "mapper-" not in ran.output
    inner = call("diff", "git:main", "mappings/books")
    assert (inner.exit_code, inner.stdout.splitlines()[0][:21]) == (0, "2 mappings of 1 team:")
    git("commit", "-am", "second")
    for versions in (("git:HEAD~1", "git:HEAD"), ("git:HEAD~1:mappings", "git:HEAD:mappings")):
        assert call("diff", *versions).stdout == ran.stdout
    os.chdir("mappings/toys")
    assert call("diff", "git:HEAD~1", ".").stdout.splitlines()[2:] == ran.stdout.splitlines()[2:]
    assert call("diff", "git:HEAD~1:./", ".").exit_code == 1


def test_a_file_of_a_version_in_git_is_read_once_and_only_if_a_mapping_names_it(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "large.bin").write_bytes(b"x" * 1000)
    edit(checkout, [{"file": "mappings/base/common.yaml", "append": "# end\n"}])
    git("add", ".")
    git("commit", "-m", "second")
    asked: list[str] = []
    started = []
    content, popen = git_tree._Reader.content, subprocess.Popen

    def counted(reader: Any, file: git_tree.GitFile) -> bytes | None:
        asked.append(file.sha)
        return content(reader, file)

    def start(*words: Any, **options: Any) -> Any:
        started.append(words)
        return popen(*words, **options)

    monkeypatch.setattr(git_tree._Reader, "content", counted)
    monkeypatch.setattr(subprocess, "Popen", start)
    assert call("diff", "git:main", ".").exit_code == 0
    paths = git("ls-files", "-s").splitlines()
    shas = {line.split()[3]: line.split()[1] for line in paths}
    texts = [name for name in shas if name.endswith((".yaml", ".yml"))]
    assert {shas[name] for name in texts} <= {*asked}
    assert shas["large.bin"] not in asked
    # Files of equal content have one name in git.
    assert len(asked) <= len(shas)
    assert sum("--batch" in words[0] for words in started) == 1


def test_json_names_each_key_that_is_documented(repository: Path) -> None:
    _changed("amounts in cents")
    told = json.loads(call("diff", "old", "new", "--format", "json").stdout)
    assert [*told] == _KEYS.split()
    (cause,) = told["causes"]
    assert (cause["alarm"], cause["owners"], len(cause["mappings"])) == ("money changed", ["outdoor"], 2)
    assert {one["status"] for one in told["mappings"]} == {"same", "differs"}


_POLICY = "version: 1\nfolders:\n  mappings: {severity: {M413: error}}\n"


def test_a_weaker_policy_is_an_alarm_in_each_form(folder: Path) -> None:
    for version in ("old", "new"):
        make_repository(folder / version, 2)
    Path("old/mapper.yaml").write_text(_POLICY)
    Path("new/mapper.yaml").write_text(_POLICY.replace("error", "off"))
    told = {form: call("diff", "old", "new", "--format", form).stdout for form in ("json", "markdown")}
    found = json.loads(told["json"])
    (change,) = found["policy"]
    expected = {"name": "severity M413 of mappings", "old": "error", "new": "off", "is_weaker": True}
    assert change == expected | {"place": "mapper.yaml:3"}
    assert (found["alarms"], found["is_same"]) == (1, False)
    assert "! mapper.yaml:3 severity M413 of mappings: error -> off  ! policy weaker" in told["markdown"]
    assert call("diff", "old", "new", "--fail-on", "alarm").exit_code == 1
    assert call("diff", "new", "old", "--fail-on", "alarm").exit_code == 0


def _cause(number: int, alarm: Any) -> Cause:
    change = PlanDifference("~", "field", f"custom_data.field_{number}", (), alarm)
    names = tuple(f"mappings/team/mapping-{at}.yaml" for at in range(50))
    return Cause((change,), alarm, (f"mappings/base.yaml:{number}",), (), 1, 2, names, ("team",))


@pytest.mark.parametrize("count", [1, 10, 500])
def test_markdown_fits_a_comment_and_is_cut_by_whole_groups(count: int) -> None:
    causes = tuple(_cause(at, "money changed" if at < count / 2 else "") for at in range(count))
    mapping = ComparedMapping("mappings/a.yaml", "", "team", "differs", ("mappings/a.yaml",), 2, 1)
    text = folders_markdown(FolderComparison((mapping,), causes), ("git:main", "."), 20)
    assert len(text) <= _MOST_CHARACTERS
    kept = text.count("#### ")
    assert text.count("<details>") == text.count("</details>") == kept
    assert text.count("```") % 2 == 0
    if count == 500:
        assert f"{count - kept} more groups, {250 - kept} of them marked **!**" in text
    else:
        assert kept == count


@pytest.mark.parametrize(
    ("fail_on", "name", "status"),
    [
        ("difference", "an added mapping", 1),
        ("alarm", "an added mapping", 0),
        ("alarm", "amounts in cents", 1),
        ("alarm", "a deleted mapping", 1),
        ("error", "amounts in cents", 0),
        ("error", "a base that is missing", 2),
    ],
)
def test_what_fails_is_chosen(folder: Path, fail_on: str, name: str, status: int) -> None:
    for version in ("old", "new"):
        make_repository(folder / version)
    _changed(name)
    assert call("diff", "old", "new", "--fail-on", fail_on).exit_code == status


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("old", "nowhere"), "nowhere is not a folder"),
        (("old", "new", "events.ndjson"), "EVENTS can be compared for two files"),
        (("old", "new", "--by", "event"), "--by event is for two files"),
        (("old",), "Missing argument 'NEW'"),
        (("old", "new", "--with", sys.executable), "--with compares one folder with"),
        (("old", "--with", "nowhere"), "nowhere is not a command"),
        (("old", "new", "--ignore", "custom_dat"), "--ignore custom_dat: no payload has such a path"),
        (("git:none", "."), "git"),
        (("empty", "empty"), "there is no mapping in empty"),
    ],
)
def test_a_wrong_call_is_status_2(folder: Path, arguments: tuple[str, ...], says: str) -> None:
    for version in ("old", "new"):
        make_repository(folder / version, 2)
    Path("empty").mkdir()
    Path("events.ndjson").write_text("{}\n")
    edit(Path("new"), [{"file": "mappings/base/common.yaml", "append": "# end\n"}])
    ran = call("diff", *arguments, env={"GIT_CEILING_DIRECTORIES": str(folder.parent)})
    assert (ran.exit_code, says in ran.stderr) == (2, True), ran.output


def test_paths_are_ignored(folder: Path) -> None:
    for version in ("old", "new"):
        make_repository(folder / version, 8)
    _changed("the time of events read from another attribute")
    assert call("diff", "old", "new").exit_code == 1
    assert call("diff", "old", "new", "--ignore", "event_time").exit_code == 0


def _other(folder: Path, change: str) -> Path:
    """The `mapper` of another version, which sends something else. change: what it does to its output."""
    path = folder / "mapper"
    call_it = f"{sys.executable} -P -m mapper"
    path.write_text(f'#!/bin/sh\n{call_it} "$@" {change}\n', encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ("", 0, "1 mapping of 1 team: 1 same"),
        (
            """| sed 's/"value":"20"/"value":"2000"/'""",
            1,
            "! no rule differs: 1 mapping of 1 team, 3 of 9 events  ! money changed\n      custom_data.val",
        ),
        ("| head -n 2", 1, "! no rule differs"),
        ("&& exit 3", 2, "broken: mappings/books/shop-1.yaml\n      old `mapper run` ended with status 3\n"),
    ],
)
def test_another_version_of_this_package_is_compared_by_its_payloads(
    folder: Path, change: str, status: int, says: str
) -> None:
    make_repository(folder / "old", 1)
    ran = call("diff", "old", "--with", _other(folder, change))
    assert says in ran.stdout
    assert ran.exit_code == status
    assert not any(value in ran.output for value in _PERSON)


def test_another_version_is_named_by_its_python(folder: Path) -> None:
    make_repository(folder / "old", 1)
    # A package of the folder with the same name is not what is run.
    (folder / "old/mapper").mkdir()
    (folder / "old/mapper/__init__.py").write_text("raise SystemExit(9)\n")
    assert call("diff", "old", "--with", sys.executable).exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": "x"}, {"a": "y"}, [("a", "a")]),
        ({"a": "x\nname: n"}, {"b": "x\nname: n"}, [("a", "b")]),
        ({"a": "name: n\n1\n2\n3"}, {"b": "name: n\n4\n5\n6"}, [("a", "b")]),
        ({"a": "name: n\n1\n2\n3"}, {"b": "name: m\n1\n2\n3"}, [("a", "b")]),
        ({"a": "name: n\n1"}, {"b": "name: m\n2"}, [("a", ""), ("", "b")]),
        ({"a": "1\n2\n3\n4"}, {"b": "1\n2\n3\n5", "c": "1\n2\n6\n7"}, [("a", "b"), ("", "c")]),
    ],
)
def test_a_renamed_mapping_is_known_by_content_name_or_lines(
    old: dict[str, str], new: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    texts = [{name: Text(name, content) for name, content in side.items()} for side in (old, new)]
    assert [tuple(pair) for pair in paired(*texts)] == expected


@pytest.mark.parametrize(
    ("file", "owner"),
    [
        ("mappings/books/a.yaml", "books"),
        ("mappings/books/eu/a.yaml", "books"),
        ("mappings/a.yaml", ""),
        ("a.yaml", ""),
        ("books/mappings/a.yaml", "books"),
        ("books/a.yaml", "books"),
    ],
)
def test_the_owner_is_the_folder_of_a_team(file: str, owner: str) -> None:
    assert owner_of(file) == owner


def test_links_out_of_a_repository_are_not_read(checkout: Path, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.yaml"
    shutil.copy("mappings/toys/shop-1.yaml", outside)
    Path("mappings/toys/shop-9.yaml").symlink_to(outside)
    git("add", ".")
    git("commit", "-m", "second")
    ran = call("diff", "git:HEAD~1", "git:HEAD")
    assert (ran.exit_code, "shop-9" in ran.stdout) == (0, False)
    assert call("diff", "git:HEAD~1", ".").stdout == ran.stdout


def _names(file: str, mapping: str, number: int) -> bool:
    """Whether a mapping of the repository names a file, as the repository is made."""
    _, team, _ = mapping.split("/")
    is_app, place = number % 4 == 3, number // len(TEAMS) + 1
    schema = f"schemas/shop/{'app-' if is_app else ''}order.json"
    named = {
        mapping,
        "mappings/base/common.yaml",
        f"mappings/base/{'app' if is_app else 'web'}.yaml",
        f"mappings/{team}/team.yaml",
        f"mappings/{team}/categories.csv",
        f"mappings/{team}/samples.ndjson" if place == 2 else schema,
    }
    return file in named or (place == 1 and file.startswith(f"mappings/{team}/events/"))


_FILES = (
    *("mappings/base/common.yaml", "mappings/base/app.yaml", "mappings/base/web.yaml"),
    *("mappings/books/team.yaml", "mappings/books/categories.csv", "mappings/books/samples.ndjson"),
    *("mappings/books/shop-1.yaml", "mappings/books/events/gift.json"),
    *("mappings/books/events/gift.expect.json", "schemas/shop/order.json", "schemas/shop/app-order.json"),
    *("mappings/toys/samples.ndjson", "pyproject.toml", "docker-compose.yml"),
)


@pytest.mark.parametrize("file", some(_FILES, 6))
def test_a_file_reaches_the_mappings_that_name_it(folder: Path, file: str) -> None:
    for version in ("old", "new"):
        make_repository(folder / version, 12)
    edit(folder / "new", [{"file": file, "append": "\n"}])
    found = authoring.compare_folders("old", "new")
    reached = {one.file for one in found.mappings if one.reached_by}
    numbers = {f"mappings/{TEAMS[at % 8]}/shop-{at // 8 + 1}.yaml": at for at in range(12)}
    assert reached == {one for one, number in numbers.items() if _names(file, one, number)}
    assert found.is_same


@pytest.mark.parametrize("name", ["gift.json", "other.json", "deep.yaml"])
def test_a_file_that_comes_or_goes_reaches_who_names_its_pattern(folder: Path, name: str) -> None:
    for version in ("old", "new"):
        make_repository(folder / version, 9)
    event, expected = (Path("old/mappings/books/events", f"gift{end}") for end in (".json", ".expect.json"))
    for version in ("old", "new"):
        shutil.copy(event, f"{version}/mappings/books/events/more.json")
        shutil.copy(expected, f"{version}/mappings/books/events/more.expect.json")
    if name == "gift.json":
        Path("new/mappings/books/events", name).unlink()
    else:
        shutil.copy(event, Path("new/mappings/books/events", name))
    for versions in (("old", "new"), ("new", "old")):
        found = authoring.compare_folders(*versions)
        reached = [one.file for one in found.mappings if one.reached_by]
        assert reached == ([] if name == "deep.yaml" else ["mappings/books/shop-1.yaml"])


@pytest.mark.parametrize(
    "content",
    [
        b"name: books-1\nversion: 1\n",
        b"- 1\n",
        b"\tname: x\n",
        b"",
        b"name: \xff\nversion: 1\ntarget: pinterest/conversions-v5\n",
    ],
)
def test_a_mapping_that_is_none_any_more_is_broken_and_not_deleted(folder: Path, content: bytes) -> None:
    for version in ("old", "new"):
        make_repository(folder / version, 9)
    Path("new/mappings/books/shop-1.yaml").write_bytes(content)
    for versions in (("old", "new"), ("new", "old")):
        found = authoring.compare_folders(*versions)
        assert [(one.file, one.status) for one in found.mappings if one.status != "same"] == [
            ("mappings/books/shop-1.yaml", "broken")
        ]
        (broken,) = found.broken
        assert broken.errors
        assert str(folder) not in "".join(broken.errors)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("version: 1\npartial: true\n", True),
        ("# x\n---\nname: a\ntarget: t\nevents: []\n", True),
        ('{"version": 1, "target": "t"}', True),
        ('# x\n{\n  "version": 1,\n  "extends": "t"\n}', True),
        ("\ufeffversion: 1\ntarget: t\n", True),
        ("version: 1\r\ntarget: t\r\n", True),
        ('version: "3"\nservices: {a: {target: x}}\n', False),
        ("services:\n  a:\n    extends: b\nversion: 3\n", False),
        ("name: x\non: push\njobs: {}\n", False),
        ("", False),
    ],
)
def test_a_mapping_is_told_from_other_files(content: str, expected: bool) -> None:
    assert is_mapping(Text("x.yaml", content)) is expected


def test_a_schema_in_git_that_claims_what_it_may_not_is_replaced(checkout: Path) -> None:
    schema = json.loads((ROOT / "schemas/pinterest/conversions-v5.json").read_bytes())
    schema["x-delivery"]["base_url"] = "https://example.com"
    Path("schemas/pinterest").mkdir()
    Path("schemas/pinterest/conversions-v5.json").write_text(json.dumps(schema))
    git("add", ".")
    git("commit", "-m", "second")
    ran = call("diff", "git:HEAD~1", "git:HEAD")
    assert (ran.exit_code, ran.stdout.splitlines()[0]) == (
        0,
        "9 mappings of 8 teams: 9 same · 9 not reached by the change",
    )
    assert "schema pinterest/conversions-v5 is used in place of the one in git:HEAD" in ran.stderr


def test_the_policy_names_the_owner_and_leaves_files_out(checkout: Path) -> None:
    Path("mapper.yaml").write_text("version: 1\nfolders: {mappings/toys: {owner: play}}\n")
    found = json.loads(call("diff", "git:HEAD", ".", "--format", "json").stdout)
    owners = {one["file"]: one["owner"] for one in found["mappings"]}
    assert owners["mappings/toys/shop-1.yaml"] == "play"
    Path("mapper.yaml").write_text('version: 1\nexclude: ["mappings/toys/*"]\n')
    found = json.loads(call("diff", ".", ".", "--format", "json").stdout)
    assert not any("toys" in one["file"] for one in found["mappings"])
    Path("mapper.yaml").write_text("version: 1\nfolder: {}\n")
    ran = call("diff", "git:HEAD", ".")
    assert (ran.exit_code, "the policy: none -> has an error" in ran.stdout) == (1, True)


_ODD: dict[str, Callable[[str], str]] = {
    "a root that is indented": lambda text: "".join(f"  {line}" for line in text.splitlines(keepends=True)),
    "a key after a question mark": lambda text: text.replace("target:", "? target\n:"),
    "a key with an escape": lambda text: text.replace("target:", '"t\\x61rget":'),
}


@pytest.mark.parametrize("way", _ODD)
def test_whatever_is_a_mapping_is_compared(way: str) -> None:
    written = (ROOT / "mappings/warehouse-orders.yaml").read_text(encoding="utf-8")
    assert is_mapping(Text("shop.yaml", _ODD[way](written)))


def test_a_path_that_leads_out_of_a_version_is_refused(checkout: Path) -> None:
    for path in ("./../..", "/etc", "../../../etc"):
        ran = call("diff", f"git:HEAD:{path}", ".")
        assert (ran.exit_code, "leads out of the repository" in ran.stderr) == (2, True), path


def test_odd_entries_of_a_version_that_no_mapping_names_are_passed_over(checkout: Path) -> None:
    deep = "/".join(["a"] * 1_500)
    link = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], input=b"a\0b", capture_output=True, check=True
    )
    sha = link.stdout.decode().strip()
    index = f"120000 {sha}\tlink\n100644 {sha}\t{deep}/f\n".encode()
    subprocess.run(["git", "update-index", "--add", "--index-info"], input=index, check=True)
    git("commit", "-m", "odd")
    assert call("diff", "git:HEAD", "git:HEAD~1").exit_code == 0


def test_a_policy_that_is_a_link_out_of_its_folder_is_not_read(checkout: Path, tmp_path_factory: Any) -> None:
    secret = tmp_path_factory.mktemp("outside") / "secret"
    secret.write_text("machine x password SECRET\n")
    Path("mapper.yaml").symlink_to(secret)
    for words in (("check", "mappings"), ("diff", "git:HEAD", "."), ("catalog", "mappings")):
        ran = call(*words)
        assert (ran.exit_code, "SECRET" in ran.output) == (2, False), words


def test_a_name_of_very_many_blanks_is_read_at_once() -> None:
    long = {"a": Text("a", "name: x" + " " * 400_000 + "y #\n"), "b": Text("b", "name: z\n")}
    assert paired(long, {"c": Text("c", "1\n")})[0].old in ("a", "")


def test_a_change_in_a_hidden_folder_reaches_what_extends_it(checkout: Path) -> None:
    Path("mappings/.base").mkdir()
    Path("mappings/.base/p.yaml").write_text("version: 1\npartial: true\ntarget: pinterest/conversions-v5\n")
    heir = Path("mappings/toys/shop-1.yaml")
    heir.write_text(heir.read_text().replace("extends: team.yaml", "extends: [team.yaml, ../.base/p.yaml]"))
    git("add", ".")
    git("commit", "-m", "hidden")
    Path("mappings/.base/p.yaml").write_text("version: 1\npartial: true\nlet: {e: {\n")
    assert (
        call("check", "--changed-since", "HEAD", "mappings").exit_code
        == call("check", "mappings").exit_code
        == 1
    )
