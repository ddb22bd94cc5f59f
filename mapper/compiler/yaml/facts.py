"""The facts of a place that YAML reads in another way, or not at all."""

from __future__ import annotations

from mapper.compiler.yaml.nodes import ScalarNode, YamlNode
from mapper.texts.text import Span
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag as it is written; "" where only its mark is known."""

    written: str


@dataclass(frozen=True, slots=True)
class KeyTwice:
    """A key that is in a mapping twice, with both values; None: it could not be read."""

    key: ScalarNode
    values: tuple[YamlNode | None, ...]


@dataclass(frozen=True, slots=True)
class UnreadableNumber:
    """A text that looks like a number and is none here."""

    span: Span


@dataclass(frozen=True, slots=True)
class YamlVersion:
    """A line that says a version of YAML."""

    span: Span


@dataclass(frozen=True, slots=True)
class BracesAsKey:
    """The text between braces where a key is expected."""

    written: str
