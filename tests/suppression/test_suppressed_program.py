"""A payload of a person on a list is skipped, wherever in it the person is; all else goes as before."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper.runtime.compiled_modules import pack, unpack
from mapper.runtime.decode import encode
from mapper.runtime.outcome import Outcome
from mapper.runtime.program import Program
from mapper.suppression.building import PersonRow, build_list
from mapper.suppression.listing import BrokenList, WatchedList, digest_of
from mapper.suppression.suppressed_program import SuppressedBodies, suppressing
from mapper.values.safe_text import SafeText
from tests.support.command import MAPPING, event

pytestmark = pytest.mark.quick


def _listed(folder: Path, *texts: str, name: str = "a.sup") -> WatchedList:
    rows = [PersonRow(1, tuple(map(digest_of, texts)), False)]
    build_list(rows, str(folder / name), skip_invalid=False)
    return WatchedList(str(folder / name))


@pytest.fixture
def program() -> Program:
    """The small mapping, with the guard."""
    return mapper.compile_text(MAPPING)


def _ends(outcomes: Sequence[Outcome]) -> list[str]:
    return [
        "sent" if one.payload is not None else one.skip.kind if one.skip is not None else "rejected"
        for one in outcomes
    ]


def test_an_event_of_a_listed_person_is_skipped(program: Program, tmp_path: Path) -> None:
    made = suppressing(program, [_listed(tmp_path, "ada1@example.com", "ada3@example.com")])
    for run in (made, pickle.loads(pickle.dumps(made)), unpack(pack(made))):
        found = [run.apply(event(number)) for number in range(5)]
        assert [end for outcomes in found for end in _ends(outcomes)] == [
            "sent",
            "suppressed",
            "sent",
            "suppressed",
            "sent",
        ]
        (outcome,) = found[1]
        assert outcome.skip is not None
        assert (outcome.skip.reason, outcome.without_consent) == ("on a suppression list", "")
        assert [run.apply(event(number)) for number in (0, 2, 4)] == [
            program.apply(event(number)) for number in (0, 2, 4)
        ]


def test_any_of_several_lists_counts(program: Program, tmp_path: Path) -> None:
    lists = [_listed(tmp_path, f"ada{number}@example.com", name=f"{number}.sup") for number in (1, 2)]
    made = suppressing(program, lists)
    assert [_ends(made.apply(event(number))) for number in range(4)] == [
        *(["sent"], ["suppressed"], ["suppressed"], ["sent"])
    ]


def test_without_lists_it_is_the_program_as_it_was(program: Program) -> None:
    assert suppressing(program, []) is program


def test_a_target_without_persons_is_refused(program: Program, tmp_path: Path) -> None:
    bare = replace(program, code=replace(program.code, persons=()))
    with pytest.raises(ValueError, match="no field of pinterest/conversions-v5 is marked with `x-person`"):
        suppressing(bare, [_listed(tmp_path)])


_HEX = sha256(b"x").hexdigest()
# Paths of persons, a payload, and whether the person `x` is in it.
_PLACES: list[tuple[tuple[str, ...], dict[str, Any], bool]] = [
    (("em",), {"em": _HEX}, True),
    (("em",), {"em": "x"}, True),
    (("em",), {"em": _HEX.upper()}, True),
    (("em",), {"em": ["y", _HEX]}, True),
    (("em",), {"em": ["y", None, 5, {"em": "x"}]}, False),
    (("em",), {"em": None, "ph": "x"}, False),
    (("em", "ph"), {"ph": "x"}, True),
    (("user.em",), {"em": "x"}, False),
    (("user.em", "user.ph", "id"), {"user": {"ph": "x"}}, True),
    (("user.em", "user.ph", "id"), {"id": ["x"]}, True),
    (("user.em",), {"user": "x"}, False),
    (("users[].em",), {"users": [{"em": "y"}, {"em": "x"}]}, True),
    (("users[].em",), {"users": [{"ph": "x"}, "x"]}, False),
    (("a.b.c",), {"a": {"b": {"c": "x"}}}, True),
    (("em",), {}, False),
]


@pytest.mark.parametrize(("paths", "payload", "is_there"), _PLACES)
def test_a_person_is_found_in_each_place(
    paths: tuple[str, ...], payload: dict[str, Any], is_there: bool, program: Program, tmp_path: Path
) -> None:
    marked = replace(program, look=None, code=replace(program.code, persons=paths))
    look = suppressing(marked, [_listed(tmp_path, "x")]).look
    assert look is not None
    assert _ends(look([Outcome(payload=payload)])) == ["suppressed" if is_there else "sent"]


def test_only_the_payloads_of_the_person_are_skipped(program: Program, tmp_path: Path) -> None:
    look = suppressing(program, [_listed(tmp_path, "x")]).look
    assert look is not None
    payloads = [{"user_data": {"em": [sha256(one).hexdigest()]}} for one in (b"y", b"x", b"z")]
    skipped = Outcome(skip=mapper.Skip("skip", mapper.Invalid("other").reason))
    assert _ends(look([*(Outcome(payload=one) for one in payloads), skipped])) == [
        *("sent", "suppressed", "sent", "skip")
    ]


def test_nothing_goes_where_no_list_is_whole_any_more(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mapper.suppression.listing._SHORT", 0)  # as if the list were a long one
    made = suppressing(program, [_listed(tmp_path, *(f"ada{number}@example.com" for number in range(20)))])
    (tmp_path / "a.sup").write_bytes(b"")
    (outcome,) = made.apply(event(1))
    assert outcome.payload is None
    assert outcome.rejection is not None
    assert [one.message for one in outcome.rejection.reasons] == [
        "not sent: a suppression list cannot be read any more"
    ]


@pytest.mark.parametrize(("paths", "payload", "is_there"), _PLACES)
def test_of_payloads_as_they_are_sent_the_same_are_stopped(
    paths: tuple[str, ...], payload: dict[str, Any], is_there: bool, tmp_path: Path
) -> None:
    bodies = SuppressedBodies(paths, (_listed(tmp_path, "y2"), _listed(tmp_path, "x", name="x.sup")))
    assert bodies.stops(encode(payload)) is is_there


def test_where_a_list_is_broken_nothing_tells_of_a_payload(tmp_path: Path) -> None:
    class Broken(WatchedList):
        def holds_any(self, digests: Sequence[bytes]) -> bool:
            raise BrokenList(SafeText("the list was changed in place"))

    _listed(tmp_path, "x")
    assert SuppressedBodies(("em",), (Broken(str(tmp_path / "a.sup")),)).stops(b'{"em":"x"}') is None
