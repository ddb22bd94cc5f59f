"""The result of `check` -> workflow commands, of which GitHub makes annotations of a pull request."""

from __future__ import annotations

from collections.abc import Mapping

from mapper.cli.report.file_paths import relative
from mapper.cli.report.result import CheckResult, places, severity
from mapper.cli.terminal import visible
from mapper.codes import CODES
from mapper.texts.diagnostic import Diagnostic

_COMMANDS = {"error": "error", "warning": "warning", "advice": "notice"}
_IN_MESSAGES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTIES = {**_IN_MESSAGES, ":": "%3A", ",": "%2C"}


def as_github(checked: CheckResult) -> str:
    """A command, on a line of its own, for each diagnostic and for each file that could not be read."""
    lines = [_command(one, severity(one, checked.strict)) for one in checked.found]
    for one in checked.unread:
        properties = {"file": _file(one.file), "title": "unreadable"}
        lines.append(command_line("error", properties, visible(one.why)))
    return "".join(lines)


def _command(found: Diagnostic, level: str) -> str:
    """The place is in the message too: of the command itself a log shows only that."""
    line, column, end_line, end_column = places(found.span)
    properties: dict[str, object] = {"file": _file(found.span.text.name), "line": line}
    if line == end_line:
        properties |= {"col": column, "endLine": end_line, "endColumn": end_column}
    else:  # with columns of different lines GitHub refuses the command
        properties["endLine"] = end_line
    properties["title"] = f"{found.code}: {CODES[found.code].title}"
    said = [f"{found.span.text.name}:{line}:{column}: {found.message}"]
    said += [f"{span.place}: {why}" for span, why in found.related]
    said += f"hint: {found.hint}".split("\n") if found.hint else []
    return command_line(_COMMANDS[level], properties, "\n".join(map(visible, said)))


def _file(name: str) -> str:
    """GitHub reads paths from the root of the repository: where a workflow runs its steps."""
    return visible(relative(name) or name)


def command_line(command: str, properties: Mapping[str, object], message: str) -> str:
    """A command on a line of its own."""
    written = ",".join(f"{key}={_escape(str(value), _IN_PROPERTIES)}" for key, value in properties.items())
    return f"::{command} {written}::{_escape(message, _IN_MESSAGES)}\n"


def _escape(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(char, char) for char in text)
