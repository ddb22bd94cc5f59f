"""Code -> Program: what turns one event into its outcomes."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, TypeAlias

from mapper.runtime.decode import decode_event
from mapper.runtime.frame import Frame, Places
from mapper.runtime.outcome import Note, Outcome, Rejection

# (text, file name) -> code
CompileModule: TypeAlias = Callable[[str, str], CodeType]


@dataclass(frozen=True, slots=True)
class Code:
    """Generated Python and where it stems from.

    places: (target path, `file:line:column`) of each rule, by its number. reads_meta: it asks for `$meta`.
    name_field: the field of a payload that names its event, "" if none is known.
    spans: for each line of the text, the file and the characters of it that it stems from, if it does.
    sections: for each section that sends, the number of its place, and for each of its rules the target path
    and `file:line`.
    allowed: target paths whose rules let personal values through in clear.
    """

    name: str
    target: str
    profile: str | None
    text: str
    places: Places
    spans: tuple[tuple[str, int, int] | None, ...]
    reads_meta: bool = False
    name_field: str = ""
    sections: tuple[tuple[int, tuple[tuple[str, str], ...]], ...] = ()
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """A mapping in its callable form; safe to call from many threads at once."""

    code: Code
    _apply: Callable[[dict[str, Any], Frame], list[Outcome]] = field(repr=False)

    @property
    def name(self) -> str:
        """The mapping's name."""
        return self.code.name

    @property
    def target(self) -> str:
        """The name of the target's schema."""
        return self.code.target

    def apply(self, event: Any, meta: dict[str, Any] | None = None) -> list[Outcome]:
        """The outcomes of one event (a JSON object, which is not changed). Never raises for what it holds.

        meta: what the host knows and the event does not, as `$meta` reads it: `received_at` (ISO 8601 with an
        offset), `line` (of the feed, from 1).
        """
        if type(event) is not dict:
            return [_rejected("an event is a JSON object")]
        frame = Frame(event, self.code.places, meta)
        try:
            return self._apply(event, frame)
        except Exception as error:
            # The one wall behind which a mistake of ours costs one event and not the run. Its text may hold
            # a value of the event, so only its class is told.
            return [_rejected(f"internal error: {type(error).__name__}")]

    def apply_json(self, text: bytes, meta: dict[str, Any] | None = None) -> list[Outcome]:
        """The outcomes of the event that stands in a JSON text, as `apply` gives them.

        Raises Invalid, as `decode_event` does, for what is no event: its kind is `malformed`,
        `invalid_unicode` or `too_large`.
        """
        return self.apply(decode_event(text), meta)


def compile_module(text: str, filename: str) -> CodeType:
    """A generated module, compiled."""
    return compile(text, filename, "exec")


def load(code: Code, compile_module: CompileModule = compile_module) -> Program:
    """The program of some code. compile_module: stands in where a module may be compiled already."""
    return Program(code, load_module(code.text, f"mapping {code.name}", compile_module)["apply"])


def load_module(text: str, name: str, compile_module: CompileModule = compile_module) -> dict[str, Any]:
    """The names of a generated module. Its lines show up in tracebacks and debuggers."""
    filename = f"<{ascii(name)[1:-1]}>"
    namespace: dict[str, Any] = {"__name__": "mapper.generated"}
    exec(compile_module(text, filename), namespace)
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    return namespace


def load_function(text: str, name: str) -> Callable[[Any], Any]:
    """The function `read` of a module's text, for one value and without an event around it."""
    read = load_module(text, f"expression {name}")["read"]

    def apply(value: Any) -> Any:
        return read(value, Frame({}, ()))

    return apply


def _rejected(message: str) -> Outcome:
    return Outcome(rejection=Rejection((Note("invalid", "", "", message),)))
