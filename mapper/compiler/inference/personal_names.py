"""Names of attributes -> whether a person's value is likely there: by whole words, in the languages of shops.

Such a name is a reason for a warning, not an error: `PERSONAL_NAMES` in `personal_origins.py`
is the short list of those that are certain.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from mapper.values.frozen import dataclass

# Each word is written as sources write it, less accents; `_` only helps to read, since words are joined.
# "names": personal wherever a name ends in them. "of_a_person": only beside one of "persons", before it or as
# the object around it: `customer_name`, `buyer.name`. "alone": unless one of "things" is there, as in
# `product.nickname`. "head_first": a person may follow the name: `nom_client`.
_TABLE: dict[str, dict[str, str]] = {
    "English": {
        "names": """email e_mail email_address mail_address phone phone_number phone_no telephone
            telephone_number tel_number mobile_number mobile_no mobile_phone cell_phone cell_number
            contact_number whatsapp_number msisdn fax fax_number first_name fname given_name
            fore_name middle_name last_name lname sur_name family_name maiden_name birth_name
            christian_name salutation_name name_and_surname user_name card_holder card_holder_name
            name_on_card recipient recipients_name beneficiary addressee consignee date_of_birth
            birth_date birth_year dob home_address postal_address mailing_address billing_address
            shipping_address delivery_address street_name house_number ssn social_security
            social_security_number passport_number national_id driver_license drivers_license
            license_plate iban credit_card_number card_number cc_number""",
        "alone": """full_name real_name complete_name nick_name whatsapp address_1 address_2 address_line
            street_address birth_day""",
        "of_a_person": """name display_name full_name preferred_name address street mail mobile tel cell
            contact_info contact_details whereabouts""",
        "persons": """customer buyer purchaser shopper user person recipient beneficiary contact guest member
            subscriber patient student passenger traveler traveller cardholder payer payee donor
            attendee visitor employee applicant registrant addressee consignee sender billing traits
            billing_address shipping_address profile""",
        "things": """product item line category brand campaign file store shop company vendor merchant seller
            supplier manufacturer app application event page plan list collection variant sku model
            country state region city currency language course hotel org organization organisation
            department repo repository package class type theme template school bank method domain
            host path content title coupon promotion discount carrier device price gift occasion
            dispositivo warehouse pickup location""",
    },
    "German": {
        "names": """vorname vor_name nachname nach_name familienname zuname geburtsname rufname telefon
            telefon_nummer telefon_nr telefonnr tel_nr handy_nummer handy_nr mobil_nummer
            mobil_telefon mobilfunk mobilfunk_nummer rufnummer festnetz email_adresse mail_adresse
            e_post geburtsdatum geburts_datum strasse strasse_nr strassenname hausnummer haus_nummer
            anschrift lieferanschrift rechnungsanschrift liefer_adresse rechnungs_adresse wohnort
            wohn_adresse empfaenger empfanger ansprechpartner kontakt_person karteninhaber steuer_id
            sozialversicherungsnummer kontoinhaber kunden_name kaeufer_name besteller_name""",
        "alone": "vollstaendiger_name vollname handy geburtstag geburts_tag",
        "of_a_person": "name adresse mail mobil nummer",
        "persons": "kunde kunden kaeufer kaufer besteller empfaenger empfanger nutzer benutzer",
    },
    "French": {
        "names": """prenom prenoms nom_famille nom_usage nom_complet nom_prenom prenom_nom telephone
            telephone_portable telephone_mobile telephone_fixe numero_telephone num_telephone
            num_tel courriel adresse_email adresse_mail adresse_courriel date_naissance naissance
            adresse_livraison adresse_facturation adresse_postale rue nom_rue destinataire
            beneficiaire titulaire_carte numero_securite_sociale""",
        "of_a_person": "nom adresse mail portable",
        "persons": "client clients acheteur destinataire beneficiaire utilisateur contact personne",
        "head_first": "yes",
    },
    "Spanish": {
        "names": """correo correos correo_electronico apellido apellidos primer_apellido segundo_apellido
            nombre_completo nombre_apellidos primer_nombre nombre_pila telefono telefonos
            telefono_movil telefono_fijo numero_telefono numero_movil num_telefono numero_celular
            fecha_nacimiento nacimiento calle direccion_envio direccion_facturacion direccion_postal
            destinatario destinataria beneficiario nif curp titular_tarjeta""",
        "alone": "movil celular cumpleanos",
        "of_a_person": "nombre direccion mail domicilio dni",
        "persons": """cliente clientes comprador usuario destinatario beneficiario contacto persona""",
        "head_first": "yes",
    },
    "Italian": {
        "names": """cognome nome_cognome cognome_nome nome_completo nominativo telefono numero_telefono
            numero_cellulare telefono_cellulare posta_elettronica indirizzo_email indirizzo_mail
            data_nascita nascita indirizzo_spedizione indirizzo_fatturazione via_indirizzo
            numero_civico destinatario beneficiario codice_fiscale intestatario titolare_carta""",
        "alone": "cellulare compleanno",
        "of_a_person": "nome indirizzo mail",
        "persons": "cliente clienti acquirente utente destinatario beneficiario contatto persona",
        "head_first": "yes",
    },
    "Portuguese": {
        "names": """sobrenome apelido nome_completo primeiro_nome ultimo_nome telefone telefones telemovel
            numero_telefone numero_celular correio_eletronico endereco_email endereco_entrega
            data_nascimento nascimento morada rua logradouro destinatario beneficiario cpf
            titular_cartao""",
        "alone": "celular aniversario",
        "of_a_person": "nome endereco mail",
        "persons": """cliente clientes comprador usuario utilizador destinatario contato contacto pessoa""",
        "head_first": "yes",
    },
    "Dutch": {
        "names": """voornaam achternaam familienaam voor_naam achter_naam tussenvoegsel roepnaam
            volledige_naam telefoon telefoon_nummer mobiel_nummer gsm_nummer emailadres email_adres
            mailadres geboortedatum geboorte_datum straat straatnaam huisnummer huis_nummer
            woonplaats aflever_adres factuur_adres bezorg_adres ontvanger begunstigde kaarthouder
            klant_naam bsn""",
        "alone": "mobiel verjaardag",
        "of_a_person": "naam adres mail gsm",
        "persons": "klant klanten koper ontvanger begunstigde gebruiker contactpersoon persoon",
    },
    "Polish": {
        "names": """imie imiona nazwisko imie_nazwisko imie_i_nazwisko telefon numer_telefonu nr_telefonu
            numer_komorki adres_email adres_mail data_urodzenia ulica numer_domu adres_dostawy
            adres_zamieszkania odbiorca beneficjent pesel""",
        "alone": "komorka urodziny",
        "of_a_person": "nazwa adres mail poczta",
        "persons": """klient klienta kupujacy kupujacego odbiorca odbiorcy uzytkownik uzytkownika osoba""",
        "head_first": "yes",
    },
    "Swedish": {
        "names": """fornamn efternamn tilltalsnamn telefon telefonnummer mobilnummer epost e_post
            epostadress fodelsedatum fodelsedag gatuadress mottagare personnummer leveransadress""",
        "of_a_person": "namn adress mobil",
        "persons": "kund kunder kopare mottagare anvandare",
    },
    "Danish and Norwegian": {
        "names": """fornavn efternavn etternavn mellomnavn mellemnavn telefon telefonnummer mobilnummer
            epost e_post epostadresse fodselsdato fodselsdag gateadresse modtager mottaker
            personnummer leveringsadresse""",
        "of_a_person": "navn adresse mobil",
        "persons": "kunde kunder kober kjoper modtager mottaker bruger bruker",
    },
    "Czech and Slovak": {
        "names": """jmeno_prijmeni prijmeni priezvisko krestni_jmeno meno_priezvisko telefon telefonni_cislo
            telefonne_cislo datum_narozeni datum_narodenia ulice prijemce prijemca rodne_cislo""",
        "of_a_person": "jmeno meno adresa mobil",
        "persons": "zakaznik zakaznika kupujici kupujuci prijemce prijemca uzivatel",
        "head_first": "yes",
    },
    "Turkish": {
        "names": """soyad soyadi soyisim ad_soyad adi_soyadi isim_soyisim telefon telefon_numarasi
            cep_telefonu eposta e_posta eposta_adresi dogum_tarihi dogum_gunu alici tc_kimlik
            tc_kimlik_no""",
        "of_a_person": "ad adi isim adres adresi",
        "persons": "musteri alici kullanici",
    },
    "other scripts": {
        "names": """имя_фамилия фамилия отчество телефон почта
            электронная_почта дата_рождения улица получатель
            氏名 姓 電話 電話番号 携帯電話 メール メールアドレス 住所 生年月日 姓名 手机 手机号 电话
            邮箱 地址 收件人""",
    },
}
# Separators between words, which name nothing.
_BETWEEN = frozenset(
    {"a", "and", "d", "da", "de", "del", "di", "do", "du", "e", "et", "i", "la", "le", "of", "van", "y"}
)
# A name that begins so asks about a value, counts it, or is a digest of it.
_ASKING = frozenset(
    {
        *(
            "accept",
            "accepts",
            "allow",
            "allows",
            "can",
            "count",
            "does",
            "had",
            "has",
            "hash",
            "hashed",
            "is",
        ),
        *("md", "no", "num", "sha", "should", "total", "use", "uses", "valid", "verified", "wants", "with"),
        "without",
    }
)
# Such a name says how something came or goes: `order_by_phone`.
_BY = frozenset({"by", "per", "via"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+|[0-9]+")
# Letters that are no other letter with an accent.
_LETTERS = str.maketrans(
    {"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "\u0131": "i", "đ": "d"}
)


@dataclass(frozen=True, slots=True)
class _Language:
    """A row of the table, each name as its words joined."""

    names: frozenset[str]
    alone: frozenset[str]
    of_a_person: frozenset[str]
    persons: frozenset[str]
    head_first: bool


def _joined(row: dict[str, str], key: str) -> frozenset[str]:
    return frozenset(name.replace("_", "") for name in row.get(key, "").split())


_LANGUAGES = tuple(
    _Language(
        _joined(row, "names"),
        _joined(row, "alone"),
        _joined(row, "of_a_person"),
        _joined(row, "persons"),
        "head_first" in row,
    )
    for row in _TABLE.values()
)
_THINGS = frozenset(name for row in _TABLE.values() for name in _joined(row, "things"))


@lru_cache(maxsize=4096)
def is_likely_personal(name: str, above: str = "") -> bool:
    """Whether an attribute's name reads as that of a person's value. above: the object's that it is in."""
    words = _words(name)
    if not words or (len(words) > 1 and words[0] in _ASKING) or not _BY.isdisjoint(words):
        return False
    around = _words(above)
    if any(_ends_in_name(words, around, language) for language in _LANGUAGES):
        return True
    headed = [one for one in _LANGUAGES if one.head_first and words[-1] in one.persons]
    before = words[:-1]
    return any("".join(before) in one.of_a_person for one in headed) or bool(
        headed and any(_ends_in_name(before, around, language) for language in _LANGUAGES)
    )


def _ends_in_name(words: Sequence[str], around: Sequence[str], language: _Language) -> bool:
    """Whether words end in a name, with nothing before it that makes it the name of another thing."""
    for start in range(len(words)):
        ending, before = "".join(words[start:]), words[:start] or around
        if ending in language.names:
            return True
        if ending in language.alone and _are_none(before, _THINGS):
            return True
        if ending in language.of_a_person and _end_in(before, language.persons):
            return True
    return False


def _are_none(words: Sequence[str], known: frozenset[str]) -> bool:
    return not any(word in known or word.removesuffix("s") in known for word in words)


def _end_in(words: Sequence[str], known: frozenset[str]) -> bool:
    """Whether words end in one of some names, or in the plural of one."""
    endings = ["".join(words[start:]) for start in range(len(words))]
    return any(ending in known or ending.removesuffix("s") in known for ending in endings)


def _words(name: str) -> list[str]:
    """The words of a name in any style of writing: lower case, without accents and numbers at the end."""
    plain = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = [word.lower() for word in _WORD.findall(plain)]
    while words and words[-1].isdigit() and "".join(words[-2:]) not in ("address1", "address2"):
        words.pop()
    return [*words[:1], *(word for word in words[1:-1] if word not in _BETWEEN), *words[1:][-1:]]


def are_persons(name: str) -> bool:
    """Whether an object's name says that it holds what is known of a person."""
    return any(_end_in(_words(name), language.persons) for language in _LANGUAGES)
