"""A refused expression -> what to write, and the edits of it as they stand in the file's own quotes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from mapper.compiler.jmespath.other_languages import Meant, always_same, is_taken, meant_by
from mapper.compiler.jmespath.other_languages.closing import closing_place
from mapper.compiler.jmespath.other_languages.lexemes import places_of
from mapper.compiler.jmespath.refusal import Refusal, coded
from mapper.compiler.yaml.edits import in_flow, quoted
from mapper.compiler.yaml.scalars import Style
from mapper.diagnostic import Diagnostic, Edit, Fix
from mapper.pattern import pattern
from mapper.text import Span

Locate = Callable[[int, int], Span]

# All but what is no other language: texts that are not closed, too large or out of range.
_LONGEST_SHOWN = 160
# What is longer is read anew and compared for each mistake in it; its author sees the place without that.
_LONGEST_MENDED = 300
# A longer one is written anew as a whole: the time to compare grows with the square of its lexemes.
_MOST_COMPARED = 80
_DIGEST = pattern(r"sha256\((.+)\)")
_HYPHEN = "; `subtract(a, b)` subtracts"
_HYPHENATED = pattern(r'"[^"]*-[^"]*"')
# `en-US`, `A-17`: names of attributes have neither capitals nor only two letters on both sides.
_LIKE_A_TEXT = pattern(r"[a-z]{2}-[A-Za-z]{2}|(?=[\w-]*[A-Z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+")
_BEGINS = pattern(r"""["'`{\[*&!@%]""")
_READ_LOOSELY = frozenset({"M101", "M104", "M105", "M108", "M114", "M115", "M116"})


def mended_calls(
    found: list[Diagnostic], wrong: Sequence[Refusal], text: str, locate: Locate, style: Style
) -> list[Diagnostic]:
    """The diagnostics of calls, the first with what mends all of them.

    Behind a function of another language a number of arguments is not wrong by itself: `a.trim().lower()`.
    """
    if len(found) > 1 and (meant := meant_by(text)) is not None and not meant.is_rule:
        kept = [place for place, one in enumerate(found) if one.code == "M115"] or list(range(len(found)))
        found, wrong = [found[place] for place in kept], [wrong[place] for place in kept]
    elif len(found) > 1:
        return found
    return [mended(found[0], wrong[0], text, locate, style), *found[1:]]


def mended(found: Diagnostic, refusal: Refusal, text: str, locate: Locate, style: Style) -> Diagnostic:
    """A diagnostic of an expression with what its author most likely meant, and the fix that writes it."""
    if len(text) > _LONGEST_MENDED:
        return found
    if refusal.mend is not None:
        start, end, written = refusal.mend
        whole = text[:start] + written + text[end:]
        meant = Meant(whole, True) if is_taken(whole) else None
        return found if meant is None else _with_fix(found, meant, text, locate, style)
    if refusal.code == "M103":
        return _closed(found, refusal.start, text, locate, style)
    meant = meant_by(text) if refusal.code in _READ_LOOSELY else None
    if meant is None:
        same = always_same(text) if refusal.code == "M101" else None
        return found if same is None else replace(found, hint=same)
    return _saying(found, meant, refusal, text, locate, style)


def _saying(
    found: Diagnostic, meant: Meant, refusal: Refusal, text: str, locate: Locate, style: Style
) -> Diagnostic:
    """A diagnostic that says what its author most likely meant, with the fix where one can be written."""
    if meant.whole is not None:
        return replace(found, hint=meant.whole)
    if meant.is_rule:
        count = "two" if meant.text.count("{when: ") < 2 else "several"
        return replace(found, hint=f"a rule picks one of {count} values: {coded(f'{{{meant.text}}}')}")
    whole = locate(0, len(text))
    flow = (style == "plain" or not _stands_in(whole, style)) and in_flow(whole)
    shown = coded(quoted(meant.text) if flow else _in_yaml(meant.text, style))
    if meant.readings:
        said = (f"{coded(_in_yaml(one, style))} {purpose}" for one, purpose in meant.readings)
        return replace(found, hint=f"write {', '.join(said)}")
    if _LIKE_A_TEXT.fullmatch(text.strip()):
        constant = f"a text that is the same for every event is written `{{const: {text.strip()}}}`"
        return replace(found, hint=f"{constant}, a name with a hyphen {shown}")
    less_digest = less_digest_note(meant.text)
    if len(meant.text) <= _LONGEST_SHOWN:
        is_name = "hyphen" in (refusal.hint or "") and _HYPHENATED.search(meant.text)
        note = f"; {meant.note}" if meant.note else less_digest
        found = replace(found, hint=f"write {shown}{_HYPHEN if is_name else note}")
    # Which of two is meant, the field says, and not its expression.
    return _with_fix(found, meant, text, locate, style) if meant.is_named and not less_digest else found


def less_digest_note(text: str) -> str:
    """That no digest is due where the target makes it, behind an expression that is one."""
    inner = _DIGEST.fullmatch(text)
    if inner is None or not is_taken(inner[1]):
        return ""
    return f", or {coded(inner[1])} alone where the target hashes the field"


def _closed(found: Diagnostic, opened: int, text: str, locate: Locate, style: Style) -> Diagnostic:
    """A quote that is not closed, with the place where the closing one belongs."""
    place = closing_place(text, opened, is_taken)
    if place is None:
        return found
    quote, behind = text[opened], text[place : place + 1]
    where = f"before {coded(behind)}" if behind.strip() else "at the end" if not behind else "behind the text"
    written = text[:place] + quote + text[place:]
    hint = f"put a {coded(quote)} {where}: {coded(written)}"
    if quote == '"' and text[:opened].rstrip()[-1:] in ("=", "<", ">"):
        written = f"{text[:opened]}'{text[opened + 1 : place]}'{text[place:]}"
        hint = f"a text has a single quote on both sides: {coded(written)}"
    found = replace(found, hint=hint)
    return _with_fix(found, Meant(written, False), text, locate, style)


def _in_yaml(text: str, style: Style) -> str:
    """An expression as it is shown: with the quotes of YAML where it would be misread without them."""
    misread = _BEGINS.match(text) if style == "plain" else style == "double" and '"' in text
    misread = misread or (style == "single" and text.startswith('"'))
    return quoted(text) if misread else text


def _with_fix(found: Diagnostic, meant: Meant, text: str, locate: Locate, style: Style) -> Diagnostic:
    edits = rewrite(text, meant.text, locate, style)
    if not edits and not _stands_in(locate(0, len(text)), style) and "\n" not in meant.text:
        # The quotes that it was read with are a mend of the file: it gets them with what is meant.
        edits = (Edit(locate(0, len(text)), quoted(meant.text)),)
    if not edits:
        return found
    certain = meant.certain and "divide(" not in meant.text  # a slash may part the names of a path
    return replace(found, fixes=(Fix(f"Write {coded(meant.text)}", edits, certain),))


def rewrite(text: str, written: str, locate: Locate, style: Style) -> tuple[Edit, ...]:
    """The edits that make one expression another; none where the file's layout does not allow them.

    A text in quotes keeps them, and what they ask for is escaped; one without gets quotes if it needs them.
    Blanks and line breaks between what stays are kept.
    """
    if len(text) > _LONGEST_MENDED:
        return ()
    whole = locate(0, len(text))
    if "\n" in written or not _stands_in(whole, style):
        return ()
    if style == "plain" and quoted(written) != written:
        return (Edit(whole, quoted(written)),)
    return tuple(
        Edit(locate(start, end), _escaped(part, style)) for start, end, part in _differences(text, written)
    )


def _differences(old: str, new: str) -> Iterator[tuple[int, int, str]]:
    """The characters of `old` that must change, and what stands there in `new`, lexeme by lexeme."""
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
    if style == "single":
        return text.replace("'", "''")
    return text.replace("\\", "\\\\").replace('"', '\\"') if style == "double" else text


def _stands_in(whole: Span, style: Style) -> bool:
    """Whether the text really has the quotes that it was read with, and not those of a mend."""
    if style not in ("single", "double"):
        return True
    quote = "'" if style == "single" else '"'
    return whole.text.content[whole.start - 1 : whole.start] == quote
