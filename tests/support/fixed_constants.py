"""Hypothesis draws some values from the constants in a project's code: here always those of the same modules.

Of its own accord it takes those of whatever a process happens to have imported, so that one seed would draw
other examples beside other tests.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants, constants_from_module

_PACKAGE = "mapper.transforms"


@cache
def _constants() -> Constants:
    found = Constants()
    for module in iter_modules(import_module(_PACKAGE).__path__):
        found |= constants_from_module(import_module(f"{_PACKAGE}.{module.name}"))
    return providers._local_constants | found  # which is sorted: sets have another order in each process


def fix_constants() -> None:
    """From now on, one seed draws the same examples in every process."""
    providers._get_local_constants = _constants
