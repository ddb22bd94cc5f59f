"""Analysis -> Version: a version of a mapping as it is compared, with files as a person names them."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property

from mapper import CompileError, Diagnostic, Span
from mapper.authoring import Analysis, Outline, Text
from mapper.masking import masked_text


@dataclass(frozen=True)
class Version:
    """A version of a mapping. named: as a person named it. folder: where its files are until it is closed.

    replaced: the names of its schemas in whose place this package's are used.
    """

    named: str
    analysis: Analysis
    folder: str = ""
    replaced: tuple[str, ...] = ()

    def shown(self, text: str) -> str:
        """A text, such as the name of a file, without the folder where its files are for now."""
        return text.replace(f"{self.folder}{os.sep}", "") if self.folder else text

    @cached_property
    def outline(self) -> Outline:
        """The outline of the version, as texts."""
        found = self.analysis.outline
        rules, not_inherited = (
            tuple(replace(rule, file=self.shown(rule.file)) for rule in part)
            for part in (found.rules, found.not_inherited)
        )
        return replace(found, rules=rules, not_inherited=not_inherited)

    @cached_property
    def rules(self) -> dict[int, dict[str, str]]:
        """For each section that sends, the place of the rule of each path."""
        sections = self.analysis.program.code.sections
        return {at: {path: self.shown(place) for path, place in rules} for at, rules in sections}

    @cached_property
    def stripped(self) -> tuple[str, ...]:
        """The paths that consent removes from a payload."""
        facts = (dict(rule.facts) for rule in self.outline.rules if rule.part == "consent")
        return tuple(path for one in facts for path in one["strip"].split())

    @cached_property
    def errors(self) -> tuple[str, ...]:
        """The errors of the version, each in one line with its place and code."""
        try:
            self.refuse_errors()
        except CompileError as error:
            found = [one for one in error.diagnostics if one.severity == "error"]
            return tuple(f"{one.span.place}: {one.code}: {masked_text(one.message)}" for one in found)
        except OSError as error:
            return (self.shown(str(error)),)
        return ()

    def refuse_errors(self) -> None:
        """Raise CompileError where it has errors, with files named as in the repository."""
        try:
            self.analysis.program  # noqa: B018  # it is made now
        except CompileError as error:
            raise CompileError(tuple(map(self._less_folder, error.diagnostics))) from None

    def _less_folder(self, found: Diagnostic) -> Diagnostic:
        hint = None if found.hint is None else self.shown(found.hint)
        related = tuple((self._span(span), self.shown(text)) for span, text in found.related)
        return replace(
            found, span=self._span(found.span), message=self.shown(found.message), hint=hint, related=related
        )

    def _span(self, span: Span) -> Span:
        return Text(self.shown(span.text.name), span.text.content).span(span.start, span.end)
