"""Payloads -> the request as it would be sent, with the names of settings in place of their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from mapper.authoring import Analysis, Json
from mapper.delivery.settings_template import fill, filled
from mapper.playground.shown_value import indented


def request_shown(analysis: Analysis, payloads: Sequence[Json]) -> dict[str, Any] | None:
    """The request with some payloads, None where there are none, or the target does not say how."""
    destination = analysis.destination if payloads else None
    if destination is None:
        return None
    form = destination.request
    # What may be left out is; what is needed is shown by the name of the variable that it is read from.
    values = {
        name: f"<{destination.settings[name].environment or name}>"
        for name in form.needed
        if name in destination.settings
    }
    query = [(name, fill(text, values)) for name, text in form.query]
    tail = "&".join(f"{quote(name)}={text}" for name, text in query if text is not None)
    headers = [(name, fill(text, values)) for name, text in form.headers]
    return {
        "method": form.method,
        "url": (fill(form.url, values) or form.url) + (f"?{tail}" if tail else ""),
        "headers": [
            ["Content-Type", "application/json"],
            *([name, text] for name, text in headers if text is not None),
        ],
        "body": indented(filled(form.body, values, list(payloads))),
    }
