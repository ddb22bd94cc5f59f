"""The policy of the project that a command runs in, if it has one."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mapper.cli.report.result import CheckResult
from mapper.cli.report.text import as_text
from mapper.cli.terminal import may_colour
from mapper.project.folders import POLICY_FILE, project_root
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from mapper.authoring import Point
    from mapper.repository.policy import FolderPolicy, Policy
    from mapper.texts.diagnostic import Diagnostic
    from mapper.workbench.coverage import RuleCoverage


@dataclass(frozen=True, slots=True)
class PolicyHere:
    """The policy of this folder's project. policy: None where there is none, or it has errors.

    file: as it is named from here; "" where there is none. found: all that is wrong with it.
    """

    file: str = ""
    policy: Policy | None = None
    found: tuple[Diagnostic, ...] = ()

    @property
    def is_broken(self) -> bool:
        """Whether there is one, but it has errors."""
        return bool(self.file) and self.policy is None

    def is_it(self, file: str) -> bool:
        """Whether a file is the policy."""
        return bool(self.file) and os.path.realpath(file) == os.path.realpath(self.file)

    def less_excluded(self, files: Iterable[str], named: Collection[str]) -> tuple[str, ...]:
        """Files that were found, less those that the policy leaves out. named: by a person: they stay."""
        return tuple(file for file in files if file in named or not self._leaves_out(file))

    def _leaves_out(self, file: str) -> bool:
        if self.is_it(file):
            return True
        return self.policy is not None and self.policy.leaves_out(self.policy.relative(file))

    @property
    def asks_for_coverage(self) -> bool:
        """Whether a folder has a threshold for the coverage of its tests."""
        return self.policy is not None and any(one.coverage is not None for one in self.policy.folders)

    def low_coverage(self, covered: RuleCoverage) -> Iterator[tuple[FolderPolicy, float]]:
        """The folders whose mappings are covered less than they ask for, each with its percentage."""
        policy = self.policy
        if policy is None:
            return
        counts: dict[str, list[tuple[Point, int]]] = {}
        asked = {one.path: one for one in policy.folders if one.coverage is not None}
        for point, count in covered.counts:
            folder = policy.coverage(policy.relative(point.span.text.name))
            if folder is not None:
                counts.setdefault(folder.path, []).append((point, count))
        for path, folder in asked.items():
            percent = replace(covered, counts=tuple(counts.get(path, ()))).percent
            if percent < (folder.coverage or 0):
                yield folder, percent

    def judge(self, checked: CheckResult, by: str = "check") -> CheckResult:
        """The result of a check, as the policy judges it. by: the command that checked."""
        if not self.file:
            return checked
        if self.policy is None:
            return replace(checked, found=(*self.found, *checked.found))
        from mapper.repository.judging import judged

        today = datetime.now(UTC).date()
        made = judged(checked.found, self.policy, checked.files, today, by)
        accepted = tuple((one, f"{rule.reason} (until {rule.until})") for one, rule in made.accepted)
        return replace(checked, found=(*self.found, *made.found), accepted=accepted)


def sound_policy_here() -> PolicyHere:
    """As `policy_here`; of one with errors these are shown, and the command ends with 2."""
    here = policy_here()
    if here.is_broken:
        sys.stdout.write(as_text(here.found, colour=may_colour(sys.stdout)))
        click.get_current_context().exit(2)
    return here


def policy_here() -> PolicyHere:
    """The policy of the project that this folder is in."""
    here = Path.cwd()
    file = (project_root(here) or here) / POLICY_FILE
    if not file.is_file():
        return PolicyHere()
    from mapper.repository.policy_file import load_policy

    named = os.path.relpath(file)
    read = load_policy(Path(named))
    return PolicyHere() if read is None else PolicyHere(named, read.policy, read.found)
