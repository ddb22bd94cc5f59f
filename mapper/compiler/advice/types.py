"""A value that its field does not take -> what was most likely meant by it."""

from __future__ import annotations

import re

from mapper.compiler.advice.registry import Hint, advises
from mapper.compiler.plan.facts import WrongConstant
from mapper.compiler.schema.names import plain
from mapper.compiler.schema.target import TargetField
from mapper.compiler.yaml.edits import fixes_of, key_before, replace
from mapper.diagnostic import Diagnostic, closest
from mapper.pattern import pattern

_DECIMAL_COMMA = pattern(r"\s*[^\w\s,.-]?\s*(-?[0-9]{1,3}(?:[. ][0-9]{3})+|-?[0-9]+),([0-9]{1,2})\s*\D{0,3}")
_PATH = pattern(r"\$?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+|\$[A-Za-z_]\w*")
_DATE = pattern(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")


@advises(WrongConstant)
def _constant(fact: WrongConstant, _: Diagnostic) -> Hint | None:
    value, reason, target = fact.constant, fact.reason, fact.target
    written = value.value
    if not isinstance(written, str):
        return None
    near = _near(written, target)
    if near:
        fix = replace(value.span, near[0], safe=False) if len(near) == 1 else None
        return Hint(f"did you mean {' or '.join(f'`{one}`' for one in near)}?", fixes_of(fix))
    comma = _DECIMAL_COMMA.fullmatch(written)
    if comma is not None and "number" in reason:
        number = re.sub(r"[. ]", "", comma[1]) + "." + comma[2]
        fix = replace(value.span, number, safe=False)
        return Hint(f"a number has a decimal point: `{number}`", fixes_of(fix))
    if _PATH.fullmatch(written):
        if key_before("default", value.span) is not None:
            return Hint(f"a path is another alternative: `from: [..., {written}]`")
        return Hint(f"a constant is sent as it stands; a path is read with `from: {written}`")
    if _DATE.search(written) and "zone" in reason:
        return Hint("a moment has a time and an offset: `2026-05-01T12:00:00+02:00`")
    if _DATE.fullmatch(written.strip()):
        return Hint("a date is written year first: `1980-05-31`")
    return None


def _near(written: str, target: TargetField | None) -> list[str]:
    """The values of an enum that a word is near to, or that other tools have that word for."""
    leaf = None if target is None else target.item or target
    if leaf is None or not leaf.limits.enum:
        return []
    others = list(dict.fromkeys(ours for other, ours in leaf.also_words if other == plain(written)))
    near = closest(written, [one for one in leaf.limits.enum if isinstance(one, str)])
    return others or ([near] if near else [])
