"""A payload -> the digests of the persons in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from mapper.suppression.listing import digest_of

# The fields of an object that are looked at, each with those below it; None: its texts are.
_Tree: TypeAlias = tuple[tuple[str, "_Tree | None"], ...]


class PersonDigests:
    """Reads the values at the paths of fields that identify a person."""

    __slots__ = ("_tree",)

    def __init__(self, paths: Iterable[str]) -> None:
        self._tree = _tree([path.replace("[]", "").split(".") for path in paths])

    def of(self, payload: Any) -> list[bytes]:
        """The digests of all texts there."""
        digests: list[bytes] = []
        _gather(payload, self._tree, digests)
        return digests


def _tree(ways: Iterable[Sequence[str]]) -> _Tree:
    """The fields of some ways, those in one object together."""
    below: dict[str, list[Sequence[str]]] = {}
    for first, *rest in ways:
        below.setdefault(first, []).append(rest)
    return tuple((name, _tree(rests) if all(rests) else None) for name, rests in below.items())


def _gather(value: Any, tree: _Tree, digests: list[bytes]) -> None:
    """Add the digests of the texts at the fields of a tree; a list is looked at element by element."""
    if type(value) is list:
        for one in value:
            _gather(one, tree, digests)
    elif type(value) is dict:
        for name, below in tree:
            held = value.get(name)
            if held is None:
                continue
            if below is not None:
                _gather(held, below, digests)
            elif type(held) is list:
                for one in held:
                    if type(one) is str:
                        digests.append(digest_of(one))
            elif type(held) is str:
                digests.append(digest_of(held))
