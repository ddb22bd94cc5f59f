"""Golden payloads with one change each, most of them wrong: the same 200 for the same payloads and seed."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.oracles.golden import Payload, golden_payloads, less_overlay
from tests.support.events import paths_of

COUNT = 200
SEED = 20_260_501
_DIGEST = re.compile(r"[a-f0-9]{64}")


@dataclass(frozen=True, slots=True)
class Changed:
    """A payload with a change. path: of the value that was changed, `[]` for any element of a list."""

    name: str
    change: str
    path: str
    payload: Payload


def changed_payloads(seed: int = SEED) -> list[Changed]:
    """All of them. Fields newer than the official file are not among them."""
    dice = Random(seed)
    golden = {name: less_overlay(payload) for name, payload in golden_payloads().items()}
    found: list[Changed] = []
    while len(found) < COUNT:
        of = dice.choice(sorted(golden))
        payload = copy.deepcopy(golden[of])
        change = tuple(_CHANGES)[len(found) % len(_CHANGES)]
        fits, make = _CHANGES[change]
        places = [path for path in paths_of(payload) if fits(_at(payload, path))]
        if places:
            *way, last = path = dice.choice(places)
            make(_at(payload, tuple(way)), last, dice)
            found.append(Changed(f"{len(found)} of {of}", change, written_path(path), payload))
    return found


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def written_path(path: tuple[Any, ...]) -> str:
    """`("user_data", "em", 0)` as `user_data.em[]`."""
    return "".join("[]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _leave_out(holder: Any, last: Any, dice: Random) -> None:
    del holder[last]


def _null(holder: Any, last: Any, dice: Random) -> None:
    holder[last] = None


def _empty(holder: Any, last: Any, dice: Random) -> None:
    holder[last] = type(holder[last])()


def _other_kind(holder: Any, last: Any, dice: Random) -> None:
    value = holder[last]
    other: Any = [value]
    if isinstance(value, str):
        other = dice.choice((5, 7.25, True, [value], {"value": value}))
    elif isinstance(value, bool | int | float):
        other = dice.choice((str(value), [value]))
    elif isinstance(value, list):
        other = dice.choice((value[0], {"0": value[0]}))
    holder[last] = other


def _strange_field(holder: Any, last: Any, dice: Random) -> None:
    holder[last][dice.choice(("price", "utm_source", "Email", "id_"))] = dice.choice(("a", 1))


def _plain(holder: Any, last: Any, dice: Random) -> None:
    digest = holder[last]
    holder[last] = dice.choice((digest.upper(), "ada@example.com", digest[:32], f" {digest}"))


def _out_of_range(holder: Any, last: Any, dice: Random) -> None:
    holder[last] = dice.choice((-1, 0, 10**13, 2**63, holder[last] + 0.5))


def _other_text(holder: Any, last: Any, dice: Random) -> None:
    holder[last] = dice.choice(("$5.00", "1,5", "1e3", "website", " ", f"{holder[last]} "))


def _any(value: Any) -> bool:
    return True


def _of(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds) and not (kinds == (int,) and isinstance(value, bool))


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


# Of each change: what it can be done to, and what it does to the value at `holder[last]`.
_CHANGES: dict[str, tuple[Callable[[Any], bool], Callable[[Any, Any, Random], None]]] = {
    "left out": (_any, _leave_out),
    "null": (_any, _null),
    "empty": (_of(str, list, dict), _empty),
    "other kind": (_any, _other_kind),
    "strange field": (_of(dict), _strange_field),
    "not hashed": (_is_digest, _plain),
    "out of range": (_of(int), _out_of_range),
    "other text": (lambda value: isinstance(value, str) and not _is_digest(value), _other_text),
}
