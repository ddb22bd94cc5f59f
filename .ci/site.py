"""The site -> build/site/: the documentation, and the playground at playground/ of it.

.venv/bin/python .ci/site.py

Needs Node, and fetches what `.ci/site.lock` and the locks of playground/site/ pin by hash. It fails where a
link leads nowhere, and where a page would load something from another site.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_ROOT))

from tests.support.docs_site.built_site import found_in  # noqa: E402  # after the path
from tests.support.docs_site.options import mark_options  # noqa: E402  # after the path
from tests.support.docs_site.staging import write_stage  # noqa: E402  # after the path
from tests.support.made_pages.install_page import read_sources  # noqa: E402  # after the path

_SITE, _STAGE, _TOOLS = _ROOT / "build/site", _ROOT / "build/stage", _ROOT / "build/site-venv"
_LOCK = _ROOT / ".ci/site.lock"


def main() -> int:
    """Build all of it; 1 where something is wrong with the built pages."""
    sources = read_sources(_ROOT / "docs")
    write_stage(_ROOT, _STAGE, sources)
    _install()
    _run(_TOOLS / "bin/zensical", "build", "--clean", "--config-file", _STAGE / "mkdocs.yml")
    shutil.rmtree(_SITE, ignore_errors=True)
    shutil.move(_STAGE / "site", _SITE)
    mark_options(_SITE)
    if not sources.site:
        (_SITE / "sitemap.xml").unlink()
    _run(sys.executable, _ROOT / "playground/site/build.py", _SITE / "playground")
    headers = (_SITE / "playground/_headers").read_text(encoding="utf-8")
    (_SITE / "_headers").write_text(headers.replace("/*\n", "/playground/*\n", 1), encoding="utf-8")
    found = found_in(_SITE)
    print("".join(f"make site: {one}\n" for one in found), end="")
    print(f"make site: {sum(1 for _ in _SITE.rglob('*.html')):,} pages in {_SITE}")
    return 1 if found else 0


def _install() -> None:
    """Make the environment of what .ci/site.lock names, unless there is one of it."""
    made = _TOOLS / f".made-{hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:16]}"
    if not made.is_file():
        _run("sh", ".ci/uv", "venv", "--quiet", "--clear", _TOOLS)
        installing = ("pip", "install", "--quiet", "--python", _TOOLS / "bin/python")
        _run("sh", ".ci/uv", *installing, "--require-hashes", "-r", _LOCK)
        made.touch()


def _run(*words: str | Path) -> None:
    ran = subprocess.run(list(map(str, words)), cwd=_ROOT, check=False)
    if ran.returncode:
        raise SystemExit(f"make site: {Path(words[0]).name} {words[1]} ended with {ran.returncode}")


if __name__ == "__main__":
    sys.exit(main())
