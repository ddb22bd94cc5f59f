"""Every example of the README and of the language's page does what the page says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from mapper import Diagnostic, authoring, check_text
from mapper.intake.intake_file import check_intake
from mapper.project.mapping_files import is_intake
from mapper.repository.policy_file import is_policy, read_policy
from mapper.texts.named_text import Text
from tests.support.pages import blocks

pytestmark = pytest.mark.quick

_ROOT = Path(__file__).parents[2]
_README = (_ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the README's files, and `schemas` beside them."""
    (tmp_path / "first.yaml").write_text(blocks(_README, "yaml")[0], encoding="utf-8")
    (tmp_path / "event.json").write_text(blocks(_README, "json")[0], encoding="utf-8")
    (tmp_path / "broken.yaml").write_text(blocks(_README, "yaml")[1], encoding="utf-8")
    shutil.copytree(_ROOT / "schemas", tmp_path / "schemas")
    return tmp_path


@pytest.mark.parametrize("example", blocks(_README, "console"), ids=lambda text: text.splitlines()[0][2:])
def test_a_command_of_the_readme_prints_what_it_shows(example: str, folder: Path) -> None:
    command, _, shown = example.partition("\n")
    words = command.removeprefix("$ ").split()
    ran = subprocess.run(
        [sys.executable, "-m", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=folder,
    )
    assert ran.stdout.strip() == shown.strip()


def test_the_python_of_the_readme_runs_with_the_files_that_it_has_saved(folder: Path) -> None:
    (script,) = blocks(_README, "python")
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=folder
    )
    # Each `print` has a comment that begins with what it prints.
    assert ran.stdout.splitlines() == re.findall(r"print\(.*\)  # ([^:\n]+)", script)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", _README))))
def test_every_link_of_the_readme_leads_somewhere(link: str) -> None:
    assert (_ROOT / link).exists()


_PAGES = [
    *sorted((_ROOT / "docs").rglob("*.md")),
    *(_ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
]


def _anchors(page: Path) -> set[str]:
    """The names that links can end in: a page's headings, as GitHub writes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", _PAGES, ids=lambda path: path.relative_to(_ROOT).as_posix())
def test_every_link_to_a_heading_finds_it(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text(encoding="utf-8"))
    wrong = [
        f"{path}#{name}" for path, name in links if name not in _anchors(page.parent / path if path else page)
    ]
    assert wrong == []


def _check(content: str, page: Path) -> Iterable[Diagnostic]:
    """The mistakes in a mapping of a page, which may extend another one that the page names."""
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`([\w/-]+\.yaml)`[^`]*:\n\n```yaml\n(.*?)```", text, re.DOTALL)
    if not re.search(r"^extends:", content, re.MULTILINE):
        return check_text(content, page.name)
    return authoring.analyse(content, page.name, texts=dict(named)).diagnostics


@pytest.mark.parametrize("page", sorted((_ROOT / "docs").glob("*.md")), ids=lambda path: path.stem)
def test_every_whole_mapping_intake_and_policy_in_the_docs_is_right(page: Path) -> None:
    for content in blocks(page.read_text(encoding="utf-8"), "yaml"):
        if re.search(r"^version:", content, re.MULTILINE):
            text = Text(page.name, content)
            if is_policy(text):  # its folders are its reader's
                read = read_policy(text, page.parent)
                assert read is not None
                assert {one.code for one in read.found} <= {"M803"}
                continue
            found = check_intake(text).found if is_intake(text) else _check(content, page)
            # The mappings that an intake names are files of its reader.
            assert [one for one in found if one.severity != "advice" and one.code != "M711"] == []
