"""Expression x types -> Type: what is inferred, what can never work, and what passes in silence."""

from __future__ import annotations

import pytest

from mapper.compiler.advice.advise import advise
from mapper.compiler.findings import Findings
from mapper.compiler.inference.infer import infer
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.jmespath.expression import parse_expression
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Text
from mapper.values.types import NULL, UNKNOWN, Type, array_of, of
from tests.support.checked import checked_expressions

pytestmark = pytest.mark.quick

ITEM = Type(
    frozenset({"object"}),
    fields=(("name", of("string")), ("price", of("number")), ("quantity", of("integer"))),
    closed=True,
)
EVENT = Type(
    frozenset({"object"}),
    fields=(
        ("any", UNKNOWN),
        ("count", of("integer")),
        ("email", of("string", format="email")),
        ("items", array_of(ITEM)),
        ("maybe", of("string", "null")),
        ("nested", array_of(array_of(of("integer")))),
        ("tags", array_of(of("string"))),
        ("yes", of("boolean")),
    ),
    closed=True,
)


def inferred(
    text: str, at: Type = EVENT, variables: dict[str, Type] | None = None
) -> tuple[Type, list[Diagnostic]]:
    read = parse_expression(text, Text("mapping.yaml", text).span)
    assert read.expression is not None, read.found
    found = Findings()
    typed: list[TypedExpression] = []
    type_ = infer(read.expression, at, variables or {}, found, typed)
    return type_, advise(checked_expressions(typed, found))


@pytest.mark.parametrize(
    ("text", "described"),
    [
        ("@", "object"),
        ("count", "integer"),
        ("email", "string (email)"),
        ("any", "unknown"),
        ("any.thing[0]", "unknown"),
        ("items", "array of object"),
        ("items[0]", "object or null"),
        ("items[0].price", "number or null"),
        ("items[*].name", "array of string"),
        ("items[].name", "array of string"),
        ("items[1:].quantity", "array of integer"),
        ("items[?price > `1`]", "array of object"),
        ("items[?price > `1`].name | [0]", "string or null"),
        ("any[*].name", "array or null"),
        ("nested[]", "array of integer"),
        ("nested[*]", "array of array of integer"),
        ("items[0].*", "array of string or number or null"),
        ("any.*", "array or null"),
        ("yes || `false`", "boolean"),
        ("maybe || 'x'", "string"),
        ("maybe || count", "string or integer"),
        ("any || 'x'", "unknown"),
        ("yes && count", "integer or boolean"),
        ("count && email", "string (email)"),
        ("!any", "boolean"),
        ("any == 'x'", "boolean"),
        ("count < items[0].price", "boolean or null"),
        ("[count, email]", "array of string or integer"),
        ("{a: count, b: email}.b", "string (email)"),
        ("`[1, 2]`", "array of integer"),
        ("`{\"a\": [\"x\"]}`.a[0]", "string or null"),
        ("`null`", "null"),
        ("abs(count)", "integer"),
        ("abs(items[0].price || `0`)", "number"),
        ("avg(items[].price)", "number or null"),
        ("ceil(count)", "integer"),
        ("contains(tags, 'a')", "boolean"),
        ("join(', ', tags)", "string"),
        ("keys(@)", "array of string"),
        ("length(tags)", "integer"),
        ("map(&price, items)", "array of number"),
        ("map(&@, any)", "array"),
        ("max(tags)", "string or null"),
        ("max(any)", "string or number or null"),
        ("max_by(items, &price)", "object or null"),
        ("max_by(items, &price).name", "string or null"),
        ("merge({a: count}, {b: email}).b", "string (email)"),
        ("merge(@, any).x", "unknown"),
        ("min(items[].quantity)", "integer or null"),
        ("not_null(maybe, email)", "string"),
        ("not_null(maybe, `null`)", "string or null"),
        ("not_null(any, 'x')", "unknown"),
        ("reverse(tags)", "array of string"),
        ("reverse(email)", "string"),
        ("reverse(any)", "string or array"),
        ("sort(tags)", "array of string"),
        ("sort_by(items, &name)[0].price", "number or null"),
        ("sum(items[].quantity)", "integer"),
        ("sum(items[].price)", "number"),
        ("to_array(email)", "array of string (email)"),
        ("to_array(tags)", "array of string"),
        ("to_array(any)", "array"),
        ("to_number(email)", "number or null"),
        ("to_number(count)", "integer"),
        ("to_string(count)", "string"),
        ("type(any)", "string"),
        ("values({a: count, b: yes})", "array of integer or boolean"),
        ("values(any)", "array"),
        ("lowercase(email)", "string"),
        ("lowercase(maybe)", "string or null"),
        ("lowercase(any)", "string or null"),
        ("present(any)", "boolean"),
        ("total(items[].price)", "string or number"),
        ("timestamp(email)", "integer (timestamp) or null"),
        ("$user.name", "string"),
        ("$unknown.name", "unknown"),
    ],
)  # fmt: skip
def test_the_type_of_an_expression_is_inferred_through_every_form(text: str, described: str) -> None:
    user = Type(frozenset({"object"}), fields=(("name", of("string")),), closed=True)
    type_, found = inferred(text, variables={"user": user})

    assert type_.describe() == described
    assert found == []


@pytest.mark.parametrize(
    ("text", "wrong", "code", "message", "hint"),
    [
        ("length(count)", "count", "M204", "`length` takes string or array or object, not integer", None),
        ("length(`1`)", "`1`", "M204", "`length` takes string or array or object, not integer", None),
        ("sum('abc')", "'abc'", "M204", "`sum` takes array of number, not string",
         "write a list of values as `sum([a, b])`"),
        ("sum(tags)", "tags", "M204", "`sum` takes array of number, not array of string", None),
        ("abs(email)", "email", "M204", "`abs` takes number, not string (email)",
         "`to_number(...)` converts a string to a number"),
        ("abs(`null`)", "`null`", "M204", "`abs` takes number, not null", None),
        ("join(', ', email)", "email", "M204", "`join` takes array of string, not string (email)", None),
        ("starts_with(count, 'a')", "count", "M204", "`starts_with` takes string, not integer",
         "`text(...)` converts it to a string"),
        ("contains(email, `1`)", "`1`", "M204",
         "`contains` on a string finds only strings, and this is integer, so the result is always"
         " false", None),
        ("keys(items)", "items", "M204", "`keys` takes object, not array of object", None),
        ("map(&length(price), items)", "price", "M204",
         "`length` takes string or array or object, not number", None),
        ("sort_by(items, &@)", "&@", "M204",
         "each key for `sort_by` takes string or number, not object", None),
        ("merge(@, tags)", "tags", "M204", "`merge` takes object, not array of string", None),
        ("items[?length(price) > `1`]", "price", "M204",
         "`length` takes string or array or object, not number", None),
        ("lowercase(tags)", "tags", "M204", "`lowercase` takes string or number, not array of string",
         "to apply it to each element, write `map(&lowercase(@), ...)`, or a step under `apply`"),
        ("replace(email, yes)", "yes", "M204", "`old` of `replace` takes string, not boolean",
         "`text(...)` converts it to a string"),
        ("'a' < count", "'a'", "M205", "`<` compares numbers, not string",
         "`to_number(...)` converts a string to a number"),
        ("count >= tags", "tags", "M205", "`>=` compares numbers, not array of string", None),
        ("count > `null`", "`null`", "M205", "`>` compares numbers, not null", None),
    ],
)  # fmt: skip
def test_what_can_never_work_is_an_error_at_the_part_that_is_wrong(
    text: str, wrong: str, code: str, message: str, hint: str | None
) -> None:
    _, found = inferred(text)
    start = text.rindex(wrong)

    assert [(one.code, one.message, one.hint) for one in found] == [(code, message, hint)]
    assert (found[0].span.start, found[0].span.end) == (start, start + len(wrong))


@pytest.mark.parametrize(
    "text",
    [
        "length(any)",
        "sum(any[].price)",
        "sum(any)",
        "max(any)",
        "abs(any.x)",
        "lowercase(any)",
        "any < any.x",
        "sort_by(any, &x)",
        "join(any, any)",
        "sort(any[].any)",
        "contains(any, `1`)",
        "merge(any, any)",
        "map(&length(@), any)",
        "$nobody.knows < `1`",
    ],
)
def test_what_is_unknown_passes_in_silence(text: str) -> None:
    assert inferred(text)[1] == []
    assert inferred(text, at=UNKNOWN)[1] == []


_ORDER = Type(
    frozenset({"object"}),
    fields=(
        ("kind", Type(frozenset({"string"}), constants=("order", "visit"))),
        ("many", Type(frozenset({"string"}), constants=tuple("abcdefg"))),
        ("mixed", Type(frozenset({"integer", "boolean", "string"}), constants=(1, True, "x"))),
        ("one", Type(frozenset({"string"}), constants=("a",))),
    ),
    closed=True,
)


@pytest.mark.parametrize(
    ("text", "wrong", "message", "hint", "replacements"),
    [
        ("'5' == count", "'5'",
         "`'5'` is string and `count` integer: they are never equal",
         'write `` `5` ``', ['`5`']),
        ("count == '-5'", "'-5'",
         "`count` is integer and `'-5'` string: they are never equal",
         'write `` `-5` ``', ['`-5`']),
        ("count == 'x'", "'x'",
         "`count` is integer and `'x'` string: they are never equal",
         None, []),
        ("yes == 'true'", "'true'",
         "`yes` is boolean and `'true'` string: they are never equal",
         'write `` `true` ``', ['`true`']),
        ("'false' != yes", "'false'",
         "`'false'` is string and `yes` boolean: they are never equal, so this is always true",
         'write `` `false` ``', ['`false`']),
        ("yes == 'yes'", "'yes'",
         "`yes` is boolean and `'yes'` string: they are never equal",
         None, []),
        ('email == `5`', '`5`',
         '`email` is string (email) and `` `5` `` integer: they are never equal',
         "write `'5'`", ["'5'"]),
        ('email == `5.5`', '`5.5`',
         '`email` is string (email) and `` `5.5` `` number: they are never equal',
         "write `'5.5'`", ["'5.5'"]),
        ('`true` == email', '`true`',
         '`` `true` `` is boolean and `email` string (email): they are never equal',
         "write `'true'`", ["'true'"]),
        ('email != `false`', '`false`',
         '`email` is string (email) and `` `false` `` boolean: they are never equal, so this is always true',
         "write `'false'`", ["'false'"]),
        ('email == items', 'email == items',
         '`email` is string (email) and `items` array of object: they are never equal',
         None, []),
        ('count == tags', 'count == tags',
         '`count` is integer and `tags` array of string: they are never equal',
         None, []),
        ("'a' == 'a'", "'a' == 'a'",
         'both sides are constants, so the result is the same for every event',
         'write a path on one side', []),
        ('email == @', 'email == @',
         '`email` is string (email) and `@` object: they are never equal',
         None, []),
        ('tags == `[1]`', '`[1]`',
         '`tags` is array of string and `` `[1]` `` array of integer: they are never equal',
         None, []),
        ('maybe == `1`', '`1`',
         '`maybe` is string and `` `1` `` integer: they are never equal',
         "write `'1'`", ["'1'"]),
        ('yes == `1`', '`1`',
         '`yes` is boolean and `` `1` `` integer: they are never equal',
         None, []),
        ('count == yes', 'count == yes',
         '`count` is integer and `yes` boolean: they are never equal',
         None, []),
        ("items[0].price == 'x'", "'x'",
         "`items[0].price` is number and `'x'` string: they are never equal",
         None, []),
        ("$order.kind == 'ordr'", "'ordr'",
         "`$order.kind` is never `'ordr'`",
         "did you mean `'order'`?", ["'order'"]),
        ("$order.kind == 'xyz'", "'xyz'",
         "`$order.kind` is never `'xyz'`",
         "its values are one of `'order'`, `'visit'`", []),
        ("$order.kind != 'ordr'", "'ordr'",
         "`$order.kind` is never `'ordr'`, so this is always true",
         "did you mean `'order'`?", ["'order'"]),
        ("'ordr' == $order.kind", "'ordr'",
         "`$order.kind` is never `'ordr'`",
         "did you mean `'order'`?", ["'order'"]),
        ("$order.one == 'b'", "'b'",
         "`$order.one` is never `'b'`",
         "its values are `'a'`", []),
        ("$order.many == 'h'", "'h'",
         "`$order.many` is never `'h'`",
         "its values are one of `'a'`, `'b'`, `'c'`, `'d'`, `'e'`, `'f'`, ...", []),
        ('$order.mixed == `5`', '`5`',
         '`$order.mixed` is never `` `5` ``',
         "its values are one of `` `1` ``, `` `true` ``, `'x'`", []),
        ('$order.kind == `1`', '`1`',
         '`$order.kind` is string and `` `1` `` integer: they are never equal',
         "write `'1'`", ["'1'"]),
    ],
)  # fmt: skip
def test_a_comparison_that_is_never_true_says_why_and_how_the_constant_is_written(
    text: str, wrong: str, message: str, hint: str | None, replacements: list[str]
) -> None:
    _, [found] = inferred(text, variables={"order": _ORDER})

    assert (found.code, found.message, found.hint) == ("M121", message, hint)
    assert text[found.span.start : found.span.end] == wrong
    assert [edit.replacement for fix in found.fixes for edit in fix.edits] == replacements


@pytest.mark.parametrize(
    "text",
    ["email == `null`", "maybe == maybe", "$order.kind == 'order'", "'visit' != $order.kind", "any == `5`"],
)
def test_a_comparison_that_may_be_true_passes_in_silence(text: str) -> None:
    assert inferred(text, variables={"order": _ORDER})[1] == []


def test_all_that_is_wrong_is_reported_at_once() -> None:
    _, found = inferred("[length(count), sum(tags), 'a' < count]")

    assert [(one.code, one.span.start) for one in found] == [("M204", 8), ("M204", 20), ("M205", 27)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("timestamp(any, 'Nowhere/Land')", "`timestamp`: there is no time zone `Nowhere/Land`"),
        ("minor_units(any, 'XXXX')", None),
    ],
)
def test_constant_arguments_of_a_transform_are_checked_when_compiling(text: str, message: str | None) -> None:
    _, found = inferred(text)

    assert [one.code for one in found] == ["M202"]
    assert message is None or message.split(":")[0] in found[0].message
    assert found[0].span.start == text.index("'")


def test_at_null_all_is_null() -> None:
    assert inferred("[a]", at=NULL)[0] == NULL
    assert inferred("a.b", at=NULL)[0] == NULL
    assert inferred("{a: b}", at=of("object", "null"))[0].describe() == "object or null"
