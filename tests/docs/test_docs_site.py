"""The site of the documentation: all pages, each once in its navigation, none changed but for its links."""

from __future__ import annotations

import re
import runpy
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mapper.codes import CODES
from mapper.compiler.syntax.language_keys import OWNERS
from mapper.texts.markdown import code_in_cell
from mapper.transforms import TRANSFORMS
from tests.support.command import ROOT, call
from tests.support.docs_site.built_site import found_in
from tests.support.docs_site.links import DeadLink
from tests.support.docs_site.options import marked
from tests.support.docs_site.staging import links_of, pages_of, settings, staged
from tests.support.made_pages.install_page import Sources

pytestmark = pytest.mark.quick

_NONE = Sources("", "", "", "", False)
_ALL = Sources("https://git.example.com/a/mapper", "https://mapper.example.com", "", "v1", False)
PAGES, _FOLDERS = staged(ROOT, _NONE)
_FENCES = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
# A span as GitHub and the site read it: it ends at as many backticks as it begins with.
_SPANS = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")


def _leaves(entry: Any) -> Iterator[str]:
    if isinstance(entry, dict):
        entry = [*entry.values()]
    if isinstance(entry, list):
        for one in entry:
            yield from _leaves(one)
    else:
        yield entry


def test_each_page_is_once_in_the_navigation() -> None:
    listed = list(_leaves(settings(ROOT, _NONE, _FOLDERS)["nav"]))
    assert sorted(listed) == sorted([*PAGES, "playground/"])


def test_the_navigation_is_by_what_readers_want() -> None:
    read = settings(ROOT, _NONE, _FOLDERS)["nav"]
    wanted = "Home, Write a mapping, Review and CI, Preview, Operate, Python, Command line, Why trust it"
    assert ", ".join(title for one in read for title in one) == wanted


@pytest.mark.parametrize("file", pages_of(ROOT))
def test_no_block_of_a_page_is_changed(file: str) -> None:
    page = pages_of(ROOT)[file]
    texts = [PAGES[page]]
    if file == "docs/diagnostics.md":
        texts += [PAGES[path] for path in _FOLDERS[page].pages if path != page]
    blocks = _FENCES.findall((ROOT / file).read_text("utf-8"))
    assert [block for text in texts for block in _FENCES.findall(text)] == blocks


@pytest.mark.parametrize("file", pages_of(ROOT))
def test_no_page_has_what_only_the_site_would_understand(file: str) -> None:
    text = _SPANS.sub("", _FENCES.sub("", (ROOT / file).read_text("utf-8")))
    assert (
        re.findall(r"^(?:!!!|\?\?\?|===|:::|---\n|\[TOC\]).*|\{:|\{\{|:material-|^\*\[", text, re.MULTILINE)
        == []
    )


def test_each_word_has_a_page_at_its_address() -> None:
    keys = {name for owner in OWNERS.values() for name in owner}
    transforms = {one.name for one in TRANSFORMS.values()}
    wanted = {f"diagnostics/{code}.md" for code in CODES} | {f"transforms/{name}.md" for name in transforms}
    assert wanted | {f"keys/{name}.md" for name in keys} <= PAGES.keys()


@pytest.mark.parametrize("code", ["M001", "M308", "M905"])
def test_the_old_anchor_of_a_code_is_on_the_first_page(code: str) -> None:
    assert f'<a id="{code.lower()}"></a>[{code}]({code}.md)' in PAGES["diagnostics/index.md"]


@pytest.mark.parametrize("word", ["split", "from", "minor_units", "when"])
def test_a_word_s_page_says_what_explain_says(word: str) -> None:
    told = re.sub(r"\W+", " ", call("explain", word).stdout)
    pages = [text for path, text in PAGES.items() if path in (f"keys/{word}.md", f"transforms/{word}.md")]
    said = re.sub(r"\W+", " ", "\n".join(pages))
    assert [one for one in told.split() if one not in said.split()] in ([], ["a"])


@pytest.mark.parametrize(
    ("name", "examples"),
    [(name, key.examples) for keys in OWNERS.values() for name, key in keys.items() if key.examples],
)
def test_an_example_of_a_key_is_whole_as_code(name: str, examples: tuple[Any, ...]) -> None:
    spans = [span.strip() for _, span in _SPANS.findall(PAGES[f"keys/{name}.md"])]
    texts = [one for one in examples if isinstance(one, str)]
    assert [one for one in texts if not any(one in span for span in spans)] == []


def test_each_command_has_a_page_with_all_its_options() -> None:
    text = PAGES["commands/check.md"]
    told = call("check", "--help").stdout
    options = set(re.findall(r"^  (?:-\w, )?(--[\w-]+)", told, re.MULTILINE)) - {"--help", "--version"}
    assert len(options) > 5
    assert {one for one in options if one not in text} == set()
    assert {
        "commands/outbox-retry.md",
        "commands/schema-from.md",
        "commands/suppress-build.md",
    } <= PAGES.keys()


def test_bars_in_code_are_shown_without_what_github_wants_before_them() -> None:
    rows = "".join(_FENCES.sub("", text) for text in PAGES.values())
    assert [span for _, span in _SPANS.findall(rows) if "\\|" in span] == []
    assert code_in_cell("a|b") == "`a\\|b`"  # as pages of the repository have it
    assert "`--format [text|json|sarif|github|junit]`" in PAGES["commands/check.md"]


@pytest.mark.parametrize(
    ("code", "is_marked"),
    [
        ("--strict", True),
        ("--outbox FILE", True),
        ("-q", True),
        ("mapper check --strict", False),
        ("--format [text|json|sarif|github]", False),
        ("-1", False),
        ("--", False),
        (f"--{'long-' * 6}one", False),
    ],
)
def test_an_option_is_marked_so_that_it_stays_on_one_line(code: str, is_marked: bool) -> None:
    wanted = f'<code class="option">{code}</code>' if is_marked else f"<code>{code}</code>"
    assert marked(f"<p>a <code>{code}</code> b</p>") == f"<p>a {wanted} b</p>"


_LINKS = [
    ("docs/language.md", "[the glossary](glossary.md)", "[the glossary](glossary.md)"),
    ("README.md", "[a](docs/ci.md#github)", "[a](ci.md#github)"),
    ("docs/mappings/braze.md", "[a](../language.md#steps)", "[a](../language.md#steps)"),
    ("docs/language.md", "[`M308`](diagnostics.md#m308)", "[`M308`](diagnostics/M308.md)"),
    ("docs/language.md", "[hash](transforms.md#sha256)", "[hash](transforms/sha256.md)"),
    ("docs/language.md", "[all](transforms.md)", "[all](transforms/index.md)"),
    ("docs/ci.md", "[it](playground.md#keys)", "[it](playground-guide.md#keys)"),
    ("docs/senders/segment.md", "[it](README.md)", "[it](index.md)"),
    ("README.md", "![a](docs/playground.png)", "![a](playground.png)"),
    ("docs/ci.md", "[it](../CONTRIBUTING.md#style)", "[it](contributing.md#style)"),
    (
        "docs/ci.md",
        "`[a](../x.py)` [https](https://a.example/)",
        "`[a](../x.py)` [https](https://a.example/)",
    ),
    ("docs/ci.md", "```yaml\n[a](../x.py)\n```\n", "```yaml\n[a](../x.py)\n```\n"),
    ("docs/ci.md", "[`a`](../mappings/braze.yaml)", "[`a`]({blob}/mappings/braze.yaml)"),
    ("README.md", "[`mappings/`](mappings)", "[`mappings/`]({tree}/mappings)"),
]


@pytest.mark.parametrize(("file", "written", "shown"), _LINKS)
def test_a_link_leads_to_a_page_or_into_the_repository(file: str, written: str, shown: str) -> None:
    where = {kind: f"{_ALL.repository}/{kind}/v1" for kind in ("blob", "tree")}
    shown = shown.replace("{blob}", where["blob"]).replace("{tree}", where["tree"])
    pages = pages_of(ROOT)
    assert links_of(ROOT, _ALL).of_site(written, file, pages[file]) == shown
    without = re.sub(r"\[([^\]]+)\]\(https://git[^)]+\)", r"\1", shown)
    assert links_of(ROOT, _NONE).of_site(written, file, pages[file]) == without


@pytest.mark.parametrize("sources", [_NONE, _ALL])
@pytest.mark.parametrize("target", ["none.md", "../none.py", "none.md#style", "../docs/none/", "../../none"])
def test_a_link_to_what_is_not_there_is_found(target: str, sources: Sources) -> None:
    """It would be left out of the page, or lead into the repository, where nobody asks for it."""
    with pytest.raises(DeadLink, match="a link to"):
        links_of(ROOT, sources).of_site(f"[it]({target})", "docs/ci.md", "ci.md")


def test_addresses_are_named_where_they_are_known() -> None:
    assert "site_url" not in settings(ROOT, _NONE, _FOLDERS)
    assert settings(ROOT, _ALL, _FOLDERS)["site_url"] == "https://mapper.example.com/"
    assert "repo_url" not in yaml.safe_load((ROOT / ".ci/site/mkdocs.yml").read_text("utf-8"))


_WRONG = [
    ('<a href="b/">', ["index.html:1: b/: no such page"]),
    ('<a href="a/#none">', ["index.html:1: a/#none: no heading or anchor 'none'"]),
    ('\n<a href="#none">', ["index.html:2: #none: no heading or anchor 'none'"]),
    ('<a href="/a/">', ["index.html:1: /a/: a site in a folder has no such address"]),
    ('<a href="../b/">', ["index.html:1: ../b/: outside of the site"]),
    ('<a href="a/#here"><a href="https://a.example/"><a href="mailto:a@example.com">', []),
    ('<a href="playground/#s=abc"><link rel="canonical" href="https://a.example/">', []),
    ('<script src="https://a.example/a.js">', ["index.html:1: loads https://a.example/a.js"]),
    ('<link rel="stylesheet" href="//a.example/a.css">', ["index.html:1: loads //a.example/a.css"]),
    ('<img src="https://a.example/a.png">', ["index.html:1: loads https://a.example/a.png"]),
    ('<img src="a.png">', ["index.html:1: a.png: no such page"]),
    ('<pre class="mermaid">', ["index.html: makes a.js load https://unpkg.com/mermaid@12"]),
]


@pytest.mark.parametrize(("html", "found"), _WRONG)
def test_a_dead_link_and_what_is_loaded_from_elsewhere_are_found(
    html: str, found: list[str], tmp_path: Path
) -> None:
    for name, text in {
        "index.html": html,
        "a/index.html": '<h2 id="here">',
        "playground/index.html": "",
        "a.js": 'load("https://unpkg.com/mermaid@12"); name("http://www.w3.org/2000/svg")',
        "a.css": "a { background: url(a.png) }",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert found_in(tmp_path) == found


def test_addresses_in_styles_and_scripts_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("@import 'https://a.example/a.css'; a { src: url(//b.example/b) }")
    (tmp_path / "a.js").write_text("load('https://c.example/c')")
    assert found_in(tmp_path) == [
        "a.css: loads https://a.example/a.css",
        "a.css: loads //b.example/b",
        "a.js: names https://c.example/c, which may be loaded",
    ]


def test_the_packages_of_the_site_are_pinned_and_name_no_machine() -> None:
    lock = (ROOT / ".ci/site.lock").read_text("utf-8")
    assert "://" not in lock
    pinned = [line for line in lock.splitlines() if re.match(r"\w", line)]
    (maker,) = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]["site"]
    assert any(line.startswith(f"{maker} ") for line in pinned)
    assert all(line.endswith("\\") for line in pinned)
    assert lock.count("--hash=sha256:") >= len(pinned)


_HOOK = ROOT / ".ci/readme_hook.py"
_README = (ROOT / "README.md").read_text("utf-8")
_RELATIVE = re.compile(r"\]\((?!https?:)[^)]+\)")


def test_the_description_of_a_package_has_links_that_lead_somewhere() -> None:
    described_by = runpy.run_path(str(_HOOK))["described_by"]
    files = f"{_ALL.repository}/blob/v1"
    urls = {"Documentation": _ALL.site, "Changelog": f"{files}/CHANGELOG.md"}
    assert len(_RELATIVE.findall(_README)) > 50
    for known in ({}, {"Changelog": urls["Changelog"]}, urls):
        made = described_by(_README, known)
        assert _RELATIVE.findall(made) == []
        assert _FENCES.findall(made) == _FENCES.findall(_README)
    assert not re.search(r"\]\(|^!", described_by(_README, {}), re.MULTILINE)
    assert "![An event, the mapping" in described_by(_README, {"Changelog": urls["Changelog"]})
    assert f"{_ALL.repository}/raw/v1/docs/playground.png" in described_by(
        _README, {"Changelog": urls["Changelog"]}
    )


@pytest.mark.parametrize("file", pages_of(ROOT))
def test_a_page_has_the_address_that_the_description_says(file: str) -> None:
    described_by = runpy.run_path(str(_HOOK))["described_by"]
    page = re.sub(r"(index)?\.md$", "/", pages_of(ROOT)[file]).replace("//", "/").removeprefix("/")
    made = described_by(f"[it]({file}#heading)", {"Documentation": _ALL.site})
    assert made == f"[it]({_ALL.site}/{page}#heading)"
