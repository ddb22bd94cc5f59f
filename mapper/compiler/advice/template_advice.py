"""Text that cannot be read in a template -> the meaning that its author most likely had in mind."""

from __future__ import annotations

from collections.abc import Callable

from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.advice.whole_file import nodes_around, root_of, value_of
from mapper.compiler.checks.check_facts import MistakenConstant, MistakenDefault
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tokens import text_constant
from mapper.compiler.syntax.language_keys import VARIABLES
from mapper.compiler.syntax.syntax_facts import WrongTemplate
from mapper.compiler.syntax.template_node import FORMATTED, TWO_BRACES
from mapper.compiler.syntax.value_nodes import FirstOf
from mapper.compiler.yaml.edits import (
    in_flow,
    in_single_quotes,
    insert,
    key_before,
    line_break,
    new_entry,
    quoted,
    rename,
    with_quotes,
    without_entry,
)
from mapper.compiler.yaml.nodes import MapNode
from mapper.texts.diagnostic import Diagnostic, Edit, Fix
from mapper.transforms.template_text import CHARACTERS, template_parts
from mapper.values.regular_expression import pattern

_LAST_NAME = pattern(r"\b[A-Za-z_]\w*\b(?!\s*\()")
# What has a value in it for other tools, or is a character that a template must write in another way.
_NO_CONSTANT = frozenset("$%<{}[]")
_AS_CHARACTER = {char: written for written, char in CHARACTERS.items()}


@advises(WrongTemplate)
def _template(fact: WrongTemplate, _: Diagnostic) -> Hint:
    return _BY_KIND[fact.kind](fact)


def _braces(fact: WrongTemplate) -> Hint:
    edits = tuple(
        Edit(fact.node.at(*one.span()), f"{{{one[1]}}}") for one in TWO_BRACES.finditer(fact.node.text)
    )
    return Hint(f"write `{edits[0].replacement}`", (Fix("Write single braces", edits, safe=False),))


def _constant(fact: WrongTemplate) -> Hint:
    hint = "write paths in braces, as in `{brand} {name}`; a text that is always the same is a `const`"
    key = key_before("template", fact.node.span)
    is_certain = key is not None and not _NO_CONSTANT & set(fact.text)
    return Hint(hint, (rename(key, "const"),) if key is not None and is_certain else ())


def _character(fact: WrongTemplate) -> Hint:
    """A brace or bracket without its other half."""
    char = fact.text[0]
    written = _AS_CHARACTER[char]
    other = {"{": "close it with `}`", "[": "close it with `]`"}.get(char, "remove it")
    fix = Fix(f"Write `{written}`", (Edit(fact.span, written),), safe=False)
    return Hint(f"{other}, or write `{written}` for the character", (fix,))


def _brackets(fact: WrongTemplate) -> Hint:
    """Brackets that leave nothing out: the characters are meant."""
    width = 2 if fact.kind == "double" else 1
    opened, closed = (fact.start, fact.start + width), (fact.end - width, fact.end)
    edits = tuple(
        Edit(fact.node.at(*place), _AS_CHARACTER[char]) for place, char in ((opened, "["), (closed, "]"))
    )
    hint = "write `{[}` and `{]}` for the characters `[` and `]`"
    return Hint(hint, (Fix("Write `{[}` and `{]}`", edits, safe=False),))


def _not_path(fact: WrongTemplate) -> Hint:
    root, text = root_of(fact.node.span.text), fact.text.strip()
    if not isinstance(root, MapNode) or any(key == "item" for key, _ in nodes_around(fact.node.span)):
        hint = "call `template` in an expression, as in `template('{} {}', brand, trim(name))`"
        return Hint(hint, _called(fact))
    let = value_of(root, "let")
    lets = let.entries if isinstance(let, MapNode) else ()
    name = _name(text, {key.text for key, _ in lets} | VARIABLES.keys())
    entry = f"{name}: {quoted(text)}"
    made = _new_let(root, entry)
    inner = Edit(fact.span, f"${name}")
    fixes = () if made is None else (Fix(f"Name it `${name}`", (*made.edits, inner), safe=True),)
    return Hint("give it a name under `let`, and write that as `{$name}`", fixes)


def _formatted(fact: WrongTemplate) -> Hint:
    """`{name:none}`: what follows the colon can be said in a rule."""
    found = FORMATTED.fullmatch(fact.text)
    path = found[1] if found else "name"
    rule = f"{{from: {path}, default: CONSTANT}}"
    hint = f"write {coded(f'{{{path}}}')}; for a default or a format, define {coded(rule)} under `let`"
    return Hint(hint, (Fix(f"Write {coded(path)}", (Edit(fact.span, path),), safe=False),))


def _called(fact: WrongTemplate) -> tuple[Fix, ...]:
    """The rule with a call in place of its template, in which any expression may be an argument."""
    key, value = key_before("template", fact.node.span), with_quotes(fact.node.span)
    if key is None or value is None or "\\" in fact.node.text:
        return ()
    skeleton, at, values = "", 0, []
    for part in template_parts(fact.node.text):
        if part.kind == "value":
            skeleton += f"{fact.node.text[at : part.start]}{{}}"
            values.append(part.text.strip())
            at = part.end
    text = f"template({', '.join([text_constant(skeleton + fact.node.text[at:]), *values])})"
    return (Fix("Call `template`", (Edit(key, "from"), Edit(value, quoted(text))), safe=True),)


def _name(text: str, taken: set[str]) -> str:
    """A name for an expression, after the last attribute that it reads."""
    names = [one for one in _LAST_NAME.findall(text) if one.isascii()]
    stem = f"{names[-1]}_text" if names else "text"
    return next(name for name in (stem, *(f"{stem}_{at}" for at in range(2, 1_000))) if name not in taken)


def _new_let(root: MapNode, entry: str) -> Fix | None:
    """An entry put first in the mapping's `let`, or in one of its own."""
    let = value_of(root, "let")
    if isinstance(let, MapNode):
        return new_entry(let, entry)
    if let is not None or in_flow(root.span):
        return None
    before = next((key for key, _ in root.entries if key.text == "payload"), root.entries[-1][0])
    return insert(before.span, f"let: {{{entry}}}{line_break(before.span)}", "Add `let`", safe=True)


_BY_KIND: dict[str, Callable[[WrongTemplate], Hint]] = {
    "braces": _braces,
    "constant": _constant,
    "format": _formatted,
    "not_path": _not_path,
    "bare": _brackets,
    "double": _brackets,
    "unclosed": _character,
    "stray": _character,
    "empty": lambda _: Hint("write a path between them, as in `{name}`"),
    "number": lambda _: Hint("write the path of the attribute between them, as in `{name}`"),
    "long": lambda _: Hint("name parts of it under `let`, and write `{$name}` here"),
    "deep": lambda _: Hint("name a part of it under `let`, and write `{$name}` here"),
}


@advises(MistakenDefault)
def _default_meant(fact: MistakenDefault, _: Diagnostic) -> Hint:
    """The hint for a default that looks like an expression: to be the last alternative."""
    source, meant = fact.source, quoted(fact.meant)
    alone = source.alternatives[0] if isinstance(source, FirstOf) and len(source.alternatives) == 1 else None
    first = with_quotes(alone.whole) if isinstance(alone, Expression) else None
    if first is None:
        return Hint(f"a default is a constant; write {coded(meant)} as the last alternative of `from`")
    written = quoted(alone.text) if isinstance(alone, Expression) else ""
    listed = f"[{written}, {meant}]"
    hint = f"a default is a constant; write `from: {listed}`"
    key = key_before("default", fact.default)
    less_default = None if key is None else without_entry(key, fact.default)
    if less_default is None or first.text.content[first.end : first.end + 1] == "]":
        return Hint(hint)
    edits = sorted((Edit(first, listed), *less_default.edits), key=lambda edit: edit.span.start)
    return Hint(hint, (Fix(f"Write `from: {listed}`", tuple(edits), safe=False),))


@advises(MistakenConstant)
def _constant_meant(fact: MistakenConstant, _: Diagnostic) -> Hint:
    """The hint for a constant that looks like something else, under the key that takes this."""
    keys = (key_before(name, fact.constant) for name in ("const", "default"))
    key, value = next((one for one in keys if one is not None), None), with_quotes(fact.constant)
    meant = in_single_quotes(fact.meant) if fact.key == "template" else quoted(fact.meant)
    hint = f"write {coded(f'{fact.key}: {meant}')}"
    if key is None or value is None:
        return Hint(hint)
    edits = (Edit(key, fact.key), Edit(value, meant))
    return Hint(hint, (Fix(f"Write {coded(f'{fact.key}: {meant}')}", edits, safe=False),))
