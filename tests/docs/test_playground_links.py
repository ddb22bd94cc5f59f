"""Each whole mapping on a page that has events beside it is a link away from its payloads, on the site."""

from __future__ import annotations

import json
import re
import zlib
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import pytest

from mapper.playground.page_answers import Session
from tests.support.command import ROOT
from tests.support.playground_links import examples, linked

_PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_EXAMPLES = [(page, one) for page in _PAGES for one in examples(page.read_text("utf-8"))]


def _content_of(fragment: str) -> Any:
    """The state of the page that a link opens."""
    _, _, packed = fragment.partition("#s=")
    return json.loads(zlib.decompress(urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), -15))


@pytest.mark.parametrize("page", sorted({page for page, _ in _EXAMPLES}), ids=lambda page: page.stem)
def test_an_example_with_events_is_opened_with_its_payloads(page: Path) -> None:
    text = page.read_text("utf-8")
    links = re.findall(r'<p><a href="\.\./playground/(#s=[\w-]+)">', linked(text, "../playground/"))
    session = Session.of_texts()
    for fragment, example in zip(links, examples(text), strict=True):
        opened = _content_of(fragment)
        for chosen in range(len(example.events)):
            question = {"ask": "live", **opened, "chosen": chosen, "reveal": False}
            assert session.answer(question)["view"]["outcomes"]


def test_no_page_of_the_repository_links_to_a_playground() -> None:
    for page in _PAGES:
        assert not re.findall(r"\]\(http://(?:127\.0\.0\.1|localhost)|#s=", page.read_text("utf-8")), (
            page.name
        )


def test_the_pages_have_examples() -> None:
    assert len(_EXAMPLES) >= 7
