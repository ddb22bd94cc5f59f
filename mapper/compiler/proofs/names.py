"""The names that a mapping's events can have: standard ones, one's own, and slips of the pen."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mapper.compiler.document.fixes import rename
from mapper.compiler.planning.draft import Draft
from mapper.compiler.target import Target
from mapper.compiler.written.value import Case, Constant, FirstOf, Rule, Value
from mapper.diagnostic import Diagnostic, closest
from mapper.text import Span


def check_names(send: Constant | Rule, target: Target, draft: Draft) -> None:
    """Report doubtful names among those that `send` can give."""
    for one in _constants_of(send):
        _check_name(str(one.value), one.span, target, draft)


def _constants_of(value: Value) -> Iterator[Constant]:
    """The constants that a value can be, its defaults among them."""
    match value:
        case Constant():
            yield value
        case Rule(source=Constant() as source):
            yield source
        case Rule(source=FirstOf(alternatives=values)):
            for one in values:
                yield from _constants_of(one)
        case Rule(source=Case(arms=arms)):
            for arm in arms:
                yield from _constants_of(arm.then)
    if isinstance(value, Rule) and value.default is not None:
        yield value.default


def _check_name(name: str, span: Span, target: Target, draft: Draft) -> None:
    """An event name that is near a standard one is a slip of the pen; others are the advertiser's own."""
    names = target.event_names
    if names is None or name in names.standard:
        return
    near = closest(name.replace("-", "_").replace(" ", "_"), names.standard)
    if near is not None:
        message = f"`{name}` is not a standard event name"
        fixes = (rename(span, near),)
        hint = f"did you mean `{near}`?"
        draft.found.append(Diagnostic("M307", span, message, hint, path=names.field, fixes=fixes))
    elif (names.pattern and not re.search(names.pattern, name)) or (
        names.max_length and len(name) > names.max_length
    ):
        message = f"`{name}` has characters or a length that a name of one's own may not have"
        draft.found.append(Diagnostic("M307", span, message, path=names.field))
    else:
        message = f"`{name}` is an event of one's own, not a standard one"
        draft.found.append(Diagnostic("M901", span, message, path=names.field))
