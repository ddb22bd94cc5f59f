"""All advisers: what is found in a mapping, with hints and fixes."""

from __future__ import annotations

from mapper.compiler.advice import (  # noqa: F401  # each registers its advisers
    key_advice,
    misfits,
    missing_fields,
    mixed_key_advice,
    name_patterns,
    named_lists,
    near_names,
    normal_forms,
    path_advice,
    refused,
    removals,
    rewrite,
    schema_advice,
    shape_advice,
    step_advice,
    template_advice,
    text_patterns,
    yaml_hints,
)
from mapper.compiler.advice.advisers import advise as advise
from mapper.compiler.advice.advisers import advised_facts as advised_facts
