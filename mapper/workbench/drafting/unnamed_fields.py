"""Attributes that fill a field by their values, or by what is beside them, whatever their names are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mapper.workbench.drafting.event_ids import named_as_keys, own_id_of_parts
from mapper.workbench.drafting.guesses import FieldChoice, Judge, likely_times, number
from mapper.workbench.drafting.likely_fields import FEWEST
from mapper.workbench.drafting.products import OF_SUMS, agreement
from mapper.workbench.drafting.seen_attributes import Attribute, AttributePath, Samples

_ENOUGH = 0.95


def choose_unnamed(
    chosen: dict[str, FieldChoice], sums: Mapping[int, float], samples: Samples, judge: Judge
) -> None:
    """Add to what is chosen by names. sums: the sum of the products, by the number of the event."""
    _choose_value(chosen, sums, samples, judge)
    _choose_time(chosen, samples, judge)
    _choose_order(chosen, samples, judge)
    _choose_customer(chosen, samples, judge)
    _choose_page(chosen, samples, judge)


def _used(chosen: Mapping[str, FieldChoice], but: str = "") -> set[AttributePath]:
    return {one.names for path, choice in chosen.items() if path != but for one in choice.sources}


def _choose_value(
    chosen: dict[str, FieldChoice], sums: Mapping[int, float], samples: Samples, judge: Judge
) -> None:
    """Prefer the amount that equals the sum of the products as the value."""
    path = judge.vocabulary.roles.get("value", "")
    if len(sums) < 3:
        return
    used = _used(chosen, path)
    refused = judge.vocabulary.role("value")
    for one in _by_likeness(samples, path, judge):
        words = {word for name in one.names for word in judge.vocabulary.split(name)}
        if one.names in used or refused is None or not words.isdisjoint(refused.refused):
            continue
        if any(agreement(one, sums, part) >= OF_SUMS for part in (1, 100)):
            chosen[path] = FieldChoice(path, (one,), 1.0)
            return


def _choose_time(chosen: dict[str, FieldChoice], samples: Samples, judge: Judge) -> None:
    """Take the only time that nearly all events have as the event's time, or of a part the part's own."""
    field = judge.vocabulary.field(judge.time)
    if field is None or judge.time in chosen:
        return
    times = likely_times(samples, judge, _used(chosen))
    exact = [one for one in times if one.share("time") + one.share("local_time") >= _ENOUGH]
    for found in ([one for one in exact if samples.is_inner(one)], exact, times):
        if len(found) == 1:
            chosen[judge.time] = FieldChoice(judge.time, (found[0],), FEWEST)
            return


def _choose_order(chosen: dict[str, FieldChoice], samples: Samples, judge: Judge) -> None:
    """Take the only id of the parts of an event as the order's, if they have a value."""
    path, value = (judge.vocabulary.roles.get(role, "") for role in ("order", "value"))
    if path in chosen or value not in chosen or not samples.is_inner(chosen[value].first):
        return
    own = own_id_of_parts(samples, judge)
    if own is not None:
        chosen[path] = FieldChoice(path, (own,), FEWEST)


def _choose_customer(chosen: dict[str, FieldChoice], samples: Samples, judge: Judge) -> None:
    """Take the only id in the object with the customer's email address, or around it, as the customer's."""
    roles = judge.vocabulary.roles
    path, email = roles.get("customer", ""), chosen.get(roles.get("email", ""))
    if path in chosen or email is None or judge.vocabulary.role("customer") is None:
        return
    used = _used(chosen)
    for size in (1, 2):
        at = email.first.names[:-size]
        beside = [one for one in samples.attributes if one.at is None and one.names[:-1] == at and one.values]
        ids = [one for one in beside if one.names not in used and _is_of_customer(one, judge)]
        if at and len(ids) == 1:
            chosen[path] = FieldChoice(path, (ids[0],), FEWEST)
        if ids:
            return


def _is_of_customer(attribute: Attribute, judge: Judge) -> bool:
    """Whether an attribute is an id that comes again, or is in a person's object, and is no order's."""
    vocabulary = judge.vocabulary
    customer, order = vocabulary.role("customer"), vocabulary.role("order")
    if customer is None or not named_as_keys(attribute, judge):
        return False
    if not customer.refused.isdisjoint(vocabulary.split(attribute.names[-1])):
        return False
    if order is not None and vocabulary.score(attribute.names, order) >= FEWEST:
        return False
    is_again = attribute.distinct < _ENOUGH * len(attribute.values)
    is_near = len(attribute.names) > 1 and vocabulary.is_about(attribute.names[-2:-1], "persons")
    return (is_again or is_near) and judge.takes(customer.path, attribute.values) >= _ENOUGH


def _choose_page(chosen: dict[str, FieldChoice], samples: Samples, judge: Judge) -> None:
    """Take the only URL that nearly all events have as the page."""
    page = judge.vocabulary.role("page")
    if page is None or page.path in chosen:
        return
    urls = [
        one
        for one in samples.attributes
        if one.at is None and one.share("url") >= _ENOUGH and not one.is_personal
        if len(one.events) >= _ENOUGH * len(samples.events) and one.names not in _used(chosen)
        if not any(page.refused.intersection(judge.vocabulary.split(name)) for name in one.names)
    ]
    if len(urls) == 1:
        chosen[page.path] = FieldChoice(page.path, (urls[0],), FEWEST)


def _by_likeness(samples: Samples, path: str, judge: Judge) -> Iterator[Attribute]:
    value = judge.vocabulary.field(path)
    outside = [one for one in samples.attributes if one.at is None and one.values]
    numeric = [one for one in outside if all(number(each) is not None for each in one.values)]
    scored = [(0.0 if value is None else judge.score(one, one.names, value), one) for one in numeric]
    yield from (one for _, one in sorted(scored, key=lambda pair: (-pair[0], pair[1].names)))
