"""Code -> Program: what turns one event into its outcomes."""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import CodeType
from typing import Any, TypeAlias

from mapper.runtime.budget import TOO_LARGE, Overrun
from mapper.runtime.decode import decode_event, typed_classes, typed_decoder
from mapper.runtime.doubled import with_doubled
from mapper.runtime.foreign import is_plain, json_value, plain_meta
from mapper.runtime.frame import Frame, RulePlaces
from mapper.runtime.outcome import Note, Outcome, Rejection
from mapper.values.payload_time import PayloadTime, TimeUnit
from mapper.values.safe_text import SafeText
from mapper.values.short import short
from mapper.values.types import Invalid
from mapper.version import __version__

# (text, file name) -> code, in parts that run one after another
CompileModule: TypeAlias = Callable[[str, str], tuple[CodeType, ...]]
# The fast form takes an event, the typed one the text of it, and both what the host knows of it.
Fast: TypeAlias = Callable[[Any, dict[str, Any] | None], list[Outcome]]
Careful: TypeAlias = Callable[[dict[str, Any], Frame], list[Outcome]]

# The form of pickles that Python has had since 3.8.
_PICKLED = 5

# What looks at outcomes before anybody sees them, and gives those that may leave.
Look: TypeAlias = Callable[[list[Outcome]], list[Outcome]]

# The target path and `file:line` of each rule of a section.
SectionRules: TypeAlias = tuple[tuple[str, str], ...]

# Making the fast form takes as long as some hundred events in the careful one.
FIRST_EVENTS = 200
MOST_MISSES = 500
_JSON = frozenset((str, int, float, bool, type(None)))
# As many as 4,300 digits have, the longest number that a JSON text is read with.
_MOST_BITS = 14_284
# An event that a host made may hold itself.
_MOST_LOOKED_AT = 1_000_000


@dataclass(frozen=True, slots=True)
class Code:
    """Generated Python and where it stems from.

    places: (target path, `file:line:column`) of each rule, by its number. reads_meta: it asks for `$meta`.
    name_field, key_field, time_field: the fields of a payload with the name of its event, its dedup id and
    its time; "" if none is known. time_unit: how that time is written.
    names: the names of events that the mapping itself holds: what `is` compares with, and what is sent.
    words: all texts that the mapping has as constants, its names of events too.
    spans: for each line of the text, the file and the characters of it that it stems from, if it does.
    sections: for each section that sends, the number of its place, and for each of its rules the target path
    and `file:line`.
    required: for each section that sends, the target paths that its author calls required.
    allowed: target paths whose rules let personal values through in plaintext.
    persons: the target paths whose values identify a person alone, `[]` after the name of an array in them.
    fast, typed: the texts of its fast form, and of that for events decoded by class; "" if it has none, None
    if that was not made.
    guard: what the guard looks for in its payloads, as plain values; None where nobody knows.
    """

    name: str
    target: str
    profile: str | None
    text: str
    places: RulePlaces
    spans: tuple[tuple[str, int, int] | None, ...]
    reads_meta: bool = False
    name_field: str = ""
    key_field: str = ""
    time_field: str = ""
    time_unit: TimeUnit = "s"
    names: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()
    sections: tuple[tuple[int, SectionRules], ...] = ()
    required: tuple[tuple[int, tuple[str, ...]], ...] = ()
    allowed: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    fast: str | None = None
    typed: str | None = None
    guard: Any = field(default=None, repr=False)

    def __repr__(self) -> str:
        return f"Code({short(self.name)}, target={short(self.target)})"

    @property
    def time(self) -> PayloadTime:
        """The field of a payload that is the time of its event."""
        return PayloadTime(self.time_field, self.time_unit)


# Gives the text of a fast form, "" if there is none. typed: of that for events decoded by class.
MakeFast: TypeAlias = Callable[[bool], str]


@dataclass(slots=True)
class Warmup:
    """The form of a program that takes its events.

    text: gives the text of the fast form; make: gives that form. form: that form, once it is made; fast: the
    same, as long as it takes events. waiting: how many events come before it is made, for that takes as long
    as they do. hits, misses: events that it took, and that it left over.
    """

    text: Callable[[], str]
    make: Callable[[], Fast | None]
    waiting: int
    form: Fast | None = None
    fast: Fast | None = None
    hits: int = 0
    misses: int = 0

    def wait(self) -> None:
        """Count an event that comes before the fast form does. Of many threads one or several make it."""
        self.waiting -= 1
        if self.waiting <= 0:
            self.ready()

    def ready(self) -> None:
        """Make the fast form of the program."""
        self.fast = self.form = self.make()
        self.waiting = 0

    def miss(self) -> None:
        """Count an event that the fast form left over; after too many of them it is given up."""
        self.misses += 1
        if self.misses >= MOST_MISSES and self.misses > self.hits:
            self.fast = None


@dataclass(frozen=True, slots=True)
class Program:
    """A mapping in its callable form; safe to call from many threads at once.

    look: the guard's, through which all outcomes go; None in the raw form.
    """

    code: Code
    _apply: Careful = field(repr=False)
    _pace: Warmup = field(repr=False, compare=False)
    _typed: Warmup = field(repr=False, compare=False)
    look: Look | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        return f"Program({short(self.name)}, target={short(self.target)})"

    @property
    def name(self) -> str:
        """The mapping's name."""
        return self.code.name

    @property
    def functions(self) -> dict[str, Any]:
        """The functions of its careful form, by name."""
        return {**self._apply.__globals__}

    @property
    def fast_text(self) -> str:
        """The text of its fast form, "" if it has none."""
        return self._pace.text()

    @property
    def typed_text(self) -> str:
        """The text of its fast form for events decoded by class, "" if it has none."""
        return self._typed.text()

    @property
    def target(self) -> str:
        """The name of the target's schema."""
        return self.code.target

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled, it is its code as text, with its fast forms, and the guard's tables, for another machine.

        A guarded program comes out guarded or not at all, and one in its raw form stays in it. The version
        is kept beside the rest, so that what another one has written is refused before it is read.
        """
        import pickle
        import zlib

        code = replace(self.code, fast=self.fast_text, typed=self.typed_text)
        return _unpickled, (__version__, zlib.compress(pickle.dumps((code, self.look), _PICKLED)))

    def prepare(self) -> Program:
        """Make its fast forms now, which otherwise come after the first events."""
        self._pace.ready()
        self._typed.ready()
        return self

    def apply(self, event: Any, meta: dict[str, Any] | None = None) -> list[Outcome]:
        """The outcomes of one event (a JSON object, which is not changed). Never raises for what it holds.

        Values of Python that JSON does not have count as their JSON values: `Decimal` as a number,
        `datetime`, `date` and `time` as ISO 8601 text, `UUID` and UTF-8 `bytes` as text, an `Enum` as its
        value, tuples and sets as lists, other mappings as objects, scalars and arrays of numpy as what they
        hold. Any other value rejects the event, with its place. docs/run.md has the table.

        meta: what the host knows and the event does not, as `$meta` reads it: `received_at` (ISO 8601 with an
        offset, or a `datetime` that has one), `line` (of the feed, from 1).
        """
        if not (type(event) is dict and is_plain(event)) and isinstance(event, Mapping):
            try:
                event = json_value(event)
            except Invalid as invalid:
                return [_rejected(invalid.reason)]
            except Exception:
                # A host's own class, whose methods may do anything.
                return [_rejected(SafeText("an event must be a JSON object; a value in it failed"))]
        return self.apply_decoded(event, meta)

    def apply_decoded(self, event: Any, meta: dict[str, Any] | None = None) -> list[Outcome]:
        """As `apply`, for an event that `json.loads` or the like has made.

        It is not looked through for values that JSON does not have, which are read as if they were not there.
        """
        outcomes = self._outcomes(event, meta)
        if len(outcomes) > 1:
            outcomes = with_doubled(outcomes, self.code.name_field, self.code.key_field, self.code.places)
        return outcomes if self.look is None else self.look(outcomes)

    def _outcomes(self, event: Any, meta: dict[str, Any] | None) -> list[Outcome]:
        """The outcomes of one event before anything looks at them."""
        if type(event) is not dict:
            return [_rejected(SafeText("an event must be a JSON object"))]
        if meta is not None and self.code.reads_meta:
            try:
                meta = plain_meta(meta)
            except Invalid as invalid:
                return [_rejected(invalid.reason)]
        pace = self._pace
        fast = pace.fast  # which another thread may give up meanwhile
        if fast is not None:
            try:
                outcomes = fast(event, meta)
            except Exception:
                # Whatever surprises the fast form: what becomes of the event is for the careful one to say.
                pace.miss()
            else:
                pace.hits += 1
                return outcomes
        elif pace.waiting > 0:
            pace.wait()
        return self._apply_carefully(event, meta)

    def _apply_carefully(self, event: dict[str, Any], meta: dict[str, Any] | None) -> list[Outcome]:
        frame = Frame(event, self.code.places, meta)
        try:
            return self._apply(event, frame)
        except Overrun:
            return [_rejected(TOO_LARGE)]
        except Exception as error:
            # The one place where a bug of ours costs one event and not the run. Its text may hold
            # a value of the event, so only its class is told.
            foreign = _foreign(event)
            if foreign:
                return [
                    _rejected(
                        SafeText("an event must be a JSON object, with no {} in it", SafeText.known(foreign))
                    )
                ]
            return [_rejected(SafeText("internal error: {}", SafeText.known(type(error).__name__)))]

    def apply_json(self, text: bytes, meta: dict[str, Any] | None = None) -> list[Outcome]:
        """The outcomes of the event of a JSON text, as `apply` gives them.

        Raises Invalid, as `decode_event` does, for what is no event: its kind is `malformed`,
        `invalid_unicode` or `too_large`. Where a mapping reads only some fields, texts that are no UTF-8,
        integers that Python does not read and deep nesting in the others are no reason.
        """
        outcomes = self._outcomes_of_json(text, meta)
        if len(outcomes) > 1:
            outcomes = with_doubled(outcomes, self.code.name_field, self.code.key_field, self.code.places)
        return outcomes if self.look is None else self.look(outcomes)

    def _outcomes_of_json(self, text: bytes, meta: dict[str, Any] | None) -> list[Outcome]:
        if meta is not None and self.code.reads_meta:
            try:
                meta = plain_meta(meta)
            except Invalid as invalid:
                return [_rejected(invalid.reason)]
        pace = self._typed
        fast = pace.fast
        if fast is not None:
            try:
                outcomes = fast(text, meta)
            except Exception:
                pace.miss()
            else:
                pace.hits += 1
                return outcomes
            return self._apply_carefully(decode_event(text), meta)
        return self._apply_decoded(text, meta)

    def _apply_decoded(self, text: bytes, meta: dict[str, Any] | None) -> list[Outcome]:
        """The outcomes of an event that is decoded as a whole, if it can be."""
        pace = self._typed
        waiting = pace.waiting > 0
        if waiting:
            pace.wait()
        try:
            event = decode_event(text)
        except Invalid as invalid:
            if pace.waiting > 0:
                pace.ready()
            # Whether an event is refused must not depend on how many came before it.
            with suppress(Exception):
                if pace.form is not None:
                    return pace.form(text, meta)
            raise invalid.with_traceback(None) from None
        return self._apply_carefully(event, meta) if waiting else self._outcomes(event, meta)


def _unpickled(version: str, content: bytes) -> Program:
    """A program that was pickled. Raises UnpicklingError for one of another version of this package."""
    import pickle
    import zlib

    if version != __version__:
        raise pickle.UnpicklingError(
            f"this program was pickled by version {version} of the mapper, and {__version__} is installed "
            "here: install the same version on all machines"
        )
    code, look = pickle.loads(zlib.decompress(content))
    return replace(load(code), look=look)


def compile_module(text: str, filename: str) -> tuple[CodeType, ...]:
    """A generated module, compiled as a whole."""
    return (compile(text, filename, "exec"),)


def load(
    code: Code,
    compile_module: CompileModule = compile_module,
    make_fast: MakeFast | None = None,
    known: Mapping[str, Any] | None = None,
) -> Program:
    """The program of some code.

    compile_module: for a module that may be compiled already. make_fast: for code that has no text of
    its fast forms. known: what the code knows besides.
    """
    names = load_module(code.text, f"mapping {code.name}", compile_module, known)

    def pace(kept: str | None, typed: bool) -> Warmup:
        def text() -> str:
            return kept if kept is not None else make_fast(typed) if make_fast is not None else ""

        def make() -> Fast | None:
            # A program that has none takes longer, and no event of a run is the one that ends it.
            with suppress(Exception):
                if written := text():
                    return _load_fast(written, "typed" if typed else "fast", names, code, compile_module)
            return None

        return Warmup(text, make, _waiting(kept, make_fast))

    return Program(code, names["apply"], pace(code.fast, False), pace(code.typed, True))


def _waiting(kept: str | None, make_fast: MakeFast | None) -> int:
    """The number of events before a fast form is made."""
    if kept is None:
        return 0 if make_fast is None else FIRST_EVENTS
    return 1 if kept else 0


def _load_fast(
    text: str, form: str, careful: dict[str, Any], code: Code, compile_module: CompileModule
) -> Fast:
    """The fast form of a text; of one for events decoded by class, with these classes."""
    known = {**careful, "PLACES": code.places}
    names = load_module(text, f"mapping {code.name}, {form}", compile_module, known)
    if "SHAPES" in names:
        classes = typed_classes(names["SHAPES"])
        names |= classes
        names |= {f"NO_{name.upper()}": made() for name, made in classes.items()}
        names["decode_typed"] = typed_decoder(classes["Event"])
    fast: Fast = names["fast"]
    return fast


def load_module(
    text: str,
    name: str,
    compile_module: CompileModule = compile_module,
    known: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The names of a generated module, and those that it knows of another one.

    Its lines show up in tracebacks and debuggers.
    """
    filename = f"<{ascii(name)[1:-1]}>"
    namespace: dict[str, Any] = {**(known or {}), "__name__": "mapper.generated"}
    for part in compile_module(text, filename):
        exec(part, namespace)
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    return namespace


def load_function(text: str, name: str) -> Callable[[Any], Any]:
    """The function `read` of a module's text, for one value and without an event around it."""
    read = load_module(text, f"expression {name}")["read"]

    def apply(value: Any) -> Any:
        return read(value, Frame({}, ()))

    return apply


def _rejected(message: SafeText) -> Outcome:
    return Outcome(rejection=Rejection((Note("invalid", "", "", message),)))


def _foreign(event: dict[str, Any]) -> str:
    """The class of a value of an event that JSON does not have; "" if there is none.

    Asked only where an event could not be worked with: most that a host hands over holds nothing of the kind.
    """
    waiting: list[Any] = [event]
    for _ in range(_MOST_LOOKED_AT):
        if not waiting:
            break
        value = waiting.pop()
        kind = type(value)
        if kind is dict:
            waiting += value
            waiting += value.values()
        elif kind is list:
            waiting += value
        elif kind not in _JSON:
            return kind.__name__
        elif kind is float and not math.isfinite(value):
            return "NaN or infinity"
        elif kind is int and value.bit_length() > _MOST_BITS:
            return "number of more than 4,300 digits"
    return ""
