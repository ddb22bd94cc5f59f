"""The static site of the playground: `python playground/site/build.py [OUT [PAGE]]`.

OUT: by default build/site/playground/, where `.ci/site.py` puts it beside the documentation.

PAGE: the built files of the page, by default mapper/playground/static/.

The page's own files, Python for browsers (Pyodide), this package and what it imports, and a service worker.
Needs Node; npm and pip fetch what `package-lock.json` and `wheels.lock` pin by hash.
"""

from __future__ import annotations

import ast
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_WORK = _ROOT / "build/site-parts"
_NODE = _WORK / "node"
_MODULES = _NODE / "node_modules"
_STATIC = _ROOT / "mapper/playground/static"
# Whole packages: they find their own modules at run time.
_WHOLE = ("mapper.compiler", "mapper.runtime", "mapper.transforms", "mapper.codes", "mapper.guard")
# Their names are imported once somebody asks.
_DOORS = ("mapper", "mapper.authoring")
_DATA = {"schemas": "mapper/_schemas", "mappings": "mapper/_mappings"}
# Schemas for editors, and the tables of the docs.
_UNREAD = ("__pycache__", "*.mapping.schema.json", "decisions.json")
_PYODIDE = ("pyodide.asm.mjs", "pyodide.asm.wasm")
_MOST_BYTES = 8 * 1000 * 1000
CSP = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
    "font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
)

# As some hosts read it from the site itself; others are told by their own settings: docs/playground.md.
_HEADERS = f"""\
/*
  Content-Security-Policy: {CSP}; frame-ancestors 'none'
  Referrer-Policy: no-referrer
  X-Content-Type-Options: nosniff
  Cache-Control: no-cache
"""


def main() -> None:
    """Build the site and print how large its files are; exits with 1 where that is more than it may be."""
    given = [Path(one).absolute() for one in sys.argv[1:]]
    out, page = [*given, *(_ROOT / "build/site/playground", _STATIC)[len(given) :]]
    for folder in (out, _WORK):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    # A copy, so that no packages of npm are among the sources.
    shutil.copytree(_HERE, _NODE, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error", cwd=_NODE)
    _run("npm", "run", "--silent", "check", cwd=_NODE)
    _gather(_WORK / "tree")
    _run("node", "compile.mjs", _MODULES / "pyodide", _WORK / "tree", out, cwd=_NODE)
    for name in _PYODIDE:
        shutil.copy(_MODULES / "pyodide" / name, out / name)
    shutil.copytree(page, out, dirs_exist_ok=True)
    _write_notices(out / "NOTICES-python.txt")
    _write_index(out / "index.html")
    _write_scripts(out)
    (out / "_headers").write_text(_HEADERS, "utf-8")
    (_WORK / "sources").write_text(sources_digest(), "utf-8")
    _report(out)


def sources_digest() -> str:
    """A digest of all that the site is made of; build/site-parts/sources keeps that of the last build."""
    folders = [_ROOT / "mapper", _HERE, *(_ROOT / name for name in _DATA)]
    files = (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())
    kept = [path for path in files if "__pycache__" not in path.parts]
    named = (f"{path.relative_to(_ROOT).as_posix()} {_digest(path.read_bytes())}\n" for path in kept)
    return _digest("".join(named).encode())


def _run(*command: str | Path, cwd: Path = _ROOT) -> None:
    program = shutil.which(str(command[0]))
    if program is None:
        sys.exit(f"make site: {command[0]} is not on the PATH; install Node 20 or newer, which brings npm")
    ran = subprocess.run([program, *map(str, command[1:])], cwd=cwd, check=False)
    if ran.returncode:
        sys.exit(f"make site: {command[0]} ended with status {ran.returncode}")


def _gather(tree: Path) -> None:
    """The modules and data that the page adds to Python: in `app` and `tzdata`."""
    app = tree / "app"
    for path in modules_needed():
        target = app / path.relative_to(_ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    for path in (_ROOT / "mapper").rglob("*"):
        folder = app / path.relative_to(_ROOT).parent
        if path.is_relative_to(_STATIC):
            continue  # the page's own files, which are beside it
        if path.suffix in (".yaml", ".json", ".md", ".txt") and folder.parent.is_dir():
            folder.mkdir(exist_ok=True)
            shutil.copy(path, folder / path.name)
    for source, target_name in _DATA.items():
        shutil.copytree(_ROOT / source, app / target_name, ignore=shutil.ignore_patterns(*_UNREAD))
    for path in app.rglob("*.json"):
        _write_on_one_line(path)
    _copy_package("pyyaml", "yaml", app)
    _copy_package("tzdata", "tzdata", tree / "tzdata")
    _unpack_wheels(app)


def _write_on_one_line(path: Path) -> None:
    """Write a file of JSON without the indents that only its readers need: the archive is 19 KB smaller."""
    value = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), "utf-8")


def modules_needed() -> list[Path]:
    """The files of this package that the answers of the page can import, those within functions too."""
    files = {_module(path): path for path in sorted((_ROOT / "mapper").rglob("*.py"))}
    waiting = ["mapper.playground.page_answers", *(name for name in files if name.startswith(_WHOLE))]
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in files and name not in needed:
            needed.add(name)
            waiting += _imported(files[name])
            waiting.append(name.rpartition(".")[0])
    return [files[name] for name in sorted(needed)]


def _module(path: Path) -> str:
    return ".".join(path.relative_to(_ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imported(path: Path) -> Iterator[str]:
    """The modules that a module imports, or names in a text to import later; but not for types alone."""
    waiting: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (_room_of(node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield _room_of(f"mapper.{node.value.id}", node.attr)
            yield _room_of(node.value.id, node.attr)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.startswith("mapper.")
            and _module(path) not in _DOORS
        ):
            yield node.value


def _room_of(door: str | None, name: str) -> str:
    """The module that a front door takes a name from; "" for what is no name of one."""
    return _rooms(door).get(name, "") if door in _DOORS else ""


@cache
def _rooms(door: str) -> dict[str, str]:
    """The module of each name of a front door, which imports it once somebody asks."""
    path = _ROOT / (door.replace(".", "/") + (".py" if "." in door else "/__init__.py"))
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_ROOMS":
            return {name: room for room, names in ast.literal_eval(node.value).items() for name in names}
    return {}


def _copy_package(distribution: str, package: str, target: Path) -> None:
    """The files of an installed package that every machine can run."""
    for file in metadata.files(distribution) or ():
        if file.parts[0] == package and file.suffix not in (".so", ".pyd", ".pyx", ".h", ".pyc", ".pyi"):
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(file.locate()), target / file)


def _unpack_wheels(target: Path) -> None:
    """The wheels for browsers in `wheels.lock`, each checked by its hash."""
    wheels = _WORK / "wheels"
    _run(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
        *("--require-hashes", "--only-binary", ":all:", "--platform", "pyemscripten_2026_0_wasm32"),
        *("--python-version", "314", "--implementation", "cp", "--abi", "cp314"),
        *("--dest", wheels, "--requirement", _HERE / "wheels.lock"),
    )
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if not name.endswith(".pyi")]
            archive.extractall(target, [name for name in names if ".dist-info/" not in name])
            archive.extractall(_WORK / "licences", [name for name in names if ".dist-info/" in name])


def _write_notices(path: Path) -> None:
    """Write the notices that the licences of Python's parts ask for."""
    parts = [
        (f"pyodide {_version_of('pyodide')} (MPL-2.0), with CPython (PSF-2.0)", _LICENCE_OF_PYODIDE),
        *((name, _licence_of(name)) for name in ("pyyaml", "tzdata")),
        *(
            (folder.name.removesuffix(".dist-info"), "\n".join(_texts(folder)))
            for folder in sorted((_WORK / "licences").iterdir())
        ),
    ]
    rule = "=" * 78
    path.write_text("".join(f"{rule}\n{name}\n{rule}\n\n{text}\n\n" for name, text in parts), "utf-8")


_LICENCE_OF_PYODIDE = """\
The Python interpreter of this site is Pyodide, unmodified but for modules left out of Python's library.
Its source: https://github.com/pyodide/pyodide. Its licence: https://www.mozilla.org/MPL/2.0/.
The licence of CPython: https://docs.python.org/3/license.html"""


def _version_of(name: str) -> str:
    found: str = json.loads((_MODULES / name / "package.json").read_text("utf-8"))["version"]
    return found


def _licence_of(distribution: str) -> str:
    files = [one for one in metadata.files(distribution) or () if "LICEN" in one.name.upper()]
    return "\n".join(file.read_text() for file in files)


def _texts(folder: Path) -> list[str]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and "LICEN" in path.name.upper())
    return [path.read_text("utf-8") for path in found]


def _write_index(path: Path) -> None:
    """The page, with the policy that a server's header would say, and what registers the service worker."""
    charset = re.compile(r"<meta charset=[^>]*>")
    text = path.read_text("utf-8")
    if len(charset.findall(text)) != 1:
        sys.exit(f"make site: {path.name} must have one <meta charset>")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{CSP}">'
    added = f'\\g<0>\n    {policy}\n    <script type="module" src="site.js"></script>'
    path.write_text(charset.sub(added, text), "utf-8")


def _write_scripts(out: Path) -> None:
    """The scripts: the last one is service-worker.js, which holds the digest of every other file."""
    files = {path.relative_to(out).as_posix(): path for path in sorted(out.rglob("*")) if path.is_file()}
    version = _digest(
        b"".join(path.read_bytes() for path in [*files.values(), *sorted((_HERE / "src").iterdir())])
    )
    # Pyodide asks for its list of packages, of which this site has none.
    lock = json.loads((_MODULES / "pyodide/pyodide-lock.json").read_text("utf-8"))
    _bundle(out, "python", {"LOCK": {"info": lock["info"], "packages": {}}, "VERSION": version})
    _bundle(out, "worker", {})
    _bundle(out, "site", {})
    names = sorted([*files, "python.js", "worker.js", "site.js"])
    kept = {name: _digest((out / name).read_bytes()) for name in names if not name.startswith("NOTICES")}
    _bundle(out, "service-worker", {"VERSION": version, "FILES": kept})


def _bundle(out: Path, name: str, constants: dict[str, object]) -> None:
    _run(
        *(_MODULES / ".bin/esbuild", f"src/{name}.ts", f"--outfile={out / name}.js"),
        *(
            "--bundle",
            "--minify",
            f"--format={'esm' if name == 'python' else 'iife'}",
            "--target=es2022",
            "--charset=utf8",
            "--log-level=warning",
        ),
        *("--external:node:*", "--loader:.py=text", "--legal-comments=none"),
        *(f"--define:{constant}={json.dumps(value)}" for constant, value in constants.items()),
        cwd=_NODE,
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _report(out: Path) -> None:
    sizes = {
        path.relative_to(out).as_posix(): len(gzip.compress(path.read_bytes(), 9, mtime=0))
        for path in out.rglob("*")
        if path.is_file()
    }
    for name, size in sorted(sizes.items(), key=lambda row: -row[1]):
        if size > 10_000:
            print(f"{size / 1000:8,.0f} KB gzip  {name}")
    total = sum(size for name, size in sizes.items() if not name.startswith("NOTICES"))
    print(f"{total / 1000:8,.0f} KB gzip  {out} in all; at most {_MOST_BYTES // 1000:,} KB")
    if total > _MOST_BYTES:
        sys.exit("make site: the site is too large")


if __name__ == "__main__":
    main()
