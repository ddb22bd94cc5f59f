"""Mappings that are checked against samples: what these tell is a warning, and changes nothing that runs."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mapper
from mapper import authoring
from mapper.cli.code_example import found_in
from mapper.codes import CODES, example
from mapper.project.sample_files import MOST_EVENTS
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.fixing import edited
from mapper.values.types import Json
from tests.oracles.golden import EVENTS_OF
from tests.support.command import ndjson
from tests.support.depth import examples, some
from tests.support.events import broken_events, real_events

_ROOT = Path(__file__).parents[2]
_CASES = _ROOT / "tests/cases/diagnostics"
_MAPPING = """
version: 1
target: pinterest/conversions-v5
source: {{samples: {samples}}}
payload:
  action_source: {{const: web}}
  event_id: id
  event_time: time
  event_source_url: url
  user_data: {{em: email, external_id: id, client_ip_address: ip, client_user_agent: agent}}
otherwise: {{send: page_visit}}
"""
_EVENT = {
    **{"id": "o-1", "time": "2026-05-01T10:00:00Z", "url": "https://shop.example/", "email": "a@b.example"},
    **{"ip": "203.0.113.9", "agent": "Mozilla/5.0"},
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with a mapping, whose samples are those of a test."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "mappings").mkdir()
    (tmp_path / "events").mkdir()
    return tmp_path / "mappings" / "shop.yaml"


def _check(shop: Path, samples: str) -> list[Diagnostic]:
    shop.write_text(_MAPPING.format(samples=samples), encoding="utf-8")
    return [one for one in mapper.check_mapping(shop) if one.severity != "advice"]


def _said(found: list[Diagnostic]) -> list[tuple[str, str]]:
    return [(one.code, one.message) for one in found]


@pytest.mark.parametrize("ready", some(sorted(EVENTS_OF), 3, full=10))
def test_a_ready_mapping_fits_the_events_of_its_source(ready: str) -> None:
    path = _ROOT / "mappings" / f"{ready}.yaml"
    before = mapper.check_mapping(path)
    analysis = authoring.analyse_file(path)
    for events in (real_events(EVENTS_OF[ready]), _given(analysis)):
        schema = authoring.source_schema(events)
        found = [one for one in mapper.check_mapping(path, samples=schema) if one not in before]
        if events != real_events(EVENTS_OF[ready]):  # tests have values that no field can read, and one id
            found = [one for one in found if one.code != "M607" and "the same" not in one.message]
        assert found == []
        assert analysis.with_samples(schema).diagnostics == mapper.check_mapping(path, samples=schema)


def _given(analysis: authoring.Analysis) -> list[dict[str, Any]]:
    mapping = analysis._checked.mapping
    assert mapping is not None
    return [test.given for test in mapping.tests if isinstance(test.given, dict)]


# Files of entries (M7) and policies (M8) have no samples; M458 goes by names alone, where nothing else is
# known of the events.
@pytest.mark.parametrize(
    "code",
    [
        code
        for code in CODES
        if CODES[code].severity != "error" and code[:2] not in ("M7", "M8") and code != "M458"
    ],
)
def test_samples_that_fit_take_no_diagnostic_away_but_those_they_disprove(code: str, tmp_path: Path) -> None:
    """An error without samples is one with them."""
    shown = example(code)
    without = found_in(shown, shown.wrong, tmp_path)
    schema = authoring.source_schema([{"something": "else"}])
    with_samples = mapper.check_mapping(tmp_path / "shop.yaml", samples=schema)
    assert [one for one in without if one.code[:2] != "M6" and one not in with_samples] == []


def test_what_runs_is_the_same_with_and_without_samples(shop: Path) -> None:
    (shop.parents[1] / "events" / "a.ndjson").write_text(ndjson({**_EVENT, "email": True}), encoding="utf-8")
    assert [one.code for one in _check(shop, "../events/a.ndjson")] == ["M603"]
    with_samples = mapper.compile_mapping(shop).code.text
    text = shop.read_text(encoding="utf-8").replace("source: {samples: ../events/a.ndjson}", "# source")
    shop.write_text(text, encoding="utf-8")
    assert mapper.compile_mapping(shop).code.text == with_samples


def test_a_schema_made_of_samples_is_evidence_and_one_that_is_vouched_for_is_not(shop: Path) -> None:
    schema = authoring.source_schema([{**_EVENT, "email": True}])
    file = shop.parents[1] / "schemas" / "shop.json"
    file.parent.mkdir()
    file.write_text(json.dumps(schema), encoding="utf-8")
    text = _MAPPING.format(samples="x").replace("{samples: x}", "shop")
    shop.write_text(text, encoding="utf-8")
    found = [one for one in mapper.check_mapping(shop) if one.severity != "advice"]
    assert _said(found) == [("M603", f"{_MISFIT}, according to 1 sample")]
    file.write_text(json.dumps({key: one for key, one in schema.items() if key != "x-samples"}))
    assert _said([one for one in mapper.check_mapping(shop) if one.severity == "error"]) == [
        ("M302", _MISFIT)
    ]


_MISFIT = "`user_data.em` accepts array of string, not boolean"


@pytest.mark.parametrize(
    ("samples", "files"),
    [
        ("../events/a.ndjson", {"a.ndjson": ndjson(_EVENT)}),
        ("[../events/a.json, ../events/b.csv]", {"a.json": json.dumps([_EVENT]), "b.csv": "id\no-2\n"}),
        ("../events/*.ndjson", {"a.ndjson": ndjson(_EVENT), "b.ndjson": ndjson(_EVENT), ".c.ndjson": "no"}),
        ("../**/*.ndjson", {"deep/er/a.ndjson": ndjson(_EVENT), ".git/a.ndjson": "no"}),
        ("../events/?.ndjson.gz", {"a.ndjson.gz": gzip.compress(ndjson(_EVENT).encode())}),
        ("../events/*", {"a b [1].ndjson": ndjson(_EVENT), "\u202e`x`.ndjson": ndjson(_EVENT)}),
    ],
)
def test_samples_are_read_as_a_run_reads_them(
    shop: Path, samples: str, files: dict[str, str | bytes]
) -> None:
    for name, content in files.items():
        file = shop.parents[1] / "events" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert _said(_check(shop, samples)) == []


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ("/etc/hostname", "`/etc/hostname` is not a path relative to this file"),
        ("../../*.ndjson", "`../../*.ndjson` is outside the project `{root}`"),
        ("../events/no.ndjson", "there is no file `../events/no.ndjson`"),
        ("../events/*.no", "no file matches `../events/*.no`"),
        ("../events", "`../events` is a folder"),
        ("../events/pipe", "`../events/pipe` is not a regular file"),
        ("../events/link.ndjson", "`../events/link.ndjson` is outside the project `{root}`"),
        ("../events/l*.ndjson", "`{folder}/link.ndjson` is outside the project `{root}`"),
        ("../events/loop.ndjson", "there is no file `../events/loop.ndjson`"),
        ("../events/empty.ndjson", "there is no event in `{name}`"),
        (
            "../events/binary.ndjson",
            "there is no event in `{name}`; {name}:1: not JSON: invalid character, at byte 1",
        ),
        (
            "../events/utf16.ndjson",
            "`{name}` cannot be read: UTF-16, which is not supported; save it as UTF-8",
        ),
        ("../events/cut.ndjson.gz", "`{name}` cannot be read: the compressed feed ends unexpectedly"),
    ],
)
def test_samples_that_cannot_be_read_are_one_error(shop: Path, samples: str, said: str) -> None:
    import os

    folder = shop.parents[1] / "events"
    os.mkfifo(folder / "pipe")
    (folder / "link.ndjson").symlink_to("/etc/hostname")
    (folder / "loop.ndjson").symlink_to("loop.ndjson")
    (folder / "empty.ndjson").touch()
    (folder / "binary.ndjson").write_bytes(bytes(range(256)))
    (folder / "utf16.ndjson").write_bytes(ndjson(_EVENT).encode("utf-16"))
    (folder / "cut.ndjson.gz").write_bytes(gzip.compress(ndjson(_EVENT).encode())[:-12])
    name = os.path.normpath(shop.parent / samples)
    assert _said(_check(shop, samples)) == [
        ("M601", said.format(name=name, folder=folder, root=shop.parents[1].name))
    ]


def test_a_mapping_without_a_file_names_no_samples() -> None:
    found = mapper.check_text(_MAPPING.format(samples="events.ndjson"))
    assert [one.code for one in found if one.severity == "error"] == ["M601"]


def test_what_is_not_read_is_told(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = shop.parents[1] / "events" / "a.ndjson"
    file.write_text(f"{ndjson(_EVENT)}broken\n", encoding="utf-8")
    broken = f"1 of 2 samples cannot be read, the first at {file}:2: not JSON: invalid character, at byte 1"
    assert _said(_check(shop, "../events/a.ndjson")) == [("M602", broken)]
    file.write_text('{"id": "o-1"}\n' * (MOST_EVENTS + 1), encoding="utf-8")
    limit = ("M602", "the samples are read only up to 20,000 events")
    assert limit in _said(_check(shop, "../events/a.ndjson"))


def test_a_changed_sample_is_read_anew(shop: Path) -> None:
    file = shop.parents[1] / "events" / "a.ndjson"
    file.write_text(ndjson(_EVENT), encoding="utf-8")
    assert _check(shop, "../events/a.ndjson") == []
    file.write_text(ndjson({**_EVENT, "email": False}), encoding="utf-8")
    assert [one.code for one in _check(shop, "../events/a.ndjson")] == ["M603"]


@pytest.mark.parametrize(
    "schema",
    [
        {"x-samples": {}},
        {"x-samples": {"events": "many"}, "properties": {"id": {"type": "string", "x-seen": {}}}},
        {"x-samples": {"events": 1}, "properties": {"id": {"type": "string", "x-seen": {"values": 7}}}},
        {"x-samples": {"events": 1}, "properties": {"id": {"type": "string", "x-seen": {"texts": []}}}},
        {"x-samples": {"events": 1}, "properties": {"id": {"$ref": "#/nowhere"}}},
    ],
)
def test_a_schema_that_is_not_as_samples_make_it_tells_less(schema: dict[str, Any]) -> None:
    text = _MAPPING.format(samples="x").replace("source: {samples: x}\n", "")
    assert mapper.check_text(text, samples=schema) == mapper.check_text(text)


@pytest.mark.parametrize(("code", "name"), [("M604", "mailbox"), ("M604", "emailaddr")])
def test_a_comment_may_allow_what_only_samples_tell(code: str, name: str) -> None:
    text = _MAPPING.replace("source: {{samples: {samples}}}\n", "").format()
    text = text.replace("user_data: {em: email", f"user_data:\n    # COMMENT\n    {{em: {name}")
    schema = authoring.source_schema([_EVENT] * 40)
    assert _warned(text, schema) == [code]
    allowing = text.replace("COMMENT", f"mapper: allow {code} sent from May on")
    assert _warned(allowing, schema) == _warned(allowing, None) == []
    assert _warned(allowing, authoring.source_schema([{**_EVENT, name: "a@b.example"}] * 40)) == ["M062"]


@pytest.mark.parametrize(
    ("pattern", "codes"),
    [("item_{n:digits}", []), ("itm_*", ["M604"]), ("*", []), ("item_1", [])],
)
def test_a_pattern_of_names_is_held_against_the_samples(pattern: str, codes: list[str]) -> None:
    text = _MAPPING.replace("source: {{samples: {samples}}}\n", "").format()
    text += f"skip:\n  - {{when: \"present(pick(@, '{pattern}'))\", because: other}}\n"
    assert _warned(text, authoring.source_schema([{**_EVENT, "item_1": "A"}] * 40)) == codes


@pytest.mark.parametrize(
    ("pattern", "codes"),
    [("Product *", []), ("product *", ["M606"]), ("Product {x:letters}", [])],
)
def test_a_pattern_of_is_is_held_against_the_samples(pattern: str, codes: list[str]) -> None:
    text = _MAPPING.replace("source: {{samples: {samples}}}\n", "").format()
    text += f"match: kind\nevents:\n  - {{is: {{pattern: '{pattern}'}}, send: lead}}\n"
    samples = authoring.source_schema([{**_EVENT, "kind": "Product Viewed"}] * 40)
    found = [one.code for one in mapper.check_text(text, samples=samples)]
    assert [code for code in found if code in ("M605", "M606")] == codes


@pytest.mark.parametrize(
    "value",
    [
        "{from: %s, apply: {extract: '%s'}}",
        "{from: %s, apply: [trim, {rewrite: {pattern: '%s', to: x}}]}",
        "\"extract(%s, '%s')\"",
    ],
)
def test_a_pattern_of_a_path_never_matches_what_is_a_whole_url_in_the_samples(value: str) -> None:
    text = _MAPPING.replace("source: {{samples: {samples}}}\n", "").format()
    whole, path = "https://shop.example/product/7", "/product/7"
    for name, page, pattern, codes in (
        ("page", whole, "/product/{sku}", ["M603"]),
        ("page", whole, "*/product/{sku}", []),
        ("page", path, "/product/{sku}", []),
        ("page_url", whole, "/product/{sku}", ["M143"]),
    ):
        written = text.replace(
            "otherwise:", f"  custom_data: {{order_id: {value % (name, pattern)}}}\notherwise:"
        )
        found = mapper.check_text(written, samples=authoring.source_schema([{**_EVENT, name: page}] * 40))
        assert [one.code for one in found if "never matches" in one.message] == codes, (name, page, pattern)


@pytest.mark.parametrize(
    ("constant", "seen", "codes"),
    [
        ("`1`", "1", ["M605"]),
        ("`1`", 2, []),
        ("`1`", -1, []),
        ("'1'", -1, []),
        ("'a-1'", "A1", ["M605"]),
        ("'Sign Up'", "sign_up", ["M605"]),
        ("'O\\'Hara'", "o'hara", ["M605"]),
    ],
)
def test_a_constant_of_another_spelling_is_fixed_as_the_samples_have_it(
    constant: str, seen: Json, codes: list[str]
) -> None:
    text = _MAPPING.replace("source: {{samples: {samples}}}\n", "").format()
    text += f"skip:\n  - {{when: kind == {constant}, because: other}}\n"
    schema = authoring.source_schema([{**_EVENT, "kind": seen}] * 3)
    found = mapper.check_text(text, samples=schema)
    assert [one.code for one in found if one.code == "M605"] == codes
    fixes = [fix for one in found for fix in one.fixes if one.code == "M605"]
    assert len(fixes) == (isinstance(seen, str) and len(codes))
    for fix in fixes:
        fixed = mapper.check_text(edited(text, fix.edits), samples=schema)
        assert not [one for one in fixed if one.code == "M605" or one.severity == "error"]


@pytest.mark.parametrize(("constant", "seen", "codes"), [("1", "1", ["M605"]), ("1", -1, []), ("-1", -1, [])])
def test_a_number_with_another_sign_is_another_one(constant: str, seen: Json, codes: list[str]) -> None:
    text = _MAPPING.replace("source: {{samples: {samples}}}\n", "").format()
    text += f"match: kind\nevents:\n  - {{is: {constant}, send: page_visit}}\n"
    schema = authoring.source_schema([{**_EVENT, "kind": seen}] * 3)
    assert _warned(text, schema) == codes


def _warned(text: str, samples: dict[str, Any] | None) -> list[str]:
    return [one.code for one in mapper.check_text(text, samples=samples) if one.severity == "warning"]


def test_a_comment_may_allow_what_samples_disprove() -> None:
    text = _MAPPING.replace("source: {{samples: {samples}}}\n", "").format()
    text += "skip:\n  # mapper: allow M124 it is always a boolean\n  - {when: internal, because: internal}\n"
    for samples in (authoring.source_schema([{**_EVENT, "internal": False}] * 40), None):
        assert _warned(text, samples) == []


@pytest.mark.parametrize(
    ("id", "value", "codes"),
    [
        ("uid", "ev-{}", []),
        ("data.user_id", "{}", []),
        ("uid", "user-{third}", ["M451"]),
        ("uid", "jane.{}@shop.example", ["M451"]),
        ("page", "https://shop.example/?visit={}", ["M451"]),
        # The mapping itself says that it is a person's.
        ("customer_id", "{}", ["M451"]),
    ],
)
def test_samples_disprove_that_an_attribute_is_shared_by_its_name(
    id: str, value: str, codes: list[str]
) -> None:
    text = _MAPPING.replace("source: {{samples: {samples}}}\n", "").format()
    text = text.replace("event_id: id", f"event_id: {id}").replace(
        "external_id: id", "external_id: customer_id"
    )
    events = []
    for number in range(300):
        made = value.format(number, third=number // 3)
        events.append({**_EVENT, "uid": made, "page": made, "customer_id": made, "data": {"user_id": made}})
    assert _warned(text, authoring.source_schema(events)) == codes
    assert _warned(text, authoring.source_schema(events[:9])) == ["M451"]
    assert _warned(text, None) == ["M451"]


@pytest.mark.parametrize(
    ("id", "value", "codes"),
    [
        ("account", "acc_1", ["M603"]),
        ("fingerprint([account, shop.key])", "acc_1", ["M603"]),
        ("account", 7, ["M603"]),
        ("fingerprint([account, number])", "acc_1", []),
        ("number", "acc_1", []),
        ("account || number", "acc_1", []),
    ],
)
def test_samples_that_all_have_one_value_are_told_apart_by_none(
    id: str, value: Json, codes: list[str]
) -> None:
    text = _MAPPING.replace("source: {{samples: {samples}}}\n", "").format()
    text = text.replace("event_id: id", f'event_id: "{id}"')
    events = [
        {**_EVENT, "account": value, "shop": {"key": "k"}, "number": f"n-{number}"} for number in range(60)
    ]
    found = mapper.check_text(text, samples=authoring.source_schema(events))
    assert [one.code for one in found if one.severity == "warning"] == codes
    assert all("(always the same)" in one.message for one in found if one.code == "M603")
    assert not _warned(text, authoring.source_schema(events[:1] * 60))
    assert _warned(text, authoring.source_schema(events[:9])) == _warned(text, None) == []


@settings(max_examples=examples(30, usual=12))
@given(st.sampled_from(sorted(EVENTS_OF)), st.data())
def test_whatever_the_samples_are_they_add_no_error_and_take_none_away(
    ready: str, data: st.DataObject
) -> None:
    path = _ROOT / "mappings" / f"{ready}.yaml"
    events = data.draw(st.lists(broken_events(EVENTS_OF[ready]), max_size=3))
    schema = authoring.source_schema(events)
    found = mapper.check_mapping(path, samples=schema)
    assert [one for one in found if one.severity == "error"] == []
    # No message shows what the samples hold: it is the same for other texts of the same shape.
    assert "dj0yJnU9abc" not in "".join(one.message + (one.hint or "") for one in found)


@cache
def _segment_schema() -> dict[str, Any]:
    """The schema of the events of a source that none of the cases is for."""
    return authoring.source_schema(real_events("segment"))


@pytest.mark.parametrize("name", some(sorted(path.name for path in _CASES.glob("M*.yaml")), 90))
def test_samples_take_no_error_away(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(_CASES)
    text = (_CASES / name).read_bytes().decode("utf-8")
    errors = [one for one in mapper.check_text(text, name) if one.severity == "error"]
    found = mapper.check_text(text, name, samples=_segment_schema())
    left = [one for one in found if one.severity == "error"]
    assert [(one.code, one.span) for one in left] == [
        (one.code, one.span) for one in errors if one.code != "M601"
    ]


def test_an_editor_completes_the_attributes_of_samples(shop: Path) -> None:
    (shop.parents[1] / "events" / "a.ndjson").write_text(
        ndjson({**_EVENT, "buyer": {"address": {"city": "Berlin"}}}), encoding="utf-8"
    )
    text = _MAPPING.format(samples="../events/a.ndjson").replace("event_id: id", "event_id: buyer.address.")
    analysis = authoring.analyse(text, "shop.yaml", beside=shop)
    offset = text.index("buyer.address.") + len("buyer.address.")
    assert [one.word for one in analysis.complete(offset)][:1] == ["city"]
    given = authoring.analyse(text.replace("\nsource:", "\n# source:"), "shop.yaml", beside=shop)
    assert "city" not in [one.word for one in given.complete(offset + 2)]
    sampled = given.with_samples(authoring.source_schema([{"buyer": {"address": {"town": "Berlin"}}}]))
    assert [one.word for one in sampled.complete(offset + 2)][:1] == ["town"]
