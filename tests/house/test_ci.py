"""`.ci/packages` installs what tests start, where it can, and names what is missing; it never fails."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).parents[2] / ".ci" / "packages"
_NEEDED = ("sh", "sed", "grep", "env", "dirname", "mkdir", "cat", "chmod", "timeout")
_MISSING = {
    "PostgreSQL": "PostgreSQL 15 or newer is not here: the tests of the PostgreSQL outbox are skipped",
    "Java": "Java 17 or newer is not here: the tests of Spark are skipped",
    "valgrind": "valgrind is not here: the instructions of an event are not counted",
    "Chromium": "Chromium is not here: the tests of the playground page are skipped",
    "Neovim": "Neovim 0.10 or newer is not here: the test of the language server in it is skipped",
    "Helix": "Helix is not here: the test of the language server in it is skipped",
    "promtool": "promtool is not here: the alerts are not tried in Prometheus",
    "zsh": "zsh is not here: a test of completion in it is skipped",
    "fish": "fish is not here: the tests of completion in it are skipped",
    "mandoc": "mandoc is not here: a test of the manual page is skipped",
}
_VERSIONS = {
    "initdb": "initdb (PostgreSQL) {}.3 (Debian {}.3-1)",
    "java": 'openjdk version "{}.0.21" 2026-10-20',
    "valgrind": "valgrind-{}",
    "chromium": "Chromium {}.0.7444.59",
    "nvim": "NVIM v0.{}.4",
    "hx": "helix {}.01",
    "promtool": "promtool, version 2.{}.3",
    "zsh": "zsh {}.9",
    "fish": "fish, version {}.0.2",
    "mandoc": "mandoc {}.14.6",
}
_OTHERS = (("zsh", 5), ("fish", 4), ("mandoc", 1))
# What apt-get installs on a machine of the tests: a program for each package.
_APT = """\
#!/bin/sh
echo "$*" >>"$APT_SAID"
case "$*" in *" update") touch "$APT_SAID.updated"; exit 0;; esac
[ -z "$APT_IS_STALE" ] || [ -e "$APT_SAID.updated" ] || exit 100
for package; do :; done
case "$package" in
postgresql) name=initdb; says='initdb (PostgreSQL) 17.3' ;;
default-jre-headless) name=java; says='openjdk version "21.0.1"' ;;
valgrind) name=valgrind; says=valgrind ;;
chromium) name=chromium; says=Chromium ;;
neovim) name=nvim; says='NVIM v0.11.2' ;;
hx) name=hx; says=helix ;;
prometheus) name=promtool; says=promtool ;;
zsh|fish|mandoc) name=$package; says=$package ;;
*) echo "E: Unable to locate package $package"; exit 100 ;;
esac
printf '#!/bin/sh\\necho "%s"\\n' "$says" >"$APT_INTO/$name"
chmod +x "$APT_INTO/$name"
"""


class _Machine:
    """Programs on a path of their own."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "programs"
        self.programs.mkdir()
        (folder / ".ci").mkdir()
        shutil.copy(_SCRIPT, folder / ".ci")
        self.folder = folder
        for name in (*_NEEDED, "touch"):
            found = shutil.which(name)
            assert found, name
            (self.programs / name).symlink_to(found)

    def add(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(script if script.startswith("#!") else f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def has(self, name: str, version: int) -> None:
        """A program of a version, which says it as the real one does: Java on stderr."""
        said = _VERSIONS[name].replace("{}", str(version))
        self.add(name, f"echo '{said}'" + (" >&2" if name == "java" else ""))

    def run(self, **settings: str) -> list[str]:
        """The lines that the script prints, on a machine that has no others."""
        asked = {"APT_SAID": str(self.folder / "said"), "APT_INTO": str(self.programs), "APT_IS_STALE": ""}
        ran = subprocess.run(
            ["sh", str(self.folder / ".ci/packages")],
            env={
                "PATH": str(self.programs),
                "POSTGRESQL_HOME": str(self.folder / "none"),
                **asked,
                **settings,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert ran.stderr == ""
        return ran.stdout.splitlines()

    def asked(self) -> list[str]:
        """What apt-get was asked for: the last word of each call."""
        said = self.folder / "said"
        return [line.split()[-1] for line in said.read_text().splitlines()] if said.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> _Machine:
    """A machine without any of the programs, and without apt-get, whose user is root."""
    made = _Machine(tmp_path)
    made.add("id", "echo 0")
    return made


def test_without_a_way_to_install_each_missing_program_is_one_line(machine: _Machine) -> None:
    assert machine.run() == list(_MISSING.values())


def test_what_is_there_is_not_installed(machine: _Machine) -> None:
    for name, version in (
        ("initdb", 15),
        ("java", 17),
        ("valgrind", 3),
        ("chromium", 142),
        ("nvim", 10),
        ("hx", 25),
        ("promtool", 53),
        *_OTHERS,
    ):
        machine.has(name, version)
    machine.add("apt-get", _APT)
    assert machine.run() == []
    assert machine.asked() == []


@pytest.mark.parametrize(
    ("name", "version", "missing"),
    [("initdb", 14, "PostgreSQL"), ("java", 11, "Java"), ("nvim", 9, "Neovim")],
)
def test_a_program_that_is_too_old_is_missing(
    machine: _Machine, name: str, version: int, missing: str
) -> None:
    for other, newest in (
        ("initdb", 18),
        ("java", 21),
        ("valgrind", 3),
        ("chromium", 142),
        ("nvim", 11),
        ("hx", 25),
        ("promtool", 53),
        *_OTHERS,
    ):
        machine.has(other, version if other == name else newest)
    assert machine.run() == [_MISSING[missing]]


def test_a_java_of_the_old_numbers_is_too_old(machine: _Machine) -> None:
    there = (("initdb", 15), ("valgrind", 3), ("chromium", 142), ("nvim", 10), ("hx", 25), ("promtool", 53))
    for name, version in (*there, *_OTHERS):
        machine.has(name, version)
    machine.add("java", "echo 'java version \"1.8.0_412\"' >&2")
    assert machine.run() == [_MISSING["Java"]]


def test_what_is_missing_is_installed_by_the_first_name_that_there_is(machine: _Machine) -> None:
    machine.add("apt-get", _APT)
    assert machine.run() == []
    # An older Debian has not the one Java, a newer one not the other; the lists are read anew once.
    install = ["postgresql", "openjdk-17-jre-headless", "update", "openjdk-17-jre-headless"]
    assert machine.asked() == [
        *install,
        "default-jre-headless",
        "valgrind",
        "chromium",
        "neovim",
        "hx",
        "prometheus",
        *dict(_OTHERS),
    ]


def test_lists_of_packages_that_are_stale_are_read_anew_once(machine: _Machine) -> None:
    machine.add("apt-get", _APT)
    assert machine.run(APT_IS_STALE="yes") == []
    assert machine.asked().count("update") == 1


def test_without_a_network_the_rest_goes_on(machine: _Machine) -> None:
    machine.add("apt-get", "echo 'E: Failed to fetch' >&2; exit 100")
    machine.has("java", 17)
    names = ("PostgreSQL", "valgrind", "Chromium", "Neovim", "Helix", "promtool", *dict(_OTHERS))
    assert machine.run() == [_MISSING[name] for name in names]
    assert "Failed to fetch" in (machine.folder / "build/packages.log").read_text()


@pytest.mark.parametrize(("sudo", "missing"), [("exit 1", list(_MISSING.values())), ('shift; exec "$@"', [])])
def test_a_user_who_is_not_root_installs_by_sudo_that_asks_nothing(
    machine: _Machine, sudo: str, missing: list[str]
) -> None:
    machine.add("id", "echo 1000")
    machine.add("apt-get", _APT)
    machine.add("true", "exit 0")
    machine.add("sudo", f'[ "$1" = -n ] || exit 99\n{sudo}')
    assert machine.run() == missing


def test_the_script_is_one_that_can_be_run() -> None:
    assert os.access(_SCRIPT, os.X_OK)
