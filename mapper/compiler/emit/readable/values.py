"""Functions that work out values: objects field by field, rules, alternatives, arms, loops, lets."""

from __future__ import annotations

from dataclasses import replace

from mapper.compiler.emit.context import (
    EVENT,
    ITEM,
    Here,
    Writing,
    comment,
    find_repeated,
    kept_of,
    pays,
    write_read,
)
from mapper.compiler.emit.module import Function, identifier, literal
from mapper.compiler.emit.readable.conditions import write_condition
from mapper.compiler.emit.readable.finish import write_finish, write_steps
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.planned import (
    Choice,
    Entry,
    First,
    Fixed,
    List,
    Loop,
    Object,
    Planned,
    Zipped,
    children,
)
from mapper.compiler.plan.template import FREE_TEMPLATE, template_size
from mapper.compiler.schema.target import Requirement
from mapper.text import Span


def write_lets(writing: Writing) -> None:
    """A function for each let; `frame.let` runs it when it is first read."""
    find_repeated(writing)
    for let in writing.plan.lets:
        writing.lets[let.name] = writing.module.name(f"let_{let.name}")
    for let in writing.plan.lets:
        function = writing.module.function(writing.lets[let.name], *EVENT.parameters, named=True)
        comment(function, f"${let.name}", let.value.span)
        _write_rule(let.name, let.value, EVENT, function, writing)


def write_build(built: Object, here: Here, function: Function, writing: Writing) -> str:
    """Statements that put an object together in a local; its name.

    Constants and defaults alone make no object: `said` turns true with the first value of the event, or with
    a constant that is there by a condition on it.
    """
    name = "made" if built.path else "payload"
    function.write(f"{name} = {{}}")
    said = "said" if needs_said(built) else ""
    if said:
        function.write("said = False")
    beside: list[tuple[Entry, str]] = []
    for entry in in_order_of_needs(built, writing):
        own = said
        if siblings_of(entry, writing):
            own = function.local(f"{entry.name}_said") if said else ""
            beside.append((entry, own))
        if own != said:
            function.write(f"{own} = False", entry.value.span)
        _write_needing(entry, name, own, here, function, writing)
    for entry, own in beside:
        _write_siblings(entry, own, name, function, writing)
    return name


def in_order_of_needs(built: Object, writing: Writing) -> list[Entry]:
    """The fields of an object, those first without which another one makes no sense."""
    needed = set(writing.needs.values())
    return sorted(built.entries, key=lambda entry: writing.path_of(entry) not in needed)


def siblings_of(entry: Entry, writing: Writing) -> tuple[str, ...]:
    """The fields beside one that it makes no sense without."""
    field = writing.plan.target.find(writing.path_of(entry))
    return () if field is None else field.needs


def _write_siblings(entry: Entry, said: str, holder: str, function: Function, writing: Writing) -> None:
    """Take a field away where one beside it, that it makes no sense without, is not there.

    said: the local that holds whether its value says something of the event, if that is asked.
    """
    span = entry.value.span
    for sibling in siblings_of(entry, writing):
        with function.block(f"if {literal(sibling)} not in {holder}:", span):
            rest = [str(entry.place), literal(sibling), str(entry.required)]
            function.write(f"frame.left_alone({', '.join([holder, literal(entry.name), *rest])})", span)
            if said:
                function.write(f"{said} = False", span)
    if said:
        function.write(f"said = {said} or said", span)


def _write_needing(
    entry: Entry, holder: str, said: str, here: Here, function: Function, writing: Writing
) -> None:
    """A field, unless one that it makes no sense without is invalid; that one stands before it."""
    needed = writing.needs.get(writing.path_of(entry))
    if needed is None:
        write_entry(entry, holder, said, here, function, writing)
        return
    with function.block(f"if {literal(needed)} in frame.failed:", entry.value.span):
        arguments = ", ".join([str(entry.place), literal(needed), str(entry.required)])
        function.write(f"frame.left_out({arguments})", entry.value.span)
    with function.block("else:", entry.value.span):
        write_entry(entry, holder, said, here, function, writing)


def needs_said(built: Object) -> bool:
    """Whether the object can have fields that say nothing of the event; the payload itself always stands."""
    return bool(built.path) and not all(map(tells, built.entries))


def tells(entry: Entry) -> bool:
    """Whether a field that is there says something of the event."""
    return entry.default is None and not isinstance(entry.value.source, Fixed)


def _write_builder(built: Object, here: Here, writing: Writing) -> str:
    """The function that gives an object, or None where nothing of the event is in it."""
    key = ("object", id(built), here)
    if key not in writing.functions:
        function = writing.module.function(built.path or "object", *here.parameters)
        writing.functions[key] = function.name
        name = write_build(built, here, function, writing)
        if built.checks:
            with function.block("if not said:" if needs_said(built) else f"if not {name}:"):
                function.write("return None")
            write_checks(built.checks, name, function, writing)
            function.write(f"return {name}")
        else:
            there = f"{name} if said else None" if needs_said(built) else f"{name} or None"
            function.write(f"return {there}")
    return writing.functions[key]


def write_checks(checks: tuple[Requirement, ...], name: str, function: Function, writing: Writing) -> None:
    """Raise Invalid where the object in a local has not what the target asks of it."""
    for check in checks:
        if len(check.groups) == 1:
            for needed in check.groups[0]:
                function.write(f"{writing.module.use('having')}({name}, {literal(needed)})")
        else:
            groups = writing.module.table("groups", [list(group) for group in check.groups])
            words = literal(check.describe())
            function.write(f"{writing.module.use('having_group')}({name}, {groups}, {words})")


def write_entry(
    entry: Entry, holder: str, said: str, here: Here, function: Function, writing: Writing
) -> None:
    """A field, unless a condition of its own does not hold; without a required one nothing is sent."""
    span = entry.value.span
    if entry.when is None:
        _write_field(entry, holder, said, here, function, writing)
        return
    condition = write_condition(f"{entry.name}_when", entry.when, entry.place, here, writing)
    with function.block(f"if {condition}({here.call}):", span):
        _write_field(entry, holder, said, here, function, writing)
    if entry.required:
        with function.block("else:", span):
            function.write(f"frame.refuse({entry.place})", span)


def _write_field(
    entry: Entry, holder: str, said: str, here: Here, function: Function, writing: Writing
) -> None:
    """One line that puts a field into its object; the frame knows what an absent or invalid value means.

    said: the local that turns true where its value says something of the event; "" if nobody asks.
    """
    span, name = entry.value.span, literal(entry.name)
    if isinstance(entry.value.source, Fixed):
        function.write(f"{holder}[{name}] = {literal(entry.value.source.value)}", span)
        if said and entry.when is not None:
            function.write(f"{said} = True", span)
        return
    worker = write_value_function(entry.name, entry.value, here, writing)
    verb = "required" if entry.required else "optional"
    default = ""
    if entry.default is not None:
        default = f", required={entry.required}, default={literal(entry.default.value)}"
        verb = "defaulted"
    at, *more = (name for name in here.parameters if name != "frame")
    arguments = ", ".join([holder, name, str(entry.place), worker, at, *more])
    call = f"frame.{verb}({arguments}{default})"
    function.write(f"{said} = {call} or {said}" if said else call, span)


def write_value_function(stem: str, planned: Planned, here: Here, writing: Writing) -> str:
    """The function that gives a value (None: absent) or raises Invalid."""
    if isinstance(planned.source, Object) and planned.alone:
        return _write_builder(planned.source, here, writing)
    conditions = id(planned.when), id(planned.default)
    key = ("value", id(planned.source), id(planned.finish), id(planned.steps), here, *conditions)
    if key in writing.functions:
        return writing.functions[key]
    path = writing.plan.places[planned.place].path
    stem = identifier(path) if identifier(path).endswith(identifier(stem)) else f"{path}_{stem}"
    function = writing.module.function(stem, *here.parameters)
    writing.functions[key] = function.name
    comment(function, path, planned.span)
    _write_rule(stem, planned, here, function, writing)
    return function.name


def _write_rule(stem: str, planned: Planned, here: Here, function: Function, writing: Writing) -> None:
    """The statements of a value's function, its condition before it and its default behind it."""
    if planned.when is not None:
        condition = write_condition(f"{stem}_when", planned.when, planned.place, here, writing)
        with function.block(f"if not {condition}({here.call}):", planned.span):
            function.write("return None", planned.span)
    if planned.default is None:
        _write_body(planned, here, function, writing)
        return
    inner = write_value_function(f"{stem}_value", replace(planned, when=None, default=None), here, writing)
    function.write(f"value = {inner}({here.call})", planned.span)
    function.write(f"return {literal(planned.default.value)} if value is None else value", planned.span)


def _write_body(planned: Planned, here: Here, function: Function, writing: Writing) -> None:
    """The statements of a value's function, to its `return`."""
    match planned.source:
        case Fixed() as fixed:
            function.write(f"return {literal(fixed.value)}", planned.span)
        case First() as first:
            _write_first(first, planned, here, function, writing)
        case Choice() as choice:
            _write_choice(choice, planned, here, function, writing)
        case Object() as built:
            function.write(f"return {_write_builder(built, here, writing)}({here.call})", planned.span)
        case List() as listed:
            _write_list(listed, planned, here, function, writing)
            _write_end(planned, "value", here, function, writing)
        case Loop() as loop:
            _write_loop(loop, planned, here, function, writing)
            _write_end(planned, "value", here, function, writing)
        case Zipped() as zipped:
            _write_zipped(zipped, planned, here, function, writing)
        case Expression() as expression:
            atom = write_read(expression, here, function, writing, kept_of(planned, writing))
            if not planned.steps and planned.finish is None:
                _write_absent_or(atom, planned, function, writing)
                return
            if not atom.isidentifier():
                function.write(f"value = {atom}", planned.span)
                atom = "value"
            nothing = "None"
            if id(expression) in writing.expecting:
                nothing = f"{writing.module.use('not_looked_up')}(frame.remarks)"
            with function.block(f"if {writing.module.use('absent')}({atom}):", planned.span):
                function.write(f"return {nothing}", planned.span)
            _write_end(planned, atom, here, function, writing)


def _write_end(planned: Planned, name: str, here: Here, function: Function, writing: Writing) -> None:
    again = here is not EVENT
    name = write_steps(planned.steps, planned.source_type, name, planned.span, function, writing, again=again)
    write_finish(planned, name, function, writing, again)


def _write_first(first: First, planned: Planned, here: Here, function: Function, writing: Writing) -> None:
    *others, last = first.alternatives
    risky = any(_may_fail(one, here, writing) for one in others)
    if risky:
        function.write("failed = None", planned.span)
    for alternative in others:
        span = alternative.span
        if _is_plain(alternative, here, writing):
            atom = _write_source(alternative, here, function, writing)
            if not atom.isidentifier():
                function.write(f"value = {atom}", span)
                atom = "value"
            with function.block(f"if not {writing.module.use('absent')}({atom}):", span):
                function.write(f"return {atom}", span)
            continue
        with function.block("try:", span):
            function.write(f"value = {_call_of('first', alternative, here, writing)}", span)
        with function.block("except Invalid as invalid:", span):
            writing.module.use("Invalid")
            function.write(f"failed = frame.invalid({alternative.place}, invalid)", span)
        with function.block("else:", span), function.block("if value is not None:", span):
            function.write("return value", span)
    if _is_plain(last, here, writing) and not risky:
        _write_absent_or(_write_source(last, here, function, writing), last, function, writing)
        return
    call = _call_of("first", last, here, writing)
    if not risky:
        function.write(f"return {call}", last.span)
        return
    function.write(f"value = {call}", last.span)
    with function.block("if value is None and failed is not None:", planned.span):
        function.write("raise failed", planned.span)
    function.write("return value", planned.span)


def _is_plain(planned: Planned, here: Here, writing: Writing) -> bool:
    """Whether a value is what an expression reads, and reading it cannot fail."""
    return planned.bare and isinstance(planned.source, Expression) and not _may_fail(planned, here, writing)


def _write_source(planned: Planned, here: Here, function: Function, writing: Writing) -> str:
    assert isinstance(planned.source, Expression)
    return write_read(planned.source, here, function, writing)


def _write_absent_or(atom: str, planned: Planned, function: Function, writing: Writing) -> None:
    if not atom.isidentifier():
        function.write(f"value = {atom}", planned.span)
        atom = "value"
    absent = writing.module.use("absent")
    function.write(f"return None if {absent}({atom}) else {atom}", planned.span)


def _call_of(stem: str, planned: Planned, here: Here, writing: Writing) -> str:
    return f"{write_value_function(stem, planned, here, writing)}({here.call})"


def _write_choice(choice: Choice, planned: Planned, here: Here, function: Function, writing: Writing) -> None:
    for when, then in choice.arms:
        worker = write_value_function("then", then, here, writing)
        if when is None:
            function.write(f"return {worker}({here.call})", then.span)
            return
        condition = write_condition("case_when", when, planned.place, here, writing)
        with function.block(f"if {condition}({here.call}):", when.whole):
            function.write(f"return {worker}({here.call})", then.span)
    function.write("return None", planned.span)


def _write_list(listed: List, planned: Planned, here: Here, function: Function, writing: Writing) -> None:
    """A list written out, in `value`; invalid elements are absent, and noted."""
    function.write("value = []", planned.span)
    function.write("failed = None", planned.span)
    for item in listed.items:
        worker = write_value_function("element", item, here, writing)
        call = f"{worker}({here.call})"
        _write_element(call, planned.place, item.span, function, writing, planned.keeps_places)
    _write_list_end(planned, function, writing)


def _write_loop(loop: Loop, planned: Planned, here: Here, function: Function, writing: Writing) -> None:
    """One element for each element of a list, in `value`."""
    writing.looped.add(id(loop.items.source))
    listing = write_value_function("list", loop.items, here, writing)
    function.write(f"items = {listing}({here.call})", planned.span)
    with function.block("if items is None:", planned.span):
        function.write("return None", planned.span)
    function.write(f"{writing.module.use('of_kind')}(items, 'array')", planned.span)
    size = template_size(loop.item)
    if size > FREE_TEMPLATE:
        function.write(f"frame.budget.make(len(items), {size})", planned.span)
    function.write("value = []", planned.span)
    function.write("failed = None", planned.span)
    condition = None
    if loop.where is not None:
        condition = write_condition("where", loop.where, planned.place, ITEM, writing)
    worker = write_value_function("item", loop.item, ITEM, writing)
    with function.block("for index, item in enumerate(items):", planned.span):
        if condition is not None:
            with function.block(f"if not {condition}({ITEM.call}):", planned.span):
                function.write("continue", planned.span)
        call = f"{worker}({ITEM.call})"
        _write_element(call, loop.item.place, planned.span, function, writing, planned.keeps_places)
    _write_list_end(planned, function, writing)


def _write_element(
    call: str, place: int, span: Span, function: Function, writing: Writing, keep: bool
) -> None:
    """Put what a call gives into the list in `value`, if it is there; an invalid element is noted.

    keep: an absent or invalid one keeps its place, as null.
    """
    with function.block("try:", span):
        function.write(f"element = {call}", span)
    with function.block("except Invalid as invalid:", span):
        writing.module.use("Invalid")
        function.write(f"failed = frame.invalid({place}, invalid)", span)
        if keep:
            function.write("element = None", span)
    if keep:
        function.write("value.append(element)", span)
        return
    with function.block("else:", span), function.block("if element is not None:", span):
        function.write("value.append(element)", span)


def _write_list_end(planned: Planned, function: Function, writing: Writing) -> None:
    """Of a list in which nothing is left: the last Invalid of its elements, or null."""
    if planned.keeps_places:
        function.write(f"value = {writing.module.use('placed')}(value)", planned.span)
    with function.block("if failed is not None and not value:", planned.span):
        function.write("raise failed", planned.span)
    with function.block("if not value:", planned.span):
        function.write("return None", planned.span)


def _write_zipped(zipped: Zipped, planned: Planned, here: Here, function: Function, writing: Writing) -> None:
    """The lists by name, then an object for each place in them."""
    function.write("lists = {}", planned.span)
    for name, one in zipped.lists:
        worker = write_value_function(name, one, here, writing)
        function.write(f"lists[{literal(name)}] = {worker}({here.call})", one.span)
    function.write(f"return {writing.module.use('zip_lists')}(lists)", planned.span)


def _may_fail(planned: Planned, here: Here, writing: Writing) -> bool:
    """Whether working a value out can raise Invalid."""
    if planned.steps or planned.finish is not None:
        return True
    match planned.source:
        case Fixed():
            return False
        case Expression() as expression:
            return expression.may_fail or pays(expression, here, writing)
        case First() | Choice():
            return any(_may_fail(one, here, writing) for one in children(planned))
        case Loop() | Zipped() | Object() | List():
            return True
