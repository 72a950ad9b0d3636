"""The lighting step on rendered clips and photos: what is looked at, when it answers, and how flicker speaks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests import media as made
from vidcheck import lighting, media, shots
from vidcheck.errors import ModelError
from vidcheck.flicker import Flicker
from vidcheck.types import FrameRef, Shot

MODEL = str(Path(__file__).parent.parent / "models" / "lighting.onnx")
SETTINGS = lighting.LightingSettings(model=MODEL)


def find_shots(clip: media.Clip) -> tuple[Shot, ...]:
    finder = shots.ShotFinder()
    for frame in clip.frames():
        finder.process_frame(frame)
    return finder.finish(clip.source.duration_s, 10**9).value


def observe(path: Path, settings: lighting.LightingSettings = SETTINGS):
    with media.open_clip(path) as clip:
        found = find_shots(clip)
        return found, lighting.observe_lighting(clip, found, settings)


def sky_over_grass(width: int = 640, height: int = 360) -> media.U8:
    """A bright blue sky with clouds over grass and a sunlit road."""
    rng = np.random.default_rng(1)
    picture = np.zeros((height, width, 3), np.uint8)
    ramp = np.linspace(0, 1, height // 2)[:, None]
    picture[: height // 2] = (np.array([235, 170, 90]) * (1 - ramp) + np.array([240, 215, 180]) * ramp)[:, None]
    picture[height // 2 :] = (70, 150, 90)
    for _ in range(14):
        centre = (int(rng.integers(0, width)), int(rng.integers(10, height // 3)))
        cv2.ellipse(
            picture,
            centre,
            (int(rng.integers(30, 90)), int(rng.integers(8, 22))),
            0,
            0,
            360,
            (250, 248, 245),
            -1,
        )
    picture = cv2.GaussianBlur(picture, (0, 0), 4)
    road = np.array(
        [[width // 2 - 10, height // 2], [width // 2 + 10, height // 2], [width - 80, height], [80, height]]
    )
    cv2.fillPoly(picture, [road], (165, 170, 175))
    picture = picture.astype(float) + rng.normal(0, 6, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def dim_room(width: int = 320, height: int = 180, seed: int = 3) -> media.U8:
    """A dark red room: noise, a lamp, no window."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    glow = np.exp(-(((x - 230) / 60) ** 2 + ((y - 50) / 40) ** 2))[..., None]
    picture = made.scene(seed, (width, height)).astype(float) * 0.12 + glow * np.array([40, 60, 190])
    return np.clip(picture + rng.normal(0, 5, picture.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    return made.moving_clip(tmp_path_factory.mktemp("lighting") / "moving.mp4", (40, 30))


@pytest.fixture(scope="module")
def observed(clip):
    return observe(clip)


def test_one_observation_for_each_shot_in_order(observed):
    found, result = observed
    assert len(found) >= 2
    assert [o.shot for o in result.value] == [s.index for s in found]
    assert result.stats["shots"] == len(found) and len(result.weights_sha256) == 64


def test_frames_looked_at_lie_in_their_shot_and_hold_the_sharpest(observed):
    found, result = observed
    for shot, seen in zip(found, result.value, strict=True):
        assert 1 <= len(seen.frames) <= SETTINGS.frames_per_shot
        assert all(shot.start.index <= ref.index < shot.end.index for ref in seen.frames)
        assert shot.best in seen.frames
    assert result.stats["frames_looked_at"] == sum(len(o.frames) for o in result.value)


def test_probabilities_are_a_distribution_over_the_classes(observed):
    for seen in observed[1].value:
        assert set(seen.alternatives) == set(lighting.CLASSES)
        assert sum(seen.alternatives.values()) == pytest.approx(1, abs=1e-3)
        assert seen.probability == max(seen.alternatives.values())


def test_the_same_clip_gives_the_same_answer(clip, observed):
    assert observe(clip)[1].value == observed[1].value


def test_still_frame_rate_is_reported_as_not_testable(observed):
    # 25 frames a second: the bands would stand still.
    assert all("standing_bands" in text or "too_short" in text for text in observed[1].stats["flicker"].values())
    assert observed[1].stats["flicker_tested"] == 0


def test_black_shots_are_unknown_and_not_looked_at(tmp_path):
    path = tmp_path / "black.mp4"
    media.write_video(path, (np.zeros((180, 320, 3), np.uint8) for _ in range(30)), fps=25)
    found, result = observe(path)
    assert [s.kind for s in found] == ["black"]
    only = result.value[0]
    assert (only.label, only.probability, only.frames, only.alternatives) == ("unknown", 0.0, (), {})
    assert result.stats["shots_black"] == 1 and result.stats["frames_looked_at"] == 0


def test_a_photo_is_one_frame_and_is_not_tested_for_flicker(tmp_path):
    path = tmp_path / "sky.png"
    cv2.imwrite(str(path), sky_over_grass())
    _, result = observe(path)
    assert len(result.value[0].frames) == 1 and result.stats["flicker"] == {}
    assert result.value[0].label not in ("outdoor_night", "indoor_artificial")


@pytest.mark.parametrize("seed", range(4))
def test_a_dim_room_is_never_called_night(tmp_path, seed):
    path = tmp_path / "room.png"
    cv2.imwrite(str(path), dim_room(seed=seed))
    assert observe(path)[1].value[0].label != "outdoor_night"


def test_black_bars_are_cut_and_dark_scenes_are_not():
    picture = made.scene(5, (200, 120))
    barred = np.zeros((300, 200, 3), np.uint8)
    barred[90:210] = np.maximum(picture, 40)
    assert lighting.without_borders(barred).shape == (120, 200, 3)
    dark = np.random.default_rng(0).integers(0, 12, (60, 80, 3)).astype(np.uint8)
    assert lighting.without_borders(dark).shape == dark.shape
    one_lamp = dark.copy()
    one_lamp[30:34, 40:44] = 255
    assert lighting.without_borders(one_lamp).shape == dark.shape


def test_black_bars_hardly_change_the_answer():
    network = lighting.load_network(MODEL, "test")
    picture = sky_over_grass()
    barred = cv2.copyMakeBorder(picture, 300, 300, 0, 0, cv2.BORDER_CONSTANT)
    cut = lighting.without_borders(barred)
    assert np.abs(lighting.classify(picture, network) - lighting.classify(cut, network)).max() < 0.05


def test_input_is_rgb_from_minus_one_to_one():
    red = np.zeros((50, 90, 3), np.uint8)
    red[..., 2] = 255
    x = lighting.to_input(red)
    assert x.shape == (3, 224, 224) and x.dtype == np.float32
    assert x[0].min() == 1 and x[1].max() == -1 and x[2].max() == -1


@pytest.mark.parametrize(
    ("probabilities", "label"),
    [
        ((0.7, 0.1, 0.1, 0.05, 0.05), "outdoor_day"),
        ((0.3, 0.2, 0.1, 0.2, 0.2), "unknown"),
        ((0.0, 0.1, 0.7, 0.0, 0.2), "unknown"),  # night asks for more
        ((0.0, 0.05, 0.93, 0.0, 0.02), "outdoor_night"),
        ((0.0, 0.0, 0.85, 0.0, 0.15), "unknown"),  # and lamps indoors must be unlikely
        ((0.2, 0.75, 0.0, 0.05, 0.0), "unknown"),  # so does twilight
        ((0.0, 0.0, 0.1, 0.2, 0.7), "indoor_artificial"),
    ],
)
def test_answers_from_the_threshold_on(probabilities, label):
    settings = lighting.LightingSettings(min_probability=0.6, min_probability_dark=0.8)
    assert lighting.decide(np.array(probabilities), settings) == label


def test_night_is_not_named_in_the_dark():
    night = np.array([0.0, 0.05, 0.93, 0.0, 0.02])
    assert lighting.decide(night, SETTINGS, lit=0.4) == "outdoor_night"
    assert lighting.decide(night, SETTINGS, lit=0.2) == "unknown"
    assert lighting.lit_share(np.full((90, 160, 3), 30, np.uint8)) == 0
    assert lighting.lit_share(np.full((90, 160, 3), 90, np.uint8)) == 1


def flicker_found(detected: bool) -> Flicker:
    return Flicker(True, detected, "bands" if detected else "none_found", 30.0, 10.0, 90.0, 0.03, 2.0, 0.9, "rows")


def test_found_flicker_speaks_for_lamps_and_missing_flicker_for_nothing():
    seen = lighting._Gathered([np.array([0.05, 0.05, 0.1, 0.4, 0.4])], [FrameRef(0, 0, 0.0)], [1.0])
    without = lighting._observation(0, seen, None, SETTINGS)
    missing = lighting._observation(0, seen, flicker_found(False), SETTINGS)
    found = lighting._observation(0, seen, flicker_found(True), SETTINGS)
    assert without == missing and without.label == "unknown"
    assert found.label == "indoor_artificial" and found.probability > 0.6
    assert sum(found.alternatives.values()) == pytest.approx(1, abs=1e-3)


def test_flicker_alone_never_makes_night():
    room = lighting._Gathered([np.array([0.0, 0.05, 0.4, 0.15, 0.4])], [FrameRef(0, 0, 0.0)], [1.0])
    assert lighting._observation(0, room, flicker_found(True), SETTINGS).label != "outdoor_night"


def test_flicker_is_found_in_a_coded_clip(tmp_path):
    """A lamp of 100 pulses a second before a rolling shutter, through the encoder and the decoder."""
    picture = np.maximum(made.scene(8), 30).astype(float)
    height = picture.shape[0]

    def frames():
        rng = np.random.default_rng(2)
        for k in range(75):
            phase = 2 * np.pi * 100 * (k / 30 + np.arange(height) / height * 0.018)
            lit = picture * (1 + 0.05 * np.sin(phase))[:, None, None] + rng.normal(0, 2, picture.shape)
            yield np.clip(lit, 0, 255).astype(np.uint8)

    path = tmp_path / "lamp.mp4"
    media.write_video(path, frames(), fps=30)
    with media.open_clip(path) as clip:
        whole = replace(find_shots(clip)[0], end=FrameRef(75, 10**9, 2.5), kind="moving")
        result = lighting.observe_lighting(clip, (whole,), SETTINGS)
    assert result.stats["flicker_found"] == 1
    assert result.stats["flicker"]["0"].startswith("found: beat 10.")


def test_flicker_test_can_be_switched_off(clip):
    settings = lighting.LightingSettings(model=MODEL, flicker_frames=0)
    assert observe(clip, settings)[1].stats["flicker"] == {}


def test_long_clips_are_judged_by_their_sharpest_frames(clip):
    settings = lighting.LightingSettings(model=MODEL, full_pass_frames=10, flicker_frames=0)
    found, result = observe(clip, settings)
    assert [o.frames for o in result.value][-1] == (found[-1].best,)


def test_another_model_is_refused(tmp_path):
    path = tmp_path / "other.onnx"
    path.write_bytes(b"no model")
    with media.open_clip(made.moving_clip(tmp_path / "clip.mp4", (10,))) as clip, pytest.raises(ModelError):
        lighting.observe_lighting(clip, (), lighting.LightingSettings(model=str(path)))


def test_real_street_by_day_is_not_called_night(data_folder):
    for name in ("people.mp4", "vtest.avi"):
        _, result = observe(data_folder / "clips" / name)
        assert all(o.label in ("outdoor_day", "unknown") for o in result.value)
        assert result.stats["flicker_found"] == 0
