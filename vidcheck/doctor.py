"""What is installed, which models, which acceleration, and what to do about what is missing."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vidcheck import errors, weights
from vidcheck.types import Words

State = Literal["ok", "note", "bad"]

# Import names where they differ from the distribution's; what is not imported here is only looked up.
_IMPORTS = {
    "av": "av",
    "ffmpeg-python": "ffmpeg",
    "numpy": "numpy",
    "opencv-python-headless": "cv2",
    "openvino": "openvino",
    "pillow-heif": "pillow_heif",
    "rapidocr": "rapidocr",
    "typst": "typst",
    "ultralytics-opencv-headless": "ultralytics",
}
_LITTLE_SPACE_BYTES = 2 * 1024**3
_FEW_BYTES_OF_MEMORY = 3 * 1024**3


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    """What was looked at."""
    state: State
    """``note`` is worth knowing and stops nothing; ``bad`` stops an analysis or a part of it."""
    found: str
    """What is there."""
    remedy: Words | None = None
    """What to do, or None where nothing needs doing."""
    exit_code: int = errors.EXIT_OK
    """Exit code of what is wrong; 0 unless ``bad``."""


def examine(workdir: Path) -> tuple[Check, ...]:
    """Look at this installation.

    Parameters
    ----------
    workdir:
        Folder of the step cache.
    """
    return (
        *_libraries(),
        *_extras(),
        *_one_of_each(),
        _ffmpeg(),
        *_models(),
        *_acceleration(),
        _memory(),
        _folder("cache", workdir),
        _folder("temporary files", Path(tempfile.gettempdir())),
    )


def exit_code(checks: tuple[Check, ...]) -> int:
    """Return the exit code of the gravest finding; a missing model comes before a missing library."""
    codes = {check.exit_code for check in checks if check.state == "bad"}
    return next((code for code in (errors.EXIT_MODEL, errors.EXIT_DEPENDENCY, errors.EXIT_INPUT) if code in codes), 0)


def _again() -> Words:
    return Words("Pasang ulang: pip install vidcheck", "Install again: pip install vidcheck")


def _libraries() -> Iterator[Check]:
    yield Check("python", "ok", f"{platform.python_version()}, {platform.system()} {platform.machine()}")
    for name, module in _IMPORTS.items():
        try:
            version = importlib.metadata.version(name)
            importlib.import_module(module)
        except importlib.metadata.PackageNotFoundError:
            yield Check(name, "bad", "not installed", _again(), errors.EXIT_DEPENDENCY)
        except Exception as error:  # a broken native library raises whatever it likes
            said = " ".join(str(error).split())[:120]
            yield Check(name, "bad", f"cannot be loaded: {said}", _again(), errors.EXIT_DEPENDENCY)
        else:
            yield Check(name, "ok", version)


def _extras() -> Iterator[Check]:
    """Optional sets of packages, as the package itself declares them."""
    try:
        own = importlib.metadata.metadata("vidcheck")
        required = importlib.metadata.requires("vidcheck") or []
    except importlib.metadata.PackageNotFoundError:
        return
    for extra in own.get_all("Provides-Extra") or []:
        if extra in ("test", "check", "train"):
            continue  # for those who work on vidcheck, not with it
        wanted = [
            match.group(0)
            for line in required
            if re.search(rf"extra\s*==\s*['\"]{re.escape(extra)}['\"]", line) and (match := re.match(r"[\w.-]+", line))
        ]
        missing = [name for name in wanted if not _is_installed(name)]
        if missing:
            how = f"pip install 'vidcheck[{extra}]'"
            remedy = Words(f"Bila diperlukan: {how}", f"If you need it: {how}")
            yield Check(f"extra {extra}", "note", f"without {', '.join(missing)}", remedy)
        else:
            yield Check(f"extra {extra}", "ok", "installed")


def _is_installed(distribution: str) -> bool:
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _one_of_each() -> Iterator[Check]:
    names = {(d.metadata["Name"] or "").lower() for d in importlib.metadata.distributions()}
    for what, ours, others in (
        ("OpenCV", "opencv-python-headless", {n for n in names if n.startswith("opencv-")}),
        ("ultralytics", "ultralytics-opencv-headless", names & {"ultralytics"}),
    ):
        too_many = sorted(others - {ours})
        if too_many:
            how = f"pip uninstall {' '.join(too_many)}; pip install --force-reinstall --no-deps {ours}"
            remedy = Words(f"Satu saja yang boleh terpasang: {how}", f"Keep only one: {how}")
            yield Check(f"one {what}", "bad", ", ".join([ours, *too_many]), remedy, errors.EXIT_DEPENDENCY)


def _ffmpeg() -> Check:
    from vidcheck import encode

    try:
        return Check("ffmpeg", "ok", Path(encode.ffmpeg_binary()).name)
    except errors.DependencyError as error:
        return Check("ffmpeg", "bad", error.message, _again(), errors.EXIT_DEPENDENCY)


def _models() -> Iterator[Check]:
    for name, entry in weights.registry().items():
        if weights.find(name) is None:
            if "url" in entry:
                how = f"vidcheck models fetch {name}"
                remedy = Words(
                    f"Bila ada jaringan dan lisensinya sesuai: {how}",
                    f"Where there is a network and it may be used: {how}",
                )
                yield Check(f"model {name}", "note", "not here; our own detector is used", remedy)
            else:
                yield Check(f"model {name}", "bad", "missing", _again(), errors.EXIT_MODEL)
            continue
        try:
            yield Check(f"model {name}", "ok", weights.resolve(name).sha256[:16])
        except errors.ModelError as error:
            remedy = Words(
                f"Periksa: vidcheck models verify. {_again().id}", f"See: vidcheck models verify. {_again().en}"
            )
            yield Check(f"model {name}", "bad", error.message, remedy, errors.EXIT_MODEL)


def _acceleration() -> Iterator[Check]:
    try:
        import openvino

        core = openvino.Core()
        for device in core.available_devices:
            name = str(core.get_property(device, "FULL_DEVICE_NAME"))
            yield Check(f"device {device}", "ok", f"{' '.join(name.split())}, {os.cpu_count()} threads")
    except Exception as error:  # said above already if the library is broken
        yield Check("device", "bad", " ".join(str(error).split())[:120], _again(), errors.EXIT_DEPENDENCY)


def _memory() -> Check:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not on every system
        return Check("memory", "note", "not known")
    found = f"{total / 1024**3:.1f} GiB"
    if total < _FEW_BYTES_OF_MEMORY:
        remedy = Words(
            "Satu analisis memerlukan sekitar 2 GiB; tutup program lain.",
            "One analysis needs about 2 GiB; close other programs.",
        )
        return Check("memory", "note", found, remedy)
    return Check("memory", "ok", found)


def _folder(name: str, folder: Path) -> Check:
    """Whether a folder can be written to, and how much room is left; a folder not made yet is judged by its parent."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(there, os.W_OK):
        remedy = Words(
            "Pilih folder lain, misalnya lewat VIDCHECK_WORKDIR.",
            "Choose another folder, for example by VIDCHECK_WORKDIR.",
        )
        return Check(name, "bad", f"{folder}: cannot be written to", remedy, errors.EXIT_INPUT)
    free = shutil.disk_usage(there).free
    found = f"{folder}, {free / 1024**3:.1f} GiB free"
    if free < _LITTLE_SPACE_BYTES:
        remedy = Words("Kosongkan ruang cakram.", "Make room on the disk.")
        return Check(name, "note", found, remedy)
    return Check(name, "ok", found)
