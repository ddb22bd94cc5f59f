"""The operator's file of accounts: which variables hold the credentials of each. Holds no secret itself."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mapper.cli.environment import ENVIRONMENT
from mapper.codes import CODES
from mapper.compiler.findings import Findings
from mapper.compiler.yaml.nodes import MapNode, ScalarNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.delivery.destination import Destination
from mapper.delivery.setup_failure import SetupFailure
from mapper.project.project import read_text
from mapper.texts.diagnostic import closest

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_FILE = "file:"
# Other keys may be of another file, whose lines may hold anything.
_PLAIN_NAME = re.compile(r"[\w-]{1,40}")
_FORM = "write it as `name: {account: VARIABLE, token: VARIABLE or file:PATH}`"


@dataclass(frozen=True, slots=True)
class AccountSetting:
    """A setting as the file has it. source: a variable, or `file:` and a path; place: of its key."""

    source: str
    place: str


@dataclass(frozen=True, slots=True)
class AccountFile:
    """The credentials of accounts: by an account's name, each of its settings."""

    path: str
    accounts: Mapping[str, Mapping[str, AccountSetting]]

    def only_name(self) -> str | None:
        """The account that needs no choice: the only one, or `default`."""
        names = list(self.accounts)
        return names[0] if len(names) == 1 else "default" if "default" in names else None

    def environment(self, name: str, destination: Destination) -> Mapping[str, str] | SetupFailure:
        """The variables of a destination as an account has them; read anew at each call."""
        found = self.accounts.get(name)
        if found is None:
            return SetupFailure(f"{self.path} has no account `{name}`", _did_you_mean(name, self.accounts))
        for key, setting in found.items():
            if key not in destination.settings:
                text = f"{setting.place}: {destination.service} has no setting `{key}`"
                return SetupFailure(text, _did_you_mean(key, destination.settings))
        missing = [key for key in destination.request.needed if key not in found]
        if missing:
            return SetupFailure(f"{self.path}: account `{name}` has no `{missing[0]}`", _FORM)
        values: dict[str, str] = {}
        for key, setting in found.items():
            try:
                value = _value(setting.source)
            except (OSError, UnicodeDecodeError):
                return SetupFailure(f"{setting.place}: {setting.source} cannot be read")
            if not value:
                return SetupFailure(f"{setting.place}: {setting.source} is empty, or not set")
            values[destination.settings[key].environment] = value
        return values


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    near = closest(word, known)
    return f"did you mean `{near}`?" if near else f"write one of {', '.join(sorted(known))}"


def read_account_file(path: str) -> AccountFile | SetupFailure:
    """A file of `name: {account: VARIABLE, token: VARIABLE or file:PATH}` that nobody else can read."""
    if os.name == "posix" and os.stat(path).st_mode & _OTHERS:
        return SetupFailure(f"{path} can be read by others", f"chmod 600 {path}")
    found = Findings()
    node = read_yaml(read_text(path), found)
    first = next(iter(found), None)
    if first is not None:
        # The message may quote the line, and the file may be any.
        return SetupFailure(f"{first.span.place}: {CODES[first.code].title}", _FORM)
    if not isinstance(node, MapNode) or not node.entries:
        return SetupFailure(f"{path} holds no accounts", _FORM)
    accounts: dict[str, dict[str, AccountSetting]] = {}
    for name, one in node.entries:
        settings = accounts[name.text] = {}
        if not isinstance(one, MapNode):
            shown = f"account `{name.text}`" if _PLAIN_NAME.fullmatch(name.text) else "an account"
            return SetupFailure(f"{one.span.place}: {shown} must be a table of settings", _FORM)
        for key, value in one.entries:
            if not isinstance(value, ScalarNode) or not isinstance(value.value, str):
                return SetupFailure(f"{value.span.place}: `{key.text}` must be a text", _FORM)
            settings[key.text] = AccountSetting(value.text, key.span.place)
    return AccountFile(path, accounts)


@dataclass(slots=True)
class AccountFileReader:
    """The operator's file, read anew once it has changed."""

    path: str
    _stamp: tuple[int, int, int] | None = None
    _held: AccountFile | SetupFailure | None = None

    def read(self) -> AccountFile | SetupFailure:
        """Read the accounts that are in the file now."""
        try:
            found = os.stat(self.path)
            stamp = found.st_mtime_ns, found.st_size, found.st_ino
            if self._held is None or stamp != self._stamp:
                self._held, self._stamp = read_account_file(self.path), stamp
            return self._held
        except OSError as error:
            return SetupFailure(f"{self.path} cannot be read: {error.strerror}")


def _value(source: str) -> str:
    """The value that a variable or a file holds."""
    if source.startswith(_FILE):
        return Path(source.removeprefix(_FILE)).read_text(encoding="utf-8").strip()
    return ENVIRONMENT.get(source, "")
