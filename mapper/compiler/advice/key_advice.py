"""A key that the language does not have -> what it is called here, and the fix."""

from __future__ import annotations

import re

from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.advice.mixed_key_advice import decimal_comma
from mapper.compiler.advice.whole_file import nodes_around, root_of, value_of
from mapper.compiler.jmespath.tokens import text_constant
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.syntax.language_keys import (
    HASHES,
    NAMES_OF_ELEMENT,
    NEEDLESS,
    SAID_OTHERWISE,
    SOURCE_KEYS,
    TABLE,
)
from mapper.compiler.syntax.other_names import key_by_value, meant_key, meant_transform
from mapper.compiler.syntax.syntax_facts import UnknownKey
from mapper.compiler.yaml.edits import fixes_of, in_flow, quoted, rename, shown, with_quotes, without_entry
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic, Edit, Fix, closest
from mapper.texts.named_text import Span
from mapper.transforms import TRANSFORMS
from mapper.values.regular_expression import pattern

# More steps than these that take an argument of one name are not told.
_FEW = 2
# Steps that have an argument of a name that is meant as that of another step, if there is one.
_RARE = {"format_time"}
# What other tools keep by a condition that is true.
_KEEPING = frozenset({"filter", "filters", "include", "only", "where"})
_QUOTES = "'" + '"'
_REQUIRED = frozenset({"require", "required", "requires", "mandatory", "requiredfields"})
_WITH_PAYLOAD = frozenset({"a section", "a mapping", "`otherwise`"})
_REST = frozenset({"else", "default", "otherwise", "fallback", "rest", "any"})
_CONDITIONS = frozenset({"trigger", "when", "if", "condition", "subscribe", "where"})
# The operations of Segment's own mappings that are keys here.
_OF_SEGMENT = {"@path": "from", "@literal": "const", "@template": "template", "@arrayPath": "each"}
_NEGATED = frozenset({"except", "isnot", "isnt", "ne", "not", "notequal", "notequals"})
_COUNTS = frozenset({"first", "limit", "max", "maxitems", "take", "top"})
_NAME = pattern(r"""["']?[A-Za-z_][\w.: /-]*["']?""")
_LIST = pattern(r"-\s|\[\s*\{")
_INNER_SOURCE = pattern(r"\{\s*from:\s*([^{},\[\]]+?)\s*\}")
_PATH = pattern(r"[$@]?[A-Za-z_][\w.]*")
_TRUE = (None, "true", "yes", "on", "{}", "[]")


@advises(UnknownKey)
def _unknown_key(fact: UnknownKey, _: Diagnostic) -> Hint:
    """The hint for a key that its owner does not have."""
    hint = _argument_of(fact, fact.steps) if fact.steps is not None and fact.owner == "a rule" else None
    hint = hint or _of_a_slice(fact) or _elsewhere(fact) or _by_name(fact)
    if hint is not None:
        return hint
    keys = ", ".join(f"`{name}`" for name in fact.known)
    if fact.owner in _WITH_PAYLOAD:
        return Hint(f"fields of the payload go under `payload`; {fact.owner} has the keys {keys}")
    return Hint(f"its keys are {keys}")


def _written(fact: UnknownKey) -> str | None:
    """The value as its author wrote it; None where it is long."""
    return None if fact.value is None else shown(with_quotes(fact.value) or fact.value)


def _ours(fact: UnknownKey) -> str | None:
    """The key that other tools call so."""
    ours = meant_key(fact.owner, fact.name)
    if fact.owner == "a section":
        if ours == "is" and {"is", "when"} & {*fact.beside} and not {"send", "skip"} & {*fact.beside}:
            return "send"
        if ours == "when" and "is" not in fact.beside and _is_name(fact) and _has_match(fact):
            return "is"
    if fact.owner == "a mapping" and ours == "match" and _is_list(fact):
        return "events"
    if fact.owner == "a mapping" and ours is None and closest(fact.name, fact.known) is None:
        return key_by_value(value_of(root_of(fact.key.text), fact.name))
    return ours


def _is_name(fact: UnknownKey) -> bool:
    """Whether a value reads as the name of an event: a path, and nothing that asks."""
    return _NAME.fullmatch(_written(fact) or "") is not None


def _has_match(fact: UnknownKey) -> bool:
    """Whether the file says by `match` what the names of events are compared with."""
    return value_of(root_of(fact.key.text), "match") is not None


def _is_list(fact: UnknownKey) -> bool:
    """Whether the value of a key is a list of mappings, as that of `events` is."""
    value = fact.value
    return value is not None and _LIST.match(value.text.content, value.start) is not None


def _elsewhere(fact: UnknownKey) -> Hint | None:
    """The hint for a key that belongs to another place of the file."""
    word, ours = letters_of(fact.name), _ours(fact)
    if fact.owner == "a mapping" and word in _KEEPING and (written := _written(fact)):
        skip = f"skip: [{{when: '!({written})', because: REASON}}]"
        return Hint(f"events that are not sent are named here: write `{skip}`")
    is_strange = ours is None and closest(fact.name, fact.known) is None
    if fact.owner == "a section" and ours != "send":
        written = _written(fact)
        if word in _REST and not {"is", "when"} & {*fact.beside}:
            sent = written if written and written.isidentifier() else "NAME"
            return Hint(f"to handle all other events, use `otherwise: {{send: {sent}}}`, next to `events`")
        if is_strange and not fact.beside:
            return _as_section(fact)
        if word in _NEGATED and _is_compared(fact):
            return _as_difference(fact)
        if is_strange and _is_compared(fact):
            return Hint(_as_match(fact))
    if fact.owner in ("`when_denied`", "`when_limited`") and "." in fact.name:
        entry = f"set: {{{fact.name}: {_written(fact) or 'CONSTANT'}}}"
        return Hint(f"constants go under `set`: `{{{entry}}}`")
    if fact.owner == "`when_limited`" and fact.name == "strip":
        return Hint("it is `skip`, or `{set: {PATH: CONSTANT}}`; only `when_denied` has `strip`")
    if fact.owner == "a mapping" and (fact.name == "entries" or fact.name.startswith("/")):
        return Hint("this is a file for `mapper serve`; name a mapping that its entries name")
    if fact.owner == "a `skip` rule" and is_strange:
        return Hint(f"write {_as_condition(fact)}")
    if word in _CONDITIONS and fact.owner == "a mapping" and fact.name not in fact.known:
        return Hint("a condition goes in a section of `events`: `- {when: EXPRESSION, send: NAME}`")
    if fact.owner == "a table" and is_strange and not {*fact.known} & {*fact.beside}:
        form = "`NAME: {const: {A: a, B: b}}`"
        return Hint(f"`tables` reads files; a table that is written here goes under `let`: {form}")
    if word == "defaults" and fact.owner in _WITH_PAYLOAD:
        return Hint("a default goes in the rule of its field: `{from: EXPRESSION, default: CONSTANT}`")
    if word in _REQUIRED and fact.owner in _WITH_PAYLOAD:
        return Hint("write it in the field's own rule, under `payload`: `{from: EXPRESSION, required: true}`")
    return None


def _by_name(fact: UnknownKey) -> Hint | None:
    """The hint for a key that other tools call so, or that has nearly the name of one here."""
    ours, is_rule = _ours(fact), fact.owner == "a rule"
    if is_rule and fact.name.startswith("@"):
        return _of_segment(fact)
    put = _into_another(fact, ours) if is_rule else None
    if put is not None:
        return put
    if ours is not None and ours in fact.known:
        return _renamed(fact, ours)
    hint = (
        (decimal_comma(fact.key, fact.name) or _of_nobody(fact, letters_of(fact.name))) if is_rule else None
    )
    if hint is not None:
        return hint
    if is_rule and fact.name in TRANSFORMS:
        return _of_a_step(fact)
    near = closest(fact.name, fact.known)
    if near:
        return Hint(f"did you mean `{near}`?", () if near in fact.beside else (rename(fact.key, near),))
    return _of_a_step(fact) if is_rule else None


def _of_segment(fact: UnknownKey) -> Hint:
    """An operation of a mapping of Segment."""
    ours = _OF_SEGMENT.get(fact.name)
    if ours is not None and ours not in fact.beside:
        return Hint(f"write `{ours}`", (rename(fact.key, ours),))
    return Hint("`mapper init --from segment FILE` writes a mapping of Segment anew")


def _into_another(fact: UnknownKey, ours: str | None) -> Hint | None:
    """A table beside `from`, which is a step; what is left beside `case`, which is its last entry."""
    written = _written(fact)
    if written is None or fact.value is None:
        return None
    if ours == "each" and "from" in fact.beside and written.startswith("{"):
        step = f"apply: {{lookup: {written}}}"
        edit = Edit(fact.key.to(fact.value), step)
        fixes = () if "apply" in fact.beside else (Fix(f"Write `{step}`", (edit,), safe=False),)
        return Hint(f"a table is a step: `{step}`", fixes)
    if "case" not in fact.beside or letters_of(fact.name) not in ("else", "otherwise"):
        return None
    arm, away = f"{{else: {written}}}", without_entry(fact.key, fact.value)
    around = [value_of(node, "case") for _, node in nodes_around(fact.value)]
    arms = next((one for one in reversed(around) if one is not None), None)
    hint = f"write it as the last entry of `case`: `{arm}`"
    if away is None or not isinstance(arms, ListNode) or not in_flow(arms.span) or not arms.items:
        return Hint(hint)
    end = arms.items[-1].span.end
    edits = sorted(
        (Edit(Span(fact.key.text, end, end), f", {arm}"), *away.edits), key=lambda one: one.span.start
    )
    return Hint(hint, (Fix(f"Write `{arm}`", tuple(edits), safe=False),))


def _renamed(fact: UnknownKey, ours: str) -> Hint:
    if ours in fact.beside:
        near = closest(fact.name, [one for one in fact.known if one not in fact.beside])
        if near is not None:
            return Hint(f"did you mean `{near}`?", (rename(fact.key, near),))
        return Hint(f"the key for this is `{ours}`, which is already here")
    written = _written(fact)
    what = f"`{ours}: {written}`" if written else f"`{ours}`"
    if (written is None or written.startswith("- ")) and closest(fact.name, (ours,)):
        return Hint(f"did you mean `{ours}`?", (rename(fact.key, ours),))
    if fact.name == "value" and ours == "from" and written and written.isidentifier():
        return Hint(f"write {what}, or `const: {written}` if it is the same for every event")
    return Hint(f"write {what}", (rename(fact.key, ours),))


def _of_a_slice(fact: UnknownKey) -> Hint | None:
    """`limit: 3` of a list rule."""
    is_count = fact.owner == "a rule" and letters_of(fact.name) in _COUNTS and "each" in fact.beside
    if not is_count or fact.value is None:
        return None
    lists = [value_of(node, "each") for _, node in nodes_around(fact.value)]
    listed = next((shown(one.span) for one in reversed(lists) if one is not None), None) or "LIST"
    whole = listed.removesuffix("[]")
    # After brackets it would be a part of each element.
    part = f" | [:{_written(fact)}]" if "[" in whole else f"[:{_written(fact)}]"
    return Hint(f"write `each: {whole}{part}` in place of both")


def _as_section(fact: UnknownKey) -> Hint:
    """A section that is only a name: most likely what `is` compares with, and what is sent."""
    written = _written(fact)
    if written and written.startswith("send: "):
        return Hint(f"write `- {{is: {quoted(fact.name)}, {written}}}`")
    sent = written if written and not re.search(r"^[{\[]|: ", written) else "NAME"
    section = f"{{is: {quoted(fact.name)}, send: {sent}}}"
    fixes: tuple[Fix, ...] = ()
    if sent == written and fact.value is not None and not in_flow(fact.value):
        whole = (with_quotes(fact.key) or fact.key).to(with_quotes(fact.value) or fact.value)
        fixes = (Fix(f"Write `{section}`", (Edit(whole, section),), safe=False),)
    return Hint(f"write `- {section}`", fixes)


def _is_compared(fact: UnknownKey) -> bool:
    """Whether a key of a section is most likely an attribute of the events that it takes."""
    sends = bool({"send", "skip"} & {*fact.beside}) and not {"is", "when"} & {*fact.beside}
    written = _written(fact)
    return sends and written is not None and not re.search(r"^[{\[]|: ", written)


def _as_match(fact: UnknownKey) -> str:
    """An attribute and its value in a section, as what `match` reads and `is` compares with."""
    return (
        f"write `match: {fact.name}` at the top of the file, and `is: {_written(fact)}` here; "
        f"or {_as_condition(fact)}"
    )


def _as_difference(fact: UnknownKey) -> Hint:
    """`is_not: order` of a section, as a condition."""
    match, written = value_of(root_of(fact.key.text), "match"), _written(fact) or ""
    read = "EXPRESSION" if match is None else shown(match.span) or "EXPRESSION"
    instead = f"when: {read} != {text_constant(written.strip(_QUOTES))}"
    fixes = () if match is None else (Fix(f"Write `{instead}`", (Edit(_entry(fact), instead),), safe=False),)
    return Hint(f"write `{instead}`", fixes)


def _as_condition(fact: UnknownKey) -> str:
    """A field and its value, as code that shows the condition: `when: status == 'canceled'`."""
    written = _written(fact) or "..."
    constant = re.fullmatch(r"-?[0-9.]+|true|false|null", written)
    right = f"`{written}`" if constant else f"'{written.strip(_QUOTES)}'"
    when = f"when: {'EXPRESSION' if fact.name == 'is' else fact.name} == {right}"
    alone = {"because", "send", "skip"} & {*fact.beside}
    rule = when if alone else f"{{{when}, because: REASON}}"
    return f"`` {rule} ``" if constant else f"`{rule}`"


def _of_nobody(fact: UnknownKey, word: str) -> Hint | None:
    """The hint for a key that a rule does not need, since the target says it, or in another way."""
    written = _written(fact)
    if word == "switch" and _is_list(fact):
        form = "`case: [{when: EXPRESSION, then: VALUE}, {else: VALUE}]`"
        return Hint(f"write {form}", (rename(fact.key, "case"),))
    if word == "unless" and written and fact.value is not None and "when" not in fact.beside:
        asked = written[1:-1] if written[0] in _QUOTES else written
        instead = f"when: {quoted(f'!({asked})')}"
        edit = Edit(_entry(fact), instead)
        return Hint(f"write `{instead}`", (Fix(f"Write `{instead}`", (edit,), safe=False),))
    has_source = {"from", "const", "case", "each"} & {*fact.beside}
    if word in NEEDLESS[HASHES] and written not in _TRUE and not has_source:
        return Hint(f"write `from: {written}`: {HASHES}", (rename(fact.key, "from"),))
    if word in NAMES_OF_ELEMENT and "each" in fact.beside:
        fix = without_entry(fact.key, fact.value) if fact.value else None
        hint = "remove it: an element has no name, its fields are read directly"
        return Hint(f"{hint}: `sku`, not `{written or 'item'}.sku`", fixes_of(fix))
    for reason, words in NEEDLESS.items():
        if word in words:
            fix = without_entry(fact.key, fact.value) if fact.value and fact.beside else None
            return Hint(f"remove it: {reason}", fixes_of(fix))
    said = next((one for one, words in SAID_OTHERWISE.items() if word in words), None)
    is_table = said == TABLE and ((written or "").startswith("$") or re.match(r"\{.*: ", written or ""))
    if said and written and is_table:
        said = said.replace("{table: {A: a, B: b}}", written)
    return None if said is None else Hint(said)


def _of_a_step(fact: UnknownKey) -> Hint | None:
    """A step, or an argument of one, in place of a key of a rule."""
    written = _written(fact)
    step = meant_transform(fact.name)
    if step == "first" and written and written.startswith("["):
        return Hint(f"write `from: {written}`", (rename(fact.key, "from"),))
    inner = _INNER_SOURCE.fullmatch(written or "") if step is not None else None
    if inner is not None:
        rule = f"{{from: {inner[1]}, apply: {step}}}"
        return Hint(f"the value is the source of the rule: write `{rule}`")
    if step is not None and written not in _TRUE and _acts_alone(step, fact):
        rule = f"from: {written}, apply: {step}"
        whole = _entry(fact)
        fix = Fix(f"Write `{rule}`", (Edit(whole, rule),), safe=False)
        fixes = () if fact.beside or not in_flow(whole) else (fix,)
        return Hint(f"the value is the source of the rule: write `{{{rule}}}`", fixes)
    if step is not None:
        alone = written in _TRUE or not TRANSFORMS[step].parameters
        return Hint(f"steps go under `apply`: `apply: {step if alone else f'{{{step}: {written}}}'}`")
    takes = {one.name for one in TRANSFORMS.values() if fact.name in {given.name for given in one.parameters}}
    takes -= _RARE if takes - _RARE else set()
    if 0 < len(takes) <= _FEW:
        others, step = sorted(takes)[:-1], max(takes)
        argument = f"{{{step}: {{{fact.name}: {_in_quotes(fact) or '...'}}}}}"
        also = "".join(f", or of `{one}`" for one in others)
        return Hint(f"it is an argument of a step: `apply: {argument}`{also}")
    return None


def _acts_alone(step: str, fact: UnknownKey) -> bool:
    """Whether a step needs no argument, and the path that is written for it is what it acts on."""
    is_path = _PATH.fullmatch(_written(fact) or "") and {*SOURCE_KEYS}.isdisjoint(fact.beside)
    return bool(is_path) and not any(one.required for one in TRANSFORMS[step].parameters)


def _entry(fact: UnknownKey) -> Span:
    """The key with its value."""
    return fact.key if fact.value is None else fact.key.to(with_quotes(fact.value) or fact.value)


def _in_quotes(fact: UnknownKey) -> str | None:
    """The value of a key as it can be written between braces."""
    written = _written(fact)
    return written if written is None or written[0] in _QUOTES else quoted(written)


def _argument_of(fact: UnknownKey, steps: YamlNode) -> Hint | None:
    """An argument of a step that was written beside `apply`; None where no step takes it."""
    for step in steps.items if isinstance(steps, ListNode) else (steps,):
        name = step.text if isinstance(step, ScalarNode) else ""
        if isinstance(step, MapNode) and len(step.entries) == 1:
            name = step.entries[0][0].text
        transform = TRANSFORMS.get(name)
        if transform is not None and fact.name in {one.name for one in transform.parameters}:
            return _into(fact, step, name)
    return None


def _into(fact: UnknownKey, step: YamlNode, name: str) -> Hint:
    """An argument put into the step that takes it."""
    written = _written(fact)
    if written is None or fact.value is None or not isinstance(step, ScalarNode):
        return Hint(f"`{fact.name}` is an argument of `{name}`: `{{{name}: {{{fact.name}: ...}}}}`")
    value = written if written[0] in "'\"" else quoted(written)
    whole = f"{{{name}: {{{fact.name}: {value}}}}}"
    away = without_entry(fact.key, fact.value)
    fixes: tuple[Fix, ...] = ()
    if away is not None:
        edits = sorted((Edit(step.span, whole), *away.edits), key=lambda edit: edit.span.start)
        fixes = (Fix(f"Write `{whole}`", tuple(edits), safe=True),)
    return Hint(f"`{fact.name}` is an argument of the step: `apply: {whole}`", fixes)
