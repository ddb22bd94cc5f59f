"""The id of an event -> a warning where all that it is made of is the same for the next event of a person."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.checks.mistaken_attributes import plain_reads
from mapper.compiler.checks.registry import CheckCase, check
from mapper.compiler.inference.origins import is_personal, paths_of
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.facts import Instead
from mapper.compiler.jmespath.origin import WHOLE_EVENT, Path
from mapper.compiler.jmespath.refusal import InPlace, coded
from mapper.compiler.jmespath.tree import Call, MultiList, Variable
from mapper.compiler.memo import once
from mapper.compiler.plan.scope import Site
from mapper.compiler.schema.names import letters_of
from mapper.compiler.schema.target import Target
from mapper.compiler.syntax.values import every
from mapper.diagnostic import Diagnostic

# What sources call the attribute that says which kind of event it is.
_KINDS = frozenset({"action", "event", "eventname", "eventtype", "type"})


@check("M451")
def ids_that_repeat(case: CheckCase) -> Iterator[Diagnostic]:
    """Ids made of a person, a page or a kind of event alone: each visit gives the same one."""
    time = _time(case)
    for expression, site in _keys(case):
        paths = [
            path
            for read in expression.reads()
            for path in paths_of(read, site.scope.origins, case.plan.labels)
        ]
        if not paths or not all(_is_shared(path, case) for path in paths):
            continue
        named = ", ".join(dict.fromkeys(f"`{'.'.join(path)}`" for path in paths))
        message = f"`{case.target.key}` is made of {named} alone, so a second such event gets the same id"
        instead = f"fingerprint([{_parts(expression)}, {time or 'TIME'}])"
        change = InPlace(0, len(expression.text), instead)
        facts = Instead(expression, (change,)) if time else None
        hint = f"add what differs from event to event: write {coded(instead)}"
        yield Diagnostic("M451", expression.whole, message, hint, path=case.target.key, facts=facts)


def _keys(case: CheckCase) -> Iterator[tuple[Expression, Site]]:
    """The expressions that give the id, through a let that it is alone."""
    values = case.mapping.values_of_lets
    for expression, site in case.record.sent:
        if site.target is None or site.target.path != case.target.key:
            continue
        root = expression.root
        let = values.get(root.name) if isinstance(root, Variable) else None
        if let is None:
            yield expression, site
        else:
            yield from ((one, site) for one in every(let) if isinstance(one, Expression))


def _parts(expression: Expression) -> str:
    """What an id is made of, as it is written between the brackets of a list."""
    root = expression.root
    if not isinstance(root, Call) or root.name != "fingerprint":
        return expression.text.strip()
    made = root.arguments[0]
    written = expression.text[made.start : made.end]
    return written[1:-1].strip() if isinstance(made, MultiList) else written


def _time(case: CheckCase) -> str:
    """How the time of the event is read, where that is a path; else ""."""
    found = (one for one in plain_reads(case) if one.field.path == case.target.time)
    return next((one.written for one in found if one.site.scope.origins == WHOLE_EVENT), "")


def _is_shared(path: Path, case: CheckCase) -> bool:
    """Whether what is at a path is the same for many events of one person."""
    if not path or path[0] == "$meta":
        return False
    if is_personal(path, case.plan.labels) or letters_of(path[-1]) in _shared_names(case.target):
        return True
    match = case.mapping.match
    return match is not None and match.path() == path


@once
def _shared_names(target: Target) -> frozenset[str]:
    """Names of attributes of persons, pages and kinds of events; of products, those of more than one word."""
    fields = [*target.root.walk()]
    of_many = [one for one in fields if one.personal or "page_url" in {step.transform for step in one.form}]
    names = [name for one in of_many for name in one.attributes]
    names += [name for one in fields if "[]." in one.path for name in one.attributes if "_" in name]
    own = [name for one in fields if one.path in (target.key, target.time) for name in one.attributes]
    return (frozenset(map(letters_of, names)) - frozenset(map(letters_of, own))) | _KINDS
