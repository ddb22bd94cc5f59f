"""The texts that are open in an editor -> what can be asked of each."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pygls.uris import from_fs_path, to_fs_path

from mapper import authoring
from mapper.authoring import Analysis, Text
from mapper.language_server.sample_event import SampleRun, chosen_of, samples_of
from mapper.project.folders import POLICY_FILE
from mapper.project.mapping_files import is_intake
from mapper.project.schema_roles import is_schema_file
from mapper.repository.policy_file import is_policy

DocumentKind: TypeAlias = Literal["mapping", "intake", "policy", "schema", "other"]
# The name that our own extension gives to the language of mappings and intakes.
LANGUAGE = "capi-mapping"
_FOLDER = "mappings"
_LINE = r"(?:\A|(?<=[\r\n]))"
_SCHEMA = re.compile(rf"{_LINE}# yaml-language-server: \$schema=\S*\.mapping\.schema\.json")
_KEYS = re.compile(
    rf"{_LINE}(target|source|payload|match|events|otherwise|let|expects|extends|partial|split|consent)[ \t]*:"
)
_EXTENDS = re.compile(rf"{_LINE}extends[ \t]*:")


@dataclass(slots=True)
class Document:
    """An open text. path: of its file, "" where it has none; name: the one its diagnostics have.

    analysis: of the text as it is, once somebody asked; last: of it, or as it was before. beside: the other
    texts that count in `analysis`. sample: the name of the one that was chosen; run: it in `analysis`.
    """

    uri: str
    path: str
    language: str
    content: str
    version: int | None = None
    analysis: Analysis | None = None
    last: Analysis | None = None
    beside: Mapping[str, str] = field(default_factory=dict)
    sample: str = ""
    run: SampleRun | None = None

    @property
    def name(self) -> str:
        """The name of the text in its diagnostics."""
        return self.path or self.uri

    @property
    def kind(self) -> DocumentKind:
        """Whether it is a mapping, intake, policy or schema; any other YAML or JSON may be open too."""
        if self.path.endswith(".json"):
            return "schema" if is_schema_file(Text(self.path, self.content)) else "other"
        if os.path.basename(self.path) == POLICY_FILE and is_policy(Text(self.path, self.content)):
            return "policy"
        if self.path and is_intake(Text(self.path, self.content)) and not _SCHEMA.search(self.content):
            is_named = os.path.basename(self.path).endswith(("intake.yaml", "intake.yml"))
            return "intake" if is_named or self.language == LANGUAGE else "other"
        if self.language == LANGUAGE or _SCHEMA.search(self.content) or _FOLDER in Path(self.path).parts[:-1]:
            return "mapping"
        return "mapping" if len(set(_KEYS.findall(self.content))) > 1 else "other"

    @property
    def extends(self) -> bool:
        """Whether other files may be part of it."""
        return _EXTENDS.search(self.content) is not None


@dataclass(slots=True)
class Documents:
    """All that is open. schemas: the one folder of schemas, if the server was given one.

    folder: of the project that is open, for texts that are not saved yet. sample: the name of the one that is
    shown where it is known and no other one is chosen.
    """

    schemas: str | None = None
    folder: str = ""
    sample: str = ""
    _open: dict[str, Document] = field(default_factory=dict)

    def open(self, uri: str, language: str, version: int | None, content: str) -> Document:
        """Begin with the text of a document."""
        made = Document(uri, to_fs_path(uri) or "", language, content, version)
        self._open[uri] = made
        return made

    def change(self, uri: str, version: int | None, content: str) -> Document | None:
        """Put another text in place of one; None where that is not open."""
        document = self._open.get(uri)
        if document is not None:
            document.version, document.content, document.analysis = version, content, None
        return document

    def close(self, uri: str) -> None:
        """Forget the text of a document."""
        self._open.pop(uri, None)

    def find(self, uri: str) -> Document | None:
        """The text that is open at an address."""
        return self._open.get(uri)

    @property
    def all(self) -> tuple[Document, ...]:
        """All texts that are open."""
        return tuple(self._open.values())

    def analysis(self, document: Document) -> Analysis:
        """The analysis of a text as it is, with the unsaved texts of other files that it may extend."""
        others = self._beside(document)
        known = document.analysis
        # Two threads ask: what one of them keeps may be of a text that the other has changed.
        if known is None or known.text.content != document.content or document.beside != others:
            document.analysis = document.last = known = self._analysed(document, others)
            document.beside = others
        return known

    def run(self, document: Document, analysis: Analysis) -> SampleRun | None:
        """The sample that is chosen for a text, in an analysis of it; None where there is no sample.

        It reads files of samples, so it is for the thread that answers.
        """
        run, names = document.run, (document.sample, self.sample)
        if run is None or run.analysis is not analysis or (names[0] and run.sample.name != names[0]):
            # A text that is being typed may have no test for a moment.
            sample = chosen_of(samples_of(analysis), names) or (run.sample if run else None)
            document.run = run = None if sample is None else SampleRun(analysis, sample)
        return run

    def sample_event(self, document: Document, analysis: Analysis) -> dict[str, Any] | None:
        """The event of the sample, which may be as it was before the last change."""
        run = document.run or self.run(document, analysis)
        return None if run is None else run.sample.event

    def saved(self, path: str) -> Analysis | None:
        """The analysis of a file, as it is in the editor or saved; None if it cannot be read."""
        real = os.path.realpath(path)
        open_one = (one for one in self._open.values() if one.path and os.path.realpath(one.path) == real)
        document = next(open_one, None)
        if document is not None:
            return self.analysis(document)
        try:
            return authoring.analyse_file(path, schemas=self.schemas)
        except OSError:
            return None

    def forget_runs(self) -> None:
        """Choose the samples of all documents anew."""
        for document in self._open.values():
            document.run = None

    def forget(self) -> None:
        """Read all files anew: schemas or samples may have changed."""
        for document in self._open.values():
            document.analysis = document.last = document.run = None

    def uri_of(self, name: str) -> str:
        """The address of the text of a name: as the client wrote it, if it is open."""
        for document in self._open.values():
            if document.name == name:
                return document.uri
        real = os.path.realpath(name)
        for document in self._open.values():
            if document.path and os.path.realpath(document.path) == real:
                return document.uri
        return from_fs_path(os.path.abspath(name)) or name

    def _beside(self, document: Document) -> Mapping[str, str]:
        if not document.extends:
            return {}
        return {one.path: one.content for one in self._open.values() if one.path and one is not document}

    def _analysed(self, document: Document, others: Mapping[str, str]) -> Analysis:
        if document.last is not None:
            return document.last.edited(document.content, texts=others)
        beside = document.path or os.path.join(self.folder, "mapping.yaml") if self.folder else document.path
        made = authoring.analyse(
            document.content, document.name, texts=others, schemas=self.schemas, beside=beside or None
        )
        return replace(made, fixtures=True)
