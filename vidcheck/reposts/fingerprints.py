"""What of a clip is kept to find its copies: some frames, each as a hash, local features and a small picture.

* The hash is ImageHash's perceptual hash, 256 bits: the signs of the 16 by 16 lowest frequencies of the whole picture
  without its borders. PDQ is built the same way, but its library has no wheels and would need a compiler. It finds
  copies that show the same view, also mirrored.
* The features are SIFT (Lowe, *Distinctive Image Features from Scale-Invariant Keypoints*, IJCV 2004) with the root
  normalisation of Arandjelovic and Zisserman (CVPR 2012). They find copies that show a part of the view.
* The small picture is what a match is proved on.

All of it describes whole frames. Nothing is computed of a face or a person.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck import media, store

VERSION = "2"

LONG_SIDE_PX = 400
FEATURES = 160
MAX_KEYFRAMES = 16
_STEP_S = 1.0  # people hold a phone for seconds; sampling closer gives frames that are alike
_CELLS = 5
_FLAT = 6.0  # standard deviation of luma (8 bit) under which a frame has no content to compare
_ALIKE = 2.0  # mean difference of luma (8 bit) to the frame before, under which nothing new is shown

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Keyframe:
    """One frame of a clip, as far as it is needed to find it again."""

    time_s: float
    """Presentation time, seconds."""
    luma: U8
    """Small picture, shape (h, w), long side :data:`LONG_SIDE_PX`."""
    inner: tuple[int, int, int, int]
    """The picture without uniform borders: x1, y1, x2, y2 in pixels of ``luma``."""
    phash: U8
    """Hash of ``inner``, shape (32,): 256 bits."""
    phash_mirrored: U8
    """Hash of ``inner`` mirrored left to right, shape (32,)."""
    phash_quality: int
    """0..100: how much the picture changes from place to place, as PDQ rates it; under 50 the hash says little."""
    points: F32
    """Positions of the features, shape (n, 2), pixels of ``luma``."""
    descriptors: U8
    """Shape (n, 128): root-normalised SIFT, scaled to 0..255."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The keyframes of one clip or photo."""

    sha256: str
    """Hash of the file."""
    is_photo: bool
    """A photo has one keyframe."""
    duration_s: float
    """Length of the clip, seconds; 0 for a photo."""
    step_s: float
    """Distance of the looked-at frames, seconds."""
    keyframes: tuple[Keyframe, ...]
    """In order of time; frames without content and frames like the one before are left out."""


def fingerprint(path: str | os.PathLike[str], limits: media.Limits | None = None) -> Fingerprint:
    """Compute the fingerprint of a clip or photo.

    Raises
    ------
    InputError
        Where the file is no usable clip.
    """
    with media.open_clip(path, limits) as clip:
        return of_clip(clip)


def of_clip(clip: media.Clip) -> Fingerprint:
    """Compute the fingerprint of an open clip, decoding it once; see :func:`fingerprint`."""
    source = clip.source
    step = max(_STEP_S, (source.duration_declared_s or 0.0) / MAX_KEYFRAMES)
    samples: list[tuple[float, U8]] = []
    due = 0.0
    for frame in clip.frames():
        if frame.ref.time_s + 1e-6 < due:
            continue
        samples.append((frame.ref.time_s, _small(frame, source.width_px, source.height_px)))
        due = frame.ref.time_s + step
        if len(samples) > 2 * MAX_KEYFRAMES:  # longer than its header says
            samples, step = samples[::2], step * 2
    kept: list[Keyframe] = []
    before: U8 | None = None
    for time_s, luma in samples:
        if luma.std() < _FLAT or (before is not None and cv2.absdiff(luma, before).mean() < _ALIKE):
            continue
        before = luma
        kept.append(_keyframe(time_s, luma))
    return Fingerprint(source.sha256, source.kind == "image", clip.source.duration_s, step, tuple(kept))


def _small(frame: media.Frame, width: int, height: int) -> U8:
    return frame.small_gray(max(16, round(width * LONG_SIDE_PX / max(width, height))))


def _keyframe(time_s: float, luma: U8) -> Keyframe:
    x1, y1, x2, y2 = inner = _inner(luma)
    picture = np.ascontiguousarray(luma[y1:y2, x1:x2])
    mirrored = np.ascontiguousarray(picture[:, ::-1])
    points, descriptors = _features(luma)
    return Keyframe(time_s, luma, inner, _hash(picture), _hash(mirrored), _quality(picture), points, descriptors)


def _hash(picture: U8) -> U8:
    """Perceptual hash of a luma picture, shape (32,): 256 bits."""
    import imagehash
    from PIL import Image

    return np.packbits(imagehash.phash(Image.fromarray(picture), hash_size=16).hash)


def _quality(picture: U8) -> int:
    """Sum of the luma steps between neighbours at 64 by 64 pixels, in percent of full range, over 90; at most 100."""
    small = cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA).astype(np.int32)
    steps = sum(int((np.abs(np.diff(small, axis=axis)) * 100 // 255).sum()) for axis in (0, 1))
    return min(100, steps // 90)


def _features(luma: U8) -> tuple[F32, U8]:
    sift: Any = cv2.SIFT_create(nfeatures=3 * FEATURES, contrastThreshold=0.01)  # type: ignore[attr-defined]
    keypoints, found = sift.detectAndCompute(luma, None)
    if found is None:
        return np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8)
    strongest = np.argsort([-k.response for k in keypoints], kind="stable")
    points = np.array([keypoints[i].pt for i in strongest], dtype=np.float32).reshape(-1, 2)
    chosen = _spread(points, luma.shape)
    values = np.asarray(found, dtype=np.float32)[strongest[chosen]]
    root = np.sqrt(values / np.maximum(values.sum(axis=1, keepdims=True), 1e-6))
    return points[chosen], np.clip(root * 512, 0, 255).astype(np.uint8)


def _spread(points: F32, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Positions of the points to keep, strongest first: no part of the picture gets more than twice its share.

    A caption has the strongest corners of all; without this it would be all that is kept of a soft picture.
    """
    cells = (points[:, ::-1] / (np.array(shape[:2]) / _CELLS)).astype(int).clip(0, _CELLS - 1)
    cell = cells[:, 0] * _CELLS + cells[:, 1]
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], np.arange(_CELLS * _CELLS))
    rank = np.empty(len(points), dtype=np.int64)
    rank[order] = np.arange(len(points)) - starts[cell[order]]
    share = 2 * FEATURES // (_CELLS * _CELLS)
    return np.flatnonzero(rank < share)[:FEATURES]


def _inner(luma: U8, tolerance: float = 4.0) -> tuple[int, int, int, int]:
    """The picture without rows and columns of one colour at its edges; the whole where little would be left."""
    height, width = luma.shape

    def trim(spread: F32) -> tuple[int, int]:
        busy = np.flatnonzero(spread > tolerance)
        return (int(busy[0]), int(busy[-1]) + 1) if len(busy) else (0, len(spread))

    y1, y2 = trim(luma.astype(np.float32).std(axis=1))
    x1, x2 = trim(luma[y1:y2].astype(np.float32).std(axis=0))
    if (x2 - x1) * (y2 - y1) < 0.1 * width * height or min(x2 - x1, y2 - y1) < 24:
        return 0, 0, width, height
    return x1, y1, x2, y2


_MIRROR = np.array(
    # SIFT's 128 numbers are 4 x 4 places times 8 directions, turned to the feature's own direction. In a mirrored
    # picture the places across that direction come in the reverse order, and the directions turn the other way.
    [(row * 4 + column) * 8 + (8 - turn) % 8 for row in range(3, -1, -1) for column in range(4) for turn in range(8)]
)


def mirrored(descriptors: U8) -> U8:
    """Return the descriptors, shape (n, 128), as they would be in the picture mirrored left to right."""
    return descriptors[:, _MIRROR]


def save(path: Path, value: Fingerprint) -> None:
    """Write a fingerprint, whole or not at all.

    Raises
    ------
    OutputError
        Where it cannot be written.
    """
    frames = value.keyframes
    arrays: dict[str, Any] = {
        "version": np.array(VERSION),
        "sha256": np.array(value.sha256),
        "head": np.array([float(value.is_photo), value.duration_s, value.step_s]),
        "times": np.array([k.time_s for k in frames]),
        "inner": np.array([k.inner for k in frames], dtype=np.int32).reshape(-1, 4),
        "phash": np.array([k.phash for k in frames], dtype=np.uint8).reshape(-1, 32),
        "phash_mirrored": np.array([k.phash_mirrored for k in frames], dtype=np.uint8).reshape(-1, 32),
        "quality": np.array([k.phash_quality for k in frames], dtype=np.int32),
        "counts": np.array([len(k.points) for k in frames], dtype=np.int32),
        "points": np.concatenate([np.zeros((0, 2), np.float32), *(k.points for k in frames)]).astype(np.float32),
        "descriptors": np.concatenate([np.zeros((0, 128), np.uint8), *(k.descriptors for k in frames)]),
    }
    for number, keyframe in enumerate(frames):
        done, data = cv2.imencode(".jpg", keyframe.luma, [cv2.IMWRITE_JPEG_QUALITY, 85])
        assert done
        arrays[f"picture{number}"] = np.asarray(data, dtype=np.uint8).ravel()
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    store.write_atomic(path, buffer.getvalue())


def load(path: Path) -> Fingerprint | None:
    """Read a fingerprint; None where there is none, or it is damaged or of another version."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as data:
            if str(data["version"]) != VERSION:
                return None
            photo, duration_s, step_s = (float(v) for v in data["head"])
            ends = np.cumsum(data["counts"])
            points = np.split(data["points"], ends[:-1]) if len(ends) else []
            descriptors = np.split(data["descriptors"], ends[:-1]) if len(ends) else []
            frames = []
            for n, time_s in enumerate(data["times"]):
                luma = cv2.imdecode(data[f"picture{n}"], cv2.IMREAD_GRAYSCALE)
                if luma is None:
                    return None
                x1, y1, x2, y2 = (int(v) for v in data["inner"][n])
                frames.append(
                    Keyframe(
                        float(time_s),
                        np.asarray(luma, np.uint8),
                        (x1, y1, x2, y2),
                        data["phash"][n],
                        data["phash_mirrored"][n],
                        int(data["quality"][n]),
                        points[n],
                        descriptors[n],
                    )
                )
            return Fingerprint(str(data["sha256"]), bool(photo), duration_s, step_s, tuple(frames))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, cv2.error):
        return None
