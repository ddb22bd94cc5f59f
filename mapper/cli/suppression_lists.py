"""The suppression lists that a command is given, around its program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mapper import Program, authoring
from mapper.cli.command import here
from mapper.values.safe_text import SafeError, SafeText

if TYPE_CHECKING:
    from mapper.authoring import PersonFields
    from mapper.delivery.batch import Stops
    from mapper.suppression.listing import WatchedList


@dataclass(frozen=True, slots=True)
class OwnLists:
    """The files of a call, and the mapping whose target says what the columns of a text mean."""

    files: tuple[str, ...]
    mapping: str
    schemas: str | None = None
    allow_target: str | None = None

    def guarded_program(self) -> Program:
        """The program of the mapping, guarded, without events of the persons. Exits where it has errors."""
        from mapper.cli.program_argument import load_program

        raw = load_program(self.mapping, self.schemas, allow_target=self.allow_target)
        return self.suppressing(authoring.guarded(raw))

    def suppressing(self, program: Program, warn: Callable[[SafeText], None] | None = None) -> Program:
        """The program that skips the events of persons on the lists. warn: is told where one breaks later.

        Raises OSError for one that is broken, and for a target that no list can be used for.
        """
        if not self.files:
            return program
        from mapper.suppression.suppressed_program import suppressing

        return suppressing(program, self.persons(warn).read(program.target)[1])

    def persons(self, warn: Callable[[SafeText], None] | None = None) -> PersonLists:
        """The same lists for payloads that wait, of this mapping or others."""
        return PersonLists(self.files, self.allow_target, warn, self.schemas, self.mapping)


@dataclass(frozen=True, slots=True)
class PersonLists:
    """The lists of a process that delivers what was mapped before. warn: is told where one breaks later.

    schemas, beside: where the schemas of targets are; "": beside the current folder.
    """

    files: tuple[str, ...]
    allow_target: str | None = None
    warn: Callable[[SafeText], None] | None = None
    schemas: str | None = None
    beside: str = ""

    def stops(self, destination: str) -> Stops:
        """Tells which payloads of a destination are of a person on a list. Raises OSError as `read`."""
        from mapper.suppression.suppressed_program import SuppressedBodies

        fields, lists = self.read(destination)
        return SuppressedBodies(fields.paths, lists).stops

    def read(self, target: str) -> tuple[PersonFields, tuple[WatchedList, ...]]:
        """The fields of a target that identify a person, and the lists of their values.

        Raises OSError for a list that is broken, and for a target that no list can be used for.
        """
        from mapper.suppression.building import ListReader
        from mapper.suppression.listing import WatchedList

        where = self.beside or here()
        schema = authoring.read_target(
            target, schemas=self.schemas, beside=where, allow_target=self.allow_target
        )
        fields = authoring.person_fields(target, schema)
        if not fields.names:
            name = SafeText.known(target)
            raise SafeError(
                SafeText("--suppress has no effect: no field of {} is marked with `x-person`", name)
            )
        reader = ListReader(fields)
        return fields, tuple(WatchedList(file, reader, self.warn) for file in self.files)

    def check(self) -> None:
        """Raise OSError for a list that cannot be used by anyone. Text is read for each destination."""
        from mapper.suppression.listing import BrokenList, is_built, of_file, open_listing, refuse_others

        for file in self.files:
            try:
                refuse_others(file)
                if is_built(file):
                    open_listing(file)
            except BrokenList as error:
                raise BrokenList(of_file(file, error.reason)) from None


def waiting_lists(
    files: tuple[str, ...], allow_target: str | None, warn: Callable[[SafeText], None]
) -> PersonLists | None:
    """The lists for payloads that wait; None without lists. Raises OSError for one that nobody can use."""
    if not files:
        return None
    lists = PersonLists(files, allow_target, warn)
    lists.check()
    return lists
