"""Tracks to persons, and the three figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np

from vidcheck import counting
from vidcheck.appearance import TrackLook, similarities
from vidcheck.asides import AsideSettings, set_doubles_aside
from vidcheck.camera import View
from vidcheck.counting import CountSettings
from vidcheck.joining import join
from vidcheck.types import ClothingObservation, Detection, FrameRef, PeopleCount, Person, Shot, Track, Trap, Words

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


def test_in_one_uniform_nobody_is_joined_across_a_cut() -> None:
    # two appear together and wear the same: that a third looks like both says nothing
    tracks, detections = make(
        {"s0-t1": (0, range(0, 5), 0), "s0-t2": (0, range(0, 5), 200), "s1-t1": (1, range(10, 15), 0)}
    )
    looks = {t.id: look(t.id, 3) for t in tracks}
    persons = persons_of(tracks, detections, [shot(0), shot(1)], looks)
    assert len(persons) == 3
    count = counting.count_people(persons, tracks, detections, [shot(0), shot(1)], 0.5)
    assert (count.minimum, count.best, count.maximum) == (2, 3, 3)


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
    tracks = list(set_doubles_aside(tracks, detections, AsideSettings()))
    assert [t.aside for t in tracks] == [None, None, "double"]
    result = counting.find_persons(tracks, detections, shots, {}, SETTINGS)
    assert [p.tracks for p in result.value] == [("s0-t1",), ("s0-t2",)]
    assert result.stats["doubles"] == ["s0-t3"]
    count = counting.count_people(result.value, tracks, detections, shots, 0.5)
    assert (count.minimum, count.best, count.maximum) == (2, 2, 3)


def test_somebody_who_walks_past_another_is_no_double() -> None:
    tracks, detections = make({"s0-t1": (0, range(0, 9), 0), "s0-t2": (0, range(3, 5), 30)})
    assert not any(t.aside for t in set_doubles_aside(tracks, detections, AsideSettings()))


def alike(track: str, shared: float, own: int) -> TrackLook:
    colours = np.zeros((2, 192), dtype=np.float32)
    colours[:, 1], colours[:, own] = shared, 1 - shared
    return TrackLook(track, (), colours)


def test_a_lost_track_resumes_near_and_soon_on_weaker_likeness() -> None:
    for x, frames, joined in ((20, range(8, 12), True), (900, range(8, 12), False), (20, range(80, 84), False)):
        tracks, detections = make({"s0-t1": (0, range(0, 5), 0), "s0-t2": (0, frames, x)})
        # similarity 0.8: too little for strangers, enough to resume
        looks = {t.id: alike(t.id, 0.8, n + 2) for n, t in enumerate(tracks)}
        persons = persons_of(tracks, detections, [shot(0)], looks)
        assert (len(persons) == 1) is joined


def views(frames: range, x: Callable[[int], float], scene: int = 0) -> list[View]:
    return [View(i, scene, 1.0, 0.0, x(i), 0.0) for i in frames]


# The camera turns away after five frames and comes back after thirty: what was at 100 is at 100 again.
AWAY = views(range(40), lambda i: 0.0 if i < 5 or i >= 30 else 5000.0)


def returned(shared: float, x: float = 100, around: list[View] = AWAY) -> tuple[list[Person], PeopleCount]:
    tracks, detections = make(
        {"s0-t1": (0, range(0, 5), 100), "s0-t2": (0, range(0, 5), 200), "s0-t3": (0, range(30, 35), x)}
    )
    looks = {t.id: alike(t.id, shared, n + 2) for n, t in enumerate(tracks)}
    result = counting.find_persons(tracks, detections, [shot(0)], looks, SETTINGS, around, (320, 180))
    return list(result.value), counting.count_people(result.value, tracks, detections, [shot(0)], 0.5)


def test_who_is_still_there_when_the_camera_comes_back_is_one_person_even_in_uniform() -> None:
    persons, count = returned(0.95)
    assert [p.tracks for p in persons] == [("s0-t1", "s0-t3"), ("s0-t2",)]
    assert persons[0].certain == (("s0-t1", "s0-t3"),)
    assert persons[0].joined_because is not None and "strong" in persons[0].joined_because.en
    assert (count.minimum, count.best, count.maximum) == (2, 2, 2)


def test_a_likeness_that_is_not_certain_leaves_the_maximum_wide() -> None:
    persons, count = returned(0.6)  # alike enough for the place, not for certainty
    assert len(persons) == 2 and persons[0].certain == (("s0-t1",), ("s0-t3",))
    assert (count.minimum, count.best, count.maximum) == (2, 2, 3)


def test_another_place_or_other_clothes_are_no_return() -> None:
    assert len(returned(0.95, x=700)[0]) == 3
    assert len(returned(0.2)[0]) == 3


def test_who_left_while_the_place_was_in_view_has_not_stayed() -> None:
    persons, count = returned(0.85, around=views(range(40), lambda i: 0.0))
    # Hidden for a moment, perhaps; certain it is not.
    assert persons[0].certain == (("s0-t1",), ("s0-t3",))
    assert (count.best, count.maximum) == (2, 3)


def test_what_was_set_aside_counts_in_the_maximum_only() -> None:
    tracks, detections = make({"s0-t1": (0, range(0, 5), 0), "s0-t2": (0, range(0, 5), 200)})
    tracks[1] = replace(tracks[1], aside="faint")
    persons = persons_of(tracks, detections, [shot(0)], {})
    count = counting.count_people(persons, tracks, detections, [shot(0)], 0.5)
    assert (count.minimum, count.best, count.maximum) == (1, 1, 2)


def test_short_and_overlapping_boxes_prove_nobody() -> None:
    tracks, detections = make(
        {"s0-t1": (0, range(0, 9), 0), "s0-t2": (0, range(0, 9), 8), "s0-t3": (0, range(0, 2), 400)}
    )
    persons = persons_of(tracks, detections, [shot(0)], {})
    count = counting.count_people(persons, tracks, detections, [shot(0)], 0.5)
    assert (count.minimum, count.best, count.maximum) == (1, 3, 3)


def test_a_marked_figure_counts_and_the_count_without_it_is_given_too() -> None:
    tracks, detections = make({"s0-t1": (0, range(0, 5), 0), "s0-t2": (0, range(0, 5), 200)})
    persons = persons_of(tracks, detections, [shot(0)], {})
    trap = Trap("framed", "s0-t2", None, 0.8, (), Words("", ""))
    common = (persons, tracks, detections, [shot(0)], 0.5)
    assert counting.count_people(*common).minimum == 2
    without = counting.count_unmarked(*common, [trap])
    assert without is not None and (without.minimum, without.best, without.maximum) == (1, 1, 1)
    assert counting.count_unmarked(*common, []) is None


def test_of_many_tracks_none_are_joined_that_were_seen_at_once_or_look_unlike() -> None:
    rng = np.random.default_rng(7)
    wardrobe = rng.random((40, 2, 192)) ** 8
    spec, looks = {}, {}
    for n in range(300):  # more than are compared at a time
        start = int(rng.integers(0, 2000))
        spec[f"s0-t{n}"] = (0, range(start, start + int(rng.integers(1, 60))), float(rng.choice([0, 60, 400])))
        colours = wardrobe[int(rng.integers(0, 40))] * rng.uniform(0.3, 1.7, (2, 192))
        looks[f"s0-t{n}"] = TrackLook(f"s0-t{n}", (), (colours / colours.sum(axis=1, keepdims=True)).astype(np.float32))
    tracks, detections = make(spec)
    joining = join(tracks, detections, [shot(0)], looks, SETTINGS.join)
    assert sorted(i for group in joining.groups for i in group) == sorted(spec)
    frames = {t.id: {detections[p].frame.index for p in t.detections} for t in tracks}
    pairs = [pair for group in joining.groups for pair in combinations(group, 2)]
    assert len(pairs) > 300
    for a, b in pairs:
        assert not frames[a] & frames[b]
        assert similarities(looks[a].colours, looks[b].colours) >= SETTINGS.join.floor
    for group, reason in zip(joining.groups, joining.grounds, strict=True):
        assert (reason is None) == (len(group) == 1)
    assert all(reason is None or reason.lowest >= SETTINGS.join.floor for reason in joining.grounds)
