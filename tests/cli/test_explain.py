"""`mapper explain` shows where each value comes from, hides persons' values, and tells what a code means."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest

from mapper import CODES, compile_mapping
from mapper.cli.terminal import width
from mapper.codes import example
from mapper.masking import MASK, mask
from mapper.workbench.explanation import explain_event
from tests.support.command import MAPPING, ROOT, SEGMENT, SHOP, WRONG, call, event, ndjson

ORDER = ROOT / "playground/events/order.json"

_TABLE = """\
small.yaml
+ step inserted because the target requires it; * required field

in each of the 2 sections that send
path             expression    steps                                  type
action_source *  constant web                                         string
event_id *       id            +without_placeholder                   string
event_time *     at            +timestamp                             integer
user_data.em     email         +clean +digest +email +sha256 +unique  array of string

checkout: is order (small.yaml:13)
path                  expression         steps                    type
event_name *          constant checkout                           string
custom_data.value     the first of       +decimal +note_negative  string
                        paid
                        total
custom_data.currency  constant EUR                                string

page_visit: is view (small.yaml:16)
path          expression           steps  type
event_name *  constant page_visit         string

small.yaml: checkout 3 of 11 signals (no hashed_maids, client_ip_address, client_user_agent, \
click_id, external_id, event_source_url, order_id, contents[].id) · page_visit 2 of 11 (no \
hashed_maids, client_ip_address, client_user_agent, click_id, external_id, event_source_url, \
order_id, value, contents[].id)
"""

_TRACE = """\
sent

skip     boolean(test)       false (test is absent)
match    type                "order"
section  checkout: is order  matched

checkout: is order (small.yaml:13)
event_name *                       "checkout"  (constant)
action_source *                    "web"  (constant)
event_id *                         "o-1"
  id
    +without_placeholder           (unchanged)
event_time *                       1777629600
  at                               "2026-05-01T10:00:00Z"
    +timestamp                     1777629600
user_data.em                       ["424744f6…"]
  email                            "***"
    +clean +digest +email +sha256  "***"
    +unique                        ["***"]
custom_data.value                  "1.5"
  the first of
    paid                           (absent: the event has no `paid`)
    total                          1.5
      +decimal +note_negative      "1.5"
custom_data.currency               "EUR"  (constant)
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small mapping, in a folder to be in."""
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(MAPPING.replace("value: total", "value: {from: [paid, total]}"))
    return Path("small.yaml")


def test_a_mapping_is_a_table_of_its_payload(small: Path) -> None:
    ran = call("explain", small)
    assert (ran.exit_code, ran.stdout) == (0, _TABLE)


def test_with_an_event_each_step_shows_its_value_and_each_absence_its_reason(small: Path) -> None:
    Path("event.json").write_text(json.dumps(event(1)))
    ran = call("explain", small, "event.json")
    assert (ran.exit_code, ran.stdout) == (0, _TRACE)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"test": True}, "skipped: a test order (small.yaml:5:5)\n"),
        ({"type": "return"}, "skipped: unmapped: a name that no section takes; --reveal shows it\n"),
        ({"at": "yesterday"}, "rejected\n  event_time: "),
        ({"total": "much"}, "sent\n  note: custom_data.value: not a number (small.yaml:"),
    ],
)
def test_it_says_what_the_event_ends_as(small: Path, changes: dict[str, object], told: str) -> None:
    ran = call("explain", small, "-", stdin=json.dumps(event(1, **changes)))
    assert ran.exit_code == 0
    assert ran.stdout.startswith(told)


_PERSONAL = """\
name: personal
version: 1
target: pinterest/conversions-v5
let: {mail: email}
payload:
  action_source: {const: web}
  event_time: at
  event_id: KEY
  user_data: {em: $mail, client_ip_address: ip, client_user_agent: agent}
  custom_data: {FIELD}
otherwise: {send: checkout}
"""
_KEYS = (
    "id",
    "{from: email, apply: fingerprint}",
    "{from: $mail, apply: fingerprint}",
    "{from: customer, apply: fingerprint}",
)
_FIELDS = (
    "order_id: {from: email, personal: allowed}",
    "order_id: {from: [number, $mail], personal: allowed}",
    "contents: {each: lines, item: {item_name: {from: email, personal: allowed}, id: sku}}",
)


@pytest.mark.parametrize(
    ("key", "field"), [*((key, "") for key in _KEYS), *(("id", field) for field in _FIELDS)]
)
def test_values_of_persons_are_shown_only_where_asked(tmp_path: Path, key: str, field: str) -> None:
    path = tmp_path / "personal.yaml"
    path.write_text(_PERSONAL.replace("KEY", key).replace("FIELD", field))
    mail = "canary@example.com"
    source = event(1, email=mail, ip="203.0.113.77", agent="canary", customer={"mail": mail, mail: mail})
    source["lines"] = [{"email": mail, "sku": "s"}]
    for arguments in ((), ("--format", "json")):
        hidden = call("explain", path, "-", *arguments, stdin=json.dumps(source))
        assert hidden.exit_code == 0
        assert not [one for one in ("canary", "203.0.113.77") if one in hidden.output]
        assert MASK in hidden.stdout
        shown = call("explain", path, "-", *arguments, "--reveal", stdin=json.dumps(source))
        assert "canary@example.com" in shown.stdout
        assert MASK not in shown.stdout


def test_what_is_no_person_s_is_shown(small: Path) -> None:
    small.write_text(MAPPING.replace("  event_id: id", "  event_id: {from: email, apply: fingerprint}"))
    told = call("explain", small, "-", stdin=json.dumps(event(1))).stdout
    assert re.search(r'^event_id \* +"[0-9a-f]{8}…"\n  email +"\*\*\*"$', told, re.MULTILINE)
    assert '"2026-05-01T10:00:00Z"' in told


def test_of_the_shop_s_order_no_value_of_a_person_is_shown() -> None:
    order = json.loads(ORDER.read_bytes())
    personal = [order["userId"], order["context"]["ip"], order["context"]["userAgent"]]
    personal += [one for one in order["context"]["traits"].values() if isinstance(one, str)]
    ran = call("explain", SEGMENT, ORDER)
    assert ran.exit_code == 0
    assert not [one for one in personal if one in ran.stdout]
    assert all(width(line) <= 140 for line in ran.stdout.splitlines())


def test_a_mask_keeps_the_shape_and_what_is_absent() -> None:
    assert mask({"a": ["x", 1, None, " "], "b": {"c": False}}) == {
        "a": [MASK, MASK, None, " "],
        "b": {"c": MASK},
    }
    assert mask({"ada@example.com": 1, "+14155550132": 2}) == {MASK: MASK}


def test_a_line_of_a_file_is_named_as_rejects_name_it(small: Path) -> None:
    Path("events.ndjson").write_text(ndjson(event(1), "", {"type": "return"}, "{"))
    assert call("explain", small, "events.ndjson").stdout.startswith("sent\n")
    assert call("explain", small, "events.ndjson:3").stdout.startswith("skipped: unmapped: a name that")
    broken = call("explain", small, "events.ndjson:4")
    assert (broken.exit_code, broken.stderr) == (1, "mapper: events.ndjson:4: not JSON: unexpected end\n")
    for wrong in ("events.ndjson:2", "events.ndjson:0", "events.ndjson:99", "nothing.json"):
        assert call("explain", small, wrong).exit_code == 2


@pytest.mark.parametrize("name", ["events.json", "session.har"])
def test_any_line_of_an_event_names_it(small: Path, name: str) -> None:
    urls = [{"request": {"url": f"https://shop.example/{number}"}} for number in range(3)]
    events = [event(1), {"type": "return"}, event(2)] if name == "events.json" else urls
    text = json.dumps(events if name == "events.json" else {"log": {"entries": events}}, indent=1)
    Path(name).write_text(text, encoding="utf-8")
    begins = [at for at, line in enumerate(text.splitlines(), 1) if line.strip() == "{" or line == " {"]
    heads = [at for at in begins if text.splitlines()[at - 1] == (" {" if name == "events.json" else "   {")]
    assert len(heads) == 3
    of_line = [call("explain", small, f"{name}:{line}").stdout for line in range(heads[0], heads[2])]
    second = heads[1] - heads[0]
    assert set(of_line[:second]) == {of_line[0]}
    assert set(of_line[second:]) == {of_line[second]}
    assert call("explain", small, f"{name}:{heads[0] - 1}").exit_code == 2


@pytest.mark.parametrize("name", ["events.json", "session.har", "events.ndjson"])
def test_the_first_event_of_a_line_with_several_is_told_to_be_that(small: Path, name: str) -> None:
    entries = [{"request": {"url": f"https://shop.example/{number}"}} for number in range(3)]
    texts = {
        "events.json": json.dumps([event(1), event(2), event(3)]),
        "session.har": json.dumps({"log": {"entries": entries}}),
        "events.ndjson": ndjson(event(1), event(2), event(3)),
    }
    Path(name).write_text(texts[name], encoding="utf-8")
    told = call("explain", small, f"{name}:1").stderr
    expected = f"mapper: {name}:1 has 3 events, and this is the first; `jq . FILE` writes each event on lines"
    assert told.startswith("" if name == "events.ndjson" else expected)
    assert bool(told) == (name != "events.ndjson")


def test_json_has_a_section_for_each_table(small: Path) -> None:
    found = json.loads(call("explain", small, "--format", "json").stdout)
    assert [one["title"] for one in found["sections"]] == ["checkout", "page_visit"]
    em = next(row for row in found["sections"][0]["rows"] if row["path"] == "user_data.em")
    assert em["steps"][0] == {"text": "clean", "inserted": True}
    assert "value" not in em
    traced = json.loads(call("explain", small, "-", "--format", "json", stdin=json.dumps(event(1))).stdout)
    assert [one["outcome"] for one in traced["outcomes"]] == ["payload"]
    assert {row["path"]: row["value"] for row in traced["sections"][0]["rows"]}["event_time"] == 1777629600


def test_code_is_the_generated_python(small: Path) -> None:
    ran = call("explain", small, "--code")
    assert ran.stdout == compile_mapping(small).code.text
    compile(ran.stdout, "code", "exec")


def test_code_without_a_form_is_asked_to_stand_last(small: Path) -> None:
    ran = call("explain", "--code", small)
    assert ran.exit_code == 2
    assert ran.stderr.endswith(" `--code` without a value must be the last argument\n")


def test_code_takes_no_event_and_tells_of_a_form_that_is_not_there(small: Path) -> None:
    ran = call("explain", small, "-", "--code", "fast")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.endswith("--code prints the code of a mapping and takes no EVENT\n")
    small.write_text(small.read_text().replace("version: 1", "version: 1\nsplit: '[@]'"))
    assert call("explain", small, "--code", "fast").exit_code == 0
    ran = call("explain", small, "--code", "typed")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert " has no typed form; docs/speed.md says which mappings do\n" in ran.stderr


def test_a_mapping_with_errors_is_status_1(small: Path) -> None:
    small.write_text(WRONG)
    for arguments in ((), ("--code",)):
        ran = call("explain", small, *arguments)
        assert (ran.exit_code, ran.stdout) == (1, "")
        assert ran.stderr.startswith("error[M301]")


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_a_page(code: str) -> None:
    ran = call("explain", code.lower())
    assert ran.exit_code == 0
    assert ran.stdout.startswith(f"{CODES[code].severity}[{code}]: {CODES[code].title}\n")
    assert CODES[code].fix in ran.stdout
    # Its example is shown as `check` would, without the folder that it was in.
    files = ("shop.yaml", "intake.yaml", "mapper.yaml", *(name for name, _ in example(code).beside))
    assert f"[{code}]" in ran.stdout
    assert any(f"--> {file}:" in ran.stdout for file in files)
    assert ran.stdout.replace("\n", "").isprintable()
    page = json.loads(call("explain", code, "--format", "json").stdout)
    assert (page["code"], page["fix"]) == (code, CODES[code].fix)


def test_what_is_no_mapping_and_no_code_is_status_2() -> None:
    near = call("explain", "m9060")
    assert (
        near.exit_code,
        near.stderr.endswith(
            "m9060 is neither a mapping file, a code, nor a word of mappings; did you mean M906?\n"
        ),
    ) == (2, True)
    assert call("explain", "nowhere.yaml").exit_code == 2


def test_a_missing_file_is_told_with_the_near_one(tmp_path: Path) -> None:
    (tmp_path / "first.yaml").touch()
    ran = call("explain", str(tmp_path / "first.yml"))
    assert ran.exit_code == 2
    assert f"there is no file {tmp_path / 'first.yml'}; did you mean {tmp_path / 'first.yaml'}?" in ran.stderr
    assert "is a folder" in call("explain", str(tmp_path)).stderr


def test_a_template_is_shown_as_written_and_a_constant_as_json(tmp_path: Path) -> None:
    text = Path(SEGMENT).read_text("utf-8").split("name:")[0] + (
        "name: t\nversion: 1\ntarget: pinterest/conversions-v5\npayload:\n  action_source: {const: web}\n"
        "  event_id: id\n  event_time: time\n  user_data: {em: email}\n"
        "  custom_data: {content_name: {template: 'Booking[ - {coupon.campaign}]'}}\n"
        "otherwise: {send: checkout}\n"
    )
    (tmp_path / "t.yaml").write_text(text, "utf-8")
    shown = call("explain", str(tmp_path / "t.yaml")).stdout
    assert '{template: "Booking[ - {coupon.campaign}]"}' in shown


def test_events_of_the_shop_can_be_explained_whatever_they_end_as() -> None:
    for number in range(1, len(SHOP.read_bytes().splitlines()) + 1, 8):
        assert call("explain", SEGMENT, f"{SHOP}:{number}").exit_code in (0, 1)


_WHOLE = """
name: whole
version: 1
target: pinterest/conversions-v5
skip:
  - {when: "email == 'qa@example.com'", because: ours}
consent: {granted: answer, when_missing: granted, when_denied: {strip: [custom_data.order_id]}}
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  user_data: {em: email}
  custom_data:
    order_id: order.number
    contents:
      each: lines
      item:
        id: sku
        item_price: minor_units(price, currency)
        item_name: {from: email, personal: allowed}
match: MATCH
events:
  - {is: order, send: checkout}
  - {is: view, send: page_visit}
"""
_ORDER = event(
    1,
    answer="perhaps",
    lines=[
        {"sku": "a", "price": 100, "currency": None, "email": "canary@example.com"},
        *({"sku": "b"} for _ in range(6)),
    ],
)


def _explained(tmp_path: Path, *arguments: str, match: str = "type") -> str:
    path = tmp_path / "whole.yaml"
    path.write_text(_WHOLE.replace("MATCH", match))
    ran = call("explain", path, "-", *arguments, stdin=json.dumps(_ORDER))
    assert ran.exit_code == 0
    return ran.stdout


def test_what_was_asked_and_what_each_item_gave_stands_in_the_text(tmp_path: Path) -> None:
    told = [line.rstrip() for line in _explained(tmp_path).splitlines()]
    assert told[3:7] == [
        "skip     email == '70a84243…'  false (email is \"***\")",
        'match    type                  "order"',
        "section  checkout: is order    matched",
        "consent  answer                unreadable: sent without custom_data.order_id",
    ]
    begin = next(place for place, line in enumerate(told) if line.startswith("    [].item_price"))
    assert [" ".join(line.split()) for line in told[begin : begin + 7]] == [
        "[].item_price: minor_units(price, currency) +decimal",
        "[0] (absent: `minor_units`: its `currency` is absent (`currency` is null))",
        "[1] [2] (absent: the item has no `price`)",
        "[].item_name: email +text +trim",
        '[0] "***"',
        "[1] [2] (absent: the item has no `email`)",
        "... 4 more",
    ]


def test_what_was_asked_is_masked_unless_it_is_to_be_revealed(tmp_path: Path) -> None:
    for form, match in (("text", "type"), ("json", "type"), ("text", "email"), ("json", "email")):
        hidden = _explained(tmp_path, "--format", form, match=match)
        assert not [one for one in ("perhaps", "canary@", "ada1@") if one in hidden]
        shown = _explained(tmp_path, "--format", form, "--reveal", match=match)
        revealed = ("perhaps", "canary@", "ada1@") if match == "type" else ("ada1@",)
        assert not [one for one in revealed if one not in shown]
    (asked,) = json.loads(_explained(tmp_path, "--format", "json"))["decisions"]
    assert [(one["part"], one["told"]) for one in asked[1:3]] == [("match", ""), ("section", "matched")]
    assert asked[1]["value"] == "order"
    rows = json.loads(_explained(tmp_path, "--format", "json"))["sections"][0]["rows"]
    price = next(row for row in rows if row["path"] == "custom_data.contents[].item_price")
    assert (price["more"], price["items"][1]) == (
        4,
        {"place": 1, "read": None, "value": None, "why": "absent: the item has no `price`"},
    )


def test_sections_for_other_values_stand_together(tmp_path: Path) -> None:
    told = [" ".join(line.split()) for line in _explained(tmp_path, match="kind").splitlines()]
    assert told[0] == "skipped: unmapped: no name"
    assert told[-2:] == [
        "match kind (absent: the event has no `kind`)",
        "section checkout: is order; page_visit: is view not matched",
    ]


_ONE_TEXT = """version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  event_source_url: url
  user_data:
    em: mail
    ct: town
    client_ip_address: ip
    client_user_agent: agent
    click_id: query_parameter(url, 'epik')
  custom_data: {content_name: title, order_id: number}
match: kind
events:
  - {is: order, send: checkout}
"""


def test_a_text_that_is_a_persons_in_one_field_is_masked_within_all_others(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(_ONE_TEXT)
    event = {
        **{"kind": "order", "id": "Oslo-1", "at": 1777629600, "ip": "203.0.113.7", "agent": "probe/1"},
        **{"mail": "ada lovelace@example.com", "town": "Oslo", "number": "n-oslovian"},
        "url": "https://x.example/?epik=dj0abc&of=Oslo&by=probe%2F1&a=1",
        "title": "A mug from OSLO, for probe/1",
    }
    (tmp_path / "e.json").write_text(json.dumps(event))
    found = explain_event(tmp_path / "m.yaml", event)
    values = {row.path: row.value for row in found.tables[0].rows}
    assert values["event_source_url"] == "https://x.example/?epik=***&of=***&by=***&a=1"
    assert values["custom_data.content_name"] == "A mug from ***, for ***"
    assert values["event_id"] == "***-1"
    assert values["custom_data.order_id"] == "n-oslovian"
    rows = json.dumps([asdict(row) for row in found.tables[0].rows])
    assert not [one for one in ("dj0abc", "Oslo", "OSLO", "probe") if one in rows]
    revealed = explain_event(tmp_path / "m.yaml", event, reveal=True).tables[0].rows
    assert event["url"] in [row.value for row in revealed]


@pytest.mark.parametrize("written", ["jane.doe@example.com", "jane.doe%40example.com"])
def test_an_address_in_a_url_that_decides_is_masked(tmp_path: Path, written: str) -> None:
    mapping = MAPPING.replace(
        "skip:\n", "skip:\n  - {when: \"contains(page, '/reset/')\", because: no shop}\n"
    )
    assert mapping != MAPPING
    (tmp_path / "m.yaml").write_text(mapping)
    (tmp_path / "e.json").write_text(json.dumps(event(1, page=f"https://shop.example/reset/{written}/x")))
    told = call("explain", tmp_path / "m.yaml", tmp_path / "e.json").output
    assert ("contains(page" in told, "jane" in told, "***" in told) == (True, False, True)
