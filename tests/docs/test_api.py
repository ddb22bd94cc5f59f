"""docs/api.md: its examples print what it shows, its names and signatures are those of the package."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from threading import Thread
from time import sleep
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import mapper
from mapper import authoring
from tests.cli.test_send import sandbox
from tests.support.command import ROOT
from tests.support.pages import blocks

_PAGE = (ROOT / "docs/api.md").read_text(encoding="utf-8")
_EXAMPLE = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
_SANDBOX = "http://127.0.0.1:8787/v5"
_SIGNATURES = "".join(blocks(_PAGE, "py")).splitlines()
# A row of a table that lists attributes of a value.
_TABLES = re.findall(r"^\| value \| attributes \| \|\n(.*?)\n\n", _PAGE, re.MULTILINE | re.DOTALL)
_ATTRIBUTES = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", "\n".join(_TABLES), re.MULTILINE)


def test_the_page_names_all_of_the_front_door_and_nothing_else() -> None:
    table = _PAGE.partition("\n| task | names |\n")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"`(\w+)`", table)) == sorted(mapper.__all__)


def test_the_functions_of_the_front_door_are_there_with_their_signatures() -> None:
    functions = {name for name in mapper.__all__ if inspect.isfunction(getattr(mapper, name))}
    assert {line.partition("(")[0] for line in _SIGNATURES if line[0].islower()} == functions


@pytest.mark.parametrize("line", _SIGNATURES)
def test_a_signature_is_that_of_the_code(line: str) -> None:
    found: Any = mapper
    for name in line.partition("(")[0].split("."):
        found = getattr(found, name)
    signature = inspect.signature(found)
    kept = [one.replace(annotation=one.empty) for one in signature.parameters.values() if one.name != "self"]
    bare = signature.replace(parameters=kept, return_annotation=signature.empty)
    assert line == f"{line.partition('(')[0]}{bare} -> {signature.return_annotation}"


@pytest.mark.parametrize(("name", "listed"), _ATTRIBUTES)
def test_an_attribute_of_a_value_is_one(name: str, listed: str) -> None:
    kind = getattr(mapper, name)
    known = {one.name for one in fields(kind)} if is_dataclass(kind) else {*getattr(kind, "_fields", ())}
    known |= {one for one in vars(kind) if not one.startswith("_")}
    known |= {"message", "hint"} if kind is mapper.SetupError else set()
    assert {*re.findall(r"`(\w+)`", listed)} <= known


def test_the_examples_print_what_the_page_shows(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    Path("shop.yaml").write_text(blocks(_PAGE, "yaml")[0], encoding="utf-8")
    names: dict[str, object] = {}
    examples = _EXAMPLE.findall(_PAGE + (ROOT / "docs/editor.md").read_text(encoding="utf-8"))
    with sandbox() as (url, ledger):
        for code, printed in examples:
            exec(compile(code.replace(_SANDBOX, url), "docs/api.md", "exec"), names)
            assert capsys.readouterr().out == printed
    # Each of the sections on deliveries sends some.
    assert [one["event_id"] for one in ledger.received] == ["0", "1", "2", "8", "9"]


def test_the_service_of_the_page_goes_on_after_a_delivery_that_ended_early() -> None:
    (code,) = (one for one, _ in _EXAMPLE.findall(_PAGE) if "queue.Queue()" in one)
    taken: list[int] = []
    readers: list[Thread] = []
    waits: list[str | OSError] = ["no answer", OSError("no room"), ""]

    def deliver(_: object, events: Iterator[dict[str, int]], **__: object) -> SimpleNamespace:
        """An end, with a thread that still waits for the next event as that of `deliver` does."""
        end = waits.pop(0)
        if end == "":
            taken.extend(one["id"] for one in events)
        else:
            readers.append(Thread(target=lambda: taken.extend(-one["id"] for one in events), daemon=True))
            readers[-1].start()
        if isinstance(end, OSError):
            raise end
        return SimpleNamespace(stopped=end)

    clock = SimpleNamespace(time=lambda: 0, sleep=lambda _: None)
    names: dict[str, Any] = {
        "mapper": SimpleNamespace(deliver=deliver),
        "program": None,
        "settings": {},
        "time": clock,
    }
    begun, _, _ = code.partition("courier.start()")
    exec(compile(begun, "docs/api.md", "exec"), names)
    names["courier"].daemon = True
    names["courier"].start()
    for _ in range(1000):
        if waits:
            sleep(0.01)
    assert waits == []
    for one in ({"id": 1}, {"id": 2}):
        names["waiting"].put(one)
    for reader in readers:
        reader.join(10)
    names["waiting"].put(None)
    names["courier"].join(10)
    assert sorted(taken) == [1, 2]


def test_the_service_of_the_page_stops_also_where_its_last_delivery_ended_early() -> None:
    (code,) = (one for one, _ in _EXAMPLE.findall(_PAGE) if "queue.Queue()" in one)

    def deliver(_: object, events: Iterator[object], **__: object) -> SimpleNamespace:
        """An end after all events were read, as where the service refuses the token."""
        assert [*events] == []
        return SimpleNamespace(stopped="no token")

    names: dict[str, Any] = {"mapper": SimpleNamespace(deliver=deliver), "program": None, "settings": {}}
    names["time"] = SimpleNamespace(sleep=lambda _: None)
    begun, _, _ = code.partition("courier.start()")
    exec(compile(begun, "docs/api.md", "exec"), names)
    names["waiting"].put(None)
    names["courier"].daemon = True
    names["courier"].start()
    names["courier"].join(10)
    assert not names["courier"].is_alive()


@pytest.mark.parametrize("door", [mapper, authoring])
def test_functions_and_classes_that_the_pages_name_are_there(door: ModuleType) -> None:
    named = re.compile(rf"(?<![\w/.-]){door.__name__}\.([A-Za-z]\w*)\(")
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    found = {(page.name, name) for page in pages for name in named.findall(page.read_text(encoding="utf-8"))}
    assert {one for one in found if not hasattr(door, one[1])} == set()
