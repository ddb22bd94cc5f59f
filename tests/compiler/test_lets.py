"""Lets of list rules and of sections: what tools say of them, what they cost, and what they inherit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper import authoring, check_text, compile_mapping, compile_text
from mapper.language_server.renaming import CannotRename, LinkedFiles, rename
from tests.support.effort import calls

_MAPPING = """\
version: 1
target: pinterest/conversions-v5
let: {shop: store.name}
payload:
  event_id: id
  event_time: at
  action_source: {const: web}
  user_data: {em: email}
  custom_data:
    contents:
      each: items
      let:
        id: {from: [product_id, sku]}
        label: {from: "concat($shop, ' ', title, $id)", apply: trim}
      where: present($id)
      item: {id: $id, item_name: $label, item_price: price}
    content_ids: {each: items, let: {id: {from: sku, apply: lowercase}}, item: $id}
match: type
events:
  - is: Order
    let: {order: data.order}
    send: checkout
    payload: {custom_data: {order_id: $order.id}}
  - {is: Refund, let: {order: data.refund}, send: refund, payload: {custom_data: {order_id: $order.id}}}
otherwise: {send: custom}
"""
_EVENT: dict[str, Any] = {
    "type": "Order",
    "id": "1",
    "at": 1777629600,
    "email": "a@b.co",
    "store": {"name": "S"},
    "data": {"order": {"id": 7}},
    "items": [{"sku": "A", "title": "Mug"}, {"price": 1}, {"product_id": "B", "sku": "C", "title": "Lamp"}],
}


def _places(text: str, word: str) -> list[int]:
    found = [text.find(word)]
    while found[-1] >= 0:
        found.append(text.find(word, found[-1] + 1))
    return found[:-1]


def test_a_variable_leads_to_its_own_let() -> None:
    analysis = authoring.analyse(_MAPPING)
    where, identifier, prefixed, of_ids = (_places(_MAPPING, "$id")[at] for at in (1, 2, 0, 3))
    first, second = _places(_MAPPING, "id: {from: [product")[0], _places(_MAPPING, "{id: {from: sku")[0] + 1
    for offset, defined in ((where, first), (identifier, first), (prefixed, first), (of_ids, second)):
        span = analysis.definition(offset + 1)
        assert span is not None
        assert span.start == defined
    assert len(analysis.references(first)) == 3
    assert len(analysis.references(second)) == 1


def test_variables_of_two_sections_are_told_apart() -> None:
    uses = [one for one in authoring.analyse(_MAPPING).variable_uses if one.name == "order"]
    assert len(uses) == 4
    assert len({one.key for one in uses}) == 2


def test_a_let_is_renamed_where_it_is_read_and_nowhere_else() -> None:
    analysis = authoring.analyse(_MAPPING)
    linked = LinkedFiles(lambda _: None, "")
    edits = list(rename(analysis, _places(_MAPPING, "id: {from: [product")[0], "sku_of", linked))
    assert len(edits) == 4
    with pytest.raises(CannotRename, match="already a variable `label`"):
        list(rename(analysis, _places(_MAPPING, "id: {from: [product")[0], "label", linked))


def test_a_value_is_followed_through_a_let_to_what_it_read() -> None:
    trace = authoring.analyse(_MAPPING).trace(_EVENT)
    (flows,) = trace.flows
    read = {flow.path: set(flow.reads) for flow in flows}
    assert {"items[0].sku", "items[0].title", "store.name"} <= read["custom_data.contents[0].item_name"]
    assert "items[2].product_id" in read["custom_data.contents[1].id"]
    assert "data.order.id" in read["custom_data.order_id"]


def test_an_absent_value_is_told_by_what_its_let_reads() -> None:
    text = _MAPPING.replace("item_price: price", "item_price: $price").replace(
        "        label:", "        price: {from: [amount, cost]}\n        label:"
    )
    (table,) = authoring.analyse(text).trace(_EVENT).tables
    row = next(one for one in table.rows if one.path.endswith("item_price"))
    assert row.items[0].why == "absent: `$price` is absent: the item has no `amount`, no `cost`"


def test_hovering_shows_a_let_of_the_first_element() -> None:
    analysis = authoring.analyse(_MAPPING)
    found = analysis.at(_places(_MAPPING, "id: $id")[0] + 5, _EVENT)
    assert found is not None
    assert (found.kind, found.text, found.value) == ("variable", "$id", "A")


@pytest.mark.parametrize(
    ("before", "offered", "hidden"),
    [
        ("item: {id: ", {"$id", "$label", "$shop", "$index"}, {"$order"}),
        ("send: checkout\n    payload: {custom_data: {order_id: ", {"$order", "$shop"}, {"$id"}),
        ("content_ids: {each: ", {"$shop"}, {"$id", "$order"}),
    ],
)
def test_completion_offers_the_lets_that_can_be_read(
    before: str, offered: set[str], hidden: set[str]
) -> None:
    analysis = authoring.analyse(_MAPPING)
    words = {one.word for one in analysis.complete(_MAPPING.index(before) + len(before))}
    assert offered <= words
    assert not hidden & words
    assert not any("~" in word for word in words)


@pytest.mark.parametrize(
    "source", ["$who", "'lowercase($who)'", "{from: $who, apply: trim}", "$person.email", "'$all[0].email'"]
)
def test_a_personal_attribute_is_personal_after_a_let(source: str) -> None:
    lets = "{who: email, person: {from: [customer, '@']}, all: '[@, customer]'}"
    text = _MAPPING.replace(
        "content_ids: {each: items, let: {id: {from: sku, apply: lowercase}}, item: $id}",
        f"content_ids: {{each: buyers, let: {lets}, item: {source}}}",
    )
    found = [one.code for one in check_text(text) if one.code in ("M401", "M439")]
    assert found == ["M401"]


def test_a_let_is_worked_out_once_for_an_element_and_only_where_it_is_read() -> None:
    text = _MAPPING.replace(
        "  label:", "  n: {from: titles, apply: [lowercase, {join_with: '-'}, {truncate: 9}]}\n        label:"
    )
    event = {**_EVENT, "items": [{"sku": "A", "titles": ["t"] * 500, "title": "t"}] * 20}

    def work(read: str) -> int:
        program = compile_text(text.replace("item_price: price", read))
        return calls(lambda: program.apply(event))[0]

    never, once = work("item_price: price"), work("item_brand_id: $n")
    twice = work("item_brand_id: $n, item_brand: $n")
    assert once - never > 20 * 500
    assert twice - once < (once - never) / 4


def _work(text: str, size: int) -> int:
    program = compile_text(text)
    items = [{"sku": f"s{at}", "title": "t" * 10, "price": at} for at in range(size)]
    count, made = calls(lambda: program.apply({**_EVENT, "items": items}))
    assert made[0].payload is not None
    return count


def test_the_work_grows_as_the_list_does() -> None:
    assert _work(_MAPPING, 8_000) < 4.5 * _work(_MAPPING, 2_000)


def test_a_let_that_reads_the_whole_list_again_is_paid_for() -> None:
    text = _MAPPING.replace("title, ", "to_string($event.items), ")
    items = [{"sku": f"s{at}", "title": "t" * 100} for at in range(4_000)]
    (outcome,) = compile_text(text).apply({**_EVENT, "items": items})
    assert any("read again for each element" in str(note.message) for note in outcome.notes)


@pytest.mark.parametrize("form", ["fast", "typed"])
def test_lets_are_locals_of_the_quick_forms(form: Any) -> None:
    program = compile_text(_MAPPING)
    code = program.fast_text if form == "fast" else program.typed_text
    assert "frame.let" not in code
    assert " id_" in code or " id " in code


def test_an_addition_adds_lets_to_an_inherited_list_rule(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "base.yaml").write_text(_MAPPING.replace("version: 1\n", "version: 1\npartial: true\n"))
    own = tmp_path / "own.yaml"
    own.write_text(
        "version: 1\ntarget: pinterest/conversions-v5\nextends: base.yaml\n"
        "payload: {custom_data: {contents: {let: {id: ean, make: maker.name}, item: {item_brand: $make}}}}\n"
        "otherwise: {send: custom}\n"
    )
    assert [one for one in mapper.check_mapping(own) if one.severity == "error"] == []
    (outcome,) = compile_mapping(own).apply({**_EVENT, "items": [{"ean": "9", "maker": {"name": "M"}}]})
    assert outcome.payload is not None
    assert outcome.payload["custom_data"]["contents"] == [{"id": "9", "item_brand": "M"}]


@pytest.mark.parametrize("place", ["mapping", "section", "element"])
@pytest.mark.parametrize("written", ["[a]", f"{{{', '.join(f'v{number}: a' for number in range(201))}}}"])
def test_a_let_that_cannot_be_read_is_reported_alone(place: str, written: str) -> None:
    """Not also each variable that is read of it."""
    lets = {
        "mapping": "{shop: store.name}",
        "section": "{order: data.order}",
        "element": "{id: {from: sku, apply: lowercase}}",
    }
    text = _MAPPING.replace(f"let: {lets[place]}", f"let: {written}")
    assert [one.code for one in check_text(text) if one.severity == "error"] == ["M022"]
