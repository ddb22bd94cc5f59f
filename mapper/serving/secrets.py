"""Entries and an environment -> the entries with their secrets, or which variable is not as it must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mapper.intake.entry import Entry, Intake, SharedSecret
from mapper.intake.verification import secret_bytes


@dataclass(frozen=True, slots=True)
class SecretMissing:
    """A variable that is not set, or does not hold what the entry says. place: of the entry."""

    variable: str
    path: str
    place: str
    form: str = ""


def with_secrets(intake: Intake, environment: Mapping[str, str]) -> Intake | SecretMissing:
    """The same entries, whose secrets have their values; spaces around a value are left out."""
    found: list[Entry] = []
    for entry in intake.entries:
        form = "text" if entry.sign is None else entry.sign.secret_form
        sign = entry.sign
        if sign is not None:
            secrets = _read(sign.secrets, environment, form)
            if isinstance(secrets, SharedSecret):
                is_set = bool(environment.get(secrets.variable, "").strip())
                return SecretMissing(secrets.variable, entry.path, entry.place, form if is_set else "")
            sign = replace(sign, secrets=secrets)
        token = entry.token
        if token is not None:
            values = _read(token.values, environment, "text")
            if isinstance(values, SharedSecret):
                return SecretMissing(values.variable, entry.path, entry.place)
            token = replace(token, values=values)
        found.append(replace(entry, sign=sign, token=token))
    return replace(intake, entries=tuple(found))


def _read(
    secrets: tuple[SharedSecret, ...], environment: Mapping[str, str], form: str
) -> tuple[SharedSecret, ...] | SharedSecret:
    """The secrets with their values, or the one that has none in its form."""
    read = []
    for one in secrets:
        value = environment.get(one.variable, "").strip().encode("utf-8", "surrogateescape")
        if not value or not secret_bytes(value, form):
            return one
        read.append(replace(one, value=value))
    return tuple(read)
