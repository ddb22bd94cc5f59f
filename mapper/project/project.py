"""Project: the folder a mapping belongs to, and what is read from it: schemas, and files to extend."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeAlias

from mapper.compiler.schema.authority import claims, under, with_tables
from mapper.compiler.schema.json_schema import SchemaError
from mapper.compiler.syntax.table_files import LARGEST_TABLE, TABLE_SUFFIXES
from mapper.project.file_patterns import MatchedFiles, matching_files
from mapper.project.folders import (
    MAPPING_SUFFIXES,
    SCHEMA_NAME,
    is_own_file,
    names_in,
    own_schema,
    own_schemas,
    scope_of,
    shown,
)
from mapper.project.schema_files import (
    LARGEST_SCHEMA,
    ReadSchema,
    claimed,
    given_schema,
    read_schema_file,
    schema_place,
)
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import NotUtf8, ReadFile, Span, Text, UnreadableFile, decode_text, digest_of
from mapper.values.safe_text import SafeError, SafeText

if TYPE_CHECKING:
    from mapper.compiler.schema.schema_words import SchemaRole

# A longer file is refused by what reads YAML; so much of it is enough to see that.
_MOST_BYTES = 2**20
READ_SUFFIXES = TABLE_SUFFIXES
"""The endings, in any case, of the files that an author edits beside a mapping, and that are watched."""
MOST_READ = max(LARGEST_TABLE, LARGEST_SCHEMA, _MOST_BYTES)
"""The most bytes of a file that are read; that there are as many, or more, is said of each kind."""
# So much of a project is looked through for a file that is not where a mapping says.
_MOST_FOLDERS = 50
_MOST_LOOKED_AT = 1_000
# The same one each time: what is made of tables is kept by their identity.
_NO_TABLES: dict[str, Any] = {}


def _is_there(path: str) -> None:
    """Nothing has to be done for a file that is on disk."""


SchemasGiven: TypeAlias = str | Path | Mapping[str, str] | None
"""Where schemas are: a folder, or all there are as texts in JSON by name; None: the project's and our own."""


@dataclass(frozen=True, slots=True)
class Project:
    """The place where a mapping finds the files that it names.

    root: no file outside of it is extended. folder: the mapping's own, as a person named it. Both are None
    where the mapping is no file. schema_folders: in order. allowed: the schema of a target that the operator
    vouches for. texts: of files as an editor has them, by their real paths; without a folder, by their paths
    from the mapping. samples: the schema of sample events, in place of those that the mapping names.
    schema_texts: of all schemas there are, by name, in JSON; then none is read from a file. read, matched:
    what was read of it so far, or looked for, and the patterns of files in the mapping. fetch: called with
    the path of each file before its content is read, so that it may come from elsewhere.
    """

    root: Path | None
    folder: Path | None
    schema_folders: tuple[Path, ...]
    allowed: Path | None = None
    texts: Mapping[str, str] = field(default_factory=dict, compare=False)
    samples: dict[str, Any] | None = field(default=None, compare=False)
    schema_texts: Mapping[str, str] | None = None
    read: list[ReadFile] = field(default_factory=list, compare=False)
    matched: list[MatchedFiles] = field(default_factory=list, compare=False)
    fetch: Callable[[str], None] = field(default=_is_there, compare=False)

    def schema(self, name: str) -> dict[str, Any] | None:
        """The schema of a name such as `shop/orders-v1`, or None. Raises SchemaError.

        Where another one of its name is vouched for, that one has the say over what only such a one may say.
        """
        if self.schema_texts is not None:
            return _given(name, self.schema_texts[name]) if name in self.schema_texts else None
        path = self._schema_file(name)
        if path is None:
            return None
        own, vouched = self._read_schema(path), self.vouched(name)
        if vouched is None or path.samefile(vouched):
            return own
        theirs = self._read_schema(vouched)
        found = claimed(own, theirs, path, self._whose(vouched))
        if found:
            raise SchemaError(f"{found[0].span.place}: {found[0].message}; {found[0].hint}", found)
        return under(own, theirs)

    def target(self, name: str) -> dict[str, Any] | None:
        """As `schema`, with the guard's tables that count: our own, and beside them what a target adds."""
        schema = self.schema(name)
        if schema is None:
            return None
        for ours in self._guarding():
            schema = with_tables(schema, ours.get("x-guard", _NO_TABLES))
        return schema

    def _guarding(self) -> list[dict[str, Any]]:
        """The schemas whose tables the guard goes by: our own; without files, all that were given."""
        if self.schema_texts is not None:
            return [_given(name, text) for name, text in self.schema_texts.items()]
        files = (own_schema(one) for one in names_in(own_schemas()))
        return [self._read_schema(file) for file in files if file is not None]

    def claims_of(self, name: str, own: dict[str, Any], text: Text) -> tuple[Diagnostic, ...]:
        """The claims of a schema's text that only the one of its name that is vouched for may make."""
        vouched = self.vouched(name)
        if vouched is None or (os.path.exists(text.name) and os.path.samefile(vouched, text.name)):
            return ()
        return claimed(own, self._read_schema(vouched), text, self._whose(vouched))

    def schema_mistakes(self, name: str, role: SchemaRole) -> tuple[Diagnostic, ...]:
        """All that is wrong with the schema of a name in a role; nothing for this package's own files.

        It is empty too where no file can be read, of which `schema` says why.
        """
        try:
            if self.schema_texts is not None:
                text = self.schema_texts.get(name)
                return (
                    () if text is None else given_schema(name, text).mistakes(_given_text(name, text), role)
                )
            path = self._schema_file(name)
            read = None if path is None else self._read_file(path)
            return () if path is None or read is None or read.is_own else read.mistakes(path, role)
        except SchemaError as error:
            return error.found

    def is_own(self, name: str) -> bool:
        """Whether the schema of a name is read from a file of this package; tests hold that it is right."""
        path = None
        with suppress(SchemaError):
            path = self._schema_file(name) if self.schema_texts is None else None
        return path is not None and is_own_file(path)

    def file_of(self, name: str) -> str:
        """The file that the schema of a name is read from, as a person here would write it.

        Raises SchemaError for a link out of the project.
        """
        file = self._schema_file(name)
        return "" if file is None else shown(file)

    def _schema_file(self, name: str) -> Path | None:
        if not SCHEMA_NAME.fullmatch(name):
            return None
        for folder in self.schema_folders:
            path = folder / f"{name}.json"
            if path.is_file():
                self._refuse_outside(path, folder)
                return path
            self.read.append(ReadFile(str(path), os.path.realpath(path), None))
        return None

    def _refuse_outside(self, path: Path, folder: Path) -> None:
        """Raise SchemaError for a link out of the project: what it leads to would be shown in messages.

        folder: that of the schema, which may lie anywhere only where the operator names it, or it is ours.
        """
        real = path.resolve()
        within = self.root if self.root is not None and folder == self.root / "schemas" else folder.resolve()
        if not real.is_relative_to(within):
            raise SchemaError(f"{shown(path)} is a link out of the project: copy the file, or name --schemas")

    def _read_file(self, path: Path) -> ReadSchema:
        self.fetch(str(path))
        read = read_schema_file(path, path.stat().st_mtime_ns)
        self.read.append(ReadFile(str(path), os.path.realpath(path), read.digest))
        return read

    def _read_schema(self, path: Path) -> dict[str, Any]:
        return self._read_file(path).sound(path)

    def claiming(self) -> Iterator[tuple[str, Path]]:
        """The schemas, and their files, that claim what only this package's of their name may say.

        Those that cannot be read are among them.
        """
        for name in self.schema_names():
            file, ours = self._schema_file(name), own_schema(name)
            if file is None or ours is None or file.samefile(ours):
                continue
            try:
                is_claiming = any(True for _ in claims(self._read_schema(file), self._read_schema(ours)))
            except SchemaError:
                is_claiming = True
            if is_claiming:
                yield name, file

    def vouched(self, name: str) -> Path | None:
        """The file of the schema of a name that has the say: the one the operator names, else our own."""
        if self.allowed is not None and f"/{self.allowed.absolute().as_posix()}".endswith(f"/{name}.json"):
            return self.allowed
        return own_schema(name)

    def _whose(self, vouched: Path) -> str:
        whose = "that --allow-target names" if vouched == self.allowed else "of this package"
        return f"the schema {whose}"

    def with_texts(self, texts: Mapping[str, str]) -> Project:
        """This project with these unsaved texts in place of those it had."""
        return replace(self, texts=_unsaved(texts, self.folder), read=[], matched=[])

    def mapping(self, path: str | Path) -> Text:
        """The text of the mapping. Raises OSError."""
        return self._text(str(path), path)

    def schema_names(self) -> list[str]:
        """The names of all schemas there are."""
        return sorted(self.schema_texts) if self.schema_texts is not None else names_in(self.schema_folders)

    def delivered_targets(self) -> tuple[list[str], list[SchemaError]]:
        """The names of the schemas that say how payloads are delivered, and why others cannot be read."""
        names, broken = [], []
        for name in self.schema_names():
            try:
                if "x-delivery" in (self.schema(name) or {}):
                    names.append(name)
            except SchemaError as error:
                broken.append(error)
        return names, broken

    def mapping_files(self) -> tuple[str, ...]:
        """The files that the mapping may extend, by their paths from it: unsaved ones, and those below."""
        if self.folder is None:
            return tuple(sorted(self.texts))
        saved = islice(_files_below(self.folder), _MOST_LOOKED_AT) if self.folder.is_dir() else ()
        own = os.path.realpath(self.folder)
        unsaved = (os.path.relpath(one, own) for one in self.texts)
        return tuple(sorted({*(one.relative_to(self.folder).as_posix() for one in saved), *unsaved}))

    def schema_span(self, name: str, keys: tuple[str | int, ...]) -> Span:
        """The characters of a key in the file of a schema that there is, by the keys that lead there."""
        if self.schema_texts is not None:
            return schema_place(_given_text(name, self.schema_texts[name]), keys)
        path = self._schema_file(name)
        assert path is not None
        return schema_place(path, keys)

    def base(self, written: str, beside: str | None) -> Text:
        """The text of a file that a mapping extends. Raises UnreadableFile.

        written: its path from the file it is written in. beside: that file's name, None for the mapping.
        """
        return self._file(written, beside, ("`extends`", "base/identity.yaml"))

    def table(self, written: str, beside: str | None) -> Text:
        """The text of the file of a table, as `base`. Raises UnreadableFile."""
        return self._file(written, beside, ("`tables`", "tables/categories.csv"), LARGEST_TABLE)

    def _file(self, written: str, beside: str | None, said: tuple[str, str], most: int = _MOST_BYTES) -> Text:
        """The text of a file. said: the key that names it, and a path as it could be. most: of its bytes."""
        if (self.root is None or self.folder is None) and not self.texts:
            raise UnreadableFile(f"a mapping without a file cannot use {said[0]}")
        _refuse_written(written, f"for example `{said[1]}`")
        own = self.folder or Path()
        name = os.path.normpath((own if beside is None else Path(beside).parent) / written)
        if self.root is None:
            if name not in self.texts:
                raise UnreadableFile(f"there is no file `{name}`", _nearest(written, self.texts))
            return Text(name, self.texts[name])
        unsaved = self.texts.get(os.path.realpath(name))
        if unsaved is not None and Path(name).resolve().is_relative_to(self.root):
            return Text(name, unsaved)
        with _said(written):
            try:
                return self._text(name, self._inside(Path(name), written), most)
            except FileNotFoundError:
                self.read.append(ReadFile(name, os.path.realpath(name), None))
                near = _near(written, name, self.root, own)
                raise UnreadableFile(f"there is no file `{name}`", near) from None

    def _inside(self, path: Path, written: str) -> Path:
        """The real path of a path. Raises UnreadableFile where that is outside the project, and OSError."""
        real, root = path.resolve(strict=True), self.root
        if root is None or not real.is_relative_to(root):
            raise UnreadableFile(f"`{written}` is outside the project `{root.name if root else ''}`")
        return real

    def matching(self, written: str, example: str = "events/*.json") -> list[str]:
        """The files that a pattern in the mapping names, in order, as a person here would write them.

        example: of what is meant, for a hint.

        Raises UnreadableFile where it leads out of the project, or names no file, or very many.
        """
        if self.root is None or self.folder is None:
            raise UnreadableFile("a mapping without a file cannot name other files")
        names = [name for name, _ in matching_files(written, self.folder, self.root, example)]
        self.matched.append(MatchedFiles(written, tuple(names)))
        return names

    def has(self, name: str) -> bool:
        """Whether there is a file beside one that `matching` gave."""
        is_there = Path(name).is_file()
        if not is_there:
            self.read.append(ReadFile(name, os.path.realpath(name), None))
        return is_there

    def bytes_of(self, name: str) -> bytes:
        """The bytes of a file that `matching` gave, or of one beside it.

        Raises UnreadableFile, and OSError.
        """
        path = self._inside(Path(name), name)
        self.fetch(str(path))
        content = read_bytes(path)
        self.read.append(ReadFile(name, os.path.realpath(path), digest_of(content)))
        return content

    def _text(self, name: str, path: str | Path, most: int = _MOST_BYTES) -> Text:
        self.fetch(str(path))
        content = read_bytes(path, most)
        self.read.append(ReadFile(name, os.path.realpath(path), digest_of(content)))
        return decode_text(name, content)


def _refuse_written(written: str, hint: str) -> None:
    if PurePosixPath(written).is_absolute() or "\\" in written or "\0" in written:
        raise UnreadableFile(f"`{written}` is not a path relative to this file", hint)


@contextmanager
def _said(written: str) -> Iterator[None]:
    """Say why a file cannot be read."""
    try:
        yield
    except RuntimeError:
        raise UnreadableFile(f"`{written}` is a link to itself") from None
    except OSError as error:
        reason = error.strerror.lower() if error.strerror else str(error.args[0]).rpartition(": ")[2]
        hint = "save it as UTF-8; a spreadsheet calls that CSV UTF-8" if isinstance(error, NotUtf8) else None
        raise UnreadableFile(f"`{written}` cannot be read: {reason}", hint) from None


def project_of(
    mapping: str | Path | None,
    schemas: SchemasGiven,
    allowed: str | Path | None = None,
    *,
    texts: Mapping[str, str] | None = None,
    samples: dict[str, Any] | None = None,
) -> Project:
    """The project of a mapping file, if it is one. schemas: the one folder to look for schemas in, or all
    schemas there are.

    allowed: the file of a target's schema that the operator vouches for. texts: of files, by path, that count
    in place of what is saved. samples: the schema of sample events.
    """
    folder = None if mapping is None else Path(mapping).parent
    vouched = None if allowed is None else Path(allowed)
    if isinstance(schemas, Mapping):
        root = None if mapping is None else scope_of(mapping, None).root
        unsaved = _unsaved(texts or {}, folder)
        return Project(root, folder, (), vouched, unsaved, samples, dict(schemas))
    scope = scope_of(mapping, schemas)
    return Project(scope.root, folder, scope.schemas, vouched, _unsaved(texts or {}, folder), samples)


def _unsaved(texts: Mapping[str, str], folder: Path | None) -> dict[str, str]:
    """Texts by the real paths of their files; without a folder, by their paths from the mapping."""
    called = os.path.normpath if folder is None else os.path.realpath
    return {called(path): text for path, text in texts.items()}


def read_text(path: str | Path) -> Text:
    """The text of a file, with the name a person gave it. Raises OSError; bytes that are not UTF-8 too."""
    return decode_text(str(path), read_bytes(path))


def read_bytes(path: str | Path, most: int = _MOST_BYTES) -> bytes:
    """The bytes of a regular file, as many as a mapping may have and one more. Raises OSError."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise SafeError(SafeText("{}: not a regular file", SafeText.known(str(path))))
    with open(path, "rb") as file:
        return file.read(most)


def _given(name: str, content: str) -> dict[str, Any]:
    return given_schema(name, content).sound(_given_text(name, content))


def _given_text(name: str, content: str) -> Text:
    return Text(f"{name}.json", content)


def _nearest(written: str, names: Iterable[str]) -> str | None:
    """The one of some files that was most likely meant."""
    near = closest(written, names)
    return f"did you mean `{near}`?" if near else None


def _near(written: str, name: str, root: Path, own: Path) -> str | None:
    """The file that was most likely meant, as it would be written: beside this path, else in the project."""
    folder = Path(name).parent
    for suffix in MAPPING_SUFFIXES:
        if Path(name + suffix).is_file():
            return f"did you mean `{written}{suffix}`?"
    files = (
        [one.name for one in folder.iterdir() if one.suffix in (*MAPPING_SUFFIXES, Path(name).suffix)]
        if folder.is_dir()
        else []
    )
    near = closest(Path(name).name, files)
    if near:
        return f"did you mean `{PurePosixPath(written).with_name(near)}`?"
    stem = PurePosixPath(written).stem
    kinds = {*MAPPING_SUFFIXES, Path(name).suffix}
    looked_at = islice(_files_below(own, kinds), _MOST_LOOKED_AT)
    below = [one for one in looked_at if one.stem == stem and one.resolve().is_relative_to(root)]
    exact = [one for one in below if one.suffix == Path(name).suffix] or below
    is_one = len(exact) == 1 or (exact and exact[0].suffix in MAPPING_SUFFIXES)
    return f"did you mean `{exact[0].relative_to(own).as_posix()}`?" if is_one else None


def _files_below(folder: Path, suffixes: Container[str] = MAPPING_SUFFIXES) -> Iterator[Path]:
    """The files of some kinds in the folders below one, outermost first; hidden folders are left out."""
    folders = [folder]
    for looked_at, at in enumerate(folders):
        if looked_at > _MOST_FOLDERS:
            return
        for one in sorted(at.iterdir()) if os.access(at, os.R_OK) else ():
            if one.is_dir() and not one.is_symlink() and not one.name.startswith("."):
                folders.append(one)
            elif one.suffix in suffixes:
                yield one
