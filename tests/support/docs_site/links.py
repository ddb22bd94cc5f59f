"""Links of a page of the repository -> links between pages of the site."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.made_pages.install_page import Sources

# What is code stays as it is. A label may hold code, and brackets within it.
_LINK = re.compile(
    r"(?P<code>^(?P<fence>```+).*?^(?P=fence)[ ]*$|(?P<tick>`+)(?!`).+?(?<!`)(?P=tick)(?!`))"
    r"|(?P<image>!?)\[(?P<label>(?:`[^`]*`|[^\[\]`])+)\]\((?P<target>[^()\s]+)\)",
    re.MULTILINE | re.DOTALL,
)
_IMAGES = (".png", ".svg")


class DeadLink(Exception):
    """A link in a page of the repository that leads nowhere."""


@dataclass(frozen=True, slots=True)
class Links:
    """The pages of the site by their files in the repository, and those of headings that became pages.

    root: the repository, whose other files are linked where it has an address.
    """

    root: Path
    sources: Sources
    pages: Mapping[str, str]
    headings: Mapping[tuple[str, str], str]

    def of_site(self, text: str, source: str, path: str) -> str:
        """A text of a file of the repository as it is on a page of the site."""

        def linked(found: re.Match[str]) -> str:
            if found["code"] or "://" in found["target"] or found["target"].startswith("mailto:"):
                return found[0]
            target = self._target(found["target"], source, path)
            if target is None:
                raise DeadLink(f"{source} has a link to {found['target']}, which is not there")
            return f"{found['image']}[{found['label']}]({target})" if target else found["label"]

        return _LINK.sub(linked, text)

    def _target(self, target: str, source: str, path: str) -> str | None:
        """The address of a link; "" where what it leads to has none, None where nothing is there."""
        file, _, heading = target.partition("#")
        linked = posixpath.normpath(posixpath.join(posixpath.dirname(source), file)) if file else source
        page = self.headings.get((linked, heading))
        if page is not None:
            return _between(path, page)
        page = linked if linked.endswith(_IMAGES) else self.pages.get(linked)
        if page is not None:
            near = "" if page == path else _between(path, page.removeprefix("docs/"))
            return near + (f"#{heading}" if heading else "")
        return self._in_repository(linked) if (self.root / linked).exists() else None

    def _in_repository(self, file: str) -> str:
        if not self.sources.repository:
            return ""
        kind = "tree" if (self.root / file).is_dir() else "blob"
        return f"{self.sources.repository}/{kind}/{self.sources.tag or 'main'}/{file}"


def _between(path: str, other: str) -> str:
    """The way from one page to another."""
    return posixpath.relpath(other, posixpath.dirname(path) or ".")
