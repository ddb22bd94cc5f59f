"""Asks a program the cases of this pack, and prints how many of its answers are right. Needs Python alone.

python conformance/run.py -- PROGRAM [ARGUMENT...]
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

FILES = ("normal-forms", "payloads", "events")
CLASSES = ("text", "openapi", "observed", "choice")
_FOLDER = Path(__file__).parent
_NOT_SENT = ("absent", "reject")
_ASKED = ("id", "field", "input", "context")
# What an answer says, one of them; of some of them there is nothing to say but that it is so.
_STATED = ("absent", "accept", "skip", "reject")
_WORDS = ("digest", "value", *_STATED)
_MOST_SHOWN = 200
_MOST_BYTES = 2**26
_MOST_LEVELS = 100


class BadProgram(Exception):
    """The program did not answer as the protocol asks; says why."""


@dataclass(slots=True)
class Score:
    """How many cases of each file and class there are, and how many were answered right.

    skipped: cases that the program does not take. live: of the right ones, those that only a live account can
    settle. wrong: the others, with the answer.
    """

    of: Counter[tuple[str, str]] = field(default_factory=Counter)
    right: Counter[tuple[str, str]] = field(default_factory=Counter)
    skipped: int = 0
    live: int = 0
    wrong: list[tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=list)


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of one file."""
    text = (_FOLDER / f"{name}.ndjson").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def is_right(case: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Whether an answer is the expected one. Of a value that is not sent it may say either word."""
    expected = case["expect"]
    if expected in _NOT_SENT and case["field"] != "payload":
        return any(word in answer for word in _NOT_SENT)
    if expected not in answer:
        return False
    if expected == "value" and case["field"] == "event":
        return _holds(answer["value"], case["value"])
    return expected in ("accept", "reject") or _same(answer[expected], case[expected])


def _holds(made: Any, expected: Any) -> bool:
    """Whether a payload has all that is expected of it; null: that it lacks."""
    if isinstance(expected, dict):
        if not isinstance(made, dict):
            return False
        return all(_holds(made.get(name), value) for name, value in expected.items())
    if isinstance(expected, list) and isinstance(made, list):
        return len(made) == len(expected) and all(map(_holds, made, expected))
    return _same(made, expected)


def _same(made: Any, expected: Any) -> bool:
    """As JSON has it: true is not 1."""
    return json.dumps(made, sort_keys=True) == json.dumps(expected, sort_keys=True)


def ask(program: Sequence[str], asked: Iterable[dict[str, Any]], seconds: float) -> dict[str, dict[str, Any]]:
    """The program's answers, by the ids of the cases. Raises BadProgram."""
    rows = [{name: case[name] for name in _ASKED} for case in asked]
    with TemporaryFile() as questions:
        questions.write("".join(json.dumps(one) + "\n" for one in rows).encode())
        questions.seek(0)
        written = _output(program, questions, seconds)
    return _answers(written, {one["id"] for one in rows})


def _output(program: Sequence[str], questions: IO[bytes], seconds: float) -> bytes:
    """The output of a program; it is ended with all programs that it started where it takes too long."""
    try:
        started = subprocess.Popen(program, stdin=questions, stdout=subprocess.PIPE, start_new_session=True)
    except OSError as error:
        raise BadProgram(f"{program[0]} cannot be started: {error.strerror}") from None
    is_late = threading.Event()

    def stop() -> None:
        is_late.set()
        _end(started)

    stopper = threading.Timer(seconds, stop)
    stopper.start()
    assert started.stdout is not None
    try:
        with started.stdout:
            written = started.stdout.read(_MOST_BYTES + 1)
        if len(written) <= _MOST_BYTES:
            started.wait()
    finally:
        stopper.cancel()
        _end(started)
        started.wait()
    if is_late.is_set():
        raise BadProgram(f"it did not end within {seconds:g} s; --seconds gives it more")
    if len(written) > _MOST_BYTES:
        raise BadProgram(f"it wrote more than {_MOST_BYTES // 2**20} MiB; its answers need far less")
    if started.returncode:
        raise BadProgram(f"it ended with status {started.returncode}")
    return written


def _end(started: subprocess.Popen[bytes]) -> None:
    """End a program, and where the system can, those that it started: they hold its output open."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(started.pid, signal.SIGKILL)
    started.kill()


def _answers(written: bytes, asked: set[str]) -> dict[str, dict[str, Any]]:
    """The answers of what a program wrote. Lines end with a line feed: texts may hold other separators."""
    answers: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(written.removesuffix(b"\n").split(b"\n") if written else [], 1):
        place = f"line {number} of its output"
        try:
            answer = json.loads(line.decode("utf-8"))
            name = str(answer["id"])
        except (ValueError, TypeError, KeyError, RecursionError):
            raise BadProgram(f"{place} is not a JSON object with `id`, in UTF-8") from None
        if name not in asked:
            raise BadProgram(f"{place} has the `id` {_as_json(name)}, which was not asked")
        if name in answers:
            raise BadProgram(f"{place} answers `{name}` a second time")
        said = [word for word in _WORDS if word in answer]
        if len(said) != 1:
            known = ", ".join(_WORDS)
            raise BadProgram(f"{place} has {len(said)} of the keys {known}; an answer has one")
        if said[0] in _STATED and answer[said[0]] in (None, False):
            raise BadProgram(f"{place} has no `true` for `{said[0]}`; leave out what is not so")
        if _is_deep(answer, _MOST_LEVELS):
            raise BadProgram(f"{place} has more than {_MOST_LEVELS} objects and lists in each other")
        answers[name] = answer
    return answers


def _is_deep(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels < 0 or any(_is_deep(one, levels - 1) for one in inner)


def scored(names: Sequence[str], answers: dict[str, dict[str, Any]]) -> Score:
    """The score of answers to the cases of some files; a case without an answer is wrong."""
    score = Score()
    for name in names:
        for case in cases(name):
            row, answer = (name, case["class"]), answers.get(case["id"], {})
            if "skip" in answer:
                score.skipped += 1
                continue
            score.of[row] += 1
            if is_right(case, answer):
                score.right[row] += 1
                score.live += "live" in case
            else:
                score.wrong.append((case, answer))
    return score


def table(score: Score) -> str:
    """The score for people, as Markdown."""
    lines = ["| cases | class | right | of |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {one} | {score.right[name, one]:,} | {score.of[name, one]:,} |"
        for name in FILES
        for one in CLASSES
        if score.of[name, one]
    ]
    lines.append(f"| all | | {score.right.total():,} | {score.of.total():,} |")
    if score.skipped:
        lines.append(f"\n{score.skipped:,} cases were skipped by the program.")
    lines.append(f"\n{score.live:,} of the right answers are for a live account to settle.")
    return "\n".join(lines)


def _shown(case: dict[str, Any], answer: dict[str, Any]) -> str:
    expected = {case["expect"]: case.get(case["expect"], True)}
    answered = {name: value for name, value in answer.items() if name != "id"} or "no answer"
    parts = (case["input"], expected, answered)
    asked, wanted, said = map(_as_json, parts)
    head = f"{case['id']} ({case['why']}; {case['cite']})"
    return f"{head}\n  {case['field']} of {asked}\n  expected {wanted}\n  answered {said}"


def _as_json(value: Any) -> str:
    """A value as JSON for people, its beginning; what a terminal would act on, or cannot show, is escaped."""
    written = json.dumps(value, ensure_ascii=False)[:_MOST_SHOWN]
    encoding = sys.stdout.encoding or "utf-8"
    shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in written)
    return shown.encode(encoding, "backslashreplace").decode(encoding)


def _seconds(written: str) -> float:
    seconds = float(written)
    if not 0 < seconds <= threading.TIMEOUT_MAX:
        raise argparse.ArgumentTypeError(f"{written} is not a number of seconds")
    return seconds


def _count(written: str) -> int:
    count = int(written)
    if count < 0:
        raise argparse.ArgumentTypeError(f"{written} is less than 0")
    return count


def main(arguments: Sequence[str] | None = None) -> int:
    """0: all answers are right; 1: some are not; 2: the program does not answer as the protocol asks."""
    parser = argparse.ArgumentParser(description="Asks a program the cases of this pack.")
    parser.add_argument("--only", choices=FILES, action="append", help="the cases of this file; repeatable")
    parser.add_argument("--wrong", type=_count, default=10, metavar="N", help="show so many wrong answers")
    parser.add_argument("--seconds", type=_seconds, default=300, help="how long the program may take")
    parser.add_argument("program", nargs="+", help="the program and its arguments, after --")
    options = parser.parse_args(arguments)
    names = options.only or FILES
    try:
        answers = ask(options.program, (case for name in names for case in cases(name)), options.seconds)
    except BadProgram as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    score = scored(names, answers)
    print(table(score))
    for case, answer in score.wrong[: options.wrong]:
        print(_shown(case, answer))
    return 1 if score.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
