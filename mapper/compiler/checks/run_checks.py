"""A mapping with its sections planned -> what is wrong with them as wholes, and what could be better."""

from __future__ import annotations

from collections.abc import Sequence

from mapper.compiler.checks.consent import check_consent, check_stripped
from mapper.compiler.checks.dead_rules import check_lets, check_needs
from mapper.compiler.checks.hashed import check_hashed
from mapper.compiler.checks.host import check_host
from mapper.compiler.checks.identity import check_identity
from mapper.compiler.checks.lenient import check_lenient
from mapper.compiler.checks.mistaken import Meant, check_mistaken
from mapper.compiler.checks.overridden import check_overridden
from mapper.compiler.checks.parts import check_parts
from mapper.compiler.checks.practice import advise
from mapper.compiler.checks.required import check_never_given, check_objects, check_required
from mapper.compiler.checks.sections import check_sections, check_values
from mapper.compiler.checks.units import check_units
from mapper.compiler.plan.expression_sites import places_in
from mapper.compiler.plan.lets import PlannedLet, all_variables
from mapper.compiler.plan.scope import Draft, Scope
from mapper.compiler.schema.target import Target
from mapper.compiler.syntax.mapping import Mapping
from mapper.diagnostic import has_errors


def prove(mapping: Mapping, target: Target, scope: Scope, lets: Sequence[PlannedLet], draft: Draft) -> None:
    """Report what can be said only once every section that sends is planned."""
    check_required(target, draft)
    check_never_given(target, draft)
    told = check_identity(target, draft)
    check_stripped(mapping.consent, target, draft)
    check_consent(mapping.consent, target, draft)
    check_sections(mapping, draft)
    check_values(mapping, scope, draft)
    check_overridden(mapping, draft)
    check_needs(target, draft)
    check_objects(draft)
    check_hashed(mapping, target, draft)
    values = {let.name: let.value for let in lets}
    read = all_variables(mapping)
    places = places_in(mapping)
    meant = Meant() if mapping.partial else check_mistaken(mapping, places, scope.at, draft)
    check_lets(mapping, read | meant.told, meant.alike, draft)
    if "meta" in read:
        check_host(target, values, draft)
    if mapping.split is not None:
        check_parts(target, values, draft)
    check_units([sending.payload for sending in draft.sendings], values, draft)
    if not scope.at.known and not has_errors(draft.found):
        check_lenient(places, [test.given for test in mapping.tests], draft)
    advise(mapping.consent, target, draft, told)
