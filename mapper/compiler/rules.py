"""Value x TargetField -> Planned: names resolved, types checked, constants settled, normal forms put in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mapper.compiler.constant import is_settled_by, settle
from mapper.compiler.expression import Expression
from mapper.compiler.infer import infer
from mapper.compiler.planned import (
    Choice,
    Entry,
    Finish,
    First,
    Fixed,
    List,
    Loop,
    Object,
    Place,
    Planned,
)
from mapper.compiler.step import Step, form_steps, resolve_step, still_due
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
from mapper.diagnostic import Diagnostic, closest
from mapper.text import Span
from mapper.types import ANY, NULL, UNKNOWN, Invalid, Json, Type, array_of, constant, fit, of, union

# Forms that only few words have: a bare word that is one of them was meant as a constant.
_CLOSED_FORMS = frozenset({"currency", "language", "boolean"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression can read: the value it stands at, and the variables."""

    at: Type
    variables: Mapping[str, Type]


@dataclass(slots=True)
class Draft:
    """A plan in the making: what was found, the places of its rules, and what is planned already."""

    found: list[Diagnostic]
    explicit_forms: bool = False
    places: list[Place] = field(default_factory=list)
    known: dict[tuple[int, str], Planned | None] = field(default_factory=dict)
    objects: dict[tuple[int, str], Object] = field(default_factory=dict)

    def place(self, path: str, span: Span) -> int:
        """The number of a rule."""
        self.places.append(Place(path, span))
        return len(self.places) - 1


def plan_value(
    value: Value, target: TargetField | None, scope: Scope, draft: Draft, place: int, tail: tuple[WrittenStep, ...] = ()
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
                _report_misfit(target, of("object"), value.span, draft)
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
        return draft.objects[key]
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
    draft.objects[key] = planned = Object(path, tuple(entries))
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
    hint = f"did you mean `{near}`?" if near else f"its fields: {', '.join(one.name for one in target.fields)}"
    where = f"`{target.path}`" if target.path else "the payload"
    if target.closed:
        draft.found.append(Diagnostic("M301", span, f"{where} has no field `{name}`", hint, path=path))
        return None
    message = f"{where} is not known to have a field `{name}`"
    draft.found.append(Diagnostic("M309", span, message, hint, path=path))
    return TargetField(path, name, UNKNOWN, "")


def _check_required(target: TargetField, fields: Fields, draft: Draft) -> None:
    """Each field the schema asks of this object has a rule; the payload itself is checked by section."""
    names = {name for name, _, value in fields.entries if not takes_away(value)}
    if not target.path:
        return
    for child in target.fields:
        if child.required and child.name not in names:
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
    if target is not None and not tail and _is_constant_word(expression, target, draft):
        return None
    found = len(draft.found)
    source_type = infer(expression, scope.at, scope.variables, draft.found)
    if len(draft.found) > found:
        return None
    return _chain(expression, source_type, expression.whole, target, scope, draft, place, tail)


def _is_constant_word(expression: Expression, target: TargetField, draft: Draft) -> bool:
    """Report a bare word that is a legal constant of the target, where an expression stands."""
    path = expression.path()
    leaf = target.item or target
    if path is None or len(path) != 1 or not _is_legal_word(path[0], leaf):
        return False
    near = f"{{const: {path[0]}}}"
    message = f"`{path[0]}` reads the attribute `{path[0]}` of the event, but is itself a value of `{target.path}`"
    draft.found.append(Diagnostic("M308", expression.whole, message, f"write `{near}`", path=target.path))
    return True


def _is_legal_word(word: str, leaf: TargetField) -> bool:
    if leaf.limits.enum is not None:
        return word in leaf.limits.enum
    if not leaf.form or leaf.form[-1].transform not in _CLOSED_FORMS:
        return False
    try:
        settle(word, form_steps(leaf.form), None)
    except Invalid:
        return False
    return True


def _chain(
    source: Expression | Loop,
    source_type: Type,
    span: Span,
    target: TargetField | None,
    scope: Scope,
    draft: Draft,
    place: int,
    tail: tuple[WrittenStep, ...],
    elements_done: bool = False,
) -> Planned | None:
    """A value that is not known before the event, with the author's steps and what its field asks for."""
    written = _resolve(tail, scope, draft)
    if written is None:
        return None
    if target is None:
        steps, result = _typed(written, source_type, draft)
        return Planned(source, result, place, span, steps, source_type=source_type)
    whole, each = _split(written, target)
    steps, between = _typed(whole, source_type, draft)
    finish = None
    if target.type.known:
        finish = _finish(between, each, target, span, draft, elements_done)
        if finish is None:
            return None
    return Planned(source, target.type, place, span, steps, finish, source_type=source_type)


def _resolve(tail: tuple[WrittenStep, ...], scope: Scope, draft: Draft) -> tuple[Step, ...] | None:
    resolved = [resolve_step(step, scope.variables, draft.found) for step in tail]
    steps = tuple(step for step in resolved if step is not None)
    return steps if len(steps) == len(resolved) else None


def _split(steps: tuple[Step, ...], target: TargetField) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The steps on the whole value, and those that each element of a list field goes through by itself."""
    if target.item is None:
        return steps, ()
    last_whole = max((place for place, step in enumerate(steps) if step.transform.whole), default=-1)
    return steps[: last_whole + 1], steps[last_whole + 1 :]


def _typed(steps: tuple[Step, ...], value: Type, draft: Draft) -> tuple[tuple[Step, ...], Type]:
    """The steps, and the type behind them; a step that can never take what comes is reported."""
    for step in steps:
        takes = step.transform.takes
        single = value if step.transform.whole or value.items is None or "array" not in value.kinds else value.items
        if step.span is not None and fit(single, takes) == "never":
            message = f"`{step.transform.name}` takes {takes.describe()}, not {single.without('null').describe()}"
            draft.found.append(Diagnostic("M203", step.span, message))
        value = step.result(value)
    return steps, value


def _finish(
    value: Type, each: tuple[Step, ...], target: TargetField, span: Span, draft: Draft, elements_done: bool
) -> Finish | None:
    """What makes a value of a type fit its field; None (and a diagnostic) where it never can."""
    if target.item is not None:
        return _finish_list(value, each, target, span, draft, elements_done)
    if target.is_object:
        if fit(value, of("object")) == "never":
            _report_misfit(target, value, span, draft)
            return None
        return Finish(target, "object")
    due = still_due(form_steps(target.form), value)
    if not _fits(value, due, target):
        _report_misfit(target, value, span, draft)
        return None
    return Finish(target, "one", _allowed(due, target, value, span, draft), target.limits)


def _finish_list(
    value: Type, each: tuple[Step, ...], target: TargetField, span: Span, draft: Draft, elements_done: bool
) -> Finish | None:
    item = target.item or target
    list_steps, list_limits = form_steps(target.form), target.limits
    if elements_done:
        return Finish(target, "each", list_steps=list_steps, list_limits=list_limits)
    single = value.items or ANY if value.known and value.kinds - {"null"} == {"array"} else value
    if not value.known or (value.kinds & {"array"} and value.items is None):
        single = UNKNOWN
    _, single = _typed(each, single, draft)
    if item.is_object:
        if fit(single, of("object")) == "never":
            _report_misfit(target, value, span, draft)
            return None
        return Finish(target, "each", each, Finish(item, "object").limits, list_steps, list_limits)
    due = still_due(form_steps(item.form), single)
    if not _fits(single, due, item):
        _report_misfit(target, value, span, draft)
        return None
    steps = (*each, *_allowed(due, target, single, span, draft))
    return Finish(target, "each", steps, item.limits, list_steps, list_limits)


def _fits(value: Type, due: tuple[Step, ...], target: TargetField) -> bool:
    wanted = due[0].transform.takes if due else target.type
    return fit(value, wanted) != "never"


def _allowed(
    due: tuple[Step, ...], target: TargetField, value: Type, span: Span, draft: Draft
) -> tuple[Step, ...]:
    """The steps the compiler puts in; with explicit forms none, but a diagnostic where one is needed."""
    if not draft.explicit_forms or not due:
        return due
    leaf = target.item or target
    if due[-1].transform.gives.format or fit(value, leaf.type) != "always":
        steps = ", ".join(step.describe() for step in due)
        hint = f"add `apply: [{steps}]`"
        message = f"`{target.path}` needs {steps} here, since `normal_forms` is `explicit`"
        draft.found.append(Diagnostic("M310", span, message, hint, path=target.path))
    return due


def _report_misfit(target: TargetField, value: Type, span: Span, draft: Draft) -> None:
    message = f"`{target.path}` takes {target.type.describe()}, not {value.without('null').describe()}"
    hint = None
    if target.item is not None and target.item.is_object:
        hint = "`each: LIST` with `item` makes one object for each element"
    elif target.is_object:
        hint = "write its fields as a mapping"
    draft.found.append(Diagnostic("M302", span, message, hint, path=target.path))


def _plan_constant(
    value: Constant,
    target: TargetField | None,
    scope: Scope,
    draft: Draft,
    place: int,
    tail: tuple[WrittenStep, ...],
) -> Planned | None:
    steps = _resolve(tail, scope, draft)
    if steps is None:
        return None
    if not is_settled_by(steps):
        message = "a step of a constant cannot depend on the event"
        draft.found.append(Diagnostic("M202", value.span, message, "use `from` with an expression"))
        return None
    settled = _settle(value, steps, target, draft)
    if settled is None:
        return None
    return Planned(settled, constant(settled.value), place, value.span)


def _settle(value: Constant, steps: tuple[Step, ...], target: TargetField | None, draft: Draft) -> Fixed | None:
    """A constant in its field's form; None (and a diagnostic) where the field does not take it."""
    finish = None
    if target is not None and target.type.known:
        if value.value is not None and target.is_object and not isinstance(value.value, dict):
            _report_misfit(target, constant(value.value), value.span, draft)
            return None
        finish = _constant_finish(target)
    try:
        made = settle(value.value, steps, finish)
    except Invalid as invalid:
        where = f"`{target.path}` does not take this constant" if target else "this constant does not fit"
        path = target.path if target else None
        draft.found.append(Diagnostic("M303", value.span, f"{where}: {invalid.reason}", path=path))
        return None
    if made is None and target is not None:
        message = f"nothing is left of this constant in the form of `{target.path}`"
        draft.found.append(Diagnostic("M303", value.span, message, path=target.path))
        return None
    return Fixed(made)


def _constant_finish(target: TargetField) -> Finish:
    if target.item is not None:
        item = target.item
        steps = () if item.is_object else form_steps(item.form)
        return Finish(target, "each", steps, item.limits, form_steps(target.form), target.limits)
    return Finish(target, "object" if target.is_object else "one", form_steps(target.form), target.limits)


def _plan_rule(
    rule: Rule,
    target: TargetField | None,
    scope: Scope,
    draft: Draft,
    place: int,
    tail: tuple[WrittenStep, ...],
) -> Planned | None:
    planned = _plan_source(rule, target, scope, draft, place, (*rule.steps, *tail))
    default = None if rule.default is None else _settle(rule.default, (), target, draft)
    if rule.when is not None:
        infer(rule.when, scope.at, scope.variables, draft.found)
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
        own = draft.place(draft.places[place].path, _span_of(alternative)) if len(first.alternatives) > 1 else place
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
            infer(arm.when, scope.at, scope.variables, draft.found)
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
    inner = Scope(at, {**scope.variables, "index": of("integer")})
    finished = target is not None and target.item is not None and not tail
    item_target = target.item if target is not None and finished else None
    if each.where is not None:
        infer(each.where, inner.at, inner.variables, draft.found)
    item_place = draft.place(f"{draft.places[place].path}[]", _span_of(each.item))
    item = plan_value(each.item, item_target, inner, draft, item_place)
    if item is None:
        return None
    loop = Loop(items, each.where, item)
    made = array_of(item.type)
    return _chain(loop, made, each.span, target, scope, draft, place, tail, elements_done=finished)


def plan_condition(expression: Expression, scope: Scope, draft: Draft) -> Expression:
    """A condition whose types are checked."""
    infer(expression, scope.at, scope.variables, draft.found)
    return expression


