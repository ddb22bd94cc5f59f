"""Expressions on the events of a shop of known types: what is inferred, what is wrong, what is doubtful."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapper.compiler.advice.advise import advise
from mapper.compiler.findings import Findings
from mapper.compiler.inference.infer import infer, infer_condition
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.jmespath.expression import parse_expression
from mapper.texts.diagnostic import Diagnostic, in_order
from mapper.texts.named_text import Text
from mapper.values.types import UNKNOWN, Type, array_of, of
from tests.compiler.test_expression import blocks, drawn
from tests.compiler.test_infer import EVENT
from tests.support.checked import checked_expressions

USER = Type(
    frozenset({"object"}),
    fields=(
        ("address", Type(frozenset({"object"}), fields=(("city", of("string")),), closed=True)),
        ("email", of("string")),
        ("id", of("string", "integer")),
    ),
    closed=True,
)
OPEN = Type(
    frozenset({"object"}),
    fields=(
        ("color", of("string")),
        ("currency", of("string")),
        ("firstName", of("string")),
        ("last_name", of("string")),
        ("products", array_of(UNKNOWN)),
    ),
)
# What the case files speak of.
SHOP = Type(
    frozenset({"object"}),
    fields=tuple(
        sorted(
            {
                **dict(EVENT.fields or ()),
                "amount": of("number", "null"),
                "flag": of("boolean", "null"),
                "kind": Type(frozenset({"string"}), constants=("page", "order")),
                "open": OPEN,
                "user": USER.optional(),
            }.items()
        )
    ),
    closed=True,
)
CASES = Path(__file__).parents[1] / "cases" / "expressions"


@pytest.mark.parametrize(
    ("name", "block"),
    [(name, block) for name in ("values", "conditions") for block in blocks(CASES / f"{name}.txt")],
    ids=lambda part: part.partition("\n")[0],
)
def test_what_types_make_wrong_or_doubtful_is_said_at_its_place(name: str, block: str) -> None:
    text = block.partition("\n")[0]
    found = doubts_of(text, name == "conditions")

    assert drawn(text, found) == block


def doubts_of(text: str, is_condition: bool) -> list[Diagnostic]:
    """What is found in an expression by the types of its parts."""
    read = parse_expression(text, Text("mapping.yaml", text).span)
    assert read.expression is not None, read.found
    found = Findings()
    typed: list[TypedExpression] = []
    variables = {"event": SHOP, "index": of("integer")}
    if is_condition:
        asked = infer_condition(read.expression, SHOP, variables, found)
        typed += [] if asked is None else [asked]
    else:
        infer(read.expression, SHOP, variables, found, typed)
    return in_order(advise(checked_expressions(typed, found)))


@pytest.mark.parametrize(
    ("text", "described"),
    [
        ("user.email", "string or null"),
        ("user.id", "string or integer or null"),
        ("user.address.city", "string or null"),
        ("user || open", "object"),
        ("(user || open).email", "unknown"),
        ("(user || {email: count}).email", "string or integer"),
        ("not_null(user, {email: count}).email", "string or integer"),
        ("not_null(any, 'x')", "unknown"),
        ("any || 'x'", "unknown"),
        ("any || maybe", "unknown"),
        ("kind", "string ['page', 'order']"),
        ("kind || 'x'", "string ['page', 'order', 'x']"),
        ("(kind && 'x')", "string ['x']"),
        ("flag || yes", "boolean"),
        ("flag || `false`", "boolean [True, False]"),
        ("flag && email", "string (email) or boolean or null"),
        ("amount || `0`", "number"),
        ("amount && kind", "string or null ['page', 'order']"),
        ("maybe && email", "string or null"),
        ("[kind, 'x']", "array of string"),
        ("[kind, count][0]", "string or integer or null"),
        ("items[?name].name", "array of string"),
        ("items[?price > `1`].price", "array of number"),
        ("items[?quantity == `2`].quantity", "array of integer"),
        ("items[?name == 'x'].name | [0]", "string or null ['x']"),
        ("map(&name, items)", "array of string"),
        ("map(&{n: name}, items)[0].n", "string or null"),
        ("items[*].[name, price]", "array of array of string or number"),
        ("items[*].{n: name, p: price}", "array of object"),
        ("items[*].{n: name, p: price}[].p", "array of number"),
        ("items.sort_by(@, &price)[*].name", "array of string"),
        ("sort_by(items, &price)[-1]", "object or null"),
        ("max_by(items, &price).quantity", "integer or null"),
        ("min_by(items, &price).quantity || `0`", "integer"),
        ("reverse(items)[0].name", "string or null"),
        ("reverse(tags)", "array of string"),
        ("keys(open)", "array of string"),
        ("values(user || `{}`)", "array of string or integer or object or null"),
        ("user.*", "array of string or integer or object or null"),
        ("open.*", "array"),
        ("merge(open, {x: count}).x", "integer"),
        ("merge(open, {x: count}).color", "string"),
        ("merge({a: 'x'}, {a: count}).a", "integer"),
        ("across(open, {x: count}).x", "unknown"),
        ("across({a: count, b: 'x'}, {a: kind})", "object or null"),
        ("across({a: count, b: 'x'}, {a: kind}).a", "string or integer or null"),
        ("across({a: count}, {b: kind}).b", "string or null ['page', 'order']"),
        ("template('{} of {}', kind, count)", "string or null"),
        ("to_array(kind)", "array of string"),
        ("to_array(tags)", "array of string"),
        ("to_array(maybe)", "array of string or null"),
        ("to_number(kind)", "number or null"),
        ("to_number(amount)", "number or null"),
        ("to_string(kind)", "string"),
        ("type(any)", "string"),
        ("length(tags)", "integer"),
        ("sum(items[].quantity)", "integer"),
        ("sum(items[].price)", "number"),
        ("avg(items[].price)", "number or null"),
        ("ceil(count)", "integer"),
        ("nested[]", "array of integer"),
        ("nested[][]", "array of integer"),
        ("nested[0][0]", "integer or null"),
        ("nested[*][0]", "array of integer"),
        ("tags[1:]", "array of string"),
        ("tags[?@ == 'x']", "array of string"),
        ("tags[?@ == 'x'] | [0]", "string or null ['x']"),
        ('`[1, "a"]`', "array of string or integer [[1, 'a']]"),
        ('`[1, "a"]`[0]', "string or integer or null [1, 'a']"),
        ('`{"a": [1]}`.a[]', "array of integer"),
        ('`{"a": 1}` | a', "integer [1]"),
        ("$who.address.city", "string or null"),
        ("$event.user.email", "string or null"),
        ("$index", "integer"),
        ("@ | user | id", "string or integer or null"),
        ("any.x.y", "unknown"),
        ("any[*].x", "array or null"),
        ("any[?x].y", "array or null"),
        ("any[]", "array or null"),
        ("any.*", "array or null"),
        ("!any", "boolean"),
        ("count == `1`", "boolean"),
        ("count < `1`", "boolean or null"),
        ("flag == yes && count", "integer or boolean"),
        ("kind == 'page' && kind", "string or boolean"),
        ("kind != 'page' || kind == 'page'", "boolean"),
        ("lowercase(kind)", "string"),
        ("text(any)", "string or null"),
        ("split(maybe || '', ',')", "array of string"),
        ("first(tags)", "string or null"),
        ("concat('a', maybe)", "string or null"),
        ("concat('a', kind)", "string or null"),
        ("present(any)", "boolean"),
        ("boolean(any)", "boolean or null"),
        ("timestamp(email)", "integer (timestamp) or null"),
        ('lookup(kind, `{"page": 1}`)', "unknown"),
        ("open.products[*].sku", "array"),
        ("open.products[0]", "unknown"),
        ("open.whatever", "unknown"),
        ("null_if(kind, 'page')", "string or null ['page', 'order']"),
        ("parse_json(email)", "unknown"),
        ("from_items(nested)", "object or null"),
        ("unique(tags)", "array of string"),
        ("total(items[].price)", "string or number"),
        ("count(any)", "integer or null"),
    ],
)
def test_types_stay_exact_through_alternatives_conditions_and_functions(text: str, described: str) -> None:
    read = parse_expression(text, Text("mapping.yaml", text).span)
    assert read.expression is not None, read.found
    variables = {"event": SHOP, "index": of("integer"), "who": SHOP.field("user")}
    type_ = infer(read.expression, SHOP, variables, Findings())
    constants = f" {list(type_.constants)}" if type_.constants else ""

    assert f"{type_.describe()}{constants}" == described


@pytest.mark.parametrize(
    ("text", "may_be_missing"),
    [
        ("any", True),
        ("any || 'x'", False),
        ("any || maybe", True),
        ("not_null(any, maybe, 'x')", False),
        ("not_null(any, maybe)", True),
        ("[any]", False),
        ("any[*].x || `[]`", False),
        ("any && any.x", True),
    ],
)
def test_unknown_is_kept_apart_from_missing(text: str, may_be_missing: bool) -> None:
    read = parse_expression(text, Text("mapping.yaml", text).span)
    assert read.expression is not None, read.found

    assert ("null" in infer(read.expression, SHOP, {}, Findings()).kinds) is may_be_missing
