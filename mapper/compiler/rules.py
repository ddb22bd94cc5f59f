"""Value x TargetField -> Planned: names resolved, types checked, constants settled, normal forms put in."""

from __future__ import annotations

from dataclasses import replace

from mapper.compiler.constant import is_settled_by
from mapper.compiler.draft import Draft, Scope, type_of
from mapper.compiler.expression import Expression
from mapper.compiler.fitting import chain, is_constant_word, report_misfit, resolve, settle
from mapper.compiler.personal import value_paths
from mapper.compiler.planned import Choice, Entry, First, List, Loop, Object, Planned
from mapper.compiler.policy import check_dead, check_personal
from mapper.compiler.target import TargetField
from mapper.compiler.value import (
    Case,
    Constant,
    Each,
    Elements,
    Fields,
    FirstOf,
    Rule,
    Value,
    WrittenStep,
)
from mapper.diagnostic import Diagnostic, closest, has_errors
from mapper.text import Span
from mapper.types import NULL, UNKNOWN, array_of, constant, fit, of, union


def plan_value(
    value: Value,
    target: TargetField | None,
    scope: Scope,
    draft: Draft,
    place: int,
    tail: tuple[WrittenStep, ...] = (),
) -> Planned | None:
    """What a value comes to behind the steps of `tail` in its field; None (and a diagnostic) where it cannot.

    Without a target (a `let`, a list to loop over) nothing is asked of it.
    """
    match value:
        case Expression():
            return _plan_expression(value, target, scope, draft, place, tail)
        case Constant():
            return _plan_constant(value, target, scope, draft, place, tail)
        case Rule():
            return _plan_rule(value, target, scope, draft, place, tail)
        case Fields():
            if target is not None and not target.is_object:
                report_misfit(target, of("object"), value.span, draft)
                return None
            planned = plan_object(value, target, scope, draft)
            return Planned(planned, of("object"), place, value.span)
        case Elements():
            return _plan_elements(value, target, scope, draft, place, tail)


def plan_object(fields: Fields, target: TargetField | None, scope: Scope, draft: Draft) -> Object:
    """An object, field by field; unknown fields are reported and left out."""
    path = "" if target is None else target.path
    key = (id(fields), path)
    if key in draft.objects:
        return draft.objects[key][1]
    entries = []
    for name, span, value in fields.entries:
        child = None if target is None else _child(target, name, span, draft)
        if (target is not None and child is None) or takes_away(value):
            continue
        entry = plan_entry(name, value, child, span, scope, draft)
        if entry is not None:
            entries.append(entry)
    if target is not None:
        _check_required(target, fields, draft)
    planned = Object(path, tuple(entries))
    draft.objects[key] = (fields, planned)
    return planned


def plan_entry(
    name: str, value: Value, target: TargetField | None, span: Span, scope: Scope, draft: Draft
) -> Entry | None:
    """One field of an object, with what its rule says of default, condition and need."""
    key = (id(value), name if target is None else target.path)
    path = name if target is None else target.path
    value_span = value.whole if isinstance(value, Expression) else value.span
    place = draft.place(path, value_span)
    required = target is not None and target.required
    if not isinstance(value, Rule):
        if key not in draft.known:
            draft.known[key] = plan_value(value, target, scope, draft, place)
        planned = draft.known[key]
        return None if planned is None else Entry(name, planned, planned.place, required=required)
    if key not in draft.known:
        draft.known[key] = _plan_rule(value, target, scope, draft, place, ())
    planned = draft.known[key]
    if planned is None:
        return None
    return Entry(
        name,
        replace(planned, when=None, default=None),
        planned.place,
        when=planned.when,
        default=planned.default,
        required=required or value.required,
    )


def takes_away(value: Value) -> bool:
    """Whether a value is `{const: null}`: an inherited field that should not be there."""
    return isinstance(value, Rule) and isinstance(value.source, Constant) and value.source.value is None


def _child(target: TargetField, name: str, span: Span, draft: Draft) -> TargetField | None:
    child = target.field(name)
    if child is not None:
        return child
    path = f"{target.path}.{name}" if target.path else name
    near = closest(name, [known.name for known in target.fields])
    if near:
        draft.misspelt.add(f"{target.path}.{near}" if target.path else near)
    hint = (
        f"did you mean `{near}`?" if near else f"its fields: {', '.join(one.name for one in target.fields)}"
    )
    where = f"`{target.path}`" if target.path else "the payload"
    if target.closed:
        draft.found.append(Diagnostic("M301", span, f"{where} has no field `{name}`", hint, path=path))
        return None
    message = f"{where} is not known to have a field `{name}`"
    draft.found.append(Diagnostic("M309", span, message, hint, path=path))
    return TargetField(path, name, UNKNOWN, "")


def _check_required(target: TargetField, fields: Fields, draft: Draft) -> None:
    """Each field the schema asks of this object has a rule; the payload itself is checked by section."""
    names = {name for name, _, value in fields.entries if not takes_away(value)} | {*fields.unread}
    if not target.path:
        return
    for child in target.fields:
        if child.required and child.name not in names and child.path not in draft.misspelt:
            message = f"`{target.path}` needs `{child.name}`, and no rule gives it"
            draft.found.append(Diagnostic("M304", fields.span, message, path=child.path))


def _plan_expression(
    expression: Expression,
    target: TargetField | None,
    scope: Scope,
    draft: Draft,
    place: int,
    tail: tuple[WrittenStep, ...],
) -> Planned | None:
    if target is not None and not tail and is_constant_word(expression, target, draft):
        return None
    found = len(draft.found)
    source_type = type_of(expression, scope, draft)
    if has_errors(draft.found[found:]):
        resolve(tail, scope, draft)
        return None
    if target is not None:
        check_personal(expression, target, scope, draft, tail)
    return chain(expression, source_type, expression.whole, target, scope, draft, place, tail)


def _plan_constant(
    value: Constant,
    target: TargetField | None,
    scope: Scope,
    draft: Draft,
    place: int,
    tail: tuple[WrittenStep, ...],
) -> Planned | None:
    steps = resolve(tail, scope, draft)
    if steps is None:
        return None
    if not is_settled_by(steps):
        message = "a step of a constant cannot depend on the event"
        draft.found.append(Diagnostic("M202", value.span, message, "use `from` with an expression"))
        return None
    settled = settle(value, steps, target, draft)
    if settled is None:
        return None
    return Planned(settled, constant(settled.value), place, value.span)


def _plan_rule(
    rule: Rule,
    target: TargetField | None,
    scope: Scope,
    draft: Draft,
    place: int,
    tail: tuple[WrittenStep, ...],
) -> Planned | None:
    allowed_before, draft.personal_allowed = (
        draft.personal_allowed,
        draft.personal_allowed or rule.personal_allowed,
    )
    planned = _plan_source(rule, target, scope, draft, place, (*rule.steps, *tail))
    draft.personal_allowed = allowed_before
    if planned is not None:
        check_dead(rule, planned, draft)
    default = None if rule.default is None else settle(rule.default, (), target, draft)
    if rule.when is not None:
        type_of(rule.when, scope, draft)
    if planned is None or (rule.default is not None and default is None):
        return None
    if rule.when is None and default is None:
        return planned
    if planned.when is not None or planned.default is not None:
        planned = Planned(First((planned,)), planned.type, place, rule.span)
    return replace(planned, when=rule.when, default=default)


def _plan_source(
    rule: Rule,
    target: TargetField | None,
    scope: Scope,
    draft: Draft,
    place: int,
    tail: tuple[WrittenStep, ...],
) -> Planned | None:
    match rule.source:
        case Constant() as value:
            return _plan_constant(value, target, scope, draft, place, tail)
        case FirstOf() as first:
            return _plan_first(first, target, scope, draft, place, tail)
        case Case() as case:
            return _plan_case(case, target, scope, draft, place, tail)
        case Each() as each:
            return _plan_each(each, target, scope, draft, place, tail)


def _plan_elements(
    elements: Elements,
    target: TargetField | None,
    scope: Scope,
    draft: Draft,
    place: int,
    tail: tuple[WrittenStep, ...],
) -> Planned | None:
    finished = target is not None and target.item is not None and not tail
    if target is not None and target.item is None and not tail:
        report_misfit(target, of("array"), elements.span, draft)
        return None
    item_target = target.item if target is not None and finished else None
    planned = [plan_value(item, item_target, scope, draft, place) for item in elements.items]
    kept = tuple(one for one in planned if one is not None)
    if len(kept) < len(planned):
        return None
    made = array_of(union(one.type for one in kept))
    return chain(List(kept), made, elements.span, target, scope, draft, place, tail, elements_done=finished)


def _plan_first(
    first: FirstOf,
    target: TargetField | None,
    scope: Scope,
    draft: Draft,
    place: int,
    tail: tuple[WrittenStep, ...],
) -> Planned | None:
    planned = []
    for alternative in first.alternatives:
        own = (
            draft.place(draft.places[place].path, _span_of(alternative))
            if len(first.alternatives) > 1
            else place
        )
        planned.append(plan_value(alternative, target, scope, draft, own, tail))
    kept = tuple(one for one in planned if one is not None)
    if len(kept) < len(planned):
        return None
    if len(kept) == 1:
        return kept[0]
    return Planned(First(kept), union(one.type for one in kept), place, first.span)


def _span_of(value: Value) -> Span:
    return value.whole if isinstance(value, Expression) else value.span


def _plan_case(
    case: Case,
    target: TargetField | None,
    scope: Scope,
    draft: Draft,
    place: int,
    tail: tuple[WrittenStep, ...],
) -> Planned | None:
    arms: list[tuple[Expression | None, Planned]] = []
    complete = True
    for arm in case.arms:
        if arm.when is not None:
            type_of(arm.when, scope, draft)
        planned = plan_value(arm.then, target, scope, draft, place, tail)
        if planned is None:
            complete = False
        else:
            arms.append((arm.when, planned))
    if not complete:
        return None
    types = [planned.type for _, planned in arms]
    ends = [] if arms[-1][0] is None else [NULL]
    return Planned(Choice(tuple(arms)), union([*types, *ends]), place, case.span)


def _plan_each(
    each: Each,
    target: TargetField | None,
    scope: Scope,
    draft: Draft,
    place: int,
    tail: tuple[WrittenStep, ...],
) -> Planned | None:
    items = plan_value(each.items, None, scope, draft, place)
    if items is None:
        return None
    if fit(items.type, of("array")) == "never":
        message = f"`each` takes a list, not {items.type.without('null').describe()}"
        draft.found.append(Diagnostic("M302", each.span, message))
        return None
    at = items.type.items or UNKNOWN if items.type.known else UNKNOWN
    paths = value_paths(each.items, scope.paths, draft.labels)
    inner = Scope(at, {**scope.variables, "index": of("integer")}, paths)
    finished = target is not None and target.item is not None and not tail
    item_target = target.item if target is not None and finished else None
    if each.where is not None:
        type_of(each.where, inner, draft)
    item_place = draft.place(f"{draft.places[place].path}[]", _span_of(each.item))
    item = plan_value(each.item, item_target, inner, draft, item_place)
    if item is None:
        return None
    loop = Loop(items, each.where, item)
    made = array_of(item.type)
    return chain(loop, made, each.span, target, scope, draft, place, tail, elements_done=finished)


def plan_condition(expression: Expression, scope: Scope, draft: Draft) -> Expression:
    """A condition whose types are checked."""
    type_of(expression, scope, draft)
    return expression
