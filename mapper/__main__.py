"""The command `mapper`, also as `python -m mapper`: nothing is loaded before Ctrl-C ends it quietly."""

import os
import signal
import sys

# As shells count a process that a signal ended. `send` alone tells the two apart.
_INTERRUPTED, _TERMINATED = 130, 143
_HANGUP: int | None = getattr(signal, "SIGHUP", None)  # Windows has none
# A supervisor ends these, which is no failure, also while they load.
_SERVICES = ("serve", "consume", "deliver")


def _end(number: int, frame: object) -> None:
    """End at once: an exception could be lost on the way, and nothing is there yet to be tidied up."""
    command = _command() if number != signal.SIGINT else ""
    is_service = command in _SERVICES and "--once" not in sys.argv
    if is_service and number == _HANGUP:
        return  # it reads its files in a moment
    os.write(2, b"mapper: interrupted\n")
    if is_service:
        os._exit(0)
    os._exit(_TERMINATED if command == "send" else _INTERRUPTED)


def _command() -> str:
    """The name of the command that is called; options may come before it."""
    words = iter(sys.argv[1:])
    for word in words:
        if word == "--color":
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


def main() -> None:
    """Load the command line and run it."""
    for number in (signal.SIGINT, signal.SIGTERM, _HANGUP):
        if number is None:
            continue
        if signal.getsignal(number) is not signal.SIG_IGN:  # as of a process that runs in the background
            signal.signal(number, _end)
    from mapper.cli import main as run

    run()


if __name__ == "__main__":
    main()
