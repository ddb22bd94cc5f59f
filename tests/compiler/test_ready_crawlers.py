"""Ready mappings and crawlers: the same event is skipped where a crawler made it, sent where a person did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.oracles.golden import MAPPINGS, ROOT
from tests.support.depth import some
from tests.support.events import leaves, with_value
from tests.support.people import Event, Mapped, given_events, mapped

# The user agent of the mappings' own tests.
_VISITOR = "Mozilla/5.0"
# A paid order is a person's, whatever program passed it on.
_ORDERS = {
    *("magento-orders", "shopify-orders", "square-orders", "stripe-checkout", "warehouse-orders"),
    "woocommerce-orders",
}
_CASES = [
    json.loads(line) for line in (ROOT / "tests/cases/user_agents.ndjson").read_text("utf-8").splitlines()
]
_CRAWLERS = [case["agent"] for case in _CASES if "crawler" in case]
_PEOPLE = [case["agent"] for case in _CASES if "person" in case]


def _visited(of: Mapped) -> tuple[Event, Any]:
    """The first event of the mapping's tests that is sent with the visitor's user agent."""
    for event, meta in given_events(of):
        for outcome in of.program.apply(event, meta):
            if outcome.payload and outcome.payload["user_data"].get("client_user_agent") == _VISITOR:
                return event, meta
    raise AssertionError("no test sends a user agent")


def _by(agent: str, event: Any) -> Any:
    """A copy of an event, or of what is known of it, with another user agent."""
    for path, value in list(leaves(event)):
        if isinstance(value, str) and _VISITOR in value:
            event = with_value(event, path, value.replace(_VISITOR, agent))
    return event


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_a_crawler_is_skipped_and_a_person_is_not(path: Path) -> None:
    if path.stem == "square-orders":
        pytest.skip("its orders have no user agent")
    of = mapped(path)
    event, meta = _visited(of)
    for agent in some(_CRAWLERS, 20):
        outcomes = list(of.program.apply(_by(agent, event), _by(agent, meta)))
        if path.stem in _ORDERS:
            assert any(outcome.payload for outcome in outcomes)
        else:
            assert {outcome.skip and outcome.skip.reason for outcome in outcomes} == {"a crawler"}
    for agent in some(_PEOPLE, 20):
        assert any(
            outcome.payload and outcome.payload["user_data"]["client_user_agent"] == agent
            for outcome in of.program.apply(_by(agent, event), _by(agent, meta))
        )
