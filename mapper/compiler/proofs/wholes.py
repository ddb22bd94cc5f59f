"""A mapping with its sections planned -> what is wrong with them as wholes, and what could be better."""

from __future__ import annotations

from collections.abc import Sequence

from mapper.compiler.mapping import Mapping
from mapper.compiler.planning.draft import Draft, Scope
from mapper.compiler.planning.lets import PlannedLet, all_variables
from mapper.compiler.proofs.advice import advise
from mapper.compiler.proofs.dead import check_lets, check_needs
from mapper.compiler.proofs.denied import check_consent, check_stripped
from mapper.compiler.proofs.hashed import check_hashed
from mapper.compiler.proofs.host import check_host
from mapper.compiler.proofs.identity import check_identity
from mapper.compiler.proofs.lenient import check_lenient
from mapper.compiler.proofs.mistaken import Meant, check_mistaken
from mapper.compiler.proofs.overridden import check_overridden
from mapper.compiler.proofs.parts import check_parts
from mapper.compiler.proofs.reach import check_sections, check_values
from mapper.compiler.proofs.required import check_never_given, check_objects, check_required
from mapper.compiler.proofs.standing import places_in
from mapper.compiler.proofs.units import check_units
from mapper.compiler.target import Target
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
