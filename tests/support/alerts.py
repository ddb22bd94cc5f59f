"""Rules of Prometheus -> which of their expressions hold for some samples. Expressions are simple ones.

One is a comparison of a metric, or of `time()` less a metric, with a number; several are joined by `and`,
which holds for what has the same labels on both sides.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.support.metrics import Sample

_COMPARISON = re.compile(r"(time\(\) - )?([a-z_]+)(?:\{(.*)\})? (==|!=|>|<|>=|<=) ([0-9.]+)")
_MATCHER = re.compile(r'([a-z_]+)(=~|=)"([^"]*)"')
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    **{"==": operator.eq, "!=": operator.ne, ">": operator.gt},
    **{"<": operator.lt, ">=": operator.ge, "<=": operator.le},
}
_Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Comparison:
    """One of the comparisons of an expression."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...]
    is_age: bool
    sign: str
    number: float

    def holds(self, samples: Sequence[Sample], now: float) -> set[_Labels]:
        """The labels of the samples for which it holds."""
        return {
            frozenset(one.labels.items())
            for one in samples
            if one.name == self.metric and self._is_meant(one.labels) and self._compares(one.value, now)
        }

    def _is_meant(self, labels: Mapping[str, str]) -> bool:
        return all(
            re.fullmatch(text if sign == "=~" else re.escape(text), labels.get(name, "")) is not None
            for name, sign, text in self.matchers
        )

    def _compares(self, value: float, now: float) -> bool:
        return _COMPARE[self.sign](now - value if self.is_age else value, self.number)


def comparisons(expression: str) -> list[Comparison]:
    """The comparisons that an expression joins. It must be simple."""
    found = []
    for text in expression.split(" and "):
        match = _COMPARISON.fullmatch(text)
        assert match is not None, f"no simple expression: {text}"
        matchers = tuple(_MATCHER.findall(match[3] or ""))
        assert ",".join(f'{a}{b}"{c}"' for a, b, c in matchers) == (match[3] or ""), text
        found.append(Comparison(match[2], matchers, bool(match[1]), match[4], float(match[5])))
    return found


def holds(expression: str, samples: Sequence[Sample], now: float) -> bool:
    """Whether an expression holds for any labels."""
    return bool(set.intersection(*(one.holds(samples, now) for one in comparisons(expression))))
