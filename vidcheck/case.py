"""Write the case folder of one clip: pictures, analysis.json, report.html, report.pdf, manifest.json.

The folder is built beside its final place and moved there when it is whole, so that a full disk or an
interruption leaves either the old folder or none.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vidcheck import media, pictures, report, store
from vidcheck.errors import InputError, OutputError
from vidcheck.types import Analysis

_LONGEST_NAME_BYTES = 120


def folder_name(file_name: str) -> str:
    """Return the stem of a file name as a safe folder name.

    No separators, control characters or leading dots, at most 120 bytes; never empty.
    """
    stem = Path(file_name).stem
    kept = "".join("_" if unicodedata.category(c)[0] == "C" or c in '/\\:*?"<>|' else c for c in stem)
    kept = kept.strip().lstrip(".")
    while len(kept.encode()) > _LONGEST_NAME_BYTES:
        kept = kept[:-1]
    return kept.strip() or "clip"


def check_place(out: Path, file_name: str, sha256: str) -> Path:
    """Return the case folder for a clip, before anything costly is done.

    Raises
    ------
    OutputError
        Where it exists and belongs to another clip, or cannot be made.
    """
    target = out / folder_name(file_name)
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not out.is_dir() or not os.access(out, os.W_OK):
            raise PermissionError(13, "no permission")
        occupied = target.exists() and (not target.is_dir() or any(target.iterdir()))
    except OSError as error:
        raise store.output_error(out, error) from error
    if occupied and _clip_of(target) != sha256:
        raise OutputError(
            f"{target} exists and does not belong to this clip.",
            "Choose another folder with -o, or move it away.",
        )
    return target


def _clip_of(folder: Path) -> str | None:
    """Hash of the clip that a case folder was made from, or None where it is no case folder."""
    try:
        analysis: Analysis = store.from_json((folder / store.ANALYSIS).read_bytes())
    except (OSError, InputError):
        return None
    return analysis.source.sha256


def write_case(analysis: Analysis, clip_path: Path, out: Path, *, lang: str) -> Path:
    """Write the case folder and return its path; a folder of the same clip is replaced.

    Parameters
    ----------
    analysis:
        What was found.
    clip_path:
        The clip, for the pictures.
    out:
        Folder in which the case folder is made.
    lang:
        ``id`` or ``en``.

    Raises
    ------
    OutputError
        Where it cannot be written, or belongs to another clip.
    """
    target = check_place(out, analysis.source.path, analysis.source.sha256)
    with _staged(target) as folder:
        with media.open_clip(clip_path) as clip:
            complete = pictures.save_pictures(clip, analysis, folder)
        store.write_atomic(folder / store.ANALYSIS, store.to_json(complete))
        report.write_report(complete, folder, lang=lang, clip_path=clip_path)
        source = complete.source
        store.write_manifest(folder, {"path": source.path, "sha256": source.sha256, "size_bytes": source.size_bytes})
    return target


@contextmanager
def _staged(target: Path) -> Iterator[Path]:
    """Give a folder beside ``target`` that becomes ``target`` if all goes well, and is removed if not."""
    try:
        stage = Path(tempfile.mkdtemp(dir=target.parent, prefix=".vidcheck-"))
    except OSError as error:
        raise store.output_error(target, error) from error
    try:
        yield stage
        stage.chmod(0o755)
        _swap(stage, target)
    except OSError as error:
        raise store.output_error(target, error) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _swap(stage: Path, target: Path) -> None:
    if not target.exists():
        stage.rename(target)
        return
    # Folders cannot be exchanged in one step everywhere: the old one steps aside first.
    aside = Path(tempfile.mkdtemp(dir=target.parent, prefix=".vidcheck-old-")) / target.name
    target.rename(aside)
    try:
        stage.rename(target)
    except OSError:
        aside.rename(target)
        raise
    finally:
        shutil.rmtree(aside.parent, ignore_errors=True)
