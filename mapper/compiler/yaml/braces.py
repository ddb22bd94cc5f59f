"""The keys that are written on the line of another key, where YAML needs braces around them."""

from __future__ import annotations

from mapper.compiler.yaml.parser_input import ParserInput
from mapper.compiler.yaml.repair import YamlRepair
from mapper.texts.diagnostic import Diagnostic, Edit, Fix
from mapper.texts.named_text import line_start
from mapper.values.regular_expression import pattern

_SHOWN = 60
# A path, and after a comma what a rule says of it.
_OF_A_PATH = pattern(r"[$@]?[\w.]+(?:, *(?:default|apply|when|required|personal): [^,\[\]{}#\r\n]+)+")
# A key with its value, which no expression begins with, and keys whose values may be such a text.
_ENTRY = pattern(r"[a-z_]\w*: +\S")
_OF_TEXTS = pattern(
    r"[ \t]*(?:-[ \t]+)*(?:because|const|default|description|is|match|name|skip|todo|when): +"
)
# An element of a list up to the value of its first key, and keys of a section or of `skip` after that value.
_ELEMENT = pattern(r"([ \t]*-[ \t]+)(?:is|skip|when): +")
_MORE_KEYS = pattern(r"[^\r\n]*?, *(?:because|continue|payload|send|skip|when): +\S")
_NEXT_LINE = pattern(r"[^\r\n]*(?:\r?\n[ \t]*(?:#[^\r\n]*)?)*(?:\r?\n([ \t]*)|\Z)")


def needs_braces(source: ParserInput, start: int, end: int) -> YamlRepair | None:
    """The repair of a value in no flow collection that holds keys; None of any other.

    `currency: const: EUR`, `value: total, default: 0`, `- is: order, send: checkout`.
    """
    content = source.content
    line = line_start(content, start)
    element = _ELEMENT.fullmatch(content, line, start)
    if element is not None and _MORE_KEYS.match(content, start, end):
        return None if _goes_on(content, end, element[1]) else _braced(source, element.end(1), end, "{")
    if _OF_A_PATH.fullmatch(content, start, end):
        return _braced(source, start, end, "{from: ")
    if _ENTRY.match(content, start, end) and not _OF_TEXTS.fullmatch(content, line, start):
        return _braced(source, start, end, "{", safe=False)  # it may be a text that needs quotes
    return None


def _goes_on(content: str, end: int, head: str) -> bool:
    """Whether an element of a list has more lines."""
    below = _NEXT_LINE.match(content, end)
    return below is not None and len(below[1] or "") >= len(head)


def _braced(source: ParserInput, start: int, end: int, opening: str, *, safe: bool = True) -> YamlRepair:
    written = f"{opening}{source.content[start:end]}}}"
    span = source.span(start, end)
    fix = Fix(f"Write `{written}`", (Edit(span, written),), safe=safe)
    message = "several keys on one line need braces" if ", " in written else "a key after a key needs braces"
    hint = f"write `{written}`" if len(written) <= _SHOWN else "put them in `{ }`"
    repaired = source.replaced([(start, start, opening), (end, end, "}")])
    return YamlRepair(Diagnostic("M003", span, message, hint, fixes=(fix,)), repaired)
