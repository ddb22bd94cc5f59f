"""Begin a diagnostic or a transform: write its files with blanks to fill in, and say which ones they are.

    python .ci/new.py diagnostic M418 "rule that overlaps another"
    python .ci/new.py transform slug text

The tests fail until each blank, marked TODO, is filled in.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1]

# The file of `mapper/codes/` for each range of numbers: text and shape, expressions, types, ...
RANGES = {
    "0": "shape",
    "1": "expression",
    "2": "types",
    "3": "target",
    "4": "policy",
    "5": "tests",
    "6": "samples",
    "7": "intake",
    "8": "repository",
    "9": "advice",
}

_ROW = """    "{code}": DiagnosticCode(
        "error",
        "{title}",
        "TODO: why this is bad, in one sentence.",
        "TODO: how to fix it, in one sentence.",
    ),
}}
"""
_MAPPING = """version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: time
  event_source_url: url
  user_data: {em: email, client_ip_address: ip, client_user_agent: agent}
otherwise: {send: page_visit}
"""
_CASE = "# {code} 8:1 8:2  TODO: first and last line:column of the span\n# TODO: make the mistake below\n"
# The list in tests/transforms/test_transforms.py of the names that the language has ends so.
_END_OF_NAMES = '    """.split()'
_TRANSFORM = '''

@transform(
    of("string"),
    of("string"),
    keeps=("TODO",),
    grows=ANY_SIZE,
    examples=[("TODO: a value", "TODO: what becomes of it")],
)
def {name}(value: Json) -> str:
    """TODO: What it gives, in one sentence."""
    # TODO: the value may be of any kind. text(value) is its text, or raises Invalid.
    raise NotImplementedError
'''


def new_diagnostic(root: Path, code: str, title: str) -> list[Path]:
    """Write the row, the example and a case of a new code. Ends the program if it is taken."""
    if not re.fullmatch(r"M\d{3}", code) or code[1] not in RANGES:
        _end(f"`{code}` is not a code: M and three digits, the first one of {', '.join(RANGES)}")
    table = root / "mapper" / "codes" / f"{RANGES[code[1]]}.py"
    text = table.read_text(encoding="utf-8")
    if f'"{code}"' in text:
        _end(f"{code} is taken: {table.relative_to(root)} has it; a code is never used again")
    example = root / "mapper" / "codes" / "examples" / f"{code}.yaml"
    case = (
        root / "tests" / "cases" / "diagnostics" / f"{code}-{re.sub(r'[^a-z0-9]+', '-', title.lower())}.yaml"
    )
    table.write_text(text.removesuffix("}\n") + _ROW.format(code=code, title=title), encoding="utf-8")
    example.write_text(f"{_MAPPING}---\n{_MAPPING}", encoding="utf-8")
    case.write_text(_CASE.format(code=code) + _MAPPING, encoding="utf-8")
    return [table, example, case]


def new_transform(root: Path, name: str, module: str) -> list[Path]:
    """Append a transform to a module of `mapper/transforms/`, and its name to the test of all names.

    Ends the program if there is no such module.
    """
    path = root / "mapper" / "transforms" / f"{module}.py"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        _end(f"`{name}` is not a name: small letters, digits and _")
    if not path.is_file() or "@transform(" not in path.read_text(encoding="utf-8"):
        _end(f"{path.relative_to(root)} has no transforms; take one of {', '.join(_modules(root))}")
    text = path.read_text(encoding="utf-8")
    if any(f"\ndef {name}(" in one.read_text(encoding="utf-8") for one in path.parent.glob("*.py")):
        _end(f"there is a function `{name}` in mapper/transforms/ already")
    path.write_text(text.rstrip() + "\n" + _TRANSFORM.format(name=name), encoding="utf-8")
    test = root / "tests" / "transforms" / "test_transforms.py"
    names = test.read_text(encoding="utf-8")
    test.write_text(names.replace(_END_OF_NAMES, f"    {name}\n{_END_OF_NAMES}", 1), encoding="utf-8")
    return [path, test]


def _modules(root: Path) -> list[str]:
    paths = sorted((root / "mapper" / "transforms").glob("*.py"))
    return [path.stem for path in paths if "\n@transform(" in path.read_text(encoding="utf-8")]


def _end(message: str) -> NoReturn:
    raise SystemExit(f"new: {message}")


def main(words: Sequence[str]) -> None:
    kinds = {"diagnostic": new_diagnostic, "transform": new_transform}
    if len(words) != 3 or words[0] not in kinds or not all(words):
        _end("say `make new-diagnostic CODE=M418 TITLE='...'` or `make new-transform NAME=slug MODULE=text`")
    for path in kinds[words[0]](ROOT, words[1], words[2]):
        print(f"written: {path.relative_to(ROOT)}")
    print("next: fill in each TODO; CONTRIBUTING.md says how to go on")


if __name__ == "__main__":
    main(sys.argv[1:])
