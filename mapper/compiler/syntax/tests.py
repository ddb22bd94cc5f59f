"""YAML node -> WrittenTest: a test that stands in a mapping."""

from __future__ import annotations

from mapper.compiler.syntax.facts import WrongShape
from mapper.compiler.syntax.shapes import entries_of, is_text, json_of, listed, missing, text_of, wrong_shape
from mapper.compiler.yaml.reader import ListNode, MapNode, ScalarNode, YamlNode
from mapper.diagnostic import Diagnostic
from mapper.frozen import dataclass
from mapper.text import Span
from mapper.types import Json

_NO_EVENT = ("this test has no `given` event", "add `given: {...}`, the source event")
_ENDS = "`expect` is part of the payload, `expect_skip` a reason, `expect_rejection` a list of paths"
_OF_SKIPS = "write `unmapped`, `skip` or `consent`, or the reason given by a rule"


@dataclass(frozen=True, slots=True)
class WrittenTest:
    """A test that stands in the mapping.

    given: the source event; meta: what `$meta` is. expect: a part of the payload, or of each where the event
    gives several. expect_nodes: those parts with their places. skip_span: where `expect_skip` says why.
    """

    name: str
    given: Json
    meta: Json
    expect: Json
    expect_nodes: tuple[MapNode, ...]
    expect_skip: str | None
    expect_rejection: list[str] | None
    span: Span
    skip_span: Span | None = None


def read_tests(node: YamlNode | None, found: list[Diagnostic]) -> tuple[WrittenTest, ...]:
    """The tests of a mapping; each has a `given` event and one expectation."""
    if node is None:
        return ()
    if not isinstance(node, ListNode):
        wrong_shape(node, "`tests` must be a list", found, facts=WrongShape("tests", node))
        return ()
    tests = [_read_test(item, found) for item in node.items]
    return tuple(test for test in tests if test is not None)


def _read_test(node: YamlNode, found: list[Diagnostic]) -> WrittenTest | None:
    ends = ("expect", "expect_skip", "expect_rejection")
    keys = ("name", "given", "meta", *ends)
    entries = entries_of(node, "a test", keys, found)
    if not isinstance(node, MapNode):
        return None
    if "given" not in entries:
        missing(node, keys, Diagnostic("M021", node.span, *_NO_EVENT), found)
        return None
    given = entries["given"][1]
    if not isinstance(given, MapNode):
        wrong_shape(given, "`given` must be an event, which is a mapping", found)
        return None
    if sum(name in entries for name in ends) != 1:
        message = f"a test needs exactly one of {', '.join(f'`{end}`' for end in ends)}"
        missing(node, keys, Diagnostic("M021", node.span, message, _ENDS), found)
        return None
    values = {key: pair[1] for key, pair in entries.items()}
    expected = listed(values["expect"]) if "expect" in values else ()
    parts = tuple(part for part in expected if isinstance(part, MapNode))
    for part in expected:
        if not isinstance(part, MapNode):
            wrong_shape(part, "`expect` must be part of a payload, which is a mapping", found)
            return None
    if "meta" in values and not isinstance(values["meta"], MapNode):
        wrong_shape(values["meta"], "`meta` must be a mapping, the value of `$meta`", found)
        return None
    return WrittenTest(
        name=text_of(values["name"], "`name`", found) if "name" in values else "",
        given=json_of(given),
        meta=json_of(values["meta"]) if "meta" in values else None,
        expect=json_of(values["expect"]) if "expect" in values else None,
        expect_nodes=parts,
        expect_skip=text_of(values["expect_skip"], "`expect_skip`", found, _OF_SKIPS)
        if "expect_skip" in values
        else None,
        expect_rejection=_read_paths(values.get("expect_rejection"), found),
        span=node.span,
        skip_span=values["expect_skip"].span if "expect_skip" in values else None,
    )


def _read_paths(node: YamlNode | None, found: list[Diagnostic]) -> list[str] | None:
    """The path of each reason for which an event is rejected."""
    if node is None:
        return None
    if isinstance(node, ListNode):
        return [text_of(item, "a path under `expect_rejection`", found) for item in node.items]
    wrong_shape(node, "`expect_rejection` is a list of paths", found, _as_list(node))
    return []


def _as_list(node: YamlNode) -> str:
    """How a list of paths is written: with the one that is there, if there is one."""
    if isinstance(node, ScalarNode) and is_text(node):
        return f"write `[{node.text}]`"
    return "name the paths, as `[event_time]`"
