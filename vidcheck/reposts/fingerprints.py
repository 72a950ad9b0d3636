"""What of a clip is kept to find its copies: some frames, each as a hash, local features and a small picture, and many
tiny pictures in between.

* The hash is ImageHash's perceptual hash, 256 bits: the signs of the 16 by 16 lowest frequencies of the whole picture
  without its borders. PDQ is built the same way, but its library has no wheels and would need a compiler. It finds
  copies that show the same view, also mirrored.
* The features are SIFT (Lowe, *Distinctive Image Features from Scale-Invariant Keypoints*, IJCV 2004) with the root
  normalisation of Arandjelovic and Zisserman (CVPR 2012). They find copies that show a part of the view.
* The small picture is what a match is proved on.
* The tiny pictures show what moves when: they tell a copy from another recording of the same fixed camera.

All of it describes whole frames. Nothing is computed of a face or a person.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck import media, store

VERSION = "3"

LONG_SIDE_PX = 400
FEATURES = 160
MAX_KEYFRAMES = 16
FILM_LONG_SIDE_PX = 96
FILM_STEP_S = 0.2  # in which a walking person moves by less than their own width
MAX_FILM = 512
_STEP_S = 1.0  # people hold a phone for seconds; sampling closer gives frames that are alike
_CELLS = 5
_FLAT = 6.0  # standard deviation of luma (8 bit) under which a frame has no content to compare
_ALIKE = 2.0  # mean difference of luma (8 bit) to the frame before, under which nothing new is shown

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]


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
class Film:
    """Tiny pictures of a clip in quick succession, or the one of a photo; kept encoded, for many are held at once."""

    times_s: F64
    """Presentation times, seconds, shape (n,)."""
    shape: tuple[int, int]
    """Height and width of each picture, pixels; the long side is :data:`FILM_LONG_SIDE_PX`."""
    strip: U8
    """The pictures, luma, one below the other as one JPEG."""

    @classmethod
    def of(cls, taken: Sequence[tuple[float, U8]]) -> Film:
        """Encode pictures of one shape with their times."""
        times = np.array([time_s for time_s, _ in taken], dtype=np.float64)
        if not taken:
            return cls(times, (0, 0), np.zeros(0, np.uint8))
        height, width = taken[0][1].shape
        strip = np.concatenate([picture for _, picture in taken])
        done, data = cv2.imencode(".jpg", strip, [cv2.IMWRITE_JPEG_QUALITY, 85])
        assert done
        return cls(times, (height, width), np.asarray(data, dtype=np.uint8).ravel())

    def pictures(self) -> U8:
        """Decode: shape (n, h, w)."""
        if not len(self.times_s):
            return np.zeros((0, *self.shape), np.uint8)
        whole = np.asarray(cv2.imdecode(self.strip, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
        return whole.reshape(len(self.times_s), *self.shape)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The keyframes and the film of one clip or photo."""

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
    film: Film
    """What moves when."""


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
    shape = source.width_px, source.height_px
    declared = source.duration_declared_s or 0.0
    small = _Samples(max(_STEP_S, declared / MAX_KEYFRAMES), 2 * MAX_KEYFRAMES, LONG_SIDE_PX)
    tiny = _Samples(max(FILM_STEP_S, declared / MAX_FILM), MAX_FILM, FILM_LONG_SIDE_PX)
    for frame in clip.frames():
        small.look(frame, *shape)
        tiny.look(frame, *shape)
    kept: list[Keyframe] = []
    before: U8 | None = None
    for time_s, luma in small.taken:
        if luma.std() < _FLAT or (before is not None and cv2.absdiff(luma, before).mean() < _ALIKE):
            continue
        before = luma
        kept.append(_keyframe(time_s, luma))
    is_photo = source.kind == "image"
    return Fingerprint(source.sha256, is_photo, clip.source.duration_s, small.step_s, tuple(kept), Film.of(tiny.taken))


class _Samples:
    """Small pictures of frames at a regular distance; wider apart where the clip is longer than its header says."""

    def __init__(self, step_s: float, most: int, long_side_px: int) -> None:
        self.step_s = step_s
        self.taken: list[tuple[float, U8]] = []
        self._most = most
        self._long_side = long_side_px
        self._due = 0.0

    def look(self, frame: media.Frame, width: int, height: int) -> None:
        if frame.ref.time_s + 1e-6 < self._due:
            return
        across = max(16, round(width * self._long_side / max(width, height)))
        self.taken.append((frame.ref.time_s, frame.small_gray(across)))
        self._due += self.step_s * max(1, int((frame.ref.time_s - self._due) / self.step_s + 1 + 1e-6))
        if len(self.taken) > self._most:
            self.taken, self.step_s = self.taken[::2], self.step_s * 2


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
        "film_times": value.film.times_s,
        "film_shape": np.array(value.film.shape),
        "film": value.film.strip,
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
            height, width = (int(v) for v in data["film_shape"])
            film = Film(data["film_times"], (height, width), data["film"])
            return Fingerprint(str(data["sha256"]), bool(photo), duration_s, step_s, tuple(frames), film)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, cv2.error):
        return None
