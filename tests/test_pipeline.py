"""The whole path on the demonstration clip: findings, cache, failures, determinism."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests import media as make
from vidcheck import pipeline, steps, store
from vidcheck.errors import InputError, ModelError
from vidcheck.people import DetectSettings
from vidcheck.types import Analysis


def test_the_demonstration_clip_is_understood(demo_analysis: Analysis) -> None:
    assert [run.status for run in demo_analysis.steps] == ["ok"] * len(pipeline.STEPS)
    assert [shot.kind for shot in demo_analysis.shots] == ["moving", "moving", "still"]
    assert [shot.start.index for shot in demo_analysis.shots] == [0, 150, 275]
    count = demo_analysis.people_count
    # four people in the street picture, two in the other; the slide shows two of the street again
    assert count is not None and 3 <= count.minimum <= 4
    assert count.minimum <= count.best <= count.maximum
    assert count.best <= 8
    assert all(0 <= ref.index < 350 for ref in count.basis_frames)
    assert any("23 Desember 2025" in text.text for text in demo_analysis.overlays)
    assert any(lead.kind == "handle" and "contoh.demo" in lead.text for lead in demo_analysis.leads)


def test_the_time_in_the_picture_is_found_and_judged(demo_analysis: Analysis) -> None:
    estimate = demo_analysis.time_estimate
    assert estimate is not None and estimate.earliest is not None and estimate.latest is not None
    # the clock is burned in from 10.15.07 to 10.15.18 WITA
    assert estimate.earliest.isoformat() <= "2025-12-23T10:15:07+08:00"
    assert estimate.latest.isoformat() >= "2025-12-23T10:15:17+08:00"
    assert (estimate.latest - estimate.earliest).total_seconds() < 3600
    hours = demo_analysis.working_hours
    assert hours is not None and hours.answer == "inside"
    assert hours.exceptions  # an innocent explanation is always listed


def test_everything_rests_on_frames_that_exist(demo_analysis: Analysis) -> None:
    frames = demo_analysis.source.frames_decoded
    positions = {p for track in demo_analysis.tracks for p in track.detections}
    assert max(positions) < len(demo_analysis.detections)
    tracks = {track.id for track in demo_analysis.tracks}
    for person in demo_analysis.persons:
        assert set(person.tracks) <= tracks
        for crop in person.best_shots:
            x1, y1, x2, y2 = crop.box_xyxy_px
            assert 0 <= crop.frame.index < frames
            assert -2 <= x1 < x2 <= 1282 and -2 <= y1 < y2 <= 722
    for text in demo_analysis.overlays:
        assert text.readings and all(0 <= r.frame.index < frames for r in text.readings)
    assert all(run.weights_sha256 for run in demo_analysis.steps if run.step in ("people", "clothing", "lighting"))


def test_a_second_run_is_taken_from_the_cache_and_equal(
    demo_clip: Path, demo_settings: pipeline.Settings, demo_workdir: Path, demo_analysis: Analysis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(pipeline._Run, "_decode", lambda *_: pytest.fail("decoded again"))
    again = pipeline.analyze(demo_clip, demo_settings, workdir=demo_workdir)
    assert store.to_json(again) == store.to_json(demo_analysis)


def test_another_place_costs_only_the_time_steps(
    demo_clip: Path, demo_settings: pipeline.Settings, demo_workdir: Path, demo_analysis: Analysis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(pipeline._Run, "_decode", lambda *_: pytest.fail("decoded again"))
    settings = replace(demo_settings, time=replace(demo_settings.time, place="Pontianak"))
    moved = pipeline.analyze(demo_clip, settings, workdir=demo_workdir)
    assert moved.overlays == demo_analysis.overlays
    assert moved.context.place == "Pontianak"


def test_two_runs_without_cache_are_equal_but_for_run_times(tmp_path: Path) -> None:
    clip = make.moving_clip(tmp_path / "clip.mp4", (40, 30))

    def run() -> dict[str, object]:
        whole = json.loads(store.to_json(pipeline.analyze(clip)))
        for step in whole["steps"]:
            step["seconds"] = 0
        return whole  # type: ignore[no-any-return]

    assert run() == run()


def test_a_failed_step_is_recorded_not_cached_and_what_needs_it_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make.moving_clip(tmp_path / "clip.mp4", (30,))

    def broken(*_: object) -> None:
        raise RuntimeError("made to fail\nwith two lines")

    with monkeypatch.context() as patch:
        patch.setattr(steps.overlays, "read_overlays", broken)
        analysis = pipeline.analyze(clip, workdir=tmp_path / "steps")
    run = analysis.step("overlays")
    assert run is not None and run.status == "failed"
    assert run.error is not None and "made to fail" in run.error.en and "\n" not in run.error.en
    leads = analysis.step("leads")
    assert leads is not None and leads.status == "skipped"
    time = analysis.step("time")
    assert time is not None and time.status == "ok"  # other clues still count
    mended = pipeline.analyze(clip, workdir=tmp_path / "steps")
    run = mended.step("overlays")
    assert run is not None and run.status == "ok"


def test_only_what_is_asked_for_runs(tmp_path: Path) -> None:
    clip = make.moving_clip(tmp_path / "clip.mp4", (20,))
    analysis = pipeline.analyze(clip, pipeline.Settings(only=("shots",)))
    assert {run.step for run in analysis.steps if run.status == "ok"} == {"shots"}
    assert analysis.people_count is None  # not 0: nobody looked
    with pytest.raises(InputError, match="no step called"):
        pipeline.analyze(clip, pipeline.Settings(only=("faces",)))


def test_a_missing_detector_ends_the_run(tmp_path: Path) -> None:
    clip = make.moving_clip(tmp_path / "clip.mp4", (5,))
    with pytest.raises(ModelError):
        pipeline.analyze(clip, pipeline.Settings(detect=DetectSettings(model="none-such")))


def test_a_clip_cut_off_says_what_was_lost(tmp_path: Path) -> None:
    whole = make.moving_clip(tmp_path / "clip.mp4", (150,), options={"movflags": "faststart", "g": "25"})
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    analysis = pipeline.analyze(cut, pipeline.Settings(only=("shots",)))
    assert analysis.source.decode_errors
    assert analysis.shots[-1].end.index == analysis.source.frames_decoded
    json.loads(store.to_json(analysis))


def test_real_clip_of_a_crowd(data_folder: Path) -> None:
    settings = pipeline.Settings(only=("counts",))
    analysis = pipeline.analyze(data_folder / "clips" / "one-by-one.mp4", settings)
    count = analysis.people_count
    # the folder's own truth: six people, one after another, each alone
    assert count is not None and count.minimum <= 2 and count.minimum <= 6 <= count.maximum
