"""Entries and requests for the tests of the intake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent

from mapper.intake.entry import Entry, SharedSecret
from mapper.intake.intake_file import CheckedIntake, load_intake
from mapper.intake.request import HttpRequest
from tests.support.made_pages.senders_page import example_intake

MAPPING = """version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: time
  event_source_url: url
  user_data: {em: email, client_ip_address: ip, client_user_agent: agent}
otherwise: {send: page_visit}
"""


def checked(text: str, folder: Path, *mappings: str) -> CheckedIntake:
    """What is found in an intake in a folder, beside some mapping files."""
    for name in mappings:
        (folder / name).write_text(MAPPING)
    path = folder / "intake.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return load_intake(path)


def entry_of(text: str, secrets: Mapping[str, str], *, path: str = "/x") -> Entry:
    """The entry of these keys."""
    return _only(
        f"version: 1\nentries:\n  {path}:\n    mapping: x.yaml\n{indent(text.strip(), '    ')}\n", secrets
    )


def entry_of_sender(name: str, secrets: Mapping[str, str]) -> Entry:
    """The entry of a sender as its page shows it."""
    return _only(example_intake(name), secrets)


def _only(text: str, secrets: Mapping[str, str]) -> Entry:
    with TemporaryDirectory() as folder:
        found = checked(text, Path(folder))
        named = [one for one in found.found if one.code == "M711"]
        assert list(found.found) == named, [(one.message, one.hint) for one in found.found]
        for one in named:
            name = one.message.split("`")[1]
            Path(name).write_text(MAPPING)
        intake = load_intake(Path(folder) / "intake.yaml").intake
    assert intake is not None
    return with_values(intake.entries[0], secrets)


def with_values(entry: Entry, secrets: Mapping[str, str]) -> Entry:
    """An entry whose variables have values."""

    def valued(several: tuple[SharedSecret, ...]) -> tuple[SharedSecret, ...]:
        return tuple(replace(one, value=secrets.get(one.variable, "").encode()) for one in several)

    sign = None if entry.sign is None else replace(entry.sign, secrets=valued(entry.sign.secrets))
    token = None if entry.token is None else replace(entry.token, values=valued(entry.token.values))
    return replace(entry, sign=sign, token=token)


def posted(body: str | bytes, headers: Mapping[str, str] | None = None, **others: str) -> HttpRequest:
    """A request. headers: with names in lower case."""
    raw = body.encode() if isinstance(body, str) else body
    return HttpRequest(dict(headers or {}), raw, raw, **others)
