"""A mapping with its sections planned -> what is wrong with them as wholes, and what could be better."""

from __future__ import annotations

from collections.abc import Sequence

from mapper.compiler.advice import advise
from mapper.compiler.dead import check_lets, check_needs
from mapper.compiler.denied import check_consent, check_stripped
from mapper.compiler.draft import Draft, Scope
from mapper.compiler.host import check_host
from mapper.compiler.identity import check_identity
from mapper.compiler.lets import PlannedLet, all_variables
from mapper.compiler.mapping import Mapping
from mapper.compiler.parts import check_parts
from mapper.compiler.reach import check_sections, check_values
from mapper.compiler.required import check_required
from mapper.compiler.target import Target
from mapper.compiler.units import check_units


def prove(mapping: Mapping, target: Target, scope: Scope, lets: Sequence[PlannedLet], draft: Draft) -> None:
    """Report what can be said only once every section that sends is planned."""
    check_required(target, draft)
    told = check_identity(target, draft)
    check_stripped(mapping.consent, target, draft)
    check_consent(mapping.consent, target, draft)
    check_sections(mapping, draft)
    check_values(mapping, scope, draft)
    check_needs(target, draft)
    values = {let.name: let.value for let in lets}
    read = all_variables(mapping)
    check_lets(mapping, read, draft)
    if "meta" in read:
        check_host(target, values, draft)
    if mapping.split is not None:
        check_parts(target, values, draft)
    check_units([sending.payload for sending in draft.sendings], values, draft)
    advise(mapping.consent, target, draft, told)
