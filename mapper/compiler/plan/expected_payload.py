"""A part of a payload as a test writes it -> its JSON value, a digest in place of each `{hash: VALUE}`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mapper.compiler.plan.constants import settle
from mapper.compiler.schema.target import Target, TargetField
from mapper.compiler.syntax.mapping_test_nodes import MappingTest
from mapper.compiler.syntax.node_shapes import json_of
from mapper.compiler.yaml.nodes import ListNode, MapNode, YamlNode
from mapper.transforms import TRANSFORMS
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json

_HASH = "hash"
_DIGEST = "sha256"


def is_hashed(field: TargetField) -> bool:
    """Whether a field, or each element of its list, is sent as a digest."""
    leaf = field.item or field
    return any(TRANSFORMS[step.transform].name == _DIGEST for step in leaf.form)


def hashed_node(node: YamlNode, field: TargetField | None) -> YamlNode | None:
    """The value in `{hash: VALUE}`; None for anything else, and where an object has a field of that name."""
    if not isinstance(node, MapNode) or len(node.entries) != 1 or node.entries[0][0].text != _HASH:
        return None
    leaf = None if field is None else field.item or field
    return None if leaf is not None and leaf.field(_HASH) is not None else node.entries[0][1]


def digest_in(node: YamlNode, field: TargetField) -> Json:
    """The digest that a hashed field, or the element of a list, has for a node's value. Raises Invalid."""
    made = settle(json_of(node), (), field)
    if made is None:
        raise Invalid(SafeText("the field treats this value as absent"))
    return made


def as_expected(value: Json, field: TargetField | None, event: Json) -> Json:
    """A value of a payload as a test writes it: `{hash: VALUE}` for a digest of a value in the event."""
    if isinstance(value, dict):
        return {
            name: as_expected(one, None if field is None else field.field(name), event)
            for name, one in value.items()
        }
    if isinstance(value, list):
        item = None if field is None else field.item
        return [as_expected(one, item, event) for one in value]
    if field is None or not is_hashed(field):
        return value
    source = next((one for one in _scalars(event) if _digest_of(one, field) == value), None)
    return value if source is None else {_HASH: source}


def _digest_of(value: Json, field: TargetField) -> Json:
    try:
        return settle(value, (), field)
    except Invalid:
        return None


def _scalars(event: Json) -> Iterator[Json]:
    """The texts and numbers in an event."""
    if isinstance(event, dict | list):
        for one in event.values() if isinstance(event, dict) else event:
            yield from _scalars(one)
    elif isinstance(event, str) or (isinstance(event, int | float) and not isinstance(event, bool)):
        yield event


def with_digests(test: MappingTest, target: Target) -> MappingTest:
    """A test with the digest in place of each `{hash: ...}`."""
    if test.expected is None:
        return test
    ends = tuple(
        replace(end, value=expected_value(end.node, target.root)) if end.kind == "payload" else end
        for end in test.expected.ends
    )
    return replace(test, expected=replace(test.expected, ends=ends))


def expected_value(node: YamlNode, field: TargetField | None) -> Json:
    """The JSON value of a part of a payload. Raises Invalid where a value has no digest in its field."""
    hashed = hashed_node(node, field)
    if hashed is not None and field is not None:
        return digest_in(hashed, field)
    if isinstance(node, MapNode):
        return {
            key.text: expected_value(value, None if field is None else field.field(key.text))
            for key, value in node.entries
        }
    if isinstance(node, ListNode):
        item = None if field is None else field.item
        return [expected_value(one, item) for one in node.items]
    return json_of(node)
