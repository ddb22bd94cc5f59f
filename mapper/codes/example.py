"""Example: a mapping that one code is found in, and the same mapping fixed. Reads examples/CODE.yaml.

A file holds the wrong mapping, a line `---`, and the right one. A line `--- NAME` begins one more file, which
is beside both: what they extend.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent / "examples"
_BESIDE = re.compile(r"^--- (\S+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MappingExample:
    """The texts of two whole mappings; `beside` are the files they name, as (path, text)."""

    wrong: str
    right: str
    beside: tuple[tuple[str, str], ...] = ()


def example(code: str) -> MappingExample:
    """The example of a code. Raises LookupError where there is none."""
    path = _FOLDER / f"{code}.yaml"
    if not path.is_file():
        raise LookupError(f"{code} has no example")
    mappings, *others = _BESIDE.split(path.read_bytes().decode("utf-8"))
    # The last one: what is wrong may be a second document.
    wrong, _, right = mappings.rpartition("\n---\n")
    return MappingExample(f"{wrong}\n", right, tuple(zip(others[::2], others[1::2], strict=True)))


def difference(shown: MappingExample) -> str:
    """The lines that differ: `-` before those of the wrong mapping, `+` before those of the right one."""
    from difflib import unified_diff  # here, since most calls show no example

    _, _, *lines = unified_diff(shown.wrong.splitlines(), shown.right.splitlines(), n=0, lineterm="")
    return "".join(f"{line}\n" for line in lines if not line.startswith("@@"))
