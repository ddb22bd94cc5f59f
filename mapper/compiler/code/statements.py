"""Expression -> Python statements in three-address form: one step a line, a loop in a function of its own.

Order and laziness are JMESPath's: what stands behind `||` or `&&` runs only where it is due, all else from
left to right. Nothing that is written changes a value it was given.
"""

from __future__ import annotations

from mapper.compiler.code.call import transform_call
from mapper.compiler.code.loop import write_each, write_projection
from mapper.compiler.code.module import Function, Module, literal
from mapper.compiler.code.scope import Place, Scope
from mapper.compiler.expression import Expression
from mapper.compiler.expressions.tree import (
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
    Or,
    Projection,
    Reference,
    Slice,
    Then,
    Values,
    Variable,
)
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms.registry import TRANSFORMS

__all__ = ["Scope", "write_expression"]

# A list or object is written over several lines where it would not fit on one.
_LONGEST_LINE = 88
# Functions whose result never holds an argument, so that it may be a constant that all events share.
_ONLY_READ = frozenset({"contains", "join"})
_ORDER = {"<": "less", "<=": "at_most", ">": "greater", ">=": "at_least"}


def write_expression(expression: Expression, scope: Scope, function: Function, module: Module) -> str:
    """Statements that work the expression out, at the end of `function`; the Python atom of its value."""
    place = Place(expression, scope, function, module, scope.at, scope.at, scope.at_is_object)
    return _write(expression.root, place)


def _write(node: Node, place: Place, into: str | None = None) -> str:
    """Statements for a node; the name (or plain constant) that holds its value, `into` if that is given."""
    match node:
        case Current():
            return _kept(place.at, node, place, into)
        case Variable():
            return _write_variable(node, place, into)
        case Literal():
            return _write_literal(node, place, into)
        case Or() | And():
            return _write_choice(node, place, into)
        case Then():
            left = _named(node.left, place)
            return _write(node.right, place.moved(left, place.stem(node.left)), into)
        case MultiList() | MultiHash():
            return _write_made(node, place, into)
        case Field():
            return _write_field(node, place, into)
        case Call() if node.name in TRANSFORMS:
            return _write_transform(node, place, into)
        case Reference():
            raise AssertionError("an expression behind & is written by the call that takes it")
        case _:
            return _assign(_text(node, place), node, place, into)


def _text(node: Node, place: Place) -> str:
    """The Python text of a value that needs one statement, behind the statements for its parts."""
    match node:
        case Index():
            return _index(node, _named(node.base, place))
        case Slice():
            bounds = ", ".join(literal(part) for part in (node.first, node.last, node.step))
            return f"{place.module.use('sliced')}({_write(node.base, place)}, {bounds})"
        case Flatten():
            return f"{place.module.use('flat')}({_write(node.base, place)})"
        case Values():
            return f"{place.module.use('values_of')}({_write(node.base, place)})"
        case Projection() | Filter():
            return _projection(node, place)
        case Not():
            return _falsy(node.operand, _write(node.operand, place), place)
        case Comparison():
            return _comparison(node, place)
        case Call():
            return _call(node, place)
        case _:
            raise AssertionError("a node that needs more than one statement")


def _assign(text: str, node: Node, place: Place, into: str | None, owner: str = "") -> str:
    name = into or place.local(place.stem(node), owner)
    place.function.write(f"{name} = {text}", place.span(node))
    return name


def _kept(name: str, node: Node, place: Place, into: str | None) -> str:
    """A value that stands in a name already."""
    return name if into is None else _assign(name, node, place, into)


def _named(node: Node, place: Place) -> str:
    """As `_write`, but the value of a constant stands in a name, too."""
    atom = _write(node, place)
    return _assign(atom, node, place, None) if isinstance(node, Literal) else atom


def _write_variable(node: Variable, place: Place, into: str | None) -> str:
    text = place.scope.variables[node.name]
    plain = all(part.isidentifier() for part in text.split("."))
    return _kept(text, node, place, into) if plain else _assign(text, node, place, into)


def _write_literal(node: Literal, place: Place, into: str | None) -> str:
    text = literal(node.value)
    if into is None and not isinstance(node.value, list | dict):
        return text
    return _assign(text, node, place, into)


def _is_object(node: Node, place: Place) -> bool:
    """Whether a node's value is known to be a dict."""
    match node:
        case Current():
            return place.at_is_object
        case Variable():
            text = place.scope.variables[node.name]
            return node.name == "event" or (text == place.scope.at and place.scope.at_is_object)
        case _:
            return False


def _write_field(node: Field, place: Place, into: str | None) -> str:
    base = _named(node.base, place)
    known = place.read.get((base, node.name))
    if known is not None:
        return _kept(known, node, place, into)
    read = f"{base}.get({literal(node.name)})"
    if not _is_object(node.base, place):
        read = f"{read} if type({base}) is dict else None"
    name = _assign(read, node, place, into, place.stem(node.base))
    if into is None:
        place.read[base, node.name] = name
    return name


def _index(node: Index, base: str) -> str:
    least = node.index if node.index >= 0 else -node.index - 1
    enough = f"len({base}) > {least}" if least else base
    return f"{base}[{node.index}] if type({base}) is list and {enough} else None"


def _write_choice(node: Or | And, place: Place, into: str | None) -> str:
    """The left value, and the right one in its place where it is due."""
    name = into or place.local(place.stem(node), _owner(node.left, place))
    _write(node.left, place, name)
    test = _falsy(node.left, name, place)
    test = test if isinstance(node, Or) else _opposite(test)
    with place.function.block(f"if {test}:", place.span(node)):
        _write(node.right, place.inside(), name)
    return name


def _owner(node: Node, place: Place) -> str:
    """The word for the value that the first field of a choice is read from."""
    while isinstance(node, Or | And):
        node = node.left
    return place.stem(node.base) if isinstance(node, Field) else ""


def _falsy(node: Node, atom: str, place: Place) -> str:
    """The Python test for a value that does not hold."""
    if _is_truth(node):
        return f"not {atom}"
    return f"{place.module.use('falsy')}({atom})"


def _is_truth(node: Node) -> bool:
    """Whether a value is true, false or null, so that Python's own test means the same."""
    match node:
        case Comparison() | Not():
            return True
        case Or() | And():
            return _is_truth(node.left) and _is_truth(node.right)
        case _:
            return False


def _opposite(test: str) -> str:
    return test[len("not ") :] if test.startswith("not ") else f"not {test}"


def _write_made(node: MultiList | MultiHash, place: Place, into: str | None) -> str:
    """A list or object of its own; null where the current value is null."""
    name = into or place.local(place.stem(node))
    if place.at_is_object:
        _write_display(node, place, name)
        return name
    place.function.write(f"{name} = None", place.span(node))
    with place.function.block(f"if {place.at} is not None:", place.span(node)):
        _write_display(node, place.inside(), name)
    return name


def _write_display(node: MultiList | MultiHash, place: Place, name: str) -> None:
    if isinstance(node, MultiList):
        parts = [_write(element, place) for element in node.elements]
        opening, closing = "[", "]"
    else:
        parts = [f"{literal(key)}: {_write(value, place)}" for key, value in node.entries]
        opening, closing = "{", "}"
    function, span = place.function, place.span(node)
    line = f"{name} = {opening}{', '.join(parts)}{closing}"
    if len(line) <= _LONGEST_LINE:
        function.write(line, span)
        return
    with function.block(f"{name} = {opening}", span):
        for part in parts:
            function.write(f"{part},", span)
    function.write(closing, span)


def _write_transform(node: Call, place: Place, into: str | None) -> str:
    """A transform's value; null where an argument is null that it does not take."""
    atoms = [_write(argument, place) for argument in node.arguments]
    text, absent = transform_call(place, node, atoms)
    if not absent:
        return _assign(text, node, place, into)
    line = f"None if {' or '.join(f'{atom} is None' for atom in absent)} else {text}"
    if len(line) <= _LONGEST_LINE:
        return _assign(line, node, place, into)
    name = _assign("None", node, place, into)
    with place.function.block(
        f"if {' and '.join(f'{atom} is not None' for atom in absent)}:", place.span(node)
    ):
        _assign(text, node, place, name)
    return name


def _projection(node: Projection | Filter, place: Place) -> str:
    base = node.base
    word = place.stem(base)
    values = _text(base, place) if isinstance(base, Slice | Flatten | Values) else _write(base, place)
    condition = node.condition if isinstance(node, Filter) else None
    if condition is None and isinstance(node.right, Current):
        return f"{place.module.use('without_nulls')}({values})"
    loop = write_projection(
        place,
        word,
        node,
        node.right,
        lambda inside: _write(node.right, inside),
        condition,
        lambda inside: _failing(condition, inside),
    )
    return loop.call(values)


def _failing(condition: Node | None, place: Place) -> str:
    """The Python test of a filter's condition that does not hold for an element."""
    assert condition is not None
    return _falsy(condition, _write(condition, place), place)


def _comparison(node: Comparison, place: Place) -> str:
    left, right = _operand(node.left, place), _operand(node.right, place)
    if node.operator in _ORDER:
        return f"{place.module.use(_ORDER[node.operator])}({left}, {right})"
    plain = _plain_equality(node, left, right)
    if plain is not None:
        return plain
    equal = f"{place.module.use('equal')}({left}, {right})"
    return equal if node.operator == "==" else f"not {equal}"


def _operand(node: Node, place: Place) -> str:
    """A side of a comparison, which reads it and no more: a constant list or object may stand in a table."""
    if isinstance(node, Literal) and isinstance(node.value, list | dict):
        return place.module.table("constant", node.value)
    return _write(node, place)


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


def _call(node: Call, place: Place) -> str:
    values = [one for one in node.arguments if not isinstance(one, Reference)]
    references = [one for one in node.arguments if isinstance(one, Reference)]
    if not references:
        write = _operand if node.name in _ONLY_READ else _write
        return _function_call(node, place, [write(one, place) for one in values])
    reference, values_atom = references[0], _named(values[0], place)
    loop = write_each(
        place, place.stem(values[0]), node.name, reference.body, lambda inside: _write(reference.body, inside)
    )
    each = loop.call(values_atom)
    return each if node.name == "map" else _function_call(node, place, [values_atom, each])


def _function_call(node: Call, place: Place, atoms: list[str]) -> str:
    return f"{place.module.use(FUNCTIONS[node.name].function.__name__)}({', '.join(atoms)})"
