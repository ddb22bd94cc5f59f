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
from mapper.compiler.schema.text_shapes import PERSONAL_SHAPES
from mapper.compiler.syntax.values import every
from mapper.diagnostic import Diagnostic
from mapper.types import Type

# In so many samples, with a value that fewer than one in so many has again, an id is each event's own.
_FEWEST_SAMPLES = 30
_RARE = 20
_NO_IDS = PERSONAL_SHAPES | {"ip", "url", "user_agent"}
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
        whose = {path: _shared_by(path, case) for path in paths}
        if not whose or not all(whose.values()):
            continue
        made = f"`{case.target.key}` is made only of {_named(whose)}"
        message = f"{made}, so a second such event gets the same id"
        instead = f"fingerprint([{_parts(expression)}, {time or 'TIME'}])"
        change = InPlace(0, len(expression.text), instead)
        facts = Instead(expression, (change,)) if time else None
        hint = f"add what differs from event to event: write {coded(instead)}"
        if len(whose) == 1 and letters_of(paths[0][-1]).endswith("id"):
            own = f"`{paths[0][-1]}` differs from event to event"
            hint += f"; if {own}, give samples that show it: `source: {{samples: FILE}}`"
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


def _named(whose: dict[Path, str]) -> str:
    """The attributes that an id is made of, each with why it is taken for one that events share."""
    groups: dict[str, list[str]] = {}
    for path, why in whose.items():
        groups.setdefault(why, []).append(f"`{'.'.join(path)}`")
    return " and ".join(f"{', '.join(names)} ({why})" for why, names in groups.items())


def _shared_by(path: Path, case: CheckCase) -> str:
    """Why what is at a path is likely the same for many events; "" where it is not."""
    if not path or path[0] == "$meta":
        return ""
    match, name = case.mapping.match, letters_of(path[-1])
    if match is not None and match.path() == path:
        return "which `match` reads"
    if is_personal(path, case.plan.labels):
        return "a person's"
    why = _shared_names(case.target).get(name, "")
    return "" if why and _differs(path, case) else why


def _differs(path: Path, case: CheckCase) -> bool:
    """Whether nearly each sample has another value at a path that is no person's to the mapping itself."""
    at: Type | None = case.plan.scope.at
    for name in path:
        at = dict(at.fields or ()).get(name) if at is not None else None
    seen = None if at is None else at.seen
    if seen is None or seen.present < _FEWEST_SAMPLES or not _NO_IDS.isdisjoint(dict(seen.texts)):
        return False
    distinct = max(seen.distinct, len(seen.values or ()))
    is_own = (seen.present - distinct) * _RARE <= seen.present
    return is_own and not any(one.field.personal and one.path == path for one in plain_reads(case))


@once
def _shared_names(target: Target) -> dict[str, str]:
    """Names of attributes that events share, each with whose it is.

    Of those of products only names of more than one word.
    """
    names: dict[str, str] = dict.fromkeys(_KINDS, "a kind of event, judging by its name")
    for field in target.root.walk():
        if field.personal:
            said = [(name, "a person's, judging by its name") for name in field.attributes]
        elif "page_url" in {step.transform for step in field.form}:
            said = [(name, "a page's, judging by its name") for name in field.attributes]
        else:
            named = field.attributes if "[]." in field.path else ()
            said = [(name, "a product's, judging by its name") for name in named if "_" in name]
        for name, whose in said:
            names.setdefault(letters_of(name), whose)
    own = {one.path: one for one in target.root.walk() if one.path in (target.key, target.time)}
    for name in {letters_of(name) for one in own.values() for name in one.attributes} - _KINDS:
        names.pop(name, None)
    return names
