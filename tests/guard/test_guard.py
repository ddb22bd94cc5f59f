"""The guard: what it finds in a payload, what it lets pass, and that no payload is too much for it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper import compile_text, read_schema
from mapper.compiler.inference.personal_origins import PERSONAL_NAMES
from mapper.guard import Finding, Guard
from mapper.transforms.digest import DIGESTS_OF_NOTHING
from mapper.values.types import Json
from tests.support.depth import examples
from tests.support.events import anything, paths_of

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[2]
SCHEMA = read_schema("pinterest/conversions-v5")
CHECKOUT: dict[str, Any] = json.loads((ROOT / "tests/cases/target/checkout.json").read_bytes())
GUARD = Guard(SCHEMA)
_DIGEST = sha256(b"ada@example.com").hexdigest()

NO_FIELD = "has a key that is not a field of the target"
NO_DIGEST = "is not a SHA-256 digest of 64 lower-case hex characters"
OF_NOTHING = "is the digest of a placeholder"
NO_ADDRESS = "is not an IP address"
MAIL = "contains an e-mail address"
PARAMETER = "contains a query parameter named like a personal value"
NO_OBJECT = "is not an object"


def _fields(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each field of the target that is no object and no list, by its path."""
    for name, part in schema.get("properties", {}).items():
        below = f"{path}.{name}" if path else name
        while "items" in part:
            part, below = (
                {**part["items"], **{key: part[key] for key in part if "personal" in key}},
                f"{below}[]",
            )
        yield from _fields(part, below) if "properties" in part else [(below, part)]


FIELDS = dict(_fields(SCHEMA))
HASHED = [path for path, part in FIELDS.items() if part.get("x-personal") and not part.get("x-plain")]
TEXTS = [
    path
    for path, part in FIELDS.items()
    if part.get("type") == "string" and path not in HASHED and path != "user_data.client_ip_address"
]


def holding(path: str, value: Json) -> Any:
    """The least payload that holds a value at a path."""
    held: Any = value
    for part in reversed(path.split(".")):
        for _ in range(part.count("[]")):
            held = [held]
        held = {part.replace("[]", ""): held}
    return held


def _found(path: str, value: Json, *allowed: str) -> list[str]:
    """What the guard says of a value at a path, and of nothing else."""
    found = Guard(SCHEMA, allowed).check(holding(path, value))
    assert {finding.path for finding in found} <= {path}
    return [finding.reason for finding in found]


def test_the_target_has_as_many_texts_and_digests_as_the_tables_below_speak_of() -> None:
    assert (len(HASHED), len(TEXTS) >= 30) == (12, True)


@pytest.mark.parametrize("path", TEXTS)
def test_an_address_in_any_text_that_leaves_is_found(path: str) -> None:
    for text in (
        "ada@example.com",
        "order of Ada.Lovelace+x@mail.example.co.uk, paid",
        "?u=ada%40example.com",
    ):
        assert _found(path, text) == [MAIL]
    assert _found(path, "https://shop.example/?email=x1&a=b") == [PARAMETER]
    assert _found(path, "ada@example.com", path) == []


@pytest.mark.parametrize("path", HASHED)
@pytest.mark.parametrize(
    ("value", "reasons"),
    [
        (_DIGEST, []),
        ("ada@example.com", [NO_DIGEST]),
        (_DIGEST.upper(), [NO_DIGEST]),
        (_DIGEST[:-1], [NO_DIGEST]),
        (_DIGEST + "\n", [NO_DIGEST]),
        ("9e26471d35a78862c17e467d87cddedf", [NO_DIGEST]),
        ("", [NO_DIGEST]),
        (14155552671, [NO_DIGEST]),
        (True, [NO_DIGEST]),
        ({"a": _DIGEST}, [NO_DIGEST]),
        (sha256(b"").hexdigest(), [OF_NOTHING]),
        (sha256(b"NULL").hexdigest(), [OF_NOTHING]),
    ],
)
def test_what_is_hashed_leaves_as_a_digest_of_somebody_only(
    path: str, value: Json, reasons: list[str]
) -> None:
    assert _found(path, value) == reasons
    assert _found(path, value, path, path.removesuffix("[]"), "user_data") == reasons
    assert [one.reason for one in GUARD.check(holding(path.removesuffix("[]"), value))] == reasons


@pytest.mark.parametrize(
    "word",
    [
        *("", " ", "\n", "null", "undefined", "none", "None", "NULL", "nan", "NaN", "n/a", "N/A", "unknown"),
        *("true", "false", "True", "0", "[object Object]", "test@test.com"),
        "00000000-0000-0000-0000-000000000000",
    ],
)
def test_the_digest_of_a_placeholder_is_found(word: str) -> None:
    assert _found("user_data.em[]", sha256(word.encode()).hexdigest()) == [OF_NOTHING]


def test_the_guard_knows_by_itself_all_that_the_compiler_s_steps_know() -> None:
    facts = SCHEMA["x-guard"]
    assert {name for names in facts["personal_names"].values() for name in names} >= PERSONAL_NAMES
    guard = [_found("user_data.em[]", digest) for digest in sorted(DIGESTS_OF_NOTHING)]
    assert guard == [[OF_NOTHING]] * len(DIGESTS_OF_NOTHING)


@pytest.mark.parametrize(
    ("value", "passes"),
    [
        ("203.0.113.7", True),
        ("0.0.0.0", True),
        ("10.0.0.1", True),
        ("255.255.255.255", True),
        ("2001:db8::1", True),
        ("::1", True),
        ("256.0.0.1", False),
        ("01.2.3.4", False),
        ("1.2.3", False),
        ("1.2.3.4.", False),
        ("1.2.3.4.5", False),
        ("203.0.113.7\n", False),
        ("203.0.113.7, 10.0.0.1", False),
        ("fe80::1%ada@example.com", False),
        ("localhost", False),
        ("", False),
        (3405803783, False),
        (["203.0.113.7"], False),
    ],
)
def test_an_ip_address_is_one(value: Json, passes: bool) -> None:
    assert _found("user_data.client_ip_address", value) == ([] if passes else [NO_ADDRESS])


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.com",
        "mailto:ada@example.com",
        "ADA@EXAMPLE.COM",
        "<ada@example.com>",
        "ada@xn--bcher-kva.example",
        "j\xf6rg@b\xfccher.de",
        "ada@example.\u0440\u0444",
        "ada\uff20example.com",
        "ada@example\u3002com",
        "ada@example\uff0ecom",
        "ada@\u200bexample.com",
        "ada\u200b@exam\u00adple.com",
        "ada\u0301@example.com",
        "ada%40example.com",
        "ada%2540example%252Ecom",
        "https://shop.example/u/ada%40example.com/orders",
        "https://user:secret@shop.example/",
        '"ada lovelace"@example.com',
        "a@b.c.d.example.com",
        "@@ada@example.com",
    ],
)
def test_an_address_is_found_in_whatever_clothes_it_comes(text: str) -> None:
    assert _found("custom_data.order_id", text) == [MAIL]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "Sofa @ home",
        "https://www.video.example/@brand.name/clip",
        "https%3A%2F%2Fwww.video.example%2F%40brand.name",
        "maps/@52.37,4.89,15z",
        "lodash@4.17.21",
        "follow @shop.example",
        "ada@localhost",
        "100 % cotton, 50%off",
        "\ud800@\ud800.com",
    ],
)
def test_what_is_no_address_passes(text: str) -> None:
    assert _found("custom_data.content_name", text) == []


@pytest.mark.parametrize(
    "query",
    [
        "?email=x1",
        "?a=b&e-mail=x1",
        "?E_Mail=x1",
        "?customer%5Bemail%5D=x1",
        "?customer[first_name]=Ada",
        "?billingPhone=14155552671",
        "?PHONE=1415555",
        "?email2=x1",
        "#/cart?dob=1815",
        "?next=https%3A%2F%2Fshop.example%2F%3Ftel%3D14155552671",
        "?a=1;lname=Lovelace",
        "email=x1&a=b",
    ],
)
def test_a_query_parameter_named_like_a_personal_value_is_found(query: str) -> None:
    assert _found("event_source_url", query) == [PARAMETER]


@pytest.mark.parametrize(
    "query",
    [
        "?email=",
        "?email",
        "?email=&a=b",
        "?newsletter_email=1&mobile=true",
        "?utm_source=email&utm_medium=mail",
        "?token=EC-1",
        "?hotel=1815&username=x&name=Lamp",
        "/email/phone=",
        "?q=phone",
        "?emails=all",
    ],
)
def test_other_query_parameters_pass(query: str) -> None:
    assert _found("event_source_url", f"https://shop.example/cart{query}") == []


@pytest.mark.parametrize(
    ("payload", "findings"),
    [
        ({"email": "x"}, [("", NO_FIELD)]),
        ({"ada@example.com": 1}, [("", NO_FIELD)]),
        ({"custom_data": {"extra": 1, "more": 2}}, [("custom_data", NO_FIELD)]),
        ({"user_data": {"phone_raw": "1415"}}, [("user_data", NO_FIELD)]),
        ({"custom_data": {"contents": [{}, {"x": 1}]}}, [("custom_data.contents[]", NO_FIELD)]),
        ({"user_data": "ada"}, [("user_data", NO_OBJECT)]),
        ({"custom_data": {"contents": ["ada"]}}, [("custom_data.contents[]", NO_OBJECT)]),
        ({"custom_data": {"order_id": {"a": ["ada@example.com"]}}}, [("custom_data.order_id", MAIL)]),
        ({"custom_data": {"order_id": {"ada@example.com": 1}}}, [("custom_data.order_id", MAIL)]),
        ({"user_data": {"em": None, "client_ip_address": None}, "custom_data": None}, []),
        ("ada", [("", NO_OBJECT)]),
        (
            {"event_id": "a@b.co", "user_data": {"em": ["x"]}},
            [("event_id", MAIL), ("user_data.em[]", NO_DIGEST)],
        ),
    ],
)  # fmt: skip
def test_only_what_the_target_names_leaves(payload: Json, findings: list[tuple[str, str]]) -> None:
    assert GUARD.check(payload) == tuple(Finding(*one) for one in findings)


def test_a_payload_with_every_field_passes() -> None:
    assert GUARD.check(CHECKOUT) == ()


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ("order_id: {from: customer.email, personal: allowed}", ("custom_data.order_id",)),
        ("order_id: {from: [{from: email, personal: allowed}, id]}", ("custom_data.order_id",)),
        (
            "content_ids: {each: mails, item: {from: email, personal: allowed}}",
            ("custom_data.content_ids[]",),
        ),
        (
            "contents: {each: mails, item: {id: {from: email, personal: allowed}}}",
            ("custom_data.contents[].id",),
        ),
        ("contents: {from: lines, personal: allowed}", ("custom_data.contents",)),
        ("content_ids: {from: 'mails[].email', personal: allowed}", ("custom_data.content_ids",)),
        ("order_id: id", ()),
    ],
)
def test_what_a_rule_allows_passes_at_its_path_and_nowhere_else(rule: str, allowed: tuple[str, ...]) -> None:
    program = compile_text(f"""
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {{const: web}}
  event_id: id
  event_time: time
  user_data: {{em: email}}
  custom_data:
    {rule}
otherwise: {{send: lead}}
""")
    assert program.code.allowed == allowed
    person = {"email": "ada@example.com"}
    event = {
        **person,
        "id": "1",
        "time": 1777629600,
        "customer": person,
        "mails": [person, person],
        "lines": [{"id": "ada@example.com"}],
    }
    (outcome,) = program.apply(event)
    assert outcome.payload is not None
    assert Guard(SCHEMA, program.code.allowed).check(outcome.payload) == ()
    assert bool(GUARD.check(outcome.payload)) is bool(allowed)
    elsewhere = {**outcome.payload, "app_name": "ada@example.com"}
    assert Guard(SCHEMA, program.code.allowed).check(elsewhere) == (Finding("app_name", MAIL),)


def test_an_allowed_key_beside_digests_passes_and_no_other() -> None:
    guard = Guard(SCHEMA, ("user_data.loyalty",))
    assert guard.check({"user_data": {"loyalty": "ada@example.com"}}) == ()
    assert guard.check({"user_data": {"loyalties": "1"}}) == (Finding("user_data", NO_FIELD),)


_OWN = {
    "type": "object",
    "properties": {
        "open": {"type": "object", "properties": {"known": {"type": "string"}}},
        "any": {},
        "row": {"$ref": "#/$defs/row"},
        "tree": {"$ref": "#/$defs/tree"},
        "shut": {"properties": {"a": {}}, "unevaluatedProperties": False},
        "lost": {"$ref": "#/$defs/none"},
        "sum": {"type": ["integer", "null"]},
        "person": {"x-personal": True, "properties": {"name": {}, "agent": {"x-plain": True}}},
    },
    "$defs": {
        "row": {"properties": {"mail": {"x-personal": True}, "note": {}}, "additionalProperties": False},
        "tree": {"properties": {"leaf": {}, "below": {"$ref": "#/$defs/tree"}}},
    },
    "x-profiles": {"more": {"schema": {"properties": {"row": {"properties": {"extra": {}}}}}}},
}


@pytest.mark.parametrize(
    ("payload", "findings"),
    [
        ({"new": "ada@example.com"}, [("", MAIL)]),
        ({"new": "Ada", "open": {"known": "x", "other": [{"a": 1}]}}, []),
        ({"open": {"other": [{"a": "ada@example.com"}]}}, [("open", MAIL)]),
        ({"any": {"a": ["ada@example.com"]}}, [("any", MAIL)]),
        ({"row": {"mail": _DIGEST, "note": "x"}}, []),
        ({"row": {"mail": "ada", "more": 1}}, [("row.mail", NO_DIGEST), ("row", NO_FIELD)]),
        ({"row": {"extra": 1}}, [("row", NO_FIELD)]),
        ({"tree": {"below": {"below": {"below": {"leaf": "ada@example.com"}}}}}, [("tree.below", MAIL)]),
        ({"lost": "ada@example.com"}, [("lost", MAIL)]),
        ({"shut": {"a": 1, "b": 2}}, [("shut", NO_FIELD)]),
        ({"person": {"name": "Ada", "agent": "curl"}}, [("person.name", NO_DIGEST)]),
        ({"person": {"age": 30}}, [("person", NO_FIELD)]),
        ({"any": "?email=x1"}, []),
        ({"sum": None}, []),
        ({"sum": "ada@example.com"}, [("sum", MAIL)]),
    ],
)
def test_a_target_of_one_s_own_is_guarded_by_its_marks(
    payload: Json, findings: list[tuple[str, str]]
) -> None:
    assert Guard(_OWN).check(payload) == tuple(Finding(*one) for one in findings)


def test_the_fields_of_a_profile_may_be_sent_by_it() -> None:
    assert Guard(_OWN, profile="more").check({"row": {"extra": 1}}) == ()
    assert Guard(_OWN, profile="more").check({"row": {"mail": "ada"}}) == (Finding("row.mail", NO_DIGEST),)


_CANARY = "canary.5309@example.com"


@given(anything)
@settings(max_examples=examples(60))
def test_no_json_value_is_too_much_for_the_guard_and_no_finding_holds_any_of_it(value: Json) -> None:
    reasons = {NO_FIELD, NO_DIGEST, OF_NOTHING, NO_ADDRESS, MAIL, PARAMETER, NO_OBJECT}
    known = {*FIELDS, *(path.rpartition(".")[0] for path in FIELDS), "user_data", ""}
    payloads: list[Any] = [
        value,
        {"user_data": value},
        {"custom_data": {"contents": [value]}, "event_id": value},
    ]
    for payload in payloads:
        found = GUARD.check(payload)
        assert {finding.reason for finding in found} <= reasons
        assert {finding.path for finding in found} <= known


@given(st.data())
@settings(max_examples=examples(300))
def test_an_address_put_anywhere_into_a_payload_is_found(data: st.DataObject) -> None:
    payload = copy.deepcopy(CHECKOUT)
    *above, last = data.draw(st.sampled_from(paths_of(payload)))
    holder: Any = payload
    for part in above:
        holder = holder[part]
    text = data.draw(st.text(max_size=5)) + " " + _CANARY + " " + data.draw(st.text(max_size=5))
    holder[last] = data.draw(st.sampled_from([text, [text], {"a": text}, {text: 1}]))
    found = GUARD.check(payload)
    assert found
    assert _CANARY not in str(found)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "@" * 100_000,
        "a@" * 50_000,
        "a@a." * 25_000,
        "a@" + "a." * 50_000,
        "a@" + "a" * 100_000,
        "%" * 100_000,
        "%25" * 33_000 + "40",
        "?a=" * 33_000,
        "&" * 100_000,
        "&" + "aB" * 50_000 + "=1",
        "?" + "eMail_" * 16_000,
        "\xe9%" * 50_000,
        "1." * 50_000,
        ":" * 100_000,
    ],
    ids=lambda text: text[:12],
)
def test_a_text_of_a_hundred_thousand_characters_is_read_to_its_end(text: str) -> None:
    assert _found("custom_data.content_name", text + " ada@example.com")[:1] == [MAIL]
    assert _found("user_data.client_ip_address", text) == [NO_ADDRESS]


def test_a_payload_may_be_nested_deeper_than_calls_can_be() -> None:
    deep: Any = "ada@example.com"
    for _ in range(100_000):
        deep = [{"a": deep}]
    assert _found("custom_data.order_id", deep) == [MAIL]
