"""Cuts, slides, freezes and black, on rendered clips with known truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests import media as make
from vidcheck import media
from vidcheck.shots import ShotFinder
from vidcheck.types import Shot


def shots_of(path: Path) -> tuple[Shot, ...]:
    finder = ShotFinder()
    with media.open_clip(path) as clip:
        for frame in clip.frames():
            finder.process_frame(frame)
        return finder.finish(clip.source.duration_s, 10**6).value


def test_cuts_between_moving_shots_are_exact(tmp_path: Path) -> None:
    shots = shots_of(make.moving_clip(tmp_path / "clip.mp4", (50, 40, 30)))
    assert [shot.start.index for shot in shots] == [0, 50, 90]
    assert [shot.end.index for shot in shots] == [50, 90, 120]
    assert {shot.kind for shot in shots} == {"moving"}
    assert shots[1].transition_score > 0.1


def test_a_shaking_camera_makes_no_cut(tmp_path: Path) -> None:
    assert len(shots_of(make.moving_clip(tmp_path / "clip.mp4", (200,)))) == 1


def test_slides_with_swipes_are_stills_and_a_repeat_is_marked(tmp_path: Path) -> None:
    shots = shots_of(make.slideshow(tmp_path / "slides.mp4", (1, 2, 3, 1)))
    assert [shot.kind for shot in shots] == ["still"] * 4
    assert [shot.repeats for shot in shots] == [None, None, None, 0]
    # a swipe of six frames belongs to the slide it leads to
    assert [shot.start.index for shot in shots] == pytest.approx([0, 50, 106, 162], abs=7)


def test_a_freeze_at_the_end_of_movement_is_a_still(tmp_path: Path) -> None:
    moving = list(make.pan(4, 60))
    path = tmp_path / "freeze.mp4"
    media.write_video(path, moving + [moving[-1]] * 50, fps=25)
    shots = shots_of(path)
    assert [shot.kind for shot in shots] == ["moving", "still"]
    assert shots[1].start.index == pytest.approx(60, abs=2)


def test_a_quiet_moment_before_a_fixed_camera_is_no_slide(tmp_path: Path) -> None:
    background = make.scene(9)
    frames = []
    for i in range(150):
        picture = background.copy()
        x = i if i < 50 else (50 if i < 100 else i - 50)  # something walks, waits two seconds, walks on
        picture[80:120, x + 20 : x + 40] = (20, 20, 220)
        frames.append(picture)
    path = tmp_path / "fixed.mp4"
    media.write_video(path, frames, fps=25)
    assert len(shots_of(path)) == 1


def test_black_is_black(tmp_path: Path) -> None:
    path = tmp_path / "black.mp4"
    black = np.zeros((180, 320, 3), dtype=np.uint8)
    media.write_video(path, [*make.pan(1, 40), *[black] * 20, *make.pan(2, 40)], fps=25)
    assert [shot.kind for shot in shots_of(path)] == ["moving", "black", "moving"]


def test_the_best_frame_is_the_sharp_one(tmp_path: Path) -> None:
    import cv2

    frames = [cv2.GaussianBlur(f, (0, 0), 4) if i != 33 else f for i, f in enumerate(make.pan(3, 60))]
    path = tmp_path / "blurred.mp4"
    media.write_video(path, frames, fps=25, crf=14)
    (shot,) = shots_of(path)
    assert shot.best.index == pytest.approx(33, abs=1)


def test_one_frame_and_photo(tmp_path: Path) -> None:
    (shot,) = shots_of(make.moving_clip(tmp_path / "one.mp4", (1,)))
    assert shot.kind == "still" and shot.end.index == 1


def test_shots_do_not_depend_on_where_thumbnails_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make.slideshow(tmp_path / "slides.mp4", (1, 2, 3, 1))
    in_memory = shots_of(path)
    monkeypatch.setattr("vidcheck.shots._THUMBS_IN_MEMORY", 20_000)  # nine of them
    assert shots_of(path) == in_memory
