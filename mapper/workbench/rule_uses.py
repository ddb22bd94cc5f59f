"""The rules of two versions -> the variables, functions and tables that each uses, also by way of others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from mapper.authoring import OutlineRule

_VARIABLE = re.compile(r"\$\w+")
# A function in an expression, and as a step.
_CALL = re.compile(r"\b(\w+)\(|\| (\w+)")
NAMED_PARTS = frozenset({"let", "function", "table", "row"})


def identifier(part: str, name: str) -> str:
    """The text by which expressions name a variable, a function or a table; "" for another part."""
    if part == "function":
        return f"{name.partition('(')[0]}("
    return name.partition(" ")[0] if part in NAMED_PARTS else ""


@dataclass
class RuleUses:
    """The uses of rules. rules: those of both versions."""

    rules: Sequence[OutlineRule]

    def names(self, rules: Iterable[OutlineRule]) -> set[str]:
        """The variables, functions and tables that some rules use, and those that these use."""
        found: set[str] = set()
        waiting = [name for rule in rules for name in _named_in(rule)]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self._uses.get(name, ())
        return found

    @cached_property
    def _uses(self) -> dict[str, set[str]]:
        """The variables, functions and tables that each variable and each function uses."""
        found: dict[str, set[str]] = {}
        for rule in self.rules:
            if rule.part in ("let", "function"):
                found.setdefault(identifier(rule.part, rule.name), set()).update(_named_in(rule))
        return found


def _named_in(rule: OutlineRule) -> set[str]:
    texts = [text for _, text in rule.facts] + [rule.name] * (rule.part == "section")  # it has its `when`
    calls = {f"{call or step}(" for text in texts for call, step in _CALL.findall(text)}
    return calls | {name for text in texts for name in _VARIABLE.findall(text)}
