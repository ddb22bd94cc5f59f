"""The requests of the protocol that the server answers, each by one question to the front door."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from typing import Any, TypeAlias

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.uris import to_fs_path

from mapper import CompileError, Diagnostic
from mapper.authoring import Analysis, CannotFormat, Hover, Text, formatted
from mapper.language_server.commands import add_commands
from mapper.language_server.completions import TRIGGERS, completion_list, is_asked
from mapper.language_server.diagnostics import FIX_ALL
from mapper.language_server.document_symbols import outline
from mapper.language_server.documents import Document
from mapper.language_server.editor_server import REST_SECONDS, MappingServer, ServerOptions, answering
from mapper.language_server.folding import folding_ranges
from mapper.language_server.hovers import hover_markdown
from mapper.language_server.layout_edits import layout_edits
from mapper.language_server.mapping_test_lenses import lenses
from mapper.language_server.name_colours import LEGEND, name_colours
from mapper.language_server.renaming import CannotRename, LinkedFiles, rename, variable_at
from mapper.language_server.sample_event import SampleRun, samples_of
from mapper.language_server.value_hints import value_hints
from mapper.project.project import READ_SUFFIXES


def new_server(options: ServerOptions) -> MappingServer:
    """A server with all that it answers."""
    server = MappingServer(options)
    for name, notified in _NOTIFICATIONS.items():
        server.feature(name)(_notified(server, notified))
    server.feature(lsp.INITIALIZED)(answering(server, _initialized))
    for name, (asked, settings) in _OF_MAPPINGS.items():
        server.feature(name, settings)(answering(server, _of_mapping(asked)))
    actions = lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix, FIX_ALL])
    server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, actions)(answering(server, _code_actions))
    add_commands(server)
    return server


def _notified(server: MappingServer, function: Callable[[MappingServer, Any], None]) -> Callable[[Any], None]:
    def take(params: Any) -> None:
        function(server, params)

    return take


def _of_mapping(asked: _Asked) -> Callable[[MappingServer, Any], Awaitable[Any]]:
    """A handler that asks about the mapping that is named; it answers nothing about any other document."""

    async def answer(server: MappingServer, params: Any) -> Any:
        document = server.mapping(params.text_document.uri)
        return None if document is None else await asked(server, document, params)

    return answer


def _initialize(server: MappingServer, params: lsp.InitializeParams) -> None:
    folders = [one.uri for one in params.workspace_folders or ()] or [params.root_uri or ""]
    server.documents.folder = to_fs_path(folders[0]) or ""
    options = params.initialization_options
    server.configure(options if isinstance(options, dict) else {})


async def _initialized(server: MappingServer, params: lsp.InitializedParams) -> None:
    """Ask to be told of files that change on disk: mappings, schemas and samples."""
    abilities = server.client_capabilities.workspace
    watching = None if abilities is None else abilities.did_change_watched_files
    if watching is not None and watching.dynamic_registration:
        watchers = [lsp.FileSystemWatcher(pattern) for pattern in _WATCHED]
        options = lsp.DidChangeWatchedFilesRegistrationOptions(watchers)
        name = lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES
        asked = lsp.RegistrationParams([lsp.Registration("files", name, options)])
        await server.client_register_capability_async(asked)


def _configured(server: MappingServer, params: lsp.DidChangeConfigurationParams) -> None:
    settings = params.settings
    own = settings.get("mapper") if isinstance(settings, dict) else None
    if isinstance(own, dict):
        server.configure(own)
        server.refresh_values()


def _opened(server: MappingServer, params: lsp.DidOpenTextDocumentParams) -> None:
    given = params.text_document
    document = server.documents.open(given.uri, str(given.language_id), given.version, given.text)
    server.check_soon(document)
    server.check_all_soon(but=document)


def _changed(server: MappingServer, params: lsp.DidChangeTextDocumentParams) -> None:
    uri = params.text_document.uri
    content = server.workspace.get_text_document(uri).source
    document = server.documents.change(uri, params.text_document.version, content)
    if document is not None:
        server.check_soon(document)
        server.check_all_soon(but=document)


def _closed(server: MappingServer, params: lsp.DidCloseTextDocumentParams) -> None:
    server.documents.close(params.text_document.uri)
    server.forget_check(params.text_document.uri)
    server.check_all_soon()


def _saved(server: MappingServer, params: lsp.DidSaveTextDocumentParams) -> None:
    server.check_all_soon()


def _watched(server: MappingServer, params: lsp.DidChangeWatchedFilesParams) -> None:
    server.documents.forget()
    server.check_all_soon()


async def _completion(
    server: MappingServer, document: Document, params: lsp.CompletionParams
) -> lsp.CompletionList | None:
    positions = server.written.positions
    typed = None if params.context is None else params.context.trigger_character

    def question(analysis: Analysis) -> lsp.CompletionList | None:
        offset = positions.offset(analysis.text, params.position)
        if not is_asked(analysis.text, offset, typed):
            return None
        event = server.documents.sample_event(document, analysis)
        return completion_list(analysis.complete(offset, event), positions)

    return await server.ask(document, question)


def of_others(analysis: Analysis, offset: int, run: SampleRun) -> Iterator[tuple[Hover, SampleRun]]:
    """The hovers with the texts that a pattern takes of some other samples."""
    left = (one for one in samples_of(analysis) if one.name != run.sample.name)
    for one in islice(left, _MORE_SAMPLES):
        found = analysis.at(offset, one.event, one.meta)
        if found is not None:
            yield found, SampleRun(analysis, one)


async def _hover(server: MappingServer, document: Document, params: lsp.HoverParams) -> lsp.Hover | None:
    positions = server.written.positions

    def question(analysis: Analysis) -> lsp.Hover | None:
        run = server.documents.run(document, analysis)
        event, meta = (None, None) if run is None else (run.sample.event, run.sample.meta)
        offset = positions.offset(analysis.text, params.position)
        found = analysis.at(offset, event, meta)
        is_pattern = found is not None and found.kind == "pattern"
        others = of_others(analysis, offset, run) if is_pattern and run is not None else ()
        told = "" if found is None else hover_markdown(found, run, others)
        if found is None or not told:
            return None
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, told), positions.range(found.span))

    return await server.ask(document, question)


async def _definition(
    server: MappingServer, document: Document, params: lsp.DefinitionParams
) -> lsp.Location | None:
    written = server.written

    def question(analysis: Analysis) -> lsp.Location | None:
        found = analysis.definition(written.positions.offset(analysis.text, params.position))
        return None if found is None else written.location(found)

    return await server.ask(document, question)


async def _declaration(
    server: MappingServer, document: Document, params: lsp.DeclarationParams
) -> list[lsp.Location] | None:
    """The inherited parts that the one at a position overrides."""
    written = server.written

    def question(analysis: Analysis) -> list[lsp.Location]:
        found = analysis.overridden(written.positions.offset(analysis.text, params.position))
        return [written.location(one) for one in found]

    return await server.ask(document, question)


async def _references(
    server: MappingServer, document: Document, params: lsp.ReferenceParams
) -> list[lsp.Location] | None:
    written = server.written

    def question(analysis: Analysis) -> list[lsp.Location]:
        offset = written.positions.offset(analysis.text, params.position)
        defined = analysis.definition(offset) if params.context.include_declaration else None
        found = analysis.references(offset)
        spans = found if defined is None or not found else (defined, *found)
        return [written.location(span) for span in spans]

    return await server.ask(document, question)


async def _highlights(
    server: MappingServer, document: Document, params: lsp.DocumentHighlightParams
) -> list[lsp.DocumentHighlight] | None:
    """The definition and uses, in this text, of the variable or function at a place."""
    positions = server.written.positions

    def question(analysis: Analysis) -> list[lsp.DocumentHighlight]:
        offset = positions.offset(analysis.text, params.position)
        found = analysis.references(offset)
        defined = analysis.definition(offset) if found else None
        spans = found if defined is None else (defined, *found)
        name = analysis.text.name
        return [lsp.DocumentHighlight(positions.range(one)) for one in spans if one.text.name == name]

    return await server.ask(document, question)


async def _folding(
    server: MappingServer, document: Document, params: lsp.FoldingRangeParams
) -> list[lsp.FoldingRange] | None:
    return await server.ask(document, lambda analysis: folding_ranges(analysis.text, analysis.symbols))


async def _prepare_rename(server: MappingServer, document: Document, params: lsp.PrepareRenameParams) -> Any:
    positions = server.written.positions

    def question(analysis: Analysis) -> lsp.PrepareRenamePlaceholder | None:
        found = variable_at(analysis, positions.offset(analysis.text, params.position))
        return (
            None if found is None else lsp.PrepareRenamePlaceholder(positions.range(found.span), found.name)
        )

    return await server.ask(document, question)


async def _rename(
    server: MappingServer, document: Document, params: lsp.RenameParams
) -> lsp.WorkspaceEdit | None:
    written = server.written

    def question(analysis: Analysis) -> lsp.WorkspaceEdit:
        offset = written.positions.offset(analysis.text, params.position)
        linked = LinkedFiles(server.documents.saved, server.documents.folder)
        return written.edit(rename(analysis, offset, params.new_name, linked))

    try:
        return await server.ask(document, question)
    except CannotRename as error:
        raise JsonRpcException(str(error), lsp.LSPErrorCodes.RequestFailed) from None


async def _formatting(
    server: MappingServer,
    document: Document,
    params: lsp.DocumentFormattingParams
    | lsp.DocumentRangeFormattingParams
    | lsp.DocumentOnTypeFormattingParams,
) -> list[lsp.TextEdit] | None:
    """The edits that lay a mapping out, or some of its lines; none for one that is left as it is."""
    positions = server.written.positions
    lines = _lines_to_lay_out(params)

    def question(analysis: Analysis) -> list[lsp.TextEdit] | None:
        try:
            return layout_edits(analysis.text, formatted(analysis.text), positions, lines)
        except CannotFormat:
            return None

    return await server.ask(document, question)


def _lines_to_lay_out(params: Any) -> range | None:
    """The lines that a client asks for, from 0: of one that was just ended, that alone; None: all."""
    if isinstance(params, lsp.DocumentOnTypeFormattingParams):
        return range(params.position.line - 1, params.position.line)
    if not isinstance(params, lsp.DocumentRangeFormattingParams):
        return None
    start, end = params.range.start, params.range.end
    return range(start.line, end.line + (end.character > 0 or end.line == start.line))


async def _name_colours(
    server: MappingServer, document: Document, params: lsp.SemanticTokensParams
) -> lsp.SemanticTokens:
    positions = server.written.positions

    def question(analysis: Analysis) -> lsp.SemanticTokens | None:
        names = analysis.written_names
        return None if names is None else name_colours(names, positions)

    found = await server.ask(document, question, urgent=False)
    if found is None:  # so that an editor keeps the colours it has
        raise JsonRpcException("a part of the mapping cannot be read", lsp.LSPErrorCodes.ContentModified)
    return found


async def _call_help(
    server: MappingServer, document: Document, params: lsp.SignatureHelpParams
) -> lsp.SignatureHelp | None:
    positions = server.written.positions

    def question(analysis: Analysis) -> lsp.SignatureHelp | None:
        found = analysis.call_at(positions.offset(analysis.text, params.position))
        if found is None:
            return None
        meaning = lsp.MarkupContent(lsp.MarkupKind.Markdown, found.meaning)
        parameters = [lsp.ParameterInformation(place) for place in found.parameters]
        told = lsp.SignatureInformation(found.signature, meaning, parameters, found.at)
        return lsp.SignatureHelp([told], 0, found.at)

    return await server.ask(document, question)


async def _symbols(
    server: MappingServer, document: Document, params: lsp.DocumentSymbolParams
) -> list[lsp.DocumentSymbol] | None:
    positions = server.written.positions
    return await server.ask(document, lambda analysis: outline(analysis.symbols, positions))


async def _code_lenses(
    server: MappingServer, document: Document, params: lsp.CodeLensParams
) -> list[lsp.CodeLens] | None:
    written, uri = server.written, document.uri
    return await server.ask(document, lambda analysis: [*lenses(analysis, written, uri)], urgent=False)


async def _value_hints(
    server: MappingServer, document: Document, params: lsp.InlayHintParams
) -> list[lsp.InlayHint] | None:
    positions, version = server.written.positions, document.version
    await asyncio.sleep(REST_SECONDS)
    if document.version != version:
        raise JsonRpcException("the text has changed", lsp.LSPErrorCodes.ContentModified)

    def question(analysis: Analysis) -> list[lsp.InlayHint]:
        run = server.documents.run(document, analysis)
        places = (positions.offset(analysis.text, at) for at in (params.range.start, params.range.end))
        try:
            return [] if run is None else value_hints(run, positions, analysis.text.span(*places))
        except CompileError:
            return []

    return await server.ask(document, question, urgent=False)


async def _code_actions(server: MappingServer, params: lsp.CodeActionParams) -> list[lsp.CodeAction] | None:
    document = server.documents.find(params.text_document.uri)
    if document is None or document.kind == "other":
        return None
    written, check = server.written, _check_of(server, document)
    text = Text(document.name, document.content)
    if document.kind == "mapping":
        text = server.documents.analysis(document).text
    only = params.context.only

    def question() -> list[lsp.CodeAction]:
        places = (params.range.start, params.range.end)
        start, end = (written.positions.offset(text, place) for place in places)
        found: list[lsp.CodeAction] = []
        if _is_wanted(lsp.CodeActionKind.QuickFix, only):
            found += written.fixes(check(text), text, text.span(start, end))
        if only is not None and _is_wanted(FIX_ALL, only):
            every = written.all_fixes(text, check)
            found += [] if every is None else [every]
        return found

    return await server.queue.answer(question)


def _check_of(server: MappingServer, document: Document) -> Callable[[Text], tuple[Diagnostic, ...]]:
    """The function that checks a text in place of a document."""
    kind = document.kind
    if kind != "mapping":
        return lambda text: server.check(kind, text)
    analysis = server.documents.analysis(document)

    def check(text: Text) -> tuple[Diagnostic, ...]:
        same = text.content == analysis.text.content
        return analysis.diagnostics if same else analysis.edited(text.content).diagnostics

    return check


def _is_wanted(kind: str, only: Any) -> bool:
    """Whether a client asks for actions of a kind, or for all."""
    kinds = None if only is None else [str(getattr(one, "value", one)) for one in only]
    return kinds is None or any(kind == one or kind.startswith(f"{one}.") or not one for one in kinds)


# A pattern is shown with what it takes of so many samples besides the chosen one.
_MORE_SAMPLES = 2
_Asked: TypeAlias = Callable[[MappingServer, Document, Any], Awaitable[Any]]
_SAMPLE_SUFFIXES = (".ndjson", ".jsonl")
_WATCHED = tuple(f"**/*{suffix}" for suffix in (*READ_SUFFIXES, *_SAMPLE_SUFFIXES))
_NOTIFICATIONS: dict[str, Callable[[MappingServer, Any], None]] = {
    lsp.INITIALIZE: _initialize,
    lsp.WORKSPACE_DID_CHANGE_CONFIGURATION: _configured,
    lsp.TEXT_DOCUMENT_DID_OPEN: _opened,
    lsp.TEXT_DOCUMENT_DID_CHANGE: _changed,
    lsp.TEXT_DOCUMENT_DID_CLOSE: _closed,
    lsp.TEXT_DOCUMENT_DID_SAVE: _saved,
    lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES: _watched,
}
_OF_MAPPINGS: dict[str, tuple[_Asked, Any]] = {
    lsp.TEXT_DOCUMENT_COMPLETION: (_completion, lsp.CompletionOptions(trigger_characters=[*TRIGGERS])),
    lsp.TEXT_DOCUMENT_HOVER: (_hover, None),
    lsp.TEXT_DOCUMENT_DEFINITION: (_definition, None),
    lsp.TEXT_DOCUMENT_DECLARATION: (_declaration, None),
    lsp.TEXT_DOCUMENT_REFERENCES: (_references, None),
    lsp.TEXT_DOCUMENT_PREPARE_RENAME: (_prepare_rename, None),
    lsp.TEXT_DOCUMENT_RENAME: (_rename, lsp.RenameOptions(prepare_provider=True)),
    lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL: (_symbols, None),
    lsp.TEXT_DOCUMENT_CODE_LENS: (_code_lenses, lsp.CodeLensOptions(resolve_provider=False)),
    lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: (_highlights, None),
    lsp.TEXT_DOCUMENT_FOLDING_RANGE: (_folding, None),
    lsp.TEXT_DOCUMENT_FORMATTING: (_formatting, None),
    lsp.TEXT_DOCUMENT_RANGE_FORMATTING: (_formatting, None),
    lsp.TEXT_DOCUMENT_ON_TYPE_FORMATTING: (_formatting, lsp.DocumentOnTypeFormattingOptions("\n")),
    lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: (_name_colours, LEGEND),
    lsp.TEXT_DOCUMENT_SIGNATURE_HELP: (_call_help, lsp.SignatureHelpOptions(["(", ","])),
    lsp.TEXT_DOCUMENT_INLAY_HINT: (_value_hints, None),
}
