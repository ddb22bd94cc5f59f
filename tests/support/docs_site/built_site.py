"""The built pages of the site -> dead links, and what they would load from elsewhere."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# An address in one of these is followed by a browser on its own, whatever the `rel` of a link is.
_LOADED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src")}
_LOADED |= {("video", "src"), ("audio", "src"), ("embed", "src"), ("object", "data"), ("form", "action")}
_NAMED = {"canonical", "next", "prev"}
_STYLES = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")
_ADDRESS = re.compile(r"""https?://[^"'`\s)\\]+""")
# Addresses in scripts of the theme, each with the class or component that makes a page load it; names of XML
# and those in notices are not loaded.
_ASKED_BY = {
    "http://www.w3.org/": None,
    "https://fontawesome.com": None,
    "https://api.github.com/": "source",
    "https://${e}/api/v4/projects/": "source",
    "https://unpkg.com/ace-builds": "pyodide",
    "https://unpkg.com/pyodide": "pyodide",
    "https://cdn.jsdelivr.net/pyodide/": "pyodide",
    "https://unpkg.com/glightbox": "glightbox",
    "https://unpkg.com/mermaid": "mermaid",
    "https://unpkg.com/resize-observer-polyfill": None,  # for browsers of before 2020
}
# Its policy and its tests look at it, and its links are its own.
_PLAYGROUND = "playground/"


@dataclass(frozen=True, slots=True)
class Link:
    """An address in a page, with its place."""

    address: str
    line: int
    is_loaded: bool


@dataclass(slots=True)
class Page(HTMLParser):
    """The addresses of a page, the names that links can end in, and the marks of elements: their classes."""

    links: list[Link] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the attributes of an element name."""
        named = {name: value or "" for name, value in attrs}
        self.names |= {named[name] for name in ("id", "name") if name in named}
        self.marks |= {*named.get("class", "").split(), named.get("data-md-component", "")}
        for name, address in named.items():
            is_loaded = (tag, name) in _LOADED and named.get("rel") not in _NAMED
            if is_loaded or (tag == "a" and name == "href"):
                self.links.append(Link(address, self.getpos()[0], is_loaded))


def found_in(site: Path) -> list[str]:
    """All that is wrong, each with the file, line and address."""
    pages = {path.relative_to(site).as_posix(): _read(path) for path in sorted(site.rglob("*.html"))}
    return [*_loads(site, pages), *_dead_links(site, pages)]


def _read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _loads(site: Path, pages: dict[str, Page]) -> Iterator[str]:
    for name, page in pages.items():
        for link in page.links:
            if link.is_loaded and urlsplit(link.address).netloc:
                yield f"{name}:{link.line}: loads {link.address}"
    for path in sorted(site.rglob("*.css")):
        for address in _STYLES.findall(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(site).as_posix()}: loads {address}"
    for path in sorted(site.rglob("*.js")):
        name = path.relative_to(site).as_posix()
        if not name.startswith(_PLAYGROUND):
            yield from _asks(name, path.read_text(encoding="utf-8"), pages)


def _asks(script: str, text: str, pages: dict[str, Page]) -> Iterator[str]:
    """The addresses of a script that a page makes it load, or of which that is not known."""
    for address in sorted(set(_ADDRESS.findall(text))):
        known = next((one for one in _ASKED_BY if address.startswith(one)), None)
        if known is None:
            yield f"{script}: names {address}, which may be loaded"
        elif _ASKED_BY[known] is not None:
            asking = (name for name, page in pages.items() if _ASKED_BY[known] in page.marks)
            yield from (f"{name}: makes {script} load {address}" for name in asking)


def _dead_links(site: Path, pages: dict[str, Page]) -> Iterator[str]:
    for name, page in pages.items():
        if name.startswith(_PLAYGROUND) or name == "404.html":
            continue
        for link in page.links:
            why = _why_dead(site, pages, name, link.address)
            if why:
                yield f"{name}:{link.line}: {link.address}: {why}"


def _why_dead(site: Path, pages: dict[str, Page], name: str, address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return ""
    if parts.path.startswith("/"):
        return "a site in a folder has no such address"
    path = (
        posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
        if parts.path
        else name
    )
    if path.startswith(".."):
        return "outside of the site"
    if (site / path).is_dir():
        path = posixpath.normpath(f"{path}/index.html")
    if not (site / path).is_file():
        return "no such page"
    wanted = unquote(parts.fragment)
    has_names = path in pages and not path.startswith(_PLAYGROUND)
    return (
        f"no heading or anchor {wanted!r}" if wanted and has_names and wanted not in pages[path].names else ""
    )
