"""What the pages on tables, Spark and other engines show is run as it stands there."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.engines.sessions import skip_without_spark
from tests.support.command import call
from tests.support.pages import blocks, only_block

_DOCS = Path(__file__).parents[2] / "docs"
_RECIPES = (_DOCS / "recipes.md").read_text(encoding="utf-8")
_SECTIONS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", _RECIPES, re.MULTILINE | re.DOTALL))
_TABLES = _SECTIONS["Tables in other engines"]
_ENGINES = {"DuckDB": "duckdb", "Polars": "polars", "Ray Data": "ray"}

pytest.importorskip("pyarrow")


def _printed(script: str, folder: Path, **environment: str) -> str:
    """What a script prints, in a process and a folder of its own; it warns of nothing deprecated."""
    (folder / "script.py").write_text(script, encoding="utf-8")
    words = [sys.executable, "-W", "error::DeprecationWarning:__main__", "script.py"]
    ran = subprocess.run(words, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout


def _write_orders(folder: Path) -> None:
    (folder / "orders.csv").write_text(only_block(_TABLES, "csv"), encoding="utf-8")
    (folder / "orders.yaml").write_text(only_block(_TABLES, "yaml"), encoding="utf-8")


@pytest.mark.parametrize("engine", [*_ENGINES])
def test_a_recipe_prints_what_all_of_them_print(engine: str, tmp_path: Path) -> None:
    if find_spec(_ENGINES[engine]) is None:
        pytest.skip(f"{engine} is not installed: make engines")
    _write_orders(tmp_path)
    quiet = {"RAY_DEDUP_LOGS": "0", "RAY_DATA_DISABLE_PROGRESS_BARS": "1", "RAY_USAGE_STATS_ENABLED": "0"}
    printed = _printed(only_block(_SECTIONS[engine], "python"), tmp_path, **quiet)
    # Ray writes what it does to stdout, too.
    lines = [line for line in printed.splitlines() if line.startswith("o-")]
    assert lines == only_block(_TABLES, "text").splitlines()


def test_a_recipe_without_a_test_is_python_at_least() -> None:
    ast.parse(only_block(_SECTIONS["BigQuery"], "py"))


def test_the_page_on_arrow_prints_what_it_shows(tmp_path: Path) -> None:
    page = (_DOCS / "arrow.md").read_text(encoding="utf-8")
    _write_orders(tmp_path)
    assert _printed(only_block(page, "python"), tmp_path) == only_block(page, "text")


def test_the_page_on_spark_does_what_it_says(tmp_path: Path) -> None:
    """All of it in one process, in its order: it takes a while to start Spark."""
    skip_without_spark()
    page = (_DOCS / "spark.md").read_text(encoding="utf-8")
    _write_orders(tmp_path)
    (tmp_path / "events").mkdir()
    good = '{"id": "o-%d", "paid_at": "2026-05-01T10:00:00+02:00", "total": 1, "email": "a@b.example"}\n'
    (tmp_path / "events/1.ndjson").write_text("".join(good % number for number in range(20)) + "{\n")
    settings = {
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PINTEREST_AD_ACCOUNT_ID": "549755885175",
        "PYSPARK_SUBMIT_ARGS": "--master local[2] --conf spark.ui.enabled=false pyspark-shell",
    }
    printed = _printed("\n".join(blocks(page, "python")), tmp_path, **settings)
    assert "20 1 0" in printed.splitlines()
    assert "|payload  |NULL     |NULL|NULL" in printed
    assert (
        len(b"".join(file.read_bytes() for file in (tmp_path / "payloads").glob("*.txt")).splitlines()) == 20
    )
    status = call("outbox", "status", "--outbox", tmp_path / "orders.outbox").output
    assert "40" in status, "the job and the stream keep 20 payloads each"


def test_a_package_that_lacks_is_named_with_what_to_type(tmp_path: Path) -> None:
    for module, package, extra in (("arrow", "pyarrow", "arrow"), ("spark", "pyspark", "spark")):
        script = f"import sys; sys.modules[{package!r}] = None\nimport mapper.{module}\n"
        ran = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
        command = f"pip install 'pinterest-capi-mapper[{extra}]'"
        said = f"ModuleNotFoundError: mapper.{module} needs more packages: {command}"
        assert ran.stderr.splitlines()[-1] == said
