"""Records of bytes that a pass over a clip leaves behind: the newest in memory, the older in a temporary file.

So an hour of frames takes no more memory than ten minutes. The file has no name and is gone with the process.
"""

from __future__ import annotations

import tempfile
import threading
from array import array
from typing import BinaryIO, cast


class SpilledRecords:
    """A list of bytes that grows and is read by position. Threads may share it.

    Parameters
    ----------
    in_memory:
        Bytes from which on what was added is written to the file.
    """

    def __init__(self, in_memory: int) -> None:
        self._in_memory = in_memory
        self._newest: list[bytes] = []
        self._held = 0
        self._file: BinaryIO | None = None
        self._ends = array("Q")  # where each record in the file ends
        self._may_write = True
        self._lock = threading.Lock()

    def __len__(self) -> int:
        with self._lock:
            return len(self._ends) + len(self._newest)

    def append(self, record: bytes) -> int:
        """Add a record and return its position."""
        with self._lock:
            self._newest.append(record)
            self._held += len(record)
            position = len(self._ends) + len(self._newest) - 1
            if self._may_write and self._held >= self._in_memory:
                self._write()
            return position

    def __getitem__(self, position: int) -> bytes:
        """Return the record at a position, counted from 0."""
        with self._lock:
            if position >= len(self._ends) or self._file is None:
                return self._newest[position - len(self._ends)]
            start = self._ends[position - 1] if position else 0
            self._file.seek(start)
            return self._file.read(self._ends[position] - start)

    def close(self) -> None:
        """Give memory and file back; nothing can be read afterwards."""
        with self._lock:
            self._newest, self._held, self._may_write = [], 0, False
            if self._file is not None:
                self._file.close()

    def _write(self) -> None:
        start = self._ends[-1] if self._ends else 0
        try:
            if self._file is None:
                self._file = cast(BinaryIO, tempfile.TemporaryFile(prefix="vidcheck-"))  # noqa: SIM115 - for close()
            self._file.seek(start)
            self._file.write(b"".join(self._newest))
            self._file.flush()
        except OSError:
            # A full or closed disk is no reason to fail: what is new stays in memory.
            self._may_write = False
            return
        for record in self._newest:
            start += len(record)
            self._ends.append(start)
        self._newest, self._held = [], 0
