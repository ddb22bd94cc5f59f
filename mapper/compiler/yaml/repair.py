"""YamlRepair: what is wrong with a source, and how it is read on."""

from __future__ import annotations

from mapper.compiler.yaml.parser_input import ParserInput
from mapper.texts.diagnostic import Diagnostic
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class YamlRepair:
    """A diagnostic, the source to read next, and the top-level keys that are left out of it."""

    diagnostic: Diagnostic
    source: ParserInput
    unread: tuple[str, ...] = ()
