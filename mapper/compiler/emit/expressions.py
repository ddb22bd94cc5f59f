"""Expression -> Python statements in three-address form: one step a line, a loop in a function of its own.

Order and laziness are JMESPath's: what follows `||` or `&&` runs only if needed, all else from
left to right. Nothing that is written changes a value it was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import field, replace

from mapper.compiler.emit.comparisons import of_another_kind, plain_equality
from mapper.compiler.emit.local_names import plural, singular, stem
from mapper.compiler.emit.module import FunctionText, Module, hides, literal
from mapper.compiler.emit.read_names import FRAME, Names, Typed
from mapper.compiler.emit.step_calls import (
    has_parts,
    needed_atoms,
    optional_argument,
    prepared_call,
    prepared_function,
    transform_call,
)
from mapper.compiler.inference.result_types import is_calculation, is_truth, may_doubt
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.repeated_reads import Charge
from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Comparison,
    Current,
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
)
from mapper.compiler.jmespath.tree import nodes as nodes_of
from mapper.runtime.functions import FUNCTIONS
from mapper.texts.named_text import Span
from mapper.transforms.registry import TRANSFORMS
from mapper.values.frozen import dataclass

# A list or object is written over several lines where it would not fit on one.
_CONSTANTS = frozenset({"True", "False", "None"})
_LONGEST_LINE = 88
# Functions whose result never holds an argument, so that it may be a constant that all events share.
_ONLY_READ = frozenset({"contains", "join"})
_SPENDING: dict[Charge, str] = {"elements": "spend", "lists": "spend_lists", "all": "spend_all"}
_ELEMENTS: dict[type, str] = {Slice: "sliced", Flatten: "flat", ObjectValues: "values_of"}
_ORDER = {"<": "less", "<=": "at_most", ">": "greater", ">=": "at_least"}
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


# The fields on the way to an object from a name: `("event", "context", "page")`.
ObjectPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExpressionWriter:
    """The place where statements are written: at the value `at` in a function.

    word: what that value is called in names made of it. at_is_object: it is known to be a dict.
    charges: what is to be paid for, by the `id` of the node.
    read: the fields read so far on each way to here, as (name of the object, field) -> local.
    held: the local that holds the object on a path, or an empty one, if such locals are kept.
    typed: what is known of the classes of values, if events are decoded by class.
    """

    expression: Expression
    names: Names
    function: FunctionText
    module: Module
    at: str
    word: str
    at_is_object: bool
    charges: Mapping[int, Charge]
    read: dict[tuple[str, str], str] = field(default_factory=dict)
    held: Callable[[ObjectPath], str | None] | None = None
    typed: Typed | None = None

    def span(self, node: Node) -> Span:
        """The place of a node in the mapping."""
        return self.expression.span(node)

    def stem(self, node: Node) -> str:
        """The word for the value of a node here."""
        return stem(node, self.word)

    def local(self, word: str, owner: str = "") -> str:
        """A new local named after a word; after its owner too where the word alone would hide a function."""
        return self.function.local(f"{owner or 'this'}_{word}" if hides(word) else word)

    def moved(self, at: str, node: Node) -> ExpressionWriter:
        """This writer at the value of a node, which a local holds."""
        typed = None if self.typed is None else self.typed.moved(node)
        return replace(self, at=at, word=self.stem(node), at_is_object=False, typed=typed)

    def inside(self) -> ExpressionWriter:
        """This writer in a block that may not run: what is read in it is not known after it."""
        return replace(self, read=dict(self.read))

    def needs(self, *nodes: Node) -> tuple[str, ...]:
        """The names that a function for some nodes, at a value of its own, has to be given."""
        used: set[str] = set()
        for root in nodes:
            for node in nodes_of(root):
                if id(node) in self.charges:
                    used.add(FRAME)
                if isinstance(node, Variable):
                    used.update(_IDENTIFIER.findall(self.names.variables[node.name]))
                elif isinstance(node, Call) and node.name in TRANSFORMS and TRANSFORMS[node.name].noting:
                    used.add(FRAME)
                elif isinstance(node, OwnCall):
                    used.update(self.names.own_needs)
                if may_doubt(node):
                    used.add(FRAME)
        return tuple(name for name in (self.names.at, *self.names.parameters) if name in used)


def write_expression(expression: Expression, names: Names, function: FunctionText, module: Module) -> str:
    """Statements that work the expression out, at the end of `function`; the Python atom of its value."""
    charges = names.charges(expression)
    at, is_object = names.at, names.at_is_object
    return write_at(ExpressionWriter(expression, names, function, module, at, at, is_object, charges))


def write_at(writer: ExpressionWriter, into: str | None = None) -> str:
    """As `write_expression`, for the expression of a writer; in the local `into` if that is given."""
    return _write(writer.expression.root, writer, into)


def _write(node: Node, writer: ExpressionWriter, into: str | None = None) -> str:
    """Statements for a node; the name (or plain constant) that holds its value, `into` if that is given."""
    return _paid(node, _write_due(node, writer, into), writer)


def _paid(node: Node, atom: str, writer: ExpressionWriter) -> str:
    """The atom of a node's value, after what has to be paid for it."""
    charge = writer.charges.get(id(node))
    if charge is not None:
        pay = writer.names.free or f"frame.budget.{_SPENDING[charge]}"
        writer.function.write(f"{pay}({atom})", writer.span(node))
    return atom


def _write_due(node: Node, writer: ExpressionWriter, into: str | None) -> str:
    match node:
        case Current():
            return _kept(writer.at, node, writer, into)
        case Variable():
            return _write_variable(node, writer, into)
        case Literal():
            return _write_literal(node, writer, into)
        case Or() | And():
            return _write_choice(node, writer, into)
        case Then():
            left = _named(node.left, writer)
            return _write(node.right, writer.moved(left, node.left), into)
        case MultiList() | MultiHash():
            return _write_made(node, writer, into)
        case Field():
            return _write_field(node, writer, into)
        case Call():
            if node.name in TRANSFORMS:
                return _write_transform(node, writer, into)
            return _assign(_call(node, writer), node, writer, into)
        case OwnCall():
            return _assign(_own_call(node, writer), node, writer, into)
        case Reference():
            raise AssertionError("an expression after & is written by the call that takes it")
        case Index():
            return _assign(_index(node, _named(node.base, writer)), node, writer, into)
        case Slice() | Flatten() | ObjectValues():
            return _assign(_elements(node, writer), node, writer, into)
        case Projection() | Filter():
            return _assign(_projection(node, writer), node, writer, into)
        case Not():
            return _assign(_failing(node.operand, writer), node, writer, into)
        case Comparison():
            return _assign(_comparison(node, writer), node, writer, into)


def _elements(node: Slice | Flatten | ObjectValues, writer: ExpressionWriter) -> str:
    """The Python text of a list of elements, after the statements for what they are of."""
    base, more = _write(node.base, writer), ""
    if isinstance(node, Slice):
        more = "".join(f", {literal(part)}" for part in (node.first, node.last, node.step))
    return f"{writer.module.use(_ELEMENTS[type(node)])}({base}{more})"


def _assign(text: str, node: Node, writer: ExpressionWriter, into: str | None, owner: str = "") -> str:
    name = into or writer.local(writer.stem(node), owner)
    writer.function.write(f"{name} = {text}", writer.span(node))
    return name


def _kept(name: str, node: Node, writer: ExpressionWriter, into: str | None) -> str:
    """A value that a name holds already."""
    return name if into is None else _assign(name, node, writer, into)


def _named(node: Node, writer: ExpressionWriter) -> str:
    """As `_write`, but a constant gets a name, too, also one that the node only ends with."""
    atom = _write(node, writer)
    is_name = atom not in _CONSTANTS and all(part.isidentifier() for part in atom.split("."))
    return atom if is_name and not isinstance(node, Literal) else _assign(atom, node, writer, None)


def _write_variable(node: Variable, writer: ExpressionWriter, into: str | None) -> str:
    text = writer.names.variables[node.name]
    plain = all(part.isidentifier() for part in text.split("."))
    return _kept(text, node, writer, into) if plain else _assign(text, node, writer, into)


def _write_literal(node: Literal, writer: ExpressionWriter, into: str | None) -> str:
    text = literal(node.value)
    if into is None and not isinstance(node.value, list | dict):
        return text
    return _assign(text, node, writer, into)


def _is_object(node: Node, writer: ExpressionWriter) -> bool:
    """Whether a node's value is known to be a dict."""
    if isinstance(node, Variable):
        text = writer.names.variables[node.name]
        return node.name == "event" or (text == writer.names.at and writer.names.at_is_object)
    return isinstance(node, Current) and writer.at_is_object


def _write_field(node: Field, writer: ExpressionWriter, into: str | None) -> str:
    made = node.base
    if (
        isinstance(made, Call)
        and id(made) not in writer.charges
        and has_parts(made)
        and not writer.names.found_by
    ):
        return _write_transform(made, writer, into, node)
    held = _held(node.base, writer)
    base = held or _named(node.base, writer)
    known = writer.read.get((base, node.name))
    if known is not None:
        return _kept(known, node, writer, into)
    kind, read = "dict", f"{base}.get({literal(node.name)})"
    typed = None if writer.typed is None else writer.typed.attribute(node)
    if typed is not None:
        kind, read = typed[0], f"{base}.{typed[1]}"
    if held is None and not _is_object(node.base, writer):
        read = f"{read} if type({base}) is {kind} else None"
    name = _assign(read, node, writer, into, writer.stem(node.base))
    if into is None:
        writer.read[base, node.name] = name
    return name


def _held(node: Node, writer: ExpressionWriter) -> str | None:
    """The local in which the object that a node gives is held, if there is one."""
    path = None if writer.held is None or isinstance(node, Current) else _path(node, writer)
    return None if writer.held is None or path is None else writer.held(path)


def _path(node: Node, writer: ExpressionWriter) -> ObjectPath | None:
    if isinstance(node, Field):
        base = _path(node.base, writer)
        return None if base is None else (*base, node.name)
    if isinstance(node, Current):
        return (writer.at,)
    return (writer.names.variables[node.name],) if isinstance(node, Variable) else None


def _index(node: Index, base: str) -> str:
    least = node.index if node.index >= 0 else -node.index - 1
    enough = f"len({base}) > {least}" if least else base
    return f"{base}[{node.index}] if type({base}) is list and {enough} else None"


def _write_choice(node: Or | And, writer: ExpressionWriter, into: str | None) -> str:
    """The left value, or the right one in its place."""
    name = into or writer.local(writer.stem(node), _owner(node.left, writer))
    _write(node.left, writer, name)
    test = (_falsy if isinstance(node, Or) else truth)(node.left, name, writer.module)
    with writer.function.block(f"if {test}:", writer.span(node)):
        _write(node.right, writer.inside(), name)
    return name


def _owner(node: Node, writer: ExpressionWriter) -> str:
    """The word for the value that the first field of a choice is read from."""
    while isinstance(node, Or | And):
        node = node.left
    return writer.stem(node.base) if isinstance(node, Field) else ""


def _falsy(node: Node, atom: str, module: Module) -> str:
    """The Python test for a value that does not hold."""
    return f"not {atom}" if is_truth(node) else f"{module.use('falsy')}({atom})"


def truth(node: Node, atom: str, module: Module) -> str:
    """The Python test for a value that holds."""
    return atom if is_truth(node) else f"not {module.use('falsy')}({atom})"


def _write_made(node: MultiList | MultiHash, writer: ExpressionWriter, into: str | None) -> str:
    """A list or object of its own; null where the current value is null."""
    name = into or writer.local(writer.stem(node))
    if writer.at_is_object:
        _write_display(node, writer, name)
        return name
    writer.function.write(f"{name} = None", writer.span(node))
    with writer.function.block(f"if {writer.at} is not None:", writer.span(node)):
        _write_display(node, writer.inside(), name)
    return name


def _write_display(node: MultiList | MultiHash, writer: ExpressionWriter, name: str) -> None:
    if isinstance(node, MultiList):
        parts = [_write(element, writer) for element in node.elements]
        opening, closing = "[", "]"
    else:
        parts = [f"{literal(key)}: {_write(value, writer)}" for key, value in node.entries]
        opening, closing = "{", "}"
    function, span = writer.function, writer.span(node)
    line = f"{name} = {opening}{', '.join(parts)}{closing}"
    if len(line) <= _LONGEST_LINE:
        function.write(line, span)
        return
    with function.block(f"{name} = {opening}", span):
        for part in parts:
            function.write(f"{part},", span)
    function.write(closing, span)


def _write_transform(
    node: Call, writer: ExpressionWriter, into: str | None, part: Field | None = None
) -> str:
    """A transform's value, or a part of it alone; null where an argument is null that it does not take."""
    text, absent = _transform_text(node, writer, part)
    if writer.names.found_by is not None:
        text = writer.names.found_by(node, writer.span(node), text)
    if part is not None:
        lacking = " or ".join(f"{atom} is None" for atom in absent)
        return _assign(f"None if {lacking} else {text}" if absent else text, part, writer, into)
    if not absent:
        return _assign(text, node, writer, into)
    span, nothing = writer.span(node), "None"
    if is_calculation(node):
        nothing = f"{writer.module.use('lost')}({', '.join([writer.names.note_texts, *absent])})"
    lacking = " or ".join(f"{atom} is None" for atom in absent)
    line = f"{nothing} if {lacking} else {text}"
    if len(line) <= _LONGEST_LINE:
        return _assign(line, node, writer, into)
    if nothing != "None":
        name = into or writer.local(writer.stem(node))
        with writer.function.block(f"if {lacking}:", span):
            _assign(nothing, node, writer, name)
        with writer.function.block("else:", span):
            return _assign(text, node, writer, name)
    name = _assign("None", node, writer, into)
    there = " and ".join(f"{atom} is not None" for atom in absent)
    with writer.function.block(f"if {there}:", span):
        _assign(text, node, writer, name)
    return name


def _transform_text(node: Call, writer: ExpressionWriter, part: Field | None) -> tuple[str, list[str]]:
    """The Python text of a transform's call, and the atoms that must not be null for it."""
    module = writer.module
    if part is None and not _needs_place(node, writer):
        prepared = prepared_function(node, module)
        if prepared:
            return prepared_call(node, prepared, _write(node.arguments[0], writer), module)
    atoms: list[str] = []
    for place in range(len(node.arguments)):
        atoms.append(_argument(node, place, atoms, writer))
    name = "" if part is None else part.name
    return transform_call(node, atoms, writer.names.note_texts, module, name)


def _argument(call: Call, place: int, before: list[str], writer: ExpressionWriter) -> str:
    """The atom of a transform's argument; one that it works without is None where it is invalid.

    before: the atoms of the arguments before it, without which there is nothing to work on.
    """
    node, module, span = call.arguments[place], writer.module, writer.span(call.arguments[place])
    if call.name == "lookup" and place == 1:
        return _table(node, writer)
    accepted = optional_argument(call, place)
    if accepted is None:
        return _write(node, writer)
    name, function = writer.local(writer.stem(node), _owner(node, writer)), writer.function
    needed = needed_atoms(call, before)
    if needed:
        function.write(f"{name} = None", span)
    there = f"if {' and '.join(f'{atom} is not None' for atom in needed)}:"
    with function.block(there, span) if needed else nullcontext():
        with function.block("try:", span):
            _write(node, writer.inside(), name)
            checked = accepted.checked(name, module)
            if checked != name:
                function.write(checked, span)
        with function.block(f"except {module.use('Invalid')}:", span):
            said = f"{writer.names.note_texts}, {literal(accepted.name)}"
            function.write(f"{name} = {module.use('lacking_argument')}({said})", span)
    return name


def _needs_place(call: Call, writer: ExpressionWriter) -> bool:
    """Whether an argument of a call, the value aside, is paid for here, or may be null here."""
    inner = [node for one in call.arguments[1:] for node in nodes_of(one)]
    due = any(id(node) in writer.charges for node in inner)
    return due or (not writer.at_is_object and any(isinstance(node, MultiList) for node in inner))


def _table(node: Node, writer: ExpressionWriter) -> str:
    """The atom of a table: a constant one is at the head of the module, and not made for each event."""
    if isinstance(node, Literal) and isinstance(node.value, dict):
        return writer.module.table("table", node.value)
    return _write(node, writer)


def _projection(node: Projection | Filter, writer: ExpressionWriter) -> str:
    base, typed = node.base, writer.typed
    word = writer.stem(base)
    if isinstance(base, Flatten) and typed is not None and typed.has_objects(base.base):
        values = _write(base.base, writer)
        return _write_projection(node, word, typed.may_hold_lists(base.base), writer).call(values)
    if isinstance(base, Slice | Flatten | ObjectValues) and id(base) not in writer.charges:
        values = _elements(base, writer)
    else:
        values = _write(base, writer)
    if isinstance(node, Projection) and isinstance(node.right, Current):
        return f"{writer.module.use('without_nulls')}({values})"
    return _write_projection(node, word, False, writer).call(values)


def _failing(condition: Node, writer: ExpressionWriter) -> str:
    """Statements for a condition; the Python test that it does not hold."""
    return _falsy(condition, _write(condition, writer), writer.module)


def _comparison(node: Comparison, writer: ExpressionWriter) -> str:
    left, right = _operand(node.left, writer), _operand(node.right, writer)
    noting = may_doubt(node)
    more, ending = (f", {writer.names.note_texts}", "_noted") if noting else ("", "")
    if node.operator in _ORDER:
        return f"{writer.module.use(_ORDER[node.operator] + ending)}({left}, {right}{more})"
    plain = plain_equality(node, left, right)
    if plain is not None and not noting:
        return plain
    equal = f"{writer.module.use('equal' + ending)}({left}, {right}{more})"
    equal = equal if node.operator == "==" else f"not {equal}"
    other = of_another_kind(node, left, right)
    return f"{plain} if {other} else {equal}" if plain is not None and other else equal


def _operand(node: Node, writer: ExpressionWriter) -> str:
    """A side of a comparison, which reads it and no more: a constant list or object may come from a table."""
    if isinstance(node, Literal) and isinstance(node.value, list | dict):
        return _paid(node, writer.module.table("constant", node.value), writer)
    return _write(node, writer)


def _call(node: Call, writer: ExpressionWriter) -> str:
    values = [one for one in node.arguments if not isinstance(one, Reference)]
    references = [one for one in node.arguments if isinstance(one, Reference)]
    if not references:
        write = _operand if node.name in _ONLY_READ else _write
        return _function_call(node, writer, [write(one, writer) for one in values])
    reference, values_atom = references[0], _named(values[0], writer)
    each = _write_each(node, writer.stem(values[0]), reference.body, writer).call(values_atom)
    return each if node.name == "map" else _function_call(node, writer, [values_atom, each])


def _own_call(node: OwnCall, writer: ExpressionWriter) -> str:
    """The call of a function of the mapping."""
    atoms = [_write(one, writer) for one in node.arguments]
    if node.function is None or writer.names.own_call is None:
        raise AssertionError("only what may be called here is written")
    return writer.names.own_call(node.function, atoms)


def _function_call(node: Call, writer: ExpressionWriter, atoms: list[str]) -> str:
    return f"{writer.module.use(FUNCTIONS[node.name].function.__name__)}({', '.join(atoms)})"


@dataclass(frozen=True, slots=True)
class HelperLoop:
    """A helper being written. inside: the writer of the loop's body; more: its parameters after the list."""

    inside: ExpressionWriter
    values: str
    element: str
    result: str
    more: tuple[str, ...]

    def call(self, values: str) -> str:
        """The call of the helper for a list."""
        return f"{self.inside.function.name}({', '.join((values, *self.more))})"


def _write_projection(
    node: Projection | Filter, word: str, flat: bool, writer: ExpressionWriter
) -> HelperLoop:
    """A helper that gives `right` at each element that fits, nulls left out; null of what is no list.

    word: what the list is called. flat: lists in the list, which would be opened, are a surprise.
    """
    right = node.right
    condition = node.condition if isinstance(node, Filter) else None
    parts = [right] if condition is None else [condition, right]
    loop = _new(writer, word, stem(right, singular(word)), parts, node.base)
    function, span = loop.inside.function, writer.span(node)
    with function.block(f"if type({loop.values}) is not list:", span):
        function.write("return None", span)
    with _loop(loop, node):
        if flat:
            with function.block(f"if type({loop.inside.at}) is list:", span):
                function.write(f"raise {writer.module.use('Surprise')}", span)
        if condition is not None:
            with function.block(f"if {_failing(condition, loop.inside)}:", writer.span(condition)):
                function.write("continue", writer.span(condition))
        value = _write(right, loop.inside)
        with function.block(f"if {value} is not None:", span):
            function.write(f"{loop.result}.append({value})", span)
    return loop


def _write_each(call: Call, word: str, body: Node, writer: ExpressionWriter) -> HelperLoop:
    """A helper that gives `body` at each element of a list, nulls kept; invalid-type of no list."""
    loop = _new(writer, word, stem(body, singular(word)), [body], call)
    function, span = loop.inside.function, writer.span(body)
    expect = writer.module.use("expect")
    function.write(f"{expect}({loop.values}, {literal(f'`{call.name}`')}, list)", span)
    with _loop(loop, body):
        function.write(f"{loop.result}.append({_write(body, loop.inside)})", span)
    return loop


def _new(writer: ExpressionWriter, word: str, right: str, parts: list[Node], values_of: Node) -> HelperLoop:
    """The helper's names: `names_of_products(products)` goes through each `product`."""
    more = writer.needs(*parts)
    values = writer.module.parameter(word, more)
    function = writer.module.function(f"{plural(right)}_of_{word}", values, *more)
    typed = None if writer.typed is None else writer.typed.among(values_of)
    inside = replace(
        writer, function=function, word=singular(word), at_is_object=False, read={}, held=None, typed=typed
    )
    element = inside.local(singular(word), "one")
    result = inside.local("found")
    return HelperLoop(replace(inside, at=element), values, element, result, more)


@contextmanager
def _loop(loop: HelperLoop, node: Node) -> Iterator[None]:
    function, span = loop.inside.function, loop.inside.span(node)
    function.write(f"{loop.result} = []", span)
    with function.block(f"for {loop.element} in {loop.values}:", span):
        yield
    function.write(f"return {loop.result}", span)
