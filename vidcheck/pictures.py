"""The pictures of a case: best frames, crops at native resolution, and the frames that show the counts.

Every picture is cut from a decoded frame and named after what it shows: of people, the views that were chosen while the
clip was decoded (:mod:`vidcheck.kept_views`), which are decoded again only where their pixels are no longer there. Only
the count frames carry drawings, the boxes that were counted, and only the fused texts are enhanced: they are made again
from their records.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from vidcheck import enhance, enhance_files, kept_views, person_sheets, threads
from vidcheck.appearance import cut
from vidcheck.boxes import whole_pixels
from vidcheck.errors import InputError, OutputError
from vidcheck.media import U8, Clip, Frame
from vidcheck.store import write_atomic
from vidcheck.types import Analysis, Box, Crop, Detection, Enhancement, FrameRef, PeopleCount, Source, Track

_JPEG_QUALITY = 92
_ENCODERS = 4
_PENDING = 8


@dataclass(frozen=True, slots=True)
class _Job:
    """One picture to make."""

    name: str
    """File name; empty where nothing is saved."""
    box_xyxy_px: Box | None
    """What to cut out, with a margin; None takes the whole frame."""
    draw: Callable[[U8], U8]
    """Gets the cut, gives what is saved."""


def save_pictures(
    clip: Clip,
    analysis: Analysis,
    folder: Path,
    *,
    cover: Callable[[Frame], U8] | None = None,
    pixels: kept_views.KeptPixels | None = None,
) -> Analysis:
    """Save the pictures of an analysis below ``folder/media`` and return it with their paths filled in.

    Parameters
    ----------
    clip:
        The open clip.
    analysis:
        What was found in it.
    folder:
        The case folder; it need not exist yet.
    cover:
        Gives a frame with its heads covered, for a report that is shared; None shows frames as they are.
    pixels:
        What the analysis has kept of the frames; what is not there is decoded. Not used where heads are covered, nor
        where they are of another clip.

    Raises
    ------
    OutputError
        Where a picture cannot be written.
    """
    if pixels is not None and (cover is not None or pixels.clip_sha256 != analysis.source.sha256):
        pixels = None
    jobs: dict[int, list[_Job]] = defaultdict(list)
    refs: dict[int, FrameRef] = {}
    sheets: dict[str, list[tuple[FrameRef, U8]]] = defaultdict(list)

    def ask(ref: FrameRef, name: str, box: Box | None, draw: Callable[[U8], U8] = _as_it_is) -> str:
        refs[ref.index] = ref
        jobs[ref.index].append(_Job(name, box, draw))
        return f"media/{name}"

    shown = _ask(analysis, _views(analysis), ask, sheets)
    _save(clip, refs, jobs, folder, cover, pixels)
    for name, moments in sheets.items():
        if moments:
            moments.sort(key=lambda moment: moment[0].index)
            write_jpeg(folder / "media" / f"{name}-sheet.jpg", person_sheets.sheet(moments))
    enhancements = tuple(_save_fused(clip, item, folder, cover) for item in analysis.enhancements)
    return replace(shown, enhancements=enhancements)


def missing(analysis: Analysis, views: kept_views.KeptViews) -> list[tuple[FrameRef, Box | None]]:
    """Return frames, and boxes in them or None for the whole, that :func:`save_pictures` would have to decode."""
    found: list[tuple[FrameRef, Box | None]] = []

    def ask(ref: FrameRef, name: str, box: Box | None, draw: Callable[[U8], U8] = _as_it_is) -> str:
        if not views.pixels.has(ref.index, _area(box, analysis.source)):
            found.append((ref, box))
        return name

    _ask(analysis, views, ask, defaultdict(list))
    return found


def _area(box: Box | None, source: Source) -> kept_views.Area:
    size = (source.width_px, source.height_px)
    return (0, 0, *size) if box is None else whole_pixels(box, *size, kept_views.MARGIN)


def _ask(
    analysis: Analysis,
    views: kept_views.KeptViews | None,
    ask: Callable[..., str],
    sheets: dict[str, list[tuple[FrameRef, U8]]],
) -> Analysis:
    """Ask for every picture of an analysis, and return it with their paths; views for sheets go to ``sheets``."""

    def crop(item: Crop, name: str) -> Crop:
        return replace(item, media=ask(item.frame, name, item.box_xyxy_px))

    for shot in analysis.shots:
        ask(shot.best, f"shot-{shot.index}.jpg", None)
    persons = tuple(
        replace(
            person,
            best_shots=tuple(crop(c, f"{person.id}-{n}.jpg") for n, c in enumerate(person.best_shots, start=1)),
        )
        for person in analysis.persons
    )
    clothing = tuple(
        replace(o, crops=tuple(crop(c, f"{o.person}-clothing-{n}.jpg") for n, c in enumerate(o.crops, start=1)))
        for o in analysis.clothing
    )
    leads = tuple(
        lead if lead.crop is None else replace(lead, crop=crop(lead.crop, f"{lead.id}.jpg")) for lead in analysis.leads
    )
    for track, _, _ in person_sheets.tracks_by_figure(analysis)[: person_sheets.MAX_TRACKS]:
        view = _view_of(track, analysis, views)
        ask(view.frame, f"track-{track.id}.jpg", view.box_xyxy_px)
    for text in analysis.overlays:
        if text.readings:
            sharpest = max(text.readings, key=lambda r: r.confidence)
            ask(sharpest.frame, f"{text.id}.jpg", sharpest.box_xyxy_px)
    for name, count, among in _counts(analysis):
        if count.basis_frames:
            ref = count.basis_frames[0]
            ask(ref, f"count-{name}.jpg", None, _boxer(_counted(analysis, ref, among)))
    for person in analysis.persons[: person_sheets.MAX_PERSONS]:
        for moment in person_sheets.moments(analysis, person, views):
            ask(moment.frame, "", moment.box_xyxy_px, _collector(sheets[person.id], moment.frame))
    return replace(analysis, persons=persons, clothing=clothing, leads=leads)


def _save(
    clip: Clip,
    refs: Mapping[int, FrameRef],
    jobs: Mapping[int, list[_Job]],
    folder: Path,
    cover: Callable[[Frame], U8] | None,
    pixels: kept_views.KeptPixels | None,
) -> None:
    """Make pictures from pixels that were kept, frame by frame, and decode the frames of the others."""
    written: deque[Future[None]] = deque()
    with ThreadPoolExecutor(threads.count(_ENCODERS), thread_name_prefix="jpeg") as pool:

        def save(job: _Job, part: U8) -> None:
            picture = job.draw(part)
            if picture.size and job.name:
                written.append(pool.submit(write_jpeg, folder / "media" / job.name, picture))
            while len(written) > _PENDING:  # each keeps its frame in memory
                written.popleft().result()

        left: dict[int, list[_Job]] = {}
        for index in sorted(jobs):
            found: dict[kept_views.Area, U8 | None] = {}  # what lies in a file is read once
            for job in jobs[index]:
                area = _area(job.box_xyxy_px, clip.source)
                if area not in found:
                    found[area] = None if pixels is None else pixels.find(index, area)
                if (part := found[area]) is not None:
                    save(job, part)
                else:
                    left.setdefault(index, []).append(job)
        for frame in clip.read([refs[index] for index in left]):
            shown = frame.bgr if cover is None else cover(frame)
            for job in left[frame.ref.index]:
                save(job, shown if job.box_xyxy_px is None else cut(shown, job.box_xyxy_px, kept_views.MARGIN))
        while written:
            written.popleft().result()


def _views(analysis: Analysis) -> kept_views.KeptViews | None:
    """The views that were chosen while the clip was decoded; None where nobody was looked for."""
    run = analysis.step("people")
    if run is None or "confidence" not in run.stats:
        return None
    size = (analysis.source.width_px, analysis.source.height_px)
    return kept_views.choose(analysis.detections, float(str(run.stats["confidence"])), size)


def _view_of(track: Track, analysis: Analysis, views: kept_views.KeptViews | None) -> Detection:
    """The largest and surest of a track's chosen views, of its sure boxes where it has none, else of its weak ones."""
    positions = list(track.detections)
    if views is not None:
        sure = [p for p in positions if analysis.detections[p].confidence >= views.confidence]
        chosen = views.chosen if sure else views.faint
        positions = [p for p in positions if p in chosen] or sure or positions
    return max((analysis.detections[p] for p in positions), key=_size_and_score)


def _collector(moments: list[tuple[FrameRef, U8]], ref: FrameRef) -> Callable[[U8], U8]:
    """Keep a view for the contact sheet instead of saving it."""

    def keep(part: U8) -> U8:
        if (view := person_sheets.view(part)) is not None:
            moments.append((ref, view))
        return part

    return keep


def _save_fused(clip: Clip, item: Enhancement, folder: Path, cover: Callable[[Frame], U8] | None) -> Enhancement:
    """Save the original, enlarged and fused picture of a small text; none where it cannot be made again.

    In a report with covered heads, a region that a cover touches is not shown at all: the cover would be fused away.
    """
    try:
        fused = enhance.pictures_of(clip, item)
    except InputError:
        return item
    if cover is not None:
        frame = next(iter(clip.read([item.crop.frame])))
        if not np.array_equal(cut(cover(frame), item.crop.box_xyxy_px), cut(frame.bgr, item.crop.box_xyxy_px)):
            return item
    names = {part: f"media/{item.id}-{part}.png" for part in ("original", "enlarged", "fused")}
    for part, picture in zip(names, (fused.original, fused.enlarged, fused.picture), strict=True):
        write_atomic(folder / names[part], enhance_files.png(picture))
    return replace(item, crop=replace(item.crop, media=names["original"]), media=names["fused"])


def write_jpeg(path: Path, picture: U8) -> None:
    """Write a BGR picture as JPEG.

    Raises
    ------
    OutputError
        Where it cannot be encoded or written.
    """
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not done:
        raise OutputError(f"{path.name} cannot be encoded as JPEG.")
    write_atomic(path, data.tobytes())


def _size_and_score(detection: Detection) -> float:
    x1, y1, x2, y2 = detection.box_xyxy_px
    return detection.confidence * float(np.sqrt(max((x2 - x1) * (y2 - y1), 0.0)))


def _as_it_is(picture: U8) -> U8:
    return picture


def _counts(analysis: Analysis) -> list[tuple[str, PeopleCount, set[str] | None]]:
    """Name, count and the persons counted, for all people and for each clothing label."""
    counts: list[tuple[str, PeopleCount, set[str] | None]] = []
    if analysis.people_count is not None:
        counts.append(("minimum", analysis.people_count, None))
    for label, count in analysis.clothing_counts.items():
        counts.append((label, count, {o.person for o in analysis.clothing if o.label == label}))
    return counts


def _counted(analysis: Analysis, ref: FrameRef, among: set[str] | None) -> list[tuple[str, Box]]:
    """Person id and box of everyone counted in a frame."""
    tracks = {track.id: track for track in analysis.tracks}
    run = analysis.step("people")
    threshold = float(str(run.stats.get("confidence", 0.0))) if run else 0.0
    found = []
    for person in analysis.persons:
        if among is not None and person.id not in among:
            continue
        for track_id in person.tracks:
            for position in tracks[track_id].detections:
                detection = analysis.detections[position]
                if detection.frame.index == ref.index and detection.confidence >= threshold:
                    found.append((person.id, detection.box_xyxy_px))
    return found


def _boxer(boxes: Sequence[tuple[str, Box]]) -> Callable[[U8], U8]:
    def draw(picture: U8) -> U8:
        canvas = picture.copy()
        line = max(2, round(max(canvas.shape[:2]) / 500))
        scale = max(0.5, max(canvas.shape[:2]) / 1600)
        for name, (x1, y1, x2, y2) in boxes:
            corner, far = (round(x1), round(y1)), (round(x2), round(y2))
            # White on black is seen on any ground and, unlike red, blames nobody.
            cv2.rectangle(canvas, corner, far, (0, 0, 0), line + 2)
            cv2.rectangle(canvas, corner, far, (255, 255, 255), line)
            (width, height), base = cv2.getTextSize(name, cv2.FONT_HERSHEY_SIMPLEX, scale, line)
            top = max(0, corner[1])
            cv2.rectangle(canvas, (corner[0], top), (corner[0] + width + 8, top + height + base + 6), (0, 0, 0), -1)
            origin = (corner[0] + 4, top + height + 4)
            cv2.putText(canvas, name, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), line, cv2.LINE_AA)
        return np.asarray(canvas, dtype=np.uint8)

    return draw


def save_frames(clip: Clip, wanted: Sequence[tuple[FrameRef, str]], folder: Path) -> list[Path]:
    """Save whole frames as PNG (no second loss) under the given names; return the paths in order of time.

    Raises
    ------
    OutputError
        Where a picture cannot be written.
    """
    names: dict[int, list[str]] = defaultdict(list)
    for ref, name in wanted:
        names[ref.index].append(name)
    written = []
    for frame in clip.read([ref for ref, _ in wanted]):
        done, data = cv2.imencode(".png", frame.bgr, [cv2.IMWRITE_PNG_COMPRESSION, 3])
        if not done:
            raise OutputError(f"Frame {frame.ref.index} cannot be encoded as PNG.")
        for name in names[frame.ref.index]:
            write_atomic(folder / name, data.tobytes())
            written.append(folder / name)
    return written
