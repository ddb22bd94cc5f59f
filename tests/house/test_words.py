"""What people read is in plain words: messages, hints, help and pages, without the words of the old dialect.

Many do hold some: tests/words.json says how many a file has. Where texts became plainer or files moved,
`python -m tests.house.test_words` writes the table anew, with no higher sum.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_TABLE = Path(__file__).parents[1] / "words.json"
# So much lower than the table the texts may be, before it has to be written anew.
_MOST_LOOSE = 60
# So many more may there be in all before it fails: several changes land at once, and none knows of the other.
_MOST_MORE = 20

# What not to write: what to write instead.
_DIALECT = {
    r"\bin clear\b": "in plaintext, unhashed",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\bh[au]ngs? on\b": "depends on",
    r"\b(?:stands?|stood|standing)\b(?! in for)": "is, is at, appears",
    r"\bbehind\b": "after",
    r"\b(?:is|are|be) due\b": "is expected, is required",
    r"\bin vain\b": "give up after",
    r"\bremark(?:s|ed)?\b": "note",
    r"\brehears(?:al|als|e|ed|es)\b": "dry run",
    r"\bfor want of\b": "without",
    r"(?:^(?:[-*] )?|(?<=[.:;?!] ))(?:What (?![^.]*\?)|Of (?!course)|Nor )": "a subject comes first",
}
_QUOTE = re.compile(r"[\"']")
_FORBIDDEN = re.compile("|".join(_DIALECT), re.MULTILINE)


def words(text: str, first: int = 1) -> list[tuple[int, str]]:
    """The words of a text that are not to be written, each with its line; first: the text's own line."""
    found = _FORBIDDEN.finditer(text)
    return [(first + text.count("\n", 0, match.start()), match[0].strip()) for match in found]


def texts_of_module(text: str) -> Iterator[tuple[int, str]]:
    """The texts in a module that people read: literals of several words, and what `--help` shows.

    Each with the line that it begins in.
    """
    tree = ast.parse(text)
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs: dict[int, ast.AST] = {}
    for node in ast.walk(tree):
        if isinstance(node, holders) and node.body and isinstance(node.body[0], ast.Expr):
            docs[id(node.body[0].value)] = node
    joined = {id(one) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for one in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(_part(one) for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in joined:
            holder = docs.get(id(node))
            if _is_command(holder) if holder is not None else " " in node.value:
                yield node.lineno, node.value


def _part(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "X"


def _is_command(holder: ast.AST) -> bool:
    """Whether `--help` shows the docstring of a function."""
    decorators = holder.decorator_list if isinstance(holder, ast.FunctionDef) else []
    return any(re.search(r"command|group", ast.unparse(one)) for one in decorators)


def _files() -> list[Path]:
    return sorted(
        [
            *(_ROOT / "mapper").rglob("*.py"),
            *(_ROOT / "docs").rglob("*.md"),
            _ROOT / "README.md",
            _ROOT / "CHANGELOG.md",
        ]
    )


@cache
def _words_of(path: Path) -> list[tuple[int, str]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return words(text)
    # A module in which none of the words is needs no syntax tree.
    if not _FORBIDDEN.search(_QUOTE.sub("\n", text)):
        return []
    return [word for line, one in texts_of_module(text) for word in words(one, line)]


_PATHS = {path.relative_to(_ROOT).as_posix(): path for path in _files()}


def _allowed() -> dict[str, int]:
    table: dict[str, int] = json.loads(_TABLE.read_text(encoding="utf-8"))
    return table


def test_no_file_has_more_words_of_the_old_dialect_than_it_had() -> None:
    allowed = _allowed()
    found = {name: sorted(_words_of(path)) for name, path in _PATHS.items()}
    more = {name: len(one) - allowed.get(name, 0) for name, one in found.items()}
    lines = [
        f"{name}: {count} more, of the lines {', '.join(f'{line} {word!r}' for line, word in found[name])}"
        for name, count in more.items()
        if count > 0
    ]
    assert sum(count for count in more.values() if count > 0) <= _MOST_MORE, lines


def test_the_table_follows_the_texts_that_became_plainer() -> None:
    found = sum(len(_words_of(path)) for path in _PATHS.values())
    assert sum(_allowed().values()) <= found + _MOST_LOOSE, "python -m tests.house.test_words writes it anew"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a digest stands in clear behind the mended rule", ["stands", "in clear", "behind", "mended"]),
        ("it hangs on a text that is due, in vain", ["hangs on", "is due", "in vain"]),
        ("What is sent is noted. Of these none is. Nor are others.", ["What", "Of", "Nor"]),
        ("What is sent?\n\n## What it does\nOf course, a default stands in for it", []),
        ("two remarks of a rehearsal", ["remarks", "rehearsal"]),
        ("understand what is amended and rehashed", []),
    ],
)
def test_a_word_of_the_old_dialect_is_found(text: str, said: list[str]) -> None:
    assert [word for _, word in words(text)] == said


def test_the_texts_of_a_module_are_those_that_people_read() -> None:
    module = """
def inner(name):
    \"\"\"What nobody is shown.\"\"\"
    key = "behind"
    return f"{name} stands here" + "and there"

@click.command()
def run():
    \"\"\"Map events, as --help shows it.\"\"\"
"""
    said = [(5, "X stands here"), (5, "and there"), (9, "Map events, as --help shows it.")]
    assert sorted(texts_of_module(module)) == said
    assert words("a\nb stands\n", 5) == [(6, "stands")]


def _write() -> None:
    """Write the table anew; only with no file's number higher where the sum would be."""
    found = {name: len(_words_of(path)) for name, path in _PATHS.items()}
    before = _allowed() if _TABLE.exists() else found
    if sum(found.values()) > sum(before.values()):
        found = {name: min(count, before.get(name, 0)) for name, count in found.items()}
    table = {name: count for name, count in sorted(found.items()) if count}
    _TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    print(f"{sum(table.values())} words in {len(table)} files")


if __name__ == "__main__":
    _write()
