"""Type x TargetField -> Finish: what makes a value fit its field, or a diagnostic where nothing can."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from mapper.compiler.findings import Findings
from mapper.compiler.inference.expression_faults import no_such_names
from mapper.compiler.inference.infer import infer
from mapper.compiler.inference.written_patterns import doubts_in_file
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Field
from mapper.compiler.memo import once
from mapper.compiler.plan.constants import check_rows, check_tables, settle
from mapper.compiler.plan.form_calls import as_by_form, as_under_apply, made_before
from mapper.compiler.plan.ir import Finish, Fixed, Loop, Planned, PlannedList
from mapper.compiler.plan.plan_facts import (
    Misfit,
    MissingSteps,
    MomentForText,
    StrangeFields,
    UnknownField,
    WrittenOut,
    WrongConstant,
)
from mapper.compiler.plan.planned_steps import (
    Step,
    form_steps,
    match_arguments,
    resolve_step,
    sparing_digests,
    still_due,
)
from mapper.compiler.plan.scope import Draft, PlannedChain, Site
from mapper.compiler.schema.target import TargetField
from mapper.compiler.syntax.value_nodes import Constant, Elements
from mapper.compiler.yaml.nodes import YamlNode
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import Span, Text
from mapper.transforms.registry import TRANSFORMS, Transform
from mapper.values.frozen import dataclass
from mapper.values.regular_expression import pattern
from mapper.values.types import ANY, UNKNOWN, Invalid, Type, fit, of


def needed(
    due: tuple[Step, ...], written: list[str], target: TargetField, at: tuple[Span, YamlNode | None, bool]
) -> Diagnostic:
    """The diagnostic for steps that are missing.

    written: those that the author wrote already. at: the value; the last of those steps, if
    any; and whether the value is an expression, so that a rule can replace it.
    """
    due = tuple(step for step in due if not step.transform.passing)
    missing = tuple(step.written() for step in due[_overlap(due, written) :])
    message = (
        f"`{target.path}` needs {', '.join(step.describe() for step in due)}, and "
        "`normal_forms: explicit` inserts no steps"
    )
    return Diagnostic("M310", at[0], message, path=target.path, facts=MissingSteps(missing, *at))


def _overlap(due: tuple[Step, ...], written: list[str]) -> int:
    """The number of the first expected steps that are the last of those written."""
    names = [step.describe() for step in due]
    return next((n for n in range(len(due), 0, -1) if written[-n:] == names[:n]), 0)


_SECONDS = "1700000000"


def fit_value(
    source: Expression | Loop | PlannedList, source_type: Type, span: Span, site: Site, draft: Draft
) -> Planned | None:
    """A value that is not known before the event, with the author's steps and what its field asks for."""
    if isinstance(source, Expression) and site.target is not None and not site.tail:
        source, source_type = _completed_calls(source, source_type, site, draft)
        made = None if draft.explicit_forms else _unaided(site.target, source_type)
        if made is not None:
            check_rows(source, (), site.target, draft)
            _record(source, (), site.target, draft)
            return Planned(source, site.target.type, site.place, span, (), made, source_type=source_type)
    written = resolve_steps(site, draft, source if isinstance(source, Expression) else None)
    if written is None:
        return None
    target = site.target
    if target is None:
        steps, result = _typed(sparing_digests(written), source_type, draft)
        return Planned(source, result, site.place, span, steps, source_type=source_type)
    _record(source if isinstance(source, Expression) else None, written, target, draft)
    if written:
        check_tables(site.tail, written, target, draft)
    if isinstance(source, Expression):
        check_rows(source, written, target, draft)
    whole, each = _split(written, target, draft)
    steps, between = _typed(whole, source_type, draft)
    finish: Finish | None = Finish(target, "any")
    if target.type.known:
        apply = site.tail[-1].apply if site.tail else None
        single = source if isinstance(source, Expression) else None
        fitting = _Fitting(target, span, written, apply, single, draft)
        elements_done = site.finishes_items and not isinstance(source, Expression)
        finish = _finish(between, each, fitting, elements_done)
        if finish is None:
            return None
        spared = sparing_digests((*steps, *finish.steps))
        steps, finish = spared[: len(steps)], replace(finish, steps=spared[len(steps) :])
    return Planned(source, target.type, site.place, span, steps, finish, source_type=source_type)


def _completed_calls(source: Expression, value: Type, site: Site, draft: Draft) -> tuple[Expression, Type]:
    """An expression with its type, where its last calls are steps of the form of its field."""
    target = site.target
    if target is None or draft.explicit_forms:
        return source, value
    form = form_steps((target.item or target).form)
    completed = as_under_apply(source, form)
    if completed is source:
        return source, value
    made = infer(completed, site.scope.at, site.scope.variables, Findings())
    return completed, as_by_form(completed, made, form)


def _record(source: Expression | None, steps: tuple[Step, ...], target: TargetField, draft: Draft) -> None:
    """Keep what a value goes through, less plain paths without a step, as most are."""
    if steps or source is None or not isinstance(source.root, Field):
        draft.record.chains.append(PlannedChain(source, steps, target))


@dataclass(frozen=True, slots=True)
class _Fitting:
    """A value on its way into a field.

    steps: all that its author gave it. apply: the last of them.
    source: its expression; None: it is a list that is written out.
    """

    target: TargetField
    span: Span
    steps: tuple[Step, ...]
    apply: YamlNode | None
    source: Expression | None
    draft: Draft

    @property
    def written(self) -> list[str]:
        """The steps that its author gave it, as they are told."""
        return _names(self.steps)


@once
def _unaided(target: TargetField, value: Type) -> Finish | None:
    """The finish of a value without its author's steps; None where a diagnostic is needed.

    It is the same in all mappings, so it is found out once.
    """
    if not target.type.known:
        return Finish(target, "any")
    draft, nowhere = Draft(Findings()), Text("", "").span(0, 0)
    finish = _finish(value, (), _Fitting(target, nowhere, (), None, None, draft), False)
    return None if draft.found or draft.record.strange else finish


def resolve_steps(site: Site, draft: Draft, source: Expression | None = None) -> tuple[Step, ...] | None:
    """The steps an author wrote on a value; None (and diagnostics) where one of them is no step."""
    variables = site.scope.variables
    resolved = [resolve_step(step, variables, draft.found, source, draft.tables) for step in site.tail]
    steps = tuple(step for step in resolved if step is not None)
    if source is not None:
        draft.found.say_all(_doubts_of_patterns(resolved, site, source))
    return steps if len(steps) == len(resolved) else None


def _doubts_of_patterns(steps: Sequence[Step | None], site: Site, source: Expression) -> Iterator[Diagnostic]:
    """Patterns that never match what is read. steps: None for one that names no transform."""
    for step, written in zip(steps, site.tail, strict=True):
        if step is None:
            return
        transform = step.transform
        has_patterns = any(parameter.is_pattern for parameter in transform.parameters)
        matched = match_arguments(written, transform, Findings()) if has_patterns else None
        for parameter, node in matched or ():
            if parameter.is_pattern and not isinstance(node, list):
                read = infer(source, site.scope.at, site.scope.variables, Findings())
                yield from doubts_in_file(node, source, read, transform.name)
        if "text" not in transform.keeps:
            return


def _split(
    steps: tuple[Step, ...], target: TargetField, draft: Draft
) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The steps on the whole value, and those that belong to the form of one value: of each element of a
    list field, and the last one where it is a step of the form itself.
    """
    if target.item is None:
        own = bool(steps) and steps[-1].transform.name in {step.transform for step in target.form}
        return (steps[:-1], steps[-1:]) if own and not draft.explicit_forms else (steps, ())
    last_whole = max((place for place, step in enumerate(steps) if _makes_list(step)), default=-1)
    return steps[: last_whole + 1], steps[last_whole + 1 :]


def _makes_list(step: Step) -> bool:
    """Whether a step takes a list as a whole, or makes one of what it takes."""
    return step.transform.whole or step.gives_list


def _typed(steps: tuple[Step, ...], value: Type, draft: Draft) -> tuple[tuple[Step, ...], Type]:
    """The steps, and the type after them; a step that can never take what comes is reported."""
    for step in steps:
        takes = step.transform.takes
        single = (
            value
            if step.transform.whole or value.items is None or "array" not in value.kinds
            else value.items
        )
        if step.span is not None and fit(single, takes) == "never":
            message = (
                f"`{step.transform.name}` accepts {takes.describe()}, not {single.without('null').describe()}"
            )
            draft.found.say(Diagnostic("M203", step.span, message))
        if step.span is not None and step.transform.name == "pick":
            draft.found.say_all(no_such_names(single, str(step.arguments[0][1]), step.span))
        if step.own is not None and step.span is not None:
            call = (step.span, "called here")
            draft.found.say_all([replace(one, related=(call, *one.related)) for one in step.typed(value)[1]])
        value = step.result(value)
    return steps, value


def _finish(value: Type, each: tuple[Step, ...], fitting: _Fitting, elements_done: bool) -> Finish | None:
    """The finish that makes a value of a type fit its field; None (and a diagnostic) where it never can."""
    target = fitting.target
    if target.item is not None:
        return _finish_list(value, each, fitting, elements_done)
    if target.is_object:
        if fit(value, of("object")) == "never":
            report_misfit(target, value, fitting.span, fitting.draft)
            return None
        return Finish(target, "object")
    steps = _formed(each, value, target, fitting)
    return None if steps is None else Finish(target, "one", steps, target.limits)


def _finish_list(
    value: Type, each: tuple[Step, ...], fitting: _Fitting, elements_done: bool
) -> Finish | None:
    target = fitting.target
    item = target.item or target
    list_steps, list_limits = form_steps(target.form), target.limits
    if elements_done:
        return Finish(target, "each", list_steps=list_steps, list_limits=list_limits, elements_due=False)
    single = value.items or ANY if value.known and value.kinds - {"null"} == {"array"} else value
    if not value.known or (value.kinds & {"array"} and value.items is None):
        single = UNKNOWN
    if item.is_object:
        _, single = _typed(each, single, fitting.draft)
        if fit(single, of("object")) == "never":
            report_misfit(target, value, fitting.span, fitting.draft)
            return None
        _note_strange(single, item, fitting)
        return Finish(target, "each", each, list_steps=list_steps, list_limits=list_limits)
    steps = _formed(each, single, item, fitting)
    return None if steps is None else Finish(target, "each", steps, item.limits, list_steps, list_limits)


def _formed(
    steps: tuple[Step, ...], value: Type, leaf: TargetField, fitting: _Fitting
) -> tuple[Step, ...] | None:
    """An author's steps on one value, and the form's; None (and a diagnostic) where the value never fits.

    A step of the form that the author wrote himself, as `phone` with a country, takes its place in the form,
    with those arguments of the form that he left out.
    """
    draft, form = fitting.draft, form_steps(leaf.form)
    after = form[:0]
    names = [step.transform.name for step in form]
    if steps and steps[-1].transform.name in names and not draft.explicit_forms:
        place = names.index(steps[-1].transform.name)
        own = _completed(steps[-1], form[place])
        steps, form, after = steps[:-1], form[:place], (own, *form[place + 1 :])
    _, between = _typed(steps, value, draft)
    if _is_moment_for_text(between, form, after):
        _report_moment(fitting, steps)
        return None
    due = still_due(form, between)
    asked = tuple(step for step in due if not step.transform.passing)
    if draft.explicit_forms and _names(asked) == fitting.written[len(fitting.written) - len(asked) :]:
        due = due[len(asked) :]
    again = made_before((*due, *after), between, fitting.steps[:-1] if after else fitting.steps)
    if again is not None:
        draft.found.say(_second_time(again, fitting))
    wanted = (*due, *after)[0].transform.takes if due or after else leaf.type
    if fit(between, wanted) == "never":
        report_misfit(fitting.target, between, fitting.span, draft, fitting)
        return None
    return (*steps, *_allowed(due, leaf, between, fitting), *after)


def _second_time(step: Step, fitting: _Fitting) -> Diagnostic:
    """The diagnostic for a step of a form that comes after the same step with other arguments."""
    name, path = step.transform.name, fitting.target.path
    message = (
        f"`{path}` needs `{step.describe()}`, and its value has been through `{name}` with other arguments: "
        f"`{name}` may refuse what it gave"
    )
    arguments = " and ".join(f"`{one.name}`" for one, _ in step.arguments)
    hint = f"give `{name}` {arguments} where the value is made, or remove it there"
    return Diagnostic("M332", fitting.span, message, hint, path=path)


def _completed(own: Step, due: Step) -> Step:
    """An author's step with those arguments of the form's step that he left out."""
    stated = {one.name: value for one, value in (*due.arguments, *own.arguments)}
    if len(stated) == len(own.arguments):
        return own
    parameters = own.transform.parameters
    return replace(own, arguments=tuple((one, stated[one.name]) for one in parameters if one.name in stated))


def _is_moment_for_text(value: Type, form: tuple[Step, ...], after: tuple[Step, ...]) -> bool:
    """Whether a time in seconds comes to a form that reads a date or words."""
    return value.format == "timestamp" and any(_refuses_seconds(one.transform) for one in (*form, *after))


@cache
def _refuses_seconds(transform: Transform) -> bool:
    """Whether a transform reads dates or words, of which a time in seconds is none."""
    try:
        transform.function(_SECONDS)
    except Invalid:
        return True
    except TypeError:  # it needs arguments
        return False
    return False


def _report_moment(fitting: _Fitting, steps: tuple[Step, ...]) -> None:
    path = fitting.target.path
    at = next((step for step in reversed(steps) if step.transform.name == "timestamp" and step.span), None)
    form = [step.transform for step in (fitting.target.item or fitting.target).form]
    name = next(one for one in form if _refuses_seconds(TRANSFORMS[one]))
    message = f"`timestamp` gives seconds, which `{name}` of `{path}` never accepts"
    stated = {} if at is None else {one.name: value for one, value in at.arguments}
    format = stated.get("format")
    fact = MomentForText(name, format if isinstance(format, str) else None, None if at is None else at.span)
    span = fact.span or fitting.span
    fitting.draft.found.say(Diagnostic("M203", span, message, path=path, facts=fact))


def _names(steps: tuple[Step, ...]) -> list[str]:
    return [step.describe() for step in steps]


def _allowed(due: tuple[Step, ...], leaf: TargetField, value: Type, fitting: _Fitting) -> tuple[Step, ...]:
    """The steps the compiler puts in; with explicit forms a diagnostic where one is needed."""
    if not fitting.draft.explicit_forms or all(step.transform.passing for step in due):
        return due
    if due[-1].transform.gives.format or fit(value, leaf.type) != "always":
        at = (fitting.span, fitting.apply, fitting.source is not None)
        fitting.draft.found.say(needed(due, fitting.written, fitting.target, at))
    return due


def _note_strange(value: Type, item: TargetField, fitting: _Fitting) -> None:
    """Keep objects whose fields the target does not know: those are left out of every event."""
    names = tuple([name for name, _ in value.fields or ()])
    if item.closed and any(item.field(name) is None for name in names):
        fact = StrangeFields(names, item, fitting.span)
        fitting.draft.record.strange.append((fitting.target, fact))


def report_misfit(
    target: TargetField, value: Type, span: Span, draft: Draft, fitting: _Fitting | None = None
) -> None:
    """Report a value whose type its field never takes.

    fitting: how it came there, where it is one value that a field of one value does not take.
    """
    message = f"`{target.path}` accepts {target.type.describe()}, not {value.without('null').describe()}"
    fact = Misfit(target, value, span)
    if fitting is not None:
        fact = replace(fact, source=fitting.source, steps=tuple(fitting.written))
    draft.found.say(Diagnostic("M302", span, message, path=target.path, facts=fact))


def report_elements(elements: Elements, target: TargetField, draft: Draft) -> None:
    """Report a list that is written out for a field of one value: alternatives, most often."""
    is_read = bool(elements.items) and all(isinstance(one, Expression) for one in elements.items)
    if target.is_object or not is_read:
        report_misfit(target, of("array"), elements.span, draft)
        return
    message = f"`{target.path}` accepts {target.type.describe()}, not array"
    fact = WrittenOut(elements)
    draft.found.say(Diagnostic("M302", elements.span, message, path=target.path, facts=fact))


def settled_or_reported(
    value: Constant, steps: tuple[Step, ...], target: TargetField | None, draft: Draft
) -> Fixed | None:
    """A constant in its field's form; None (and a diagnostic) where the field does not take it."""
    try:
        made = settle(value.value, steps, target)
    except Invalid as invalid:
        where = f"`{target.path}` does not accept this constant" if target else "this constant does not fit"
        path = target.path if target else None
        message, fact = f"{where}: {invalid.reason}", WrongConstant(value, invalid.reason, target)
        draft.found.say(Diagnostic("M303", value.span, message, path=path, facts=fact))
        return None
    if made is None and target is not None:
        message = f"this constant is empty in the normal form of `{target.path}`"
        fact = WrongConstant(value, "", target)
        draft.found.say(Diagnostic("M303", value.span, message, path=target.path, facts=fact))
        return None
    return Fixed(made)


# Prefixes of the name of a person's attribute that do not change what it is.
_OF_A_PERSON = pattern(r"(?:user|customer|client|contact|billing|shipping|hashed)_(?=.)")


def unknown_field(
    target: TargetField,
    name: str,
    spans: tuple[Span, Span | None],
    beside: Iterable[str],
    root: TargetField | None,
) -> Diagnostic:
    """An error where the field cannot be meant; a warning where the target takes fields it does not name.

    spans: of the name, and of what is written for it. beside: the fields that are written next to it.
    root: the whole payload.
    """
    path = f"{target.path}.{name}" if target.path else name
    where = f"`{target.path}`" if target.path else "the payload"
    is_below = is_path(target, name)
    near = None if is_below else target.meant_by(name)
    elsewhere = None if is_below else _elsewhere(name, target, root)
    fact = UnknownField(name, spans[0], target, near, elsewhere, tuple(beside), spans[1])
    if is_below:
        message = f"{where} has no field `{name}`: a field goes under its object"
    elif target.closed or near or (elsewhere is not None and "." not in elsewhere.path):
        message = f"{where} has no field `{name}`"
    else:
        message = f"the schema of {where} lists no field `{name}`"
        return Diagnostic("M309", spans[0], message, path=path, facts=fact)
    return Diagnostic("M301", spans[0], message, path=path, facts=fact)


def not_allowed(unknown: Diagnostic) -> Diagnostic:
    """The error for a field not known beside hashed ones, whose value would be sent unhashed."""
    message = f"{unknown.message}, and beside its hashed fields the value would be sent unhashed"
    fact = unknown.facts
    fact = replace(fact, is_unhashed=True) if isinstance(fact, UnknownField) else fact
    return Diagnostic("M301", unknown.span, message, path=unknown.path, facts=fact)


def holds_hashed(target: TargetField) -> bool:
    """Whether an object has fields that are sent as digests only."""
    leaves = ((one, one.item or one) for one in target.fields)
    return any(leaf.personal and not (one.plain or leaf.plain or leaf.is_object) for one, leaf in leaves)


def is_path(target: TargetField, name: str) -> bool:
    """Whether a name that is no field of an object is the path of one below it."""
    return "." in name and target.find(f"{target.path}.{name}" if target.path else name) is not None


def meant_path(path: str, root: TargetField) -> str | None:
    """The path of a field that was most likely meant by one that there is not: by its name, or its title."""
    parent, _, name = path.rpartition(".")
    above = root.find(parent)
    near = None if above is None or not above.is_object else above.meant_by(name)
    if near is not None:
        return f"{parent}.{near}" if parent else near
    elsewhere = _elsewhere(name, above or root, root)
    near = closest(path, [one.path for one in root.walk() if "[]" not in one.path])
    return near if elsewhere is None else elsewhere.path


def _elsewhere(name: str, target: TargetField, root: TargetField | None) -> TargetField | None:
    """The field of this name, or with such a title, that is nested least deep in another object."""
    known = [] if root is None else [one for one in root.walk() if one.name == name and one.path]
    found = [one for one in known if one.path.rpartition(".")[0] != target.path]
    if not found and root is not None:
        plain = _OF_A_PERSON.sub("", name)
        others = [one for one in root.walk() if one.is_object and one is not target and "[]" not in one.path]
        titled = [(one.field(plain), one.field(one.titled(plain) or "")) for one in others]
        found = [one for pair in titled for one in pair if one is not None]
    return min(found, key=lambda one: one.path.count("."), default=None)
