"""What a life is compared with: a log that does not tell is found, and an older outbox is one."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Accepted
from mapper.texts.log_events import LOG_EVENTS, LogLine
from tests.delivery.deliveries import NOW, SHOP, parcels
from tests.quarter.life import Life, acts, as_older
from tests.quarter.telling import endless_states, untold_acts

pytestmark = pytest.mark.quick


def test_a_log_that_does_not_tell_is_found() -> None:
    begin = {"time": "2026-09-01T10:00:00.000+00:00", "event": "retrying", "recipient": "account=1"}
    other = {**begin, "event": "recovered", "recipient": "account=2"}
    assert list(endless_states([begin, other])) == ["retrying since 2026-09-01T10:00:00.000+00:00"]
    assert list(endless_states([begin, {**begin, "event": "recovered"}])) == []
    (outage,) = (one for one in acts(short=True) if one.name == "outage")
    assert untold_acts([begin], [outage]) == ["outage on day 0.40 ends without `recovered`"]


def test_acts_are_known_and_name_kinds_of_lines() -> None:
    every = acts(short=False)
    assert len(every) > 20
    names = {one.name for one in every} - {"kill"}
    assert {name for name in names if not hasattr(Life, name)} == set()
    assert {one.more[word] for one in every for word in ("begins", "ends") if word in one.more} <= set(
        LOG_EVENTS
    )


def test_an_outbox_of_the_version_before_has_all_that_was_in_it(tmp_path: Path) -> None:
    path, said = tmp_path / "outbox", list[LogLine]()
    with closing(open_outbox(path)) as store:
        store.put(Accepted(SHOP, "v1", tuple(parcels(3))), NOW)
        before = store.status()
    as_older(path)
    with closing(open_outbox(path, said.append)) as store:
        assert (store.status(), store.audit()) == (before, [])
    assert [one.event for one in said] == ["outbox_upgraded"]
