"""Imported mappings: payloads are those of the tool's own package, or the mapping says what differs."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

import mapper
from mapper import authoring
from mapper.values.safe_text import SafeError
from tests.support.depth import seeds
from tests.support.imports import TARGET, differences, imported, kept_cases, random_case

_CASES = kept_cases()


@pytest.mark.parametrize("name", _CASES)
def test_a_payload_is_that_of_the_tools_package_or_the_mapping_says_what_differs(name: str) -> None:
    case = _CASES[name]
    made = imported(case.export)
    assert list(differences(made, case)) == []
    assert sum("refused" not in one["sent"] for theirs in case.theirs for one in theirs) >= 5


def test_a_difference_that_the_mapping_does_not_speak_of_is_found() -> None:
    case = _CASES["presets"]
    made = imported(case.export)
    silent = made.mapping.replace("# import: differs for small letters", "#")
    found = list(differences(authoring.ImportedMapping(silent, *_counts(made)), case))
    assert {(one.path, one.theirs, one.ours) for one in found} == {("custom_data.currency", "usd", "USD")}


def _counts(made: authoring.ImportedMapping) -> tuple[Any, ...]:
    return (made.sections, made.disabled, made.rules, made.nearly, made.todos)


def test_the_default_presets_are_one_mapping_of_shared_rules_with_one_thing_to_decide() -> None:
    made = imported(_CASES["presets"].export)
    lines = made.mapping.splitlines()
    assert (made.sections, made.rules, made.exact, len(made.nearly), len(made.todos)) == (8, 21, 16, 4, 1)
    assert all("# import: differs " in lines[line - 1] for line in made.nearly)
    assert [lines[line - 1].split(":")[0] for line in made.todos] == ["  opt_out"]
    assert "opt_out: true" not in [line for line in lines if not line.lstrip().startswith("#")]
    assert "    em: {from: [properties.email, traits.email]}" in made.mapping
    assert len(made.mapping.split("\nevents:\n")[1].splitlines()) <= 8 * 4 + 2


@pytest.mark.parametrize("seed", seeds(4))
def test_an_imported_mapping_has_no_error_but_what_is_to_be_decided(seed: int) -> None:
    for one in range(10 * seed, 10 * seed + 10):
        made = imported(random_case(one, 0).export)
        found = [found for found in mapper.check_text(made.mapping) if found.severity == "error"]
        assert {found.code for found in found} <= {"M153"}, one
        places = {found.span.text.position(found.span.start)[0] for found in found}
        assert {*made.todos} <= places
        assert not places or made.todos


def _export(mapping: Any, subscribe: str = 'type = "track"', **more: Any) -> dict[str, Any]:
    base = {
        "event_name": "checkout",
        "action_source": "web",
        "event_time": {"@path": "$.timestamp"},
        "event_id": {"@path": "$.messageId"},
        "user_data": {"email": {"@path": "$.traits.email"}},
    }
    one = {"name": "One", "subscribe": subscribe, "enabled": True, "mapping": {**base, **mapping}, **more}
    return {"subscriptions": [one]}


_APP = "  app_id: "
_WRITTEN = [
    ({"@path": "$.context['app'].id"}, "context.app.id"),
    ({"@path": "properties.some name"}, '"properties.\\"some name\\""'),
    ({"@path": "$.properties.products[0].id"}, '"properties.products[0].id"'),
    ({"@literal": "shop"}, "{const: shop}"),
    ("shop", "{const: shop}"),
    ({"@excludeWhenNull": {"@path": "$.a"}}, "a"),
    ({"@case": {"operator": "lower", "value": {"@path": "$.a"}}}, "{from: a, apply: lowercase}"),
    (
        {"@replace": {"pattern": "-", "pattern2": "_", "replacement2": "x", "value": {"@path": "$.a"}}},
        '{from: a, apply: [{replace: {old: "-", new: ""}}, {replace: {old: _, new: x}}]}',
    ),
    (
        {
            "@replace": {
                "pattern": "a",
                "replacement": "b",
                "value": {"@path": "$.a"},
                "ignorecase": True,
                "global": False,
            }
        },
        "{from: a, apply: {replace: {old: a, new: b, first: true, any_case: true}}}",
    ),
    ({"@template": "{{a}} [{{ b.c }}]"}, '{template: "[{a}] {[}[{b.c}]{]}"}'),
    (
        {"@if": {"exists": {"@path": "$.a"}, "then": {"@path": "$.a"}, "else": {"@path": "$.b"}}},
        "{from: [a, b]}  # import: differs for blank or invalid text: "
        "Segment sends it, this mapping tries the next",
    ),
    (
        {"@if": {"exists": {"@path": "$.a"}, "then": "yes", "else": 0}},
        '{case: [{when: "a != `null`", then: {const: yes}}]}'.replace("yes", '"yes"'),
    ),
    (
        {"@if": {"blank": {"@path": "$.a"}, "then": {"@path": "$.a"}, "else": {"@path": "$.b"}}},
        '{case: [{when: "a && a != `0`", then: a}, {else: b}]}',
    ),
    ({"@json": {"mode": "decode", "value": {"@path": "$.a"}}}, '{from: ["parse_json(a)", a]}'),
    (
        {"@transform": {"apply": {"x": {"y": {"@path": "$.a.b"}}}, "mapping": {"@path": "$.x.y.c"}}},
        "a.b.c",
    ),
    ({"@liquid": "{{ a.b | upcase | default: 'none' }}"}, "\"(uppercase(a.b) || 'none')\""),
    ({"@liquid": "{{ a | split: '-' | first }}"}, "\"split(a, '-')[0]\""),
]


@pytest.mark.parametrize(("theirs", "ours"), _WRITTEN, ids=[str(theirs)[:40] for theirs, _ in _WRITTEN])
def test_a_directive_is_written_as_a_person_would(theirs: Any, ours: str) -> None:
    made = imported(_export({"app_id": theirs}))
    assert f"{_APP}{ours}\n" in made.mapping


_TO_DECIDE = [
    {"@nosuch": "$.a"},
    {"@path": {"@template": "{{a}}"}},
    {"@path": "$.a", "@template": "x"},
    {"@path": "$.a", "more": 1},
    {"@case": {"operator": "title", "value": {"@path": "$.a"}}},
    {"@replace": {"pattern": "a", "replacement": "$&", "value": {"@path": "$.a"}}},
    {"@replace": {"pattern": "12345678901", "replacement": "", "value": {"@path": "$.a"}}},
    {"@if": {"exists": {"@template": "{{a}}"}, "then": "x"}},
    {"@if": []},
    {"@flatten": {"separator": "_", "value": {"@path": "$.a"}}},
    {"@liquid": "{% if a %}x{% endif %}"},
    {"@liquid": "{{ a | sha256 }}"},
    {"@liquid": "{{ a"},
    {"@template": "{{a}} {{b"},
    {"@template": "{{" * 20_000},
    {"@template": "{{a}}-" * 20_000},
    {"@path": "a." * 20_000 + "b"},
    {"@merge": {"direction": "left", "objects": [{"@path": "$.a"}]}},
    {"@json": {"mode": "zip", "value": {"@path": "$.a"}}},
    {"@arrayPath": "$.a"},
    {"@transform": {"apply": {"@path": "$.a"}, "mapping": {"@path": "$.b"}}},
    {"a": {"@path": "$.a"}},
    {"@path": "$.traits.email"},  # a person's, where it is sent in plaintext
]


@pytest.mark.parametrize("theirs", _TO_DECIDE, ids=[str(theirs)[:40] for theirs in _TO_DECIDE])
def test_what_cannot_be_said_is_to_be_decided_with_theirs_and_the_reason(theirs: Any) -> None:
    made = imported(_export({"app_id": theirs, "wifi": {"@path": "$.w"}}))
    found = [found for found in mapper.check_text(made.mapping) if found.severity == "error"]
    assert [found.code for found in found] == ["M153"]
    assert len(made.todos) == 1
    assert found[0].message.startswith(f"still to be decided: {json.dumps(theirs, ensure_ascii=False)[:40]}")
    assert "  wifi: w\n" in made.mapping
    with pytest.raises(mapper.CompileError):
        mapper.compile_text(made.mapping)


_CONDITIONS = [
    ('type = "track" and event = "A"', {"is: A", "when: \"type == 'track'\""}),
    ('event = "A" or event = "B"', {"is: [A, B]"}),
    ('type = "track" AND (event = "A" or event = "B")', {"is: [A, B]", "when: \"type == 'track'\""}),
    ('type = "page"', {"is: page"}),
    ("properties.total >= 10.5", {'when: "properties.total >= `10.5`"'}),
    ('properties.some\\ name != "x"', {'when: "properties.\\"some name\\" != \'x\'"'}),
    ("userId != null", {'when: "userId != `null`"'}),
    ("properties.new = true", {'when: "properties.new == `true`"'}),
    ('match(event, "Product *")', {'is: {pattern: "Product *"}'}),
    (
        'event = "A" or match(event, "*B") or contains(event, "C")',
        {'is: [A, {pattern: "*B"}, {pattern: "*C*"}]'},
    ),
    ('contains(event, "x{")', {"when: \"type(event) == 'string' && contains(event, 'x{')\""}),
    ('!match(name, "*x")', {"when: \"type(name) == 'string' && !ends_with(name, 'x')\""}),
]
_UNSAID = [
    "",
    "event",
    "event =",
    'event = "A',
    "event = 'A'",
    'event = "A" and event = "B" or event = "C"',
    'event = "A" OR event = "B"',
    '((event = "A"))',
    'length(event, "3")',
    'match(event, "a*b")',
    'match(event, "*a*")',
    'properties.total > "many"',
    'messageId = "x"',
    'event = "A") and event = "B"',
    "\x00",
]


@pytest.mark.parametrize(("subscribe", "lines"), _CONDITIONS)
def test_a_subscription_says_which_events_a_section_takes(subscribe: str, lines: set[str]) -> None:
    made = imported(_export({}, subscribe))
    written = {line.removeprefix("  - ").strip() for line in made.mapping.splitlines()}
    assert lines <= written
    assert made.todos == ()


@pytest.mark.parametrize("subscribe", _UNSAID)
def test_a_condition_that_cannot_be_said_is_to_be_decided(subscribe: str) -> None:
    made = imported(_export({"app_id": {"@path": "$.traits.email"}}, subscribe))
    codes = [found.code for found in mapper.check_text(made.mapping) if found.severity == "error"]
    # What is beside it has been checked too.
    assert codes == ["M153", "M153"]
    assert len(made.todos) == 2


def test_subscriptions_that_can_take_the_same_event_go_on_and_one_that_is_off_is_a_comment() -> None:
    subscriptions = [
        _export({}, 'type = "track" and event = "A"')["subscriptions"][0],
        _export({"app_id": "x"}, 'contains(event, "A")', name="Two\nlines")["subscriptions"][0],
        _export({}, 'event = "A"', enabled=False)["subscriptions"][0],
        _export({}, 'event = "BA"')["subscriptions"][0],
    ]
    made = imported({"subscriptions": subscriptions})
    assert (made.sections, made.disabled) == (3, 1)
    assert [line for line in made.mapping.splitlines() if "is: A" in line] == ["  - is: A", "  # - is: A"]
    assert made.mapping.count("    continue: true\n") == 2
    assert "  # Two?lines\n" in made.mapping
    event = {
        "type": "track",
        "event": "A",
        "messageId": "m",
        "timestamp": 1777629600,
        "traits": {"email": "a@b.de"},
    }
    payloads = [one.payload for one in mapper.compile_text(made.mapping).apply(event)]
    assert [payload and payload.get("app_id") for payload in payloads] == [None, "x"]


def test_one_mapping_is_for_all_events_and_the_tools_own_words_are_known() -> None:
    mapping = _export({})["subscriptions"][0]["mapping"]
    alone = imported(mapping)
    assert "\notherwise:\n  send: checkout\n" in alone.mapping
    one = {"name": "One", "trigger": 'type = "page"', "settings": mapping, "enabled": True}
    assert "  - is: page\n" in imported({"data": {"subscriptions": [one]}}).mapping


def test_choices_are_asked_once_with_both_lines() -> None:
    user = {
        "email": {"@path": "$.email"},
        "external_id": {"@path": "$.userId"},
        "first_name": {"@path": "$.first"},
    }
    made = imported(_export({"opt_out": True, "user_data": user}))
    as_sent = "  external_id: {from: userId, apply: [{remove: space}, lowercase]}\n"
    assert f"{as_sent}  # external_id: userId  # the id as it is" in made.mapping
    assert "    external_id: $external_id\n" in made.mapping
    assert "  opt_out: {todo: " in made.mapping
    assert "  opt_out: $opt_out\n" in made.mapping
    assert imported(_export({"opt_out": False})).todos == ()


_REFUSED: dict[str, bytes] = {
    "not JSON": b"type: track",
    "nothing": b"",
    "not UTF-8": b'{"subscriptions": ["\xff"]}',
    "a list of nothing": b"[]",
    "another object": b'{"a": 1}',
    "a number": b"7",
    "a list of numbers": b"[1]",
    "no mapping": b'{"subscriptions": [{"subscribe": "x"}]}',
    "a mapping that is a list": b'{"subscriptions": [{"mapping": []}]}',
    "a condition that is a number": b'{"subscriptions": [{"mapping": {}, "subscribe": 7}]}',
    "no number": b'{"subscriptions": [{"mapping": {"app_id": NaN}}]}',
    "too large a number": b'{"subscriptions": [{"mapping": {"app_id": 1e999}}]}',
    "too long a number": b'{"subscriptions": [{"mapping": {"app_id": ' + b"9" * 5000 + b"}}]}",
    "half a character": b'{"subscriptions": [{"mapping": {"app_id": "\\ud83d"}}]}',
    "deep": b"[" * 100_000,
    "deeper than is read": b'{"mapping":' + b'{"@literal":' * 50 + b"1" + b"}" * 51,
    "many": json.dumps({"subscriptions": [{"mapping": {}}] * 201}).encode(),
    "large": b'{"mapping": "' + b"x" * 4 * 2**20 + b'"}',
}


@pytest.mark.parametrize("what", _REFUSED)
def test_a_file_that_is_no_export_is_one_error_that_says_so(what: str) -> None:
    with pytest.raises(SafeError) as refused:
        authoring.import_segment(_REFUSED[what], target=TARGET)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 100


def test_names_that_stand_for_each_other_many_times_over_end_with_an_error() -> None:
    theirs: Any = {"@path": "$.a"}
    for _ in range(9):
        inner = {"@template": "{{x}}{{x}}{{x}}{{x}}"}
        theirs = {"@transform": {"apply": {"x": theirs}, "mapping": inner}}
    with pytest.raises(SafeError):
        imported(_export({"app_id": theirs}))
    for long in ("y" * 300_000, {"@template": "{{a}}" + "y" * 300_000}):
        many = {"@transform": {"apply": {"x": long}, "mapping": {"@template": "{{x}}" * 1000}}}
        with pytest.raises(SafeError, match="more than 20000 values"):
            imported(_export({"app_id": many}))
    deep = {"@transform": {"apply": {"a": {"@path": "$.b"}}, "mapping": {"@path": "a" + ".b" * 400_000}}}
    assert "...: a path of more than 40 names" in imported(_export({"app_id": deep})).mapping


def test_everything_to_be_decided_is_counted_and_a_mapping_too_large_to_check_is_refused() -> None:
    def export(fields: int, subscriptions: int) -> dict[str, Any]:
        names = ("order_id", "value", "num_items", "search_string")[:fields]
        custom = {one: {"@nosuch": "$.a"} for one in names}
        name = {"@nosuch": "$.b"}
        made = [
            _export({"event_name": name, "custom_data": custom | {"order_id": {"@nosuch": str(number)}}})
            for number in range(subscriptions)
        ]
        return {"subscriptions": [one["subscriptions"][0] for one in made]}

    made = imported(export(1, 60))
    assert len(made.todos) == 2 * 60
    lines = made.mapping.splitlines()
    assert all("{todo: " in lines[line - 1] for line in made.todos)
    for fields, subscriptions in ((1, 120), (4, 200)):
        with pytest.raises(SafeError, match="too large to check; split the subscriptions"):
            imported(export(fields, subscriptions))
    with pytest.raises(SafeError, match="too large to check; split the subscriptions"):
        imported(_export({"custom_data": {"content_ids": [{"@path": f"$.{'x' * 900}"}] * 300}}))


_HOSTILE: tuple[Any, ...] = (
    *("", " ", "x", "\x00", "a\nb", "\u2028", "# c", "{todo: x}", "a: b", "'", '"', "`", "\\", "$", "@", "~"),
    *(
        "{{a}}",
        "{{",
        "}}",
        "{{{a}}}",
        "{{a | b}}",
        "$.a.b",
        "$.a[",
        "$.['",
        "$.@",
        "$.`",
        "[0]",
        "yes",
        "null",
    ),
    *(None, True, False, 0, -1, 1.5, 1e300, 2**70, [], {}, ["x"], {"x": 1}, "\U0001f600" * 50, "x" * 2000),
)
_DIRECTIVES = (
    *(
        "@path",
        "@template",
        "@if",
        "@case",
        "@replace",
        "@arrayPath",
        "@literal",
        "@merge",
        "@json",
        "@flatten",
    ),
    *("@transform", "@excludeWhenNull", "@liquid", "@nosuch", "@", "_metadata"),
)
_KEYS = ("exists", "blank", "then", "else", "value", "operator", "pattern", "pattern2", "replacement", "mode")
_MORE_KEYS = ("objects", "direction", "separator", "apply", "mapping", "email", "id", "", "a.b", "x\ny")


def _hostile(chance: Random, depth: int) -> Any:
    kind = chance.random()
    if depth > 4 or kind < 0.3:
        return chance.choice(_HOSTILE)
    if kind < 0.65:
        return {chance.choice(_DIRECTIVES): _hostile(chance, depth + 1)}
    if kind < 0.75:
        return [_hostile(chance, depth + 1) for _ in range(chance.randrange(3))]
    keys = chance.choices(_KEYS + _MORE_KEYS + _DIRECTIVES[:2], k=chance.randrange(4))
    return {key: chance.choice((_hostile(chance, depth + 1), "lower", "encode", "left")) for key in keys}


_FIELDS = (
    "app_id",
    "opt_out",
    "event_name",
    "event_id",
    "user_data",
    "custom_data",
    "action_source",
    "wifi",
    "x\ny",
)
_INNER = ("email", "phone", "external_id", "currency", "value", "contents", "content_ids", "num_items")


@pytest.mark.parametrize("seed", seeds(6))
def test_whatever_is_in_a_mapping_the_import_passes_the_checks_but_for_what_is_to_be_decided(
    seed: int,
) -> None:
    for one in range(20 * seed, 20 * seed + 20):
        chance = Random(one)
        mapping = {name: _hostile(chance, 0) for name in chance.sample(_FIELDS, 5)}
        for name in ("user_data", "custom_data"):
            if chance.random() < 0.6:
                mapping[name] = {inner: _hostile(chance, 0) for inner in chance.sample(_INNER, 4)}
        exported = _export(
            mapping, chance.choice(('type = "track"', *_UNSAID)), name=chance.choice(("#", "a\nb", 7))
        )
        made = imported(exported)
        codes = {found.code for found in mapper.check_text(made.mapping) if found.severity == "error"}
        assert codes <= {"M153"}, one
        assert bool(codes) == bool(made.todos), one


def test_fields_that_the_tool_does_not_know_are_named_once_and_the_rest_counted() -> None:
    made = imported(_export({f"own_{number}": 1 for number in range(30)} | {"batch_size": 10}))
    assert made.mapping.count(" is not a field of Segment's either") == 20
    assert "    # import: and so are 10 more\n" in made.mapping
    assert "batch_size" not in made.mapping
