"""`when` beside `each` -> warnings where it reads an attribute that only the elements have.

Nothing is said where the source schema, or an event under `tests`, has such an attribute, where another rule
reads it of the event, nor where `$event.` is written before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mapper.compiler.checks.check_registry import CheckCase, check
from mapper.compiler.checks.path_checks import places_of, shown_by
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.uses import Use
from mapper.compiler.syntax.syntax_facts import MeantName
from mapper.compiler.syntax.value_nodes import Each, Rule
from mapper.compiler.yaml.edits import key_before
from mapper.texts.diagnostic import Diagnostic

_HINT = "write the condition on an element under `where`; for an attribute of the event, write `$event.{}`"


@check("M137", needs=("whole",))
def conditions_of_lists(case: CheckCase) -> Iterator[Diagnostic]:
    """`{each: items, when: price > 0}`: a condition that is asked of the event, not of an element."""
    rules = (one for one in case.mapping.all_values if isinstance(one, Rule))
    told: set[int] = set()
    for rule in rules:
        if isinstance(rule.source, Each) and rule.when is not None and id(rule.when) not in told:
            told.add(id(rule.when))
            yield from _check(rule.when, rule.source, case)


def _check(when: Expression, each: Each, case: CheckCase) -> Iterator[Diagnostic]:
    """The first attribute of the elements that is read, where nothing shows that the event has it too."""
    sites = [(one, at.loop) for one, at in places_of(case).sites if one is not when]
    of_elements = _begins(one for one, loop in sites if loop is each)
    of_event = _begins(one for one, loop in sites if loop is None)
    begins = _begins([when])
    for use in when.parsed.uses:
        name = _begin(use)
        if name not in of_elements or name in of_event or shown_by(case).knows((name,)):
            continue
        message = f"{coded(when.text.strip())} is asked of the event, and `{name}` is read of each element"
        key, hint, fact = key_before("when", when.whole), _HINT.format(name), None
        if each.where is None and key is not None and begins <= of_elements - of_event:
            hint, fact = "write `where` in place of `when`", MeantName(key, "where")
        yield Diagnostic("M137", when.span(use.node), message, hint, facts=fact)
        return


def _begins(expressions: Iterable[Expression]) -> set[str]:
    return {_begin(use) for one in expressions for use in one.parsed.uses} - {""}


def _begin(use: Use) -> str:
    """The first attribute of a path from the current value; "" for a path from elsewhere."""
    names = use.spot.names
    return names[0] if use.spot.root == "@" and names and isinstance(names[0], str) else ""
