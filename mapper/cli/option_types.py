"""Types of options: a length of time, a percent of something, a rate, bytes, an address, a moment, files."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import Any

import click

from mapper.cli.terminal import is_closed
from mapper.values.regular_expression import pattern

_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_BYTES = {"": 1, "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_SIZE = pattern(rf"(\d{{1,15}}(?:\.\d{{1,3}})?)({'|'.join(_BYTES)})")
_ADDRESS = pattern(r"(?:(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):)?(\d{1,5})")
_MOST_PORT = 65_535
_RATE = pattern(r"\d{1,9}(?:\.\d{1,9})?")
_PERCENT = pattern(r"([^=]+)=(\d{1,3}(?:\.\d+)?)\s*%?")
_STDOUT = frozenset({"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})
_STDIN = frozenset({"-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})
_DURATION = pattern(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h|d|)")


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on only
    """`50ms`, `1.5s`, `2m`, or seconds as a number."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert a duration to seconds."""
        if isinstance(value, (int, float)):
            return float(value)
        found = _DURATION.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is not a duration; write e.g. 50ms, 1.5s or 2m", param, ctx)
        return float(found[1]) * _SECONDS[found[2]]


class NamedPercent(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on only
    """A name and a percent: `user_data.em=60%`. kind: what is named, as `PATH`; example: such a value."""

    def __init__(self, kind: str, example: str) -> None:
        self.name = f"{kind.lower()}=percent"
        self._kind, self._example = kind, example

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        """The name and the percent."""
        if isinstance(value, tuple):
            return value
        found = _PERCENT.fullmatch(str(value))
        if found is None or float(found[2]) > 100:
            self.fail(f"{value!r} is not {self._kind}=PERCENT; write e.g. {self._example}", param, ctx)
        return found[1].strip(), float(found[2])


class Rate(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on only
    """A rate, as a number a second, above 0: `5`, `0.5`."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert a rate to a number above 0."""
        rate = float(value) if _RATE.fullmatch(str(value)) else 0.0
        if not rate:
            self.fail(f"{value!r} is not a rate above 0; write e.g. 5 or 0.5", param, ctx)
        return rate


class Size(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on only
    """`500MiB`, `2GB`, or bytes as a number."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Convert a size to bytes."""
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is not a size; write 500MiB, 2GB or a number of bytes", param, ctx)
        return int(float(found[1]) * _BYTES[found[2]])


class ListenAddress(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on only
    """`9100` on this machine alone, or `HOST:PORT`."""

    name = "address"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """The host and the port."""
        if isinstance(value, tuple):
            return value
        found = _ADDRESS.fullmatch(str(value))
        port = int(found[3]) if found is not None else _MOST_PORT + 1
        if found is None or port > _MOST_PORT:
            self.fail(f"{value!r} is not an address; write e.g. 9100 or 0.0.0.0:9100", param, ctx)
        return found[1] or found[2] or "127.0.0.1", port


class Moment(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on only
    """An ISO 8601 time with its offset, or Unix seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert a moment to Unix time in seconds."""
        if isinstance(value, (int, float)):
            return float(value)
        text = str(value)
        if text.isascii() and text.isdigit() and len(text) < 12:
            return float(text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fail(f"{text!r} is not a time; write e.g. 2026-05-01T10:00:00Z or Unix seconds", param, ctx)
        return moment.timestamp()


class Jobs(click.IntRange):
    """A number of processes, or `auto`: one for each core that this process may use."""

    name = "jobs"

    def __init__(self) -> None:
        super().__init__(1, 256)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Convert to a number of processes; 1 where there is no `fork`."""
        if value != "auto":
            if isinstance(value, str) and not value.removeprefix("-").isdecimal():
                self.fail(f"{value!r} is neither a whole number nor `auto`", param, ctx)
            return super().convert(value, param, ctx)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(cores, 256) if hasattr(os, "fork") else 1


class MappingFile(click.Path):
    """A mapping to read, which must be there."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Convert an argument to the path of a mapping."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            if os.path.isfile(value):  # it cannot be read
                raise
        from mapper.cli.missing_mapping import missing_mapping

        raise click.UsageError(missing_mapping(os.fspath(value)), ctx)


class InputFile(click.Path):
    """A file to read, or `-` for stdin, which must not have been closed."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, allow_dash=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Convert an argument to the path of a file to read."""
        if value in _STDIN and is_closed(sys.stdin):
            self.fail("stdin is closed, so no event can be read", param, ctx)
        return super().convert(value, param, ctx)


class OutputFile(click.Path):
    """A file to write, or `-` for stdout, which must not have been closed: all of it would be lost."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, allow_dash=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Convert an argument to the path of a file to write."""
        if value in _STDOUT and is_closed(sys.stdout):
            self.fail("stdout is closed, so what is written there would be lost", param, ctx)
        return super().convert(value, param, ctx)
