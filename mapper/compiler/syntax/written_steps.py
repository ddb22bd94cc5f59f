"""YAML node -> WrittenStep: a transform with its arguments, as they are under `apply`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from mapper.compiler.file_reading import FileReading
from mapper.compiler.jmespath.expression import Expression, parse_expression
from mapper.compiler.jmespath.tree import OwnFunction
from mapper.compiler.syntax.node_shapes import is_text, listed, no_step
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode, children, every
from mapper.texts.named_text import Span
from mapper.transforms.tables import FileTable
from mapper.values.frozen import dataclass

LOOKUP, TABLE, PATTERNS, DEFAULT = "lookup", "table", "patterns", "default"


@dataclass(frozen=True, slots=True)
class WrittenStep:
    """A transform as the author wrote it under `apply`; `arguments` is the value of its name.

    apply: the whole value of `apply`. table: the name of the table from which an argument is, if it is, and
    entries: those of that table. names: by the names that are written, those of variables that have others.
    function: the one of the mapping that it is.
    """

    transform: str
    arguments: YamlNode | None
    span: Span
    apply: YamlNode
    table: str = ""
    entries: FileTable | None = field(default=None, compare=False)
    names: Mapping[str, str] = field(default_factory=dict, compare=False)
    function: OwnFunction | None = field(default=None, compare=False)

    @property
    def variables(self) -> list[str]:
        """The names that its arguments read as `$name`."""
        return [self.names.get(name, name) for name in self._written()]

    @property
    def nodes(self) -> list[YamlNode]:
        """Every node of its arguments that is written in the mapping: none of a table's file."""
        if self.table:
            return [
                one for name, given in named_arguments(self).items() if name != TABLE for one in every(given)
            ]
        return [] if self.arguments is None else every(self.arguments)

    @property
    def expressions(self) -> list[Expression]:
        """The variables that are arguments, or elements of them, each as an expression at its place."""
        given = () if self.arguments is None else children(self.arguments) or (self.arguments,)
        if self.transform == LOOKUP:
            given = tuple([one for name, one in named_arguments(self).items() if name == DEFAULT])
        parts = [part for one in given for part in (one.items if isinstance(one, ListNode) else (one,))]
        read = [parse_expression(one.text, one.at).expression for one in _variables(parts)]
        return [one.with_variables(self.names) for one in read if one is not None]

    def with_variables(self, names: Mapping[str, str]) -> WrittenStep:
        """The same step where some of its variables have other names."""
        return self if names.keys().isdisjoint(self._written()) else replace(self, names=names)

    def _written(self) -> list[str]:
        return [one.text[1:] for one in _variables(self.nodes)]


def _variables(nodes: list[YamlNode]) -> list[ScalarNode]:
    return [one for one in nodes if isinstance(one, ScalarNode) and names_variable(one)]


def names_variable(argument: YamlNode) -> bool:
    """Whether an argument is written as `$name`."""
    return isinstance(argument, ScalarNode) and is_text(argument) and argument.text.startswith("$")


def named_arguments(lookup: WrittenStep) -> dict[str, YamlNode]:
    """The arguments of a `lookup` by their names; one alone is its table, which may have any keys."""
    given = lookup.arguments
    if not isinstance(given, MapNode):
        return {}
    named = {key.text: value for key, value in given.entries}
    return named if named.keys() <= {TABLE, PATTERNS, DEFAULT} else {TABLE: given}


def read_steps(node: YamlNode, reading: FileReading) -> tuple[WrittenStep, ...] | None:
    """The steps under `apply`: one, or a list in order; None where one of them could not be read."""
    steps = [_read_step(item, node, reading) for item in listed(node)]
    read = tuple(step for step in steps if step is not None)
    return read if len(read) == len(steps) and not (isinstance(node, ListNode) and node.partial) else None


def _read_step(node: YamlNode, apply: YamlNode, reading: FileReading) -> WrittenStep | None:
    if isinstance(node, ScalarNode) and is_text(node):
        return WrittenStep(node.text, None, node.span, apply)
    if isinstance(node, MapNode) and node.unread:
        return None
    if isinstance(node, MapNode) and len(node.entries) == 1:
        name, arguments = node.entries[0]
        return WrittenStep(name.text, arguments, name.span, apply)
    reading.say(no_step(node, apply))
    return None
