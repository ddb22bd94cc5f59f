"""What our schema and the official OpenAPI file say of a payload, and which disagreements have a reason."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from functools import cache

from jsonschema import Draft202012Validator

from tests.compiler.test_official_openapi import officially_valid
from tests.compiler.test_target_schema import SCHEMA
from tests.crosscheck.changes import written_path
from tests.oracles.golden import ROOT, Payload

Broken = tuple[str, str]  # the path of a value, and the keyword of the schema that it breaks

_ROWS = json.loads((ROOT / "tests/cases/crosscheck/disagreements.json").read_bytes())
_OURS = Draft202012Validator(SCHEMA)


def broken_by(payload: Payload) -> list[Broken]:
    """What a payload breaks of our schema; nothing if it is valid."""
    errors = _OURS.iter_errors(payload)
    return sorted((written_path(tuple(one.absolute_path)), str(one.validator)) for one in errors)


def official_verdict(payload: Payload) -> str:
    """Why the official file refuses a payload, or ""."""
    return "" if officially_valid(payload) else "not valid"


def reason_for(validator: str, broken: list[Broken]) -> str | None:
    """Why a validator lets a payload pass that breaks our schema so; None if nobody has said why.

    Our schema's differences from the official file hold for everyone who reads that file.
    """
    reasons = [_reason_for(validator, path, keyword) for path, keyword in broken]
    return None if None in reasons or not reasons else "; ".join(dict.fromkeys(map(str, reasons)))


def _reason_for(validator: str, path: str, keyword: str) -> str | None:
    differences = _named()
    if (path, keyword) in differences:
        return differences[path, keyword]
    if keyword == "type" and (path, "null") in differences:
        return differences[path, "null"]
    for row in _ROWS:
        patterns = (pattern.replace("[]", "[[]]") for pattern in row["paths"])
        matches = any(fnmatchcase(path, pattern) for pattern in patterns)
        if matches and fnmatchcase(keyword, row["keyword"]) and validator in row["validators"]:
            return str(row["reason"])
    return None


@cache
def _named() -> dict[Broken, str]:
    rows = json.loads((ROOT / "tests/cases/target/differences.json").read_bytes())
    return {(path, row["keyword"]): row["reason"] for row in rows for path in row["paths"]}
