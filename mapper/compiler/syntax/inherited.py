"""A rule without a source in a section -> where the common payload takes that field from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mapper.compiler.yaml.edits import quoted, shown, with_quotes
from mapper.compiler.yaml.nodes import ListNode, MapNode, Node, ScalarNode
from mapper.diagnostic import Diagnostic


def with_inherited(root: MapNode, found: list[Diagnostic]) -> None:
    """Say in each diagnostic of a rule without a source what the rule that it replaces reads."""
    if not any(one.code == "M025" for one in found):
        return
    common = _entry(root, "payload")
    keyed = {rule.entries[0][0].span: path for path, rule in _rules(root) if rule.entries}
    for place, one in enumerate(found):
        source = _at(common, keyed.get(one.span, ())) if one.code == "M025" and not one.related else None
        if source is not None:
            hint = f"a section's rule replaces the whole rule: `{_completed(one, source, root)}`"
            found[place] = replace(one, hint=hint)


def _rules(root: MapNode) -> Iterator[tuple[tuple[str, ...], MapNode]]:
    """The mappings below the payload of each section, with their paths in it."""
    sections = _entry(root, "events")
    ends = [*(sections.items if isinstance(sections, ListNode) else ()), _entry(root, "otherwise")]
    for section in ends:
        if isinstance(section, MapNode):
            yield from _below((), _entry(section, "payload"))


def _below(path: tuple[str, ...], node: Node | None) -> Iterator[tuple[tuple[str, ...], MapNode]]:
    if isinstance(node, MapNode):
        yield path, node
        for key, value in node.entries:
            yield from _below((*path, key.text), value)


def _at(node: Node | None, path: tuple[str, ...]) -> str | None:
    """What stands at a path, as the value of `from`; None where nothing short does."""
    for name in path:
        node = _entry(node, name)
    if isinstance(node, MapNode):
        node = _entry(node, "from")
    if not path or node is None:
        return None
    return shown(with_quotes(node.span) or node.span)


def _completed(one: Diagnostic, source: str, root: MapNode) -> str:
    """The rule with its source."""
    rule = next(rule for _, rule in _rules(root) if rule.entries and rule.entries[0][0].span == one.span)
    rest = [
        f"{key.text}: {quoted(value.text) if isinstance(value, ScalarNode) else '...'}"
        for key, value in rule.entries
    ]
    return f"{{{', '.join([f'from: {source}', *rest])}}}"


def _entry(node: Node | None, name: str) -> Node | None:
    entries = node.entries if isinstance(node, MapNode) else ()
    return next((value for key, value in entries if key.text == name), None)
