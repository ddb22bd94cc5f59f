"""Credentials come from the environment, requests go where they may, and the token shows itself nowhere."""

import pickle
from collections.abc import Mapping

import pytest

from mapper.delivery.credentials import (
    Credentials,
    Endpoint,
    Secret,
    address,
    read_credentials,
    recipient_of,
)
from mapper.delivery.setup_failure import SetupFailure
from tests.delivery.deliveries import CANARY, CREDENTIALS, DESTINATION, endpoint

_GOOD = {"PINTEREST_ACCESS_TOKEN": CANARY, "PINTEREST_AD_ACCOUNT_ID": "549755885175"}


def test_each_hint_names_its_variable_where_several_are_missing() -> None:
    found = read_credentials(DESTINATION, {})
    assert isinstance(found, SetupFailure)
    assert found.hint.startswith("PINTEREST_ACCESS_TOKEN: make one in Ads Manager")
    assert "; PINTEREST_AD_ACCOUNT_ID: the number of the ad account" in found.hint
    one = read_credentials(DESTINATION, {"PINTEREST_AD_ACCOUNT_ID": "1"})
    assert isinstance(one, SetupFailure)
    assert one.hint.startswith("make one in Ads Manager")


def test_credentials_are_read_without_the_spaces_around_them() -> None:
    found = read_credentials(DESTINATION, {name: f" {text}\n" for name, text in _GOOD.items()})
    assert isinstance(found, Credentials)
    assert {name: value.reveal() for name, value in found.values.items()} == {
        "token": CANARY,
        "account": "549755885175",
    }


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (
            {},
            "PINTEREST_ACCESS_TOKEN (access token) and PINTEREST_AD_ACCOUNT_ID (ad account id)"
            " must be set in the environment",
        ),
        (
            {**_GOOD, "PINTEREST_ACCESS_TOKEN": " "},
            "PINTEREST_ACCESS_TOKEN (access token) must be set in the environment",
        ),
        (
            {**_GOOD, "PINTEREST_ACCESS_TOKEN": f"{CANARY}\r\nx: y"},
            "PINTEREST_ACCESS_TOKEN holds characters that no access token has",
        ),
        (
            {**_GOOD, "PINTEREST_ACCESS_TOKEN": f"{CANARY}é"},
            "PINTEREST_ACCESS_TOKEN holds characters that no access token has",
        ),
        ({**_GOOD, "PINTEREST_AD_ACCOUNT_ID": "54975588517x"}, "PINTEREST_AD_ACCOUNT_ID is no ad account id"),
        ({**_GOOD, "PINTEREST_AD_ACCOUNT_ID": "1/../2"}, "PINTEREST_AD_ACCOUNT_ID is no ad account id"),
        ({**_GOOD, "PINTEREST_AD_ACCOUNT_ID": "1" * 19}, "PINTEREST_AD_ACCOUNT_ID is no ad account id"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_never_shown(
    environment: Mapping[str, str], message: str
) -> None:
    failure = read_credentials(DESTINATION, environment)
    assert isinstance(failure, SetupFailure)
    assert failure.message == message
    assert failure.hint
    assert failure.exit_status == 78
    assert CANARY not in repr(failure)


@pytest.mark.parametrize(
    ("base", "url"),
    [
        (None, "https://api.pinterest.com/v5"),
        ("https://api.pinterest.com/v5/", "https://api.pinterest.com/v5"),
        ("https://proxy.example:8443/v5", "https://proxy.example:8443/v5"),
        ("http://127.0.0.1:8080/v5", "http://127.0.0.1:8080/v5"),
        ("http://localhost:8080/v5", "http://localhost:8080/v5"),
        ("http://[::1]:8080/v5", "http://[::1]:8080/v5"),
    ],
)
def test_requests_go_to_the_account_below_the_base(base: str | None, url: str) -> None:
    found = address(DESTINATION, CREDENTIALS, base_url=base)
    assert isinstance(found, Endpoint)
    assert found.url == f"{url}/ad_accounts/549755885175/events"


def test_test_mode_is_a_parameter_of_the_address() -> None:
    assert endpoint("http://localhost:1/v5", test=True).url.endswith("/events?test=true")


@pytest.mark.parametrize(
    "base",
    [
        "http://api.pinterest.com/v5",
        "http://169.254.169.254/latest",
        "http://127.0.0.1.evil.example/v5",
        "http://localhost@evil.example/v5",
        "https://user:secret@api.pinterest.com/v5",
        "https://api.pinterest.com\\@evil.example/v5",
        "https://api.pinterest.com/v5?x=1",
        "https://api.pinterest.com/v5#x",
        "https://api.pinterest.com:99999/v5",
        "https://[::1/v5",
        "https://\u0430pi.pinterest.com/v5",
        "https://api.pinterest.com/ v5",
        "https://api.pinterest.com/\r\nv5",
        "https:///v5",
        "ftp://127.0.0.1/v5",
        "file:///etc/passwd",
        "api.pinterest.com/v5",
    ],
)
def test_an_address_that_might_give_the_token_away_is_refused(base: str) -> None:
    failure = address(DESTINATION, CREDENTIALS, base_url=base)
    assert isinstance(failure, SetupFailure)
    assert failure.message.startswith("the address ")


@pytest.mark.parametrize("base", [None, "http://127.0.0.1:1/v5"])
def test_who_only_accepts_needs_no_secret_to_know_the_recipient(base: str | None) -> None:
    credentials = read_credentials(DESTINATION, _GOOD)
    assert isinstance(credentials, Credentials)
    sent = address(DESTINATION, credentials, base_url=base)
    assert isinstance(sent, Endpoint)
    without = {name: text for name, text in _GOOD.items() if text != CANARY}
    assert recipient_of(DESTINATION, without, base_url=base) == sent.recipient


@pytest.mark.parametrize(
    ("environment", "base", "message"),
    [
        ({}, None, "PINTEREST_AD_ACCOUNT_ID (ad account id) must be set in the environment"),
        ({"PINTEREST_AD_ACCOUNT_ID": "x"}, None, "PINTEREST_AD_ACCOUNT_ID is no ad account id"),
        (_GOOD, "http://elsewhere.example", "the address"),
    ],
)
def test_a_recipient_needs_its_settings_and_a_good_address(
    environment: Mapping[str, str], base: str | None, message: str
) -> None:
    failure = recipient_of(DESTINATION, environment, base_url=base)
    assert isinstance(failure, SetupFailure)
    assert failure.message.startswith(message)


def test_a_secret_shows_itself_in_no_text() -> None:
    shown = [
        text
        for holder in (Secret(CANARY), CREDENTIALS, endpoint("http://localhost:1/v5"), [Secret(CANARY)])
        for text in (repr(holder), str(holder), f"{holder}", ascii(holder))
    ]
    assert not [text for text in shown if CANARY in text]


def test_a_secret_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="cannot be printed or saved"):
        pickle.dumps(CREDENTIALS)
