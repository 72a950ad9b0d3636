"""Readers that share decoding passes get what each would have got alone, whatever they do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from vidcheck import media
from vidcheck.media import Clip, Frame
from vidcheck.shared_reading import SharedClip, SharedReading, Stopped
from vidcheck.types import FrameRef


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("shared") / "counting.mp4"
    media.write_video(made, (np.full((48, 64, 3), 4 * i, np.uint8) for i in range(60)), fps=25)
    return made


class Counting(Clip):
    """Counts what the clip is asked for."""

    def __init__(self, clip: Clip) -> None:
        super().__init__(clip.path, clip.source)
        self.clip, self.passes, self.given = clip, 0, 0

    def frames(self) -> Iterator[Frame]:
        self.passes += 1
        for frame in self.clip.frames():
            self.given += 1
            yield frame

    def read(self, refs: object) -> Iterator[Frame]:
        self.passes += 1
        for frame in self.clip.read(refs):  # type: ignore[arg-type]
            self.given += 1
            yield frame


def run_as_readers(reading: SharedReading, threads: list[threading.Thread]) -> None:
    """Enter all before any starts, and wait until all have ended."""
    for thread in threads:
        reading.enter(thread)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def together(path: Path, *jobs: Callable[[Clip], object]) -> tuple[list[object], Counting]:
    """Run jobs in threads over one clip; what each returned or raised."""
    results: list[object] = [None] * len(jobs)
    with media.open_clip(path) as opened:
        clip = Counting(opened)
        reading = SharedReading(clip)
        shared = SharedClip(clip, opened.source, reading)

        def work(place: int) -> None:
            try:
                results[place] = jobs[place](shared)
            except Exception as error:
                results[place] = error
            reading.leave(threading.current_thread())

        run_as_readers(reading, [threading.Thread(target=work, args=(place,)) for place in range(len(jobs))])
    return results, clip


def refs_of(path: Path) -> list[FrameRef]:
    with media.open_clip(path) as clip:
        return [frame.ref for frame in clip.frames()]


def lumas(frames: Iterator[Frame]) -> list[tuple[int, int]]:
    return [(frame.ref.index, int(frame.gray.mean())) for frame in frames]


def test_one_pass_serves_all_and_each_gets_its_own(path: Path) -> None:
    refs = refs_of(path)
    some, others = refs[3:50:7], refs[10:40:10]
    with media.open_clip(path) as clip:
        expected = [lumas(clip.frames()), lumas(clip.read(some)), lumas(clip.read(others))]
    results, clip = together(
        path,
        lambda c: lumas(c.frames()),
        lambda c: lumas(c.read(some)),
        lambda c: lumas(c.read(others)),
    )
    assert results == expected
    assert clip.passes == 1 and clip.given == 60


def test_sparse_readers_share_a_sparse_pass(path: Path) -> None:
    refs = refs_of(path)
    results, clip = together(
        path, lambda c: [f.ref.index for f in c.read(refs[:3])], lambda c: [f.ref.index for f in c.read(refs[2:5])]
    )
    assert results == [[0, 1, 2], [2, 3, 4]]
    assert clip.passes == 1 and clip.given == 5


def test_readers_that_come_later_or_go_early_hold_nobody_up(path: Path) -> None:
    refs = refs_of(path)

    def slow(clip: Clip) -> int:
        time.sleep(0.2)
        return len(lumas(clip.read(refs[5:9])))

    def twice(clip: Clip) -> int:
        first = next(iter(clip.frames())).ref.index
        return first + len(lumas(clip.read(refs[50:])))

    def fails(clip: Clip) -> None:
        for frame in clip.frames():
            if frame.ref.index == 4:
                raise ValueError("enough")

    results, clip = together(path, slow, twice, fails, lambda c: None, lambda c: list(c.read([])))
    assert results[:2] == [4, 10]
    assert isinstance(results[2], ValueError)
    assert results[3:] == [None, []]
    assert clip.passes == 2


def test_a_slow_reader_holds_others_up_only_after_a_few_frames(path: Path) -> None:
    refs = refs_of(path)
    passed: list[int] = []
    reached: list[int] = []

    def slow(clip: Clip) -> list[int]:
        found = []
        for frame in clip.read(refs[::10]):
            found.append(frame.ref.index)
            if frame.ref.index == 0:
                time.sleep(0.5)  # the other reader gets on meanwhile
                reached.append(passed[-1])
        return found

    def quick(clip: Clip) -> list[int]:
        for frame in clip.frames():
            passed.append(frame.ref.index)
        return passed

    results, clip = together(path, slow, quick)
    assert results == [[0, 10, 20, 30, 40, 50], list(range(60))]
    assert clip.passes == 1
    assert reached == [20]  # beyond, a third frame would have to wait for it


def test_a_reader_that_got_its_last_frame_is_drawn_into_no_other_pass(path: Path) -> None:
    refs = refs_of(path)
    for _ in range(40):
        results, clip = together(
            path,
            lambda c: [f.ref.index for f in c.read([refs[5]])],
            lambda c: [[f.ref.index for f in c.read(wanted)] for wanted in ([refs[5]], [refs[5], refs[7]])],
        )
        assert results == [[5], [[5], [5, 7]]]
        assert clip.passes == 2 and clip.given == 3


def test_what_ends_a_pass_is_told_to_all_its_readers(path: Path) -> None:
    class Broken(Counting):
        def frames(self) -> Iterator[Frame]:
            for frame in super().frames():
                if frame.ref.index == 7:
                    raise OSError("the disk is gone")
                yield frame

    seen: list[int] = []
    with media.open_clip(path) as opened:
        reading = SharedReading(Broken(opened))

        def work() -> None:
            try:
                for frame in reading.read(None):
                    seen.append(frame.ref.index)
            except OSError:
                seen.append(-1)
            reading.leave(threading.current_thread())

        run_as_readers(reading, [threading.Thread(target=work) for _ in range(2)])
    assert sorted(seen) == [-1, -1, *sorted([*range(7), *range(7)])]


def test_an_analysis_that_is_ended_lets_its_steps_go(path: Path) -> None:
    with media.open_clip(path) as opened:
        reading = SharedReading(opened)
        told: list[BaseException] = []

        def work() -> None:
            try:
                list(reading.read(None))
            except Stopped as error:
                told.append(error)

        thread, absent = threading.Thread(target=work), threading.Thread()
        reading.enter(thread)
        reading.enter(absent)  # never asks: the pass cannot begin
        thread.start()
        reading.stop()
        thread.join(30)
        assert len(told) == 1 and not thread.is_alive()


def test_one_step_cannot_read_twice_at_a_time(path: Path) -> None:
    def nested(clip: Clip) -> None:
        for _ in clip.frames():
            list(clip.frames())

    (error,), _ = together(path, nested)
    assert isinstance(error, RuntimeError)
