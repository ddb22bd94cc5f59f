"""What a check lets through of patterns, tables, templates and the like shows nothing of a person.

Rules are made at random of attributes, some of which are personal. Where no diagnostic says that a rule sends
a personal value in plaintext, two events that differ in personal values alone give the same payload, less
`user_data`. Conditions and digests of persons are meant to be sent, and are not among the rules.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest

import mapper
from mapper import authoring
from tests.generators.constructs import text_of
from tests.support.depth import seeds

_RANDOM = 300
_SPOKEN = {"M401", "M402", "M403", "M439"}
_PATHS = (
    *("email", "traits.email", "context.traits.phone", "customer.first_name", "$meta.client_ip"),
    *("traits.code", "context.traits.code", "items[0].code", "buyer.called"),
    *("sku", "page.url", "traits.plan", "context.traits.plan", "items[0].sku", "items[1].email", "note"),
)
_OBJECTS = ("traits", "context.traits", "customer", "items[0]", "items[1]", "context", "@", "buyer", "$meta")
_TABLES = """\
tables:
  rows: {file: rows.csv, key: k}
  ids: {file: rows.csv, key: k, value: id, any_case: true}
  mails: {file: rows.csv, key: k, value: email}
"""
# Parameters are followed call by call: `second` gives nothing of its first one.
_FUNCTIONS = """\
functions:
  own(value): {from: $value, apply: trim}
  both(one, other): {template: '{$one} {$other}'}
  second(one, other): $other
  named(object): $object.email
  coded(object): $object.code
  held(object): {w: $object, c: $object.code, p: $object.plan}
"""
# What the schema says of attributes whose names say nothing; without it they are nobody's.
_CODED = {"type": "object", "properties": {"code": {"type": "string", "x-personal": "name"}}}
_SCHEMA = {
    "type": "object",
    "properties": {
        "traits": _CODED,
        "context": {"type": "object", "properties": {"traits": _CODED}},
        "items": {"type": "array", "items": _CODED},
    },
}
_TARGET = "pinterest/conversions-v5"
_SCHEMAS = {
    _TARGET: (Path(__file__).parents[2] / "schemas" / f"{_TARGET}.json").read_text(encoding="utf-8"),
    "shop/event": json.dumps(_SCHEMA).replace('"object",', '"object", "additionalProperties": true,'),
}
_FILES = {
    "rows.csv": "k,id,email\nada@x.example,1,a@b.co\nbob@y.example,2,c@d.co\nA-1,3,e@f.co\nAda,4,\nBob,5,\n",
}
_NAMES = ("email", "plan", "phone", "sku", "first_name", "code", "called", "client_ip")
_BY_LETTER = {**dict.fromkeys("PQ", _PATHS), **dict.fromkeys("OR", _OBJECTS), "N": _NAMES}
_EXPRESSIONS = (
    *("extract(P, '{a:[^@]}@{b:text}').a", "extract(P, '*{email:letters}')", "extract(P, '{x:text}')"),
    *("across(O, R).N", "across(O, R, O).N", "lookup(P, $rows).id", "lookup(P, $ids)", "lookup(P, $mails)"),
    *("lookup(P, $rows).email", "get(O, 'N')", "get(O, Q)", "pick(O, 'e*')[0]", "items_of(O)[0].value"),
    *("flatten(O, '_').N", "url(P).query.email", "url(P).path", "percent_decode(P)", "keep(P, 'letters')"),
    *("remove(P, '[@.]')", "concat(P, Q)", "P || Q", "not_null(Q, P)", "null_if(P, Q)"),
    *("[O, R][*].N | [0]", "{x: O, y: [R]}.y[0].N", "map(&N, [O, R])[1]", "[O][?N] | [0].N", "{x: P}.x"),
    *("{x: O}", "[O, R]", "{x: {y: O}, z: P}"),
    *("O | coded(@)", "O.coded(@)", "map(&coded(@), [O, R])[1]", "held(O)", "held(O).w.N", "held(O).c"),
    *(
        "held(O).p",
        "O.* | [0]",
        "to_string(O)",
        "values(flatten(traits, '_'))[0]",
        "from_items([['k', P]]).k",
    ),
    *("items_of({x: O})[0].value.N", "items_of(O)", "parse_json(to_string({x: O})).x.N", "$event.N"),
    *("from_items(items_of(O)).N", "{x: P, y: Q} | y", "{x: O} | x.N", "P | {x: @, y: 'k'}.x", "O | N"),
    *("P | concat(@, '/', Q)", "P | extract(@, '{x:text}')", "max_by([O, R], &plan).N", "keys({x: P})[0]"),
    *("own(P)", "both(P, Q)", "second(P, Q)", "named(O)", "second(own(P), both(P, Q))", "P"),
)
_OF_LET = (
    *('"$one"', '"$one.email"', '"$one.plan"', "{template: 'x {$one}'}"),
    *('"$one.x.N"', '"$one[0].N"', '"$one.x.y.N"', '"$one.z"', '"$one.N"', '"$one[0].value"', '"$one.c"'),
    *('"$one[0].z"', '"$one[0].s"', '"$one.w.N"', '"$one.p"', '"$one[0].value.N"', '"$one.traits_code"'),
)
_RULES = (
    *("{template: '{P}'}", "{template: '[{P} ]{Q}'}", "{template: '{$one}-{P}'}", "{template: '{$one.N}'}"),
    *("{from: [{from: 'O', apply: {get: N}}, missing]}", "{from: 'O', apply: [{get: N}, trim]}"),
    *("{from: 'O', apply: coded}", "{from: 'O', apply: [{pick: 'c*'}, first]}"),
    "{case: [{when: missing, then: {from: 'P'}}, {else: {from: [missing, 'Q']}}]}",
)
_LISTS = (
    *("{each: items, item: {z: N, s: sku}}", "{each: '[O, R]', let: {q: N}, item: {z: $q, s: plan}}"),
    *("{zip: {z: 'items[].N', s: 'items[].sku'}}", "[{z: 'P', s: 'Q'}]", "{from: 'O', apply: items_of}"),
    *("{each: '[{z: P, s: Q}]', item: '@'}", "{from: 'O', apply: flatten}"),
    "{from: '{z: P}', apply: {across: [$two]}}",
)
_IDS = (
    "contents: {zip: {id: {from: ['[P, Q]', '[sku]']}, item_name: 'items[].N'}}",
    "contents: {zip: {id: 'items[].sku', item_name: {from: '[P, Q]', apply: trim}}}",
    "contents: {each: $one, item: {id: z, item_name: s}}",
    "content_ids: {each: $one, let: {q: z}, item: {from: [$q, s]}}",
)
_SPLIT = """\
split: >-
  [{id: id, at: at, email: email, buyer: buyer, sku: P, note: Q, traits: O, page: page, items: items,
  context: context, customer: customer}]
"""
_STEPS = (
    *("{extract: '{x:[^@]}*'}", "{rewrite: {pattern: '{a:[^@]}@{b:text}', to: '{b} {a}'}}", "{lookup: $ids}"),
    *("{lookup: {patterns: {'ada*': one, '*': two}}}", "{lookup: {table: $mails, default: none}}", "own"),
    *("{replace: {characters: digits, new: x}}", "{trim: {characters: '[a]'}}", "percent_decode"),
    *("{prefix: $two}", "{concat: ['/', $two]}", "{lookup: {table: $ids, default: $two}}", "{null_if: $two}"),
    *("{replace: {old: A, new: $two}}", "{both: $two}"),
    *("[{split: ','}, {join_with: $two}]", "{resolve_url: $two}", "{second: $two}", "{across: [$two]}"),
)


def _filled(text: str, dice: Random) -> str:
    """A text with an attribute, an object or a name at each capital that is a word of its own."""
    return re.sub(r"\b[PQORN]\b", lambda found: dice.choice(_BY_LETTER[found[0]]), text)


def _case(dice: Random) -> dict[str, Any]:
    """A mapping that sends a value made of some attributes, by a let or at once."""
    let = f'"{dice.choice(_EXPRESSIONS[:-1])}"'
    if dice.random() < 0.3:
        let = "{across: ['O', 'R']}"
    elif dice.random() < 0.3:
        let = f"{{from: 'P', apply: {dice.choice(_STEPS)}}}"
    elif dice.random() < 0.4:
        let = dice.choice(_LISTS)
    value = f'"{dice.choice(_EXPRESSIONS)}"'
    if dice.random() < 0.3:
        value = dice.choice(_RULES)
    elif dice.random() < 0.4:
        value = dice.choice(_OF_LET)
    if dice.random() < 0.3:
        source = "'P'" if value.startswith("{") else value
        value = f"{{from: {source}, apply: {dice.choice(_STEPS)}}}"
    fields = dice.choice(_IDS) if dice.random() < 0.1 else f"content_name: {value}"
    top = "source: shop/event\n" if dice.random() < 0.5 else ""
    top += _SPLIT if dice.random() < 0.1 else ""
    top += f'{_TABLES}{_FUNCTIONS}let:\n  one: {let}\n  two: "{dice.choice(_EXPRESSIONS)}"\n'
    return {"top": _filled(top, dice), "fields": _filled(f"{fields}\n", dice), "files": _FILES}


def _text(case: dict[str, Any]) -> str:
    return text_of(case).replace("{em: email}", "{em: email, fn: buyer.called}")


def _event(person: dict[str, str], code: str) -> dict[str, Any]:
    traits = {"email": person["mail"], "plan": "gold", "phone": person["phone"], "code": code}
    return {
        **{"id": "1", "at": 1777629600, "email": person["email"], "sku": "A-1", "note": "x"},
        "traits": traits,
        "context": {"traits": {"phone": person["phone"], "plan": "silver", "code": code}},
        "customer": {"first_name": person["name"], "plan": "bronze"},
        "buyer": {"called": person["name"], "plan": "tin"},
        "page": {"url": "https://s.example/p?email=shop", "path": "/p"},
        "items": [{"sku": "A-1", "code": code}, {"sku": "A-2", "email": person["mail"], "code": code}],
    }


# The guard refuses addresses of e-mail, so most of them are no such.
_ADA = {
    "email": "ada@x.example",
    "mail": "adamail",
    "phone": "+14155550100",
    "name": "Ada",
    "ip": "203.0.113.1",
}
_BOB = {
    "email": "bob@y.example",
    "mail": "bobmail",
    "phone": "+14155550199",
    "name": "Bob",
    "ip": "203.0.113.2",
}


def _sent(program: mapper.Program, person: dict[str, str], *, coded: bool = False) -> Any:
    """coded: the codes of an event are its person's."""
    event = _event(person, person["name"] if coded else "c-1")
    (outcome,) = program.apply(event, {"client_ip": person["ip"], "line": 1})
    return None if outcome.payload is None else {**outcome.payload, "user_data": None}


def test_what_is_let_through_is_the_same_for_all_persons() -> None:
    silent = refused = changing = 0
    for seed in seeds(_RANDOM):
        case = _case(Random(f"personal {seed}"))
        text, coded = _text(case), "source:" in case["top"]
        analysis = authoring.analyse(text, "shop.yaml", texts=case["files"], schemas=_SCHEMAS)
        codes = {one.code for one in analysis.diagnostics}
        if codes & _SPOKEN:
            refused += 1
            text = re.sub(r"(content_name|content_ids|contents): {", r"\1: {personal: allowed, ", text)
            analysis = authoring.analyse(text, "shop.yaml", texts=case["files"], schemas=_SCHEMAS)
        if any(one.severity == "error" for one in analysis.diagnostics):
            continue
        one, other = (_sent(analysis.program, person, coded=coded) for person in (_ADA, _BOB))
        if codes & _SPOKEN:
            changing += one != other
        else:
            silent += 1
            assert one == other, case["top"] + case["fields"]
    assert min(silent, refused, changing) > _RANDOM / 30, (silent, refused, changing)


def test_what_a_condition_asks_of_a_variable_is_not_sent() -> None:
    case = {"top": "let: {lines: items}\n", "fields": 'content_name: "$lines[?email].sku | [0]"\n'}
    codes = {one.code for one in authoring.analyse(text_of(case), "shop.yaml").diagnostics}
    assert codes.isdisjoint({"M401", "M402", "M403"})


@pytest.mark.parametrize(
    ("steps", "is_sent"),
    [
        ("[sha256, {concat: $one}]", True),
        ("[{concat: $one}, sha256]", False),
        ("{lookup: {table: $ids, default: $one}}", True),
        ("{null_if: $one}", False),
        ("{bucket: $one}", False),
    ],
)
@pytest.mark.parametrize("in_let", [False, True])
def test_what_a_step_puts_into_a_value_is_sent_unless_a_digest_is_made_of_it(
    steps: str, is_sent: bool, in_let: bool
) -> None:
    rule = f"{{from: sku, apply: {steps}}}"
    lets = "let:\n  one: traits.email\n" + (f"  two: {rule}\n" if in_let else "")
    case = {"top": _TABLES + lets, "fields": f"content_name: {'$two' if in_let else rule}\n"}
    found = authoring.analyse(text_of(case), "shop.yaml", texts=_FILES).diagnostics
    (told,) = [one for one in found if one.severity == "error"] or (None,)
    assert ("" if told is None else told.code) == ("M401" if is_sent else "")
    if told is not None:
        assert told.span.text.content[told.span.start : told.span.end] in ("$one", "$two")


def test_a_table_with_a_variable_as_default_is_a_use_of_the_variable() -> None:
    """Also where it is made after the one that uses it."""
    rule = "{from: page.path, apply: {lookup: {table: $ids, default: $other}}}"
    case = {"top": f"{_TABLES}let:\n  one: {rule}\n  other: note\n", "fields": "content_name: $one\n"}
    analysis = authoring.analyse(text_of(case), "shop.yaml", texts=_FILES)
    unused = [one.message for one in analysis.diagnostics if one.code == "M413"]
    assert unused == [one for one in unused if "table" in one]
    sent = _sent(analysis.program, _ADA)
    assert sent["custom_data"]["content_name"] == "x"


@pytest.mark.parametrize(
    ("value", "is_told"),
    [
        ('"traits | coded(@)"', True),
        ('"map(&coded(@), [traits])[0]"', True),
        ('"held(traits).w.code"', True),
        ('"held(traits).p"', False),
        ('"values({x: context})[0].traits.code"', True),
        ('"items_of({x: context})[0].value.traits.code"', True),
        ('"flatten(context).traits_code"', True),
        ('"flatten(context).traits_plan"', False),
        ('"values($meta)[0]"', True),
        ('"buyer.* | [0]"', True),
        ("\"pick(buyer, 'c*')[0]\"", True),
        ('"to_string(buyer)"', True),
        ("{from: buyer, apply: {get: called}}", True),
        ("{from: buyer, apply: {get: plan}}", False),
        ('"{x: traits.code, y: sku}.y"', False),
        ('"keys({x: traits.code})[0]"', False),
        ('"sort_by(items, &code)[0].sku"', False),
        ('"to_string(email | length(@))"', False),
        ('"traits.email | lowercase(@) | sha256(@)"', False),
        ('"to_string(map(&length(@), [email]))"', False),
        ("\"[email][?@ == 'x'] | to_string(length(@))\"", False),
    ],
)
def test_a_part_of_an_expression_is_personal_by_what_it_is_made_of(value: str, is_told: bool) -> None:
    case = {"top": f"source: shop/event\n{_FUNCTIONS}", "fields": f"content_name: {value}\n"}
    found = authoring.analyse(_text(case), "shop.yaml", schemas=_SCHEMAS).diagnostics
    assert [one.code for one in found if one.severity == "error"] == ["M401"] * is_told


@pytest.mark.parametrize("value", ["'{content_name: traits.code, order_id: sku}'", "$made"])
def test_an_object_that_is_made_at_once_is_told_by_the_fields_it_goes_into(value: str) -> None:
    lets = (
        "let: {made: {content_name: traits.code, order_id: sku}, other: {em: traits.code, order_id: sku}}\n"
    )
    text = _text({"top": f"source: shop/event\n{lets}", "fields": "order_id: sku\n"})
    text = re.sub(r"  custom_data:\n.*\n", f"  custom_data: {value}\n", text)
    found = authoring.analyse(text, "shop.yaml", schemas=_SCHEMAS).diagnostics
    assert [one.code for one in found if one.severity == "error"] == ["M401"]
    text = text.replace(value, "{order_id: sku}").replace("{em: email, fn: buyer.called}", "$other")
    hashed = authoring.analyse(text, "shop.yaml", schemas=_SCHEMAS).diagnostics
    assert "M401" not in {one.code for one in hashed}


def test_what_a_step_takes_of_an_object_is_hashed() -> None:
    case = {"top": "", "fields": "content_name: buyer.called\n"}
    text = _text(case).replace("fn: buyer.called", "fn: {from: buyer, apply: {get: called}}")
    found = authoring.analyse(text, "shop.yaml").diagnostics
    assert [one.code for one in found if one.severity == "error"] == ["M401"]


@pytest.mark.parametrize(("written", "code"), [("", "M401"), (", personal: allowed", "")])
def test_a_rule_that_is_a_list_of_a_zip_is_told_unless_it_allows_it(written: str, code: str) -> None:
    fields = f"contents: {{zip: {{id: {{from: ['[email]', '[sku]']{written}}}}}}}\n"
    found = authoring.analyse(_text({"top": "", "fields": fields}), "shop.yaml").diagnostics
    assert [one.code for one in found if one.severity != "advice"] == [code] * bool(code)
