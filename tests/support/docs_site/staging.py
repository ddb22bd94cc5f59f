"""The pages of the repository -> a folder of Markdown and `mkdocs.yml`, of which the site is built."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from tests.support import playground_links
from tests.support.docs_site.command_pages import commands_folder
from tests.support.docs_site.folders import (
    Folder,
    Source,
    diagnostic_names,
    diagnostics_folder,
    keys_folder,
    transform_names,
    transforms_folder,
)
from tests.support.docs_site.links import Links
from tests.support.made_pages.install_page import Sources

_TOP = ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "CODE_OF_CONDUCT.md")
_FOLDERS = ("conformance", "benchmarks")
# The page that tells of the playground is not where the playground is.
_ELSEWHERE = {"README.md": "index.md", "docs/playground.md": "playground-guide.md"}
_DIAGNOSTICS, _TRANSFORMS = "docs/diagnostics.md", "docs/transforms.md"
_ROW = re.compile(r"^```.*?^```[ ]*$|^\|[^\n]*$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_SETTINGS = Path(".ci/site/mkdocs.yml")


def pages_of(root: Path) -> dict[str, str]:
    """The page of the site for each page of the repository, both by their paths."""
    files = [*_TOP, *(f"{folder}/README.md" for folder in _FOLDERS)]
    files += [path.relative_to(root).as_posix() for path in sorted((root / "docs").rglob("*.md"))]
    pages = {file: _page_of(file) for file in files}
    return {**_ELSEWHERE, **{file: page for file, page in pages.items() if file not in _ELSEWHERE}}


def _page_of(file: str) -> str:
    if file in (_DIAGNOSTICS, _TRANSFORMS):
        return file.removeprefix("docs/").replace(".md", "/index.md")
    if file in _TOP:
        return file.lower().replace("_", "-")
    return file.removeprefix("docs/").replace("README.md", "index.md")


def links_of(root: Path, sources: Sources) -> Links:
    """The links between the pages of the site."""
    names = {_DIAGNOSTICS: diagnostic_names, _TRANSFORMS: transform_names}
    read = {file: named((root / file).read_text(encoding="utf-8")) for file, named in names.items()}
    headings = {(file, name): page for file, pages in read.items() for name, page in pages.items()}
    return Links(root, sources, pages_of(root), headings)


def staged(root: Path, sources: Sources) -> tuple[dict[str, str], dict[str, Folder]]:
    """The text of each page of the site, and the folders with a page for each word by their first pages."""
    links = links_of(root, sources)
    texts = {file: (root / file).read_text(encoding="utf-8") for file in links.pages}
    folders = (
        diagnostics_folder(_source(links, _DIAGNOSTICS, texts.pop(_DIAGNOSTICS))),
        transforms_folder(_source(links, _TRANSFORMS, texts.pop(_TRANSFORMS))),
        keys_folder(texts["docs/language.md"]),
        commands_folder(texts["README.md"]),
    )
    pages = {}
    for file, text in texts.items():
        path = links.pages[file]
        opened = playground_links.linked(text, f"{up_from(path)}playground/", Path(path).stem)
        pages[path] = links.of_site(opened, file, path)
    for one in folders:
        pages |= one.pages
    pages = {path: _ROW.sub(_with_bars, text) for path, text in pages.items()}
    return pages, {next(iter(one.pages)): one for one in folders}


def _with_bars(row: re.Match[str]) -> str:
    """A row of a table with the bars in code as they are, which GitHub wants escaped; a block stays."""
    if row[0].startswith("`"):
        return row[0]
    return _SPAN.sub(lambda code: code[0].replace("\\|", "|"), row[0])


def _source(links: Links, file: str, text: str) -> Source:
    return Source(text, lambda part, path: links.of_site(part, file, path))


def up_from(path: str) -> str:
    """The way from the file of a page to the first page."""
    return "../" * path.count("/")


def settings(root: Path, sources: Sources, folders: Mapping[str, Folder]) -> dict[str, Any]:
    """The settings of mkdocs.yml with all pages in its navigation."""
    read: dict[str, Any] = yaml.safe_load((root / _SETTINGS).read_text(encoding="utf-8"))
    listed = sorted(set(pages_of(root).values()))
    read["nav"] = [*map(partial(_navigation, folders=folders, listed=listed), read["nav"])]
    return {**read, **({"site_url": f"{sources.site}/"} if sources.site else {})}


def _navigation(entry: Any, folders: Mapping[str, Folder], listed: list[str]) -> Any:
    """An entry of the navigation; the first page of a folder brings all pages of it."""
    ((title, inner),) = entry.items() if isinstance(entry, dict) else ((None, entry),)
    if isinstance(inner, list):
        return {title: [_navigation(one, folders, listed) for one in inner]}
    folder = inner.removesuffix("index.md")
    if folder in ("", inner):
        return entry
    if inner in folders:
        groups = {
            name: [{word: path} for word, path in those.items()]
            for name, those in folders[inner].groups.items()
        }
        rest = [*groups.pop("", []), *({name: those} for name, those in groups.items())]
    else:
        rest = [path for path in listed if path.startswith(folder) and path != inner]
    return {title: [inner, *rest]} if rest else entry


def write_stage(root: Path, out: Path, sources: Sources) -> None:
    """Write all of it into a folder: `mkdocs.yml`, and the pages in `pages`."""
    shutil.rmtree(out, ignore_errors=True)
    pages, folders = staged(root, sources)
    for path, text in pages.items():
        (out / "pages" / path).parent.mkdir(parents=True, exist_ok=True)
        (out / "pages" / path).write_text(text, encoding="utf-8")
    for image in _images(root):
        shutil.copy(image, out / "pages" / image.name)
    shutil.copytree(root / _SETTINGS.parent / "theme", out / "theme")
    written = yaml.safe_dump(settings(root, sources, folders), sort_keys=False, allow_unicode=True)
    (out / "mkdocs.yml").write_text(written, encoding="utf-8")


def _images(root: Path) -> Iterator[Path]:
    for ending in ("png", "svg"):
        yield from (root / "docs").glob(f"*.{ending}")
