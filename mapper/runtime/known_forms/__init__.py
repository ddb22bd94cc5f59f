"""Quick forms: what a field's normal form makes of the values that are met most often, known at sight.

Each gives what its steps give one after the other, for any value: what it does not know it hands to them.
The fast form of generated code calls them; a test holds each to its steps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mapper.runtime.consent_decision import consent_lacking
from mapper.runtime.known_forms.outcomes import (
    blank_frame,
    event_again,
    forget,
    frame_again,
    frame_of,
    left_out,
    note_all,
    outcome_of,
    skipped,
    unmapped,
)
from mapper.runtime.known_forms.person import (
    GENDERS,
    advertising_id_digests,
    birth_date_digests,
    email_digests,
    gender_digests,
    id_digests,
    name_digests,
)
from mapper.runtime.known_forms.phone import phone_digests
from mapper.runtime.known_forms.place import (
    COUNTRIES,
    STATES,
    city_digests,
    country_digests,
    postcode_digests,
    state_digests,
)
from mapper.runtime.known_forms.single import (
    LANGUAGES,
    quick_amount,
    quick_boolean,
    quick_count,
    quick_currency,
    quick_decimal,
    quick_id,
    quick_integer,
    quick_ip_address,
    quick_language,
    quick_lower,
    quick_text,
    quick_timestamp,
    quick_trimmed,
    quick_trimmed_id,
    quick_upper,
    quick_url,
)
from mapper.runtime.known_forms.spending import budget_of, check_free, check_free_if_long, few, on_few
from mapper.runtime.known_forms.surprise import Surprise, free_again, surprising
from mapper.transforms.currencies import MINOR_UNITS
from mapper.transforms.digest import ODD_STARTS
from mapper.transforms.text import ASCII_EDGE, EDGE
from mapper.transforms.web import NO_HOST

QuickForm = Callable[..., Any]

__all__ = [
    "FUNCTIONS",
    "QUICK",
    "QUICK_LISTS",
    "TABLES",
    "Surprise",
    "country_digests",
    "gender_digests",
    "outcome_of",
    "quick_boolean",
    "quick_count",
    "quick_currency",
    "quick_id",
    "quick_integer",
    "quick_language",
    "quick_text",
    "quick_trimmed",
    "quick_trimmed_id",
    "quick_url",
    "state_digests",
    "surprising",
]

# The steps of a field that takes one value.
QUICK: dict[tuple[str, ...], QuickForm] = {
    ("text",): quick_text,
    ("text", "trim"): quick_trimmed,
    ("without_placeholder",): quick_id,
    ("text", "trim", "without_placeholder"): quick_trimmed_id,
    ("text", "trim", "lowercase"): quick_lower,
    ("text", "trim", "uppercase"): quick_upper,
    ("text", "trim", "page_url"): quick_url,
    ("decimal",): quick_decimal,
    ("decimal", "note_negative"): quick_amount,
    ("integer",): quick_integer,
    ("integer", "note_negative"): quick_count,
    ("boolean",): quick_boolean,
    ("timestamp",): quick_timestamp,
    ("currency",): quick_currency,
    ("language",): quick_language,
    ("ip_address",): quick_ip_address,
}
# The steps of the elements of a list, all of whose elements are different.
QUICK_LISTS: dict[tuple[str, ...], QuickForm] = {
    ("clean", "digest", "email", "sha256"): email_digests,
    ("clean", "digest", "phone", "sha256"): phone_digests,
    ("clean", "digest", "name", "sha256"): name_digests,
    ("clean", "digest", "gender", "sha256"): gender_digests,
    ("clean", "digest", "birth_date", "sha256"): birth_date_digests,
    ("clean", "digest", "city", "sha256"): city_digests,
    ("clean", "digest", "state", "sha256"): state_digests,
    ("postcode", "sha256"): postcode_digests,
    ("clean", "digest", "country", "sha256"): country_digests,
    ("clean", "digest", "advertising_id", "sha256"): advertising_id_digests,
    ("clean", "digest(other: keep_ids)", "sha256"): id_digests,
}
# Those that take a further list of what to note.
NOTING: frozenset[QuickForm] = frozenset(
    {phone_digests, postcode_digests, quick_amount, quick_count, quick_id, quick_ip_address, quick_trimmed_id}
)
FUNCTIONS = (
    *QUICK.values(),
    *QUICK_LISTS.values(),
    blank_frame,
    budget_of,
    check_free,
    check_free_if_long,
    event_again,
    few,
    forget,
    frame_again,
    frame_of,
    free_again,
    consent_lacking,
    left_out,
    note_all,
    on_few,
    skipped,
    unmapped,
)
# What generated code looks into itself before it calls a form.
TABLES: dict[str, Any] = {
    "ASCII_EDGE": ASCII_EDGE,
    "COUNTRIES": COUNTRIES,
    "EDGE": EDGE,
    "GENDERS": GENDERS,
    "LANGUAGES": LANGUAGES,
    "MINOR_UNITS": MINOR_UNITS,
    "NO_HOST": NO_HOST,
    "ODD_STARTS": ODD_STARTS,
    "STATES": STATES,
}
