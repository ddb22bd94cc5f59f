"""Asks a program the cases of this pack, and prints how many of its answers are right. Needs Python alone.

python conformance/run.py -- PROGRAM [ARGUMENT...]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILES = ("normal-forms", "payloads", "events")
CLASSES = ("text", "openapi", "observed", "choice")
_FOLDER = Path(__file__).parent
_NOT_SENT = ("absent", "reject")
_ASKED = ("id", "field", "input", "context")
_MOST_SHOWN = 200


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
    questions = "".join(json.dumps({name: case[name] for name in _ASKED}) + "\n" for case in asked)
    try:
        started = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
    except OSError as error:
        raise BadProgram(f"{program[0]} cannot be started: {error.strerror}") from None
    stopper = threading.Timer(seconds, started.kill)
    stopper.start()
    try:
        written, _ = started.communicate(questions)
    finally:
        is_late = not stopper.is_alive()
        stopper.cancel()
    if is_late:
        raise BadProgram(f"it did not end within {seconds:g} s; --seconds gives it more")
    if started.returncode:
        raise BadProgram(f"it ended with status {started.returncode}")
    return dict(_answers(written))


def _answers(written: str) -> Iterable[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(written.splitlines(), 1):
        try:
            answer = json.loads(line)
            yield str(answer["id"]), answer
        except (ValueError, TypeError, KeyError):
            raise BadProgram(f"line {number} of its output is not a JSON object with `id`") from None


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
    asked, wanted, said = (json.dumps(one, ensure_ascii=False)[:_MOST_SHOWN] for one in parts)
    head = f"{case['id']} ({case['why']}; {case['cite']})"
    return f"{head}\n  {case['field']} of {asked}\n  expected {wanted}\n  answered {said}"


def main(arguments: Sequence[str] | None = None) -> int:
    """0: all answers are right; 1: some are not; 2: the program does not answer as the protocol asks."""
    parser = argparse.ArgumentParser(description="Asks a program the cases of this pack.")
    parser.add_argument("--only", choices=FILES, action="append", help="the cases of this file; repeatable")
    parser.add_argument("--wrong", type=int, default=10, metavar="N", help="show so many wrong answers")
    parser.add_argument("--seconds", type=float, default=300, help="how long the program may take")
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
