"""A copy of a clip or photo for sharing: heads covered, tags removed, hashes of both files on record.

Every frame is looked at, boxes of low score included. A kept person's head stays bare only where the analysis followed
them: a box is left out of the cover only while it is the one that lies best on that person's own box. What the detector
missed is not covered, so the note says where nobody was found, and a human must watch the copy.
"""

from __future__ import annotations

import os
import tempfile
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from vidcheck import __version__, encode, media, people, store
from vidcheck.boxes import iou
from vidcheck.errors import OutputError, UsageError
from vidcheck.head_cover import Cover, CoverSettings, Painter, covers_of, follow_boxes, head_region
from vidcheck.types import Analysis, Box, Detection, FrameRef, Words

_KEEP_IOU = 0.5  # overlap with a kept person's own box from which a box is taken to be them
_KEEP_GAP_S = 0.35  # longest time between two of their boxes through which they are followed


@dataclass(frozen=True, slots=True)
class RedactSettings:
    """What is covered and how."""

    keep: tuple[str, ...] = ()
    """Ids of the persons whose heads stay bare."""
    mute: bool = False
    """Whether the sound is left out."""
    fill: bool = False
    """Whether heads are filled with flat grey instead of a mosaic."""
    rate_hz: float | None = None
    """Frames a second in which people are looked for; None looks at every frame."""
    model: str = "auto"
    """The detector."""
    cover: CoverSettings = field(default_factory=CoverSettings)
    """How far heads are covered beyond what was detected."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the cover rests on, in figures."""

    frames: int
    """Frames written."""
    frames_looked_at: int
    """Frames in which people were looked for."""
    frames_without_people: int
    """Of these, frames in which nobody was detected: a head there would be bare."""
    frames_uncovered: int
    """Frames in which nothing is covered."""
    uncovered_spans: tuple[tuple[float, float], ...]
    """First and last time of each stretch in which nothing is covered, seconds."""
    heads_seen: int
    """Covered regions that rest on a box in that frame."""
    heads_bridged: int
    """Covered regions between two boxes."""
    heads_held: int
    """Covered regions before the first or after the last box."""
    boxes_alone: int
    """Boxes in one frame only that continue no other: people the follower lost, or no people."""
    kept_boxes: int
    """Boxes left bare because they are a kept person's."""
    decode_errors: int
    """Parts of the clip that could not be decoded; they are not in the copy."""


def redact(
    clip_path: Path,
    out: Path,
    analysis: Analysis,
    settings: RedactSettings | None = None,
    *,
    progress: Callable[[str, float], None] | None = None,
) -> Note:
    """Write a copy with heads covered, and a note beside it.

    Parameters
    ----------
    clip_path:
        The clip or photo; it is only read.
    out:
        The copy: ``.mp4`` for a clip, ``.jpg`` or ``.png`` for a photo.
    analysis:
        Shots of the clip; with persons where some are kept.
    settings:
        What is covered and how.
    progress:
        Called with ``"people"`` or ``"write"`` and the share that is done.

    Returns
    -------
    Note
        What was written beside the copy: ``<out>.txt`` for people, ``<out>.json`` for machines.

    Raises
    ------
    UsageError
        Where a kept person is not in the analysis, or the ending does not fit.
    OutputError
        Where the copy exists already or cannot be written.
    """
    chosen = settings or RedactSettings()
    tell = progress or (lambda step, share: None)
    _check(clip_path, out, analysis, chosen)
    with media.open_clip(clip_path) as clip:
        refs, detections, looked = look(clip, chosen, tell)
        covers, alone, kept = plan_covers(refs, detections, looked, analysis, chosen)
        painter = Painter(chosen.cover, fill=chosen.fill)
        with _beside(out) as temporary:
            try:
                if clip.source.kind == "image":
                    frame = next(iter(clip.frames()))
                    _write_photo(temporary, painter.paint(frame.bgr, frame.ref, covers[frame.ref.index]))
                else:
                    sound = clip_path if clip.source.has_audio and not chosen.mute else None
                    pictures = _painted(clip, painter, covers, tell, len(refs))
                    encode.write_timed_video(
                        temporary, pictures, time_base=Fraction(clip.source.time_base), sound_of=sound
                    )
            except OSError as error:
                raise store.output_error(out, error) from error
            source = clip.source
            coverage = _coverage(refs, covers, looked, detections, (alone, kept), len(source.decode_errors))
            note = Note(
                tool=f"vidcheck {__version__}",
                original=source.path,
                original_sha256=source.sha256,
                copy=out.name,
                copy_sha256=media.sha256_of(temporary),
                sound="none" if not source.has_audio else "dropped" if chosen.mute else "kept",
                settings=chosen,
                coverage=coverage,
                warning=WARNING,
            )
            temporary.replace(out)
    store.write_atomic(out.with_name(out.name + ".json"), store.to_json(note, Note))
    store.write_atomic(out.with_name(out.name + ".txt"), _readable(note).encode())
    return note


def cover_stills(
    analysis: Analysis, *, model: str = "auto", settings: CoverSettings | None = None
) -> Callable[[media.Frame], media.U8]:
    """Return what covers the heads in single frames of a clip, for the pictures of a report.

    Each frame is looked at by itself, and boxes that the analysis found in it or up to a fifth of a second away, in the
    same shot, are covered as well.

    Raises
    ------
    ModelError
        Where the detector is missing or altered.
    """
    detector = people.PersonDetector(people.DetectSettings(model=model), is_photo=analysis.source.kind == "image")
    painter = Painter(settings or CoverSettings())
    starts = [shot.start.index for shot in analysis.shots]

    def shot_of(ref: FrameRef) -> int:
        return bisect_right(starts, ref.index)

    def cover(frame: media.Frame) -> media.U8:
        boxes = [box for box, _ in detector.look_at(frame.bgr)]
        boxes += [
            found.box_xyxy_px
            for found in analysis.detections
            if abs(found.frame.time_s - frame.ref.time_s) <= 0.2 and shot_of(found.frame) == shot_of(frame.ref)
        ]
        covers = [Cover(frame.ref.index * 1000 + n, head_region(box), "seen") for n, box in enumerate(boxes)]
        return painter.paint(frame.bgr, frame.ref, covers)

    return cover


def _check(clip_path: Path, out: Path, analysis: Analysis, settings: RedactSettings) -> None:
    known = {person.id for person in analysis.persons}
    if unknown := [name for name in settings.keep if name not in known]:
        listed = ", ".join(sorted(known, key=lambda p: (len(p), p))) or "none"
        raise UsageError(f"There is no person {unknown[0]!r} in this clip.", f"Persons found: {listed}.")
    endings = {".mp4"} if analysis.source.kind == "video" else {".jpg", ".jpeg", ".png"}
    if out.suffix.lower() not in endings:
        raise UsageError(
            f"The copy cannot be {out.suffix or 'a file without an ending'}.", f"Use {sorted(endings)[0]}."
        )
    if out.exists():
        raise OutputError(f"{out} exists already.", "Name a new file with -o.")
    if not out.parent.is_dir():
        raise OutputError(f"{out.parent} is no folder.", "Make it first, or name another with -o.")


def look(
    clip: media.Clip, settings: RedactSettings, tell: Callable[[str, float], None]
) -> tuple[list[FrameRef], tuple[Detection, ...], set[int]]:
    """Detect people in every frame, or at the rate that was asked for.

    Returns
    -------
    refs, detections, looked
        Every frame, every box in order of frame, and the indices of the frames that were looked at.
    """
    rate = settings.rate_hz or 1e6
    # No frame is taken for a repetition of the one before: that guess may cost somebody's face.
    detector = people.PersonDetector(
        people.DetectSettings(model=settings.model, rate_hz=rate, calm_rate_hz=rate, still_difference=-1.0),
        is_photo=clip.source.kind == "image",
    )
    declared = clip.source.duration_declared_s or 0.0
    refs: list[FrameRef] = []
    for frame in clip.frames():
        tell("people", min(1.0, frame.ref.time_s / declared) if declared else 0.0)
        refs.append(frame.ref)
        detector.process_frame(frame)
    seen = detector.finish().value
    return refs, seen.detections, {ref.index for ref in seen.frames}


def plan_covers(
    refs: Sequence[FrameRef],
    detections: Sequence[Detection],
    looked: set[int],
    analysis: Analysis,
    settings: RedactSettings,
) -> tuple[dict[int, list[Cover]], int, int]:
    """Decide what to cover in each frame.

    Returns
    -------
    covers, alone, kept
        Regions by frame index; boxes that continue no other; boxes left bare because they are a kept person's.
    """
    by_frame: dict[int, list[Box]] = {}
    for detection in detections:
        by_frame.setdefault(detection.frame.index, []).append(detection.box_xyxy_px)
    kept_boxes = 0
    for tracks in _kept_tracks(analysis, settings.keep):
        for ref in refs:
            own = _box_at(tracks, ref)
            boxes = by_frame.get(ref.index, [])
            if own is None or not boxes:
                continue
            scores = [iou(own, box) for box in boxes]
            best = int(np.argmax(scores))
            if scores[best] >= _KEEP_IOU:
                boxes.pop(best)
                kept_boxes += 1
    covers: dict[int, list[Cover]] = {ref.index: [] for ref in refs}
    number = alone = 0
    for inside in _by_shot(refs, analysis):
        frames = [(ref, by_frame.get(ref.index, [])) for ref in inside if ref.index in looked]
        paths = follow_boxes(frames, settings.cover)
        alone += sum(len(path.refs) == 1 for path in paths) if len(frames) > 1 else 0
        covers |= covers_of(paths, inside, settings.cover, first_number=number)
        number += len(paths)
    return covers, alone, kept_boxes


def _by_shot(refs: Sequence[FrameRef], analysis: Analysis) -> list[list[FrameRef]]:
    starts = [shot.start.index for shot in analysis.shots[1:]]
    parts: list[list[FrameRef]] = [[]]
    for ref in refs:
        if starts and ref.index >= starts[0]:
            starts.pop(0)
            parts.append([])
        parts[-1].append(ref)
    return parts


def _kept_tracks(analysis: Analysis, keep: Sequence[str]) -> Iterator[list[tuple[float, Box]]]:
    """Times and boxes of every track of the kept persons."""
    names = {name for person in analysis.persons if person.id in keep for name in person.tracks}
    for track in analysis.tracks:
        if track.id in names:
            boxes = (analysis.detections[at] for at in track.detections)
            yield sorted((box.frame.time_s, box.box_xyxy_px) for box in boxes)


def _box_at(boxes: Sequence[tuple[float, Box]], ref: FrameRef) -> Box | None:
    times = [time_s for time_s, _ in boxes]
    after = int(np.searchsorted(times, ref.time_s - 1e-6))
    if after < len(times) and abs(times[after] - ref.time_s) < 1e-6:
        return boxes[after][1]
    if not 0 < after < len(times) or times[after] - times[after - 1] > _KEEP_GAP_S:
        return None
    share = (ref.time_s - times[after - 1]) / (times[after] - times[after - 1])
    a, b = np.array(boxes[after - 1][1]), np.array(boxes[after][1])
    x1, y1, x2, y2 = ((1 - share) * a + share * b).tolist()
    return (x1, y1, x2, y2)


def _painted(
    clip: media.Clip,
    painter: Painter,
    covers: dict[int, list[Cover]],
    tell: Callable[[str, float], None],
    total: int,
) -> Iterator[encode.TimedFrame]:
    for number, frame in enumerate(clip.frames()):
        tell("write", number / max(1, total))
        if frame.ref.index not in covers:
            continue  # not looked at in the first pass: it must not be shown
        yield encode.TimedFrame(painter.paint(frame.bgr, frame.ref, covers[frame.ref.index]), frame.ref.pts)


def _write_photo(path: Path, picture: media.U8) -> None:
    done, data = cv2.imencode(path.suffix.lower(), picture)
    if not done:
        raise OutputError(f"{path.name} cannot be encoded.")
    path.write_bytes(data.tobytes())


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """Give a temporary file with the ending of ``out`` in its folder; it is removed unless it was moved away."""
    try:
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=".vidcheck-", suffix=out.suffix)
    except OSError as error:
        raise store.output_error(out, error) from error
    os.close(handle)
    path = Path(name)
    try:
        path.chmod(0o644)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _coverage(
    refs: Sequence[FrameRef],
    covers: dict[int, list[Cover]],
    looked: set[int],
    detections: Sequence[Detection],
    counts: tuple[int, int],
    decode_errors: int,
) -> Coverage:
    with_people = {detection.frame.index for detection in detections}
    how = Counter(cover.how for listed in covers.values() for cover in listed)
    spans: list[tuple[float, float]] = []
    last = -2
    for ref in refs:
        if not covers[ref.index]:
            first = spans.pop()[0] if spans and last == ref.index - 1 else ref.time_s
            spans.append((round(first, 3), round(ref.time_s, 3)))
            last = ref.index
    return Coverage(
        frames=len(refs),
        frames_looked_at=len(looked),
        frames_without_people=len(looked - with_people),
        frames_uncovered=sum(not listed for listed in covers.values()),
        uncovered_spans=tuple(spans),
        heads_seen=how["seen"],
        heads_bridged=how["bridged"],
        heads_held=how["held"],
        boxes_alone=counts[0],
        kept_boxes=counts[1],
        decode_errors=decode_errors,
    )


WARNING = Words(
    id="Seorang manusia harus menonton salinan ini dari awal sampai akhir sebelum dibagikan. Orang yang tidak "
    "ditemukan mesin tidak ditutupi. Pakaian, suara, tulisan, dan tempat tetap dapat mengungkap seseorang.",
    en="A human must watch this copy from beginning to end before it is shared. People whom the machine did not find "
    "are not covered. Clothing, voice, writing and place can still give somebody away.",
)


@dataclass(frozen=True, slots=True)
class Note:
    """What stands beside a redacted copy."""

    tool: str
    """vidcheck and its version."""
    original: str
    """Name of the original."""
    original_sha256: str
    """Its SHA-256."""
    copy: str
    """Name of the copy."""
    copy_sha256: str
    """Its SHA-256."""
    sound: str
    """``kept``, ``dropped`` or ``none``."""
    settings: RedactSettings
    """Every setting."""
    coverage: Coverage
    """What the cover rests on."""
    warning: Words
    """What a human must do."""


def _readable(note: Note) -> str:
    """Write the note for people, Indonesian first."""
    c = note.coverage
    spans = ", ".join(f"{a:.2f}-{b:.2f} s" for a, b in c.uncovered_spans[:20]) or "-"
    more = f" (+{len(c.uncovered_spans) - 20})" if len(c.uncovered_spans) > 20 else ""
    kept = ", ".join(note.settings.keep) or "-"
    sound = {"kept": ("dipertahankan", "kept"), "dropped": ("dihapus", "dropped"), "none": ("tidak ada", "none")}
    rows = [
        ("Berkas asli / original", f"{note.original}\n  SHA-256 {note.original_sha256}"),
        ("Salinan / copy", f"{note.copy}\n  SHA-256 {note.copy_sha256}"),
        ("Dibuat dengan / made with", note.tool),
        ("Orang yang tidak ditutupi / persons left bare", kept),
        ("Suara / sound", " / ".join(sound[note.sound])),
        ("Metadata", "dihapus / removed"),
        ("Bingkai / frames", f"{c.frames}; diperiksa / looked at {c.frames_looked_at}"),
        ("Bingkai tanpa orang terdeteksi / frames with nobody detected", str(c.frames_without_people)),
        ("Bingkai tanpa penutup / frames with nothing covered", f"{c.frames_uncovered}: {spans}{more}"),
        (
            "Kepala ditutupi / heads covered",
            f"terdeteksi / detected {c.heads_seen}, dijembatani / bridged {c.heads_bridged}, "
            f"ditahan / held {c.heads_held}",
        ),
        ("Kotak yang tidak dapat diikuti / boxes that could not be followed", str(c.boxes_alone)),
        ("Kotak orang yang dipertahankan / boxes left bare", str(c.kept_boxes)),
        ("Kerusakan berkas / parts not decoded", str(c.decode_errors)),
    ]
    body = "\n".join(f"{name}: {value}" for name, value in rows)
    return f"{note.warning.id}\n\n{note.warning.en}\n\n{body}\n"
