"""Marks on mirror images, insets, still and framed figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from tests.media import scene
from vidcheck import camera, media, traps
from vidcheck.types import Box, Detection, FrameRef, Shot, Track, Trap

Place = Callable[[int], Box]
COUNT = 24


def find(tmp_path: Path, pictures: Sequence[media.U8], people: dict[str, Place]) -> tuple[Trap, ...]:
    path = tmp_path / "clip.mp4"
    media.write_video(path, pictures, fps=10, crf=18)
    with media.open_clip(path) as clip:
        refs = [frame.ref for frame in clip.frames()]
        detections, tracks = [], []
        for name, place in people.items():
            positions = []
            for n, ref in enumerate(refs):
                positions.append(len(detections))
                detections.append(Detection(ref, place(n), "person", 0.9))
            tracks.append(Track(name, 0, tuple(positions)))
        end = FrameRef(len(refs), 10**9, len(refs) / 10)
        shots = [Shot(0, refs[0], end, "moving", 0.0, refs[0], 1.0, 0.5)]
        views = camera.follow_camera(clip, refs, shots, detections, camera.CameraSettings()).value
        return traps.find_traps(clip, tracks, detections, shots, views, traps.TrapSettings()).value


def walker(n: int) -> Box:
    return (20.0 + 4 * n, 60, 60.0 + 4 * n, 170)


def painted(canvas: media.U8, box: Box, seed: int) -> None:
    """Paint a textured figure into a picture."""
    x1, y1, x2, y2 = (round(v) for v in box)
    canvas[y1:y2, x1:x2] = scene(seed, (x2 - x1, y2 - y1))


def test_a_mirror_image_is_marked_with_its_twin(tmp_path: Path) -> None:
    pictures = []
    for n in range(COUNT):
        half = scene(3, (400, 240))[:, n * 3 : n * 3 + 240].copy()
        painted(half, (80, 60, 130, 220), 9)
        pictures.append(np.concatenate((half, half[:, ::-1]), axis=1))
    found = find(tmp_path, pictures, {"s0-t1": lambda n: (80, 60, 130, 220), "s0-t2": lambda n: (350, 60, 400, 220)})
    assert [(t.kind, t.track, t.twin) for t in found] == [("mirror", "s0-t2", "s0-t1")]
    assert "s0-t1" in found[0].words.en and "s0-t1" in found[0].words.id
    assert found[0].frames


def test_two_people_side_by_side_are_no_mirror(tmp_path: Path) -> None:
    pictures = []
    for n in range(COUNT):
        picture = scene(3, (700, 240))[:, n * 3 : n * 3 + 480].copy()
        painted(picture, (80, 60, 130, 220), 9)
        painted(picture, (350, 60, 400, 220), 11)
        pictures.append(picture)
    assert not find(tmp_path, pictures, {"s0-t1": lambda n: (80, 60, 130, 220), "s0-t2": lambda n: (350, 60, 400, 220)})


def test_who_lies_in_a_rectangle_that_stays_while_the_scene_moves_is_in_an_inset(tmp_path: Path) -> None:
    pictures = []
    for n in range(COUNT):
        picture = scene(4, (900, 270))[:, n * 8 : n * 8 + 480].copy()
        cv2.rectangle(picture, (320, 20), (460, 140), (255, 255, 255), 4)
        picture[24:137, 324:457] = scene(12, (180, 113))[:, n : n + 133]
        pictures.append(picture)
    people: dict[str, Place] = {"s0-t1": lambda n: (370.0 - n, 40, 410.0 - n, 130)}
    found = find(tmp_path, pictures, people)
    assert [(t.kind, t.track) for t in found] == [("inset", "s0-t1")]


def test_a_figure_without_movement_is_marked_only_where_others_move(tmp_path: Path) -> None:
    def film(moving: bool) -> tuple[Trap, ...]:
        pictures = []
        for n in range(COUNT):
            picture = scene(6, (480, 270)).copy()
            painted(picture, (380, 60, 430, 200), 21)
            painted(picture, walker(n if moving else 0), 22)
            pictures.append(picture)
        return find(tmp_path, pictures, {"s0-t1": lambda n: walker(n if moving else 0), "s0-t2": poster})

    def poster(n: int) -> Box:
        return (380, 60, 430, 200)

    assert [(t.kind, t.track) for t in film(True)] == [("still_picture", "s0-t2")]
    assert film(False) == ()
