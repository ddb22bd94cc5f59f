"""A Segment call, read by pydantic into models of what the mapping reads, for the payloads written by hand.

A leaf may be of any type, as the mapping takes it. A value that is no object where one is expected stays as
it is, too.
"""

from __future__ import annotations

from typing import Annotated, Any

import handwritten
from pydantic import BaseModel, Field


class _Read(BaseModel):
    """Attributes that are not named are left out."""


class Address(_Read):
    """The address of a person."""

    city: Any = None
    state: Any = None
    postalCode: Any = None
    country: Any = None


class Traits(_Read):
    """The traits of a person."""

    email: Any = None
    phone: Any = None
    firstName: Any = None
    lastName: Any = None
    gender: Any = None
    birthday: Any = None
    address: Annotated[Address | Any, Field(union_mode="left_to_right")] = None


class Context(_Read):
    """The surroundings of a call."""

    ip: Any = None
    userAgent: Any = None
    locale: Any = None
    page: Any = None
    consent: Any = None
    traits: Annotated[Traits | Any, Field(union_mode="left_to_right")] = None


class Product(_Read):
    """An item of a cart."""

    product_id: Any = None
    sku: Any = None
    name: Any = None
    brand: Any = None
    category: Any = None
    price: Any = None
    quantity: Any = None


_Item = Annotated[Product | Any, Field(union_mode="left_to_right")]


class Properties(Product):
    """The properties of a call; of one about a single product also those of it."""

    email: Any = None
    currency: Any = None
    order_id: Any = None
    revenue: Any = None
    total: Any = None
    query: Any = None
    products: Annotated[list[_Item] | Any, Field(union_mode="left_to_right")] = None


class Event(_Read):
    """The call as a whole."""

    type: Any = None
    event: Any = None
    messageId: Any = None
    userId: Any = None
    anonymousId: Any = None
    timestamp: Any = None
    context: Annotated[Context | Any, Field(union_mode="left_to_right")] = None
    properties: Annotated[Properties | Any, Field(union_mode="left_to_right")] = None


def payload_of(line: bytes) -> bytes | None:
    """The JSON of a call's payload, if it has one."""
    event = Event.model_validate_json(line).model_dump(exclude_unset=True)
    payload = handwritten.payload_of(event)
    return handwritten.dumps(payload) if type(payload) is dict else None
