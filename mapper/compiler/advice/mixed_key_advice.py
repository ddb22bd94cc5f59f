"""Keys of a rule in a mapping that is no rule, or two of them -> the rule that was most likely meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.advice.whole_file import root_of, value_of
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.syntax.language_keys import ADDED_KEYS, NAMES_OF_ELEMENT
from mapper.compiler.syntax.mixed_keys import BEFORE_COMMA, ELSE, NEAR_COMMA
from mapper.compiler.syntax.syntax_facts import DecimalComma, Mixed, NoSource
from mapper.compiler.yaml.edits import (
    fixes_of,
    insert,
    quoted,
    rename,
    replace_value,
    shown,
    with_quotes,
    without_entry,
)
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic, Edit, Fix
from mapper.texts.named_text import Span
from mapper.values.regular_expression import pattern

# What other tools call `item`.
_ITEMS = frozenset({"body", "do", "fields", "map", "mapping", "object", "output", "properties", "return"})
_ITEMS |= {"select", "shape", "to", "values", "yield"}
# A hint shows at most so many fields.
_MOST_SHOWN = 6


@advises(Mixed)
def _mixed(fact: Mixed, _: Diagnostic) -> Hint:
    return _BY_KIND[fact.kind](fact)


def _sources(fact: Mixed) -> Hint:
    constant = next((key for key in fact.keys if key.text == "const"), None)
    if constant is None or any(key.text == "default" for key, _ in fact.rule.entries):
        return Hint("keep one of them; `from` accepts a list of alternatives")
    hint = "write a constant for events that have no value as `default`"
    return Hint(hint, (rename(constant.span, "default"),))


def _choice(fact: Mixed) -> Hint:
    values = {key.text: value for key, value in fact.rule.entries}
    condition = "if" if "if" in values else "when"
    otherwise = next((name for name in ELSE if name in values), None)
    arms = [f"{{when: {_shown(values[condition])}, then: {_shown(values['then'])}}}"]
    arms += [] if otherwise is None else [f"{{else: {_shown(values[otherwise])}}}"]
    return Hint(f"to choose between {'two ' if otherwise else ''}values, write `case: [{', '.join(arms)}]`")


def _table(fact: Mixed) -> Hint:
    values = {key.text: value for key, value in fact.rule.entries}
    table = ", ".join(f"{key.text}: {_shown(values[key.text])}" for key in fact.keys)
    return Hint(f"a table is a step: `{{from: {_shown(values['from'])}, apply: {{lookup: {{{table}}}}}}}`")


def _glued(fact: Mixed) -> Hint:
    name, _, rest = fact.keys[0].text.partition(":")
    edits = tuple(Edit(_after_colon(key), " ") for key in fact.keys)
    return Hint(f"write `{name}: {rest}`", (Fix("Insert a space after the colon", edits, safe=True),))


def _after_colon(key: ScalarNode) -> Span:
    at = key.span.start + key.text.index(":") + 1
    return Span(key.span.text, at, at)


def _expression(fact: Mixed) -> Hint:
    text = fact.keys[0].text
    fix = replace_value(fact.rule.span, text, safe=False)
    return Hint(f"write expressions without braces: `{text}`", fixes_of(fix))


def _from(fact: Mixed) -> Hint:
    key = fact.keys[0]
    fix = insert(key.span, "from: ", f"Write `from: {key.text}`", safe=True)
    return Hint(f"write `from: {key.text}`", (fix,))


def _other_loop(fact: Mixed) -> Hint | None:
    """A name for the element, and another word for `item`, as loops of other tools have them."""
    values = {key.text: value for key, value in fact.rule.entries}
    named = next((key for key in fact.keys if letters_of(key.text) in NAMES_OF_ELEMENT), None)
    item = next((key for key in fact.keys if letters_of(key.text) in _ITEMS and "item" not in values), None)
    if any(key is not named and key is not item for key in fact.keys):
        return None
    said, edits = list[str](), list[Edit]()
    if named is not None:
        name = shown(values[named.text].span) or "item"
        value = None if item is None else values[item.text].span
        less = without_entry(named.span, values[named.text].span)
        said.append(f"remove `{named.text}`: an element has no name, write `sku`, not `{name}.sku`")
        edits += () if less is None else (*less.edits, *_less_name(name, value))
    if item is not None:
        written = shown(values[item.text].span)
        said.append(f"write `item: {written}`" if written else "write `item`")
        edits += rename(item.span, "item").edits
    title = "Remove the name of the element" if item is None else "Write `item`"
    fix = Fix(title, tuple(sorted(edits, key=lambda one: one.span.start)), safe=False)
    return Hint("; ".join(said), (fix,) if edits else ())


def _less_name(name: str, item: Span | None) -> Iterator[Edit]:
    """The name of the element taken away before what is read of it."""
    if item is not None and name.isidentifier():
        text = item.text
        for read in pattern(rf"(?<![\w.$]){name}\.(?=\w)").finditer(text.content, item.start, item.end):
            yield Edit(Span(text, read.start(), read.end()), "")


def _item(fact: Mixed) -> Hint:
    meant = _other_loop(fact)
    if meant is not None:
        return meant
    names = {key.text for key in fact.keys[:_MOST_SHOWN]}
    entries = [(key.text, value) for key, value in fact.rule.entries if key.text in names]
    fields = [f"{name}: {shown(value.span) or '...'}" for name, value in entries]
    fields += ["..."] if len(fact.keys) > _MOST_SHOWN else []
    return Hint(f"write `item: {{{', '.join(fields)}}}`")


_BY_KIND: dict[str, Callable[[Mixed], Hint]] = {
    "sources": _sources,
    "choice": _choice,
    "table": _table,
    "glued": _glued,
    "expression": _expression,
    "from": _from,
    "item": _item,
}


def _shown(value: YamlNode) -> str:
    written = shown(with_quotes(value.span) or value.span)
    return "..." if written is None else written if written[0] in "'\"{" else quoted(written)


@advises(DecimalComma)
def _decimal_comma(fact: DecimalComma, _: Diagnostic) -> Hint | None:
    return decimal_comma(fact.key.span, fact.key.text)


def decimal_comma(key: Span, digits: str) -> Hint | None:
    """The number that a comma ends, with a decimal point."""
    before = BEFORE_COMMA.search(key.text.content[max(0, key.start - NEAR_COMMA) : key.start])
    if before is None or not digits.isdigit():
        return None
    number = f"{before[1]}.{digits}"
    comma = Span(key.text, key.start - len(before[2]), key.end)
    fix = Fix(f"Write `{number}`", (Edit(comma, f".{digits}"),), safe=False)
    return Hint(f"use a decimal point: `{number}`", (fix,))


@advises(NoSource)
def _no_source(fact: NoSource, found: Diagnostic) -> Hint:
    """A rule without a source: the default alone, or what the common payload takes the field from."""
    first, value = fact.rule.entries[0]
    names = [key.text for key, _ in fact.rule.entries]
    if not {*ADDED_KEYS}.isdisjoint(names):
        others = " and ".join(f"`{name}`" for name in names if name not in ADDED_KEYS)
        if not others:
            return Hint("add `each: LIST`; only a field of a payload can add to an inherited rule")
        return Hint(f"to add to an inherited rule, remove {others}; for a rule of its own, add `each: LIST`")
    root = root_of(found.span.text)
    source = _inherited(root, found.span) if isinstance(root, MapNode) else None
    if source is not None:
        rest = [
            f"{key.text}: {quoted(value.text) if isinstance(value, ScalarNode) else '...'}"
            for key, value in fact.rule.entries
        ]
        rule = f"{{{', '.join([f'from: {source}', *rest])}}}"
        return Hint(f"a section's rule replaces the whole rule: `{rule}`")
    if first.text == "default" and len(fact.rule.entries) == 1:
        always = f"if it is the same for every event, write `{{const: {_shown(value)}}}`"
        return Hint(f"{always}; if it comes from the event, `{{from: EXPRESSION, default: {_shown(value)}}}`")
    return Hint("add `from`, `const`, `across`, `template`, `case`, `each` or `zip`")


def _inherited(root: MapNode, key: Span) -> str | None:
    """The source that the common payload has for the field whose rule begins with a key."""
    sections = value_of(root, "events")
    ends = [*(sections.items if isinstance(sections, ListNode) else ()), value_of(root, "otherwise")]
    for section in ends:
        for path, rule in _below((), value_of(section, "payload")):
            if rule.entries and rule.entries[0][0].span == key:
                return _at(value_of(root, "payload"), path)
    return None


def _below(path: tuple[str, ...], node: YamlNode | None) -> Iterator[tuple[tuple[str, ...], MapNode]]:
    if isinstance(node, MapNode):
        yield path, node
        for key, value in node.entries:
            yield from _below((*path, key.text), value)


def _at(node: YamlNode | None, path: tuple[str, ...]) -> str | None:
    """The value at a path, as the value of `from`; None where nothing short is there."""
    for name in path:
        node = value_of(node, name)
    if isinstance(node, MapNode):
        node = value_of(node, "from")
    if not path or node is None:
        return None
    return shown(with_quotes(node.span) or node.span)
