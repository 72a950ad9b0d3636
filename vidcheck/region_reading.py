"""Read a fused picture, grade the reading, and say in words what it is worth.

The reader likes to see words, also where there are none. A reading counts as strong only where two pictures, fused from
every other frame each, give the same letters: what comes from one frame's noise does not come twice. The average before
sharpening must give them as well: sharpening can make strokes of what compression left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck.types import Box, Grade, RegionReading, Words

U8 = npt.NDArray[np.uint8]

_LINE_ASPECT = 2.2  # from this width over height a region is taken to hold one line
_SURE = 0.9  # the reader's score from which a reading can be graded strong
_FEW = 8  # frames under which no reading is graded strong


class _Line(Protocol):
    @property
    def box(self) -> Box: ...
    @property
    def text(self) -> str: ...
    @property
    def confidence(self) -> float: ...


class Reader(Protocol):
    """What is needed of the text reader (:class:`vidcheck.overlays.OcrEngine`)."""

    def read(self, picture: U8, side_px: int | None = None) -> Sequence[_Line]:
        """Locate and read all lines."""
        ...

    def read_regions(self, crops: Sequence[U8]) -> list[tuple[str, float]]:
        """Read crops of one line each."""
        ...


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read in a fused picture, and what to hold against it."""

    fused: RegionReading | None = None
    """Reading of the fused picture."""
    halves: tuple[RegionReading, ...] = ()
    """Readings of the two halves of the frames, fused apart."""
    plain: RegionReading | None = None
    """Reading of the average before it is sharpened."""
    single: RegionReading | None = None
    """The surest reading of a single frame."""


def read_picture(reader: Reader, picture: U8) -> RegionReading:
    """Read a picture: as one line where it is wide, else line by line, or as one where none is found."""
    told: list[_Line] = []
    if picture.shape[1] < _LINE_ASPECT * picture.shape[0]:
        told = _lines(reader, picture)
    if not told:
        text, score = reader.read_regions([picture])[0]
        return RegionReading(_one_line(text), round(score, 4))
    return RegionReading(_one_line(" ".join(x.text for x in told)), round(min(x.confidence for x in told), 4))


def _lines(reader: Reader, picture: U8) -> list[_Line]:
    """Lines of text in a picture, from the top down."""
    pad = max(8, picture.shape[0] // 8)
    lines = reader.read(cv2.copyMakeBorder(picture, pad, pad, pad, pad, cv2.BORDER_REPLICATE))  # type: ignore[arg-type]
    return [line for line in sorted(lines, key=lambda line: line.box[1]) if line.text.strip()]


def best_single(reader: Reader, pictures: Sequence[U8]) -> RegionReading:
    """Return the surest reading of single frames, each enlarged to the size of the fused picture."""
    height, width = pictures[0].shape[:2]
    if width >= _LINE_ASPECT * height:
        readings = [RegionReading(_one_line(t), round(s, 4)) for t, s in reader.read_regions(pictures)]
    else:
        readings = [read_picture(reader, picture) for picture in pictures]
    return max(readings, key=lambda reading: reading.confidence)


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def grade_of(read: Readings, frames: int) -> Grade:
    """Strong only where the reader is sure, and both halves of the frames and the unsharpened average say the same."""
    if read.fused is None or not _letters(read.fused.text):
        return "contextual"
    agreeing = sum(_letters(half.text) == _letters(read.fused.text) for half in read.halves)
    plainly = read.plain is not None and _letters(read.plain.text) == _letters(read.fused.text)
    if read.fused.confidence >= _SURE and agreeing == 2 and plainly and frames >= _FEW:
        return "strong"
    if read.fused.confidence >= 0.8 and agreeing >= 1:
        return "moderate"
    return "weak"


def words_of(used: int, left_out: int, read: Readings, grade: Grade) -> Words:
    """Say what was done and what the reading is worth."""
    done = Words(
        id=f"Gabungan {used} bingkai ({left_out} bingkai tidak dipakai): rata-rata piksel yang ada, tidak ada yang "
        "ditambahkan. ",
        en=f"{used} frames fused ({left_out} left out): an average of pixels that are there, nothing is added. ",
    )
    if used < 2:
        done = Words(
            id="Hanya satu bingkai yang dapat dipakai; gambar ini bukan gabungan. ",
            en="Only one frame could be used; this picture is not a fusion. ",
        )
    if read.fused is None:
        return Words(done.id + "Tidak dibaca oleh mesin.", done.en + "Not read by the machine.")
    if grade == "contextual":
        return Words(done.id + "Mesin tidak membaca apa pun.", done.en + "The machine reads nothing in it.")
    agree = {
        "strong": Words(
            "Kedua paruh bingkai dan rata-rata sebelum dipertajam memberi bacaan yang sama",
            "Both halves of the frames, and the average before sharpening, read the same",
        ),
        "moderate": Words("Bacaan ini belum pasti", "This reading is not certain"),
        "weak": Words("Bacaan ini lemah; jangan dijadikan dasar", "This reading is weak; do not build on it"),
    }[grade]
    return Words(
        f"{done.id}{agree.id}. Manusia harus membandingkannya dengan potongan asli.",
        f"{done.en}{agree.en}. People must compare it with the original crop.",
    )
