"""`COMMAND --help` answers at once: what does a command's work is loaded when it works."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.house.sources import ROOT
from tests.support.every_command import every_command

pytestmark = pytest.mark.quick

# What `--help` may load of this package, besides the modules of commands and of their options.
_LIGHT = {
    *("mapper", "mapper.authoring", "mapper.cli", "mapper.extras", "mapper.version"),
    *("mapper.delivery", "mapper.delivery.exit_status", "mapper.delivery.fault_kinds"),
    *("mapper.runtime", "mapper.runtime.garbage"),
    *("mapper.values", "mapper.values.frozen", "mapper.values.regular_expression", "mapper.values.safe_text"),
}
_LIGHT_OF_COMMANDS = {
    *("command", "completed_words", "messages", "meta_file", "option_types", "options", "received_at"),
    *("sample_option", "signals", "terminal"),
}
# What takes long to load of all else.
_HEAVY = {
    *(
        "asyncio",
        "email",
        "hashlib",
        "json",
        "logging",
        "socket",
        "sqlite3",
        "ssl",
        "subprocess",
        "webbrowser",
    ),
    *("confluent_kafka", "httptools", "httpx", "jsonschema", "jwt", "psycopg", "pyarrow", "pygls", "yaml"),
}
_SCRIPT = """
import contextlib, io, sys
from mapper.cli import commands
known = set()
for call in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()):
        commands([*call.split(), "--help"], standalone_mode=False)
    print(call, *sorted(set(sys.modules) - known), sep=",")
    known |= set(sys.modules)
"""


def _may_be_loaded(module: str, commands: set[str]) -> bool:
    if not module.startswith("mapper."):
        return module not in _HEAVY
    room, _, name = module.rpartition(".")
    is_declared = name in commands | _LIGHT_OF_COMMANDS or name.endswith("_options")
    return module in _LIGHT or (room == "mapper.cli" and is_declared)


def test_help_of_a_command_loads_nothing_that_does_its_work() -> None:
    calls = [words for words, _ in every_command()]
    asked = [sys.executable, "-c", _SCRIPT, *calls]
    ran = subprocess.run(asked, capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = {call: modules for call, *modules in (line.split(",") for line in ran.stdout.splitlines())}
    assert [*loaded] == calls
    names = {call.replace(" ", "_") for call in calls}
    heavy = {
        call: [one for one in modules if not _may_be_loaded(one, names)] for call, modules in loaded.items()
    }
    assert {call: modules for call, modules in heavy.items() if modules} == {}


@pytest.mark.parametrize(
    "module", ["yaml", "mapper.transforms", "mapper.delivery.outbox.sqlite", "mapper.cli.feed"]
)
def test_what_does_the_work_is_known_as_such(module: str) -> None:
    assert not _may_be_loaded(module, {"check"})
