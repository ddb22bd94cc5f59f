"""A required field without a rule -> the edit that adds a place for one: only its author can fill it in."""

from __future__ import annotations

from dataclasses import replace

from mapper.compiler.advice.registry import Hint, advises
from mapper.compiler.checks.facts import MissingField
from mapper.compiler.yaml.edits import new_entry
from mapper.compiler.yaml.nodes import MapNode, YamlNode, every
from mapper.compiler.yaml.reader import read_yaml
from mapper.diagnostic import Diagnostic
from mapper.text import Span

_TO_FILL_IN = "{todo: which attribute}"


@advises(MissingField)
def _field(fact: MissingField, found: Diagnostic) -> Hint | None:
    root = read_yaml(found.span.text, [])
    around = None if root is None else _around(root, fact, found.span)
    fix = None if around is None else new_entry(around, f"{fact.name}: {_TO_FILL_IN}")
    if fix is None:
        return None
    return Hint(fixes=(replace(fix, title=f"Add `{fact.name}`, to be filled in", safe=False),))


def _around(root: YamlNode, fact: MissingField, span: Span) -> MapNode | None:
    """The object that lacks the field; None where it is in a file that is extended."""
    if not fact.of_payload:
        return next((one for one in every(root) if isinstance(one, MapNode) and one.span == span), None)
    entries = root.entries if isinstance(root, MapNode) else ()
    return next(
        (value for key, value in entries if key.text == "payload" and isinstance(value, MapNode)), None
    )
