"""`--color` and `--quiet`: each call takes them before and after the command, and shows what they say."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from tests.cli.test_send import CREDENTIALS, sandbox
from tests.support.command import MAPPING, WARNED, WRONG, call, event, ndjson
from tests.support.every_command import every_command

pytestmark = pytest.mark.quick


@pytest.fixture(autouse=True)
def files(folder: Path) -> Path:
    """A folder with mappings that are right, doubtful and wrong, and with events."""
    tested = MAPPING + "tests:\n  - name: one\n    given: {type: order}\n    expect: {skip: test}\n"
    for name, text in {"right": MAPPING, "warned": WARNED, "wrong": WRONG, "tested": tested}.items():
        (folder / f"{name}.yaml").write_text(text)
    (folder / "events.ndjson").write_text(ndjson(event(1), event(2, total="x"), "{"))
    (folder / "all").mkdir()
    (folder / "all/right.yaml").write_text(MAPPING)
    (folder / "source.json").write_text(json.dumps({"type": "object", "properties": {"id": {}}}))
    return folder


def test_every_command_takes_them() -> None:
    lacking = {
        (words, option)
        for words, one in every_command()
        for option in ("--color", "-q", "--quiet")
        if option not in {name for param in one.params for name in param.opts}
    }
    assert lacking == set()


_COLOURS: tuple[tuple[str, str, dict[str, str], bool], ...] = (
    # before the command, after it, the environment, whether there is colour
    ("", "", {}, False),
    ("always", "", {}, True),
    ("", "always", {}, True),
    ("always", "never", {}, False),
    ("never", "always", {}, True),
    ("always", "auto", {}, False),
    ("auto", "", {"FORCE_COLOR": "1"}, True),
    ("", "", {"FORCE_COLOR": "1"}, True),
    ("", "", {"CLICOLOR_FORCE": "1"}, True),
    ("", "", {"FORCE_COLOR": "0"}, False),
    ("", "", {"CLICOLOR_FORCE": "0"}, False),
    ("", "", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ("", "", {"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
    ("never", "", {"FORCE_COLOR": "1"}, False),
    ("", "never", {"CLICOLOR_FORCE": "1"}, False),
    ("always", "", {"NO_COLOR": "1"}, True),
)
_SHOWING = (("check", "wrong.yaml"), ("run", "wrong.yaml", "events.ndjson"), ("test", "tested.yaml"))


@pytest.mark.parametrize("words", _SHOWING, ids=[words[0] for words in _SHOWING])
@pytest.mark.parametrize(("before", "after", "env", "coloured"), _COLOURS)
def test_the_option_wins_over_the_environment_and_the_environment_over_the_terminal(
    words: tuple[str, ...], before: str, after: str, env: dict[str, str], coloured: bool
) -> None:
    unset = dict.fromkeys(("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"))
    first, last = ((f"--color={one}",) if one else () for one in (before, after))
    ran = call(*first, *words, *last, env={**unset, **env})
    assert ran.exit_code == 1
    assert ("\x1b[" in ran.output) is coloured


# What is written on stderr where only counts, summaries and what comes next are left out.
_QUIET = {
    "check all": "",
    "check tested.yaml": "",
    "check warned.yaml": "",
    "check wrong.yaml --format json": "",
    "check --changed-since HEAD all": None,
    "fmt --check all": "",
    "test tested.yaml --format json": "",
    "test tested.yaml --update": "",
    "run right.yaml events.ndjson": "",
    "run right.yaml events.ndjson --no-guard": "mapper: --no-guard: ",
    "run right.yaml events.ndjson --received-at now": "",
    "run wrong.yaml events.ndjson": "error[M301]: ",
    "send right.yaml events.ndjson --dry-run": "",
    "stats right.yaml events.ndjson --received-at now": "",
    "diff right.yaml warned.yaml events.ndjson --received-at now": "",
    "catalog all --check": "",
    "init events.ndjson -o draft.yaml": None,
    "init --like segment-ecommerce -o ready.yaml": "",
    "schema from source.json -o schemas/own/one.json": None,
    "explain right.yaml events.ndjson:1": "",
    "eval nope right.yaml": None,
}


@pytest.mark.parametrize("line", _QUIET)
def test_a_quiet_call_leaves_out_what_is_no_error_and_nothing_else(line: str, files: Path) -> None:
    words = line.split()
    usual = call(*words)
    shown = []
    for quiet in (("-q", *words), (*words, "--quiet")):
        for made in ("draft.yaml", "ready.yaml", "schemas/own/one.json"):
            (files / made).unlink(missing_ok=True)
        if "--update" in words:
            files.joinpath("tested.yaml").write_text(
                MAPPING + "tests:\n  - name: one\n    given: {type: order}\n    expect: {skip: test}\n"
            )
        ran = call(*quiet)
        assert ran.exit_code == usual.exit_code
        if words[0] != "test":  # whose report has a count
            assert ran.stdout == usual.stdout
        shown.append(ran.stderr)
    kept = _QUIET[line]
    assert shown[0] == shown[1]
    assert set(shown[0].splitlines()) <= set(usual.stderr.splitlines())
    if kept is not None:
        assert shown[0].startswith(kept)
        assert bool(shown[0]) == bool(kept)


def test_a_quiet_service_logs_warnings_and_errors_alone(files: Path) -> None:
    with sandbox() as (url, _):
        words = ("right.yaml", "events.ndjson", "--url", url, "--outbox", "shop.outbox")
        ran = call("send", "-q", *words, env=CREDENTIALS)
        assert (ran.exit_code, ran.stdout) == (1, "")
        assert [one for one in ran.stderr.splitlines() if "warning" not in one] == []
        rest = ("--once", "--url", url, "--outbox", "shop.outbox", "--log-format", "json")
        ran = call("-q", "deliver", *rest, env=CREDENTIALS)
        assert (ran.exit_code, ran.output) == (0, "")


@pytest.mark.parametrize(
    "options", ["", "-q", "--quiet", "--color never", "--color=never", "-q --color auto"]
)
def test_a_word_of_schema_may_come_after_them(options: str) -> None:
    ran = call("schema", *options.split(), "from", "source.json")
    assert (ran.exit_code, ran.stdout) == (0, call("schema", "from", "source.json").stdout)


def test_an_option_that_is_given_nothing_is_refused() -> None:
    taking = [
        (words, param.opts[0])
        for words, one in every_command()
        for param in one.params
        if isinstance(param, click.Option) and not param.is_flag and not param.count
    ]
    assert len(taking) > 100
    taken = [
        (words, option)
        for words, option in taking
        for ran in [call(*words.split(), option, "")]
        if ran.exit_code != 2 or f"Invalid value for '{option}'" not in ran.stderr.replace("' / '-", "'")
    ]
    assert taken == []


def test_each_option_says_what_it_does() -> None:
    silent = {
        (words, param.opts[0])
        for words, one in every_command()
        for param in one.params
        if isinstance(param, click.Option) and not (param.hidden or param.help)
    }
    assert silent == set()
