"""A value that its field does not take -> what was most likely meant by it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise

from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.advice.brackets import around_one_value, less_brackets, written_as_one
from mapper.compiler.advice.named_lists import FIELDS, without_dashes
from mapper.compiler.advice.path_advice import ACROSS, are_parts_of_url
from mapper.compiler.advice.rewrite import rewrite, shown_part
from mapper.compiler.advice.rule_lists import list_at, rule_of_list
from mapper.compiler.advice.whole_file import nodes_around, root_of, value_of
from mapper.compiler.checks.check_facts import ExpectedConstant, NotHashed
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tokens import written_name
from mapper.compiler.jmespath.tree import (
    Call,
    Field,
    Filter,
    MultiList,
    Or,
    OwnCall,
    Projection,
    Variable,
)
from mapper.compiler.plan.constants import settle
from mapper.compiler.plan.expected_payload import digest_in, is_hashed
from mapper.compiler.plan.plan_facts import (
    ConstantWord,
    ManyFields,
    Misfit,
    MomentForText,
    StrangeFields,
    WrittenOut,
    WrongConstant,
)
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.schema.target import TargetField
from mapper.compiler.syntax.language_keys import SOURCE_KEYS
from mapper.compiler.syntax.node_shapes import json_of
from mapper.compiler.syntax.table_files import MOST_TOLD
from mapper.compiler.yaml.edits import (
    fixes_of,
    key_before,
    quoted,
    replace_value,
    shown,
    with_quotes,
    without_named,
    without_step,
)
from mapper.compiler.yaml.nodes import ScalarNode
from mapper.texts.diagnostic import Diagnostic, Fix, closest
from mapper.texts.named_text import Span
from mapper.values.regular_expression import pattern
from mapper.values.types import Invalid, Json, fit

_DECIMAL_COMMA = pattern(r"\s*[^\w\s,.-]?\s*(-?[0-9]{1,3}(?:[. ][0-9]{3})+|-?[0-9]+),([0-9]{1,2})\s*\D{0,3}")
_PATH = pattern(r"\$?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+|\$[A-Za-z_]\w*")
# A number or a boolean, as YAML reads it without quotes.
_PLAIN = pattern(r"-?[0-9]+|true|false")
_NAMES = pattern(r"[$\w.]+")
# A path, a list that it is, and a path in each of its elements.
_EACH = pattern(r"([$\w.]+)\[\*?\]\.([\w.]+)")
# An index after what goes through a list.
_INDEX_OF_EACH = pattern(r"(.+\[.*\]\.[\w.]+)\[(-?[0-9]+)\]")
# A slice of what is no list of objects.
_SLICE = pattern(r"([$\w.]+)\[([0-9]*):([0-9]*)\]")
# So many parts of an object are shown.
_MOST_PARTS = 4
_DATE = pattern(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")


@advises(WrongConstant)
def _constant(fact: WrongConstant, _: Diagnostic) -> Hint | None:
    value, reason, target = fact.constant, fact.reason, fact.target
    written = value.value
    if not reason and key_before("default", value.span) is not None:
        fixes = fixes_of(without_named("default", value.span))
        return Hint("remove the `default`: without a value the field is left out", fixes)
    others = _alternatives_meant(written) if key_before("default", value.span) is not None else ""
    if others:
        return Hint(
            f"a default is one constant: write paths as the last alternatives, `from: [..., {others}]`"
        )
    if isinstance(written, bool) and target is not None and "string" in (target.item or target).type.kinds:
        text = f'"{str(written).lower()}"'
        return Hint(f"write `{text}`", fixes_of(replace_value(value.span, text, safe=False)))
    if not isinstance(written, str) or not reason:
        return None
    near = _near(written, target)
    if near:
        fix = replace_value(value.span, near[0], safe=False) if len(near) == 1 else None
        return Hint(f"did you mean {' or '.join(f'`{one}`' for one in near)}?", fixes_of(fix))
    comma = _DECIMAL_COMMA.fullmatch(written)
    if comma is not None and "number" in reason:
        number = re.sub(r"[. ]", "", comma[1]) + "." + comma[2]
        fix = replace_value(value.span, number, safe=False)
        return Hint(f"use a decimal point: `{number}`", fixes_of(fix))
    if _PATH.fullmatch(written):
        if key_before("default", value.span) is not None:
            return Hint(f"write the path as another alternative: `from: [..., {written}]`")
        return Hint(f"a constant is sent as is; to read a path, write `from: {written}`")
    if "ISO 4217" in reason:
        return Hint("a currency is a code of three letters: `EUR`, `USD`")
    if _DATE.search(written) and "zone" in reason:
        return Hint("a point in time needs a time and an offset: `2026-05-01T12:00:00+02:00`")
    if _DATE.fullmatch(written.strip()):
        return Hint("write dates year first: `1980-05-31`")
    return None


def _alternatives_meant(default: Json) -> str:
    """The paths of a default that is a list of them, or a rule; "" for another one."""
    source = default["from"] if isinstance(default, dict) and [*default] == ["from"] else default
    paths = source if isinstance(source, list) else [source] if source is not default else []
    is_listed = paths and all(isinstance(one, str) and _NAMES.fullmatch(one) for one in paths)
    return ", ".join(map(str, paths)) if is_listed else ""


def _near(written: str, target: TargetField | None) -> list[str]:
    """The values of an enum that a word is near to, or that other tools have that word for."""
    leaf = None if target is None else target.item or target
    if leaf is None or not leaf.limits.enum:
        return []
    others = list(dict.fromkeys(ours for other, ours in leaf.also_words if other == letters_of(written)))
    near = closest(written, [one for one in leaf.limits.enum if isinstance(one, str)])
    return others or ([near] if near else [])


@advises(ExpectedConstant)
def _expected(fact: ExpectedConstant, _: Diagnostic) -> Hint | None:
    """The hint with the field's form of a constant, or `{hash: ...}` where it is sent as a digest."""
    node, field = fact.node, fact.field
    instead, written = None, shown(with_quotes(node.span) or node.span) or "..."
    if is_hashed(field):
        is_json = node.span.text.name.endswith(".json")
        return _hashed(fact, f'{{"hash": {written}}}' if is_json else f"{{hash: {written}}}")
    if field.item is not None:
        instead = f"[{written}]"
    elif field.type.kinds == {"string"}:
        instead = f'"{written}"'
    elif isinstance(node.value, str) and _PLAIN.fullmatch(node.value):
        instead = node.value
    if instead is None:
        return None
    return Hint(f"write `{instead}`", fixes_of(replace_value(node.span, instead, safe=False)))


def _hashed(fact: ExpectedConstant, written: str) -> Hint:
    """The digest that the field makes of the value, if it makes one."""
    instead = written if fact.field.item is None else f"[{written}]"
    try:
        digest_in(fact.node, fact.field)
    except Invalid as invalid:
        return Hint(f"to expect a digest, write `{instead}`; of this value there is none: {invalid.reason}")
    if "..." in written:
        return Hint(f"write `{instead}`")
    return Hint(f"write `{instead}`", fixes_of(replace_value(fact.node.span, instead, safe=True)))


@advises(NotHashed)
def _not_hashed(fact: NotHashed, _: Diagnostic) -> Hint:
    """The form of the value in which the field has it."""
    try:
        made = settle(json_of(fact.hashed), (), fact.field)
    except Invalid:
        return Hint("write the value as it is in the payload")
    return Hint(f"write `{json.dumps(made, ensure_ascii=False)}`")


@advises(Misfit)
def _misfit(fact: Misfit, _: Diagnostic) -> Hint | None:
    target, value = fact.target, fact.type
    listed = list_at(fact.span) if fact.source is None and fact.steps is None else None
    if listed is not None and target.item is None:
        meant = without_dashes(listed, FIELDS) if target.is_object else rule_of_list(listed)
        if meant is not None:
            return meant
    if fact.steps and fact.steps[-1].startswith("extract(") and not target.is_object:
        return Hint("several parts give an object: name it under `let`, and read each as `$name.part`")
    names = [name for name, _ in value.fields or ()]
    across = None if target.is_object else _of_several_objects(fact)
    if across is not None:
        return across
    row = _row_of_a_table(fact)
    if row is not None:
        return row
    if fact.source is not None and are_parts_of_url(names) and not target.is_object:
        text, is_step = fact.source.text, bool(fact.steps)
        whole = f"url({text}).host" if is_step else f"{text}.host"
        return Hint(f"read one of its parts, as {coded(whole)}{' without `apply`' if is_step else ''}")
    if target.item is not None and target.item.is_object:
        return Hint("to make one object per element, use `each: LIST` with `item`")
    is_list = "array" in value.kinds
    of_element = _of_element(fact.source) if is_list and fact.source is not None else None
    if of_element is not None and fact.source is not None:
        fixes = _fixes(of_element, fact.source)
        return Hint(f"write {coded(of_element)}: an expression in `item` already reads the element", fixes)
    if is_list and target.type.kinds & {"integer", "number"}:
        hint = "`total(...)` adds up its numbers, `count(...)` counts its elements"
        return Hint(hint if fact.steps is None else f"{hint}; {_first(fact)}")
    if is_list and fact.steps is not None:
        return _less_brackets(fact) or _one_list(fact) or Hint(_first(fact))
    if not target.is_object:
        return _part_of_object(fact)
    written = shown(fact.span) or ""
    inner = written[1:-1].strip() if written.startswith("[{") else ""
    return Hint(f"write `{inner}` without the brackets" if inner else "write its fields, without dashes")


def _of_several_objects(fact: Misfit) -> Hint | None:
    """The hint for `across` where one value is expected: an attribute of it, or the first of its values."""
    root = None if fact.source is None or fact.steps else fact.source.root
    if fact.source is None or not isinstance(root, Call | Variable):
        return None
    name, text = "$name", fact.source.text
    if isinstance(root, Variable):
        let = value_of(value_of(root_of(fact.span.text), "let"), root.name)
        node = value_of(let, "across") or let
        name, text = f"${root.name}", "" if node is None else shown(node.span) or ""
        text = text if let is node else f"across({text[1:-1]})"
    listed = ACROSS.fullmatch(text.strip("'\" "))
    if listed is None:
        return None
    return Hint(
        f"`across` gives an object: read an attribute of it, as {coded(f'{name}.ATTRIBUTE')}; "
        f"for the first of several values, write {coded(f'from: [{listed[1]}]')}"
    )


def _part_of_object(fact: Misfit) -> Hint | None:
    """The fields of an object that a field takes, by its own name the one it is."""
    value, source = fact.type, fact.source
    if source is None or fact.steps or value.kinds - {"null"} != {"object"} or not value.closed:
        return None
    if not isinstance(source.root, Variable | Field | Call | OwnCall):
        return None
    target = fact.target.item or fact.target
    names = [name for name, made in value.fields or () if fit(made, target.type) != "never"]
    names = [name for name in names if name == target.name] or names
    if not 0 < len(names) <= _MOST_PARTS:
        return None
    text = source.text.strip()
    written = [f"{text}.{written_name(name)}" for name in names]
    fixes = tuple(fix for one in written for fix in _fixes(one, source))
    return Hint(f"write {' or '.join(shown_part(source.root, one, source) for one in written)}", fixes)


def _row_of_a_table(fact: Misfit) -> Hint | None:
    """A row, of which one column is meant."""
    rows = fact.type if fact.type.fields else fact.type.items
    columns = [] if rows is None else [coded(name) for name, _ in rows.fields or ()]
    if fact.target.is_object or fact.source is None or not columns:
        return None
    text, root, step = fact.source.text, fact.source.root, (fact.steps or ("",))[-1]
    if step.startswith("lookup(table: $"):
        call = f"lookup({text}, {step[len('lookup(table: ') : -1].partition(',')[0]})"
    elif not step and isinstance(root, Call) and root.name == "lookup":
        call = text
    else:
        return None
    hint = f"give the table a `value`, or read one column of the row, as {coded(f'{call}.COLUMN')}"
    more = f" and {len(columns) - MOST_TOLD} more" if len(columns) > MOST_TOLD else ""
    return Hint(f"{hint}; it has {', '.join(columns[:MOST_TOLD])}{more}")


def _of_element(source: Expression) -> str | None:
    """The path within an element that an `item` reads of its own list, though it reads elements already."""
    read = _EACH.fullmatch(source.text.strip())
    if read is None:
        return None
    lists = [node.text for node in _lists_around(source.whole)]
    return read[2] if lists and lists[-1] == read[1] else None


def _lists_around(span: Span) -> Iterator[ScalarNode]:
    """The values of `each` around a place in an `item`, innermost last."""
    for (_, outer), (key, _) in pairwise(nodes_around(span)):
        each = value_of(outer, "each")
        if key == "item" and isinstance(each, ScalarNode):
            yield each


def _first(fact: Misfit) -> str:
    """The hint for taking the first element of a list in place of one value."""
    written = shown(fact.span)
    if fact.steps or fact.source is None or written is None:
        return "to take the first one, add `first` as the last step"
    shown_as = written if "`" not in written else "..."
    cut = _SLICE.fullmatch(fact.source.text.strip())
    if cut is not None:
        start, end = cut[2] or "0", cut[3] or "LENGTH"
        call = f"substring({cut[1]}, `{start}`, `{end}`)"
        return f"to cut a string, write {coded(call)}; to take the first one of a list, `{cut[1]}[{start}]`"
    of_each = _INDEX_OF_EACH.fullmatch(fact.source.text.strip())
    if of_each is not None:
        whole = f"{of_each[1]} | [{of_each[2]}]"
        return f"`[{of_each[2]}]` is read of each one; to take one of them, write {coded(whole)}"
    return f"to take the first one, write `{shown_as} | [0]`"


def _one_list(fact: Misfit) -> Hint | None:
    """One list in place of a list of lists, for a field that takes a list."""
    root = None if fact.source is None or fact.target.item is None else fact.source.root
    if fact.source is None or fact.steps or not isinstance(root, MultiList | Projection | Filter):
        return None
    text = fact.source.text
    if not isinstance(root, MultiList):
        whole = f"{text[root.start : root.end]}[]"
        return Hint(f"write {coded(whole)}: one list of all of them", _fixes(whole, fact.source))
    if len(root.elements) > 1:
        whole = f"{text}[]"
        return Hint(f"write {coded(whole)}: one list of all of them", _fixes(whole, fact.source))
    inner = text[root.elements[0].start : root.elements[0].end]
    return _without_brackets(inner, fact.source)


def _less_brackets(fact: Misfit) -> Hint | None:
    """A list in brackets, of which one is a list too many."""
    if fact.source is None or fact.steps:
        return None
    alone = around_one_value(fact.source) if fact.target.item is None else None
    inner = alone or less_brackets(fact.source)
    if inner is not None and (alone or fact.target.item is not None):
        return _without_brackets(inner, fact.source)
    whole = written_as_one(fact.span) if fact.target.path.endswith("[]") else None
    if whole is None:
        return None
    node, text = whole
    said = "without the brackets" if len(node.items) == 1 else "as one expression"
    return Hint(f"write {coded(text)}, {said}", fixes_of(replace_value(node.span, text, safe=False)))


def _without_brackets(written: str, source: Expression) -> Hint:
    return Hint(f"write {coded(written)}, without the brackets", _fixes(written, source))


def _fixes(written: str, source: Expression) -> tuple[Fix, ...]:
    edits = rewrite(written, source)
    return (Fix(f"Write {coded(written)}", edits, safe=False),) if edits else ()


@advises(WrittenOut)
def _written_out(fact: WrittenOut, _: Diagnostic) -> Hint | None:
    """A list of expressions where one value is expected: alternatives, most often."""
    wholes = [one.whole for one in fact.elements.items if isinstance(one, Expression)]
    written = [shown(with_quotes(whole) or whole) for whole in wholes]
    if not all(written):
        return None
    if len(written) > 1:
        return Hint(f"for alternatives, write one rule: `{{from: [{', '.join(map(str, written))}]}}`")
    return Hint(f"write `{written[0]}`, without the brackets")


@advises(MomentForText)
def _moment(fact: MomentForText, _: Diagnostic) -> Hint:
    if fact.form == "birth_date":
        written = f"write `{{birth_date: {{format: {quoted(fact.format)}}}}}`" if fact.format else None
        return Hint(written or "remove `timestamp`")
    return Hint("remove `timestamp`", fixes_of(without_step(fact.span)) if fact.span else ())


@advises(StrangeFields)
def _strange_fields(fact: StrangeFields, _: Diagnostic) -> Hint:
    item, written = fact.item, fact.span.text.content[fact.span.start : fact.span.end]
    if not _NAMES.fullmatch(written):
        return Hint(f"its fields are {', '.join(f'`{one.name}`' for one in item.fields)}")
    meant = {name: name if item.field(name) else item.meant_by(name) for name in fact.names}
    fields = ", ".join(f"{field}: {name}" for name, field in meant.items() if field) or "FIELD: EXPRESSION"
    return Hint(f"list the fields: `{{each: {written}, item: {{{fields}}}}}`")


@advises(ManyFields)
def _many_fields(fact: ManyFields, _: Diagnostic) -> Hint:
    """A rule, a table or the fields of an element where one value is expected."""
    fields, item = fact.fields, fact.target.item
    shown_fields = shown(fields.span) or "{...}"
    if item is not None and any(item.field(name) or item.meant_by(name) for name, _, _ in fields.entries):
        each = f"{{each: LIST, item: {shown_fields}}}"
        return Hint(
            f"to make one per element of a list, write `{each}`; for a list of one, `[{shown_fields}]`"
        )
    if len(fields.entries) > 1 and all(isinstance(value, Expression) for _, _, value in fields.entries):
        rule = f"{{from: EXPRESSION, apply: {{lookup: {shown_fields}}}}}"
        return Hint(f"a table is a step applied to the value: `{rule}`")
    *names, last = map(coded, SOURCE_KEYS)
    return Hint(f"a rule has {', '.join(names)} or {last}: `{{from: EXPRESSION}}`")


@advises(ConstantWord)
def _constant_word(fact: ConstantWord, _: Diagnostic) -> Hint:
    """A word as a constant, alone or after the other values of a choice."""
    word, expression, leaf = fact.node.name, fact.expression, fact.target.item or fact.target
    is_alone = fact.node is expression.root
    if fact.meant:
        constants = [f"{{const: {quoted(one)}}}" for one in fact.meant]
        whole = replace_value(expression.whole, constants[0], safe=False) if is_alone else None
        hint = "write " + " or ".join(f"`{one}`" for one in constants)
        return Hint(hint, fixes_of(whole) if len(constants) == 1 else ())
    if is_alone:
        is_boolean = leaf.type.kinds - {"null"} == {"boolean"}
        written = str(settle(word, (), leaf)).lower() if is_boolean else f"{{const: {quoted(word)}}}"
        made = Hint(
            f"write `{written}`", fixes_of(replace_value(expression.whole, written, safe=fact.is_certain))
        )
    else:
        made = _after_or(fact, word)
    if not fact.is_open:
        return made
    attribute = f'"@.{word}"' if "[]" in fact.target.path else f"$event.{word}"
    return Hint(f"{made.text}; if you mean the attribute, write `{attribute}`", made.fixes)


def _after_or(fact: ConstantWord, word: str) -> Hint:
    """The word as a text within the expression, `currency || 'EUR'`, or as the default of a rule."""
    expression, node = fact.expression, fact.node
    edits = rewrite(f"{expression.text[: node.start]}'{word}'{expression.text[node.end :]}", expression)
    fixes = (Fix(f"Write `'{word}'`", edits, safe=fact.is_certain),) if edits else ()
    hint = f"put a string in an expression in quotes: `'{word}'`"
    whole = expression.whole
    root, is_in_rule = expression.root, key_before("from", whole) is not None
    if not isinstance(root, Or) or root.right is not node or is_in_rule:
        return Hint(f"{hint}; or leave it out here, with `default: {word}` in the rule", fixes)
    others = expression.text[root.left.start : root.left.end]
    return Hint(f"{hint}; or write `{{from: {quoted(others)}, default: {quoted(word)}}}`", fixes)
