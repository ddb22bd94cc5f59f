"""The cases of the conformance pack, which tests of this project read too."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

PACK = Path(__file__).parents[2] / "conformance"

Case = dict[str, Any]


@cache
def cases(name: str) -> tuple[Case, ...]:
    """The cases of one file of the pack."""
    text = (PACK / f"{name}.ndjson").read_text(encoding="utf-8")
    return tuple(json.loads(line) for line in text.splitlines())
