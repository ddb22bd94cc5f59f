"""All advisers: what is found in a mapping, with hints and fixes."""

from __future__ import annotations

from mapper.compiler.advice import (
    keys,
    mixed_keys,
    names,
    normal_forms,
    refused,
    rewrite,
    shapes,
    steps,
    types,
)
from mapper.compiler.advice.registry import advise

__all__ = [
    "advise",
    "keys",
    "mixed_keys",
    "names",
    "normal_forms",
    "refused",
    "rewrite",
    "shapes",
    "steps",
    "types",
]
