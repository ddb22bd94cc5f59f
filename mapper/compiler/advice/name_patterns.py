"""A pattern in place of an event's name -> the names that it lists, or the condition that says the same."""

from __future__ import annotations

from mapper.compiler.advice.registry import Hint, advises
from mapper.compiler.checks.facts import NamePattern
from mapper.compiler.checks.sections import REGULAR, WILD, is_pattern
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tokens import text_constant
from mapper.compiler.yaml.edits import quoted
from mapper.diagnostic import Diagnostic
from mapper.pattern import pattern
from mapper.types import Json

# A pattern as of files: where names have dots, the dot in `purchase.*` is one of them.
_GLOB = pattern(r"[^\\^$*+?|()\[\]/]+\.\*")
_SLASHES = pattern(r"\A/(.*)/[a-z]*\Z")
_LISTED = pattern(r"\^?\(?((?:[\w.: -]+\|)+[\w.: -]+)\)?\$?")
# A text with signs before and after it that say where it is.
_SIMPLE = pattern(r"(\^|\.\*)?((?:[^\\^$*+?|()\[\].]|\\[^\w])+)(\$|\.\*)?")
_ESCAPED = pattern(r"\\(.)")


@advises(NamePattern)
def _instead(fact: NamePattern, _: Diagnostic) -> Hint:
    """What also takes the names beside a pattern."""
    listed = _LISTED.fullmatch(_SLASHES.sub(r"\1", fact.text))
    if listed is not None:
        names = [quoted(one.strip()) for one in listed[1].split("|")]
        others = [quoted(str(one)) for one in fact.beside if one != fact.text]
        return Hint(f"write `is: [{', '.join([*others, *names])}]`")
    asked = [_asks(one, fact) for one in fact.beside]
    if None in asked:
        return Hint("list the names: `is: [NAME, NAME]`")
    condition = " || ".join(map(str, asked))
    if fact.when:
        condition = f"({condition}) && ({fact.when})"
    return Hint(f"write {coded(f'when: {condition}')} instead of `is`")


def _asks(value: Json, fact: NamePattern) -> str | None:
    """The condition for a name or a simple pattern; None for another one."""
    if not isinstance(value, str):
        return None
    if not is_pattern(value):
        return f"{fact.match} == {text_constant(value)}"
    wild, simple = WILD.fullmatch(value), _SIMPLE.fullmatch(_SLASHES.sub(r"\1", value))
    if wild is not None and (not REGULAR.fullmatch(value) or (fact.has_dots and _GLOB.fullmatch(value))):
        before, literal, after = wild[1] == "*", wild[2], wild[3] == "*"
    elif simple is not None:
        literal = _ESCAPED.sub(r"\1", simple[2])
        if (simple[1], simple[3]) == ("^", "$"):
            return f"{fact.match} == {text_constant(literal)}"
        before = simple[1] != "^" and (simple[1] == ".*" or simple[3] != ".*")
        after = simple[3] != "$" and (simple[3] == ".*" or simple[1] != ".*")
    else:
        return None
    asks = "contains" if before and after else "ends_with" if before else "starts_with"
    return f"{asks}({fact.match}, {text_constant(literal)})"
