"""The fields that a plan reads of an event, and of the objects and lists in it; the classes for such objects.

A decoder that knows them makes nothing of the rest. What is read in any other way than field by field, or
element by element, is decoded as a whole: then it and all that is in it is what it would be anyway.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import field

from mapper.compiler.emit.module import hidden
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Comparison,
    Current,
    Evaluation,
    Field,
    Filter,
    Flatten,
    Index,
    Literal,
    MultiHash,
    MultiList,
    Node,
    Not,
    ObjectValues,
    Or,
    OwnCall,
    Projection,
    Reference,
    Slice,
    Then,
    Variable,
    children,
)
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedList,
    PlannedObject,
    Zipped,
    all_steps,
)
from mapper.compiler.plan.planner import Plan
from mapper.values.frozen import dataclass

# An unknown key is compared with each field of a shape: beyond so many a dict is quicker.
_MOST_FIELDS = 64
_LONGEST_NAME = 48
_ATTRIBUTE = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*", re.ASCII)


@dataclass(slots=True, eq=False)
class Shape:
    """The part of a value that is read. fields: by name; item: of its elements.

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
        """The one shape of all that turned out to be the same."""
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
        """The shapes of the fields and elements in it."""
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


def name_classes(event: Shape) -> None:
    """Decide, from the event down, what is an object of which only fields are read, and name its class."""
    found = _reachable(event)
    changed = True
    while changed:
        changed = False
        for shape, _ in found:
            if not shape.whole and not _is_by_parts(shape):
                shape.make_whole()
                changed = True
    taken: set[str] = set()
    for shape, word in found:
        if shape.fields and not shape.whole:
            shape.name = _new_name(word, taken)


def objects_in(event: Shape) -> list[Shape]:
    """Each object whose class is known, from the event down."""
    return [shape for shape, _ in _reachable(event) if shape.is_object]


def class_table(event: Shape) -> str:
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


def _is_by_parts(shape: Shape) -> bool:
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


class TypedReads(Evaluation[Shape]):
    """The parts that are read of an event, of lets, and of the items of loops, by the `id` of a loop.

    apart: by `id`, the expressions that read the event as it is, and so have it decoded once more. early: a
    let does, which is worked out before it is known whether anybody asks for it.
    Whoever asks once more for the shape of a value gets the same one.
    """

    def __init__(self, plan: Plan) -> None:
        self.event = Shape()
        self.lets: dict[str, Shape] = {}
        self.items: dict[int, Shape] = {}
        self.apart: set[int] = set()
        self.early = False
        self._values = {let.name: let.value for let in plan.lets}
        self._of_elements: dict[str, tuple[Planned, Shape]] = {}
        self._asked: list[Shape] = []
        self._read(plan)
        self._ask()
        name_classes(self.event)

    @property
    def names(self) -> set[str]:
        """The classes, and the objects of them with nothing in them."""
        objects = objects_in(self.event)
        return {shape.name for shape in objects} | {shape.nothing for shape in objects}

    @property
    def attributes(self) -> set[str]:
        """All attributes of the classes."""
        return {shape.attribute(name) for shape in objects_in(self.event) for name in shape.fields}

    def item(self, loop: Loop) -> Shape | None:
        """The shape of a loop's items, where their class is known."""
        # Of one in a function of the mapping nothing is known: it is given values whole.
        shape = self.items.get(id(loop))
        return None if shape is None else known(shape)

    def _read(self, plan: Plan) -> None:
        """Go through all that the event's payload, and what becomes of the event, depends on."""
        event = self.event
        for skip in plan.skips:
            self._use(skip.when, event)
        if plan.match is not None:
            self._use(plan.match, event)
        if plan.consent is not None:
            for value in plan.consent.values:
                self._planned(value, event).make_whole()
        for section in plan.all_sections:
            if section.when is not None:
                self._use(section.when, event)
            if section.payload is not None:
                self._object(section.payload, event)

    def _ask(self) -> None:
        """Note which objects it makes a difference to that, with nothing in them, they are null as a let."""
        lets = {id(shape.root()) for shape in self.lets.values()}
        for shape in self._asked:
            if id(shape.root()) in lets:
                shape.root().asked = True

    def _use(self, expression: Expression, at: Shape) -> None:
        """An expression whose value is read as it is."""
        self._value(expression, at).make_whole()

    def _value(self, expression: Expression, at: Shape) -> Shape:
        variables = {name for name, _, _ in expression.variables}
        if at.root() is self.event.root() and variables <= {"event", "meta"} and _is_apart(expression.root):
            self.apart.add(id(expression))
            return Shape(whole=True)
        return self.of(expression.root, at)

    def _object(self, built: PlannedObject, at: Shape) -> None:
        for entry in built.entries:
            if entry.when is not None:
                self._use(entry.when, at)
            self._planned(entry.value, at).make_whole()

    def _planned(self, planned: Planned, at: Shape) -> Shape:
        """The shape of a value; of one that goes through steps nothing is known."""
        if planned.when is not None:
            self._use(planned.when, at)
        shape = self._source(planned, at)
        for step in all_steps(planned):
            for name in step.reads:
                self._variable(name).make_whole()
        if planned.steps or planned.finish is not None or planned.default is not None:
            shape.make_whole()
        return shape.root()

    def _source(self, planned: Planned, at: Shape) -> Shape:
        match planned.source:
            case Expression() as expression:
                return self._value(expression, at)
            case First() as first:
                *others, last = [self._planned(one, at) for one in first.alternatives]
                for shape in others:
                    shape.root().asked = True
                    unite(last, shape)
                return last
            case Choice() as choice:
                for when, _ in choice.arms:
                    if when is not None:
                        self._use(when, at)
                return _united([self._planned(then, at) for _, then in choice.arms])
            case PlannedObject() as built:
                self._object(built, at)
            case PlannedList() as listed:
                for item in listed.items:
                    self._planned(item, at).make_whole()
            case Loop() as loop:
                self._loop(loop, at)
            case Fixed() | Zipped():  # there is no typed form of lists that are zipped
                pass
        return Shape(whole=True)

    def _loop(self, loop: Loop, at: Shape) -> None:
        item = self._planned(loop.items, at).element()
        item = unite(self.items.setdefault(id(loop), item), item)
        self._of_elements.update({let.name: (let.value, item) for let in loop.lets})
        if loop.where is not None:
            self._use(loop.where, item)
        self._planned(loop.item, item).make_whole()

    def of_current(self, node: Current, at: Shape) -> Shape:
        return at.root()

    def of_variable(self, node: Variable, at: Shape) -> Shape:
        return self._variable(node.name)

    def of_field(self, node: Field, at: Shape) -> Shape:
        return self.of(node.base, at).field(node.name)

    def of_index(self, node: Index, at: Shape) -> Shape:
        return self.of(node.base, at).element()

    def of_flatten(self, node: Flatten, at: Shape) -> Shape:
        if isinstance(node.base, Current | Field | Variable):
            # Elements that are lists would be read in one more way, as what they hold.
            return self.of(node.base, at)
        return self._of_parts(node, at)

    def of_projection(self, node: Projection | Filter, at: Shape) -> Shape:
        element = self.of(node.base, at).element()
        if isinstance(node, Filter):
            self.of(node.condition, element).make_whole()
        made = Shape(made=True)
        made.item = self.of(node.right, element)
        self._asked.append(made.item)
        return made

    of_filter = of_projection

    def of_multilist(self, node: MultiList, at: Shape) -> Shape:
        if not node.elements:
            return Shape(whole=True)
        self._asked.append(at)
        made = Shape(made=True)
        made.item = _united([self.of(one, at) for one in node.elements])
        return made

    def of_multihash(self, node: MultiHash, at: Shape) -> Shape:
        self._asked.append(at)
        return self._of_parts(node, at)

    def of_reference(self, node: Reference, at: Shape) -> Shape:
        """It is read at the elements of a list that is read as a whole."""
        return self.of(node.body, Shape(whole=True))

    def _of_parts(self, node: Node, at: Shape) -> Shape:
        """The shape of what is made of values that are read as they are."""
        for part in children(node):
            self.of(part, at).make_whole()
        return Shape(whole=True)

    of_literal = of_slice = of_objectvalues = of_or = of_and = of_not = of_comparison = of_call = (
        of_owncall
    ) = _of_parts

    def _variable(self, name: str) -> Shape:
        if name == "event":
            return self.event.root()
        if name in self._of_elements:
            value, item = self._of_elements[name]
            self._planned(value, item).make_whole()
            return Shape(whole=True)
        if name in self._values and name not in self.lets:
            known = len(self.apart)
            self.lets[name] = self._planned(self._values[name], self.event)
            self.early = self.early or len(self.apart) > known
        return self.lets[name].root() if name in self.lets else Shape(whole=True)


def _united(shapes: list[Shape]) -> Shape:
    for shape in shapes[1:]:
        unite(shapes[0], shape)
    return shapes[0].root() if shapes else Shape(whole=True)


def _is_apart(node: Node, over_event: bool = True) -> bool:
    """Whether an expression reads the event in any other way than field by field.

    over_event: the current value is the event.
    """
    match node:
        case Current():
            return over_event
        case Variable():
            return node.name == "event"
        case Field(base=Current() | Variable()):
            return False
        case Then():
            return _is_apart(node.left, over_event) or _is_apart(node.right, False)
        case Projection() | Filter():
            return any(_is_apart(part, over_event and part is node.base) for part in children(node))
        case Reference():
            return _is_apart(node.body, False)
        case (
            Literal()
            | Field()
            | Index()
            | Slice()
            | Flatten()
            | ObjectValues()
            | MultiList()
            | MultiHash()
            | Or()
            | And()
            | Not()
            | Comparison()
            | Call()
            | OwnCall()
        ):
            return any(_is_apart(part, over_event) for part in children(node))


def known(shape: Shape) -> Shape | None:
    """The shape of an object whose class is known; None for any other."""
    return shape.root() if shape.is_object else None


@dataclass(frozen=True, slots=True)
class TypedView:
    """The shapes of the values of an expression's nodes where the current value has the shape `at`."""

    reads: TypedReads
    at: Shape

    def class_of(self, node: Node) -> Shape | None:
        """The shape of a node's value, where that is an object whose class is known."""
        return known(self.reads.of(node, self.at))

    def attribute(self, node: Field) -> tuple[str, str] | None:
        """The class of what a field is read of, and the attribute that holds it, where there is one."""
        shape = self.class_of(node.base)
        return None if shape is None else (shape.name, shape.attribute(node.name))

    def has_objects(self, node: Node) -> bool:
        """Whether a node's value is a list of objects of a class, if it is a list."""
        return self.reads.of(node, self.at).is_list

    def may_hold_lists(self, node: Node) -> bool:
        """Whether lists may be in place of such objects: in a list that is decoded there are none."""
        return self.reads.of(node, self.at).root().made

    def moved(self, node: Node) -> TypedView:
        """The view where the current value is that of a node."""
        return TypedView(self.reads, self.reads.of(node, self.at))

    def among(self, node: Node) -> TypedView:
        """The view where the current value is an element of that of a node."""
        return TypedView(self.reads, self.reads.of(node, self.at).element())
