"""Value x TargetField -> Planned: names resolved, types checked, constants settled, normal forms put in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mapper.compiler.inference.personal_origins import origins_of, sends
from mapper.compiler.jmespath.call_facts import keeps
from mapper.compiler.jmespath.expression import Expression, parse_expression
from mapper.compiler.jmespath.origin import Origin
from mapper.compiler.jmespath.tree import Call, Current, Field, Node, Or
from mapper.compiler.plan.constants import is_settled_by, settle
from mapper.compiler.plan.fit import (
    fit_value,
    holds_hashed,
    is_path,
    not_allowed,
    report_elements,
    resolve_steps,
    settled_or_reported,
    unknown_field,
)
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Loop,
    Planned,
    PlannedField,
    PlannedList,
    PlannedObject,
    Zipped,
    made_strict,
)
from mapper.compiler.plan.plan_facts import ConstantWord, ManyFields, MissingSteps
from mapper.compiler.plan.planned_lets import misspelt_rule, plan_lets
from mapper.compiler.plan.scope import (
    Draft,
    PlannedFields,
    PlannedRule,
    Scope,
    Site,
    scope_if,
    span_of,
    type_of,
)
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.schema.target import TargetField
from mapper.compiler.syntax.value_nodes import (
    Case,
    Constant,
    Each,
    Elements,
    Fields,
    FirstOf,
    Rule,
    Value,
    Zip,
)
from mapper.texts.diagnostic import Diagnostic, has_errors
from mapper.texts.named_text import Span
from mapper.transforms.registry import TRANSFORMS
from mapper.values.part_types import element_type
from mapper.values.types import NULL, UNKNOWN, Invalid, Type, array_of, constant, fit, of, union

# Forms that only few words have: a bare word that is one of them was most likely meant as a constant.
_CLOSED_FORMS = frozenset(name for name, one in TRANSFORMS.items() if one.closed)
# Of these, those whose words are also names that an event's attributes have: `us`, `ca`, `f`.
_OPEN_FORMS = frozenset(name for name in _CLOSED_FORMS if "string" in TRANSFORMS[name].gives.kinds)
# A text that begins with a language is one only if nothing or a region follows: not `no_lang`.
_LOCALE = re.compile(r"[A-Za-z]{2}(?:_[A-Z]{2})?")
# Of these the checker has spoken where it read the expression.
_LITERALS = frozenset({"true", "false", "null"})


def constant_word(expression: Expression, site: Site) -> ConstantWord | None:
    """The bare word of an expression, alone or after `||`, that is a constant of its field.

    Nothing is planned of one that is certainly meant so; another one may be the name of an attribute.
    """
    node, target = expression.root, site.target
    while (last := _last_choice(node)) is not None:
        node = last
    if target is None or not isinstance(node, Field) or not isinstance(node.base, Current):
        return None
    word, leaf = node.name, target.item or target
    if word in dict(site.scope.at.fields or ()):
        return None
    if word in _LITERALS or node.base.start < node.base.end:
        return None
    if not _is_legal(word, leaf):
        return _other_word(node, target, expression)
    is_open = _has_one(leaf, _OPEN_FORMS)
    return ConstantWord(expression, node, target, (), not (is_open and word.islower()), is_open)


def _has_one(leaf: TargetField, forms: frozenset[str]) -> bool:
    return any(step.transform in forms and not step.arguments for step in leaf.form)


def _other_word(node: Field, target: TargetField, expression: Expression) -> ConstantWord | None:
    """A word that is another spelling of a constant, or what other tools write for one."""
    word, leaf = letters_of(node.name), target.item or target
    meant = [ours for ours in leaf.words if letters_of(ours) == word]
    meant += [ours for other, ours in leaf.also_words if other == word]
    meant = list(dict.fromkeys(meant))
    if not meant:
        return None
    # A word in small letters that differs only in its letters may be the name of an attribute.
    certain = meant[0] not in leaf.words or not node.name.islower()
    return ConstantWord(expression, node, target, tuple(meant), certain)


def _last_choice(node: Node) -> Node | None:
    """The last alternative of a choice: `a || b`, `not_null(a, b)`."""
    if isinstance(node, Or):
        return node.right
    if isinstance(node, Call) and node.name == "not_null" and len(node.arguments) > 1:
        return node.arguments[-1]
    return None


def _is_legal(word: str, leaf: TargetField) -> bool:
    closed = leaf.limits.enum is not None or _has_one(leaf, _CLOSED_FORMS)
    if not closed:
        return word in leaf.words
    if any(step.transform == "language" for step in leaf.form) and not _LOCALE.fullmatch(word):
        return False
    try:
        return settle(word, (), leaf) is not None
    except Invalid:
        return False


# What makes a list, by its key.
_LISTS: dict[type, str] = {Each: "each", Zip: "zip"}


def plan_value(value: Value, site: Site, draft: Draft) -> Planned | None:
    """The plan of a value where it goes; None (and a diagnostic) where it cannot go there."""
    match value:
        case Expression():
            return _plan_expression(value, site, draft)
        case Constant():
            return _plan_constant(value, site, draft)
        case Rule():
            return _plan_rule(value, site, draft)
        case Fields():
            target = site.target if site.target is not None and site.target.type.known else None
            if target is not None and not target.is_object:
                _report_fields(value, target, draft)
                return None
            planned = plan_object(value, target, site.scope, draft)
            made = of("object") if site.target is not None else _object_type(value, planned)
            return Planned(planned, made, site.place, value.span)
        case Elements():
            return _plan_elements(value, site, draft)
        case FirstOf():
            return _plan_first(value, site, draft)
        case Case():
            return _plan_case(value, site, draft)
        case Each():
            return _plan_each(value, site, draft)
        case Zip():
            return _plan_zip(value, site, draft)


def _object_type(fields: Fields, planned: PlannedObject) -> Type:
    """The type of an object that goes into no field yet: closed where all that is written is planned."""
    if fields.unread or len(planned.entries) < len(fields.entries):
        return of("object")
    typed = {entry.name: _entry_type(entry) for entry in planned.entries}
    return Type(
        frozenset({"object"}), fields=tuple([(name, typed[name]) for name in sorted(typed)]), closed=True
    )


def _entry_type(entry: PlannedField) -> Type:
    default = entry.default
    made = entry.value.type
    return (made if default is None else union([made, constant(default.value)])).optional()


def _report_fields(fields: Fields, target: TargetField, draft: Draft) -> None:
    """Report fields where a value is expected: most often a rule with a misspelt key."""
    names = [name for name, _, _ in fields.entries]
    if fields.unread and not names:
        return
    message = f"`{target.path}` accepts {target.type.describe()}, not an object"
    item_type = target.item
    if item_type is not None and any(item_type.field(name) or item_type.meant_by(name) for name in names):
        fact = ManyFields(fields, target)
        draft.found.say(Diagnostic("M302", fields.span, message, path=target.path, facts=fact))
        return
    misspelt = misspelt_rule(fields)
    if misspelt is not None:
        draft.found.say(misspelt)
        return
    fact = ManyFields(fields, target)
    draft.found.say(Diagnostic("M302", fields.span, message, path=target.path, facts=fact))


def plan_object(fields: Fields, target: TargetField | None, scope: Scope, draft: Draft) -> PlannedObject:
    """An object, field by field; unknown fields are reported and left out."""
    path = "" if target is None else target.path
    key = (id(fields), path)
    if key in draft.record.objects:
        return draft.record.objects[key].planned
    entries = []
    names = [name for name, _, _ in fields.entries]
    for name, span, value in fields.entries:
        child = None
        if target is not None:
            child = target.field(name) or _unknown_child(target, (name, span, value), names, draft)
            if child is None:
                continue
        if isinstance(value, Rule) and takes_away(value):
            continue
        entry = plan_entry(name, value, child, scope, draft)
        if entry is not None:
            entries.append(entry)
    planned = PlannedObject(path, tuple(entries), () if target is None else target.checks)
    draft.record.objects[key] = PlannedFields(fields, planned, target)
    return planned


def plan_entry(
    name: str, value: Value, target: TargetField | None, scope: Scope, draft: Draft
) -> PlannedField | None:
    """One field of an object, with what its rule says of default, condition and need.

    It is planned once: sections share the rules of the common payload.
    """
    path = name if target is None else target.path
    known, key = draft.known, (id(value), path)
    if key not in known:
        known[key] = _plan_entry(name, value, Site(target, scope, draft.place(path, span_of(value))), draft)
    return known[key]


def _plan_entry(name: str, value: Value, site: Site, draft: Draft) -> PlannedField | None:
    target, planned = site.target, plan_value(value, site, draft)
    if planned is None:
        return None
    required = target is not None and target.due
    refusal = target is not None and target.refusal
    if refusal:
        planned = made_strict(planned)
    if not isinstance(value, Rule):
        return PlannedField(name, planned, planned.place, required=required, refusal=refusal)
    return PlannedField(
        name,
        planned if planned.alone else planned.with_ends(None, None),
        planned.place,
        when=planned.when,
        default=planned.default,
        required=required or value.required is not None,
        refusal=refusal,
    )


def takes_away(value: Value) -> bool:
    """Whether a value is `{const: null}`: an inherited field that should not be there."""
    return isinstance(value, Rule) and isinstance(value.source, Constant) and value.source.value is None


def _unknown_child(
    target: TargetField, entry: tuple[str, Span, Value], beside: Sequence[str], draft: Draft
) -> TargetField | None:
    name, span, value = entry
    near = name.partition(".")[0] if is_path(target, name) else target.meant_by(name)
    if near:
        draft.record.misspelt.add(f"{target.path}.{near}" if target.path else near)
    found = unknown_field(target, name, (span, span_of(value)), beside, draft.root)
    allowed = isinstance(value, Rule) and value.personal_allowed is not None
    if found.severity != "error" and not allowed and holds_hashed(target):
        found = not_allowed(found)
    draft.found.say(found)
    return None if found.severity == "error" else TargetField(found.path or name, name, UNKNOWN)


def _plan_expression(expression: Expression, site: Site, draft: Draft) -> Planned | None:
    if all("text" in keeps(step.transform) for step in site.tail):
        word = constant_word(expression, site)
        if word is not None:
            draft.record.words.append(word)
            if word.is_certain:
                return None
    found, typed = len(draft.found), len(draft.record.typed)
    source_type = type_of(expression, site.scope, draft)
    if len(draft.found) > found and has_errors(draft.found.since(found)):
        resolve_steps(site, draft)
        return None
    draft.record.sent.append((expression, site))
    planned = fit_value(expression, source_type, expression.whole, site, draft)
    if len(draft.found) > found:
        errors = [one for one in draft.found.since(found) if one.severity == "error"]
        for one in draft.record.typed[typed:]:
            one.errors = errors
    return planned


def _plan_constant(value: Constant, site: Site, draft: Draft) -> Planned | None:
    steps = resolve_steps(site, draft)
    if steps is None:
        return None
    if not is_settled_by(steps):
        message = "a step on a constant cannot depend on the event"
        draft.found.say(Diagnostic("M202", value.span, message, "use `from` with an expression"))
        return None
    settled = settled_or_reported(value, steps, site.target, draft)
    if settled is None:
        return None
    return Planned(settled, constant(settled.value), site.place, value.span)


def _plan_rule(rule: Rule, site: Site, draft: Draft) -> Planned | None:
    inner = site
    if rule.steps or rule.personal_allowed:
        allowing = site.allowing if rule.personal_allowed is None else (*site.allowing, rule)
        inner = Site(site.target, site.scope, site.place, (*rule.steps, *site.tail), allowing)
    if rule.when is not None:
        sent = isinstance(rule.source, FirstOf) and sends(rule, rule.when)
        inner = inner.within(scope_if(rule.when, site.scope, draft, is_sent=sent))
    if rule.personal_allowed is not None:
        draft.allowances.add(draft.places[site.place].path)
    planned = plan_value(rule.source, inner, draft)
    draft.record.rules.append(PlannedRule(rule, planned, site))
    default = None if rule.default is None else settled_or_reported(rule.default, (), site.target, draft)
    if planned is None or (rule.default is not None and default is None):
        return None
    if rule.when is None and default is None:
        return planned
    if planned.when is not None or planned.default is not None:
        planned = Planned(First((planned,)), planned.type, site.place, rule.span)
    return planned.with_ends(rule.when, default)


def _plan_elements(elements: Elements, site: Site, draft: Draft) -> Planned | None:
    target = site.target
    if target is not None and target.item is None and not site.tail:
        report_elements(elements, target, draft)
        return None
    if target is not None and _report_loop(elements, target, draft):
        return None
    planned = [plan_value(item, site.of_item(), draft) for item in elements.items]
    kept = tuple(one for one in planned if one is not None)
    if len(kept) < len(planned):
        return None
    made = array_of(_element_type(union(one.type for one in kept), site))
    return fit_value(PlannedList(kept), made, elements.span, site, draft)


def _report_loop(elements: Elements, target: TargetField, draft: Draft) -> bool:
    """Report a dash before `each` or `zip`, which make the list themselves."""
    only = elements.items[0] if len(elements.items) == 1 else None
    key = _LISTS.get(type(only.source)) if isinstance(only, Rule) else None
    if only is None or key is None:
        return False
    message = f"`{key}` gives a list, but is inside one"
    hint = f"remove the dash: write `{key}` directly under `{target.name}`"
    draft.found.say(Diagnostic("M302", span_of(only), message, hint, path=target.path))
    return True


def _plan_first(first: FirstOf, site: Site, draft: Draft) -> Planned | None:
    planned = []
    for alternative in first.alternatives:
        there = site
        if len(first.alternatives) > 1:
            there = site.by_rule(draft.place(draft.places[site.place].path, span_of(alternative)))
        planned.append(plan_value(alternative, there, draft))
    kept = tuple(one for one in planned if one is not None)
    if len(kept) < len(planned):
        return None
    if len(kept) == 1:
        return kept[0]
    return Planned(First(kept), union(one.type for one in kept), site.place, first.span)


def _plan_case(case: Case, site: Site, draft: Draft) -> Planned | None:
    arms: list[tuple[Expression | None, Planned]] = []
    complete = True
    for arm in case.arms:
        scope = site.scope
        if arm.when is not None:
            scope = scope_if(arm.when, scope, draft, is_sent=sends(arm.then, arm.when))
        planned = plan_value(arm.then, site.within(scope), draft)
        if planned is None:
            complete = False
        else:
            arms.append((arm.when, planned))
    if not complete:
        return None
    types = [planned.type for _, planned in arms]
    ends = [] if arms[-1][0] is None else [NULL]
    return Planned(Choice(tuple(arms)), union([*types, *ends]), site.place, case.span)


def _plan_each(each: Each, site: Site, draft: Draft) -> Planned | None:
    scope = site.scope
    items = plan_value(each.items, Site(None, scope, site.place), draft)
    if items is None:
        return None
    if fit(items.type, of("array", "object")) == "never":
        message = f"`each` needs a list, not {items.type.without('null').describe()}"
        draft.found.say(Diagnostic("M302", each.span, message))
        return None
    origins = origins_of(each.items, scope.origins, draft.labels)
    return _plan_loop(each, items, origins, site, draft)


def _plan_loop(
    each: Each, items: Planned, origins: tuple[Origin, ...], site: Site, draft: Draft
) -> Planned | None:
    """The plan of each of some items. origins: where an item can come from."""
    inner = Scope(_of_element(items.type), {**site.scope.variables, "index": of("integer")}, origins)
    lets, variables = plan_lets(each.lets, inner, draft, plan_value)
    draft.record.element_lets.update({let.name: let.value for let in lets})
    inner = replace(inner, variables=variables)
    if each.where is not None:
        inner = scope_if(each.where, inner, draft, is_sent=sends(each.item, each.where))
    item_place = draft.place(f"{draft.places[site.place].path}[]", span_of(each.item))
    item = plan_value(each.item, site.of_item().within(inner).by_rule(item_place), draft)
    if item is None:
        return None
    loop = Loop(items, each.where, item, lets)
    made = array_of(_element_type(item.type, site))
    return fit_value(loop, made, each.span, site, draft)


def _of_element(items: Type) -> Type:
    """The type of what `each` goes through: of a single object, that is the object."""
    if not items.known or "object" not in items.kinds:
        return element_type(items)
    alone = replace(items, kinds=frozenset({"object"}), constants=None, items=None)
    return alone if "array" not in items.kinds else union([alone, element_type(items)])


def _element_type(made: Type, site: Site) -> Type:
    """The type of the elements of a list: without a target, absent and invalid ones are null."""
    return made if site.target is not None else made.optional()


def _plan_zip(zipped: Zip, site: Site, draft: Draft) -> Planned | None:
    """A loop over rows that have an element of each list."""
    target = site.target
    if target is not None and not site.tail and (target.item is None or not target.item.is_object):
        message = f"`{target.path}` accepts {target.type.describe()}, and `zip` gives a list of objects"
        hint = "for one list, write its expression, or `{each: LIST, item: EXPRESSION}`"
        draft.found.say(Diagnostic("M302", zipped.span, message, hint, path=target.path))
        return None
    lists = [(name, _plan_zipped(name, value, site, draft)) for name, _, value in zipped.lists.entries]
    kept = tuple((name, planned) for name, planned in lists if planned is not None)
    if len(kept) < len(lists):
        return None
    row = Type(frozenset({"object"}), fields=tuple(sorted(_columns(kept))), closed=True)
    rows = Planned(Zipped(kept), array_of(row), site.place, zipped.span)
    columns = [(name, span, _column(name, span)) for name, span, _ in zipped.lists.entries]
    item = Fields(tuple(columns), zipped.lists.span, zipped.lists.unread)
    before = len(draft.found)
    planned = _plan_loop(Each(zipped.lists, None, item, zipped.span), rows, (), site, draft)
    by_name = {span.start: value for _, span, value in zipped.lists.entries}
    draft.found.replace(before, [_at_list(one, by_name) for one in draft.found.since(before)])
    return planned


def _at_list(found: Diagnostic, by_name: dict[int, Value]) -> Diagnostic:
    """Steps that a field of a row lacks are told where they can be written: at the list of that field."""
    fact = found.facts
    if not isinstance(fact, MissingSteps) or fact.value.start not in by_name:
        return found
    value = by_name[fact.value.start]
    apply = value.steps[-1].apply if isinstance(value, Rule) and value.steps else None
    only = value
    if isinstance(value, Rule) and isinstance(value.source, FirstOf) and len(value.source.alternatives) == 1:
        only = value.source.alternatives[0]
    at = only.whole if isinstance(only, Expression) else span_of(value)
    return replace(found, span=at, facts=MissingSteps(fact.steps, at, apply, isinstance(only, Expression)))


def _plan_zipped(name: str, value: Value, site: Site, draft: Draft) -> Planned | None:
    """One list of a `zip`; what is personal in it must not go into its field in plaintext."""
    planned = plan_value(value, replace(site, target=None, tail=()), draft)
    if planned is None:
        return None
    if fit(planned.type, of("array")) == "never":
        message = f"`zip` needs lists, and `{name}` is {planned.type.without('null').describe()}"
        draft.found.say(Diagnostic("M302", span_of(value), message))
        return None
    item = None if site.target is None else site.target.item
    field = None if item is None else item.field(name)
    if field is not None and isinstance(value, Expression):
        draft.record.sent.append((value, replace(site, target=field)))
    elif field is not None:
        draft.record.zipped.append((value, replace(site, target=field)))
    return planned


def _columns(lists: tuple[tuple[str, Planned], ...]) -> Iterator[tuple[str, Type]]:
    return ((name, element_type(planned.type).optional()) for name, planned in lists)


def _column(name: str, span: Span) -> Expression:
    """The expression that reads one field of a row, at the place where the field's name is written."""
    expression = parse_expression(json.dumps(name), lambda start, end: span).expression
    assert expression is not None
    return expression


def plan_condition(expression: Expression, scope: Scope, draft: Draft) -> Expression:
    """A condition whose types are checked."""
    scope_if(expression, scope, draft)
    return expression
