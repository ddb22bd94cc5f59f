"""Folders of the site with a page for each of many words: codes, transforms, keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from mapper.authoring import WordMeaning, explain_word
from mapper.compiler.syntax.language_keys import OWNERS
from mapper.texts.markdown import code

_CODE = re.compile(r"^## (M\d{3})\n\n\*\*(\w+): (.*)\*\*\n", re.MULTILINE)
_KIND = re.compile(r"^\| (M\dxx) \| (.*) \|\n", re.MULTILINE)
_KINDS = re.compile(r"^\|.*\n(?:\|.*\n)+", re.MULTILINE)
_TRANSFORM = re.compile(r"^### (\w+)\n\n(.*?)\n\n", re.MULTILINE | re.DOTALL)
_MODULE = re.compile(r"^## (.*)\n", re.MULTILINE)
_INDEXED = re.compile(r"^\| `(\w+)` \| (\[.*\]\(.*\)) \|$", re.MULTILINE)
_KEYS = """# Keys

Each key of the [mapping language](../language.md), by where it is written. `mapper explain KEY` says the same
in a terminal, and an editor with the [language server](../editor.md) where you write.
"""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of the site. pages: Markdown by its path, `index.md` first.

    groups: paths of the others, by the title of a group and their own.
    """

    pages: Mapping[str, str]
    groups: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Source:
    """A page of docs/ that becomes a folder. linked: a part of it as a page of the site has it."""

    text: str
    linked: Callable[[str, str], str]


def diagnostic_names(page: str) -> dict[str, str]:
    """The pages of the headings of docs/diagnostics.md."""
    return {name.lower(): f"diagnostics/{name}.md" for name, _, _ in _CODE.findall(page)}


def transform_names(page: str) -> dict[str, str]:
    """The pages of the headings of docs/transforms.md."""
    return {name: f"transforms/{name}.md" for name, _ in _TRANSFORM.findall(page)}


def diagnostics_folder(source: Source) -> Folder:
    """A page for each code; the first one lists them by kind, with the anchors of docs/diagnostics.md."""
    head, *rest = _CODE.split(source.text)
    kinds = dict(_KIND.findall(head))
    rows = [tuple(rest[at : at + 4]) for at in range(0, len(rest), 4)]
    index = [source.linked(_KINDS.sub("", head), "diagnostics/index.md").strip()]
    groups = {}
    for digit, found in groupby(rows, lambda row: row[0][1]):
        those = list(found)
        kind = f"M{digit}xx"
        index.append(f"## {kind}: {kinds[kind]}\n\n| code | | title |\n|---|---|---|")
        index[-1] += "".join(
            f"\n| {_anchor(name)}[{name}]({name}.md) | {severity} | {cell(title)} |"
            for name, severity, title, _ in those
        )
        groups[f"{kind}: {kinds[kind]}".replace("`", "")] = {
            f"{name}: {title}".replace("`", ""): f"diagnostics/{name}.md" for name, _, title, _ in those
        }
    pages = {"diagnostics/index.md": _joined(index)}
    for name, severity, title, text in rows:
        path = f"diagnostics/{name}.md"
        more = f'<p><a href="../playground/#code={name}">Show {name} in the playground</a></p>'
        body = source.linked(text.strip(), path)
        pages[path] = _joined(
            [f"# {name}: {title}", f"**{severity.capitalize()}** · [all codes](index.md)", body, more]
        )
    return Folder(pages, groups)


def transforms_folder(source: Source) -> Folder:
    """A page for each transform; the first one lists them, and keeps the anchors of docs/transforms.md."""
    head, *rest = _MODULE.split(source.text)
    index, groups = [source.linked(head, "transforms/index.md").strip()], {}
    pages = {"transforms/index.md": ""}
    for title, text in zip(rest[::2], rest[1::2], strict=True):
        found = _TRANSFORM.findall(text)
        index.append(
            f"## {title}\n\n{text.partition('###')[0].strip()}\n\n| transform | what it does |\n|---|---|"
        )
        index[-1] += "".join(
            f"\n| {_anchor(name)}[`{name}`]({name}.md) | {cell(said)} |" for name, said in found
        )
        groups[title] = {name: f"transforms/{name}.md" for name, _ in found}
        pages |= {f"transforms/{name}.md": _word_page(name, "transform") for name, _ in found}
    return Folder({**pages, "transforms/index.md": _joined(index)}, groups)


def keys_folder(language: str) -> Folder:
    """A page for each key of a mapping; the first one lists them by what has them.

    language: docs/language.md, whose index of keys names the sections about each.
    """
    index = [_KEYS.strip()]
    for owner, keys in OWNERS.items():
        index.append(f"## Keys of {owner}\n\n| key | meaning |\n|---|---|")
        index[-1] += "".join(
            f"\n| [`{name}`]({name}.md) | {cell(key.meaning)} |" for name, key in keys.items()
        )
    names = dict.fromkeys(name for keys in OWNERS.values() for name in keys)
    pages = {"keys/index.md": _joined(index)}
    sections = dict(_INDEXED.findall(language.replace("](#", "](../language.md#")))
    for name in names:
        pages[f"keys/{name}.md"] = _word_page(name, "key") + f"\nSections about it: {sections[name]}.\n"
    return Folder(pages, {"": {name: f"keys/{name}.md" for name in sorted(names)}})


def _word_page(word: str, kind: str) -> str:
    """All that `mapper explain` says of a word of a kind, and where its other meanings are."""
    meanings, _ = explain_word(word)
    found = [one for one in meanings if one.kind == kind]
    parts = [f"# {word} ({kind})"]
    for one in found:
        parts += _meaning(one, has_heading=len(found) > 1)
    other = {"transform": "key", "key": "transform"}[kind]
    if any(one.kind == other for one in meanings):
        name = next(one.name for one in meanings if one.kind == other)
        parts.append(f"`{word}` is also [{_article(other)}](../{other}s/{name}.md).")
    return _joined(parts)


def _article(kind: str) -> str:
    return "a key of a mapping" if kind == "key" else f"a {kind}"


def _meaning(found: WordMeaning, *, has_heading: bool) -> Iterator[str]:
    if found.of:
        yield f"## In {found.of}" if has_heading else f"A key of {found.of}."
    if found.signature:
        yield f"```text\n{found.signature}\n```"
    yield from filter(None, (found.meaning, found.facts))
    if found.parameters:
        yield _table(("parameter", "what it takes"), ((f"`{name}`", said) for name, said in found.parameters))
    if found.examples:
        yield _table(
            ("value, and parameters", "result"),
            ((code(call), _result(said)) for call, said in found.examples),
        )


def _result(said: str) -> str:
    return said if said.startswith("invalid: ") else code(said)


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [head, ("---", "---"), *((cell(one), cell(other)) for one, other in rows)]
    return "\n".join(f"| {one} | {other} |" for one, other in lines)


def cell(text: str) -> str:
    """A text in a table."""
    return " ".join(text.replace("|", "\\|").split())


def _anchor(name: str) -> str:
    return f'<a id="{name.lower()}"></a>'


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"
