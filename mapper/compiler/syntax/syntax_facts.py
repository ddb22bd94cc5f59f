"""The facts of a place where something else is than the language has: node, neighbours, known names."""

from __future__ import annotations

from typing import Literal, TypeAlias

from mapper.compiler.yaml.nodes import MapNode, ScalarNode, YamlNode
from mapper.texts.named_text import Span
from mapper.transforms.template_text import TemplateProblem
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class UnknownKey:
    """A key that its owner does not have, the span of its value, and the keys beside it.

    owner: as messages name it: `a rule`. steps: the value of `apply` beside it.
    """

    owner: str
    known: tuple[str, ...]
    name: str
    key: Span
    value: Span | None = None
    beside: tuple[str, ...] = ()
    steps: YamlNode | None = None


Due: TypeAlias = Literal[
    "answer",
    "arms",
    "consent",
    "denied",
    "expression",
    "fields",
    "otherwise",
    "section",
    "sections",
    "send",
    "skip",
    "steps",
    "tests",
]


@dataclass(frozen=True, slots=True)
class WrongShape:
    """A node in another shape than what should be there. beside: the mapping it is the value of a key of."""

    due: Due
    node: YamlNode
    beside: MapNode | None = None


@dataclass(frozen=True, slots=True)
class UnnamedList:
    """A list where names with their values should be: by the key, `let`, `functions`, `tables`, `lookup`."""

    key: str
    node: YamlNode


@dataclass(frozen=True, slots=True)
class WrongWord:
    """A node where one of a few words should be, each with those that other tools have for it."""

    node: YamlNode
    words: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class DecimalComma:
    """The digits after the comma of a number between braces."""

    key: ScalarNode


@dataclass(frozen=True, slots=True)
class NoVersion:
    """A mapping that does not say its version; or the node that says another one."""

    mapping: MapNode
    node: YamlNode | None = None


@dataclass(frozen=True, slots=True)
class NoSource:
    """A rule that takes its value from nowhere."""

    rule: MapNode


@dataclass(frozen=True, slots=True)
class Mixed:
    """A mapping that is neither the fields of an object nor one rule, as `kind` says.

    keys: those that are strange.
    """

    kind: Literal["sources", "choice", "table", "glued", "expression", "from", "item"]
    rule: MapNode
    keys: tuple[ScalarNode, ...]


@dataclass(frozen=True, slots=True)
class BadName:
    """The name of a `let` that cannot be read as `$name`; reserved: names that are taken."""

    name: str
    reserved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NothingInherited:
    """An addition to a rule that is not there.

    around: the names of the objects that its field is in, and the inherited name that is nearly the one that
    is missing, of the rule or of an object around it.
    """

    around: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class LackingLet:
    """A `let` that a file expects, and the names of those there are."""

    name: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WrongTemplate:
    """Characters `start` up to `end` of a template that cannot be read as they are."""

    kind: Literal["braces", "long", "constant", "empty", "format", "not_path", "number"] | TemplateProblem
    node: ScalarNode
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters of the text between the offsets."""
        return self.node.text[self.start : self.end]

    @property
    def span(self) -> Span:
        """The span of the characters in the file."""
        return self.node.at(self.start, self.end)


@dataclass(frozen=True, slots=True)
class AllowedCode:
    """The text where a comment that allows a diagnostic must have its code."""

    written: str


@dataclass(frozen=True, slots=True)
class MeantName:
    """The name that is meant by another one at a place."""

    span: Span
    name: str
