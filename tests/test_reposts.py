"""Copies of one recording: found, proved, grouped; and what must not be joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests import media as rendered
from vidcheck import media, reposts
from vidcheck.reposts import ClipMatch, FrameMatch, candidates, fingerprints, matching, moments

U8 = media.U8
FPS = 5
SIZE = (480, 360)


def handheld(seed: int, seconds: int = 3) -> list[U8]:
    """A camera that wanders over a large, richly textured picture."""
    width, height = SIZE[0] * 2, SIZE[1] * 2
    wide = rendered.scene(seed, (width, height)).astype(np.float32)
    rng = np.random.default_rng(seed)
    for cell in (6, 16, 48):  # cloth, leaves, furniture: structure of every size
        coarse = rng.normal(0, 28, (height // cell, width // cell)).astype(np.float32)
        wide += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    wide = cv2.GaussianBlur(wide, (0, 0), 1.0).clip(0, 255)
    frames = []
    for i in range(seconds * FPS):
        x, y = 20 + 16 * i, 30 + 9 * i
        frames.append(np.ascontiguousarray(wide[y : y + SIZE[1], x : x + SIZE[0]], dtype=np.uint8))
    return frames


def fit(frames: list[U8]) -> list[U8]:
    return [np.asarray(cv2.resize(f, SIZE, interpolation=cv2.INTER_AREA), np.uint8) for f in frames]


def cropped(frames: list[U8]) -> list[U8]:
    width, height = SIZE
    w, h = int(0.6 * width), int(0.6 * height)
    return fit([f[90 : 90 + h, 120 : 120 + w] for f in frames])


def mirrored(frames: list[U8]) -> list[U8]:
    return [np.ascontiguousarray(f[:, ::-1]) for f in frames]


def captioned(frames: list[U8]) -> list[U8]:
    made = [f.copy() for f in frames]
    for frame in made:
        cv2.rectangle(frame, (0, 280), (SIZE[0], 350), (255, 255, 255), -1)
        cv2.putText(frame, "LIHAT SAMPAI HABIS", (10, 330), cv2.FONT_HERSHEY_DUPLEX, 1.2, (0, 0, 0), 2)
    return made


def bordered(frames: list[U8]) -> list[U8]:
    return [
        np.asarray(cv2.copyMakeBorder(f, 240, 240, 0, 0, cv2.BORDER_CONSTANT, value=(0, 0, 0)), np.uint8)
        for f in frames
    ]


def faster(frames: list[U8]) -> list[U8]:
    return [frames[int(i * 1.5)] for i in range(int(len(frames) / 1.5))]


CHANGES: dict[str, Callable[[list[U8]], list[U8]]] = {
    "cropped": cropped,
    "mirrored": mirrored,
    "captioned": captioned,
    "bordered": bordered,
    "faster": faster,
    "cropped_mirrored": lambda f: mirrored(cropped(f)),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reposts")


def prints(folder: Path, clips: dict[str, list[U8]]) -> list[reposts.Fingerprint]:
    found = []
    for name, frames in clips.items():
        path = folder / f"{name}.mp4"
        media.write_video(path, frames, fps=FPS, crf=28)
        found.append(reposts.fingerprint(path))
    return found


def pairs(found: list[reposts.Fingerprint]) -> dict[tuple[int, int], ClipMatch]:
    return {(m.a, m.b): m for m in reposts.find_matches(len(found), found.__getitem__)}


@pytest.fixture(scope="module")
def family(folder: Path) -> list[reposts.Fingerprint]:
    """An original, its copies in the order of CHANGES, and two strangers."""
    original = handheld(1)
    clips = {"original": original} | {name: change(original) for name, change in CHANGES.items()}
    return prints(folder, clips | {"stranger": handheld(2), "other": handheld(3)})


@pytest.fixture(scope="module")
def matches(family: list[reposts.Fingerprint]) -> dict[tuple[int, int], ClipMatch]:
    return pairs(family)


@pytest.mark.parametrize("change", list(CHANGES))
def test_copies_are_found(matches: dict[tuple[int, int], ClipMatch], change: str) -> None:
    match = matches[0, 1 + list(CHANGES).index(change)]
    assert match.score > 0.5
    assert all(f.mirrored == ("mirrored" in change) for f in match.frames)


def test_strangers_are_not(matches: dict[tuple[int, int], ClipMatch]) -> None:
    last = 1 + len(CHANGES)
    assert not [pair for pair in matches if set(pair) & {last, last + 1}]


def test_the_evidence_names_moments_and_the_shared_part(matches: dict[tuple[int, int], ClipMatch]) -> None:
    crop = matches[0, 1 + list(CHANGES).index("cropped")]
    assert all(abs(f.a_time_s - f.b_time_s) < 0.5 for f in crop.frames)
    assert 0.25 < np.mean([f.a_area for f in crop.frames]) < 0.5  # 36% of the original
    assert np.mean([f.b_area for f in crop.frames]) > 0.9
    quick = matches[0, 1 + list(CHANGES).index("faster")]
    assert all(f.b_time_s <= f.a_time_s + 0.5 for f in quick.frames)


def still(picture: U8, seconds: int) -> Iterator[U8]:
    yield from [picture] * (seconds * FPS)


def test_what_clips_share_besides_a_recording_joins_nothing(folder: Path) -> None:
    card = rendered.scene(50, SIZE)
    plain = np.full((SIZE[1], SIZE[0], 3), (40, 40, 160), np.uint8)
    black = np.zeros_like(plain)

    def framed(seed: int) -> list[U8]:
        made = []
        for frame in handheld(seed):
            canvas = card.copy()
            canvas[40:320, 40:440] = cv2.resize(frame, (400, 280))
            made.append(canvas)
        return made

    clips = {
        "intro1": [*still(card, 1), *handheld(4)], "intro2": [*still(card, 1), *handheld(5)],
        "plain1": [*still(plain, 2), *handheld(6)], "plain2": [*still(plain, 2), *handheld(7)],
        "black1": [*still(black, 2)], "black2": [*still(black, 2)],
        "frame1": framed(8), "frame2": framed(9),
    }  # fmt: skip
    assert pairs(prints(folder, clips)) == {}


def test_a_screenshot_is_matched_to_its_clip(folder: Path, family: list[reposts.Fingerprint]) -> None:
    phone = np.full((900, 420, 3), 20, np.uint8)
    phone[200 : 200 + 315, :] = cv2.resize(handheld(1)[7], (420, 315))
    cv2.putText(phone, "Tambahkan komentar...", (20, 860), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (180, 180, 180), 2)
    cv2.imwrite(str(folder / "phone.jpg"), phone)
    shot = reposts.fingerprint(folder / "phone.jpg")
    assert shot.is_photo and len(shot.keyframes) == 1
    found = pairs([family[0], family[-1], shot])
    assert set(found) == {(0, 2)}
    assert found[0, 2].frames[0].a_time_s == pytest.approx(1.4, abs=0.8)


# A camera that stands still


def on_a_stand(moment: int, seconds: int = 4, *, people: int = 3) -> list[U8]:
    """One room, always the same, and at each moment other people who walk through it."""
    room = handheld(20, 1)[0]
    rng = np.random.default_rng(moment)
    walks = [(rng.uniform(0, 400), rng.uniform(60, 200), rng.choice([-1, 1]) * rng.uniform(30, 110), rng.integers(99))
             for _ in range(people)]  # fmt: skip
    frames = []
    for i in range(seconds * FPS):
        frame = room.copy()
        for x, y, pace, cloth in walks:
            left = int(x + pace * i / FPS)
            person = np.random.default_rng(cloth).integers(0, 255, (20, 8, 3)).astype(np.uint8)
            whole = cv2.resize(person, (64, 160), interpolation=cv2.INTER_CUBIC)
            low, high = max(0, left), min(SIZE[0], left + 64)
            if low < high:
                frame[int(y) : int(y) + 160, low:high] = whole[:, low - left : high - left]
        frames.append(frame)
    return frames


@pytest.fixture(scope="module")
def room(folder: Path) -> list[reposts.Fingerprint]:
    """A moment, its copies in the order of CHANGES, one that begins later, and another moment with a copy."""
    here, other = on_a_stand(1), on_a_stand(2)
    clips = {"moment": here} | {f"moment_{name}": change(here) for name, change in CHANGES.items()}
    clips |= {"moment_later": here[2 * FPS // 3 :], "other_moment": other, "other_mirrored": mirrored(other)}
    return prints(folder, clips)


def test_copies_of_a_fixed_cameras_clip_are_found_and_other_moments_are_not(room: list[reposts.Fingerprint]) -> None:
    found = pairs(room)
    copies = range(1, len(CHANGES) + 2)
    assert {(0, n) for n in copies} <= set(found)
    other, its_copy = len(room) - 2, len(room) - 1
    assert [pair for pair in found if set(pair) & {other, its_copy}] == [(other, its_copy)]


def test_the_movement_says_which_moments_are_the_same(room: list[reposts.Fingerprint]) -> None:
    move = np.eye(2, 3)
    settings = reposts.MatchSettings()
    later = 1 + len(CHANGES)
    verdict = moments.compare_moments(room[0], room[later], move, settings)
    assert verdict.answer == "same" and verdict.line is not None
    assert verdict.line.in_b(2.0) == pytest.approx(2.0 - (2 * FPS // 3) / FPS, abs=0.15)
    assert verdict.line.in_a(verdict.line.in_b(1.3)) == pytest.approx(1.3)
    back = moments.compare_moments(room[later], room[0], move, settings)
    assert back.line is not None and back.line.in_a(2.0) == pytest.approx(verdict.line.in_b(2.0), abs=0.15)
    quick = room[1 + list(CHANGES).index("faster")]
    faster_line = moments.compare_moments(room[0], quick, move, settings).line
    assert faster_line is not None and faster_line.speed == pytest.approx(1 / 1.5, rel=0.08)
    assert moments.compare_moments(room[0], room[-2], move, settings).answer == "other"


def test_a_stretch_of_a_long_clip_whose_pictures_are_far_apart(room: list[reposts.Fingerprint]) -> None:
    def thinned(clip: reposts.Fingerprint, step: int) -> reposts.Fingerprint:
        pictures = zip(clip.film.times_s[1::step], clip.film.pictures()[1::step], strict=True)
        return replace(clip, film=fingerprints.Film.of(list(pictures)))

    move, settings = np.eye(2, 3), reposts.MatchSettings()
    later = room[1 + len(CHANGES)]
    assert moments.compare_moments(thinned(room[0], 3), later, move, settings).answer == "same"
    assert moments.compare_moments(later, thinned(room[-2], 3), move, settings).answer == "other"
    far = [thinned(clip, 4) for clip in (room[0], room[-2])]  # no walk can be followed in either
    assert moments.compare_moments(far[0], far[1], move, settings).answer == "nothing moves"


def test_where_nothing_moves_the_pictures_decide(folder: Path) -> None:
    empty = prints(folder, {"empty1": on_a_stand(3, people=0), "empty2": on_a_stand(4, people=0)})
    verdict = moments.compare_moments(empty[0], empty[1], np.eye(2, 3), reposts.MatchSettings())
    assert verdict.answer == "nothing moves"
    assert set(pairs(empty)) == {(0, 1)}


def test_a_screenshot_of_a_fixed_cameras_clip(folder: Path, room: list[reposts.Fingerprint]) -> None:
    for name, moment in (("shot_here", 1), ("shot_other", 2)):
        phone = np.full((900, 420, 3), 20, np.uint8)
        phone[200 : 200 + 315] = cv2.resize(on_a_stand(moment)[8], (420, 315))
        cv2.circle(phone, (380, 300), 20, (240, 240, 240), -1)
        cv2.imwrite(str(folder / f"{name}.jpg"), phone)
    shots = [reposts.fingerprint(folder / f"{name}.jpg") for name in ("shot_here", "shot_other")]
    found = pairs([room[0], *shots])
    assert (0, 1) in found and (0, 2) not in found


def test_photos_that_show_other_moments_of_clips_are_not_copies_of_each_other() -> None:
    def link(a: int, b: int) -> ClipMatch:
        return match(a, b, (0.0,), longer_share=1.0, a_is_longer=True)

    # clips 0 and 1 show other moments; 2 and 3 are screenshots of the one and of the other; 4 is a photo of neither
    sure = [(link(0, 2), 0.8), (link(1, 3), 0.7), (link(0, 3), 0.6)]
    photos = [(link(2, 3), 0.0), (link(3, 4), 0.0)]
    kept = matching.without_contradictions(5, photos + sure, [(0, 1)])
    assert {(m.a, m.b) for m in kept} == {(0, 2), (1, 3), (3, 4)}
    assert len(matching.without_contradictions(5, photos + sure, [])) == 5


def test_stillness(room: list[reposts.Fingerprint], family: list[reposts.Fingerprint]) -> None:
    least, enough = reposts.MatchSettings().still
    assert all(matching.stillness(clip) > enough for clip in (room[0], room[-2]))
    assert all(matching.stillness(clip) < least for clip in (family[0], family[-1]))


def test_mirrored_descriptors_are_those_of_the_mirrored_picture() -> None:
    picture = cv2.cvtColor(handheld(1)[0], cv2.COLOR_BGR2GRAY)
    points, here = fingerprints._features(np.asarray(picture, np.uint8))
    there_points, there = fingerprints._features(np.ascontiguousarray(picture[:, ::-1]))
    turned = fingerprints.mirrored(here).astype(float)
    nearest = ((turned[:, None] - there[None].astype(float)) ** 2).sum(2).argmin(1)
    across = picture.shape[1] - 1 - points[:, 0]
    close = np.hypot(across - there_points[nearest, 0], points[:, 1] - there_points[nearest, 1]) < 2
    assert close.mean() > 0.8


def test_a_fingerprint_is_kept_and_read_again(folder: Path, family: list[reposts.Fingerprint]) -> None:
    path = folder / "kept.npz"
    reposts.save(path, family[0])
    read = reposts.load(path)
    assert read is not None
    assert (read.sha256, len(read.keyframes)) == (family[0].sha256, len(family[0].keyframes))
    assert np.array_equal(read.keyframes[1].descriptors, family[0].keyframes[1].descriptors)
    assert np.array_equal(read.film.pictures(), family[0].film.pictures())
    assert read.film.pictures().shape == (len(read.film.times_s), 72, 96)
    assert set(pairs([read, family[1]])) == {(0, 1)}


def test_a_damaged_fingerprint_is_none(folder: Path, family: list[reposts.Fingerprint]) -> None:
    path = folder / "damaged.npz"
    reposts.save(path, family[0])
    data = path.read_bytes()
    for cut in (b"", data[: len(data) // 2], b"PK" + b"\0" * 100):
        path.write_bytes(cut)
        assert reposts.load(path) is None
    assert reposts.load(folder / "absent.npz") is None


def match(a: int, b: int, times: tuple[float, ...], *, longer_share: float, a_is_longer: bool) -> ClipMatch:
    frames = tuple(FrameMatch(0, 0, t, t, 0.9, 20, False, 1.0, 1.0) for t in times)
    return ClipMatch(a, b, 0.9, longer_share, a_is_longer, frames)


def test_a_compilation_does_not_make_its_parts_one() -> None:
    first = match(0, 1, (1.0, 2.0), longer_share=0.1, a_is_longer=True)
    second = match(0, 2, (30.0, 31.0), longer_share=0.1, a_is_longer=True)
    assert reposts.group(3, [first, second]) == [0, 1, 2]
    assert reposts.group(3, [first]) == [0, 0, 2]
    overlapping = match(0, 2, (1.5, 2.5), longer_share=0.1, a_is_longer=True)
    assert reposts.group(3, [first, overlapping]) == [0, 0, 0]


def test_copies_of_copies_are_one_group() -> None:
    links = [
        match(0, 1, (1.0,), longer_share=1.0, a_is_longer=True),
        match(1, 2, (1.0,), longer_share=1.0, a_is_longer=True),
    ]
    assert reposts.group(4, links) == [0, 0, 0, 3]


def test_many_clips_of_one_view_cost_few_votes() -> None:
    """A clip that stands still votes once, and in a crowded bucket clips vote for those next to them alone."""
    clips, frames = 5, 4
    clip_of = np.repeat(np.arange(clips), frames)
    keys = np.full(clips * frames, 7, dtype=np.uint32)
    of_frame = np.arange(clips * frames)
    votes = candidates._collide(keys, keys, of_frame, clip_of, reposts.MatchSettings(crowded=8))
    assert len(votes) == clips * (clips - 1) // 2
    crowded = candidates._collide(keys, keys, of_frame, clip_of, reposts.MatchSettings(crowded=3, neighbours=1))
    joined = {(clip_of[code // len(clip_of)], clip_of[code % len(clip_of)]) for code in crowded}
    assert joined == {(n, n + 1) for n in range(clips - 1)}
