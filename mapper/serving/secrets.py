"""Entries and an environment -> the entries with their secrets, or which variable is not as it must be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mapper.intake.entry import Entry, Intake, SecretForm, SharedSecret


@dataclass(frozen=True, slots=True)
class SecretMissing:
    """A variable that is not set, or does not hold what the entry says. place: of the entry."""

    variable: str
    path: str
    place: str
    form: str = ""


def with_secrets(intake: Intake, environment: Mapping[str, str]) -> Intake | tuple[SecretMissing, ...]:
    """The same entries, whose secrets have their values, or all that are missing.

    Spaces around a value are left out.
    """
    found: list[Entry] = []
    missing: list[SecretMissing] = []
    for entry in intake.entries:
        sign, token = entry.sign, entry.token
        form: SecretForm = "text" if sign is None else sign.secret_form
        if sign is not None:
            sign = replace(sign, secrets=tuple(_read(one, environment, form) for one in sign.secrets))
            missing += _missing(entry, sign.secrets, environment, form)
        if token is not None:
            token = replace(token, values=tuple(_read(one, environment, "text") for one in token.values))
            missing += _missing(entry, token.values, environment, "text")
        found.append(replace(entry, sign=sign, token=token))
    return tuple(missing) or replace(intake, entries=tuple(found))


def _read(secret: SharedSecret, environment: Mapping[str, str], form: SecretForm) -> SharedSecret:
    """The secret with its value; with none where the variable holds none in this form."""
    value = environment.get(secret.variable, "").strip().encode("utf-8", "surrogateescape")
    found = replace(secret, value=value)
    return found if found.decoded(form) else replace(secret, value=b"")


def _missing(
    entry: Entry, secrets: tuple[SharedSecret, ...], environment: Mapping[str, str], form: SecretForm
) -> Iterator[SecretMissing]:
    for one in secrets:
        if not one.value:
            is_set = bool(environment.get(one.variable, "").strip())
            yield SecretMissing(one.variable, entry.path, entry.place, form if is_set else "")
