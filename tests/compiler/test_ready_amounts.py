"""The amounts of the ready mappings: never below zero, the sum of the products where nothing else tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import yaml

from mapper import Outcome
from mapper.transforms.currencies import MINOR_UNITS
from tests.oracles.golden import KNOWN_BY_THE_HOST, ROOT, SENT, ready
from tests.support.depth import examples, seeds

Row = Mapping[str, Any]
Product = dict[str, Any]

_ROWS: list[Row] = yaml.safe_load((ROOT / "tests/cases/orders.yaml").read_text("utf-8"))


def _numbered(rows: list[Row]) -> list[Any]:
    return [pytest.param(row, id=f"{row['mapping']}-{at}") for at, row in enumerate(rows, 1)]


_NUMBERED = _numbered(_ROWS)
# Nothing, all of it, more than it: as for orders paid by a gift card, and discounts above the total.
_AMOUNTS = ("0", "3", "5", "20", "24.5", "119", "0.01")
_PRICES = ("10", "10.5", "0.99", "3", "0")


def _filled(value: Any, words: Mapping[str, Any]) -> Any:
    """A template with its words replaced by what they are; an attribute of nothing is left out."""
    if isinstance(value, dict):
        filled = {name: _filled(inner, words) for name, inner in value.items()}
        return {name: inner for name, inner in filled.items() if inner is not None}
    if isinstance(value, list):
        return [_filled(inner, words) for inner in value]
    return words[value] if isinstance(value, str) and value.startswith("<") else value


def _written(amount: Decimal | int | None, scale: int, as_text: bool) -> Any:
    """An amount in the unit of the row's source, as a number or as text."""
    if amount is None:
        return None
    scaled = amount * scale
    if as_text:
        return str(scaled)
    return int(scaled) if scaled == int(scaled) else float(scaled)


def _products(chance: Random) -> list[Product]:
    return [
        {
            "id": f"P-{at}",
            "price": Decimal(chance.choice(_PRICES)),
            "quantity": chance.choice((None, 1, 2, 3)),
        }
        for at in range(chance.randint(1, 3))
    ]


def _sum(products: list[Product]) -> Decimal:
    return sum((one["price"] * (one["quantity"] or 1) for one in products), Decimal(0))


def _outcomes(
    row: Row, amounts: Mapping[str, Decimal], products: list[Product], as_text: bool, currency: str = "EUR"
) -> list[Outcome]:
    """The outcomes of the row's order, with amounts by name and products."""
    scale = 10 ** MINOR_UNITS[currency] if row.get("scale") == "minor" else 1

    def write(amount: Decimal | int | None) -> Any:
        return _written(amount, scale, as_text)

    named = {f"<{name}>": write(amounts.get(name)) for name in ("total", "tax", "shipping", "discount")}
    discount = amounts.get("discount")
    named |= {"<-discount>": write(None if discount is None else -discount), "<sum>": write(_sum(products))}
    words = [
        {
            "<id>": one["id"],
            "<price>": write(one["price"]),
            "<amount>": write(one.get("amount", one["price"] * (one["quantity"] or 1))),
            "<currency>": currency,
            "<quantity>": str(one["quantity"]) if as_text and one["quantity"] else one["quantity"],
        }
        for one in products
    ]
    named |= {
        "<currency>": currency,
        "<ids>": "|".join(one["id"] or "" for one in products),
        "<prices>": "|".join(str(one["price"]) for one in products),
        "<quantities>": "|".join(str(one["quantity"] or 1) for one in products),
        "<products>": [_filled(row.get("product"), one) for one in words],
    }
    return ready(row["mapping"]).apply(_filled(row["event"], named), KNOWN_BY_THE_HOST)


def _payloads(outcomes: list[Outcome]) -> Iterator[dict[str, Any]]:
    for outcome in outcomes:
        assert outcome.rejection is None, outcome.rejection
        if outcome.payload is not None:
            yield outcome.payload.get("custom_data") or {}


def test_each_mapping_has_an_order() -> None:
    assert {row["mapping"] for row in _ROWS} == {path.stem for path in SENT}


@pytest.mark.parametrize("row", _NUMBERED)
def test_no_order_is_sent_with_a_value_below_zero(row: Row) -> None:
    for seed in seeds(200, usual=40):
        chance = Random(seed)
        names = ("total", "tax", "shipping", "discount")
        amounts = {name: Decimal(chance.choice(_AMOUNTS)) for name in names if chance.random() < 0.8}
        products = _products(chance)
        for custom in _payloads(_outcomes(row, amounts, products, chance.random() < 0.5)):
            value = Decimal(custom["value"])
            assert value >= 0, (amounts, products)
            if "total" not in amounts and not row.get("gross"):
                assert value <= _sum(products)


@pytest.mark.parametrize("row", _NUMBERED)
def test_an_order_of_less_than_its_tax_and_shipping_is_worth_its_products(row: Row) -> None:
    """An order that a gift card paid is worth nothing only where nothing is subtracted from its total."""
    products: list[Product] = [{"id": "A-1", "price": Decimal(10), "quantity": 2}]
    for as_text in (False, True):
        amounts = {"total": Decimal(0), "tax": Decimal(3), "shipping": Decimal(5), "discount": Decimal(0)}
        for custom in _payloads(_outcomes(row, amounts, products, as_text)):
            assert row.get("gross") or Decimal(custom["value"]) in (0, 20)


@pytest.mark.parametrize("row", _numbered([row for row in _ROWS if "refund" in row]))
def test_a_refund_is_skipped(row: Row) -> None:
    for as_text in (False, True):
        amounts = {"total": Decimal(-5), "tax": Decimal(0)}
        outcomes = _outcomes(row, amounts, _products(Random(1)), as_text)
        assert [one.skip and one.skip.reason for one in outcomes] == [row["refund"]]


@pytest.mark.parametrize("row", _numbered([row for row in _ROWS if not row.get("gross")]))
def test_an_order_that_only_lists_its_products_is_worth_them(row: Row) -> None:
    for seed in seeds(50, usual=10):
        chance = Random(seed)
        products = _products(chance)
        (custom,) = _payloads(_outcomes(row, {}, products, chance.random() < 0.5))
        assert Decimal(custom["value"]) == _sum(products), products


@pytest.mark.parametrize("row", _NUMBERED)
def test_what_is_counted_is_what_is_listed(row: Row) -> None:
    met = 0
    for seed in range(examples(100, usual=20)):
        chance = Random(seed)
        products = _products(chance)
        for one in products:
            one["id"] = chance.choice((one["id"], one["id"], None, ""))
        for custom in _payloads(_outcomes(row, {"total": Decimal(20)}, products, chance.random() < 0.5)):
            if "num_items" in custom and "contents" in custom:
                met += 1
                assert custom["num_items"] == sum(one.get("quantity", 0) for one in custom["contents"])
    assert met or row["mapping"] == "stripe-checkout"


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD"])
@pytest.mark.parametrize("row", _NUMBERED)
def test_no_amount_has_more_digits_than_its_currency(row: Row, currency: str) -> None:
    """A tax that is taken out, and a price of one of several, are quotients, which seldom end."""
    smallest = Decimal(1).scaleb(-MINOR_UNITS[currency])
    for seed in seeds(50, usual=10):
        chance = Random(seed)
        products = _products(chance)
        for one in products:
            one["price"] = one["price"].quantize(smallest)
            one["amount"] = one["price"] * (one["quantity"] or 1) + smallest * chance.randint(0, 9)
        total = Decimal(1000)
        amounts = chance.choice(({}, {"total": total, "tax": Decimal(91)}))
        for custom in _payloads(_outcomes(row, amounts, products, chance.random() < 0.5, currency)):
            prices = [one.get("item_price", "0") for one in custom.get("contents", ())]
            for amount in (custom["value"], *prices):
                assert Decimal(amount) == Decimal(amount).quantize(smallest), (amount, products)
