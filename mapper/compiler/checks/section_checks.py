"""Sections -> those that no event comes to, and values of `is` that no event has, or reads as several."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field

from mapper.compiler.checks.check_facts import NamePattern, NearName
from mapper.compiler.checks.check_registry import CheckCase, check
from mapper.compiler.findings import Findings
from mapper.compiler.inference.infer import infer
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tokens import text_constant
from mapper.compiler.jmespath.tree import Call
from mapper.compiler.plan.can_give import always_holds, never_holds
from mapper.compiler.syntax.section_nodes import Section
from mapper.compiler.syntax.value_nodes import Constant
from mapper.compiler.yaml.edits import key_before, quoted
from mapper.compiler.yaml.yaml_facts import Remove, Replace
from mapper.runtime.operators import equal
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.transforms import TRANSFORMS
from mapper.transforms.matching import compiled, covers
from mapper.transforms.patterns import PlainText, TextPattern, plain_pattern
from mapper.values.frozen import dataclass
from mapper.values.types import Invalid, Json, Type, fit, kind_of, of

# Of so few words each of several names is; a sentence has more.
_NAME = r"[\w.:/-]+(?: [\w.:/-]+){0,2}"
_COMPARISON = re.compile(r"(!==?|={1,3}|<>|[<>]=?|!)\s*(\S.*)")
_OPERATORS = {"!": "!=", "!==": "!=", "<>": "!=", "=": "==", "===": "=="}
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_SEVERAL = re.compile(rf"{_NAME}(?:\s*[,;|]\s*{_NAME})+")
WILD = re.compile(r"(\*?)([^*?]+)(\*?)")
# Common in regular expressions, and rare in the name of an event.
REGULAR = re.compile(r"/.*[\^$*+?|()\[\]\\].*/[a-z]*|\^.*|.*\.[*+].*|\(.*\|.*\)")


@dataclass(slots=True)
class _Taken:
    """The events that the sections so far take: `is`, conditions with it, and from where on everything.

    any: a section that acts for every event, so that `otherwise` never does.
    """

    values: dict[tuple[bool, Json], Span] = field(default_factory=dict)
    patterns: list[tuple[TextPattern, Span]] = field(default_factory=list)
    conditions: dict[str, Section] = field(default_factory=dict)
    all: Span | None = None
    any: Span | None = None


@check("M410", "M432")
def sections_without_events(case: CheckCase) -> Iterator[Diagnostic]:
    """Sections, values of `is` and `skip` rules that can never act."""
    mapping = case.mapping
    for rule in mapping.skips:
        if always_holds(rule.when):
            yield _dead(rule.when.whole, "every event is skipped here, so nothing is ever sent")
            return
        if never_holds(rule.when):
            yield _dead(rule.when.whole, "this condition is never true")
    taken = _Taken()
    for section in mapping.sections:
        if taken.all is not None:
            yield from _blocked(section, taken.all)
            return
        yield from _check_section(section, taken)
    if taken.any is not None and mapping.otherwise is not None:
        yield from _blocked(mapping.otherwise, taken.any)


def _check_section(section: Section, taken: _Taken) -> Iterator[Diagnostic]:
    if section.when is not None and never_holds(section.when):
        yield _dead(section.when.whole, "this condition is never true")
        return
    yield from _check_taken(section, taken)
    same = taken.conditions.get(_text(section.when))
    if same is not None and same.when is not None and section.when is not None and _takes_all(same, section):
        related = ((same.when.whole, "matched here"),)
        message = "no event reaches this section: an earlier one has the same condition"
        yield _dead(section.when.whole, message, related)
    always = section.constants is None and section.when is not None and always_holds(section.when)
    if section.when is not None and always:
        taken.any = section.when.whole
        taken.all = None if section.goes_on else taken.any
    if section.when is not None and not section.goes_on:
        taken.conditions.setdefault(_text(section.when), section)


def _check_taken(section: Section, taken: _Taken) -> Iterator[Diagnostic]:
    """Values and patterns of `is` that an earlier section takes already."""
    ends = (section.when is None or always_holds(section.when)) and not section.goes_on
    patterns = [(read, one.node.span) for one in section.patterns if (read := one.read()) is not None]
    for one in section.constants or ():
        key = _key(one)
        if key in taken.values and taken.values[key].text is not one.span.text:
            continue  # an inherited section that this mapping has in its own way
        if key in taken.values:
            message = f"no event reaches this section for `{one.value}`: an earlier one matches them all"
            related = ((taken.values[key], "matched here"),)
            yield Diagnostic("M410", one.span, message, related=related)
        elif ends:
            taken.values[key] = one.span
        if isinstance(one.value, str):
            yield from _covered(plain_pattern(one.value), one.value, one.span, taken)
    for pattern, span in patterns:
        yield from _covered(pattern, pattern.text, span, taken)
    if ends:
        taken.patterns += patterns


def _covered(narrow: TextPattern, shown: str, span: Span, taken: _Taken) -> Iterator[Diagnostic]:
    """The diagnostic of a pattern whose names a pattern of an earlier section takes already."""
    for wide, at in taken.patterns:
        if at.text is span.text and covers(wide, narrow):
            message = f"no event reaches this section for `{shown}`: `{wide.text}` above matches it"
            hint = "move this section before that one"
            yield Diagnostic("M410", span, message, hint, related=((at, "matched here"),))
            return


def _text(condition: Expression | None) -> str:
    return "" if condition is None else re.sub(r"\s+", " ", condition.text.strip())


def _takes_all(earlier: Section, section: Section) -> bool:
    """Whether an earlier section of the same file and condition takes each event of one."""
    if earlier.span.text is not section.span.text:
        return False
    if earlier.constants is None:
        return True
    if section.constants is None:
        return False
    known = {*map(_key, earlier.constants)}
    wide = [read for one in earlier.patterns if (read := one.read()) is not None]
    left = [one.value for one in section.constants if _key(one) not in known]
    asked = [plain_pattern(one) if isinstance(one, str) else None for one in left]
    asked += [one.read() for one in section.patterns]
    return all(one is not None and any(covers(other, one) for other in wide) for one in asked)


def _key(one: Constant) -> tuple[bool, Json]:
    """A constant as JSON tells it from others: 1 is 1.0, and no boolean. What is no scalar is never taken."""
    scalar = one.value if isinstance(one.value, str | int | float | bool) else None
    return isinstance(scalar, bool), scalar


def _blocked(section: Section, taken: Span) -> Iterator[Diagnostic]:
    if section.span.text is taken.text:
        span = section.send.span if section.send is not None else section.span
        message = "no event reaches this section: an earlier one matches them all"
        yield _dead(span, message, ((taken, "every event is matched here"),))


def _dead(span: Span, message: str, related: tuple[tuple[Span, str], ...] = ()) -> Diagnostic:
    return Diagnostic("M432", span, message, "remove it, or say which events it is for", related=related)


@check("M452", needs=("all read",))
def last_section_that_goes_on(case: CheckCase) -> Iterator[Diagnostic]:
    """`continue` in the last section: no section is left that could match as well."""
    mapping, last = case.mapping, case.mapping.sections[-1:]
    span = last[0].goes_on_span if last else None
    if span is not None and span.text is mapping.text and not mapping.partial:
        message = "`continue` has no effect in the last section: no other one follows"
        hint = "remove it; `otherwise` is only for events that no section matches"
        yield Diagnostic("M452", span, message, hint, facts=Remove("value", span, name="continue"))


@check("M210", "M433")
def values_never_matched(case: CheckCase) -> Iterator[Diagnostic]:
    """Values of `is` that the value of `match` never has."""
    match, scope = case.mapping.match, case.plan.scope
    if match is None:
        return
    type = infer(match, scope.at, scope.variables, Findings())
    constants = [(one, section) for section in case.mapping.sections for one in section.constants or ()]
    texts = [one.value for one, _ in constants if isinstance(one.value, str)]
    names = [text for text in texts if not is_pattern(text)]
    has_dots = not names or any("." in name for name in names)
    for one, section in constants:
        if isinstance(one.value, list | dict):
            continue
        unlikely = _unlikely_text(one, section, has_dots) or _comparison(one, match)
        if unlikely is not None and not (type.constants and one.value in type.constants):
            yield unlikely
        else:
            yield from _check_value(one, match, type)
    for section in case.mapping.sections:
        for pattern in section.patterns:
            read = pattern.read()
            if read is not None:
                yield from _check_pattern(read, pattern.node.span, match, type)


def _check_pattern(pattern: TextPattern, span: Span, match: Expression, type: Type) -> Iterator[Diagnostic]:
    """A pattern that describes nothing that `match` gives."""
    settled = _in_case_of(match, pattern)
    if settled != pattern.text and not pattern.any_case:
        message = f"`match` never gives such a text: `{match.text.strip()}` makes `{settled}` of it"
        yield Diagnostic(
            "M433", span, message, f"write `{settled}`", facts=Replace(span, quoted(settled), True)
        )
    elif type.known and type.constants is not None:
        describes = compiled(pattern.text, pattern.any_case).describes
        if not any(isinstance(value, str) and describes(value) for value in type.constants):
            known = [str(value) for value in type.constants if value is not None]
            message = f"by the source schema, no event has a text like `{pattern.text}` here"
            yield Diagnostic("M433", span, message, facts=NearName(pattern.text, tuple(known), "it has"))
    elif type.seen is None and fit(of("string"), type) == "never":
        message = f"`match` is never a text: it gives {type.without('null').describe()}"
        yield Diagnostic("M433", span, message)


def _in_case_of(match: Expression, pattern: TextPattern) -> str:
    """A pattern whose plain texts are in the letters that `match` gives."""
    if not isinstance(match.root, Call) or match.root.name not in ("lowercase", "uppercase"):
        return pattern.text
    pieces = [(pattern.text[one.start : one.end], isinstance(one, PlainText)) for one in pattern.pieces]
    return "".join(str(_settled(match, text)) if is_plain else text for text, is_plain in pieces)


def _check_value(one: Constant, match: Expression, type: Type) -> Iterator[Diagnostic]:
    settled = _settled(match, one.value)
    if settled != one.value:
        message = f"`match` never gives `{one.value}`: `{match.text.strip()}` turns it into `{settled}`"
        yield _unsettled(one.span, message, str(settled))
    elif type.known and type.constants is not None:
        if not any(equal(one.value, value) for value in type.constants):
            known = [str(value) for value in type.constants if value is not None]
            message = f"by the source schema, no event has `{one.value}` here"
            fact = NearName(str(one.value), tuple(known), "it has")
            yield Diagnostic("M433", one.span, message, facts=fact)
    elif type.seen is None and fit(of(kind_of(one.value)), type) == "never":
        message = f"`match` is never `{one.value}`: it gives {type.without('null').describe()}"
        yield Diagnostic("M433", one.span, message)


def _unsettled(span: Span, message: str, settled: str) -> Diagnostic:
    """The warning for what `match` gives in another form."""
    return Diagnostic("M433", span, message, f"write `{settled}`", facts=Replace(span, quoted(settled), True))


def _settled(match: Expression, value: Json) -> Json:
    """The result of the last transform of `match` for a value; the value itself where that says nothing."""
    call = match.root
    if not isinstance(call, Call) or call.name not in TRANSFORMS or not isinstance(value, str):
        return value
    transform = TRANSFORMS[call.name]
    if not transform.settles or len(call.arguments) != 1:
        return value
    try:
        made: Json = transform.function(value)
    except Invalid:
        return value
    return made


def _unlikely_text(one: Constant, section: Section, has_dots: bool) -> Diagnostic | None:
    """The warning for a text that `match` hardly ever gives; None for any other constant.

    has_dots: the names of events have dots in them, or none shows that they have not.
    """
    text = one.value
    if not isinstance(text, str):
        return None
    if text == "*":
        message = "`is` compares whole strings, so `*` is not a pattern"
        hint = "to handle all other events, use `otherwise`: `otherwise: {send: NAME}`"
        return Diagnostic("M210", one.span, message, hint)
    if is_pattern(text):
        message = f"`is` compares whole strings, so `{text}` is not a pattern here"
        beside = tuple(other.value for other in section.constants or ())
        fact = NamePattern(one.span, text, beside, has_dots)
        return Diagnostic("M210", one.span, message, facts=fact)
    if _SEVERAL.fullmatch(text):
        names = [name.strip() for name in re.split(r"[,;|]", text)]
        message = f"`{text}` is one string here, but looks like {len(names)}"
        listed = f"[{', '.join(map(quoted, names))}]"
        meant = Replace(one.span, listed) if key_before("is", one.span) else None
        return Diagnostic("M210", one.span, message, f"write `is: {listed}`", facts=meant)
    return None


def _comparison(one: Constant, match: Expression) -> Diagnostic | None:
    """The warning for an operator with what it compares with: `is: '!= Order Canceled'`."""
    written = _COMPARISON.fullmatch(one.value) if isinstance(one.value, str) else None
    if written is None:
        return None
    operator, value = written.groups()
    operator = _OPERATORS.get(operator, operator)
    message = f"`is` compares whole strings, so {coded(str(one.value))} is one text with its operator"
    right = f"`{value}`" if _NUMBER.fullmatch(value) else text_constant(value.strip("'\""))
    condition = f"{match.text.strip()} {operator} {right}"
    return Diagnostic("M210", one.span, message, f"write {coded(f'when: {quoted(condition)}')}")


def is_pattern(text: str) -> bool:
    """Whether a text reads as a pattern of names."""
    wild = WILD.fullmatch(text)
    return bool(REGULAR.fullmatch(text)) or (wild is not None and bool(wild[1] or wild[3]))
