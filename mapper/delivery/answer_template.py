"""The answers of a sandbox as they are written, and what has happened -> the bodies that it sends."""

from __future__ import annotations

import json
from collections.abc import Mapping

from mapper.values.types import Json


def filled_values(
    received: int, processed: int, entries: list[Json], failures: list[Json], problem: str
) -> dict[str, Json]:
    """The values that replace the names in braces in an answer."""
    counts = {"received": received, "processed": processed}
    return {**counts, "events": entries, "failures": failures, "problem": problem}


def fill(form: Json, values: Mapping[str, Json]) -> Json:
    """A body with its texts in braces filled in; a text that is one name in braces becomes that value."""
    if isinstance(form, dict):
        return {name: fill(value, values) for name, value in form.items()}
    if isinstance(form, list):
        return [fill(value, values) for value in form]
    if not isinstance(form, str):
        return form
    for name, value in values.items():
        if form == "{" + name + "}":
            return value
        form = form.replace("{" + name + "}", str(value))
    return form


def body_bytes(body: Json) -> bytes:
    """A body as it is sent: JSON; a text is the body as it is, and null is none."""
    if body is None or isinstance(body, str):
        return (body or "").encode("utf-8")
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
