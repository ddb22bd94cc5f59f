"""Types of constants, fields and elements, and of what a function gives for arguments of given types.

Which parts of an expression give true, false or null, so that Python's own test of one means the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from mapper.compiler.inference.constant_arguments import constant_arguments, is_constant
from mapper.compiler.jmespath.call_facts import CALCULATIONS
from mapper.compiler.jmespath.key_patterns import names_like
from mapper.compiler.jmespath.tree import And, Call, Comparison, Literal, Node, Not, Or
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms.numeral import number_of
from mapper.transforms.registry import TRANSFORMS, Transform
from mapper.transforms.tables import FileTable
from mapper.values.types import NULL, UNKNOWN, Invalid, Json, Type, array_of, constant, of, union


def literal_type(value: Json) -> Type:
    """The type of a constant, down to its elements and fields; of a file's table, only that it is one."""
    if isinstance(value, FileTable):
        return of("object")
    made = constant(value)
    if isinstance(value, list):
        return replace(made, items=union(map(literal_type, value)) if value else None)
    if isinstance(value, dict):
        fields = tuple(sorted(((key, literal_type(one)) for key, one in value.items()), key=_name))
        return replace(made, fields=fields, closed=True)
    return made


def field_type(base: Type, name: str) -> Type:
    """The type of a field; null of null, and unknown where there is none: that is reported elsewhere."""
    if base.kinds == {"null"}:
        return NULL
    if not base.known or "object" not in base.kinds or lacks(base, name):
        return UNKNOWN
    found = base.field(name)
    return found.optional() if base.kinds != {"object"} else found


def lacks(base: Type, name: str) -> bool:
    """Whether what may be an object never has a field of a name."""
    return base.closed and all(known != name for known, _ in base.fields or ())


def element_type(base: Type) -> Type:
    """The type of the elements of what may be a list."""
    return UNKNOWN if not base.known or base.items is None else base.items


def value_types(base: Type) -> list[Type]:
    """The types of the values of an object that is closed; else none, since there may be others."""
    return [known for _, known in base.fields or ()] if base.known and base.closed else []


def call_type(call: Call, types: Sequence[Type]) -> Type:
    """The type of what a function gives."""
    if call.name in _REFINED:
        return _REFINED[call.name](types)
    if call.name in FUNCTIONS:
        return FUNCTIONS[call.name].gives
    transform = TRANSFORMS[call.name]
    may_be_null = any(
        "null" in value.kinds and not takes_null(transform, number) for number, value in enumerate(types)
    )
    gives = transform.gives
    if transform.typed is not None and all(map(is_constant, call.arguments[1:])):
        gives = transform.gives_for(constant_arguments(transform, call))
    return gives.optional() if may_be_null else gives


def takes_null(transform: Transform, number: int) -> bool:
    """Whether a null is a value of an argument of a transform (0 is the value itself)."""
    if number == 0:
        return "null" in transform.takes.kinds
    return transform.parameters[min(number, len(transform.parameters)) - 1].nullable


def _reverse(types: Sequence[Type]) -> Type:
    if not types[0].known:
        return of("string", "array")
    kinds = types[0].kinds & {"string", "array"}
    return replace(types[0], kinds=kinds or frozenset({"string", "array"}), format="", constants=None)


def _sort(types: Sequence[Type]) -> Type:
    return array_of(_or(element_type(types[0]).without("null"), of("number", "string")))


def _sort_by(types: Sequence[Type]) -> Type:
    return array_of(element_type(types[0]))


def _most(types: Sequence[Type]) -> Type:
    return _or(element_type(types[0]), of("number", "string")).optional()


def _most_by(types: Sequence[Type]) -> Type:
    return element_type(types[0]).optional()


def _or(value: Type, otherwise: Type) -> Type:
    return value if value.known and value.kinds else otherwise


def _whole(types: Sequence[Type]) -> Type:
    """A whole number stays one."""
    value = types[0]
    return of("integer") if value.known and value.kinds <= {"integer", "null"} else of("number")


def _sum(types: Sequence[Type]) -> Type:
    return _whole([element_type(types[0])])


def _map(types: Sequence[Type]) -> Type:
    return array_of(types[0])


def _not_null(types: Sequence[Type]) -> Type:
    present = [value.without("null") for value in types if value.kinds != {"null"}]
    made = union(present)
    return made.optional() if all("null" in value.kinds for value in types) else made


def _to_array(types: Sequence[Type]) -> Type:
    value = types[0]
    if not value.known:
        return of("array")
    if value.kinds == {"array"}:
        return value
    rest = replace(value.without("array"), items=None, constants=None)
    return array_of(union([rest, element_type(value)]) if "array" in value.kinds else rest)


def _to_number(types: Sequence[Type]) -> Type:
    value = types[0]
    if value.known and value.kinds <= {"number", "integer"}:
        return value
    return of("number", "null")


def _values(types: Sequence[Type]) -> Type:
    known = value_types(types[0])
    return array_of(union(known)) if known else of("array")


def _merge(types: Sequence[Type]) -> Type:
    """A later object's field wins, unless it may be missing; one that is open may have any field."""
    fields: dict[str, Type] = {}
    closed = True
    for value in types:
        known = dict(value.fields or ()) if value.known else {}
        if not value.known or value.fields is None or not value.closed:
            fields, closed = dict.fromkeys(fields, UNKNOWN), False
        for name, field in known.items():
            before = fields.get(name, NULL if closed else UNKNOWN)
            fields[name] = union([before, field]) if "null" in field.kinds else field
    return Type(frozenset({"object"}), fields=tuple(sorted(fields.items(), key=_name)), closed=closed)


def _across(types: Sequence[Type]) -> Type:
    """Each attribute may be that of any object; one of which any is open may have any attribute."""
    objects = [one for one in types if not one.known or "object" in one.kinds]
    names = {name: None for one in objects if one.known for name, _ in one.fields or ()}
    fields = {name: union(_attribute(one, name) for one in objects).optional() for name in names}
    closed = all(one.known and one.fields is not None and one.closed for one in objects)
    named = tuple(sorted(fields.items(), key=_name))
    return Type(frozenset({"object", "null"}), fields=named, closed=closed)


def _attribute(base: Type, name: str) -> Type:
    """An attribute of what may be an object; null where it never has one of that name."""
    return NULL if base.known and lacks(base, name) else field_type(base, name)


def _get(types: Sequence[Type]) -> Type:
    """The attribute of a constant name; of any other, one of those of an object that is closed."""
    base, key = types[0], types[1]
    if key.constants and len(key.constants) == 1 and key.kinds <= {"string"}:
        return _attribute(base, str(key.constants[0])).optional()
    known = value_types(base)
    return union(known).optional() if known else UNKNOWN


def _pick(types: Sequence[Type]) -> Type:
    """Those attributes of a closed object that a pattern describes."""
    base, pattern = types[0], types[1]
    known = picked_types(base, str(pattern.constants[0])) if pattern.constants else []
    made = array_of(union(known).without("null") if known else UNKNOWN)
    return made.optional() if "null" in base.kinds else made


def picked_types(base: Type, pattern: str) -> list[Type]:
    """The types of the attributes that a pattern describes, of an object that is closed; else none."""
    if not base.known or not base.closed or base.fields is None:
        return []
    names = set(names_like(pattern, [name for name, _ in base.fields]))
    return [known for name, known in base.fields if name in names]


def _items_of(types: Sequence[Type]) -> Type:
    """Objects with a name and any of the values."""
    known = value_types(types[0])
    fields = (("key", of("string")), ("value", union(known) if known else UNKNOWN))
    made = array_of(Type(frozenset({"object"}), fields=fields, closed=True))
    return made.optional() if "null" in types[0].kinds else made


def _one_of(types: Sequence[Type]) -> Type:
    """The first or last of a list; what is no list is it itself."""
    is_list = types[0].known and types[0].kinds - {"null"} == {"array"}
    return element_type(types[0]).optional() if is_list else UNKNOWN


def _unique(types: Sequence[Type]) -> Type:
    made = array_of(element_type(types[0]))
    return made.optional() if "null" in types[0].kinds else made


def _null_if(types: Sequence[Type]) -> Type:
    return types[0].optional()


def _name(field: tuple[str, Type]) -> str:
    return field[0]


_REFINED: dict[str, Callable[[Sequence[Type]], Type]] = {
    "abs": _whole,
    "across": _across,
    "first": _one_of,
    "get": _get,
    "items_of": _items_of,
    "last": _one_of,
    "map": _map,
    "max": _most,
    "max_by": _most_by,
    "merge": _merge,
    "min": _most,
    "min_by": _most_by,
    "not_null": _not_null,
    "null_if": _null_if,
    "pick": _pick,
    "reverse": _reverse,
    "sort": _sort,
    "sort_by": _sort_by,
    "sum": _sum,
    "to_array": _to_array,
    "to_number": _to_number,
    "unique": _unique,
    "values": _values,
}


_TRUTHS = frozenset({"boolean", "null"})


_NUMBERS = frozenset({"integer", "number", "null"})


def may_doubt(node: Node) -> bool:
    """Whether a node can show a mistake in an event: a comparison, a calculation, an optional argument."""
    if isinstance(node, Comparison):
        if node.operator not in ("==", "!="):
            return not (is_number(node.left) and is_number(node.right))
        return _is_doubtful_equality(node)
    return is_calculation(node) or _may_lack(node)


def _may_lack(node: Node) -> bool:
    """Whether a transform works without an argument that is read, and may be invalid."""
    if not isinstance(node, Call) or node.name not in TRANSFORMS:
        return False
    arguments = zip(TRANSFORMS[node.name].parameters, node.arguments[1:], strict=False)
    return any(one.may_lack and not isinstance(argument, Literal) for one, argument in arguments)


def _is_doubtful_equality(node: Comparison) -> bool:
    """Whether the sides may be a text, and a number or boolean written like it."""
    literals = [one.value for one in (node.left, node.right) if isinstance(one, Literal)]
    if len(literals) == 2 or is_truth(node.left) or is_truth(node.right):
        return False
    if not literals:
        return not (is_number(node.left) and is_number(node.right))
    return is_doubtful_constant(literals[0])


def is_doubtful_constant(value: Json) -> bool:
    """Whether a value of another type may be written like a constant."""
    if isinstance(value, str):
        return value in ("true", "false") or _is_numeric(value)
    return isinstance(value, bool | int | float)


def _is_numeric(text: str) -> bool:
    try:
        return number_of(text) is not None
    except Invalid:
        return False


def is_calculation(node: Node) -> bool:
    """Whether a node calculates with two values of the event."""
    if not isinstance(node, Call) or node.name not in CALCULATIONS:
        return False
    return not any(isinstance(one, Literal) for one in node.arguments)


def is_number(node: Node) -> bool:
    """Whether a node gives a number or null."""
    if isinstance(node, Literal):
        return type(node.value) in (int, float)
    if not isinstance(node, Call):
        return False
    gives = _gives(node)
    return gives.known and gives.kinds <= _NUMBERS


def is_truth(node: Node) -> bool:
    """Whether a node gives true, false or null."""
    if isinstance(node, Or | And):
        return is_truth(node.left) and is_truth(node.right)
    if isinstance(node, Call):
        return _gives(node).kinds <= _TRUTHS
    return isinstance(node, Comparison | Not)


def _gives(call: Call) -> Type:
    """The type of a function's result, whatever its arguments are."""
    return TRANSFORMS[call.name].gives if call.name in TRANSFORMS else FUNCTIONS[call.name].gives
