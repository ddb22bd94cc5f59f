"""The allow-list: what generated code must not hold, and that no code of the corpus holds it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mapper import compile_text
from mapper.compiler.emit.allow_list import Escape, check_code
from mapper.compiler.emit.module import Module
from tests.oracles.golden import program_of

_ROOT = Path(__file__).parents[2]

_REFUSED = [
    "import os",
    "from os import system",
    "from mapper import compile_mapping",
    "from mapper.compiler import plan",
    "from . import x",
    "from mapper.runtime import *",
    "from mapper.runtime import absent as x",
    "from mapper.runtime import absent, no_such_name",
    "from mapper.runtime import load",
    "from mapper.runtime import Frame",
    "def f(event, frame):\n    return eval('1')",
    "def f(event, frame):\n    return exec('1')",
    "def f(event, frame):\n    return __import__('os')",
    "def f(event, frame):\n    return open('x')",
    "def f(event, frame):\n    return getattr(event, 'x')",
    "def f(event, frame):\n    return event.__class__",
    "def f(event, frame):\n    return event._x",
    "def f(event, frame):\n    return event.system('x')",
    "def f(event, frame):\n    return frame.lets",
    "def f(event, frame):\n    return (lambda: 1)()",
    "def f(event, frame):\n    return [x for x in event]",
    "def f(event, frame):\n    return {x: x for x in event}",
    "def f(event, frame):\n    return f'{event}'",
    "def f(event, frame):\n    return {**event}",
    "def f(event, frame):\n    yield event",
    "def f(event, frame):\n    while True:\n        return 1",
    "def f(event, frame):\n    with event:\n        return 1",
    "def f(event, frame):\n    global x\n    return 1",
    "def f(event, frame):\n    del event",
    "def f(event, frame):\n    assert event",
    "def f(event, frame):\n    return (x := 1)",
    "def f(event, frame):\n    return 2 ** 10",
    "def f(event, frame):\n    return 'x' % event",
    "def f(event, frame):\n    return b'x'",
    "def f(event, frame):\n    return ...",
    "def f(event, frame):\n    return 1j",
    "def f(event, frame):\n    return event()()",
    "def f(event, frame):\n    return event['x']()",
    "@f\ndef f(event, frame):\n    return 1",
    "async def f(event, frame):\n    return 1",
    "class F:\n    x = 1",
    "x = __builtins__",
    "x = [*__name__]",
    "def f(event, frame):\n    return print(event)",
    "def f(event, frame):\n    return globals()",
    "def f(event, frame):\n    return vars(event)",
    "def f(event, frame):\n    return setattr(event, 'x', 1)",
    "def f(event, frame):\n    return breakpoint()",
    "def f(event, frame):\n    return event.format(event)",
    "def f(event, frame):\n    return event.encode()",
    "def f(event, frame):\n    return event.pop('x')",
    "def f(event, frame):\n    return event.update(event)",
    "def f(event, frame):\n    return memoryview(event)",
    "T = lookup(event)\n\n\ndef f(event, frame):\n    return T(event)",
    "def f(event, frame):\n    T = prepared(lookup)\n    return T(event)",
]


@pytest.mark.parametrize("text", _REFUSED)
def test_the_wall_refuses(text: str) -> None:
    with pytest.raises(Escape):
        check_code(text)


@pytest.mark.parametrize(
    "path",
    [*sorted((_ROOT / "mappings").glob("*.yaml")), _ROOT / "tests/cases/shop.yaml"],
    ids=lambda path: path.stem,
)
def test_the_wall_lets_every_mapping_of_the_corpus_through(path: Path) -> None:
    check_code(program_of(path).code.text)


# A name that came out of its literal, as each writer of code would write it down without its first wall.
_HOSTILE_NAMES = (
    *(
        "x'); __import__('os').system('id'); ('",
        "x\n    import os\n    #",
        "x', **globals()), ('",
        "'.__class__, '",
    ),
    *(
        "' % event, '",
        "', lambda: 1, '",
        "', [one for one in ()], '",
        "' if (a := 1) else '",
        "', f'{event}', '",
    ),
    *(
        "', b'x', '",
        "', open('x'), '",
        "', print(event), '",
        "', getattr(event, 'x'), '",
        "', event.pop('x'), '",
    ),
    *("', breakpoint(), '", "'); del event; ('", "'); assert event; ('", "'); global x; ('", "', *event, '"),
)


@pytest.mark.parametrize("name", _HOSTILE_NAMES)
def test_the_wall_holds_where_names_are_written_without_quoting(
    name: str,
) -> None:
    right = (_ROOT / "tests/cases/shop.yaml").read_text(encoding="utf-8")
    text = compile_text(right.replace("contact]", "kontakt]")).code.text
    assert "'kontakt'" in text
    with pytest.raises((Escape, SyntaxError)):
        check_code(text.replace("'kontakt'", f"'{name}'"))


@pytest.mark.parametrize(
    "stem", ["eval", "__import__", "open", "exec", "x = eval", "a\nimport os\n", "a.b", "_x"]
)
def test_no_identifier_is_made_as_an_author_wrote_it(stem: str) -> None:
    module = Module()
    function = module.function(stem, "event", "frame")
    assert re.fullmatch(r"[a-z][a-z0-9_]*", function.name)
    assert re.fullmatch(r"[a-z][a-z0-9_]*", function.local(stem))
    assert re.fullmatch(r"[A-Z][A-Z0-9_]*", module.table(stem, stem))
    function.write("return None")
    check_code(module.text())
