"""Fuse a small region of many frames into one picture that a human can read better: never generative.

A name tag, an identity card, a patch, a sign, a plate or a door board is often too small, too noisy or too coarsely
compressed to read in any single frame, while its pixels differ a little from frame to frame. The region is followed
(:mod:`vidcheck.region_tracking`), registered to a fraction of a pixel (:mod:`vidcheck.registration`), and averaged on a
finer grid (:mod:`vidcheck.fusion`). The record holds every parameter, every frame and every reason for leaving one out;
:func:`render` makes the same pixels from it again.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck import fusion, region_tracking, registration
from vidcheck.boxes import whole_pixels
from vidcheck.errors import InputError
from vidcheck.fusion import FusionSettings
from vidcheck.region_reading import Reader, Readings, best_single, grade_of, read_picture, words_of
from vidcheck.registration import Aligned, AlignSettings, Patch, moving, scaling
from vidcheck.types import (
    Box,
    Crop,
    Enhancement,
    FrameRef,
    FusedFrame,
    JsonObject,
    RejectedFrame,
    RejectReason,
)

if TYPE_CHECKING:
    from vidcheck.media import Clip, Frame

U8 = npt.NDArray[np.uint8]
F64 = npt.NDArray[np.float64]
Corners = tuple[tuple[float, float], ...]

VERSION = "3"
METHOD = "Lucas-Kanade flow, ECC registration, normalised convolution with Huber weights, Richardson-Lucy"

_KEPT = 12  # fused pictures that a process keeps until the report asks for them
_RIM = 0.5  # of the region's height: surroundings that help to register it
_MOST_BYTES = 64_000_000  # of surroundings kept while regions are followed; what lies beyond is decoded again
_AROUND_PX = 64  # how far around a region they reach, at least, ...
_AROUND = 2.0  # ... and in its heights


@dataclass(frozen=True, slots=True)
class EnhanceSettings:
    """How regions are followed, registered and fused."""

    max_frames: int = 60
    """Most frames that are fused; the best are taken."""
    follow_side_px: int = 960
    """Long side of the luma on which the region is followed, pixels."""
    singles_read: int = 0
    """Single frames that are read to compare with the fusion, those of the most weight; 0 for all."""
    align: AlignSettings = field(default_factory=AlignSettings)
    """Registration."""
    fusion: FusionSettings = field(default_factory=FusionSettings)
    """Fusion."""


@dataclass(frozen=True, slots=True)
class Region:
    """A region to fuse."""

    frame_time_s: float
    """Time of the frame in which it is marked, seconds from the first frame; the frame shown at that time."""
    box_xyxy_px: Box
    """The region in that frame."""
    from_s: float
    """First time at which it may be followed."""
    to_s: float
    """Last time; both lie in one shot."""
    corners_px: Corners | None = None
    """Four corners of a flat thing, clockwise from its top left, to be made a rectangle; None leaves it as seen."""
    text: str | None = None
    """Id of the text that it enlarges, or None."""


@dataclass(frozen=True, slots=True)
class Fused:
    """An enhancement with its pictures."""

    record: Enhancement
    """What was done."""
    picture: U8
    """The fused picture, uint8 of shape (height, width, 3), blue first."""
    original: U8
    """The region of the marked frame at native resolution."""
    enlarged: U8
    """The same, enlarged by bicubic interpolation to the size of ``picture``."""


def enhance(
    clip: Clip, regions: Sequence[Region], settings: EnhanceSettings | None = None, *, reader: Reader | None = None
) -> list[Fused]:
    """Fuse regions of a clip.

    Parameters
    ----------
    clip:
        The open clip.
    regions:
        What to fuse. One decoding pass follows all of them; a second one takes the pixels of those that move far, or
        for which there was no memory.
    settings:
        How.
    reader:
        Reads the results; None leaves them unread.

    Returns
    -------
    list of Fused
        In the order of ``regions``, numbered ``e1`` and so on; a region of which fewer than two frames could be
        registered is fused from the marked frame alone, and says so.

    Raises
    ------
    InputError
        Where a region lies outside the picture, or no frame is shown at its time.
    """
    for region in regions:
        _check(region, clip)
    return list(enhance_each(clip, regions, settings, reader=reader))


def enhance_each(
    clip: Clip, regions: Sequence[Region], settings: EnhanceSettings | None = None, *, reader: Reader | None = None
) -> Iterator[Fused]:
    """Fuse regions one by one, as :func:`enhance` does; whoever asks may stop after any of them."""
    chosen = settings or EnhanceSettings()
    surroundings = _Surroundings(clip, regions)
    followed = [_follow(region, views, clip, chosen) for region, views in _views(clip, regions, chosen, surroundings)]
    patches = _patches(clip, followed, surroundings)
    del surroundings  # what is needed of them is copied
    for number, (region, places, into) in enumerate(zip(regions, followed, patches, strict=True), start=1):
        fused = _fuse_one(f"e{number}", clip, region, places, into, chosen, reader)
        _keep(clip, fused)
        yield fused


def _check(region: Region, clip: Clip) -> None:
    x1, y1, x2, y2 = region.box_xyxy_px
    width, height = clip.source.width_px, clip.source.height_px
    if not (0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height):
        raise InputError(
            f"The box does not lie within the picture of {width} x {height} pixels.",
            "Give --box X,Y,W,H in pixels of the picture, from its top left corner.",
        )
    if x2 - x1 < 4 or y2 - y1 < 4:
        raise InputError("The box is smaller than 4 x 4 pixels.", "Draw it around the whole tag or sign.")


@dataclass(frozen=True, slots=True)
class _Places:
    marked: FrameRef
    box: Box
    """Whole pixels around the region, rim included."""
    usable: list[region_tracking.Place]
    at: dict[int, region_tracking.Place]
    rejected: list[RejectedFrame]


class _Surroundings:
    """The pixels around each region in the frames in which it is followed, as far as memory is meant for them."""

    def __init__(self, clip: Clip, regions: Sequence[Region]) -> None:
        self._regions = regions
        self._size = (clip.source.width_px, clip.source.height_px)
        self._areas = [self._around(region.box_xyxy_px) for region in regions]
        self._pixels: dict[tuple[int, int], U8] = {}
        self._bytes = 0

    def _around(self, box: Box) -> tuple[int, int, int, int]:
        reach = max(_AROUND_PX, _AROUND * (box[3] - box[1]))
        return whole_pixels((box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach), *self._size)

    def keep(self, frame: Frame) -> None:
        """Keep what lies around the regions that may be followed to this frame."""
        followed = [n for n, region in enumerate(self._regions) if _spans(region, frame.ref.time_s)]
        needed = sum((x2 - x1) * (y2 - y1) * 3 for x1, y1, x2, y2 in (self._areas[n] for n in followed))
        if self._bytes + needed > _MOST_BYTES:
            return
        self._bytes += needed
        for n, pixels in zip(followed, frame.cuts([self._areas[n] for n in followed]), strict=True):
            self._pixels[n, frame.ref.index] = pixels

    def patch(self, number: int, place: region_tracking.Place, box: Box) -> Patch | None:
        """Return what :func:`_cut` gives for a place of a region, or None where it is not kept."""
        pixels = self._pixels.get((number, place.ref.index))
        if pixels is None:
            return None
        left, top, right, bottom = self._areas[number]
        x1, y1, x2, y2 = _edges(box, place.warp, *self._size)
        if not (left <= x1 and top <= y1 and x2 <= right and y2 <= bottom):
            return None
        return Patch(place.ref, pixels[y1 - top : y2 - top, x1 - left : x2 - left].copy(), (x1, y1), place.warp)


def _patches(clip: Clip, followed: Sequence[_Places], surroundings: _Surroundings) -> list[list[Patch]]:
    """Return the pixels of every region in every frame, in order of time; decodes those that are not kept."""
    patches: list[dict[int, Patch]] = [{} for _ in followed]
    wanted: dict[int, FrameRef] = {}
    for number, places in enumerate(followed):
        for place in places.usable:
            patch = surroundings.patch(number, place, places.box)
            if patch is None:
                wanted[place.ref.index] = place.ref
            else:
                patches[number][place.ref.index] = patch
    for frame in clip.read(wanted.values()):
        for places, into in zip(followed, patches, strict=True):
            index = frame.ref.index
            if index not in into and (missing := places.at.get(index)) is not None:
                into[index] = _cut(frame.bgr, frame.ref, places.box, missing.warp)
    return [[into[index] for index in sorted(into)] for into in patches]


def _spans(region: Region, time_s: float) -> bool:
    """Whether a region is followed at a time."""
    return region.from_s - 1e-6 <= time_s <= region.to_s + 1e-6


def _views(
    clip: Clip, regions: Sequence[Region], settings: EnhanceSettings, surroundings: _Surroundings
) -> list[tuple[Region, list[region_tracking.View]]]:
    views: list[region_tracking.View] = []
    last = max((r.to_s for r in regions), default=-1.0)
    width = _follow_width(clip, settings)
    known = clip.known_timeline
    spans = [] if known is None else [known.between(r.from_s - 1e-6, r.to_s + 1e-6) for r in regions]
    wanted = {ref.index: ref for span in spans for ref in span}
    # A clip that was not read to its end yet is decoded from its start, but not beyond the last region.
    for frame in clip.frames() if known is None else clip.read(wanted[index] for index in sorted(wanted)):
        time_s = frame.ref.time_s
        if time_s > last + 1e-6:
            break
        if any(_spans(region, time_s) for region in regions):
            views.append(region_tracking.View(frame.ref, frame.small_gray(width)))
            surroundings.keep(frame)
    return [(region, [view for view in views if _spans(region, view.ref.time_s)]) for region in regions]


def _follow_width(clip: Clip, settings: EnhanceSettings) -> int:
    width, height = clip.source.width_px, clip.source.height_px
    return max(16, round(width * min(1.0, settings.follow_side_px / max(width, height))))


def _follow(region: Region, views: list[region_tracking.View], clip: Clip, settings: EnhanceSettings) -> _Places:
    shown = [n for n, view in enumerate(views) if view.ref.time_s <= region.frame_time_s + 1e-6]
    if not shown:
        raise InputError(
            f"No frame is shown at {region.frame_time_s:.3f} s within the span that was given.",
            "Give --at between --from and --to.",
        )
    start = shown[-1]
    factor = _follow_width(clip, settings) / clip.source.width_px
    box = region.box_xyxy_px
    small = (box[0] * factor, box[1] * factor, box[2] * factor, box[3] * factor)
    places = region_tracking.follow(views, start, small)
    to_small = scaling(1 / factor)  # pixel centres of the full picture to those of the small one
    back = np.linalg.inv(to_small)
    usable: list[region_tracking.Place] = []
    reached = {place.ref.index for place in places}
    rejected = [RejectedFrame(view.ref, "lost") for view in views if view.ref.index not in reached]
    for place in places:
        full = replace(place, warp=back @ place.warp @ to_small)
        if place.lost:
            rejected.append(RejectedFrame(place.ref, "lost"))
        elif not _inside(box, full.warp, clip.source.width_px, clip.source.height_px):
            rejected.append(RejectedFrame(place.ref, "edge"))
        else:
            usable.append(full)
    rim = max(3.0, _RIM * (box[3] - box[1]))
    around = (
        max(0.0, float(np.floor(box[0] - rim))),
        max(0.0, float(np.floor(box[1] - rim))),
        min(float(clip.source.width_px), float(np.ceil(box[2] + rim))),
        min(float(clip.source.height_px), float(np.ceil(box[3] + rim))),
    )
    return _Places(views[start].ref, around, usable, {p.ref.index: p for p in usable}, rejected)


def _corner_points(box: Box, warp: F64) -> F64:
    corners = np.array([[[box[0], box[1]]], [[box[2], box[1]]], [[box[2], box[3]]], [[box[0], box[3]]]]) - 0.5
    return np.asarray(cv2.perspectiveTransform(corners, warp)[:, 0], dtype=np.float64)


def _inside(box: Box, warp: F64, width: int, height: int) -> bool:
    points = _corner_points(box, warp)
    return bool((points >= -1.0).all() and (points <= (width, height)).all())


def _edges(box: Box, warp: F64, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is taken of a frame: the region and a margin."""
    points = _corner_points(box, warp)
    margin = max(6.0, 0.5 * (box[3] - box[1]))
    x1, y1 = (max(0, int(v)) for v in np.floor(points.min(axis=0) - margin))
    x2, y2 = min(width, int(points[:, 0].max() + margin) + 1), min(height, int(points[:, 1].max() + margin) + 1)
    return x1, y1, x2, y2


def _cut(picture: U8, ref: FrameRef, box: Box, warp: F64) -> Patch:
    x1, y1, x2, y2 = _edges(box, warp, picture.shape[1], picture.shape[0])
    return Patch(ref, picture[y1:y2, x1:x2].copy(), (x1, y1), warp)


def _fuse_one(
    name: str,
    clip: Clip,
    region: Region,
    places: _Places,
    patches: list[Patch],
    settings: EnhanceSettings,
    reader: Reader | None,
) -> Fused:
    marked = next(patch for patch in patches if patch.ref.index == places.marked.index)
    kept, rejected = _registered(places.box, marked, patches, settings)
    weights = fusion.weights_of(kept)
    order = sorted(range(len(kept)), key=lambda n: (-weights[n], kept[n].patch.ref.index))
    taken = sorted(order[: settings.max_frames])
    rejected += [(kept[n].patch.ref, "surplus") for n in sorted(order[settings.max_frames :])]
    grid, size = _grid(region, settings.fusion.scale)
    chosen = [kept[n].patch for n in taken]
    strength = [weights[n] for n in taken]
    stack = fusion.lay(chosen, grid, size, settings.fusion)
    average = fusion.fuse(stack, strength, settings.fusion)
    picture = fusion.deblur(average, settings.fusion)
    frames = tuple(
        FusedFrame(
            kept[n].patch.ref, tuple(kept[n].patch.warp.ravel().tolist()), round(kept[n].correlation, 4), weights[n]
        )
        for n in taken
    )
    read = Readings()
    if reader is not None:
        halves = tuple(
            read_picture(reader, _picture(stack.every_other(n), strength[n::2], settings.fusion))
            for n in (range(2) if len(chosen) >= 4 else ())
        )
        heaviest = sorted(range(len(chosen)), key=lambda n: -strength[n])[: settings.singles_read or len(chosen)]
        single = best_single(reader, [_alone(chosen[n], grid, size) for n in sorted(heaviest)])
        plain = read_picture(reader, fusion.as_picture(average))
        read = Readings(read_picture(reader, picture), halves, plain, single)
    grade = grade_of(read, len(frames))
    left_out = sorted((*places.rejected, *(RejectedFrame(*r) for r in rejected)), key=lambda r: r.frame.index)
    record = Enhancement(
        id=name,
        text=region.text,
        crop=Crop(places.marked, region.box_xyxy_px),
        corners_px=region.corners_px,
        frames=frames,
        rejected=tuple(left_out),
        settings=_plain(settings),
        width_px=size[0],
        height_px=size[1],
        pixels_sha256=pixels_hash(picture),
        fused=read.fused,
        halves=read.halves,
        plain=read.plain,
        single=read.single,
        grade=grade,
        words=words_of(len(frames), len(left_out), read, grade),
        command=_command(clip, region, places.marked, settings.fusion.scale),
    )
    return Fused(record, picture, _original(marked, region.box_xyxy_px), _alone(marked, grid, size))


def _original(marked: Patch, box: Box) -> U8:
    """The region of the marked frame, pixel by pixel."""
    x1, y1, x2, y2 = (round(v) for v in box)
    left, top = marked.origin
    return marked.bgr[max(0, y1 - top) : y2 - top, max(0, x1 - left) : x2 - left]


def _registered(
    box: Box, marked: Patch, patches: list[Patch], settings: EnhanceSettings
) -> tuple[list[Aligned], list[tuple[FrameRef, RejectReason]]]:
    """Register twice: against the marked frame, then against what the first round gave, which has less noise."""
    align = settings.align
    size = (round(box[2] - box[0]) * align.scale, round(box[3] - box[1]) * align.scale)
    grid = moving(box[0], box[1]) @ scaling(align.scale)
    reference = _luma(_alone(marked, grid, size))
    first, _ = registration.judge(registration.align(reference, box, patches, align), patches, align)
    if len(first) < 2:
        return _only(marked), [(p.ref, "unaligned") for p in patches if p.ref.index != marked.ref.index]
    stack = fusion.lay([a.patch for a in first], grid, size, settings.fusion)
    blend = fusion.fuse(stack, fusion.weights_of(first), settings.fusion)
    rough = {a.patch.ref.index: a.patch for a in first}
    again = [rough.get(patch.ref.index, patch) for patch in patches]
    kept, rejected = registration.judge(registration.align(_luma(blend), box, again, align), again, align)
    if len(kept) < 2:
        return _only(marked), [(p.ref, "unaligned") for p in patches if p.ref.index != marked.ref.index]
    return kept, rejected


def _only(marked: Patch) -> list[Aligned]:
    return [Aligned(marked, 1.0, 1.0)]


def _luma(picture: npt.NDArray[Any]) -> registration.F32:
    return np.asarray(cv2.cvtColor(picture.astype(np.float32), cv2.COLOR_BGR2GRAY), dtype=np.float32)


def _alone(patch: Patch, grid: F64, size: tuple[int, int]) -> U8:
    """One frame on the grid by bicubic interpolation."""
    to_patch = moving(-patch.origin[0], -patch.origin[1]) @ patch.warp @ grid
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    picture = cv2.warpPerspective(patch.bgr, to_patch, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(picture, dtype=np.uint8)


def _grid(region: Region, scale: int) -> tuple[F64, tuple[int, int]]:
    """Map of the finer grid's pixel centres to the marked frame's, and the size of the finer grid."""
    if region.corners_px is None:
        x1, y1, x2, y2 = region.box_xyxy_px
        size = (max(1, round((x2 - x1) * scale)), max(1, round((y2 - y1) * scale)))
        return moving(x1, y1) @ scaling(scale), size
    corners = np.array(region.corners_px, dtype=np.float32)
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    width = max(4, round(float(sides[0] + sides[2]) / 2 * scale))
    height = max(4, round(float(sides[1] + sides[3]) / 2 * scale))
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32) - np.float32(0.5)
    return np.asarray(cv2.getPerspectiveTransform(flat, corners - np.float32(0.5)), dtype=np.float64), (width, height)


def _picture(stack: fusion.Stack, weights: Sequence[float], settings: FusionSettings) -> U8:
    return fusion.deblur(fusion.fuse(stack, weights, settings), settings)


_just_made: OrderedDict[tuple[str, str, Crop], Fused] = OrderedDict()  # pictures of this process, the last few


def _keep(clip: Clip, fused: Fused) -> None:
    _just_made[clip.source.sha256, fused.record.pixels_sha256, fused.record.crop] = fused
    while len(_just_made) > _KEPT:
        _just_made.popitem(last=False)


def pictures_of(clip: Clip, record: Enhancement) -> Fused:
    """Return the pictures of a record: those made in this process a moment ago, else :func:`render` makes them again.

    Raises
    ------
    InputError
        Where the clip does not give the pixels that the record was made of.
    """
    made = _just_made.get((clip.source.sha256, record.pixels_sha256, record.crop))
    return render(clip, record) if made is None else replace(made, record=record)


def render(clip: Clip, record: Enhancement) -> Fused:
    """Make the pictures of a record again, from the clip and the record alone.

    Raises
    ------
    InputError
        Where the clip does not give the pixels that the record was made of.
    """
    settings = _settings_of(record.settings)
    region = Region(record.crop.frame.time_s, record.crop.box_xyxy_px, 0, 0, record.corners_px)
    grid, size = _grid(region, settings.fusion.scale)
    warps = {f.frame.index: np.array(f.warp).reshape(3, 3) for f in record.frames}
    around = region.box_xyxy_px
    patches, marked = [], None
    for frame in clip.read([*(f.frame for f in record.frames), record.crop.frame]):
        if frame.ref.index in warps:
            patches.append(_cut(frame.bgr, frame.ref, around, warps[frame.ref.index]))
        if frame.ref.index == record.crop.frame.index:
            marked = _cut(frame.bgr, frame.ref, around, np.eye(3))
    stack = fusion.lay(patches, grid, size, settings.fusion)
    picture = _picture(stack, [f.weight for f in record.frames], settings.fusion)
    if marked is None or pixels_hash(picture) != record.pixels_sha256:
        raise InputError(f"The clip does not give the picture {record.id} again.", "Analyse the clip again.")
    return Fused(record, picture, _original(marked, region.box_xyxy_px), _alone(marked, grid, size))


def pixels_hash(picture: U8) -> str:
    """SHA-256 over the pixels of a BGR picture, row by row."""
    return hashlib.sha256(np.ascontiguousarray(picture).tobytes()).hexdigest()


def _plain(settings: EnhanceSettings) -> JsonObject:
    plain: JsonObject = json.loads(json.dumps(asdict(settings)))
    return plain


def _settings_of(plain: JsonObject) -> EnhanceSettings:
    raw: dict[str, Any] = dict(plain)
    return EnhanceSettings(
        max_frames=raw["max_frames"],
        follow_side_px=raw["follow_side_px"],
        align=AlignSettings(**raw["align"]),
        fusion=FusionSettings(**raw["fusion"]),
    )


def _command(clip: Clip, region: Region, marked: FrameRef, scale: int) -> str:
    x1, y1, x2, y2 = region.box_xyxy_px
    box = ",".join(f"{v:.10g}" for v in (x1, y1, x2 - x1, y2 - y1))
    parts = ["vidcheck", "enhance", clip.source.path, "--box", box]
    parts += ["--at", f"{marked.time_s:.6f}", "--from", f"{region.from_s:.6f}", "--to", f"{region.to_s:.6f}"]
    if region.corners_px is not None:
        parts += ["--corners", ",".join(f"{v:.10g}" for point in region.corners_px for v in point)]
    if scale != FusionSettings().scale:
        parts += ["--scale", str(scale)]
    return shlex.join([*parts, "-o", "DIR"])
