"""A variable and a new name -> the edits of all files that share it: those that extend each other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from mapper import Span
from mapper.authoring import Analysis, VariableUse, name_mistake
from mapper.project.folders import project_root, yaml_files

_MOST_FILES = 500


class CannotRename(Exception):
    """The reason that a variable cannot have a name, or that a place is not a variable."""


def variable_at(analysis: Analysis, offset: int) -> VariableUse | None:
    """The variable or function that is written at an offset of the text."""
    text = analysis.text
    uses = (one for one in analysis.variable_uses if one.span.text is text)
    # The `$` before a name is its, too.
    return next((one for one in uses if one.span.start - 1 <= offset <= one.span.end), None)


def rename(analysis: Analysis, offset: int, name: str, linked: LinkedFiles) -> Iterable[tuple[Span, str]]:
    """The edits that give the variable at an offset another name. Raises CannotRename."""
    found = variable_at(analysis, offset)
    if found is None:
        raise CannotRename("there is no variable here")
    name = name.removeprefix("$")
    mistake = name_mistake(name, of_function=found.is_function)
    if mistake:
        raise CannotRename(mistake)
    if found.key != found.name and not found.is_function:
        # Of a list rule, a section or a function: no file knows it but for those that the mapping is made of.
        taken = next((one for one in analysis.variable_uses if one.name == name), None)
        if taken is not None:
            raise CannotRename(f"there is already a variable `{name}`: {taken.span.place}")
        return [(one.span, name) for one in analysis.variable_uses if one.key == found.key]
    spans = linked.sharing(analysis, found.key, name)
    return [(span, name) for span in spans]


@dataclass(slots=True)
class LinkedFiles:
    """The mapping files that may share a variable with one.

    analysis_of: of a file by its path, as it is in the editor or saved; None where it cannot be read.
    folder: where they are looked for, "" if only those that the mapping extends are known.
    """

    analysis_of: Callable[[str], Analysis | None]
    folder: str
    _known: dict[str, Analysis | None] = field(default_factory=dict)

    def sharing(self, start: Analysis, key: str, new: str) -> list[Span]:
        """Each place of a variable or function in all files with it. Raises CannotRename if `new` is one."""
        own = _real(start.text.name)
        self._known[own] = start
        files = [own, *(one for one in self._others(own) if one != own)]
        closures = [self._closure(file) for file in files]
        shared = {own}
        growing = True
        while growing:
            # Files are connected where one mapping is made of both, and each has the name.
            groups = [{one for one in closure if self._uses(one, key)} for closure in closures]
            more = set().union(*(group for group in groups if group & shared)) - shared
            shared |= more
            growing = bool(more)
        touched = set().union(*(closure for closure in closures if closure & shared))
        taken = next(
            (use for file in sorted(touched) for use in self._all_uses(file) if use.name == new), None
        )
        if taken is not None:
            raise CannotRename(f"there is already a variable `{new}`: {taken.span.place}")
        return [use.span for file in sorted(shared) for use in self._uses(file, key)]

    def _uses(self, file: str, key: str) -> list[VariableUse]:
        """The uses of a name in the text of a file itself."""
        return [one for one in self._all_uses(file) if one.key == key]

    def _all_uses(self, file: str) -> list[VariableUse]:
        """The uses of variables in the text of a file itself."""
        analysis = self._analysis(file)
        if analysis is None:
            return []
        return [one for one in analysis.variable_uses if one.span.text is analysis.text]

    def _closure(self, file: str) -> set[str]:
        """A file and those that it extends, by way of others too."""
        reached: set[str] = set()
        waiting = [file]
        while waiting:
            one = waiting.pop()
            if one not in reached:
                reached.add(one)
                analysis = self._analysis(one)
                waiting += [] if analysis is None else [_real(base.name) for base in analysis.bases]
        return reached

    def _others(self, own: str) -> list[str]:
        """The mapping files of the project that extend others: no other one shares a variable."""
        root = self.folder or (str(project_root(Path(own).parent) or "") if os.path.isabs(own) else "")
        if not root:
            return []
        return [
            _real(one) for one in islice(map(str, yaml_files(Path(root))), _MOST_FILES) if self._extends(one)
        ]

    def _extends(self, file: str) -> bool:
        analysis = self._analysis(_real(file))
        # The text tells of most files that they need not be planned.
        return analysis is not None and "extends" in analysis.text.content and bool(analysis.bases)

    def _analysis(self, file: str) -> Analysis | None:
        if file not in self._known:
            self._known[file] = self.analysis_of(file)
        return self._known[file]


def _real(name: str) -> str:
    return os.path.realpath(name) if os.path.isabs(name) else name
