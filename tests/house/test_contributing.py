"""The pages for those who change the project name files that exist, and their commands work."""

from __future__ import annotations

import ast
import re
import runpy
import shutil
from pathlib import Path

import pytest

import mapper
from mapper import CODES
from tests.house.sources import FILES, tree
from tests.house.test_words import explanations

_ROOT = Path(__file__).parents[2]
_PAGES = (
    *(
        _ROOT / name
        for name in (
            *("CONTRIBUTING.md", "docs/architecture.md", "docs/assurance.md", "docs/glossary.md"),
            "docs/speed.md",
        )
    ),
    *sorted((_ROOT / "docs" / "decisions").glob("*.md")),
)
# A name that no transform will have.
_FREE = "tried_by_the_test"
_NEW = runpy.run_path(str(_ROOT / ".ci" / "new.py"))
# A row of a list of modules in a docstring.
_LISTED = re.compile(r"^(\w+) {2,}\S", re.MULTILINE)
# A path in backticks: it has a slash or ends like a file. `<name>` in it is any name.
_PATH = re.compile(r"`((?:[\w.<>*-]+/)+[\w.<>*-]*|[\w-]+\.(?:py|md|toml|json|yaml))`")


def _named(page: Path) -> list[str]:
    return sorted(set(_PATH.findall(page.read_text(encoding="utf-8"))))


def _places(path: str) -> list[Path]:
    """Where a path is found: from the project's folder or the package.

    A single name is a file anywhere in the package, or a file of tests.
    """
    pattern = re.sub(r"<\w+>", "*", path).rstrip("/")
    if "/" not in pattern:
        folder = "tests" if pattern.startswith("test_") else "mapper"
        return [*_ROOT.glob(pattern), *(_ROOT / folder).rglob(pattern)]
    return [found for folder in ("", "mapper", "mapper/compiler") for found in (_ROOT / folder).glob(pattern)]


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.relative_to(_ROOT).as_posix())
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    assert [path for path in _named(page) if not _places(path) and not _is_of_others(path)] == []


def test_every_module_that_a_docstring_or_comment_names_exists() -> None:
    texts = [(file, (_ROOT / file).read_text(encoding="utf-8")) for file in FILES]
    named = {
        (file, path)
        for file, text in texts
        if _PATH.search(text)
        for _, said in explanations(text)
        for path in _PATH.findall(said)
    }
    modules = [(file, path) for file, path in sorted(named) if path.endswith(".py")]
    assert modules
    assert [(file, path) for file, path in modules if not _places(path) and not _is_of_others(path)] == []


def test_each_row_of_a_list_of_modules_is_one_beside_it() -> None:
    """A docstring lists modules as `name   meaning`, one a line."""
    rows = [
        (file, name)
        for file in FILES
        if file.endswith("/__init__.py")
        for name in _LISTED.findall(ast.get_docstring(tree(file)) or "")
    ]
    assert rows
    assert [(file, name) for file, name in rows if not (_ROOT / file).with_name(f"{name}.py").exists()] == []


def _is_of_others(path: str) -> bool:
    return path.startswith(("build/", "jmespath.py", "mapper.yaml"))


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.relative_to(_ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", _PAGES[:1], ids=lambda page: page.name)
def test_every_make_command_of_a_page_is_one(page: Path) -> None:
    makefile = (_ROOT / "Makefile").read_text(encoding="utf-8")
    commands = set(re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8")))
    assert commands
    assert [command for command in sorted(commands) if f"\n{command}:" not in makefile] == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the files that `new` writes to."""
    for folder in ("mapper/codes", "mapper/transforms", "tests/cases/diagnostics", "tests/transforms"):
        shutil.copytree(_ROOT / folder, tmp_path / folder)
    return tmp_path


def test_a_new_diagnostic_is_a_row_an_example_and_a_case(project: Path) -> None:
    written = _NEW["new_diagnostic"](project, "M498", "rule that overlaps: another")
    assert [path.relative_to(project).as_posix() for path in written] == [
        "mapper/codes/policy.py",
        "mapper/codes/examples/M498.yaml",
        "tests/cases/diagnostics/M498-rule-that-overlaps-another.yaml",
    ]
    rows = runpy.run_path(str(written[0]))["POLICY"]
    assert rows["M498"].title == "rule that overlaps: another"
    assert all("TODO" in path.read_text(encoding="utf-8") for path in (written[0], written[2]))


def test_each_code_is_in_the_file_that_a_new_one_of_its_range_goes_to() -> None:
    for code in CODES:
        table = _ROOT / "mapper" / "codes" / f"{_NEW['RANGES'][code[1]]}.py"
        assert f'"{code}": DiagnosticCode(' in table.read_text(encoding="utf-8")


def test_the_mapping_of_a_new_example_is_silent(project: Path) -> None:
    _, example, _ = _NEW["new_diagnostic"](project, "M498", "rule that overlaps another")
    wrong, _, right = example.read_text(encoding="utf-8").partition("---\n")
    assert wrong == right
    assert mapper.check_text(right, "shop.yaml") == ()


def test_a_new_transform_is_a_function_at_the_end_of_its_module_and_a_name_of_the_language(
    project: Path,
) -> None:
    path, test = _NEW["new_transform"](project, _FREE, "text")
    compile(path.read_text(encoding="utf-8"), str(path), "exec")
    assert f"def {_FREE}(value: Json) -> str:" in path.read_text(encoding="utf-8")
    before = (_ROOT / "tests" / "transforms" / "test_transforms.py").read_text(encoding="utf-8")
    compile(test.read_text(encoding="utf-8"), str(test), "exec")
    assert test.read_text(encoding="utf-8").count(f"\n    {_FREE}\n") == 1
    assert test.read_text(encoding="utf-8").replace(f"    {_FREE}\n", "") == before


@pytest.mark.parametrize(
    ("kind", "first", "second", "said"),
    [
        ("new_diagnostic", "M403", "twice", "M403 is taken"),
        ("new_diagnostic", "403", "no code", "`403` is not a code"),
        ("new_diagnostic", "MX01", "no range", "`MX01` is not a code"),
        ("new_transform", "Text", "text", "`Text` is not a name"),
        (
            "new_transform",
            _FREE,
            "texts",
            "mapper/transforms/texts.py has no transforms; take one of boolean,",
        ),
        ("new_transform", "sha256", "text", "there is a function `sha256`"),
    ],
)
def test_what_cannot_be_new_is_said_and_nothing_is_written(
    project: Path, kind: str, first: str, second: str, said: str
) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    with pytest.raises(SystemExit, match=re.escape(said)):
        _NEW[kind](project, first, second)
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before
