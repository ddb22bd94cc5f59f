"""An expression that was refused -> what its author most likely meant, and the fix that writes it."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice

from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.advice.compared_words import with_strings
from mapper.compiler.advice.named_lists import ENTRY
from mapper.compiler.advice.other_languages.foreign_functions import lacking
from mapper.compiler.advice.other_languages.foreign_reading import (
    Meant,
    always_same,
    is_taken,
    meant_by,
    with_apostrophes,
)
from mapper.compiler.advice.other_languages.lookups import in_tables
from mapper.compiler.advice.rewrite import (
    LONGEST_REWRITTEN,
    in_yaml,
    is_written_in,
    less_digest_of,
    rewrite,
)
from mapper.compiler.advice.small_units import in_whole_units
from mapper.compiler.advice.token_advice import expected_instead
from mapper.compiler.advice.whole_file import nodes_around
from mapper.compiler.jmespath.refusal import CalledVariable, InPlace, Refused, UnknownFunction, coded
from mapper.compiler.syntax.language_keys import ARM, RULE, SECTION, SKIP
from mapper.compiler.syntax.other_names import meant_function
from mapper.compiler.yaml.edits import fixes_of, in_flow, indentation, key_before, quoted, replace_value
from mapper.runtime.functions import FUNCTIONS
from mapper.texts.diagnostic import Diagnostic, Edit, Fix, closest
from mapper.transforms.registry import TRANSFORMS
from mapper.values.regular_expression import pattern

# A date, which reads as a difference of numbers; a longer text than this is not shown again.
_DATE = re.compile(r"\s*\d{4}-\d{2}-\d{2}")
_DIGITS = re.compile(r"\s*\+?[0-9][0-9 ]*\s*")
_LONGEST_CONSTANT = 60
_SENTENCE = re.compile(r"\s*[A-Z][\w']*(?:,? +[\w'&]+)+[.!?]?\s*")
_LONGEST_SHOWN = 160
_HYPHEN = "; to subtract, write `subtract(a, b)`"
_HYPHENATED = pattern(r'"[^"]*-[^"]*"')
# `en-US`, `A-17`: names of attributes have neither capitals nor only two letters on both sides.
_LIKE_A_TEXT = pattern(r"[a-z]{2}-[A-Za-z]{2}|(?=[\w-]*[A-Z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+")
# All but what is no other language: texts that are not closed, too large or out of range.
_READ_LOOSELY = frozenset({"M101", "M104", "M105", "M108", "M114", "M115", "M116"})
# Where a closing quote may belong, and how many such places are tried: each is a reading of the whole text.
_NAMED_ELEMENT = pattern(r"\s*(?:for\s+)?(\w+)\s+(?:in|of)\s+(\$?[A-Za-z_][\w.$]*)\s*")
_ENDS = re.compile(r"\s*(?:[),\]}]|&&|\|\|?|[=!<>]=|$)")
_MOST_TRIED = 12
_CALL_OF_ONE = pattern(r"\w+\(([^(),]+)\)")
# An apostrophe within a string, as SQL and YAML write it.
_DOUBLED = pattern(r"\w''\w")
_LISTED = pattern(r"\s*\$?[A-Za-z_][\w.]*(?:\s*,\s*\$?[A-Za-z_][\w.]*)+\s*")
# Keys whose value is an expression or a value of any kind, and has no fields.
_OF_EXPRESSIONS = {*RULE, *ARM, *SECTION, *SKIP, "split", "match"} - {"item", "let", "payload"}
_OF_CALLS = frozenset({"M115", "M116", "M117", "M148", "M204"})


@advises(Refused)
def _by_place(fact: Refused, _: Diagnostic) -> Hint | None:
    """The hint that the place alone gives."""
    refusal = fact.refusal
    if _is_constant(fact):
        text = fact.text.strip()
        written = f'"{text}"' if _DIGITS.fullmatch(text) else quoted(text)
        constant = f"{{const: {written}}}" if len(fact.text) <= _LONGEST_CONSTANT else "{const: ...}"
        return Hint(f"write a string that is the same for every event as `{constant}`")
    if isinstance(refusal.fact, UnknownFunction) and refusal.fact.name in fact.tables:
        return _of_a_table(refusal.fact.name, fact)
    if isinstance(refusal.fact, UnknownFunction):
        own = _own(refusal.fact)
        if own is not None:
            whole = fact.text[: refusal.start] + own + fact.text[refusal.end :]
            return Hint(f"did you mean `{own}`?", _fixes(Meant(whole, False), fact))
        return Hint(_function(refusal.fact))
    if isinstance(refusal.fact, CalledVariable):
        without = None if refusal.fact.is_function else lacking(refusal.fact.name, 1)
        return None if without is None else Hint("; ".join(without))
    if isinstance(refusal.fact, InPlace):
        return Hint(refusal.hint or f"write {coded(refusal.fact.written)}")
    return Hint(expected_instead(fact.text, refusal)[0])


def _of_a_table(name: str, fact: Refused) -> Hint:
    """`categories(sku)`: a table is no function."""
    start, text = fact.refusal.start, fact.text
    call = _CALL_OF_ONE.match(text, start)
    written = f"lookup({call[1] if call else 'KEY'}, ${name})"
    whole = None if call is None else text[:start] + written + text[call.end() :]
    fixes = () if whole is None else _fixes(Meant(whole, False), fact)
    return Hint(f"`{name}` is a table: write `{written}`", fixes)


def _is_constant(fact: Refused) -> bool:
    """Whether a text is most likely a URL, a date or digits, and the same for every event."""
    text = fact.text
    if fact.refusal.code in _OF_CALLS:
        return False
    return ("://" in text and "{" not in text) or bool(_DATE.match(text) or _DIGITS.fullmatch(text))


def _own(unknown: UnknownFunction) -> str | None:
    """The function of the mapping that was most likely meant."""
    if lacking(unknown.name, unknown.arguments) is not None or meant_function(unknown.name):
        return None
    near = closest(unknown.name, [*unknown.own, *FUNCTIONS, *TRANSFORMS])
    return near if near in unknown.own else None


def _function(unknown: UnknownFunction) -> str:
    without = lacking(unknown.name, unknown.arguments)
    if without is not None:
        return "; ".join(without)
    near = meant_function(unknown.name) or closest(unknown.name, [*unknown.own, *FUNCTIONS, *TRANSFORMS])
    return f"did you mean `{near}`?" if near else "`docs/transforms.md` lists the functions and transforms"


@advises(Refused, guesses=True)
def _as_meant(fact: Refused, found: Diagnostic) -> Hint | None:
    """The hint with what the whole text was most likely meant to be."""
    if _is_constant(fact) or fact.others is None:
        return None
    made = (
        _of_each(fact)
        or _less_bracket(fact)
        or _alternatives(fact)
        or _entry(fact)
        or _meant(fact, found.hint or "")
    )
    text, hint = fact.text, found.hint if made is None or made.text is None else made.text
    if len(text) > _LONGEST_CONSTANT or not _SENTENCE.fullmatch(text):
        return made
    constant = f"if it is the same for every event, write `{{const: {quoted(text.strip())}}}`"
    if "," in text or hint is None:  # words with a comma between them are no list of names
        return Hint(constant)
    fixes, silences = ((), ()) if made is None else (made.fixes, made.silences)
    # Which of the two is meant, nobody can say.
    return Hint(f"{hint}; {constant}", tuple(replace(one, safe=False) for one in fixes), silences)


def _of_each(fact: Refused) -> Hint | None:
    """`each: item in items`, where the element has a name."""
    loop = _NAMED_ELEMENT.fullmatch(fact.text)
    whole = fact.locate(0, len(fact.text))
    if loop is not None and key_before("split", whole) is not None:
        fixes = fixes_of(replace_value(whole, loop[2], safe=False))
        return Hint(f"write `{loop[2]}`: each element is an event of its own", fixes)
    if loop is None or key_before("each", whole) is None:
        return None
    note = f"an element has no name here, write its fields directly: `sku`, not `{loop[1]}.sku`"
    return _silencing(_saying(fact, Meant(loop[2], False, note=note), ""), fact)


def _less_bracket(fact: Refused) -> Hint | None:
    """A closing bracket too many at the end."""
    text, start = fact.text, fact.refusal.start
    rest = text[:start] + text[fact.refusal.end :]
    if text[start : fact.refusal.end] not in (")", "]", "}") or text[fact.refusal.end :].strip():
        return None
    return Hint("remove it", _fixes(Meant(rest, True), fact)) if is_taken(rest) else None


def _alternatives(fact: Refused) -> Hint | None:
    """`from: "title, name"`: a list of alternatives is one of YAML."""
    whole = fact.locate(0, len(fact.text))
    if not _LISTED.fullmatch(fact.text) or key_before("from", whole) is None:
        return None
    listed = f"[{', '.join(part.strip() for part in fact.text.split(','))}]"
    return Hint(
        f"for alternatives, write `from: {listed}`", fixes_of(replace_value(whole, listed, safe=False))
    )


def _entry(fact: Refused) -> Hint | None:
    """A line below a key, `content_name:title` and `content_name = title`, as a key with its value."""
    whole, entry = fact.locate(0, len(fact.text)), ENTRY.fullmatch(fact.text)
    around = nodes_around(whole) if entry is not None and indentation(whole) is not None else []
    if entry is None or not around or around[-1][0] in {"", *_OF_EXPRESSIONS}:
        return None
    written = f"{entry[1]}: {entry[2]}"
    fix = Fix(f"Write `{written}`", (Edit(whole, written),), safe=False)
    return Hint(f"write `{written}`, with a space after the colon", (fix,))


def _meant(fact: Refused, said: str) -> Hint | None:
    text, refusal = fact.text, fact.refusal
    looked_up = in_tables(text, fact.tables)
    if looked_up != text and is_taken(looked_up) and len(text) <= LONGEST_REWRITTEN:
        return _silencing(_saying(fact, Meant(looked_up, False), said), fact)
    if isinstance(refusal.fact, CalledVariable):
        called = meant_by(looked_up)
        if called is not None:
            return _silencing(_saying(fact, called, said), fact)
    meant = meant_by(looked_up) if fact.others or refusal.code in _READ_LOOSELY else None
    meant = meant and _with_strings(in_whole_units(meant, fact), fact)
    if fact.others and (meant is None or meant.is_rule):
        return None
    if len(text) > LONGEST_REWRITTEN:
        return None
    change = _change(fact)
    if change is not None:
        whole = text[: change.start] + change.written + text[change.end :]
        if not isinstance(refusal.fact, CalledVariable) and not is_taken(whole):
            return None
        return _silencing(Hint(fixes=_fixes(Meant(whole, True), fact)), fact)
    if refusal.code == "M103":
        return _closed(fact)
    if meant is None or refusal.code not in _READ_LOOSELY:
        same = always_same(text) if refusal.code == "M101" else None
        return None if same is None else Hint(same)
    return _silencing(_saying(fact, meant, said), fact)


def _change(fact: Refused) -> InPlace | None:
    """The change of some characters, where that alone can be meant."""
    refusal = fact.refusal
    if _DOUBLED.search(fact.text):
        return None
    if isinstance(refusal.fact, CalledVariable):
        return InPlace(refusal.start, refusal.start + 1, "") if refusal.fact.is_function else None
    return refusal.fact if isinstance(refusal.fact, InPlace) else expected_instead(fact.text, refusal)[1]


def _with_strings(meant: Meant, fact: Refused) -> Meant:
    """The meaning, with the bare words that it compares with as strings."""
    if meant.readings or meant.is_rule or not meant.text:
        return meant
    written = with_strings(meant.text, fact.locate(0, len(fact.text)))
    if written == meant.text:
        return meant
    note = meant.note or f"for the attribute, {coded(meant.text)}"
    return replace(meant, text=written, certain=False, note=note)


def _silencing(hint: Hint, fact: Refused) -> Hint:
    """A hint, with what is not said beside it: what is wrong with other calls, and that quotes are missing.

    After a function of another language a number of arguments is not wrong by itself: `a.trim().lower()`.
    """
    # The text needs quotes: a fix that writes all of it writes them.
    silences = [("M003", edit.span) for fix in hint.fixes for edit in fix.edits]
    if (hint.text or "").startswith("a rule chooses"):
        silences.append(("M003", fact.locate(0, len(fact.text))))
    if fact.refusal.code == "M115":
        silences += [other for other in fact.others or () if other[0] != "M115"]
    elif isinstance(fact.refusal.fact, CalledVariable) and hint.fixes:
        silences += fact.others or ()
    return Hint(hint.text, hint.fixes, tuple(silences))


def _saying(fact: Refused, meant: Meant, said: str) -> Hint:
    """The hint with the likely meaning, and the fix where one can be written. said: by the place alone."""
    if meant.whole is not None:
        return Hint(meant.whole)
    if meant.is_rule:
        count = "two" if meant.text.count("{when: ") < 2 else "several"
        return Hint(f"a rule chooses one of {count} values: {coded(f'{{{meant.text}}}')}")
    text, style = fact.text, fact.style
    whole = fact.locate(0, len(text))
    flow = (style == "plain" or not is_written_in(whole, style)) and in_flow(whole)
    shown = coded(quoted(meant.text) if flow else in_yaml(meant.text, style))
    if meant.readings:
        readings = (f"{coded(in_yaml(one, style))} {purpose}" for one, purpose in meant.readings)
        return Hint(f"write {', '.join(readings)}")
    if _LIKE_A_TEXT.fullmatch(text.strip()):
        constant = f"if it is the same for every event, write `{{const: {text.strip()}}}`"
        return Hint(f"{constant}; write a name with a hyphen as {shown}")
    less_digest = less_digest_of(meant.text)
    hint = None
    if len(meant.text) <= _LONGEST_SHOWN:
        is_name = "hyphen" in said and _HYPHENATED.search(meant.text)
        note = f"; {meant.note}" if meant.note else ""
        hint = f"write {shown}{_HYPHEN if is_name else note}"
        if less_digest and not note:
            hint = f"write {coded(less_digest)} where the target hashes the field, {shown} elsewhere"
    # Which of two is meant, the field says, and not its expression.
    return Hint(hint, _fixes(meant, fact) if meant.is_named and not less_digest else ())


def _closed(fact: Refused) -> Hint | None:
    """A quote that is not closed, with the place where the closing one belongs."""
    text, opened = fact.text, fact.refusal.start
    escaped = with_apostrophes(text)
    if escaped is not None:
        return _saying(fact, escaped, "")
    place = _closing_place(text, opened)
    if place is None:
        return None
    quote, after = text[opened], text[place : place + 1]
    where = f"before {coded(after)}" if after.strip() else "at the end" if not after else "after the text"
    written = text[:place] + quote + text[place:]
    hint = f"put a {coded(quote)} {where}: {coded(written)}"
    if quote == '"' and text[:opened].rstrip()[-1:] in ("=", "<", ">"):
        written = f"{text[:opened]}'{text[opened + 1 : place]}'{text[place:]}"
        hint = f"put a single quote on both sides of a string: {coded(written)}"
    return _silencing(Hint(hint, _fixes(Meant(written, False), fact)), fact)


def _closing_place(text: str, opened: int) -> int | None:
    """The first place after `opened` at which a quote makes an expression of the text."""
    quote = text[opened]
    for end in islice(_ENDS.finditer(text, opened + 2), _MOST_TRIED):
        if is_taken(text[: end.start()] + quote + text[end.start() :]):
            return end.start()
    return None


def _fixes(meant: Meant, fact: Refused) -> tuple[Fix, ...]:
    whole = fact.locate(0, len(fact.text))
    edits = rewrite(meant.text, fact)
    if not edits and not is_written_in(whole, fact.style) and "\n" not in meant.text:
        # The quotes that it was read with are a repair of the file: it gets them with what is meant.
        edits = (Edit(whole, quoted(meant.text)),)
    if not edits:
        return ()
    certain = meant.certain and "divide(" not in meant.text  # a slash may part the names of a path
    return (Fix(f"Write {coded(meant.text)}", edits, certain),)
