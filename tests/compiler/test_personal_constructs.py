"""What a check lets through of patterns, tables, templates and the like shows nothing of a person.

Rules are made at random of attributes, some of which are personal. Where no diagnostic says that a rule sends
a personal value in plaintext, two events that differ in personal values alone give the same payload, less
`user_data`. Conditions and digests of persons are meant to be sent, and are not among the rules.
"""

from __future__ import annotations

import copy
import re
from random import Random
from typing import Any

import pytest

import mapper
from tests.constructs import text_of
from tests.drawn import drawn

_RANDOM = drawn(300)
_PATHS = (
    *("email", "traits.email", "context.traits.phone", "customer.first_name"),
    *("sku", "page.url", "traits.plan", "context.traits.plan", "items[0].sku", "items[1].email", "note"),
)
_OBJECTS = ("traits", "context.traits", "customer", "items[0]", "items[1]", "context", "@")
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
"""
_FILES = {
    "rows.csv": "k,id,email\nada@x.example,1,a@b.co\nbob@y.example,2,c@d.co\nA-1,3,e@f.co\nAda,4,\nBob,5,\n",
}
_NAMES = ("email", "plan", "phone", "sku", "first_name")
_BY_LETTER = {**dict.fromkeys("PQ", _PATHS), **dict.fromkeys("OR", _OBJECTS), "N": _NAMES}
_EXPRESSIONS = (
    *("extract(P, '{a:[^@]}@{b:text}').a", "extract(P, '*{email:letters}')", "extract(P, '{x:text}')"),
    *("across(O, R).N", "across(O, R, O).N", "lookup(P, $rows).id", "lookup(P, $ids)", "lookup(P, $mails)"),
    *("lookup(P, $rows).email", "get(O, 'N')", "get(O, Q)", "pick(O, 'e*')[0]", "items_of(O)[0].value"),
    *("flatten(O, '_').N", "url(P).query.email", "url(P).path", "percent_decode(P)", "keep(P, 'letters')"),
    *("remove(P, '[@.]')", "concat(P, Q)", "P || Q", "not_null(Q, P)", "null_if(P, Q)"),
    *("[O, R][*].N | [0]", "{x: O, y: [R]}.y[0].N", "map(&N, [O, R])[1]", "[O][?N] | [0].N", "{x: P}.x"),
    *("{x: O}", "[O, R]", "{x: {y: O}, z: P}"),
    *("own(P)", "both(P, Q)", "second(P, Q)", "named(O)", "second(own(P), both(P, Q))", "P"),
)
_OF_LET = (
    *('"$one"', '"$one.email"', '"$one.plan"', "{template: 'x {$one}'}"),
    *('"$one.x.email"', '"$one[0].email"', '"$one.x.y.email"', '"$one.z"', '"$one.x.plan"'),
)
_STEPS = (
    *("{extract: '{x:[^@]}*'}", "{rewrite: {pattern: '{a:[^@]}@{b:text}', to: '{b} {a}'}}", "{lookup: $ids}"),
    *("{lookup: {patterns: {'ada*': one, '*': two}}}", "{lookup: {table: $mails, default: none}}", "own"),
    *("{replace: {characters: digits, new: x}}", "{trim: {characters: '[a]'}}", "percent_decode"),
    *("{prefix: $two}", "{concat: ['/', $two]}", "{lookup: {table: $ids, default: $two}}", "{null_if: $two}"),
    *("{replace: {old: A, new: $two}}", "{both: $two}"),
    *("[{split: ','}, {join_with: $two}]", "{resolve_url: $two}", "{second: $two}", "{across: [$two]}"),
)
_TEMPLATES = ("{P}", "[{P} ]{Q}", "{$one}-{P}", "{Q}[ ({P})]", "{$one.N}")


def _filled(text: str, dice: Random) -> str:
    """A text with an attribute, an object or a name at each capital that is a word of its own."""
    return re.sub(r"\b[PQORN]\b", lambda found: dice.choice(_BY_LETTER[found[0]]), text)


def _case(dice: Random) -> dict[str, Any]:
    """A mapping that sends a value made of some attributes, by a let or at once."""
    let = _filled(dice.choice(_EXPRESSIONS[:-1]), dice)
    one = f'let:\n  one: "{let}"\n'
    if dice.random() < 0.3:
        one = f"let:\n  one: {{across: [{', '.join(dice.sample(_OBJECTS, 2))}]}}\n"
    elif dice.random() < 0.3:
        one = f"let:\n  one: {{from: {dice.choice(_PATHS)}, apply: {dice.choice(_STEPS)}}}\n"
    one += f'  two: "{_filled(dice.choice(_EXPRESSIONS), dice)}"\n'
    value = f'"{_filled(dice.choice(_EXPRESSIONS), dice)}"'
    if dice.random() < 0.3:
        value = f"{{template: '{_filled(dice.choice(_TEMPLATES), dice)}'}}"
    elif dice.random() < 0.3:
        value = dice.choice(_OF_LET)
    if dice.random() < 0.4:
        source = dice.choice(_PATHS) if value.startswith("{") else value
        value = f"{{from: {source}, apply: {dice.choice(_STEPS)}}}"
    return {"top": _TABLES + _FUNCTIONS + one, "fields": f"content_name: {value}\n", "files": _FILES}


def _event(person: dict[str, str]) -> dict[str, Any]:
    traits = {"email": person["email"], "plan": "gold", "phone": person["phone"]}
    return {
        **{"id": "1", "at": 1777629600, "email": person["email"], "sku": "A-1", "note": "x"},
        "traits": traits,
        "context": {"traits": {"phone": person["phone"], "plan": "silver"}},
        "customer": {"first_name": person["name"], "plan": "bronze"},
        "page": {"url": "https://s.example/p?email=shop", "path": "/p"},
        "items": [{"sku": "A-1"}, {"sku": "A-2", "email": person["email"]}],
    }


_ADA = {"email": "ada@x.example", "phone": "+14155550100", "name": "Ada"}
_BOB = {"email": "bob@y.example", "phone": "+14155550199", "name": "Bob"}


def _sent(program: mapper.Program, event: dict[str, Any]) -> Any:
    (outcome,) = program.apply(copy.deepcopy(event))
    return None if outcome.payload is None else {**outcome.payload, "user_data": None}


def test_what_is_let_through_is_the_same_for_all_persons() -> None:
    silent = refused = changing = 0
    for seed in range(_RANDOM):
        case = _case(Random(f"personal {seed}"))
        text = text_of(case)
        analysis = mapper.analyse(text, "shop.yaml", texts=case["files"])
        codes = {one.code for one in analysis.diagnostics}
        if codes & {"M401", "M402", "M403"}:
            refused += 1
            text = text.replace("content_name: {", "content_name: {personal: allowed, ")
        elif any(one.severity == "error" for one in analysis.diagnostics):
            continue
        analysis = mapper.analyse(text, "shop.yaml", texts=case["files"])
        if any(one.severity == "error" for one in analysis.diagnostics):
            continue
        one, other = (_sent(analysis.program, _event(person)) for person in (_ADA, _BOB))
        if codes & {"M401", "M402", "M403"}:
            changing += one != other
        else:
            silent += 1
            assert one == other, case["top"] + case["fields"]
    assert min(silent, refused, changing) > _RANDOM / 30, (silent, refused, changing)


def test_what_a_condition_asks_of_a_variable_is_not_sent() -> None:
    case = {"top": "let: {lines: items}\n", "fields": 'content_name: "$lines[?email].sku | [0]"\n'}
    codes = {one.code for one in mapper.analyse(text_of(case), "shop.yaml").diagnostics}
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
    found = mapper.analyse(text_of(case), "shop.yaml", texts=_FILES).diagnostics
    (told,) = [one for one in found if one.severity == "error"] or (None,)
    assert ("" if told is None else told.code) == ("M401" if is_sent else "")
    if told is not None:
        assert told.span.text.content[told.span.start : told.span.end] in ("$one", "$two")


def test_a_table_with_a_variable_as_default_is_a_use_of_the_variable() -> None:
    """Also where it is made after the one that uses it."""
    rule = "{from: page.path, apply: {lookup: {table: $ids, default: $other}}}"
    case = {"top": f"{_TABLES}let:\n  one: {rule}\n  other: note\n", "fields": "content_name: $one\n"}
    analysis = mapper.analyse(text_of(case), "shop.yaml", texts=_FILES)
    unused = [one.message for one in analysis.diagnostics if one.code == "M413"]
    assert unused == [one for one in unused if "table" in one]
    sent = _sent(analysis.program, _event(_ADA))
    assert sent["custom_data"]["content_name"] == "x"
