"""Records of bytes that a pass over a clip leaves behind: the newest in memory, the older in a temporary file.

So an hour of frames takes no more memory than ten minutes, unless the system's temporary folder is itself in memory.
The file has no name, where the system allows that, and is gone with the process.
"""

from __future__ import annotations

import io
import tempfile
import threading
from array import array
from contextlib import suppress


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
        self._file: io.FileIO | None = None
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
            return _read(self._file, self._ends[position] - start)

    def close(self) -> None:
        """Give memory and file back; nothing can be read afterwards."""
        with self._lock:
            self._newest, self._held, self._may_write = [], 0, False
            if self._file is not None:
                with suppress(OSError):
                    self._file.close()

    def __del__(self) -> None:
        self.close()

    def _write(self) -> None:
        start = self._ends[-1] if self._ends else 0
        try:
            if self._file is None:
                # Unbuffered: what a full disk has refused must not wait in a buffer and fail every later call.
                self._file = tempfile.TemporaryFile(prefix="vidcheck-", buffering=0)  # noqa: SIM115 - for close()
            self._file.seek(start)
            rest = memoryview(b"".join(self._newest))
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            # A full or closed disk is no reason to fail: what is new stays in memory.
            self._may_write = False
            return
        for record in self._newest:
            start += len(record)
            self._ends.append(start)
        self._newest, self._held = [], 0


def _read(file: io.FileIO, length: int) -> bytes:
    parts = []
    while length > 0:
        part = file.read(length)
        if not part:
            raise OSError("a temporary file is shorter than what was written to it")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
