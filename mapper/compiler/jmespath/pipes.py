"""`a | b` between two paths, most likely meant as `a || b`; `a | length`, meant as `count(a)` -> warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from mapper.compiler.jmespath.foreign_functions import lacking
from mapper.compiler.jmespath.other_languages.pipes import applied, is_function_only
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.rewrites import Locate, less_digest_note, rewrite
from mapper.compiler.jmespath.tree import Current, Field, Flatten, Index, Node, Projection, Then, Variable
from mapper.compiler.yaml.scalars import Style
from mapper.diagnostic import Diagnostic, Fix


def piped_paths(nodes: Sequence[Node], text: str, locate: Locate, style: Style) -> Iterator[Diagnostic]:
    """A warning for each `|` before a plain path: a path below another one is written with a dot."""
    said: set[int] = set()
    for node in nodes:
        if not isinstance(node, Then) or id(node) in said:
            continue
        pipe = text.find("|", node.left.end, node.right.start)
        if pipe < 0:
            continue
        name = _function(node)
        if name is not None:
            said |= set(map(id, _piped(node)))
            yield _called(node, name, pipe, text, locate, style)
        elif _is_path(node.left) and _is_path(node.right):
            yield _either(node, pipe, text, locate, style)


def errors_alone(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """What is found, less each warning of a `|` that is an error for its types, too; that keeps the hint."""
    kept = list(found)
    for pipe in [one for one in kept if one.code == "M208"]:
        for place, error in enumerate(kept):
            if error.code not in ("M125", "M302") or error.span.text is not pipe.span.text:
                continue
            between = error.span.text.content[pipe.span.end : error.span.start]
            if error.span.start <= pipe.span.start < error.span.end:
                # What is meant is a list as well.
                kept[place] = replace(error, hint=f"{pipe.hint}; `| [0]` behind it is the first of them")
                kept.remove(pipe)
                break
            if pipe.span.end <= error.span.start and not between.strip():
                kept.remove(pipe)
                break
    return kept


def _either(node: Then, pipe: int, text: str, locate: Locate, style: Style) -> Diagnostic:
    """`a | b`, most likely meant as the first of two."""
    left, right = _written(node.left, text), _written(node.right, text)
    written = f"{left} || {right}"
    message = f"`{left} | {right}` reads `{right}` of `{left}`"
    if isinstance(node.right, Variable):
        message = f"`{left} | {right}` is always `{right}`"
    edits = rewrite(text, f"{text[:pipe]}||{text[pipe + 1 :]}", locate, style)
    fixes = () if not edits else (Fix(f"Write {coded(written)}", edits, safe=False),)
    hint = f"the first of two values is written `{written}`"
    if not isinstance(node.right, Variable):
        hint += f", a path `{left}.{right}`"
    return Diagnostic("M208", locate(pipe, pipe + 1), message, hint, fixes=fixes)


def _called(node: Then, name: str, pipe: int, text: str, locate: Locate, style: Style) -> Diagnostic:
    """`a | length`, meant as a call of a function at `a`."""
    left, right = _written(node.left, text), _written(node.right, text)
    message = f"{coded(f'{left} | {right}')} reads `{name}` of {coded(left)}"
    without = lacking(name, 1)
    written = None if without else _meant(node, text)
    if written is None:
        hint = without[1] if without else None
        return Diagnostic("M208", locate(pipe, pipe + 1), message, hint)
    edits = rewrite(text, text[: node.start] + written + text[node.end :], locate, style)
    less_digest = less_digest_note(written)
    # Which of two is meant, the field says, and not its expression.
    fixes = () if not edits or less_digest else (Fix(f"Write {coded(written)}", edits, safe=False),)
    hint = f"write {coded(written)}{less_digest}"
    if not is_function_only(name):
        hint += f"; a path is written `{left}.{name}`"
    return Diagnostic("M208", locate(pipe, pipe + 1), message, hint, fixes=fixes)


def _function(node: Node) -> str | None:
    """The function that a name behind `|` was meant as: of values but paths only what is no attribute."""
    if not isinstance(node, Then):
        return None
    field = node.right
    if isinstance(field, Projection) and isinstance(field.base, Flatten) and isinstance(field.right, Current):
        field = field.base.base
    if not isinstance(field, Field) or not isinstance(field.base, Current) or field.quoted:
        return None
    only = is_function_only(field.name)
    if field is not node.right and not only:
        return None
    known = lacking(field.name, 1) is not None if only else False
    if not known and applied(field.name, "x") is None:
        return None
    # Of what is a list, its type says that it has no such attribute.
    is_value = isinstance(node.left, Index) or _function(node.left) is not None
    return field.name if _is_path(node.left) or (only and is_value) else None


def _piped(node: Node) -> Iterator[Node]:
    """The pipes of functions that begin a pipe of one."""
    while isinstance(node, Then) and _function(node) is not None:
        yield node
        node = node.left


def _meant(node: Node, text: str) -> str | None:
    """A pipe of functions as calls."""
    name = _function(node)
    if name is None or not isinstance(node, Then):
        return _written(node, text)
    left = _meant(node.left, text)
    return None if left is None or lacking(name, 1) else applied(name, left)


def _written(node: Node, text: str) -> str:
    return text[node.start : node.end]


def _is_path(node: Node) -> bool:
    while isinstance(node, Field):
        node = node.base
    return isinstance(node, Current | Variable)
