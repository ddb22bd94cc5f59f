"""A file in JSON -> whether it is a schema that can be checked, and in which role it is used."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from mapper.compiler.schema.schema_words import WORDS, SchemaRole
from mapper.compiler.syntax.other_files import is_json_schema
from mapper.project.folders import scope_of, yaml_files
from mapper.texts.named_text import Text

_SUFFIX, _OF_EDITORS = ".json", ".mapping.schema.json"
_OF_TARGETS = frozenset(word.name for word in WORDS.values() if word.roles == ("target",))
# So many mappings of a project are looked at, and so many bytes of each: what names a schema is near its top.
_MOST_MAPPINGS = 500
_MOST_BYTES = 2**16
_NAMES = re.compile(
    rb"^(target|source)[ \t]*:(?:[ \t]*\{|[ \t\r\n]+)?[ \t]*(?:schema[ \t]*:)?[ \t]*[\"']?([\w./-]+)",
    re.MULTILINE,
)


def is_schema_file(text: Text, schemas: str | None = None) -> bool:
    """Whether a text is a schema: by a folder of schemas that its file is in, else by what it says.

    schemas: the one folder of schemas, as `scope_of` takes it. A file of events elsewhere is none, and no
    line of it is shown.
    """
    if not text.name.endswith(_SUFFIX) or text.name.endswith(_OF_EDITORS):
        return False
    if schema_name(text.name, scope_of(text.name, schemas).schemas) is not None:
        return True
    try:
        return is_json_schema(json.loads(text.content))
    except (ValueError, RecursionError):
        return False


def schema_name(file: str, folders: Iterable[Path]) -> str | None:
    """The name by which mappings use a schema file in some folders; None where it is in none of them."""
    real = Path(os.path.realpath(file))
    for folder in folders:
        within = Path(os.path.realpath(folder))
        if real.is_relative_to(within):
            return real.relative_to(within).with_suffix("").as_posix()
    return None


def role_of(schema: dict[str, Any], name: str | None, root: Path | None) -> SchemaRole:
    """The role in which the mappings of a project use a schema; if none does, or both, that of its words."""
    used = {role for role, named in _named_in(root) if named == name} if name and root else set()
    if len(used) == 1:
        return "target" if "target" in used else "source"
    return "target" if is_like_target(schema) else "source"


def _named_in(root: Path) -> Iterator[tuple[str, str]]:
    """The schemas that the mappings below a folder name, each as (`target` or `source`, its name)."""
    for path in islice(yaml_files(root), _MOST_MAPPINGS):
        try:
            with open(path, "rb") as file:
                start = file.read(_MOST_BYTES)
        except OSError:
            continue
        for found in _NAMES.finditer(start):
            yield found[1].decode(), found[2].decode()


def is_like_target(part: Any) -> bool:
    """Whether a schema has a word of targets, at any depth."""
    waiting = [part]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict) and not _OF_TARGETS.isdisjoint(one):
            return True
        waiting += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return False
