"""Where frames lie in the scene, while the camera moves and across cuts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.media import scene
from vidcheck import camera, media
from vidcheck.camera import View, ViewTable
from vidcheck.types import FrameRef, Shot

SIZE = (320, 180)


def window(seed: int, x: float) -> media.U8:
    """A part of a wide scene, SIZE large, from ``x`` pixels on."""
    wide = np.concatenate([scene(seed * 10 + n, SIZE) for n in range(3)], axis=1)
    return wide[:, round(x) : round(x) + SIZE[0]].copy()


def follow(tmp_path: Path, pictures: Sequence[media.U8], cuts: Sequence[int] = ()) -> tuple[View, ...]:
    path = tmp_path / "clip.mp4"
    media.write_video(path, pictures, fps=10, crf=18)
    with media.open_clip(path) as clip:
        refs = [frame.ref for frame in clip.frames()]
        bounds = [0, *cuts, len(refs)]
        end = FrameRef(len(refs), 10**9, len(refs) / 10)
        shots = [
            Shot(n, refs[a], refs[b] if b < len(refs) else end, "moving", 0.0, refs[a], 1.0, 0.5)
            for n, (a, b) in enumerate(pairwise(bounds))
        ]
        return camera.follow_camera(clip, refs, shots, [], camera.CameraSettings()).value


def test_points_taken_ahead_give_the_same_and_pixels_are_read_where_they_do_not_suffice(tmp_path: Path) -> None:
    bright = [window(1, x) for x in np.linspace(0, 300, 12)]
    dark = [np.full_like(bright[0], 3)] * 4  # without points: only the pixels place these
    for pictures in (bright, bright + dark):
        path = tmp_path / f"{len(pictures)}.mp4"
        media.write_video(path, pictures, fps=10, crf=18)
        with media.open_clip(path) as clip:
            frames = list(clip.frames())
            refs = [frame.ref for frame in frames]
            shots = [Shot(0, refs[0], FrameRef(len(refs), 10**9, 9.0), "moving", 0.0, refs[0], 1.0, 0.5)]
            given = (clip, refs, shots, [], camera.CameraSettings())
            without = camera.follow_camera(*given)
            # all in memory, all but the last in a file, and more than is kept
            for in_memory, most in ((10**9, 10**9), (10_000, 10**9), (10_000, 50_000)):
                describer = camera.Describer(clip.source.width_px, in_memory, most)
                for frame in frames:
                    describer.add(frame.ref.index, frame.small_gray(camera.WIDTH_PX), ())
                assert (describer.points_of(refs) is None) == (most == 50_000)
                assert camera.follow_camera(*given, describer) == without


def test_a_place_keeps_its_coordinates_when_the_camera_turns_away_and_comes_back(tmp_path: Path) -> None:
    path = [*np.linspace(0, 600, 25), *np.linspace(600, 0, 25)]
    views = follow(tmp_path, [window(5, x) for x in path])
    assert {view.scene for view in views} == {0}
    for view, x in zip(views, path, strict=True):
        assert abs(view.x - round(x)) <= 4
    assert abs(views[-1].x) <= 2  # the drift of fifty steps, undone by the first key frame
    # A box at 40 px of the last frame lies where one at 40 px of the first lay.
    assert np.allclose(views[-1].place((40, 20, 80, 120)), views[0].place((40, 20, 80, 120)), atol=3)


def test_a_zoom_is_a_change_of_scale(tmp_path: Path) -> None:
    import cv2

    wide = scene(8, (640, 360))
    pictures = []
    for share in np.linspace(1.0, 0.5, 15):
        width, height = round(640 * share), round(360 * share)
        x, y = (640 - width) // 2, (360 - height) // 2
        pictures.append(np.asarray(cv2.resize(wide[y : y + height, x : x + width], SIZE), np.uint8))
    views = follow(tmp_path, pictures)
    assert views[0].scale == 1.0
    assert abs(views[-1].scale - 0.5) <= 0.03


def test_a_cut_away_and_back_is_the_same_scene_and_another_picture_is_not(tmp_path: Path) -> None:
    pictures = [window(5, 0)] * 4 + [window(6, 0)] * 4 + [window(5, 60)] * 4
    views = follow(tmp_path, pictures, cuts=(4, 8))
    assert [view.scene for view in views] == [0] * 4 + [1] * 4 + [0] * 4
    assert abs(views[-1].x - 60) <= 3


def test_what_a_frame_shows_of_a_place() -> None:
    whole, far = View(0, 0, 1.0, 0.0, 100.0, 0.0), View(3, 0, 2.0, 0.0, 0.0, 0.0)
    turned = View(7, 0, 1.0, 90.0, 0.0, 0.0)
    views = ViewTable([turned, whole, far])
    assert views.frames.tolist() == [0, 3, 7]
    assert views.shares((100, 0, 200, 100), SIZE, slice(0, 2)).tolist() == [1.0, 1.0]
    assert views.shares((50, 0, 150, 100), SIZE, slice(0, 2)).tolist() == [0.5, 1.0]
    assert views.shares((900, 0, 950, 100), SIZE, slice(0, 1)).tolist() == [0.0]
    # Turned by a quarter, the picture's right is the scene's down.
    assert views.shares((-50, 0, 50, 100), SIZE, slice(2, 3)).tolist() == pytest.approx([0.5])


def test_pictures_without_a_point_stand_still_while_nothing_changes(tmp_path: Path) -> None:
    views = follow(tmp_path, [np.full((180, 320, 3), 90, np.uint8)] * 3)
    assert [(view.scene, view.x, view.y) for view in views] == [(0, 0.0, 0.0)] * 3
