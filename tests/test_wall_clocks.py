"""Clock faces: found where one hangs, not claimed on textures, never read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from vidcheck import leads, media, wall_clocks, weights
from vidcheck.errors import ModelError
from vidcheck.types import FrameRef, Shot
from vidcheck.wall_clocks import ClockFace, WallClockSettings, find_clock_faces, find_rings


def clock(diameter: int) -> np.ndarray:
    """A white clock with twelve marks and two hands, drawn large and scaled down."""
    big = np.full((900, 900, 3), 200, np.uint8)
    cv2.circle(big, (450, 450), 430, (30, 30, 30), -1, cv2.LINE_AA)
    cv2.circle(big, (450, 450), 390, (250, 250, 250), -1, cv2.LINE_AA)
    for k in range(12):
        x, y = np.sin(k * np.pi / 6), -np.cos(k * np.pi / 6)
        text = str(k or 12)
        (w, h), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 2.4, 6)
        at = (int(450 + 310 * x - w / 2), int(450 + 310 * y + h / 2))
        cv2.putText(big, text, at, cv2.FONT_HERSHEY_SIMPLEX, 2.4, (10, 10, 10), 6, cv2.LINE_AA)
    cv2.line(big, (450, 450), (600, 340), (10, 10, 10), 26, cv2.LINE_AA)
    cv2.line(big, (450, 450), (400, 160), (10, 10, 10), 18, cv2.LINE_AA)
    side = round(diameter * 900 / 860)
    return np.asarray(cv2.resize(big, (side, side), interpolation=cv2.INTER_AREA))


def room(diameter: int | None = None) -> np.ndarray:
    """A wall with a door and a picture frame, and perhaps a clock."""
    picture = np.full((540, 960, 3), (190, 205, 210), np.uint8)
    picture[360:] = (90, 110, 130)
    cv2.rectangle(picture, (700, 150), (850, 470), (60, 80, 110), -1)
    cv2.rectangle(picture, (90, 120), (230, 220), (40, 40, 60), 6)
    if diameter is not None:
        drawn = clock(diameter)
        picture[60 : 60 + len(drawn), 400 : 400 + len(drawn)] = drawn
    noise = np.random.default_rng(1).normal(0, 3, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def shot_of(clip: media.Clip, kind: str = "still") -> tuple[Shot, ...]:
    first = next(iter(clip.frames())).ref
    end = FrameRef(first.index + 1000, first.pts + 1000, 1000.0)
    return (Shot(0, first, end, kind, 0.0, first, 1.0, 0.5),)  # type: ignore[arg-type]


def look(path: Path, settings: WallClockSettings | None = None):
    with media.open_clip(path) as clip:
        return find_clock_faces(clip, shot_of(clip), settings or WallClockSettings())


def test_a_clock_on_a_wall_is_found_and_its_crop_holds_it(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), room(120))
    result = look(tmp_path / "a.png")
    (face,) = result.value
    x1, y1, x2, y2 = face.crop.box_xyxy_px
    assert abs((x1 + x2) / 2 - 462) < 12 and abs((y1 + y2) / 2 - 122) < 12
    assert 90 < x2 - x1 < 160
    assert face.frames == (face.crop.frame,)
    assert result.stats["frames_looked_at"] == 1 and result.weights_sha256


def test_a_bare_room_has_none_and_says_how_much_was_looked_at(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), room())
    result = look(tmp_path / "a.png")
    assert result.value == ()
    assert result.stats["frames_looked_at"] == 1 and result.stats["shots_not_looked_at"] == 0


def test_rings_without_a_face_are_not_claimed(tmp_path: Path) -> None:
    picture = room()
    for k, x in enumerate((150, 320, 500)):
        cv2.circle(picture, (x, 130), 50, (30, 30, 30), 6 if k else -1, cv2.LINE_AA)
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    assert find_rings(picture, WallClockSettings())
    assert look(tmp_path / "a.png").value == ()


def test_large_rings_leave_places_to_small_ones() -> None:
    picture = np.full((540, 960, 3), 200, np.uint8)
    for y in range(70, 540, 190):
        for x in range(70, 960, 190):
            cv2.circle(picture, (x, y), 88, (20, 20, 20), 3)
            cv2.circle(picture, (x, y), 16, (20, 20, 20), 2)
    sizes = [box[2] - box[0] for box in find_rings(picture, WallClockSettings())]
    assert any(size > 165 for size in sizes) and sum(size < 40 for size in sizes) >= 10
    assert len(sizes) <= WallClockSettings().max_rings


@pytest.mark.parametrize("shape", [(1, 1), (1, 960), (2, 3000), (3000, 2), (9, 4000)])
def test_the_thinnest_picture_has_no_rings(shape: tuple[int, int]) -> None:
    assert find_rings(np.zeros((*shape, 3), np.uint8), WallClockSettings()) == []


def test_each_box_gets_the_same_share_whatever_is_judged_beside_it() -> None:
    resolved = weights.resolve(WallClockSettings().model)
    network = wall_clocks.load_network(str(resolved.path), resolved.sha256)
    boxes = [(400.0, 60.0, 525.0, 185.0), (90.0, 120.0, 230.0, 220.0), (700.0, 150.0, 850.0, 470.0)]
    together = wall_clocks.judge(room(120), boxes, network)
    assert together[0] > 0.5 > max(together[1:])
    assert together == [share for box in boxes for share in wall_clocks.judge(room(120), [box], network)]


def test_the_budget_is_owned_up_to(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), room())
    with media.open_clip(tmp_path / "a.png") as clip:
        first = shot_of(clip)[0]
        shots = tuple(replace(first, index=k) for k in range(5))
        result = find_clock_faces(clip, shots, WallClockSettings(max_frames=2))
    assert result.stats["shots_not_looked_at"] == 3


def test_black_and_repeated_shots_are_not_looked_at(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), room(120))
    with media.open_clip(tmp_path / "a.png") as clip:
        shot = shot_of(clip)[0]
        skipped = (replace(shot, kind="black"), replace(shot, repeats=0))
        assert find_clock_faces(clip, skipped, WallClockSettings()).stats["frames_looked_at"] == 0


def test_another_model_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "wrong_openvino_model"
    folder.mkdir()
    (folder / "x.xml").write_text("<net/>")
    cv2.imwrite(str(tmp_path / "a.png"), room())
    with pytest.raises(ModelError, match="cannot be loaded"):
        look(tmp_path / "a.png", WallClockSettings(model=str(folder)))


def test_a_face_becomes_a_lead_that_reads_nothing() -> None:
    frame = FrameRef(3, 3, 0.1)
    face = ClockFace(0, wall_clocks.Crop(frame, (1.0, 2.0, 50.0, 51.0)), 0.81, (frame,))
    (lead,) = leads.find_leads((), clock_faces=(face,)).value
    assert (lead.id, lead.kind, lead.text, lead.grade) == ("l1", "wall_clock", "", "contextual")
    assert lead.crop == face.crop and lead.frames == (frame,)
    assert "does not read the hands" in lead.words.en and "tidak membaca jarumnya" in lead.words.id


def test_moving_shots_are_looked_at_along_their_length(tmp_path: Path) -> None:
    path = tmp_path / "pan.mp4"
    wide = np.hstack([room(), room(120)])
    media.write_video(path, (wide[:, 16 * k : 16 * k + 960].copy() for k in range(60)), fps=10)
    with media.open_clip(path) as clip:
        shots = shot_of(clip, "moving")
        shots = (replace(shots[0], end=FrameRef(60, 60 * 1024, 6.0)),)
        result = find_clock_faces(clip, shots, WallClockSettings(every_s=1.0))
        alone = find_clock_faces(clip, shots, WallClockSettings(every_s=1.0, full_pass_frames=0))
    assert result.stats["frames_looked_at"] == 6 and len(result.value) == 1
    assert result.value[0].crop.frame.time_s > 2
    assert alone.stats["frames_looked_at"] == 1 and alone.value == ()
