"""A contact sheet for each person: different moments side by side, at native resolution, with the time of each."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from vidcheck.kept_views import KeptViews
from vidcheck.media import U8
from vidcheck.types import Analysis, Detection, FrameRef, Person, Track

MAX_PERSONS = 24
"""Most persons who get a sheet; the others keep their best shots."""
MAX_TRACKS = 120
"""Most tracks of which a picture is shown."""
MOMENTS = 8
"""Most moments on a sheet."""
_CELL = (150, 240)  # largest width and height of a view; smaller ones are not enlarged
_LABEL_PX = 16


def tracks_by_figure(analysis: Analysis) -> list[tuple[Track, Person | None, tuple[str, ...]]]:
    """Return every track in the order of the check sheet, with its person and the tracks certainly of one with it.

    Those of persons come first; the others have no person and no group.
    """
    tracks = {track.id: track for track in analysis.tracks}
    found: list[tuple[Track, Person | None, tuple[str, ...]]] = []
    for person in analysis.persons:
        for group in groups_of(person):
            found += [(tracks[name], person, group) for name in group if name in tracks]
    followed = {name for person in analysis.persons for name in person.tracks}
    return [*found, *((track, None, ()) for track in analysis.tracks if track.id not in followed)]


def tracks_of(analysis: Analysis, person: Person) -> list[Track]:
    """Return a person's tracks, in the order of the analysis."""
    own = set(person.tracks)
    return [track for track in analysis.tracks if track.id in own]


def groups_of(person: Person) -> list[tuple[str, ...]]:
    """Tracks of a person in groups that are nearly certainly one person each."""
    own = set(person.tracks)
    groups = [kept for group in person.certain if (kept := tuple(t for t in group if t in own))]
    grouped = {t for group in groups for t in group}
    return [*groups, *((t,) for t in person.tracks if t not in grouped)]


def moments(analysis: Analysis, person: Person, kept: KeptViews | None = None) -> list[Detection]:
    """Choose different moments of a person: the surest, largest box of each of up to eight stretches of time.

    Among ``kept`` views where there are two of the person, else among all boxes.
    """
    places = [at for track in tracks_of(analysis, person) for at in track.detections]
    views = [at for at in places if kept is not None and at in kept.chosen]
    boxes = [analysis.detections[at] for at in (views if len(views) >= 2 else places)]
    boxes.sort(key=lambda box: box.frame.index)
    if len(boxes) < 2:
        return []
    stretches = [part for part in np.array_split(np.arange(len(boxes)), MOMENTS) if len(part)]
    chosen = [max((boxes[n] for n in part.tolist()), key=_worth) for part in stretches]
    return [box for n, box in enumerate(chosen) if n == 0 or box.frame.index != chosen[n - 1].frame.index]


def _worth(box: Detection) -> float:
    x1, y1, x2, y2 = box.box_xyxy_px
    return box.confidence * float(np.sqrt(max(x2 - x1, 0.0) * max(y2 - y1, 0.0)))


def view(found: U8) -> U8 | None:
    """Reduce one view to the cell where it is larger, never enlarge it; None where nothing is left."""
    if min(found.shape[:2], default=0) < 4:
        return None
    scale = min(1.0, _CELL[0] / found.shape[1], _CELL[1] / found.shape[0])
    size = (max(1, round(found.shape[1] * scale)), max(1, round(found.shape[0] * scale)))
    return np.asarray(cv2.resize(found, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def sheet(views: Sequence[tuple[FrameRef, U8]]) -> U8:
    """Lay views side by side in order of time, each over its time and frame number.

    Parameters
    ----------
    views:
        Frame and picture, uint8 of shape (h, w, 3); at least one.
    """
    height = max(picture.shape[0] for _, picture in views) + _LABEL_PX + 4
    cells = []
    for ref, picture in views:
        width = max(picture.shape[1], 104) + 6
        cell = np.full((height, width, 3), 255, dtype=np.uint8)
        cell[2 : 2 + picture.shape[0], 3 : 3 + picture.shape[1]] = picture
        label = f"{ref.time_s:.2f} s  #{ref.index}"
        cv2.putText(cell, label, (3, height - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.36, (0, 0, 0), 1, cv2.LINE_AA)
        cells.append(cell)
    return np.concatenate(cells, axis=1)
