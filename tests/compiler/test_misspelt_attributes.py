"""A name is misspelt where it is one letter from a name that sources give to such an attribute; else not."""

import pytest

import mapper
from mapper.compiler.checks.misspelt_attributes import corrected
from tests.support.command import ROOT


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("emial", "email", "email"),
        ("emali", "email", "email"),
        ("curency", "currency", "currency"),
        ("quanttity", "quantity", "quantity"),
        ("unitPrise", "unit_price", "unitPrice"),
        ("ORDER_NUMBRE", "order_number", "ORDER_NUMBER"),
        ("e-mial", "e_mail", "e-mail"),
        ("usser_id", "user_id", "user_id"),
    ],
)
def test_one_letter_is_corrected_in_the_style_of_the_name(name: str, known: str, meant: str) -> None:
    assert corrected(name, known) == meant


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("emails", "email"),  # a plural
        ("currencyy", "currency"),  # the last letter
        ("telefone", "telefono"),  # another language
        ("uprice", "price"),  # a prefix
        ("line1price", "line2price"),  # a number
        ("orederd", "order"),  # two letters
        ("prie", "price"),  # too short
        ("catégorie", "categorie"),  # an accent
        ("prißce", "price"),  # a letter of another alphabet
        ("email", "email"),
        ("users_id", "user_id"),  # a plural inside
        ("purchasedId", "purchase_id"),
        ("produkt_id", "product_id"),  # German
        ("transaktionId", "transaction_id"),
        ("titel", "title"),
        ("organisation", "organization"),  # British
    ],
)
def test_what_may_be_another_name_is_left_alone(name: str, known: str) -> None:
    assert corrected(name, known) is None


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ("event_properties.email", "event_properties.emial", "M126"),
        ("event_properties.currency, ", "event_properties.curremcy, ", "M458"),
        ("event_properties.currency, ", "event_properties.waehrung, ", None),
    ],
)
def test_an_open_source_schema_takes_no_mistake_away(right: str, wrong: str, code: str | None) -> None:
    path = ROOT / "mappings/amplitude.yaml"
    text = path.read_text(encoding="utf-8")
    assert right in text
    found = mapper.check_text(text.replace(right, wrong), str(path), beside=path)
    assert {one.code for one in found if one.severity != "advice"} == ({code} if code else set())
