"""Attributes of samples -> the rule of the id by which a destination recognises an event that comes twice."""

from __future__ import annotations

from collections.abc import Mapping

from mapper.authoring import Json
from mapper.workbench.drafting.guesses import LOCAL, MOST_SOURCES, FieldChoice, Judge, is_of_another, number
from mapper.workbench.drafting.likely_fields import FEWEST, Fillable
from mapper.workbench.drafting.rule import DraftRule, asked, share_of
from mapper.workbench.drafting.seen_attributes import Attribute, AttributePath, Samples

# An id that is different in each of this many events is most likely the event's own, whatever it is called.
_ENOUGH_EVENTS = 30
_MOST_LIKELY = 3
_FEWEST_OF_KEYS = 0.3
_MOSTLY_DIFFERENT = 0.8
_CERTAIN = 0.9
# Values of these shapes are no ids of an event, even if each event has another one.
_NO_IDS = ("email", "phone", "ip", "url", "user_agent", "time", *LOCAL)
_SAME_ID = "all different; the tag must send the same id"


def key_rule(
    field: Fillable | None, chosen: Mapping[str, FieldChoice], samples: Samples, judge: Judge
) -> DraftRule:
    """The rule of the key; a question if no id is found. Each part of a source event gets its own."""
    order = chosen.get(judge.vocabulary.roles.get("order", ""))
    used = {one.names for choice in chosen.values() for one in choice.sources}
    own = _key_by_name(field, samples, judge)
    if own is not None and (samples.split is None or samples.is_inner(own)):
        is_unique, of = unique_in_all(own, samples), len(samples.events)
        said = "all different" if is_unique else f"{own.distinct} different in {of}"
        return DraftRule(own.text, said, (own,))
    if order is not None and unique_in_all(order.first, samples):
        return DraftRule(order.first.text, _SAME_ID, (order.first,))
    if samples.split is None:
        free = _only_free_id(samples, judge, used)
        return _question(samples, judge, used) if free is None else DraftRule(free.text, _SAME_ID, (free,))
    return _key_of_parts(field, None if order is None else order.first, samples, judge) or _question(
        samples, judge, used
    )


def _key_of_parts(
    field: Fillable | None, order: Attribute | None, samples: Samples, judge: Judge
) -> DraftRule | None:
    """The rule of the key of parts: the id of the part, then that of the event, for events without parts.

    Where parts have no id of their own, it is made of the event's and the place of the part.
    """
    own = order if order is not None and samples.is_inner(order) and _is_unique(order) else None
    own = own or own_id_of_parts(samples, judge)
    whole = samples.undivided
    around = _key_by_name(field, whole, judge) or _only_free_id(whole, judge, set())
    if around is not None and samples.is_inner(around):
        around = None
    if own is not None and len(own.events) == len(samples.events):
        return DraftRule(own.text, _SAME_ID, (own,))
    if own is not None and around is not None:
        value: Json = {"from": [own.text, around.text]}
        said = "the id of each part, else that of the event; the tag must send the same id"
        return DraftRule(value, said, (own, around))
    if own is None and around is not None:
        said = "the id of the event, and the place of each part"
        return DraftRule(f"fingerprint([{around.text}, $index])", said, (around,))
    return None


def own_id_of_parts(samples: Samples, judge: Judge) -> Attribute | None:
    """The only id that each element of the list that is split has, each another one."""
    found = [
        one
        for one in samples.attributes
        if one.at is None and len(one.names) == 1 and samples.is_inner(one) and _is_unique(one)
        if not one.is_personal and not any(one.share(shape) for shape in _NO_IDS)
        if all(isinstance(value, str) or (number(value) or 0.5).is_integer() for value in one.values)
    ]
    named = [one for one in found if named_as_keys(one, judge)]
    texts = [one for one in found if all(isinstance(value, str) for value in one.values)]
    return next((few[0] for few in (named, texts) if len(few) == 1), None)


def named_as_keys(attribute: Attribute, judge: Judge) -> bool:
    """Whether the last word of a name says an id, or the first, as in Romance languages."""
    words = judge.vocabulary.split(attribute.names[-1])
    return not judge.vocabulary.words["keys"].isdisjoint((*words[:1], *words[-1:]))


def _is_unique(attribute: Attribute) -> bool:
    return len(attribute.values) == attribute.distinct > 1


def unique_in_all(attribute: Attribute, samples: Samples) -> bool:
    """Whether every event has it, each with a different value."""
    return len(attribute.values) == len(samples.events) and attribute.distinct == len(samples.events)


def _key_by_name(field: Fillable | None, samples: Samples, judge: Judge) -> Attribute | None:
    """The attribute that identifies an event: by its name, or as the only one whose values are UUIDs."""
    if field is None:
        return None
    everywhere = [
        one for one in samples.attributes if one.at is None and len(one.values) == len(samples.events)
    ]
    outside = [one for one in everywhere if unique_in_all(one, samples)]
    named = [(judge.score(one, one.names, field), one) for one in everywhere]
    fewest = {True: FEWEST, False: _CERTAIN}
    likely = sorted(
        (pair for pair in named if pair[0] >= fewest[pair[1] in outside]), key=lambda pair: -pair[0]
    )
    if likely:
        return likely[0][1]
    root = next((one for one in outside if one.names in (("id",), ("_id",))), None)
    if root is not None:
        return root
    ids = [one for one in outside if one.share("uuid") == 1 and not is_of_another(one, judge)]
    return ids[0] if len(ids) == 1 else None


def _only_free_id(samples: Samples, judge: Judge, used: set[AttributePath]) -> Attribute | None:
    """The only id that is different in each event and fills no other field.

    None if there are fewer than 30 events: an id may be different in a few of them by chance.
    """
    free = [one for one in _own_ids(samples, judge) if one.names not in used]
    return free[0] if len(free) == 1 and len(samples.events) >= _ENOUGH_EVENTS else None


def _question(samples: Samples, judge: Judge, used: set[AttributePath]) -> DraftRule:
    own = _own_ids(samples, judge)
    free = [one for one in own if one.names not in used]
    others = [one for one in _likely_keys(samples, judge) if one not in own]
    likely = (*free, *(one for one in own if one not in free), *others)[:_MOST_LIKELY]
    said = [f"{one.text} ({'all different' if one in own else share_of((one,), samples)})" for one in likely]
    question = "what identifies an event?" if own else "no id differs in each event: what identifies it?"
    named = f" Likely: {', '.join(said)}" if said else ""
    return asked(question + named, *likely)


def _likely_keys(samples: Samples, judge: Judge) -> tuple[Attribute, ...]:
    """Ids that may identify an event, for the author to decide: most of their values are different."""
    words = judge.vocabulary.words["keys"]
    found = [
        one
        for one in samples.attributes
        if one.at is None and not one.is_personal and not is_of_another(one, judge)
        if len(one.events) >= _FEWEST_OF_KEYS * len(samples.events)
        if one.distinct >= _MOSTLY_DIFFERENT * len(one.values)
        if not words.isdisjoint(judge.vocabulary.split(one.names[-1])[-1:])
    ]
    return tuple(sorted(found, key=lambda one: (len(one.names), -len(one.events)))[:MOST_SOURCES])


def _own_ids(samples: Samples, judge: Judge) -> tuple[Attribute, ...]:
    """Ids that are different in each event, and whose names are not those of a person's or a visit's id."""
    found = [
        one
        for one in samples.attributes
        if one.at is None and unique_in_all(one, samples) and not is_of_another(one, judge)
        if not any(one.share(shape) for shape in _NO_IDS)
        if named_as_keys(one, judge)
    ]
    return tuple(sorted(found, key=lambda one: len(one.names)))
