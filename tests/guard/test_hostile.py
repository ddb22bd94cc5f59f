"""Texts of half a megabyte, made to keep the guard busy, are read to their end in linear time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.support.depth import some

_PARTS = [
    *("a@", "a@a.", "a.", "@ ", "@", "%25", "%", "%40", "%u0040", "\\u0040", "\\", "&#64;", "&", "&#"),
    *("=", "?a=", "&aB=", "?phone=1", "?email=", "eMail_", '{"', '{"phone":"', '"a":', "{x:", "name=a "),
    *("YWRhQGV4", "QA", "QAQA/", "4111 ", "4111", "\xe9%", "\xe9", "\u200b", "\uff20", "1.", ":", " ", "+"),
    *("a @ b.c ", "-", "1777629600000000", "%25%32%35", "a@1.2.", "&amp;", "&amp;amp;", "ada@example.com "),
    *(
        "/",
        "/a/",
        "order/",
        "reset/a1b2c3",
        "/orders/aB3dE5fG",
        "tel:",
        "tel:1 ",
        "/+1",
        "wa.me/",
        "aB3",
        "a1b2",
    ),
    *(
        "-a",
        "aB-",
        "?code=a",
        "&state=a1",
        "/maps/1 abc",
        "://",
        "x://",
        "eyJabcdefgh",
        "a.eyJ",
        "ABCDE",
        "Abcde",
    ),
]
# How many times as long a text takes that is eight times as long, in each kind of field together.
_RUN = """
import json, sys
from time import process_time
from mapper import read_schema
from mapper.guard import Guard

guard = Guard(read_schema("pinterest/conversions-v5"))
growth = {}
for part in json.load(sys.stdin):
    taken = []
    for length in (64_000, 512_000):
        text = "x@" + part * (length // len(part))
        began = process_time()
        for field in ("event_id", "event_source_url", "app_name"):
            guard.release({field: text})
        taken.append(process_time() - began)
    growth[part] = taken[1] / max(taken[0], 0.02)
json.dump(growth, sys.stdout)
"""


def test_half_a_megabyte_of_anything_takes_as_many_times_as_long_as_it_is_longer() -> None:
    parts = some(_PARTS, 14)
    ran = subprocess.run(
        [sys.executable, "-c", _RUN],
        input=json.dumps(parts),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    growth = json.loads(ran.stdout)
    assert len(growth) == len(parts)
    assert {part: times for part, times in growth.items() if times > 8 * 3} == {}
