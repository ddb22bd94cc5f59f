"""README.md -> the description in a wheel or sdist, whose links a page of a package index can follow.

A page of docs/ is linked on the site of the documentation, and any other file in the repository, as
`[project.urls]` has them. Where neither is known, a link is its text, and there is no picture.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?)\[((?:`[^`]*`|[^\]`])+)\]\(([^():\s]+)\)")
_BLOCK = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


class ReadmeHook(MetadataHookInterface):
    """The hook that hatchling calls; `dynamic` in pyproject.toml names what it sets."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the description."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        described = described_by(text, metadata.get("urls", {}))
        metadata["readme"] = {"content-type": "text/markdown", "text": described}


def described_by(text: str, urls: dict[str, str]) -> str:
    """A text with addresses in place of files of the repository; blocks of code stay."""
    site = urls.get("Documentation", "")
    files = urls.get("Changelog", "").removesuffix("CHANGELOG.md")

    def linked(found: re.Match[str]) -> str:
        image, label, target = found.groups()
        page = _page_of(target)
        address = (site and page and f"{site}/{page}") or (files and f"{files}{target}")
        if not address:
            return "" if image else label
        # A picture is what the repository answers with, not the page around it.
        return f"{image}[{label}]({address.replace('/blob/', '/raw/') if image else address})"

    parts = _BLOCK.split(text)
    return "".join(part if part.startswith("```") else _LINK.sub(linked, part) for part in parts)


def _page_of(target: str) -> str:
    """The page of the site for a file, "" where it has none: `ci/` for docs/ci.md, and a picture as it is."""
    file, mark, heading = target.partition("#")
    name = file.removeprefix("docs/")
    if name == "playground.md":
        return f"playground-guide/{mark}{heading}"
    if name.endswith(".md") and "README" in name:
        return f"{name.removesuffix('README.md')}{mark}{heading}"
    if name.endswith(".md"):
        name = name if name != file else name.lower().replace("_", "-")
        return f"{name.removesuffix('.md')}/{mark}{heading}"
    return name if name.endswith((".png", ".svg")) else ""
