"""Damaged Parquet files, read one after another: `python -m tests.feeds.parquet_mutants SEED COUNT`.

In a process of its own, since a reader in C that is wrong about one ends the process. It prints how many were
read to their end and how many were refused.
"""

from __future__ import annotations

import io
import random
import sys
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq

from mapper.feeds import read_texts
from mapper.values.safe_text import SafeError


def _whole(chance: random.Random) -> bytes:
    """A small file with pages of all kinds."""
    rows = chance.choice((1, 30, 400))
    texts = [chance.choice(("a", "b" * 50, None, "é")) for _ in range(rows)]
    columns = {
        "id": pa.array(texts),
        "n": pa.array([chance.randint(0, 9) for _ in range(rows)]),
        "many": pa.array([[1, None]] * rows),
        "in": pa.array([{"a": one, "b": [{"c": one}]} for one in texts]),
        "map": pa.array([[("k", 1)]] * rows, pa.map_(pa.string(), pa.int64())),
    }
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.table(columns),
        sink,
        compression=chance.choice(("none", "snappy", "zstd", "gzip")),
        use_dictionary=chance.random() < 0.5,
        data_page_version=chance.choice(("1.0", "2.0")),
        row_group_size=chance.choice((7, 1000)),
    )
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _damaged(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    for _ in range(chance.choice((1, 1, 2, 8))):
        inside = (4, footer) if chance.random() < 0.5 else (footer, len(content) - 4)
        changed[chance.randrange(*inside)] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    return bytes(changed)


def main(seed: int, count: int) -> None:
    """Read so many damaged files."""
    chance, ends = random.Random(seed), Counter[str]()
    for _ in range(count):
        content = _damaged(_whole(chance), chance)
        try:
            for block in read_texts(io.BytesIO(content), name="a.parquet"):
                list(block.texts())
            ends["read"] += 1
        except SafeError:
            ends["refused"] += 1
    print(ends["read"], ends["refused"])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
