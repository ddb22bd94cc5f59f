"""What stands behind the front door: files and texts -> diagnostics, programs, schemas, destinations.

The only place where the compiler and delivery meet, and where mappings and schemas are read from disk.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mapper.compiler.code import generate, generate_expression
from mapper.compiler.expression import parse_expression
from mapper.compiler.mapping import read_mapping
from mapper.compiler.plan import Plan, make_plan
from mapper.compiler.target import SchemaError, profiles
from mapper.compiler.target import validator as _validator
from mapper.compiler.trace import Table, tables, trace
from mapper.diagnostic import Diagnostic, has_errors, in_order
from mapper.runtime.program import Program, load, load_function
from mapper.text import Text, decode_text
from mapper.types import Json

if TYPE_CHECKING:
    from mapper.delivery.destination import Destination

# A longer file is refused by what reads YAML; so much of it is enough to see that.
_MOST_BYTES = 2**20
# Names of schemas: a few plain words between slashes, none of them `..`.
_SCHEMA_NAME = re.compile(r"(?:(?!\.\.?(?:/|$))[A-Za-z0-9._-]{1,64}/){0,4}(?!\.\.?$)[A-Za-z0-9._-]{1,64}")
_ROOT_MARKS = ("pyproject.toml", ".git", "schemas")
_OWN_SCHEMAS = (Path(__file__).parent / "_schemas", Path(__file__).parents[1] / "schemas")


class CompileError(Exception):
    """A mapping with errors; `diagnostics` says all that was found."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        errors = [found for found in diagnostics if found.severity == "error"]
        lines = [f"{found.span.place}: {found.code} {found.message}" for found in errors]
        super().__init__("\n".join(lines))


def compile_mapping(path: str | Path, *, schemas: str | Path | None = None) -> Program:
    """The program of a mapping file. Raises CompileError where it has errors, and OSError."""
    return _compile(read_text(path), _folders(schemas, path))


def compile_text(
    text: str, name: str = "<text>", *, schemas: str | Path | None = None, beside: str | Path | None = None
) -> Program:
    """The program of a mapping's text. Raises CompileError where it has errors."""
    return _compile(Text(name, text), _folders(schemas, beside))


def check_mapping(path: str | Path, *, schemas: str | Path | None = None) -> tuple[Diagnostic, ...]:
    """All that is wrong with a mapping file, or could be better, by place. Raises OSError."""
    return _check(read_text(path), _folders(schemas, path))[1]


def check_text(
    text: str, name: str = "<text>", *, schemas: str | Path | None = None, beside: str | Path | None = None
) -> tuple[Diagnostic, ...]:
    """All that is wrong with a mapping's text, or could be better, by place."""
    return _check(Text(name, text), _folders(schemas, beside))[1]


def explain_mapping(path: str | Path, *, schemas: str | Path | None = None) -> tuple[Table, ...]:
    """The table of each section of a mapping that sends. Raises CompileError and OSError."""
    return tables(_plan(read_text(path), _folders(schemas, path)))


def trace_event(
    path: str | Path, event: dict[str, Any], *, schemas: str | Path | None = None
) -> Table | None:
    """The table of the section that takes an event, with the value at each step; None where none sends it.

    Raises CompileError and OSError. Personal values stand in it as they are.
    """
    return trace(_plan(read_text(path), _folders(schemas, path)), event)


def compile_expression(text: str) -> Callable[[Json], Json]:
    """A JMESPath expression as a Python function of one value. Raises CompileError where it has errors."""
    found: list[Diagnostic] = []
    source = Text("<expression>", text)
    expression = parse_expression(text, source.span, found)
    if expression is not None:
        found += [
            Diagnostic("M028", source.span(start, end), f"no `let` defines `${name}`: it stands alone")
            for name, start, end in expression.variables
        ]
    if expression is None or has_errors(found):
        raise CompileError(tuple(found))
    return load_function(generate_expression(expression), text)


def read_schema(
    name: str, *, schemas: str | Path | None = None, beside: str | Path | None = None
) -> dict[str, Any]:
    """The schema of a name such as `shop/orders-v1`. Raises LookupError where there is none.

    schemas: the one folder to look in. beside: a mapping file, whose project's schemas come before our own.
    """
    schema = _find_schema(name, _folders(schemas, beside))
    if schema is None:
        known = ", ".join(schema_names(schemas=schemas, beside=beside))
        raise LookupError(f"there is no schema {name}; there are {known}")
    return schema


def schema_names(*, schemas: str | Path | None = None, beside: str | Path | None = None) -> list[str]:
    """The names of all schemas there are."""
    names = set()
    for folder in _folders(schemas, beside):
        for path in folder.rglob("*.json"):
            if not path.name.endswith(".mapping.schema.json"):
                names.add(path.relative_to(folder).with_suffix("").as_posix())
    return sorted(names)


def validator(
    name: str,
    profile: str | None = None,
    *,
    schemas: str | Path | None = None,
    beside: str | Path | None = None,
) -> Callable[[Json], list[tuple[str, str]]]:
    """A function that lists what a payload breaks of a target, as (path, message); [] if it is valid.

    Raises LookupError where there is no target or no profile of that name.
    """
    schema = read_schema(name, schemas=schemas, beside=beside)
    if profile is not None and profile not in profiles(schema):
        raise LookupError(f"{name} has no profile {profile}; it has {', '.join(profiles(schema)) or 'none'}")
    return _validator(schema, profile)


def destination(
    name: str, *, schemas: str | Path | None = None, beside: str | Path | None = None
) -> Destination:
    """The destination of a target. Raises LookupError where there is none of that name."""
    from mapper.delivery.destination import read

    return read(read_schema(name, schemas=schemas, beside=beside), compile_expression)


def read_text(path: str | Path) -> Text:
    """The text of a file, with the name a person gave it. Raises OSError; bytes that are not UTF-8 too."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(f"{path}: not a regular file")
    with open(path, "rb") as file:
        return decode_text(str(path), file.read(_MOST_BYTES))


def _compile(text: Text, folders: tuple[Path, ...]) -> Program:
    return load(generate(_plan(text, folders)))


def _plan(text: Text, folders: tuple[Path, ...]) -> Plan:
    plan, found = _check(text, folders)
    if plan is None or has_errors(found):
        raise CompileError(found)
    return plan


def _check(text: Text, folders: tuple[Path, ...]) -> tuple[Plan | None, tuple[Diagnostic, ...]]:
    found: list[Diagnostic] = []
    mapping = read_mapping(text, found)
    if mapping is None:
        return None, tuple(in_order(found))
    plan = make_plan(mapping, lambda name: _find_schema(name, folders), found)
    return plan, tuple(in_order(found))


def _folders(schemas: str | Path | None, mapping: str | Path | None) -> tuple[Path, ...]:
    """Where schemas are looked for, in order: where told, in the mapping's project, in our own."""
    if schemas is not None:
        return (Path(schemas),)
    folders = [] if mapping is None else [_root(Path(mapping).resolve().parent) / "schemas"]
    return tuple(folder for folder in (*folders, *_OWN_SCHEMAS) if folder.is_dir())


def _root(folder: Path) -> Path:
    """The nearest folder at or above one that looks like a project's root; else that folder itself."""
    for above in (folder, *folder.parents):
        if any((above / mark).exists() for mark in _ROOT_MARKS):
            return above
    return folder


def _find_schema(name: str, folders: tuple[Path, ...]) -> dict[str, Any] | None:
    if not _SCHEMA_NAME.fullmatch(name):
        return None
    for folder in folders:
        path = folder / f"{name}.json"
        if path.is_file():
            return _read_json(path, path.stat().st_mtime_ns)
    return None


@lru_cache(maxsize=64)
def _read_json(path: Path, modified: int) -> dict[str, Any]:
    """A schema file; `modified` keeps a changed one from being taken for the old one."""
    try:
        schema = json.loads(path.read_bytes())
    except ValueError as error:
        raise SchemaError(f"{path.name} is not JSON: {error}") from None
    if not isinstance(schema, dict):
        raise SchemaError(f"{path.name} is not a JSON object")
    return schema
