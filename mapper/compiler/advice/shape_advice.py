"""Nodes in another shape than what should be there -> how the author's own words are written instead."""

from __future__ import annotations

import re
from collections.abc import Callable

from mapper.codes import CODES
from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.advice.named_lists import FIELDS, without_dashes
from mapper.compiler.advice.whole_file import nodes_around
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tokens import text_constant
from mapper.compiler.syntax.key_tables import meant_word
from mapper.compiler.syntax.language_keys import BOOLEANS, RULE, SECTION
from mapper.compiler.syntax.node_shapes import is_text
from mapper.compiler.syntax.other_names import means_skip
from mapper.compiler.syntax.syntax_facts import (
    AllowedCode,
    BadName,
    LackingLet,
    NothingInherited,
    NoVersion,
    WrongShape,
    WrongWord,
)
from mapper.compiler.yaml.edits import (
    fixes_of,
    new_entry,
    quoted,
    rename,
    replace_value,
    shown,
    with_quotes,
)
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic, Edit, Fix, closest
from mapper.texts.named_text import Span
from mapper.transforms import TRANSFORMS
from mapper.values.regular_expression import pattern

_OPERATOR = pattern(r"\s(?:==|!=|&&|\|\||>=?|<=?)\s")
_SINGLE = pattern(r"(?<![=!<>])=(?!=)")
_CALL = pattern(r"(\w+)\(.*\)")
# A longer table is not shown again.
_LONGEST_TABLE = 120
_LONGEST_NAME = 40
_NAMES = pattern(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
# Keys after which other tools have an expression.
_PATHS = frozenset({"path", "field", "value"})
_LINE_BREAK = pattern(r"\r?\n")
_MEANT_VERSIONS = ("1", "1.0", "v1", "1.0.0")


def _sections(fact: WrongShape) -> Hint | None:
    """The hint for `events` where it is no list: each section with a dash."""
    node = fact.node
    if not isinstance(node, MapNode) or not node.entries:
        return None
    key, value = node.entries[0]
    if key.text in SECTION:
        return Hint(f"start each section with a dash: `- {key.text}: {shown(value.span) or '...'}`")
    sent = {one.text: other for one, other in value.entries} if isinstance(value, MapNode) else {}
    name = sent.get("send", value)
    send = name.text if isinstance(name, ScalarNode) and name.text else "NAME"
    return Hint(f"write a list of sections: `- {{is: {quoted(key.text)}, send: {quoted(send)}}}`")


def _section(fact: WrongShape) -> Hint | None:
    """The hint for a section that is its condition, or its name, alone."""
    node = fact.node
    written = shown(node.span)
    if not isinstance(node, ScalarNode) or written is None:
        return None
    if _OPERATOR.search(node.text) or re.search(r"\w\s*=\s*['\"]", node.text) or _CALL.fullmatch(node.text):
        condition = _SINGLE.sub("==", node.text)
        return Hint(f"write `- {{when: {quoted(condition)}, send: NAME}}`")
    return Hint(f"write `- {{is: {quoted(node.text)}, send: NAME}}`")


def _skip(fact: WrongShape) -> Hint | None:
    """The hint for a rule of `skip` that is its condition alone."""
    node = fact.node
    written = shown(node.span)
    if not isinstance(node, ScalarNode) or written is None:
        return None
    condition = written if written[0] in "'\"" else quoted(_SINGLE.sub("==", written))
    return Hint(f"write `- {{when: {condition}, because: REASON}}`")


def _as_expression(fact: WrongShape) -> Hint:
    """The hint for writing a value in place of an expression as one."""
    node = fact.node
    if fact.beside is not None:  # of `when: true`, all events are in the section
        sent = next((value for key, value in fact.beside.entries if key.text == "send"), None)
        name = sent and shown(sent.span)
        return Hint(f"to handle all other events, use `otherwise: {{send: {name or 'NAME'}}}`")
    conditions = _conditions(node)
    if conditions is not None:
        written = quoted(conditions)
        return Hint(f"write {coded(written)}", fixes_of(replace_value(node.span, written, safe=False)))
    if isinstance(node, MapNode):
        key, value = node.entries[0] if len(node.entries) == 1 else (None, None)
        path = shown(value.span) if isinstance(value, ScalarNode) and isinstance(value.value, str) else None
        if key is not None and key.text in ("from", "each", *_PATHS) and path:
            return Hint(f"write `{path}`", fixes_of(replace_value(node.span, path, safe=key.text == "from")))
        return Hint("define the rule under `let`, and read it here as `$name`")
    if isinstance(node, ScalarNode) and node.value is None:
        return Hint("write a path, or remove the key")
    if isinstance(node, ScalarNode):
        constant = f'`` "`{node.text}`" ``'
        return Hint(f"write a constant in an expression between backticks, in quotes: {constant}")
    if isinstance(node, ListNode) and [key for key, _ in nodes_around(node.span)] == ["", "match"]:
        several = " && ".join(f"{shown(one.span) or '...'} == 'VALUE'" for one in node.items)
        return Hint(f"`match` is a single value; to compare several, write in each section `when: {several}`")
    return Hint("define the list under `let`, and read it here as `$name`")


def _conditions(node: YamlNode) -> str | None:
    """`{kind: shoe}` and `[kind == 'shoe', vip]` as one condition."""
    if isinstance(node, MapNode) and node.entries:
        parts = [(key.text, value) for key, value in node.entries if isinstance(value, ScalarNode)]
        is_plain = all(_NAMES.fullmatch(name) and name not in {*RULE, *SECTION, *_PATHS} for name, _ in parts)
        if len(parts) < len(node.entries) or not is_plain:
            return None
        return " && ".join(f"{name} == {_constant(value)}" for name, value in parts)
    if isinstance(node, ListNode) and node.items:
        texts = [item.text for item in node.items if isinstance(item, ScalarNode) and is_text(item)]
        is_whole = len(texts) == len(node.items)
        return " && ".join(texts) if is_whole and any(map(_OPERATOR.search, texts)) else None
    return None


def _constant(value: ScalarNode) -> str:
    return text_constant(value.text) if isinstance(value.value, str) else f"`{value.text}`"


def _arms(fact: WrongShape) -> Hint | None:
    """The list of arms for a mapping of conditions to values under `case`."""
    node = fact.node
    if not isinstance(node, MapNode):
        return None
    arms = []
    for key, value in node.entries:
        written = shown(with_quotes(value.span) or value.span)
        if written is None or key.text in ("when", "then"):
            return _in_list(node)
        is_last = key.text in ("else", "default", "otherwise", "_")
        arms.append(f"{{else: {written}}}" if is_last else f"{{when: {quoted(key.text)}, then: {written}}}")
    whole = f"[{', '.join(arms)}]"
    in_braces = (shown(node.span) or "").startswith("{")
    certain = all(_OPERATOR.search(key.text) or key.text == "else" for key, _ in node.entries)
    return Hint(
        f"write `{whole}`", fixes_of(replace_value(node.span, whole, safe=certain)) if in_braces else ()
    )


def _in_list(node: YamlNode) -> Hint:
    """One element where a list of them is expected."""
    written = shown(node.span)
    if written is None or written[0] != "{":
        span = node.span
        lines = [at.end() for at in _LINE_BREAK.finditer(span.text.content, span.start, span.end)]
        edits = [Edit(Span(span.text, at, at), "  ") for at in lines]
        first = Edit(Span(span.text, span.start, span.start), "- ")
        return Hint("start it with a dash", (Fix("Start it with a dash", (first, *edits), safe=False),))
    return Hint(f"write `[{written}]`", fixes_of(replace_value(node.span, f"[{written}]", safe=True)))


def _fields(fact: WrongShape) -> Hint:
    node = fact.node
    named = without_dashes(node, FIELDS)
    if named is not None:
        return named
    first = node.items[0] if isinstance(node, ListNode) and node.items else None
    name, value = first.entries[0] if isinstance(first, MapNode) and first.entries else (None, None)
    if name is not None and value is not None and name.text in RULE:
        rule = f"FIELD: {{{name.text}: {shown(value.span) or '...'}}}"
        return Hint(f"write the name of the field before its rule, without a dash: `{rule}`")
    return Hint(f"write `{'field' if name is None else name.text}: ...`, without a dash")


def _send(fact: WrongShape) -> Hint:
    """The hint for a step, or a table of names, in place of a rule."""
    node = fact.node
    entries = node.entries if isinstance(node, MapNode) else ()
    if len(entries) > 1 and all(is_text(value) for _, value in entries):
        table = shown(node.span, _LONGEST_TABLE) or "{...}"
        rule = f"{{from: EXPRESSION, apply: {{lookup: {table}}}}}"
        return Hint(f"a table is a step applied to what `match` reads: `{rule}`")
    step = shown(node.span) if entries and entries[0][0].text in TRANSFORMS else None
    if step:
        return Hint(f"steps go under `apply`: `{{from: EXPRESSION, apply: {step}}}`")
    return Hint("a rule needs `const`, `from` or `case`: `{from: EXPRESSION}`")


def _otherwise(fact: WrongShape) -> Hint:
    node = fact.node
    only = node.items[0] if isinstance(node, ListNode) and len(node.items) == 1 else None
    if isinstance(only, MapNode):
        pairs = ", ".join(f"{key.text}: {shown(value.span) or '...'}" for key, value in only.entries)
        return Hint(f"it takes one section: write `{{{pairs}}}`, without a dash")
    if isinstance(node, ScalarNode) and means_skip(str(node.value)):
        return Hint("write `otherwise: skip`", fixes_of(replace_value(node.span, "skip", safe=True)))
    return Hint("write `otherwise: skip`, or `otherwise: {send: NAME}`")


def _consent(fact: WrongShape) -> Hint:
    node = fact.node
    written = node.text if isinstance(node, ScalarNode) and is_text(node) else "EXPRESSION"
    whole = f"{{granted: {quoted(written)}, when_missing: denied, when_denied: skip}}"
    return Hint(f"write `consent: {whole}`")


def _denied(fact: WrongShape) -> Hint | None:
    word = fact.node.text if isinstance(fact.node, ScalarNode) else ""
    if not means_skip(word) and closest(word, ("skip",)) is None:
        return None
    return Hint(fixes=fixes_of(replace_value(fact.node.span, "skip", safe=False)))


def _tests(fact: WrongShape) -> Hint:
    node = fact.node
    first = node.entries[0][0].text if isinstance(node, MapNode) and node.entries else "NAME"
    return Hint(f"start each test with a dash: `- name: {first}`")


def _steps(fact: WrongShape) -> Hint | None:
    """Several steps written as one mapping, as a list."""
    node = fact.node
    steps = []
    for key, value in node.entries if isinstance(node, MapNode) else ():
        written = shown(value.span)
        if written is None and value.span.start < value.span.end:
            return None
        steps.append(key.text if written in (None, "{}", "true") else f"{{{key.text}: {written}}}")
    listed = ", ".join(steps)
    in_braces = node.span.text.content[node.start : node.start + 1] == "{"
    whole = listed if fact.beside is None else f"[{listed}]"
    fixes = fixes_of(replace_value(node.span, whole, safe=True)) if in_braces else ()
    return Hint(f"write them as a list: `[{listed}]`", fixes)


def _answer(fact: WrongShape) -> Hint:
    """Several values that consent is read from: all must grant, and any one refuses."""
    node, among = fact.node, fact.beside
    combine = "all"
    if among is not None and any(key.text == "denied" and value is node for key, value in among.entries):
        combine = "any"
    items = node.items if isinstance(node, ListNode) else ()
    if len(items) == 1 and (written := shown(with_quotes(items[0].span) or items[0].span)) is not None:
        return Hint(f"write `{written}`, without the brackets")
    values = [shown(with_quotes(item.span) or item.span) for item in items]
    if not values or None in values:
        return Hint(f"say how they count together: `{{{combine}: [...]}}`")
    whole = f"{{{combine}: [{', '.join(map(str, values))}]}}"
    in_brackets = (shown(node.span, _LONGEST_TABLE) or "").startswith("[")
    hint = f"write `{whole}`; if one of them is enough, use `any` instead of `all`"
    if combine == "any":
        hint = f"write `{whole}`; if only all of them together refuse, use `all` instead of `any`"
    return Hint(hint, fixes_of(replace_value(node.span, whole, safe=False)) if in_brackets else ())


_BY_DUE: dict[str, Callable[[WrongShape], Hint | None]] = {
    "answer": _answer,
    "arms": _arms,
    "consent": _consent,
    "denied": _denied,
    "expression": _as_expression,
    "fields": _fields,
    "otherwise": _otherwise,
    "section": _section,
    "sections": _sections,
    "send": _send,
    "skip": _skip,
    "steps": _steps,
    "tests": _tests,
}


@advises(WrongShape)
def _shape(fact: WrongShape, _: Diagnostic) -> Hint | None:
    return _BY_DUE[fact.due](fact)


@advises(WrongWord)
def _word(fact: WrongWord, _: Diagnostic) -> Hint | None:
    """One of a few words, by what other tools have for it or by its letters."""
    node = fact.node
    text = node.text if isinstance(node, ScalarNode) else ""
    meant = meant_word(text, fact.words)
    if fact.words == BOOLEANS:
        fix = replace_value(node.span, meant, safe=True) if meant else None
        return Hint(f"write `{meant}`", fixes_of(fix)) if meant else None
    near = meant or closest(text, [word for word, _ in fact.words])
    return Hint(f"did you mean `{near}`?", (rename(node.span, near),)) if near else None


@advises(NoVersion)
def _version(fact: NoVersion, _: Diagnostic) -> Hint | None:
    if fact.node is None:
        return Hint(fixes=fixes_of(new_entry(fact.mapping, "version: 1")))
    if not isinstance(fact.node, ScalarNode) or fact.node.text.strip() not in _MEANT_VERSIONS:
        return None
    return Hint(fixes=fixes_of(replace_value(fact.node.span, "1", safe=True)))


@advises(BadName)
def _name(fact: BadName, found: Diagnostic) -> Hint:
    plain = fact.name.removeprefix("$")
    if plain != fact.name and plain.isidentifier() and plain.isascii() and plain not in fact.reserved:
        hint = f"write the name without `$`: `{plain}`; it is read as `${plain}`"
        return Hint(hint, (rename(found.span, plain),))
    if fact.name.endswith(")"):
        return Hint("a value with parameters goes under `functions`")
    hint = "use letters, digits and `_`, and do not begin with a digit"
    meant = re.sub(r"\W", "_", fact.name.lstrip("$ "), flags=re.ASCII)
    if meant.isidentifier() and meant not in fact.reserved and len(meant) <= _LONGEST_NAME:
        hint += f": `{meant}`"
    return Hint(hint)


@advises(NothingInherited)
def _nothing_inherited(fact: NothingInherited, _: Diagnostic) -> Hint:
    """Both ways to have a whole rule."""
    return Hint("add `each: LIST`, or define the rule in the common `payload` or in a file under `extends`")


@advises(LackingLet)
def _lacking_let(fact: LackingLet, _: Diagnostic) -> Hint:
    near = closest(fact.name, fact.names)
    return Hint(f"did you mean `{near}`?" if near else f"add `{fact.name}: EXPRESSION` under `let`")


@advises(AllowedCode)
def _allowed_code(fact: AllowedCode, _: Diagnostic) -> Hint:
    near = closest(fact.written.upper(), CODES)
    return Hint(f"did you mean `{near}`?" if near else "write a code: `# mapper: allow M413 used by ...`")
