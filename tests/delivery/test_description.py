"""Every mistake in `x-delivery` is told at its place, by a code, and nothing else ever comes of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mapper import authoring
from mapper.compiler.schema.json_schema import SchemaError
from mapper.compiling import describe
from mapper.delivery.part import Mistakes
from mapper.values.types import JsonPath
from tests.support.command import call
from tests.support.depth import DEPTH, Depth, some
from tests.support.destinations import FOLDER, OWN

_SCHEMAS = {
    "pinterest": Path(__file__).parents[2] / "schemas/pinterest/conversions-v5.json",
    **{name: FOLDER / name / "events-v1.json" for name in OWN},
}
_READ = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in _SCHEMAS.items()}
# Below these keys the names are free: those of headers, of a query, of fields of a body.
_FREE = {"headers", "query", "body", "settings", "accepted", "refused", "by", "counted_twice"}


def _keys(value: Any, at: JsonPath) -> Iterator[JsonPath]:
    """All keys below a place, comments left out."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in parts:
        if key not in ("$comment", "x-source"):
            yield (*at, key)
            yield from _keys(one, (*at, key))


def _changed(schema: dict[str, Any], at: JsonPath) -> tuple[dict[str, Any], Any]:
    """A copy of a schema, and what holds the last of some keys in it."""
    whole = {**schema, "x-delivery": copy.deepcopy(schema["x-delivery"])}
    inner: Any = whole
    for key in at[:-1]:
        inner = inner[key]
    return whole, inner


def mistakes_of(schema: dict[str, Any]) -> tuple[Any, ...]:
    """What is wrong with what a schema says of delivery."""
    try:
        describe(schema)
    except Mistakes as error:
        return error.found
    return ()


_PLACES = [
    (name, at) for name, schema in _READ.items() for at in _keys(schema["x-delivery"], ("x-delivery",))
]


@pytest.mark.parametrize("name", _READ)
def test_what_is_right_has_no_mistake(name: str) -> None:
    assert mistakes_of(_READ[name]) == ()


@pytest.mark.parametrize("name", _READ)
def test_any_value_in_any_place_is_read_or_told(name: str) -> None:
    """Never another exception; and each mistake is at a place that there is."""
    told = 0
    for at in some([*_keys(_READ[name]["x-delivery"], ("x-delivery",))], 40, full=80):
        for value in (
            None,
            True,
            0,
            -1,
            1.5,
            10**400,
            "",
            "\n",
            "{x",
            "{}",
            "{events}",
            [],
            [None],
            {},
            {"a": 1},
        ):
            schema, inner = _changed(_READ[name], at)
            inner[at[-1]] = value
            found = mistakes_of(schema)
            told += bool(found)
            for mistake in found:
                assert mistake.message
                _follow(schema, mistake.at)
    assert told > (500 if DEPTH is Depth.FULL else 10)


def _follow(schema: Any, at: JsonPath) -> None:
    for key in at:
        if isinstance(schema, str):
            return
        schema = schema[key]


@pytest.mark.parametrize("name", _READ)
def test_a_key_by_another_name_is_told_with_the_right_one(name: str) -> None:
    for at in some([*_keys(_READ[name]["x-delivery"], ("x-delivery",))], 40):
        if not isinstance(at[-1], str) or _FREE & set(at[:-1]) or len(at[-1]) < 4:
            continue
        schema, inner = _changed(_READ[name], at)
        inner[f"{at[-1]}x"] = inner.pop(at[-1])
        assert [one for one in mistakes_of(schema) if one.at[-1] == f"{at[-1]}x" and at[-1] in one.hint], at


@pytest.mark.parametrize("name", _READ)
def test_a_key_that_is_left_out_changes_nothing_but_what_may_be_left_out(name: str) -> None:
    """What is needed is asked for by name, at what lacks it."""
    needed = 0
    for at in some([*_keys(_READ[name]["x-delivery"], ("x-delivery",))], 40):
        schema, inner = _changed(_READ[name], at)
        del inner[at[-1]]
        needed += any("lacks" in one.message for one in mistakes_of(schema))
    assert needed > (40 if DEPTH is Depth.FULL else 10)


_BASE = "https://graph.tally.example"
# The address of a request, and that of one that tests.
_ADDRESSES = [
    ("https://x.example/{acount}", "there is no setting `acount`"),
    ("http://x.example/a", "the address must begin with https"),
    ("https://u:p@x.example/a", "the address contains a user name"),
    ("https://x.example/a?b=c", "an address has no query here"),
    ("https://x.example/{tag?}", "an address has no part that may be left out"),
    ("https://{dataset}.example/a", "the address depends on a setting"),
    ("https://x.example", "does not begin with `https://x.example/`"),
    ("ftp://x.example/a", "the address must begin with https"),
    ("https://", "the address has no host"),
    ("https://{token}@x.example/a", "the address depends on a setting"),
    ("https://x.example/{x y}", "has braces that hold no setting's name"),
    # It begins with the letters of the other address, and is that of another host.
    (f"{_BASE}.evil/a?b", "an address has no query here"),
    (f"{_BASE.replace('https', 'http')}/a", "the address must begin with https"),
    (f"{_BASE}@x.example/a", "the address contains a user name"),
]
_ONE = [
    *((at, *wrong) for at in ("request.url", "test.url") for wrong in _ADDRESSES),
    ("request.method", "GET", "`GET` is no value of `x-delivery.request.method`"),
    ("request.body", {"data": []}, "must have the text `{events}` in one place"),
    ("request.body", {"data": "{events}", "more": "{events}"}, "must have the text `{events}` in one place"),
    ("request.body.upload_tag", "{Tag}", "has braces that hold no setting's name"),
    ("request.query.access_token", "{tokn}", "there is no setting `tokn`"),
    ("request.headers", {"Host": "x"}, "the header `Host` is that of any request"),
    ("request.headers", {"x y": "x"}, "`x y` cannot be a header's name"),
    ("request.headers", {"X-A": "a\r\nb: c"}, "holds characters that no header has"),
    ("settings.tag.env", "TALLY_TOKEN", "two settings are read from TALLY_TOKEN"),
    ("settings.tag.env", "not a name", "cannot be the name of a variable"),
    ("settings.tag.pattern", "(", "is no regular expression"),
    ("settings.more", {"env": "MORE"}, "the setting `more` is used nowhere"),
    ("settings.Events", {"env": "MORE"}, "`Events` cannot be a setting's name"),
    ("test", {}, "a request that tests must differ from others"),
    ("test.body", {"data": "x"}, "has not the text `{events}` in one place"),
    ("window.past", "7 days", "is no length of time"),
    ("window.by", {"action_sorce": {}}, "`action_sorce` is no field of a payload"),
    ("window.by", {"action_source": {"store": "1d"}}, "`action_source` is never `store`"),
    ("window.by", {}, "must name one field"),
    ("counted_twice", {"action_source": ["physical_shop"]}, "`action_source` is never `physical_shop`"),
    ("answers", [{"status": 200, "means": "retry"}], "no rule says which answers accept events"),
    ("answers.0", {"status": "2xx", "count": "n", "all": True, "when": "a"}, "it has `count` and `all`"),
    ("answers.0", {"status": "2xx"}, "it has none"),
    ("answers.0", {"status": "2xx", "all": True}, "a status alone proves nothing"),
    ("answers.0", {"status": "4xx", "count": "n"}, "only answers with a status of 2xx accept by `count`"),
    ("answers.0", {"status": "2xx", "entries": "n", "ok": "a"}, "lacks `bad`"),
    ("answers.0.count", "events_received ==", "`x-delivery.answers[0].count` is no expression"),
    ("answers.0.count", "frobnicate(a)", "`x-delivery.answers[0].count` is no expression"),
    ("answers.0.status", "6xx", "is no status"),
    ("answers.2.setting", "tokn", "there is no setting `tokn`"),
    ("answers.2.means", "retry", "only a rule with `means: setup` names a setting"),
    ("answers.7.status", 503, "no answer comes to this rule"),
    ("sandbox.answers.accepted.body.events_received", "{recieved}", "nothing is filled in for `{recieved}`"),
    ("settings.token", {"env": "TALLY_TOKEN"}, "the setting `token` lets a request in, and is not secret"),
    (
        "sandbox.answers.accepted.status",
        500,
        "`accepted` is read as retry by `answers`, and must be accepted",
    ),
    (
        "sandbox.answers.unauthorized",
        {"status": 400, "body": {"error": {"code": 7}}},
        "`unauthorized` is read as refused by `answers`",
    ),
    ("sandbox.answers.slow_down", {"status": 400, "body": {}}, "`slow_down` is read as"),
    ("sandbox.answers.refused.status", 200, "`refused` is read as"),
    ("sandbox.too_old", "{moment}", "nothing is filled in for `{moment}`"),
]


@pytest.mark.parametrize(("at", "value", "message"), _ONE)
def test_a_mistake_is_told_at_its_place(at: str, value: Any, message: str) -> None:
    keys = ("x-delivery", *(int(key) if key.isdigit() else key for key in at.split(".")))
    schema, inner = _changed(_READ["tally"], keys)
    inner[keys[-1]] = value
    found = [one for one in mistakes_of(schema) if message in one.message]
    assert found, mistakes_of(schema)
    assert any(one.at[: len(keys) - 1] == keys[:-1] for one in found)


def test_what_an_authorization_header_holds_is_secret_whatever_it_is_called() -> None:
    schema, request = _changed(_READ["tally"], ("x-delivery", "request", "headers"))
    request["headers"] = {"Authorization": "Key {dataset}"}
    [mistake] = mistakes_of(schema)
    assert mistake.at == ("x-delivery", "settings", "dataset")
    assert mistake.message == "the setting `dataset` lets a request in, and is not secret"


@pytest.mark.parametrize("keyword", ["x-key", "x-time"])
def test_the_fields_that_delivery_needs_are_named_and_there(keyword: str) -> None:
    schema = {**_READ["tally"], keyword: "event_tme"}
    [mistake] = mistakes_of(schema)
    assert (mistake.at, mistake.message) == ((keyword,), "`event_tme` is no field of a payload")
    assert mistake.hint == "did you mean `event_time`?"
    [mistake] = mistakes_of({key: value for key, value in schema.items() if key != keyword})
    assert f"the schema has no `{keyword}`" in mistake.message


_MAPPING = "version: 1\ntarget: own/events-v1\npayload: {event_id: id}\notherwise: {send: order}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose target has two mistakes in what it says of delivery."""
    schema = copy.deepcopy(_READ["tally"])
    schema["x-delivery"]["answers"][0]["count"] = "n ="
    schema["x-delivery"]["limits"]["evnts"] = 5
    file = tmp_path / "schemas/own/events-v1.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(schema, indent=2))
    (tmp_path / "mapping.yaml").write_text(_MAPPING)
    (tmp_path / "events.ndjson").write_text('{"id": "1"}\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "mapping.yaml"),
        ("run", "mapping.yaml", "events.ndjson"),
        ("send", "mapping.yaml", "events.ndjson", "--allow-target", "schemas/own/events-v1.json"),
        ("sandbox", "own/events-v1", "--port", "0"),
    ],
)
def test_every_command_tells_them_all(project: Path, arguments: tuple[str, ...]) -> None:
    ran = call(*arguments)
    assert ran.exit_code == 1
    assert ran.output.count("error[M323]") == 2
    assert "schemas/own/events-v1.json:" in ran.output
    assert "did you mean `events`?" in ran.output
    assert "Traceback" not in ran.output


def test_the_front_door_raises_them_with_their_places(project: Path) -> None:
    with pytest.raises(SchemaError, match="no key `evnts`") as raised:
        authoring.described_destination("own/events-v1", beside=project / "mapping.yaml")
    assert {one.code for one in raised.value.found} == {"M323"}
    lines = (project / "schemas/own/events-v1.json").read_text().splitlines()
    shown = [lines[one.span.text.position(one.span.start)[0] - 1].strip() for one in raised.value.found]
    assert sorted(shown) == ['"count": "n ="', '"evnts": 5']
