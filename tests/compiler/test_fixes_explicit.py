"""A mapping whose steps `check --fix` wrote out does what it did when the compiler put them in."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mapper import check_text, compile_text
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.fixing import apply_fixes
from mapper.texts.named_text import Text
from tests.support.depth import some

_MAPPINGS = [
    path
    for path in sorted((Path(__file__).parents[2] / "mappings").glob("*.yaml"))
    if "\nextends:" not in path.read_text(encoding="utf-8")
]


_TOO_MANY = "M009"


@pytest.mark.parametrize("path", some(_MAPPINGS, 2), ids=lambda path: path.stem)
def test_a_mapping_with_its_steps_written_out_sends_the_same(path: Path) -> None:
    content = path.read_text(encoding="utf-8")
    explicit = content.replace("\nversion: 1\n", "\nversion: 1\nnormal_forms: explicit\n", 1)

    def check(text: Text) -> tuple[Diagnostic, ...]:
        return check_text(text.content, text.name, beside=path)

    before = [one for one in check(Text("shop.yaml", explicit)) if one.severity != "advice"]
    assert {one.code for one in before} - {_TOO_MANY} == {"M310"}
    fixed = apply_fixes({"shop.yaml": Text("shop.yaml", explicit)}, check).texts["shop.yaml"]
    assert not [one for one in check(fixed) if one.severity != "advice"]
    assert _comments(fixed.content) == _comments(explicit)
    automatic, written = compile_text(content, beside=path), compile_text(fixed.content, beside=path)
    for case in yaml.safe_load(content)["tests"]:
        sent = [[one.payload for one in program.apply(case["given"])] for program in (automatic, written)]
        assert sent[0] == sent[1]


def _comments(content: str) -> list[str]:
    """The comments behind values, and those on lines of their own."""
    return [comment for line in content.splitlines() if (comment := line.partition("#")[2])]
