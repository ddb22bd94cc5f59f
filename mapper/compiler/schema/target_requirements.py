"""Schema -> what its payloads must have: groups of fields, and fields where others have some value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mapper.compiler.schema.json_schema import Schema
from mapper.values.frozen import dataclass
from mapper.values.types import Json

_SAID = frozenset({"title", "description", "$comment", "x-source"})
"""Words that say nothing of a payload."""
_TESTS = frozenset({"const", "enum", "type", *_SAID})
_IN_CONDITION = frozenset({"properties", "required", "type", *_SAID})
_IN_CONSEQUENCE = frozenset({"required", "anyOf", "properties", "type", *_SAID})
_GROUP = frozenset({"required", *_SAID})


@dataclass(frozen=True, slots=True)
class FieldTest:
    """A field that has one of some values; None: any. or_absent: or is not there.

    inside: the tests that the fields of it pass, if it is an object.
    """

    name: str
    values: tuple[Json, ...] | None
    or_absent: bool = False
    inside: tuple[FieldTest, ...] = ()

    def describe(self, around: str = "") -> str:
        """The text of the test. around: the path of the object that has the field."""
        path = f"{around}{self.name}"
        if self.inside:
            return " and ".join(one.describe(f"{path}.") for one in self.inside)
        if self.values is None:
            return f"`{path}` is there"
        shown = [f"`{one if isinstance(one, str) else json.dumps(one)}`" for one in self.values]
        return f"`{path}` is {' or '.join(shown)}"


@dataclass(frozen=True, slots=True)
class RequirementCondition:
    """The payloads that must meet a requirement: those whose object at `path` passes all tests."""

    path: str
    tests: tuple[FieldTest, ...]

    def describe(self) -> str:
        """The text of the condition."""
        return " and ".join(one.describe() for one in self.tests)


@dataclass(frozen=True, slots=True)
class Requirement:
    """An object (at `path`; "" is the payload) must have all the fields of one of some groups.

    due: every payload has that object, or one that has it is looked at as a whole: one that does not meet
    this is not sent. exact: it must not have those of two groups. when: only then is it asked for.
    """

    path: str
    groups: tuple[tuple[str, ...], ...]
    due: bool = True
    exact: bool = False
    when: RequirementCondition | None = None

    @property
    def missing(self) -> str:
        """The path of the one field that it asks for; "" where there are several."""
        alone = self.groups[0][0] if len(self.groups) == len(self.groups[0]) == 1 else ""
        return f"{self.path}.{alone}" if self.path and alone else alone

    def describe(self) -> str:
        """The text of the requirement: `a`, or `b` with `c`."""
        groups = ", or ".join(" with ".join(f"`{name}`" for name in group) for group in self.groups)
        either = f"just one of {groups}" if self.exact else groups
        return either if self.when is None else f"{either} where {self.when.describe()}"


def required_names(schema: Schema) -> Iterator[str]:
    """The fields that an object must have in any case."""
    yield from schema.get("required", ())
    for part in schema.get("allOf", ()):
        if isinstance(part, dict):
            yield from required_names(part)


def own_requirements(schema: Schema, path: str, due: bool) -> Iterator[Requirement]:
    """The groups of fields of which an object must have one, and those that it must have by a condition.

    What cannot be proved is left out: `is_proved` says so, for the check of schemas.
    """
    if groups := _groups(schema.get("anyOf")):
        yield Requirement(path, groups, due)
    if schema.get("minProperties") == 1 and schema.get("properties"):
        yield Requirement(path, tuple((name,) for name in schema["properties"]), due)
    if "[]" not in path:
        yield from _of_the_whole(schema, path)
    for part in schema.get("allOf", ()):
        if isinstance(part, dict):
            yield from own_requirements(part, path, due)


def _of_the_whole(schema: Schema, path: str) -> Iterator[Requirement]:
    """Requirements that the payload is looked at for as a whole."""
    if groups := _groups(schema.get("oneOf")):
        yield Requirement(path, groups, exact=True)
    for name, needed in schema.get("dependentRequired", {}).items():
        when = RequirementCondition(path, (FieldTest(name, None),))
        yield from (Requirement(path, ((one,),), when=when) for one in needed)
    tests = _tests(schema.get("if"))
    if tests is not None and is_consequence(schema.get("then")) and "else" not in schema:
        yield from _consequences(schema["then"], path, RequirementCondition(path, tests))


def is_proved(keyword: str, schema: Schema, *, in_list: bool) -> bool:
    """Whether a keyword of an object of a target is one of those that are proved.

    in_list: the object is an element of a list, or in one.
    """
    match keyword:
        case "minProperties":
            return schema[keyword] in (0, 1)
        case "oneOf":
            return not in_list and bool(_groups(schema[keyword]))
        case "dependentRequired":
            return not in_list
        case "then" if "if" in schema:
            return not in_list and is_consequence(schema["then"])
        case "if" | "then" | "else":
            is_whole = "if" in schema and "then" in schema and "else" not in schema
            return not in_list and is_whole and _tests(schema["if"]) is not None
        case _:
            return False


def _groups(branches: Any) -> tuple[tuple[str, ...], ...]:
    """The groups of required fields of some branches; none where one of them says anything else."""
    if not isinstance(branches, list):
        return ()
    groups = [
        tuple(one.get("required", ())) if isinstance(one, dict) and one.keys() <= _GROUP else ()
        for one in branches
    ]
    return tuple(groups) if groups and all(groups) else ()


def _tests(condition: Any) -> tuple[FieldTest, ...] | None:
    """The tests of an `if` on constants and presence; None of any other."""
    if not isinstance(condition, dict) or not condition.keys() <= _IN_CONDITION:
        return None
    if condition.get("type", "object") != "object":
        return None
    properties, required = condition.get("properties", {}), condition.get("required", [])
    found = [_test(name, part, or_absent=name not in required) for name, part in properties.items()]
    found += [FieldTest(name, None) for name in required if name not in properties]
    sound = tuple([one for one in found if one is not None])
    return sound if sound and len(sound) == len(found) else None


def _test(name: str, part: Any, *, or_absent: bool) -> FieldTest | None:
    """The test that a part of an `if` is of its field; None where it asks for more than that."""
    values = _constants(part)
    if values is not None:
        return FieldTest(name, values, or_absent)
    inside = _tests(part)
    return None if inside is None else FieldTest(name, None, or_absent, inside)


def _constants(part: Any) -> tuple[Json, ...] | None:
    if not isinstance(part, dict) or not part.keys() <= _TESTS:
        return None
    if "const" in part:
        return (part["const"],)
    return tuple(part["enum"]) if "enum" in part else None


def is_consequence(part: Any) -> bool:
    """Whether a `then` says only which fields must be there."""
    if not isinstance(part, dict) or not part.keys() <= _IN_CONSEQUENCE:
        return False
    if "anyOf" in part and not _groups(part["anyOf"]):
        return False
    return part.get("type", "object") == "object" and all(
        is_consequence(one) for one in part.get("properties", {}).values()
    )


def _consequences(part: Mapping[str, Any], path: str, when: RequirementCondition) -> Iterator[Requirement]:
    for name in part.get("required", ()):
        yield Requirement(path, ((name,),), when=when)
    if groups := _groups(part.get("anyOf")):
        yield Requirement(path, groups, when=when)
    for name, inner in part.get("properties", {}).items():
        yield from _consequences(inner, f"{path}.{name}" if path else name, when)
