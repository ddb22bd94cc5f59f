"""The official files that some tests compare with, where they lie on this machine."""

import os
from pathlib import Path

import pytest

_BESIDE_THE_CHECKOUT = Path(__file__).parents[3] / "shared"


def shared(path: str) -> Path:
    """A file or folder below the one that `CAPI_SHARED` names; skips the test where it is absent."""
    found = Path(os.environ.get("CAPI_SHARED", _BESIDE_THE_CHECKOUT)) / path
    if not found.exists():
        pytest.skip(f"{path} is not here; CAPI_SHARED names the folder that has it")
    return found
