"""The language of `intake.yaml`: each key misspelt, missing or with a value of another kind is said once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mapper.intake.editor_schema import intake_schema
from mapper.intake.entry_keys import (
    OWNERS,
    AnyNames,
    IntakeKey,
    OneOrMore,
    OneWord,
    SenderName,
    TableOf,
    TablesOf,
)
from mapper.intake.intake_file import check_intake, load_intake, mapping_path
from mapper.intake.senders import sender_files
from mapper.project.mapping_files import is_intake
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Text
from tests.support.intakes import MAPPING, checked

_Keys = tuple[str, ...]
_SIGN = {
    "header": "x-sig",
    "algorithm": "sha256",
    "form": "hex",
    "secret": ["$NEW", "$OLD"],
    "secret_form": "base64",
    "over": "{t}.{body}",
    "prefix": "v=",
    "pairs": {"digest": "v1", "separator": ";", "equals": ":"},
    "time": "t",
    "max_age": "5 min",
}
_REPLY = {
    "status": 200,
    "headers": {"x-a": {"header": "x-b"}},
    "json": {"id": {"body": "requestId"}, "at": {"now": "ms"}, "kind": "ok"},
    "failure": {"why": {"refusal": "reason"}},
}
# Every key of the language, each in an entry where it means something.
_WHOLE: dict[str, Any] = {
    "version": 1,
    "entries": {
        "/signed": {
            "mapping": "shop.yaml",
            "account": "main",
            "sign": _SIGN,
            "token": {"header": "x-token", "scheme": "Token", "value": "$TOKEN"},
            "unwrap": "records[].data",
            "decode": "base64",
            "gzip": True,
            "delivery_id": {"header": "x-id"},
            "limits": {"body": "2 MiB", "events": 10},
            "keep_headers": ["x-topic"],
            "keep_query": "shop",
            "reply": _REPLY,
            "handshakes": {
                "method": "OPTIONS",
                "headers": {"x-event": "ping"},
                "without": "x-sig",
                "form": "hook",
                "unsigned": True,
                "reply": {"status": 200},
            },
        },
        "/pages": {
            "mapping": "shop.yaml",
            "cors": ["https://shop.example"],
            "rate": "20/s",
            "cookies": "_click",
            "proxies": 1,
            "body": "either",
            "delivery_id": {"event": "id"},
        },
        "/queue": {
            "mapping": "shop.yaml",
            "jwt": {
                "issuer": "https://id.example",
                "audience": "shop",
                "keys": "https://id.example/keys",
                "claims": {"sub": "sender"},
            },
            "delivery_id": {"body": "id"},
        },
        "/known": {"mapping": "shop.yaml", "sender": "shopify", "sign": {"secret": "$SECRET"}},
        "/query": {"mapping": "shop.yaml", "token": {"query": "token", "value": "$TOKEN"}},
    },
}


@dataclass
class _Written:
    """A document as YAML text, with the place of each key and value by the keys that lead there."""

    lines: list[str] = field(default_factory=list)
    keys: dict[_Keys, tuple[int, int]] = field(default_factory=dict)
    values: dict[_Keys, tuple[int, int]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def _write(value: Mapping[str, Any], into: _Written, at: _Keys = (), depth: int = 0) -> _Written:
    for key, one in value.items():
        path, start = (*at, key), f"{'  ' * depth}{key}: "
        into.keys[path] = (len(into.lines) + 1, 2 * depth + 1)
        if isinstance(one, dict) and one:
            into.lines.append(start.rstrip())
            into.values[path] = (len(into.lines) + 1, 2 * depth + 3)
            _write(one, into, path, depth + 1)
        else:
            shown = one if isinstance(one, _Plain) else json.dumps(one, ensure_ascii=False)
            into.values[path] = (len(into.lines) + 1, len(start) + 1 if shown else len(start))
            into.lines.append(f"{start}{shown}".rstrip())
    return into


class _Plain(str):
    """What is written as it is."""


def _owner_of(path: _Keys) -> str:
    """Whose keys are at a place of the whole document."""
    owner = "intake"
    shapes: Any = None
    for key in path[:-1]:
        if isinstance(shapes, TableOf) and shapes.owner == "entries":
            owner, shapes = "entry", None
        elif isinstance(shapes, AnyNames):
            owner, shapes = shapes.owner, None
        else:
            shapes = OWNERS[owner][key].shape
            owner = shapes.owner if isinstance(shapes, TableOf | TablesOf) else owner
    return owner


def _row(path: _Keys) -> IntakeKey | None:
    """The row of a key; None for paths and names that anybody chooses."""
    if len(path) == 2 or (len(path) > 2 and path[-2] in ("headers", "json", "failure", "claims")):
        return None
    return OWNERS[_owner_of(path)][path[-1]]


def _all_keys(value: Mapping[str, Any] = _WHOLE, at: _Keys = ()) -> Iterator[_Keys]:
    for key, one in value.items():
        yield (*at, key)
        if isinstance(one, dict):
            yield from _all_keys(one, (*at, key))


_KEYS = [path for path in _all_keys() if _row(path) is not None]


def _changed(path: _Keys, change: Any, value: Any = None) -> Any:
    """A document with one key changed: by `change`, from (key, value) to those there are then.

    Of the whole one it has the entry alone that the key is in.
    """
    if value is None:
        entries = _WHOLE["entries"]
        value = {**_WHOLE, "entries": {path[1]: entries[path[1]]} if len(path) > 1 else entries}
    made = {}
    for key, one in value.items():
        if key != path[0]:
            made[key] = one
        elif len(path) == 1:
            made.update(change(key, one))
        else:
            made[key] = _changed(path[1:], change, one)
    return made


def _found(document: Mapping[str, Any], folder: Path) -> tuple[_Written, tuple[Diagnostic, ...]]:
    written = _write(document, _Written())
    return written, checked(written.text, folder, "shop.yaml").found


def _shown(found: tuple[Diagnostic, ...]) -> list[str]:
    return [f"{one.span.line}:{one.span.column} {one.code} {one.message} ({one.hint})" for one in found]


def test_a_document_with_every_key_is_silent(tmp_path: Path) -> None:
    _, found = _found(_WHOLE, tmp_path)
    assert _shown(found) == []
    used = {(_owner_of(path), path[-1]) for path in _KEYS}
    assert used == {(owner, name) for owner, table in OWNERS.items() for name in table}


def _misspellings(key: str) -> Iterator[str]:
    """A letter too many, one too few, two in the wrong order; words that are no key of ours."""
    yield f"{key}{key[-1]}"
    if len(key) > 3:
        yield key[:-2] + key[-1]
        swapped = key[:1] + key[2] + key[1] + key[3:]
        if swapped != key:
            yield swapped
    yield key.upper() if len(key) > 1 else f"{key}_"


@pytest.mark.parametrize("path", _KEYS, ids=".".join)
def test_a_misspelt_key_is_said_once_at_its_place_with_the_right_one(path: _Keys, tmp_path: Path) -> None:
    for wrong in {*_misspellings(path[-1])}:
        if wrong in OWNERS[_owner_of(path)]:
            continue
        written, found = _found(_changed(path, lambda _, one, wrong=wrong: {wrong: one}), tmp_path)
        assert [one.code for one in found] == ["M701"], (wrong, _shown(found))
        assert (found[0].span.line, found[0].span.column) == written.keys[*path[:-1], wrong]
        assert f"`{path[-1]}`" in (found[0].hint or ""), (wrong, found[0].hint)


@pytest.mark.parametrize("path", _KEYS, ids=".".join)
def test_what_others_call_a_key_leads_to_it(path: _Keys, tmp_path: Path) -> None:
    row = _row(path)
    assert row is not None
    for other in row.also.split():
        _, found = _found(_changed(path, lambda _, one, other=other: {other: one}), tmp_path)
        assert [one.code for one in found] == ["M701"], (other, _shown(found))
        assert found[0].hint == f"did you mean `{path[-1]}`?", other


def test_a_word_of_others_means_one_key_of_its_owner() -> None:
    for owner, table in OWNERS.items():
        words = [word for row in table.values() for word in row.also.split()]
        assert len(words) == len({*words}), owner
        assert not {*words} & {name.replace("_", "") for name in table}, owner


def _takes(row: IntakeKey, value: Any) -> bool:
    """Whether a key may have a value of such a kind."""
    shape = row.shape
    if isinstance(shape, OneOrMore):
        return type(value) in shape.form.kinds or (isinstance(value, list) and bool(value))
    if isinstance(shape, OneWord | SenderName):
        return False
    if isinstance(shape, TableOf | TablesOf | AnyNames):
        return False
    return type(value) in shape.kinds


_KINDS: tuple[Any, ...] = (_Plain(""), 3, 1.5, True, "", [], {}, [[1]], [{}], "\x7f", _Plain("~"))


@pytest.mark.parametrize("path", _KEYS, ids=".".join)
def test_a_value_of_another_kind_is_said_once_at_its_place(path: _Keys, tmp_path: Path) -> None:
    row = _row(path)
    assert row is not None
    for value in (*_KINDS, "?!"):
        if isinstance(value, str) and value == "\x7f":
            continue
        written, found = _found(_changed(path, lambda key, _, value=value: {key: value}), tmp_path)
        takes = _takes(row, value) and value != ""
        if takes and not found:
            continue
        if value == {} and isinstance(row.shape, TableOf | TablesOf):
            assert {one.code for one in found} <= {"M702", "M703"}, _shown(found)
            continue
        if isinstance(value, list) and isinstance(row.shape, TablesOf):
            continue
        assert len(found) == 1, (value, _shown(found))
        assert found[0].code in ("M703", "M704", "M705", "M706", "M707", "M711"), _shown(found)
        assert (found[0].span.line, found[0].span.column) in _within(written, path), (value, _shown(found))


def _within(written: _Written, path: _Keys) -> set[tuple[int, int]]:
    """Where a value begins, or its only element does."""
    line, column = written.values[path]
    return {(line, column), (line, column + 1)}


_NEEDED = [path for path in _KEYS if (row := _row(path)) is not None and row.needed]


@pytest.mark.parametrize("path", _NEEDED, ids=".".join)
def test_a_missing_key_is_said_once_and_the_hint_mends_it(path: _Keys, tmp_path: Path) -> None:
    written, found = _found(_changed(path, lambda *_: {}), tmp_path)
    if path == ("entries",) or path[-1] == "value" or path[1:2] == ("/known",):
        assert [one.code for one in found] == ["M702"]
        return
    assert [one.code for one in found] == ["M702"], _shown(found)
    assert (found[0].hint or "").startswith(f"add `{path[-1]}: "), found[0].hint
    if "handshakes" in path:
        return
    assert found[0].span.place.endswith(":".join(map(str, written.keys[path[:-1] or ("entries",)])))


_FILE = """version: 1
entries:
  /shop:
    mapping: shop.yaml
"""
_HINTS = {
    "path outside of entries": ("version: 1\n/shop: {mapping: shop.yaml}\n", "M701", 2, "entries:"),
    "path without a slash": (
        "version: 1\nentries:\n  shop: {mapping: shop.yaml, token: {value: $T}}\n",
        "M707",
        3,
        "write `/shop`",
    ),
    "path with a slash at the end": (
        "version: 1\nentries:\n  /shop/: {mapping: shop.yaml, token: {value: $T}}\n",
        "M707",
        3,
        "write `/shop`",
    ),
    "path with a query": (
        'version: 1\nentries:\n  "/shop?a=1": {mapping: shop.yaml, token: {value: $T}}\n',
        "M707",
        3,
        "letters",
    ),
    "path up": (
        "version: 1\nentries:\n  /../shop: {mapping: shop.yaml, token: {value: $T}}\n",
        "M707",
        3,
        "letters",
    ),
    "nothing checked": (_FILE, "M708", 3, "`sign`"),
    "literal token": (f"{_FILE}    token: {{value: hunter2}}\n", "M706", 5, "environment variable"),
    "variable without its sign": (
        f"{_FILE}    token: {{value: SHOP_TOKEN}}\n",
        "M706",
        5,
        "write `$SHOP_TOKEN`",
    ),
    "variable in braces": (f'{_FILE}    token: {{value: "${{TOKEN}}"}}\n', "M706", 5, "environment variable"),
    "secret of digits": (f"{_FILE}    token: {{value: 123456}}\n", "M703", 5, "$SHOP_TOKEN"),
    "secret beside the sign": (
        f"{_FILE}    secret: $S\n    sender: shopify\n",
        "M701",
        5,
        "write it under `sign`: `sign: {secret: $SHOP_SECRET}`",
    ),
    "key of an entry within the sign": (
        f"{_FILE}    sign: {{header: x-s, algorithm: sha1, form: hex, secret: $S, mapping: x.yaml}}\n",
        "M701",
        5,
        "next to `sign`",
    ),
    "every origin": (f'{_FILE}    cors: "*"\n    rate: 1/s\n', "M705", 5, "list the origins"),
    "origin with a path": (
        f"{_FILE}    cors: https://Shop.example/\n    rate: 1/s\n",
        "M705",
        5,
        "`https://shop.example`",
    ),
    "plain origin": (
        f"{_FILE}    cors: http://shop.example\n    rate: 1/s\n",
        "M705",
        5,
        "`https://shop.example`",
    ),
    "rate missing": (f"{_FILE}    cors: https://shop.example\n", "M702", 5, "add `rate: 20/s`"),
    "rate in words": (
        f"{_FILE}    cors: https://shop.example\n    rate: 20 per second\n",
        "M705",
        6,
        "write `20/s`",
    ),
    "size without a unit": (
        f"{_FILE}    token: {{value: $T}}\n    limits: {{body: 5 mb}}\n",
        "M705",
        6,
        "write `5 MiB`",
    ),
    "size above all": (
        f"{_FILE}    token: {{value: $T}}\n    limits: {{body: 65 MiB}}\n",
        "M705",
        6,
        "64 MiB",
    ),
    "first without a token": (
        f"{_FILE}    sender: segment\n    token: {{value: $T}}\n    body: object\n    sign: {{secret: $S}}\n",
        "M709",
        8,
        "body: either",
    ),
    "first and nothing else": (
        f"{_FILE}    sign: {{header: x-s, algorithm: sha1, form: hex, secret: $S, over: first}}\n   "
        f" body: array\n",
        "M709",
        5,
        "add a `token`",
    ),
    "time that is not signed": (
        f"{_FILE}    sign: {{header: x-s, algorithm: sha1, form: hex, secret: $S, time: x-t}}\n",
        "M709",
        5,
        'over: "{x-t}.{body}"',
    ),
    "cookies of a server": (f"{_FILE}    token: {{value: $T}}\n    cookies: _a\n", "M709", 6, "cors"),
    "token kept": (
        f"{_FILE}    token: {{header: X-Key, value: $T}}\n    keep_headers: x-key\n",
        "M709",
        6,
        "remove it",
    ),
    "two places of a token": (
        f"{_FILE}    token: {{header: x-a, query: a, value: $T}}\n",
        "M709",
        5,
        "remove one",
    ),
    "decode alone": (f"{_FILE}    token: {{value: $T}}\n    decode: base64\n", "M709", 6, "unwrap"),
    "unknown sender": (f"{_FILE}    sender: Shopfy\n", "M704", 5, "did you mean `shopify`?"),
    "sender with capitals": (f"{_FILE}    sender: WooCommerce\n", "M704", 5, "did you mean `woocommerce`?"),
    "anchor": (f"{_FILE}    token: &t {{value: $T}}\n", "M007", 5, "sender"),
    "tag": (f"{_FILE}    token: {{value: !env TOKEN}}\n", "M006", 5, "$NAME"),
    "path twice": (
        f"{_FILE}    token: {{value: $T}}\n  /shop: {{mapping: shop.yaml}}\n",
        "M002",
        6,
        "remove one",
    ),
    "path twice but for case": (
        f"{_FILE}    token: {{value: $T}}\n  /SHOP: {{mapping: shop.yaml, token: {{value: $T}}}}\n",
        "M707",
        6,
        "rename",
    ),
    "mapping in another folder": (
        "version: 1\nentries:\n  /shop: {mapping: maps/shop.yaml, token: {value: $T}}\n",
        "M711",
        3,
        "did you mean `shop.yaml`?",
    ),
    "mapping that is a folder": (
        "version: 1\nentries:\n  /shop: {mapping: ., token: {value: $T}}\n",
        "M711",
        3,
        "name a mapping file in it",
    ),
    "mapping that is an intake": (
        "version: 1\nentries:\n  /shop: {mapping: intake.yaml, token: {value: $T}}\n",
        "M711",
        3,
        "name a mapping file",
    ),
    "version of later": (
        _FILE.replace("version: 1", "version: 2") + "    token: {value: $T}\n",
        "M705",
        1,
        "version: 1",
    ),
    "empty file": ("", "M702", 1, "version: 1"),
    "a mapping": (
        MAPPING,
        "M701",
        2,
        "`entries: {/shop: {mapping: intake.yaml, token: ",
    ),
    "a list": ("- a\n", "M040", 1, "version"),
    "entries of nothing": ("version: 1\nentries:\n", "M703", 2, "/shop"),
    "entry of nothing": ("version: 1\nentries:\n  /shop:\n", "M703", 3, "mapping"),
}


@pytest.mark.parametrize("name", _HINTS)
def test_a_mistake_is_said_once_with_what_to_write(name: str, tmp_path: Path) -> None:
    text, code, line, hint = _HINTS[name]
    found = checked(text, tmp_path, "shop.yaml").found
    assert [(one.code, one.span.line) for one in found] == [(code, line)], _shown(found)
    assert hint in (found[0].hint or ""), _shown(found)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = (
        "versoin: 1\nentries:\n  /healthz: {sender: shopfy, mapping: no.yaml}\n"
        "  /a: {mapping: shop.yaml, rate: 3}\n  /b: {mapping: shop.yaml, sign: {heder: x}, limits: "
        "{body: 1}}\n"
    )
    found = checked(text, tmp_path, "shop.yaml").found
    assert [(one.code, one.span.line) for one in found] == [
        *(("M701", 1), ("M707", 3), ("M704", 3), ("M711", 3)),
        *(("M708", 4), ("M709", 4), ("M703", 4), ("M701", 5), ("M703", 5)),
    ], _shown(found)


@pytest.mark.parametrize(
    ("line", "fixed"),
    [
        ("unwrap: records[].data", 'unwrap: "records[].data"'),
        ("sign: {header: x-s, algorithm: sha1, form: hex, secret: $S, over: {x-t}.{body}}", '"{x-t}.{body}"'),
    ],
)
def test_what_needs_quotes_within_braces_is_fixed(line: str, fixed: str, tmp_path: Path) -> None:
    """Below a path, whose slash no key of a mapping begins with."""
    text = f"version: 1\nentries:\n  /shop: {{mapping: shop.yaml, token: {{value: $T}}, {line}}}\n"
    found = checked(text, tmp_path, "shop.yaml").found
    assert [one.code for one in found] == ["M003"], _shown(found)
    (edit,) = found[0].fixes[0].edits
    mended = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    assert fixed in mended
    assert checked(mended, tmp_path, "shop.yaml").found == ()


def test_what_is_wrong_below_a_misspelt_key_is_said_too(tmp_path: Path) -> None:
    text = f"{_FILE}    signature: {{heder: x-s, algorithm: hmac-md5, form: hex, secret: hush}}\n"
    found = checked(text, tmp_path, "shop.yaml").found
    assert [one.code for one in found] == ["M701", "M701", "M704", "M706"], _shown(found)
    assert not [one for one in found if "hush" in one.span.text.content]


def test_a_secret_in_the_file_is_not_shown(tmp_path: Path) -> None:
    """In no message, and in no line that is quoted, of any diagnostic of the file."""
    text = "version: 1\nentries:\n  /a: {mapping: no.yaml, token: {value: [hunter2, 's3 cret']}, tokn: 1}\n"
    found = checked(text, tmp_path).found
    assert {one.code for one in found} == {"M706", "M711", "M701"}
    for one in found:
        shown = f"{one.message} {one.hint} {one.span.text.content}"
        assert "hunter2" not in shown
        assert "s3" not in shown
        assert one.span.text.content.startswith("version: 1\nentries:\n  /a: {mapping: no.yaml, token: ")


def test_a_mapping_is_warned_of_what_the_requests_of_its_entry_lack(tmp_path: Path) -> None:
    (tmp_path / "page.yaml").write_text(
        MAPPING.replace("client_ip_address: ip", "client_ip_address: {from: [ip, $meta.client_ip]}").replace(
            "event_id: id", 'event_id: {from: [id, $meta.headers."x-id"]}'
        )
    )
    page = "    cors: https://shop.example\n    rate: 1/s\n    keep_headers: x-id\n"
    assert checked(f"{_FILE}{page}".replace("shop.yaml", "page.yaml"), tmp_path).found == ()
    found = checked(f"{_FILE}    token: {{value: $T}}\n".replace("shop.yaml", "page.yaml"), tmp_path).found
    assert [(one.code, one.severity, one.span.line) for one in found] == [("M710", "warning", 4)] * 2
    assert {one.hint for one in found} == {
        "read the visitor's address from the event, where the sender puts it",
        "add it to `keep_headers`: `keep_headers: [x-id]`",
    }
    assert [span.text.name.endswith("page.yaml") for one in found for span, _ in one.related] == [True] * 2


def test_a_file_is_told_from_a_mapping() -> None:
    for name, text, expected in (
        ("intake.yaml", "", True),
        ("shop.intake.yml", "x", True),
        ("x.yaml", "version: 1\nentries:\n  /a: {}", True),
        ("x.yaml", "/a: {}", True),
        ("x.yaml", MAPPING, False),
        ("x.yaml", "payload:\n  entries: a\n", False),
        ("myintake.yaml", "", False),
    ):
        assert is_intake(Text(f"folder/{name}", text)) is expected, (name, text)


def test_mappings_are_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    intake = checked(
        f"{_FILE}    token: {{value: $T}}\n".replace("shop", "maps/shop"), tmp_path, "maps/shop.yaml"
    ).intake
    assert intake is not None
    assert Path(mapping_path(intake, intake.entries[0])) == tmp_path / "maps/shop.yaml"


def test_a_sender_is_overridden_key_by_key(tmp_path: Path) -> None:
    text = (
        f"{_FILE}    sender: event-grid\n    token: {{header: x-a, value: $T}}\n    limits: {{events: 5}}\n"
    )
    intake = checked(text, tmp_path, "shop.yaml").intake
    assert intake is not None
    entry = intake.entries[0]
    assert entry.token is not None
    assert (entry.token.where, entry.token.name, entry.token.scheme) == ("header", "x-a", "")
    assert entry.limits.events == 5
    assert len(entry.handshakes) == 2


# What editors are told.


def test_the_schema_for_editors_takes_what_the_checker_takes(tmp_path: Path) -> None:
    schema = intake_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    assert [*validator.iter_errors(_WHOLE)] == []
    for path in _KEYS:
        for wrong in (f"{path[-1]}x",):
            assert [*validator.iter_errors(_changed(path, lambda _, one, wrong=wrong: {wrong: one}))], path
    for path in _NEEDED:
        if path[1:2] != ("/known",):
            assert [*validator.iter_errors(_changed(path, lambda *_: {}))], path


@pytest.mark.parametrize("name", _HINTS)
def test_what_the_schema_refuses_the_checker_refuses(name: str, tmp_path: Path) -> None:
    text = _HINTS[name][0]
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        return
    if [*jsonschema.Draft7Validator(intake_schema()).iter_errors(document)]:
        assert checked(text, tmp_path, "shop.yaml").found


# Hostile files.


_HOSTILE = [
    *(
        "",
        "\0",
        "\ufeff",
        "---\n---\n",
        "%YAML 1.1\n---\n",
        "[",
        "{",
        "&a [*a]",
        "? ?",
        "!!python/object:os {}",
    ),
    *("entries: [[[[[[[[[[[[", "a: " * 50, "version: 1\nentries: *x\n", "entries: {<<: {a: b}}\n", "\ud800"),
    "version: 1\nentries:\n  ? [a]\n  : b\n",
    "version: 1\nentries:\n" + "".join(f"  /p{number}: {{x: 1}}\n" for number in range(3000)),
    "version: 1\nentries: {" + "a: {" * 40 + "}" * 41,
    "entries: " + "x" * 300_000,
]


@pytest.mark.parametrize("text", _HOSTILE, ids=range(len(_HOSTILE)))
def test_a_hostile_file_has_mistakes_and_no_more(text: str, tmp_path: Path) -> None:
    found = check_intake(Text(str(tmp_path / "intake.yaml"), text))
    assert found.intake is None
    assert 1 <= len(found.found) <= 102


_SCALARS = st.sampled_from(
    [
        "$S",
        "hex",
        "sha1",
        "first",
        "3",
        "1 MiB",
        "",
        "true",
        "[]",
        "{}",
        "- a",
        "'",
        '"{body}"',
        "*a",
        "!t x",
        "/x",
    ]
)


@given(
    st.dictionaries(
        st.sampled_from([name for table in OWNERS.values() for name in table]), _SCALARS, max_size=8
    )
)
def test_any_keys_with_any_values_are_read(keys: dict[str, str]) -> None:
    lines = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    found = check_intake(
        Text("nowhere/intake.yaml", f"version: 1\nentries:\n  /shop:\n    mapping: x.yaml\n{lines}")
    )
    assert found.intake is None
    assert all(one.span.text.content for one in found.found)


def test_a_file_of_another_kind_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "intake.yaml").write_bytes(b"\xff")
    with pytest.raises(OSError, match="UTF-8"):
        load_intake(tmp_path / "intake.yaml")
    with pytest.raises(OSError, match=r".*"):
        load_intake(tmp_path / "other.yaml")


def test_every_sender_is_offered() -> None:
    schema = intake_schema()["definitions"]["entry"]["properties"]["sender"]
    assert schema["enum"] == [*sender_files()]
