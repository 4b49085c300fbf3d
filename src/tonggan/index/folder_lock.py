"""One process holds an index folder; a second one is told who."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from tonggan.errors import ConflictError, NotReadyError

NAME = "LOCK"
"""The file that is locked; it holds the process id of the holder and means nothing by being there."""


class FolderLock:
    """An exclusive lock on a folder, held until `release` or the end of the process."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._is_held = True
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip()
            self._drop()
            raise ConflictError(
                f"The index is held by process {holder or 'unknown'}.", remedy="Stop it, or ask it over HTTP."
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def check_held(self) -> None:
        """Raise NotReadyError once the lock was released."""
        if not self._is_held:
            raise NotReadyError("The index is closed.", remedy="Open it again.")

    def release(self) -> None:
        """Let others have the folder; releasing twice is fine."""
        if self._is_held:
            self._drop()

    def _drop(self) -> None:
        self._is_held = False
        os.close(self._descriptor)
