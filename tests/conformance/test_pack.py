"""The conformance pack: other means than our code say that its cases are right; the runner counts answers."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import phonenumbers
import pytest

from tests.compiler.test_official_openapi import officially_valid
from tests.support.depth import DEPTH, Depth
from tests.support.pack import PACK, cases
from tests.support.shared import shared

pytestmark = pytest.mark.quick

_FILES = ("normal-forms", "payloads", "events")
_ALL = [case for name in _FILES for case in cases(name)]
_KEYS = {"id", "field", "input", "context", "expect", "class", "cite", "why"}
_DIGESTS = [case for case in cases("normal-forms") if case["expect"] == "digest"]
_RUNNER = PACK / "run.py"
_NAIVE = """
import hashlib, json, sys
for line in sys.stdin:
    question = json.loads(line)
    made = question["input"]
    answer = {"skip": True}
    if question["field"].startswith("user_data.") and type(made) is str:
        text = made.strip().lower()
        answer = {"digest": [hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()]}
    print(json.dumps({"id": question["id"], **answer}))
"""


_NO_JSON = "line 1 of its output is not a JSON object with `id`, in UTF-8"
_NOT_SO = "line 1 of its output has no `true` for `absent`; leave out what is not so"
_ONE_OF = "the keys digest, value, absent, accept, skip, reject"
_OPEN = '{"id": "event-1", "value": '
_SKIPPED = {"id": "event-1", "skip": True}


def _answering(*answers: dict[str, Any]) -> str:
    """A program that answers so, whatever it is asked."""
    written = "\n".join(map(json.dumps, answers))
    return f"print({written!r})"


def test_each_case_says_all_that_the_readme_lists() -> None:
    assert len({case["id"] for case in _ALL}) == len(_ALL)
    for case in _ALL:
        made = {case["expect"]} & {"digest", "value"}
        more = case.keys() - _KEYS - made - {"plain", "rule", "live"}
        assert case.keys() >= _KEYS | made, case["id"]
        assert not more, case["id"]
        assert case["class"] in ("text", "openapi", "observed", "choice"), case["id"]
        assert case["expect"] in ("digest", "value", "absent", "reject", "accept"), case["id"]
        assert ("rule" in case) == (case["field"] == "payload" and case["expect"] == "reject"), case["id"]
        assert case["cite"], case["id"]
        assert case["why"], case["id"]


def test_there_are_as_many_cases_as_the_readme_says() -> None:
    page = (PACK / "README.md").read_text("utf-8")
    counts = [len(cases(name)) for name in _FILES]
    assert [
        int(number.replace(",", "")) for number in re.findall(r"([\d,]+) (?:values|payloads|source)", page)
    ] == counts
    assert counts >= [1000, 200, 100]


def _given_digest(value: Any) -> str:
    """The digest that a value is already; "" if it is none."""
    text = value.strip() if isinstance(value, str) else ""
    if re.fullmatch("[0-9a-fA-F]{64}", text):
        return text.lower()
    if re.fullmatch("[A-Za-z0-9+/_-]{43}=", text):
        return base64.b64decode(text, altchars=b"-_" if set(text) & {*"-_"} else b"+/").hex()
    return ""


def test_each_digest_is_that_of_the_text_beside_it_or_of_the_input() -> None:
    for case in _DIGESTS:
        given = case["input"] if isinstance(case["input"], list) else [case["input"]]
        stated = [sha256(text.encode("utf-8")).hexdigest() for text in case.get("plain", ())]
        assert case["digest"] == (stated or [one for one in map(_given_digest, given) if one]), case["id"]


def test_each_phone_number_of_a_stated_country_is_that_of_phonenumbers() -> None:
    numbers = [case for case in _DIGESTS if case["field"] == "user_data.ph" and case["context"]]
    assert len(numbers) >= 40
    for case in numbers:
        number = phonenumbers.parse(case["input"], case["context"]["country"])
        assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:] == case["plain"][0]


def test_what_is_said_to_be_official_is() -> None:
    for case in cases("payloads"):
        is_official = case["class"] == "openapi"
        assert officially_valid(case["input"]) == (is_official == (case["expect"] == "accept")), case["id"]


def test_the_official_cases_of_normal_forms_are_in_it() -> None:
    ours = {
        (case["field"], json.dumps(case["input"])): case.get("digest", [])
        for case in cases("normal-forms")
        if not case["context"]
    }
    for line in shared("pinterest/normalisation.ndjson").read_text("utf-8").splitlines():
        case = json.loads(line)
        digests = [one["sha256"] for one in case["recommended"] if one["action"] != "drop"]
        assert ours[f"user_data.{case['field']}", json.dumps(case["input"])] == digests


def test_what_no_official_text_says_is_a_choice() -> None:
    """Of white space around a value, the case of an id, and Argentina's 15 it says nothing."""
    for case in cases("normal-forms"):
        given = case["input"] if isinstance(case["input"], list) else [case["input"]]
        texts = [one for one in given if isinstance(one, str) and one.strip()]
        is_cased = case["field"] in ("user_data.external_id", "user_data.hashed_maids")
        plain = case.get("plain", [])
        says_nothing = (
            any(one != one.strip() for one in texts)
            or (is_cased and any(one != one.lower() for one in (*texts, *plain)))
            or (case["context"].get("country") == "AR" and " 15 " in case["input"])
        )
        assert not says_nothing or case["class"] in ("choice", "observed"), case["id"]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(_RUNNER), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_our_answers_are_right_and_the_readme_has_their_score() -> None:
    some_files = ("--only", "normal-forms") if DEPTH is Depth.QUICK else ()
    done = _run(*some_files, "--", sys.executable, str(PACK / "adapter.py"))
    assert (done.returncode, done.stderr) == (0, "")
    if some_files:
        return
    _, _, score = (PACK / "README.md").read_text("utf-8").partition("## Our score\n")
    assert done.stdout.strip() in score
    assert f"{len(_ALL):,} | {len(_ALL):,}" in done.stdout


def test_a_naive_program_is_told_what_it_answers_wrong() -> None:
    done = _run("--only", "normal-forms", "--wrong", "1", "--", sys.executable, "-c", _NAIVE)
    right, of = re.findall(r"\| all \| \| ([\d,]+) \| ([\d,]+) \|", done.stdout)[0]
    asked = [
        c for c in cases("normal-forms") if c["field"].startswith("user_data.") and type(c["input"]) is str
    ]
    assert int(of.replace(",", "")) == len(asked)
    assert 0.2 * len(asked) < int(right.replace(",", "")) < 0.7 * len(asked)
    assert done.returncode == 1
    assert "expected" in done.stdout


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("print('hello')", _NO_JSON),
        (r"import sys; sys.stdout.buffer.write(b'\xff\xfe\n')", _NO_JSON),
        ("print('[' * 100_000)", _NO_JSON),
        (
            _answering({"id": "x\x1b", "skip": True}),
            r'line 1 of its output has the `id` "x\u001b", which was not asked',
        ),
        (_answering(_SKIPPED, _SKIPPED), "line 2 of its output answers `event-1` a second time"),
        (
            _answering(_SKIPPED | {"absent": True}),
            f"line 1 of its output has 2 of {_ONE_OF}; an answer has one",
        ),
        (_answering({"id": "event-1"}), f"line 1 of its output has 0 of {_ONE_OF}; an answer has one"),
        (_answering({"id": "event-1", "absent": False}), _NOT_SO),
        (
            f"print('{_OPEN}' + '[' * 200 + ']' * 200 + '}}')",
            "line 1 of its output has more than 100 objects and lists in each other",
        ),
        (
            "import sys\nfor _ in range(65): sys.stdout.write('x' * 2**20)",
            "it wrote more than 64 MiB; its answers need far less",
        ),
        ("import sys; sys.exit(3)", "it ended with status 3"),
    ],
)
def test_a_program_that_does_not_follow_the_protocol_is_told_so(program: str, said: str) -> None:
    done = _run("--only", "events", "--", sys.executable, "-c", program)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {said}\n"


def test_a_program_that_takes_too_long_is_ended_with_those_that_it_started() -> None:
    start = time.monotonic()
    program = "import subprocess; subprocess.run(['sleep', '50'])"
    done = _run("--only", "events", "--seconds", "0.5", "--", sys.executable, "-c", program)
    assert time.monotonic() - start < 40
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: it did not end within 0.5 s; --seconds gives it more\n"


def test_lines_of_answers_end_with_a_line_feed_alone_and_are_shown_without_what_terminals_act_on() -> None:
    answer = {"id": "event-1", "value": "a\u2028b\x85\x9bc\ud800ä"}
    written = json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass")
    written = written.replace(b"\xed\xa0\x80", b"\\ud800")
    program = f"import sys; sys.stdout.buffer.write({written!r})"
    done = _run("--only", "events", "--wrong", "1", "--", sys.executable, "-c", program)
    assert (done.returncode, done.stderr) == (1, "")
    assert r'answered {"value": "a\u2028b\x85\x9bc\ud800' in done.stdout


@pytest.mark.parametrize(("option", "value"), [("--seconds", "nan"), ("--seconds", "-1"), ("--wrong", "-1")])
def test_a_number_that_cannot_be_is_refused(option: str, value: str) -> None:
    done = _run(f"{option}={value}", "--", sys.executable)
    assert done.returncode == 2
    assert f"argument {option}: {value} is " in done.stderr


def test_the_answers_in_the_readme_are_right() -> None:
    by_id, shown = {case["id"]: case for case in _ALL}, (PACK / "README.md").read_text("utf-8")
    answers = [json.loads(one) for one in re.findall(r'`(\{"id": .*?\})`', shown)]
    assert len(answers) == 6
    for answer in answers:
        assert "skip" in answer or by_id[answer["id"]]["expect"] in answer


def test_each_class_and_field_has_its_cases() -> None:
    fields = Counter(case["field"] for case in cases("normal-forms"))
    hashed = [name for name in fields if fields[name] and name in {one["field"] for one in _DIGESTS}]
    assert len(hashed) == 12
    assert all(fields[name] >= 50 for name in hashed)
    assert all((Path(PACK).parent / case["cite"]).is_file() for case in cases("events"))
