"""A schema, and the one that has the say over it -> where the first claims what only the second may say.

Where payloads are sent, which secrets go with them, what the guard looks for and what leaves as a digest only
is said by a schema that someone vouches for. Another of its name may describe payloads, and no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mapper.compiler.memo import once
from mapper.compiler.schema.personal_places import PersonalField, places

_ANYTHING = PersonalField((), 0)
# What only a schema that is vouched for may say.
RESERVED = ("x-delivery", "x-guard")
_MOST_SHOWN = 3
# What has no effect: notes for a reader, and where a fact was found.
_WITHOUT_EFFECT = frozenset({"$comment", "x-source"})


class Claim(NamedTuple):
    """A part that a schema may not have. at: the keys to it in the file. message: begins a sentence that
    ends in the name of the schema that is vouched for.
    """

    at: tuple[str | int, ...]
    message: str


def claims(own: dict[str, Any], vouched: dict[str, Any]) -> Iterator[Claim]:
    """The claims of a schema that differ from the vouched one, where only that one may say them."""
    for keyword in RESERVED:
        if keyword in own:
            yield from _differing(own[keyword], vouched.get(keyword), (keyword,))
    if _described(own) == _described(vouched):
        return
    is_target = any(keyword in vouched for keyword in RESERVED)
    weaker: dict[tuple[str | int, ...], Claim] = {}
    for profile in (None, *own.get("x-profiles", {})):
        theirs = places(vouched, profile)
        for claim in _weaker(places(own, profile), theirs, closed=is_target):
            weaker.setdefault(claim.at, claim)
    yield from weaker.values()


def under(own: dict[str, Any], vouched: dict[str, Any]) -> dict[str, Any]:
    """A schema with what only the one that is vouched for says."""
    said = {keyword: vouched[keyword] for keyword in RESERVED if keyword in vouched}
    return {**_described(own), **said}


@once
def with_tables(own: dict[str, Any], default: Mapping[str, Any]) -> dict[str, Any]:
    """A schema whose `x-guard` holds the default tables and what it adds to them."""
    return {**own, "x-guard": _joined(default, own.get("x-guard", {}))}


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in RESERVED}


def _joined(default: Any, more: Any) -> Any:
    """Tables with more rows; where they disagree, the default stays. A list is the row `any` of a table."""
    if isinstance(default, Mapping) and isinstance(more, Mapping):
        both = {key: _joined(value, more[key]) if key in more else value for key, value in default.items()}
        return {**both, **{key: value for key, value in more.items() if key not in default}}
    if isinstance(default, Mapping) and isinstance(more, list):
        return {**default, "any": more}
    if isinstance(default, list) and isinstance(more, list):
        return [*default, *(one for one in more if one not in default)]
    return default


def _differing(own: Any, theirs: Any, at: tuple[str | int, ...]) -> Iterator[Claim]:
    if own is theirs:
        return
    name = ".".join(map(str, at))
    if not (isinstance(own, dict) and isinstance(theirs, dict)):
        if _written(own) != _written(theirs):
            yield Claim(at, f"`{name}` differs from")
        return
    missing = sorted(theirs.keys() - own.keys() - _WITHOUT_EFFECT)
    if missing:
        shown, rest = missing[:_MOST_SHOWN], len(missing) - _MOST_SHOWN
        more = f" and {rest} more key{'s' * (rest > 1)}" if rest > 0 else ""
        said = ", ".join(f"`{key}`" for key in shown) + more
        yield Claim(at, f"`{name}` lacks {said} of")
    for key in sorted(own.keys() - _WITHOUT_EFFECT):
        yield from _differing(own[key], theirs.get(key), (*at, key))


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _weaker(
    own: dict[str, PersonalField], theirs: dict[str, PersonalField], *, closed: bool
) -> Iterator[Claim]:
    """The places at which personal values are held back less than the other schema does.

    closed: where a place is missing, nothing else may let its values through.
    """
    for path, due in theirs.items():
        if due.is_object or not due.strength:
            continue
        below = [
            one for name, one in own.items() if name == path or name.startswith((f"{path}.", f"{path}["))
        ]
        if not below and closed:
            # No place of its own: then what is around it decides, which may take any key.
            around = _around(path, own)
            below = [] if around.is_object and not around.takes_other else [around]
        for one in below:
            if one.takes_other if one.is_object else one.strength < due.strength:
                yield Claim(one.at, f"personal values of `{path}` are protected less than in")
                break


def _around(path: str, own: dict[str, PersonalField]) -> PersonalField:
    """The nearest place around a path; where the payload is no object, one that takes anything."""
    while path and path not in own:
        path = path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]
    return own.get(path, _ANYTHING)
