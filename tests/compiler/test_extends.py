"""A mapping takes over what other files of its project say, and what stands in it wins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper import CompileError, Diagnostic, authoring, check_text, compile_mapping, compile_text
from mapper.compiler.syntax.language_keys import WHOLE_KEYS

pytestmark = pytest.mark.quick

_BASE = """\
version: 1
partial: true
expects: [items, email]
let:
  user: {from: [context.traits, traits]}
  phone: $user.phone
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  user_data: {em: $email, ph: $phone}
match: event
events:
  - is: Order Completed
    send: checkout
    payload:
      custom_data: {num_items: length($items), currency: {const: USD}}
  - {is: Signed Up, send: signup}
  - {is: Cart Viewed, skip: no event for it}
otherwise: {send: page_visit}
"""
_SHOP = """\
version: 1
target: pinterest/conversions-v5
extends: base/commerce.yaml
let:
  items: products
  email: mail
"""
_EVENT = {
    "id": "1",
    "at": 1777629600,
    "mail": "a@b.co",
    "traits": {"phone": "+49 30 1234567"},
    "products": [{}],
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for folder in (".git", "base"):
        (tmp_path / folder).mkdir()
    write("base/commerce.yaml", _BASE)
    return tmp_path


def write(path: str, text: str) -> str:
    Path(path).write_text(text, encoding="utf-8")
    return path


def sent(path: str, event: dict[str, Any]) -> dict[str, Any]:
    (outcome,) = compile_mapping(path).apply({**_EVENT, **event})
    return outcome.payload or {"skip": outcome.skip, "rejection": outcome.rejection}


def check_mapping(path: str) -> list[Diagnostic]:
    """What is found less advice."""
    return [one for one in mapper.check_mapping(path) if one.severity != "advice"]


def codes(path: str) -> list[tuple[str, str]]:
    return [(one.code, one.span.place) for one in check_mapping(path)]


def test_a_mapping_takes_over_lets_payload_match_events_and_otherwise() -> None:
    shop = write("shop.yaml", _SHOP)
    assert codes(shop) == []
    order = sent(shop, {"event": "Order Completed"})
    assert order["event_name"] == "checkout"
    assert order["custom_data"] == {"num_items": 1, "currency": "USD"}
    assert set(order["user_data"]) == {"em", "ph"}
    assert sent(shop, {"event": "Signed Up"})["event_name"] == "signup"
    assert sent(shop, {"event": "Cart Viewed"})["skip"].reason == "no event for it"
    assert sent(shop, {"event": "?"})["event_name"] == "page_visit"


def test_what_stands_in_a_mapping_wins_field_by_field() -> None:
    own = """\
payload:
  action_source: {const: offline}
  user_data: {ph: {const: null}, external_id: id}
events:
  - {is: Signed Up, send: lead}
otherwise: skip
"""
    shop = write("shop.yaml", _SHOP + own)
    assert codes(shop) == []
    payload = sent(shop, {"event": "Signed Up"})
    assert (payload["event_name"], payload["action_source"]) == ("lead", "offline")
    assert set(payload["user_data"]) == {"em", "external_id"}
    assert sent(shop, {"event": "?"})["skip"].kind == "unmapped"


def test_lets_bind_late() -> None:
    shop = write("shop.yaml", _SHOP + "  user: visitor\n")
    assert set(sent(shop, {"event": "Signed Up"})["user_data"]) == {"em"}


def test_the_later_of_two_files_wins_and_one_reached_twice_counts_once() -> None:
    write(
        "base/id.yaml",
        "version: 1\npartial: true\nskip: {when: boolean(test), because: a test}\nlet: {email: first}\n",
    )
    write("base/a.yaml", "version: 1\npartial: true\nextends: id.yaml\nlet: {email: second}\n")
    write("base/b.yaml", "version: 1\npartial: true\nextends: id.yaml\nlet: {items: products}\n")
    text = _SHOP[: _SHOP.index("let:")].replace(
        "base/commerce.yaml", "[base/commerce.yaml, base/a.yaml, base/b.yaml]"
    )
    shop = write("shop.yaml", text)
    assert [code for code, _ in codes(shop)] == []
    assert (
        sent(shop, {"first": "a@b.co", "second": "c@d.co"})["user_data"]["em"]
        == (sent(write("own.yaml", _SHOP), {"mail": "c@d.co"})["user_data"]["em"])
    )


def test_a_mistake_is_shown_in_the_file_it_stands_in() -> None:
    write("base/commerce.yaml", _BASE.replace("ph: $phone", "phone_number: $phone"))
    assert codes(write("shop.yaml", _SHOP)) == [("M301", "base/commerce.yaml:11:27")]


def test_a_let_that_is_expected_and_not_there_is_reported_at_extends() -> None:
    shop = write("shop.yaml", _SHOP.replace("  email: mail\n", ""))
    (found,) = check_mapping(shop)
    assert (found.code, found.span.place) == ("M032", "shop.yaml:3:10")
    assert found.hint == "add `email: EXPRESSION` under `let`"
    assert found.related[0][0].place == "base/commerce.yaml:3:18"


def test_a_partial_file_checks_and_does_not_run() -> None:
    assert codes("base/commerce.yaml") == []
    write("base/commerce.yaml", _BASE.replace("version: 1", "version: 1\ntarget: pinterest/conversions-v5"))
    assert codes("base/commerce.yaml") == []
    with pytest.raises(CompileError, match="M033 this file is partial"):
        compile_mapping("base/commerce.yaml")


def test_a_partial_file_with_a_target_is_checked_against_it() -> None:
    text = _BASE.replace("version: 1", "version: 1\ntarget: pinterest/conversions-v5")
    write("base/commerce.yaml", text.replace("ph: $phone", "ph: $fone"))
    assert codes("base/commerce.yaml") == [("M028", "base/commerce.yaml:12:31")]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("base/commerc.yaml", "there is no file `base/commerc.yaml`"),
        ("../outside.yaml", "`../outside.yaml` is outside the project"),
        ("/etc/hostname", "`/etc/hostname` is not a path relative to this file"),
        ("base", "`base` cannot be read: not a regular file"),
        ("link.yaml", "`link.yaml` is outside the project"),
        ("latin.yaml", "`latin.yaml` cannot be read: not UTF-8, at byte 0"),
    ],
)
def test_a_file_that_cannot_be_extended_is_one_clear_error(project: Path, written: str, message: str) -> None:
    outside = project.parent / "outside.yaml"
    outside.write_text(_BASE, encoding="utf-8")
    (project / "link.yaml").symlink_to(outside)
    (project / "latin.yaml").write_bytes(b"\xff")
    (found,) = check_mapping(write("shop.yaml", _SHOP.replace("base/commerce.yaml", written)))
    assert (found.code, found.span.place) == ("M030", "shop.yaml:3:10")
    assert found.message.startswith(message)


def test_a_misspelt_path_is_told_the_near_one() -> None:
    (found,) = check_mapping(write("shop.yaml", _SHOP.replace("commerce", "comerce")))
    assert found.hint == "did you mean `base/commerce.yaml`?"


def test_files_that_extend_each_other_are_refused() -> None:
    write("base/commerce.yaml", _BASE + "extends: ../shop.yaml\n")
    (found,) = check_mapping(write("shop.yaml", _SHOP))
    assert (found.code, found.span.place) == ("M031", "base/commerce.yaml:21:10")
    assert found.message == "these files extend each other: shop.yaml → base/commerce.yaml → shop.yaml"


def test_a_mapping_that_extends_itself_is_refused() -> None:
    (found,) = check_mapping(write("shop.yaml", _SHOP.replace("base/commerce.yaml", "./shop.yaml")))
    assert found.code == "M031"


def test_a_text_extends_only_where_it_is_said_to_stand() -> None:
    assert [one.code for one in check_text(_SHOP, "shop.yaml")] == ["M030"]
    assert all(one.severity == "advice" for one in check_text(_SHOP, "edited", beside="shop.yaml"))
    assert compile_text(_SHOP, "edited", beside="shop.yaml").apply(_EVENT)[0].payload


def test_a_mapping_of_partial_files_alone_says_that_it_sends_nothing() -> None:
    write("base/commerce.yaml", _BASE[: _BASE.index("match:")])
    assert codes(write("shop.yaml", _SHOP)) == [("M021", "shop.yaml:1:1")]


_LINES = """\
version: 1
target: pinterest/conversions-v5
extends: base/commerce.yaml
let: {items: products, email: mail}
payload:
  custom_data:
    contents:
      each: $items
      where: sku
      item: {id: sku, quantity: count}
"""
_PRODUCTS = [{"sku": "a", "count": 2, "vendor": "V", "price": 3}, {"sku": "b", "gone": True}, {"vendor": "W"}]


def _contents(text: str) -> Any:
    write("lines.yaml", _LINES)
    write("shop.yaml", text)
    assert [one for one in check_mapping("shop.yaml") if one.severity == "error"] == []
    made = sent("shop.yaml", {"products": _PRODUCTS, "event": "Order Completed"})
    return made["custom_data"].get("contents")


def _shop(rule: str, section: str = "") -> str:
    sections = f"match: event\nevents:\n  - is: Order Completed\n    send: checkout\n{section}"
    payload = f"payload: {{custom_data: {{contents: {rule}}}}}\n" if rule else ""
    head = "version: 1\ntarget: pinterest/conversions-v5\nextends: lines.yaml\n"
    return f"{head}{payload}{sections if section else ''}"


def test_item_without_each_adds_fields_to_the_inherited_rule() -> None:
    made = _contents(_shop("{item: {item_brand: vendor, quantity: {const: null}}}"))
    assert made == [{"id": "a", "item_brand": "V"}, {"id": "b"}]


def test_where_alone_replaces_the_inherited_one() -> None:
    assert _contents(_shop("{where: vendor}")) == [{"id": "a", "quantity": 2}]


def test_a_section_adds_to_what_its_file_adds_to() -> None:
    section = (
        "    payload: {custom_data: {contents: {where: price, item: {item_price: price, id: vendor}}}}\n"
    )
    made = _contents(_shop("{item: {item_brand: vendor}}", section))
    assert made == [{"id": "V", "quantity": 2, "item_brand": "V", "item_price": "3"}]


def test_files_between_add_one_after_the_other() -> None:
    between = _shop("{item: {item_brand: vendor, item_price: count}, where: vendor}")
    write("between.yaml", between.replace("target: pinterest/conversions-v5", "partial: true"))
    text = _shop("{item: {item_price: price}}").replace("lines.yaml", "[lines.yaml, between.yaml]")
    made = _contents(text)
    assert made == [{"id": "a", "quantity": 2, "item_brand": "V", "item_price": "3"}, {"item_brand": "W"}]


def test_another_item_and_a_whole_rule_replace_the_inherited_one() -> None:
    assert _contents(_shop("{each: $items, item: {id: vendor}}")) == [{"id": "V"}, {"id": "W"}]
    assert _contents(_shop("{item: '{id: vendor}'}")) == [{"id": "V"}]


def test_a_partial_file_may_add_to_a_rule_of_another_file() -> None:
    part = "version: 1\ntarget: pinterest/conversions-v5\npartial: true\n"
    write("part.yaml", f"{part}payload: {{custom_data: {{contents: {{item: {{item_brand: vendor}}}}}}}}\n")
    assert codes("part.yaml") == []
    text = _shop("").replace("lines.yaml", "[lines.yaml, part.yaml]")
    assert _contents(text)[0] == {"id": "a", "quantity": 2, "item_brand": "V"}


def test_what_has_nothing_to_add_to_names_the_files_that_were_searched() -> None:
    text = _shop("").replace("lines.yaml", "base/commerce.yaml")
    text += "let: {items: a, email: b}\npayload: {custom_data: {contents: {item: {item_brand: vendor}}}}\n"
    (found,) = [one for one in check_mapping(write("shop.yaml", text)) if one.severity == "error"]
    assert found.code == "M025"
    assert found.message == "`contents` has no inherited rule to add to; searched: `base/commerce.yaml`"


def test_a_variable_that_only_an_addition_reads_is_used_and_each_field_tells_its_file() -> None:
    write("lines.yaml", _LINES)
    text = _shop("{item: {item_brand: $vendor}}") + "let: {vendor: shop.vendor}\n"
    write("shop.yaml", text)
    assert check_mapping("shop.yaml") == []
    rows = authoring.analyse_file("shop.yaml").tables[0].rows
    files = {row.path: row.span.text.name for row in rows if row.span is not None}
    assert files["custom_data.contents[].id"] == "lines.yaml"
    assert files["custom_data.contents[].item_brand"] == "shop.yaml"


# Each key that is inherited as a whole, with two values that contradict each other.
_WHOLES = {
    "consent": (
        "{granted: ok, when_missing: denied, when_denied: skip}",
        "{granted: ok, when_missing: granted, when_denied: skip}",
    ),
    "split": ("orders", "rows"),
    "match": ("type", "event"),
    "otherwise": ("skip", "{send: lead}"),
}
_PARTIAL = "partial: true\nversion: 1\n"
_TAKES_ALL = """\
version: 1
target: pinterest/conversions-v5
payload:
  {action_source: {const: web}, event_id: id, event_time: at, event_source_url: url, user_data: {em: email}}
events: [{when: sale, send: checkout}]
"""


def _reported(*bases: str, own: str = "") -> list[str]:
    write("taker.yaml", f"{_TAKES_ALL}extends: [{', '.join(bases)}]\n{own}")
    return [one.message for one in check_mapping("taker.yaml") if one.code == "M035"]


def test_the_keys_that_are_inherited_as_a_whole_are_all_known() -> None:
    assert set(_WHOLES) == set(WHOLE_KEYS)


@pytest.mark.parametrize("key", sorted(_WHOLES))
def test_two_files_that_contradict_each_other_are_reported_unless_the_mapping_decides(key: str) -> None:
    first, second = _WHOLES[key]
    write("first.yaml", f"{_PARTIAL}{key}: {first}\n")
    write("same.yaml", f"{_PARTIAL}# the same\n{key}:   {first}\n")
    write("second.yaml", f"{_PARTIAL}{key}: {second}\n")
    write("silent.yaml", f"{_PARTIAL}extends: second.yaml\n")
    write("child.yaml", f"{_PARTIAL}extends: first.yaml\n{key}: {second}\n")

    for bases in (("first.yaml", "second.yaml"), ("second.yaml", "silent.yaml", "first.yaml")):
        (message,) = _reported(*bases)
        assert all(f"`{word}`" in message for word in ("first.yaml", "second.yaml", key))
        assert _reported(*bases, own=f"{key}: {second}\n") == []
    assert _reported("first.yaml", "silent.yaml")
    assert _reported("first.yaml", "same.yaml") == []
    assert _reported("first.yaml", "child.yaml") == []
    assert _reported("child.yaml", "first.yaml") == [], "M036 says that this is no order"
    assert _reported("child.yaml", "same.yaml")
