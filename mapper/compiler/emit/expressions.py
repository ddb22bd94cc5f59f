"""Expression -> Python statements in three-address form: one step a line, a loop in a function of its own.

Order and laziness are JMESPath's: what stands behind `||` or `&&` runs only where it is due, all else from
left to right. Nothing that is written changes a value it was given.
"""

from __future__ import annotations

from typing import assert_never

from mapper.compiler.emit.calls import transform_call
from mapper.compiler.emit.expression_writer import Names, ObjectPath, Spot
from mapper.compiler.emit.loops import write_each, write_projection
from mapper.compiler.emit.module import Function, Module, literal
from mapper.compiler.inference.truth import is_calculation, is_truth, may_doubt
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
    Projection,
    Reference,
    Slice,
    Then,
    Variable,
)
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms.registry import TRANSFORMS

# A list or object is written over several lines where it would not fit on one.
_LONGEST_LINE = 88
# Functions whose result never holds an argument, so that it may be a constant that all events share.
_ONLY_READ = frozenset({"contains", "join"})
_SPENDING: dict[Charge, str] = {"elements": "spend", "lists": "spend_lists", "all": "spend_all"}
_ORDER = {"<": "less", "<=": "at_most", ">": "greater", ">=": "at_least"}


def write_expression(expression: Expression, names: Names, function: Function, module: Module) -> str:
    """Statements that work the expression out, at the end of `function`; the Python atom of its value."""
    charges = names.charges(expression)
    spot = Spot(expression, names, function, module, names.at, names.at, names.at_is_object, charges)
    return write_at(spot)


def write_at(spot: Spot, into: str | None = None) -> str:
    """As `write_expression`, for the expression of a spot; in the local `into` if that is given."""
    return _write(spot.expression.root, spot, into)


def _write(node: Node, spot: Spot, into: str | None = None) -> str:
    """Statements for a node; the name (or plain constant) that holds its value, `into` if that is given."""
    return _paid(node, _write_due(node, spot, into), spot)


def _paid(node: Node, atom: str, spot: Spot) -> str:
    """The atom of a node's value, behind what has to be paid for it."""
    charge = spot.charges.get(id(node))
    if charge is not None:
        pay = spot.names.free or f"frame.budget.{_SPENDING[charge]}"
        spot.function.write(f"{pay}({atom})", spot.span(node))
    return atom


def _write_due(node: Node, spot: Spot, into: str | None) -> str:
    match node:
        case Current():
            return _kept(spot.at, node, spot, into)
        case Variable():
            return _write_variable(node, spot, into)
        case Literal():
            return _write_literal(node, spot, into)
        case Or() | And():
            return _write_choice(node, spot, into)
        case Then():
            left = _named(node.left, spot)
            return _write(node.right, spot.moved(left, node.left), into)
        case MultiList() | MultiHash():
            return _write_made(node, spot, into)
        case Field():
            return _write_field(node, spot, into)
        case Call():
            if node.name in TRANSFORMS:
                return _write_transform(node, spot, into)
            return _assign(_call(node, spot), node, spot, into)
        case Reference():
            raise AssertionError("an expression behind & is written by the call that takes it")
        case Index() | Slice() | Flatten() | ObjectValues() | Projection() | Filter() | Not() | Comparison():
            return _assign(_text(node, spot), node, spot, into)


def _text(
    node: Index | Slice | Flatten | ObjectValues | Projection | Filter | Not | Comparison, spot: Spot
) -> str:
    """The Python text of a value that needs one statement, behind the statements for its parts."""
    match node:
        case Index():
            return _index(node, _named(node.base, spot))
        case Slice():
            bounds = ", ".join(literal(part) for part in (node.first, node.last, node.step))
            return f"{spot.module.use('sliced')}({_write(node.base, spot)}, {bounds})"
        case Flatten():
            return f"{spot.module.use('flat')}({_write(node.base, spot)})"
        case ObjectValues():
            return f"{spot.module.use('values_of')}({_write(node.base, spot)})"
        case Projection() | Filter():
            return _projection(node, spot)
        case Not():
            return _falsy(node.operand, _write(node.operand, spot), spot)
        case Comparison():
            return _comparison(node, spot)
        case _:
            assert_never(node)


def _assign(text: str, node: Node, spot: Spot, into: str | None, owner: str = "") -> str:
    name = into or spot.local(spot.stem(node), owner)
    spot.function.write(f"{name} = {text}", spot.span(node))
    return name


def _kept(name: str, node: Node, spot: Spot, into: str | None) -> str:
    """A value that stands in a name already."""
    return name if into is None else _assign(name, node, spot, into)


def _named(node: Node, spot: Spot) -> str:
    """As `_write`, but the value of a constant stands in a name, too."""
    atom = _write(node, spot)
    return _assign(atom, node, spot, None) if isinstance(node, Literal) else atom


def _write_variable(node: Variable, spot: Spot, into: str | None) -> str:
    text = spot.names.variables[node.name]
    plain = all(part.isidentifier() for part in text.split("."))
    return _kept(text, node, spot, into) if plain else _assign(text, node, spot, into)


def _write_literal(node: Literal, spot: Spot, into: str | None) -> str:
    text = literal(node.value)
    if into is None and not isinstance(node.value, list | dict):
        return text
    return _assign(text, node, spot, into)


def _is_object(node: Node, spot: Spot) -> bool:
    """Whether a node's value is known to be a dict."""
    if isinstance(node, Variable):
        text = spot.names.variables[node.name]
        return node.name == "event" or (text == spot.names.at and spot.names.at_is_object)
    return isinstance(node, Current) and spot.at_is_object


def _write_field(node: Field, spot: Spot, into: str | None) -> str:
    held = _held(node.base, spot)
    base = held or _named(node.base, spot)
    known = spot.read.get((base, node.name))
    if known is not None:
        return _kept(known, node, spot, into)
    kind, read = "dict", f"{base}.get({literal(node.name)})"
    typed = None if spot.typed is None else spot.typed.attribute(node)
    if typed is not None:
        kind, read = typed[0], f"{base}.{typed[1]}"
    if held is None and not _is_object(node.base, spot):
        read = f"{read} if type({base}) is {kind} else None"
    name = _assign(read, node, spot, into, spot.stem(node.base))
    if into is None:
        spot.read[base, node.name] = name
    return name


def _held(node: Node, spot: Spot) -> str | None:
    """The local in which the object that a node gives is held, if there is one."""
    path = None if spot.held is None or isinstance(node, Current) else _path(node, spot)
    return None if spot.held is None or path is None else spot.held(path)


def _path(node: Node, spot: Spot) -> ObjectPath | None:
    if isinstance(node, Field):
        base = _path(node.base, spot)
        return None if base is None else (*base, node.name)
    if isinstance(node, Current):
        return (spot.at,)
    return (spot.names.variables[node.name],) if isinstance(node, Variable) else None


def _index(node: Index, base: str) -> str:
    least = node.index if node.index >= 0 else -node.index - 1
    enough = f"len({base}) > {least}" if least else base
    return f"{base}[{node.index}] if type({base}) is list and {enough} else None"


def _write_choice(node: Or | And, spot: Spot, into: str | None) -> str:
    """The left value, and the right one in its place where it is due."""
    name = into or spot.local(spot.stem(node), _owner(node.left, spot))
    _write(node.left, spot, name)
    test = _falsy(node.left, name, spot)
    test = test if isinstance(node, Or) else _opposite(test)
    with spot.function.block(f"if {test}:", spot.span(node)):
        _write(node.right, spot.inside(), name)
    return name


def _owner(node: Node, spot: Spot) -> str:
    """The word for the value that the first field of a choice is read from."""
    while isinstance(node, Or | And):
        node = node.left
    return spot.stem(node.base) if isinstance(node, Field) else ""


def _falsy(node: Node, atom: str, spot: Spot) -> str:
    """The Python test for a value that does not hold."""
    return f"not {atom}" if is_truth(node) else f"{spot.module.use('falsy')}({atom})"


def _opposite(test: str) -> str:
    return test[len("not ") :] if test.startswith("not ") else f"not {test}"


def _write_made(node: MultiList | MultiHash, spot: Spot, into: str | None) -> str:
    """A list or object of its own; null where the current value is null."""
    name = into or spot.local(spot.stem(node))
    if spot.at_is_object:
        _write_display(node, spot, name)
        return name
    spot.function.write(f"{name} = None", spot.span(node))
    with spot.function.block(f"if {spot.at} is not None:", spot.span(node)):
        _write_display(node, spot.inside(), name)
    return name


def _write_display(node: MultiList | MultiHash, spot: Spot, name: str) -> None:
    if isinstance(node, MultiList):
        parts = [_write(element, spot) for element in node.elements]
        opening, closing = "[", "]"
    else:
        parts = [f"{literal(key)}: {_write(value, spot)}" for key, value in node.entries]
        opening, closing = "{", "}"
    function, span = spot.function, spot.span(node)
    line = f"{name} = {opening}{', '.join(parts)}{closing}"
    if len(line) <= _LONGEST_LINE:
        function.write(line, span)
        return
    with function.block(f"{name} = {opening}", span):
        for part in parts:
            function.write(f"{part},", span)
    function.write(closing, span)


def _write_transform(node: Call, spot: Spot, into: str | None) -> str:
    """A transform's value; null where an argument is null that it does not take."""
    atoms = [_write(argument, spot) for argument in node.arguments]
    text, absent = transform_call(spot, node, atoms)
    if not absent:
        return _assign(text, node, spot, into)
    nothing = "None"
    if is_calculation(node):
        nothing = f"{spot.module.use('lost')}({', '.join([spot.names.remarks, *absent])})"
    line = f"{nothing} if {' or '.join(f'{atom} is None' for atom in absent)} else {text}"
    if len(line) <= _LONGEST_LINE:
        return _assign(line, node, spot, into)
    if nothing != "None":
        name = into or spot.local(spot.stem(node))
        with spot.function.block(f"if {' or '.join(f'{atom} is None' for atom in absent)}:", spot.span(node)):
            _assign(nothing, node, spot, name)
        with spot.function.block("else:", spot.span(node)):
            return _assign(text, node, spot, name)
    name = _assign("None", node, spot, into)
    with spot.function.block(
        f"if {' and '.join(f'{atom} is not None' for atom in absent)}:", spot.span(node)
    ):
        _assign(text, node, spot, name)
    return name


def _projection(node: Projection | Filter, spot: Spot) -> str:
    base = node.base
    word = spot.stem(base)
    if isinstance(base, Flatten) and spot.typed is not None and spot.typed.has_objects(base.base):
        values = _write(base.base, spot)
        loop = write_projection(
            spot, word, node, _write, _write_failing, spot.typed.may_hold_lists(base.base)
        )
        return loop.call(values)
    if isinstance(base, Slice | Flatten | ObjectValues) and id(base) not in spot.charges:
        values = _text(base, spot)
    else:
        values = _write(base, spot)
    if isinstance(node, Projection) and isinstance(node.right, Current):
        return f"{spot.module.use('without_nulls')}({values})"
    return write_projection(spot, word, node, _write, _write_failing).call(values)


def _write_failing(condition: Node, spot: Spot) -> str:
    """Statements for a condition; the Python test that it does not hold."""
    return _falsy(condition, _write(condition, spot), spot)


def _comparison(node: Comparison, spot: Spot) -> str:
    left, right = _operand(node.left, spot), _operand(node.right, spot)
    noting = may_doubt(node)
    more, ending = (f", {spot.names.remarks}", "_noted") if noting else ("", "")
    if node.operator in _ORDER:
        return f"{spot.module.use(_ORDER[node.operator] + ending)}({left}, {right}{more})"
    plain = _plain_equality(node, left, right)
    if plain is not None and not noting:
        return plain
    equal = f"{spot.module.use('equal' + ending)}({left}, {right}{more})"
    equal = equal if node.operator == "==" else f"not {equal}"
    other = _of_another_kind(node, left, right)
    return f"{plain} if {other} else {equal}" if plain is not None and other else equal


def _of_another_kind(node: Comparison, left: str, right: str) -> str:
    """The Python test that a value is not one of another type that is written like a constant."""
    atom, constant = (right, node.left) if isinstance(node.left, Literal) else (left, node.right)
    if not isinstance(constant, Literal):
        return ""
    return f"type({atom}) is str" if isinstance(constant.value, str) else f"type({atom}) is not str"


def _operand(node: Node, spot: Spot) -> str:
    """A side of a comparison, which reads it and no more: a constant list or object may stand in a table."""
    if isinstance(node, Literal) and isinstance(node.value, list | dict):
        return _paid(node, spot.module.table("constant", node.value), spot)
    return _write(node, spot)


def _plain_equality(node: Comparison, left: str, right: str) -> str | None:
    """Python's own test, where it means the same: with a text, null, true or false on one side."""
    sides = [(node.left, left), (node.right, right)]
    constants = [one for one in sides if isinstance(one[0], Literal)]
    others = [atom for one, atom in sides if not isinstance(one, Literal)]
    if len(constants) != 1 or not others:
        return None
    constant, text = constants[0]
    assert isinstance(constant, Literal)
    if isinstance(constant.value, str):
        return f"{others[0]} {node.operator} {text}"
    if constant.value is None or isinstance(constant.value, bool):
        return f"{others[0]} {'is' if node.operator == '==' else 'is not'} {text}"
    return None


def _call(node: Call, spot: Spot) -> str:
    values = [one for one in node.arguments if not isinstance(one, Reference)]
    references = [one for one in node.arguments if isinstance(one, Reference)]
    if not references:
        write = _operand if node.name in _ONLY_READ else _write
        return _function_call(node, spot, [write(one, spot) for one in values])
    reference, values_atom = references[0], _named(values[0], spot)
    each = write_each(spot, node, spot.stem(values[0]), reference.body, _write).call(values_atom)
    return each if node.name == "map" else _function_call(node, spot, [values_atom, each])


def _function_call(node: Call, spot: Spot, atoms: list[str]) -> str:
    return f"{spot.module.use(FUNCTIONS[node.name].function.__name__)}({', '.join(atoms)})"
