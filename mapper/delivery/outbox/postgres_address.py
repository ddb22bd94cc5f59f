"""The address of a server as a person writes it -> how to connect, and a name for messages."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from mapper.delivery.outbox.outbox_errors import OutboxError

_CONNECTION: dict[str, Any] = {
    # A server that is gone is noticed within a lease: none of these needs anything of the server.
    **{"connect_timeout": 10, "keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 2},
    **{"tcp_user_timeout": 15_000, "fallback_application_name": "mapper"},
}
_SECRETS = ("password", "sslpassword", "oauth_client_secret")
WITHOUT_PASSWORD = (
    "give it by PGPASSWORD, by a file that PGPASSFILE names, or by a service file and --outbox service=NAME"
)


@dataclass(frozen=True, slots=True)
class Address:
    """The parameters of a connection. name: what a person calls the outbox, with no secret in it.

    needs_tls: nothing says whether the connection may be without TLS, and the server is on another machine.
    """

    parameters: dict[str, Any]
    name: str
    needs_tls: bool


def read_address(text: str) -> Address:
    """An address as `postgresql://host/database` or `service=name`.

    Raises OutboxError where it holds a password: other users of this machine see the arguments of a command.
    """
    try:
        given = conninfo_to_dict(text)
    except psycopg.Error:
        # Its message quotes the address, and a password with it.
        raise OutboxError(
            "the outbox's address is not valid",
            "write it as postgresql://host/database or service=NAME; for a file, write its path alone",
        ) from None
    if any(given.get(name) for name in _SECRETS):
        raise OutboxError(
            "the outbox's address holds a password, which other users of this machine could see",
            WITHOUT_PASSWORD,
        )
    parameters = {**_CONNECTION, **given, "client_encoding": "UTF8"}
    says_tls = bool(given.get("sslmode") or os.environ.get("PGSSLMODE"))
    by_service = bool(given.get("service") or os.environ.get("PGSERVICE"))
    needs_tls = not says_tls and (by_service or not _is_local(given))
    if needs_tls and not by_service:
        parameters["sslmode"] = "require"
    return Address(parameters, _name(given), needs_tls)


def _is_local(given: dict[str, Any]) -> bool:
    hosts = str(given.get("hostaddr") or given.get("host") or os.environ.get("PGHOST") or "").split(",")
    return all(is_local_host(one) for one in hosts)


def is_local_host(host: str) -> bool:
    """Whether what is sent to a host stays on this machine: a folder of sockets, or a loopback address."""
    return not host or host.startswith(("/", "@", "127.")) or host in ("localhost", "::1")


def _name(given: dict[str, Any]) -> str:
    if given.get("service"):
        return f"service={given['service']}"
    host = str(given.get("host") or given.get("hostaddr") or os.environ.get("PGHOST") or "")
    port, database = given.get("port"), given.get("dbname") or os.environ.get("PGDATABASE") or ""
    if host.startswith("/"):  # a folder of sockets
        return f"postgresql:///{database}?host={host}{f'&port={port}' if port else ''}"
    return f"postgresql://{host}{f':{port}' if port else ''}/{database}"
