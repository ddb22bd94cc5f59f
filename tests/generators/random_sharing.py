"""Random mappings that extend random files: all that can be inherited, changed and taken away."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from mapper import authoring

_ATTRIBUTES = ("a", "b", "c", "d")
_FIELDS = ("order_id", "search_string", "content_name", "content_category", "content_brand")
_ELEMENTS = ("item_name", "item_category", "item_brand")
_NAMES = {"order": "checkout", "view": "page_visit", "find": "search", "join": "signup"}
_HEAD = {
    "action_source": {"const": "web"},
    "event_id": "id",
    "event_time": "at",
    "event_source_url": "url",
    "user_data": {"em": "mail"},
}


def random_sharing(seed: int) -> tuple[str, dict[str, str]]:
    """The text of a mapping without errors and those of the files that it extends, by name."""
    draw = random.Random(seed)
    while True:
        texts = _texts(draw)
        shop = texts.pop("shop.yaml")
        found = authoring.analyse(shop, "shop.yaml", texts=texts).diagnostics
        if all(one.severity != "error" for one in found):
            return shop, texts


def random_events(seed: int) -> list[dict[str, Any]]:
    """Events that these mappings tell apart."""
    draw = random.Random(seed)
    return [
        {
            "type": draw.choice((*_NAMES, "other")),
            "id": f"id-{seed}-{number}",
            "at": "2026-05-01T10:00:00Z",
            "url": "https://shop.example/",
            "mail": "ada@example.com",
            "ok": draw.choice((True, False, None)),
            **{name: f"{name}{draw.randint(1, 9)}" for name in _ATTRIBUTES if draw.random() < 0.8},
            **{f"is_{name}": True for name in _ATTRIBUTES if draw.random() < 0.15},
            "lines": [
                {name: f"{name}{draw.randint(1, 9)}" for name in ("sku", *_ATTRIBUTES)} for _ in range(2)
            ],
        }
        for number in range(6)
    ]


def _texts(draw: random.Random) -> dict[str, str]:
    """The files: the first has what each payload needs, the last one is the mapping."""
    files: dict[str, dict[str, Any]] = {
        "base/f0.yaml": {"payload": _HEAD, "match": "type", "events": [_section(draw)]}
    }
    reached: dict[str, set[str]] = {"base/f0.yaml": set()}
    for number in range(1, draw.randint(2, 5)):
        bases = draw.sample([*files], min(len(files), draw.choice((1, 1, 2))))
        name = f"base/f{number}.yaml"
        files[name] = {"extends": [one.removeprefix("base/") for one in bases], **_parts(draw, bases, files)}
        reached[name] = {*bases, *(far for one in bases for far in reached[one])}
    bases = draw.sample([*files], min(len(files), draw.choice((1, 1, 2))))
    if not any(one == "base/f0.yaml" or "base/f0.yaml" in reached[one] for one in bases):
        bases.insert(0, "base/f0.yaml")
    shop = {"target": "pinterest/conversions-v5", "extends": bases, **_parts(draw, bases, files)}
    partial = {name: {"version": 1, "partial": True, **one} for name, one in files.items()}
    return {name: _text(one) for name, one in {**partial, "shop.yaml": {"version": 1, **shop}}.items()}


def _text(file: dict[str, Any]) -> str:
    """A file, each of its keys on a line, and each field below `custom_data`."""
    lines = [f"{key}: {json.dumps(value)}" for key, value in file.items() if key != "payload"]
    return "\n".join([*lines, *_block("payload", file.get("payload"), "")]) + "\n"


def _block(name: str, value: Any, indent: str) -> Iterator[str]:
    if name in ("payload", "custom_data", "contents", "item") and isinstance(value, dict):
        yield f"{indent}{name}:"
        for below, one in value.items():
            yield from _block(below, one, f"{indent}  ")
    elif value is not None:
        yield f"{indent}{name}: {json.dumps(value)}"


def _section(draw: random.Random) -> dict[str, Any]:
    names = draw.sample([*_NAMES], draw.choice((1, 1, 2)))
    section: dict[str, Any] = {"is": names if len(names) > 1 else names[0], "send": _NAMES[names[0]]}
    if draw.random() < 0.3:
        section["payload"] = {"custom_data": {draw.choice(_FIELDS): draw.choice(_ATTRIBUTES)}}
    if draw.random() < 0.2:
        section["when"] = "boolean(ok)"
    return section


def _parts(draw: random.Random, bases: list[str], files: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The parts of a file that extends others."""
    made: dict[str, Any] = {}
    for key, make in _MAKERS.items():
        inherited = [files[one][key] for one in bases if key in files[one]]
        if draw.random() < 0.4:
            made[key] = make(draw, inherited)
    return {key: value for key, value in made.items() if value}


def _lets(draw: random.Random, inherited: list[Any]) -> Any:
    made: dict[str, Any] = {name: draw.choice(_ATTRIBUTES) for name in draw.sample("xyz", 2)}
    for names in inherited:
        if draw.random() < 0.2:
            made[next(iter(names))] = {"inherit": False}
    return made


def _functions(draw: random.Random, inherited: list[Any]) -> Any:
    return {"clean(v)": {"from": "$v", "apply": draw.choice(("trim", "lowercase", "uppercase"))}}


def _skips(draw: random.Random, inherited: list[Any]) -> Any:
    name = draw.choice(_ATTRIBUTES)
    made: list[Any] = [{"when": f"boolean(is_{name})", "because": f"it is {name}"}]
    for rules in inherited:
        if draw.random() < 0.5 and "when" in rules[0]:
            made = [one for one in made if one["because"] != rules[0]["because"]]
            made.append({"because": rules[0]["because"], "inherit": False})
    return made


def _consent(draw: random.Random, inherited: list[Any]) -> Any:
    if inherited and draw.random() < 0.3:
        return {"inherit": False}
    denied = draw.choice(("skip", {"strip": ["user_data"]}))
    return {"granted": "ok", "when_missing": draw.choice(("granted", "denied")), "when_denied": denied}


def _payload(draw: random.Random, inherited: list[Any]) -> Any:
    values = [
        *_ATTRIBUTES,
        {"const": "fixed"},
        {"const": None},
        {"from": ["a", "b"]},
        {"default": "none", "from": "c"},
    ]
    fields: dict[str, Any] = {name: draw.choice(values) for name in draw.sample(_FIELDS, 2)}
    has_list = any("contents" in one.get("custom_data", ()) for one in inherited)
    element = draw.choice(_ELEMENTS)
    if has_list and draw.random() < 0.7:
        fields["contents"] = draw.choice(
            ({"item": {element: draw.choice(_ATTRIBUTES)}}, {"where": f"present({draw.choice(_ATTRIBUTES)})"})
        )
        if draw.random() < 0.3:
            fields["contents"] = {"let": {"e": "a"}, "item": {element: "$e"}}
    elif draw.random() < 0.5:
        fields["contents"] = {"each": "lines", "item": {"id": "sku", element: draw.choice(_ATTRIBUTES)}}
    for one in inherited:
        names = [*one.get("custom_data", ())]
        if names and draw.random() < 0.4:
            fields[draw.choice(names)] = {"inherit": False}
    return {"custom_data": fields}


def _events(draw: random.Random, inherited: list[Any]) -> Any:
    made = [_section(draw)]
    gone = [one for one in inherited if "send" in one[0] and draw.random() < 0.3]
    return [
        *made,
        *(
            {**{key: one[0][key] for key in ("is", "when") if key in one[0]}, "inherit": False}
            for one in gone
        ),
    ]


def _otherwise(draw: random.Random, inherited: list[Any]) -> Any:
    return draw.choice(({"send": "lead"}, "skip"))


def _tests(draw: random.Random, inherited: list[Any]) -> Any:
    event = (
        {"type": "nothing", "base": "order"} if draw.random() < 0.3 else {"base": "order", "type": "nothing"}
    )
    return [
        {
            "name": f"test {draw.randint(1, 999)}",
            "given": event,
            "expect": {"skip": "unmapped"},
            "inherit": True,
        }
    ]


_MAKERS = {
    "let": _lets,
    "functions": _functions,
    "skip": _skips,
    "consent": _consent,
    "payload": _payload,
    "events": _events,
    "otherwise": _otherwise,
    "tests": _tests,
}
