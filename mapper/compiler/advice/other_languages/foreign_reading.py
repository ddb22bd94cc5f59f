"""Text of another language -> the expression its author most likely meant: SQL, JavaScript, JSONPath, Liquid.

It reads loosely what `grammar` refuses, and writes JMESPath with the author's own names. What it writes is
only shown once the grammar takes it.
"""

from __future__ import annotations

from collections.abc import Sequence

from mapper.compiler.advice.other_languages.brace_templates import chosen, interpolated, is_guessed
from mapper.compiler.advice.other_languages.foreign_functions import CHOICE, ZONE_NOTE, lacking
from mapper.compiler.advice.other_languages.foreign_operators import (
    said_at_last,
    said_of_operators,
    with_own_operators,
)
from mapper.compiler.advice.other_languages.idioms import ZONE
from mapper.compiler.advice.other_languages.lexemes import Loose, Lost, Plus, Slash, cut
from mapper.compiler.advice.other_languages.loops import arrowed, comprehended, looped, named
from mapper.compiler.advice.other_languages.operator_rewriting import any_value, whole_expression
from mapper.compiler.advice.other_languages.regex_conditions import matched
from mapper.compiler.jmespath.grammar import parse
from mapper.compiler.jmespath.refusal import Refusal
from mapper.compiler.jmespath.signatures import check_calls
from mapper.compiler.jmespath.tree import nodes
from mapper.values.frozen import dataclass
from mapper.values.regular_expression import pattern

# A longer text is not shown again in a hint, and no author's slip.
_LONGEST = 400
# Calls of a clock or of chance in other languages, within an expression that is none here.
_CLOCK = pattern(r"\b(now|today|uuid|uuid4|uuidv4|random|getdate|current_timestamp|Date)\s*\(\s*\)")
# A filter of Liquid, also where no braces are around it.
_FILTER = pattern(r"\|\s*\w+\s*:\s*\S")
_CALL = pattern(r"\b([A-Za-z]\w+)\(")
# `{{DLV - product name}}`, as variables of Google Tag Manager are called.
_OF_TAG_MANAGER = pattern(
    r"\s*\{\{\s*(?:1PC|CJS|CONST|Cookie|DL|DLV|dlv|JS|JSV|LT|LUT|RT|URL|cjs|js|lut|url)\s*-\s*[\w .-]+\}\}\s*"
)
_TAG_MANAGER = "write the path of the attribute that the variable of Tag Manager reads, as `ecommerce.value`"
# An apostrophe within a string: as it is, or twice as in SQL and YAML.
_APOSTROPHE = pattern(r"(?<=\w)''?(?=\w)")
_COLON = "in YAML, put a space after the colon of a key"


@dataclass(frozen=True, slots=True)
class Meant:
    """The meaning that an author most likely had in mind.

    text: an expression; or a rule, where only that says it. certain: it can mean nothing else.
    readings: of what may mean two things, each expression and what it is for.
    note: what is said besides. whole: all that is said, where no expression says it; `text` is empty then.
    is_named: it has names of the author's, and no `LIST` in place of one.
    """

    text: str
    certain: bool
    readings: Sequence[tuple[str, str]] = ()
    note: str | None = None
    whole: str | None = None
    is_named: bool = True

    @property
    def is_rule(self) -> bool:
        """Whether it is written as a rule in YAML, not as an expression."""
        return self.text.startswith(CHOICE)


def meant_by(text: str) -> Meant | None:
    """The likely meaning of a text that is no expression here; None where nothing is likely."""
    if len(text) > _LONGEST:
        return None
    loop = looped(text)
    if loop is not None:
        return Meant("", False, whole=loop)
    picked = chosen(text, is_taken)
    if picked is not None:
        return Meant(picked, False)
    given = named(text)
    if given is not None and is_taken(given[0]):
        note = f"an element has no name here, write its fields directly: `sku`, not `{given[1]}.sku`"
        return Meant(given[0], False, note=note)
    escaped = with_apostrophes(text)
    if escaped is not None:
        return escaped
    asked = matched(text)
    if asked is not None and is_taken(asked):
        return Meant(asked, False)
    if _OF_TAG_MANAGER.fullmatch(text):
        return Meant("", False, whole=_TAG_MANAGER)
    operators = said_of_operators(text)
    if operators is not None:
        return Meant("", False, whole=operators)
    own = with_own_operators(text)
    if own is not None:
        return meant_by(own) or (Meant(own, False) if is_taken(own) else None)
    return _by_reading(text)


def _by_reading(text: str) -> Meant | None:
    """The meaning that a loose reading makes of a text."""
    first, loose = _read(text, "add", "divide")
    if first is None and _FILTER.search(text):
        first, loose = _read(f"{{{{ {text} }}}}", "add", "divide")
    if loose.slashed:
        path, _ = _read(text, "add", "path")
        if path is not None:
            divided = () if first is None else ((path.text, "for a path"), (first.text, "to divide"))
            return Meant(path.text, False, divided)
    if first is not None and loose.summed:
        joined, _ = _read(text, "concat", "divide")
        if joined is not None:
            return Meant(first.text, False, ((joined.text, "to join strings"), (first.text, "to add")))
    last = said_at_last(text) if first is None else None
    return first if last is None else Meant("", False, whole=last)


def with_apostrophes(text: str) -> Meant | None:
    """A text whose strings have apostrophes, as these are written within one."""
    escaped = _APOSTROPHE.sub(r"\\'", text)
    if escaped == text or not is_taken(escaped):
        return None
    return Meant(escaped, False, note="within a string, an apostrophe is written `\\'`")


def always_same(text: str) -> str | None:
    """The hint for a text that asks a clock or chance, or calls what is not here; None for others."""
    asked = _CLOCK.search(text)
    without = None if asked is None else lacking(asked[1], 0)
    if without is None:
        called = (lacking(one[1], 1) for one in _CALL.finditer(text))
        without = next((one for one in called if one is not None), None)
    return None if without is None else "; ".join(without)


def _read(text: str, plus: Plus, slash: Slash) -> tuple[Meant | None, Loose]:
    """A loose reading, and how it went."""
    loose = cut(text, plus, slash, any_value)
    try:
        written = (
            interpolated(text, is_taken) or comprehended(text) or arrowed(text) or whole_expression(loose)
        )
    except (Lost, ValueError):  # a name in double quotes may be no JSON
        return None, loose
    note = _COLON if loose.colon else ZONE_NOTE if ZONE in written and ZONE not in text else None
    is_named = not loose.of_none and note != ZONE_NOTE
    meant = Meant(written, loose.certain and not is_guessed(text), note=note, is_named=is_named)
    if not meant.is_rule and (written == text or not is_taken(written)):
        return None, loose
    return meant, loose


def is_taken(text: str) -> bool:
    """Whether a text is an expression whose calls hold."""
    try:
        return not check_calls(nodes(parse(text)))
    except Refusal:
        return False
