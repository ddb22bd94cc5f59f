"""A refused expression -> what to write, and the edits of it as they stand in the file's own quotes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from mapper.compiler.fixes import quoted
from mapper.compiler.loose import Meant, is_taken, meant_by
from mapper.compiler.refusal import Refusal, coded
from mapper.compiler.scalar import Style
from mapper.diagnostic import Diagnostic, Edit, Fix
from mapper.text import Span

Locate = Callable[[int, int], Span]

# All but what is no other language: texts that are not closed, too large or out of range.
_LONGEST_SHOWN = 160
_HYPHEN = "; `subtract(a, b)` subtracts"
_BEGINS = re.compile(r"""["'`{\[*&!@%]""")
_READ_LOOSELY = frozenset({"M101", "M104", "M105", "M108", "M114", "M115", "M116"})


def mended(found: Diagnostic, refusal: Refusal, text: str, locate: Locate, style: Style) -> Diagnostic:
    """A diagnostic of an expression with what its author most likely meant, and the fix that writes it."""
    if refusal.mend is not None:
        start, end, written = refusal.mend
        whole = text[:start] + written + text[end:]
        meant = Meant(whole, True) if is_taken(whole) else None
        return found if meant is None else _with_fix(found, meant, text, locate, style)
    meant = meant_by(text) if refusal.code in _READ_LOOSELY else None
    if meant is None:
        return found
    if meant.is_rule:
        return replace(found, hint=f"a rule picks one of two values: {coded(meant.text)}")
    shown = coded(_in_yaml(meant.text, style))
    if meant.joined is not None:
        return replace(found, hint=f"write {coded(meant.joined)} to join texts, {shown} to add")
    if len(meant.text) <= _LONGEST_SHOWN:
        subtracts = _HYPHEN if "hyphen" in (refusal.hint or "") and "subtract(" not in meant.text else ""
        found = replace(found, hint=f"write {shown}{subtracts}")
    return _with_fix(found, meant, text, locate, style)


def _in_yaml(text: str, style: Style) -> str:
    """An expression as it is shown: with the quotes of YAML where it would be misread without them."""
    misread = _BEGINS.match(text) if style == "plain" else style == "double" and '"' in text
    return quoted(text) if misread else text


def _with_fix(found: Diagnostic, meant: Meant, text: str, locate: Locate, style: Style) -> Diagnostic:
    edit = rewrite(text, meant.text, locate, style)
    if edit is None:
        return found
    return replace(found, fixes=(Fix(f"Write {coded(meant.text)}", (edit,), meant.certain),))


def rewrite(text: str, written: str, locate: Locate, style: Style) -> Edit | None:
    """The edit that makes one expression another; None where the file's layout does not allow one.

    A text in quotes keeps them, and what they ask for is escaped; one without gets quotes if it needs them.
    """
    whole = locate(0, len(text))
    if "\n" in written or not _stands_in(whole, style):
        return None
    if style == "plain" and quoted(written) != written:
        return Edit(whole, quoted(written))
    start, end, part = _difference(text.rstrip(), written)
    return Edit(locate(start, end), _escaped(part, style))


def _difference(old: str, new: str) -> tuple[int, int, str]:
    """The characters of `old` that must change, and what stands there in `new`."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    behind = 0
    while behind < min(len(old), len(new)) - start and old[-1 - behind] == new[-1 - behind]:
        behind += 1
    return start, len(old) - behind, new[start : len(new) - behind]


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
