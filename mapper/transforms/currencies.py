"""Currencies: ISO 4217 codes and how many digits their minor units have."""

from __future__ import annotations

from mapper.transforms.reference_files import rows_of

# How many decimals an amount has, by currency code.
MINOR_UNITS: dict[str, int] = {
    code: int(digits) for digits, *codes in (row.split() for row in rows_of("currencies")) for code in codes
}
