"""The compose file: what each service may do, where secrets are, and that Docker's own reader takes it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from mapper.cli import commands
from tests.deploy.dockerfile import DEPLOY, ROOT

pytestmark = pytest.mark.quick

_TEXT = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
_COMPOSE: dict[str, Any] = yaml.safe_load(_TEXT)
_SERVICES: dict[str, dict[str, Any]] = _COMPOSE["services"]
OURS = [name for name, service in _SERVICES.items() if service["image"] == _COMPOSE["x-mapper"]["image"]]
_VARIABLES = set(re.findall(r"\$\{(\w+)", _TEXT))


@pytest.mark.parametrize("name", OURS)
def test_our_services_can_write_nowhere_and_gain_nothing(name: str) -> None:
    service = _SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(volume.endswith(":ro") for volume in service.get("volumes", ()))
    assert [port for port in service.get("ports", ()) if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", _SERVICES)
def test_a_secret_is_in_the_environment_alone_and_must_be_set(name: str) -> None:
    service = _SERVICES[name]
    for value in (service for service in service.get("environment", {}).values() if "$" in service):
        assert re.fullmatch(r"\$\{\w+:\?set it in \.env\}", value)
    others = {key: value for key, value in service.items() if key != "environment"}
    assert "$" not in yaml.safe_dump(others)
    assert not re.search(r"://[^/@]*:[^/@]*@", yaml.safe_dump(service))


@pytest.mark.parametrize("name", OURS)
def test_a_command_has_options_that_there_are(name: str) -> None:
    word, *rest = _SERVICES[name]["command"]
    command = commands.get_command(click.Context(commands), word)
    assert command is not None
    with command.make_context(word, [one.replace("/etc/mapper", str(DEPLOY)) for one in rest]):
        pass


def test_only_the_courier_has_the_access_token() -> None:
    holders = [name for name, service in _SERVICES.items() if "PINTEREST_ACCESS_TOKEN" in str(service)]
    assert holders == ["courier"]


def test_the_example_of_the_settings_names_each_variable() -> None:
    lines = (DEPLOY / "example.env").read_text(encoding="utf-8").splitlines()
    assert {line.partition("=")[0] for line in lines if not line.startswith("#")} == _VARIABLES


@pytest.mark.parametrize(
    "path",
    sorted(
        {
            volume.split(":")[0]
            for service in _SERVICES.values()
            for volume in service.get("volumes", ())
            if volume.startswith(".")
        }
    ),
)
def test_what_is_mounted_is_there(path: str) -> None:
    assert (DEPLOY / path).resolve().exists()
    assert (DEPLOY / path).resolve().is_relative_to(ROOT)


def _reader() -> list[str]:
    """Docker's own reader of compose files, which needs no daemon."""
    for words in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(words[0]):
            ran = subprocess.run([*words, "version", "--short"], capture_output=True, text=True, check=False)
            if ran.returncode == 0 and ran.stdout.lstrip("v")[:1] not in ("", "1"):
                return words
    pytest.skip("docker compose is not installed: the compose file is not read by it")


def test_docker_compose_reads_it(tmp_path: Path) -> None:
    settings = tmp_path / "settings.env"
    settings.write_text("".join(f"{name}=a-value\n" for name in _VARIABLES))
    words = ["--env-file", str(settings), "--file", str(DEPLOY / "compose.yaml"), "config", "--quiet"]
    ran = subprocess.run(
        [*_reader(), *words], capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]}
    )
    assert (ran.returncode, ran.stderr) == (0, "")
