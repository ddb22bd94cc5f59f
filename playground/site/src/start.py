"""In the browser: how questions are answered, and the memory of Python that a later start begins with.

A snapshot holds Python after all modules are loaded, so that a start takes a fraction of the time. It cannot
hold msgspec, the one library that is not written in Python: a placeholder is in its place, until `wake`.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any

sys.path[:0] = ["/app", "/app/tzdata.zip"]
# What msgspec imports, besides what this package does.
_OF_MSGSPEC = ("dataclasses", "datetime", "decimal", "enum", "typing", "uuid", "zoneinfo")


def answers() -> Callable[[str], str]:
    """A function that answers a question, both in JSON."""
    from mapper.playground.page_answers import Session

    session = Session.of_texts()

    def answer(question: str) -> str:
        session.tidy()
        return json.dumps(session.answer(json.loads(question)))

    return answer


class NotLoaded:
    """In place of what msgspec makes: it can be made and named, and nothing else."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """As a decoder or an encoder is made."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def fail(*arguments: Any, **options: Any) -> Any:
            raise RuntimeError("msgspec is not loaded yet")

        return fail


def fall_asleep() -> None:
    """Load all modules and look at one example, without msgspec: what a snapshot is then made of."""
    placeholder: Any = ModuleType("msgspec")
    placeholder.json = ModuleType("msgspec.json")
    placeholder.json.Decoder = placeholder.json.Encoder = placeholder.Raw = NotLoaded
    placeholder.MsgspecError = placeholder.ValidationError = ValueError
    sys.modules["msgspec"] = placeholder
    for name in _OF_MSGSPEC:
        importlib.import_module(name)
    import mapper

    for module in pkgutil.walk_packages(mapper.__path__, "mapper."):
        with suppress(ImportError):  # a module for an extra: columns of Parquet
            importlib.import_module(module.name)
    globals()["answer"] = answer = answers()
    example = json.loads(answer(json.dumps({"ask": "start"})))["examples"][0]["name"]
    opened = json.loads(answer(json.dumps({"ask": "example", "name": example})))
    about = {"mapping": opened["mapping"], "files": opened["files"], "samples": []}
    answer(json.dumps({"ask": "check", **about}))


def wake() -> Callable[[str], str]:
    """The same as `answers`, of a Python that a snapshot gave: with msgspec in its place.

    The functions of `decode` look up its decoders when they are called: so modules that have imported such a
    function use the new decoders too.
    """
    del sys.modules["msgspec"]
    importlib.import_module("msgspec")
    importlib.reload(sys.modules["mapper.runtime.decode"])
    answer: Callable[[str], str] = globals()["answer"]
    return answer
