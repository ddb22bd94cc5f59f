"""Questions about a word of the language, beside the schemas of a folder."""

from __future__ import annotations

from pathlib import Path

from mapper.compiler.editor.word_meanings import WordMeaning, known_words, word_meanings
from mapper.compiler.schema.target import Target, read_target
from mapper.compiling import delivered_targets, read_schema
from mapper.texts.diagnostic import closest


def explain_word(
    word: str, *, schemas: str | Path | None = None, beside: str | Path | None = None
) -> tuple[tuple[WordMeaning, ...], str]:
    """All that a word means: a transform, function, key, variable or field of a target.

    And the word that was most likely meant by one that means nothing, or "".
    """
    targets = _targets(schemas, beside)
    found = word_meanings(word, targets)
    return found, "" if found else closest(word, known_words(targets)) or ""


def explainable_words(*, schemas: str | Path | None = None, beside: str | Path | None = None) -> list[str]:
    """All words that `explain_word` explains."""
    return known_words(_targets(schemas, beside))


def _targets(schemas: str | Path | None, beside: str | Path | None) -> list[Target]:
    names, _ = delivered_targets(schemas=schemas, beside=beside)
    return [read_target(one, read_schema(one, schemas=schemas, beside=beside)) for one in names]
