"""The facts of a text alone: YAML reads it in another way or not at all; it should go, or be another one."""

from __future__ import annotations

from typing import Literal

from mapper.compiler.yaml.nodes import ScalarNode, YamlNode
from mapper.texts.named_text import Span
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
class BracesAsKey:
    """The text between braces where a key is expected."""

    written: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Text that does nothing, or harm, and whose fix takes it away.

    part: its place. text: in no other part. step: a step, in `apply` or as a call. entry: `span` is the key
    and `last` its value. value: `span` is a value, `name` its key. items: elements of a list from `span` to
    `last`, `name` being the title of the fix.
    """

    part: Literal["text", "step", "entry", "value", "items"]
    span: Span
    last: Span | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Replace:
    """YAML to write in place of a value, its quotes included. is_safe: nothing else can be meant."""

    span: Span
    text: str
    is_safe: bool = False
