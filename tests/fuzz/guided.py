"""One target under atheris: `python -m tests.fuzz.guided NAME SECONDS FOLDER`, in an environment that has it.

What breaks a promise, or takes long, is kept in FOLDER/found and the run goes on: one input for each place
where it breaks, the shortest.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.target import Target

# The code counts its branches here, which takes time; who reads `found` measures again without that.
_SLOW_SECONDS = 0.4
_HANGS_SECONDS = 60
_MOST_MEGABYTES = 3000
# Of the changes, those that keep the form; the others are the fuzzer's own.
_SHARE_OF_FORM = 0.6


def main(name: str, seconds: int, folder: Path) -> None:
    """Fuzz until the time is up. Ends the process."""
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=["mapper"]):
        target: Target = import_module(f"tests.fuzz.{name}").TARGET
    seeds = target.seeds()
    target.check(seeds[0])  # what is made once is made before anything is timed
    for inner in ("seeds", "corpus", "found"):
        (folder / inner).mkdir(parents=True, exist_ok=True)
    for seed in (*seeds, *(path.read_bytes() for path in target.found())):
        (folder / "seeds" / sha256(seed).hexdigest()[:16]).write_bytes(seed)
    words = "".join(f'"{word}"\n' for word in dict.fromkeys(target.words))
    (folder / "words").write_text(words, encoding="utf-8")
    limits = {"max_total_time": seconds, "max_len": target.longest, "timeout": _HANGS_SECONDS}
    limits |= {"rss_limit_mb": _MOST_MEGABYTES, "print_final_stats": 1}
    options = [f"-{option}={limit}" for option, limit in limits.items()]
    options += [f"-artifact_prefix={folder / 'found'}/ended-"]
    if target.words:
        options.append(f"-dict={folder / 'words'}")
    arguments = [sys.argv[0], *options, str(folder / "corpus"), str(folder / "seeds")]
    atheris.Setup(arguments, _tried(target, folder / "found"), custom_mutator=_changed(target, atheris))
    atheris.Fuzz()


def _tried(target: Target, found: Path) -> Callable[[bytes], None]:
    def try_one(given: bytes) -> None:
        started = time.process_time()
        try:
            target.check(given)
        except Exception as error:
            _keep(found, "wrong", _place(error), given)
        if time.process_time() - started > _SLOW_SECONDS:
            _keep(found, "slow", str(len(given).bit_length()), given)

    return try_one


def _changed(target: Target, atheris: Any) -> Callable[[bytes, int, int], bytes]:
    def change(given: bytes, longest: int, seed: int) -> bytes:
        dice = Random(seed)
        if dice.random() > _SHARE_OF_FORM:
            own: bytes = atheris.Mutate(given, longest)
            return own
        for _ in range(dice.choice((1, 1, 2, 4))):
            given = target.changed(given, dice)
        return given[:longest]

    return change


def _place(error: Exception) -> str:
    """Where an exception comes from, and its kind."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    said = str(error).partition("\n")[0][:60] if isinstance(error, AssertionError) else ""
    return f"{type(error).__name__} {frame.filename}:{frame.lineno} {said}"


def _keep(found: Path, kind: str, place: str, given: bytes) -> None:
    path = found / f"{kind}-{sha256(place.encode()).hexdigest()[:12]}"
    if not path.exists() or len(given) < path.stat().st_size:
        path.write_bytes(given)
        print(f"\n{kind}: {path.name}: {place}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
