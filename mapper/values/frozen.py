"""`@dataclass` for the values of the compiler: frozen to mypy, and as quick to make as any other.

A class that Python itself keeps frozen takes three times as long to define, and each of its values four
times as long to make: `mapper check` of a folder makes hundreds of thousands. That nobody changes one is what
mypy holds, in all of the project; who uses the front door is given values that are frozen to Python too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses
    from operator import attrgetter
    from reprlib import recursive_repr

    def dataclass(*, frozen: bool = False, eq: bool = True, **options: bool):
        """As `dataclasses.dataclass` does it, with the hash of a frozen class and without its locks."""

        def made(given):
            is_late = _can_be_late(given)
            kind = dataclasses.dataclass(given, init=not is_late, eq=False, repr=False, **options)
            if "__repr__" not in vars(kind):
                kind.__repr__ = _shown
            if eq:
                compared = [one for one in dataclasses.fields(kind) if one.compare]
                kind.__eq__, of_frozen = _comparing(compared)
                kind.__hash__ = of_frozen if frozen else None
            if is_late:
                kind.__init__ = _init_on_demand(kind)
            return kind

        return made

    def _can_be_late(given):
        """Whether a class takes all of its fields as they are given to it."""
        written = [one for one in vars(given).values() if isinstance(one, dataclasses.Field)]
        return not hasattr(given, "__post_init__") and all(one.init for one in written)

    def _init_on_demand(kind):
        """The `__init__` of a class until its first value is made, which of most classes is never made."""

        def __init__(self, *given, **named):
            kind.__init__ = _init_of(kind)
            kind.__init__(self, *given, **named)

        return __init__

    def _init_of(kind):
        """The `__init__` that `dataclasses` would write, of a class whose fields are all given to it."""
        parameters, lines, known = [], [], {}
        for one in dataclasses.fields(kind):
            value, default = one.name, f"_of_{one.name}"
            if one.default_factory is not dataclasses.MISSING:
                known[default] = one.default_factory
                parameters.append(f"{one.name}=_missing")
                value = f"{default}() if {one.name} is _missing else {one.name}"
            elif one.default is not dataclasses.MISSING:
                known[default] = one.default
                parameters.append(f"{one.name}={default}")
            else:
                parameters.append(one.name)
            lines.append(f"self.{one.name} = {value}")
        text = f"def __init__(self, {', '.join(parameters)}): {'; '.join(lines) or 'pass'}"
        exec(text, {**known, "_missing": dataclasses.MISSING}, made := {})
        made["__init__"].__qualname__ = f"{kind.__qualname__}.__init__"
        return made["__init__"]

    # What `dataclasses` would write and compile as text for each class, which takes longer than all the rest
    # of a class: most are never compared, and hardly any is shown.
    def _comparing(fields):
        """The `__eq__` and `__hash__` of a class with some fields."""
        names = [one.name for one in fields]
        # A tuple of the values, which `attrgetter` makes of several names only.
        get = (
            attrgetter(*names) if len(names) > 1 else lambda value: tuple([getattr(value, n) for n in names])
        )

        def __eq__(self, other):
            return get(self) == get(other) if other.__class__ is self.__class__ else NotImplemented

        def __hash__(self):
            return hash(get(self))

        return __eq__, __hash__

    @recursive_repr()
    def _shown(self):
        parts = [f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr]
        return f"{type(self).__qualname__}({', '.join(parts)})"
