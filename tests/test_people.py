"""Detection and tracking with the shipped detector, on the photographs of the ultralytics wheel."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vidcheck import media, people, person_detectors
from vidcheck.byte_track import ByteTracker, ByteTrackSettings
from vidcheck.errors import ModelError
from vidcheck.person_network import PersonNetwork
from vidcheck.types import Detection, FrameRef, Shot


def asset(name: str) -> Path:
    spec = importlib.util.find_spec("ultralytics")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "assets" / name


def sightings(path: Path, **settings: object) -> tuple[people.Sightings, people.PersonDetector]:
    with media.open_clip(path) as clip:
        detector = people.PersonDetector(
            people.DetectSettings(model="person", **settings),  # type: ignore[arg-type]
            is_photo=clip.source.kind == "image",
        )
        for frame in clip.frames():
            detector.process_frame(frame)
    return detector.finish().value, detector


def sure(found: people.Sightings) -> list[Detection]:
    return [d for d in found.detections if d.confidence >= found.confidence]


def test_the_shipped_detector_finds_the_people_of_known_photographs() -> None:
    found, detector = sightings(asset("zidane.jpg"))
    assert 2 <= len(sure(found)) <= 3  # two people; the first detector splits one of them
    for x, y in ((900, 400), (400, 500)):
        assert any(
            d.box_xyxy_px[0] < x < d.box_xyxy_px[2] and d.box_xyxy_px[1] < y < d.box_xyxy_px[3] for d in sure(found)
        )
    assert all(d.label == "person" for d in found.detections)
    street, _ = sightings(asset("bus.jpg"))
    assert 3 <= len(sure(street)) <= 5
    assert detector.finish().weights_sha256 == detector.model.sha256


def test_an_empty_picture_has_nobody(tmp_path: Path) -> None:
    import cv2

    path = tmp_path / "wall.png"
    cv2.imwrite(str(path), np.full((480, 640, 3), 150, np.uint8))
    found, _ = sightings(path)
    assert sure(found) == []
    assert len(found.frames) == 1  # looked at, and nobody there: not the same as not looked at


def test_detection_rate_follows_time_and_stills_are_not_looked_at_again(tmp_path: Path) -> None:
    import cv2

    picture = cv2.resize(cv2.imread(str(asset("bus.jpg"))), (320, 428))[:426]
    path = tmp_path / "still.mp4"
    media.write_video(path, [picture] * 50, fps=25)
    found, detector = sightings(path, still_recheck_s=1.0)
    assert [ref.index for ref in found.frames] == [0, 25]
    stats = detector.finish().stats
    assert stats["frames_total"] == 50 and stats["frames_looked_at"] == 2


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (500, 333), (1920, 1080)])
def test_the_network_is_prepared_for_the_shape_that_it_looks_at(size: tuple[int, int]) -> None:
    model = person_detectors.choose("person")
    network = PersonNetwork(model.path)
    network.prepare(*size, 512)
    (prepared,) = network._compiled
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    network.look_at(picture, input_px=512, confidence=0.3, iou=0.6)
    assert list(network._compiled) == [prepared]  # nothing was compiled for the look


def test_a_missing_network_is_told_before_the_first_look(tmp_path: Path) -> None:
    detector = people.PersonDetector(people.DetectSettings(model="person"))
    detector.model = replace(detector.model, path=tmp_path)
    with pytest.raises(ModelError, match="no OpenVINO model"):
        detector.prepare()


def test_numbers_of_boxes_are_kept_once_and_stay_what_they_are(tmp_path: Path) -> None:
    import cv2

    picture = cv2.resize(cv2.imread(str(asset("bus.jpg"))), (480, 640))
    media.write_video(tmp_path / "a.mp4", [np.roll(picture, 4 * k, axis=1) for k in range(30)], fps=10)
    found, _ = sightings(tmp_path / "a.mp4")
    numbers = [n for d in found.detections for n in (*d.box_xyxy_px, d.confidence)]
    assert len(numbers) > 100
    assert len({id(n) for n in numbers}) == len(set(numbers))
    assert all(n == round(n, 1) for d in found.detections for n in d.box_xyxy_px)


def test_the_rate_follows_how_far_people_move(tmp_path: Path) -> None:
    import cv2

    picture = cv2.resize(cv2.imread(str(asset("bus.jpg"))), (480, 640))
    looks = {}
    for name, step in (("calm", 1), ("quick", 24)):
        wide = cv2.copyMakeBorder(picture, 0, 0, 0, 30 * step, cv2.BORDER_REPLICATE)
        frames = [np.ascontiguousarray(wide[:, step * n : step * n + 480]) for n in range(20)]
        path = tmp_path / f"{name}.mp4"
        media.write_video(path, frames, fps=10)
        looks[name], _ = sightings(path)
    assert [ref.index for ref in looks["quick"].frames[:8]] == list(range(8))  # then they have left the picture
    times = [ref.time_s for ref in looks["calm"].frames]
    assert len(times) <= 12 and max(np.diff(times)) <= 0.21
    fixed, _ = sightings(tmp_path / "calm.mp4", calm_rate_hz=10.0)
    assert len(fixed.frames) == 20


def test_large_photos_are_looked_at_in_tiles(tmp_path: Path) -> None:
    import cv2

    small = cv2.resize(cv2.imread(str(asset("bus.jpg"))), (270, 360))
    wall = np.tile(small, (5, 8, 1))  # forty copies: people of about 140 px
    path = tmp_path / "crowd.jpg"
    cv2.imwrite(str(path), wall)
    whole, _ = sightings(path, tiles=False)
    tiled, detector = sightings(path)
    assert int(str(detector.finish().stats["tiles"])) > 0
    assert len(sure(tiled)) > len(sure(whole))


def test_tiles_cover_the_picture() -> None:
    seen = np.zeros((1500, 2600), dtype=bool)
    for x1, y1, x2, y2 in people.tiles(2600, 1500, side=640):
        assert x2 - x1 <= 640 and y2 - y1 <= 640
        seen[y1:y2, x1:x2] = True
    assert seen.all()


def test_doubles_go_and_neighbours_stay() -> None:
    boxes = np.array([[0, 0, 100, 200], [4, 2, 104, 203], [90, 0, 190, 200], [10, 10, 90, 190]], dtype=np.float32)
    scores = np.array([0.9, 0.8, 0.7, 0.6], dtype=np.float32)
    kept, kept_scores = people.without_doubles(boxes, scores)
    assert kept_scores.tolist() == pytest.approx([0.9, 0.7])
    assert kept[1].tolist() == [90, 0, 190, 200]


def _shot(index: int, start: int, end: int) -> Shot:
    return Shot(
        index, FrameRef(start, start, start / 10), FrameRef(end, end, end / 10), "moving", 0.0,
        FrameRef(start, start, start / 10), 1.0, 0.5,
    )  # fmt: skip


def test_tracks_follow_people_and_end_at_a_cut() -> None:
    frames = [FrameRef(i, i, i / 10) for i in range(40)]
    detections = [
        Detection(ref, (x + ref.index * 3, 50, x + 60 + ref.index * 3, 250), "person", 0.8)
        for ref in frames
        for x in (10.0, 300.0)
    ]
    found = people.Sightings(tuple(detections), tuple(frames), 0.3)
    shots = (_shot(0, 0, 25), _shot(1, 25, 40))
    tracks = people.track_people(found, shots, people.TrackSettings()).value
    assert [track.id for track in tracks] == ["s0-t1", "s0-t2", "s1-t1", "s1-t2"]
    for track in tracks:
        members = [detections[p] for p in track.detections]
        starts = [d.box_xyxy_px[0] - d.frame.index * 3 for d in members]
        assert max(starts) - min(starts) < 1  # one person all along, with the measured boxes
    assert len(tracks[0].detections) == 25


def test_low_scores_continue_a_track_and_start_none() -> None:
    frames = [FrameRef(i, i, i / 10) for i in range(20)]
    scores = [0.8] * 8 + [0.15] * 4 + [0.8] * 8
    walker = [Detection(f, (10, 10, 60, 200), "person", s) for f, s in zip(frames, scores, strict=True)]
    ghost = [Detection(f, (400, 10, 460, 200), "person", 0.15) for f in frames]
    ordered = sorted([*walker, *ghost], key=lambda d: d.frame.index)
    found = people.Sightings(tuple(ordered), tuple(frames), 0.3)
    (track,) = people.track_people(found, (_shot(0, 0, 20),), people.TrackSettings()).value
    assert len(track.detections) == 20
    assert all(ordered[p].box_xyxy_px[0] == 10 for p in track.detections)


def test_torch_weights_run_in_openvino(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vidcheck import weights

    untrained = tmp_path / "untrained.pt"
    person_detectors.ultralytics_yolo()("yolo11n.yaml", task="detect").save(untrained)
    monkeypatch.setattr(weights, "user_folder", lambda: tmp_path / "user")
    for _ in range(2):  # made once, then found
        person_detectors.load.cache_clear()
        network = person_detectors.load(untrained)
        assert isinstance(network, PersonNetwork)
    (converted,) = (tmp_path / "user" / "converted").iterdir()
    assert any(p.suffix == ".xml" for p in converted.iterdir())
    boxes, scores = network.look_at(np.zeros((96, 96, 3), np.uint8), input_px=640, confidence=0.1, iou=0.6)
    assert len(boxes) == len(scores)
    person_detectors.load.cache_clear()


def test_boxes_are_those_of_ultralytics_predictor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly, where both run the network with one shape and in full precision.

    With free shapes OpenVINO picks other 8-bit kernels. Left to itself, as ultralytics leaves it, it computes in half
    precision on processors that have it: boxes then differ by up to two pixels.
    """
    import cv2
    import openvino as ov
    import yaml

    compile_model = ov.Core.compile_model

    def in_full_precision(core: Any, model: Any, device_name: str, config: Any = None) -> Any:
        return compile_model(core, model, device_name, {**(config or {}), "INFERENCE_PRECISION_HINT": "f32"})

    monkeypatch.setattr(ov.Core, "compile_model", in_full_precision)
    shipped = person_detectors.choose("person").path
    fixed = tmp_path / "fixed_openvino_model"
    fixed.mkdir()
    network = ov.Core().read_model(next(shipped.glob("*.xml")))
    network.reshape([1, 3, 512, 512])
    ov.save_model(network, fixed / "fixed.xml", compress_to_fp16=False)
    described = yaml.safe_load((shipped / "metadata.yaml").read_text())
    described |= {"dynamic": False, "args": {**(described.get("args") or {}), "dynamic": False}}
    (fixed / "metadata.yaml").write_text(yaml.safe_dump(described))
    ours, theirs = PersonNetwork(fixed), person_detectors.TorchNetwork(fixed)
    for name in ("bus.jpg", "zidane.jpg"):
        picture = cv2.imread(str(asset(name)))
        wanted, wanted_scores = theirs.look_at(picture, input_px=512, confidence=0.1, iou=0.6)
        boxes, scores = ours.look_at(picture, input_px=512, confidence=0.1, iou=0.6)
        assert len(wanted) >= 2
        np.testing.assert_allclose(boxes, wanted, atol=1e-3)
        assert scores.tolist() == wanted_scores.tolist()


def test_tracks_are_those_of_ultralytics_bytetrack() -> None:
    from types import SimpleNamespace

    person_detectors.prepare_ultralytics()
    from ultralytics.engine.results import Boxes
    from ultralytics.trackers import BYTETracker

    for seed in range(12):
        random = np.random.default_rng(seed)
        count, weigh = int(random.integers(2, 20)), bool(seed % 2)
        ours = ByteTracker(ByteTrackSettings(0.3, 0.1, 0.8, patience=4, weigh_score=weigh))
        theirs = BYTETracker(
            SimpleNamespace(
                track_high_thresh=0.3, track_low_thresh=0.1, new_track_thresh=0.3,
                track_buffer=4, match_thresh=0.8, fuse_score=weigh,
            )
        )  # fmt: skip
        place, speed = random.uniform(0, 600, (count, 2)), random.normal(0, 6, (count, 2))
        size = np.stack((random.uniform(20, 80, count), random.uniform(60, 200, count)), axis=1)
        kept = 0
        for _ in range(60):
            place = place + speed
            seen = random.random(count) < 0.8
            boxes = np.concatenate((place, place + size), axis=1)[seen] + random.normal(0, 3, (int(seen.sum()), 4))
            scores = random.uniform(0.05, 1, len(boxes))
            boxes, scores = boxes.astype(np.float32), scores.astype(np.float32)
            data = np.concatenate((boxes, scores[:, None], np.zeros((len(boxes), 1))), axis=1).astype(np.float32)
            rows = theirs.update(Boxes(data, (1000, 1000)))
            found = ours.update(boxes, scores)
            assert found == [(int(row[4]), int(row[7])) for row in rows]
            kept += len(found)
        assert kept > 60
