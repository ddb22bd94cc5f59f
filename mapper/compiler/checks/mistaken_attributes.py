"""Attributes that go into a field as they are -> warnings where their name says that they are something else.

A name is only a hint: any step or function that makes another value of one silences it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mapper.compiler.checks.check_facts import SwappedValues
from mapper.compiler.checks.check_registry import WITHOUT_ERRORS, CheckCase, check, fact
from mapper.compiler.inference.personal_origins import sources_of
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.expression_facts import Instead
from mapper.compiler.jmespath.lineage import PathRead
from mapper.compiler.jmespath.origin import WHOLE_EVENT, Path
from mapper.compiler.jmespath.refusal import InPlace, coded
from mapper.compiler.jmespath.tree import Literal
from mapper.compiler.plan.scope import Site
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.schema.other_attributes import OtherAttributes
from mapper.compiler.schema.target import TargetField
from mapper.compiler.syntax.syntax_facts import MeantName
from mapper.compiler.yaml.nodes import ScalarNode
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.transforms.meaning import Meaning
from mapper.values.frozen import dataclass
from mapper.values.types import Json

# Digests that are not SHA-256, as names end or begin with them.
_DIGESTS = re.compile(r"(?:^|[^a-z])(md5|sha1|sha512|sha384|sha224|crc32)(?:$|[^a-z0-9])|(md5|sha1|sha512)$")
# Of a number that is complete, or of which a digest is made.
_COMPLETE = re.compile("sha|hash|e164|digest|md5|international")
_OTHER_ATTRIBUTE = "read another attribute"
_PLACE = re.compile(r"[\w$.\"-]+")


@dataclass(frozen=True, slots=True)
class PlainRead:
    """An attribute whose value goes into a field as it is, but for what the field makes of it.

    field: the field, of a list the list itself. path: in the source event. kept: what is left of it.
    """

    field: TargetField
    path: Path
    read: PathRead
    expression: Expression
    site: Site
    kept: frozenset[Meaning]

    @property
    def span(self) -> Span:
        """The span where the attribute is read."""
        return self.expression.locate(self.read.start, self.read.end)

    @property
    def written(self) -> str:
        """The text that reads the attribute."""
        return self.expression.text[self.read.start : self.read.end]

    def made(self, call: str) -> Instead | None:
        """The fact that it may be meant in a call."""
        if not _PLACE.fullmatch(self.written):
            return None
        return Instead(self.expression, (InPlace(self.read.start, self.read.end, call),))


@fact
def plain_reads(case: CheckCase) -> list[PlainRead]:
    """The attributes that fields read and send as what their names say."""
    found: list[PlainRead] = []
    for expression, site in case.record.sent:
        field = None if site.target is None else case.target.find(site.target.path.removesuffix("[]"))
        if field is None or field.is_object:
            continue
        for origin, read in sources_of(expression, site.scope.origins, case.plan.labels, site.tail):
            if "kind" in origin.kept:
                found.append(PlainRead(field, origin.path, read, expression, site, origin.kept))
    return found


@check("M453")
def attributes_of_other_fields(case: CheckCase) -> Iterator[Diagnostic]:
    """Attributes that by their names are what another field takes, or nothing that this one does."""
    mistaken = [(one, other) for one in plain_reads(case) if (other := next(_others(one), None))]
    by_field = {one.field.path: one for one, _ in mistaken}
    for one, other in mistaken:
        swapped = by_field.get(other.field)
        if swapped is not None and any(back.field == one.field.path for back in _others(swapped)):
            yield _swapped(one, swapped, other)
        else:
            yield _mistaken(one, other)
    told = [one.span for one, _ in mistaken]
    for expression, site in case.record.sent:
        for found in _names_in_texts(expression, site, case):
            if not any(map(found.span.overlaps, told)):
                yield found


def _others(one: PlainRead) -> Iterator[OtherAttributes]:
    """The meanings of an attribute by its name, among those that the field does not take."""
    last = letters_of("".join(one.path[-1:]))
    names = {last, letters_of("".join(one.path[-2:]))}
    others = [other for other in one.field.not_from if not other.names.isdisjoint(names)]
    if last and others and names.isdisjoint(map(letters_of, one.field.attributes)):
        yield from others


def _says(one: PlainRead, other: OtherAttributes) -> str:
    return f"`{one.field.path}` is read from `{'.'.join(one.path)}`, which by its name is {other.title}"


def _swapped(one: PlainRead, partner: PlainRead, other: OtherAttributes) -> Diagnostic:
    hint = f"swap the two: `{partner.field.path}` is read from {coded(partner.written)}"
    fact = SwappedValues(*sorted((one.span, partner.span), key=lambda span: span.start))
    return Diagnostic("M453", one.span, _says(one, other), hint, path=one.field.path, facts=fact)


def _mistaken(one: PlainRead, other: OtherAttributes) -> Diagnostic:
    path, message = one.field.path, _says(one, other)
    if other.write and (facts := one.made(call := other.write.replace("{}", one.written))):
        return Diagnostic("M453", one.span, message, f"write {coded(call)}", path=path, facts=facts)
    if not other.field and one.field.attributes and not other.write:
        name = one.field.attributes[0]
        last = Span(one.span.text, one.span.end - len(one.path[-1]), one.span.end)
        is_plain = last.text.content[last.start : last.end] == one.path[-1]
        fact = MeantName(last, name) if is_plain else None
        return Diagnostic("M453", one.span, message, f"read `{name}`", path=path, facts=fact)
    named = " or ".join(f"`{name}`" for name in one.field.attributes[:2])
    hint = f"read the attribute that holds it, such as {named}" if named else _OTHER_ATTRIBUTE
    return Diagnostic("M453", one.span, message, hint, path=path)


def _names_in_texts(expression: Expression, site: Site, case: CheckCase) -> Iterator[Diagnostic]:
    """Names of such attributes in the texts of an expression and in the arguments of its steps."""
    field = None if site.target is None else case.target.find(site.target.path.removesuffix("[]"))
    others = () if field is None else [one for one in field.not_from if not one.field and not one.write]
    if field is None or not others:
        return
    texts = [
        (node.value, expression.locate(node.start + 1, node.end - 1))
        for node in expression.walk()
        if isinstance(node, Literal) and isinstance(node.value, str)
    ]
    nodes = (one for step in site.tail for one in step.nodes)
    texts += [(one.text, one.span) for one in nodes if isinstance(one, ScalarNode)]
    for written, span in texts:
        other = next((one for one in others if letters_of(written) in one.names), None)
        if other is not None and written in span.text.content[span.start : span.end]:
            name = next(iter(field.attributes), None)
            message = f"`{field.path}` is read from `{written}`, which by its name is {other.title}"
            hint, fact = (f"read `{name}`", MeantName(span, name)) if name else (_OTHER_ATTRIBUTE, None)
            yield Diagnostic("M453", span, message, hint, path=field.path, facts=fact)


@check("M454")
def digests_of_other_kinds(case: CheckCase) -> Iterator[Diagnostic]:
    """Attributes that by their names hold an MD5 or SHA-1 digest, in a field that takes SHA-256."""
    for one in plain_reads(case):
        steps = {step.transform for step in (one.field.item or one.field).form}
        named = _DIGESTS.search(_snake(one.path[-1])) if one.path and "sha256" in steps else None
        if named is not None:
            digest = named[1] or named[2]
            kind = {"md5": "MD5", "crc32": "CRC-32"}.get(digest, digest.replace("sha", "SHA-"))
            read = coded(one.written)
            message = f"`{one.field.path}` takes SHA-256, but {read} looks like a digest by {kind}"
            hint = "read the value itself, which is hashed here, or its SHA-256 digest"
            yield Diagnostic("M454", one.span, message, hint, path=one.field.path)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@check("M907", needs=("whole",), yields_to=WITHOUT_ERRORS)
def phones_without_a_country(case: CheckCase) -> Iterator[Diagnostic]:
    """Phone numbers that are not completed by the country that the mapping reads as well."""
    country = _country(case)
    if country is None:
        return
    for one in plain_reads(case):
        form = {step.transform for step in (one.field.item or one.field).form}
        if (
            "phone" not in form
            or "text" not in one.kept
            or not one.path
            or _COMPLETE.search(one.path[-1].lower())
        ):
            continue
        if _is_complete_in_tests(one.path, case):
            continue
        message = f"{coded(one.written)} may lack its country code, and the mapping reads a country"
        place = (
            country
            if one.site.scope.origins == WHOLE_EVENT or country.startswith("$")
            else f"$event.{country}"
        )
        call = f"phone({one.written}, {place})"
        facts = one.made(call) if country else None
        hint = f"write {coded(call)}" if facts else "complete it: `apply: {phone: {country: $country}}`"
        yield Diagnostic("M907", one.span, message, hint, path=one.field.path, facts=facts)


def _is_complete_in_tests(path: Path, case: CheckCase) -> bool:
    """Whether the events under `tests` have numbers at a path, all with their country codes."""
    numbers = [_value_at(test.given, path) for test in case.mapping.tests]
    written = [one.strip() for one in numbers if isinstance(one, str) and one.strip()]
    return bool(written) and all(one.startswith(("+", "00")) for one in written)


def _value_at(event: Json, path: Path) -> Json:
    for name in path:
        event = event.get(name) if isinstance(event, dict) else None
    return event


def _country(case: CheckCase) -> str | None:
    """The text that reads the country, "" where that takes more than a path; None where it is not read."""
    found = None
    for expression, site in case.record.sent:
        target = site.target
        if target is None or "country" not in {step.transform for step in (target.item or target).form}:
            continue
        is_path = not site.tail and _PLACE.fullmatch(expression.text.strip()) is not None
        is_path = is_path and site.scope.origins == WHOLE_EVENT and "[" not in expression.text
        found = found or (expression.text.strip() if is_path else "")
    return found
