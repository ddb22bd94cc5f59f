"""Which names of attributes read as a person's, and which do not: a table both ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapper import check_mapping
from mapper.compiler.inference.personal_names import is_likely_personal
from mapper.texts.diagnostic import Diagnostic

_PERSONAL = """
    full_name fullName FULL_NAME full-name buyer_full_name recipient gift_recipient beneficiary msisdn
    username userName customer_email customerEmail customer-email email2 e_mail eMail e-mail
    emailAddress user_phone_number phone_no billing_first_name shipping-last-name customer_name
    buyerName contact_name customer_mobile address1 passport_number nickname vorname Vorname nachname
    telefon telefon1 telefonnummer kunden_name kundenName geburtsdatum straße strasse prenom prénom
    nom_client nom_du_client date_de_naissance numero_de_telephone courriel correo correo_electronico
    apellidos teléfono numero_de_telefono nombre_cliente email_cliente celular cognome data_di_nascita
    nome_cliente codice_fiscale sobrenome cpf telemovel voornaam achternaam e-mailadres imie
    imię_i_nazwisko nazwisko nr_telefonu pesel förnamn efternamn fornavn fødselsdato prijmeni
    datum_narozeni soyadi e_posta телефон фамилия 電話番号 手机号
""".split()  # noqa: SIM905
_OTHERS = """
    name product_name brand_name file_name campaign_name list_name phone_case email_template_id
    item_name content_name store_name phone_model smartphone headphone_type category_name event_name
    page_name app_name screen_name company_name host_name hostname domain_name has_email is_phone
    hashed_email sha256_email_address email_opt_in email_subscribed email_subscriber order_by_phone
    via_email title product_full_name productNickname recipient_count recipient_type user_id customer_id
    buyer_id contact_id user_type ip_address mac_address wallet_address client_name variant_name
    collection_name plan_name coupon_name shipping_name payment_method_name currency_name mobile_app
    is_mobile device_mobile telemetry hotel motel channel model mailing_list street_style
    birthday_gift_id cell_size address_type emails_sent author order_name city country region portable
    paper_gsm ilosc_dni name_id nom_produit nombre_producto nome_prodotto naam produktname artikelname
    nazwa_produktu envio_a_domicilio app_movil
""".split()  # noqa: SIM905


@pytest.mark.parametrize("name", _PERSONAL)
def test_a_name_reads_as_a_persons(name: str) -> None:
    assert is_likely_personal(name)


@pytest.mark.parametrize("name", _OTHERS)
def test_a_name_reads_as_another_things(name: str) -> None:
    assert not is_likely_personal(name)


@pytest.mark.parametrize(
    ("above", "name", "personal"),
    [
        *((above, "name", True) for above in ("customer", "customers", "user", "traits", "billing_address")),
        *((above, "name", False) for above in ("product", "properties", "items", "user_agent", "")),
        *((above, "full_name", True) for above in ("user", "data", "")),
        *((above, "full_name", False) for above in ("product", "line_items", "category")),
    ],
)
def test_the_object_around_it_says_whose_name_it_is(above: str, name: str, personal: bool) -> None:
    assert is_likely_personal(name, above) is personal


def _warned(folder: Path, rule: str, user_data: str = "em: email") -> list[Diagnostic]:
    mapping = folder / "shop.yaml"
    mapping.write_text(
        "version: 1\ntarget: pinterest/conversions-v5\npayload:\n  action_source: {const: web}\n"
        f"  event_id: id\n  event_time: time\n  user_data: {{{user_data}}}\n"
        f"  custom_data: {{{rule}}}\notherwise: {{send: checkout}}\n",
        encoding="utf-8",
    )
    return [one for one in check_mapping(mapping) if one.severity != "advice"]


@pytest.mark.parametrize(
    "rule",
    [
        "content_name: buyer_full_name",
        "content_name: customer.name",
        "content_name: {from: [title, recipient]}",
        "order_id: \"concat(id, '-', msisdn)\"",
        "content_ids: 'lines[].telefon'",
        "contents: {each: lines, item: {id: sku, item_name: prenom}}",
        "contents: {zip: {id: ids, item_name: 'vornamen[].vorname'}}",
        "content_ids: values(buyer)",
    ],
)
def test_such_a_name_in_a_text_that_is_sent_as_it_is_is_warned_of(tmp_path: Path, rule: str) -> None:
    found = _warned(tmp_path, rule)
    assert [one.code for one in found] == ["M439"], found


@pytest.mark.parametrize(
    "rule",
    [
        "content_name: product_name",
        "content_name: {from: buyer_full_name, personal: allowed}",
        'content_name: "fingerprint(buyer_full_name)"',
        "content_name: {from: title, when: present(recipient)}",
        "num_items: recipient",
        "value: msisdn",
    ],
)
def test_nothing_is_said_where_it_is_another_thing_or_does_not_leave(tmp_path: Path, rule: str) -> None:
    assert not _warned(tmp_path, rule)


def test_what_is_hashed_beside_it_is_an_error_told_once(tmp_path: Path) -> None:
    found = _warned(tmp_path, "content_name: vorname", "em: email, fn: vorname")
    assert [one.code for one in found] == ["M401"]
