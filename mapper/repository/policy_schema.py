"""The JSON Schema of `mapper.yaml`: for editors, and for the check of it."""

from __future__ import annotations

from typing import Any

from mapper.codes import CODES

_PATH = {"type": "string", "minLength": 1, "pattern": r"^(?!/)(?!.*\\)(?!\.\./)"}
_JUDGED = ["error", "warning", "advice", "off"]


def policy_schema() -> dict[str, Any]:
    """The whole schema of a policy."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "mapper.schema.json",
        "title": "Policy of a repository",
        **_table(
            {
                "version": {"description": "The version of the language: 1.", "const": 1},
                "exclude": {
                    "description": "Patterns of files that check, test, diff and catalog leave out where "
                    "they find them in a folder.",
                    "type": "array",
                    "items": _PATH,
                },
                "folders": {
                    "description": "Folders, by their paths from here, each with what holds in it and below "
                    "it. The nearest folder decides.",
                    "type": "object",
                    "additionalProperties": _folder(),
                },
                "accepted": {
                    "description": "Findings that need not be corrected yet.",
                    "type": "array",
                    "items": _accepted(),
                },
            },
            ["version"],
        ),
    }


def _folder() -> dict[str, Any]:
    codes = {code: {"enum": _JUDGED} for code, row in sorted(CODES.items()) if row.severity != "error"}
    return _table(
        {
            "owner": {"description": "The team that decides.", "type": "string", "minLength": 1},
            "coverage": {
                "description": "The share of the parts of mappings that their tests reach, in percent. "
                "`mapper test` exits with 1 below it.",
                "type": "number",
                "minimum": 0,
                "maximum": 100,
            },
            "severity": {
                "description": "By the code of a warning or advice: error, warning, advice or off.",
                **_table(codes),
            },
        }
    )


def _accepted() -> dict[str, Any]:
    return _table(
        {
            "code": {"description": "The code of the finding.", "type": "string"},
            "file": {"description": "The mapping, or a pattern of mappings.", **_PATH},
            "path": {
                "description": "The field of the payload that the finding is about. Default: any.",
                "type": "string",
                "minLength": 1,
            },
            "reason": {"description": "Why it need not be corrected yet.", "type": "string", "minLength": 1},
            "until": {
                "description": "The last day, as 2027-03-31. The finding counts again after it.",
                "type": "string",
                "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            },
        },
        ["code", "file", "reason", "until"],
    )


def _table(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    table = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**table, "required": required} if required else table
