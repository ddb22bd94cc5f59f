"""Any text as a mapping: it ends with diagnostics or a program, and the program keeps its promise."""

from __future__ import annotations

from collections import Counter
from random import Random

from mapper import check_text
from mapper.authoring import Text
from mapper.compiler.syntax.language_keys import CONSENT, MAPPING, RULE, SECTION, TEST
from mapper.runtime.functions import FUNCTIONS
from mapper.texts.fixing import apply_fixes
from mapper.transforms import TRANSFORMS
from tests.compiler.test_mutated_mappings import check_text_of
from tests.fuzz.target import Target, bytes_of, text_of
from tests.generators.mutants import changed, corpus

_NAME = "fuzzed.yaml"
_LONGEST_MENDED = 4096


def _check(given: bytes) -> None:
    text = text_of(given)
    if not check_text_of(text) and len(text) <= _LONGEST_MENDED:
        _check_mended(text)


def _check_mended(text: str) -> None:
    """What is mended unasked brings no mistake that was not there, and is a text as any other."""
    repaired = apply_fixes({_NAME: Text(_NAME, text)}, lambda one: check_text(one.content, one.name))
    mended = repaired.texts[_NAME].content
    if mended != text:
        brought = _errors(mended) - _errors(text)
        assert not brought, f"mended, it has {next(iter(brought))}"
        check_text_of(mended)


def _errors(text: str) -> Counter[tuple[str, str]]:
    found = check_text(text, _NAME)
    return Counter((one.code, one.message) for one in found if one.severity == "error")


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
