"""What is offered while a mapping is written, and what is told of what is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import mapper
from mapper import authoring
from mapper.compiler.editor.snippets import filled
from tests.support.destinations import SCHEMA_FILES, TARGET_FILES

pytestmark = pytest.mark.quick

_MAPPING = """\
version: 1
target: pinterest/conversions-v5
let:
  email: {from: [context.traits.email, traits.email]}
  items: properties.products
skip:
  - {when: "type == 'identify'", because: no person}
consent:
  granted: context.consent.advertising
  when_missing: granted
  when_denied: {strip: personal}
payload:
  event_id: messageId
  event_time: timestamp
  action_source: {const: web}
  user_data:
    em: $email
    ph:
      from: context.phone
      apply: [{phone: {country: US}}]
  custom_data:
    value: {from: properties.revenue, default: 0}
    contents:
      each: $items
      where: price > `1`
      item:
        id: product_id
        item_price: price
    num_items: sum($items[].quantity)
match: event
events:
  - {is: Order Completed, send: checkout}
  - is: [Product Added]
    send: add_to_cart
    payload:
      custom_data: {order_id: properties.order_id}
"""
_EVENT: dict[str, Any] = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m1",
    "timestamp": "2026-05-01T10:00:00Z",
    "traits": {"email": "Ada@example.com", "odd name": 1},
    "context": {"locale": "en-US", "consent": {"advertising": "yes"}},
    "properties": {
        "revenue": 72.39,
        "order_id": "o1",
        "products": [
            {"product_id": "p0", "price": 0.5, "quantity": 1},
            {"product_id": "p1", "price": 5, "quantity": 2},
        ],
    },
}
_WHOLE = authoring.analyse(_MAPPING)


def _offered(written: str, place: str) -> list[str]:
    """What is offered at the bar in a text that stands in place of another one."""
    text = _MAPPING.replace(place, written, 1)
    assert text != _MAPPING
    offset = text.index("¦")
    begun = _WHOLE.edited(text.replace("¦", "", 1))
    return [one.insert for one in begun.complete(offset, _EVENT)]


@pytest.mark.parametrize(
    ("place", "written", "first"),
    [
        ("em: $email", "em: $¦", ["$email", "$items"]),
        ("em: $email", "em: context.¦", ["consent", "locale"]),
        ("em: $email", "em: context.con¦", ["consent"]),
        ("em: $email", 'em: "context.con¦"', ["consent"]),
        ("em: $email", "em: >-\n      traits.email ||\n      context.con¦", ["consent"]),
        ("em: $email", "em: |\n      context.¦", ["consent", "locale"]),
        ("em: $email", "em: {from: [traits.email, tr¦", ["traits", '"trim()"', '"truncate()"']),
        ("em: $email", "em: {from: [traits.email, trun¦]}", ['"truncate()"']),
        ("em: $email", "em: {from: trun¦, apply: trim}", ['"truncate()"']),
        ("em: $email", "em: {from: [trun¦(a)]}", ["truncate("]),
        ("em: $email", 'em: {from: ["trun¦"]}', ["truncate("]),
        ("em: $email", "em: trun¦", ["truncate("]),
        (
            "{is: Order Completed, send: checkout}",
            "{is: Order Completed, send: ¦",
            ["checkout", "add_payment_info"],
        ),
        (
            "{is: Order Completed, send: checkout}",
            "{is: Added To Cart, send: ¦",
            ["add_to_cart", "add_payment_info"],
        ),
        ("Order Completed, send: checkout}", "anything, send: ¦", ["add_payment_info"]),
        ("em: $email", "em: traits.¦", ["email", '"odd name"']),
        ("em: $email", "em: traits.email | low¦", ["lowercase(@)"]),
        ("em: $email", "em: traits.email | query_p¦", ["query_parameter(@, "]),
        ("em: $email", "em: 'traits.¦", ["email"]),
        ("em: $email", "em: $meta.¦", ["client_ip", "cookies", "headers", "line"]),
        ("em: $email", "em: $event.properties.re¦", ["revenue"]),
        ("em: $email", "¦", ["em: ", "ph: "]),
        ("em: $email", "e¦: $email", ["em"]),
        ("em: $email", "em: {¦", ["const: ", "from: "]),
        ("em: $email", "em: {from: a, ¦", ["apply: ", "default: "]),
        ("em: $email", "em: {from: a, apply: [trim, lo¦", ["{lookup: }", "lowercase"]),
        ("em: $email", "em: {from: a, apply: {phone: {¦", ["country: "]),
        ("{const: web}", "{const: ¦", ["app_android", "app_ios", "web", "offline"]),
        ("{const: web}", "¦", ["{const: app_android}", "{const: app_ios}", "{const: web}"]),
        ("{const: web}", "w¦", ["{const: web}"]),
        ("item_price: price", "item_price: ¦", ["price", "product_id", "quantity", "$email"]),
        ("where: price", "where: pri¦", ["price"]),
        ("sum($items[].quantity)", "sum($items[].¦)", ["price", "product_id", "quantity"]),
        ("sum($items[].quantity)", "$items[?pri¦]", ["price"]),
        ("sum($items[].quantity)", "max_by($items, &pri¦)", ["price"]),
        ("sum($items[].quantity)", "$items[?price > `1`] | [0].¦", ["price", "product_id", "quantity"]),
        ("sum($items[].quantity)", "$items[0].¦", ["price", "product_id", "quantity"]),
        ("sum($items[].quantity)", "properties.{a: rev¦}", ["revenue"]),
        ("sum($items[].quantity)", "(properties | ord¦", ["order_id"]),
        ("- {is: Order Completed, send: checkout}", "- {¦", ["is: ", "send: "]),
        ("- {is: Order Completed, send: checkout}", "- {is: Or¦", ["Order Completed"]),
        ("send: checkout}", "send: ch¦}", ["checkout"]),
        ("    send: add_to_cart\n", "    s¦\n", ["send: ", "skip: "]),
        ("when_missing: granted", "when_missing: ¦", ["granted", "denied"]),
        ("strip: personal", "strip: [user_data.e¦", ["user_data.em", "user_data.external_id"]),
        ("match: event\n", "¦\n", ["match: "]),
        ("match: event\n", "ma¦\n", ["match: "]),
        ("type == 'identify'", "type == ¦", ["'track'"]),
        *(
            ("target: pinterest/conversions-v5", f"target: {begun}¦", [*TARGET_FILES][:2])
            for begun in ("", "pin")
        ),
        ("version: 1\n", "version: 1\nextends: ¦\n", []),
        ("em: $email", "em: {from: a, apply: {extract: '/p/{n:¦}'}}", ["digits", "letters", "word", "slug"]),
        ("em: $email", "em:\n      from: a\n      apply:\n        extract: /p/{n:s¦", ["slug", "space"]),
        ("em: $email", "em: {from: a, apply: [{rewrite: {pattern: '{n:te¦}'", ["text"]),
        ("em: $email", "em: {from: a, apply: {lookup: {patterns: {'{n:h¦}': x}}}}", ["hex"]),
        ("em: $email", "em: \"extract(a, '{b}-{n:di¦}')\"", ["digits"]),
        ("is: Order Completed", "is: {pattern: 'Step {n:di¦}'}", ["digits"]),
    ],
)
def test_what_may_be_written_is_offered_first(place: str, written: str, first: list[str]) -> None:
    found = _offered(written, place)
    assert found[: len(first)] == first or (first == ["match: "] and "match: " in found)


@pytest.mark.parametrize(
    ("written", "begins", "ends"),
    [
        ("em: {from: [traits.email, ¦]}", "", ""),
        ("em: {from: ¦, apply: trim}", "", ""),
        ("em: {from: [traits.email, context.locale || ¦]}", "context.locale || ", ""),
        ("em: {from: a && tr¦, apply: trim}", "a && ", ""),
        ("em: {from: [tr¦ || traits.email, b]}", "", " || traits.email"),
        ("em: {from: a && !tr¦ || traits.email , apply: trim}", "a && !", " || traits.email"),
        ("em: {from: a || tr¦ }", "a || ", ""),
        ("em: {from: a || tr¦ # why\n  }", "a || ", ""),
        ("em: {from: lowercase(¦), apply: trim}", "lowercase(", ")"),
    ],
)
def test_a_call_within_brackets_can_have_a_comma(written: str, begins: str, ends: str) -> None:
    """Put where it is offered, with two arguments, it leaves the text around it as it is, in quotes."""
    text = _MAPPING.replace("em: $email", written, 1)
    place = text.index("¦")
    begun = _WHOLE.edited(text.replace("¦", "", 1))
    offered = [one for one in begun.complete(place, _EVENT) if "(" in one.insert]
    assert offered
    for one in offered:
        call = one.snippet.replace("${1:}", "a, b")
        edits = [(one.span, call), *((edit.span, edit.replacement) for edit in one.also)]
        assert len({span.start for span, _ in edits}) == len(edits)
        found = begun.text.content
        for span, put in sorted(edits, key=lambda edit: -edit[0].start):
            found = found[: span.start] + put + found[span.end :]
        em = yaml.safe_load(found)["payload"]["user_data"]["em"]
        value = em["from"] if isinstance(em["from"], str) else next(x for x in em["from"] if "a, b" in x)
        assert value == begins + call.strip('"') + ends


@pytest.mark.parametrize(
    "written",
    [
        'em: {from: [a."odd name" || tr¦]}',
        "em: {from: ['tr¦']}",
        "em: a || tr¦",
        "em: {from: [tr¦\n      || b, c]}",
        "em: {from: tr¦ || a \n\n      && b, apply: trim}",
    ],
)
def test_a_call_where_quotes_do_not_help_is_begun_as_it_is(written: str) -> None:
    offered = [one for one in _offered(written, "em: $email") if "(" in one]
    assert offered
    assert all(one.endswith(("(", "(@)", "(@, ", ", ")) for one in offered)


@pytest.mark.parametrize(
    ("place", "written"),
    [
        ("em: $email", "em: 'traits' # con¦"),
        ("em: $email", "em: $items.¦"),
        ("em: $email", "em: concat('con¦"),
        ("em: $email", "em: context locale¦"),
        ("em: $email", 'em: "closed"¦'),
        ("em: $email", "em: email.nowhere.¦"),
        ("because: no person", "because: n¦"),
        ("match: event\n", "name: co¦\nmatch: event\n"),
    ],
)
def test_nothing_is_offered_where_nothing_is_known(place: str, written: str) -> None:
    assert _offered(written, place) == []


def test_only_schemas_of_events_are_offered_as_the_source() -> None:
    offered = _offered("version: 1\nsource: ¦\n", "version: 1\n")
    assert offered == sorted(SCHEMA_FILES.keys() - TARGET_FILES.keys())


def test_a_mapping_without_a_target_is_completed_as_one_to_the_target_that_is_sent() -> None:
    text = _MAPPING.replace("target: pinterest/conversions-v5\n", "partial: true\n")
    begun = authoring.analyse(text.replace("em: $email", "em: $"))
    offered = begun.complete(begun.text.content.index("em: $") + 5)
    assert [one.insert for one in offered][:2] == ["$email", "$items"]


def test_what_is_offered_for_any_name_reads_the_attribute_of_that_name() -> None:
    names = ["plain", "odd name", 'a"b', "a\\b", "a\nb", "a\tb", "a\x01b", "größe", "1st", "$x", "", "'"]
    event: dict[str, Any] = {name: place for place, name in enumerate(names)}
    text = _MAPPING.replace("em: $email", "em: ")
    begun = authoring.analyse(text).complete(text.index("em: ") + 4, event)
    offered = {one.word: one.insert for one in begun if one.kind == "attribute"}
    for name in filter(None, names):
        assert mapper.compile_expression(offered[name])(event) == event[name]


def test_a_text_with_other_line_ends_is_read_the_same() -> None:
    text = _MAPPING.replace("em: $email", "em: context.con").replace("\n", "\r\n")
    begun = _WHOLE.edited(text)
    found = begun.complete(text.index("context.con\r") + len("context.con"), _EVENT)
    assert [one.insert for one in found] == ["consent"]
    assert found[0].span.text.content[found[0].span.start : found[0].span.end] == "con"


def test_the_fields_of_a_source_schema_are_offered() -> None:
    text = _MAPPING.replace("version: 1\n", "version: 1\nsource: segment/track\n")
    whole = authoring.analyse(text)
    begun = whole.edited(text.replace("em: $email", "em: properties.curr"))
    (found,) = begun.complete(begun.text.content.index(".curr") + 5)
    assert (found.word, found.kind, found.detail) == ("currency", "attribute", "string or null")
    assert "segment/track" in [one.word for one in whole.complete(text.index("segment/track"))]


def test_the_attributes_of_samples_are_offered(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "events.ndjson").write_text('{"order": {"total": 1, "tax": 2}}\n', encoding="utf-8")
    text = _MAPPING.replace("version: 1\n", "version: 1\nsource: {samples: events.ndjson}\n")
    whole = authoring.analyse(text, beside=tmp_path / "shop.yaml")
    begun = whole.edited(text.replace("em: $email", "em: order.t"))
    found = begun.complete(begun.text.content.index("order.t") + len("order.t"))
    assert [one.word for one in found] == ["tax", "total"]
    told = whole.edited(text.replace("em: $email", "em: order.tax"))
    event = {**_EVENT, "order": {"tax": 7}}
    hover = told.at(told.text.content.index("order.tax") + len("order.t"), event)
    assert hover is not None
    assert (hover.type.partition(" ")[0], hover.value, hover.path) == ("integer", 7, "user_data.em")


def test_files_that_can_be_extended_are_offered(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "identity.yaml").write_text("version: 1\npartial: true\n", encoding="utf-8")
    text = "version: 1\nextends: ba"
    found = authoring.analyse(text, beside=tmp_path / "shop.yaml").complete(len(text))
    assert [one.insert for one in found] == ["base/identity.yaml"]
    found = authoring.analyse(text, texts={"base/new.yaml": ""}).complete(len(text))
    assert [one.insert for one in found] == ["base/new.yaml"]


def test_a_first_text_that_never_was_a_mapping_is_completed() -> None:
    for text in (
        "",
        "v",
        "\n\n  ",
        "- ",
        "{",
        "a: [",
        "'",
        "\t",
        "target: nowhere\nsource: x\npayload:\n  a: b.",
    ):
        authoring.analyse(text).complete(len(text), {"a": 1})
    assert "version: " in [one.insert for one in authoring.analyse("").complete(0)]


@pytest.mark.parametrize(
    ("place", "kind", "path", "value", "meaning"),
    [
        ("email: {", "key", "$email", "Ada@example.com", ""),
        ("em: $email", "key", "user_data.em", None, "**E-mail addresses.**"),
        ("$email", "variable", "user_data.em", "Ada@example.com", ""),
        ("context.phone", "expression", "user_data.ph", _EVENT["context"], ""),
        ("sum(", "function", "custom_data.num_items", 3, "`sum(array of number)`"),
        ("quantity)", "expression", "custom_data.num_items", [1, 2], ""),
        ("price > `1`", "expression", "custom_data.contents", 5, ""),
        ("product_id", "expression", "custom_data.contents[].id", "p1", ""),
        ("send: checkout", "key", "event_name", "checkout", "The event name of the payload"),
        ("phone: {", "transform", "user_data.ph", None, "`phone(value, [country], [plus], "),
        ("default: 0", "key", "", None, "A constant to use if the value is absent"),
        ("type ==", "expression", "skip", "track", ""),
    ],
)
def test_what_is_written_is_told(place: str, kind: str, path: str, value: Any, meaning: str) -> None:
    found = _WHOLE.at(_MAPPING.index(place) + 1, _EVENT)
    assert found is not None
    assert (found.kind, found.path) == (kind, path)
    assert found.meaning.startswith(meaning)
    assert value is None or (found.is_known and found.value == value)


@pytest.mark.parametrize(
    ("place", "is_personal"),
    [("$email", True), ("em: $", True), ("quantity)", False), ("context.phone", True), ("messageId", False)],
)
def test_a_value_that_may_be_a_persons_is_marked(place: str, is_personal: bool) -> None:
    found = _WHOLE.at(_MAPPING.index(place) + 1, _EVENT)
    assert found is not None
    assert (found.is_known, found.personal) == (True, is_personal)


def test_a_step_tells_what_came_out_of_it() -> None:
    steps = "from: properties.revenue, apply: [{add: 1}, {round: 1}]"
    text = _MAPPING.replace("from: properties.revenue", steps)
    analysis = authoring.analyse(text)
    for step, value in (("add", "73.39"), ("round", "73.4")):
        found = analysis.at(text.index(f"{{{step}: 1}}") + 2, _EVENT)
        assert found is not None
        assert (found.kind, found.text, found.is_known) == ("transform", step, True)
        assert str(found.value) == value


def test_the_parts_that_acted_are_those_of_the_section_that_took_the_event() -> None:
    acted = _WHOLE.acted(_EVENT)
    names = [(one.kind, one.name) for one in acted]
    assert ("section", "checkout") in names
    assert ("section", "add_to_cart") not in names
    assert all(one.span.text.content for one in acted)


_BASE = """\
version: 1
partial: true
expects: [items]
let:
  email: mail
payload:
  user_data: {em: $email}
  custom_data: {num_items: length($items)}
"""


def test_a_file_that_is_only_to_be_extended_is_told_and_completed() -> None:
    analysis = authoring.analyse(_BASE, "base.yaml")
    found = analysis.at(_BASE.index("$email") + 2)
    assert found is not None
    assert (found.kind, found.path, found.steps[-2].text) == ("variable", "user_data.em", "sha256")
    found = analysis.at(_BASE.index("num_items"))
    assert found is not None
    assert found.meaning.startswith("**Number of items.**")
    begun = analysis.edited(_BASE.replace("em: $email", "em: $"))
    offered = [one.insert for one in begun.complete(_BASE.index("$email") + 1)]
    assert offered[:2] == ["$items", "$email"]
    begun = analysis.edited(_BASE.replace("{em: $email}", "{e"))
    assert "em: " in [one.insert for one in begun.complete(_BASE.index("{em") + 2)]


def test_a_text_that_yaml_cannot_read_tells_nothing_of_what_is_lost() -> None:
    analysis = authoring.analyse(_MAPPING.replace("  event_id: messageId", "  event_id: {messageId"))
    assert any(one.severity == "error" for one in analysis.diagnostics)
    for offset in range(0, len(_MAPPING), 11):
        found = analysis.at(offset)
        assert found is None or found.span.end - found.span.start < 100


def test_a_value_that_is_absent_has_a_reason() -> None:
    found = _WHOLE.at(_MAPPING.index("context.phone") + len("context.ph"), _EVENT)
    assert found is not None
    assert (found.text, found.value, found.why) == ("context.phone", None, "`context` has no `phone`")
    assert [(one.text, one.inserted) for one in found.steps][:2] == [("clean", True), ("digest", True)]


def test_a_variable_leads_to_its_let_and_to_all_its_uses() -> None:
    use = _MAPPING.index("$items")
    found = _WHOLE.definition(use + 3)
    assert found is not None
    assert found.text.content[found.start : found.end] == "items"
    assert found.line == 5
    assert [(one.line, one.column) for one in _WHOLE.references(found.start)] == [(24, 13), (29, 20)]
    assert _WHOLE.definition(_MAPPING.index("custom_data")) is None
    assert _WHOLE.references(_MAPPING.index("custom_data")) == ()


def test_a_variable_that_a_step_reads_is_one_of_its_uses() -> None:
    text = _MAPPING.replace("country: US", "country: $land").replace("let:\n", "let:\n  land: country\n")
    analysis = authoring.analyse(text)
    assert not [one for one in analysis.diagnostics if one.severity == "error"]
    found = analysis.definition(text.index("$land") + 1)
    assert found is not None
    assert found.line == 4
    assert [one.line for one in analysis.references(found.start)] == [21]


def test_what_a_file_takes_over_is_found_there() -> None:
    base = "version: 1\npartial: true\nlet:\n  email: mail\n"
    text = _MAPPING.replace("let:\n", "extends: base.yaml\nlet:\n").replace(
        "  email: {from: [context.traits.email, traits.email]}\n", ""
    )
    analysis = authoring.analyse(text, texts={"base.yaml": base})
    found = analysis.definition(text.index("$email") + 1)
    assert found is not None
    assert found.place == "base.yaml:4:3"
    extended = analysis.definition(text.index("base.yaml"))
    assert extended is not None
    assert extended.place == "base.yaml:1:1"


def test_the_attributes_come_first_then_variables_own_functions_transforms_and_functions() -> None:
    text = _MAPPING.replace("version: 1\n", "version: 1\nfunctions:\n  twice(a): 'sum([a, a])'\n")
    whole = authoring.analyse(text)
    begun = whole.edited(text.replace("em: $email", "em: "))
    found = begun.complete(begun.text.content.index("em: ") + 4, _EVENT)
    kinds = [one.kind for one in found]
    assert list(dict.fromkeys(kinds)) == ["attribute", "variable", "function", "transform"]
    last = len(kinds) - 1 - kinds[::-1].index("transform")
    assert {one.kind for one in found[last + 1 :]} == {"function"}
    assert next(one.word for one in found if one.kind == "function") == "twice"


def test_an_attribute_has_the_value_of_the_sample() -> None:
    text = _MAPPING.replace("em: $email", "em: properties.")
    found = _WHOLE.edited(text).complete(text.index("em: properties.") + 15, _EVENT)
    assert {one.word: one.sample for one in found} == {"order_id": "o1", "products": None, "revenue": 72.39}


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("events:\n  - ¦\n", "section"),
        ("events:\n  ¦\n", "section"),
        ("tests:\n  - ¦\n", "test"),
        ("tests:\n  ¦\n", "test"),
        ("payload:\n  custom_data:\n    contents:\n      ¦\n", "each"),
        ("payload:\n  custom_data:\n    content_ids:\n      ¦\n", "each"),
        ("payload:\n  custom_data:\n    value:\n      ¦\n", "case"),
        ("payload:\n  custom_data:\n    value:\n      ¦\n", "from"),
        ("payload:\n  custom_data:\n    value:\n      from: a\n      apply: ¦\n", "lookup"),
        ("split¦\n", "split"),
    ],
)
def test_a_snippet_is_a_mapping_without_a_mistake_of_shape(place: str, name: str) -> None:
    sections = "" if place.startswith("events") else "otherwise: {send: custom}\n"
    text = f"version: 1\ntarget: pinterest/conversions-v5\n{sections}{place}"
    offset = text.index("¦")
    found = authoring.analyse(text.replace("¦", "")).complete(offset)
    snippet = next(one for one in found if one.word == name and one.snippet)
    column = offset - text.rindex("\n", 0, offset) - 1
    body = filled(snippet.snippet).replace("\n", "\n" + " " * column)
    made = text[: snippet.span.start] + body + text[offset + 1 :]
    assert [one for one in authoring.analyse(made).diagnostics if one.code < "M1"] == []
