"""How well copies of a recording are found, by what was done to the copy.

    VIDCHECK_DATA=... python -m benchmarks.reposts --work DIR [--part report|tune] [--sources 44] [--json FILE]

Sources are short clips: stretches of the real clips, and photos over which a shaking camera moves (real photos, drawn
movement). From each source nine copies are made. The distractors are clips of other photos, half of them photos from
the collection that a source came from (same people and places, other pictures), and clips that share something with
each other that is no recording: an intro card, a frame around the picture, slides of one colour. All are compared with
all. A pair is right where both come from one source. ``--part tune`` uses other photos and stretches than ``report``:
thresholds were chosen on the first and are reported on the second.

Two clips of one fixed camera at other times are counted apart: they show the same place and not the same moment.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck import media, threads
from vidcheck.reposts import Fingerprint, MatchSettings, find_matches, fingerprint, load, save

U8 = media.U8
F32 = npt.NDArray[np.float32]
FPS = 12
SECONDS = 4
WIDTH, HEIGHT = 480, 360
STRETCHES = {
    # file: start times in seconds, each with its part; no two overlap
    "clips/people.mp4": {"tune": [0.0], "report": [5.0]},
    "clips/walking.mp4": {"tune": [0.0], "report": [5.0]},
    "clips/one-by-one.mp4": {"tune": [4.0], "report": [8.0]},
    "clips/vtest.avi": {"tune": [30.0], "report": [0.0]},
}
FIXED_CAMERA = {
    # further moments of cameras that stand still
    "clips/vtest.avi": {"tune": [40.0, 50.0], "report": [12.0, 20.0, 65.0]},
    "clips/one-by-one.mp4": {"tune": [20.0], "report": [60.0, 100.0]},
    "clips/walking.mp4": {"tune": [], "report": [9.5]},
}
ROOMS = {"tune": 2, "report": 4}
MOMENTS = 3
"""Of each room: drawn, a real photo as the background and cut-out people who walk or sit and sway."""
FROM_ONE_COLLECTION = 4
"""Most sources whose photos come from one collection."""


@dataclass(frozen=True)
class Copy:
    """One rendered file."""

    path: Path
    source: str
    """Name of the recording; of a camera that stands still the name before ``@`` is the camera's."""
    made: str
    """What was done to it; ``original`` or ``distractor``."""


def animate(photos: list[Path], seed: int) -> list[U8]:
    """Frames of a hand-held camera that pans and zooms over photos, one after another."""
    rng = np.random.default_rng(seed)
    frames: list[U8] = []
    each = FPS * SECONDS // len(photos)
    for path in photos:
        picture = cv2.imread(str(path))
        assert picture is not None, path
        height, width = picture.shape[:2]
        begin, end = rng.uniform(0.75, 0.95, 2)
        at, to = rng.uniform(0.3, 0.7, (2, 2))
        for i in range(each):
            t = i / max(1, each - 1)
            zoom = begin + (end - begin) * t
            w = min(width, height * WIDTH / HEIGHT) * zoom
            h = w * HEIGHT / WIDTH
            centre = at + (to - at) * t
            x = np.clip(centre[0] * width - w / 2, 0, width - w) + rng.normal(0, 0.4)
            y = np.clip(centre[1] * height - h / 2, 0, height - h) + rng.normal(0, 0.4)
            move = np.array([[WIDTH / w, 0, -x * WIDTH / w], [0, HEIGHT / h, -y * HEIGHT / h]])
            frames.append(_u8(cv2.warpAffine(picture, move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)))
    return frames


def filmed_room(background: Path, photos: list[Path], room: int, moment: int) -> list[U8]:
    """Frames of a camera on a stand: one photo as the room, and other people in it at each moment."""
    rng = np.random.default_rng([room, moment])
    still = cv2.imread(str(background))
    assert still is not None, background
    ground = cv2.resize(still, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    people: list[tuple[F32, float, float, float, float, float, float]] = []
    while len(people) < 3:
        person = _cut_out(photos[rng.integers(len(photos))], rng)
        if person is not None:
            height = rng.uniform(0.35, 0.7) * HEIGHT
            scale = height / person.shape[0]
            walks = rng.random() < 0.6
            start = rng.uniform(0, WIDTH - person.shape[1] * scale)
            pace = rng.choice([-1, 1]) * (rng.uniform(25, 110) if walks else 0.0)
            sway = rng.uniform(0.5, 2) if walks else rng.uniform(4, 9)
            people.append((person, scale, start, pace, sway, rng.uniform(0.3, 1.0), rng.uniform(0, 6)))
    frames = []
    for i in range(FPS * SECONDS):
        picture = ground.copy()
        for person, scale, start, pace, sway, often, phase in people:
            x = start + pace * i / FPS + sway * np.sin(2 * np.pi * often * i / FPS + phase)
            move = np.array([[scale, 0, x], [0, scale, HEIGHT - person.shape[0] * scale]])
            laid = cv2.warpAffine(person, move, (WIDTH, HEIGHT), flags=cv2.INTER_AREA)
            picture += laid[..., 3:] * (laid[..., :3] - picture)
        frames.append(_u8((picture + rng.normal(0, 2, picture.shape)).clip(0, 255)))
    return frames


def _cut_out(photo: Path, rng: np.random.Generator) -> F32 | None:
    """A labelled person with a soft oval edge, shape (h, w, 4), opacity last; None where the photo has no large one."""
    picture = cv2.imread(str(photo))
    assert picture is not None, photo
    height, width = picture.shape[:2]
    labels = photo.parents[1] / "labels" / f"{photo.stem}.txt"
    boxes = [[float(v) for v in line.split()[1:5]] for line in labels.read_text().splitlines()]
    large = [box for box in boxes if box[3] * height > 100]
    if not large:
        return None
    x, y, w, h = large[rng.integers(len(large))]
    x1, y1 = max(0, int((x - w / 2) * width)), max(0, int((y - h / 2) * height))
    person = picture[y1 : int((y + h / 2) * height), x1 : int((x + w / 2) * width)].astype(np.float32)
    opacity = np.zeros(person.shape[:2], np.float32)
    size = (person.shape[1] // 2, person.shape[0] // 2)
    cv2.ellipse(opacity, size, (max(1, int(size[0] * 0.9)), max(1, int(size[1] * 0.97))), 0, 0, 360, 1.0, -1)
    return np.dstack([person, cv2.GaussianBlur(opacity, (0, 0), 2)])


def stretch(path: Path, start_s: float) -> list[U8]:
    """Frames of a real clip from ``start_s`` on, thinned to the rate of the benchmark."""
    frames: list[U8] = []
    with media.open_clip(path) as clip:
        for frame in clip.frames():
            if frame.ref.time_s >= start_s + len(frames) / FPS:
                picture = frame.bgr
                size = (round(picture.shape[1] * HEIGHT / picture.shape[0]) // 2 * 2, HEIGHT)
                frames.append(_u8(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)))
            if len(frames) == FPS * SECONDS:
                break
    return frames


def _u8(picture: object) -> U8:
    return np.ascontiguousarray(np.asarray(picture, dtype=np.uint8))


def _resize(frame: U8, width: int, height: int) -> U8:
    return _u8(cv2.resize(frame, (width // 2 * 2, height // 2 * 2), interpolation=cv2.INTER_AREA))


def crop60(frames: list[U8], rng: random.Random) -> list[U8]:
    """60% of each side, 36% of the area, from anywhere in the picture, blown up to full size."""
    height, width = frames[0].shape[:2]
    w, h = round(0.6 * width), round(0.6 * height)
    x, y = rng.randint(0, width - w), rng.randint(0, height - h)
    return [_u8(cv2.resize(f[y : y + h, x : x + w], (width, height), interpolation=cv2.INTER_CUBIC)) for f in frames]


def mirror(frames: list[U8], rng: random.Random) -> list[U8]:
    return [_u8(f[:, ::-1]) for f in frames]


def caption(frames: list[U8], rng: random.Random) -> list[U8]:
    """A bar with text over the lower quarter, an account name above, as reposting accounts add."""
    text = rng.choice(["VIRAL!! LIHAT SAMPAI HABIS", "JAM KERJA KOK DI SINI?", "WARGA GERAM LIHAT INI"])
    made = []
    for frame in frames:
        canvas = frame.copy()
        height, width = canvas.shape[:2]
        cv2.rectangle(canvas, (0, int(0.74 * height)), (width, int(0.94 * height)), (255, 255, 255), -1)
        cv2.putText(canvas, text, (12, int(0.87 * height)), cv2.FONT_HERSHEY_DUPLEX, width / 640, (0, 0, 0), 2)
        cv2.putText(canvas, "@kabar_contoh", (12, 40), cv2.FONT_HERSHEY_DUPLEX, 0.8, (0, 255, 255), 2)
        made.append(_u8(canvas))
    return made


def borders(frames: list[U8], rng: random.Random) -> list[U8]:
    """In a portrait picture, over a blurred copy of itself or black, as phones show landscape clips."""
    blurred = rng.random() < 0.5
    made = []
    for frame in frames:
        height, width = frame.shape[:2]
        tall = round(width * 16 / 9) // 2 * 2
        if blurred:
            fill = cv2.resize(frame, (round(width * tall / height), tall))
            left = (fill.shape[1] - width) // 2
            ground = cv2.GaussianBlur(fill[:, left : left + width], (0, 0), 18)
        else:
            ground = np.zeros((tall, width, 3), np.uint8)
        top = (tall - height) // 2
        ground[top : top + height] = frame
        made.append(_u8(ground))
    return made


def faster(frames: list[U8], rng: random.Random) -> list[U8]:
    """One and a half times as fast."""
    return [frames[i] for i in (np.arange(int(len(frames) / 1.5)) * 1.5).astype(int)]


def small(frames: list[U8], rng: random.Random) -> list[U8]:
    """A third of the size; the coding is coarse too."""
    height, width = frames[0].shape[:2]
    return [_resize(f, width // 3 + 40, (width // 3 + 40) * height // width) for f in frames]


def all_of_it(frames: list[U8], rng: random.Random) -> list[U8]:
    return caption(mirror(crop60(frames, rng), rng), rng)


def screen(frame: U8, rng: random.Random) -> U8:
    """A still of a phone that shows the clip: bars above and below, buttons over the picture."""
    width, height = 540, 1170
    canvas = np.full((height, width, 3), 18, np.uint8)
    shown = _resize(frame, width, width * frame.shape[0] // frame.shape[1])
    top = rng.randint(250, 400)
    canvas[top : top + shown.shape[0], : shown.shape[1]] = shown
    cv2.putText(canvas, "09:41", (30, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2)
    for n, count in enumerate(("12,4rb", "881", "2.019")):
        cv2.circle(canvas, (width - 45, top + 60 + 110 * n), 26, (240, 240, 240), -1)
        cv2.putText(canvas, count, (width - 90, top + 110 + 110 * n), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255,) * 3, 2)
    cv2.putText(canvas, "Tambahkan komentar...", (24, height - 40), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (170,) * 3, 2)
    return _u8(canvas)


Change = Callable[[list[U8], random.Random], list[U8]]
CHANGES: dict[str, tuple[Change, int]] = {
    # name: what is done, and the coding's rate factor (23 is good, 38 is coarse)
    "re-encoded": (small, 36),
    "mirrored": (mirror, 30),
    "cropped to 60%": (crop60, 30),
    "captions": (caption, 30),
    "borders": (borders, 30),
    "faster 1.5x": (faster, 30),
    "cropped to 60% and mirrored": (lambda f, r: mirror(crop60(f, r), r), 30),
    "cropped, mirrored, captions": (all_of_it, 32),
}
SCREENSHOT = "screenshot"


@cache
def photos_by_collection(data: Path) -> dict[str, list[Path]]:
    """Photos of the detector's set by the collection they come from."""
    found: dict[str, list[Path]] = defaultdict(list)
    for line in (data / "det" / "index.tsv").read_text("utf-8").splitlines()[1:]:
        number, collection, *_ = line.split("\t")
        path = data / "det" / "images" / f"{number}.jpg"
        if path.is_file():
            found[collection].append(path)
    return dict(sorted(found.items()))


def recordings(data: Path, part: str, count: int) -> Iterator[tuple[str, str, Callable[[], list[U8]]]]:
    """Name, kind and frames of every source and distractor."""
    number = 0
    for name, parts in STRETCHES.items():
        for start in parts[part]:
            yield f"{Path(name).stem}@{start:g}", "original", partial(stretch, data / name, start)
            number += 1
    for name, parts in FIXED_CAMERA.items():
        for start in parts[part]:
            yield f"{Path(name).stem}@{start:g}", "original", partial(stretch, data / name, start)
    collections = list(photos_by_collection(data).items())
    random.Random(7).shuffle(collections)
    usable = [photos for _, photos in (collections[::2] if part == "tune" else collections[1::2]) if len(photos) >= 4]
    large = [photos for photos in usable if len(photos) >= 40]  # the last photos of these are in no other clip
    for room in range(ROOMS[part]):
        own = large[room % len(large)]
        for moment in range(MOMENTS):
            yield f"room{room}@{moment}", "original", partial(filmed_room, own[-1 - room], own, room, moment)
    for k in range(FROM_ONE_COLLECTION):
        for n, photos in enumerate(usable):
            if number == count or len(photos) < 4 * (k + 1):
                continue
            own = photos[k * len(photos) // FROM_ONE_COLLECTION :][:4]
            yield f"photos{n}-{k}", "original", partial(animate, own[:2], 100 * k + n)
            yield f"siblings{n}-{k}", "distractor", partial(animate, own[2:], 1000 + 100 * k + n)
            number += 1


def with_something_shared(data: Path, part: str) -> Iterator[tuple[str, Callable[[], list[U8]]]]:
    """Name and frames of distractors that have in common what is no recording."""
    photos = sorted((data / "light" / "images").glob("*.jpg"))
    alone = photos[0 if part == "tune" else 20 :: 40]
    card = np.full((HEIGHT, WIDTH, 3), (90, 30, 20), np.uint8)
    cv2.putText(card, "KABAR CONTOH", (40, 170), cv2.FONT_HERSHEY_DUPLEX, 1.6, (255, 255, 255), 3)
    cv2.circle(card, (240, 260), 40, (0, 200, 255), -1)

    def after(opening: U8, frames: int, n: int) -> list[U8]:
        return [_u8(opening)] * frames + animate([alone[n]], 2000 + n)

    def framed(n: int) -> list[U8]:
        made = []
        for frame in animate([alone[n]], 2000 + n):
            canvas = card.copy()
            canvas[60:300, 20:460] = cv2.resize(frame, (440, 240))
            cv2.putText(canvas, "LIVE @kabar_contoh  FOLLOW", (30, 340), cv2.FONT_HERSHEY_DUPLEX, 0.8, (255,) * 3, 2)
            made.append(_u8(canvas))
        return made

    for n in range(4):
        yield f"intro{n}", partial(after, card, FPS, n)
        yield f"framed{n}", partial(framed, 4 + n)
        plain = np.full((HEIGHT, WIDTH, 3), [(0, 0, 0), (40, 40, 160)][n % 2], np.uint8)
        yield f"plain{n}", partial(after, plain, 2 * FPS, 8 + n)


def render(data: Path, work: Path, part: str, count: int) -> list[Copy]:
    """Write every clip that is not there yet, and its fingerprint beside it, on two processors."""
    (work / part).mkdir(parents=True, exist_ok=True)
    made = [(name, kind) for name, kind, _ in recordings(data, part, count)]
    shared = [name for name, _ in with_something_shared(data, part)]
    tasks = [(data, work, part, count, name) for name, _ in made] + [(data, work, part, count, n) for n in shared]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        return [copy for copies in pool.map(_render_one, tasks) for copy in copies]


def _render_one(task: tuple[Path, Path, str, int, str]) -> list[Copy]:
    """Write one recording with its copies, or one distractor."""
    data, work, part, count, wanted = task
    folder = work / part
    copies: list[Copy] = []
    threads.restrict(None, 1)
    cv2.setNumThreads(1)

    def write(name: str, source: str, made: str, frames: Callable[[], list[U8]], crf: int = 23) -> None:
        copies.append(Copy(folder / f"{name}.mp4", source, made))
        if not copies[-1].path.is_file():
            part = folder / f"unfinished-{os.getpid()}.mp4"  # a run that is stopped leaves no half of a clip behind
            media.write_video(part, frames(), fps=FPS, crf=crf, options={"threads": "1"})
            part.replace(copies[-1].path)

    for name, make in with_something_shared(data, part):
        if name == wanted:
            write(name, name, "distractor", make)
    for name, made, make in recordings(data, part, count):
        if name != wanted:
            continue
        original = cache(make)
        write(name, name, made, original)
        if made != "original":
            continue
        for change, (apply, crf) in CHANGES.items():
            rng = random.Random(f"{name} {change}")
            slug = "".join(c if c.isalnum() else "-" for c in change)
            write(f"{name}_{slug}", name, change, partial(changed, apply, original, rng), crf)
        copies.append(Copy(folder / f"{name}_screenshot.jpg", name, SCREENSHOT))
        if not copies[-1].path.is_file():
            rng = random.Random(f"{name} screen")
            shown = screen(original()[rng.randrange(len(original()))], rng)
            cv2.imwrite(str(copies[-1].path), shown, [cv2.IMWRITE_JPEG_QUALITY, 80])
    for copy in copies:
        if load(kept(copy)) is None:
            save(kept(copy), fingerprint(copy.path))
    return copies


def changed(apply: Change, frames: Callable[[], list[U8]], rng: random.Random) -> list[U8]:
    return apply(frames(), rng)


def kept(copy: Copy) -> Path:
    """Where the fingerprint of a copy lies."""
    return copy.path.with_suffix(copy.path.suffix + ".npz")


def _camera(copy: Copy) -> str:
    return copy.source.split("@")[0]


def measure(copies: list[Copy], settings: MatchSettings, prints: list[Fingerprint]) -> dict[str, object]:
    """Compare all with all; recall by change (pair of copy and original), precision over all pairs."""
    began = time.perf_counter()
    matches = find_matches(len(prints), prints.__getitem__, settings)
    seconds = time.perf_counter() - began
    joined = {(m.a, m.b) for m in matches}
    position = {copy.path.name: n for n, copy in enumerate(copies)}
    recall: dict[str, list[bool]] = defaultdict(list)
    for n, copy in enumerate(copies):
        if copy.made in CHANGES or copy.made == SCREENSHOT:
            original = position[f"{copy.source}.mp4"]
            recall[copy.made].append((min(n, original), max(n, original)) in joined)
    right = sum(copies[a].source == copies[b].source for a, b in joined)
    wrong = [(a, b) for a, b in joined if copies[a].source != copies[b].source]
    other_moment = [(a, b) for a, b in wrong if _camera(copies[a]) == _camera(copies[b])]
    # Linked clips are one event; a wrong link can join two events: precision of the pairs after grouping.
    group = list(range(len(copies)))

    def root(n: int) -> int:
        while group[n] != n:
            n = group[n]
        return n

    for a, b in sorted(joined):
        group[root(b)] = root(a)
    together = Counter((root(n), copies[n].source) for n in range(len(copies)))
    sizes = Counter(root(n) for n in range(len(copies)))
    pairs_right = sum(k * (k - 1) // 2 for k in together.values())
    pairs_all = sum(k * (k - 1) // 2 for k in sizes.values())
    by_group: dict[str, list[bool]] = defaultdict(list)
    for n, copy in enumerate(copies):
        if copy.made in recall:
            by_group[copy.made].append(root(n) == root(position[f"{copy.source}.mp4"]))
    everything = [value for values in recall.values() for value in values]
    grouped = [value for values in by_group.values() for value in values]
    return {
        "clips": len(copies),
        "sources": sum(c.made == "original" for c in copies),
        "recall": {name: round(float(np.mean(values)), 3) for name, values in recall.items()},
        "recall_over_all": round(float(np.mean(everything)), 4),
        "recall_after_grouping": {name: round(float(np.mean(values)), 3) for name, values in by_group.items()},
        "recall_over_all_after_grouping": round(float(np.mean(grouped)), 4),
        "links": right + len(wrong),
        "precision_of_links": round(right / max(1, right + len(wrong)), 4),
        "wrong_links": sorted(f"{copies[a].path.name} {copies[b].path.name}" for a, b in wrong),
        "of_these_between_moments_of_one_fixed_camera": len(other_moment),
        "pairs_between_moments_of_one_fixed_camera": sum(
            copies[a].source != copies[b].source and _camera(copies[a]) == _camera(copies[b])
            for a, b in combinations(range(len(copies)), 2)
        ),
        "precision_of_pairs_in_groups": round(pairs_right / max(1, pairs_all), 4),
        "missed": sorted(
            c.path.name for n, c in enumerate(copies) if c.made in recall
            and root(n) != root(position[f"{c.source}.mp4"])
        ),
        "seconds_comparing": round(seconds, 1),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for the rendered clips")
    parser.add_argument("--part", choices=["tune", "report"], default="report")
    parser.add_argument("--sources", type=int, default=44)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    data = Path(os.environ["VIDCHECK_DATA"])
    copies = render(data, options.work, options.part, options.sources)
    prints = [load(kept(copy)) for copy in copies]
    began = time.perf_counter()
    originals = [copy for copy in copies if copy.made == "original"][:6]
    for copy in originals:
        fingerprint(copy.path)
    spent = time.perf_counter() - began
    result = measure(copies, MatchSettings(), [value for value in prints if value is not None])
    result["seconds_for_a_fingerprint"] = round(spent / len(originals), 3)
    text = json.dumps(result, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
