"""The pages of docs/ that are made of tables and data: the keys of the language, a page for each sender."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

from mapper.compiler.syntax.node_shapes import json_of
from mapper.intake.entry_keys import OWNERS, IntakeKey, called
from mapper.intake.senders import sender_entries, sender_files, sender_root
from mapper.texts.named_text import line_start
from mapper.values.types import Json

_BEGIN, _END = "<!-- keys: made by `make docs` -->\n", "<!-- end of keys -->\n"
_VALUES = "The values of `headers`, `json` and `failure` in a `reply`: a string, or one of these."
_BEFORE = {
    "intake": "The file.",
    "entry": "An entry, below its path under `entries`.",
    "answer value": _VALUES,
    "handshakes": "Each of `handshakes`.",
}


def write_pages(docs: Path) -> None:
    """Write them into docs/. Made anew by `make docs`; a test holds them equal to what this makes."""
    page = docs / "intake.md"
    page.write_text(with_keys(page.read_text(encoding="utf-8")), encoding="utf-8")
    folder = docs / "senders"
    folder.mkdir(exist_ok=True)
    for name, text in sender_pages().items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


def with_keys(page: str) -> str:
    """The page of the language with its tables of keys."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    tables = "\n".join(_table(owner) for owner in OWNERS)
    return f"{before}{_BEGIN}\n{tables}\n{_END}{after}"


def _table(owner: str) -> str:
    title = called(owner)
    rows = "".join(_row(name, row) for name, row in OWNERS[owner].items())
    before = _BEFORE.get(owner, f"The keys of {title}.")
    return (
        f"### {title[0].upper()}{title[1:]}\n\n{before}\n\n| key | means | example |\n|---|---|---|\n{rows}"
    )


def _row(name: str, row: IntakeKey) -> str:
    needed = " (required)" if row.needed else ""
    return f"| `{name}`{needed} | {_cell(row.meaning)} | `{_cell(row.example)}` |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def sender_pages() -> dict[str, str]:
    """The page of each sender by its name, and `README` with the list of them."""
    pages = {name: _sender(name) for name in sender_files()}
    rows = "".join(f"| [{sender_page(name)['title']}]({name}.md) | `sender: {name}` |\n" for name in pages)
    head = (
        "# Senders\n\nThe setting of each sender, and the entry to write into [`intake.yaml`](../intake.md). "
        "Another sender is written out: its `sign` or `token`, and where its events are.\n"
        "`mapper init --list` shows the ready mappings, and `mapper init --like NAME` writes one into "
        "`mappings/`.\n\n"
        "| sender | in `intake.yaml` |\n|---|---|\n"
    )
    return {"README": f"{head}{rows}", **pages}


def example_intake(name: str) -> str:
    """An intake with the entry of a sender as its page shows it."""
    example = sender_page(name)["example"]
    assert isinstance(example, str)
    return f"version: 1\nentries:\n{indent(example, '  ')}"


def sender_page(name: str) -> dict[str, Json]:
    """The whole content of a sender's file."""
    page = json_of(sender_root(name))
    assert isinstance(page, dict)
    return page


def _entry_text(name: str) -> str:
    """The text that the entries of a sender have, as its file writes it: whole lines."""
    span = sender_entries()[name].span
    content = span.text.content
    return f"{content[line_start(content, span.start) : span.end]}\n"


def _sender(name: str) -> str:
    page = sender_page(name)
    setup, facts = page["setup"], page["facts"]
    assert isinstance(setup, list)
    assert isinstance(facts, dict)
    steps = "".join(f"{number}. {step}\n" for number, step in enumerate(setup, 1))
    rows = "".join(f"| {fact} | {value} |\n" for fact, value in facts.items())
    return (
        f"# {page['title']}\n\n## What to set there\n\n{steps}\n"
        f"## What to write in `intake.yaml`\n\n```yaml\n{example_intake(name)}```\n\n"
        f"`mapper check intake.yaml` checks it and the mapping that it names. The environment of "
        f"`mapper serve` "
        f"holds the secrets.\n\n## The trap\n\n{page['trap']}\n\n"
        f"## What is known of it\n\n| | |\n|---|---|\n{rows}\n"
        f"`sender: {name}` is short for these keys; each that you write yourself overrides its own.\n\n"
        f"```yaml\n{dedent(_entry_text(name))}```\n"
    )
