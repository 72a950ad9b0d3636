"""Readings joined along time into texts: matching, voting by character, and safe text.

A text is followed by its place and its wording together. A clock keeps its place while its digits change, so
wording is compared with the digits masked; a sign keeps its wording while its place changes.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from statistics import median

from vidcheck.boxes import area, iou, shared
from vidcheck.timestamps import find_times
from vidcheck.types import Box, TextReading

MAX_CHARS = 500
"""Characters kept of one text; a marker says how many were left out."""

_DIGITS = re.compile(r"\d")
_NOT_WORD = re.compile(r"[\W_]+")


def safe_text(text: str, limit: int = MAX_CHARS) -> str:
    """Return text that is harmless wherever it is shown.

    Control characters, terminal escapes, bidirectional overrides, separators and unassigned code points become
    U+FFFD; what is over ``limit`` is cut and the cut is stated. Letters of any script stay.
    """
    shown = "".join(char if _harmless(char) else "\N{REPLACEMENT CHARACTER}" for char in text[: limit + 1])
    if len(text) > limit:
        return f"{shown[:limit]}… [+{len(text) - limit}]"
    return shown


def faithful_text(text: str, limit: int = 2 * MAX_CHARS) -> str:
    r"""Return ``text`` with every character that is not harmless written as an escape such as ``\x1b``."""
    shown = "".join(
        char if _harmless(char) and char != "\\" else char.encode("unicode_escape", "surrogatepass").decode("ascii")
        for char in text[:limit]
    )
    return shown if len(text) <= limit else f"{shown}… [+{len(text) - limit}]"


def _harmless(char: str) -> bool:
    # Cf holds the bidirectional controls; the two joiners are needed by Javanese and Arabic and reorder nothing.
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} or char in "\u200c\u200d"


def masked(text: str) -> str:
    """Return the text's shape: digits as ``0``, letters folded, everything else dropped."""
    return _NOT_WORD.sub("", _DIGITS.sub("0", unicodedata.normalize("NFKC", text[:MAX_CHARS]).casefold()))


def likeness(a: str, b: str) -> float:
    """Return how alike two texts are, 0..1, by matching characters."""
    if a == b:
        return 1.0
    if not a or not b:
        return 0.0
    return SequenceMatcher(None, a, b, autojunk=False).ratio()


def covered(inner: Box, outer: Box) -> float:
    """Return the share of ``inner`` that lies within ``outer``."""
    return shared(inner, outer) / max(area(inner), 1e-9)


@dataclass(slots=True)
class TextTrack:
    """One text while it is being followed."""

    readings: list[TextReading] = field(default_factory=list)
    """Its readings, in order of time."""
    shots: set[int] = field(default_factory=set)
    """Positions of the shots in which it was read."""
    tone: list[float] = field(default_factory=list)
    """How near its print comes to a pure colour, 0..1, by reading: burned-in print is drawn at full value."""
    angle_deg: list[float] = field(default_factory=list)
    """Slant of its line by reading."""
    fixed: int = 0
    """Frame pairs in which it stood while the scene moved."""
    moves: int = 0
    """Frame pairs in which it moved with the scene."""

    @property
    def box(self) -> Box:
        """Median box."""
        boxes = [reading.box_xyxy_px for reading in self.readings]
        return (
            median(b[0] for b in boxes),
            median(b[1] for b in boxes),
            median(b[2] for b in boxes),
            median(b[3] for b in boxes),
        )

    @property
    def stays(self) -> bool:
        """Whether all its readings lie in one place."""
        box = self.box
        height = max(1.0, box[3] - box[1])
        return all(
            abs((r.box_xyxy_px[1] + r.box_xyxy_px[3]) - (box[1] + box[3])) < height
            and min(abs(r.box_xyxy_px[0] - box[0]), abs(r.box_xyxy_px[2] - box[2])) < 2 * height
            for r in self.readings
        )

    def add(self, reading: TextReading, shot: int) -> None:
        """Add a reading and keep the order of time."""
        self.readings.append(reading)
        if len(self.readings) > 1 and self.readings[-2].frame.index > reading.frame.index:
            self.readings.sort(key=lambda r: r.frame.index)
        self.shots.add(shot)

    def match(self, reading: TextReading, shot: int) -> float:
        """Return how well a reading continues this text: 0 not at all, up to 2."""
        near = min(self.readings, key=lambda r: abs(r.frame.index - reading.frame.index))
        if near.frame.index == reading.frame.index:
            return 0.0
        ours, theirs = near.box_xyxy_px, reading.box_xyxy_px
        tall = (theirs[3] - theirs[1]) / max(1e-6, ours[3] - ours[1])
        if not 0.55 < tall < 1.8:
            return 0.0
        place = iou(ours, theirs)
        if shot not in self.shots and not _may_outlive_cut(near.text_raw, reading.text_raw):
            return 0.0
        if place > 0.35:
            alike = likeness(masked(near.text_raw), masked(reading.text_raw))
            if alike >= 0.5:
                return place + alike
        length = len(reading.text_raw)
        if not 0.6 * length <= len(near.text_raw) <= 1.6 * length:
            return 0.0
        same_words = likeness(near.text_raw, reading.text_raw)
        if length >= 4 and same_words >= 0.8 and shot in self.shots:
            return 0.2 + same_words  # moved with the scene, or a watermark that jumps
        if length >= 6 and same_words >= 0.9:
            return 0.1 + same_words
        return 0.0


def _may_outlive_cut(before: str, after: str) -> bool:
    """Whether two texts on both sides of a cut can be one: the same numbers, or one clock going on.

    Slides carry their own stamps in the same place, with the same words and other numbers.
    """
    if _DIGITS.findall(before) == _DIGITS.findall(after):
        return True
    clocks = [[t for t in find_times(text) if t.clock is not None and t.role == "moment"] for text in (before, after)]
    if not all(clocks):
        return False
    dates = [{day for t in times for day in t.dates} for times in clocks]
    return not all(dates) or any(abs((a - b).days) <= 1 for a in dates[0] for b in dates[1])


def join(tracks: list[TextTrack], readings: Sequence[tuple[TextReading, int]]) -> list[TextTrack]:
    """Join the readings of one frame to tracks, best match first, opening tracks for the rest.

    Returns the track of each reading, in the order given.
    """
    scored = sorted(
        (
            (track.match(reading, shot), i, k)
            for i, (reading, shot) in enumerate(readings)
            for k, track in enumerate(tracks)
        ),
        reverse=True,
    )
    given: dict[int, TextTrack] = {}
    busy: set[int] = set()
    for score, i, k in scored:
        if score <= 0:
            break
        if i not in given and k not in busy:
            given[i] = tracks[k]
            busy.add(k)
    for i, (reading, shot) in enumerate(readings):
        track = given.get(i)
        if track is None:
            track = given[i] = TextTrack()
            tracks.append(track)
        track.add(reading, shot)
    return [given[i] for i in range(len(readings))]


def drop_fragments(tracks: Sequence[TextTrack]) -> list[TextTrack]:
    """Leave out texts that are parts of another: a line that the detector split in some frames only."""
    kept: list[tuple[TextTrack, Box, str]] = []
    ordered = sorted(tracks, key=lambda t: (len(t.readings), len(t.readings[0].text_raw)), reverse=True)
    for track in ordered:
        box, text = track.box, masked(track.readings[0].text_raw)
        part = any(
            len(other.readings) > len(track.readings)
            and covered(box, theirs) > 0.8
            and track.shots <= other.shots
            and (text in whole or _contained(text, whole))
            for other, theirs, whole in kept
        )
        if not part:
            kept.append((track, box, text))
    return [track for track, _, _ in kept]


def _contained(part: str, whole: str) -> bool:
    blocks = SequenceMatcher(None, part, whole, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) >= 0.7 * len(part)


def vote(readings: Sequence[TextReading]) -> tuple[str, float]:
    """Vote over readings of a standing text, character by character.

    Returns the text and the mean score of the readings that agree with it.
    """
    reference = _reference(readings)
    slots: list[dict[str, float]] = [defaultdict(float) for _ in reference]
    gaps: list[dict[str, float]] = [defaultdict(float) for _ in range(len(reference) + 1)]
    total = 0.0
    for reading in readings:
        weight = max(0.05, reading.confidence) ** 2
        total += weight
        matcher = SequenceMatcher(None, reference, reading.text_raw, autojunk=False)
        for tag, a1, a2, b1, b2 in matcher.get_opcodes():
            theirs = reading.text_raw[b1:b2]
            if tag == "insert":
                gaps[a1][theirs] += weight
                continue
            for k in range(a1, a2):
                slots[k][theirs[k - a1] if k - a1 < len(theirs) else ""] += weight
            if len(theirs) > a2 - a1:
                gaps[a2][theirs[a2 - a1 :]] += weight
    out: list[str] = []
    for k in range(len(reference) + 1):
        extra = max(gaps[k].items(), key=lambda item: item[1], default=("", 0.0))
        if extra[1] > total / 2:
            out.append(extra[0])
        if k < len(reference):
            char, weight = max(slots[k].items(), key=lambda item: item[1])
            out.append(reference[k] if slots[k][reference[k]] >= weight - 1e-9 else char)
    text = "".join(out)
    agreeing = [r.confidence for r in readings if r.text_raw == text]
    if not agreeing:
        alike = [likeness(r.text_raw, text) * r.confidence for r in readings]
        return text, sum(alike) / len(alike)
    return text, sum(agreeing) / len(agreeing)


def _reference(readings: Sequence[TextReading]) -> str:
    weights: dict[str, float] = defaultdict(float)
    for reading in readings:
        weights[reading.text_raw] += max(0.05, reading.confidence) ** 2
    return max(weights.items(), key=lambda item: item[1])[0]


def first_of_shape(readings: Sequence[TextReading]) -> str:
    """Return where a running text starts: the digits of its first well-shaped reading, in the commonest print.

    The recogniser drops and adds spaces and colons; the print that most readings share is taken for the text's
    own, and the digits of the first reading that has as many are set into it.
    """
    prints = Counter(_DIGITS.sub("0", r.text_raw) for r in readings)
    form = prints.most_common(1)[0][0]
    for reading in readings:
        digits = iter(_DIGITS.findall(reading.text_raw))
        if masked(reading.text_raw) == masked(form):
            return "".join(next(digits, char) if char == "0" else char for char in form)
    return readings[0].text_raw


def runs(readings: Sequence[TextReading]) -> bool:
    """Whether the digits change while the shape stands: a clock or a counter, not one misread digit.

    The same shape must show different digits in at least two readings that both are well read, and the
    different digits must come in stretches of time, not as single stray readings.
    """
    shapes = Counter(masked(r.text_raw) for r in readings)
    shape, count = shapes.most_common(1)[0]
    if count < 2 or not any(char == "0" for char in shape):
        return False
    digits = ["".join(_DIGITS.findall(r.text_raw)) for r in readings if masked(r.text_raw) == shape]
    if len(set(digits)) == 1:
        return False
    common = Counter(digits).most_common(1)[0][1]
    if len(digits) == 2:
        return min(r.confidence for r in readings) > 0.9
    strays = len(digits) - common
    return strays >= 0.3 * len(digits) or _one_switch(digits)


def _one_switch(digits: Sequence[str]) -> bool:
    """One value first, another one for the rest, as a minute clock does."""
    changes = [k for k in range(1, len(digits)) if digits[k] != digits[k - 1]]
    return len(changes) == 1 and (len(digits) - changes[0] >= 2 or changes[0] >= 2)
