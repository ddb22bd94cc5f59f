"""One run of a command that delivers: how it opens its outbox, is watched and ends, is in one module."""

from __future__ import annotations

import ast
import errno

import click
import pytest

from mapper.cli.delivery_run import new_run
from mapper.cli.log import Log
from mapper.delivery.batch import Parcel
from mapper.delivery.outbox.outbox_errors import AccountTaken, Unreachable
from mapper.delivery.outbox.retention import Retention
from mapper.delivery.outbox.store import Accepted, Account
from tests.house.sources import FILES, nodes

_RUN = "mapper/cli/delivery_run.py"
_ACCOUNT, _OTHER = Account("shop/events-v1"), Account("shop/events-v1", "other")


@pytest.mark.parametrize(
    "name", ["MetricsPage", "OutboxMonitor", "answered", "counts_now", "open_store", "stopping", "watch"]
)
def test_one_module_of_commands_opens_watches_and_ends(name: str) -> None:
    importers = {
        file
        for file in FILES
        if file.startswith("mapper/cli/")
        for node in nodes(file)
        if isinstance(node, ast.ImportFrom) and node.module != "mapper.cli.watch_files"
        if any(one.name == name for one in node.names)
    }
    of_page = {"mapper/cli/metrics_page.py", "mapper/cli/progress_line.py"}  # they are of the same values
    assert importers - of_page == {_RUN}


def _ended(error: Exception, *, is_service: bool, is_told: bool) -> int:
    """The status that a command ends with."""
    run = new_run(Log(), Retention())
    if is_told:
        run.stop.set()

    @click.command()
    def command() -> None:
        with run.ending_on_trouble(is_service=is_service):
            raise error

    with pytest.raises(SystemExit) as ended:
        command.main([])
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(
    ("error", "is_service", "is_told", "status"),
    [
        (Unreachable("no server"), True, True, 0),
        (Unreachable("no server"), True, False, 69),
        (Unreachable("no server"), False, True, 69),
        (AccountTaken("taken"), True, True, 75),
        (OSError(errno.ENOSPC, "full"), False, False, 74),
    ],
)
def test_trouble_is_said_and_ends_a_command_with_its_status(
    error: Exception, is_service: bool, is_told: bool, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _ended(error, is_service=is_service, is_told=is_told) == status
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_what_waits_is_counted_for_an_account_or_for_all() -> None:
    run = new_run(Log(), Retention())
    with run.open("memory", _ACCOUNT, run.waits(1.0)) as outbox:
        assert outbox.name == "memory"
        for account, count in ((_ACCOUNT, 2), (_OTHER, 3)):
            parcels = tuple(Parcel(0, "", line, 1, b"{}", 60) for line in range(count))
            outbox.store.wait(outbox.store.outbox.put, Accepted(account, "v1", parcels), 1.0)
        assert (outbox.pending(_ACCOUNT), outbox.pending(_OTHER), outbox.pending()) == (2, 3, 5)
