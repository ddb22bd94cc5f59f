"""What a mapping must not do although its types allow it: personal values in clear."""

from __future__ import annotations

from mapper.compiler.draft import Draft, Scope
from mapper.compiler.expression import Expression
from mapper.compiler.personal import personal_read
from mapper.compiler.target import TargetField
from mapper.compiler.value import WrittenStep
from mapper.diagnostic import Diagnostic

_DIGESTS = frozenset({"sha256", "hash", "fingerprint"})


def check_personal(
    expression: Expression, target: TargetField, scope: Scope, draft: Draft, tail: tuple[WrittenStep, ...]
) -> None:
    """Report a personal attribute of the event that goes into a field as it is."""
    if target.personal or target.is_object or draft.personal_allowed:
        return
    if any(step.transform in _DIGESTS for step in tail):
        return
    found = personal_read(expression, scope.paths, draft.labels)
    if found is None:
        return
    path, read = found
    message = f"`{target.path}` is sent as it is, but `{'.'.join(path)}` is personal"
    hint = "send something else, or write `personal: allowed` in the rule if it must be so"
    span = expression.locate(read.start, read.end)
    draft.found.append(Diagnostic("M401", span, message, hint, path=target.path))
