"""Whether a value keeps what a field's schema says of it; for the interpreter."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Any

from mapper.compiler.schema.target import Limits
from mapper.values.types import Invalid
from tests.oracles.expression_interpreter import is_number, same_json


def kind_of(value: Any) -> str:
    """The JSON kind of a value that is not null."""
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds[type(value)]


def check_kind(value: Any, kinds: Set[str]) -> None:
    """Raise Invalid unless a value is of one of some kinds."""
    kind = kind_of(value)
    if kind not in kinds and not (kind == "integer" and "number" in kinds):
        raise Invalid(f"is {kind}")


def check_limits(value: Any, limits: Limits) -> None:
    """Raise Invalid where a value breaks one of the limits that speak of its kind."""
    if limits.enum is not None:
        check(any(same_json(value, one) for one in limits.enum))
    if is_number(value):
        check(limits.minimum is None or value >= limits.minimum)
        check(limits.maximum is None or value <= limits.maximum)
        check(limits.above is None or value > limits.above)
        check(limits.below is None or value < limits.below)
    if isinstance(value, str):
        check(len(value) >= (limits.min_length or 0))
        check(limits.max_length is None or len(value) <= limits.max_length)
        check(limits.pattern is None or re.search(limits.pattern, value) is not None)
    if isinstance(value, list):
        check(len(value) >= (limits.min_items or 0))
        check(limits.max_items is None or len(value) <= limits.max_items)


def check(holds: bool) -> None:
    if not holds:
        raise Invalid("breaks a limit")
