"""All advisers: what is found in a mapping, with hints and fixes."""

from __future__ import annotations

from mapper.compiler.advice import (
    keys,
    mixed_keys,
    names,
    normal_forms,
    paths,
    patterns,
    refused,
    removals,
    rewrite,
    shapes,
    steps,
    types,
    yaml_hints,
)
from mapper.compiler.advice.registry import advise, advised_facts

__all__ = [
    "advise",
    "advised_facts",
    "keys",
    "mixed_keys",
    "names",
    "normal_forms",
    "paths",
    "patterns",
    "refused",
    "removals",
    "rewrite",
    "shapes",
    "steps",
    "types",
    "yaml_hints",
]
