"""Every step of every tutorial is as it says, and the last one sends."""

from __future__ import annotations

import json
import os
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mapper.playground.page_answers import Session
from mapper.playground.tutorial import Tutorial, tutorials
from tests.support.command import start
from tests.support.events import leaves


@pytest.fixture(scope="module")
def session() -> Session:
    return Session.of_texts()


def live(session: Session, opened: dict[str, Any], text: str) -> dict[str, Any]:
    """What is said of a tutorial with a text, and its first sample."""
    about = {key: opened[key] for key in ("files", "samples")}
    mapping = {"name": opened["mapping"]["name"], "text": text}
    return session.answer({"ask": "live", **about, "mapping": mapping, "chosen": 0, "reveal": False})


def test_there_are_seven() -> None:
    assert [one.name.partition("-")[0] for one in tutorials().values()] == [*"1234567"]


@pytest.mark.parametrize("tutorial", tutorials().values(), ids=lambda one: one.name)
def test_the_last_step_sends_a_valid_payload_without_a_warning(session: Session, tutorial: Tutorial) -> None:
    opened = session.answer({"ask": "example", "name": tutorial.name})
    assert 3 <= len(opened["steps"]) <= 6
    last = _last(opened)
    found = live(session, opened, last)
    assert [one["message"] for one in found["diagnostics"] if one["severity"] != "advice"] == []
    assert {one["end"] for one in found["view"]["outcomes"]} == {"sent"}
    assert [one["breaches"] for one in found["view"]["outcomes"]] == [[]]
    about = {**opened, "mapping": {"name": "last.yaml", "text": last}}
    if "\ntests:" in last:
        assert session.answer({"ask": "tests", **about})["ok"]


@pytest.mark.parametrize("tutorial", tutorials().values(), ids=lambda one: one.name)
def test_a_step_names_each_key_that_it_adds(tutorial: Tutorial) -> None:
    before = _keys(tutorial.mapping)
    for step in tutorial.steps:
        keys = _keys(step.mapping or "")
        told = " ".join(re.findall(r"```[^`]*```|`[^`]*`", step.markdown))
        named = set(re.findall(r"\w+", told))
        assert keys - before <= named, step.title
        before |= keys


def test_a_tutorial_calls_what_is_on_the_page_by_its_name() -> None:
    source = Path(__file__).parents[2] / "playground/page/src"
    page = "\n".join(one.read_text("utf-8") for one in source.glob("*.tsx"))
    docs = [one.read_text("utf-8").splitlines()[0] for one in (source.parents[2] / "docs").glob("*.md")]
    for tutorial in tutorials().values():
        for step in tutorial.steps:
            for name in re.findall(r"(?<!\*)\*([A-Z][^*]*)\*", step.markdown):
                assert f"# {name}" in docs or re.search(rf"[\">]{name}[\".<]", page), (tutorial.name, name)


def _keys(text: str) -> set[str]:
    """The keys of a mapping, without those of events and payloads in its tests."""
    rules, _, tests = text.partition("\ntests:")
    return {*re.findall(r"(?m)(\w+):(?: |$)", rules), *(["tests"] if tests else [])}


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


def _last(opened: dict[str, Any]) -> str:
    return [str(step["mapping"]) for step in opened["steps"] if "mapping" in step][-1]


def _errors(found: dict[str, Any]) -> list[str]:
    return [one["message"] for one in found["diagnostics"] if one["severity"] == "error"]


def _answered(session: Session, name: str, at: int, text: str) -> dict[str, Any]:
    """The answer about a text in a step of a tutorial, counted from 0."""
    opened = session.answer({"ask": "example", "name": name})
    about = {key: opened[key] for key in ("files", "samples")}
    mapping = {"name": opened["mapping"]["name"], "text": text}
    step = {"tutorial": name, "at": at}
    return session.answer({"ask": "live", **about, "mapping": mapping, "chosen": 0, "step": step})


@pytest.mark.parametrize("tutorial", tutorials().values(), ids=lambda one: one.name)
def test_a_step_is_done_when_its_mapping_says_the_same_and_not_before(
    session: Session, tutorial: Tutorial
) -> None:
    before = tutorial.mapping
    for at, step in enumerate(tutorial.steps):
        assert _answered(session, tutorial.name, at, before)["done"] is False, step.title
        if step.mapping is None:
            continue
        # Typed by another hand: comments, blank lines, quotes.
        by_hand = f"# mine\n\n{step.mapping}".replace("version: 1", "version:   1").replace(
            "target: ", "target:  "
        )
        by_hand = by_hand.replace("pinterest/conversions-v5\n", "'pinterest/conversions-v5'   # v5\n", 1)
        assert _answered(session, tutorial.name, at, by_hand)["done"] is True, step.title
        before = step.mapping


def test_a_step_is_done_by_the_same_payloads_too_and_shows_what_it_leads_to(session: Session) -> None:
    name = "1-first-payload"
    tutorial = tutorials()[name]
    last = tutorial.steps[-1].mapping
    assert last is not None
    otherwise = last.replace("value: total", "value: {from: total, apply: number}")
    assert _answered(session, name, 4, otherwise)["done"] is True
    assert _answered(session, name, 4, last.replace("value: total, ", ""))["done"] is False
    first = _answered(session, name, 0, tutorial.mapping)
    assert first["view"] is None
    assert [one["end"] for one in first["goal"]["outcomes"]] == ["sent"]
    assert "ada@example.com" not in str(first["goal"]["outcomes"]).lower()
    assert "goal" not in _answered(session, name, 4, last)
    # A step that brings tests is not done by what was sent before it.
    tests = tutorials()["5-tests"]
    assert _answered(session, "5-tests", len(tests.steps) - 1, tests.mapping)["done"] is False


@pytest.mark.parametrize(
    "step", [{"tutorial": "none", "at": 0}, {"tutorial": "5-tests", "at": 99}, "one", {}]
)
def test_a_step_that_is_not_there_is_told(session: Session, step: Any) -> None:
    opened = session.answer({"ask": "example", "name": "5-tests"})
    told = session.answer({"ask": "live", **opened, "chosen": 0, "step": step})
    assert told["problem"]


def test_the_commands_of_the_way_to_the_sandbox_send(tmp_path: Path) -> None:
    tutorial = tutorials()["6-from-segment-to-the-sandbox"]
    mapping = [one.mapping for one in tutorial.steps if one.mapping is not None][-1]
    (tmp_path / "shop.yaml").write_text(mapping, "utf-8")
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    events = [{**json.loads(text), "timestamp": now} for _, text in tutorial.samples]
    (tmp_path / "events.ndjson").write_text("".join(f"{json.dumps(one)}\n" for one in events), "utf-8")
    sandbox, sending = re.findall(r"^`(.*)`$", tutorial.steps[-1].markdown, re.MULTILINE)
    assert sandbox == "mapper sandbox --port 8787"
    words = shlex.split(sending)
    settings = dict(word.split("=", 1) for word in words if "=" in word)
    with start("sandbox", "--port", "0") as served:
        assert served.stdout is not None
        url = served.stdout.readline().decode().strip()
        command = [word.replace("http://127.0.0.1:8787/v5", url) for word in words if "=" not in word]
        environment = {**os.environ, **settings, "XDG_STATE_HOME": str(tmp_path)}
        with start(*command[1:], cwd=tmp_path, env=environment) as sent:
            told = sent.communicate(timeout=60)[1].decode()
        served.kill()
    assert (command[0], url in command, sent.returncode) == ("mapper", True, 0), told
    assert "1 to send, 1 skipped" in told
    assert "1 delivered" in told


def test_the_first_one_has_an_error_less_with_each_of_its_first_steps(session: Session) -> None:
    opened = session.answer({"ask": "example", "name": "1-first-payload"})
    texts = [opened["mapping"]["text"], *(step["mapping"] for step in opened["steps"] if "mapping" in step)]
    assert [len(_errors(live(session, opened, text))) for text in texts] == [3, 2, 1, 0, 0]


def test_the_samples_of_events_and_consent_end_as_the_steps_say(session: Session) -> None:
    opened = session.answer({"ask": "example", "name": "4-events-and-consent"})
    mapping = {"name": "last.yaml", "text": _last(opened)}
    found = session.answer({"ask": "ends", **opened, "mapping": mapping})
    assert [one["ends"][0]["end"] for one in found["samples"]] == ["sent", "sent", "consent", "skipped"]


@pytest.mark.parametrize("tutorial", tutorials().values(), ids=lambda one: one.name)
def test_a_learner_sees_the_invented_event_before_anything_sends(
    session: Session, tutorial: Tutorial
) -> None:
    opened = {**tutorial.opened, "mapping": {"name": "new.yaml", "text": "version: 1\n"}, "chosen": 0}
    name, text = tutorial.samples[0]
    seen = session.answer({"ask": "live", **opened})["event"]
    assert "ada@example.com" not in seen.lower()
    plain = [one for _, one in leaves(json.loads(text)) if isinstance(one, str) and one and " " not in one]
    assert any(json.dumps(one) in seen for one in plain), seen
    opened["samples"] = [{"name": name, "text": f"{text} "}]  # one of somebody's own
    masked = session.answer({"ask": "live", **opened})["event"]
    assert not any(json.dumps(one) in masked for one in plain), masked
