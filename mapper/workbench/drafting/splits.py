"""Samples -> the list by which each source event is split: events in an envelope, or several orders."""

from __future__ import annotations

from collections import Counter

from mapper.workbench.drafting.guesses import Judge, choose, named_events
from mapper.workbench.drafting.likely_fields import Vocabulary
from mapper.workbench.drafting.products import are_products, choose_items
from mapper.workbench.drafting.seen_attributes import AttributePath, Samples, elements, elements_of

# A list holds events if so many of its elements have the name of one.
_FEWEST_NAMED = 0.3
_FEWEST_WITH_LIST = 0.5


def find_split(samples: Samples, judge: Judge) -> AttributePath | None:
    """The list whose elements are events by their names, or orders by their products and amounts; else None.

    Elements that sound like events are things, as a room with a `Lake view`, where the event itself has a
    name.
    Orders are no reason to split where the event has products outside of them: then they are parts of one, as
    deliveries are.
    """
    named = next((at for at in samples.lists if _holds_events(at, samples, judge.vocabulary)), None)
    if named is not None and not _have_names(samples, judge):
        return named
    ranks = {at: _order_rank(at, samples, judge) for at in samples.lists}
    orders = [at for at, rank in ranks.items() if rank]
    if not orders or any(are_products(at, samples, judge) for at in samples.lists if not ranks[at]):
        return None
    return max(orders, key=lambda at: (ranks[at], [-len(at)], at))


def _have_names(samples: Samples, judge: Judge) -> bool:
    """Whether the undivided events have names that are known."""
    names = named_events(samples, judge)
    return names is not None and any(meant is not None for meant in names[1].values())


def _holds_events(at: AttributePath, samples: Samples, vocabulary: Vocabulary) -> bool:
    """Whether most events have a list whose elements have names of events."""
    count = sum(bool(elements(event, at)) for event in samples.events)
    if count < _FEWEST_WITH_LIST * len(samples.events):
        return False
    for one in samples.attributes:
        if one.at != at or len(one.names) > 1:
            continue
        if "".join(vocabulary.split(one.names[0])) not in vocabulary.words["event_names"]:
            continue
        counts = Counter(name for name in one.values if isinstance(name, str))
        known = sum(times for name, times in counts.items() if vocabulary.meant_event(name) is not None)
        if known >= _FEWEST_NAMED * sum(len(elements(event, at)) for event in samples.events):
            return True
    return False


def _order_rank(at: AttributePath, samples: Samples, judge: Judge) -> int:
    """The evidence for orders in a list; 0 if they are none."""
    vocabulary = judge.vocabulary
    inside = elements_of(samples, at, vocabulary)
    fields = [
        field for role in ("order", "value", "currency") if (field := vocabulary.role(role)) is not None
    ]
    found = choose(inside, judge, fields)
    if not found or are_products(at, samples, judge, whole=True):
        return 0
    products = choose_items(inside, judge)
    return len(found) if products is not None and products.listed is not None else 0
