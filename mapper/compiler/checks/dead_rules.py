"""What an author wrote that never acts: alternatives, defaults, lets, fields without what they need."""

from __future__ import annotations

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call
from mapper.compiler.memo import once
from mapper.compiler.plan.can_give import gives
from mapper.compiler.plan.planned import Choice, First, Fixed, Planned, written_steps
from mapper.compiler.plan.scope import Draft, span_of
from mapper.compiler.schema.target import Target, TargetField
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.values import FirstOf, Rule
from mapper.compiler.yaml.edits import fixes_of, key_before, without_entry, without_items, without_named
from mapper.diagnostic import Diagnostic, closest
from mapper.types import Kind

_NEVER_BLANK: frozenset[Kind] = frozenset({"boolean", "integer", "number"})


def check_dead(rule: Rule, planned: Planned, draft: Draft) -> None:
    """Report a default, or alternatives, that can never act since a value before them is always there."""
    source = rule.source
    if isinstance(source, FirstOf) and isinstance(planned.source, First):
        for place, alternative in enumerate(planned.source.alternatives[:-1]):
            if _is_always_there(alternative):
                dead = planned.source.alternatives[place + 1]
                message = "this alternative is never tried: the one before it always has a value"
                first, last = (span_of(source.alternatives[at]) for at in (place + 1, -1))
                fix = without_items(first, last, "Take away what is never tried")
                hint = "take it away, or put it first"
                draft.found.append(Diagnostic("M411", dead.span, message, hint, fixes=fixes_of(fix)))
                break
    if rule.default is not None and (_is_always_there(planned) or _is_promised(planned)):
        promised = "" if _is_always_there(planned) else ", says the source schema"
        message = f"this default never acts: there is always a value{promised}"
        fixes = fixes_of(without_named("default", rule.default.span))
        draft.found.append(Diagnostic("M412", rule.default.span, message, "take it away", fixes=fixes))


def _is_always_there(planned: Planned) -> bool:
    if planned.when is not None:
        return False
    if planned.default is not None:
        return True
    match planned.source:
        case Fixed(value=value):
            return value is not None
        case First(alternatives=alternatives):
            return any(_is_always_there(one) for one in alternatives)
        case Choice(arms=arms):
            return arms[-1][0] is None and all(_is_always_there(then) for _, then in arms)
        case _:
            return False


def _is_promised(planned: Planned) -> bool:
    """Whether the source schema says that a value is always there: a blank text counts as absent."""
    match planned.source:
        case Expression(root=Call(name="length" | "sum")):
            return False  # of nothing they are invalid, which is told elsewhere
        case Expression() if planned.when is None and not written_steps(planned):
            type = planned.source_type
            texts = [value for value in type.constants or () if isinstance(value, str)]
            sure = _NEVER_BLANK | ({"string"} if texts and all(text.strip() for text in texts) else set())
            return type.known and bool(type.kinds) and type.kinds <= sure
        case First(alternatives=alternatives) if planned.when is None:
            return any(_is_promised(one) for one in alternatives)
        case _:
            return False


def check_lets(mapping: Mapping, read: set[str], alike: set[str], draft: Draft) -> None:
    """Report lets that nothing reads, unless a misspelt name was meant for one.

    alike: the names of attributes that are read.
    """
    names = [let.name for let in mapping.lets]
    meant = {closest(name, names) for name in read if name not in names}
    for let in mapping.lets:
        if let.name not in read and let.name not in meant and let.span.text is mapping.text:
            message = f"nothing reads `${let.name}`"
            if let.name in alike:
                hint = f"write `${let.name}`: without the `$` it is an attribute of the event"
                draft.found.append(Diagnostic("M413", let.span, message, hint))
                continue
            fixes = fixes_of(None if let.value is None else without_entry(let.span, span_of(let.value)))
            draft.found.append(Diagnostic("M413", let.span, message, "take it away", fixes=fixes))


def check_allowed(rule: Rule, met: int, target: TargetField | None, draft: Draft) -> None:
    """Report `personal: allowed` that lets nothing through. met: how often rules had before this one.

    A field the target does not know may need the allowance for the guard, whatever goes into it.
    """
    written = rule.personal_allowed
    unknown = target is not None and not target.type.known
    if written is not None and draft.allowed == met and not unknown:
        message = "nothing known to be personal is sent as it is here, so `personal: allowed` is not needed"
        span, fix = key_before("personal", written) or written, without_named("personal", written)
        draft.found.append(Diagnostic("M436", span, message, "take it away", fixes=fixes_of(fix)))


@once
def _needing(root: TargetField) -> tuple[TargetField, ...]:
    """The fields of a target that are sent only with others."""
    return tuple(field for field in root.walk() if field.needs)


def check_needs(target: Target, draft: Draft) -> None:
    """Report fields that are never sent, since no rule gives what the schema says they need."""
    for sending in draft.sendings:
        for field in _needing(target.root):
            above = field.path.rpartition(".")[0]
            needed = [f"{above}.{name}" if above else name for name in field.needs]
            lacking = [path for path in needed if not gives(sending.payload, path)]
            if lacking and gives(sending.payload, field.path, unknown=False):
                message = f"`{field.path}` is never sent: it needs `{lacking[0]}`, and no rule gives that"
                hint = f"add a rule for `{lacking[0]}`, or take this one away"
                span = next((place.span for place in draft.places if place.path == field.path), None)
                draft.found.append(
                    Diagnostic("M437", span or sending.name.span, message, hint, path=field.path)
                )
