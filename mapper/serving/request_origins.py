"""A request -> what names it, and its sender's delivery, in the place of each of its events."""

from __future__ import annotations

from mapper.delivery.batch import Parcel, with_sealed
from mapper.intake.entry import Entry
from mapper.intake.request import HttpRequest

_LONGEST_NAME = 64
"""The most characters that are kept of a sender's name of a delivery."""


def origin_of(entry: Entry, request: HttpRequest, now: float, number: int) -> str:
    """The time of a request in Unix milliseconds with its number in this process, and its delivery's name.

    That is only kept of a header, as it came: a value of an event may be personal. number:
    of the request, for this process.
    """
    name = f"{round(now * 1000)}-{number}"
    if entry.delivery is None or entry.delivery.where != "header":
        return name
    told = request.headers.get(entry.delivery.header, "").strip()[:_LONGEST_NAME]
    return f"{name} {told}" if told and told.isascii() and told.isprintable() else name


def with_event(one: Parcel, sealed: bytes | None) -> Parcel:
    """The same parcel with its event, encrypted, if that is kept: made in half of the time of `replace`."""
    if sealed is None:
        return one
    place = (one.number, one.feed, one.record, one.time)
    return Parcel(*place, one.body, one.past_seconds, one.counted_twice, with_sealed(one.origin, sealed))
