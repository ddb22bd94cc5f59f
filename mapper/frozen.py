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

    def dataclass(*, frozen: bool = False, **options: bool):
        """As `dataclasses.dataclass` does it, with the hash of a frozen class and without its locks."""
        if not frozen or not options.get("eq", True):
            return dataclasses.dataclass(**options)

        def made(given):
            kind = dataclasses.dataclass(given, eq=False, repr=False, **options)
            kind.__eq__, kind.__hash__ = _comparing([one for one in dataclasses.fields(kind) if one.compare])
            kind.__repr__ = _shown
            return kind

        return made

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
