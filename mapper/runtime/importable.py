"""All names that generated code may import, by name: functions and transforms by those of their functions."""

from __future__ import annotations

from typing import Any

# Not `from mapper.runtime import ...`, which asks this module for the names.
import mapper.runtime.consent_decision as consent_decision
import mapper.runtime.doubts as doubts
import mapper.runtime.frame as frame
import mapper.runtime.limits as limits
import mapper.runtime.object_operations as objects
from mapper.runtime.functions import FUNCTIONS, OPERATORS
from mapper.runtime.known_forms import FUNCTIONS as QUICK_FUNCTIONS
from mapper.runtime.known_forms import TABLES, Surprise, outcome_of, surprising
from mapper.transforms import TRANSFORMS
from mapper.transforms.registry import prepared
from mapper.transforms.tables import file_table
from mapper.values.types import Invalid

# Only what generated code needs: the allow-list lets it import all of this.
_ALL: tuple[Any, ...] = (
    limits.absent,
    limits.at_least_long,
    limits.at_most_long,
    limits.counted,
    limits.elements_of,
    limits.matching,
    limits.of_kind,
    limits.on_each,
    limits.one_of,
    limits.placed,
    limits.unless_digest,
    limits.within,
    consent_decision.consent_given,
    consent_decision.consent_given_or_limited,
    frame.elements,
    objects.copied,
    objects.having,
    objects.having_group,
    objects.hollow,
    objects.put,
    objects.shape_part,
    objects.strange,
    objects.strip,
    objects.whole,
    objects.zip_lists,
    doubts.any_alike,
    doubts.at_least_noted,
    doubts.at_most_noted,
    doubts.equal_noted,
    doubts.greater_noted,
    doubts.lacking_argument,
    doubts.less_noted,
    doubts.lost,
    doubts.not_looked_up,
    Invalid,
    Surprise,
    file_table,
    prepared,
    *OPERATORS,
    *QUICK_FUNCTIONS,
)

_REGISTERED: tuple[Any, ...] = (*FUNCTIONS.values(), *TRANSFORMS.values())

NAMES: dict[str, Any] = {
    "outcome_of": outcome_of,
    "surprising": surprising,
    **TABLES,
    **{one.__name__: one for one in _ALL},
    **{one.function.__name__: one.function for one in _REGISTERED},
    **{one.part.__name__: one.part for one in TRANSFORMS.values() if one.part is not None},
}
