"""Any text as a mapping: it ends with diagnostics or a program, and the program keeps its promise."""

from __future__ import annotations

from random import Random

from mapper.compiler.language.keys import CONSENT, MAPPING, RULE, SECTION, TEST
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms import TRANSFORMS
from tests.fuzz.target import Target, bytes_of, text_of
from tests.mutants import changed, corpus
from tests.test_mutated_mappings import check_text_of


def _check(given: bytes) -> None:
    check_text_of(text_of(given))


def _seeds() -> list[bytes]:
    return [text.encode() for text in corpus()]


def _changed(given: bytes, dice: Random) -> bytes:
    return bytes_of(changed(text_of(given), dice))


TARGET = Target(
    "yaml_text",
    _check,
    _seeds,
    _changed,
    longest=64 * 1024,
    words=(*MAPPING, *SECTION, *RULE, *CONSENT, *TEST, *TRANSFORMS, *FUNCTIONS),
)
