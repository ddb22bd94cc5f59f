"""The forms of descriptions that are read, in the order in which they are tried."""

from __future__ import annotations

from mapper.compiler.descriptions.avro import AVRO
from mapper.compiler.descriptions.big_query import BIG_QUERY
from mapper.compiler.descriptions.event_description import DescriptionForm
from mapper.compiler.descriptions.json_schema_document import JSON_SCHEMA
from mapper.compiler.descriptions.open_api import OPEN_API
from mapper.compiler.descriptions.tracking_plan import TRACKING_PLAN

# A JSON Schema comes last: its keywords are words of the others too.
FORMS: tuple[DescriptionForm, ...] = (OPEN_API, TRACKING_PLAN, AVRO, BIG_QUERY, JSON_SCHEMA)
