"""Consent of platforms: their cookies and strings, read as `granted`, `denied` or `limited`.

`limited` is an opt-out of sale, sharing or targeted advertising under a law of the United States. A signal
that says nothing gives null; one that cannot be read is invalid, which `consent` notes and treats as denied.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

from mapper.transforms.consent_strings import (
    DENIED,
    GRANTED,
    LIMITED,
    read_gpp,
    read_tcf,
    read_us_privacy,
)
from mapper.transforms.meaning import ANY_SIZE, NOTHING
from mapper.transforms.registry import Also, Parameter, transform
from mapper.transforms.text import strip_edges
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json, Type, kind_name, of

_TEXT = of("string")
_ANSWER = Type(frozenset({"string", "null"}), constants=(GRANTED, DENIED, LIMITED))
_YES_OR_NO = Type(frozenset({"string", "null"}), constants=(GRANTED, DENIED))
_VENDOR = of("integer", "string")
_MOST_VENDORS = 65_535
# No cookie and no string of consent comes near it.
_LONGEST = 65_536
_READ = {"granted": True, "denied": False}
_GOOGLE = ("ad_storage", "ad_user_data", "ad_personalization")
_GCS = re.compile(r"G1([01-])([01-])")
_GCD = re.compile(r"1[0-9]([a-z])[0-9]([a-z])[0-9]([a-z])[0-9]([a-z])[0-9].{0,16}")
_GCD_LETTERS = {**dict.fromkeys("pqmu", False), **dict.fromkeys("rntv", True), "l": None}
_GROUP = re.compile(r"[^,:;=]{1,64}(?::[01])?")
# A long cookie is often cut.
_CUT_GROUP = re.compile(r"[^,:;=]{1,64}:?")
_CATEGORY = "(?:^|[,{{])\\s*{}\\s*:\\s*(true|false)\\s*(?:[,}}]|$)"


def _read(value: Json, read: Callable[[str], str | None]) -> str | None:
    """The answer of a text; None where it is blank."""
    if type(value) is not str:
        raise Invalid(SafeText("a consent signal must be text, not {}", kind_name(value)))
    written = strip_edges(value)
    if len(written) > _LONGEST:
        raise Invalid("too long for a consent signal")
    return read(written) if written else None


@transform(
    of("string", "object"),
    _YES_OR_NO,
    keeps=NOTHING,
    grows=ANY_SIZE,
    parameters=(Parameter("storage_suffices", of("boolean"), required=False, role="steers", default=False),),
    examples=[
        ("11r1r1r1r5", GRANTED),
        ("13l3l3l3l1", None),
        ("G101", DENIED),
        ("G111", None),
        ("G111", {"storage_suffices": True}, GRANTED),
        ({"ad_user_data": "GRANTED", "ad_personalization": "DENIED"}, DENIED),
        ({"ad_storage": True, "ad_user_data": "denied"}, DENIED),
    ],
    also=Also("googleconsentmode consentmode gcs gcd"),
)
def google_consent(value: Json, storage_suffices: bool = False) -> str | None:
    """Google's Consent Mode: `gcd` (`11r1r1r1r5`), `gcs` (`G111`), or an object with `ad_storage` and others.

    Denied if `ad_storage`, `ad_user_data` or `ad_personalization` is denied; granted if `ad_storage` and the
    two others are granted, of an object those that it has. In an object true is granted, and false denied.
    `gcs` says nothing of the two others, so `G111` is granted only with `storage_suffices: true`. Nothing is
    set in a `gcd` of `l`: that gives null.
    """
    if type(value) is dict:
        return _of_states(value)
    return _read(value, lambda text: _of_google(text, storage_suffices))


def _of_google(text: str, storage_suffices: bool) -> str | None:
    short, long = _GCS.fullmatch(text), _GCD.fullmatch(text)
    if short is not None:
        if short[1] == "0":
            return DENIED
        return GRANTED if short[1] == "1" and storage_suffices else None
    if long is None or any(letter not in _GCD_LETTERS for letter in long.groups()):
        raise Invalid("not `gcs`, as in `G111`, nor `gcd`, as in `11r1r1r1r5`")
    storage, _, user_data, personalization = (_GCD_LETTERS[letter] for letter in long.groups())
    return _all_granted([storage, user_data, personalization])


def _of_states(states: dict[str, Json]) -> str | None:
    said: list[bool | None] = []
    for name in _GOOGLE:
        state = states.get(name)
        if state is not None and state != "":
            read = state if type(state) is bool else _READ.get(_word(state))
            if read is None:
                raise Invalid("a state of the consent mode is neither granted nor denied")
            said.append(read)
    return _all_granted(said)


def _word(value: Json) -> str:
    return strip_edges(value).lower() if type(value) is str else ""


def _all_granted(said: list[bool | None]) -> str | None:
    if False in said:
        return DENIED
    return GRANTED if said and None not in said else None


@transform(
    _TEXT,
    _ANSWER,
    keeps=NOTHING,
    grows=ANY_SIZE,
    parameters=(Parameter("group", _TEXT, required=True, role="steers", also="category id"),),
    examples=[
        ("C0001:1,C0004:1", {"group": "C0004"}, GRANTED),
        ("C0001%3A1%2CC0004%3A0", {"group": "C0004"}, DENIED),
        (",C0001,C0002,", {"group": "C0004"}, DENIED),
        ("C0001:1,C0004:1", {"group": "c0004"}, GRANTED),
        ("isGpcEnabled=1&groups=C0004%3A1", {"group": "C0004"}, LIMITED),
        ("C0001:1", {"group": "C0004"}, None),
    ],
    also=Also("optanonconsent onetrustconsent onetrustgroups"),
)
def onetrust(value: Json, group: str) -> str | None:
    """OneTrust: the cookie `OptanonConsent`, its `groups`, or `OnetrustActiveGroups`; encoded or not.

    `group` is the id of the category; the customer chooses it, often `C0004` for advertising. Its case does
    not matter. A category that the text does not have gives null. Global Privacy Control in the cookie limits
    what is granted.
    """
    return _read(value, lambda text: _of_onetrust(text, group.strip().lower()))


def _of_onetrust(text: str, group: str) -> str | None:
    for _ in range(2):
        if "%" in text:
            text = unquote_plus(text)
    if "=" not in text:
        return _of_groups(text, group)
    parts = dict(part.partition("=")[::2] for part in text.removeprefix("OptanonConsent=").split("&"))
    if parts.get("AwaitingReconsent") == "true":
        raise Invalid("OneTrust waits for a new answer")
    said = _of_groups(parts["groups"], group) if parts.get("groups") else None
    is_limited = "1" in (parts.get("isGpcEnabled"), parts.get("browserGpcFlag"))
    return LIMITED if is_limited and said != DENIED else said


def _of_groups(text: str, group: str) -> str | None:
    ids = [one.strip() for one in text.lower().split(",") if one.strip()]
    if not ids:
        return None
    if any(_GROUP.fullmatch(one) is None for one in ids[:-1]):
        raise Invalid("not the groups of OneTrust, as in `C0001:1,C0004:0`")
    if _GROUP.fullmatch(ids[-1]) is None and _CUT_GROUP.fullmatch(ids[-1]) is None:
        raise Invalid("not the groups of OneTrust, as in `C0001:1,C0004:0`")
    if ":" not in text:
        return GRANTED if group in ids else DENIED
    states = dict(one.partition(":")[::2] for one in ids)
    return {"1": GRANTED, "0": DENIED}.get(states.get(group, ""))


@transform(
    _TEXT,
    _YES_OR_NO,
    keeps=NOTHING,
    grows=ANY_SIZE,
    parameters=(
        Parameter(
            "category",
            _TEXT,
            required=False,
            role="steers",
            default="marketing",
            words=("marketing", "statistics", "preferences", "necessary"),
        ),
    ),
    examples=[
        ("{stamp:'x',necessary:true,marketing:true,method:'explicit'}", GRANTED),
        ("{stamp:%27x%27%2Cnecessary:true%2Cmarketing:false}", DENIED),
        ("{stamp:'x',necessary:true}", None),
        ("-1", None),
    ],
    also=Also("cookieconsent cybot"),
)
def cookiebot(value: Json, category: str = "marketing") -> str | None:
    """Cookiebot: a category of the cookie `CookieConsent`, encoded or not. `0` and `-1` were not answered."""
    return _read(value, lambda text: _of_cookiebot(text, category))


def _of_cookiebot(text: str, category: str) -> str | None:
    if text in ("0", "-1"):
        return None
    text = unquote_plus(text) if "%" in text else text
    if not text.startswith("{"):
        raise Invalid("not the cookie of Cookiebot")
    found = re.search(_CATEGORY.format(re.escape(category)), text)
    return None if found is None else GRANTED if found[1] == "true" else DENIED


def _check_vendor(vendor: Json = None) -> None:
    if vendor is not None:
        _vendor_of(vendor)


def _vendor_of(vendor: Json) -> int:
    """The number of a vendor in the Global Vendor List."""
    text = str(vendor).strip() if type(vendor) in (int, str) else ""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not 1 <= number <= _MOST_VENDORS:
        raise Invalid("vendor must be a number of the Global Vendor List, 1 to 65535")
    return number


@transform(
    _TEXT,
    _YES_OR_NO,
    keeps=NOTHING,
    grows=ANY_SIZE,
    parameters=(Parameter("vendor", _VENDOR, required=True, role="steers", also="vendorid"),),
    examples=[
        ("CQraFkAQraFkAAfABBENCyFgAP_gAEPgAAqIAFEJAAoAIAA.IAFEJA", {"vendor": 10}, GRANTED),
        ("CQraFkAQraFkAAfABBENCyFgAAAAAAAAAAqIAAAAAAAA.IAFEJA", {"vendor": 10}, DENIED),
        ("CQraFkAQraFk", {"vendor": 10}, Invalid("the TCF string is cut, or not in base64url")),
    ],
    check=_check_vendor,
    also=Also("tcstring tcfstring tcf2 euconsent euconsentv2 gdprconsent iabtcf"),
)
def tcf(value: Json, vendor: Json) -> str | None:
    """A consent string of the IAB's TCF 2.2 and 2.3 (`euconsent-v2`, `gdpr_consent`), for a vendor.

    Granted if purposes 1, 3 and 4 and the vendor have consent, the publisher restricts none of them for it,
    and the vendor was disclosed where the string says which were. `vendor` is its number in the Global Vendor
    List. The string means something only where the GDPR applies (`gdpr=1`).
    """
    number = _vendor_of(vendor)
    return _read(value, lambda text: read_tcf(text, number))


@transform(
    _TEXT,
    _ANSWER,
    keeps=NOTHING,
    grows=ANY_SIZE,
    parameters=(Parameter("vendor", _VENDOR, required=False, role="steers", nullable=True, also="vendorid"),),
    examples=[
        ("DBABL~CVQqAAAAAACA", GRANTED),
        ("DBABL~CVQVAAAAAACA", LIMITED),
        ("DBABL~CVQqAAAAAACA.Y", LIMITED),
        ("DBABFg~BAJAAAQA", LIMITED),
        ("DBABL~CAAAAAAAAACA", None),
        ("DBABL", Invalid("the GPP string lacks some of the sections that it names")),
    ],
    check=_check_vendor,
    also=Also("gppstring globalprivacyplatform iabgpp"),
)
def gpp(value: Json, vendor: Json = None) -> str | None:
    """The IAB's Global Privacy Platform: its sections `usnat`, `usca` to `usmn`, `uspv1` and `tcfeuv2`.

    An opt-out of sale, sharing or targeted advertising in any section, or Global Privacy Control, gives
    `limited`; a denied `tcfeuv2` gives `denied`, and it can be granted only with a `vendor`, as in `tcf`.
    Another section, such as `usmd`, makes the string invalid, unless one of these refuses or opts out.
    "Not applicable" alone gives null.
    """
    number = None if vendor is None else _vendor_of(vendor)
    return _read(value, lambda text: read_gpp(text, number))


@transform(
    _TEXT,
    _ANSWER,
    keeps=NOTHING,
    grows=ANY_SIZE,
    examples=[
        ("1YNN", GRANTED),
        ("1YYN", LIMITED),
        ("1---", None),
        ("1yyn", Invalid("not a US Privacy string of version 1, as in `1YNN`")),
    ],
    also=Also("usprivacy usp uspstring ccpa ccpastring"),
)
def us_privacy(value: Json) -> str | None:
    """The IAB's US Privacy string: `1`, notice, opt-out of sale, agreement; each `Y`, `N` or `-`.

    An opt-out gives `limited`. Where the law does not apply, or no notice was given, it gives null.
    """
    return _read(value, read_us_privacy)


@transform(
    of("string", "integer", "boolean", "number"),
    Type(frozenset({"string", "null"}), constants=(LIMITED,)),
    keeps=NOTHING,
    grows=ANY_SIZE,
    examples=[
        ("1", LIMITED),
        (True, LIMITED),
        ("0", None),
        ("1, 1", LIMITED),
        ("?1", Invalid("Global Privacy Control is neither 0 nor 1")),
    ],
    also=Also("secgpc globalprivacycontrol"),
)
def gpc(value: Json) -> str | None:
    """Global Privacy Control: the header `Sec-GPC`, or `navigator.globalPrivacyControl`.

    1 or true gives `limited`; 0 says nothing. It never grants.
    """
    if type(value) is bool or type(value) in (int, float):
        return LIMITED if value == 1 else None
    words = {strip_edges(one) for one in value.split(",")} if type(value) is str else {"-"}
    if "1" in words or "true" in words:
        return LIMITED
    if words <= {"", "0", "false"}:
        return None
    raise Invalid("Global Privacy Control is neither 0 nor 1")
