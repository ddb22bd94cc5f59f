"""A pattern in place of an event's name -> the names that it lists, or a pattern as `is` takes one."""

from __future__ import annotations

from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.advice.other_languages.regexes import Rewritten, rewritten
from mapper.compiler.checks.check_facts import NamePattern
from mapper.compiler.checks.section_checks import REGULAR, WILD
from mapper.compiler.yaml.edits import fixes_of, in_single_quotes, quoted, replace_value
from mapper.texts.diagnostic import Diagnostic
from mapper.values.regular_expression import pattern

# A pattern as of files: where names have dots, the dot in `purchase.*` is one of them.
_GLOB = pattern(r"[^\\^$*+?|()\[\]/]*\w\.\*")
_SLASHES = pattern(r"\A/(.*)/[a-z]*\Z")
_LISTED = pattern(r"\^?\(?((?:[\w.: -]+\|)+[\w.: -]+)\)?\$?")
# A text with signs before and after it that say where it is.
_SIMPLE = pattern(r"(\^|\.\*)?((?:[^\\^$*+?|()\[\].]|\\[^\w])+)(\$|\.\*)?")
_ESCAPED = pattern(r"\\(.)")


@advises(NamePattern)
def _instead(fact: NamePattern, _: Diagnostic) -> Hint:
    """The hint with a pattern for the names that were most likely meant."""
    listed = _LISTED.fullmatch(_SLASHES.sub(r"\1", fact.text))
    if listed is not None:
        names = [quoted(one.strip()) for one in listed[1].split("|")]
        others = [quoted(str(one)) for one in fact.beside if one != fact.text]
        return Hint(f"write `is: [{', '.join([*others, *names])}]`")
    if not fact.has_dots and _GLOB.fullmatch(fact.text):
        return _of_two_readings(_plain(fact.text[:-2]))
    made = _meant(fact)
    if made is None:
        return Hint("list the names: `is: [NAME, NAME]`; or write a pattern, as `is: {pattern: 'Product *'}`")
    if made.patterns == (_plain(made.patterns[0]),) and "*" not in made.patterns[0]:
        written = quoted(made.patterns[0])
        return Hint(f"write `{written}`", fixes_of(replace_value(fact.span, written, safe=False)))
    patterns = [in_single_quotes(one) for one in made.patterns]
    written = patterns[0] if len(patterns) == 1 else f"[{', '.join(patterns)}]"
    written = f"{{pattern: {written}{', any_case: true' if made.any_case else ''}}}"
    return Hint(f"write `{written}`", fixes_of(replace_value(fact.span, written, safe=False)))


def _of_two_readings(stem: str) -> Hint:
    """`ticket.*`: to some a pattern of names with dots, to others a regular expression."""
    dotted, longer = (in_single_quotes(f"{stem}{end}") for end in (".*", "*"))
    return Hint(
        f"for names such as `{stem}.created`, write `{{pattern: {dotted}}}`; "
        f"for all that begin with `{stem}`, `{{pattern: {longer}}}`"
    )


def _meant(fact: NamePattern) -> Rewritten | None:
    """The patterns that a text most likely means; None where no pattern says it."""
    text = fact.text
    wild, simple = WILD.fullmatch(text), _SIMPLE.fullmatch(_SLASHES.sub(r"\1", text))
    if wild is not None and (not REGULAR.fullmatch(text) or _GLOB.fullmatch(text)):
        return Rewritten((wild[1] + _plain(wild[2]) + wild[3],), any_case=False)
    if simple is None:
        return rewritten(text)
    before = "" if simple[1] == "^" or (simple[1] is None and simple[3] == ".*") else "*"
    after = "" if simple[3] == "$" or (simple[3] is None and simple[1] == ".*") else "*"
    return Rewritten((before + _plain(_ESCAPED.sub(r"\1", simple[2])) + after,), any_case=False)


def _plain(text: str) -> str:
    """A text as a pattern has it."""
    return text.replace("{", "{{").replace("}", "}}")
