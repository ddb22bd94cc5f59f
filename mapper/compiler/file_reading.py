"""A mapping file while it is read, with the files it extends: what is found in it, and its expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from mapper.compiler.findings import Findings, TooMany
from mapper.compiler.jmespath.expression import (
    NO_NAMES,
    Expression,
    FileNames,
    bind_calls,
    parse_expression,
)
from mapper.compiler.jmespath.tree import OwnFunction
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Locate, Style
from mapper.values.frozen import dataclass

# Names, constants and operators of all expressions: several times as many as our largest mapping has.
MOST_READ = 10_000


@dataclass(eq=False, slots=True)
class FileReading:
    """The reading of a mapping file and of those that it extends.

    names: those of the file that is read now. expressions: all that were read, less those in which something
    is wrong. unbound: the expressions whose calls are checked once all functions are known. parts: how many
    names, constants and operators all expressions have.
    """

    found: Findings
    names: FileNames = NO_NAMES
    expressions: list[Expression] = field(default_factory=list)
    unbound: list[Expression] = field(default_factory=list)
    parts: int = 0

    def say(self, one: Diagnostic) -> None:
        """Add a diagnostic. Raises TooMany."""
        self.found.say(one)

    def expression(self, text: str, locate: Locate, style: Style = "literal") -> Expression | None:
        """The expression that a text is; None, and a diagnostic, where it is none. Raises TooMany.

        style: of the YAML scalar it is in; a fix writes its expression in the same one.
        """
        read = parse_expression(text, locate, style, self.names)
        self.parts += read.parts
        if self.parts > MOST_READ:
            raise TooMany(f"the expressions have more than {MOST_READ:,} parts in total")
        self.found.say_all(read.found)
        if read.unbound is not None:
            self.unbound.append(read.unbound)
        if read.expression is not None:
            self.expressions.append(read.expression)
        return read.expression

    def bind(self, functions: Mapping[str, OwnFunction], *, complete: bool) -> None:
        """Have all expressions call the functions of their mapping; calls of unknown ones are reported.

        complete: all functions of the mapping are known.
        """
        kept, self.unbound = self.unbound, []
        for one in kept:
            wrong = bind_calls(one, functions, self.names.tables, complete=complete)
            self.found.say_all(wrong)
            if wrong:
                self.expressions = [other for other in self.expressions if other.parsed is not one.parsed]
