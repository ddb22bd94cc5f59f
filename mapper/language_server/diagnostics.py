"""Diagnostics of a text -> those of the protocol, by the file that they are in; their fixes as actions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lsprotocol import types as lsp

from mapper import Diagnostic, Span
from mapper.authoring import Text
from mapper.codes import page_of
from mapper.language_server.positions import Positions
from mapper.texts.fixing import Check, apply_fixes, replacement_of

SOURCE = "mapper"
FIX_ALL = "source.fixAll.mapper"
_SEVERITIES = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "advice": lsp.DiagnosticSeverity.Information,
}


@dataclass(frozen=True, slots=True)
class Protocol:
    """The form in which findings are written for a client.

    uri_of: the address of the text of a name. pages: the address of the pages of codes, if there is one.
    """

    positions: Positions
    uri_of: Callable[[str], str]
    pages: str | None = None

    def location(self, span: Span) -> lsp.Location:
        """The place of some characters."""
        return self.positions.location(span, self.uri_of(span.text.name))

    def diagnostic(self, found: Diagnostic) -> lsp.Diagnostic:
        """One diagnostic, with its hint as a second line of its message."""
        told = f"{found.message}\nhint: {found.hint}" if found.hint else found.message
        page = page_of(found.code, self.pages)
        return lsp.Diagnostic(
            self.positions.range(found.span),
            told,
            severity=_SEVERITIES[found.severity],
            code=found.code,
            code_description=lsp.CodeDescription(page) if page else None,
            source=SOURCE,
            related_information=[
                lsp.DiagnosticRelatedInformation(self.location(span), why) for span, why in found.related
            ]
            or None,
        )

    def by_file(self, found: Iterable[Diagnostic]) -> dict[str, list[lsp.Diagnostic]]:
        """Diagnostics by the address of the text that they are in."""
        said: dict[str, list[lsp.Diagnostic]] = {}
        for one in found:
            said.setdefault(self.uri_of(one.span.text.name), []).append(self.diagnostic(one))
        return said

    def fixes(self, found: Iterable[Diagnostic], text: Text, within: Span) -> Iterator[lsp.CodeAction]:
        """The fixes of the diagnostics of a text that touch a span of it."""
        for one in found:
            if one.span.text.name != text.name or one.span.start > within.end or within.start > one.span.end:
                continue
            for fix in one.fixes:
                if fix.edits:
                    yield lsp.CodeAction(
                        fix.title,
                        kind=lsp.CodeActionKind.QuickFix,
                        diagnostics=[self.diagnostic(one)],
                        is_preferred=fix.safe,
                        edit=self.edit((edit.span, replacement_of(edit)) for edit in fix.edits),
                    )

    def edit(self, edits: Iterable[tuple[Span, str]]) -> lsp.WorkspaceEdit:
        """Edits of any number of texts: each some characters, and what to put in their place."""
        changes: dict[str, list[lsp.TextEdit]] = {}
        for span, replacement in edits:
            made = lsp.TextEdit(self.positions.range(span), replacement)
            changes.setdefault(self.uri_of(span.text.name), []).append(made)
        return lsp.WorkspaceEdit(changes=changes)

    def all_fixes(self, text: Text, check: Check) -> lsp.CodeAction | None:
        """All safe fixes of a text in one action, as `mapper check --fix` does them; None without one."""
        fixed = apply_fixes({text.name: text}, check).texts[text.name]
        if fixed.content == text.content:
            return None
        span, replacement = difference(text, fixed.content)
        title = "Apply all safe fixes"
        return lsp.CodeAction(title, kind=FIX_ALL, edit=self.edit([(span, replacement)]))


def difference(text: Text, content: str) -> tuple[Span, str]:
    """The characters of a text that must be replaced to make it another one, and what by."""
    was = text.content
    most = min(len(was), len(content))
    start = next((at for at in range(most) if was[at] != content[at]), most)
    end = next((at for at in range(most - start) if was[-1 - at] != content[-1 - at]), most - start)
    # A position between the two characters of a line break is none.
    start -= was[start - 1 : start] == "\r"
    end -= was[len(was) - end : len(was) - end + 1] == "\n" and end > 0
    return text.span(start, len(was) - end), content[start : len(content) - end]
