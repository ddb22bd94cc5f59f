"""A pattern under the cursor: in words, with what each part takes of up to three samples."""

from __future__ import annotations

import pytest

from mapper import authoring
from mapper.language_server.features import of_others
from mapper.language_server.hovers import hover_markdown
from mapper.language_server.sample_event import SampleRun, samples_of

_MAPPING = """\
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: time
  event_source_url: page
  user_data: {em: mail}
  custom_data:
    order_id: {from: path, apply: [trim, {extract: '/product/{n:digits}*'}]}
    content_name: "extract(path, '*/{name:[a-z] 2-9}')"
    search_string: {from: path, apply: {lookup: {patterns: {'/{page}/*': '1', '/cart': '2'}}}}
    content_brand: {from: mail, apply: {rewrite: {pattern: '{who}@{shop}', to: '{shop}'}}, personal: allowed}
match: kind
events:
  - {is: {pattern: 'Product {what:letters}'}, send: lead}
tests:
  - {name: a, given: {id: "1", time: 1, mail: ada@b.co, path: /product/7, kind: Product A}, expect_skip: x}
  - {name: b, given: {id: "2", time: 1777629600, path: /product/8/mug, kind: Product 1}, expect_skip: x}
  - {name: c, given: {id: "3", time: 1777629600, path: /product/x, kind: cart}, expect_skip: x}
  - {name: d, given: {id: "4", time: 1777629600}, expect_skip: x}
"""
_OPEN = "write `*` to leave its end open"


def _told(within: str) -> list[str]:
    """What is told at a text, in lines."""
    analysis = authoring.analyse(_MAPPING)
    run = SampleRun(analysis, samples_of(analysis)[0])
    offset = _MAPPING.index(within) + 1
    found = analysis.at(offset, run.sample.event)
    assert found is not None
    assert found.kind == "pattern"
    return hover_markdown(found, run, of_others(analysis, offset, run)).split("\n\n")


@pytest.mark.parametrize(
    ("within", "words", "samples"),
    [
        (
            "{n:digits}",
            "`/product/`; **n**: digits; any text, or none",
            [
                '`{"n": "7"}`',
                '`{"n": "8"}`',
                "no value (no match: `{n:digits}` is not found after `/product/`)",
            ],
        ),
        (
            "{name:[a-z]",
            "any text, or none; `/`; **name**: 2 to 9 characters of `[a-z]`",
            [
                f"no value (no match: the text goes on after `{{name:[a-z] 2-9}}`; {_OPEN})",
                '`{"name": "mug"}`',
                f"no value (no match: the text goes on after `{{name:[a-z] 2-9}}`; {_OPEN})",
            ],
        ),
        (
            "{page}",
            "`/`; **page**: any characters but `/`, `?` and `#`; `/`; any text, or none",
            ['`{"page": "product"}`', '`{"page": "product"}`', '`{"page": "product"}`'],
        ),
        (
            "{what:letters}",
            "`Product `; **what**: letters of any script",
            [
                '`{"what": "A"}`',
                "no value (no match: `{what:letters}` is not found after `Product `)",
                "no value (no match: `Product ` is not found at its beginning)",
            ],
        ),
    ],
)
def test_a_pattern_is_said_in_words_with_what_its_parts_take(
    within: str, words: str, samples: list[str]
) -> None:
    told = _told(within)
    assert f"The whole text: {words}" in told
    shown = [line.partition(": ")[2] for line in told if line.startswith("For the sample")]
    assert shown == samples


def test_what_the_parts_take_of_a_person_is_masked() -> None:
    told = "\n".join(_told("{who}@"))
    assert "For the sample `a`" in told
    assert "ada" not in told
    assert "b.co" not in told


def test_without_an_event_a_pattern_is_said_in_words() -> None:
    found = authoring.analyse(_MAPPING).at(_MAPPING.index("{n:digits}"))
    assert found is not None
    assert (found.kind, found.is_known) == ("pattern", False)
    assert found.meaning.startswith("The whole text: `/product/`")
