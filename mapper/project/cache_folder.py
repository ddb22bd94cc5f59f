"""A folder of what was worked out of mapping files, found again by all that it was made of.

An entry is found by the mapping's text and name, the folders in which its names are looked up, and the
versions of Python and of this package; it holds as long as each other file that was read is what it was.
One is read only where nobody else can have written it: whoever can write there is this user already.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mapper.project.folders import project_root
from mapper.texts.named_text import ReadFile, digest_of

_DIGEST_BYTES = hashlib.sha256().digest_size
_LARGEST_FILE = 2**24
_LARGEST_ENTRY = 2**25
_MOST_BYTES = 2**26
_MOST_ENTRIES = 256
# An entry that was used is told by its time from one that was not, to so many seconds.
_USED_SECONDS = 86_400
_ABANDONED_SECONDS = 3_600
SWITCHED_OFF = "it is switched off"
# Neither what a mapping means nor what is wrong with it depends on these rooms.
_NO_PART = frozenset({"__pycache__", "cli", "workbench"})
# Whether this system tells who owns a file, and opens files by the folder that was looked at.
_OWNERS_ARE_KNOWN = (
    all(hasattr(os, name) for name in ("geteuid", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK"))
    and {os.open, os.stat, os.unlink} <= os.supports_dir_fd
)


@dataclass(frozen=True, slots=True)
class CacheFolder:
    """The entries of one kind in a folder. say: is told in one line what was wrong with one.

    form: names how an entry is written, which is part of its name; suffix: the ending of its file.
    """

    folder: Path
    form: str
    suffix: str
    say: Callable[[str], None]

    def key(
        self, mapping: str, scope: Iterable[str], digest: bytes | None = None, *, told: bool = False
    ) -> str | None:
        """The name of the entry of a mapping file; None where there can be none.

        digest: of the file, if it is known. told: the reason was said before.
        """
        why = refusal(self.folder, mapping)
        if why:
            if not told:
                self.say(f"the cache is not used: {why}")
            return None
        digest = file_digest(mapping) if digest is None else digest
        if digest is None:
            return None
        version = (self.form, sys.version, sys.implementation.cache_tag, sys.flags.optimize, _own_digest())
        parts = (*version, mapping, os.path.realpath(mapping), digest.hex(), *scope)
        return digest_of(repr(parts).encode("utf-8", "surrogateescape")).hex()

    def find(self, key: str) -> bytes | None:
        """The content of an entry; None where there is none that can be read."""
        try:
            with _opened(self.folder, make=False) as folder:
                return _read_entry(key + self.suffix, folder)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self.unusable(error)
            return None

    def unusable(self, error: Exception) -> None:
        """Say what is wrong with an entry: whatever it is, a mapping can be read without it."""
        self.say(f"the cache is not used: {_described(error)}")

    def keep(self, key: str, content: bytes) -> bool:
        """Keep an entry, if it is not too large; whether it is kept now."""
        if len(content) > _LARGEST_ENTRY:
            return False
        try:
            with _opened(self.folder, make=True) as folder:
                _write_entry(key + self.suffix, digest_of(content) + content, folder)
                _evict(folder, self.suffix, key + self.suffix)
        except (OSError, ValueError) as error:
            self.say(f"the cache is not written: {_described(error)}")
            return False
        return True


def refusal(folder: Path, mapping: str) -> str:
    """The reason that a folder is no place for entries, "" if there is none but who may write to it."""
    if not _OWNERS_ARE_KNOWN:
        return "this system does not tell who owns a file"
    real = Path(os.path.realpath(folder))
    for beside in (Path(os.path.realpath(mapping)).parent, Path.cwd()):
        root = project_root(beside)
        if root is not None and real.is_relative_to(root):
            return f"{folder} lies in the project {root}, where a proposed change may put code"
    return ""


def caching_folder(environment: Mapping[str, str]) -> Path | str:
    """The folder of this user's cache, or the reason that there is none."""
    if environment.get("MAPPER_NO_CACHE"):
        return SWITCHED_OFF
    try:
        return default_folder(environment)
    except RuntimeError:
        return "this user has no home folder"


def default_folder(environment: Mapping[str, str]) -> Path:
    """The folder of this user's cache, or the one that is named in `MAPPER_CACHE_DIR`.

    Raises RuntimeError where the user has no home, as in a container of an unknown one.
    """
    if named := environment.get("MAPPER_CACHE_DIR"):
        return Path(named)
    caches = environment.get("XDG_CACHE_HOME", "")
    return (Path(caches) if os.path.isabs(caches) else Path.home() / ".cache") / "mapper"


@lru_cache(maxsize=1)
def _own_digest() -> str:
    """A digest that tells this package's code from that of another version, or of a changed checkout."""
    told = hashlib.sha256()
    for path, size, modified in sorted(_own_files(os.path.dirname(os.path.dirname(__file__)))):
        told.update(f"{path}\0{size}\0{modified}\0".encode("utf-8", "surrogateescape"))
    return told.hexdigest()


def _own_files(folder: str) -> Iterator[tuple[str, int, int]]:
    for entry in os.scandir(folder):
        if entry.name in _NO_PART:
            continue
        if entry.is_dir():
            yield from _own_files(entry.path)
        else:
            found = entry.stat()
            yield entry.path, found.st_size, found.st_mtime_ns


def file_digest(path: str) -> bytes | None:
    """The digest of a regular file; None where there is none, or it is larger than any that is read."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None
        with open(path, "rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError:
        return None
    return digest_of(content) if len(content) <= _LARGEST_FILE else None


def is_as_it_was(file: ReadFile) -> bool:
    """Whether a path still leads to the same bytes, or still to no file; an unreadable one is a file."""
    if os.path.realpath(file.path) != file.real:
        return False
    found = file_digest(file.path)
    return found == file.digest and (found is not None or not os.path.isfile(file.path))


@contextmanager
def _opened(path: Path, *, make: bool) -> Iterator[int]:
    """A folder that only this user can write to; raises PermissionError for any other."""
    if make:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _refuse_foreign(os.fstat(folder), str(path))
        yield folder
    finally:
        os.close(folder)


def _refuse_foreign(found: os.stat_result, name: str) -> None:
    if found.st_uid != os.geteuid():
        raise PermissionError(f"{name} is owned by another user")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(f"{name} is writable by others")


def _read_entry(name: str, folder: int) -> bytes:
    """The content of an entry; raises ValueError where it is broken."""
    # Nothing but a file is waited for: a pipe of that name must not hold up the run.
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    with open(file, "rb") as opened:
        found = os.fstat(file)
        _refuse_foreign(found, name)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError(f"{name} is not a file")
        content = opened.read(_LARGEST_ENTRY + 1)
        if len(content) > _LARGEST_ENTRY or digest_of(content[_DIGEST_BYTES:]) != content[:_DIGEST_BYTES]:
            raise ValueError(f"{name} is corrupt")
        if time.time() - found.st_mtime > _USED_SECONDS:
            os.utime(file)
    return content[_DIGEST_BYTES:]


def _write_entry(name: str, content: bytes, folder: int) -> None:
    """Put an entry in place as a whole, whoever else does the same."""
    new = f"{name}.{os.getpid()}.{time.monotonic_ns():x}.new"
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    try:
        with open(file, "wb") as opened:
            opened.write(content)
        os.replace(new, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(new, dir_fd=folder)
        raise


def _evict(folder: int, suffix: str, kept: str) -> None:
    """Remove what was not used for longest where there is too much, and what a process left half written."""
    now, entries = time.time(), []
    for name in os.listdir(folder):
        with suppress(OSError):
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if name.endswith(".new") and now - found.st_mtime > _ABANDONED_SECONDS:
                os.unlink(name, dir_fd=folder)
            elif name.endswith(suffix) and name != kept:
                entries.append((found.st_mtime, found.st_size, name))
    room = _MOST_BYTES
    for number, (_, size, name) in enumerate(sorted(entries, reverse=True), 2):
        room -= size
        if room < 0 or number > _MOST_ENTRIES:
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)


def _described(error: Any) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text)
