"""A function of what lives long, as schemas do -> the same function, that works each out only once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Far more than the schemas of one process, and the fields and forms in them.
_MOST_KEPT = 4096


def once(function: _Function) -> _Function:
    """Keeps what a function gave for the same arguments.

    They are the same by identity, texts by what they say: to compare two schemas would take as long as to
    read one. So nothing that is given may be changed later. It is kept with the result, so that
    nothing else can come to its identity.
    """
    kept: dict[object, tuple[object, Any]] = {}

    @wraps(function)
    def run(*arguments: object) -> Any:
        key = tuple([one if isinstance(one, str) else id(one) for one in arguments])
        known = kept.get(key)
        if known is None:
            if len(kept) >= _MOST_KEPT:
                kept.clear()
            known = kept[key] = (arguments, function(*arguments))
        return known[1]

    @wraps(function)
    def run_alone(one: object) -> Any:
        key = one if isinstance(one, str) else id(one)
        known = kept.get(key)
        if known is None:
            if len(kept) >= _MOST_KEPT:
                kept.clear()
            known = kept[key] = (one, function(one))
        return known[1]

    # Most take one argument, and are asked too often to make a tuple of it each time.
    return cast(_Function, run_alone if function.__code__.co_argcount == 1 else run)
