"""Session: a question of the page -> its answer, on this machine and in a browser alike."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import mapper
from mapper.playground.about import About, Doc, about_of, read_doc, text_of
from mapper.playground.analyses import Analyses
from mapper.playground.changes import changes
from mapper.playground.checked import can_send, checked
from mapper.playground.codes_shown import code_shown
from mapper.playground.drafted import drafted
from mapper.playground.dropped import read_samples
from mapper.playground.ends import ends
from mapper.playground.examples import examples, opened, samples_of_tests
from mapper.playground.folder_files import mappings_in, read_mapping, save_mapping
from mapper.playground.hovering import complete, definition, hover
from mapper.playground.json_places import first_flaw
from mapper.playground.looked import look, looked
from mapper.playground.markdown_page import markdown
from mapper.playground.pinning import pinned
from mapper.playground.problem import PlaygroundProblem
from mapper.playground.sharing import shared
from mapper.playground.tests_shown import tests_shown

_Answer: TypeAlias = dict[str, Any]


@dataclass(slots=True)
class Session:
    """What the page asks. It keeps the analyses of the last texts, and nothing else.

    folder: whose files it may read and write; None where it has only texts.
    """

    analyses: Analyses
    folder: Path | None = None
    _questions: dict[str, Callable[[Mapping[str, Any]], _Answer]] = field(init=False)

    def __post_init__(self) -> None:
        about = {
            "check": self._check,
            "live": self._live,
            "ends": self._ends,
            "hover": self._hover,
            "complete": self._complete,
            "definition": self._definition,
            "changes": self._changes,
            "tests": self._tests,
            "pin": self._pin,
            "share": self._share,
            "markdown": self._markdown,
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
            "code": lambda question: code_shown(text_of(question, "code")),
            **{name: _about(answer) for name, answer in about.items()},
        }

    @staticmethod
    def of_texts(schemas: Mapping[str, str] | None = None) -> Session:
        """A session that reads and writes no file of a user. schemas: all there are, by name, in JSON."""
        return Session(Analyses(own_schema_texts() if schemas is None else schemas))

    @staticmethod
    def of_folder(folder: str | Path) -> Session:
        """A session for the mappings in a folder."""
        real = Path(folder).resolve()
        return Session(Analyses(folder=real), real)

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
            told = error.strerror or str(error)
            return {"problem": told if self.folder is None else told.replace(f"{self.folder}{os.sep}", "")}

    def _start(self, question: Mapping[str, Any]) -> _Answer:
        found: _Answer = {
            "version": mapper.__version__,
            "where": "static" if self.folder is None else "local",
            "examples": [one.told for one in examples()],
        }
        if self.folder is not None:
            found["folder"] = self.folder.name
            found["files"] = mappings_in(self.folder)
        return found

    def _open(self, question: Mapping[str, Any]) -> _Answer:
        folder, path = self._folder(), text_of(question, "path")
        text, read = read_mapping(folder, path)
        analysis = self.analyses.of(Doc(path, text), {})
        return {
            "mapping": {"name": path, "text": text},
            "files": {},
            "samples": samples_of_tests(analysis),
            "title": path,
            "read": read,
        }

    def _save(self, question: Mapping[str, Any]) -> _Answer:
        path, text, read = (text_of(question, key) for key in ("path", "text", "read"))
        return {"saved": True, "read": save_mapping(self._folder(), path, text, read)}

    def _folder(self) -> Path:
        if self.folder is None:
            raise PlaygroundProblem("this page has no folder", "run `mapper playground` for your own files")
        return self.folder

    def _draft(self, question: Mapping[str, Any]) -> _Answer:
        name, text, file = (text_of(question, key) for key in ("name", "text", "file"))
        return drafted(name, text, file, self.folder)

    def _check(self, about: About) -> _Answer:
        analysis = self.analyses.of(about.mapping, about.files)
        return checked(analysis, self.analyses.places(about.mapping.name))

    def _live(self, about: About) -> _Answer:
        analysis = self.analyses.of(about.mapping, about.files)
        places, sample = self.analyses.places(about.mapping.name), about.chosen
        answer: _Answer = {**checked(analysis, places), "looked": None}
        if sample is not None and sample.event is None:
            at = mapper.Text("", sample.text).utf16.units(first_flaw(sample.text))
            answer["unreadable"] = {"sample": about.number, "message": sample.why, "from": at}
        elif sample is not None and can_send(analysis):
            at_sample = look(analysis, sample, about.event_meta, places, reveal=about.reveal)
            answer["looked"] = looked(at_sample)
        return answer

    def _ends(self, about: About) -> _Answer:
        analysis = self.analyses.of(about.mapping, about.files)
        return ends(analysis, about, self.analyses.places(about.mapping.name))

    def _hover(self, about: About) -> _Answer:
        analysis = self.analyses.of(about.mapping, about.files)
        return hover(analysis, about, self.analyses.places(about.mapping.name))

    def _complete(self, about: About) -> _Answer:
        return complete(self.analyses.of(about.mapping, about.files), about)

    def _changes(self, about: About) -> _Answer:
        before = read_doc(about.options, "before")
        versions = [
            (self.analyses.of(one, about.files), self.analyses.places(one.name))
            for one in (before, about.mapping)
        ]
        return changes(versions[0], versions[1], about)

    def _tests(self, about: About) -> _Answer:
        analysis = self.analyses.of(about.mapping, about.files)
        return tests_shown(analysis, about, self.analyses.places(about.mapping.name))

    def _pin(self, about: About) -> _Answer:
        analysis = self.analyses.of(about.mapping, about.files)
        return pinned(analysis, about, self.analyses.places(about.mapping.name))

    def _share(self, about: About) -> _Answer:
        return shared(self.analyses.of(about.mapping, about.files), about)

    def _markdown(self, about: About) -> _Answer:
        analysis = self.analyses.of(about.mapping, about.files)
        return {"markdown": markdown(analysis, about, self.analyses.places(about.mapping.name))}

    def _definition(self, about: About) -> _Answer:
        analysis = self.analyses.of(about.mapping, about.files)
        return definition(analysis, about, self.analyses.places(about.mapping.name))


def _about(answer: Callable[[About], _Answer]) -> Callable[[Mapping[str, Any]], _Answer]:
    return lambda question: answer(about_of(question))


def own_schema_texts() -> dict[str, str]:
    """The texts of this package's schemas, by name."""
    from mapper.folders import names_in, own_schema, own_schemas

    files = {name: own_schema(name) for name in names_in(own_schemas())}
    return {name: file.read_text(encoding="utf-8") for name, file in files.items() if file is not None}
