"""One Spark for all tests of a process: it takes some seconds to start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.engines.sessions import new_session, skip_without_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A session whose tasks are tried four times."""
    skip_without_spark()
    session = new_session("local[2,4]", tmp_path_factory.mktemp("spark"))
    yield session
    session.stop()
