"""docs/install.toml -> what pages say of how to install the package, between marks, and `[project.urls]`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from mapper.version import __version__

_NAME = "pinterest-capi-mapper"
_WHEEL = f"./{_NAME.replace('-', '_')}-{__version__}-py3-none-any.whl"
_MADE = re.compile(r"(<!-- install(?: (?P<extra>[a-z]+))? -->\n).*?(<!-- end of install -->)", re.DOTALL)
_IN_PLACE = re.compile(r"<!-- install in place -->\n.*?<!-- end of install -->", re.DOTALL)
_CONTACT = re.compile(r"(<!-- contact -->\n).*?(<!-- end of contact -->)", re.DOTALL)
_URLS = re.compile(r"(# The addresses of docs/install.toml: made by `make docs`\.\n).*?(?=\n\[)", re.DOTALL)
_UNKNOWN, _NO_TAG = "<this repository>", "<its tag>"


@dataclass(frozen=True, slots=True)
class Sources:
    """The places in docs/install.toml; an empty one is unknown."""

    repository: str
    site: str
    contact: str
    tag: str
    index: bool

    @property
    def is_tagged(self) -> bool:
        """Whether a tag can be installed from the repository."""
        return bool(self.repository and self.tag)


def read_sources(docs: Path) -> Sources:
    """The places in the file of a folder of docs."""
    return Sources(**tomllib.loads((docs / "install.toml").read_text(encoding="utf-8")))


def installed(text: str, sources: Sources) -> str:
    """A page with its blocks written anew."""
    text = _MADE.sub(lambda made: f"{made[1]}\n{_block(sources, made['extra'])}\n{made[3]}", text)
    text = _CONTACT.sub(lambda made: f"{made[1]}\n{_contact(sources)}\n\n{made[2]}", text)
    return _IN_PLACE.sub(lambda block: _in_place(block[0], sources), text)


def outside_of_blocks(text: str) -> str:
    """The part of a page that is written by hand."""
    return _IN_PLACE.sub("", _MADE.sub("", text))


def with_urls(project: str, sources: Sources) -> str:
    """pyproject.toml with the addresses that are known."""
    site, repository = sources.site, sources.repository
    known = {
        "Homepage": site or repository,
        "Documentation": site,
        "Source": repository,
        "Issues": repository and f"{repository}/issues",
        "Changelog": repository and f"{repository}/blob/{sources.tag or 'main'}/CHANGELOG.md",
        "Diagnostics": site and f"{site}/diagnostics",
    }
    rows = [f'{label} = "{address}"\n' for label, address in known.items() if address]
    return _URLS.sub(lambda made: made[1] + "".join(["[project.urls]\n", *rows] if rows else []), project)


def pages(root: Path) -> list[Path]:
    """The pages that may have blocks: those of docs/ and of the top level."""
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md"), *root.glob("editors/*/*.md")])


def _requirement(sources: Sources, extra: str | None) -> str:
    """The package as installers take it, by the shortest way that there is."""
    extras = f"[{extra}]" if extra else ""
    if sources.index:
        return f"{_NAME}{extras}"
    return _tagged(sources, extras) if sources.is_tagged else f"{_WHEEL}{extras}"


def _tagged(sources: Sources, extras: str) -> str:
    return f"{_NAME}{extras} @ git+{sources.repository}@{sources.tag}"


def _block(sources: Sources, extra: str | None) -> str:
    if extra:
        rows = [f"pip install '{_requirement(sources, extra)}'"]
        return _fence(rows if extra in ("arrow", "spark") else [rows[0].replace("pip", "uv tool", 1), *rows])
    rows = []
    if sources.index:
        rows += _ways(_NAME, "from the package index")
    if sources.is_tagged:
        rows += _ways(f"'{_tagged(sources, '')}'", "a version in git")
    rows += _ways(_WHEEL, "the wheel of a release, or of `make dist` in a clone")
    return _fence([*rows, "mapper --version"])


def _ways(what: str, said: str) -> list[str]:
    return [
        f"uv tool install {what}    # {said}",
        f"pipx install {what}       # the same with pipx",
        f"pip install {what}        # the same in an environment of yours",
    ]


def _contact(sources: Sources) -> str:
    whom = sources.contact or "the person or team that gave you this package"
    return f"Report it in private to {whom}, not in a public issue."


def _fence(rows: list[str]) -> str:
    return "\n".join(["```sh", *rows, "```", ""])


def _in_place(block: str, sources: Sources) -> str:
    """A block of files of others, with the commands and addresses in it written anew."""
    repository = sources.repository or _UNKNOWN
    tag = sources.tag or _NO_TAG
    used = f"{repository.removeprefix('https://github.com/')}@{tag}"
    block = re.sub(r'pip install ".*"', lambda _: f'pip install "{_requirement(sources, None)}"', block)
    block = re.sub(r"(- repo: ).*(\n +rev: ).*", lambda row: f"{row[1]}{repository}{row[2]}{tag}", block)
    return re.sub(r"(uses: ).*@.*(?=\n +id: diff)", lambda row: row[1] + used, block)
