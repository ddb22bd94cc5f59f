"""docs/normal-forms.md: each row of its tables is what becomes of the value, and every field has its part."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from mapper.transforms import TRANSFORMS
from mapper.values.types import Invalid, Json
from tests.transforms.test_normal_forms import FORMS, mapped, sent

_PAGE = (Path(__file__).parents[2] / "docs/normal-forms.md").read_text(encoding="utf-8")
_TABLE = re.compile(r"^\| `(\w+)` \| (hashed|with) \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", re.MULTILINE)


def _cell(written: str) -> str:
    code = re.fullmatch(r" *`(.*)` *", written)
    return (written.strip() if code is None else code[1]).replace("\\|", "|")


def _rows(kind: str) -> list[tuple[str, ...]]:
    """The name at a table's head and the cells of each of its rows, less their backticks."""
    return [
        (name, *map(_cell, row[2:-1].split(" | ")))
        for name, found, rows in _TABLE.findall(_PAGE)
        if found == kind
        for row in rows.splitlines()
    ]


@pytest.mark.parametrize(("field", "value", "hashed", "digest"), _rows("hashed"))
def test_a_digest_on_the_page_is_the_one_that_is_sent(
    field: str, value: str, hashed: str, digest: str
) -> None:
    given: Json = json.loads(value)
    digests, said = sent(field, given)
    assert digests == ([digest] if digest else [])
    assert mapped(field, given) == digests
    if hashed.startswith('"'):
        assert sha256(json.loads(hashed).encode()).hexdigest() == digest
    elif not digest:
        assert hashed == (f"invalid: {said[0]}" if said else "nothing")


@pytest.mark.parametrize(("name", "value", "arguments", "result"), _rows("with"))
def test_what_a_transform_gives_on_the_page_is_what_it_gives(
    name: str, value: str, arguments: str, result: str
) -> None:
    named = json.loads("{" + re.sub(r"(\w+): ", r'"\1": ', arguments) + "}")
    try:
        made = json.dumps(TRANSFORMS[name].function(json.loads(value), **named), ensure_ascii=False)
    except Invalid as invalid:
        made = f"invalid: {invalid.reason}"
    assert made == result


def test_every_hashed_field_has_a_part_with_digests() -> None:
    assert {row[0] for row in _rows("hashed")} == set(FORMS)
    headings = " ".join(re.findall(r"^## (.*)$", _PAGE, re.MULTILINE))
    assert {name for name in FORMS if f"`{name}`" not in headings} == set()
