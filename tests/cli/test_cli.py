"""The front of the command line: help with examples, one version, one line for what goes wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

import mapper
from mapper.cli import _SHORT_HELP, commands
from tests.support.command import ROOT, SEGMENT, SOURCES, call, environment

COMMANDS = (
    *("init", "check", "fmt", "test", "explain", "eval", "diff", "catalog", "stats", "overlap"),
    *("playground", "schema", "lsp", "completion"),
    *("run", "send", "serve", "consume", "deliver", "outbox", "suppress", "sandbox"),
)


def test_help_lists_every_command_with_what_it_does() -> None:
    ran = call("--help")
    assert ran.exit_code == 0
    told = ran.stdout.partition("Write and review mappings:\n")[2].replace("\nMap and deliver events:\n", "")
    rows = [line.split(maxsplit=1) for line in told.partition("\n\n")[0].splitlines()]
    assert [name for name, _ in rows] == list(COMMANDS)
    assert all(what.endswith(".") for _, what in rows)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_shows_an_example_and_its_version_is_the_program_s(name: str) -> None:
    told = call(name, "--help").stdout
    assert f"\nExamples:\n  mapper {name}" in told
    assert max(map(len, told.splitlines())) <= 100
    assert (
        call(name, "--version").stdout
        == call("--version").stdout
        == f"mapper, version {mapper.__version__}\n"
    )


def test_a_misspelt_command_is_told_what_is_near() -> None:
    ran = call("chekc")
    assert ran.exit_code == 2
    assert "there is no command 'chekc'; did you mean 'check'?" in ran.stderr


@pytest.mark.parametrize(
    "arguments", [(), ("--nope",), ("run",), ("run", "nowhere.yaml"), ("check", "--format", "xml")]
)
def test_a_wrong_call_is_status_2_and_no_traceback(arguments: tuple[str, ...]) -> None:
    ran = call(*arguments)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("words", [["-m", "mapper"], ["-c", "from mapper.cli import main; main()"]])
def test_it_starts_as_a_module_and_as_a_script(words: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, *words, "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout == f"mapper, version {mapper.__version__}\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_the_caller_closed_is_an_empty_one(closed: str) -> None:
    line = f'"$0" -m mapper check {SEGMENT} {closed}'
    ran = subprocess.run(["sh", "-c", line, sys.executable], cwd=ROOT, capture_output=True, check=False)
    assert (ran.returncode, b"Traceback" in ran.stderr) == (0, False)


@pytest.mark.parametrize(
    ("words", "status"),
    [("--help", 0), ("--version", 0), ("run --help", 0), ("explain M302", 0), ("check {wrong}", 1)],
)
def test_a_reader_that_has_all_it_wants_ends_a_command_quietly(
    tmp_path: Path, words: str, status: int
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("name: [\n")
    out, into = os.pipe()
    os.close(out)
    ran = subprocess.run(
        [sys.executable, "-m", "mapper", *words.format(wrong=wrong).split()],
        cwd=ROOT,
        stdout=into,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(into)
    assert ran.returncode in (0, status)
    assert not [line for line in ran.stderr.splitlines() if b"Error" in line or b"Exception" in line]


def test_an_interruption_while_modules_load_ends_quietly() -> None:
    interrupted = """
import os, signal, sys
class Interrupt:
    def find_spec(self, name, *rest):
        if name == "click":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
from mapper.__main__ import main
main()
"""
    ran = subprocess.run(
        [sys.executable, "-c", interrupted], cwd=ROOT, capture_output=True, timeout=30, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, b"", b"mapper: interrupted\n")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("mapper che", "plain,check"),
        ("mapper send --dry", "plain,--dry-run"),
        ("mapper check --format j", "plain,json"),
    ],
)
def test_a_shell_completes_commands_and_options(typed: str, offered: str) -> None:
    words = typed.split()
    env = environment(_MAPPER_COMPLETE="bash_complete", COMP_WORDS=typed, COMP_CWORD=str(len(words) - 1))
    ran = subprocess.run(
        [sys.executable, "-m", "mapper"], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert offered in ran.stdout.splitlines()


def test_schemas_are_listed_and_shown() -> None:
    listed = call("schema").stdout
    assert [line.split()[0] for line in listed.splitlines()] == mapper.schema_names()
    for name in mapper.schema_names():
        assert json.loads(call("schema", name).stdout) == mapper.read_schema(name)
    wrong = call("schema", "pinterest/conversion-v5")
    assert wrong.exit_code == 2
    assert "did you mean pinterest/conversions-v5?" in wrong.stderr


def test_a_project_s_own_schemas_count_and_one_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "schemas/own"
    own.mkdir(parents=True)
    (own / "right.json").write_text('{"title": "Own \\u001b[2J"}')
    listed = call("schema")
    assert listed.exit_code == 0
    assert "own/right                 Own \\x1b[2J" in listed.stdout.splitlines()
    assert json.loads(call("schema", "own/right").stdout)["title"] == "Own \x1b[2J"
    (own / "wrong.json").write_text("[]")
    told = "mapper: own/wrong: schemas/own/wrong.json:1:1: a schema must be an object, not array\n"
    listed = call("schema")
    assert (listed.exit_code, listed.stderr) == (2, told)
    assert len(listed.stdout.splitlines()) == len(mapper.schema_names()) + 2
    shown = call("schema", "own/wrong")
    assert (shown.exit_code, shown.stdout, shown.stderr) == (2, "", told)
    (tmp_path / "none").mkdir()
    assert "there is no schema in none" in call("schema", "--schemas", "none").stderr


@pytest.mark.parametrize("name", ["my order", "a/b/c/d/e/f/g", "Bestellung\n", "\udcff", "x" * 70, "é"])
def test_a_file_whose_name_no_mapping_can_name_is_not_listed_as_a_schema(name: str, tmp_path: Path) -> None:
    for one in (name, "shop/order"):
        file = tmp_path / f"{one}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('{"title": "A schema"}')
    ran = call("schema", "--schemas", tmp_path)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "shop/order  A schema\n", "")


def test_the_schema_of_mappings_offers_as_source_only_schemas_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shop = tmp_path / "schemas" / "shop"
    shop.mkdir(parents=True)
    (shop / "orders.json").write_text('{"type": "object"}')
    (shop / "broken.json").write_text("{")
    (shop / "orders.mapping.schema.json").write_text("{}")
    told = json.loads(call("schema", "mapping", "pinterest/conversions-v5").stdout)
    offered = [one["enum"] for one in told["properties"]["source"]["anyOf"] if "enum" in one]
    assert offered == [sorted({*SOURCES, "shop/orders"})]
    # Nothing else there is offered: a text of any other kind has no examples.
    others = [one for one in told["properties"]["source"]["anyOf"] if one.get("type") == "string"]
    assert [sorted(one) for one in others] == [["pattern", "type"]]


def test_the_list_of_commands_says_of_each_what_it_does_in_full() -> None:
    assert "..." not in call("--help").stdout.partition("Options:")[2]


def test_every_command_is_a_module_of_its_name() -> None:
    folder = ROOT / "mapper/cli"
    assert all((folder / f"{name}.py").is_file() for name in commands.list_commands(None))  # type: ignore[arg-type]  # unused


def test_the_list_of_commands_says_the_first_sentence_of_each() -> None:
    for name, said in _SHORT_HELP.items():
        command = commands.get_command(click.Context(commands), name)
        assert command is not None
        assert said == command.get_short_help_str(1_000), name
    assert list(_SHORT_HELP) == commands.list_commands(click.Context(commands))


def test_help_loads_no_command_and_nothing_of_the_compiler() -> None:
    code = "import sys; from mapper.cli import commands; commands(['--help'], standalone_mode=False); "
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}print(*sys.modules, sep='\\n')"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line for line in ran.stdout.splitlines() if line.startswith("mapper.")}
    assert not {
        name for name in loaded if name.startswith(("mapper.compil", "mapper.cli.check", "mapper.cli.run"))
    }
