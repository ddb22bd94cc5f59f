"""`FILE` or `git:REF:path` -> the analysis of a version of a mapping, with the names that a person knows.

Of a version in git, the project's mappings, schemas and fixtures are those of the same version. The only room
that runs another program: git, with fixed arguments and no shell.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from mapper import CompileError, Diagnostic, Span, authoring
from mapper.authoring import Analysis, Outline, Text
from mapper.project.project import MOST_READ, READ_SUFFIXES, project_of, read_text
from mapper.texts.diagnostic import closest
from mapper.values.safe_text import SafeError, SafeText

_SCHEME = "git:"
_ROOT_MARK = "pyproject.toml"
_MOST_AT_ONCE = 2**25
_LINK, _LARGEST_LINK = "120000", 4096
_MOST_SHOWN = 200
_LINE_END = re.compile(r"[\r\n]+")
# `main:mappings/shop.yaml`, as git itself names a file of a version.
_LIKE_A_REVISION = re.compile(r"[\w./~^@-]{2,}:[^:]+")
_SETTINGS = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


class NoRevision(SafeError):
    """A version that cannot be read from git, and why."""


class GitFile(NamedTuple):
    """A file of a version in git: the name of its content, its bytes, and whether it is a link."""

    sha: str
    size: int
    is_link: bool


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
        rules = tuple(replace(rule, file=self.shown(rule.file)) for rule in found.rules)
        return replace(found, rules=rules)

    @cached_property
    def rules(self) -> dict[int, dict[str, str]]:
        """For each section that sends, the place of the rule of each path."""
        sections = self.analysis.program.code.sections
        return {at: {path: self.shown(place) for path, place in rules} for at, rules in sections}

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


def is_revision(named: str | Path) -> bool:
    """Whether a version is one in git, and no file here."""
    return str(named).startswith(_SCHEME)


@contextmanager
def open_version(named: str | Path, schemas: str | Path | None = None) -> Iterator[Version]:
    """A version of a mapping; what it needs of git is in a folder of its own, which goes at the end.

    Raises OSError where it cannot be read, and NoRevision where git does not have it.
    """
    if not is_revision(named):
        if _LIKE_A_REVISION.fullmatch(str(named)) and not os.path.lexists(named):
            raise _refused("there is no file {}; for a version in git, write git:{}", str(named), str(named))
        yield Version(str(named), authoring.analyse_file(named, schemas=schemas, fixtures=True))
        return
    ref, path = _parts(str(named))
    with TemporaryDirectory(prefix="mapper-") as made:
        folder = os.path.realpath(made)
        path = _write_project(ref, path, folder)
        file = Path(folder, path)
        if not Path(os.path.realpath(file)).is_relative_to(folder):
            raise _refused("{} is a link that leads out of the repository", str(named))
        text = read_text(file)
        replaced = () if schemas is not None else tuple(_less_claims(file))
        analysis = Analysis(Text(path, text.content), project_of(file, schemas), fixtures=True)
        yield Version(str(named), analysis, folder, replaced)


def _less_claims(mapping: Path) -> Iterator[str]:
    """Take away the schemas that say where payloads go, and what may leave, otherwise than this package's.

    Only this package's may say that, which then count in their place. The names of the schemas.
    """
    for name, file in [*project_of(mapping, None).claiming()]:
        file.unlink()
        yield name


def _parts(named: str) -> tuple[str, str]:
    """The ref and the path of `git:REF:path`."""
    ref, _, path = named.removeprefix(_SCHEME).partition(":")
    if not ref or not path:
        raise _refused("{}: write git:REF:path, for example git:main:mappings/shop.yaml", named)
    if ref.startswith("-") or any(char <= " " or char == "\x7f" for char in ref):
        raise _refused("{}: this is no name of a version", f"{_SCHEME}{ref}")
    return ref, path


def _refused(text: str, *names: str) -> NoRevision:
    """The refusal, in one line, whatever is in the names."""
    return NoRevision(SafeText.known(text.format(*(_LINE_END.sub(" ", name) for name in names))))


def _git(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The answer of git. Raises NoRevision where there is no git."""
    program = shutil.which("git")
    if program is None:
        raise NoRevision(SafeText("git is not installed, or not on the PATH"))
    command = [program, "--no-pager", "--literal-pathspecs", *arguments]
    return subprocess.run(
        command, input=given, capture_output=True, check=False, env={**os.environ, **_SETTINGS}
    )


def _write_project(ref: str, path: str, folder: str) -> str:
    """Write all that mappings can read of a version; the path of the mapping from the repository's root."""
    inside = _git("rev-parse", "--show-prefix")
    if inside.returncode:
        raise _refused("git: {}", _first_line(inside.stderr) or "this folder is not in a repository")
    found = _git("rev-parse", "--verify", "--quiet", f"{ref}^{{tree}}")
    if found.returncode:
        hint = "run `git fetch`; in a GitHub Actions checkout, set fetch-depth: 0"
        raise _refused("git has no version {}; {}", ref, hint)
    prefix = os.fsdecode(inside.stdout.rstrip(b"\r\n"))
    path = posixpath.normpath(posixpath.join(prefix, path) if path.startswith(("./", "../")) else path)
    files = _files(found.stdout.decode("ascii").strip())
    if path not in files:
        raise _refused("{} has no file {}{}", ref, path, _hint(path, prefix, files))
    os.mkdir(os.path.join(folder, ".git"))  # the root of a project
    _write(files, folder)
    return path


def _hint(path: str, prefix: str, files: Mapping[str, GitFile]) -> str:
    """The hint about the path that was most likely meant."""
    if f"{prefix}{path}" in files:
        return f"; write ./{path} for the one in this folder"
    near = closest(path, [name for name in files if not name.endswith(".json")])
    return f"; did you mean {near}?" if near else ""


def _files(tree: str) -> dict[str, GitFile]:
    """The files of a tree that mappings can read, by their paths."""
    listed = _git("ls-tree", "-r", "-l", "-z", "--full-tree", tree)
    files = {}
    for line in listed.stdout.split(b"\0"):
        told, _, name = line.partition(b"\t")
        path = os.fsdecode(name)
        mode, kind, sha, size = (told.decode("ascii").split() + [""] * 4)[:4]
        is_read = path.lower().endswith(READ_SUFFIXES) or posixpath.basename(path) == _ROOT_MARK
        is_small = size.isdigit() and (mode != _LINK or int(size) <= _LARGEST_LINK)
        is_inside = {"", ".", "..", ".git"}.isdisjoint(path.split("/"))
        if kind == "blob" and is_small and is_inside and (is_read or mode == _LINK):
            files[path] = GitFile(sha, int(size), mode == _LINK)
    return files


def _write(files: Mapping[str, GitFile], folder: str) -> None:
    """Write files of a tree, links last, so that nothing is written through one.

    A file that is too large for whatever reads it is as long as it need be, without its content.
    """
    part: list[tuple[str, GitFile]] = []
    for path, file in sorted(files.items(), key=lambda one: one[1].is_link):
        if file.size > MOST_READ:
            _write_file(os.path.join(folder, *path.split("/")), b"", is_link=False)
            os.truncate(os.path.join(folder, *path.split("/")), MOST_READ + 1)
            continue
        if part and sum(one.size for _, one in part) + file.size > _MOST_AT_ONCE:
            _write_part(part, folder)
            part = []
        part.append((path, file))
    _write_part(part, folder)


def _write_part(part: Sequence[tuple[str, GitFile]], folder: str) -> None:
    asked = "".join(f"{file.sha}\n" for _, file in part).encode("ascii")
    told, at = _git("cat-file", "--batch", given=asked).stdout, 0
    for path, file in part:
        start = told.find(b"\n", at) + 1
        at = start + file.size + 1
        if not start or told[at - 1 : at] != b"\n":
            raise _refused("git cannot read {}: fetch the whole version", path)
        _write_file(os.path.join(folder, *path.split("/")), told[start : at - 1], file.is_link)


def _write_file(path: str, content: bytes, is_link: bool) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if is_link:
        os.symlink(os.fsdecode(content), path)
    else:
        Path(path).write_bytes(content)


def _first_line(said: bytes) -> str:
    """The reason that git gives."""
    line = said.decode("utf-8", "replace").partition("\n")[0]
    return line.removeprefix("fatal: ")[:_MOST_SHOWN]
