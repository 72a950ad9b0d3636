"""Records of bytes that a pass over a clip leaves behind: the newest in memory, the older in a temporary file.

So an hour of frames takes no more memory than ten minutes, unless the system's temporary folder is itself in memory.
The file has no name, where the system allows that, and is gone with the process. Pictures of people are among the
records: what is written is encrypted (AES-256-GCM, NIST SP 800-38D) with a key that is never written anywhere.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import threading
from array import array
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_SHARE_OF_FREE = 0.25  # of the disk


class SpilledRecords:
    """A list of bytes that grows and is read by position. Threads may share it.

    Parameters
    ----------
    in_memory:
        Bytes from which on what was added is written to the file.
    most:
        Bytes that the file may take, at most; never more than a quarter of what is free on its disk.
    """

    def __init__(self, in_memory: int, most: int | None = None) -> None:
        self._in_memory, self._most = in_memory, most
        self._newest: list[bytes] = []
        self._held = 0
        self._file: io.FileIO | None = None
        self._ends = array("Q")  # where each record in the file ends
        self._cipher: AESGCM | None = None
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

    def write(self, record: bytes) -> int | None:
        """Add a record to the file at once and return its position, or None where the file takes no more."""
        with self._lock:
            self._newest.append(record)
            if self._may_write:
                self._write()
            if not self._newest:
                return len(self._ends) - 1
            self._newest.pop()
            return None

    def __getitem__(self, position: int) -> bytes:
        """Return the record at a position, counted from 0.

        Raises
        ------
        OSError
            Where the file does not hold what was written to it.
        """
        with self._lock:
            if position >= len(self._ends) or self._file is None or self._cipher is None:
                return self._newest[position - len(self._ends)]
            start = self._ends[position - 1] if position else 0
            self._file.seek(start)
            sealed = _read(self._file, self._ends[position] - start)
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(_nonce(position), sealed, None)
        except InvalidTag as error:
            raise OSError("a temporary file holds something else than what was written to it") from error

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
        start, first = self._ends[-1] if self._ends else 0, len(self._ends)
        try:
            if self._file is None or self._cipher is None:
                from cryptography.hazmat.primitives.ciphers.aead import AESGCM

                free = shutil.disk_usage(tempfile.gettempdir()).free * _SHARE_OF_FREE
                self._most = int(free if self._most is None else min(free, self._most))
                self._cipher = AESGCM(AESGCM.generate_key(256))
                # Unbuffered: what a full disk has refused must not wait in a buffer and fail every later call.
                self._file = tempfile.TemporaryFile(prefix="vidcheck-", buffering=0)  # noqa: SIM115 - for close()
            sealed = [self._cipher.encrypt(_nonce(first + n), r, None) for n, r in enumerate(self._newest)]
            if self._most is not None and start + sum(map(len, sealed)) > self._most:
                self._may_write = False
                return
            self._file.seek(start)
            rest = memoryview(b"".join(sealed))
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            # A full or closed disk is no reason to fail: what is new stays in memory.
            self._may_write = False
            with suppress(OSError):
                if self._file is not None:
                    self._file.truncate(start)  # what was half written is given back
            return
        for record in sealed:
            start += len(record)
            self._ends.append(start)
        self._newest, self._held = [], 0


def _nonce(position: int) -> bytes:
    # Each record is encrypted once, and each file has a key of its own: no nonce is used twice with a key.
    return position.to_bytes(12, "big")


def _read(file: io.FileIO, length: int) -> bytes:
    parts = []
    while length > 0:
        part = file.read(length)
        if not part:
            raise OSError("a temporary file is shorter than what was written to it")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
