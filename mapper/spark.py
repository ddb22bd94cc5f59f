"""Mapping of data frames of Spark, batch and Structured Streaming, and delivery of them from an outbox."""

from __future__ import annotations

from mapper.extras import missing_extra

try:
    from mapper.engines.data_frames import map_events
    from mapper.engines.spark_outbox import OutboxAccount, write_outbox
except ModuleNotFoundError as error:
    if error.name is None or error.name.partition(".")[0] not in ("pyarrow", "pyspark"):
        raise
    raise ModuleNotFoundError(missing_extra("mapper.spark", "spark"), name=error.name) from None

__all__ = ["OutboxAccount", "map_events", "write_outbox"]
