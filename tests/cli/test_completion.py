"""A shell completes commands, options, words of mappings, ready mappings and schemas."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.command import ROOT, call

_BEGUN = {
    "mapper che": ["check"],
    "mapper explain user_data.e": ["user_data.em", "user_data.external_id"],
    "mapper explain M30": ["M301", "M302", "M303", "M304", "M305", "M306", "M307"],
    "mapper explain minor": ["minor_units"],
    "mapper explain $me": ["$meta"],
    "mapper init --like segm": ["segment-ecommerce"],
    "mapper schema pinterest/": ["pinterest/conversions-v5"],
    "mapper run --input-format nd": ["ndjson"],
    "mapper completion ": ["bash", "zsh", "fish"],
}


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with the command `mapper`, to be first on the PATH."""
    command = tmp_path / "bin" / "mapper"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m mapper "$@"\n')
    command.chmod(0o755)
    return command.parent


@pytest.mark.parametrize("line", _BEGUN)
def test_bash_completes_what_is_begun(installed: Path, line: str) -> None:
    words = line.split(" ")
    script = f"""
    source <(mapper completion bash)
    COMP_WORDS=({" ".join(f"'{one}'" for one in words)}) COMP_CWORD={len(words) - 1}
    _mapper_completion mapper
    printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    path = f"{installed}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        ["bash", "-c", script], env=env, capture_output=True, text=True, check=True, cwd=ROOT
    )
    found = [one for one in ran.stdout.splitlines() if one != words[-1]]
    assert set(_BEGUN[line]) <= set(found)
    assert all(one.startswith(words[-1]) for one in found)


# In zsh what completes, and what it shows, are built in: here they print.
_ZSH = """
compdef() {{ }}
_path_files() {{ }}
compadd() {{ print -rl -- "${{completions[@]}}" }}
_describe() {{ print -rl -- "${{completions_with_descriptions[@]%%:*}}" }}
source <(mapper completion zsh)
words=({words}) CURRENT={count} PREFIX={last}
_mapper_completion
"""
_FISH = """
mapper completion fish | source
complete -C {line}
"""


@pytest.mark.parametrize("line", [*_BEGUN, "mapper run --input-format=nd"])
@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_complete_what_is_begun(installed: Path, shell: str, line: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here")
    if shell == "fish" and "$" in line:
        pytest.skip("fish completes its own variables there")
    words = [f"'{one}'" for one in line.split(" ")]
    script = {
        "zsh": _ZSH.format(words=" ".join(words), count=len(words), last=words[-1]),
        "fish": _FISH.format(line=f"'{line}'"),
    }[shell]
    path = f"{installed}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    without = {"zsh": "-f", "fish": "--no-config"}[shell]
    ran = subprocess.run(
        [shell, without, "-c", script], env=env, capture_output=True, text=True, check=True, cwd=ROOT
    )
    wanted = _BEGUN.get(line, ["--input-format=ndjson"])
    assert (ran.stderr, {*wanted} - {one.partition("\t")[0] for one in ran.stdout.splitlines()}) == (
        "",
        set(),
    )


def test_in_fish_a_description_goes_on_after_a_comma(installed: Path) -> None:
    if shutil.which("fish") is None:
        pytest.skip("fish is not here")
    env = {**os.environ, "PATH": f"{installed}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    script = "mapper completion fish | source; complete -C 'mapper chec'"
    ran = subprocess.run(
        ["fish", "--no-config", "-c", script], env=env, capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert ran.stdout.startswith("check\tCheck mappings, intakes")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str) -> None:
    ran = call("completion", shell)
    assert (ran.exit_code, "_MAPPER_COMPLETE" in ran.stdout, "mapper" in ran.stdout) == (0, True, True)


def test_the_version_has_a_short_option() -> None:
    assert call("-V").stdout == call("--version").stdout != ""


@pytest.mark.parametrize("words", ["-V -v", "-v -V", "--verbose --version", "-q -Vv"])
def test_the_version_for_a_report_names_python_the_system_and_extras(words: str) -> None:
    told = call(*words.split()).stdout
    assert told.startswith(call("-V").stdout + f"Python {platform.python_version()} (")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    shown = re.findall(r"^extras(?: not installed)?: (.*)$", told, re.MULTILINE)
    assert sorted(", ".join(shown).split(", ")) == sorted(extras)
    assert platform.node() not in told.split()


def test_more_of_the_version_alone_is_a_wrong_call() -> None:
    ran = call("-v", "check", "nowhere.yaml")
    assert (ran.exit_code, "-v goes after the command" in ran.stderr) == (2, True)
