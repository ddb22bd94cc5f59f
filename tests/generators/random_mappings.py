"""Random mappings, and events for them: every kind of rule in every place. The same for the same dice."""

from __future__ import annotations

import json
import random
from typing import Any

from tests.generators.altered import anything

_NAMES = ("a", "b", "c", "d.x", "d.y", "e")
_PERSONAL = ("u", "v", "w.x")
_LETS = ("$one", "$two", "$three")
# The files of the tables that they look into, by path.
TABLES = {
    "ids.csv": "k,v\nx,19\nB,2\nYES,1.5\n1.5,\n",
    "rows.csv": "k;x;p\nx;2;b\nb;;1\n19;19;\n",
    "plans.json": '{"x": 2, "b": 19, "2": 1.5, "true": null}',
}
_LOOKED_INTO = {
    "ids": {"file": "ids.csv", "key": "k", "value": "v", "any_case": True},
    "rows": {"file": "rows.csv", "key": "k", "delimiter": ";"},
    "plans": {"file": "plans.json"},
}
# What comes of these may be of any kind, so that they fit anywhere.
_ANY = (
    *("a || b", "a && c", "not_null(d.y, a)", "items[0].x", "items[-1].y.z", "$event.a", "@.e", "d", "items"),
    *("max_by(items, &p).x", "items[?p > `1`].x | [0]", "$meta.received_at", "$meta.line"),
    *("fingerprint(@)", "not_null(e, fingerprint(@))", "merge($event, d).b", "{x: @}.x.b"),
    *(
        "get(d, a)",
        "get(items[0], 'y').z",
        "get(w, b).x",
        "items_of(w)[1].value",
        "pick(w, 'x*')[0]",
        "pick(@, 'item*')[][].x | [0]",
        "flatten(w, '.').\"x.x\"",
    ),
    *("lookup(a, $ids) || b", "not_null(lookup(b, $rows).x, e)", "a || lookup(e, $plans, a)"),
    *("across(items[0], d).x", "across(items[0], d, e).p", "across(@, d).b"),
)
_OF_A_KIND = (
    *("items[*].x", "items[].y", "to_string(a)", "length(items)", "sum(items[].p)", "concat(a, '-', b)"),
    *("join(',', items[*].x)", "lowercase(a)", "decimal(b)", "text(a)", "count(items)", "[a, b]"),
    *("sort(items[*].p)", "{x: a, y: b}", "phone(c)", "add(a, b)", "present(a)", "`1.5`"),
    "number(b)",
    *(
        "extract(a, '{n:digits}')",
        "extract(items[0].x, '{one:[x1]}{two:[b9]}').two",
        "extract(b, '*{l:letters}')",
    ),
    *("keep(a, '[a-x]')", "remove(b, 'letters')", "url(a).path", "url(b).query.x", "url(c).segments[0]"),
    *("percent_decode(a)", "base64_decode(b)"),
    *("bucket(a, `10`)", "format_time(at, '%Y', 'UTC')", "get(d, 'x')", "items_of(d)[0].key"),
)
# Functions of the mapping, most of which call others; `kept` chooses a default, `rows` goes through a list.
_FUNCTIONS: dict[str, Any] = {
    "tidy(value)": {"from": "$value", "apply": ["trim", "lowercase"]},
    "both(value, other)": {"from": ["concat($value, '-', $other)", "$other"], "apply": "tidy"},
    "kept(value, instead)": {"from": ["$value", "$instead"], "default": "x"},
    "rows(list[])": {"each": "$list", "let": {"k": "x || $index"}, "where": "$k", "item": "both(p, $k)"},
    "inner(value)": {"case": [{"when": "$value.x", "then": "$value.x"}, {"else": "kept($value.y, $value)"}]},
    "pair(a, b)": {"x": {"from": "$a", "apply": "text"}, "b": "$b"},
}
_CALLS = (
    *("tidy(a)", "both(a, b)", "kept(a, c)", "inner(d)", "inner(items[0])", "rows(items)", "pair(a, b).x"),
    *("items[*].tidy(x)", "items[?tidy(x) == 'x'].p", "both(tidy(a), kept(e, b))", "kept(@, d).b"),
)
_OWN_STEPS: tuple[Any, ...] = (
    *("tidy", "inner", "rows", {"kept": "x"}, {"both": ["$one"]}, {"pair": {"b": 1}}),
    *({"both": "y"}, {"kept": "$two"}),
)
_OBJECTS = ("d", "w", "a", "items[0]", "items[-1].y", "{x: a, y: e}", "$event.d", "@", "$two")
_TEMPLATES = (
    *("{a}-{d.x}", "{$one}[ ({b}[, {c}])]", "[{a} ]{items[0].x}", "{[}{e}{]} {{", "[{a}][ {b}]", "{a}{a}"),
    *("{$event.b} {$two}", "{d}", "'{items[-1].p}'"),
)
_CONDITIONS = (
    *("lookup(a, $ids) == '2'", "present(lookup(b, $rows))"),
    *("present(a)", "a == b", "!(d.x)", "boolean(c)", "c != 'x'", "length(items) > `1`", "a && $one"),
    *("tidy(a) == 'x'", "inner(d)"),
    *("$two == 'x'", "contains(a, 'x')", "starts_with(b, 'x')", "e == `null`", "phone(c) == '1'"),
    *(
        "a > `1`",
        "b <= `2`",
        "d.x == `2`",
        "!(c < `3`)",
        "matches(a, 'x*')",
        "matches(c, ['*b', '{n:digits}'])",
    ),
)
_PATTERNS_OF_NAMES = (
    {"pattern": "*"},
    [{"pattern": "X", "any_case": True}, 2],
    {"pattern": ["1{:digits}", "b*"]},
)
_OF_ITEMS = ("x", "p", "y.z", "@", "$index", "$event.a", "x || y", "q", "$one", "lookup(x, $ids) || x")
# Lets of an element: `k` reads `v`, and `w` reads what is of the whole event.
_OF_ELEMENTS: tuple[Any, ...] = (
    *("x", "p", "y", "@", "$index", "x || y.z", "concat(x, '-', p)", "$one", "$event.items", "phone(x)"),
    *("lookup(x, $rows)", {"from": "p", "apply": {"lookup": "$ids"}}),
    *({"from": ["y.z", "x"], "apply": "uppercase"}, {"from": "decimal(x)", "default": 1}),
    *({"each": "y", "item": "z"}, {"from": "p", "when": "x"}, {"case": [{"when": "q", "then": "y"}]}),
)
_ELEMENT_LETS = ("$v", "$k", "$w", "$v || x", "$k.z", "concat($w, $v)", "[$v, $v]")
_STEPS: tuple[Any, ...] = (
    *("trim", "lowercase", "uppercase", "text", "integer", "boolean", "decimal", "first", "last", "unique"),
    *("number", {"number": {"point": ","}}, {"phone": {"plus": True}}, {"state": {"other": "text"}}),
    *({"phone": {"country_required": True}}, {"postcode": {"digits": 5}}),
    *("count", "total", "digits", "not", "sha256", "fingerprint", "phone", "parse_json", "timestamp"),
    *(
        {"round": 1},
        {"prefix": "x-"},
        {"prefix": "$one"},
        {"split": ","},
        {"null_if": ["x", "b"]},
        {"add": 1},
    ),
    *(
        {"substring": {"start": 0, "end": 2}},
        {"lookup": {"x": "b", "b": 2}},
        {"join_with": "+"},
        {"multiply": "$two"},
    ),
    *({"replace": {"old": "b", "new": "$three"}}, {"truncate": 1}, {"concat": ["-", "$one"]}),
    *(
        {"extract": "{first:[^9]}*"},
        {"extract": {"pattern": "{n:digits 1-2}", "required": True}},
        {"extract": {"pattern": "X{rest:text}", "any_case": True}},
        {"matches": ["x", "1{:digits}"]},
        {"lookup": {"patterns": {"x*": "b", "*{:digits}": 2}, "table": {"x": 1}, "default": "x"}},
        {"lookup": {"patterns": {"*b*": "x"}}},
        {"lookup": "$ids"},
        {"lookup": {"table": "$plans", "default": 2}},
        {"lookup": {"table": "$ids", "patterns": {"*x*": 1.5}}},
        {"rewrite": {"pattern": "{a:[xb1]}{b:[y9]}", "to": "{b}-{a}{b}"}},
    ),
    *({"keep": "[a-m0-9]"}, {"remove": "digits"}, {"trim": {"characters": "[0x]", "side": "end"}}),
    {"replace": {"characters": "[^x]", "new": "$one"}},
    {"replace": {"old": "B", "new": "-", "any_case": True, "first": True}},
)
_TEXTS, _NUMBERS = ("x", "b", "19"), (0, 2, 1.5)
_FIELDS: dict[str, tuple[Any, ...]] = {
    "order_id": _TEXTS,
    "search_string": _TEXTS,
    "content_name": _TEXTS,
    "value": _NUMBERS,
    "predicted_ltv": _NUMBERS,
    "currency": ("USD", "EUR"),
    "num_items": (1, 2),
    "content_ids": (["x"], ["x", "b"]),
}
_REST: tuple[Any, ...] = (
    *("skip", {"skip": "of no interest"}, {"send": "custom"}),
    {"send": "custom", "payload": {"custom_data": {"order_id": "$one"}}},
    {"let": {"s": "$one || a"}, "send": "custom", "payload": {"custom_data": {"order_id": "$s"}}},
)
_ITEM_FIELDS = ("id", "item_name", "item_price", "quantity", "item_brand_id")


def mapping(dice: random.Random) -> dict[str, Any]:
    """What a mapping says beside what the target asks of each payload, as in tests/cases/language.yaml."""
    lets = {"one": _let(dice), "two": _let(dice), "three": dice.choice((*_NAMES, "$one || b"))}
    made: dict[str, Any] = {"functions": _FUNCTIONS, "tables": _LOOKED_INTO, "let": lets}
    made["payload"] = _payload(dice)
    if dice.random() < 0.3:
        made["skip"] = [{"when": dice.choice(_CONDITIONS), "because": "test"}]
    if dice.random() < 0.4:
        made["consent"] = _consent(dice)
    if dice.random() < 0.2:
        made["split"] = dice.choice(("items", "items", "items[].merge($event, @)", "[@, d]"))
    if dice.random() < 0.5:
        made["match"] = dice.choice(("c", "e", "d.x"))
        several = (True, True, False) if dice.random() < 0.5 else (False,) * 4
        made["events"] = [_section(dice, continues) for continues in several]
        made["otherwise"] = dice.choice(_REST)
    # Parts that stand at two places must not be one object, which YAML would write as an anchor.
    apart: dict[str, Any] = json.loads(json.dumps(made))
    return apart


def _let(dice: random.Random) -> Any:
    """A value that reads no other let; an object only here, since fields of a payload take none."""
    while True:
        rule = _rule(dice, 2)
        if dice.random() < 0.15:
            rule = {"across": dice.sample(_OBJECTS, dice.randint(2, 3))}
        if not any(name in json.dumps(rule) for name in _LETS):
            return rule


def event(dice: random.Random) -> dict[str, Any]:
    """An event that has most of what such mappings read."""
    made: dict[str, Any] = {"at": 1777629600, "items": anything(dice)}
    for name in ("a", "b", "c", "e", "u", "v"):
        if dice.random() < 0.7:
            made[name] = dice.choice((*_TEXTS, *_NUMBERS, "yes", "no", "limited", "", anything(dice)))
    for name in ("d", "w"):
        made[name] = {"x": anything(dice, 1), "y": anything(dice, 1)}
    if dice.random() < 0.8:
        made["items"] = [_item(dice) for _ in range(dice.randrange(4))]
    return made


def _item(dice: random.Random) -> Any:
    item = {"x": dice.choice(_TEXTS), "p": dice.choice(_NUMBERS), "q": 1, "y": {"z": "z"}}
    for name in dice.sample(tuple(item), dice.randrange(3)):
        item[name] = anything(dice, 1)
    return anything(dice, 1) if dice.random() < 0.1 else item


def _payload(dice: random.Random) -> dict[str, Any]:
    custom = {name: _value(dice, 2, name) for name in dice.sample(tuple(_FIELDS), dice.randint(1, 3))}
    if dice.random() < 0.6:
        custom["contents"] = _contents(dice)
    made: dict[str, Any] = {"custom_data": _object(dice, custom)}
    if dice.random() < 0.5:
        fields = dice.sample(("em", "ph", "external_id", "db"), dice.randint(1, 3))
        made["user_data"] = {name: {"from": list(dice.sample(_PERSONAL, 2))} for name in fields}
    if dice.random() < 0.3:
        made["opt_out"] = {"from": dice.choice(_NAMES), "default": False}
    return made


def _object(dice: random.Random, fields: dict[str, Any]) -> dict[str, Any]:
    """An object of fields, at times one of several that a rule chooses from."""
    if dice.random() < 0.8:
        return fields
    other: Any = {"order_id": _value(dice, 1, "order_id")}
    arm = {"when": dice.choice(_CONDITIONS), "then": other}
    if dice.random() < 0.5:
        return {"case": [arm, {"else": fields}]}
    return {"from": [fields, dice.choice((other, {"case": [arm]}))]}


def _section(dice: random.Random, continues: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"send": dice.choice(("lead", "signup"))}
    if not continues and dice.random() < 0.1:
        return {"is": dice.choice(("x", "b")), "skip": "of no interest"}
    if continues and dice.random() < 0.5:
        return made | {"when": dice.choice(("at", *_CONDITIONS)), "continue": True}
    made["is"] = dice.choice(("x", "b", ["b", 2], ["19", ""], True, *_PATTERNS_OF_NAMES))
    if dice.random() < 0.3:
        made["when"] = dice.choice(_CONDITIONS)
    if dice.random() < 0.5:
        name = dice.choice(tuple(_FIELDS))
        made["payload"] = {"custom_data": {name: _value(dice, 1, name)}}
        if dice.random() < 0.3:
            made["let"] = {"s": _let(dice), "t": "$s || $one"}
            made["payload"]["custom_data"]["search_string"] = dice.choice(("$s", "$t", "concat($t, a)"))
    return made | ({"continue": True} if continues else {})


def _consent(dice: random.Random) -> dict[str, Any]:
    answers: Any = dice.choice(("c", "d.x", "e"))
    if dice.random() < 0.4:
        answers = {dice.choice(("all", "any")): ["c", "e"]}
    strip = dice.choice(("personal", ["user_data.em", "custom_data.order_id"], ["user_data"]))
    denied = dice.choice(("skip", {"strip": strip}, {"strip": strip, "set": {"opt_out": True}}))
    asked = {dice.choice(("granted", "denied")): answers}
    limited = dice.choice(("skip", {"set": {"custom_data.opt_out_type": "LDP"}}, {"set": {"opt_out": True}}))
    asked |= {"when_limited": limited} if dice.random() < 0.5 else {}
    return {**asked, "when_missing": dice.choice(("granted", "denied")), "when_denied": denied}


def _contents(dice: random.Random) -> Any:
    if dice.random() < 0.2:
        return {"zip": {"id": "items[*].x", "quantity": "items[*].q"}}
    if dice.random() < 0.1:
        return dice.choice(("items", "[d]", [{"id": "a"}, {"id": "b", "quantity": {"const": 1}}]))
    fields = dice.sample(_ITEM_FIELDS, dice.randint(1, 4))
    item: dict[str, Any] = {name: dice.choice(_OF_ITEMS) for name in fields}
    for name in fields:
        if dice.random() < 0.4:
            item[name] = {"from": [item[name], dice.choice(_OF_ITEMS)], "apply": dice.choice(_STEPS)}
        if name == "quantity" and dice.random() < 0.5:
            item[name] = {"from": "q", "default": 1}
    made = {"each": dice.choice(("items", "d", "$two", {"from": ["e", "items"]})), "item": item}
    where = ["x", "p", "x != a", "$index > `0`"]
    if dice.random() < 0.4:
        value, more = dice.choice(_OF_ELEMENTS), ("$v", "$v || x", {"from": "$v", "apply": "text"})
        made["let"] = {
            "k": dice.choice(more),
            "v": value,
            "w": dice.choice(("a", "$two", "concat($v, $one)")),
        }
        where += ["$v", "present($k)", "$w != x"]
        for name in fields[::2]:
            item[name] = dice.choice((*_ELEMENT_LETS, {"from": "x", "apply": {"prefix": "$k"}}))
    return made | ({"where": dice.choice(where)} if dice.random() < 0.4 else {})


def _value(dice: random.Random, depth: int, field: str) -> Any:
    """A value of a field."""
    if dice.random() < 0.3:
        return dice.choice((*_LETS, _expression(dice)))
    rule = _rule(dice, depth)
    if dice.random() < 0.3:
        rule["default"] = dice.choice(_FIELDS[field])
    if dice.random() < 0.1:
        rule["required"] = True
    return rule


def _rule(dice: random.Random, depth: int) -> dict[str, Any]:
    rule: dict[str, Any] = {"from": _expression(dice)}
    if depth and dice.random() < 0.5:
        rule = {"from": [_inner(dice, depth) for _ in range(dice.randint(2, 3))]}
    elif depth and dice.random() < 0.4:
        arm = {"when": dice.choice(_CONDITIONS), "then": _inner(dice, depth)}
        rule = {"case": [arm, {"else": _inner(dice, depth)}]}
    elif depth and dice.random() < 0.2:
        rule = {"each": "items", "item": dice.choice(_OF_ITEMS)}
    elif dice.random() < 0.1:
        rule = {"template": dice.choice(_TEMPLATES)}
    if dice.random() < 0.4:
        rule["apply"] = [dice.choice(_STEPS) for _ in range(dice.choice((1, 1, 1, 1, 1, 2)))]
    if dice.random() < 0.1:
        rule["apply"] = [*rule.get("apply", ()), dice.choice(_OWN_STEPS)]
    if dice.random() < 0.2:
        rule["when"] = dice.choice(_CONDITIONS)
    return rule


def _inner(dice: random.Random, depth: int) -> Any:
    return _rule(dice, depth - 1) if dice.random() < 0.4 else _expression(dice)


def _expression(dice: random.Random) -> str:
    if dice.random() < 0.1:
        return dice.choice(_CALLS)
    return dice.choice(_OF_A_KIND if dice.random() < 0.1 else (*_NAMES, *_ANY))
