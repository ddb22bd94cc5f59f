"""The last commit -> build/dist/: a wheel, an sdist and an SBOM, each made twice and the same to the byte.

python3 .ci/dist.py

The wheel is then installed into an empty environment, where the first example of the README must print what
it shows.
"""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_WORK = _ROOT / "build" / "dist-work"
_DIST = _ROOT / "build" / "dist"
_TOOLS = _WORK / "tools" / "bin"
# Two machines that must make the same: their umask and time zone.
_MACHINES = ((0o022, "UTC"), (0o077, "Pacific/Auckland"))


def main() -> int:
    """Make all, check it, and print what was made."""
    shutil.rmtree(_WORK, ignore_errors=True)
    _environment("tools", "--require-hashes", "-r", ".ci/dist.lock")
    made = [_build(_WORK / f"machine-{number}", *one) for number, one in enumerate(_MACHINES, 1)]
    names = [path.name for path in made[0]]
    if [path.name for path in made[1]] != names or not all(map(_same, *made)):
        raise SystemExit("dist: two builds of one commit differ, in build/dist-work/")
    _run(_TOOLS / "twine", "check", "--strict", *made[0])
    # W002: two empty `__init__.py` are the same.
    _run(_TOOLS / "check-wheel-contents", "--ignore", "W002", made[0][-1])
    _try_wheel(made[0][-1])
    shutil.rmtree(_DIST, ignore_errors=True)
    _DIST.mkdir()
    for path in (*made[0], _sbom()):
        shutil.copy2(path, _DIST)
        print(f"dist: build/dist/{path.name}, {path.stat().st_size:,} bytes")
    return 0


def _build(folder: Path, umask: int, zone: str) -> list[Path]:
    """The sdist and the wheel of the last commit, as a machine makes them."""
    source, out = folder / "source", folder / "out"
    source.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=_ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-m", "-C", source], input=archive, check=True, umask=umask)
    settings = {"SOURCE_DATE_EPOCH": _run("git", "log", "-1", "--format=%ct").strip(), "TZ": zone}
    words = [_TOOLS / "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", out]
    subprocess.run(words, cwd=source, env=os.environ | settings, check=True, umask=umask, capture_output=True)
    return sorted(out.iterdir(), key=lambda path: path.suffix)


def _try_wheel(wheel: Path) -> None:
    """Run the first example of the README with the wheel alone."""
    binary = _environment("empty", str(wheel))
    page = (_ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    first = dict(reversed(blocks))
    folder = _WORK / "example"
    folder.mkdir()
    (folder / "first.yaml").write_text(first["yaml"], encoding="utf-8")
    (folder / "event.json").write_text(first["json"], encoding="utf-8")
    command, _, shown = first["console"].partition("\n")
    words = command.removeprefix("$ mapper ").split()
    said = subprocess.run([binary / "mapper", *words], cwd=folder, capture_output=True, text=True, check=True)
    if said.stdout.strip() != shown.strip():
        raise SystemExit(f"dist: the README's example prints something else:\n{said.stdout}")


def _sbom() -> Path:
    """The components that an image installs, by .ci/image.lock, as CycloneDX."""
    python = _environment("image", "--require-hashes", "-r", ".ci/image.lock") / "python"
    both = [_WORK / f"{number}.cdx.json" for number in (1, 2)]
    for path in both:
        reproducible = ("--pyproject", "pyproject.toml", "--output-reproducible", "-o", path)
        _run(_TOOLS / "cyclonedx-py", "environment", *reproducible, python)
    if not _same(*both):
        raise SystemExit("dist: two SBOMs of one environment differ, in build/dist-work/")
    return both[0].rename(_WORK / "sbom.cdx.json")


def _environment(name: str, *installed: str) -> Path:
    """The programs of a new environment with what uv is told to install."""
    folder = _WORK / name
    _run("sh", ".ci/uv", "venv", "--quiet", folder)
    _run("sh", ".ci/uv", "pip", "install", "--quiet", "--python", folder / "bin/python", *installed)
    return folder / "bin"


def _same(one: Path, other: Path) -> bool:
    return filecmp.cmp(one, other, shallow=False)


def _run(*words: str | Path) -> str:
    """The output of a program in the project's folder; where it fails, this one ends with what it said."""
    ran = subprocess.run(list(map(str, words)), cwd=_ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"dist: {Path(words[0]).name} ended with {ran.returncode}\n{ran.stdout}{ran.stderr}")
    return ran.stdout


if __name__ == "__main__":
    sys.exit(main())
