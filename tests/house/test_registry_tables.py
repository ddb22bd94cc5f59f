"""The facts of transforms and functions are beside their code: no other table may repeat them.

A table that names three or more of them is in the list below, with what it says that no registry can. The
list may only become shorter.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import get_args

import pytest

from mapper.runtime.functions import FUNCTIONS
from mapper.transforms.registry import TRANSFORMS
from mapper.values.types import Kind
from tests.house.sources import FILES, tree

_REGISTRIES = ("mapper/transforms/", "mapper/runtime/functions.py")
_FEWEST = 3
# A table of the kinds of JSON values is none of the transforms that are called as these are.
_KINDS = frozenset(get_args(Kind))
# Words that are names of transforms by chance: of attributes, keys, shapes of texts, modules of Python.
_OTHER_WORDS = {
    "mapper/compiler/checks/whole_objects.py:_TOGETHER",
    "mapper/compiler/emit/allow_list.py:_ATTRIBUTES",
    "mapper/compiler/inference/personal_names.py:_ASKING",
    "mapper/compiler/schema/sample_schema.py:_KEY_SHAPES",
    "mapper/compiler/schema/sample_schema.py:_OWN_SHAPES",
    "mapper/compiler/schema/schema_words.py:FORMATS",
    "mapper/compiler/schema/schema_words.py:PERSONAL_KINDS",
    "mapper/compiler/schema/text_shapes.py:TextShape",
    "mapper/compiler/schema/text_shapes.py:_WRITTEN",
    "mapper/compiler/syntax/language_keys.py:MAPPING",
    "mapper/compiler/syntax/language_keys.py:RULE",
    "mapper/intake/entry_keys.py:SIGN",
    "mapper/workbench/drafting/guesses.py:_BY_VALUES",
    "mapper/workbench/drafting/event_ids.py:_NO_IDS",
}
_LEFT = {
    "mapper/compiler/advice/other_languages/foreign_functions.py:_SAME": "functions of other languages",
    "mapper/compiler/checks/bare_words.py:_OF_TEXTS": "where a capitalised word is no attribute",
    "mapper/compiler/checks/personal_values.py:_OF_PERSONS": "forms of what is a person's by itself",
    "mapper/compiler/checks/sample_values.py:_FORMS": "shapes of texts that a form reads",
    "mapper/compiler/checks/sample_values.py:_HINTS": "hints by shape",
    "mapper/compiler/emit/fast/fast_forms.py:PLAIN_STEPS": "names of generated code",
    "mapper/compiler/jmespath/expression_facts.py:ONLY_FUNCTIONS": "functions of other languages",
    "mapper/compiler/jmespath/expression_facts.py:FUNCTIONS_TOO": "functions of other languages",
    "mapper/runtime/known_forms/__init__.py:QUICK": "names of code",
    "mapper/runtime/known_forms/__init__.py:QUICK_LISTS": "names of code",
    "mapper/workbench/importing/fql.py:_PATTERNS": "a language of another tool",
    "mapper/workbench/importing/fql.py:_FITS": "a language of another tool",
    "mapper/workbench/importing/liquid.py:_FILTERS": "a language of another tool",
}


def _tables() -> Iterator[str]:
    """The tables of the modules, each as `file:name`."""
    names = {*TRANSFORMS, *FUNCTIONS} - _KINDS
    for name in FILES:
        for node in () if name.startswith(_REGISTRIES) else tree(name).body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                texts = (one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant))
                if len({one for one in texts if isinstance(one, str)} & names) >= _FEWEST:
                    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                    yield f"{name}:{ast.unparse(target)}"


@pytest.fixture(scope="module")
def tables() -> set[str]:
    return set(_tables())


def test_no_further_table_repeats_what_a_registry_says(tables: set[str]) -> None:
    further = tables - _OTHER_WORDS - _LEFT.keys()
    assert not further, "say it beside the code (mapper/transforms/meaning.py), or add it here with a reason"


def test_the_list_holds_no_table_that_is_gone(tables: set[str]) -> None:
    assert (_OTHER_WORDS | _LEFT.keys()) <= tables
