"""States: two-letter codes of the states of the US and the provinces of Canada, by name."""

from __future__ import annotations

from mapper.transforms.countries import name_key
from mapper.transforms.reference_files import rows_of

# Two-letter code in lower case, by `name_key` of a name.
STATE_NAMES: dict[str, str] = {
    name_key(name): row[:2].lower() for row in rows_of("states") for name in row[3:].split("; ")
}
