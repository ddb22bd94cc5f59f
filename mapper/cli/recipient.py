"""For whom a command accepts and sends: the destination, an account of it and its credentials, or the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NoReturn

import click

import mapper
from mapper.cli.environment import ENVIRONMENT
from mapper.cli.log import Log
from mapper.cli.messages import with_hint
from mapper.delivery.credentials import Endpoint, address, read_credentials
from mapper.delivery.destination import Destination
from mapper.delivery.setup_failure import SetupFailure
from mapper.delivery.url import is_this_machine
from mapper.runtime.program import Code
from mapper.texts.log_events import noted
from mapper.values.safe_text import SafeText


def find_destination(
    code: Code, mapping: str, schemas: str | None, allow_target: str | None, log: Log
) -> Destination:
    """The destination of a mapping, of which it may show the words; exits where there is none."""
    try:
        found = mapper.destination(code.target, schemas=schemas, beside=mapping, allow_target=allow_target)
        return found.showing(code.words)
    except LookupError as error:
        fail(SetupFailure(str(error.args[0])), log)


def find_account(
    destination: Destination, account: str | None, accounts: str | None, log: Log
) -> tuple[str, Mapping[str, str]]:
    """The name of the account that the events are for, and the environment that its credentials are in.

    account, accounts: as --account and --accounts name them. Exits where the file does not have the account.
    """
    if accounts is None:
        return "default", ENVIRONMENT
    from mapper.cli.account_file import read_account_file  # it takes YAML, which most calls do without

    held = read_account_file(accounts)
    if isinstance(held, SetupFailure):
        fail(held, log)
    name = account or held.only_name()
    if name is None:
        names = ", ".join(sorted(held.accounts))
        raise click.UsageError(f"choose an account with --account: {names}")
    environment = held.environment(name, destination)
    if isinstance(environment, SetupFailure):
        fail(environment, log)
    return name, environment


def find_endpoint(
    destination: Destination, environment: Mapping[str, str], url: str | None, test: bool, log: Log
) -> Endpoint:
    """The endpoint of requests, with credentials; exits where these are missing or wrong."""
    credentials = read_credentials(destination, environment, test=test)
    if isinstance(credentials, SetupFailure):
        if url is not None and is_this_machine(url):
            form = f": {credentials.hint}" if credentials.hint else ""
            text = f"`mapper sandbox` accepts any value of the right form{form}"
            credentials = replace(credentials, hint=text)
        fail(credentials, log)
    endpoint = address(destination, credentials, base_url=url, test=test)
    if isinstance(endpoint, SetupFailure):
        fail(endpoint, log)
    return endpoint


def fail(failure: SetupFailure, log: Log) -> NoReturn:
    """Say what must be set right first, and exit with the status for it."""
    said = with_hint(SafeText.known(failure.message), SafeText.known(failure.hint))
    log.say(noted("not_started", said))
    click.get_current_context().exit(failure.exit_status)
