"""The senders are data: no module names one, each entry of a page is right, pages are made of the data."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mapper import compile_mapping
from mapper.feeds import Broken
from mapper.intake.entry_keys import ENTRY
from mapper.intake.events import events_of
from mapper.intake.intake_file import load_intake, mapping_path
from mapper.intake.request import RequestRefusal
from mapper.intake.senders import sender_entries, sender_files
from tests.support.intakes import checked, posted
from tests.support.made_pages.senders_page import example_intake, sender_page, sender_pages, with_keys

_ROOT = Path(__file__).parents[2]
_SENDERS = [*sender_files()]
_WORDS = (
    *("segment", "rudder", "shopify", "woocommerce", "stripe", "klaviyo", "braze", "firehose", "pubsub"),
    *(
        "eventgrid",
        "event-grid",
        "event grid",
        "snowplow",
        "posthog",
        "tag manager",
        "google",
        "amazon",
        "azure",
    ),
)


def test_no_module_names_a_sender() -> None:
    for path in (_ROOT / "mapper" / "intake").glob("*.py"):
        text = path.read_text(encoding="utf-8").lower()
        assert not [word for word in (*_WORDS, *_SENDERS) if re.search(rf"\b{word}\b", text)], path.name


def test_all_senders_of_the_specification_are_there() -> None:
    assert [
        *("beacon", "braze", "event-grid", "firehose", "ga4-server", "klaviyo", "posthog", "pubsub"),
        *("rudderstack", "segment", "shopify", "snowplow", "stripe", "woocommerce"),
    ] == _SENDERS


@pytest.mark.parametrize("name", _SENDERS)
def test_a_file_of_a_sender_says_all_that_a_page_needs(name: str) -> None:
    page = sender_page(name)
    assert [*page] == ["title", "entry", "setup", "example", "trap", "facts"]
    facts = page["facts"]
    assert isinstance(facts, dict)
    assert [*facts] == ["one request holds", "accepted by", "retries", "timeout", "arrives twice"]
    assert all(isinstance(fact, str) and fact for fact in facts.values())
    assert all(key.text in ENTRY for key, _ in sender_entries()[name].entries)


@pytest.mark.parametrize("name", _SENDERS)
def test_the_entry_of_a_page_is_right(name: str, tmp_path: Path) -> None:
    text = example_intake(name)
    mapping = re.search(r"mapping: (\S+)", text)
    assert mapping is not None
    found = checked(text, tmp_path, mapping[1])
    assert found.found == ()
    assert found.intake is not None
    assert found.intake.entries[0].sender == name


@pytest.mark.parametrize("name", _SENDERS)
def test_what_a_page_leaves_out_is_asked_for(name: str, tmp_path: Path) -> None:
    """An entry with the sender alone has an error for each secret, and for what a person alone can know."""
    found = checked(
        f"version: 1\nentries:\n  /x: {{sender: {name}, mapping: shop.yaml}}\n", tmp_path, "shop.yaml"
    )
    assert found.intake is None
    assert {one.code for one in found.found} <= {"M702", "M708"}
    assert all(one.hint and one.hint.startswith("add ") for one in found.found)


@pytest.mark.parametrize("name", [*sender_pages()])
def test_the_pages_are_those_that_the_data_makes(name: str) -> None:
    page = _ROOT / "docs" / "senders" / f"{name}.md"
    assert page.read_text(encoding="utf-8") == sender_pages()[name], "make docs writes it anew"


def test_the_page_of_the_language_has_the_keys_of_the_tables() -> None:
    page = (_ROOT / "docs" / "intake.md").read_text(encoding="utf-8")
    assert page == with_keys(page), "make docs writes it anew"


def test_the_pages_of_the_language_have_a_mapping_without_errors(tmp_path: Path) -> None:
    page = (_ROOT / "docs" / "intake.md").read_text(encoding="utf-8").partition("\n## Pages\n")[2]
    intake, mapping = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[:2]
    (tmp_path / "web.yaml").write_text(mapping)
    assert checked(intake, tmp_path).found == ()
    program = compile_mapping(tmp_path / "web.yaml")
    event = json.loads(mapping.partition("for ")[2].partition("\n")[0])
    meta = {"received_at": "2026-11-27T00:00:00Z", "client_ip": "192.0.2.1", "user_agent": "Mozilla/5.0"}
    [outcome] = program.apply(event, meta=meta)
    assert outcome.payload is not None
    assert outcome.payload["event_name"] == "page_visit"


def test_the_example_runs() -> None:
    """Its mappings are the ready ones, and each takes an event of its sender."""
    found = load_intake(_ROOT / "playground" / "intake.yaml")
    assert [one for one in found.found if one.severity == "error"] == []
    assert found.intake is not None
    for entry in found.intake.entries:
        assert Path(mapping_path(found.intake, entry)).is_file()
    entry = next(one for one in found.intake.entries if one.path == "/segment")
    event = (_ROOT / "playground" / "events" / "order.json").read_bytes()
    events = events_of(entry, posted(event))
    assert not isinstance(events, RequestRefusal)
    assert [one.text for one in events if not isinstance(one.text, Broken)] == [event.strip()]
