"""A Dockerfile as its instructions; those of a build stage carried out in a folder, without a daemon."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs/deploy"
# What pip is told on this machine about its index still counts; all else is as in an image.
_KEPT = re.compile(
    r"PIP_(INDEX_URL|CERT|CLIENT_CERT|PROXY|TRUSTED_HOST|FIND_LINKS|DEFAULT_TIMEOUT)|\w+_proxy|\w+_PROXY"
)


@dataclass(frozen=True, slots=True)
class Instruction:
    """A word in capitals and the rest of its line; for RUN without its mounts."""

    word: str
    rest: str

    def values(self) -> list[str]:
        """Its words in the form of JSON, as ENTRYPOINT and CMD have them."""
        found: list[str] = json.loads(self.rest.removeprefix("CMD "))
        return found


def stages(text: str) -> list[list[Instruction]]:
    """The instructions of each stage, which begins with FROM; ARG before the first one is left out."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    found: list[list[Instruction]] = []
    for line in joined.splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        if found:
            rest = re.sub(r"^(--\S+ )+", "", rest) if word in ("RUN", "HEALTHCHECK") else rest
            found[-1].append(Instruction(word, rest))
    return found


def copied(instruction: Instruction) -> tuple[list[str], str]:
    """What COPY takes from the project's folder, and where to."""
    *sources, destination = instruction.rest.split()
    return sources, destination


def carry_out(stage: list[Instruction], folder: Path) -> Path:
    """Carry out a stage as if `folder` were the root: the folder that stands for it. For a stage that writes
    below /opt and its WORKDIR alone.
    """
    variables = {name: value for name, value in os.environ.items() if _KEPT.fullmatch(name)}
    variables |= {"PATH": os.environ["PATH"], "HOME": str(folder), "PIP_CONFIG_FILE": os.devnull}
    work = folder
    for one in stage:
        if one.word == "WORKDIR":
            work = folder / PurePosixPath(one.rest).relative_to("/")
            work.mkdir(parents=True)
        elif one.word == "ENV":
            variables |= dict(pair.split("=", 1) for pair in one.rest.split())
        elif one.word == "COPY":
            sources, destination = copied(one)
            for source in sources:
                _copy(ROOT / source, work / destination, destination.endswith("/"))
        elif one.word == "RUN":
            script = one.rest.replace("/opt/", f"{folder}/opt/")
            subprocess.run(["sh", "-ec", script], cwd=work, env=variables, check=True, capture_output=True)
    return folder / "opt"


def _copy(source: Path, to: Path, into: bool) -> None:
    if source.is_dir():
        shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    else:
        target = to / source.name if into or to.is_dir() else to
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
