"""The commands that an editor can call: run tests, choose the sample to show values of, explain a code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams

from mapper import CODES
from mapper.codes import difference, example
from mapper.language_server.documents import Document
from mapper.language_server.editor_server import MappingServer, answering
from mapper.language_server.mapping_test_lenses import CHOOSE_SAMPLE, RUN_TESTS, own_tests, run_tests_of
from mapper.language_server.sample_event import Sample, chosen_of, samples_of

SAMPLES = "mapper.samples"
TESTS = "mapper.tests"
EXPLAIN_CODE = "mapper.explainCode"
# So many buttons a message can have before they are of no use.
_MOST_BUTTONS = 8


def add_commands(server: MappingServer) -> None:
    """Register the commands: each takes a list, as the protocol has it."""
    for name, called in _COMMANDS.items():
        server.command(name)(_called(server, called))


def _called(
    server: MappingServer, function: Callable[[MappingServer, list[Any]], Awaitable[Any]]
) -> Callable[..., Awaitable[Any]]:
    answer = answering(server, function)

    async def call(*arguments: Any) -> Any:
        return await answer([*arguments])

    return call


def _mapping(server: MappingServer, arguments: list[Any]) -> Document:
    """The mapping that the first argument names. Raises JsonRpcInvalidParams."""
    document = server.mapping(arguments[0]) if arguments and isinstance(arguments[0], str) else None
    if document is None:
        raise JsonRpcInvalidParams("the first argument must be the address of an open mapping")
    return document


def _name(arguments: list[Any]) -> str | None:
    return arguments[1] if len(arguments) > 1 and isinstance(arguments[1], str) else None


async def _run_tests(server: MappingServer, arguments: list[Any]) -> dict[str, Any]:
    """Run the tests of a mapping, or those of a name.

    It is told at the tests and, unless a third argument is true, in a message.
    """
    document, name, written = _mapping(server, arguments), _name(arguments), server.written
    run = await server.ask(document, lambda analysis: run_tests_of(analysis, written, name))
    server.say_tested(document, run.found)
    if arguments[2:3] != [True]:
        kind = lsp.MessageType.Info if run.ok else lsp.MessageType.Error
        server.window_show_message(lsp.ShowMessageParams(kind, run.told))
    return {"ok": run.ok, "told": run.told, "tests": run.tests}


async def _tests(server: MappingServer, arguments: list[Any]) -> list[dict[str, Any]]:
    """The tests that a mapping has, each with the line where it begins, from 0."""
    document = _mapping(server, arguments)
    found = await server.ask(document, own_tests)
    return [{"name": one.name, "line": one.place.line - 1} for one in found]


async def _samples(server: MappingServer, arguments: list[Any]) -> list[dict[str, Any]]:
    """The names of the samples of a mapping, and which one is shown."""
    document = _mapping(server, arguments)
    samples = await _known(server, document)
    chosen = chosen_of(samples, (document.sample, server.documents.sample))
    return [{"name": one.name, "chosen": one is chosen} for one in samples]


async def _choose_sample(server: MappingServer, arguments: list[Any]) -> str | None:
    """Show the values of the sample of a name; without one, ask for it."""
    document, name = _mapping(server, arguments), _name(arguments)
    samples = await _known(server, document)
    if not samples:
        told = "there is no sample: write a test with `given`, or `source: {samples: FILES}`"
        server.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Info, told))
        return None
    if name is None:
        buttons = [lsp.MessageActionItem(one.name) for one in samples[:_MOST_BUTTONS]]
        asked = lsp.ShowMessageRequestParams(
            lsp.MessageType.Info, "Show the values of which sample?", buttons
        )
        answer = await server.window_show_message_request_async(asked)
        name = None if answer is None else answer.title
    if name not in [one.name for one in samples]:
        return None
    document.sample, document.run = name, None
    server.refresh_values()
    return name


async def _known(server: MappingServer, document: Document) -> tuple[Sample, ...]:
    return await server.ask(document, samples_of)


async def _explain_code(server: MappingServer, arguments: list[Any]) -> str:
    """The meaning of a code, as Markdown."""
    code = arguments[0] if arguments else None
    row = CODES.get(code) if isinstance(code, str) else None
    if row is None:
        raise JsonRpcInvalidParams("the first argument must be a code such as M302")
    return f"# {code}: {row.title}\n\n{row.severity}\n\n{row.explanation(difference(example(str(code))))}"


_COMMANDS: dict[str, Callable[[MappingServer, list[Any]], Awaitable[Any]]] = {
    RUN_TESTS: _run_tests,
    TESTS: _tests,
    SAMPLES: _samples,
    CHOOSE_SAMPLE: _choose_sample,
    EXPLAIN_CODE: _explain_code,
}
