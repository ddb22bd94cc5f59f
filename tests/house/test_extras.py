"""Parts that need more packages say which, by the names that pyproject.toml has for them."""

from __future__ import annotations

import tomllib
from pathlib import Path

from mapper.extras import install_command, missing_extra

_PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]


def test_the_command_names_the_package_as_it_is_published() -> None:
    assert install_command("kafka") == f"pip install '{_PROJECT['name']}[kafka]'"


def test_one_sentence_says_what_to_type() -> None:
    said = missing_extra("mapper consume", "kafka")
    assert said == f"mapper consume needs more packages: pip install '{_PROJECT['name']}[kafka]'"
