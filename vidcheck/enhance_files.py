"""Write what was fused by hand: the original crop, the enlarged one, the fused one, and the record of how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2

from vidcheck.enhance import Fused
from vidcheck.errors import OutputError
from vidcheck.media import U8, sha256_of
from vidcheck.store import to_json, write_atomic
from vidcheck.types import Enhancement, Source

ORIGINAL, ENLARGED, FUSED, RECORD = "original.png", "enlarged.png", "fused.png", "record.json"


@dataclass(frozen=True, slots=True)
class EnhanceRecord:
    """What stands beside the pictures."""

    tool: dict[str, str]
    """vidcheck and the libraries that decide the result, with versions."""
    source: Source
    """The file."""
    enhancement: Enhancement
    """What was done."""
    files: dict[str, str]
    """SHA-256 of every picture file, by name."""


def write_enhancement(fused: Fused, source: Source, tool: dict[str, str], folder: Path) -> Path:
    """Write three PNG pictures and ``record.json`` into a folder that is new or empty; return the record's path.

    Raises
    ------
    OutputError
        Where the folder holds files, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} exists and is not empty.", "Name a new folder with -o.")
    pictures = {ORIGINAL: fused.original, ENLARGED: fused.enlarged, FUSED: fused.picture}
    for name, picture in pictures.items():
        write_atomic(folder / name, png(picture))
    files = {name: sha256_of(folder / name) for name in pictures}
    record = EnhanceRecord(tool, source, fused.record, files)
    write_atomic(folder / RECORD, to_json(record, EnhanceRecord))
    return folder / RECORD


def png(picture: U8) -> bytes:
    """Encode a BGR picture as PNG.

    Raises
    ------
    OutputError
        Where it cannot be encoded.
    """
    done, data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if not done:
        raise OutputError("A picture cannot be encoded as PNG.")
    return bytes(data.tobytes())
