"""How often a client may do something, whatever the clock does, and however many clients there are."""

from __future__ import annotations

import pytest

from mapper.serving.throttle import Throttle

pytestmark = pytest.mark.quick


def test_who_did_it_often_waits_until_the_time_is_over() -> None:
    throttle = Throttle(2, 60.0)
    throttle.count("a", 1000.0)
    assert throttle.wait_seconds("a", 1000.0) == 0
    throttle.count("a", 1001.0)
    assert throttle.wait_seconds("a", 1010.0) == 50
    assert throttle.wait_seconds("b", 1010.0) == 0
    assert throttle.wait_seconds("a", 1060.0) == 0


@pytest.mark.parametrize("back", [1.0, 3600.0, 10.0**9])
def test_nobody_waits_longer_than_the_time_when_the_clock_is_set_back(back: float) -> None:
    throttle, now = Throttle(1, 60.0), 2.0 * 10**9
    throttle.count("a", now)
    assert throttle.wait_seconds("a", now - back) <= 60
    throttle.count("a", now - back)
    assert 0 < throttle.wait_seconds("a", now - back) <= 60


def test_no_number_of_clients_fills_the_memory() -> None:
    throttle = Throttle(1, 60.0)
    for number in range(30_000):
        throttle.count(str(number), 0.0)
    assert len(throttle._seen) <= 10_000
    assert throttle.wait_seconds("29999", 0.0) == 60
