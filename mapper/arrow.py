"""Mapping of record batches of Arrow, for DuckDB, Polars, Ray Data, BigQuery Storage and others."""

from __future__ import annotations

from mapper.extras import missing_extra

try:
    from mapper.engines.record_batches import ArrowMapper
except ModuleNotFoundError as error:
    if error.name is None or error.name.partition(".")[0] != "pyarrow":
        raise
    raise ModuleNotFoundError(missing_extra("mapper.arrow", "arrow"), name=error.name) from None

__all__ = ["ArrowMapper"]
