"""Mappings with one rule changed, and whether their own tests notice: how much those are worth.

    python -m tests.generators.rule_mutants             all mutants of the ready mappings: some 20 minutes
    python -m tests.generators.rule_mutants 100 1       so many of them, of a seed
    python -m tests.generators.rule_mutants all 1 mappings/woocommerce-orders.yaml

A rule is dropped, a constant, comparison or condition is changed, neighbours are swapped. A mutant that does
not compile is none. What is printed is the share that a test fails for, and those that none does.
"""

from __future__ import annotations

import copy
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mapper import CompileError, authoring
from mapper.authoring import Analysis, MappingTest
from mapper.workbench.testing import TestChoice, run_test

ROOT = Path(__file__).parents[2]
READY = sorted((ROOT / "mappings").glob("*.yaml"))
# Keys that say nothing of what a mapping does, or that its texts alone tell.
_APART = frozenset({"name", "version", "target", "source", "extends", "expects", "partial", "tests", "bases"})
_WORDS = frozenset({"because", "skip"})
# In these the order means nothing.
_UNORDERED = frozenset({"is", "events", "skip"})
_OTHER = {"granted": "denied", "denied": "granted", "web": "offline", "custom": "lead", "all": "any"}
_QUOTED = re.compile(r"'([^']*)'")
_PATH = re.compile(r"[$\w]+(\.\w+)*")
_SIGNS = {"&&": "||", "||": "&&", "==": "!=", "!=": "=="}

Keys = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """YAML 1.2's booleans, and times as text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag.rpartition(":")[2] in ("int", "float", "null")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)$"), list("tf"))


@dataclass(frozen=True)
class Mutant:
    """A change of a mapping's file: where, and what the file is then."""

    file: Path
    keys: Keys
    change: str
    document: dict[str, Any]

    @property
    def name(self) -> str:
        """`woocommerce-orders.yaml payload.user_data.fn: dropped`."""
        return f"{self.file.name} {'.'.join(map(str, self.keys))}: {self.change}"

    @property
    def text(self) -> str:
        """The file."""
        return str(yaml.safe_dump(self.document, sort_keys=False, allow_unicode=True, width=10_000))


def mutants(file: Path) -> Iterator[Mutant]:
    """All mutants of a file, in the order of its keys."""
    document = yaml.load(file.read_text(encoding="utf-8"), _Loader)
    rules = {key: value for key, value in document.items() if key not in _APART}
    document.pop("tests", None)
    document.pop("bases", None)
    for keys, change, value in _changes(rules, ()):
        changed = copy.deepcopy(document)
        _put(changed, keys, value)
        yield Mutant(file, keys, change, changed)


_GONE = object()


def _changes(node: Any, keys: Keys) -> Iterator[tuple[Keys, str, Any]]:
    """Each change of a node or of what is in it: where, what, and what is there then."""
    if isinstance(node, dict):
        for name, value in node.items():
            if keys:
                yield (*keys, name), "dropped", _GONE
            if name not in _WORDS or not isinstance(value, str):
                yield from _changes(value, (*keys, name))
    elif isinstance(node, list):
        for at, value in enumerate(node):
            if len(node) > 1:
                yield (*keys, at), "dropped", _GONE
            yield from _changes(value, (*keys, at))
        if not keys or keys[-1] not in _UNORDERED:
            for at in range(len(node) - 1):
                yield (
                    keys,
                    f"{at} and {at + 1} swapped",
                    [*node[:at], node[at + 1], node[at], *node[at + 2 :]],
                )
    elif isinstance(node, str):
        yield from ((keys, f"{change}", value) for change, value in _other_texts(node, keys))
    elif isinstance(node, bool):
        yield keys, f"{not node}", not node
    elif isinstance(node, int | float):
        yield keys, f"{node + 1}", node + 1


def _other_texts(text: str, keys: Keys) -> Iterator[tuple[str, str]]:
    if text in _OTHER:
        yield _OTHER[text], _OTHER[text]
    name = next((key for key in reversed(keys) if isinstance(key, str)), "")
    if name in ("when", "where"):
        yield "negated", f"!({text})"
    if name == "send":
        other = "lead" if text == "custom" else "custom"
        yield other, other
    elif "lookup" in keys or name in ("is", "const", "default"):
        yield f"{text}q", f"{text}q"
    for found in _QUOTED.finditer(text):
        yield f"{found[0]} changed", f"{text[: found.end() - 1]}q{text[found.end() - 1 :]}"
    for sign, other in _SIGNS.items():
        for found in re.finditer(re.escape(sign), text):
            yield f"{sign} {other}", text[: found.start()] + other + text[found.end() :]
    if name in ("each", "item", "then", "else", "match") and _PATH.fullmatch(text):
        yield "another attribute", f"{text}_q"


def _put(document: Any, keys: Keys, value: Any) -> None:
    *outer, last = keys
    for key in outer:
        document = document[key]
    if value is _GONE:
        del document[last]
    else:
        document[last] = value


@dataclass(frozen=True)
class Subject:
    """A mapping with its tests, and the file that it extends."""

    file: Path
    base: Path | None
    tests: tuple[MappingTest, ...]

    @classmethod
    def of(cls, file: Path) -> Subject:
        """The mapping of a file."""
        extended = yaml.load(file.read_text(encoding="utf-8"), _Loader).get("extends")
        base = None if extended is None else file.parent / str(extended)
        return cls(file, base, tuple(authoring.analyse_file(file).tests))

    def with_mutant(self, mutant: Mutant) -> Analysis:
        """The mapping where a file of it is changed."""
        if mutant.file == self.file:
            return authoring.analyse(mutant.text, str(self.file), beside=self.file)
        texts = {str(mutant.file): mutant.text}
        return authoring.analyse_file(self.file, texts=texts)


def verdict(mutant: Mutant, subjects: Sequence[Subject]) -> bool | None:
    """Whether a test fails for a mutant; None if a mapping that has it does not compile."""
    compiled = False
    for subject in subjects:
        if mutant.file not in (subject.file, subject.base):
            continue
        analysis = subject.with_mutant(mutant)
        try:
            program = analysis.program
        except CompileError:
            return None
        compiled = True
        assert program is not None
        if any(run_test(analysis, test, TestChoice()).differences for test in subject.tests):
            return True
    return False if compiled else None


def main(arguments: Sequence[str]) -> int:
    """The score, and the mutants that live."""
    most = arguments[0] if arguments else "all"
    dice = random.Random(arguments[1] if len(arguments) > 1 else "1")
    files = [Path(one).resolve() for one in arguments[2:]] or READY
    subjects = [Subject.of(file) for file in files]
    bases = sorted({one.base for one in subjects if one.base is not None})
    chosen = [one for file in (*files, *bases) for one in mutants(file)]
    if most != "all":
        chosen = dice.sample(chosen, min(int(most), len(chosen)))
    killed = living = 0
    for one in chosen:
        dead = verdict(one, subjects)
        if dead is not None:
            killed, living = killed + dead, living + (not dead)
            if not dead:
                print(f"lives: {one.name}", flush=True)
    print(f"{killed + living} mutants, {100 * killed / max(killed + living, 1):.1f} % killed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
