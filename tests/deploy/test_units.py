"""The units of systemd and the file for Kubernetes: their calls exist, and they restart, drain and guard."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from mapper.cli import commands
from tests.deploy.dockerfile import DEPLOY

pytestmark = pytest.mark.quick

_PROGRAM = "/srv/shop/.venv/bin/mapper"
_UNITS = sorted(DEPLOY.glob("*.service"))
_OBJECTS: list[dict[str, Any]] = list(
    yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8"))
)
_DEPLOYMENTS = [one for one in _OBJECTS if one["kind"] == "Deployment"]
_KINDS = {"Deployment": "apps/v1", "Service": "v1", "PodDisruptionBudget": "policy/v1"}


def _settings(unit: Path) -> dict[str, list[str]]:
    """The settings of a unit, some of which occur several times."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def _check_call(words: list[str]) -> None:
    """A call has a command and options that there are; files are not looked for."""
    command = commands.get_command(click.Context(commands), words[0])
    assert command is not None, words
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(click.Path, "convert", lambda self, value, param, ctx: value)
        with command.make_context(words[0], words[1:]):
            pass


def test_there_is_a_unit_for_each_service() -> None:
    assert [unit.stem for unit in _UNITS] == ["mapper-consume", "mapper-deliver", "mapper-serve"]


@pytest.mark.parametrize("unit", _UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_started_again_whatever_ends_it_and_has_time_to_drain(unit: Path) -> None:
    settings = _settings(unit)
    assert (settings["Restart"], settings["StartLimitIntervalSec"]) == (["always"], ["0"])
    assert int(settings["RestartSec"][0]) >= 5
    assert int(settings["TimeoutStopSec"][0]) > 30  # after which a process ends that could not finish
    for name in ("ExecStartPre", "ExecStart", "ExecReload"):
        for call in settings.get(name, []):
            if _PROGRAM in call:
                _check_call(call.lstrip("-").split()[1:])


@pytest.mark.parametrize("unit", _UNITS, ids=lambda unit: unit.stem)
def test_systemd_takes_a_unit(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not here")
    text = unit.read_text(encoding="utf-8").replace(_PROGRAM, sys.executable)
    copied = tmp_path / unit.name
    copied.write_text(text.replace("User=mapper", f"User={Path.home().owner()}"), encoding="utf-8")
    ran = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copied)],
        capture_output=True,
        text=True,
        check=False,
    )
    about = [line for line in (ran.stdout + ran.stderr).splitlines() if unit.name in line]
    assert about == []


def test_objects_are_of_their_kinds_and_select_what_there_is() -> None:
    apps = {one["spec"]["template"]["metadata"]["labels"]["app"] for one in _DEPLOYMENTS}
    for one in _OBJECTS:
        assert one["apiVersion"] == _KINDS[one["kind"]]
        selector = one["spec"]["selector"]
        assert selector.get("matchLabels", selector)["app"] in apps
        assert one["metadata"]["name"] in apps
    guarded = {one["metadata"]["name"] for one in _OBJECTS if one["kind"] == "PodDisruptionBudget"}
    assert guarded == apps


@pytest.mark.parametrize("deployment", _DEPLOYMENTS, ids=lambda one: one["metadata"]["name"])
def test_a_pod_can_write_nowhere_is_probed_and_has_time_to_drain(deployment: dict[str, Any]) -> None:
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["terminationGracePeriodSeconds"] > 30
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    # Alive while the process lives, whatever becomes of its database; ready is another question.
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    ports = {port["name"] for port in container["ports"]}
    assert {container[probe]["httpGet"]["port"] for probe in ("livenessProbe", "readinessProbe")} <= ports
    assert "memory" in container["resources"]["limits"]
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}
    _check_call(container["args"])


def test_secrets_are_taken_from_the_secret_alone_and_only_the_courier_has_the_token() -> None:
    for deployment in _DEPLOYMENTS:
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert not re.search(r"://[^/@]*:[^/@]*@", " ".join(container["args"]))
        for variable in container["env"]:
            assert "valueFrom" in variable or variable["name"].endswith("_FILE")
    holders = [one["metadata"]["name"] for one in _DEPLOYMENTS if "PINTEREST_ACCESS_TOKEN" in str(one)]
    assert holders == ["mapper-courier"]
