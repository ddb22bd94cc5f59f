"""A required field without a rule -> the edit that adds a place for one: only its author can fill it in."""

from __future__ import annotations

from dataclasses import replace

from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.advice.whole_file import nodes_around, root_of, value_of
from mapper.compiler.checks.check_facts import MissingField, UnsaidLimit
from mapper.compiler.yaml.edits import insert, line_break, new_entry, with_quotes
from mapper.compiler.yaml.nodes import MapNode
from mapper.texts.diagnostic import Diagnostic, Fix
from mapper.texts.named_text import Span, line_start

_TO_FILL_IN = "{todo: which attribute}"


@advises(MissingField)
def _field(fact: MissingField, found: Diagnostic) -> Hint | None:
    around = _around(fact, found.span)
    fix = None if around is None else new_entry(around, f"{fact.name}: {_TO_FILL_IN}")
    if fix is None:
        return None
    return Hint(fixes=(replace(fix, title=f"Add `{fact.name}`, to be filled in", safe=False),))


@advises(UnsaidLimit)
def _limit(fact: UnsaidLimit, _: Diagnostic) -> Hint:
    put = ", ".join(f"{path}: {value}" for path, value in fact.constants)
    ways = [*([f"{{set: {{{put}}}}}"] if put else []), "skip"]
    fixes = [_new_key(f"when_limited: {way}", fact) for way in ways]
    if not put:
        return Hint("write `when_limited: skip`, or `when_limited: {set: {PATH: CONSTANT}}`", (*fixes,))
    return Hint(
        f"write `when_limited: {ways[0]}` to send such events with this flag, or `when_limited: skip`",
        (*fixes,),
    )


def _new_key(entry: str, fact: UnsaidLimit) -> Fix:
    at, content = fact.when_missing, fact.consent.text.content
    at = with_quotes(at) or at
    blanks = " " * (at.start - line_start(content, at.start))
    is_flow = content[fact.consent.start : fact.consent.start + 1] == "{"
    text = f"{entry}, " if is_flow else f"{entry}{line_break(at)}{blanks}"
    return insert(at, text, f"Add `{entry}`", safe=False)


def _around(fact: MissingField, span: Span) -> MapNode | None:
    """The object that lacks the field; None where the payload itself is not written in the file."""
    if fact.of_payload:
        payload = value_of(root_of(span.text), "payload")
        return payload if isinstance(payload, MapNode) else None
    nodes = (node for _, node in nodes_around(span) if isinstance(node, MapNode) and node.span == span)
    return next(nodes, None)
