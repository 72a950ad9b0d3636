"""Clips with known truth for `counting.py`: photographs filmed by a moving window, and hand-counted real footage.

Truth is people whose labelled box is at least `LEAST_PX` high in the clip and at least half inside the picture at some
time. The photos were looked at one by one, and what their labels leave out or say twice is put right in `ADDED` and
`DROPPED`: everybody of that size has one box. Photos (named by their number in `det/`) and footage are split into two
halves by hand before anything was measured: `tune` may be looked at while thresholds are set, `held` only reports.
Nothing is random without a seed; the same data give the same clips.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck import media

U8 = npt.NDArray[np.uint8]
F64 = npt.NDArray[np.float64]

FPS = 10
LONG_PX = 640
LEAST_PX = 48
"""Least height of a person's box in the clip, pixels of 640."""
LEAST_SHOWN = 0.5
"""Least share of the box inside the picture."""

HALVES = ("tune", "held")

DROPPED = {"6805": (6, 7), "6938": (1,)}
"""Labels, by their line, that are a second box on somebody, or one box for two people."""
ADDED: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "6855": ((0.89, 0.0, 1.0, 0.46),),
    "6870": ((0.61, 0.4, 0.69, 0.62), (0.64, 0.54, 0.82, 0.84)),
    "6877": ((0.0, 0.38, 0.14, 1.0), (0.52, 0.08, 0.6, 0.42)),
    "6938": ((0.39, 0.41, 0.64, 0.99), (0.42, 0.29, 0.69, 0.75)),
    "6982": ((0.05, 0.17, 0.16, 0.85),),
    "6987": ((0.9, 0.05, 1.0, 0.95),),
    "6990": ((0.73, 0.12, 0.88, 0.75),),
}
"""People by eye whom the labels leave out, x1, y1, x2, y2 as shares of the photo's width and height."""


@dataclass(frozen=True)
class Seen:
    """One labelled person in one frame."""

    who: str
    box: tuple[float, float, float, float]
    counts: bool
    """Large enough and far enough inside; a person who does not count is neither asked for nor an error."""


@dataclass
class Truth:
    """What is known of a clip."""

    frames: list[list[Seen]] = field(default_factory=list)
    total: int | None = None
    """People in all, where counted by hand; otherwise it follows from `frames`."""
    at_once: int | None = None
    planted: set[str] = field(default_factory=set)
    """Who is a mirror image, a picture of a person or in an inset: no further person in the room."""

    def people(self) -> int:
        """People in all."""
        if self.total is not None:
            return self.total
        return len({s.who for frame in self.frames for s in frame if s.counts})

    def most(self) -> int:
        """Most people who count in one frame."""
        if self.at_once is not None:
            return self.at_once
        return max((sum(bool(s.counts) for s in frame) for frame in self.frames), default=0)


@dataclass(frozen=True)
class Spec:
    """One clip: what it is, and how to make it."""

    name: str
    kind: str
    half: str
    make: Callable[[Path, Truth], Iterator[U8]]
    crf: int = 28
    shrink: float = 1.0
    """Size at which a repost was stored before, as a share of the clip's."""


def write(spec: Spec, data: Path, path: Path) -> Truth:
    """Render a clip to `path` and return its truth."""
    truth = Truth()
    frames = list(spec.make(data, truth))
    if spec.shrink < 1:
        height, width = frames[0].shape[:2]
        small = [
            cv2.resize(f, (int(width * spec.shrink) // 2 * 2, int(height * spec.shrink) // 2 * 2), None, 0, 0, 3)
            for f in frames
        ]
        media.write_video(path, small, fps=FPS, crf=spec.crf + 6)
        with media.open_clip(path) as clip:
            frames = [cv2.resize(frame.bgr, (width, height)) for frame in clip.frames()]
    media.write_video(path, frames, fps=FPS, crf=spec.crf)
    return truth


@cache
def photo(data: Path, number: str) -> tuple[U8, F64]:
    """Picture and boxes (n, 4), xyxy pixels."""
    picture = cv2.imread(str(data / "det" / "images" / f"00{number}.jpg"))
    if picture is None:
        raise FileNotFoundError(number)
    height, width = picture.shape[:2]
    rows = np.array((data / "det" / "labels" / f"00{number}.txt").read_text().split(), float).reshape(-1, 5)[:, 1:]
    corners = np.concatenate((rows[:, :2] - rows[:, 2:] / 2, rows[:, :2] + rows[:, 2:] / 2), axis=1)
    corners = np.delete(corners, DROPPED.get(number, ()), axis=0)
    corners = np.concatenate((corners, np.reshape(ADDED.get(number, ()), (-1, 4))))
    return np.asarray(picture, np.uint8), corners * (width, height, width, height)


def shake(rng: np.random.Generator, count: int, size: float) -> F64:
    """A hand's tremor: a smooth random path of shape (count, 3), x and y in shares of `size`, turn in degrees."""
    steps = np.arange(count) / FPS
    path = np.zeros((count, 3))
    for axis, reach in enumerate((size, size, 0.4)):
        for hertz in (0.4, 1.1, 2.3):
            path[:, axis] += reach / (1 + hertz) * np.sin(2 * np.pi * (hertz * steps + rng.random()))
    return path


def film(
    data: Path, number: str, windows: F64, size: tuple[int, int], seed: int, seen: list[list[Seen]], tag: str = ""
) -> Iterator[U8]:
    """Film a photo through a moving window.

    `windows` has shape (frames, 3): centre x, centre y and width of the window as shares of the photo's width and
    height; `size` is the clip's width and height.
    """
    picture, boxes = photo(data, number)
    height, width = picture.shape[:2]
    tremor = shake(np.random.default_rng(seed), len(windows), 0.01)
    for (cx, cy, share), (dx, dy, turn) in zip(windows, tremor, strict=True):
        scale = size[0] / (share * width)
        matrix = cv2.getRotationMatrix2D(((cx + dx * share) * width, (cy + dy * share) * height), turn, scale)
        matrix[:, 2] += np.array(size) / 2 - ((cx + dx * share) * width, (cy + dy * share) * height)
        frame = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        seen.append([s for i, box in enumerate(boxes) if (s := _seen(f"{number}-{i}{tag}", box, matrix, size))])
        yield np.asarray(frame, np.uint8)


def _seen(who: str, box: F64, matrix: F64, size: tuple[int, int]) -> Seen | None:
    x1, y1, x2, y2 = box
    corners = np.array([[x1, y1, 1], [x2, y1, 1], [x1, y2, 1], [x2, y2, 1]]) @ matrix.T
    low, high = corners.min(axis=0), corners.max(axis=0)
    inside_low, inside_high = np.clip(low, 0, size), np.clip(high, 0, size)
    shown = float(np.prod(inside_high - inside_low) / np.prod(high - low))
    if shown <= 0.05:
        return None
    tall = inside_high[1] - inside_low[1]
    counts = bool(shown >= LEAST_SHOWN and tall >= LEAST_PX)
    return Seen(who, (*inside_low.tolist(), *inside_high.tolist()), counts)


def between(*stops: tuple[float, float, float], seconds: float) -> F64:
    """Windows that move through the stops with an eased speed, shape (frames, 3)."""
    count = round(seconds * FPS)
    place = np.linspace(0, len(stops) - 1, count)
    part = place - np.floor(place)
    eased = np.floor(place) + (1 - np.cos(np.pi * part)) / 2
    return np.stack([np.interp(eased, range(len(stops)), [s[i] for s in stops]) for i in range(3)], axis=1)


def _whole(data: Path, number: str) -> tuple[int, int]:
    height, width = photo(data, number)[0].shape[:2]
    scale = LONG_PX / max(width, height)
    return round(width * scale) // 2 * 2, round(height * scale) // 2 * 2


def pan(data: Path, truth: Truth, number: str, *, back: bool, seconds: float, seed: int = 0) -> Iterator[U8]:
    """Along the photo in portrait form, everybody comes wholly into view; with `back`, there and back again."""
    height, width = photo(data, number)[0].shape[:2]
    share = 0.96 * height * 0.72 / width
    size = (460, LONG_PX)
    stops = [(share / 2, 0.5, share), (1 - share / 2, 0.5, share)]
    return film(data, number, between(*stops, *stops[:back], seconds=seconds), size, seed, truth.frames)


def zoom(data: Path, truth: Truth, number: str, *, out: bool) -> Iterator[U8]:
    stops = [(0.5, 0.5, 0.5), (0.5, 0.5, 1.0)]
    windows = between(*(stops if out else stops[::-1]), seconds=3)
    return film(data, number, windows, _whole(data, number), 1, truth.frames)


def joined(data: Path, truth: Truth, numbers: Sequence[str], seconds: float = 1.6) -> Iterator[U8]:
    """Shots of photos with hard cuts; a photo named again is shown through another window."""
    size = (LONG_PX, 426)
    for turn, number in enumerate(numbers):
        again = number in numbers[:turn]
        stops = [(0.52, 0.5, 0.97), (0.5, 0.5, 0.9)] if again else [(0.5, 0.5, 1.0), (0.49, 0.5, 0.95)]
        height, width = photo(data, number)[0].shape[:2]
        stops = [(x, y, s * min(1.0, 1.5 * height / width * 1.0)) for x, y, s in stops]
        yield from film(data, number, between(*stops, seconds=seconds), size, turn, truth.frames)


def slides(data: Path, truth: Truth, numbers: Sequence[str], hold_s: float = 1.2) -> Iterator[U8]:
    """Stills with cross-fades of 0.4 seconds on black, as slide-show apps make them."""
    size = (LONG_PX, 480)
    stills: list[tuple[U8, list[Seen]]] = []
    for number in numbers:
        picture, boxes = photo(data, number)
        height, width = picture.shape[:2]
        scale = min(size[0] / width, size[1] / height)
        matrix = np.array([[scale, 0, (size[0] - scale * width) / 2], [0, scale, (size[1] - scale * height) / 2]])
        still = np.asarray(cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC), np.uint8)
        stills.append((still, [s for i, b in enumerate(boxes) if (s := _seen(f"{number}-{i}", b, matrix, size))]))
    for turn, (still, seen) in enumerate(stills):
        for _ in range(round(hold_s * FPS)):
            truth.frames.append(seen)
            yield still
        if turn + 1 < len(stills):
            following, theirs = stills[turn + 1]
            for weight in (0.2, 0.4, 0.6, 0.8):
                # Both pictures at once: nobody is asked for.
                truth.frames.append([replace(s, counts=False) for s in (seen if weight < 0.5 else theirs)])
                yield np.asarray(cv2.addWeighted(still, 1 - weight, following, weight, 0), np.uint8)


def footage(
    data: Path,
    truth: Truth,
    name: str,
    ranges: Sequence[tuple[int, int, int]],
    people: int,
    most: int,
    region: tuple[float, float, float, float] = (0, 0, 1, 1),
) -> Iterator[U8]:
    """Frames of real footage, counted by hand; ranges of frames (first, end, step), one after the other."""
    truth.total, truth.at_once = people, most
    wanted = [i for r in ranges for i in range(*r)]
    with media.open_clip(data / "clips" / name) as clip:
        for frame in clip.frames():
            if frame.ref.index > max(wanted):
                break
            if frame.ref.index in wanted:
                height, width = frame.bgr.shape[:2]
                x1, y1, x2, y2 = (round(v * s) for v, s in zip(region, (width, height) * 2, strict=True))
                part = frame.bgr[y1:y2, x1:x2]
                scale = LONG_PX / max(part.shape[:2])
                size = (round(part.shape[1] * scale) // 2 * 2, round(part.shape[0] * scale) // 2 * 2)
                yield np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)


def mirrored(data: Path, truth: Truth, number: str) -> Iterator[U8]:
    """A moving picture beside its mirror image, as an effect of phone apps makes it."""
    inner = Truth()
    size = (320, 320)
    height, width = photo(data, number)[0].shape[:2]
    share = 0.95 * min(1.0, height / width)
    stops = [(share / 2, 0.5, share), (1 - share / 2, 0.5, share)]
    for frame in film(data, number, between(*stops, seconds=3), size, 3, inner.frames):
        both = list(inner.frames[-1])
        for s in inner.frames[-1]:
            x1, y1, x2, y2 = s.box
            both.append(Seen(f"{s.who}-mirror", (640 - x2, y1, 640 - x1, y2), s.counts))
            truth.planted.add(f"{s.who}-mirror")
        truth.frames.append(both)
        yield np.concatenate((frame, frame[:, ::-1]), axis=1)


def inset(data: Path, truth: Truth, number: str, small: str) -> Iterator[U8]:
    """A second picture in a corner of the first, with its own movement."""
    inner = Truth()
    wide, tall = _whole(data, small)
    wide, tall = int(wide * 0.4) // 2 * 2, int(tall * 0.4) // 2 * 2
    under = pan(data, truth, number, back=False, seconds=3)
    over = film(data, small, between((0.5, 0.5, 1), (0.5, 0.5, 0.8), seconds=3), (wide, tall), 5, inner.frames)
    for frame, part in zip(under, over, strict=True):
        x, y = frame.shape[1] - wide - 12, 12
        canvas = frame.copy()
        canvas[y - 3 : y + tall + 3, x - 3 : x + wide + 3] = 255
        canvas[y : y + tall, x : x + wide] = part
        _cover(truth.frames[-1], (x, y, x + wide, y + tall))
        for s in inner.frames[-1]:
            x1, y1, x2, y2 = s.box
            truth.frames[-1].append(Seen(f"{s.who}-inset", (x1 + x, y1 + y, x2 + x, y2 + y), s.counts))
            truth.planted.add(f"{s.who}-inset")
        yield canvas


def _cover(seen: list[Seen], over: tuple[int, int, int, int]) -> None:
    """Those of whom the inset hides most are not there."""
    for s in list(seen):
        width = min(s.box[2], over[2]) - max(s.box[0], over[0])
        height = min(s.box[3], over[3]) - max(s.box[1], over[1])
        area = (s.box[2] - s.box[0]) * (s.box[3] - s.box[1])
        if width > 0 and height > 0 and width * height > 0.3 * area:
            seen.remove(s)
            if width * height < 0.7 * area:
                seen.append(Seen(s.who, s.box, False))


def poster(
    data: Path, truth: Truth, under: Iterator[U8], number: str, which: int, corner: tuple[int, int], tall: int
) -> Iterator[U8]:
    """A framed portrait that hangs in real footage."""
    picture, boxes = photo(data, number)
    x1, y1, x2, y2 = (int(v) for v in boxes[which])
    part = picture[max(0, y1 - 8) : y2, max(0, x1 - 10) : x2 + 10]
    scale = tall / part.shape[0]
    part = np.asarray(cv2.resize(part, (int(part.shape[1] * scale), tall)), np.uint8)
    x, y = corner
    box = (float(x), float(y), float(x + part.shape[1]), float(y + tall))
    truth.planted.add("poster")
    for frame in under:
        canvas = frame.copy()
        canvas[y - 4 : y + tall + 4, x - 4 : x + part.shape[1] + 4] = (40, 40, 40)
        canvas[y : y + tall, x : x + part.shape[1]] = part
        truth.frames.append([Seen("poster", box, True)])
        yield canvas


def specs() -> list[Spec]:
    """All clips, tuning half first."""
    return [spec for half in HALVES for spec in (*_filmed(half), *_real(half), *_trapped(half))]


def _filmed(half: str) -> Iterator[Spec]:
    if half == "tune":
        pans, backs, uniform = ("6767", "6982", "6946"), ("6745", "6885", "6998"), ("6990", "6805")
        zooms, cuts = ("6936", "6870"), (("6829", "6972"), ("6701", "6771", "6855"), ("6972", "6982", "6998"))
        twice, show = (("6725", "6745", "6725"), ("6982", "6885", "6982")), ("6829", "6870", "6829", "6946")
        plain, reposts = ("6972", "6990", "6725"), ("6885", "6982")
    else:
        pans, backs, uniform = ("6769", "6861", "6820"), ("6717", "6938", "6916"), ("6966", "6873")
        zooms, cuts = ("6873", "6780"), (("6755", "6903"), ("6731", "6996", "6938"), ("6966", "6975", "6987"))
        twice, show = (("6717", "6769", "6717"), ("6987", "6903", "6987")), ("6755", "6820", "6755", "6861")
        plain, reposts = ("6975", "6877", "6987"), ("6938", "6861")

    def spec(kind: str, name: str, make: Callable[[Path, Truth], Iterator[U8]], **more: float) -> Spec:
        return Spec(f"{half}-{kind}-{name}", kind, half, make, **more)  # type: ignore[arg-type]

    for n in pans:
        yield spec("pan", n, lambda d, t, n=n: pan(d, t, n, back=False, seconds=3))
    for n in backs:
        yield spec("back", n, lambda d, t, n=n: pan(d, t, n, back=True, seconds=5))
    for n in uniform:
        yield spec("uniform", n, lambda d, t, n=n: pan(d, t, n, back=True, seconds=5, seed=4))
    for n in zooms:
        yield spec("zoom", n, lambda d, t, n=n: zoom(d, t, n, out=n == zooms[0]))
    for ns in cuts:
        yield spec("joined", "+".join(ns), lambda d, t, ns=ns: joined(d, t, ns))
    for ns in twice:
        yield spec("twice", "+".join(ns), lambda d, t, ns=ns: joined(d, t, ns))
    for ns in (show, plain):
        yield spec("slides", "+".join(ns), lambda d, t, ns=ns: slides(d, t, ns))
    for n in reposts:
        yield spec("repost", n, lambda d, t, n=n: pan(d, t, n, back=True, seconds=4, seed=7), crf=33, shrink=0.5)


_REAL = {
    "tune": (
        ("passers-0", "vtest.avi", [(0, 31, 1)], 5, 5, (0, 0, 1, 1)),
        ("passers-620", "vtest.avi", [(620, 646, 1)], 6, 6, (0, 0, 1, 1)),
        ("one-leaves", "one-by-one.mp4", [(160, 260, 2)], 2, 1, (0, 0, 1, 1)),
        ("jump-cuts", "one-by-one.mp4", [(95, 110, 1), (255, 270, 1), (535, 550, 1)], 3, 1, (0, 0, 1, 1)),
    ),
    "held": (
        ("passers-400", "vtest.avi", [(400, 441, 1)], 4, 3, (0, 0, 1, 1)),
        ("passers-582", "vtest.avi", [(582, 604, 1)], 6, 6, (0, 0, 1, 1)),
        ("street", "people.mp4", [(195, 258, 3)], 2, 2, (0, 0.37, 0.42, 1)),
        ("one-leaves", "one-by-one.mp4", [(680, 785, 2)], 2, 1, (0, 0, 1, 1)),
        ("jump-cuts", "one-by-one.mp4", [(790, 805, 1), (960, 975, 1), (1290, 1305, 1)], 3, 1, (0, 0, 1, 1)),
    ),
}


def _real(half: str) -> Iterator[Spec]:
    for name, clip, ranges, people, most, region in _REAL[half]:
        make = lambda d, t, c=clip, r=ranges, p=people, m=most, g=region: footage(d, t, c, r, p, m, g)  # noqa: E731
        yield Spec(f"{half}-real-{name}", "real", half, make)


def _trapped(half: str) -> Iterator[Spec]:
    tune = half == "tune"
    for n in ("6982", "6885") if tune else ("6916", "6987"):
        yield Spec(f"{half}-mirror-{n}", "mirror", half, lambda d, t, n=n: mirrored(d, t, n))
    for n, small in (("6972", "6829"), ("6767", "6998")) if tune else (("6975", "6755"), ("6769", "6903")):
        yield Spec(f"{half}-inset-{n}", "inset", half, lambda d, t, n=n, s=small: inset(d, t, n, s))
    walk = ("vtest.avi", [(0, 31, 1)], 5, 5) if tune else ("vtest.avi", [(400, 441, 1)], 4, 3)
    room = ("one-by-one.mp4", [(80, 130, 1)], 1, 1) if tune else ("one-by-one.mp4", [(935, 985, 1)], 1, 1)
    face = ("6829", 0) if tune else ("6916", 0)
    for name, real, corner, tall in (("walk", walk, (90, 250), 150), ("room", room, (180, 20), 130)):
        yield Spec(
            f"{half}-poster-{name}", "poster", half,
            lambda d, t, r=real, c=corner, h=tall: poster(d, t, footage(d, t, *r), *face, c, h),
        )  # fmt: skip
