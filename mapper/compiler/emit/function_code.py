"""Text of a generated module -> its code, where each function is compiled alone and kept."""

from __future__ import annotations

from functools import lru_cache
from types import CodeType

from mapper.compiler.emit.module import parts_of

# A large mapping has some hundred functions, and each of its sections is looked into besides.
_MOST_KEPT = 4096
_LINES_BETWEEN = 3


def compile_functions(text: str, filename: str) -> tuple[CodeType, ...]:
    """The code of a module, as `runtime.program.compile_module` gives it, in a part for each function.

    An author asks again at each key, and most functions are then as they were: to compile all of them
    takes longer than all else that is done to load a program.
    """
    found, line = [], 0
    for part in parts_of(text):
        found.append(_compiled(part, filename, line))
        line += part.count("\n") + _LINES_BETWEEN
    return tuple(found)


@lru_cache(maxsize=_MOST_KEPT)
def _compiled(part: str, filename: str, line: int) -> CodeType:
    """The code of a part that has so many lines before it."""
    return compile("\n" * line + part, filename, "exec")
