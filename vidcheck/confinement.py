"""What the decoder's process gives up before it sees the file of a stranger.

On Linux, through Landlock (kernel 5.13, TCP from 6.7): every file but those of Python and the libraries, and the
network. The clip itself comes as an open descriptor. Elsewhere, or on an older kernel, what is left are the limits of
the process and the decoder's own list of formats and protocols.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

# The kernel's numbers, uapi/linux/landlock.h; the system calls have one number on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF, _VERSION, _PATH_BENEATH = 444, 445, 446, 1, 1
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_FILES_OF_ABI = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF}
_FILES_LATEST, _TCP, _SCOPES = 0xFFFF, 0x3, 0x3
_NO_NEW_PRIVS = 38
_SYSTEM = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/localtime",
           "/etc/ld.so.cache", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu", "/dev/urandom")  # fmt: skip


def limit_memory(most_bytes: int) -> None:
    """Let this process allocate no more than that; without effect where the system has no such limit."""
    try:
        import resource
    except ImportError:  # Windows
        return
    kind = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    _, hard = resource.getrlimit(kind)
    wanted = most_bytes if hard == resource.RLIM_INFINITY else min(most_bytes, hard)
    try:
        resource.setrlimit(kind, (wanted, hard))
    except (ValueError, OSError):  # macOS refuses some values
        return


def give_up_files_and_network() -> bool:
    """Keep this thread, and those it starts, from other files and the network; return whether the kernel does so.

    Must run before the process has a second thread. Nothing can be written any more, and no file can grow.
    """
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass
    return sys.platform == "linux" and _landlock()


def _landlock() -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    abi = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    if abi < 1:
        return False
    files = _FILES_OF_ABI.get(abi, _FILES_LATEST)
    numbers = (files,) if abi < 4 else (files, _TCP) if abi < 6 else (files, _TCP, _SCOPES)
    wanted = struct.pack(f"={len(numbers)}Q", *numbers)
    rules = libc.syscall(_CREATE_RULESET, wanted, ctypes.c_size_t(len(wanted)), 0)
    if rules < 0:
        return False
    try:
        for folder in _readable():
            _allow(libc, rules, folder, _READ_FILE | (_READ_DIR if folder.is_dir() else 0))
        _allow(libc, rules, Path(os.devnull), _READ_FILE | _WRITE_FILE)
        if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            return False
        return bool(libc.syscall(_RESTRICT_SELF, rules, 0) == 0)
    finally:
        os.close(rules)


def _readable() -> set[Path]:
    """Folders of Python and of the installed packages, this one, and what the system's libraries look at."""
    packages = [Path(entry) for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    places = [Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parent, *packages, *map(Path, _SYSTEM)]
    # A Python of the system has the prefix /usr, which holds more than Python.
    return {place.resolve() for place in places if place.exists() and place.resolve() not in (Path("/"), Path("/usr"))}


def _allow(libc: ctypes.CDLL, rules: int, place: Path, access: int) -> None:
    descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
    try:
        libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", access, descriptor), 0)
    finally:
        os.close(descriptor)
