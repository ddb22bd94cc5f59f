"""Session: a question of the page -> its answer, on this machine and in a browser alike."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import mapper
from mapper import authoring
from mapper.authoring import Analysis
from mapper.playground.analyses import Analyses
from mapper.playground.check_result import can_send, check_result
from mapper.playground.code_explanation import code_shown
from mapper.playground.drafting import drafted
from mapper.playground.examples import examples, opened, samples_of_tests
from mapper.playground.folder_files import (
    EVENTS,
    FileChanged,
    events_beside,
    mappings_in,
    read_mapping,
    save_mapping,
)
from mapper.playground.hovering import complete, definition, effective, hover
from mapper.playground.json_places import first_flaw
from mapper.playground.line_comparison import rows_compared
from mapper.playground.mapping_test_results import tests_shown
from mapper.playground.markdown_page import markdown
from mapper.playground.page_places import Places
from mapper.playground.pinning import pin
from mapper.playground.problem import PlaygroundProblem
from mapper.playground.question import Doc, MappingQuestion, read_doc, read_question, text_of
from mapper.playground.sample_ends import ends
from mapper.playground.sample_look import event_shown, look, sample_view
from mapper.playground.sample_reading import read_samples
from mapper.playground.sharing import share
from mapper.playground.tutorial_progress import is_done, open_step
from mapper.playground.version_changes import changes
from mapper.version import diagnostic_pages

_Answer: TypeAlias = dict[str, Any]


@dataclass(slots=True)
class Session:
    """The answers to the page's questions. It keeps the analyses of the last texts, and nothing else.

    folder: whose files it may read and write; None where it has only texts. pages: the address of the pages
    of codes.
    """

    analyses: Analyses
    folder: Path | None = None
    pages: str | None = None
    _questions: dict[str, Callable[[Mapping[str, Any]], _Answer]] = field(init=False)

    def __post_init__(self) -> None:
        of_mapping: dict[str, Callable[[Analysis, MappingQuestion, Places], _Answer]] = {
            "check": lambda analysis, question, places: check_result(analysis, places),
            "live": self._live,
            "ends": ends,
            "hover": hover,
            "complete": lambda analysis, question, places: complete(analysis, question),
            "definition": definition,
            "effective": effective,
            "tests": tests_shown,
            "pin": pin,
            "share": lambda analysis, question, places: share(analysis, question),
            "markdown": lambda *given: {"markdown": markdown(*given)},
        }
        self._questions = {
            "start": self._start,
            "example": lambda question: opened(text_of(question, "name")),
            "open": self._open,
            "save": self._save,
            "read_samples": lambda question: read_samples(
                text_of(question, "name"), text_of(question, "text")
            ),
            "draft": self._draft,
            "code": lambda question: code_shown(text_of(question, "code"), self.pages),
            "changes": self._changes,
            **{name: self._of_mapping(answer) for name, answer in of_mapping.items()},
        }

    @staticmethod
    def of_texts(schemas: Mapping[str, str] | None = None) -> Session:
        """A session that reads and writes no file of a user. schemas: all there are, by name, in JSON."""
        return Session(Analyses(own_schema_texts() if schemas is None else schemas))

    @staticmethod
    def of_folder(folder: str | Path) -> Session:
        """A session for the mappings in a folder."""
        real = Path(folder).resolve()
        return Session(Analyses(folder=real), real, diagnostic_pages())

    def answer(self, question: Mapping[str, Any]) -> _Answer:
        """The answer to a question of the page, or why there is none."""
        name = question.get("ask")
        answer = self._questions.get(name) if isinstance(name, str) else None
        try:
            if answer is None:
                raise PlaygroundProblem("this is not a question that the playground knows")
            return answer(question)
        except PlaygroundProblem as problem:
            return dict(problem.answer)
        except mapper.CompileError as error:
            first = next(one for one in error.diagnostics if one.severity == "error")
            return {"problem": "the mapping has errors", "hint": f"{first.code}: {first.message}"}
        except RecursionError:
            return {"problem": "this is nested too deep"}
        except OSError as error:
            why = error.strerror or str(error)
            return {"problem": why if self.folder is None else why.replace(f"{self.folder}{os.sep}", "")}

    def tidy(self) -> None:
        """Drop what is not needed for further answers: for the time when nobody waits for one."""
        self.analyses.tidy()
        gc.collect(0)

    def _start(self, question: Mapping[str, Any]) -> _Answer:
        found: _Answer = {
            "version": mapper.__version__,
            "where": "static" if self.folder is None else "local",
            "examples": [one.summary for one in examples()],
        }
        if self.folder is not None:
            found["folder"] = self.folder.name
            found["files"] = mappings_in(self.folder)
        return found

    def _open(self, question: Mapping[str, Any]) -> _Answer:
        folder, path = self._folder(), text_of(question, "path")
        text, read = read_mapping(folder, path)
        analysis = self.analyses.of(Doc(path, text), {})
        events, left_out = events_beside(folder, path)
        found = read_samples(EVENTS, events)
        return {
            "mapping": {"name": path, "text": text},
            "files": {},
            "samples": samples_of_tests(analysis) + found["samples"],
            "title": path,
            "read": read,
            "more": found["more"],
            "left_out": left_out,
        }

    def _save(self, question: Mapping[str, Any]) -> _Answer:
        path, text, read = (text_of(question, key) for key in ("path", "text", "read"))
        try:
            return {"saved": True, "read": save_mapping(self._folder(), path, text, read)}
        except FileChanged as changed:
            return {"saved": False, "read": changed.read, "rows": rows_compared(changed.text, text)}

    def _folder(self) -> Path:
        if self.folder is None:
            raise PlaygroundProblem("this page has no folder", "run `mapper playground` for your own files")
        return self.folder

    def _draft(self, question: Mapping[str, Any]) -> _Answer:
        name, text, file = (text_of(question, key) for key in ("name", "text", "file"))
        return drafted(name, text, file, self.folder)

    def _changes(self, asked: Mapping[str, Any]) -> _Answer:
        question = read_question(asked)
        before = self._analysed(read_doc(question.options, "before"), question)
        return changes(before, self._analysed(question.mapping, question), question)

    def _of_mapping(
        self, answer: Callable[[Analysis, MappingQuestion, Places], _Answer]
    ) -> Callable[[Mapping[str, Any]], _Answer]:
        def answered(asked: Mapping[str, Any]) -> _Answer:
            question = read_question(asked)
            analysis, places = self._analysed(question.mapping, question)
            return answer(analysis, question, places)

        return answered

    def _live(self, analysis: Analysis, question: MappingQuestion, places: Places) -> _Answer:
        """The answer to each key; in a tutorial also whether its step is done, and what it leads to."""
        answer, step = _shown(analysis, question, places), open_step(question)
        if step is not None:
            answer["done"] = is_done(step, analysis, question, lambda doc: self._analysed(doc, question)[0])
        if step is not None and answer["view"] is None:
            last, of = self._analysed(Doc(question.mapping.name, step.end), question)
            answer["goal"] = _shown(last, question, of)["view"]
        self._analysed(question.mapping, question)  # so that what is typed next is analysed from this
        return answer

    def _analysed(self, mapping: Doc, question: MappingQuestion) -> tuple[Analysis, Places]:
        return self.analyses.of(mapping, question.files), self.analyses.places(mapping.name)


def _shown(analysis: Analysis, question: MappingQuestion, places: Places) -> _Answer:
    """The result of a check, and the outcome of the chosen sample."""
    sample = question.chosen
    answer: _Answer = {
        **check_result(analysis, places),
        "view": None,
    }
    if sample is not None and sample.event is None:
        flaw = authoring.Text("", sample.text).utf16.units(first_flaw(sample.text))
        answer["unreadable"] = {"sample": question.number, "message": sample.why, "from": flaw}
    elif sample is not None and can_send(analysis):
        at = look(analysis, sample, question.event_meta, places, reveal=question.reveal)
        answer["view"] = view = sample_view(at)
        return {**answer, "event": view.pop("json")}
    return {**answer, "event": event_shown(analysis, question)}


def own_schema_texts() -> dict[str, str]:
    """The texts of this package's schemas, by name."""
    from mapper.project.folders import names_in, own_schema, own_schemas

    files = {name: own_schema(name) for name in names_in(own_schemas())}
    return {name: file.read_text(encoding="utf-8") for name, file in files.items() if file is not None}
