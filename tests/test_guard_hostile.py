"""Texts of a megabyte, made to keep the guard busy, are read to their end in linear time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_PARTS = [
    *(
        "a@",
        "a@a.",
        "a.",
        "@ ",
        "@",
        "%25",
        "%",
        "%40",
        "%u0040",
        "\\u0040",
        "\\",
        "&#64;",
        "&",
        "&#",
        "&amp;",
    ),
    *("=", "?a=", "&aB=", "?phone=1", "?email=", "eMail_", '{"', '{"phone":"', '"a":', "{x:", "name=a "),
    *("YWRhQGV4", "QA", "QAQA/", "4111 ", "4111", "\xe9%", "\xe9", "\u200b", "\uff20", "1.", ":", " ", "+"),
    *("a @ b.c ", "-", "1777629600000000", "%25%32%35", "a@1.2.", "&amp;amp;", "ada@example.com "),
]
_FIELDS = ("event_id", "event_source_url", "app_name")
# One text of each length through each kind of field, and how much longer eight times the length takes.
_RUN = """
import sys
from time import process_time
from mapper import read_schema
from mapper.guard import Guard

guard = Guard(read_schema("pinterest/conversions-v5"))
part = sys.stdin.read()
taken = []
for length in (125_000, 1_000_000):
    began = process_time()
    for field in {fields}:
        guard.release({{field: "x@" + part * (length // len(part))}})
    taken.append(process_time() - began)
print(taken[1] / max(taken[0], 0.02))
"""


@pytest.mark.parametrize("part", _PARTS, ids=ascii)
def test_a_megabyte_of_it_takes_as_many_times_as_long_as_it_is_longer(part: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _RUN.format(fields=_FIELDS)],
        input=part,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=True,
        cwd=Path(__file__).parents[1],
        env={"PYTHONUTF8": "1"},
    )
    assert float(ran.stdout) < 8 * 3
