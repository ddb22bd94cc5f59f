"""`mapper diff` of folders marks each cause by what it does, names its place, and blames no other one."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapper import authoring
from mapper.workbench.folder_comparison import Cause
from tests.support.command import call
from tests.support.repository import edit, make_repository

_OPTED_OUT = "{when: boolean(opted_out), because: opted out}"


@pytest.mark.parametrize(
    ("was", "now", "alarm"),
    [
        ("boolean(opted_out)", "boolean(opted_out && test)", "sent now"),
        ("boolean(opted_out)", "boolean(opted_out || limited)", "no longer sent"),
        ("boolean(opted_out)", "boolean(limited)", "sent now"),
        ("boolean(opted_out)", "boolean(opted_out || note == 'x')", "skip changed"),
        (f"  - {_OPTED_OUT}\n", "", "sent now"),
        (
            f"  - {_OPTED_OUT}\n",
            f"  - {_OPTED_OUT}\n  - {{when: boolean(limited), because: x}}\n",
            "no longer sent",
        ),
        ("because: opted out", "because: refused", ""),
    ],
)
def test_the_mark_of_a_changed_skip_is_what_it_does_to_events(
    folder: Path, was: str, now: str, alarm: str
) -> None:
    (cause,) = _causes_of("mappings/base/common.yaml", was, now)
    assert (cause.changes[0].part, cause.alarm) == ("skip", alarm)
    ends = {(one.old == "sent", one.new == "sent") for one in cause.effects if one.path == "outcome"}
    assert (alarm == "sent now") is ((False, True) in ends)


_MORE = """\
events:
  - {is: gift, send: lead}
  - {is: [tip, fee], when: boolean(total), send: lead}
otherwise: {send: search}
tables:
  names: {file: names.csv, key: sku, value: name}
"""


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("consent: {inherit: false}", ["consent"]),
        ("skip: [{because: opted out, inherit: false}]", ["skip opted out"]),
        ("payload: {opt_out: {inherit: false}}", ["opt_out"]),
        ("payload: {user_data: {inherit: false}}", ["user_data.em", "user_data.external_id"]),
        ("let: {total: {inherit: false}}", ["let $total"]),
        ("functions: {plain(value): {inherit: false}}", ["function plain(value)"]),
        ("tables: {names: {inherit: false}}", ["table $names", "table $names row A-1"]),
        ("otherwise: {inherit: false}", ["section all others"]),
        ("events: [{is: gift, inherit: false}]", ["section is gift"]),
        (
            "events: [{is: [tip, fee], when: boolean(total), inherit: false}]",
            ["section is tip, fee and when boolean(total)"],
        ),
    ],
)
def test_the_place_of_a_rule_that_is_taken_away_is_what_takes_it(
    folder: Path, written: str, names: list[str]
) -> None:
    for version in ("old", "new"):
        make_repository(Path(version), 1)
        Path(version, "mappings/base/names.csv").write_text("sku,name\nA-1,x\n")
        rules = {"let:\n": "let:\n  total: total\n", "functions:\n": "functions:\n  plain(value): $value\n"}
        edits = [{"file": "mappings/base/common.yaml", "replace": [*one]} for one in rules.items()]
        edit(Path(version), [*edits, {"file": "mappings/base/common.yaml", "append": _MORE}])
    named = ["team.yaml", "less.yaml\npayload: {user_data: {hashed_maids: device.id}}"]
    edit(Path("new"), [{"file": "mappings/books/shop-1.yaml", "replace": named}])
    less = f"version: 1\npartial: true\nextends: team.yaml\n{written}\n"
    Path("new/mappings/books/less.yaml").write_text(less)
    told = call("diff", "old", "new").stdout.replace("! ", "  ")
    for name in names:
        place = f"  mappings/books/less.yaml:4 takes away {name} (mappings/ba"
        assert place in told, told


@pytest.mark.parametrize("reason", ["opted out", "opted out, so no consent", "rejected: em, ph", "sent"])
def test_an_outcome_is_caused_by_its_kind_of_rule_whatever_the_reason_says(folder: Path, reason: str) -> None:
    edits = [("when_missing: denied", "when_missing: granted"), ("boolean(opted_out)", "boolean(limited)")]
    for version in ("old", "new"):
        make_repository(Path(version), 1)
        named = ["because: opted out", f"because: '{reason}'"]
        edit(Path(version), [{"file": "mappings/base/common.yaml", "replace": named}])
        named = ["{skip: opted out}", f"{{skip: '{reason}'}}"]
        edit(Path(version), [{"file": "mappings/books/shop-1.yaml", "replace": named}])
    edit(Path("new"), [{"file": "mappings/base/common.yaml", "replace": [*one]} for one in edits])
    found = {one.changes[0].part: one for one in authoring.compare_folders("old", "new").causes}
    ends = {part: {(one.old, one.new) for one in cause.effects} for part, cause in found.items()}
    assert ends == {
        "consent": {("skipped: consent missing", "sent")},
        "skip": {(f"skipped: {reason}", "sent"), ("sent", f"skipped: {reason}")},
    }


_UNMARK = [
    '"gift_text": {"type": ["string", "null"], "x-personal": true}',
    '"gift_text": {"type": ["string", "null"]}',
]
_NEW = "payload:\n  custom_data:\n"
_NAMED = [_NEW, f"{_NEW}    content_name: {{from: gift_text, personal: allowed}}\n"]


@pytest.mark.parametrize(
    ("edits", "part", "alarm"),
    [
        ([("mappings/books/team.yaml", _NAMED), ("schemas/shop/order.json", _UNMARK)], "field", True),
        ([("mappings/books/team.yaml", _NAMED)], "field", True),
        ([("mappings/books/team.yaml", [_NEW, f"{_NEW}    content_name: note\n"])], "field", False),
        (
            [
                (
                    "mappings/books/team.yaml",
                    [_NEW, f"{_NEW}    content_name: {{const: x, when: gift_text}}\n"],
                )
            ],
            "field",
            False,
        ),
        (
            [
                (
                    "mappings/base/common.yaml",
                    ["external_id: customer.id", "external_id: [customer.id, customer.phone]"],
                )
            ],
            "field",
            True,
        ),
        ([("mappings/base/common.yaml", ["em: customer.email", "em: [customer.phone]"])], "field", False),
        (
            [("mappings/base/common.yaml", ["em: customer.email", "em: [customer.email, gift_text]"])],
            "field",
            True,
        ),
        (
            [
                (
                    "mappings/books/shop-1.yaml",
                    ["order_id: number", "order_id: {from: gift_text, personal: allowed}"],
                )
            ],
            "field",
            True,
        ),
        (
            [("mappings/base/common.yaml", ["let:\n  amount: total", "let:\n  amount: gift_text"])],
            "let",
            True,
        ),
        ([("mappings/base/common.yaml", ["let:\n  amount: total", "let:\n  amount: note"])], "let", False),
    ],
)
def test_a_rule_that_reads_more_of_a_person_is_marked(
    folder: Path, edits: list[tuple[str, list[str]]], part: str, alarm: bool
) -> None:
    for version in ("old", "new"):
        make_repository(Path(version), 1)
        amount = "value: {from: total}\n        search_string: {from: $amount, personal: allowed}"
        named = ["value: $amount", amount]
        edit(Path(version), [{"file": "mappings/books/shop-1.yaml", "replace": named}])
    edit(Path("new"), [{"file": file, "replace": change} for file, change in edits])
    found = authoring.compare_folders("old", "new")
    assert not found.broken, found.broken
    changes = [change for cause in found.causes for change in cause.changes if change.part == part]
    assert [one.alarm == "more personal data" for one in changes] == [alarm]


def _causes_of(file: str, was: str, now: str) -> tuple[Cause, ...]:
    """The causes that a replacement in a file of a repository of one mapping has."""
    for version in ("old", "new"):
        make_repository(Path(version), 1)
    edit(Path("new"), [{"file": file, "replace": [was, now]}])
    return authoring.compare_folders("old", "new").causes
