"""One slip anywhere in a correct mapping is told once, or once for each place that reads what it broke."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from mapper import check_text
from mapper.compiler.findings import Findings
from mapper.compiler.yaml.nodes import ListNode, ScalarNode, YamlNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.named_text import Text
from tests.support.depth import some

_CASES = sorted((Path(__file__).parents[1] / "cases" / "correct").glob("*.yaml"))
# What may stand in place of a value by mistake; of a key only a letter is too much.
_SLIPS = ("order-id", "010", "", "nothing_such(a)", "[a]", "{a: b}")

# A value that its place does not take: in a field, as an argument, and where an attribute of it is read.
_WRONG_TYPES = {"M302", "M204", "M125"}


def _scalars(
    node: YamlNode, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], ScalarNode, bool]]:
    """Every scalar with the keys above it, and whether it is a key itself."""
    if isinstance(node, ScalarNode):
        yield path, node, False
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from _scalars(item, path)
    else:
        for key, value in node.entries:
            yield (*path, key.text), key, True
            yield from _scalars(value, (*path, key.text))


def _slips(written: str) -> Iterator[tuple[str, str]]:
    """What to call it, and the text of the mapping with one slip; the tests in it are left alone."""
    root = read_yaml(Text("<text>", written), Findings())
    assert root is not None
    slips = cycle(_SLIPS)
    for path, node, is_key in _scalars(root):
        if path[0] == "tests" or (is_key and path[-1] == "const"):  # what then stands there is an expression
            continue
        slip = f"{node.text}x" if is_key else next(slips)
        changed = written[: node.span.start] + slip + written[node.span.end :]
        yield f"{'.'.join(path)}: {slip!r}", changed


@pytest.mark.parametrize("path", some(_CASES, 12), ids=lambda path: path.stem)
def test_a_slip_is_told_once(path: Path) -> None:
    written = path.read_bytes().decode("utf-8").removeprefix("\ufeff")
    for slip, changed in _slips(written):
        found = [one for one in check_text(changed, path.name, beside=path) if one.severity == "error"]
        codes = {one.code for one in found}
        if (
            ".let." in slip and codes <= _WRONG_TYPES
        ):  # a let that became an object, at each place that reads it
            continue
        assert len(codes) <= 1, (slip, [f"{one.span.place} {one.code} {one.message}" for one in found])
        assert len(found) <= 1 or codes <= {"M028", "M301", "M125"}, (slip, [one.message for one in found])
