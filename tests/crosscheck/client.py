"""The official client's models, made of each payload. Runs where the client is, and this project is not.

Reads a JSON list of payloads; writes a list as long: why the client refuses each, or "".
"""

from __future__ import annotations

import copy
import json
import sys
from importlib import import_module
from typing import Any

_PACKAGE = "openapi_generated.pinterest_client"


def main() -> None:
    """Payloads from standard input, verdicts to standard output."""
    json.dump([_verdict(payload) for payload in json.load(sys.stdin)], sys.stdout)


def _verdict(payload: Any) -> str:
    models = import_module(f"{_PACKAGE}.model_utils")
    events = import_module(f"{_PACKAGE}.model.conversion_events").ConversionEvents
    settings = import_module(f"{_PACKAGE}.configuration").Configuration()
    given = {"data": [copy.deepcopy(payload)]}  # which it changes
    try:
        made = models.validate_and_convert_types(given, (events,), ["data"], True, True, settings)
    except Exception as error:  # it raises its own kinds, and TypeError for what is missing
        return f"{type(error).__name__}: {error}"
    sent = made.to_dict()["data"][0]
    return "" if sent == payload else "it would send something else"


if __name__ == "__main__":
    main()
