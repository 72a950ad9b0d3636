"""A folder is replaced whole or not at all, by one writer at a time, and what a killed writer left is put in order.

The new folder is built beside its place and exchanged with the old one: in one step where the kernel can, otherwise the
old one steps aside first, and :func:`locked` puts it back if nobody came to finish.
"""

from __future__ import annotations

import ctypes
import glob
import hashlib
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vidcheck.errors import OutputError
from vidcheck.store import output_error

_LOCK_S = 60.0  # a report takes seconds to write; a writer that holds the lock longer hangs
_STAGE, _ASIDE = ".vidcheck-", ".vidcheck-old-"
_AT_FDCWD, _EXCHANGE = -100, 2  # renameat2(2)


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Keep other writers of a folder waiting; the lock lies beside it, and one of a process that died is taken over.

    Raises
    ------
    OutputError
        Where another writer holds it too long, or it cannot be made.
    """
    from filelock import SoftFileLock, Timeout

    lock = SoftFileLock(target.parent / f".{target.name}.vidcheck-lock", timeout=_LOCK_S)
    try:
        lock.acquire()
    except Timeout as error:
        raise OutputError(
            f"{target} is being written by another vidcheck.", f"Wait, or remove {lock.lock_file} if none runs."
        ) from error
    except OSError as error:
        raise output_error(target, error) from error
    try:
        _put_in_order(target)
        yield
    finally:
        lock.release()


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Give a folder beside ``target`` that becomes ``target`` if all goes well, and is removed if not.

    Raises
    ------
    OutputError
        Where it cannot be written.
    """
    try:
        stage = Path(tempfile.mkdtemp(dir=target.parent, prefix=f"{_STAGE}{os.getpid()}-{_machine()}-"))
    except OSError as error:
        raise output_error(target, error) from error
    try:
        yield stage
        stage.chmod(0o755)
        _replace(stage, target)
    except OSError as error:
        raise output_error(target, error) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _replace(stage: Path, target: Path) -> None:
    if not target.exists():
        stage.rename(target)
    elif not _exchanged(stage, target):
        aside = Path(tempfile.mkdtemp(dir=target.parent, prefix=_ASIDE)) / target.name
        target.rename(aside)
        try:
            stage.rename(target)
        except OSError:
            aside.rename(target)
            raise
        finally:
            shutil.rmtree(aside.parent, ignore_errors=True)


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; return False where the system or the disk cannot."""
    if sys.platform != "linux":
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0)


def _put_in_order(target: Path) -> None:
    """Bring back a folder that had stepped aside, and remove what processes that are gone were building."""
    import psutil

    for aside in target.parent.glob(f"{_ASIDE}*/{glob.escape(target.name)}"):
        if not target.exists():
            aside.rename(target)
        shutil.rmtree(aside.parent, ignore_errors=True)
    for stage in target.parent.glob(f"{_STAGE}*-{_machine()}-*"):
        pid = stage.name.removeprefix(_STAGE).split("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            with suppress(OSError):
                shutil.rmtree(stage)


def _machine() -> str:
    """Process ids mean nothing on another machine that writes to the same folder."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
