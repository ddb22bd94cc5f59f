"""Each store that an outbox can be, for all tests that ask for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.stores import STORES, Open, Store, opener_of


@pytest.fixture(params=STORES)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the store under test, and again after it was closed."""
    kept: list[Store] = []
    opener = opener_of(request.param, tmp_path, request)

    def open_store() -> Store:
        kept.append(opener())
        return kept[-1]

    yield open_store
    for store in kept:
        store.close()
    last = open_store()
    assert last.audit() == []
    last.close()


@pytest.fixture
def store(opened: Open) -> Store:
    """An empty store."""
    return opened()
