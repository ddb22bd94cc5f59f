"""A mapping that is neither the fields of an object nor one rule -> the diagnostic that says why."""

from __future__ import annotations

import re

from mapper.compiler.yaml.edits import (
    fixes_of,
    in_flow,
    insert,
    quoted,
    rename,
    replace,
    shown,
    with_quotes,
)
from mapper.compiler.yaml.nodes import MapNode, Node, ScalarNode
from mapper.diagnostic import Diagnostic, Edit, Fix
from mapper.text import Span

_SOURCES = ("const", "from", "case", "each", "zip")
_ELSE = ("else", "otherwise", "default")
# Of so many keys a table can be told.
_FEWEST = 2
_WORD = re.compile(r"[\w-]+")
# So many fields stand in a hint.
_MOST_SHOWN = 6


def report_sources(node: MapNode, sources: list[ScalarNode], found: list[Diagnostic]) -> None:
    """Report a rule that has no source, or more than one."""
    if not sources:
        if node.unread:
            return
        first, value = node.entries[0]
        hint = "add `from`, `const`, `case`, `each` or `zip`"
        if first.text == "default" and len(node.entries) == 1:
            always = f"write `{{const: {_shown(value)}}}` where it is the same for every event"
            hint = f"{always}; `{{from: EXPRESSION, default: {_shown(value)}}}` where an event may say it"
        message = f"a rule with `{first.text}` takes its value from nowhere"
        found.append(Diagnostic("M025", first.span, message, hint))
        return
    hint = "keep one of them; `from` takes a list of alternatives"
    fixes: tuple[Fix, ...] = ()
    constant = next((key for key in sources if key.text == "const"), None)
    if constant is not None and not any(key.text == "default" for key, _ in node.entries):
        hint = "a constant for events that have no value is `default`"
        fixes = (rename(constant.span, "default"),)
    found.append(
        Diagnostic(
            "M025",
            sources[1].span,
            f"a rule has one source, but both `{sources[0].text}` and `{sources[1].text}` stand here",
            hint,
            related=((sources[0].span, "the other source"),),
            fixes=fixes,
        )
    )


def report_choice(node: MapNode, found: list[Diagnostic]) -> bool:
    """Report `if` or `when` with `then` and `else` in place of a rule: the two arms of a `case`."""
    values = {key.text: value for key, value in node.entries}
    condition = "if" if "if" in values else "when"
    otherwise = next((name for name in _ELSE if name in values), None)
    if not {condition, "then"} <= values.keys() <= {condition, "then", *_ELSE}:
        return False
    if condition == "when" and otherwise is None:
        return False
    arms = [f"{{when: {_shown(values[condition])}, then: {_shown(values['then'])}}}"]
    arms += [] if otherwise is None else [f"{{else: {_shown(values[otherwise])}}}"]
    key = next(key for key, _ in node.entries if key.text not in ("when", *_SOURCES))
    message = f"`{key.text}` is not a key of a rule"
    hint = f"a rule picks one of {'two ' if otherwise else ''}values by `case: [{', '.join(arms)}]`"
    found.append(Diagnostic("M020", key.span, message, hint))
    return True


def report_entries(node: MapNode, strange: list[ScalarNode], found: list[Diagnostic]) -> bool:
    """Report the entries of a table that stand beside `from`: each is a word, and becomes one."""
    values = {key.text: value for key, value in node.entries}
    words = [values[key.text] for key in strange]
    if "from" not in values or "apply" in values or len(strange) < _FEWEST:
        return False
    if not all(isinstance(one, ScalarNode) and _WORD.fullmatch(one.text) for one in words):
        return False
    table = ", ".join(f"{key.text}: {_shown(values[key.text])}" for key in strange)
    message = f"`{strange[0].text}` is not a key of a rule"
    hint = f"a table is a step: `{{from: {_shown(values['from'])}, apply: {{lookup: {{{table}}}}}}}`"
    found.append(Diagnostic("M020", strange[0].span, message, hint))
    return True


def _shown(value: Node) -> str:
    written = shown(with_quotes(value.span) or value.span)
    return "..." if written is None else written if written[0] in "'\"{" else quoted(written)


def is_postcode(node: MapNode, rule_keys: tuple[str, ...]) -> bool:
    """Whether the one key of a rule among fields is a `zip` of no lists: a field that somebody calls so."""
    ours = [(key, value) for key, value in node.entries if key.text in rule_keys]
    if len(node.entries) < 2 or len(ours) != 1:
        return False
    key, value = ours[0]
    return key.text == "zip" and not isinstance(value, MapNode)


def report_bare_keys(node: MapNode, rule_keys: tuple[str, ...], found: list[Diagnostic]) -> bool:
    """Report keys between braces that have no value: `{from:total}`, `{total, required: true}`, `{total}`."""
    bare = [key for key, value in node.entries if isinstance(value, ScalarNode) and is_bare(key, value)]
    if not bare or bare[0].text in rule_keys:
        return False
    first = bare[0]
    glued = [key for key in bare if key.text.partition(":")[0] in rule_keys and ":" in key.text]
    if glued:
        edits = [Edit(colon, " ") for key in glued for colon in (_behind_colon(key),)]
        name, _, rest = glued[0].text.partition(":")
        message = f"`{glued[0].text}` has no space behind its colon, so it is not a key"
        fixes: tuple[Fix, ...] = (Fix("Put a space behind the colon", tuple(edits), safe=True),)
        found.append(Diagnostic("M001", glued[0].span, message, f"write `{name}: {rest}`", fixes=fixes))
        return True
    if len(node.entries) == 1:
        fix = replace(node.span, first.text, safe=False)
        message = f"`{first.text}` between braces is a key without a value"
        hint = f"an expression stands without braces: `{first.text}`"
        found.append(Diagnostic("M023", first.span, message, hint, fixes=fixes_of(fix)))
        return True
    keys = {key.text for key, _ in node.entries}
    if len(bare) > 1 or not keys - {first.text} <= set(rule_keys) or keys & set(_SOURCES):
        return False
    fix = insert(first.span, "from: ", f"Write `from: {first.text}`", safe=True)
    message = f"`{first.text}` is a key without a value"
    found.append(Diagnostic("M023", first.span, message, f"write `from: {first.text}`", fixes=(fix,)))
    return True


def is_bare(key: ScalarNode, value: ScalarNode) -> bool:
    """Whether a key stands alone between braces, without a colon and a value."""
    if value.value is not None or value.style != "plain" or value.start < value.end or key.style != "plain":
        return False
    content = key.span.text.content
    return content[key.span.end : key.span.end + 1] != ":" and in_flow(key.span)


def _behind_colon(key: ScalarNode) -> Span:
    at = key.span.start + key.text.index(":") + 1
    return Span(key.span.text, at, at)


def report_item(node: MapNode, strange: list[ScalarNode], found: list[Diagnostic]) -> None:
    """Report the fields of each element that stand beside `each`, not under `item`."""
    message = f"`{strange[0].text}` reads as a field of each element, but stands beside `each`"
    names = {key.text for key in strange[:_MOST_SHOWN]}
    fields = [f"{key.text}: {shown(value.span) or '...'}" for key, value in node.entries if key.text in names]
    fields += ["..."] if len(strange) > _MOST_SHOWN else []
    hint = f"write `item: {{{', '.join(fields)}}}`"
    found.append(Diagnostic("M024", strange[0].span, message, hint))


def report_mix(strange: list[ScalarNode], rule_key: ScalarNode, found: list[Diagnostic]) -> None:
    """Report what reads as a field beside what reads as a key of a rule."""
    message = f"`{strange[0].text}` reads as a field, but `{rule_key.text}` beside it is a key of a rule"
    found.append(
        Diagnostic(
            "M024",
            strange[0].span,
            message,
            "write `{from: EXPRESSION, when: CONDITION}`"
            if (rule_key.text, strange[0].text) == ("when", "then")
            else "a rule has `const`, `from`, `case`, `each` or `zip`",
            related=((rule_key.span, "a key of a rule"),),
        )
    )
