"""A list answers as a Python set would, also while its file is replaced, cut or gone."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable, Iterable
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from mapper.feeds.parted_file import PartedFile
from mapper.suppression.building import Partitions, PersonRow, build_list
from mapper.suppression.listing import (
    CHECKSUM,
    HEAD,
    MAGIC,
    WIDTH,
    BrokenList,
    Listing,
    WatchedList,
    digest_of,
    open_listing,
    reader_of,
)
from mapper.values.safe_text import SafeText
from tests.support.depth import by_seed, seeds

pytestmark = pytest.mark.quick

_SIZES = (0, 1, 2, 7, 8, 63, 300, 5_000)


def _random(name: object, count: int, prefix: bytes = b"") -> list[bytes]:
    chance = by_seed(name)
    return [prefix + chance.randbytes(WIDTH - len(prefix)) for _ in range(count)]


def _written(path: Path, digests: Iterable[bytes]) -> Path:
    build_list([PersonRow(1, tuple(digests), False)], str(path), skip_invalid=False)
    return path


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A clock that goes on only when it is told to."""
    seconds = [1_000.0]
    monkeypatch.setattr("mapper.suppression.listing.time.monotonic", lambda: seconds[0])
    return lambda more: seconds.__setitem__(0, seconds[0] + more)


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each list is taken for a long one, which is read where it is."""
    monkeypatch.setattr("mapper.suppression.listing._SHORT", 0)


@pytest.mark.parametrize("short", [0, 2**20])
@pytest.mark.parametrize("prefix", [b"", b"\0", b"\xff\xff\xff", b"ab" * 5, bytes(15)])
@pytest.mark.parametrize("size", _SIZES)
def test_a_lookup_is_that_of_a_set(
    size: int, prefix: bytes, short: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mapper.suppression.listing._SHORT", short)
    for seed in seeds(10, 1):
        held = _random((seed, size, prefix), size, prefix)
        found = open_listing(str(_written(tmp_path / "a.sup", held + held[:9])))
        known = {*held}
        assert found.count == len(known)
        # Those beside, too: of the same bucket, before the first and after the last.
        others = [one[:-1] + bytes([one[-1] ^ 1]) for one in held[:300]] + [bytes(WIDTH), b"\xff" * WIDTH]
        others += _random((seed, "others"), 300, prefix)
        assert [one for one in held if not found.holds_any([one])] == []
        assert [found.holds_any([one]) for one in others] == [one in known for one in others]


def test_a_digest_across_two_others_is_none(tmp_path: Path) -> None:
    held = [bytes(WIDTH), bytes(8) + b"\1" * 8, b"\0" * 7 + b"\1" * 9]
    found = open_listing(str(_written(tmp_path / "a.sup", held)))
    content = b"".join(sorted(held))
    across = {content[at : at + WIDTH] for at in range(len(content) - WIDTH)} - {*held}
    assert across
    assert not any(found.holds_any([one]) for one in across)


def test_many_digests_go_through_a_file_and_come_out_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mapper.suppression.building.PartedFile", partial(PartedFile, held=4 * WIDTH))
    digests = Partitions()
    held = _random("spilled", 5_000)
    for one in held * 2:
        digests.add(one)
    assert [one for part in digests.ordered() for one in part] == sorted(held)
    digests.close()


@pytest.mark.parametrize(
    "text", ["", "ada@example.com", "Ä", "\ud800", "a" * 63, "g" * 64, "ab " * 21 + "a", "0" * 65]
)
def test_a_text_is_looked_up_by_its_digest(text: str) -> None:
    whole = sha256(text.encode("utf-8", "surrogatepass"))
    assert digest_of(text) == whole.digest()[:WIDTH]
    for digits in (whole.hexdigest(), whole.hexdigest().upper()):
        assert digest_of(digits) == whole.digest()[:WIDTH]


_HELD = [sha256(bytes([number])).digest()[:WIDTH] for number in range(40)]
_DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "only its mark": lambda content: MAGIC,
    "of another form": lambda content: b"MAPSUP02" + content[8:],
    "cut by a byte": lambda content: content[:-1],
    "cut by a digest": lambda content: content[:-WIDTH],
    "longer": lambda content: content + bytes(WIDTH),
    "another digest": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "another offset": lambda content: content[: HEAD.size + CHECKSUM + 4] + b"\xff" + content[61:],
    "another checksum": lambda content: content[: HEAD.size] + bytes(CHECKSUM) + content[56:],
    "no count": lambda content: content[:8] + bytes(8) + content[16:],
    "too many bits": lambda content: content[:16] + b"\xff\xff\xff\xff" + content[20:],
    "another width": lambda content: content[:20] + b"\x08" + content[21:],
}


@pytest.mark.parametrize("damage", _DAMAGES)
def test_a_damaged_list_is_refused(damage: str, tmp_path: Path) -> None:
    path = _written(tmp_path / "a.sup", _HELD)
    path.write_bytes(_DAMAGES[damage](path.read_bytes()))
    with pytest.raises(BrokenList):
        WatchedList(str(path))


def test_each_byte_of_a_list_counts(tmp_path: Path) -> None:
    content = _written(tmp_path / "a.sup", _HELD[:3]).read_bytes()
    for at in range(len(content)):
        changed = content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :]
        with pytest.raises(BrokenList):
            Listing(reader_of(changed), len(changed))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o602, 0o660])
def test_a_list_that_others_can_read_is_refused(mode: int, tmp_path: Path) -> None:
    path = _written(tmp_path / "a.sup", _HELD)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(mode)
    with pytest.raises(BrokenList, match=r"a\.sup: other users can read this list of persons: chmod 600"):
        WatchedList(str(path))


def test_a_list_is_written_for_its_owner_alone_whatever_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.sup"
    path.write_bytes(b"")
    path.chmod(0o666)
    before = os.umask(0)
    try:
        _written(path, _HELD)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["a.sup"]


def test_a_list_in_its_place_is_read_within_a_second(tmp_path: Path, clock: Callable[[float], None]) -> None:
    path = _written(tmp_path / "a.sup", _HELD[:20])
    watched = WatchedList(str(path))
    again = pickle.loads(pickle.dumps(watched))
    _written(path, _HELD[20:])
    assert watched.holds_any([_HELD[0]])
    clock(1.1)
    for one in (watched, again):
        assert [one.holds_any([digest]) for digest in _HELD] == [False] * 20 + [True] * 20


@pytest.mark.parametrize("wrong", ["gone", "cut", "for all to read", "a folder"])
def test_the_last_whole_list_counts_while_another_one_is_broken(
    wrong: str, tmp_path: Path, clock: Callable[[float], None]
) -> None:
    path, told = _written(tmp_path / "a.sup", _HELD[:20]), list[SafeText]()
    watched = WatchedList(str(path), warn=told.append)
    other = _written(tmp_path / "b.sup", _HELD[20:])
    path.unlink()
    if wrong == "a folder":
        path.mkdir()
    elif wrong != "gone":
        other.rename(path)
        if wrong == "cut":
            path.write_bytes(path.read_bytes()[:-5])
        else:
            path.chmod(0o644)
    for _ in range(150):
        clock(1.0)
        assert watched.holds_any([_HELD[0]])
        assert not watched.holds_any([_HELD[20]])
    assert len(told) == 3
    assert all(str(path) in one and one.endswith("the last list that was whole is used") for one in told)
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    _written(path, _HELD[20:])
    clock(1.1)
    assert [watched.holds_any([one]) for one in (_HELD[0], _HELD[20])] == [False, True]


@pytest.mark.usefixtures("long")
def test_a_list_that_is_changed_in_place_is_never_taken_for_another(
    tmp_path: Path, clock: Callable[[float], None]
) -> None:
    path = _written(tmp_path / "a.sup", _HELD)
    content = path.read_bytes()
    watched = WatchedList(str(path))
    for cut in (
        b"",
        content[:100],
        content[:-WIDTH],
        content[: len(content) // 2] + bytes(len(content) // 2),
    ):
        path.write_bytes(cut)
        answers = set[object]()
        for one in _HELD:
            try:
                answers.add(watched.holds_any([one]))
            except BrokenList:
                answers.add("broken")
        assert "broken" in answers
        assert False not in answers
    path.write_bytes(content)
    clock(1.1)
    assert all(watched.holds_any([one]) for one in _HELD)


@pytest.mark.usefixtures("long")
def test_descriptors_are_closed(tmp_path: Path, clock: Callable[[float], None]) -> None:
    path = _written(tmp_path / "a.sup", _HELD)
    watched = WatchedList(str(path))
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    for number in range(20):
        _written(path, _HELD[number:])
        clock(1.1)
        assert watched.holds_any([_HELD[-1]])
    assert not before or len(os.listdir("/proc/self/fd")) == before
