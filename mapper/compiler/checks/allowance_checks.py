"""Comments that allow a warning -> what they allow, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mapper.codes import CODES
from mapper.codes.samples import SAMPLES
from mapper.compiler.checks.check_registry import Final, check_final
from mapper.compiler.syntax.allowances import ALLOW, Allowance
from mapper.compiler.syntax.syntax_facts import AllowedCode
from mapper.texts.diagnostic import Diagnostic, has_errors
from mapper.texts.review import UNUSED_ALLOWANCE, SharedAllowance


def not_allowed(found: Sequence[Diagnostic], allowances: Sequence[Allowance]) -> list[Diagnostic]:
    """The diagnostics less the warnings and the advice that a comment allows."""
    allowed = {(one.code, one.span.text.name, one.line) for one in allowances if one.word == ALLOW}
    return [one for one in found if one.severity == "error" or _key(one) not in allowed]


@check_final("M060", "M061", "M062")
def invalid_allowances(final: Final) -> Iterator[Diagnostic]:
    """Comments that allow nothing, say no reason, or are not needed, with samples or without."""
    for one, unused in _used(final):
        yield from _fault(one, unused and one.span.text.name == final.judged)


def shared_allowances(final: Final) -> Iterator[SharedAllowance]:
    """The comments of the files that other mappings may need, and whether this one does."""
    for one, unused in _used(final):
        if one.span.text.name == final.judged and not unused:
            yield SharedAllowance(one.span, None)
        elif one.span.text.name != final.judged and not _fault(one, False):
            yield SharedAllowance(one.span, _unused(one) if unused else None)


def _used(final: Final) -> Iterator[tuple[Allowance, bool]]:
    """The comments, each with whether it is known that nothing needs it."""
    complete = not has_errors(final.found)
    said = {_key(one) for one in (*final.found, *(final.disproved or ())) if one.severity != "error"}
    for one in final.allowances:
        is_told = final.disproved is not None or one.code not in SAMPLES
        yield one, complete and is_told and (one.code, one.span.text.name, one.line) not in said


def _key(found: Diagnostic) -> tuple[str, str, int]:
    """Its code and line: what an allowance is about."""
    return found.code, found.span.text.name, found.span.line


def _fault(allowance: Allowance, unused: bool) -> list[Diagnostic]:
    """The diagnostic of an invalid or unused allowance."""
    code = allowance.code
    if allowance.word != ALLOW:
        written = f"# mapper: {ALLOW} {code or 'CODE'} {allowance.reason or 'REASON'}"
        message = f"use the word `{ALLOW}`, not `{allowance.word}`"
        return [Diagnostic("M060", allowance.span, message, f"did you mean `{written}`?")]
    if re.fullmatch(r"M\d{3}(?:,\S*)+", code) or re.match(r"(?:,|and\b|M\d{3}\b)", allowance.reason):
        hint = (
            f"write one comment per code, each on its own line above: `# mapper: {ALLOW} {code[:4]} reason`"
        )
        return [Diagnostic("M060", allowance.span, "a comment can allow only one code", hint)]
    if code not in CODES:
        message = f"`{code}` is not a diagnostic code"
        return [Diagnostic("M060", allowance.span, message, facts=AllowedCode(code))]
    if CODES[code].severity == "error":
        return [
            Diagnostic("M060", allowance.span, f"{code} is an error; only warnings and advice can be allowed")
        ]
    if not allowance.reason:
        hint = f"add the reason: `# mapper: allow {code} it is read by reports`"
        return [Diagnostic("M061", allowance.span, f"the comment gives no reason to allow {code}", hint)]
    return [_unused(allowance)] if unused else []


def _unused(allowance: Allowance) -> Diagnostic:
    hint = "remove the comment, or move it to the end of the line it is about"
    message = f"{allowance.code} is not reported on line {allowance.line}"
    return Diagnostic(UNUSED_ALLOWANCE, allowance.span, message, hint)
