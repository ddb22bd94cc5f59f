"""Text that does nothing, or should be another word -> the edit that removes it or puts that word there."""

from __future__ import annotations

from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.checks.check_facts import DefaultAsEntry, SmallUnits, SwappedValues
from mapper.compiler.syntax.syntax_facts import MeantName
from mapper.compiler.yaml.edits import (
    fixes_of,
    key_before,
    quoted,
    rename,
    replace_value,
    shown,
    with_quotes,
    without_entry,
    without_items,
    without_named,
    without_step,
)
from mapper.compiler.yaml.nodes import MapNode
from mapper.compiler.yaml.yaml_facts import Remove, Replace
from mapper.texts.diagnostic import Diagnostic, Edit, Fix


@advises(DefaultAsEntry)
def _default_of_lookup(fact: DefaultAsEntry, _: Diagnostic) -> Hint:
    """The default beside the table."""
    table, entries = fact.table, fact.table.entries if isinstance(fact.table, MapNode) else ()
    others = [(key.span, value.span) for key, value in entries if key is not fact.key]
    rest = [(shown(with_quotes(key) or key), shown(with_quotes(value) or value)) for key, value in others]
    default = shown(with_quotes(fact.value.span) or fact.value.span)
    inner = ", ".join(f"{key}: {value}" for key, value in rest)
    stated = f"table: {{{inner}}}, default: {default}"
    hint = f"for all values that it does not list, write `{{lookup: {{{stated}}}}}`"
    if default is None or not rest or None in [part for one in rest for part in one]:
        return Hint("for all values that it does not list, write `default` beside `table`")
    is_named = key_before("table", table.span) is not None
    written = stated.removeprefix("table: ") if is_named else f"{{{stated}}}"
    return Hint(hint, fixes_of(replace_value(table.span, written, safe=False)))


@advises(Remove)
def _remove(fact: Remove, _: Diagnostic) -> Hint:
    span, last = fact.span, fact.last or fact.span
    if fact.part == "step":
        fix = without_step(span)
    elif fact.part == "entry":
        fix = without_entry(span, last)
    elif fact.part == "value":
        fix = without_named(fact.name, span)
    elif fact.part == "items":
        fix = without_items(span, last, fact.name)
    else:
        written = span.text.content[span.start : span.end]
        fix = Fix(f"Remove `{written}`", (Edit(span, ""),), safe=False)
    return Hint(fixes=fixes_of(fix))


@advises(Replace)
def _replace(fact: Replace, _: Diagnostic) -> Hint:
    return Hint(fixes=fixes_of(replace_value(fact.span, fact.text, safe=fact.is_safe)))


@advises(MeantName)
def _meant(fact: MeantName, found: Diagnostic) -> Hint:
    return Hint(found.hint or f"did you mean `{fact.name}`?", (rename(fact.span, fact.name),))


@advises(SwappedValues)
def _swapped(fact: SwappedValues, _: Diagnostic) -> Hint:
    first, second = (one.text.content[one.start : one.end] for one in (fact.first, fact.second))
    edits = (Edit(fact.first, second), Edit(fact.second, first))
    return Hint(fixes=(Fix("Swap the two", edits, safe=False),))


@advises(SmallUnits)
def _whole_units(fact: SmallUnits, _: Diagnostic) -> Hint:
    """The hint for making whole units of a value, by the currency if its expression is known; a guess."""
    step = f"{{divide: {fact.parts}}}" if fact.parts else "{minor_units: CURRENCY}"
    written = shown(fact.span) if fact.is_alone else None
    if written is None:
        return Hint(f"convert it: `apply: {step}`")
    if fact.currency is not None and fact.parts in (0, 100):
        call = f"minor_units({written}, {fact.currency})"
        fix = replace_value(fact.span, quoted(call), safe=False)
        return Hint(f"write `{call}`, which knows the minor units of each currency", fixes_of(fix))
    if not fact.parts:
        return Hint(f"write `minor_units({written}, CURRENCY)`, where CURRENCY is a path or a quoted code")
    rule = f"{{from: {quoted(written)}, apply: {step}}}"
    return Hint(f"convert it: `apply: {step}`", fixes_of(replace_value(fact.span, rule, safe=False)))
