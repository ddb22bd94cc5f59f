"""User agents: every crawler of the table is found, and no person's browser is ever one."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.transforms.crawlers import CRAWLERS, LONGEST_AGENT, crawler_name
from mapper.transforms.web import crawler
from tests.support.depth import examples

pytestmark = pytest.mark.quick

_CASES = Path(__file__).parents[1] / "cases/user_agents.ndjson"
_AGENTS: list[dict[str, Any]] = [json.loads(line) for line in _CASES.read_text("utf-8").splitlines()]
_PEOPLE = [case["agent"] for case in _AGENTS if "person" in case]
_NAMED = [(case["crawler"], case["agent"]) for case in _AGENTS if "crawler" in case]


def _bare(pattern: str) -> str:
    return pattern.removeprefix("^").removesuffix("$")


@pytest.mark.parametrize("case", _AGENTS, ids=lambda case: case.get("person") or case["crawler"])
def test_an_agent_is_what_the_case_says(case: dict[str, Any]) -> None:
    assert crawler(case["agent"]) is ("crawler" in case)
    # A preview that shows itself as Facebook's is found by either name.
    if "facebookexternalhit" not in case["agent"]:
        assert crawler_name(case["agent"]) == case.get("crawler")


def test_the_cases_have_all_rows_and_enough_people() -> None:
    assert {one.name for one in CRAWLERS} <= {name for name, _ in _NAMED}
    assert len(set(_PEOPLE)) >= 60
    assert len({agent for _, agent in _NAMED}) >= 80


def test_a_row_has_a_name_a_page_and_patterns_of_its_own() -> None:
    patterns = [pattern for one in CRAWLERS for pattern in one.patterns]
    assert len({one.name for one in CRAWLERS}) == len(CRAWLERS)
    assert len(set(patterns)) == len(patterns)
    for one in CRAWLERS:
        assert one.source.startswith("https://")
    for pattern in patterns:
        assert pattern == pattern.lower().strip()
        assert _bare(pattern)[0].isalnum()


@pytest.mark.parametrize("row", CRAWLERS, ids=lambda row: row.name)
def test_a_pattern_is_found_as_a_whole_and_in_its_place_only(row: Any) -> None:
    for pattern in row.patterns:
        bare = _bare(pattern)
        assert crawler(bare.title())
        anchored = pattern[0] == "^"
        assert crawler(f"Mozilla/5.0 (X11) {bare}") is not anchored
        if not anchored:
            assert crawler(f"Mozilla/5.0 (compatible; {bare}; x)")
        if bare[-1].isalpha():
            assert crawler_name(f"{bare}x") != row.name
        assert crawler_name(f"x{bare}") != row.name


@pytest.mark.parametrize("agent", ["CUBOT", "Cubot/1", "Robots", "Spiders", "xbot", "böt", "übot", "bots/1"])
def test_a_generic_word_is_whole(agent: str) -> None:
    assert not crawler(agent)


@given(st.sampled_from(_PEOPLE), st.sampled_from([agent for _, agent in _NAMED]))
@settings(max_examples=examples(100))
def test_neither_case_nor_spaces_around_change_the_answer(person: str, agent: str) -> None:
    for change in (str.upper, str.lower, lambda text: f"  {text}\n"):
        assert crawler(change(person)) is False
        assert crawler(change(agent)) is True


@pytest.mark.parametrize("piece", ["b", "bot", "cubot ", "google page speed ", "ruby ", "/1", "\u0130"])
def test_a_long_text_takes_no_longer_than_its_bound(piece: str) -> None:
    bound, endless = (piece * (length // len(piece) + 1) for length in (LONGEST_AGENT, 2**20))
    started = time.process_time()
    for _ in range(20):
        crawler_name(bound)
        crawler_name(endless)
    assert time.process_time() - started < 1
    assert crawler_name(" " * LONGEST_AGENT + "curl/8") is None
