"""The table of metrics in docs/operating.md names every family that is exported, as it is, and no other."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest

from tests.support.command import ROOT
from tests.support.metrics import families, samples, whole_scrape

pytestmark = pytest.mark.quick

_PAGE = Path(ROOT, "docs", "operating.md")
_ACCOUNT = ("destination", "account", "test", "recipient")


def rows() -> list[str]:
    """The table, as it must be."""
    found = {one.name: one for one in families(whole_scrape())}
    made = []
    for one in sorted(found.values(), key=lambda one: one.name):
        left = tuple(label for label in one.labels if label not in _ACCOUNT)
        labels = ("account *",) * (one.labels[:4] == _ACCOUNT) + tuple(
            f"`{label}`" for label in (left if one.labels[:4] == _ACCOUNT else one.labels)
        )
        made.append(f"| `{one.name}` | {one.kind} | {', '.join(labels)} | {one.help} |")
    return made


def test_the_table_has_each_family_and_no_other() -> None:
    told = [line for line in _PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `mapper_")]
    assert told == rows()


def test_a_family_that_two_rooms_export_is_the_same_in_both() -> None:
    found = sorted(families(whole_scrape()), key=lambda one: one.name)
    for name, several in groupby(found, lambda one: one.name):
        assert len({(one.kind, one.help) for one in several}) == 1, name


def test_each_family_has_a_sample_whose_name_begins_as_its_own() -> None:
    names = [one.name for one in samples(whole_scrape())]
    for one in families(whole_scrape()):
        assert any(name.startswith(one.name) for name in names), one.name
