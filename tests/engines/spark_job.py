"""A stream into an outbox, as a process to kill: `python -m tests.engines.spark_job MASTER FOLDER`.

It maps the files in FOLDER/in by FOLDER/small.yaml, a few in each batch, keeps what comes of them in
FOLDER/outbox, and ends when there are no more. It says on stdout which batches are done.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import mapper
from mapper.spark import OutboxAccount, map_events, write_outbox
from tests.engines.sessions import new_session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ACCOUNT = OutboxAccount(environment={"PINTEREST_AD_ACCOUNT_ID": "549755885175"})
# A task that is slower than most is tried beside itself.
_SETTINGS = {
    **{
        "spark.speculation": "true",
        "spark.speculation.interval": "100ms",
        "spark.speculation.quantile": "0.3",
    },
    **{"spark.speculation.multiplier": "1.1", "spark.speculation.minTaskRuntime": "200ms"},
    **{"spark.task.maxFailures": "20", "spark.stage.maxConsecutiveAttempts": "50"},
    "spark.excludeOnFailure.enabled": "false",
    "spark.deploy.maxExecutorRetries": "-1",
}


def main() -> None:
    """Run the stream until there is nothing left."""
    master, folder = sys.argv[1], Path(sys.argv[2])
    spark = new_session(master, folder, **_SETTINGS)
    program = mapper.compile_mapping(folder / "small.yaml")
    print("started", flush=True)

    def write(rows: DataFrame, batch: int) -> None:
        write_outbox(rows, str(folder / "outbox"), ACCOUNT)
        print("batch", batch, flush=True)

    stream = spark.readStream.option("maxFilesPerTrigger", "1").text(str(folder / "in"), lineSep="\n")
    writer = map_events(stream, program).writeStream.foreachBatch(write)
    writer = writer.option("checkpointLocation", str(folder / "checkpoint")).trigger(availableNow=True)
    writer.start().awaitTermination()
    print("done", flush=True)
    spark.stop()
    os._exit(0)


if __name__ == "__main__":
    main()
