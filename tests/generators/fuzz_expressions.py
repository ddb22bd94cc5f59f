"""Random expressions over random JSON: generated code, jmespath.py, and the interpreter of our own tree.

`python -m tests.generators.fuzz_expressions SEED COUNT` compares so many pairs, the same for the same seed.
"""

from __future__ import annotations

import copy
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from mapper import CompileError, compile_expression
from mapper.compiler.jmespath.expression import parsed
from mapper.compiler.jmespath.tree import Node
from mapper.values.types import Invalid
from tests.compiler.test_jmespath_compliance import same
from tests.generators.random_expressions import document, expression
from tests.oracles.expression_interpreter import Reader
from tests.oracles.mended_jmespath import Answer, mended_answer, plain_answer, tree_of

# What is refused since implementations disagree on it (M108 to M110, M135), or since it is too large.
REFUSED = frozenset({"M106", "M108", "M109", "M110", "M117", "M135"})
# An expression is compiled once for so many documents, and a document is met by so many expressions.
_DOCUMENTS = 20
_EXPRESSIONS = 50
_SECONDS_OF_SILENCE = 10


@dataclass
class Tally:
    """What came of some pairs.

    explained: how many differ from jmespath.py as it is, by the mends that say why. refused: expressions, by
    code. wrong: differences that nothing explains.
    """

    pairs: int = 0
    expressions: int = 0
    errors: int = 0
    nulls: int = 0
    explained: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def describe(self) -> str:
        """One line of it."""
        explained = ", ".join(f"{name} {count:,}" for name, count in self.explained.most_common()) or "none"
        refused = ", ".join(f"{name} {count:,}" for name, count in sorted(self.refused.items())) or "none"
        return (
            f"{self.pairs:,} pairs of {self.expressions:,} expressions "
            f"({self.errors:,} errors, {self.nulls:,} nulls), "
            f"{len(self.wrong):,} unexplained differences; explained: {explained}; refused: {refused}"
        )


def compare(text: str, documents: list[Any], tally: Tally) -> None:
    """One expression over some documents; what is refused must be so for a reason that is known."""
    try:
        read = compile_expression(text)
    except CompileError as error:
        code = error.diagnostics[0].code
        tally.refused[code] += 1
        if code not in REFUSED:
            tally.wrong.append(f"{text!r} is refused by {code}")
        return
    root, tree = parsed(text).root, tree_of(text)
    tally.expressions += 1
    for one in documents:
        before = copy.deepcopy(one)
        try:
            ours: Answer = "result", read(one)
        except Invalid as invalid:
            ours = "error", invalid.kind
        if not same(one, before):
            tally.wrong.append(f"{text!r} changes {before!r}")
            return
        tally.pairs += 1
        tally.errors += ours[0] == "error"
        tally.nulls += ours == ("result", None)
        judge(text, one, ours, (root, tree), tally)


def judge(text: str, one: Any, ours: Answer, trees: tuple[Node, dict[str, Any]], tally: Tally) -> None:
    """Hold an answer against those of the oracles."""
    acted: set[str] = set()
    answers = {
        "jmespath.py, mended": mended_answer(trees[1], one, acted),
        "the interpreter": _interpreted(trees[0], one),
    }
    for name, theirs in answers.items():
        if not _alike(ours, theirs):
            tally.wrong.append(f"{text!r} of {one!r}: {ours!r}, but {theirs!r} by {name}")
    if not _alike(ours, plain_answer(trees[1], one)):
        if acted:
            tally.explained["+".join(sorted(acted))] += 1
        else:
            tally.wrong.append(f"{text!r} of {one!r}: {ours!r} is not jmespath.py's, for no reason")


def _alike(one: Answer, other: Answer) -> bool:
    return one[0] == other[0] and same(one[1], other[1])


def _interpreted(root: Node, one: Any) -> Answer:
    try:
        return "result", Reader(_no_variable, []).value(root, one)
    except Invalid as invalid:
        return "error", invalid.kind


def _no_variable(name: str) -> NoReturn:
    raise AssertionError(name)


def work(seed: int) -> Iterator[tuple[str, list[Any]]]:
    """Expressions without end, each with documents for it."""
    dice = random.Random(seed)
    while True:
        pool = [document(dice, whole=True) for _ in range(_DOCUMENTS * 4)]
        for _ in range(_EXPRESSIONS):
            yield expression(dice), dice.sample(pool, _DOCUMENTS)


def run(seed: int, count: int) -> Iterator[Tally]:
    """Compare so many pairs; gives the same tally again after each expression."""
    tally = Tally()
    for text, documents in work(seed):
        compare(text, documents, tally)
        yield tally
        if tally.pairs >= count:
            return


def main(seed: int, count: int) -> int:
    """How many differences nothing explains; tells them as they come, and what came of all at the end."""
    told, spoke = 0, time.monotonic()
    tally = Tally()
    for tally in run(seed, count):
        for wrong in tally.wrong[told:]:
            print(wrong[:1000], flush=True)
        told = len(tally.wrong)
        if time.monotonic() - spoke > _SECONDS_OF_SILENCE:
            spoke = time.monotonic()
            print(f"seed {seed}: {tally.pairs:,} of {count:,} pairs, {told} differences", flush=True)
    print(f"seed {seed}: {tally.describe()}")
    return told


if __name__ == "__main__":
    sys.exit(bool(main(int(sys.argv[1]), int(sys.argv[2]))))
