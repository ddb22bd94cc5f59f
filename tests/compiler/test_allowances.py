"""A comment `# mapper: allow CODE reason` lets one warning stand, where it is."""

from __future__ import annotations

import pytest

from mapper import check_text

_MAPPING = """\
version: 1
target: pinterest/conversions-v5
let:
  unread: a{behind_let}
payload:
  action_source: {{const: web}}{behind_source}
  event_id: id
  event_time: at
  event_source_url: url
  user_data: {{em: mail}}
otherwise: {{send: page_visit}}
"""


def codes(behind_let: str = "", behind_source: str = "") -> list[tuple[str, int]]:
    text = _MAPPING.format(behind_let=behind_let, behind_source=behind_source)
    return [(one.code, one.span.line) for one in check_text(text, "shop.yaml") if one.severity != "advice"]


def test_without_a_comment_the_warning_is_there() -> None:
    assert codes() == [("M413", 4)]


@pytest.mark.parametrize(
    "comment", [" # mapper: allow M413 reports read it", "\t#mapper:allow  M413  for later"]
)
def test_a_comment_on_the_line_lets_the_warning_stand(comment: str) -> None:
    assert codes(comment) == []


def test_a_comment_alone_speaks_of_the_next_line_that_is_none() -> None:
    text = _MAPPING.format(behind_let="", behind_source="").replace(
        "  unread", "  # mapper: allow M413 reports read it\n  # and more\n\n  unread"
    )
    assert all(one.severity == "advice" for one in check_text(text, "shop.yaml"))


def test_a_text_that_reads_like_a_comment_is_none() -> None:
    text = _MAPPING.format(behind_let="", behind_source="")
    text = text.replace("unread: a", "unread: \"'a # mapper: allow M413 it is text'\"")
    assert [one.code for one in check_text(text, "shop.yaml") if one.severity != "advice"] == ["M413"]


def test_advice_can_be_let_stand_too() -> None:
    text = _MAPPING.format(behind_let="", behind_source="").replace(
        "page_visit}", "our_event} # mapper: allow M901 ours"
    )
    assert "M901" not in [one.code for one in check_text(text, "shop.yaml")]


@pytest.mark.parametrize(
    ("comment", "code"),
    [
        (" # mapper: allow", "M060"),
        (" # mapper: allow M999 because", "M060"),
        (" # mapper: allow M301 because", "M060"),
    ],
)
def test_a_comment_that_is_wrong_is_told_and_lets_nothing_stand(comment: str, code: str) -> None:
    assert codes(comment) == [("M413", 4), (code, 4)]


def test_a_comment_that_lets_nothing_stand_is_a_warning() -> None:
    assert codes(" # mapper: allow M413 reports read it", "  # mapper: allow M412 why") == [("M062", 6)]


def test_a_comment_without_a_reason_is_all_that_is_told() -> None:
    assert codes(" # mapper: allow M413") == [("M061", 4)]
