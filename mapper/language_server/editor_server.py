"""The server of `mapper lsp`: keeps what is open, answers, and says what is wrong as it is typed."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

import mapper
from mapper import CompileError, Diagnostic, authoring
from mapper.authoring import Analysis, Text
from mapper.language_server.answer_queue import AnswerQueue, TakesTooLong
from mapper.language_server.diagnostics import Protocol
from mapper.language_server.documents import Document, DocumentKind, Documents
from mapper.language_server.positions import Positions
from mapper.project.mapping_files import is_named_table
from mapper.repository.policy_file import read_policy

Params = TypeVar("Params")
Answered = TypeVar("Answered")
# A check waits for the next key as long as the last check took, within these bounds.
_OTHER_FILE = "M040"
_SHORTEST_PAUSE_SECONDS = 0.005
_LONGEST_PAUSE_SECONDS = 0.5
# Values of the sample are for a text that rests: they take longer than a key.
REST_SECONDS = 0.1
# Their messages hold what was asked, answered or worked on.
_TALKATIVE = ("pygls", "asyncio", "concurrent.futures")


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """The options of the command. schemas: the one folder of schemas; pages: where the pages of codes are.

    tell: says on stderr that the program made a mistake, without what it worked on. check_intake: says what
    is wrong with the entries of a server; without the package that reads them, nothing does.
    """

    schemas: str | None = None
    pages: str | None = None
    tell: Callable[[BaseException], None] = lambda error: None
    check_intake: Callable[[Text, str | None], tuple[Diagnostic, ...]] = lambda text, schemas: ()


@dataclass(slots=True)
class _Check:
    """The check of one text.

    task: the one that is on its way. seconds: the last one took so long. version: of the text as it was
    checked last. said: the files that have diagnostics of it, and which; tested: those of its tests that
    were run.
    """

    task: asyncio.Task[None] | None = None
    seconds: float = 0.0
    version: int | None = None
    said: dict[str, list[lsp.Diagnostic]] = field(default_factory=dict)
    tested: dict[str, list[lsp.Diagnostic]] = field(default_factory=dict)

    @property
    def files(self) -> set[str]:
        """The files that have diagnostics of it."""
        return {*self.said, *self.tested}


class MappingServer(LanguageServer):
    """The language server of mappings, intakes and schemas."""

    def __init__(self, options: ServerOptions, queue: AnswerQueue | None = None) -> None:
        # The whole text comes with each change: what is counted wrong in one change cannot spoil the next.
        super().__init__(
            "mapper", mapper.__version__, text_document_sync_kind=lsp.TextDocumentSyncKind.Full, max_workers=2
        )
        self.options = options
        self.documents = Documents(options.schemas)
        self.queue = queue or AnswerQueue()
        self._checks: dict[str, _Check] = {}

    @property
    def written(self) -> Protocol:
        """The form in which places and diagnostics are written for this client."""
        encoding = self.workspace.position_encoding or lsp.PositionEncodingKind.Utf16
        return Protocol(
            Positions(str(getattr(encoding, "value", encoding))), self.documents.uri_of, self.options.pages
        )

    def report_server_error(self, error: Exception, source: object) -> None:
        """Say on stderr that something failed, and nothing of what it was about."""
        if not isinstance(error, JsonRpcException):
            self.options.tell(error)

    async def ask(
        self, document: Document, question: Callable[[Analysis], Answered], *, urgent: bool = True
    ) -> Answered:
        """The answer about a text as it is now."""
        analysis = self.documents.analysis(document)
        return await self.queue.answer(lambda: question(analysis), urgent=urgent)

    def mapping(self, uri: str) -> Document | None:
        """The mapping that is open at an address; None for what is none."""
        document = self.documents.find(uri)
        return document if document is not None and document.kind == "mapping" else None

    def check(self, kind: DocumentKind, text: Text) -> tuple[Diagnostic, ...]:
        """All that is wrong with the entries of a server, with a policy, or with a schema."""
        if kind == "schema":
            return authoring.check_schema(text.content, text.name, schemas=self.options.schemas)
        if kind == "policy":
            read = read_policy(text, Path(text.name).parent)
            return () if read is None else read.found
        return self.options.check_intake(text, self.options.schemas)

    def configure(self, settings: dict[str, Any]) -> None:
        """Take the settings of the client. sample: the name of the one to show where it is known."""
        sample = settings.get("sample")
        if isinstance(sample, str):
            self.documents.sample = sample
            self.documents.forget_runs()

    def refresh_values(self) -> None:
        """Let the client ask for the values beside the rules again, if it can."""
        abilities = self.client_capabilities.workspace
        hints = None if abilities is None else abilities.inlay_hint
        if hints is not None and hints.refresh_support:
            self.workspace_inlay_hint_refresh(None)

    def check_soon(self, document: Document) -> None:
        """Check a text once its author pauses; a check that is on its way is for nothing, and ends."""
        check = self._checks.setdefault(document.uri, _Check())
        if check.task is not None:
            check.task.cancel()
        # A check that is done sooner than a person sees it needs no pause.
        is_seen = check.seconds > _LONGEST_PAUSE_SECONDS / 10
        pause = min(check.seconds, _LONGEST_PAUSE_SECONDS) if is_seen else _SHORTEST_PAUSE_SECONDS
        check.task = asyncio.ensure_future(self._check(document, check, pause))

    def check_all_soon(self, *, but: Document | None = None) -> None:
        """Check the texts again that may depend on others; with `but`, only those that extend files."""
        for one in self.documents.all:
            if one is not but and (but is None or one.extends):
                self.check_soon(one)

    def forget_check(self, uri: str) -> None:
        """Take back what was said of a text that is closed."""
        check = self._checks.pop(uri, None)
        if check is not None:
            if check.task is not None:
                check.task.cancel()
            self._publish(check.files)

    def say_tested(self, document: Document, found: dict[str, list[lsp.Diagnostic]]) -> None:
        """Say what came of tests that were run; it counts until the text changes."""
        check = self._checks.setdefault(document.uri, _Check())
        files = check.files
        check.version, check.tested = document.version, found
        self._publish(files | check.files, {document.uri: document.version})

    async def _check(self, document: Document, check: _Check, pause: float) -> None:
        try:
            await asyncio.sleep(pause)
            if await self._say_found(document, check) and document.kind == "mapping":
                await asyncio.sleep(REST_SECONDS)
                await self.ask(document, lambda analysis: self._prepare(document, analysis), urgent=False)
        except TakesTooLong:
            return
        except Exception as error:
            self.options.tell(error)

    async def _say_found(self, document: Document, check: _Check) -> bool:
        """Say what is wrong with a text; False where it was closed meanwhile."""
        began, version = monotonic(), document.version
        found = await self._found(document)
        check.seconds = monotonic() - began
        if self._checks.get(document.uri) is not check:
            return False
        files = {document.uri, *check.files}
        check.said = self.written.by_file(found)
        if version != check.version:
            check.version, check.tested = version, {}
        self._publish(files | check.files, {document.uri: version})
        return True

    def _prepare(self, document: Document, analysis: Analysis) -> None:
        """Run the sample before its values are asked for: to compile takes longer than to answer."""
        run = self.documents.run(document, analysis)
        with suppress(CompileError):
            if run is not None:
                run.prepare()

    async def _found(self, document: Document) -> tuple[Diagnostic, ...]:
        kind = document.kind
        if kind == "other":
            return ()
        if kind != "mapping":
            text = Text(document.name, document.content)
            return await self.queue.answer(lambda: self.check(kind, text), urgent=False)
        found = await self.ask(document, lambda analysis: analysis.diagnostics, urgent=False)
        is_other = any(one.code == _OTHER_FILE for one in found)
        return () if is_other and document.path and is_named_table(document.path) else found

    def _publish(self, uris: Iterable[str], versions: dict[str, int | None] | None = None) -> None:
        """Say all that is wrong in some files: each thing once, although several texts may say it."""
        for uri in uris:
            found: dict[Any, lsp.Diagnostic] = {}
            for check in self._checks.values():
                for one in (*check.said.get(uri, ()), *check.tested.get(uri, ())):
                    place = one.range.start, one.range.end
                    found.setdefault((str(place), one.code, one.message), one)
            version = (versions or {}).get(uri)
            self.text_document_publish_diagnostics(
                lsp.PublishDiagnosticsParams(uri, [*found.values()], version=version)
            )


def answering(
    server: MappingServer, function: Callable[[MappingServer, Params], Awaitable[Answered]]
) -> Callable[[Params], Awaitable[Answered]]:
    """A function that answers requests; one that fails answers with an error that holds no value."""

    async def answer(params: Params) -> Answered:
        try:
            return await function(server, params)
        except JsonRpcException:
            raise
        except TakesTooLong:
            raise JsonRpcException("the answer took too long", lsp.LSPErrorCodes.RequestFailed) from None
        except Exception as error:
            server.options.tell(error)
            kind = type(error).__name__
            raise JsonRpcException(
                f"a mistake of the server's own: {kind}", lsp.ErrorCodes.InternalError
            ) from None

    return answer


def serve(server: MappingServer) -> None:
    """Speak the protocol on stdin and stdout until the client ends it."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    out = sys.stdout.buffer
    # What anything else prints must not be taken for the protocol.
    sys.stdout = sys.stderr
    server.start_io(sys.stdin.buffer, out)
