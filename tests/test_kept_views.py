"""The best views of people, chosen in the pass over the clip."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vidcheck import boxes, kept_views, media, pipeline, shared_reading
from vidcheck.kept_views import KeptPixels, KeptViews
from vidcheck.types import Analysis, Box, Detection, FrameRef

SIZE = (320, 240)


def at(frame: int, box: Box, score: float = 0.8, rate: float = 10.0) -> Detection:
    return Detection(FrameRef(frame, frame, frame / rate), box, "person", score)


def walking(frame: int, *, left: float = 20.0, width: float = 40.0) -> Box:
    x = left + frame * 0.3
    return (x, 60.0, x + width, 200.0)


def test_pixels_that_are_kept_are_those_that_decoding_gives(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    path = tmp_path / "walk.mp4"
    scene = rng.integers(0, 255, (240, 640, 3), dtype=np.uint8)
    media.write_video(path, [np.ascontiguousarray(scene[:, 3 * n : 3 * n + 320]) for n in range(40)], fps=10)
    detections: list[Detection] = []
    kept = KeptViews(0.3, SIZE)
    with media.open_clip(path) as clip:
        for frame in clip.frames():
            n = frame.ref.index
            both = (walking(n), (250.4, 9.6, 330.0, 99.5))
            here = [Detection(frame.ref, box, "person", 0.5 + n / 100) for box in both]
            kept.add(here, len(detections), frame)
            detections += here
        positions = sorted(kept.chosen)
        assert {p % 2 for p in positions} == {0, 1}  # both people
        assert kept.are_whole
        from_memory = dict(kept_views.view_pixels(clip, detections, positions, kept))
        last = detections[positions[-1]]
        wider = kept.part(last.frame, last.box_xyxy_px, kept_views.MARGIN)
        assert wider is not None
        assert kept.part(last.frame, last.box_xyxy_px, 3 * kept_views.MARGIN) is None
        kept.pixels.forget()
        assert not kept.are_whole
        decoded = dict(kept_views.view_pixels(clip, detections, positions, kept))
        for frame in clip.read([last.frame]):
            for found, margin in ((from_memory[positions[-1]], 0.0), (wider, kept_views.MARGIN)):
                left, top, right, bottom = boxes.whole_pixels(last.box_xyxy_px, *SIZE, margin)
                assert np.array_equal(frame.bgr[top:bottom, left:right], found)
    assert from_memory.keys() == decoded.keys() == set(positions)
    assert all(np.array_equal(from_memory[p], decoded[p]) for p in positions)
    again = kept_views.choose(detections, 0.3, SIZE)
    assert again.chosen == kept.chosen  # boxes from the cache give the same views
    assert positions[0] not in again.pixels


def test_the_choice_does_not_depend_on_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "walk.mp4"
    media.write_video(path, [np.full((240, 320, 3), n * 5, np.uint8) for n in range(40)], fps=10)
    chosen, held = [], []
    for most, most_file in ((10**9, 0), (40_000, 0), (40_000, 1500), (40_000, 10**9)):
        monkeypatch.setattr(kept_views, "MOST_BYTES", most)
        monkeypatch.setattr(kept_views, "MOST_FILE_BYTES", most_file)
        kept = KeptViews(0.3, SIZE)
        with media.open_clip(path) as clip:
            for frame in clip.frames():
                kept.add([Detection(frame.ref, walking(frame.ref.index), "person", 0.8)], frame.ref.index, frame)
        chosen.append(set(kept.chosen))
        parts = [kept.part(FrameRef(p, p, p / 10), walking(p)) for p in sorted(kept.chosen)]
        held.append(sum(part.nbytes for part in parts if part is not None))
        assert kept.are_whole == (most > 40_000 or most_file > 1500)
    assert chosen == [chosen[0]] * 4
    assert 0 < held[1] <= 40_000 < held[2] < held[0] == held[3]


def noise(count: int) -> list[media.U8]:
    rng = np.random.default_rng(count)
    return [rng.integers(0, 255, (30, 20, 3), dtype=np.uint8) for _ in range(count)]


def test_pixels_in_the_file_are_those_that_were_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_views, "MOST_BYTES", 4000)  # two
    monkeypatch.setattr(kept_views, "MOST_FAINT_BYTES", 2000)
    kept, pictures = KeptPixels(with_faint=True), noise(40)
    for n, picture in enumerate(pictures):
        kept.put(n, n, (n, 0, n + 20, 30), picture, is_faint=n % 3 == 0)
        kept.drop(n - 10)
    assert [n for n in range(40) if n in kept] == list(range(30, 40))
    for n in range(40):
        found = kept.find(n, (n, 0, n + 20, 30))
        assert found is None if n < 30 else found is not None and np.array_equal(found, pictures[n])
        part = kept.find(n, (n + 3, 5, n + 9, 30))
        assert part is None or np.array_equal(part, pictures[n][5:, 3:9])
    kept.forget()
    assert 39 not in kept and kept.find(39, (39, 0, 59, 30)) is None
    kept.put(1, 1, (0, 0, 20, 30), pictures[1], is_faint=False)  # and goes on
    assert 1 in kept


def test_a_file_that_was_damaged_gives_no_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_views, "MOST_BYTES", 0)
    kept, (picture,) = KeptPixels(), noise(1)
    files = []
    made = tempfile.TemporaryFile
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **how: files.append(made(**how)) or files[-1])
    kept.put(0, 0, (0, 0, 20, 30), picture, is_faint=False)
    found = kept.find(0, (0, 0, 20, 30))
    assert found is not None and np.array_equal(found, picture)
    (file,) = files
    file.seek(0)
    assert b"PNG" not in file.read()  # what lies on the disk tells nothing
    file.seek(100)
    file.write(b"damage")
    assert kept.find(0, (0, 0, 20, 30)) is None
    assert 0 not in kept  # decoded again from then on


def test_weak_boxes_have_views_of_their_own_kept_only_for_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "walk.mp4"
    media.write_video(path, [np.full((240, 320, 3), n * 5, np.uint8) for n in range(40)], fps=10)

    def seen(pixels: KeptPixels) -> KeptViews:
        kept = KeptViews(0.3, SIZE, pixels)
        with media.open_clip(path) as clip:
            for frame in clip.frames():
                n = frame.ref.index
                here = [Detection(frame.ref, walking(n), "person", 0.8)]
                here.append(Detection(frame.ref, walking(n, left=200.0, width=30.0), "person", 0.2))
                kept.add(here, 2 * n, frame)
        return kept

    plain, with_faint = seen(KeptPixels()), seen(KeptPixels(with_faint=True))
    assert {p % 2 for p in plain.chosen} == {0} and {p % 2 for p in plain.faint} == {1}
    assert (plain.chosen, plain.faint) == (with_faint.chosen, with_faint.faint)
    assert not any(p in plain.pixels for p in plain.faint)
    assert all(p in with_faint.pixels for p in with_faint.faint)
    assert plain.are_whole
    monkeypatch.setattr(kept_views, "MOST_FAINT_BYTES", 20_000)
    monkeypatch.setattr(kept_views, "MOST_FILE_BYTES", 0)
    fewer = seen(KeptPixels(with_faint=True))
    assert fewer.are_whole  # they have memory of their own
    assert 0 < sum(p in fewer.pixels for p in fewer.faint) < len(fewer.faint)


def test_a_long_time_in_the_picture_gives_few_views_spread_over_it() -> None:
    detections = [at(n, walking(0)) for n in range(3000)]
    kept = kept_views.choose(detections, 0.3, SIZE)
    times = sorted(detections[p].frame.time_s for p in kept.chosen)
    assert 6 <= len(times) <= 12
    assert times[0] < 60 and times[-1] > 240
    assert max(np.diff(times)) <= 100


def test_people_side_by_side_and_a_newcomer_each_have_views() -> None:
    detections: list[Detection] = []
    owner: list[str] = []
    for n in range(30):
        here = {"left": walking(n), "right": walking(n, left=150)}
        if n >= 25:
            here["new"] = walking(n, left=230)
        detections += [at(n, box) for box in here.values()]
        owner += here
    kept = kept_views.choose(detections, 0.3, SIZE)
    assert {owner[p] for p in kept.chosen} == {"left", "right", "new"}


def test_the_best_of_a_stretch_is_large_sure_free_and_inside() -> None:
    def best(*offers: tuple[Box, float], beside: dict[int, Box] | None = None) -> int:
        """Which of the offers, a frame each within half a second, is kept of the first person."""
        detections: list[Detection] = []
        first: list[int] = []
        for n, (box, score) in enumerate(offers):
            first.append(len(detections))
            detections.append(at(n, box, score))
            if beside and n in beside:
                detections.append(at(n, beside[n], 0.9))
        kept = kept_views.choose(detections, 0.3, SIZE)
        (found,) = kept.chosen & set(first)
        return first.index(found)

    box = (100.0, 60.0, 140.0, 200.0)
    assert best((box, 0.6), (box, 0.9), (box, 0.7)) == 1
    assert best((box, 0.8), (box, 0.8), ((98.0, 55.0, 142.0, 206.0), 0.8)) == 2
    nearer = (110.0, 70.0, 170.0, 235.0)  # reaches lower: stands in front
    assert best((box, 0.9), (box, 0.8), beside={0: nearer}) == 1
    behind = (110.0, 20.0, 170.0, 150.0)
    assert best((box, 0.9), (box, 0.8), beside={0: behind}) == 0
    at_the_edge, within = (0.0, 60.0, 40.0, 200.0), (4.0, 60.0, 43.0, 200.0)
    assert best((at_the_edge, 0.9), (within, 0.9)) == 1


def test_boxes_too_weak_for_a_person_are_no_views() -> None:
    assert kept_views.choose([at(n, walking(n), 0.2) for n in range(20)], 0.3, SIZE).chosen == set()


def test_a_track_without_a_chosen_view_offers_all_its_boxes() -> None:
    kept = kept_views.choose([at(n, walking(n)) for n in range(20)], 0.3, SIZE)
    some = sorted(kept.chosen)
    assert kept_views.preferred([*some, 100], kept) == some
    assert kept_views.preferred([100, 101], kept) == [100, 101]
    assert kept_views.preferred(range(3), None) == [0, 1, 2]


def test_people_are_judged_without_decoding_again_and_the_same_from_the_cache(
    demo_clip: Path, demo_settings: pipeline.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: list[str] = []
    read = shared_reading.SharedReading.read

    def noted(self: shared_reading.SharedReading, refs: Iterable[FrameRef] | None) -> Iterator[media.Frame]:
        wanted = None if refs is None else list(refs)
        if wanted is None or wanted:
            readers.append(threading.current_thread().name)
        return read(self, wanted)

    monkeypatch.setattr(shared_reading.SharedReading, "read", noted)
    settings = replace(demo_settings, only=("persons", "clothing"))
    first = pipeline.analyze(demo_clip, settings, workdir=tmp_path)
    assert first.persons and any(observation.crops for observation in first.clothing)
    assert not {"persons", "clothing"} & set(readers)
    gone = [path for name in ("persons", "clothing") for path in tmp_path.rglob(f"{name}-*.json")]
    assert len(gone) == 2
    for path in gone:
        path.unlink()
    again = pipeline.analyze(demo_clip, settings, workdir=tmp_path)
    assert {"persons", "clothing"} <= set(readers)  # the boxes came from the cache, their pixels from the clip
    assert again.persons == first.persons
    assert again.clothing == first.clothing


def test_a_track_is_shown_by_its_surest_boxes_and_a_sheet_by_different_moments(demo_analysis: Analysis) -> None:
    from vidcheck import person_sheets, pictures
    from vidcheck.types import Person, Track

    # Somebody stands for two minutes; for four seconds of them the tracker has begun another track.
    scores = [(0.6 if n % 10 else 0.15) if 600 <= n < 640 else 0.8 for n in range(1200)]
    detections = [at(n, walking(0), score) for n, score in enumerate(scores)]
    second = tuple(range(600, 640))
    first = tuple(n for n in range(1200) if n not in second)
    kept = kept_views.choose(detections, 0.3, SIZE)
    assert not kept.chosen.intersection(second) and kept.faint.intersection(second)
    tracks = (Track("s0-t1", 0, first), Track("s0-t2", 0, second))
    person = Person("p1", ("s0-t1", "s0-t2"), (), None)
    analysis = replace(demo_analysis, tracks=tracks, persons=(person,), detections=tuple(detections))
    assert pictures._view_of(tracks[1], analysis, kept).confidence == 0.6
    times = [moment.frame.time_s for moment in person_sheets.moments(analysis, person, kept)]
    assert len(times) >= 6 and times[0] < 15 and times[-1] > 100
    assert min(np.diff(times)) > 2
    brief = replace(person, tracks=("s0-t2",))
    assert len(person_sheets.moments(analysis, brief, kept)) == 8  # no view of it was chosen: all its boxes
