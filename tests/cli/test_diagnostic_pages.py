"""A code is a link to its page wherever a link can be, once the package names the site of its docs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mapper.cli.report import CheckResult, report
from mapper.codes import CODES
from mapper.language_server.diagnostics import Protocol
from mapper.language_server.positions import Positions
from mapper.playground.page_answers import Session
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Text
from mapper.version import diagnostic_pages
from tests.support.command import ROOT, call
from tests.support.docs_site.staging import staged
from tests.support.made_pages.install_page import Sources

pytestmark = pytest.mark.quick

_SITE = "https://mapper.example.com"
_FOUND = Diagnostic("M308", Text("a.yaml", "a: web").span(3, 6), "a message")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the pages of codes in the metadata of this package; another one has a `mapper` too."""
    _install(tmp_path, "another", "another.package:main", "https://another.example")
    _install(tmp_path, "shop", "mapper.__main__:main", _SITE)
    monkeypatch.syspath_prepend(tmp_path)
    diagnostic_pages.cache_clear()
    yield f"{_SITE}/diagnostics"
    diagnostic_pages.cache_clear()


def _install(folder: Path, name: str, command: str, site: str) -> None:
    """Have a package with a command `mapper` and the address of its site."""
    installed = folder / f"{name}-1.0.dist-info"
    installed.mkdir()
    urls = f"Project-URL: Home, {site}\nProject-URL: Diagnostics, {site}/diagnostics\n"
    (installed / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{urls}")
    (installed / "entry_points.txt").write_text(f"[console_scripts]\nmapper = {command}\n")


def test_a_code_is_linked_in_each_form(site: str, tmp_path: Path) -> None:
    page = f"{site}/M308/"
    assert diagnostic_pages() == site
    rules = json.loads(report("sarif", CheckResult(("a.yaml",), (_FOUND,))))["runs"][0]["tool"]["driver"][
        "rules"
    ]
    assert {rule["helpUri"] for rule in rules} == {f"{site}/{code}/" for code in CODES}
    assert f"\x1b]8;;{page}\x1b\\M308\x1b]8;;\x1b\\" in report(
        "text", CheckResult(("a.yaml",), (_FOUND,)), colour=True
    )
    assert page in call("explain", "m308").stdout
    asked = {"ask": "code", "code": "M308"}
    assert f"]({page})" in Session.of_folder(tmp_path).answer(asked)["markdown"]
    assert page not in Session.of_texts().answer(asked)["markdown"]
    described = Protocol(Positions("utf-16"), str, site).diagnostic(_FOUND).code_description
    assert described is not None
    assert described.href == page


def test_a_text_without_colour_has_no_link(site: str) -> None:
    assert "\x1b" not in report("text", CheckResult(("a.yaml",), (_FOUND,)))
    assert site not in report("text", CheckResult(("a.yaml",), (_FOUND,)))


def test_without_a_site_nothing_is_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: ())
    diagnostic_pages.cache_clear()
    assert "\x1b]8" not in report("text", CheckResult(("a.yaml",), (_FOUND,)), colour=True)
    assert "https" not in call("explain", "M308").stdout
    assert Protocol(Positions("utf-16"), str).diagnostic(_FOUND).code_description is None


def test_each_address_is_a_page_of_the_site() -> None:
    pages, _ = staged(ROOT, Sources("", "", "", "", False))
    assert {f"diagnostics/{code}.md" for code in CODES} <= pages.keys()
