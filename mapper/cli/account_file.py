"""The operator's file of accounts: which variables hold the credentials of each. Holds no secret itself."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mapper.compiler.syntax.shapes import json_of
from mapper.compiler.yaml.reader import read_yaml
from mapper.delivery.credentials import SetupFailure
from mapper.delivery.destination import Destination
from mapper.diagnostic import Diagnostic
from mapper.project import read_text

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_FILE = "file:"
_FORM = "write it as `name: {account: VARIABLE, token: VARIABLE or file:PATH}`"


@dataclass(frozen=True, slots=True)
class AccountFile:
    """Where the credentials of accounts are: by an account's name, the source of each of its settings."""

    sources: Mapping[str, Mapping[str, str]]

    def only_name(self) -> str | None:
        """The account that needs no choice: the only one, or `default`."""
        names = list(self.sources)
        return names[0] if len(names) == 1 else "default" if "default" in names else None

    def environment(self, name: str, destination: Destination) -> Mapping[str, str] | SetupFailure:
        """The variables of a destination as an account has them; read anew at each call."""
        found = self.sources.get(name)
        if found is None:
            return SetupFailure(f"the file of accounts has no account `{name}`")
        values: dict[str, str] = {}
        for setting, rule in destination.settings.items():
            source = found.get(setting)
            if source is None and setting in destination.request.needed:
                return SetupFailure(f"account `{name}` has no `{setting}` in the file of accounts")
            try:
                values[rule.environment] = "" if source is None else _value(source)
            except OSError as error:
                return SetupFailure(f"`{setting}` of account `{name}` cannot be read: {error.strerror}")
        return values


def read_account_file(path: str) -> AccountFile | SetupFailure:
    """A file of `name: {account: VARIABLE, token: VARIABLE or file:PATH}` that nobody else can read."""
    if os.name == "posix" and os.stat(path).st_mode & _OTHERS:
        return SetupFailure(f"{path} can be read by others", f"chmod 600 {path}")
    found: list[Diagnostic] = []
    node = read_yaml(read_text(path), found)
    if found:
        return SetupFailure(f"{found[0].span.place}: {found[0].message}", _FORM)
    sources = None if node is None else json_of(node)
    if not isinstance(sources, dict):
        return SetupFailure(f"{path} holds no accounts", _FORM)
    accounts: dict[str, dict[str, str]] = {}
    for name, one in sources.items():
        parts = one.items() if isinstance(one, dict) else ()
        texts = {key: value for key, value in parts if isinstance(value, str)}
        if texts != one:
            return SetupFailure(f"{path}: account `{name}` must be a table of texts", _FORM)
        accounts[name] = texts
    return AccountFile(accounts)


@dataclass(slots=True)
class AccountFileReader:
    """The operator's file, read anew once it has changed."""

    path: str
    _stamp: tuple[int, int, int] | None = None
    _held: AccountFile | SetupFailure | None = None

    def read(self) -> AccountFile | SetupFailure:
        """What is in the file now."""
        try:
            found = os.stat(self.path)
            stamp = found.st_mtime_ns, found.st_size, found.st_ino
            if self._held is None or stamp != self._stamp:
                self._held, self._stamp = read_account_file(self.path), stamp
            return self._held
        except OSError as error:
            return SetupFailure(f"{self.path} cannot be read: {error.strerror}")


def _value(source: str) -> str:
    """What a variable or a file holds."""
    if source.startswith(_FILE):
        return Path(source.removeprefix(_FILE)).read_text(encoding="utf-8").strip()
    return os.environ.get(source, "")
