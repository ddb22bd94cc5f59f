"""A mapping that is neither the fields of an object nor one rule -> the diagnostic that says why."""

from __future__ import annotations

import re

from mapper.compiler.file_reading import FileReading
from mapper.compiler.syntax.key_tables import strange_key
from mapper.compiler.syntax.language_keys import SOURCE_KEYS
from mapper.compiler.syntax.syntax_facts import Mixed, NoSource
from mapper.compiler.yaml.edits import in_flow
from mapper.compiler.yaml.nodes import MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic

ELSE = ("else", "otherwise", "default")
# Of so many keys a table can be told.
_FEWEST = 2
_WORD = re.compile(r"[\w-]+")
BEFORE_COMMA = re.compile(r"(-?[0-9]+)(,[ \t]*)\Z")
NEAR_COMMA = 100


def report_sources(node: MapNode, sources: list[ScalarNode], reading: FileReading) -> None:
    """Report a rule that has no source, or more than one."""
    if not sources:
        if node.unread:
            return
        first, _ = node.entries[0]
        message = f"a rule with `{first.text}` has no source for its value"
        reading.say(Diagnostic("M025", first.span, message, facts=NoSource(node)))
        return
    reading.say(
        Diagnostic(
            "M025",
            sources[1].span,
            f"a rule has one source, but this one has both `{sources[0].text}` and `{sources[1].text}`",
            related=((sources[0].span, "the other source"),),
            facts=Mixed("sources", node, tuple(sources)),
        )
    )


def report_choice(node: MapNode, reading: FileReading) -> bool:
    """Report `if` or `when` with `then` and `else` in place of a rule: the two arms of a `case`."""
    names = {key.text for key, _ in node.entries}
    condition = "if" if "if" in names else "when"
    if not {condition, "then"} <= names <= {condition, "then", *ELSE}:
        return False
    if condition == "when" and not names & {*ELSE}:
        return False
    strange = tuple(key for key, _ in node.entries if key.text not in ("when", *SOURCE_KEYS))
    message = strange_key(strange[0].text, "a rule")
    reading.say(Diagnostic("M020", strange[0].span, message, facts=Mixed("choice", node, strange)))
    return True


def report_entries(node: MapNode, strange: list[ScalarNode], reading: FileReading) -> bool:
    """Report the entries of a table beside `from`: each is a word, and becomes one."""
    values = {key.text: value for key, value in node.entries}
    words = [values[key.text] for key in strange]
    if "from" not in values or "apply" in values or len(strange) < _FEWEST:
        return False
    if not all(isinstance(one, ScalarNode) and _WORD.fullmatch(one.text) for one in words):
        return False
    message = strange_key(strange[0].text, "a rule")
    reading.say(Diagnostic("M020", strange[0].span, message, facts=Mixed("table", node, tuple(strange))))
    return True


def is_postcode(node: MapNode, rule_keys: tuple[str, ...]) -> bool:
    """Whether the one key of a rule among fields is a `zip` of no lists: a field that somebody calls so."""
    ours = [(key, value) for key, value in node.entries if key.text in rule_keys]
    if len(node.entries) < 2 or len(ours) != 1:
        return False
    key, value = ours[0]
    return key.text == "zip" and not isinstance(value, MapNode)


def is_decimal_comma(key: ScalarNode) -> bool:
    """Whether a key is after a decimal comma: between braces a comma ends the number."""
    if not key.text.isdigit():
        return False
    span = key.span
    return BEFORE_COMMA.search(span.text.content[max(0, span.start - NEAR_COMMA) : span.start]) is not None


def report_glued_field(node: MapNode, key: ScalarNode, value: YamlNode, reading: FileReading) -> bool:
    """Report `{em:email, ph: phone}`: between braces YAML reads a key with a colon in it, and no value."""
    name, colon, rest = key.text.partition(":")
    if not colon or not name.isidentifier() or not rest or not _is_bare(key, value):
        return False
    message = f"`{key.text}` has no space after its colon, so it is not a key"
    reading.say(Diagnostic("M001", key.span, message, facts=Mixed("glued", node, (key,))))
    return True


def report_bare_keys(node: MapNode, rule_keys: tuple[str, ...], reading: FileReading) -> bool:
    """Report keys between braces that have no value: `{from:total}`, `{total, required: true}`, `{total}`."""
    bare = [key for key, value in node.entries if _is_bare(key, value)]
    if not bare or bare[0].text in rule_keys:
        return False
    first = bare[0]
    glued = tuple(key for key in bare if key.text.partition(":")[0] in rule_keys and ":" in key.text)
    keys = {key.text for key, _ in node.entries}
    if glued:
        message = f"`{glued[0].text}` has no space after its colon, so it is not a key"
        report = Diagnostic("M001", glued[0].span, message, facts=Mixed("glued", node, glued))
    elif len(node.entries) == 1:
        message = f"`{first.text}` in braces is a key without a value"
        report = Diagnostic("M023", first.span, message, facts=Mixed("expression", node, (first,)))
    elif len(bare) > 1 or not keys - {first.text} <= set(rule_keys) or keys & set(SOURCE_KEYS):
        return False
    else:
        message = f"`{first.text}` is a key without a value"
        report = Diagnostic("M023", first.span, message, facts=Mixed("from", node, (first,)))
    reading.say(report)
    return True


def _is_bare(key: ScalarNode, value: YamlNode) -> bool:
    """Whether a key between braces has neither a colon nor a value."""
    if not isinstance(value, ScalarNode) or value.value is not None or value.style != "plain":
        return False
    if value.start < value.end or key.style != "plain":
        return False
    content = key.span.text.content
    return content[key.span.end : key.span.end + 1] != ":" and in_flow(key.span)


def report_item(node: MapNode, strange: list[ScalarNode], reading: FileReading) -> None:
    """Report fields of the element beside `each` that belong under `item`."""
    message = f"`{strange[0].text}` looks like a field of each element, but is next to `each`"
    reading.say(Diagnostic("M024", strange[0].span, message, facts=Mixed("item", node, tuple(strange))))


def report_mix(strange: list[ScalarNode], rule_key: ScalarNode, reading: FileReading) -> None:
    """Report what reads as a field beside what reads as a key of a rule."""
    message = f"`{strange[0].text}` looks like a field, but `{rule_key.text}` next to it is a key of a rule"
    *names, last = (f"`{name}`" for name in SOURCE_KEYS)
    hint = f"a rule has {', '.join(names)} or {last}"
    if (rule_key.text, strange[0].text) == ("when", "then"):
        hint = "write `{from: EXPRESSION, when: CONDITION}`"
    if rule_key.text == "let":
        hint = (
            "`let` is beside `each`, not under `item`: `{each: LIST, let: {...}, item: {...}}`; "
            "for other rules, it is at the top of the file, or in a section"
        )
    related = ((rule_key.span, "a key of a rule"),)
    reading.say(Diagnostic("M024", strange[0].span, message, hint, related=related))
