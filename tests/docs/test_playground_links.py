"""Each whole mapping on a page that has events beside it is a link away from its payloads."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapper.playground.page_answers import Session
from tests.support.playground_links import content_of, examples, linked, pages


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_an_example_with_events_has_a_link_that_opens_it(page: Path) -> None:
    session = Session.of_texts()
    assert linked(page.read_text(encoding="utf-8")) == page.read_text(encoding="utf-8"), "make docs"
    for example in examples(page.read_text(encoding="utf-8")):
        assert example.is_linked, "make docs"
        opened = content_of(example.link)
        for chosen in range(len(example.events)):
            question = {"ask": "live", **opened, "chosen": chosen, "reveal": False}
            assert session.answer(question)["view"]["outcomes"]


def test_the_pages_have_examples_with_links() -> None:
    found = [one for page in pages() for one in examples(page.read_text(encoding="utf-8"))]
    assert len(found) >= 6
