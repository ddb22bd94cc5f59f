"""The case files of `tests/cases/`, and YAML as the tests read and write it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).parents[1] / "cases"
# By libyaml where it is there: three times as fast.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BASE: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_BASE):  # type: ignore[misc]  # which of two it is, is known when it runs
    """Writes an object that is at two places twice, never as an anchor."""

    def ignore_aliases(self, data: object) -> bool:
        return True


@cache
def cases(name: str) -> Any:
    """What is in a file of `tests/cases/`, read once a process: it is to be left as it is."""
    return of_yaml((CASES / name).read_text(encoding="utf-8"))


def of_yaml(text: str) -> Any:
    """What a text of YAML says."""
    return yaml.load(text, _LOADER)


def as_yaml(value: Any) -> str:
    """A value as YAML, with its keys in their order."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True))
