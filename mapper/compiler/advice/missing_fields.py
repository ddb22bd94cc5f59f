"""A required field without a rule -> the edit that adds a place for one: only its author can fill it in."""

from __future__ import annotations

from dataclasses import replace

from mapper.compiler.advice.registry import Hint, advises
from mapper.compiler.checks.facts import MissingField, UnsaidLimit
from mapper.compiler.yaml.edits import insert, line_break, new_entry, with_quotes
from mapper.compiler.yaml.nodes import MapNode, YamlNode, every
from mapper.compiler.yaml.reader import read_yaml
from mapper.diagnostic import Diagnostic, Fix
from mapper.text import Span, line_start

_TO_FILL_IN = "{todo: which attribute}"


@advises(MissingField)
def _field(fact: MissingField, found: Diagnostic) -> Hint | None:
    root = read_yaml(found.span.text, [])
    around = None if root is None else _around(root, fact, found.span)
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


def _around(root: YamlNode, fact: MissingField, span: Span) -> MapNode | None:
    """The object that lacks the field; None where it is in a file that is extended."""
    if not fact.of_payload:
        return next((one for one in every(root) if isinstance(one, MapNode) and one.span == span), None)
    entries = root.entries if isinstance(root, MapNode) else ()
    return next(
        (value for key, value in entries if key.text == "payload" and isinstance(value, MapNode)), None
    )
