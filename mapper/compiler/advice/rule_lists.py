"""A list where one rule should be -> that rule: its alternatives, its arms, or its keys in one mapping."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mapper.compiler.advice.advisers import Hint
from mapper.compiler.advice.whole_file import nodes_around
from mapper.compiler.syntax.language_keys import ARM, RULE, SOURCE_KEYS
from mapper.compiler.yaml.edits import fixes_of, shown, with_quotes
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Edit, Fix
from mapper.texts.named_text import Span

_LONGEST = 200


def list_at(span: Span) -> ListNode | None:
    """The list that is written at a place, if one is."""
    around = nodes_around(span)
    node = around[-1][1] if around else None
    return node if isinstance(node, ListNode) and node.span == span else None


def rule_of_list(node: ListNode) -> Hint | None:
    """`- from: title` for each alternative, or a dash before each key of a rule."""
    rules = [item for item in node.items if isinstance(item, MapNode) and item.entries]
    if len(rules) < len(node.items) or not rules:
        return None
    keys = [{key.text for key, _ in rule.entries} for rule in rules]
    if any(not one <= {*RULE, *ARM} for one in keys):
        return None
    written = _alternatives(rules, keys) or _arms(rules, keys) or _one_rule(rules, keys)
    if written is None:
        return None
    how = "for alternatives, write one rule: " if written.startswith("{from: [") else "write "
    every_key = [key.span for rule in rules for key, _ in rule.entries]
    silences = [(code, key) for key in every_key for code in ("M020", "M024", "M025")]
    return Hint(f"{how}`{written}`", fixes_of(in_place_of(node, written)), tuple(silences))


def in_place_of(node: YamlNode, written: str) -> Fix:
    """A mapping between braces in place of a list: that may be as far left as its key, a mapping must not."""
    blanks = "  " if node.span.text.content[node.start : node.start + 1] == "-" else ""
    return Fix(f"Write `{written}`", (Edit(node.span, f"{blanks}{written}"),), safe=False)


def _alternatives(rules: Sequence[MapNode], keys: Sequence[set[str]]) -> str | None:
    """`{from: [title, name]}` of rules that have a source each; a `default` of the last is that of all."""
    if len(rules) < 2 or not all(one & {*SOURCE_KEYS} for one in keys):
        return None
    entries = [dict(_entries(rule)) for rule in rules]
    last = entries[-1].get("default")
    if last is not None and len(entries[-1]) > 1:
        del entries[-1]["default"]
    written = [_alternative(one) for one in entries]
    if None in [value for one in entries for value in one.values()]:
        return None
    default = "" if last is None else f", default: {last}"
    return _if_short(f"{{from: [{', '.join(written)}]{default}}}")


def _alternative(entries: dict[str, str | None]) -> str:
    alone = entries.get("from") if len(entries) == 1 else None
    return alone if alone is not None and alone[:1] != "[" else _between_braces(entries.items())


def _arms(rules: Sequence[MapNode], keys: Sequence[set[str]]) -> str | None:
    """`{case: [...]}` of conditions with their values."""
    if not all(one <= {*ARM} for one in keys):
        return None
    arms = [_entries(rule) for rule in rules]
    if None in [value for arm in arms for _, value in arm]:
        return None
    return _if_short(f"{{case: [{', '.join(map(_between_braces, arms))}]}}")


def _one_rule(rules: Sequence[MapNode], keys: Sequence[set[str]]) -> str | None:
    """The keys of one rule, each once."""
    if sum(map(len, keys)) > len(set().union(*keys)) or not keys[0] & {*SOURCE_KEYS}:
        return None
    entries = [entry for rule in rules for entry in _entries(rule)]
    return None if None in [value for _, value in entries] else _if_short(_between_braces(entries))


def _entries(rule: MapNode) -> list[tuple[str, str | None]]:
    """The keys of a mapping with their values, as they are written in one line."""
    return [(key.text, _in_line(value)) for key, value in rule.entries]


def _in_line(node: YamlNode) -> str | None:
    if isinstance(node, ScalarNode) or node.span.text.content[node.start : node.start + 1] in ("{", "["):
        return shown(with_quotes(node.span) or node.span, _LONGEST)
    return None


def _between_braces(entries: Iterable[tuple[str, str | None]]) -> str:
    return f"{{{', '.join(f'{key}: {value}' for key, value in entries)}}}"


def _if_short(written: str) -> str | None:
    return written if len(written) <= _LONGEST else None
