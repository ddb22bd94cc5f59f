"""Pages say how to install the package as docs/install.toml has it, and nowhere else."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.support.command import ROOT
from tests.support.made_pages import install_page
from tests.support.made_pages.install_page import Sources

pytestmark = pytest.mark.quick

_SOURCES = install_page.read_sources(ROOT / "docs")
_NONE = Sources("", "", "", "", False)
_ALL = Sources("https://git.example.com/a/mapper", "https://mapper.example.com", "", "v0.1.0", True)
_INSTALL = re.compile(r"(?:pip|pipx|uv tool) install ['\"\w.<-]")
_PAGES = {page: page.read_text(encoding="utf-8") for page in install_page.pages(ROOT)}
_README = _PAGES[ROOT / "README.md"]


def test_pages_and_addresses_are_as_make_docs_writes_them() -> None:
    assert [page for page, text in _PAGES.items() if install_page.installed(text, _SOURCES) != text] == []
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert install_page.with_urls(project, _SOURCES) == project


def test_no_line_by_hand_says_how_to_install() -> None:
    by_hand = {page: install_page.outside_of_blocks(text) for page, text in _PAGES.items()}
    found = {
        page.name: _INSTALL.findall(text) for page, text in by_hand.items() if page.name != "CHANGELOG.md"
    }
    assert {page: lines for page, lines in found.items() if lines} == {}


def test_what_is_not_known_is_not_named() -> None:
    text = install_page.installed(_README, _NONE)
    assert "git+" not in text
    assert "install pinterest-capi-mapper" not in text
    assert "uv tool install ./pinterest_capi_mapper-" in text


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (_ALL, "uv tool install pinterest-capi-mapper "),
        (_ALL, "pip install 'pinterest-capi-mapper @ git+https://git.example.com/a/mapper@v0.1.0' "),
        (Sources(_ALL.repository, "", "", "v0.1.0", False), "@v0.1.0"),
    ],
)
def test_what_is_known_is_named(sources: Sources, said: str) -> None:
    assert said in install_page.installed(_README, sources)


def test_a_tag_without_a_repository_and_a_repository_without_a_tag_are_no_way() -> None:
    for sources in (Sources("", "", "", "v0.1.0", False), Sources(_ALL.repository, "", "", "", False)):
        assert install_page.installed(_README, sources) == install_page.installed(_README, _NONE)


def test_the_files_of_others_name_the_repository_and_the_tag() -> None:
    page = install_page.installed(_PAGES[ROOT / "docs/ci.md"], _ALL)
    assert "- repo: https://git.example.com/a/mapper\n    rev: v0.1.0\n" in page
    assert 'run: pip install "pinterest-capi-mapper"' in page
    assert install_page.installed(page, _SOURCES) == _PAGES[ROOT / "docs/ci.md"]


def test_addresses_of_the_project_are_written_and_taken_back() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    written = install_page.with_urls(project, _ALL)
    assert (
        tomllib.loads(written)["project"]["urls"]["Diagnostics"] == "https://mapper.example.com/diagnostics"
    )
    assert install_page.with_urls(written, _ALL) == written
    assert "urls" not in tomllib.loads(install_page.with_urls(written, _NONE))["project"]


def test_a_user_s_first_screen_comes_before_a_contributor_s() -> None:
    order = [
        "## Install",
        "```yaml\nname: first",
        "$ mapper run",
        "error[M308]",
        "## Change it",
        "make quick",
    ]
    places = [_README.index(words) for words in order]
    assert places == sorted(places)
    assert "make " not in install_page.outside_of_blocks(_README)[: places[3]]
