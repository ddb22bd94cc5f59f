"""Whoever runs one test waits for what its file does when it is imported: none compiles or drafts then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_IMPORT = """
import importlib, sys
import mapper.analysis, mapper.authoring, mapper.compiling, mapper.workbench.draft
from _pytest.outcomes import Skipped

def works(*given, **named):
    raise AssertionError("works when it is imported")

of_compiling = [(mapper.compiling, name) for name in ("plan_text", "check_text")]
for module, name in (*of_compiling, (mapper.workbench.draft, "draft")):
    assert callable(getattr(module, name))
    setattr(module, name, works)
mapper.authoring.draft = works
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Skipped:
        pass
    except AssertionError as error:
        print(name, error)
"""


def test_no_file_of_tests_does_any_work_when_it_is_imported() -> None:
    files = sorted((_ROOT / "tests").glob("*/test_*.py"))
    names = [".".join(path.relative_to(_ROOT).with_suffix("").parts) for path in files]
    words = [sys.executable, "-c", _IMPORT, *names]
    ran = subprocess.run(words, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.returncode) == ("", 0), ran.stderr[-2000:]
