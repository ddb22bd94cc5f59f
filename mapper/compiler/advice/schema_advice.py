"""A mistake in a schema -> the fix that writes the word or value that is meant."""

from __future__ import annotations

from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.schema.schema_facts import MeantJson
from mapper.texts.diagnostic import Diagnostic, Edit, Fix

_QUOTE = '"'


@advises(MeantJson)
def _meant(fact: MeantJson, _: Diagnostic) -> Hint:
    title = f"Write `{fact.text.strip(_QUOTE)}`"
    return Hint(fixes=(Fix(title, (Edit(fact.span, fact.text),), safe=False),))
