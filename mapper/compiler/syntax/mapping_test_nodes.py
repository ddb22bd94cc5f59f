"""Nodes of `tests` and `bases` -> MappingTests: an event each, and what it should end as, with its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from mapper.compiler.file_reading import FileReading
from mapper.compiler.syntax.language_keys import ENDS
from mapper.compiler.syntax.node_shapes import (
    boolean_of,
    entries_of,
    is_text,
    json_of,
    missing,
    text_of,
    wrong_shape,
)
from mapper.compiler.syntax.syntax_facts import UnnamedList, WrongShape
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
from mapper.values.types import Json

_NO_EVENT = ("this test has no `given` event", "add `given: {...}`, the source event")
_EXPECTATIONS = ("expect", "expect_skip", "expect_rejection")
_HINT_ENDS = "`expect` is part of the payload, `expect_skip` a reason, `expect_rejection` a list of paths"
_OF_SKIPS = "write `unmapped`, `skip` or `consent`, or the reason given by a rule"
_BASE = "base"

EndKind: TypeAlias = Literal["payload", "skip", "reject"]


@dataclass(frozen=True, slots=True)
class ExpectedEnd:
    """The expected form of one outcome.

    value: a part of the payload, a reason to skip, or the paths of a rejection. node: where that is written.
    whole: where all of it is written, with `skip` or `reject` if there is such a key.
    """

    kind: EndKind
    value: Json
    node: YamlNode
    whole: Span


@dataclass(frozen=True, slots=True)
class WrittenPath:
    """A path that a test names, with its place."""

    path: str
    span: Span


@dataclass(frozen=True, slots=True)
class Expectation:
    """The expected outcome of an event.

    ends: one for each outcome; several: they are written as a list. key: `expect` or an older name; None in a
    file of its own. node: its value. exact: payloads have nothing else. notes: the paths that are
    noted, if the test says; notes_node: where.
    """

    ends: tuple[ExpectedEnd, ...]
    several: bool
    key: ScalarNode | None
    node: YamlNode
    exact: bool = False
    notes: tuple[WrittenPath, ...] | None = None
    notes_node: YamlNode | None = None


@dataclass(frozen=True, slots=True)
class MappingTest:
    """A test of a mapping.

    given: the source event, merged over its base; meta: what `$meta` is, and meta_node: where. expected: None
    where the file beside a fixture does not exist. place: where the test begins. name_span:
    None without a name. inherit: the mappings that extend its file run it too.
    key_span: of its first key; None of a fixture.
    """

    name: str
    given: dict[str, Json]
    meta: dict[str, Json] | None
    expected: Expectation | None
    place: Span
    meta_node: MapNode | None = None
    name_span: Span | None = None
    inherit: bool = False
    key_span: Span | None = None


@dataclass(frozen=True, slots=True)
class EventBase:
    """An event under `bases`, that tests share."""

    name: str
    event: dict[str, Json]
    span: Span


def read_bases(node: YamlNode | None, reading: FileReading) -> tuple[EventBase, ...] | None:
    """The events under `bases`; None where there is no such key."""
    if node is None:
        return None
    if not isinstance(node, MapNode):
        hint, fact = "write `name: {...}`, without dashes", UnnamedList("bases", node)
        reading.say(wrong_shape(node, "`bases` must be a mapping of names to events", hint, fact))
        return None
    bases = []
    for key, value in node.entries:
        if isinstance(value, MapNode):
            bases.append(EventBase(key.text, _object_of(value), key.span))
        else:
            reading.say(wrong_shape(value, f"the base `{key.text}` must be an event, which is a mapping"))
    return None if node.unread or len(bases) < len(node.entries) else tuple(bases)


def read_tests(
    node: YamlNode | None, bases: Iterable[EventBase] | None, reading: FileReading
) -> tuple[MappingTest, ...]:
    """The tests of a mapping; each has a `given` event and one expectation."""
    if node is None:
        return ()
    if not isinstance(node, ListNode):
        reading.say(wrong_shape(node, "`tests` must be a list", facts=WrongShape("tests", node)))
        return ()
    known = None if bases is None else tuple(bases)
    tests = [_read_test(item, number, known, reading) for number, item in enumerate(node.items, 1)]
    return tuple(test for test in tests if test is not None)


def _read_test(
    node: YamlNode, number: int, bases: tuple[EventBase, ...] | None, reading: FileReading
) -> MappingTest | None:
    keys = ("name", "given", "meta", *_EXPECTATIONS, "exact", "notes", "inherit")
    entries = entries_of(node, "a test", keys, reading)
    if not isinstance(node, MapNode):
        return None
    values = {key: pair[1] for key, pair in entries.items()}
    if "given" not in values:
        missing(node, keys, Diagnostic("M021", node.span, *_NO_EVENT), reading)
        return None
    given = _read_given(values["given"], bases, reading)
    expected = _read_expectation(node, entries, keys, reading)
    meta = values.get("meta")
    if meta is not None and not isinstance(meta, MapNode):
        reading.say(wrong_shape(meta, "`meta` must be a mapping, the value of `$meta`"))
        return None
    if given is None or expected is None:
        return None
    return MappingTest(
        name=text_of(values["name"], "`name`", reading) if "name" in values else f"test {number}",
        given=given,
        meta=_object_of(meta) if isinstance(meta, MapNode) else None,
        expected=expected,
        place=node.span,
        meta_node=meta,
        name_span=values["name"].span if "name" in values else None,
        key_span=node.entries[0][0].span,
        inherit="inherit" in values and boolean_of(values["inherit"], "`inherit`", reading),
    )


def _object_of(node: MapNode) -> dict[str, Json]:
    return {key.text: json_of(value) for key, value in node.entries}


def _read_given(
    node: YamlNode, bases: tuple[EventBase, ...] | None, reading: FileReading
) -> dict[str, Json] | None:
    """The event: with a `base`, merged over that one, where a null removes what the base has (RFC 7396)."""
    if not isinstance(node, MapNode):
        reading.say(wrong_shape(node, "`given` must be an event, which is a mapping"))
        return None
    event = _object_of(node)
    named = next((value for key, value in node.entries if key.text == _BASE), None)
    # Without `bases` it is an attribute like any other.
    if bases is None or named is None:
        return event
    names = [base.name for base in bases]
    if not isinstance(named, ScalarNode) or not is_text(named):
        reading.say(wrong_shape(named, "`base` must be the name of an event under `bases`"))
        return None
    if named.text not in names:
        near = closest(named.text, names)
        hint = f"did you mean `{near}`?" if near else f"the names are {', '.join(names) or 'none'}"
        message = f"there is no `{named.text}` under `bases`"
        reading.say(Diagnostic("M503", named.span, message, hint))
        return None
    base = next(base.event for base in bases if base.name == named.text)
    return _patched(base, {name: value for name, value in event.items() if name != _BASE})


def _patched(whole: dict[str, Json], patch: dict[str, Json]) -> dict[str, Json]:
    """A JSON merge patch: objects attribute by attribute, null removes, anything else replaces."""
    made = {name: value for name, value in whole.items() if name not in patch or patch[name] is not None}
    for name, value in patch.items():
        below = made.get(name)
        if isinstance(value, dict):
            made[name] = _patched(below if isinstance(below, dict) else {}, value)
        elif value is not None:
            made[name] = value
    return made


def _read_expectation(
    node: MapNode,
    entries: dict[str, tuple[ScalarNode, YamlNode]],
    keys: tuple[str, ...],
    reading: FileReading,
) -> Expectation | None:
    written = [name for name in _EXPECTATIONS if name in entries]
    if len(written) != 1:
        message = f"a test needs exactly one of {', '.join(f'`{end}`' for end in _EXPECTATIONS)}"
        missing(node, keys, Diagnostic("M021", node.span, message, _HINT_ENDS), reading)
        return None
    key, value = entries[written[0]]
    if key.text == "expect":
        expected = read_expected(value, reading)
    elif key.text == "expect_skip":
        end = _skip_end(value, "expect_skip", value.span, reading)
        expected = Expectation((end,), False, key, value)
    else:
        end = _reject_end(value, "expect_rejection", value.span, reading)
        expected = Expectation((end,), False, key, value)
    notes = entries["notes"][1] if "notes" in entries else None
    exact = "exact" in entries and boolean_of(entries["exact"][1], "`exact`", reading)
    paths = None if notes is None else read_paths(notes, "notes", reading)
    if expected is None:
        return None
    return Expectation(expected.ends, expected.several, key, expected.node, exact, paths, notes)


def read_expected(node: YamlNode, reading: FileReading) -> Expectation | None:
    """The expectation after `expect`, or in a file of its own: one outcome, or a list of outcomes."""
    several = isinstance(node, ListNode)
    ends = [_read_end(part, reading) for part in (node.items if isinstance(node, ListNode) else (node,))]
    known = tuple(end for end in ends if end is not None)
    return Expectation(known, several, None, node) if len(known) == len(ends) else None


def _read_end(node: YamlNode, reading: FileReading) -> ExpectedEnd | None:
    if not isinstance(node, MapNode):
        reading.say(
            wrong_shape(
                node,
                "`expect` must be part of a payload, `{skip: ...}` or `{reject: [...]}`",
                "write `{skip: REASON}`, with the text of `skip` or `because`" if _means_skip(node) else None,
            )
        )
        return None
    if len(node.entries) == 1 and node.entries[0][0].text in ENDS:
        key, value = node.entries[0]
        read = _skip_end if key.text == "skip" else _reject_end
        return read(value, key.text, node.span, reading)
    return ExpectedEnd("payload", json_of(node), node, node.span)


def _means_skip(node: YamlNode) -> bool:
    return isinstance(node, ScalarNode) and node.text.lower() in ("skip", "skipped", "ignored", "none")


def _skip_end(node: YamlNode, key: str, whole: Span, reading: FileReading) -> ExpectedEnd:
    return ExpectedEnd("skip", text_of(node, f"`{key}`", reading, _OF_SKIPS), node, whole)


def _reject_end(node: YamlNode, key: str, whole: Span, reading: FileReading) -> ExpectedEnd:
    paths: list[Json] = [one.path for one in read_paths(node, key, reading)]
    return ExpectedEnd("reject", paths, node, whole)


def read_paths(node: YamlNode, key: str, reading: FileReading) -> tuple[WrittenPath, ...]:
    """The paths in a list; none (and a diagnostic) where something else is there."""
    if isinstance(node, ListNode):
        return tuple(
            WrittenPath(text_of(item, f"a path under `{key}`", reading), item.span) for item in node.items
        )
    reading.say(wrong_shape(node, f"`{key}` is a list of paths", _as_list(node)))
    return ()


def _as_list(node: YamlNode) -> str:
    """The hint for a list of paths: with the one that is there, if there is one."""
    if isinstance(node, ScalarNode) and is_text(node):
        return f"write `[{node.text}]`"
    return "name the paths, as `[event_time]`"
