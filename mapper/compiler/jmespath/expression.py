"""JMESPath text -> Expression: its tree with exact places, and what is known of it; or a diagnostic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property, lru_cache
from typing import TypeVar

from mapper.compiler.jmespath.call_facts import may_fail
from mapper.compiler.jmespath.grammar import parse
from mapper.compiler.jmespath.lineage import Lineage, PathRead, lineage_of
from mapper.compiler.jmespath.refusal import Refusal, Refused
from mapper.compiler.jmespath.repeated_input import check_growth
from mapper.compiler.jmespath.signatures import check_calls
from mapper.compiler.jmespath.tree import (
    Call,
    Current,
    Field,
    Node,
    OwnCall,
    OwnFunction,
    Variable,
    bound,
    nodes,
    with_variables,
)
from mapper.compiler.jmespath.uses import Use, uses
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Locate, Span, Style
from mapper.values.frozen import dataclass
from mapper.values.types import Type

_Kind = TypeVar("_Kind", bound=Node)
# What is longer is rarely written twice, and would take more room than it saves time.
_LONGEST_KEPT = 250
_MOST_KEPT = 2048


@dataclass(eq=False, slots=True)
class TypedParts:
    """The types of an expression and its parts at a value of a type.

    parts: the types of its parts, by identity. is_clean: no check says anything of it.
    """

    at: Type
    made: Type
    parts: dict[int, Type]
    is_clean: bool = False


# Not frozen: it remembers what was found out about it.
@dataclass(eq=False)
class Parsed:
    """The tree of an expression, and what is wrong with its calls or its size.

    nodes: each node of the tree, parents before their parts.
    types: what it comes to at values of some types, where it reads no variable and can be read there; by the
    identity of the type, which is kept with it so that no other can have it.
    is_doubtful: False once its text was looked through for what is most likely not meant, and nothing found.
    """

    root: Node
    nodes: Sequence[Node]
    wrong: tuple[Refusal, ...]
    types: dict[int, TypedParts] = field(default_factory=dict, repr=False)
    is_doubtful: bool = True

    @cached_property
    def variables(self) -> tuple[tuple[str, int, int], ...]:
        """Each use of a `$name`, in the order written: the name and its characters in the text."""
        return tuple((node.name, node.start, node.end) for node in self.nodes if isinstance(node, Variable))

    @cached_property
    def kinds(self) -> frozenset[type]:
        """The kinds of its nodes."""
        return frozenset(map(type, self.nodes))

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """The uses of the values that it reads: as a list, as a text, as an object."""
        return uses(self.root)

    @cached_property
    def path(self) -> tuple[str, ...] | None:
        """Its names, if it is a plain path from the current value (`a.b`); `@` is the empty path."""
        names: list[str] = []
        node = self.root
        while isinstance(node, Field):
            names.append(node.name)
            node = node.base
        return tuple(reversed(names)) if isinstance(node, Current) else None

    @cached_property
    def reads(self) -> tuple[PathRead, ...]:
        """Each path that it reads from the current value or a variable, in the order written."""
        return self.lineage.reads

    @cached_property
    def lineage(self) -> Lineage:
        """The origins of its value, and what else is read on the way."""
        return lineage_of(self.root)

    def bind(self, functions: Mapping[str, OwnFunction]) -> None:
        """Have its calls be of a mapping's functions, which nothing that shares it may know otherwise."""
        self.root = bound(self.root, functions)
        self.nodes = nodes(self.root)
        growth = check_growth(self.root, self.nodes)
        self.wrong = (*check_calls(self.nodes, functions), *(() if growth is None else (growth,)))


def with_tree(root: Node, wrong: tuple[Refusal, ...] = ()) -> Parsed:
    """The parsed form of a tree that is made of another one, or of a part of it. wrong: of that other one."""
    return Parsed(root, nodes(root), wrong)


def parsed(text: str) -> Parsed:
    """The parsed form of a text. Raises Refusal where it is no expression."""
    return _kept(text) if len(text) <= _LONGEST_KEPT else _parsed(text)


def _parsed(text: str) -> Parsed:
    root = parse(text)
    every = nodes(root)
    wrong = check_calls(every)
    growth = check_growth(root, every)
    return Parsed(root, every, (*wrong, growth) if growth is not None else tuple(wrong))


_kept = lru_cache(maxsize=_MOST_KEPT)(_parsed)


# What is said of a call of a function that there is not.
_OF_OWN_CALLS = frozenset({"M115", "M148"})
_NEVER_FAILING_VARIABLES = frozenset({"event", "index", "whole", "meta"})


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression of JMESPath and `$name` variables, whose names, functions and numbers of arguments hold.

    text: as written, decoded. locate: from characters of `text` to the span in the file. style: how the file
    quotes it.
    """

    text: str
    parsed: Parsed = field(repr=False, compare=False)
    locate: Locate
    style: Style = "literal"

    @property
    def root(self) -> Node:
        """The root of the expression's tree."""
        return self.parsed.root

    @property
    def whole(self) -> Span:
        """The span of all of it, white space around it aside."""
        written = self.text.strip()
        start = 0 if written == self.text else len(self.text) - len(self.text.lstrip())
        return self.locate(start, start + len(written))

    @property
    def variables(self) -> tuple[tuple[str, int, int], ...]:
        """Each use of a `$name`, in the order written: the name and its characters in `text`."""
        return self.parsed.variables

    @property
    def may_fail(self) -> bool:
        """Whether it can raise Invalid for some event: it calls a function or reads a `let`."""
        return any(
            isinstance(node, OwnCall)
            or (isinstance(node, Call) and may_fail(node.name))
            or (isinstance(node, Variable) and node.name not in _NEVER_FAILING_VARIABLES)
            for node in self.walk()
        )

    def with_variables(self, names: Mapping[str, str]) -> Expression:
        """The same expression where some of its variables have other names."""
        if not any(name in names for name, _, _ in self.variables):
            return self
        return replace(self, parsed=with_tree(with_variables(self.root, names), self.parsed.wrong))

    def walk(self) -> Iterator[Node]:
        """Each node of the tree, parents before their parts."""
        return iter(self.parsed.nodes)

    def nodes_of(self, kind: type[_Kind]) -> list[_Kind]:
        """Its nodes of a kind, in the order of `walk`."""
        if kind not in self.parsed.kinds:
            return []
        return [node for node in self.parsed.nodes if isinstance(node, kind)]

    def span(self, node: Node) -> Span:
        """The place of one of its nodes in the file."""
        return self.locate(node.start, node.end)

    def reads(self) -> tuple[PathRead, ...]:
        """Each path that it reads from the current value or a variable, in the order written."""
        return self.parsed.reads

    def path(self) -> tuple[str, ...] | None:
        """Its names, if it is a plain path from the current value (`a.b`); `@` is the empty path."""
        return self.parsed.path


@dataclass(frozen=True, slots=True)
class FileNames:
    """The functions and tables that a mapping file has. may_inherit: other files may have more functions."""

    functions: frozenset[str] = frozenset()
    may_inherit: bool = False
    tables: frozenset[str] = frozenset()


NO_NAMES = FileNames()


@dataclass(frozen=True, slots=True)
class ReadExpression:
    """The result of reading a text as an expression: `expression` is None where `found` says why.

    parts: its names, constants and operators, as many as were read. unbound: the expression whose calls may
    be of functions of the mapping, to check once these are known; it is here also where something else is
    wrong with it.
    """

    expression: Expression | None
    parts: int
    found: tuple[Diagnostic, ...] = ()
    unbound: Expression | None = None


def parse_expression(
    text: str, locate: Locate, style: Style = "literal", names: FileNames = NO_NAMES
) -> ReadExpression:
    """The expression a text is, or what is wrong with it. Never raises.

    style: of the YAML scalar it is in; a fix writes what it has to in the same one. names: of its file.
    """
    try:
        known = parsed(text)
    except Refusal as refusal:
        wrong: tuple[Refusal, ...] = (refusal,)
        return ReadExpression(None, len(text) // 2, _refused(wrong, text, locate, style, names.tables))
    wrong = known.wrong
    if OwnCall in known.kinds:
        called = {node.name for node in known.nodes if isinstance(node, OwnCall)}
        if names.may_inherit or called <= names.functions:
            return _unbound(text, locate, style)
        named = [(one.start, one.end) for one in wrong if text[one.start : one.end] in names.functions]
        calls = check_calls(known.nodes, names.functions)
        wrong = tuple([one for one in calls if (one.start, one.end) not in named])
    if wrong:
        return ReadExpression(None, len(known.nodes), _refused(wrong, text, locate, style, names.tables))
    return ReadExpression(Expression(text, known, locate, style), len(known.nodes))


def _unbound(text: str, locate: Locate, style: Style) -> ReadExpression:
    """An expression whose calls are checked later, by a tree that it shares with no other."""
    known = _parsed(text)
    others = [one for one in known.wrong if one.code not in _OF_OWN_CALLS]
    expression = Expression(text, known, locate, style)
    return ReadExpression(None if others else expression, len(known.nodes), unbound=expression)


def bind_calls(
    expression: Expression, functions: Mapping[str, OwnFunction], tables: frozenset[str], *, complete: bool
) -> tuple[Diagnostic, ...]:
    """Have an expression call the functions of its mapping; the diagnostics of it, now that they are known.

    tables: those of its file. complete: all functions of the mapping are known.
    """
    known = expression.parsed
    known.bind(functions)
    wrong = known.wrong
    if not complete:
        wrong = tuple([refusal for refusal in wrong if refusal.code not in _OF_OWN_CALLS])
    return _refused(wrong, expression.text, expression.locate, expression.style, tables)


def growth_of(expression: Expression) -> Diagnostic | None:
    """The diagnostic of an expression that may make its input many times as large."""
    refusal = check_growth(expression.root, expression.parsed.nodes)
    if refusal is None:
        return None
    return _refused((refusal,), expression.text, expression.locate, expression.style)[0]


def _refused(
    wrong: tuple[Refusal, ...], text: str, locate: Locate, style: Style, tables: frozenset[str] = frozenset()
) -> tuple[Diagnostic, ...]:
    """The diagnostics of an expression; of several calls of one kind the first says what to write."""
    places = [(one.code, locate(one.start, one.end)) for one in wrong]
    first = next((at for at, one in enumerate(wrong) if one.code == "M115"), 0)
    said = []
    for at, (one, (code, span)) in enumerate(zip(wrong, places, strict=True)):
        others = tuple(other for place, other in enumerate(places) if place != at) if at == first else None
        fact = Refused(text, locate, style, one, others, tables)
        said.append(Diagnostic(code, span, one.message, one.hint, facts=fact))
    return tuple(said)
