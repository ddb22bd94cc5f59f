"""Space on the disk that is kept for settling: what is delivered can be said to be so also on a full disk."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_BYTES = 8 * 2**20
_SHARE = 2
"""At most this part of the space that is free."""
_LEAST = 64 * 2**10
_FILE_MODE = 0o600


@dataclass(frozen=True, slots=True)
class Ballast:
    """A file of zeros beside an outbox, which is thrown away when there is no other space."""

    path: Path

    def lay(self) -> None:
        """Take the space, if there is some to spare, as far as the platform tells."""
        with suppress(OSError, AttributeError):
            if self.path.exists():
                return
            size = min(_BYTES, shutil.disk_usage(self.path.parent).free // _SHARE)
            if size >= _LEAST:
                self._fill(size)

    def _fill(self, size: int) -> None:
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
            with open(descriptor, "wb") as file:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(descriptor, 0, size)
                else:
                    file.write(bytes(size))
        except OSError:
            self.throw()

    def throw(self) -> bool:
        """Give the space back; whether there was some."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True
