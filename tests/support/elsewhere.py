"""Runs `mapper` as on a system that lacks what is POSIX alone: python tests/support/elsewhere.py COMMAND ...

It takes away what Python for Windows does not have, before anything of the project is imported.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

MISSING = {
    os: (
        *("O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_SYNC", "O_DSYNC"),
        *(
            "fchown",
            "fchmod",
            "chown",
            "lchown",
            "geteuid",
            "getuid",
            "getegid",
            "getgid",
            "getgroups",
            "fork",
        ),
        *("forkpty", "wait", "wait3", "wait4", "WNOHANG", "setsid", "killpg", "getpgid", "mkfifo", "uname"),
        *("sched_getaffinity", "set_blocking", "pread", "pwrite", "posix_fallocate", "sendfile", "fdatasync"),
        *("statvfs", "getloadavg", "nice", "openpty", "sysconf", "confstr", "register_at_fork"),
    ),
    signal: (
        *("SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"),
        *("alarm", "setitimer", "pthread_sigmask", "sigwait", "pause", "SIG_BLOCK"),
    ),
}
_MODULES = ("fcntl", "grp", "pwd", "resource", "termios", "tty", "pty", "syslog")


def _without_descriptors(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that takes names alone, as where a folder cannot be opened."""

    def named(path: Any, *given: Any, **by_name: Any) -> Any:
        for name in ("dir_fd", "src_dir_fd", "dst_dir_fd"):
            if by_name.pop(name, None) is not None:
                raise NotImplementedError(f"{name} unavailable on this platform")
        if isinstance(path, int) and function.__name__ in ("listdir", "scandir", "utime", "chmod"):
            raise TypeError(f"{function.__name__}: path should be string, bytes or os.PathLike, not int")
        if function.__name__ == "open" and stat.S_ISDIR(_mode(path)):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return function(path, *given, **by_name)

    named.__name__ = function.__name__
    return named


_stat = os.stat


def _mode(path: Any) -> int:
    try:
        return _stat(path).st_mode
    except OSError:
        return 0


def take_away() -> None:
    """Let this process lack it all."""
    # What the standard library itself imports by the name of the system it is on.
    import asyncio
    import shutil

    # Windows has `shutil.disk_usage` by other means than `os.statvfs`.
    usage = shutil.disk_usage("/")
    vars(shutil)["disk_usage"] = lambda path: usage
    for module, names in MISSING.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    for name in (
        "open",
        "stat",
        "lstat",
        "unlink",
        "remove",
        "replace",
        "rename",
        "mkdir",
        "listdir",
        "utime",
        "chmod",
    ):
        setattr(os, name, _without_descriptors(getattr(os, name)))
    for supported in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
        supported.clear()
    modules: dict[str, Any] = sys.modules
    for module_name in _MODULES:
        modules[module_name] = None
    vars(asyncio).pop("unix_events", None)
    vars(shutil)["_use_fd_functions"] = False


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[2])
    take_away()
    from mapper.__main__ import main

    sys.argv[0] = "mapper"
    main()
