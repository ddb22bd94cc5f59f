"""The command `mapper`, also as `python -m mapper`: nothing is loaded before Ctrl-C ends it quietly."""

import os

# As shells count a process that SIGINT ended.
_INTERRUPTED = 130


def main() -> None:
    """Load the command line and run it."""
    try:
        from mapper.cli import main as run

        run()
    except KeyboardInterrupt:
        os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
