"""One field of a Segment value that makes a whole object: the directives, applied to that field only."""

from __future__ import annotations

from dataclasses import dataclass

from mapper.authoring import Json


@dataclass(frozen=True, slots=True)
class UnsayablePart:
    """A value of Segment's from which no field can be taken, and why."""

    segment_value: Json
    why: str


@dataclass(frozen=True, slots=True)
class MergedAttribute:
    """An attribute from the first of several objects that has it. segment_value: what says so."""

    objects: tuple[Json, ...]
    name: str
    segment_value: Json


@dataclass(frozen=True, slots=True)
class FirstPresent:
    """Values of which the first that is present counts."""

    parts: tuple[SegmentPart, ...]


SegmentPart = Json | UnsayablePart | MergedAttribute | FirstPresent


def directive_of(segment_value: Json) -> str | None:
    """The name of the directive, if an object of Segment's is one."""
    if not isinstance(segment_value, dict):
        return None
    names = [name for name in segment_value if name != "_metadata"]
    return names[0] if len(names) == 1 and names[0].startswith("@") else None


def part_of(segment_value: SegmentPart, name: str) -> SegmentPart:
    """The field of an object of Segment's by its name; None if it has none."""
    if isinstance(segment_value, UnsayablePart):
        return segment_value
    if isinstance(segment_value, MergedAttribute):
        return UnsayablePart(segment_value.segment_value, f"`{name}` of an attribute of several objects")
    if isinstance(segment_value, FirstPresent):
        return FirstPresent(tuple(part_of(one, name) for one in segment_value.parts))
    directive = directive_of(segment_value)
    if directive is None:
        if isinstance(segment_value, dict) and any(one.startswith("@") for one in segment_value):
            return UnsayablePart(segment_value, "a directive beside other names, which Segment refuses")
        return segment_value.get(name) if isinstance(segment_value, dict) else None
    assert isinstance(segment_value, dict)
    value = segment_value[directive]
    if directive == "@path" and isinstance(value, str):
        return {"@path": f"{value}.{name}" if value not in ("", ".", "$.") else f"$.{name}"}
    if directive == "@arrayPath" and isinstance(value, list) and len(value) == 1:
        return part_of(value[0] if isinstance(value[0], dict) else {"@path": value[0]}, name)
    if directive in ("@literal", "@excludeWhenNull"):
        return part_of(value, name)
    return _part_of_object(segment_value, directive, value, name)


def _part_of_object(segment_value: Json, directive: str, value: Json, name: str) -> SegmentPart:
    objects = value.get("objects") if isinstance(value, dict) else None
    if directive == "@merge" and isinstance(value, dict) and isinstance(objects, list):
        if value.get("direction") not in ("left", "right"):
            return UnsayablePart(segment_value, "the direction of `@merge`")
        # The last one has its way; with `left`, they turn the list round.
        objects = objects if value["direction"] == "left" else objects[::-1]
        if len(objects) > 1 and all(directive_of(one) == "@path" for one in objects):
            return MergedAttribute(tuple(objects), name, segment_value)
        return FirstPresent(tuple(part_of(one, name) for one in objects))
    if directive == "@if" and isinstance(value, dict):
        arms: dict[str, Json] = {}
        for arm in ("then", "else"):
            part = part_of(value.get(arm), name)
            if isinstance(part, UnsayablePart | MergedAttribute | FirstPresent):
                return UnsayablePart(segment_value, f"`{name}` of objects within `@if`")
            arms[arm] = part
        return {"@if": {key: one for key, one in {**value, **arms}.items() if one is not None}}
    if directive == "@transform" and isinstance(value, dict):
        inner = part_of(value.get("mapping"), name)
        if isinstance(inner, UnsayablePart | MergedAttribute | FirstPresent):
            return UnsayablePart(segment_value, f"`{name}` of objects within `@transform`")
        return {"@transform": {**value, "mapping": inner}} if inner is not None else None
    return UnsayablePart(segment_value, f"its field `{name}` cannot be told")
