"""What all tests use. Nothing that they draw depends on chance, so that they fail for the code alone."""

import gc
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.support import postgres as postgres_server
from tests.support.depth import DEPTH, SEED, Depth, examples, is_named
from tests.support.fixed_constants import fix_constants

pytest_plugins = ["tests.support.costs"]

# Compiled modules are kept whatever the machine says: hundreds of tests start a process.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Processes that tests start hear it, also where this one was begun by `nohup`.
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# No result depends on how busy the machine is.
settings.register_profile(
    "repeatable",
    max_examples=examples(100),
    derandomize=DEPTH is not Depth.FULL,
    print_blob=DEPTH is Depth.FULL,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.register_profile(
    "unshrunk", settings.get_profile("repeatable"), phases=[Phase.explicit, Phase.generate]
)
settings.load_profile("repeatable")
fix_constants()

# A job in the background of a shell ignores Ctrl-C, and so would every process that a test starts: tests that
# send it would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)  # a test runs the tests without xdist
def pytest_xdist_auto_num_workers() -> int:
    """More than there are cores, since many tests wait for programs, most so at full depth."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + {Depth.QUICK: 0, Depth.USUAL: 1, Depth.FULL: 2}[DEPTH]


def pytest_configure(config: pytest.Config) -> None:
    """At full depth the seed chooses what Hypothesis draws."""
    if DEPTH is Depth.FULL:
        config.option.hypothesis_seed = str(SEED)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collects without the garbage collector, which from then on leaves the tests themselves alone."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what is of full depth alone, but for tests that the command line names."""
    if DEPTH is Depth.FULL:
        return
    left = [one for one in items if one.get_closest_marker("full") and not is_named(one.nodeid)]
    config.hook.pytest_deselected(items=left)
    items[:] = [one for one in items if one not in left]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True, scope="session")
def _no_cache_of_programs() -> Iterator[None]:
    """No test finds a program that another one, or a person, compiled before."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MAPPER_NO_CACHE", "1")
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_setting_of_ci() -> Iterator[None]:
    """Tests pass alike on a person's machine and where `CI` is set, which some commands obey."""
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("CI", raising=False)
        yield


_STATES = itertools.count()


@pytest.fixture(autouse=True, scope="session")
def _states(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What a person's state folder holds is left alone."""
    folder = tmp_path_factory.mktemp("states")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_STATE_HOME", str(folder / "whole"))
        yield folder


@pytest.fixture(autouse=True)
def _state(_states: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds in the state folder what another one left there."""
    monkeypatch.setenv("XDG_STATE_HOME", str(_states / f"{next(_STATES)}"))


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of little space, which `mount -o remount` makes larger."""
    # Not among the folders of tests: if this process is killed, the next one could not clear them.
    folder = Path(tempfile.mkdtemp(prefix="small-disk-"))
    words = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(words, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("only the superuser can make a small disk, and not everywhere")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)  # also where a test has left a file open
    folder.rmdir()


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_server.Server]:
    """A PostgreSQL server; a test that asks for it is skipped where none is installed."""
    with postgres_server.running() as server:
        yield server


@pytest.fixture(scope="session")
def _postgres_database(postgres: postgres_server.Server) -> str:
    return postgres.new_database()


@pytest.fixture(scope="session")
def _pooler(postgres: postgres_server.Server) -> Iterator[int]:
    with postgres_server.pooling(postgres) as port:
        yield port


@pytest.fixture
def pooled_address(
    postgres: postgres_server.Server, _pooler: int, _postgres_database: str, postgres_address: str
) -> str:
    """The address of the same database through a pooler."""
    return postgres.address(_postgres_database, _pooler)


@pytest.fixture
def empty_postgres(postgres: postgres_server.Server, _postgres_database: str) -> Callable[[], None]:
    """Empties the database of `postgres_address` once more."""
    return lambda: postgres.empty(_postgres_database)


@pytest.fixture
def postgres_address(
    postgres: postgres_server.Server, _postgres_database: str, empty_postgres: Callable[[], None]
) -> str:
    """The address of an empty database of this test's own."""
    empty_postgres()
    return postgres.address(_postgres_database)
