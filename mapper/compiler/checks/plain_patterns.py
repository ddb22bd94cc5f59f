"""Patterns that describe one text alone -> warnings: who writes a pattern looks for more than that.

Nothing is said where one of several patterns beside each other has a part, or where upper and lower case are
the same, for which a comparison cannot be written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mapper.compiler.checks.check_registry import CheckCase, Relation, check, check_read, overlapping
from mapper.compiler.inference.constant_arguments import constant_arguments
from mapper.compiler.inference.written_patterns import fault_in_expression, fault_in_file
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tokens import text_constant
from mapper.compiler.jmespath.tree import Call, Literal, MultiList
from mapper.compiler.yaml.edits import in_single_quotes, quoted
from mapper.texts.diagnostic import Diagnostic
from mapper.transforms import TRANSFORMS
from mapper.transforms.pattern_rules import read_pattern
from mapper.transforms.patterns import PatternFault, PlainText, TextPattern

_ASKING = "matches"
_SAID = (Relation("M143", overlapping),)


@check_read("M149", yields_to=_SAID)
def plain_patterns_asked_for(expression: Expression) -> Iterator[Diagnostic]:
    """Patterns without gaps that are asked for: `matches(path, 'product')`."""
    for call in expression.nodes_of(Call):
        if call.name != _ASKING or len(call.arguments) < 2:
            continue
        value, written = call.arguments[:2]
        literals = written.elements if isinstance(written, MultiList) else (written,)
        if constant_arguments(TRANSFORMS[_ASKING], call).get("any_case") is True:
            continue
        patterns = [_read(one.value) if isinstance(one, Literal) else None for one in literals]
        if _all_plain(patterns):
            path = expression.text[value.start : value.end]
            for one, pattern in zip(literals, patterns, strict=True):
                assert pattern is not None
                same = f"{path} == {text_constant(_plain_text(pattern))}"
                yield fault_in_expression(_fault(pattern, same), one, _ASKING, expression)


@check("M149")
def plain_patterns_of_sections(case: CheckCase) -> Iterator[Diagnostic]:
    """Patterns without gaps in sections: `is: {pattern: Product}`."""
    for section in case.mapping.sections:
        patterns = [one.read() for one in section.patterns]
        if _all_plain(patterns) and not any(one.any_case for one in section.patterns):
            for one, pattern in zip(section.patterns, patterns, strict=True):
                assert pattern is not None
                yield fault_in_file(_fault(pattern, f"is: {quoted(_plain_text(pattern))}"), one.node)


def _read(value: object) -> TextPattern | None:
    try:
        return read_pattern(value) if isinstance(value, str) else None
    except PatternFault:
        return None


def _all_plain(patterns: Sequence[TextPattern | None]) -> bool:
    return bool(patterns) and all(map(_plain_text, patterns))


def _plain_text(pattern: TextPattern | None) -> str:
    """The one text that a pattern describes; "" where it describes more, or is none."""
    pieces = () if pattern is None else pattern.pieces
    return pieces[0].text if len(pieces) == 1 and isinstance(pieces[0], PlainText) else ""


def _fault(pattern: TextPattern, same: str) -> PatternFault:
    """same: how a value is compared with the text."""
    text = pattern.text
    reason = f"{coded(text)} matches this one text, since it has no `*` and no part"
    within = in_single_quotes(f"*{text}*")
    hint = f"to look for it within a text, write {coded(within)}; to compare, write {coded(same)}"
    return PatternFault("plain", reason, (0, len(text)), hint)
