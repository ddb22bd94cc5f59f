"""All names that generated code may import, by name: functions and transforms by those of their functions."""

from __future__ import annotations

from typing import Any

from mapper.runtime.consent import consent_given
from mapper.runtime.doubts import (
    any_alike,
    at_least_noted,
    at_most_noted,
    equal_noted,
    greater_noted,
    less_noted,
    lost,
    not_looked_up,
)
from mapper.runtime.frame import elements
from mapper.runtime.functions import FUNCTIONS, OPERATORS
from mapper.runtime.known_forms import FUNCTIONS as QUICK_FUNCTIONS
from mapper.runtime.known_forms import TABLES, Surprise, outcome_of, surprising
from mapper.runtime.limits import (
    absent,
    at_least_long,
    at_most_long,
    counted,
    matching,
    of_kind,
    on_each,
    one_of,
    placed,
    unless_digest,
    within,
)
from mapper.runtime.objects import (
    copied,
    having,
    having_group,
    hollow,
    put,
    shape_part,
    strange,
    strip,
    whole,
    zip_lists,
)
from mapper.transforms import TRANSFORMS
from mapper.types import Invalid

# Only what generated code needs: the allow-list lets it import all of this.
_CHECKS = (
    absent,
    at_least_long,
    at_most_long,
    counted,
    matching,
    of_kind,
    on_each,
    one_of,
    placed,
    unless_digest,
    within,
)
_WHOLES = (
    consent_given,
    copied,
    elements,
    having,
    having_group,
    hollow,
    put,
    shape_part,
    strange,
    strip,
    whole,
    zip_lists,
)
_NOTING = (
    any_alike,
    at_least_noted,
    at_most_noted,
    equal_noted,
    greater_noted,
    less_noted,
    lost,
    not_looked_up,
)
_RAISED = (Invalid, Surprise)
_ALL: tuple[Any, ...] = (*_CHECKS, *_WHOLES, *_NOTING, *_RAISED, *OPERATORS, *QUICK_FUNCTIONS)

_REGISTERED: tuple[Any, ...] = (*FUNCTIONS.values(), *TRANSFORMS.values())

NAMES: dict[str, Any] = {
    "outcome_of": outcome_of,
    "surprising": surprising,
    **TABLES,
    **{one.__name__: one for one in _ALL},
    **{one.function.__name__: one.function for one in _REGISTERED},
}
