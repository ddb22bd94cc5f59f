"""The text of an exported destination -> its subscriptions, or one error that says what the file is not."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from mapper.authoring import Json
from mapper.values.safe_text import SafeError, SafeText
from mapper.workbench.yaml_text import is_whole

MOST_BYTES = 4 * 2**20
MOST_SUBSCRIPTIONS = 200
DEEPEST = 40
# What an export, the tool's own API and the presets of its package call them.
_LISTS = ("subscriptions", "presets")
_WRAPPERS = ("data", "destination")
_CONDITIONS = ("subscribe", "trigger", "fql")
_MAPPINGS = ("mapping", "settings", "fields")


@dataclass(frozen=True, slots=True)
class Subscription:
    """The events that are sent, and the source of each field. subscribe: None where it is for all events."""

    name: str
    subscribe: str | None
    is_enabled: bool
    mapping: dict[str, Json]


def read_subscriptions(content: bytes) -> tuple[Subscription, ...]:
    """The subscriptions in the text of a file. Raises SafeError where there are none to read."""
    found = _read_json(content)
    listed = _listed(found)
    if listed is None:
        if isinstance(found, dict) and (one := _subscription(found, 1)) is not None:
            return (one,)
        return (Subscription("", None, True, _only_mapping(found)),)
    if not listed:
        _refuse(SafeText("the list of subscriptions is empty"))
    if len(listed) > MOST_SUBSCRIPTIONS:
        _refuse(SafeText("{} subscriptions; at most {} are read", len(listed), MOST_SUBSCRIPTIONS))
    return tuple(_of_list(one, place) for place, one in enumerate(listed, 1))


def _read_json(content: bytes) -> Json:
    if len(content) > MOST_BYTES:
        _refuse(SafeText("the file has more than {} bytes", MOST_BYTES))
    try:
        found: Json = json.loads(content.decode("utf-8-sig"), parse_constant=_no_number)
    except UnicodeDecodeError:
        _refuse(SafeText("the file is not UTF-8 text"))
    except json.JSONDecodeError as error:
        place = (error.lineno, error.colno)
        _refuse(SafeText("the file is not JSON: line {}, column {}; export it again", *place))
    except ValueError:
        _refuse(SafeText("the file is not JSON: it has a number that no value can be"))
    except RecursionError:
        _refuse(SafeText("the file is nested more than {} levels deep", DEEPEST))
    for value, depth in _values(found):
        if depth > DEEPEST:
            _refuse(SafeText("the file is nested more than {} levels deep", DEEPEST))
        if isinstance(value, float) and not math.isfinite(value):
            _refuse(SafeText("the file is not JSON: it has a number that no value can be"))
        if isinstance(value, str) and not is_whole(value):
            _refuse(SafeText("the file has a text with half of a character (an unpaired surrogate)"))
    return found


def _no_number(_: str) -> NoReturn:
    raise ValueError


def _values(found: Json) -> Iterator[tuple[Any, int]]:
    """All values and names in a value, each with how deep it is."""
    waiting: list[tuple[Json, int]] = [(found, 1)]
    while waiting:
        value, depth = waiting.pop()
        yield value, depth
        if isinstance(value, dict):
            yield from ((name, depth) for name in value)
            waiting += [(one, depth + 1) for one in value.values()]
        elif isinstance(value, list):
            waiting += [(one, depth + 1) for one in value]


def _listed(found: Json) -> list[Json] | None:
    """The list of subscriptions, if there is one."""
    if isinstance(found, list):
        return found
    if not isinstance(found, dict):
        return None
    for name in _LISTS:
        one = found.get(name)
        if isinstance(one, list):
            return one
    for name in _WRAPPERS:
        one = found.get(name)
        if isinstance(one, dict | list) and (inner := _listed(one)) is not None:
            return inner
    return None


def _of_list(one: Json, place: int) -> Subscription:
    made = _subscription(one, place) if isinstance(one, dict) else None
    if made is None:
        _refuse(SafeText("subscription {} has no `mapping`, which is an object of fields", place))
    return made


def _subscription(one: dict[str, Json], place: int) -> Subscription | None:
    """A subscription; None for what has no mapping under a name of its own."""
    mapping = next((one[name] for name in _MAPPINGS if isinstance(one.get(name), dict)), None)
    if not isinstance(mapping, dict):
        return None
    written = next((one[name] for name in _CONDITIONS if name in one), None)
    if written is not None and not isinstance(written, str):
        _refuse(SafeText("subscription {}: `subscribe` must be a text", place))
    name = one.get("name")
    is_enabled = one.get("enabled", True)
    return Subscription(name if isinstance(name, str) else "", written, is_enabled is not False, mapping)


def _only_mapping(found: Json) -> dict[str, Json]:
    if not isinstance(found, dict):
        _refuse(SafeText("the file has no `subscriptions`: expected an exported destination, as an object"))
    if not any(_is_directive_of(one) for one, _ in _values(found)):
        _refuse(SafeText("the file has neither `subscriptions` nor a mapping with directives like `@path`"))
    return found


def _is_directive_of(value: Any) -> bool:
    return isinstance(value, dict) and any(name.startswith("@") for name in value)


def _refuse(reason: SafeText) -> NoReturn:
    raise SafeError(reason)
