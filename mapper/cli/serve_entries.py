"""The setup of `mapper serve` from its files and the environment: entries, programs, accounts, an outbox."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

import mapper
from mapper import authoring
from mapper.cli.courier_routes import CourierRoutes
from mapper.cli.delivery_run import DeliveryRun, OpenOutbox, open_again
from mapper.cli.environment import ENVIRONMENT
from mapper.cli.log import Log
from mapper.cli.messages import error_line
from mapper.cli.program_argument import read_program
from mapper.cli.run_summary import number
from mapper.cli.serve_options import ServeOptions
from mapper.cli.suppression_lists import OwnLists, waiting_lists
from mapper.delivery.couriers import Couriers
from mapper.delivery.credentials import read_credentials, recipient_of
from mapper.delivery.destination import Destination
from mapper.delivery.outbox.named_outbox import space_limits
from mapper.delivery.outbox.reconnection import Reconnection
from mapper.delivery.outbox.room import SpaceLimits
from mapper.delivery.outbox.store import FEED_NAME, Account
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.setup_failure import SetupFailure
from mapper.intake.entry import Entry, Intake
from mapper.intake.intake_file import load_intake, mapping_path
from mapper.running.event_mapper import EventMapper
from mapper.running.parcels import mapping_version
from mapper.runtime.program import Program
from mapper.serving.path_messages import EntrySetup, NotTakenUp, ServedEntries, UnservedEntry
from mapper.serving.sealing import KEY_VARIABLE, Sealer, read_sealer
from mapper.serving.secrets import SecretMissing, with_secrets
from mapper.texts.log_events import LogLine
from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.cli.account_file import AccountFileReader

_SERVER_SECONDS = 5.0
"""The time that a request waits for an outbox's server; then it is answered with 503, and sent again."""


_KEPT = SafeText("events are kept encrypted until they are delivered")
_NOT_KEPT = SafeText("events that a mapping rejects cannot be mapped again without --keep-raw")


@dataclass(frozen=True, slots=True)
class ServedIntake:
    """The entries of a file, ready to be served.

    mappers: of the entries that can be served. accounts: the operator's file of accounts, if any. sealer:
    encrypts rejected events, if they are kept. words: those of all mappings.
    """

    served: ServedEntries
    mappers: tuple[EventMapper, ...]
    options: ServeOptions
    accounts: AccountFileReader | None
    sealer: Sealer | None
    words: frozenset[str]

    def open_outbox(self, process: DeliveryRun) -> AbstractContextManager[OpenOutbox]:
        """Within it the outbox is open. Raises UsageError, OutboxError and OSError."""
        accounts = {one.account for one in self.served.entries}
        if self.options.outbox is None and len(accounts) > 1:
            raise click.UsageError("the entries are for several accounts: name an outbox with --outbox")
        first, waits = self.served.entries[0].account, Reconnection(_SERVER_SECONDS)
        return process.open(self.options.outbox, first, waits)

    def open_store(self, say: Callable[[LogLine], None]) -> tuple[StoreThread, SpaceLimits]:
        """The outbox, opened by another process of this server once more, and its limits."""
        first, waits = self.served.entries[0].account, Reconnection(_SERVER_SECONDS)
        outbox = open_again(self.options.outbox, first, waits)
        return outbox.store, space_limits(outbox.name, self.options.space.limits)

    def new_couriers(self, store: StoreThread, process: DeliveryRun) -> Callable[[threading.Event], Couriers]:
        """Makes what delivers, until an event is set."""
        options = self.options
        route = options.route
        lists = waiting_lists(options.suppress, route.allow_target, process.line.say)
        how = route.url, route.allow_target, self.accounts, options.terms, self.words
        routes = CourierRoutes(*how, lists)

        def make(stop: threading.Event) -> Couriers:
            return Couriers(store, routes.route, stop, say=process.say_of)

        return make

    def described(self, outbox: str) -> SafeText:
        """The entries that are served, and where events are kept."""
        paths = ", ".join(one.entry.path for one in self.served.entries)
        return SafeText(
            "serving {}: {}; kept in {}; {}; SIGTERM or Ctrl-C ends it, SIGHUP reads its files anew",
            number(len(self.served.entries), "path"),
            SafeText.known(paths),
            SafeText.known(outbox),
            _NOT_KEPT if self.sealer is None else _KEPT,
        )


@dataclass(slots=True)
class _Reader:
    """Reads what the entries of an intake name, each file once."""

    intake: Intake
    options: ServeOptions
    accounts: AccountFileReader | None
    log: Log
    mappers: list[EventMapper] = field(default_factory=list)
    _programs: dict[str, Program | SafeText] = field(default_factory=dict)
    _destinations: dict[str, Destination] = field(default_factory=dict)

    def setup(self, entry: Entry) -> EntrySetup | UnservedEntry | SetupFailure:
        """An entry with its program and account."""
        file = mapping_path(self.intake, entry)
        program = self._program(file)
        if isinstance(program, SafeText):
            return UnservedEntry(entry, program)
        try:
            destination = self._destination(program.target, file)
        except LookupError as error:
            return UnservedEntry(entry, SafeText.known(str(error.args[0])))
        account = self._account(entry, program.target, destination)
        if isinstance(account, SetupFailure):
            return account
        code = program.code
        self.mappers.append(EventMapper(program, f"{FEED_NAME}{entry.path}", destination.parcel_facts))
        number, version, most = len(self.mappers) - 1, mapping_version(program), destination.limits.events
        return EntrySetup(entry, account, number, code.name, version, code.reads_meta, most)

    @property
    def words(self) -> frozenset[str]:
        """The words of all mappings that were read."""
        return frozenset().union(
            *(one.code.words for one in self._programs.values() if isinstance(one, Program))
        )

    def _program(self, file: str) -> Program | SafeText:
        """The program of a mapping, or why there is none."""
        if file not in self._programs:
            options = self.options
            try:
                raw = read_program(
                    file, options.schemas, allow_target=options.route.allow_target, cached=True
                )
            except mapper.CompileError as error:
                self.log.errors(error)
                count = number(sum(one.severity == "error" for one in error.diagnostics), "error")
                self._programs[file] = SafeText("{} has {}", SafeText.known(file), count)
            except OSError as error:
                self._programs[file] = error_line(error)
            else:  # a list that cannot be read ends the call: nothing is served without it
                lists = OwnLists(options.suppress, file, options.schemas, options.route.allow_target)
                self._programs[file] = lists.suppressing(authoring.guarded(raw), self.log.say)
        return self._programs[file]

    def _destination(self, target: str, file: str) -> Destination:
        if target not in self._destinations:
            options = self.options
            self._destinations[target] = mapper.destination(
                target, schemas=options.schemas, beside=file, allow_target=options.route.allow_target
            )
        return self._destinations[target]

    def _account(self, entry: Entry, target: str, destination: Destination) -> Account | SetupFailure:
        """The account of an entry's events. Where this process delivers, its credentials have to be there."""
        found = self._environment(entry, destination)
        if isinstance(found, SetupFailure):
            return found
        name, environment = found
        if not self.options.no_deliver:
            credentials = read_credentials(destination, environment)
            if isinstance(credentials, SetupFailure):
                return credentials
        recipient = recipient_of(destination, environment, base_url=self.options.route.url)
        return recipient if isinstance(recipient, SetupFailure) else Account(target, name, False, recipient)

    def _environment(
        self, entry: Entry, destination: Destination
    ) -> tuple[str, Mapping[str, str]] | SetupFailure:
        """The name of an entry's account, and the environment that its credentials are in."""
        if self.accounts is None:
            if entry.account:
                text = f"{entry.place}: `{entry.path}` is for the account `{entry.account}`"
                return SetupFailure(text, "name the file of accounts with --accounts")
            return "default", ENVIRONMENT
        held = self.accounts.read()
        if isinstance(held, SetupFailure):
            return held
        name = entry.account or held.only_name()
        if name is None:
            names = ", ".join(sorted(held.accounts))
            return SetupFailure(
                f"{entry.place}: `{entry.path}` names no account", f"add `account:` with one of {names}"
            )
        environment = held.environment(name, destination)
        return environment if isinstance(environment, SetupFailure) else (name, environment)


def read_entries(options: ServeOptions, log: Log) -> ServedIntake | SetupFailure:
    """The entries of a file as it is now. Raises CompileError where it has errors, and OSError."""
    checked = load_intake(options.intake, options.schemas)
    if checked.intake is None:
        raise mapper.CompileError(checked.found)
    intake = with_secrets(checked.intake, ENVIRONMENT)
    if isinstance(intake, tuple):
        return _missing(intake)
    accounts = None
    if options.route.accounts is not None:
        from mapper.cli.account_file import AccountFileReader

        accounts = AccountFileReader(options.route.accounts)
    sealer = read_sealer(ENVIRONMENT) if options.keep_raw else None
    if options.keep_raw and sealer is None:
        text = f"{KEY_VARIABLE} does not hold a key of 32 bytes in base64, which --keep-raw needs"
        return SetupFailure(text, f"export {KEY_VARIABLE}=$(openssl rand -base64 32)")
    reader = _Reader(intake, options, accounts, log)
    served, unserved = list[EntrySetup](), list[UnservedEntry]()
    for entry in intake.entries:
        unfit = checked.unfit.get(entry.path)
        if unfit is not None:
            log.errors(mapper.CompileError((unfit,)))
            unserved.append(UnservedEntry(entry, SafeText.known(unfit.message)))
            continue
        setup = reader.setup(entry)
        if isinstance(setup, SetupFailure):
            return setup
        if isinstance(setup, EntrySetup):
            served.append(setup)
        else:
            unserved.append(setup)
    entries = ServedEntries(tuple(served), tuple(unserved))
    return ServedIntake(entries, tuple(reader.mappers), options, accounts, sealer, reader.words)


def read_anew(options: ServeOptions, log: Log) -> tuple[tuple[EventMapper, ...], ServedEntries | NotTakenUp]:
    """The mappers of the entries as their files are now, and the entries; or why there are none."""
    try:
        found = read_entries(options, log)
    except mapper.CompileError as error:
        log.errors(error)
        return (), NotTakenUp(SafeText("{} has errors", SafeText.known(options.intake)))
    except OSError as error:
        return (), NotTakenUp(error_line(error))
    if isinstance(found, SetupFailure):
        return (), NotTakenUp(SafeText.known(found.message))
    return found.mappers, found.served


def _missing(secrets: tuple[SecretMissing, ...]) -> SetupFailure:
    """All that are not set, in one message; else the first that has another form than its entry says."""
    unset = [one for one in secrets if not one.form]
    if not unset:
        first = secrets[0]
        return SetupFailure(f"{first.variable} is not in the form `{first.form}` that {first.place} says")
    variables = tuple(dict.fromkeys(one.variable for one in unset))
    paths = ", ".join(dict.fromkeys(f"`{one.path}`" for one in unset))
    verb, pronoun = ("is", "it") if len(variables) == 1 else ("are", "them")
    text = f"{', '.join(variables)} {verb} not set; requests to {paths} are checked with {pronoun}"
    return SetupFailure(f"{unset[0].place}: {text}", f"export {' '.join(f'{one}=...' for one in variables)}")
