"""Expression text -> Parsed: what is known of it wherever it stands. The same text is parsed once a process.

Mappings say the same things often: in a folder of them most expressions have been read before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from mapper.compiler.jmespath.grammar import parse
from mapper.compiler.jmespath.growth import check_growth
from mapper.compiler.jmespath.reads import PathRead, reads
from mapper.compiler.jmespath.refusal import Refusal
from mapper.compiler.jmespath.signatures import check_calls
from mapper.compiler.jmespath.tree import Current, Field, Node, Variable, nodes
from mapper.compiler.jmespath.uses import Use, uses
from mapper.types import Type

# What is longer is rarely written twice, and would take more room than it saves time.
_LONGEST_KEPT = 250
_MOST_KEPT = 2048


@dataclass(eq=False, slots=True)
class TypedParts:
    """What an expression comes to at a value of a type.

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
        """How it uses what it reads: as a list, as a text, as an object."""
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
        return reads(self.root)


def parsed(text: str) -> Parsed:
    """What a text is as an expression. Raises Refusal where it is none."""
    return _kept(text) if len(text) <= _LONGEST_KEPT else _parsed(text)


def _parsed(text: str) -> Parsed:
    root = parse(text)
    every = nodes(root)
    wrong = check_calls(every)
    growth = check_growth(root)
    return Parsed(root, every, (*wrong, growth) if growth is not None else tuple(wrong))


_kept = lru_cache(maxsize=_MOST_KEPT)(_parsed)
