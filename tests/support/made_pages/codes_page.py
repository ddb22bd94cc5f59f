"""The table of codes and their examples -> its page in docs/, as Markdown."""

from __future__ import annotations

from mapper.cli.code_example import said
from mapper.cli.terminal import visible_lines
from mapper.codes import CODES, DiagnosticCode, difference, example

_HEAD = """# Diagnostics

Every message of `mapper check`, by code: why it matters, an example, and the fix.
Errors stop a build; warnings do so with `--strict`; advice never does. `mapper explain CODE` shows the same
in a terminal, and `#code=M302` after the address of the [playground](playground.md) there.

| codes | speak of |
|---|---|
| M0xx | YAML and the shape of the file |
| M1xx | JMESPath expressions |
| M2xx | types, and the transforms that take them |
| M3xx | what the target takes |
| M4xx | personal values, digests, identity, and rules that are never used |
| M5xx | the tests in a mapping |
| M6xx | sample events |
| M7xx | `intake.yaml`, which says who may post events |
| M8xx | `mapper.yaml`, the policy of a repository, and its mappings together |
| M9xx | advice |
"""


def write_page() -> str:
    """The whole page. Made anew by `make docs`; a test holds docs/diagnostics.md equal to it."""
    return _HEAD + "".join(_entry(code, row) for code, row in sorted(CODES.items()))


def _entry(code: str, row: DiagnosticCode) -> str:
    shown = example(code)
    explanation = row.explanation(visible_lines(difference(shown)), said=said(shown, row.found_by))
    return f"\n## {code}\n\n**{row.severity}: {row.title}**\n\n{explanation}"
