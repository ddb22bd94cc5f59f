"""An expression and another one -> the edits that turn one into the other, in the file's own quotes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import SequenceMatcher

from mapper.compiler.advice.advisers import Hint, advise, advises
from mapper.compiler.advice.other_languages.foreign_functions import choice, lacking
from mapper.compiler.advice.other_languages.foreign_reading import is_taken
from mapper.compiler.advice.other_languages.jq_pipes import applied
from mapper.compiler.advice.other_languages.lexemes import places_of
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.expression_facts import (
    ONLY_FUNCTIONS,
    Instead,
    NoChoice,
    PipedFunction,
    PipedList,
)
from mapper.compiler.jmespath.refusal import Refused, coded
from mapper.compiler.jmespath.tree import Node
from mapper.compiler.yaml.edits import in_flow, quoted
from mapper.texts.diagnostic import Diagnostic, Edit, Fix
from mapper.texts.named_text import Span, Style
from mapper.values.regular_expression import pattern

# What is longer is read anew and compared for each mistake in it; its author sees the place without that.
LONGEST_REWRITTEN = 300
# A longer one is written anew as a whole: the time to compare grows with the square of its lexemes.
_MOST_COMPARED = 80
_DIGEST = pattern(r"sha256\((.+)\)")
_BEGINS = pattern(r"""["'`{\[*&!@%]""")


@advises(Instead)
def _instead(fact: Instead, found: Diagnostic) -> Hint:
    """The hint for parts to be written otherwise; a guess, so mostly no safe fix. None in some layouts."""
    return Hint(found.hint or f"write {coded(fact.changes[0].written)}", fixes_in_place(fact))


def fixes_in_place(fact: Instead) -> tuple[Fix, ...]:
    """A fix for each of the changes that the file's layout allows."""
    text = fact.expression.text
    changed = ((one, text[: one.start] + one.written + text[one.end :]) for one in fact.changes)
    edits = ((one, rewrite(whole, fact.expression)) for one, whole in changed)
    return tuple(Fix(f"Write {coded(one.written)}", edit, fact.is_safe) for one, edit in edits if edit)


@advises(PipedList)
def _first_of_piped(fact: PipedList, found: Diagnostic) -> Hint:
    """The hint for a pipe, with what it was meant as, which is a list as well."""
    own, pipe = (advise([one])[0] for one in (replace(found, facts=fact.own), fact.pipe))
    return Hint(f"{pipe.hint}; add `| [0]` for the first one", own.fixes)


@advises(PipedFunction)
def _called(fact: PipedFunction, _: Diagnostic) -> Hint | None:
    """Functions after pipes as calls."""
    without = lacking(fact.names[-1], 1)
    text = fact.expression.text
    written: str | None = text[fact.base.start : fact.base.end]
    for name in fact.names:
        written = None if written is None or lacking(name, 1) else applied(name, written)
    if without is not None or written is None:
        return Hint(without[1]) if without else None
    edits = rewrite(text[: fact.node.start] + written + text[fact.node.end :], fact.expression)
    less_digest = less_digest_of(written)
    # Which of two is meant, the field says, and not its expression.
    fixes = () if not edits or less_digest else (Fix(f"Write {coded(written)}", edits, safe=False),)
    hint = f"write {coded(written)}"
    if less_digest:
        hint = f"write {coded(less_digest)} where the target hashes the field, {coded(written)} elsewhere"
    if fact.names[-1] not in ONLY_FUNCTIONS:
        left = text[fact.node.left.start : fact.node.left.end]
        hint += f"; for a path, write `{left}.{fact.names[-1]}`"
    return Hint(hint, fixes)


@advises(NoChoice)
def _decided(fact: NoChoice, _: Diagnostic) -> Hint:
    """A choice by a rule."""
    rule = choice(fact.condition, fact.then, fact.otherwise)
    return Hint(f"to decide by the condition alone, write a rule: {coded(rule)}")


def less_digest_of(text: str) -> str:
    """An expression without the digest that it is, since the target makes that itself; else empty."""
    inner = _DIGEST.fullmatch(text)
    return inner[1] if inner is not None and is_taken(inner[1]) else ""


def in_yaml(text: str, style: Style) -> str:
    """An expression as it is shown: with the quotes of YAML where it would be misread without them."""
    if style == "in double":
        return _escaped(text, style)
    misread = _BEGINS.match(text) if style == "plain" else style == "double" and '"' in text
    misread = misread or (style == "single" and text.startswith('"'))
    return quoted(text) if misread else text


def shown_part(node: Node, written: str, expression: Expression) -> str:
    """The text to write for a part of an expression, as code: with quotes where the file needs them."""
    text = expression.text
    whole = text[: node.start] + written + text[node.end :]
    if expression.style != "plain" or quoted(whole) == whole or not in_flow(expression.whole):
        return coded(written)
    if whole.strip() == written:
        return coded(quoted(written))
    return f"{coded(written)} with the whole expression in quotes"


def rewrite(written: str, fact: Expression | Refused) -> tuple[Edit, ...]:
    """The edits that make one expression another; none where the file's layout does not allow them.

    A text in quotes keeps them, and what they ask for is escaped; one without gets quotes if it needs them.
    Blanks and line breaks between what stays are kept.
    """
    text, locate, style = fact.text, fact.locate, fact.style
    if len(text) > LONGEST_REWRITTEN:
        return ()
    whole = locate(0, len(text))
    if "\n" in written or not is_written_in(whole, style):
        return ()
    if style == "plain" and quoted(written) != written:
        return (Edit(whole, quoted(written)),)
    return tuple(
        Edit(locate(start, end), _escaped(part, style)) for start, end, part in _differences(text, written)
    )


def _differences(old: str, new: str) -> Iterator[tuple[int, int, str]]:
    """The characters of `old` that must change, and what `new` has there, lexeme by lexeme."""
    before, after = places_of(old), places_of(new)
    if len(before) > _MOST_COMPARED:
        if "\n" not in old:
            yield 0, len(old), new
        return
    words = [old[start:end] for start, end in before], [new[start:end] for start, end in after]
    for kind, i, j, k, m in SequenceMatcher(None, *words, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        start, begin = _from(before, i, len(old)), _from(after, k, len(new))
        if i and k and (kind == "insert" or (start == before[i - 1][1]) != (begin == after[k - 1][1])):
            start, begin = before[i - 1][1], after[k - 1][1]
        end, finish = before[j - 1][1] if j > i else start, after[m - 1][1] if m > k else begin
        if j < len(before) and m < len(after):
            left, right = before[j][0], after[m][0]
            if kind == "delete" or (end == left) != (finish == right):
                end, finish = left, right
        yield start, end, new[begin:finish]


def _from(places: list[tuple[int, int]], place: int, end: int) -> int:
    return places[place][0] if place < len(places) else end


def _escaped(text: str, style: Style) -> str:
    if style in ("single", "in single"):
        return text.replace("'", "''")
    is_double = style in ("double", "in double")
    return text.replace("\\", "\\\\").replace('"', '\\"') if is_double else text


def is_written_in(whole: Span, style: Style) -> bool:
    """Whether the text really has the quotes that it was read with, and not those of a repair."""
    if style not in ("single", "double"):
        return True
    quote = "'" if style == "single" else '"'
    return whole.text.content[whole.start - 1 : whole.start] == quote
