"""A version in git -> a folder with the names of all its files, each of which is read when it is needed.

The only module that runs git, with fixed arguments and no shell.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from mapper.project.folders import MAPPING_SUFFIXES
from mapper.project.project import MOST_READ
from mapper.texts.diagnostic import closest
from mapper.values.safe_text import SafeError, SafeText

_SCHEME = "git:"
_LINK, _LARGEST_LINK = "120000", 4096
# No file of a deeper folder is looked for.
_DEEPEST = 100
_MOST_SHOWN = 200
_LINE_END = re.compile(r"[\r\n]+")
# No repository within the one of this folder, and no transport that is a command: nothing of a reviewed tree
# runs.
_SAFELY = (
    "-c",
    "safe.bareRepository=explicit",
    "-c",
    "protocol.ext.allow=never",
    "-c",
    "core.fsmonitor=false",
)
_SETTINGS = {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


class NoRevision(SafeError):
    """A version that cannot be read from git, and why."""


class GitFile(NamedTuple):
    """A file of a version in git: the name of its content, its bytes, and whether it is a link."""

    sha: str
    size: int
    is_link: bool


class Revision(NamedTuple):
    """`git:REF` or `git:REF:path`, in parts; path is "" where none is named."""

    ref: str
    path: str


def is_revision(named: str | Path) -> bool:
    """Whether a version is one in git, and no file here."""
    return str(named).startswith(_SCHEME)


def revision_of(named: str) -> Revision:
    """The parts of a version's name. Raises NoRevision for a name that git could take for something else."""
    ref, _, path = named.removeprefix(_SCHEME).partition(":")
    if not ref:
        raise refused("{}: write git:REF:path, for example git:main:mappings/shop.yaml", named)
    if ref.startswith("-") or any(char <= " " or char == "\x7f" for char in ref):
        raise refused("{}: this is no name of a version", f"{_SCHEME}{ref}")
    return Revision(ref, path)


def is_folder(named: str) -> bool:
    """Whether a version in git is one of a folder, as far as its name tells: mappings end with `.yaml`."""
    return not revision_of(named).path.endswith(MAPPING_SUFFIXES)


def refused(text: str, *names: str) -> NoRevision:
    """The refusal, in one line, whatever is in the names."""
    return NoRevision(SafeText.known(text.format(*(_LINE_END.sub(" ", name) for name in names))))


@dataclass(slots=True)
class _Reader:
    """A process of git that gives contents, one after the other. owner: the process that may ask it."""

    owner: int
    git: subprocess.Popen[bytes]

    def content(self, file: GitFile) -> bytes | None:
        """The content of a file; None where git does not have it."""
        asked, told = self.git.stdin, self.git.stdout
        assert asked is not None
        assert told is not None
        try:
            asked.write(f"{file.sha}\n".encode("ascii"))
            asked.flush()
        except BrokenPipeError:
            return None
        head = told.readline().split()
        if len(head) != 3 or int(head[2]) != file.size:
            return None
        content = told.read(file.size)
        return content if told.read(1) == b"\n" else None

    def close(self) -> None:
        """End the process."""
        for pipe in (self.git.stdin, self.git.stdout):
            if pipe is not None:
                pipe.close()
        self.git.wait()


@dataclass
class GitTree:
    """A version of a repository, in a folder that goes at the end.

    ref: the version, as a person named it. folder: its real path; each file of the version is there by its
    name, and has its content once it was fetched. prefix: the folder of this process, in the repository.
    """

    ref: str
    folder: str
    prefix: str
    files: dict[str, GitFile]
    _late: dict[str, GitFile] = field(default_factory=dict)
    _reader: _Reader | None = None

    def path_of(self, written: str) -> str:
        """The path from the repository's root of one that a person wrote: `./` begins at this folder."""
        is_here = written in (".", "..") or written.startswith(("./", "../"))
        path = posixpath.normpath(posixpath.join(self.prefix, written) if is_here else written)
        if path.startswith(("/", "../")) or path == "..":
            raise refused("{} leads out of the repository; write a path from its root", written)
        return path

    def require(self, path: str) -> None:
        """Raise NoRevision where the version has no file of a path."""
        if path not in self.files:
            raise refused("{} has no file {}{}", self.ref, path, self._hint(path))

    def _hint(self, path: str) -> str:
        """The hint about the path that was most likely meant."""
        if f"{self.prefix}{path}" in self.files:
            return f"; write ./{path} for the one in this folder"
        near = closest(path, [name for name in self.files if not name.endswith(".json")])
        return f"; did you mean {near}?" if near else ""

    def fetch(self, path: str) -> None:
        """Read a file of the folder from git, unless that was done. Raises NoRevision."""
        real = os.path.realpath(path)
        file = self._late.get(real)
        if file is None:
            return
        content = self._content(file)
        if content is None:
            raise refused("git cannot read {}: fetch the whole version", os.path.relpath(real, self.folder))
        whole = f"{real}.{os.getpid()}"
        Path(whole).write_bytes(content)
        os.replace(whole, real)  # another process may be reading it
        del self._late[real]

    def _content(self, file: GitFile) -> bytes | None:
        if self._reader is None or self._reader.owner != os.getpid():
            command = git_command("cat-file", "--batch")
            pipe = subprocess.PIPE
            git = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=_env())
            self._reader = _Reader(os.getpid(), git)
        return self._reader.content(file)

    def place(self) -> None:
        """Put the names of all files into the folder, links last, so that nothing is written through one.

        A file that is too large for whatever reads it is as long as it need be, without its content.
        """
        for name, file in sorted(self.files.items(), key=lambda one: one[1].is_link):
            path = os.path.join(self.folder, *name.split("/"))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if file.is_link:
                content = self._content(file)
                if content is None:
                    raise refused("git cannot read {}: fetch the whole version", name)
                if content and b"\0" not in content:
                    os.symlink(os.fsdecode(content), path)
                continue
            with open(path, "wb") as made:
                if file.size > MOST_READ:
                    made.truncate(MOST_READ + 1)
                elif file.size:
                    self._late[path] = file

    def close(self) -> None:
        """End the process that gives contents."""
        if self._reader is not None and self._reader.owner == os.getpid():
            self._reader.close()


@contextmanager
def open_tree(ref: str) -> Iterator[GitTree]:
    """A version of the repository that this process is in. Raises NoRevision."""
    prefix = _asked("rev-parse", "--show-prefix")
    found = _git("rev-parse", "--verify", "--quiet", f"{ref}^{{tree}}")
    if found.returncode:
        hint = "run `git fetch`; in a GitHub Actions checkout, set fetch-depth: 0"
        raise refused("git has no version {}; {}", ref, hint)
    files = dict(_files(_git("ls-tree", "-r", "-l", "-z", "--full-tree", found.stdout.decode().strip())))
    with TemporaryDirectory(prefix="mapper-") as made:
        folder = os.path.realpath(made)
        os.mkdir(os.path.join(folder, ".git"))  # the root of a project
        tree = GitTree(ref, folder, prefix, files)
        try:
            tree.place()
            yield tree
        finally:
            tree.close()


def repository_root() -> str:
    """The folder of the repository that this process is in. Raises NoRevision."""
    return os.path.realpath(_asked("rev-parse", "--show-toplevel"))


def paths_changed_since(ref: str) -> frozenset[str]:
    """The paths of the files on disk that differ from a version, or that it does not have. Raises NoRevision.

    Files that git ignores are among them: samples often are.
    """
    root = repository_root()
    asked = (("diff", "--name-only", "--no-renames", "-z", ref, "--"), ("ls-files", "--others", "-z"))
    told = (_asked("-C", root, *arguments) for arguments in asked)
    return frozenset(name for one in told for name in one.split("\0") if name)


def _asked(*arguments: str) -> str:
    """The answer of git to a question about this folder. Raises NoRevision."""
    told = _git(*arguments)
    if told.returncode:
        raise refused("git: {}", _first_line(told.stderr) or "this folder is not in a repository")
    return os.fsdecode(told.stdout.rstrip(b"\r\n"))


def _files(listed: subprocess.CompletedProcess[bytes]) -> Iterable[tuple[str, GitFile]]:
    """The files of a tree, by their paths."""
    for line in listed.stdout.split(b"\0"):
        told, _, name = line.partition(b"\t")
        path = os.fsdecode(name)
        mode, kind, sha, size = (told.decode("ascii").split() + [""] * 4)[:4]
        is_small = size.isdigit() and (mode != _LINK or int(size) <= _LARGEST_LINK)
        names = path.split("/")
        is_inside = len(names) <= _DEEPEST and {"", ".", "..", ".git"}.isdisjoint(names)
        if kind == "blob" and is_small and is_inside:
            yield path, GitFile(sha, int(size), mode == _LINK)


def git_command(*arguments: str) -> list[str]:
    """The words of a call of git. Raises NoRevision where there is no git."""
    program = shutil.which("git")
    if program is None:
        raise NoRevision(SafeText("git is not installed, or not on the PATH"))
    return [program, *_SAFELY, "--no-pager", "--literal-pathspecs", *arguments]


def _env() -> dict[str, str]:
    return {**os.environ, **_SETTINGS}


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(git_command(*arguments), capture_output=True, check=False, env=_env())


def _first_line(said: bytes) -> str:
    """The reason that git gives."""
    line = said.decode("utf-8", "replace").partition("\n")[0]
    return line.removeprefix("fatal: ")[:_MOST_SHOWN]
