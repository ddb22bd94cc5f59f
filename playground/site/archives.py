"""Python sources -> what the page loads, compiled. Run by `compile.mjs` in Pyodide, on Python's library.

/stdlib.zip: Pyodide's own. /tree/app and /tree/tzdata: what the page adds. Writes /python_stdlib.zip and
/app.bin. The same sources give the same bytes.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Iterable
from importlib._bootstrap_external import _code_to_hash_pyc  # type: ignore[attr-defined]  # not public; Pyodide is pinned
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

# Of Python's library: what asks for a terminal, a socket, a process or a display, and other formats.
_LEFT_OUT = (
    *("_aix_support", "_android_support", "_apple_support", "_ios_support", "_osx_support", "_pyrepl/"),
    *(
        "antigravity",
        "argparse",
        "asyncio/proactor_events",
        "asyncio/windows_",
        "bdb.",
        "cProfile",
        "cmd.",
        "code.",
        "colorsys",
    ),
    *(
        "compileall",
        "configparser",
        "ctypes/",
        "curses/",
        "dbm/",
        "doctest",
        "ensurepip/",
        "filecmp",
        "fileinput",
    ),
    *(
        "ftplib",
        "getopt",
        "getpass",
        "html/",
        "http/",
        "idlelib/",
        "imaplib",
        "mailbox",
        "mimetypes",
        "modulefinder",
    ),
    *(
        "multiprocessing/",
        "netrc",
        "nturl2path",
        "optparse",
        "pdb.",
        "pickletools",
        "plistlib",
        "poplib",
        "profile",
    ),
    *(
        "pstats",
        "pty.",
        "py_compile",
        "pyclbr",
        "pydoc",
        "rlcompleter",
        "sched",
        "shelve",
        "smtplib",
        "socketserver",
        "statistics",
    ),
    *(
        "sqlite3/",
        "symtable",
        "tabnanny",
        "tarfile",
        "this.",
        "timeit",
        "tkinter/",
        "tomllib/",
        "trace.",
        "tracemalloc",
    ),
    *(
        "tty.",
        "turtle",
        "unittest/",
        "urllib/request",
        "urllib/robotparser",
        "venv/",
        "wave",
        "webbrowser",
        "wsgiref/",
    ),
    *("xml/", "xmlrpc/", "zipapp", "_pydatetime", "_pyio", "_pydecimal", "site-packages/", "logging/config"),
    *(
        "logging/handlers",
        "concurrent/futures/process",
        "concurrent/interpreters/",
        "email/mime/",
        "pyodide/console",
    ),
    # Encodings of texts that no browser hands on: it decodes them itself.
    *("encodings/big5", "encodings/cp0", "encodings/cp10", "encodings/cp11", "encodings/cp1250"),
    *("encodings/cp1251", "encodings/cp1253", "encodings/cp1254", "encodings/cp1255", "encodings/cp1256"),
    *("encodings/cp1257", "encodings/cp1258", "encodings/cp273", "encodings/cp424", "encodings/cp5"),
    *("encodings/cp7", "encodings/cp8", "encodings/cp9", "encodings/euc_", "encodings/gb", "encodings/hp_"),
    *("encodings/hz", "encodings/iso", "encodings/johab", "encodings/koi8", "encodings/kz", "encodings/mac"),
    *("encodings/palmos", "encodings/ptcp", "encodings/shift_", "encodings/tis"),
)
# Whose docstrings the page shows. Those of other modules, a tenth of the bytes, are left out, as asserts are.
_DOCUMENTED = ("mapper/runtime/", "mapper/transforms/")
_NO_DATE = (1980, 1, 1, 0, 0, 0)


def compiled(name: str, source: bytes, where: str, optimize: int) -> bytes:
    """The bytes of a compiled module. They are never compared with a source."""
    code = compile(source, f"{where}/{name}", "exec", dont_inherit=True, optimize=optimize)
    made: bytes = _code_to_hash_pyc(code, bytes(8), False)
    return made


def archive_of(files: Iterable[tuple[str, bytes]], compression: int) -> bytes:
    """A zip archive of files by their names."""
    made = io.BytesIO()
    with ZipFile(made, "w") as archive:
        for name, content in sorted(files):
            archive.writestr(ZipInfo(name, _NO_DATE), content, compression, 9)
    return made.getvalue()


def bundle_of(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Files in one stream of gzip, a sixth smaller than a zip archive: a line of JSON, then their contents.

    The line has the name and the size of each file. Files of one kind are next to each other.
    """
    ordered = sorted(files, key=lambda file: (file[0].rpartition(".")[2], file[0]))
    line = json.dumps([[name, len(content)] for name, content in ordered], separators=(",", ":"))
    content = b"".join([line.encode(), b"\n", *(content for _, content in ordered)])
    return gzip.compress(content, 9, mtime=0)


def library_files() -> Iterable[tuple[str, bytes]]:
    """Python's library. Modules that a start loads are compiled; others are smaller as they are written."""
    loaded = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
    with ZipFile("/stdlib.zip") as archive:
        for name in archive.namelist():
            if name.startswith(_LEFT_OUT) or not name.endswith(".py"):
                continue
            source = archive.read(name)
            if any(path.endswith(f".zip/{name}") for path in loaded):
                yield f"{name}c", compiled(name, source, "/lib", 2)
            else:
                yield name, source


def tree_files(folder: str) -> Iterable[tuple[str, bytes]]:
    """The files in a folder, modules compiled."""
    for path in Path(folder).rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".py":
            optimize = 0 if name.startswith(_DOCUMENTED) else 2
            yield f"{name}c", compiled(name, path.read_bytes(), "/app", optimize)
        elif path.is_file():
            yield name, path.read_bytes()


def load_what_a_start_loads() -> None:
    """Import what the page imports, and answer once, so that `library_files` knows these modules."""
    sys.path[:0] = ["/tree/app", "/tree/tzdata"]
    from mapper.playground.page_answers import Session

    session = Session.of_texts()
    example = session.answer({"ask": "start"})["examples"][0]["name"]
    opened = session.answer({"ask": "example", "name": example})
    about = {name: opened[name] for name in ("mapping", "files", "samples")}
    session.answer({"ask": "live", **about, "chosen": 0, "reveal": False})


if __name__ == "__main__":
    load_what_a_start_loads()
    Path("/python_stdlib.zip").write_bytes(archive_of(library_files(), ZIP_DEFLATED))
    # Few of the six hundred zones are read, so these stay together.
    zones = ("tzdata.zip", archive_of(tree_files("/tree/tzdata"), ZIP_STORED))
    Path("/app.bin").write_bytes(bundle_of([*tree_files("/tree/app"), zones]))
