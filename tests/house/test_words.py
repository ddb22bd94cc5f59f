"""What people read is in plain words: messages, hints, help and pages have no word of the old dialect."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick

_ROOT = Path(__file__).parents[2]
# What not to write: what to write instead.
_WORDS = {
    r"\bin clear\b": "in plaintext, unhashed",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\bh[au]ngs? on\b": "depends on",
    r"\b(?:[Ss]tands?|[Ss]tood|[Ss]tanding)\b": "is, is at, appears",
    r"\bbehind\b": "after",
    r"\b(?:is|are|be) due\b": "is expected, is required",
    r"\bin vain\b": "give up after",
    r"\bremark(?:s|ed)?\b": "note",
    r"\brehears(?:al|als|e|ed|es)\b": "dry run",
    r"\bfor want of\b": "without",
}
# Of these, docstrings and comments are free.
_IN_PROSE = {
    r"\b[Ww]hoever\b": "anyone who",
    r"\bwork(?:s|ed|ing)? out\b": "compute, evaluate",
    r"\b[Oo]ne's own\b": "your own",
    r"\b(?:cost|work|kept up|wait)s? for nothing\b": "without effect",
    r"(?:^|[.;:] )Nobody\b": "say who does not",
    r"\badvertises? for\b": "say what the event is",
}
# Openings of a sentence without a subject; a subject comes first.
_WITHOUT_SUBJECT = r"What (?![^.]*\?)|Of (?!course)|Nor "
_OPENINGS = (rf"(?:^(?:[-*] )?|(?<=[.:;?!] ))(?:{_WITHOUT_SUBJECT})",)
# A docstring of fewer words says no more than the name above it, unless it is a name in backticks.
_FEWEST_WORDS = 3
_UNCLEAR_DOCSTRING = re.compile(rf"\s*(?:(?:{_WITHOUT_SUBJECT}|So )|(?:[^\s`]+\s*){{,{_FEWEST_WORDS - 1}}}$)")
_MAY_BE_UNCLEAR = re.compile(rf'"""\s*(?:{_WITHOUT_SUBJECT}|So |(?:[^\s`"]+\s*){{,{_FEWEST_WORDS - 1}}}""")')
_QUOTE = re.compile(r"[\"']")
_ESCAPED = re.compile(r"\\.")
_FORBIDDEN = re.compile("|".join((*_WORDS, *_IN_PROSE, *_OPENINGS)), re.MULTILINE)
_FORBIDDEN_IN_CODE = re.compile("|".join(_WORDS), re.MULTILINE)
# In delivery, a time at which something is to be done.
_TIME = "due"


def words(text: str, first: int = 1, forbidden: re.Pattern[str] = _FORBIDDEN) -> list[tuple[int, str]]:
    """The words of a text that are not to be written, each with its line; first: the text's own line."""
    found = forbidden.finditer(text)
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


def docstrings(text: str) -> Iterator[tuple[int, str]]:
    """The docstrings of a module, those below its constants too, each with the line that it begins in."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            said = node.value.value
            if isinstance(said, str):
                yield node.lineno, said


def is_unclear(docstring: str) -> bool:
    """Whether a docstring opens without a subject, or has too few words and no name in backticks."""
    return _UNCLEAR_DOCSTRING.match(docstring) is not None


def explanations(text: str) -> Iterator[tuple[int, str]]:
    """The docstrings and comments of a module, each with the line that it begins in."""
    yield from docstrings(text)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


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
            _ROOT / "benchmarks/README.md",
            _ROOT / "conformance/README.md",
            *_ROOT.glob("*.md"),
        ]
    )


def _explained() -> list[Path]:
    """The files whose docstrings and comments are looked at, and those that are looked at as a whole."""
    folders = [
        _ROOT / name for name in ("mapper", "benchmarks", "conformance", "playground", "mappings", "schemas")
    ]
    ends = ("py", "yaml", "json")
    return sorted(one for folder in folders for end in ends for one in folder.rglob(f"*.{end}"))


def _words_of(path: Path) -> list[tuple[int, str]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return words(text)
    # A module in which none of the words is needs no syntax tree.
    if not _FORBIDDEN.search(_QUOTE.sub("\n", text)):
        return []
    return [word for line, one in texts_of_module(text) for word in words(one, line)]


def _words_explaining(path: Path) -> list[tuple[int, str]]:
    content = path.read_text(encoding="utf-8")
    # A file in which none of the words is needs no syntax tree.
    if not _FORBIDDEN_IN_CODE.search(_ESCAPED.sub("\n", content)):
        return []
    texts = explanations(content) if path.suffix == ".py" else [(1, content)]
    return [word for first, text in texts for word in words(text, first, _FORBIDDEN_IN_CODE)]


def _name(path: Path) -> str:
    return path.relative_to(_ROOT).as_posix()


def test_no_file_has_a_word_of_the_old_dialect() -> None:
    found = [f"{_name(path)}:{line}: {word}" for path in _files() for line, word in _words_of(path)]
    assert found == []


def test_no_docstring_and_no_comment_has_one_either() -> None:
    found = [
        f"{_name(path)}:{line}: {word}"
        for path in _explained()
        for line, word in _words_explaining(path)
        if not (_name(path).startswith("mapper/delivery/") and word.endswith(_TIME))
    ]
    assert found == []


def test_every_docstring_says_what_a_thing_is() -> None:
    found = []
    for path in (one for one in _explained() if one.suffix == ".py"):
        content = path.read_text(encoding="utf-8")
        # A file in which no docstring may be unclear needs no syntax tree.
        if _MAY_BE_UNCLEAR.search(content):
            found += [f"{_name(path)}:{line}: {one}" for line, one in docstrings(content) if is_unclear(one)]
    assert found == []


@pytest.mark.parametrize(
    ("docstring", "unclear"),
    [
        ("What is read, in the order written.", True),
        ("Of each entry: its name.", True),
        ("So many bytes, or fewer at the end.", True),
        ("Nor is this.", True),
        ("Its tree.", True),
        ("Seconds.", True),
        ("\n    What is read.\n    ", True),
        ("The paths that are read. What is not read is left out.", False),
        ("What is read?", False),
        ("Of course the first.", False),
        ("Read one value.", False),
        ("`text`, `trim`.", False),
        ("See `Outbox.put`.", False),
        ("What `is` looks at.", True),
        ("Some words. So it goes.", False),
    ],
)
def test_an_unclear_docstring_is_found(docstring: str, unclear: bool) -> None:
    assert is_unclear(docstring) == unclear
    assert not unclear or _MAY_BE_UNCLEAR.search(f'"""{docstring}"""') is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a digest stands in clear behind the mended rule", ["stands", "in clear", "behind", "mended"]),
        ("it hangs on a text that is due, in vain", ["hangs on", "is due", "in vain"]),
        ("What is sent is noted. Of these none is. Nor are others.", ["What", "Of", "Nor"]),
        ("a stand-in, which stands for a service", ["stand", "stands"]),
        ("What is sent?\n\n## What it does\nOf course, a default is taken", []),
        ("two remarks of a rehearsal", ["remarks", "rehearsal"]),
        ("understand what is amended and rehashed", []),
    ],
)
def test_a_word_of_the_old_dialect_is_found(text: str, said: list[str]) -> None:
    assert [word for _, word in words(text)] == said


def test_docstrings_and_comments_of_a_module_are_explanations() -> None:
    module = '"""One."""\n\ndef inner():  # two\n    """Three."""\n    return "four five"\n'
    assert sorted(explanations(module)) == [(1, "One."), (3, "# two"), (4, "Three.")]


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
