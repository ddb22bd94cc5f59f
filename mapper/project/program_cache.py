"""Compiled programs kept on disk, by all that they were made of. Entries are code."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path

from mapper.project.cache_folder import CacheFolder, is_as_it_was
from mapper.runtime.compiled_modules import CompiledModules
from mapper.runtime.program import Code, Program, load
from mapper.texts.named_text import ReadFile

# An entry is the other files that were read, the values of the code, and its compiled modules.
_FORM = "mapper-program-1"


@dataclass(slots=True)
class Cache:
    """A folder of programs. say: is told in one line what was wrong with one; the run goes on without it.

    modules: those of the programs that are compiled meanwhile.
    """

    folder: Path
    say: Callable[[str], None]
    modules: CompiledModules = field(default_factory=CompiledModules)

    @property
    def _entries(self) -> CacheFolder:
        return CacheFolder(self.folder, _FORM, ".program", self.say)

    def find(self, mapping: str, scope: Iterable[str]) -> Program | None:
        """The program of a mapping file, if it was kept and would be the same again."""
        key = self._entries.key(mapping, scope)
        entry = None if key is None else self._entries.find(key)
        if entry is None:
            return None
        try:
            files, values, modules = marshal.loads(entry)
            if not all(is_as_it_was(ReadFile(*one)) for one in files):
                return None
            return load(Code(**values), CompiledModules(modules).compile_module)
        except Exception as error:
            self._entries.unusable(error)
            return None

    def keep(self, mapping: str, scope: Iterable[str], program: Program, read: Iterable[ReadFile]) -> bool:
        """Keep a program that was just compiled, and what was read for it; the mapping is read first.

        Whether it is kept now.
        """
        own, *others = read
        scope = tuple(scope)
        key = self._entries.key(mapping, scope, told=True)
        if key is None or own.digest is None or key != self._entries.key(mapping, scope, own.digest):
            return False
        files = [(one.path, one.real, one.digest) for one in others]
        values = {one.name: getattr(program.code, one.name) for one in fields(Code)}
        try:
            entry = marshal.dumps((files, values, self.modules.held))
        except ValueError as error:
            self.say(f"the cache is not written: {error}")
            return False
        return self._entries.keep(key, entry)
