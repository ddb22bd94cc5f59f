"""The one registry of transforms and normal forms: importing it fills it."""

from mapper.transforms import (
    boolean,
    consent_signals,
    decoding,
    digest,
    lists,
    matching,
    number,
    objects,
    person,
    phone,
    place,
    tables,
    text,
    time,
    web,
)
from mapper.transforms.registry import TRANSFORMS, Example, Parameter, Transform, transform

__all__ = [
    "TRANSFORMS",
    "Example",
    "Parameter",
    "Transform",
    "transform",
]

# The modules, in the order of the page of all transforms.
MODULES = (
    *(text, matching, tables, number, time, person, phone, place, digest, web, decoding, lists),
    *(objects, boolean),
    consent_signals,
)
