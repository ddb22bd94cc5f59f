"""A text that is not a pattern -> the pattern that its author most likely meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.advice.character_set_advice import meant_set
from mapper.compiler.advice.other_languages.regexes import Rewritten, rewritten
from mapper.compiler.advice.rewrite import fixes_in_place
from mapper.compiler.inference.type_facts import WrongPattern, in_place
from mapper.compiler.jmespath.tokens import text_constant
from mapper.compiler.yaml.edits import fixes_of, in_single_quotes, replace_value
from mapper.compiler.yaml.nodes import ScalarNode
from mapper.texts.diagnostic import Diagnostic, Fix, closest
from mapper.transforms.character_sets import KINDS
from mapper.transforms.pattern_rules import read_pattern
from mapper.transforms.patterns import ANY_TEXT, LONGEST_PATTERN, PART_KINDS, PatternFault
from mapper.transforms.regex_signs import regex_sign
from mapper.values.regular_expression import pattern

# What other tools call the kind of a part: that of a part without a kind is "".
_ALSO = {
    **dict.fromkeys(("str", "string", "slug_str", "any", "segment"), ""),
    **dict.fromkeys(("int", "integer", "number", "num", "float", "digit", "decimal", "d"), "digits"),
    **dict.fromkeys(("path", "rest", "all", "greedydata", "data", "*", "everything"), ANY_TEXT),
    **dict.fromkeys(("uuid", "guid"), "[0-9A-Fa-f-]"),
}
_KIND = pattern(r"(?P<kind>[^\s{}]*?)(?:[\s({]*(?P<length>[0-9]+(?:-[0-9]+)?)[)}]*)?")
# A number of characters, or two, in other words than those of a pattern; `4+` and `-4` have only one end.
_LENGTHS = pattern(r"[\s({]*([0-9]{1,3})(?:[^\w+]+([0-9]{1,3}))?[\s)}]*")
_PART_OF_OTHERS = (
    pattern(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}"),  # {{sku}}
    pattern(r"\$\{\s*([A-Za-z_]\w*)\s*\}"),  # ${sku}
    pattern(r"<(?:\w+:)?([A-Za-z_]\w*)>"),  # <int:sku>
    pattern(r"(?<=[/.-]):([A-Za-z_]\w*)"),  # :sku
    pattern(r"\[([A-Za-z_]\w*)\]"),  # [sku]
    pattern(r"%([A-Za-z_]\w*)%"),  # %sku%
)
_PARAMETER = pattern(r"[?&(\]]*([A-Za-z_]\w*)=[(\[.*+\]^&#)$]+")
_KIND_AS_REGEX = pattern(r"\{([A-Za-z_]\w*):([^{}]*(?:\{[0-9,]+\})?)\}")
_COUNTED = pattern(r"(\w+|\[[^\]]+\])\{([0-9]+(?:,[0-9]+)?)\}")
# What is done with the parts of a pattern.
_OF_PARTS = frozenset({"extract", "rewrite"})
_MANY = frozenset({"matches", ""})


@advises(WrongPattern)
def _meant(fact: WrongPattern, found: Diagnostic) -> Hint | None:
    if len(fact.text) > LONGEST_PATTERN:
        return None
    if fact.fault.kind == "regex":
        return _instead_of_regex(fact)
    meant: str | None = None
    if fact.fault.kind == "syntax":
        meant = next((one for one in _corrected(fact) if _is_pattern(one, fact.transform)), None)
    elif fact.fault.kind == "never" and fact.text.startswith("/"):
        meant = f"*{fact.text}" + ("" if fact.text.endswith("*") else "*")
        return replace(_written(fact, meant), text=found.hint) if _is_pattern(meant, "") else None
    elif fact.fault.kind == "plain":
        return replace(_written(fact, f"*{fact.text}*"), text=found.hint)
    elif fact.fault.kind == "parts":
        meant = _with_known_part(fact)
    elif fact.fault.kind == "nothing":
        meant = next(_parts_of_others(fact.text), None)
    return None if meant is None else _written(fact, meant)


def pattern_of_regex(text: str, transform: str) -> str | None:
    """The one pattern in place of a regular expression; None where there is none, or no single one."""
    if len(text) > LONGEST_PATTERN or regex_sign(text) is None:
        return None
    made = rewritten(text, extracting=transform in _OF_PARTS)
    return made.patterns[0] if made is not None and len(made.patterns) == 1 and not made.any_case else None


def _with_known_part(fact: WrongPattern) -> str | None:
    """The text into which parts are written, with a part that there is."""
    before, after = fact.text[: fact.fault.start], fact.text[fact.fault.end :]
    wrong = fact.text[fact.fault.start : fact.fault.end]
    if wrong in ("{", "}"):
        return before + wrong * 2 + after
    name = wrong.strip("{} ").partition(":")[0]
    near = name if name in fact.fault.known else closest(name, fact.fault.known)
    if near is None and len(fact.fault.known) == 1:
        near = fact.fault.known[0]
    return None if near is None else f"{before}{{{near}}}{after}"


def _is_pattern(text: str, transform: str) -> bool:
    try:
        return bool(read_pattern(text).names) or transform != "extract"
    except PatternFault:
        return False


def _instead_of_regex(fact: WrongPattern) -> Hint:
    in_parts = _KIND_AS_REGEX.sub(_part, fact.text)
    if in_parts != fact.text and _is_pattern(in_parts, fact.transform):
        return _written(fact, in_parts)
    parameter = _PARAMETER.search(fact.text)
    made = rewritten(fact.text, extracting=fact.transform in _OF_PARTS)
    if made is None and parameter is not None:
        return Hint(f"to read a query parameter, write `query_parameter(value, '{parameter[1]}')`")
    if made is None:
        return Hint("in a pattern, `*` is any text, `{sku}` a part of a path, `{n:digits}` a number")
    if len(made.patterns) == 1 and not made.any_case:
        return _written(fact, made.patterns[0])
    if len(made.patterns) == 1:
        return Hint(f"write `{in_single_quotes(made.patterns[0])}`, and `any_case: true` beside it")
    return _several(fact, made)


def _part(written: re.Match[str]) -> str:
    """A part whose kind is a regular expression, as a pattern has it."""
    counted = _COUNTED.fullmatch(written[2])
    if counted is not None and _is_pattern(f"{{x:{counted[1]}}}", ""):
        return f"{{{written[1]}:{counted[1]} {counted[2].replace(',', '-')}}}"
    made = rewritten(f"^(?P<part>{written[2]})$")
    if made is None or len(made.patterns) > 1 or not made.patterns[0].startswith("{part"):
        return written[0]
    return made.patterns[0].replace("{part", f"{{{written[1]}", 1)


def _several(fact: WrongPattern, made: Rewritten) -> Hint:
    """Patterns in place of the alternatives of a regular expression."""
    several = f"[{', '.join(map(in_single_quotes, made.patterns))}]"
    if fact.transform not in _MANY:
        lines = "; ".join(f"`{in_single_quotes(one)}`" for one in made.patterns)
        what = "a row for each" if fact.transform == "lookup" else "a rule with alternatives, one for each"
        return Hint(f"write {what} of these patterns: {lines}")
    more = ", and `any_case: true` beside it" if made.any_case else ""
    fixes = () if made.any_case else _fixes(fact, several, several)
    return Hint(f"write a list of patterns: `{several}`{more}", fixes)


def _written(fact: WrongPattern, meant: str) -> Hint:
    in_file = in_single_quotes(meant)
    return Hint(f"write `{in_file}`", _fixes(fact, in_file, text_constant(meant)))


def _fixes(fact: WrongPattern, in_file: str, in_expression: str) -> tuple[Fix, ...]:
    """A fix that writes a pattern where it is."""
    if isinstance(fact.written, ScalarNode):
        return fixes_of(replace_value(fact.written.span, in_file, safe=False))
    node, expression = fact.written
    return fixes_in_place(in_place(node, in_expression, expression))


def _parts_of_others(text: str) -> Iterator[str]:
    """A text whose parts are written as other tools write them, as patterns."""
    for one in _PART_OF_OTHERS:
        made = one.sub(r"{\1}", text)
        if made != text and _is_pattern(made, "extract"):
            yield made


def _corrected(fact: WrongPattern) -> Iterator[str]:
    """The pattern with other characters at the place that is wrong."""
    text, (start, end) = fact.text, (fact.fault.start, fact.fault.end)
    before, wrong, after = text[:start], text[start:end], text[end:]
    yield from _parts_of_others(text)
    if wrong == "{}":
        yield f"{before}{{part}}{after}"
    if wrong == "}":
        yield f"{before}}}}}{after}"
    if re.fullmatch(r"\s*[A-Za-z_][\w.\s-]*", wrong) and before.endswith("{"):
        yield f"{before}{re.sub(r'[.-]|(?<=.) +(?=.)', '_', wrong.strip())}{after}"
    if before.endswith(":"):
        yield from (f"{before}{kind}{after}" if kind else before[:-1] + after for kind in _kinds(wrong))
    if before.endswith(("]", *KINDS)):
        length = _length(wrong)
        if length:
            yield f"{before} {length}{after}"
        # A number of repetitions in a part: it may be repeated anyway.
        yield before + after
        yield f"{before} {wrong.strip(' {}()').replace(',', '-').replace('..', '-')}{after}"
    if wrong == "{":
        yield f"{text}}}"
        yield f"{before}{{{{{after}"


def _length(wrong: str) -> str:
    """The number of characters that a text means, or the fewest and the most; "" if it has neither."""
    whole = _LENGTHS.fullmatch(wrong)
    if whole is None or whole[2] is None:
        return "" if whole is None else str(int(whole[1]))
    least, most = sorted((int(whole[1]), int(whole[2])))
    return f"{least}-{most}"


def _kinds(wrong: str) -> Iterator[str]:
    """The kinds, each with its length, that a text may mean that is none."""
    whole = _KIND.fullmatch(wrong.strip())
    if whole is None:
        meant = meant_set(wrong)
        yield from () if meant is None else (meant,)
        return
    kind, length = whole["kind"], f" {whole['length']}" if whole["length"] else ""
    if kind in PART_KINDS:
        yield kind + length
    if kind.lower() in _ALSO:
        yield _ALSO[kind.lower()] + (length if _ALSO[kind.lower()] in PART_KINDS else "")
    near = closest(kind, PART_KINDS)
    if near:
        yield near + length
    meant = meant_set(kind)
    if meant is not None:
        yield meant + length
