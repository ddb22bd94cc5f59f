"""The fuzzer's targets without a fuzzer: all that it ever found, some seeds, and some changes of them."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.events import TARGET as EVENTS
from tests.fuzz.expression_text import TARGET as EXPRESSIONS
from tests.fuzz.payloads import TARGET as PAYLOADS
from tests.fuzz.target import Target, bytes_of, text_of
from tests.fuzz.transforms import TARGET as TRANSFORMS
from tests.fuzz.yaml_text import TARGET as MAPPINGS
from tests.support.depth import by_seed, examples

_TARGETS = (MAPPINGS, EXPRESSIONS, EVENTS, TRANSFORMS, PAYLOADS)
# How many seeds of a target are tried as they are, and how many of them with changes.
_SOME = examples(40)

each_target = pytest.mark.parametrize("target", _TARGETS, ids=lambda target: target.name)


@pytest.mark.parametrize(
    ("target", "path"),
    [pytest.param(one, path, id=f"{one.name} {path.name}") for one in _TARGETS for path in one.found()],
)
def test_what_was_found_once_is_mended(target: Target, path: Path) -> None:
    target.check(path.read_bytes())


@each_target
def test_a_seed_keeps_every_promise(target: Target) -> None:
    seeds = target.seeds()
    assert len(seeds) > 100
    for seed in islice(seeds, 0, None, len(seeds) // _SOME):
        assert len(seed) <= target.longest
        target.check(seed)


@each_target
def test_a_changed_seed_keeps_every_promise(target: Target) -> None:
    seeds = target.seeds()
    for at in range(_SOME):
        dice = by_seed(f"{target.name} {at}")
        changed = target.changed(target.changed(dice.choice(seeds), dice), dice)
        try:
            target.check(changed)
        except Exception as error:
            error.add_note(f"of {changed!r}")
            raise


@each_target
def test_changes_are_repeated_by_their_dice_and_take_any_bytes(target: Target) -> None:
    for given in (b"", b"\xff\xfe{", b"\x00[1]", b"[" * 2000, *target.seeds()[:5]):
        once, again = (target.changed(given, Random(7)) for _ in range(2))
        assert once == again


@pytest.mark.parametrize("given", [b"", b"a: \xc3\xa9", b"\xed\xa0\x80", b"\xff\xfe"])
def test_any_bytes_are_a_text(given: bytes) -> None:
    assert text_of(bytes_of(text_of(given))) == text_of(given)
