"""Steps that a field needs -> the edits that add them to what its author wrote."""

from __future__ import annotations

from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.plan.plan_facts import MissingSteps
from mapper.compiler.yaml.edits import (
    in_flow,
    indentation,
    key_before,
    line_break,
    quoted,
    shown,
    with_quotes,
)
from mapper.compiler.yaml.nodes import ListNode, MapNode, YamlNode
from mapper.texts.diagnostic import Diagnostic, Edit, Fix
from mapper.texts.named_text import Span, line_start
from mapper.values.regular_expression import pattern

# A list of expressions after `from`, up to one of them, and the rest of it after that one.
_EXPRESSIONS = r"""(?:[^\[\]{}#"']|"[^"\r\n]*"|'[^'\r\n]*')*"""
_LIST_BEFORE = pattern(rf"""["']?from["']?:[ \t]*\[{_EXPRESSIONS}\Z""")
_LIST_AFTER = pattern(rf"{_EXPRESSIONS}\]")
_LINE_END = pattern(r"[^\r\n]*")
_NEAR = 500


@advises(MissingSteps)
def _missing_steps(fact: MissingSteps, _: Diagnostic) -> Hint:
    """Alternatives of one `from` are fixed together, so the same fix is said once."""
    steps = ", ".join(fact.steps)
    whole = f"[{steps}]" if len(fact.steps) > 1 else steps
    hint = f"add `{steps}` to `apply`" if fact.apply is not None else f"add `apply: {whole}`"
    edits = None
    if fact.apply is not None:
        edits = _extended(fact.apply, list(fact.steps))
    elif fact.is_expression:
        edits = _wrapped(fact.value, whole)
    fixes = () if edits is None else (Fix(f"Add {steps}", edits, safe=True),)
    return Hint(hint, fixes)


def _wrapped(value: Span, steps: str) -> tuple[Edit, ...] | None:
    """`apply` beside the `from` of the value, else a rule in place of the value."""
    whole = with_quotes(value)
    written = None if whole is None else shown(whole, 10_000)
    if whole is None or written is None:
        return None
    key = key_before("from", value)
    if key is not None:
        return _beside(key, whole, steps)
    listed = _list_of(whole)
    if listed is not None:
        return (Edit(Span(whole.text, listed, listed), f", apply: {steps}"),)
    value_text = written if written[0] in "'\"" else quoted(written)
    return (Edit(whole, f"{{from: {value_text}, apply: {steps}}}"),)


def _beside(key: Span, value: Span, steps: str) -> tuple[Edit, ...] | None:
    content = value.text.content
    if in_flow(value):
        return (Edit(Span(value.text, value.end, value.end), f", apply: {steps}"),)
    start = line_start(content, key.start)
    before = content[start : key.start]
    if before.strip(" -"):
        return None
    return (_new_line(value, " " * len(before) + f"apply: {steps}"),)


def _list_of(value: Span) -> int | None:
    """The end of the list of paths with a value, if all of it is the `from` of a rule in braces."""
    content = value.text.content
    before = _LIST_BEFORE.search(content[max(0, value.start - _NEAR) : value.start])
    after = _LIST_AFTER.match(content, value.end)
    if before is None or after is None:
        return None
    return after.end() if in_flow(Span(value.text, value.start, after.end())) else None


def _extended(apply: YamlNode, steps: list[str]) -> tuple[Edit, ...] | None:
    """More steps after those under `apply`."""
    span = apply.span
    content = span.text.content
    more = ", ".join(steps)
    begins = content[span.start : span.start + 1]
    if isinstance(apply, ListNode):
        if not apply.items:
            return (Edit(span, f"[{more}]"),)
        if begins == "[":
            end = apply.items[-1].span.end
            return (Edit(Span(span.text, end, end), f", {more}"),)
        dashes = indentation(span)
        if dashes is None:
            return None
        return (_new_line(span, line_break(span).join(f"{dashes}- {step}" for step in steps)),)
    if isinstance(apply, MapNode) and begins != "{":
        return _listed(span, steps)
    written = shown(span, 10_000)
    if written is None:
        return None
    return (Edit(span, f"[{written}, {more}]"),)


def _listed(span: Span, steps: list[str]) -> tuple[Edit, ...] | None:
    """A step that is written over several lines, as the first of a list; its lines move to the right."""
    dashes = indentation(span)
    if dashes is None:
        return None
    first, *others = span.text.content[span.start : span.end].split("\n")
    lines = "\n".join([f"- {first}", *(f"  {line}" if line.strip() else line for line in others)])
    return (Edit(span, line_break(span).join([lines, *(f"{dashes}- {step}" for step in steps)])),)


def _new_line(after: Span, text: str) -> Edit:
    """A line inserted after the one that a span ends on."""
    match = _LINE_END.match(after.text.content, after.end)
    end = match.end() if match else after.end
    return Edit(Span(after.text, end, end), line_break(after) + text)
