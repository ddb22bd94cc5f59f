"""The command `mapper`, also as `python -m mapper`: nothing is loaded before Ctrl-C ends it quietly."""

import os
import signal
import sys

# As shells count a process that a signal ended. `send` alone tells the two apart.
_INTERRUPTED, _TERMINATED = 130, 143
# A supervisor ends these, which is no failure, also while they load.
_SERVICES = ("serve", "consume", "deliver")


def _end(number: int, frame: object) -> None:
    """End at once: an exception could be lost on the way, and nothing is there yet to be tidied up."""
    os.write(2, b"mapper: interrupted\n")
    command = sys.argv[1] if number == signal.SIGTERM and len(sys.argv) > 1 else ""
    if command in _SERVICES and "--once" not in sys.argv:
        os._exit(0)
    os._exit(_TERMINATED if command == "send" else _INTERRUPTED)


def main() -> None:
    """Load the command line and run it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as of a process that runs in the background
            signal.signal(number, _end)
    from mapper.cli import main as run

    run()


if __name__ == "__main__":
    main()
