"""Write the case folder of one clip: pictures, analysis.json, report.html, report.pdf, manifest.json.

The folder is built beside its final place and moved there when it is whole (:mod:`vidcheck.staging`), so that a full
disk or an interruption leaves either the old folder or none. Human decisions are kept when it is built again, and added
in the same way.
"""

from __future__ import annotations

import os
import unicodedata
from dataclasses import asdict, replace
from pathlib import Path

from vidcheck import case_uco, clip_copy, decisions, frame_hashes, intake, media, pictures, redact, report, store
from vidcheck.errors import InputError, OutputError
from vidcheck.kept_views import KeptPixels
from vidcheck.staging import locked, staged
from vidcheck.types import Analysis

_LONGEST_NAME_BYTES = 120


def folder_name(file_name: str) -> str:
    """Return the stem of a file name as a safe folder name.

    No separators, control characters or leading dots, at most 120 bytes; never empty.

    >>> folder_name("WhatsApp Video 2026-01-12.mp4"), folder_name("../a:b.mp4"), folder_name("...")
    ('WhatsApp Video 2026-01-12', 'a_b', 'clip')
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
    if occupied:
        decisions.intact(target, sha256)
    return target


def _clip_of(folder: Path) -> str | None:
    """Hash of the clip that a case folder was made from, or None where it is no case folder."""
    try:
        return read_case(folder).source.sha256
    except InputError:
        return None


def read_case(folder: Path) -> Analysis:
    """Return the analysis that lies in a case folder.

    Raises
    ------
    InputError
        Where there is none.
    """
    try:
        analysis: Analysis = store.from_json((folder / store.ANALYSIS).read_bytes())
    except OSError as error:
        raise InputError(
            f"{folder} is no case folder: {store.ANALYSIS} cannot be read.",
            "Name a folder that vidcheck analyze has written.",
        ) from error
    return analysis


def write_case(
    analysis: Analysis,
    clip_path: Path,
    out: Path,
    *,
    lang: str,
    case_file: bytes | None = None,
    with_clip: bool = False,
    cover_heads: str | None = None,
    named_after: str | None = None,
    limits: media.Limits | None = None,
    pixels: KeptPixels | None = None,
) -> Path:
    """Write the case folder and return its path; a folder of the same clip is replaced.

    What a human wrote about the case stays: without a new one, the intake record of the folder that is replaced.

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
    case_file:
        The examiner's intake record as TOML, already checked (:mod:`vidcheck.intake`); None where there is none.
    with_clip:
        Whether to put a playable copy of the clip beside the report.
    cover_heads:
        Name of the detector that looks for heads to cover in all pictures; None covers nothing.
    named_after:
        File name whose stem names the folder; None takes the clip's own. For several clips of one name.
    limits:
        What to refuse; None takes those in force.
    pixels:
        What the analysis has kept of the frames; what is not there is decoded again. Given back once the pictures are
        made.

    Raises
    ------
    OutputError
        Where it cannot be written, or belongs to another clip.
    InputError
        Where it holds human decisions that were tampered with.
    """
    name, sha256 = named_after or analysis.source.path, analysis.source.sha256
    target = check_place(out, name, sha256)
    with locked(target), staged(target) as folder:
        check_place(out, name, sha256)  # somebody else may have written there since
        with media.open_clip(clip_path, limits) as clip:
            cover = None if cover_heads is None else redact.cover_stills(analysis, model=cover_heads)
            complete = pictures.save_pictures(clip, analysis, folder, cover=cover, pixels=pixels)
            complete = replace(complete, heads_covered=cover is not None)
            refs = frame_hashes.key_frames_of(complete)
            known = {} if pixels is None else pixels.frames_of(complete.source, refs)
            frames = frame_hashes.hash_frames(clip, refs, known)
            if pixels is not None:
                pixels.forget()
        store.write_atomic(folder / store.ANALYSIS, store.json_parts(complete))
        _keep_intake(folder, target, case_file)
        _keep_decisions(folder, target, complete.source.sha256)
        if with_clip:
            clip_copy.save_clip(clip_path, complete.source, folder)
        report.write_report(complete, folder, lang=lang, clip_path=clip_path)
        case_uco.write_export(complete, folder)
        source = complete.source
        original = {"path": source.path, "sha256": source.sha256, "size_bytes": source.size_bytes}
        store.write_manifest(folder, original, [asdict(frame) for frame in frames])
    return target


def _keep_intake(folder: Path, target: Path, case_file: bytes | None) -> None:
    """Put the intake record into the new folder: the one given, or the one of the folder that is replaced."""
    kept = target / intake.CASE_FILE
    data = case_file if case_file is not None else kept.read_bytes() if kept.is_file() else None
    if data is not None:
        store.write_atomic(folder / intake.CASE_FILE, data)


def _keep_decisions(folder: Path, target: Path, sha256: str) -> None:
    """Put the human decisions of the folder that is replaced into the new one, byte for byte."""
    if target.exists() and (data := decisions.intact(target, sha256).data):
        store.write_atomic(folder / decisions.FILE, data)
