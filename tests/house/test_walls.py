"""The walls of the house, told from the source: who imports whom, which door a package has, what is pure."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.house.sources import FILES, ROOT, nodes, tree

pytestmark = pytest.mark.quick

# Layer of each room; a file belongs to the room with the longest name that its own begins with.
_LAYERS = {
    "mapper.values": 0,
    "mapper.codes": 0,
    "mapper.texts": 0,
    "mapper.extras": 0,
    "mapper.project.folders": 0,
    "mapper.version": 0,
    "mapper.transforms": 0,
    "mapper.guard": 0,
    "mapper.runtime": 1,
    "mapper.compiler": 2,
    "mapper.delivery": 2,
    "mapper.feeds": 2,
    "mapper.project": 3,
    "mapper.suppression": 3,
    "mapper": 4,
    "mapper.running": 5,
    "mapper.delivering": 6,
    "mapper.repository": 5,
    "mapper.workbench": 6,
    "mapper.engines": 6,
    "mapper.arrow": 7,
    "mapper.spark": 7,
    "mapper.intake": 6,
    "mapper.serving": 7,
    "mapper.consuming": 7,
    "mapper.language_server": 7,
    "mapper.playground": 7,
    "mapper.cli": 8,
    "mapper.__main__": 9,
}
# What stands beside a layer's own rule: rooms of layer 0 that may see another one, and rooms that see less.
_ALSO = {
    "mapper.texts": {"mapper.values", "mapper.codes"},
    "mapper.transforms": {"mapper.values"},
    "mapper.project.folders": {"mapper.texts"},
    "mapper.extras": {"mapper.version"},
}
_ONLY = {
    "mapper.running": {
        *("mapper", "mapper.project", "mapper.feeds"),
        *("mapper.delivery", "mapper.runtime", "mapper.values"),
    },
    "mapper.workbench": {
        *("mapper", "mapper.project", "mapper.feeds", "mapper.running", "mapper.repository"),
        *("mapper.texts", "mapper.project.folders", "mapper.values"),
    },
    "mapper.repository": {
        *("mapper", "mapper.project", "mapper.compiler"),
        *("mapper.codes", "mapper.texts", "mapper.project.folders", "mapper.values"),
    },
    "mapper.engines": {
        *("mapper", "mapper.project", "mapper.feeds", "mapper.running", "mapper.suppression"),
        *("mapper.delivery", "mapper.runtime", "mapper.values", "mapper.version"),
    },
    "mapper.arrow": {"mapper.engines", "mapper.extras"},
    "mapper.spark": {"mapper.engines", "mapper.extras"},
    "mapper.serving": {
        *("mapper.intake", "mapper.running", "mapper.feeds"),
        *("mapper.delivery", "mapper.texts", "mapper.values"),
    },
    "mapper.consuming": {
        *("mapper.running", "mapper.feeds", "mapper.delivery"),
        *("mapper.values", "mapper.texts"),
    },
    "mapper.language_server": {
        *("mapper", "mapper.project", "mapper.workbench", "mapper.intake", "mapper.repository"),
        *("mapper.codes", "mapper.texts", "mapper.project.folders"),
    },
    "mapper.playground": {
        *(
            "mapper",
            "mapper.project",
            "mapper.workbench",
            "mapper.running",
            "mapper.feeds",
            "mapper.delivery",
            "mapper.version",
        ),
        *("mapper.runtime", "mapper.codes", "mapper.texts", "mapper.project.folders", "mapper.values"),
    },
    "mapper.guard": {"mapper.values"},
}

# The rooms of the compiler, each after those it may import.
_COMPILER = (
    ("findings", "memo"),
    ("yaml", "schema", "jmespath"),
    ("file_reading",),
    ("syntax",),
    ("inference",),
    ("plan", "descriptions"),
    ("checks",),
    ("advice", "emit"),
    ("explain", "editor"),
    ("trials",),
)

# The files that may import a package: these ones, or those of these folders.
_DOORS = {
    "yaml": ("mapper/compiler/yaml/reader.py",),
    "jsonschema": ("mapper/compiler/schema/target.py",),
    "msgspec": ("mapper/runtime/decode.py",),
    "orjson": ("mapper/runtime/decode.py",),
    "httpx": ("mapper/delivery/transport.py",),
    "sqlite3": (
        "mapper/delivery/outbox/sqlite.py",
        "mapper/delivery/outbox/sqlite_chunks.py",
        "mapper/delivery/outbox/sqlite_feeds.py",
        "mapper/delivery/outbox/sqlite_ledger.py",
        "mapper/delivery/outbox/database.py",
        "mapper/delivery/outbox/database_errors.py",
        "mapper/delivery/outbox/recovery.py",
    ),
    "psycopg": (
        "mapper/delivery/outbox/postgres_address.py",
        "mapper/delivery/outbox/postgres_errors.py",
        "mapper/delivery/outbox/postgres_link.py",
    ),
    "starlette": (
        "mapper/delivery/loopback.py",
        "mapper/delivery/sandbox_server.py",
        "mapper/playground/local_server.py",
    ),
    "uvicorn": (
        "mapper/delivery/loopback.py",
        "mapper/delivery/sandbox_server.py",
    ),
    "httptools": ("mapper/serving/http1.py", "mapper/cli/serve_call.py"),
    "cryptography": ("mapper/serving/sealing.py",),
    "uvloop": ("mapper/serving/serving_process.py",),
    "click": ("mapper/cli/",),
    "pyarrow": (
        *("mapper/feeds/columns.py", "mapper/feeds/column_values.py", "mapper/feeds/parquet.py"),
        "mapper/engines/",
    ),
    "pyspark": ("mapper/engines/spark_", "mapper/engines/data_frames.py"),
    "jwt": ("mapper/intake/identity_token.py", "mapper/cli/serve_call.py"),
    "pygls": ("mapper/language_server/", "mapper/cli/lsp.py"),
    "lsprotocol": ("mapper/language_server/",),
    "confluent_kafka": ("mapper/consuming/client.py",),
    # In no module: what it makes of a number differs from version to version, and so would digests.
    "phonenumbers": (),
}

_PURE = ("mapper/compiler/", "mapper/runtime/", "mapper/transforms/", "mapper/intake/")
_WORLD = {
    *("os", "io", "pathlib", "shutil", "tempfile", "glob", "fileinput", "mmap", "sqlite3", "linecache"),
    *("socket", "ssl", "http", "urllib.request", "asyncio", "selectors", "subprocess", "multiprocessing"),
    *("time", "random", "secrets", "uuid", "locale", "platform", "getpass", "signal", "logging"),
}
_WORLD_ALLOWED = {
    # Generated code is made known to tracebacks there, and to nothing else.
    "mapper/runtime/program.py": {"linecache"},
    # Files of intakes, and the package's own of senders, their pages, codes and names.
    "mapper/intake/intake_file.py": {"os", "pathlib"},
    "mapper/intake/senders.py": {"pathlib"},
    "mapper/transforms/reference_files.py": {"pathlib"},
}
_WORLDLY_CALLS = {"open", "input", "print", "breakpoint"}
_WORLDLY_METHODS = {"now", "utcnow", "today", "getenv", "urandom"}

_FORBIDDEN_NAMES = {"util", "utils", "common", "base", "models", "helper", "helpers", "misc"}
# What authors write, as data: whole mappings, each with its target.
_EXAMPLES = (ROOT / "mapper/codes/examples", ROOT / "mapper/playground/tutorials")

_LONGEST_FILE = 600
_LONGEST_FUNCTION = 40

_SLOW_PACKAGES = ("yaml", "jsonschema", "httpx", "click", "starlette", "uvicorn")


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


_MODULES = {_module(file) for file in FILES}


def _imports(found: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """Line and full name of every module that is imported."""
    for node in found:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import"
            module = node.module or ""
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                yield node.lineno, inner if inner in _MODULES else module


def _room(module: str) -> str:
    names = [room for room in _LAYERS if module == room or module.startswith(f"{room}.")]
    return max(names, key=len)


def _may_import(importer: str, imported: str) -> bool:
    if importer == imported:
        return True
    if importer in _ONLY:
        return imported in _ONLY[importer]
    return _LAYERS[imported] < _LAYERS[importer] or imported in _ALSO.get(importer, ())


def _imported() -> Iterator[tuple[str, int, str]]:
    """The file, line and full name of every module that is imported anywhere."""
    return ((file, line, module) for file in FILES for line, module in _imports(nodes(file)))


def test_a_room_imports_only_rooms_below_it() -> None:
    wrong = [
        f"{file}:{line} imports {module}"
        for file, line, module in _imported()
        if module.split(".")[0] == "mapper" and not _may_import(_room(_module(file)), _room(module))
        # The front door names what the workbench has, and imports it when it is asked for.
        if (file, _room(module)) != ("mapper/__init__.py", "mapper.workbench")
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("importer", "imported", "may"),
    [
        ("mapper.runtime", "mapper.transforms", True),
        ("mapper.transforms", "mapper.runtime", False),
        ("mapper.transforms", "mapper.texts", False),
        ("mapper.compiler", "mapper.runtime", True),
        ("mapper.compiler", "mapper.delivery", False),
        ("mapper.delivery", "mapper.compiler", False),
        ("mapper.delivery", "mapper", False),
        ("mapper", "mapper.feeds", True),
        ("mapper.feeds", "mapper", False),
        ("mapper.compiler", "mapper.feeds", False),
        ("mapper.guard", "mapper.compiler", False),
        ("mapper.running", "mapper.feeds", True),
        ("mapper.running", "mapper.compiler", False),
        ("mapper.delivery", "mapper.running", False),
        ("mapper.workbench", "mapper", True),
        ("mapper.workbench", "mapper.running", True),
        ("mapper.workbench", "mapper.compiler", False),
        ("mapper.intake", "mapper.running", True),
        ("mapper.intake", "mapper.workbench", False),
        ("mapper.cli", "mapper.delivery", True),
        ("mapper.serving", "mapper.intake", True),
        ("mapper.serving", "mapper.compiler", False),
        ("mapper.intake", "mapper.serving", False),
        ("mapper.consuming", "mapper.running", True),
        ("mapper.consuming", "mapper.compiler", False),
        ("mapper.serving", "mapper.consuming", False),
        ("mapper.intake", "mapper.consuming", False),
        ("mapper.engines", "mapper.running", True),
        ("mapper.engines", "mapper.workbench", False),
        ("mapper.arrow", "mapper.engines", True),
        ("mapper.workbench", "mapper.engines", False),
        ("mapper.playground", "mapper.workbench", True),
        ("mapper.playground", "mapper.compiler", False),
        ("mapper.playground", "mapper.serving", False),
        ("mapper.cli", "mapper.playground", True),
    ],
)
def test_the_layers_are_those_of_the_house(importer: str, imported: str, may: bool) -> None:
    assert _may_import(importer, imported) is may


# What the picture of the rooms leaves out: all that imports no room but another of these.
_GROUND = {
    *("mapper.values", "mapper.texts", "mapper.codes"),
    *("mapper.extras", "mapper.version", "mapper.project.folders"),
}


def _picture() -> dict[str, set[str]]:
    """The rooms in the picture of the architecture, in its order, each with those that it imports."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (picture,) = (block for block in page.split("```")[1::2] if "front door ─" in block)
    rows = [re.split(" ─*▶ ", line.strip()) for line in picture.strip().splitlines()]
    pictured = {room: _rooms(below) for rooms, below in rows for room in _rooms(rooms)}
    every = "every room below but "
    for rooms, below in rows:
        if below.startswith(every):
            pictured[f"mapper.{rooms}"] = {*_LAYERS} - _rooms(below.removeprefix(every)) - _GROUND
            pictured[f"mapper.{rooms}"] -= {f"mapper.{rooms}", "mapper.__main__"}
    return pictured


def _rooms(words: str) -> set[str]:
    return {"mapper" if word == "front door" else f"mapper.{word}" for word in words.split(", ")}


def test_the_picture_of_the_rooms_shows_what_each_imports() -> None:
    imported: dict[str, set[str]] = {room: set() for room in _LAYERS}
    for file, _, module in _imported():
        if module.split(".")[0] == "mapper" and file != "mapper/__main__.py":
            imported[_room(_module(file))].add(_room(module))
    found = {room: below - _GROUND - {room} for room, below in imported.items() if room not in _GROUND}
    pictured = _picture()
    assert {room: below for room, below in found.items() if below} == pictured
    places = {room: place for place, room in enumerate(pictured)}
    upwards = [(room, one) for room in pictured for one in pictured[room] if one in places]
    assert [(room, one) for room, one in upwards if places[one] <= places[room]] == []


def _circles(imported: dict[str, set[str]]) -> list[list[str]]:
    """The modules that reach themselves by what they import: each such group, in the order of names."""
    below: dict[str, set[str]] = {}
    for module in imported:
        waiting = [module]
        reached: set[str] = set()
        while waiting:
            more = imported[waiting.pop()] - reached
            reached |= more
            waiting += more
        below[module] = reached
    found = {
        tuple(sorted(one for one in below[module] if module in below[one]))
        for module in imported
        if module in below[module]
    }
    return [list(group) for group in sorted(found)]


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports within functions count too; those for types alone do not."""
    imported: dict[str, set[str]] = {}
    for file in FILES:
        for_types = {
            id(inner)
            for node in nodes(file)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for statement in node.body
            for inner in ast.walk(statement)
        }
        used = (node for node in nodes(file) if id(node) not in for_types)
        own = _module(file)
        imported[own] = {name for _, name in _imports(used) if name in _MODULES and name != own}
    assert _circles(imported) == []


def test_circles_of_imports_are_found() -> None:
    imported = {"a": {"b", "c"}, "b": {"c"}, "c": {"a"}, "d": {"a", "e"}, "e": set()}
    assert _circles(imported) == [["a", "b", "c"]]


def test_a_room_of_the_compiler_imports_only_rooms_before_it() -> None:
    place = {room: number for number, rooms in enumerate(_COMPILER) for room in rooms}
    within = [file for file in FILES if file.startswith("mapper/compiler/")]
    own = {file: f"{_module(file)}.".split(".")[2] for file in within}
    assert {*own.values()} == {"", *place}, "each room of the compiler has its place in _COMPILER"
    wrong = [
        f"{file}:{line} imports {module}"
        for file, line, module in _imported()
        if file in own
        and module.startswith("mapper.compiler.")
        and (room := module.split(".")[2]) != own[file]
        and place[room] >= place[own[file]]
    ]
    assert wrong == []


def test_only_what_reads_a_file_has_its_reading_and_nobody_fills_a_list_of_diagnostics() -> None:
    given = {
        (file, argument.annotation.id if isinstance(argument.annotation, ast.Name) else "list")
        for file in FILES
        if file.startswith("mapper/compiler/")
        for node in nodes(file)
        if isinstance(node, ast.FunctionDef)
        for argument in (*node.args.args, *node.args.kwonlyargs)
        if argument.annotation is not None
        and ast.unparse(argument.annotation) in ("FileReading", "Findings", "list[Diagnostic]")
    }
    assert {file for file, kind in given if kind == "list"} == set()
    assert {file.split("/")[2] for file, kind in given if kind == "FileReading"} == {"syntax"}
    in_syntax = {kind for file, kind in given if file.startswith("mapper/compiler/syntax/")}
    assert in_syntax == {"FileReading"}


def test_a_package_has_one_door() -> None:
    wrong = [
        f"{file}:{line} imports {package}"
        for file, line, module in _imported()
        if (package := module.split(".")[0]) in _DOORS or package not in {*sys.stdlib_module_names, "mapper"}
        if not file.startswith(_DOORS.get(package, ()))
    ]
    assert wrong == []


def _outside_of_functions(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The statements that run when a module is imported."""
    for statement in body:
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
            yield from _outside_of_functions(statement.orelse)
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield statement
            for name in ("body", "orelse", "finalbody", "handlers"):
                yield from _outside_of_functions(getattr(statement, name, []))


def test_the_front_door_imports_no_room_until_it_is_asked() -> None:
    imported = {module for _, module in _imports(_outside_of_functions(tree("mapper/__init__.py").body))}
    assert [module for module in imported if module.split(".")[0] not in sys.stdlib_module_names] == []


@pytest.mark.parametrize("module", ["mapper", "mapper.runtime", "mapper.runtime.importable"])
def test_a_worker_starts_without_what_it_does_not_need(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(set(sys.modules) & {set(_SLOW_PACKAGES)!r}))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.split() == []


def test_pure_rooms_see_nothing_of_the_world() -> None:
    wrong = []
    for file in (file for file in FILES if file.startswith(_PURE)):
        world = _WORLD - _WORLD_ALLOWED.get(file, set())
        wrong += [
            f"{file}:{line} imports {module}"
            for line, module in _imports(nodes(file))
            if module in world or module.split(".")[0] in world
        ]
        calls = (node for node in nodes(file) if isinstance(node, ast.Call))
        wrong += [
            f"{file}:{call.lineno} calls {ast.unparse(call.func)}"
            for call in calls
            if (isinstance(call.func, ast.Name) and call.func.id in _WORLDLY_CALLS)
            or (isinstance(call.func, ast.Attribute) and call.func.attr in _WORLDLY_METHODS)
        ]
    assert wrong == []


# Where a fix is made: from facts in `advice`, and where YAML reads on with the very text that the fix writes.
_FIXING = ("mapper/compiler/advice/", "mapper/compiler/yaml/", "mapper/texts/diagnostic.py")
_READ_ON = tuple(f"mapper/compiler/yaml/{name}.py" for name in ("braces", "edits", "errors", "quotes"))


def test_only_advice_makes_fixes() -> None:
    others = [file for file in FILES if not file.startswith(_FIXING)]
    assert [f"{file}:{line}" for file in others for line in _makes_fixes(file)] == []


def test_yaml_makes_fixes_only_of_what_it_reads_on_with() -> None:
    yaml = [file for file in FILES if file.startswith("mapper/compiler/yaml/") and file not in _READ_ON]
    assert [file for file in yaml if _makes_fixes(file)] == []


def _makes_fixes(file: str) -> list[int]:
    """The lines in which a fix is made, or a diagnostic with some; but not where they are handed on."""
    calls = [node for node in nodes(file) if isinstance(node, ast.Call)]
    return [
        call.lineno
        for call in calls
        if (isinstance(call.func, ast.Name) and call.func.id == "Fix")
        or any(one.arg == "fixes" for one in call.keywords)
    ]


def test_nothing_but_the_front_door_asks_for_advice() -> None:
    outside = [file for file in FILES if not file.startswith("mapper/compiler/advice/")]
    asking = [
        file
        for file in outside
        if any(module.startswith("mapper.compiler.advice") for _, module in _imports(nodes(file)))
    ]
    assert asking == ["mapper/compiling.py"]


def test_no_module_names_a_destination() -> None:
    paths = [
        path
        for path in (ROOT / "mapper").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.parent not in _EXAMPLES
    ]
    named = [
        path.relative_to(ROOT).as_posix()
        for path in paths
        if b"pinterest" in path.read_bytes().lower() or "pinterest" in path.name.lower()
    ]
    assert named == []


def test_a_file_and_its_functions_stay_short() -> None:
    lengths = {file: len((ROOT / file).read_text(encoding="utf-8").splitlines()) for file in FILES}
    assert {file: lines for file, lines in lengths.items() if lines > _LONGEST_FILE} == {}
    long = [
        f"{file}:{node.lineno} {node.name} has {length} lines"
        for file in FILES
        for node in nodes(file)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > _LONGEST_FUNCTION
    ]
    assert long == []


def test_no_module_bears_a_name_that_says_nothing() -> None:
    names = {(part, file) for file in FILES for part in Path(file).with_suffix("").parts}
    assert sorted(file for part, file in names if part in _FORBIDDEN_NAMES) == []


def test_the_top_level_holds_what_the_project_is_made_of() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    known = {".ci", ".github", ".gitignore", ".pre-commit-hooks.yaml", "CHANGELOG.md", "CONTRIBUTING.md"}
    known |= {"CODE_OF_CONDUCT.md", "LICENSE", "SECURITY.md"}
    known |= {"Makefile", "README.md", "action.yml", "pyproject.toml", "requirements.lock"}
    known |= {
        "benchmarks",
        "conformance",
        "docs",
        "editors",
        "mapper",
        "mappings",
        "playground",
        "schemas",
        "tests",
    }
    assert {name.partition("/")[0] for name in listed if name} <= known
