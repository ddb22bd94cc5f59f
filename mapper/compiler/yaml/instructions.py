"""What YAML has and the mapping language has not, tags, merging, a version -> diagnostics."""

from __future__ import annotations

import re

from mapper.compiler.yaml.facts import KeyTwice, UnreadableNumber, YamlVersion
from mapper.compiler.yaml.nodes import ScalarNode, YamlNode
from mapper.compiler.yaml.parser_input import Mended
from mapper.diagnostic import Diagnostic
from mapper.pattern import pattern
from mapper.text import Span

NO_TAGS = "tags are not part of the mapping language"
NO_MERGING = (
    "merge keys are not part of the mapping language",
    "write the keys out; shared fields go in the common `payload`, values under `let`",
)
_VERSION = pattern(r"^%YAML[^\r\n#]*[^\s#]", re.MULTILINE)


def stands_twice(key: ScalarNode, first: tuple[ScalarNode, YamlNode], value: YamlNode | None) -> Diagnostic:
    """The diagnostic for a key twice."""
    message = f"duplicate key `{key.text}`"
    related = ((first[0].span, "first here"),)
    return Diagnostic("M002", key.span, message, related=related, facts=KeyTwice(key, (first[1], value)))


def unreadable(code: str, reason: str, span: Span) -> Diagnostic:
    """The diagnostic for what looks like a number and is none here: most often it is a text."""
    return Diagnostic(code, span, reason, facts=UnreadableNumber(span))


def of_a_version(source: Mended, start: int) -> list[Diagnostic]:
    """The warning for a `%YAML 1.1`, which would change what words mean if it were followed."""
    line = _VERSION.search(source.content, start)
    if line is None:
        return []
    span = source.span(line.start(), line.end())
    message = (
        f"a mapping is read as YAML 1.2, whatever `{line.group()}` says: `yes`, `on` and `no` are strings"
    )
    return [Diagnostic("M041", span, message, "remove it", facts=YamlVersion(span))]
