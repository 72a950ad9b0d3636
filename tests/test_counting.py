"""Tracks to persons, and the three figures."""

from __future__ import annotations

import numpy as np

from vidcheck import counting
from vidcheck.appearance import TrackLook
from vidcheck.counting import CountSettings
from vidcheck.types import ClothingObservation, Detection, FrameRef, Shot, Track

SETTINGS = CountSettings()


def shot(index: int, repeats: int | None = None) -> Shot:
    start, end = (
        FrameRef(index * 10, index * 10, index),
        FrameRef(index * 10 + 10, index * 10 + 10, index + 1),
    )
    return Shot(index, start, end, "still", 0.0, start, 1.0, 0.5, repeats)


def make(spec: dict[str, tuple[int, range, float]]) -> tuple[list[Track], list[Detection]]:
    """Tracks from ``id -> (shot, frames, x)``."""
    tracks, detections = [], []
    for name, (in_shot, frames, x) in spec.items():
        positions = []
        for i in frames:
            positions.append(len(detections))
            detections.append(Detection(FrameRef(i, i, i / 10), (x, 0, x + 50, 150), "person", 0.9))
        tracks.append(Track(name, in_shot, tuple(positions)))
    return tracks, detections


def look(track: str, colour: int) -> TrackLook:
    colours = np.zeros((2, 192), dtype=np.float32)
    colours[:, colour] = 1.0
    return TrackLook(track, (), colours)


def persons_of(tracks, detections, shots, looks):  # type: ignore[no-untyped-def]
    return counting.find_persons(tracks, detections, shots, looks, SETTINGS).value


def test_the_same_colours_in_two_shots_are_joined_and_say_why() -> None:
    tracks, detections = make({"s0-t1": (0, range(0, 5), 0), "s1-t1": (1, range(10, 15), 200)})
    looks = {t.id: look(t.id, 3) for t in tracks}
    (person,) = persons_of(tracks, detections, [shot(0), shot(1)], looks)
    assert person.tracks == ("s0-t1", "s1-t1")
    assert person.joined_because is not None and "s1-t1" in person.joined_because.en
    count = counting.count_people([person], tracks, detections, [shot(0), shot(1)], 0.5)
    assert (count.minimum, count.best, count.maximum) == (1, 1, 2)


def test_people_seen_at_once_are_never_joined() -> None:
    tracks, detections = make({"s0-t1": (0, range(0, 5), 0), "s0-t2": (0, range(4, 9), 200)})
    looks = {t.id: look(t.id, 3) for t in tracks}  # one uniform for both
    persons = persons_of(tracks, detections, [shot(0)], looks)
    assert len(persons) == 2
    count = counting.count_people(persons, tracks, detections, [shot(0)], 0.5)
    assert (count.minimum, count.best, count.maximum) == (2, 2, 2)
    assert [ref.index for ref in count.basis_frames] == [4]


def test_a_chain_of_likeness_joins_nobody_who_was_seen_together() -> None:
    # a and c appear together; b looks like both: it may join one of them, never both
    tracks, detections = make(
        {"s0-t1": (0, range(0, 5), 0), "s0-t2": (0, range(0, 5), 200), "s1-t1": (1, range(10, 15), 0)}
    )
    looks = {t.id: look(t.id, 3) for t in tracks}
    persons = persons_of(tracks, detections, [shot(0), shot(1)], looks)
    assert len(persons) == 2


def test_other_colours_are_other_people() -> None:
    tracks, detections = make({"s0-t1": (0, range(0, 5), 0), "s1-t1": (1, range(10, 15), 0)})
    looks = {"s0-t1": look("s0-t1", 3), "s1-t1": look("s1-t1", 90)}
    persons = persons_of(tracks, detections, [shot(0), shot(1)], looks)
    assert [p.id for p in persons] == ["p1", "p2"]


def test_the_same_still_again_adds_nobody() -> None:
    tracks, detections = make(
        {
            "s0-t1": (0, range(0, 2), 0), "s0-t2": (0, range(0, 2), 200),
            "s1-t1": (1, range(10, 12), 0), "s1-t2": (1, range(10, 12), 200),
        }
    )  # fmt: skip
    shots = [shot(0), shot(1, repeats=0)]
    looks = {t.id: look(t.id, i * 9) for i, t in enumerate(tracks)}
    persons = persons_of(tracks, detections, shots, looks)
    assert [p.tracks for p in persons] == [("s0-t1", "s1-t1"), ("s0-t2", "s1-t2")]
    count = counting.count_people(persons, tracks, detections, shots, 0.5)
    assert (count.minimum, count.best, count.maximum) == (2, 2, 2)


def test_weak_boxes_do_not_prove_a_minimum() -> None:
    tracks, detections = make({"s0-t1": (0, range(0, 5), 0), "s0-t2": (0, range(0, 5), 200)})
    weak = [Detection(d.frame, d.box_xyxy_px, d.label, 0.2 if d.box_xyxy_px[0] else 0.9) for d in detections]
    persons = persons_of(tracks, weak, [shot(0)], {})
    count = counting.count_people(persons, tracks, weak, [shot(0)], 0.5)
    assert (count.minimum, count.best) == (1, 2)


def test_unclear_clothing_widens_the_maximum_of_every_label() -> None:
    tracks, detections = make(
        {"s0-t1": (0, range(0, 5), 0), "s0-t2": (0, range(0, 5), 100), "s0-t3": (0, range(0, 5), 200)}
    )
    persons = persons_of(tracks, detections, [shot(0)], {})
    clothing = [
        ClothingObservation("p1", "korpri_batik", 0.97, {}, (), False),
        ClothingObservation("p2", "civilian", 0.9, {}, (), False),
        ClothingObservation("p3", "unclear", 0.4, {}, (), True),
    ]
    counts = counting.count_clothing(persons, tracks, detections, [shot(0)], 0.5, clothing)
    korpri = counts["korpri_batik"]
    assert (korpri.minimum, korpri.best, korpri.maximum) == (1, 1, 2)
    assert (counts["unclear"].minimum, counts["unclear"].maximum) == (1, 1)


def test_nobody() -> None:
    count = counting.count_people([], [], [], [shot(0)], 0.5)
    assert (count.minimum, count.best, count.maximum, count.basis_frames) == (0, 0, 0, ())


def test_a_second_box_on_somebody_makes_no_person_and_still_counts_in_the_maximum() -> None:
    tracks, detections = make(
        {"s0-t1": (0, range(0, 9), 0), "s0-t2": (0, range(0, 9), 200), "s0-t3": (0, range(3, 6), 5)}
    )
    shots = [shot(0)]
    result = counting.find_persons(tracks, detections, shots, {}, SETTINGS)
    assert [p.tracks for p in result.value] == [("s0-t1",), ("s0-t2",)]
    assert result.stats["doubles"] == ["s0-t3"]
    count = counting.count_people(result.value, tracks, detections, shots, 0.5)
    assert (count.minimum, count.best, count.maximum) == (2, 2, 3)


def test_somebody_who_walks_past_another_is_no_double() -> None:
    tracks, detections = make({"s0-t1": (0, range(0, 9), 0), "s0-t2": (0, range(3, 5), 30)})
    result = counting.find_persons(tracks, detections, [shot(0)], {}, SETTINGS)
    assert len(result.value) == 2


def test_a_lost_track_resumes_near_and_soon_on_weaker_likeness() -> None:
    def alike(track: str, shared: float) -> TrackLook:
        colours = np.zeros((2, 192), dtype=np.float32)
        colours[:, 1], colours[:, 2 if track == "s0-t1" else 3] = shared, 1 - shared
        return TrackLook(track, (), colours)

    for x, frames, joined in ((20, range(8, 12), True), (900, range(8, 12), False), (20, range(80, 84), False)):
        tracks, detections = make({"s0-t1": (0, range(0, 5), 0), "s0-t2": (0, frames, x)})
        looks = {t.id: alike(t.id, 0.8) for t in tracks}  # similarity 0.8: too little for strangers, enough to resume
        persons = persons_of(tracks, detections, [shot(0)], looks)
        assert (len(persons) == 1) is joined
