"""A release of this package on this machine alone: version, changelog, docs, a commit, `make dist`, a tag.

.venv/bin/python .ci/release.py 0.2.0

Nothing is published: the two commands that do it are printed at the end.
"""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_UNRELEASED = "## [Unreleased]\n"
# Each place of the version: a file, and what is before and after it. The first of each file is meant.
_VERSIONS = (
    ("pyproject.toml", r'(?m)^(version = ").*(")$'),
    ("mapper/version.py", r'(?m)^(__version__ = ").*(")$'),
    ("editors/vscode/package.json", r'(?m)^(  "version": ").*(",)$'),
    ("editors/vscode/package-lock.json", r'(?m)^(  "version": ").*(",)$'),
    ("editors/vscode/package-lock.json", r'(?m)^(      "version": ").*(",)$'),
)
_TAG = ("docs/install.toml", r'(?m)^(tag = ").*(")$')


def main(version: str) -> int:
    """Make a release of the project's folder."""
    tag = f"v{version}"
    refuse(_ROOT, version)
    prepare(_ROOT, version, datetime.datetime.now(datetime.UTC).date())
    _run("make", "docs")
    _run("git", "commit", "--all", "--quiet", "--message", f"Version {version}")
    _run("make", "dist")
    signed = subprocess.run(["git", "config", "user.signingkey"], cwd=_ROOT, capture_output=True).stdout
    if not signed:
        print("release: the tag is not signed, since git has no user.signingkey")
    _run("git", "tag", "--sign" if signed else "--annotate", "--message", f"Version {version}", tag)
    branch = _said("git", "branch", "--show-current")
    print(f"release: {tag} is made and nothing is published. To publish it:")
    print(f"    git push origin {branch}\n    git push origin {tag}")
    return 0


def refuse(root: Path, version: str) -> None:
    """End with a message if a release cannot be made of a folder."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise SystemExit(f"release: `{version}` is not a version: make release VERSION=0.2.0")
    if _said("git", "status", "--porcelain", folder=root):
        raise SystemExit("release: there are changes that are not committed")
    if _said("git", "tag", "--list", f"v{version}", folder=root):
        raise SystemExit(f"release: v{version} is there already")
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8").partition(_UNRELEASED)[2]
    if not re.search(r"^- ", changes.partition("\n## ")[0], re.MULTILINE):
        raise SystemExit("release: [Unreleased] in CHANGELOG.md has no change")


def prepare(root: Path, version: str, day: datetime.date) -> None:
    """Write the version, the tag and the day into the files that have them."""
    for name, pattern in _VERSIONS:
        _replace(root / name, pattern, rf"\g<1>{version}\g<2>")
    _replace(root / _TAG[0], _TAG[1], rf"\g<1>v{version}\g<2>")
    _replace(root / "CHANGELOG.md", re.escape(_UNRELEASED), f"{_UNRELEASED}\n## [{version}] - {day}\n")


def _replace(path: Path, pattern: str, new: str) -> None:
    text, count = re.subn(pattern, new, path.read_text(encoding="utf-8"), count=1)
    if count != 1:
        raise SystemExit(f"release: {path.name} has no place for it: {pattern}")
    path.write_text(text, encoding="utf-8")


def _run(*words: str) -> None:
    if subprocess.run(words, cwd=_ROOT, check=False).returncode:
        raise SystemExit(f"release: `{' '.join(words)}` failed, and no tag was made; see `git status`")


def _said(*words: str, folder: Path = _ROOT) -> str:
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
