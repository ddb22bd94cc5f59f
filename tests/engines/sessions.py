"""Spark on this machine, as the tests have it: with Java and its package, or not at all."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SETTINGS = {
    **{
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
    },
    **{"spark.sql.shuffle.partitions": "2", "spark.sql.session.timeZone": "UTC"},
    **{"spark.python.worker.faulthandler.enabled": "true", "spark.ui.showConsoleProgress": "false"},
    **{"spark.sql.pyspark.jvmStacktrace.enabled": "false", "spark.sql.streaming.checkpointLocation": ""},
}


def skip_without_spark() -> None:
    """Skip a test, visibly, where there is no Spark."""
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        why = "Spark needs Java 17; on Debian: apt install openjdk-17-jre-headless"
        pytest.skip(why, allow_module_level=True)
    pytest.importorskip("pyspark", reason="Spark is not installed: make engines")


def new_session(master: str, folder: Path, **settings: str) -> SparkSession:
    """A session. folder: for its files."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    # It would be the address of the machine on some network, which may change or be cut off.
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    builder = SparkSession.builder.master(master).appName("tests")
    own = {"spark.local.dir": str(folder / "local"), "spark.sql.warehouse.dir": str(folder / "warehouse")}
    given = {name.replace("_", "."): value for name, value in settings.items()}
    for name, value in {**_SETTINGS, **own, **given}.items():
        if value:
            builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session
