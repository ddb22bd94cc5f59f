"""Keys on the line of another key: read as if they had the braces that they lack, which are the fix."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mapper.compiler.findings import Findings
from mapper.compiler.syntax.node_shapes import json_of
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.fixing import edited
from mapper.texts.named_text import Text
from mapper.values.types import Json
from tests.support.depth import some

_ROOT = Path(__file__).parents[2]
_FILES = sorted([*_ROOT.glob("mappings/**/*.yaml"), *_ROOT.glob("tests/cases/correct/*.yaml")])
_BRACED = re.compile(r"(?m)^( *(?:- )?[\w.]+: )\{([a-z]\w*: [^\n]*)\}$")
_MOST_IN_ONE = 20


def _read(content: str) -> tuple[Json, list[Diagnostic]]:
    found = Findings()
    node = read_yaml(Text("m.yaml", content), found)
    assert node is not None
    return json_of(node), [*found]


@pytest.mark.parametrize("path", some(_FILES, 30), ids=lambda path: path.stem)
def test_a_line_that_lost_its_braces_is_read_as_with_them_and_has_them_as_its_fix(path: Path) -> None:
    content = path.read_text("utf-8")
    whole, found = _read(content)
    assert found == []
    for place in [*_BRACED.finditer(content)][:_MOST_IN_ONE]:
        without = content[: place.start()] + place[1] + place[2] + content[place.end() :]
        read, (told, *more) = _read(without)
        assert (told.code, more, read == whole) == ("M003", [], True), place[0]
        assert edited(without, told.fixes[0].edits) == content


def test_the_files_have_lines_that_can_lose_their_braces() -> None:
    assert sum(len(_BRACED.findall(path.read_text("utf-8"))) for path in _FILES) > 500


@pytest.mark.parametrize("key", ["because", "const", "is", "name", "todo"])
def test_what_may_be_a_text_is_quoted(key: str) -> None:
    _, (told,) = _read(f"{key}: note: a text\n")
    assert told.hint == 'quote the expression: "note: a text"'


@pytest.mark.parametrize(
    "element",
    ["- is: order, send: checkout", "- when: a == 'b', send: checkout", "- skip: test, when: is_test"],
)
def test_an_element_on_one_line_has_braces_where_no_line_of_it_follows(element: str) -> None:
    _, (told,) = _read(f"events:\n  {element}\n  - is: a\n    send: lead\n")
    assert told.hint == f"write `{{{element[2:]}}}`"
    _, (told,) = _read(f"events:\n  {element}\n    payload: {{}}\n")
    assert told.hint is not None
    assert told.hint.startswith("quote")
