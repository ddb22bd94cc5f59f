"""Attributes of samples -> the products of an event: where they are, and what of them fills which field."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product as combinations

from mapper.authoring import Json
from mapper.workbench.drafting.guesses import Judge, naming, number
from mapper.workbench.drafting.likely_fields import FEWEST, Fillable
from mapper.workbench.drafting.seen_attributes import Attribute, AttributePath, Samples, path_text, value_at

# An amount equals the sum of the products in this share of the events.
OF_SUMS = 0.8
_CENT = 0.011
_FEWEST_SUMS = 3
# So many attributes, and events, are tried to find amounts by their sums.
_MOST_AMOUNTS = 12
_MOST_SUMMED = 200


@dataclass(frozen=True, slots=True)
class Items:
    """The products of an event.

    listed: the list that holds them. single: the object that is itself a product. A source may have both, in
    different events. fields: by path, the attributes of a product that fill it.
    """

    listed: AttributePath | None
    single: AttributePath | None
    fields: dict[str, tuple[Attribute, ...]]


def choose_items(samples: Samples, judge: Judge) -> Items | None:
    """The place of an event's products, and the attribute of a product for each field."""
    fields = [one for one in judge.vocabulary.fields if one.in_list]
    rated = [(_list_score(at, samples, judge, fields), at) for at in samples.lists]
    rated = [(score, at) for score, at in rated if score]
    listed = max(rated, key=lambda one: (one[0], one[1]))[1] if rated else None
    found = {} if listed is None else _elements(listed, samples, judge, fields)
    if listed is not None:
        found = _with_ids(listed, _with_amounts(listed, found, samples, judge), samples, judge)
    single, alone = _single(samples, judge, fields)
    if single is None and listed is not None:
        single, alone = _alike(found, samples, judge)
    if listed is None and single is None:
        return None
    made = {
        path: tuple(one for one in (found.get(path), alone.get(path)) if one is not None)
        for path in dict.fromkeys([*found, *alone])
    }
    return Items(listed, single, made)


def are_products(at: AttributePath, samples: Samples, judge: Judge, *, whole: bool = False) -> bool:
    """Whether the elements of a list are products. whole: with a price and a quantity, as no order is."""
    fields = [one for one in judge.vocabulary.fields if one.in_list]
    if not whole:
        return _list_score(at, samples, judge, fields) > 0
    found = _elements(at, samples, judge, fields)
    return _has(found, judge, "price") and _has(found, judge, "quantity")


def _list_score(at: AttributePath, samples: Samples, judge: Judge, fields: Sequence[Fillable]) -> float:
    found = _elements(at, samples, judge, fields)
    if not (_has(found, judge, "item", "item_name") and _has(found, judge, "price", "quantity")):
        return 0.0
    known = judge.vocabulary.role("items")
    names = set() if known is None else known.names.keys()
    is_named = any("".join(judge.vocabulary.split(name)) in names for name in at[-2:])
    return len(found) + 2 * is_named


def _has(found: Collection[str], judge: Judge, *roles: str) -> bool:
    """Whether the field of at least one of the roles is found."""
    return any(judge.vocabulary.roles.get(role, "") in found for role in roles)


def _elements(
    at: AttributePath, samples: Samples, judge: Judge, fields: Sequence[Fillable]
) -> dict[str, Attribute]:
    """The attributes of the elements of a list that fill fields; each attribute fills at most one."""
    inside = [one for one in samples.attributes if one.at == at and one.values]
    return _assigned(inside, judge, fields, lambda one: naming(one, inside, judge), inside)


def _assigned(
    inside: Sequence[Attribute],
    judge: Judge,
    fields: Sequence[Fillable],
    names: Callable[[Attribute], AttributePath],
    beside: Sequence[Attribute] = (),
) -> dict[str, Attribute]:
    scored = [(judge.score(one, names(one), field, beside), one, field) for field in fields for one in inside]
    scored = [entry for entry in scored if entry[0] >= FEWEST]
    scored.sort(key=lambda entry: (-entry[0], entry[1].names, entry[2].path))
    found: dict[str, Attribute] = {}
    taken: set[AttributePath] = set()
    for _, attribute, field in scored:
        if field.path not in found and attribute.names not in taken:
            found[field.path] = attribute
            taken.add(attribute.names)
    return found


def _with_amounts(
    at: AttributePath, found: dict[str, Attribute], samples: Samples, judge: Judge
) -> dict[str, Attribute]:
    """The attributes of products with a price and a quantity whose sums are an amount of the event."""
    roles = judge.vocabulary.roles
    price, quantity = roles.get("price", ""), roles.get("quantity", "")
    if price in found and quantity in found:
        return found
    used = {one.names for one in found.values()}
    numeric = [one for one in _numeric(samples, at) if one.names not in used][:_MOST_AMOUNTS]
    amounts = [one for one in _numeric(samples, None) if one.distinct > 1][:_MOST_AMOUNTS]
    prices, quantities = ([found[path]] if path in found else numeric for path in (price, quantity))
    for one, count in combinations(prices, quantities):
        if one is count or not _are_counts(count):
            continue
        sums = dict(_sums(at, one, count, samples.events[:_MOST_SUMMED]))
        if any(agreement(total, sums, part) >= OF_SUMS for total in amounts for part in (1, 100)):
            return {**found, price: one, quantity: count}
    return found


def _numeric(samples: Samples, at: AttributePath | None) -> list[Attribute]:
    found = [one for one in samples.attributes if one.at == at and one.values and not one.is_personal]
    return [one for one in found if all(number(value) is not None for value in one.values[:_MOST_SUMMED])]


def _are_counts(attribute: Attribute) -> bool:
    """Whether the values are whole numbers, and not all 1."""
    values = {number(value) or 0.5 for value in attribute.values}
    return all(value.is_integer() for value in values) and values != {1.0}


def _sums(
    at: AttributePath, price: Attribute, quantity: Attribute, events: Sequence[Json]
) -> Iterator[tuple[int, float]]:
    """The number of each event whose products all have a price and a quantity, and the sum of these."""
    for place, event in enumerate(events):
        elements = value_at(event, at)
        if isinstance(elements, list) and elements:
            total = _sum_of([(value_at(one, price.names), value_at(one, quantity.names)) for one in elements])
            if total is not None:
                yield place, total


def _with_ids(
    at: AttributePath, found: dict[str, Attribute], samples: Samples, judge: Judge
) -> dict[str, Attribute]:
    """The attributes of products with the only text that is another one for each name of a product."""
    roles = judge.vocabulary.roles
    name, used = found.get(roles.get("item_name", "")), {one.names for one in found.values()}
    if roles.get("item", "") in found or name is None or "item" not in roles:
        return found
    beside = [one for one in samples.attributes if one.at == at and one.names not in used]
    ids = [one for one in beside if _are_ids_of(one, name)]
    return {**found, roles["item"]: ids[0]} if len(ids) == 1 else found


def _are_ids_of(attribute: Attribute, name: Attribute) -> bool:
    values = [value for value in attribute.values if isinstance(value, str) and " " not in value]
    if len(values) != len(name.values) or len(values) != len(attribute.values) or attribute.distinct < 2:
        return False
    pairs = {(value, str(named)) for value, named in zip(values, name.values, strict=True)}
    return len(pairs) == attribute.distinct == name.distinct < len(values)


def _alike(
    found: Mapping[str, Attribute], samples: Samples, judge: Judge
) -> tuple[AttributePath | None, dict[str, Attribute]]:
    """The object with the id and another attribute of a product, by the same names as in the list."""
    item = found.get(judge.vocabulary.roles.get("item", ""))
    if item is None:
        return None, {}
    outside = {one.names: one for one in samples.attributes if one.at is None and one.values}
    for names in outside:
        at = names[: -len(item.names)]
        alone = {path: outside.get((*at, *one.names)) for path, one in found.items()}
        there = {path: _below(one, at) for path, one in alone.items() if one is not None}
        if (*at, *item.names) == names and len(there) > 1 and at:
            return at, there
    return None, {}


def _single(
    samples: Samples, judge: Judge, fields: Sequence[Fillable]
) -> tuple[AttributePath | None, dict[str, Attribute]]:
    """For events about one product: the object that is it, and its attributes by the fields they fill."""
    outside = [one for one in samples.attributes if one.at is None and one.values]
    strict = [_outside_of_lists(one) for one in fields]
    best: tuple[int, AttributePath, dict[str, Attribute]] | None = None
    for at in sorted({one.names[:-1] for one in outside} | {one.names[:-2] for one in outside}):
        inside = [one for one in outside if one.names[: len(at)] == at and len(one.names) <= len(at) + 2]
        found = _assigned(inside, judge, strict, lambda one: naming(one, outside, judge))
        if _has(found, judge, "item") and _has(found, judge, "price", "quantity"):
            rank = (len(found), len(at))
            if best is None or rank > (best[0], len(best[1])):
                best = len(found), at, found
    if best is None:
        return None, {}
    _, at, found = best
    return at, {path: _below(one, at) for path, one in found.items()}


def _outside_of_lists(field: Fillable) -> Fillable:
    return replace(field, in_list=False)


def _below(attribute: Attribute, at: AttributePath) -> Attribute:
    """The attribute with its names relative to the object at `at`."""
    names = attribute.names[len(at) :]
    return Attribute(names, at, path_text(names), attribute.schema, attribute.values, attribute.events)


def amounts_of(items: Items | None, samples: Samples, judge: Judge) -> Iterator[tuple[int, float]]:
    """The number of each event whose products all have a price and a quantity, and the sum of these."""
    roles = judge.vocabulary.roles
    price, quantity = (
        items.fields.get(roles.get(one, "")) if items else None for one in ("price", "quantity")
    )
    if items is not None and items.listed is not None and price and quantity:
        yield from _sums(items.listed, price[0], quantity[0], samples.events)


def _sum_of(pairs: Iterable[tuple[Json, Json]]) -> float | None:
    """The sum of prices times quantities; None where one of them is no number."""
    numbers = [(number(price), number(quantity)) for price, quantity in pairs]
    if any(price is None or quantity is None for price, quantity in numbers):
        return None
    return sum((price or 0.0) * (quantity or 0.0) for price, quantity in numbers)


def agreement(attribute: Attribute, sums: Mapping[int, float], part: int) -> float:
    """The share of events in which an amount is `part` times the sum of the products; 0 of too few."""
    agree, of = agreements(attribute, sums, part)
    return agree / of if of >= _FEWEST_SUMS else 0.0


def agreements(attribute: Attribute, sums: Mapping[int, float], part: int) -> tuple[int, int]:
    """In how many events an amount is `part` times the sum of the products, and how many have both."""
    values = dict(zip(sorted(attribute.events), attribute.values, strict=False))
    pairs = [(number(values[place]), total) for place, total in sums.items() if place in values]
    agree = [abs((value or 0.0) - total * part) <= _CENT * part for value, total in pairs if total]
    return sum(agree), len(agree)
