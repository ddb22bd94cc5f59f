"""WrittenTest x Target -> diagnostics: what a test expects that no payload can ever have."""

from __future__ import annotations

from mapper.compiler.document.fixes import rename
from mapper.compiler.target import Target, TargetField
from mapper.compiler.written.tests import WrittenTest
from mapper.compiler.yaml import ListNode, MapNode, Node
from mapper.diagnostic import Diagnostic, closest


def check_tests(tests: tuple[WrittenTest, ...], target: Target, found: list[Diagnostic]) -> None:
    """Report each field under `expect` that the target does not have."""
    for test in tests:
        for node in test.expect_nodes:
            _check(node, target.root, found)


def _check(node: Node, field: TargetField, found: list[Diagnostic]) -> None:
    if isinstance(node, ListNode) and field.item is not None:
        for item in node.items:
            _check(item, field.item, found)
    if not isinstance(node, MapNode) or not field.is_object:
        return
    for key, value in node.entries:
        child = field.field(key.text)
        if child is not None:
            _check(value, child, found)
        elif field.closed:
            near = closest(key.text, [known.name for known in field.fields])
            where = f"`{field.path}`" if field.path else "a payload"
            message = f"{where} never has a field `{key.text}`"
            hint = f"did you mean `{near}`?" if near else None
            fixes = (rename(key.span, near),) if near else ()
            found.append(Diagnostic("M501", key.span, message, hint, fixes=fixes))
