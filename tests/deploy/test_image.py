"""The image: its build stage is carried out here, and what it makes runs without writing beside itself."""

from __future__ import annotations

import fnmatch
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.deploy.dockerfile import DEPLOY, ROOT, Instruction, carry_out, copied, stages

_TEXT = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
_STAGES = stages(_TEXT)


def _all(word: str, stage: int) -> list[Instruction]:
    return [one for one in _STAGES[stage] if one.word == word]


def test_the_last_stage_installs_nothing_and_runs_as_another_user_than_root() -> None:
    assert len(_STAGES) == 2
    (user,) = _all("USER", -1)
    assert re.fullmatch(r"[1-9]\d{3,}", user.rest)
    assert [one.rest for one in _all("COPY", -1)] == ["--from=build /opt/mapper /opt/mapper"]
    assert [one.rest for one in _all("RUN", -1) if re.search(r"pip|apt|curl|wget", one.rest)] == []
    words = [one.word for one in _STAGES[-1]]
    assert words.index("USER") > max(at for at, word in enumerate(words) if word in ("RUN", "COPY"))


def test_every_package_is_checked_by_its_hash() -> None:
    installs = re.findall(r"pip install [^&]*", " ".join(one.rest for one in _all("RUN", 0)))
    assert len(installs) == 3
    for words in installs:
        assert "--require-hashes" in words or "--no-index --no-deps" in words


def test_every_image_that_others_publish_is_pinned_by_its_digest() -> None:
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    bases = re.findall(r"^ARG PYTHON=(.*)$", _TEXT, re.MULTILINE)
    images = [
        one
        for one in re.findall(r"^\s+image: (.*)$", compose, re.MULTILINE)
        if one != "pinterest-capi-mapper"
    ]
    assert {one.rest.split()[0] for stage in (0, -1) for one in _all("FROM", stage)} == {"${PYTHON}"}
    assert len(bases) == len(images) == 1
    for image in (*bases, *images):
        assert re.fullmatch(r"[a-z]+:[0-9.]+[a-z-]*@sha256:[0-9a-f]{64}", image), image
    assert "syntax=" not in _TEXT  # an image too, which would be taken by its tag


def _ignored(path: str) -> bool:
    """Whether the file beside the Dockerfile keeps a path out of the build: the last line that fits wins."""
    ignored = False
    for line in (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!")
        parts = [path, *(str(parent) for parent in Path(path).parents)]
        if any(fnmatch.fnmatch(part, pattern) for part in parts):
            ignored = not line.startswith("!")
    return ignored


def test_the_build_is_given_what_it_copies_and_nothing_else() -> None:
    sources = [source for one in _all("COPY", 0) for source in copied(one)[0]]
    assert [source for source in sources if not (ROOT / source).exists() or _ignored(source)] == []
    kept = {path.name for path in ROOT.iterdir() if not _ignored(path.name)}
    assert kept <= {source.split("/")[0] for source in sources}
    assert _ignored(".git")
    assert _ignored("docs/deploy/.env")


def test_what_the_project_is_built_of_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], "README.md"}
    needed.add(project["tool"]["hatch"]["metadata"]["hooks"]["custom"]["path"])
    needed |= {"pyproject.toml", *project["project"]["license-files"]}
    assert needed <= {source for one in _all("COPY", 0) for source in copied(one)[0]}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder /opt/mapper of the image, made of the project as it is."""
    folder = tmp_path_factory.mktemp("image")
    try:
        return carry_out(_STAGES[0], folder) / "mapper"
    except subprocess.CalledProcessError as failed:
        said = (failed.stdout + failed.stderr).decode(errors="replace")
        if re.search(r"Failed to establish a new connection|NewConnectionError|Temporary failure", said):
            pytest.skip("the image cannot be built: no package index can be reached")
        raise AssertionError(said[-3000:]) from failed


def _environment(folder: Path) -> dict[str, str]:
    """The variables that the image sets, as if `folder` had /opt and /var below it."""
    (line,) = _all("ENV", -1)
    pairs = dict(pair.split("=", 1) for pair in line.rest.split())
    pairs["PATH"] = pairs["PATH"].replace("/opt/mapper", str(folder)).replace("$PATH", os.environ["PATH"])
    return {**pairs, "XDG_STATE_HOME": str(folder / "nowhere")}


@pytest.mark.full
def test_the_image_has_what_it_needs_and_writes_nothing_beside_its_program(
    built: Path, tmp_path: Path
) -> None:
    def run(*words: object) -> str:
        ran = subprocess.run(
            list(map(str, words)),
            env=_environment(built),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    before = set(built.rglob("*"))
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert run("mapper", "--version") == f"mapper, version {version}\n"
    found = "import confluent_kafka, httptools, jwt, psycopg, uvloop, mapper; print(mapper.__file__)"
    assert run("python3", "-c", found).startswith(str(built))
    run("mapper", "init", "--like", "segment-ecommerce", "-o", "first.yaml")
    assert len(run("mapper", "run", "first.yaml", ROOT / "playground/events/shop.ndjson").splitlines()) > 5
    assert set(built.rglob("*")) == before
    installed = next(built.glob("lib/*/site-packages"))
    assert not (installed / "pip").exists()
    assert not (installed / "pytest").exists()
    tag = sys.implementation.cache_tag
    modules = list((installed / "mapper").rglob("*.py"))
    compiled = {path: path.with_name("__pycache__") / f"{path.stem}.{tag}.pyc" for path in modules}
    assert [path for path, its_code in compiled.items() if not its_code.exists()] == []


def test_a_dockerfile_is_read_as_its_instructions() -> None:
    first = "# syntax\nARG A=1\nFROM a AS b\n# why\nRUN --mount=type=x,id=y one \\\n  # not\n  && two\n"
    text = first + 'FROM ${A}\nCMD ["c"]\n'
    assert [[(one.word, one.rest) for one in stage] for stage in stages(text)] == [
        [("FROM", "a AS b"), ("RUN", "one && two")],
        [("FROM", "${A}"), ("CMD", '["c"]')],
    ]
    assert stages(text)[1][1].values() == ["c"]
