"""schemas/pinterest/conversions-v5.json -> observed-v5.json: events that were seen, and are not sent.

It has the same fields and normal forms. An event needs a name and a time, and nothing that says
who it was of.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[3]
SENT = _ROOT / "schemas/pinterest/conversions-v5.json"
OBSERVED = SENT.with_name("observed-v5.json")
# Words of what is sent: how, what to ask for, and drafts. Without `x-guard`, the package's tables count.
_OF_SENDING = ("x-delivery", "x-advice", "x-profiles", "x-import", "x-draft", "x-guard")
_OF_IDENTITY = ("anyOf", "$comment")
_ABOUT = {
    "title": "Pinterest events as they were observed, of the tag or of a server; not sent",
    "description": "Made of conversions-v5.json by `make docs`. It has the same fields and normal forms, so "
    "that events of the tag and of a server can be compared. Only the name and the time are required. It has "
    "no `x-delivery`: nothing is sent by it.",
    "required": ["event_name", "event_time"],
}


def write_observed(sent: dict[str, Any]) -> dict[str, Any]:
    """The schema of observed events, made of that of events that are sent, which is not changed."""
    made = {name: part for name, part in sent.items() if name not in _OF_SENDING} | _ABOUT
    person = {
        name: part for name, part in sent["properties"]["user_data"].items() if name not in _OF_IDENTITY
    }
    person["description"] = "What is known of the customer; it may be missing."
    names = sent["x-event-names"]
    standard = {name: facts | {"advice": []} for name, facts in names["standard"].items()}
    made["properties"] = sent["properties"] | {"user_data": person}
    made["x-event-names"] = names | {"standard": standard}
    return made


def observed_text() -> str:
    """The text of the file."""
    sent = json.loads(SENT.read_text(encoding="utf-8"))
    return json.dumps(write_observed(sent), ensure_ascii=False, indent=2) + "\n"
