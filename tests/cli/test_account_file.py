"""The operator's file of accounts: each mistake in it is one line that says where it is and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapper.cli.account_file import AccountFile, AccountFileReader, read_account_file
from mapper.delivery.setup_failure import SetupFailure
from tests.delivery.deliveries import CANARY, DESTINATION


def _file(folder: Path, text: str, mode: int = 0o600) -> str:
    path = folder / "accounts.yaml"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def _failure(folder: Path, text: str, name: str = "north") -> tuple[str, str]:
    """What is said of a file, or of an account in it, without the folder."""
    held = read_account_file(_file(folder, text))
    found = held if isinstance(held, SetupFailure) else held.environment(name, DESTINATION)
    assert isinstance(found, SetupFailure)
    assert CANARY not in repr(found)
    return found.message.replace(f"{folder}/", ""), found.hint


_FORM = "write it as"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "north: {acount: A, token: T}",
            ":1:9: Pinterest has no setting `acount`",
            "did you mean `account`?",
        ),
        ("north:\n  account: A\n  tokn: T", ":3:3: Pinterest has no setting `tokn`", "did you mean `token`?"),
        (
            "north: {account: A, shop: T}",
            ":1:21: Pinterest has no setting `shop`",
            "write one of account, tok",
        ),
        ("north: {account: A}", ": account `north` has no `token`", _FORM),
        ("nroth: {account: A, token: T}", " has no account `north`", "did you mean `nroth`?"),
        ("north: {account: 7, token: T}", ":1:18: `account` must be a text", _FORM),
        ("north: A", ":1:8: account `north` must be a table of settings", _FORM),
        ("- north", " holds no accounts", _FORM),
        ("", " holds no accounts", _FORM),
        ("north: {account: A, token: UNSET}", ":1:21: UNSET is empty, or not set", ""),
        ("north: {account: A, token: 'file:/no/such'}", ":1:21: file:/no/such cannot be read", ""),
        ("north: {account: A, account: B}", ":1:21", _FORM),
    ],
)
def test_a_mistake_is_one_line_with_its_place_and_what_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str, hint: str
) -> None:
    for name in ("A", "B", "T"):
        monkeypatch.setenv(name, CANARY)
    monkeypatch.delenv("UNSET", raising=False)
    said = _failure(tmp_path, text)
    assert said[0].startswith(f"accounts.yaml{message}")
    assert said[1].startswith(hint)


def test_a_file_that_is_no_text_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xff\xfe\x00")
    text = f"north: {{account: PATH, token: 'file:{tmp_path}/token'}}"
    assert _failure(tmp_path, text)[0].endswith("token cannot be read")


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    held = read_account_file(_file(tmp_path, "north: {account: A, token: T}", 0o644))
    assert isinstance(held, SetupFailure)
    assert held.hint == f"chmod 600 {tmp_path}/accounts.yaml"


def test_the_values_are_read_anew_and_the_file_when_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A", "549755885175")
    token = tmp_path / "token"
    token.write_text("first\n")
    reader = AccountFileReader(_file(tmp_path, f"north: {{account: A, token: 'file:{token}'}}"))
    held = reader.read()
    assert isinstance(held, AccountFile)
    assert held.environment("north", DESTINATION) == {
        "PINTEREST_AD_ACCOUNT_ID": "549755885175",
        "PINTEREST_ACCESS_TOKEN": "first",
    }
    token.write_text("second\n")
    found = held.environment("north", DESTINATION)
    assert not isinstance(found, SetupFailure)
    assert found["PINTEREST_ACCESS_TOKEN"] == "second"
    assert reader.read() is held
    _file(tmp_path, f"north: {{account: A, token: 'file:{token}'}}\nsouth: {{account: A, token: A}}")
    again = reader.read()
    assert isinstance(again, AccountFile)
    assert set(again.accounts) == {"north", "south"}
