"""The clothing step: framing, choice of views, the decision per person, abstention, words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cloth import korpri_like, plain
from vidcheck import clothing, clothing_crops, media
from vidcheck.clothing import ClothingSettings, classify_clothing
from vidcheck.clothing_crops import torso_box
from vidcheck.types import Detection, FrameRef, Person, Track

WIDTH, HEIGHT = 480, 360
FIGURE = (140.0, 20.0, 300.0, 360.0)  # a standing box: 160 x 340
DRAWN = ClothingSettings(min_probability_korpri=0.5)
"""Drawn cloth is less like the real one than what the step asks for."""


def figure(cloth: media.U8, box: tuple[float, float, float, float] = FIGURE, blur: float = 0.0) -> media.U8:
    """A grey room with one torso of ``cloth`` in it, where the step frames a person's torso."""
    import cv2

    picture = np.full((HEIGHT, WIDTH, 3), (150, 160, 165), np.uint8)
    x1, y1, x2, y2 = (int(v) for v in torso_box(box, WIDTH, HEIGHT))
    picture[y1:y2, x1:x2] = cv2.resize(cloth, (x2 - x1, y2 - y1), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(picture, (0, 0), blur).astype(np.uint8) if blur else picture


def clip_of(path: Path, pictures: list[media.U8]) -> Path:
    """Write the pictures as a clip."""

    def frames() -> Iterator[media.U8]:
        yield from pictures

    media.write_video(path, frames(), fps=10)
    return path


def seen(
    frames: list[FrameRef], box: tuple[float, float, float, float] = FIGURE
) -> tuple[tuple[Person, ...], tuple[Track, ...], tuple[Detection, ...]]:
    """One person with one track over all frames."""
    detections = tuple(Detection(frame, box, "person", 0.9) for frame in frames)
    return (Person("p1", ("s0-t0",), (), None),), (Track("s0-t0", 0, tuple(range(len(frames)))),), detections


def run(
    path: Path, settings: ClothingSettings | None = None, box: tuple[float, float, float, float] = FIGURE
) -> clothing.ClothingObservation:
    """Classify the one person of a clip."""
    with media.open_clip(path) as clip:
        refs = [frame.ref for frame in clip.frames()]
    with media.open_clip(path) as clip:
        return classify_clothing(clip, *seen(refs, box), settings).value[0]


def test_korpri_cloth_is_found_with_regions_and_nearest_alternative(tmp_path: Path) -> None:
    """Label, torsos first, then regions that lie inside the first torso."""
    found = run(clip_of(tmp_path / "k.mp4", [figure(korpri_like(i)) for i in range(8)]), DRAWN)
    assert found.label == "korpri_batik"
    assert not found.abstained
    assert found.reason is None
    torsos, regions = clothing.split_crops(found)
    assert 1 <= len(torsos) <= ClothingSettings().views_used
    x1, y1, x2, y2 = torsos[0].box_xyxy_px
    for region in regions:
        assert region.frame == torsos[0].frame
        rx1, ry1, rx2, ry2 = region.box_xyxy_px
        assert x1 - 1 <= rx1 < rx2 <= x2 + 1
        assert y1 - 1 <= ry1 < ry2 <= y2 + 1
    nearest = clothing.nearest_alternative(found)
    assert nearest is not None
    assert nearest[0] != "korpri_batik"
    assert nearest[1] < found.probability
    assert sum(found.alternatives.values()) == pytest.approx(1, abs=1e-3)


def test_plain_grey_shirt_is_not_korpri(tmp_path: Path) -> None:
    """A plain shirt may be civilian or unclear, never Korpri."""
    found = run(clip_of(tmp_path / "g.mp4", [figure(plain((90, 85, 80), i)) for i in range(4)]))
    assert found.label != "korpri_batik"
    assert found.alternatives["korpri_batik"] < 0.1


def test_torso_too_small_is_unclear_and_says_the_size(tmp_path: Path) -> None:
    """A figure 12 pixels wide."""
    box = (100.0, 100.0, 112.0, 130.0)
    found = run(clip_of(tmp_path / "s.mp4", [figure(korpri_like(0), box)] * 3), box=box)
    assert (found.label, found.abstained, found.crops) == ("unclear", True, ())
    assert found.reason is not None
    assert "9 pixels" in found.reason.en
    assert "piksel" in found.reason.id


def test_below_the_threshold_it_abstains_and_keeps_the_evidence(tmp_path: Path) -> None:
    """With a threshold nobody reaches, the answer is unclear, with crops, alternatives and reason."""
    path = clip_of(tmp_path / "t.mp4", [figure(korpri_like(0))] * 2)
    found = run(path, ClothingSettings(min_probability_korpri=1.01))
    assert (found.label, found.abstained) == ("unclear", True)
    assert found.crops
    assert found.probability == pytest.approx(max(found.alternatives.values()), abs=1e-3)
    assert found.reason is not None
    assert "consistent with" in found.reason.en


def test_sharp_views_are_preferred(tmp_path: Path) -> None:
    """Of blurred and sharp frames the sharp ones are used first."""
    pictures = [figure(korpri_like(i), blur=0.0 if i in (3, 9) else 6.0) for i in range(12)]
    found = run(clip_of(tmp_path / "b.mp4", pictures), ClothingSettings(views_used=2))
    torsos, _ = clothing.split_crops(found)
    assert {crop.frame.index for crop in torsos} == {3, 9}


def test_person_hidden_by_a_nearer_one_is_unclear(tmp_path: Path) -> None:
    """A box that reaches lower and covers the torso stands in front."""
    path = clip_of(tmp_path / "h.mp4", [figure(korpri_like(0))] * 2)
    far, near = (140.0, 20.0, 300.0, 340.0), (120.0, 10.0, 320.0, 360.0)
    with media.open_clip(path) as clip:
        refs = [frame.ref for frame in clip.frames()]
    detections = tuple(Detection(ref, box, "person", 0.9) for ref in refs for box in (far, near))
    tracks = (Track("s0-t0", 0, (0, 2)), Track("s0-t1", 0, (1, 3)))
    persons = (Person("p1", ("s0-t0",), (), None), Person("p2", ("s0-t1",), (), None))
    with media.open_clip(path) as clip:
        hidden, front = classify_clothing(clip, persons, tracks, detections).value
    assert hidden.abstained
    assert hidden.reason is not None
    assert "hidden" in hidden.reason.en
    assert front.crops


def test_every_person_gets_an_observation_and_the_step_says_what_it_read(tmp_path: Path) -> None:
    """Nobody is dropped; the weights' hash is recorded."""
    path = clip_of(tmp_path / "e.mp4", [figure(korpri_like(i)) for i in range(3)])
    with media.open_clip(path) as clip:
        refs = [frame.ref for frame in clip.frames()]
    persons, tracks, detections = seen(refs)
    with media.open_clip(path) as clip:
        result = classify_clothing(clip, persons, tracks, detections)
    assert [o.person for o in result.value] == ["p1"]
    assert result.stats["views_read"] == 3
    assert result.weights_sha256 is not None
    with media.open_clip(path) as clip:
        assert classify_clothing(clip, (), (), ()).value == ()


def test_labels_and_network_agree() -> None:
    """Every class of the network is worded, and none says who somebody is."""
    assert set(clothing.WORDS) == {*clothing.CLASSES, "unclear"}
    assert clothing.WORDS["korpri_batik"].en == "clothing consistent with Korpri batik"
    assert clothing.WORDS["korpri_batik"].id == "pakaian sesuai dengan batik Korpri"
    assert all("ASN" not in w.en + w.id for w in clothing.WORDS.values())


@given(x=st.floats(-50, 600), y=st.floats(-50, 400), w=st.floats(4, 500), h=st.floats(4, 500))
def test_torso_lies_in_box_and_picture(x: float, y: float, w: float, h: float) -> None:
    """Whatever the box, the torso is inside it and inside the picture, or empty."""
    x1, y1, x2, y2 = torso_box((x, y, x + w, y + h), WIDTH, HEIGHT)
    if x2 > x1 and y2 > y1:
        assert max(x, 0) <= x1 and x2 <= min(x + w, WIDTH)
        assert max(y, 0) <= y1 and y2 <= min(y + h, HEIGHT)


def test_standing_and_seated_people_are_framed_below_the_chin() -> None:
    """Standing: 0.185 to 0.54 of the height. Head and shoulders: the lower half."""
    assert torso_box((0, 0, 100, 300), 1000, 1000) == pytest.approx((12, 55.5, 88, 162))
    assert torso_box((0, 0, 100, 120), 1000, 1000) == pytest.approx((12, 60, 88, 118.8))


def test_candidates_are_spread_over_the_track() -> None:
    """A hundred frames, five views: one from each fifth."""
    refs = [FrameRef(i, i, i / 10) for i in range(100)]
    persons, tracks, detections = seen(refs)
    views = clothing_crops.candidates(
        persons[0], {t.id: t for t in tracks}, detections, {i: [i] for i in range(100)}, (WIDTH, HEIGHT), 5
    )
    assert [view.frame.index // 20 for view in views] == [0, 1, 2, 3, 4]
