"""A constant of `is` -> a warning where it reads as several texts, or as a pattern of some."""

from __future__ import annotations

import re

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.literals import text_constant
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.syntax.values import Constant
from mapper.compiler.yaml.edits import fixes_of, key_before, quoted, replace
from mapper.diagnostic import Diagnostic

# Of so few words each of several names is; a sentence has more.
_NAME = r"[\w.:/-]+(?: [\w.:/-]+){0,2}"
_SEVERAL = re.compile(rf"{_NAME}(?:\s*[,;|]\s*{_NAME})+")
_WILD = re.compile(r"(\*?)([^*?]+)(\*?)")
# What stands in regular expressions and hardly ever in the name of an event.
_REGULAR = re.compile(r"/.*[\^$*+?|()\[\]\\].*/[a-z]*|\^.*|.*\.[*+].*|\(.*\|.*\)")


def unlikely_text(one: Constant, match: Expression) -> Diagnostic | None:
    """The warning for a text that `match` hardly ever gives; None for any other constant."""
    text = one.value
    if not isinstance(text, str):
        return None
    if text == "*":
        message = "`*` is compared as it stands: `is` takes whole texts, and no patterns"
        hint = "what all other events do stands in `otherwise`, as `otherwise: {send: NAME}`"
        return Diagnostic("M210", one.span, message, hint)
    if _REGULAR.fullmatch(text):
        message = f"`{text}` is compared as it stands: `is` takes whole texts, and no patterns"
        condition = f"contains({_read(match)}, 'a')"
        hint = f"list them, `is: [a, b]`; or ask in a `when`: {coded(condition)}"
        return Diagnostic("M210", one.span, message, hint)
    if _SEVERAL.fullmatch(text):
        names = [name.strip() for name in re.split(r"[,;|]", text)]
        listed = f"[{', '.join(map(quoted, names))}]"
        message = f"`{text}` is one text here, and reads as {len(names)}"
        fix = replace(one.span, listed, safe=False) if key_before("is", one.span) else None
        return Diagnostic("M210", one.span, message, f"write `is: {listed}`", fixes=fixes_of(fix))
    wild = _WILD.fullmatch(text)
    if wild is None or not (wild[1] or wild[3]):
        return None
    asks = "contains" if wild[1] and wild[3] else "ends_with" if wild[1] else "starts_with"
    condition = f"{asks}({_read(match)}, {text_constant(wild[2])})"
    message = f"`{text}` is compared as it stands: `is` takes whole texts, and no patterns"
    return Diagnostic("M210", one.span, message, f"write {coded(f'when: {condition}')} in place of `is`")


def _read(match: Expression) -> str:
    return match.text.strip()
