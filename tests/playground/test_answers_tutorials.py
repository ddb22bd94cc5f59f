"""Every step of every tutorial is as it says, and the last one sends."""

from __future__ import annotations

from typing import Any

import pytest

from mapper.playground.page_answers import Session
from mapper.playground.tutorial import Tutorial, tutorials


@pytest.fixture(scope="module")
def session() -> Session:
    return Session.of_texts()


def live(session: Session, opened: dict[str, Any], text: str) -> dict[str, Any]:
    """What is said of a tutorial with a text, and its first sample."""
    about = {key: opened[key] for key in ("files", "samples")}
    mapping = {"name": opened["mapping"]["name"], "text": text}
    return session.answer({"ask": "live", **about, "mapping": mapping, "chosen": 0, "reveal": False})


def test_there_are_five() -> None:
    assert [one.name.partition("-")[0] for one in tutorials().values()] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("tutorial", tutorials().values(), ids=lambda one: one.name)
def test_the_last_step_sends_a_valid_payload_without_a_warning(session: Session, tutorial: Tutorial) -> None:
    opened = session.answer({"ask": "example", "name": tutorial.name})
    assert 3 <= len(opened["steps"]) <= 6
    last = opened["steps"][-1]["mapping"]
    found = live(session, opened, last)
    assert [one["message"] for one in found["diagnostics"] if one["severity"] != "advice"] == []
    assert {one["end"] for one in found["view"]["outcomes"]} == {"sent"}
    assert [one["breaches"] for one in found["view"]["outcomes"]] == [[]]
    about = {**opened, "mapping": {"name": "last.yaml", "text": last}}
    if "\ntests:" in last:
        assert session.answer({"ask": "tests", **about})["ok"]


@pytest.mark.parametrize("tutorial", tutorials().values(), ids=lambda one: one.name)
def test_no_step_brings_an_error(session: Session, tutorial: Tutorial) -> None:
    opened = session.answer({"ask": "example", "name": tutorial.name})
    errors = _errors(live(session, opened, opened["mapping"]["text"]))
    before = opened["mapping"]["text"]
    for step in (one for one in opened["steps"] if "mapping" in one):
        text = step["mapping"]
        now = _errors(live(session, opened, text))
        assert text != before, step["title"]
        assert len(now) < len(errors) or not (now or errors), step["title"]
        errors, before = now, text


def _errors(found: dict[str, Any]) -> list[str]:
    return [one["message"] for one in found["diagnostics"] if one["severity"] == "error"]


def test_the_first_one_has_an_error_less_with_each_of_its_first_steps(session: Session) -> None:
    opened = session.answer({"ask": "example", "name": "1-first-payload"})
    texts = [opened["mapping"]["text"], *(step["mapping"] for step in opened["steps"] if "mapping" in step)]
    assert [len(_errors(live(session, opened, text))) for text in texts] == [3, 2, 1, 0, 0]


def test_the_samples_of_events_and_consent_end_as_the_steps_say(session: Session) -> None:
    opened = session.answer({"ask": "example", "name": "4-events-and-consent"})
    mapping = {"name": "last.yaml", "text": opened["steps"][-1]["mapping"]}
    found = session.answer({"ask": "ends", **opened, "mapping": mapping})
    assert [one["ends"][0]["end"] for one in found["samples"]] == ["sent", "sent", "consent", "skipped"]
