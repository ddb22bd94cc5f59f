"""An account -> its way to the service: its destination, and its credentials read anew at each call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import mapper
from mapper.cli.command import here
from mapper.cli.environment import ENVIRONMENT
from mapper.cli.messages import error_line
from mapper.delivery.couriers import Route
from mapper.delivery.credentials import address, read_credentials
from mapper.delivery.destination import Destination
from mapper.delivery.outbox.store import Account
from mapper.delivery.setup_failure import SetupFailure
from mapper.delivery.terms import Terms

if TYPE_CHECKING:
    from mapper.cli.account_file import AccountFileReader
    from mapper.cli.suppression_lists import PersonLists
    from mapper.delivery.batch import Stops


@dataclass(slots=True)
class CourierRoutes:
    """The ways of all accounts that a process delivers for, as its options and its environment have them.

    accounts: the operator's file of accounts; None: there is one account, of the environment. words: of the
    mappings whose payloads it delivers, if they are known. lists: of persons to whom nothing is sent.
    """

    url: str | None
    allow_target: str | None
    accounts: AccountFileReader | None
    terms: Terms
    words: frozenset[str] = frozenset()
    lists: PersonLists | None = None
    _destinations: dict[str, Destination] = field(default_factory=dict)
    _stops: dict[str, Stops] = field(default_factory=dict)

    def route(self, account: Account) -> Route | SetupFailure:
        """The way of an account, its credentials read anew whenever it is asked for."""
        from mapper.compiler.schema.json_schema import SchemaError

        try:
            destination = self._destination(account.destination)
        except (LookupError, SchemaError) as error:
            return SetupFailure(str(error.args[0]))
        environment = self._environment(account, destination)
        if isinstance(environment, SetupFailure):
            return environment
        credentials = read_credentials(destination, environment, test=account.test)
        if isinstance(credentials, SetupFailure):
            return credentials
        endpoint = address(destination, credentials, base_url=self.url, test=account.test)
        if isinstance(endpoint, SetupFailure):
            return endpoint
        if endpoint.recipient != account.recipient:
            return SetupFailure(f"this process delivers only for {endpoint.recipient}")
        stops = self._stops_of(account.destination)
        if isinstance(stops, SetupFailure):
            return stops
        return Route(destination, endpoint, self.terms, stops)

    def _stops_of(self, name: str) -> Stops | SetupFailure | None:
        """The lists as they tell of payloads of a destination, or why one of them cannot be used."""
        if self.lists is not None and name not in self._stops:
            try:
                self._stops[name] = self.lists.stops(name)
            except OSError as error:
                return SetupFailure(error_line(error))
        return self._stops.get(name)

    def _destination(self, name: str) -> Destination:
        if name not in self._destinations:
            found = mapper.destination(name, beside=here(), allow_target=self.allow_target)
            self._destinations[name] = found.showing(self.words)
        return self._destinations[name]

    def _environment(self, account: Account, destination: Destination) -> Mapping[str, str] | SetupFailure:
        if self.accounts is None:
            return ENVIRONMENT
        held = self.accounts.read()
        return held if isinstance(held, SetupFailure) else held.environment(account.name, destination)
