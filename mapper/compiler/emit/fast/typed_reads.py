"""TypedReads: goes through a plan, and notes which fields it reads of an event."""

from __future__ import annotations

from dataclasses import dataclass

from mapper.compiler.emit.fast.classes import Shape, objects_in, settle, unite
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
    Projection,
    Reference,
    Slice,
    Then,
    Variable,
    children,
)
from mapper.compiler.plan.planned import Choice, First, Fixed, List, Loop, Object, Planned, Zipped
from mapper.compiler.plan.planner import Plan


class TypedReads(Evaluation[Shape]):
    """What is read of an event, of the values of lets, and of the items of loops, by the `id` of a loop.

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
        self._asked: list[Shape] = []
        self._read(plan)
        self._ask()
        settle(self.event)

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
        return known(self.items[id(loop)])

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
        for section in (*plan.sections, plan.otherwise):
            if section is not None:
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

    def _object(self, built: Object, at: Shape) -> None:
        for entry in built.entries:
            if entry.when is not None:
                self._use(entry.when, at)
            self._planned(entry.value, at).make_whole()

    def _planned(self, planned: Planned, at: Shape) -> Shape:
        """The shape of a value; of one that goes through steps nothing is known."""
        if planned.when is not None:
            self._use(planned.when, at)
        shape = self._source(planned, at)
        finish = planned.finish
        for step in (*planned.steps, *(() if finish is None else (*finish.steps, *finish.list_steps))):
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
            case Object() as built:
                self._object(built, at)
            case List() as listed:
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

    of_literal = of_slice = of_objectvalues = of_or = of_and = of_not = of_comparison = of_call = _of_parts

    def _variable(self, name: str) -> Shape:
        if name == "event":
            return self.event.root()
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
        ):
            return any(_is_apart(part, over_event) for part in children(node))


def known(shape: Shape) -> Shape | None:
    """The shape of an object whose class is known; None for any other."""
    return shape.root() if shape.is_object else None


@dataclass(frozen=True, slots=True)
class TypedView:
    """What is known of the values of an expression's nodes where the current value has the shape `at`."""

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
        """Whether lists may stand in place of such objects: in a list that is decoded there are none."""
        return self.reads.of(node, self.at).root().made

    def moved(self, node: Node) -> TypedView:
        """What is known where the current value is that of a node."""
        return TypedView(self.reads, self.reads.of(node, self.at))

    def among(self, node: Node) -> TypedView:
        """What is known where the current value is an element of that of a node."""
        return TypedView(self.reads, self.reads.of(node, self.at).element())
