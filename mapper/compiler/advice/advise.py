"""All advisers: what is found in a mapping, with hints and fixes."""

from __future__ import annotations

from mapper.compiler.advice import (  # noqa: F401  # each registers its advisers
    keys,
    misfits,
    missing_fields,
    mixed_keys,
    name_patterns,
    named_lists,
    names,
    normal_forms,
    paths,
    refused,
    removals,
    rewrite,
    shapes,
    steps,
    templates,
    text_patterns,
    yaml_hints,
)
from mapper.compiler.advice.registry import advise as advise
from mapper.compiler.advice.registry import advised_facts as advised_facts
