"""An expression of another language -> its place and its edit, in each way that YAML writes a text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper import check_text
from mapper.compiler.advice.advise import advise
from mapper.compiler.file_reading import FileReading
from mapper.compiler.findings import Findings
from mapper.compiler.jmespath.expression import parse_expression
from mapper.compiler.syntax.value_nodes import read_expression
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.diagnostic import Diagnostic, has_errors
from mapper.texts.named_text import Text
from tests.compiler.test_expression import read
from tests.support.depth import examples

MAPPING = """\
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: time
  event_source_url: url
  user_data: {em: email, client_ip_address: ip, client_user_agent: agent}
events:
  - send: search
    payload: {custom_data: {search_string: query}}
    when: PLACE
"""


def check(place: str, end: str = "\n") -> tuple[str, list[Diagnostic]]:
    """A mapping with a condition, and what is found in that."""
    text = MAPPING.replace("PLACE", place).replace("\n", end)
    return text, [one for one in check_text(text, "m.yaml") if one.code.startswith("M1")]


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize(
    ("written", "marked", "mended"),
    [
        ("type = 'order'", "=", "type == 'order'"),
        ("'type = ''order'''", "=", "'type == ''order'''"),
        ("\"type = 'order'\"", "=", "\"type == 'order'\""),
        ("|\n      type\n        = 'order'", "=", "|\n      type\n        == 'order'"),
        (">-\n      type\n      = 'order'", "=", ">-\n      type\n      == 'order'"),
        ("type\n      = 'order'", "=", "type\n      == 'order'"),
        ("type = 'é👍e\N{COMBINING ACUTE ACCENT}'", "=", "type == 'é👍e\N{COMBINING ACUTE ACCENT}'"),
        ("\"'\\u00e9\\t\\x41' = type\"", "=", "\"'\\u00e9\\t\\x41' == type\""),
        ("\"'a\\\n      b' = type\"", "=", "\"'a\\\n      b' == type\""),
        ("a == 'x'   and\tb == 'y'   # both", "and", "a == 'x'   &&\tb == 'y'   # both"),
        ("a == 'x' OR b == 'y'", "OR", "a == 'x' || b == 'y'"),
        ("'not a.b'", "a", "'!(a.b)'"),
        ("price > 10", "10", "price > `10`"),
        ("'price > 1.50 && size < 3'", "1.50", "'price > `1.50` && size < `3`'"),
        ("a === 'x'", "=", "a == 'x'"),
        ("a <> 'x'", ">", "a != 'x'"),
        ("a?.b == 'x'", "?", "a.b == 'x'"),
        ("\"a['b c'] == 'x'\"", "'b c'", '"a.\\"b c\\" == \'x\'"'),
        ("a['b'] == 'x'", "'b'", "a.b == 'x'"),
        ("items.0.id == 'x'", "0", "\"items[0].id == 'x'\""),
        ("a == \u2018x\u2019", "\u2018", "a == 'x'"),
        ("'a == `foo`'", "`foo`", "'a == ''foo'''"),
        ("\"!a.b && c == 'x'\"", "!a.b", "\"!(a.b) && c == 'x'\""),
        ("\"contains(x.*.a.b, 'y')\"", ".a.b", "\"contains(values(x)[*].a.b, 'y')\""),
        ('"length(a[0][0:2]) > `1`"', "[0:2]", '"length((a[0] | [0:2])) > `1`"'),
        ("\"contains(a, 'x',)\"", ",", "\"contains(a, 'x')\""),
        ("\"contains(a 'x')\"", "'x'", "\"contains(a, 'x')\""),
        ("a == true", "true", "a == `true`"),
        ("'a == null'", "null", "'a == `null`'"),
    ],
)
def test_a_certain_edit_keeps_quotes_blanks_and_comments(
    written: str, marked: str, mended: str, end: str
) -> None:
    text, [found] = check(written, end)
    [fix] = found.fixes
    for edit in sorted(fix.edits, key=lambda one: one.span.start, reverse=True):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]

    assert found.span.text.content[found.span.start : found.span.end] == marked
    assert fix.safe
    assert text == MAPPING.replace("PLACE", mended).replace("\n", end)
    assert check(mended, end)[1] == []


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("$.type == 'order'", "type == 'order'"),
        ("'type == \"order\"'", "'type == ''order'''"),
        ("'\"order\" == type'", "'''order'' == type'"),
        ("type == 'a' && order-id == 'x'", "\"type == 'a' && \\\"order-id\\\" == 'x'\""),
        ("lower(type) == 'order'", "lowercase(type) == 'order'"),
        ("type.lower() == 'order'", "lowercase(type) == 'order'"),
        ("total * 2 > 10 + size", "multiply(total, `2`) > add(`10`, size)"),
    ],
)
def test_what_may_mean_something_else_is_offered_and_not_done(written: str, mended: str) -> None:
    _, [found] = check(written)
    [fix] = found.fixes

    assert not fix.safe


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("first + last", "write `concat(first, last)` to join strings, `add(first, last)` to add"),
        ("'#' + id", "write `concat('#', id)`"),
        ("price + 1", "write `` add(price, `1`) ``"),
        ("price - discount", "write `subtract(price, discount)`"),
        ("a - b - c", "write `subtract(subtract(a, b), c)`"),
        ("price * quantity + tax", "write `add(multiply(price, quantity), tax)`"),
        ("(price + 1) * 2", "write `` multiply((add(price, `1`)), `2`) ``"),
        ("first + ' ' + last", "write `concat(first, ' ', last)`"),
        ("price * 100", "write `` multiply(price, `100`) ``"),
        ("amount / 100", "write `` divide(amount, `100`) ``"),
        ("concat_ws('-', a, b)", "write `join('-', [a, b])`"),
        ("coalesce(a, b.c)", "write `not_null(a, b.c)`"),
        ("a ?? b ?? c", "write `not_null(not_null(a, b), c)`"),
        ("isnull(a.b)", "write `!present(a.b)`"),
        ("a is not null", "write `` a != `null` ``"),
        ("status in ('paid', 'sent')", "write `contains(['paid', 'sent'], status)`"),
        ("status not in ['paid']", "write `!contains(['paid'], status)`"),
        ("name like 'A%'", "write `starts_with(name, 'A')`"),
        ("name like '%z'", "write `ends_with(name, 'z')`"),
        ("trim(x).lower()", "write `lowercase(trim(x))`"),
        ("x.trim().toLowerCase()", "write `lowercase(trim(x))`"),
        ("x.includes('y')", "write `contains(x, 'y')`"),
        ("tags.join(', ')", "write `join(', ', tags)`"),
        ("len(items)", "write `count(items)`"),
        ("upper(name)", "write `uppercase(name)`"),
        ("str(id)", "write `text(id)`"),
        ("max(a, b)", "write `max([a, b])`"),
        ("{{ user.email }}", "write `user.email`"),
        ("{{ name | upcase }}", "write `uppercase(name)`"),
        ("{{ tags | split: ',' | first }}", "write `first(split(tags, ','))`"),
        ("order-{{ id }}", "write `concat('order-', id)`"),
        ("${order.id}", "write `order.id`"),
        ("$.items[0].sku", "write `items[0].sku`"),
        ("$['user name'].id", 'write `"user name".id`'),
        ("$", "write `@`"),
        (".a.b", "write `a.b`"),
        ("items[status == 'x'].id", "write `items[?status == 'x'].id`"),
        ("Order No.id", 'write `"Order No".id`'),
        ("user.first name == 'x'", "write `user.\"first name\" == 'x'`"),
        ("order-id", 'write `"order-id"`; to subtract, write `subtract(a, b)`'),
        ("größe", 'write `"größe"`'),
        ("user.{name}", None),
        (
            "type == 'x' ? 1 : b.c",
            "a rule chooses one of two values: `{case: [{when: type == 'x', then: {const: "
            "1}}, {else: b.c}]}`",
        ),
        (
            'a ? "x, y" : b',
            'a rule chooses one of two values: `{case: [{when: a, then: {const: "x, y"}}, {else: b}]}`',
        ),
        (
            "if(a = 1, 'x', b)",
            "a rule chooses one of two values: `` {case: [{when: a == `1`, then: {const: x}}, {else: b}]} ``",
        ),
        (
            "a ? b : c ? d : e",
            "a rule chooses one of several values: `{case: [{when: a, then: b}, {when: c, "
            "then: d}, {else: e}]}`",
        ),
        ("implode(', ', tags)", "write `join(', ', tags)`"),
        ("implode(tags, ', ')", "write `join(', ', tags)`"),
        ("implode(tags)", "`docs/transforms.md` lists the functions and transforms"),
        ("explode(',', tags)", "write `split(tags, ',')`"),
        ("explode(tags, ',')", "write `split(tags, ',')`"),
        ("explode(tags)", "`docs/transforms.md` lists the functions and transforms"),
        ("isset(a.b)", "write `present(a.b)`"),
        ("isset(a, b)", "`docs/transforms.md` lists the functions and transforms"),
        ("isempty(a, b)", "`docs/transforms.md` lists the functions and transforms"),
        ("iif(a, b)", "`docs/transforms.md` lists the functions and transforms"),
        (
            "if(a, `1`, b)",
            "a rule chooses one of two values: `{case: [{when: a, then: {const: 1}}, {else: b}]}`",
        ),
        (
            "if(a, 'it\\'s', b)",
            "a rule chooses one of two values: `{case: [{when: a, then: '''it\\''s'''}, {else: b}]}`",
        ),
        (
            "if(a, 'x: \"y\"', b)",
            "a rule chooses one of two values: `{case: [{when: a, then: {const: 'x: \"y\"'}}, {else: b}]}`",
        ),
        (
            'if(a, `-1.5`, "b c")',
            "a rule chooses one of two values: `{case: [{when: a, then: {const: -1.5}}, {else: '\"b c\"'}]}`",
        ),
        (
            "if(a == 'it \"is\"', b, c)",
            "a rule chooses one of two values: `{case: [{when: 'a == ''it \"is\"''', then: b}, {else: c}]}`",
        ),
        (
            "if(a == 'it \"is\" it\\'s', b, c)",
            "a rule chooses one of two values: `{case: [{when: 'a == ''it \"is\" it\\''s''', "
            "then: b}, {else: c}]}`",
        ),
        (
            "if(a && b || !c, b, c)",
            'a rule chooses one of two values: `{case: [{when: "a && b || !c", then: b}, {else: c}]}`',
        ),
        ("format(a, `1`, '-')", "write `` concat(a, text(`1`), '-') ``"),
        ("strcat(a, b)", "write `concat(a, b)`"),
        ("min(a, b)", "write `min([a, b])`"),
        ("least(a)", "did you mean `last`?"),
        ("greatest(a, b, c)", "write `max([a, b, c])`"),
        ("avg(a, b)", "write `avg([a, b])`"),
        ("total(a, b)", "write `total([a, b])`"),
        ("sum_by(items, 'price')", "write `total(items[].price)`"),
        ("sum_by(items, &price)", "write `total(items[].price)`"),
        ("sum_by(items, 'a.b')", "`docs/transforms.md` lists the functions and transforms"),
        ("sum_by(items)", "`docs/transforms.md` lists the functions and transforms"),
        ("concat_ws('-')", "did you mean `concat`?"),
        ("cast(a as text)", "write `text(a)`"),
        ("cast(a as Double)", "write `to_number(a)`"),
        ("a::int", "write `integer(a)`"),
        ("a % 2", "there is no remainder operator"),
        ("a & b", "write `a && b`"),
        ("a in [b, 'c']", "write `contains([b, 'c'], a)`"),
        ("a like '%x%'", "write `contains(a, 'x')`"),
        ("substr(a, 0, 3)", "write `` substring(a, `0`, `3`) ``"),
        ("md5(a)", "the only digest is `sha256`; hashed fields are hashed automatically"),
        (
            "date(a)",
            "times are converted to the form of the field; pass the time as is, or give "
            "`timestamp` its format; `format_time` writes one as text",
        ),
        ("a.b()", "`docs/transforms.md` lists the functions and transforms"),
        ("a.contains('x')", "write `contains(a, 'x')`"),
        ("5 in a", "write `` contains(a, `5`) ``"),
        ("'x' in a", "write `contains(a, 'x')`"),
        ("a not in b", "write `!contains(b, a)`"),
        ("a is not true", "write `` a != `true` ``"),
        ("a is 'x'", "write `a == 'x'`"),
        ("a is b", "write `a == 'b'`; for the attribute, `a == b`"),
        ("a.startsWith('x') and b", "write `starts_with(a, 'x') && b`"),
        ("a.length()", "write `count(a)`"),
        ("{{ a | default: 'x' }}", "write `not_null(a, 'x')`"),
        ("{{ a | default: b | upcase }}", "write `uppercase(not_null(a, b))`"),
        ("{{ a | append: 'x' }}", "write expressions without braces"),
        ("{{ a | unknown_filter }}", "write expressions without braces"),
        ("{{ a.b[0].c }}", "write `a.b[0].c`"),
        ("{{ a }}{{ b }}", "write expressions without braces"),
        ("{{ a }}-{{ b }}", "write `concat(a, '-', b)`"),
        ("a || 'x' + b", "write `a || concat('x', b)`"),
        ("a + 1 + 2", "write `` add(add(a, `1`), `2`) ``"),
        (
            "-a",
            'to subtract, write `subtract(a, b)`; a name with a hyphen needs double quotes: `"utm-source"`',
        ),
        ("a / b / c", "write `divide(divide(a, b), c)`"),
        (
            "(a + b) / 2",
            "write `` divide((concat(a, b)), `2`) `` to join strings, `` divide((add(a, b)), `2`) `` to add",
        ),
        ("a - -1", "write `` subtract(a, `-1`) ``"),
    ],
)
def test_a_hint_holds_the_rewrite_with_the_author_s_own_names(written: str, hint: str | None) -> None:
    expression, found = read(written)

    assert expression is None
    assert len(found) == 1
    if hint is not None:
        assert found[0].hint == hint


def test_what_a_hint_says_to_write_is_an_expression() -> None:
    for written in ("a = b", "x.*.a.b", "a[0][1:]", "price * 100", "{{ a | downcase }}", "a in [b, 'c']"):
        _, [found] = read(written)
        advice = (
            (found.hint or "").partition("; for the attribute")[0].removeprefix("write ").strip("`").strip()
        )
        assert read(advice)[0] is not None, advice


pieces = st.sampled_from(
    [
        *(
            "a",
            "b.c",
            "$x",
            "'t'",
            "1",
            "2.5",
            "true",
            "null",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ".",
            ",",
            ":",
            "?",
        ),
        *(
            "=",
            "===",
            "<>",
            "!=",
            "and",
            "or",
            "not",
            "in",
            "is",
            "??",
            "?.",
            "+",
            "-",
            "*",
            "/",
            "$.",
            "$",
            "`",
        ),
        *(
            "lower(",
            "len(",
            "coalesce(",
            "if(",
            "['k']",
            '["k"]',
            ".0",
            "first name",
            "é",
            "{{",
            "}}",
            "|",
            "'",
        ),
        *("concat_ws(", ".trim()", "&&", "||", "&", "@", "!", "[?", "*.", '"q"', "\\", "  ", "like", "'%x%'"),
    ]
)
foreign = st.lists(pieces, min_size=1, max_size=12).map(" ".join) | st.lists(pieces, max_size=9).map("".join)


@settings(max_examples=examples(800))
@given(foreign, st.sampled_from(["single", "double"]))
def test_what_a_fix_of_an_expression_writes_is_one(text: str, style: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    if style == "double":
        quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    for found in _read_yaml(quoted)[1]:
        for fix in found.fixes:
            written = quoted
            for edit in sorted(fix.edits, key=lambda one: one.span.start, reverse=True):
                written = written[: edit.span.start] + edit.replacement + written[edit.span.end :]
            if found.severity == "error":
                assert not has_errors(_read_yaml(written)[1]), (quoted, written)


def _read_yaml(written: str) -> tuple[object, list[Diagnostic]]:
    reading = FileReading(Findings())
    node = read_yaml(Text("m.yaml", written), reading.found)
    assert node is not None
    expression = read_expression(node, reading)
    return expression, advise([*reading.found])


@settings(max_examples=examples(400))
@given(foreign)
def test_a_text_is_read_loosely_without_an_exception_and_the_same_each_time(text: str) -> None:
    first, again = (parse_expression(text, Text("m.yaml", text).span) for _ in range(2))

    assert advise(first.found) == advise(again.found)
