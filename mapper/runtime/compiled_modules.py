"""The generated modules of programs, compiled: kept on disk, or passed on to another process."""

from __future__ import annotations

import marshal
import pickle
from dataclasses import dataclass, field, replace
from hashlib import sha256
from types import CodeType

from mapper.runtime.program import Program, compile_module, load

_PICKLED = 5


@dataclass(slots=True)
class CompiledModules:
    """held: the parts of each module, by the name of its file and a digest of its text."""

    held: dict[tuple[str, str], tuple[CodeType, ...]] = field(default_factory=dict)

    def compile_module(self, text: str, filename: str) -> tuple[CodeType, ...]:
        """The parts of a module: those that are held, or else compiled, and held from then on."""
        name = filename, sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        found = self.held.get(name)
        if found is None:
            found = self.held[name] = compile_module(text, filename)
        return found


def pack(program: Program) -> bytes:
    """A program for another process of the same Python and the same version of this package.

    `pickle` of a program is for another machine: there all of it is compiled again, which takes ten times as
    long.
    """
    modules = CompiledModules()
    code = replace(program.code, fast=program.fast_text, typed=program.typed_text)
    load(code, modules.compile_module).prepare()
    return marshal.dumps((pickle.dumps((code, program.look), _PICKLED), modules.held))


def unpack(content: bytes) -> Program:
    """A program of `pack`, which takes no time to get ready."""
    pickled, held = marshal.loads(content)
    code, look = pickle.loads(pickled)
    return replace(load(code, CompiledModules(held).compile_module).prepare(), look=look)
