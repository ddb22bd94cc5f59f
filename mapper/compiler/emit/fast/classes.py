"""Shape: which fields are read of a value, and of the objects and lists in it.

A decoder that knows them makes nothing of the rest. What is read in any other way than field by field, or
element by element, is decoded as a whole: then it and all that is in it is what it would be anyway.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mapper.compiler.emit.module import hidden

# An unknown key is compared with each field of a shape: beyond so many a dict is quicker.
_MOST_FIELDS = 64
_LONGEST_NAME = 48
_ATTRIBUTE = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*", re.ASCII)


@dataclass(slots=True, eq=False)
class Shape:
    """What is read of a value. fields: by name; item: of its elements.

    whole: it is read as it is. asked: it is asked whether it is there, which an object with nothing in it is
    not. made: it may be a list that an expression makes. name: of the class for its objects, where there is
    one. same: the shape that this one is part of.
    """

    fields: dict[str, Shape] = field(default_factory=dict)
    item: Shape | None = None
    whole: bool = False
    asked: bool = False
    made: bool = False
    name: str = ""
    same: Shape | None = None

    def root(self) -> Shape:
        """The shape that stands for all that turned out to be the same."""
        shape = self
        while shape.same is not None:
            shape = shape.same
        return shape

    def field(self, name: str) -> Shape:
        """The shape of a field."""
        root = self.root()
        return root.fields.setdefault(name, Shape(whole=root.whole)).root()

    def element(self) -> Shape:
        """The shape of an element."""
        root = self.root()
        if root.item is None:
            root.item = Shape(whole=root.whole)
        return root.item.root()

    def make_whole(self) -> None:
        """Note that it is read as it is."""
        waiting = [self.root()]
        while waiting:
            shape = waiting.pop()
            if not shape.whole:
                shape.whole = True
                waiting += [part.root() for part in shape.parts()]

    def parts(self) -> Iterator[Shape]:
        """The shapes in it."""
        yield from self.fields.values()
        if self.item is not None:
            yield self.item

    def attribute(self, name: str) -> str:
        """The attribute that holds a field: of its own name where that can be one."""
        if _ATTRIBUTE.fullmatch(name) and not keyword.iskeyword(name):
            return name
        fields = self.root().fields
        made = f"field_{list(fields).index(name) + 1}"
        while made in fields:
            made += "_"
        return made

    @property
    def nothing(self) -> str:
        """The name of an object of its class with nothing in it."""
        return f"NO_{self.root().name.upper()}"

    @property
    def is_object(self) -> bool:
        """Whether its fields are all that is read of it."""
        return bool(self.root().name)

    @property
    def is_list(self) -> bool:
        """Whether the fields of its elements are all that is read of it."""
        root = self.root()
        return not root.whole and root.item is not None and root.item.is_object


def unite(one: Shape, other: Shape) -> Shape:
    """Make the same of two shapes, and of all in them."""
    waiting = [(one, other)]
    while waiting:
        left, right = (shape.root() for shape in waiting.pop())
        if left is right:
            continue
        right.same = left
        left.asked, left.made = left.asked or right.asked, left.made or right.made
        # What only one of them has is taken as it is: shapes may be in themselves, and would grow forever.
        waiting += [(left.fields.setdefault(name, shape), shape) for name, shape in right.fields.items()]
        left.item = left.item or right.item
        if left.item is not None and right.item is not None:
            waiting.append((left.item, right.item))
        if left.whole or right.whole:
            left.whole, right.whole = False, False
            left.make_whole()
    return one.root()


def settle(event: Shape) -> None:
    """Decide, from the event down, what is an object of which only fields are read, and name its class."""
    found = _reachable(event)
    changed = True
    while changed:
        changed = False
        for shape, _ in found:
            if not shape.whole and not _is_apart(shape):
                shape.make_whole()
                changed = True
    taken: set[str] = set()
    for shape, word in found:
        if shape.fields and not shape.whole:
            shape.name = _new_name(word, taken)


def objects_in(event: Shape) -> list[Shape]:
    """Each object whose class is known, from the event down."""
    return [shape for shape, _ in _reachable(event) if shape.is_object]


def table(event: Shape) -> str:
    """Python text of a table: the fields of each class, and the class that a field's objects have.

    `[Item]`: a list of objects of a class; an empty text: a value as it is. Of a field whose name is no
    attribute, the attribute is told with the name.
    """
    rows = [f"    {shape.name!r}: {{{', '.join(_fields(shape))}}}," for shape in objects_in(event)]
    return "\n".join(["{", *rows, "}"])


def _fields(shape: Shape) -> Iterator[str]:
    for name, part in shape.fields.items():
        held = part.root().name
        if part.is_list:
            held = f"[{part.element().name}]"
        attribute = shape.attribute(name)
        yield f"{attribute!r}: {held if attribute == name else (held, name)!a}"


def _is_apart(shape: Shape) -> bool:
    """Whether nothing but its fields, or those of its elements, is read of a value."""
    if shape.item is None:
        return bool(shape.fields) and not shape.asked and len(shape.fields) <= _MOST_FIELDS
    item = shape.item.root()
    return not shape.fields and not item.whole and item.item is None


def _reachable(event: Shape) -> list[tuple[Shape, str]]:
    """All shapes, each with a word for it, from the event down."""
    found = [(event.root(), "event")]
    seen = {id(found[0][0])}
    for shape, word in found:
        parts = [(name, part.root()) for name, part in shape.fields.items()]
        if shape.item is not None:
            parts.append((word, shape.item.root()))
        for name, part in parts:
            if id(part) not in seen:
                seen.add(id(part))
                found.append((part, name))
    return found


def _new_name(word: str, taken: set[str]) -> str:
    words = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+", word)
    stem = "".join(one.capitalize() for one in words)[:_LONGEST_NAME] or "Part"
    stem = stem if stem[0].isalpha() else f"Part{stem}"
    name, count = stem, 1
    while name.upper() in taken or name in hidden():
        count += 1
        name = f"{stem}{count}"
    taken.add(name.upper())
    return name
