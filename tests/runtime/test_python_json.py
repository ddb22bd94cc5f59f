"""Without orjson the same bytes are written, and the same values are refused."""

from __future__ import annotations

import enum
import os
import random
import struct
import subprocess
import sys
import uuid
from collections import OrderedDict, namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from mapper.runtime.decode import float_digits
from mapper.runtime.python_json import APPEND_NEWLINE, dumps
from tests.support.depth import DEPTH, Depth, by_seed, examples

_ROOT = Path(__file__).parents[2]
_OPTIONS = (
    orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
)
_REFUSED = "TypeError"
# The long form: FLOATS=1000000.
_FLOATS = int(os.environ.get("FLOATS", examples(60_000)))


def _by_orjson(value: Any) -> bytes | str:
    try:
        return orjson.dumps(value, None, _OPTIONS)
    except TypeError:
        return _REFUSED


def _by_python(value: Any) -> bytes | str:
    try:
        return dumps(value)
    except TypeError:
        return _REFUSED


def _floats(dice: random.Random) -> Iterator[float]:
    """Numbers of all sizes: any bits, prices, few digits, and those beside powers of ten and of two."""
    for _ in range(_FLOATS // 5):
        yield struct.unpack("<d", dice.randbytes(8))[0]
        yield round(dice.uniform(-1e4, 1e4), 2)
        few_digits = dice.randrange(1, 10 ** dice.randint(1, 17))
        yield float(f"{dice.choice(('', '-'))}{few_digits}e{dice.randint(-330, 308)}")
        yield float(f"1e{dice.randint(-12, 24)}") * dice.choice((1, -1, 1 + 2**-52, 1 - 2**-53))
        yield 2.0 ** dice.randint(-70, 70) * dice.choice((1, -3, 1 + 2**-52))


def test_a_line_is_ended_the_same_way() -> None:
    assert APPEND_NEWLINE == orjson.OPT_APPEND_NEWLINE
    assert dumps([1], None, APPEND_NEWLINE) == orjson.dumps([1], None, orjson.OPT_APPEND_NEWLINE) == b"[1]\n"


def test_floats_have_the_same_digits() -> None:
    wrong = [one for one in _floats(by_seed("floats")) if dumps(one) != orjson.dumps(one)]
    assert wrong[:10] == []


class _Text(str):
    pass


class _Integer(int):
    pass


class _Colour(enum.Enum):
    RED = "red"
    NESTED = ("a", 1)


class _Level(enum.IntEnum):
    LOW = 1


_Pair = namedtuple("_Pair", "a b")


def _nested(depth: int, inner: Any, *, as_list: bool) -> Any:
    for _ in range(depth):
        inner = [inner] if as_list else {"a": inner}
    return inner


# No tuples: orjson counts the levels of those in another way, and JSON has none.
_INNER: tuple[Any, ...] = (1, [], {}, "", [1], {"a": []})
_LOOP: list[Any] = []
_LOOP.append(_LOOP)

_VALUES: dict[str, Any] = {
    "all of Latin, controls too": "".join(map(chr, range(0x180))),
    "separators and emoji": "\u2028\u2029\ufeff\uffff\U0001f600\U0010ffff",
    "half a character": "\ud800",
    "half a character in a text": "a\udfff b",
    "half a character in a key": {"\udc00": 1},
    "both halves": "\ud83d\ude00",
    "zero": [0, -0, 0.0, -0.0],
    "true and false": [True, False, None],
    "numbers that JSON lacks": [float("nan"), float("inf"), float("-inf")],
    "the most integer": 2**64 - 1,
    "one more": 2**64,
    "the least integer": -(2**63),
    "one less": -(2**63) - 1,
    "a huge integer": 10**5000,
    "empty ones": [[], {}, "", (), {"": {}}],
    "a tuple": (1, (2, "3")),
    "a key that is a number": {1: 2},
    "a key that is null": {None: 2},
    "a key of another class": {_Text("a"): 1},
    "a key that is an enum": {_Colour.RED: 1},
    "a text of another class": _Text("a"),
    "an integer of another class": _Integer(1),
    "an ordered dict": OrderedDict(a=1),
    "a named tuple": _Pair(1, 2),
    "an enum": [_Colour.RED, _Colour.NESTED, {"a": _Level.LOW}],
    "a UUID": uuid.UUID(int=5),
    "bytes": b"a",
    "a set": {1},
    "an object": object(),
    "a class": int,
    "a list in itself": _LOOP,
    **{
        f"{depth} {'lists' if as_list else 'objects'} around {inner!r}": _nested(
            depth, inner, as_list=as_list
        )
        for depth in (253, 254, 255, 400)
        for as_list in (True, False)
        for inner in _INNER
    },
}


@pytest.mark.parametrize("value", _VALUES.values(), ids=_VALUES)
def test_hostile_values_are_written_or_refused_alike(value: Any) -> None:
    assert _by_python(value) == _by_orjson(value)


_JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(some.characters(codec=None)),
    lambda inner: (
        some.lists(inner) | some.dictionaries(some.text(some.characters(codec=None)) | some.integers(), inner)
    ),
)


@given(_JSON)
def test_any_value_is_written_or_refused_alike(value: Any) -> None:
    assert _by_python(value) == _by_orjson(value)


def test_events_are_read_and_written_without_orjson() -> None:
    """The tests of `decode` and of one result for all forms, in a Python that has no orjson."""
    code = (
        "import sys; sys.modules['orjson'] = None; import pytest; import mapper.runtime.decode as decode;"
        "assert decode.float_digits.__module__ == 'mapper.runtime.python_json';"
        "sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '-p', 'no:xdist', *sys.argv[1:]]))"
    )
    files = ("tests/runtime/test_decode.py", "tests/runtime/test_traps.py", "tests/runtime/test_aliasing.py")
    depth = {"TEST_DEPTH": "usual" if DEPTH is Depth.FULL else "quick"}
    ran = subprocess.run(
        [sys.executable, "-c", code, *files],
        env={**os.environ, **depth},
        capture_output=True,
        text=True,
        cwd=_ROOT,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:]
    summary = ran.stdout.splitlines()[-1]
    assert " passed" in summary
    assert " skipped" not in summary


def test_orjson_writes_where_it_is_installed() -> None:
    """The fallback costs nothing there: the very functions of orjson are called."""
    assert float_digits is orjson.dumps
    code = "import sys, mapper.runtime.decode; print('mapper.runtime.python_json' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=_ROOT, check=True)
    assert ran.stdout.strip() == "False"
